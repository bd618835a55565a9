// SPDX-License-Identifier: Apache-2.0
// Withdrawals made at a viewing facility, as the hub tells them: recorded before the
// hub is answered, obeyed from then on, whatever the hub says later.
#ifndef TSUNAGU_NODE_STOPS_H
#define TSUNAGU_NODE_STOPS_H

#include "node/job.h"

// Records it once; telling it again changes nothing.
MUST_CHECK err stop_record(job *j, store_txn *t, uint64_t seq, const pseudonym *who, uint64_t facility, time_ms at);
// Did the patient withdraw from this facility after agreeing at `agreed`?
MUST_CHECK err stop_covers(store_txn *t, const pseudonym *who, uint64_t facility, time_ms agreed, bool *ret);

#endif
