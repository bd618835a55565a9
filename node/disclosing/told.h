// SPDX-License-Identifier: Apache-2.0
// Letters EMERGENCY_TOLD that ask whether a patient of our facilities is meant. A mark cannot be looked up, so
// all own numbers are gone through: in slices, on the pool, beside whatever else the node does; the letter is
// acknowledged and kept until that is done. Tells are found again after a kill.
// Owner: nothing. Thread: told_put W, the writer's, inside a job; told_tick the main thread.
#ifndef TSUNAGU_NODE_DISCLOSING_TOLD_H
#define TSUNAGU_NODE_DISCLOSING_TOLD_H

#include "node/letters/letters.h"
#include "node/duty/job.h"

MUST_CHECK err told_put(store_txn *t, const letter *l);
void told_tick(node *n, time_ms now);

#endif
