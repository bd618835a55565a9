// SPDX-License-Identifier: Apache-2.0
// What was found in a chart's documents, kept: a record a chart, and sums over all, exact whatever is aborted
// because both change in one transaction.
// Owner: verdicts_done. Thread: as the transaction. Fails: as the store; ERR_CORRUPT.
#ifndef TSUNAGU_NODE_SCANNING_VERDICTS_H
#define TSUNAGU_NODE_SCANNING_VERDICTS_H

#include "node/duty/node.h"
#include "node/ssmix/content.h"

// Bits of a verdict; its end (content.h) stands above them. ELSEWHERE: a chart's own ADT-00, whose being no HL7
// person.h counts.
enum { FOUND_ENCODING = 1, FOUND_NOT_HL7 = 2, FOUND_CUT = 4, FOUND_UNREADABLE = 8, FOUND_ELSEWHERE = 64, FOUND_END = 4 };

typedef struct verdict {
    uint8_t id[16]; // of the document
    uint64_t mark;  // content_mark; 0: could not be looked at
    uint8_t bits, root;
} verdict;

typedef struct verdicts { verdict *items; size_t count, cap; } verdicts;

typedef struct verdict_sums {
    uint64_t documents, encoding, not_hl7, cut, unreadable;
    uint64_t ends[SSMIX_ROOTS_MAX][END_KINDS];
} verdict_sums;

void verdicts_done(verdicts *v);
MUST_CHECK err verdicts_add(verdicts *v, const verdict *one);
void verdicts_sort(verdicts *v); // by id; of two with one id the first stays
const verdict *verdicts_find(const verdicts *v, const uint8_t id[static 16]); // sorted only; NULL: none
MUST_CHECK err verdicts_get(store_txn *t, span chart, verdicts *ret); // none: empty
MUST_CHECK err verdicts_put(store_txn *t, span chart, const verdicts *v); // empty: forgotten; keeps the sums
MUST_CHECK err verdicts_walk(store_txn *t, span after, err (*visit)(void *ctx, span chart, const verdicts *v), void *ctx);
MUST_CHECK err verdict_sums_get(store_txn *t, verdict_sums *ret);
// Ends earlier than its storage's files do, or where nothing ends.
bool verdict_truncated(const verdict_sums *s, const verdict *v);
uint64_t verdict_sums_truncated(const verdict_sums *s);

#endif
