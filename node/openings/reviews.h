// SPDX-License-Identifier: Apache-2.0
// What follows the opening of a record in an emergency: who has the duty reviews it, consent is sought, and
// who is late is reminded. The asking side's part of an opening begins here too.
// Owner: a control_in given to a command is finished by it. Thread: commands: any; W: the writer's, inside a job.
#ifndef TSUNAGU_NODE_OPENINGS_REVIEWS_H
#define TSUNAGU_NODE_OPENINGS_REVIEWS_H

#include "node/openings/openings.h"
#include "proto/pact/ticket.h"

void reviews_list(node *n, control_in *in);  // `reviews`
void review_close(node *n, control_in *in);  // `review`
void reviews_tick(node *n, time_ms now);     // reminders, now and then
// W. A consent was confirmed for this chart: whatever waited for one does so no more.
MUST_CHECK err reviews_consented(job *j, store_txn *t, const char *chart, const char *by);

// The purpose and reason of a look-up: false, and `in` was told what is missing.
bool emergency_asked(control_in *in, const policy *p, const char *purpose, const char *reason, const char *words);
// The reason that a ticket carries, by the rules it names; "" if none.
const char *emergency_reason_of(const book *b, const ticket *k);
// From any thread: the answer showed that the patient had agreed to nothing.
void reviews_unasked(node *n, uint64_t number);

#endif
