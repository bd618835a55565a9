// SPDX-License-Identifier: Apache-2.0
// Records opened in emergencies (schema: OpeningRecord), each under a number, until somebody with that duty has
// reviewed it and consent was sought. One opening lasts as many minutes as the rules say: what the same user
// asks of the same patient meanwhile belongs to it.
// Owner: decoded records live in the job's memory, or the arena given. Thread: within a transaction; writing on
// the writer's. Fails: ERR_NOT_FOUND, a store's errors.
#ifndef TSUNAGU_NODE_OPENINGS_OPENINGS_H
#define TSUNAGU_NODE_OPENINGS_OPENINGS_H

#include "node/duty/job.h"

enum { OPENING_DISCLOSING = 1, OPENING_ASKING = 2, OPENING_TOLD = 3 };
#define OPENING_ID_BYTES 16
#define OPENING_WORDS_MAX 400 // bytes of what the asker says, and of what a reviewer says

typedef Tsunagu__OpeningRecord opening_record;

// W. The record that `about` (side, facility, source, user, pseudonym, role, reason, ...) belongs to: one that
// began within so many minutes, or a new one (*ret_new) with an id and what the rules make due. *ret: as it stands.
MUST_CHECK err opening_begin(job *j, store_txn *t, const opening_record *about, opening_record **ret, uint64_t *ret_number,
                             bool *ret_new);
// W. A new one as it is; its id and time are the caller's.
MUST_CHECK err opening_add(store_txn *t, const opening_record *o, uint64_t *ret_number);
MUST_CHECK err opening_get(store_txn *t, uint64_t number, arena *a, opening_record **ret);
// W. Writes it; among those that wait as long as its review or its consent does.
MUST_CHECK err opening_put(store_txn *t, uint64_t number, const opening_record *o);
// W. It turned out that the patient had not agreed: consent is to be sought if the rules say so.
MUST_CHECK err opening_unasked(job *j, store_txn *t, uint64_t number);
// W. Drops a few whose papers need not be kept any longer by the rules. What still waits stays.
MUST_CHECK err openings_forget(job *j, store_txn *t);
bool opening_review_waits(const opening_record *o);
bool opening_consent_waits(const opening_record *o);

// In order of their numbers, beginning at `from`; only those that wait, or all.
typedef err (*opening_visit)(void *ctx, uint64_t number, const opening_record *o);
MUST_CHECK err openings_walk(store_txn *t, bool waiting, uint64_t from, opening_visit visit, void *ctx);

#endif
