// SPDX-License-Identifier: Apache-2.0
// The hospital's side of an emergency: what must hold besides everything else, finding the patient where no
// consent names a chart, and what follows an opening: the list of reviews, letters and notices to whom the
// rules name, all in the transaction whose commit comes before the first byte leaves.
// Owner: nothing. Thread: W, the writer's, inside a job. Fails: a refusal is told in the job's note; else a store's.
#ifndef TSUNAGU_NODE_DISCLOSING_EMERGENCY_H
#define TSUNAGU_NODE_DISCLOSING_EMERGENCY_H

#include "node/letters/letters.h"
#include "node/disclosing/release.h"

// Sets r->emergency and what belongs to it. Of a ticket without emergency nothing is asked.
MUST_CHECK err emergency_gate(job *j, release *r);
// A ticket that names no consent: exactly one chart, and a patient that the rules let open. Sets r->c.
MUST_CHECK err emergency_patient(job *j, store_txn *t, release *r);
MUST_CHECK err emergency_opened(job *j, store_txn *t, release *r);
// By which a facility knows its own patient in a letter EMERGENCY_TOLD, and nobody else does.
void emergency_mark(const uint8_t thread[static LETTER_ID_BYTES], const uint8_t *who, hash32 *ret);
// A key of TABLE_OWN_BACK.
typedef struct emergency_own { uint8_t who[PSEUDONYM_BYTES], facility[8]; } emergency_own;
enum { EMERGENCY_FOUND_MAX = 32 };
// Our facilities that have the patient registered are told, except the one that asked: it knows.
MUST_CHECK err emergency_meant(job *j, store_txn *t, const Tsunagu__EmergencyTold *m, const uint8_t *thread,
                               const emergency_own *found, size_t count);
// A letter EMERGENCY_TOLD (post_rows.c).
MUST_CHECK err emergency_take(job *j, store_txn *t, const letter *l);

#endif
