// SPDX-License-Identifier: Apache-2.0
// The hospital's side of an emergency: what must hold besides everything else, finding the patient where no
// consent names a chart, and what follows an opening: the list of reviews, letters and notices to whom the
// rules name, all in the transaction whose commit comes before the first byte leaves.
// Owner: nothing. Thread: W, the writer's, inside a job. Fails: a refusal is told in the job's note; else a store's.
#ifndef TSUNAGU_NODE_EMERGENCY_H
#define TSUNAGU_NODE_EMERGENCY_H

#include "node/letters/letters.h"
#include "node/release.h"

// Sets r->emergency and what belongs to it. Of a ticket without emergency nothing is asked.
MUST_CHECK err emergency_gate(job *j, release *r);
// A ticket that names no consent: exactly one chart, and a patient that the rules let open. Sets r->c.
MUST_CHECK err emergency_patient(job *j, store_txn *t, release *r);
MUST_CHECK err emergency_opened(job *j, store_txn *t, release *r);
// The facility that is our union's secretariat; 0: none bears its name.
uint64_t emergency_secretariat(const job *j);
// A letter EMERGENCY_TOLD (post_rows.c).
MUST_CHECK err emergency_take(job *j, store_txn *t, const letter *l);

#endif
