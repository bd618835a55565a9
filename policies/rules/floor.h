// SPDX-License-Identifier: Apache-2.0
// The highest version that was ever in force here, remembered in the daemon's own store: whoever takes the
// newest files out of the folder of versions must not bring old rules back that way. It belongs to the
// pinned first version it came from: an operator who pins another chain begins anew.
// Owner: none. Thread: the transaction's. Fails: ERR_NOT_FOUND (nothing is remembered), ERR_CORRUPT, the store's.
#ifndef TSUNAGU_RULES_FLOOR_H
#define TSUNAGU_RULES_FLOOR_H

#include <string.h>

#include "proto/crypto/hash.h"
#include "proto/store/store.h"

typedef struct rules_floor {
    uint32_t version; // 0: nothing is remembered
    hash32 hash;      // of the council's bundle
    hash32 first;     // of the pinned first version
} rules_floor;

MUST_CHECK err floor_get(store_txn *t, int table, rules_floor *ret);
// Never lowers what is remembered of the same chain.
MUST_CHECK err floor_put(store_txn *t, int table, const rules_floor *f);
static inline bool floor_binds(const rules_floor *f, const hash32 *first)
{
    return f->version && memcmp(f->first.at, first->at, HASH_BYTES) == 0;
}

#endif
