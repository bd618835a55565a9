// SPDX-License-Identifier: Apache-2.0
// A change that was filed here holds here at once: until the hospital has settled it, its answers are shown only as
// far as the patient's newest word goes. What a change widens is the hospital's to open, not ours.
// Owner: the caller's. Thread: any. Fails: a store's errors; ERR_LIMIT: more changes than are looked at: show nothing.
#ifndef TSUNAGU_NODE_VIEWING_NARROWED_H
#define TSUNAGU_NODE_VIEWING_NARROWED_H

#include "node/duty/node.h"

enum { NARROWED_MAX = 64 };

typedef struct narrowed {
    struct { uint64_t source; uint32_t categories; } at[NARROWED_MAX];
    size_t count;
} narrowed;

MUST_CHECK err narrowed_read(node *n, const policy *p, uint64_t facility, const pseudonym *who, bool emergency,
                             narrowed *ret);
uint32_t narrowed_to(const narrowed *k, uint64_t source); // categories; all where nothing was changed
// The same within a transaction.
MUST_CHECK err narrowed_get(store_txn *t, const policy *p, uint64_t facility, const pseudonym *who, bool emergency,
                            day today, narrowed *ret);

#endif
