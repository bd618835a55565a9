// SPDX-License-Identifier: Apache-2.0
// Withdrawals made at a viewing facility, as the hub tells them: recorded before the
// hub is answered, obeyed from then on, whatever the hub says later.
#ifndef TSUNAGU_NODE_DISCLOSING_STOPS_H
#define TSUNAGU_NODE_DISCLOSING_STOPS_H

#include "node/duty/job.h"

// W. Records it once; telling it again changes nothing (*ret_new). Only the record: what ends with it is flow's.
MUST_CHECK err stop_put(store_txn *t, uint64_t seq, const pseudonym *who, uint64_t facility, time_ms at, bool *ret_new);
// Did the patient withdraw from this facility after agreeing at `agreed`?
MUST_CHECK err stop_covers(store_txn *t, const pseudonym *who, uint64_t facility, time_ms agreed, bool *ret);

// Visits the facilities the patient withdrew at since agreeing at `agreed`. ERR_CLOSED ends it.
typedef err (*stop_visit)(void *ctx, uint64_t facility);
MUST_CHECK err stops_since(store_txn *t, const pseudonym *who, time_ms agreed, stop_visit visit, void *ctx);

#endif
