// SPDX-License-Identifier: Apache-2.0
// New documents of disclosed patients: what was there at the last look is kept by category; where there is more
// or something newer, the clinics whose requests are completed are told, at most once a day each.
// Owner: nothing but the store. Thread: W: the writer's, inside a job. Fails: a store's errors.
#ifndef TSUNAGU_NODE_OFFICE_ARRIVALS_H
#define TSUNAGU_NODE_OFFICE_ARRIVALS_H

#include "node/charts/consent.h"
#include "node/line/post.h"
#include "policies/engine/flow.h"

enum { ARRIVALS_QUIET_MS = 86400000 };

// Documents of a category, and the newest one's time.
typedef struct arrivals_seen { uint32_t count; time_ms newest; } arrivals_seen;
// Has one of these categories more than before, or something newer? What only went away is nothing new.
bool arrivals_gained(const arrivals_seen *before, const arrivals_seen *now, uint32_t categories);

// W. After a scan, or when the consent is recorded (`first`: what is there now is what the clinic begins with).
MUST_CHECK err arrivals_look(job *j, store_txn *t, const consent *c, bool first);
// W. What was held back because that request was told within the day.
MUST_CHECK err arrivals_owed(job *j, store_txn *t);
// W. At the clinic: of its own completed request.
MUST_CHECK err arrivals_take_told(job *j, store_txn *t, const letter *l, flow_event event);

#endif
