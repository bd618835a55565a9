// SPDX-License-Identifier: Apache-2.0
// A facility's own patient numbers: each leads to a pseudonym, and nothing else of the person is kept.
// Owner: nothing but the store. Thread: within a transaction; what writes, on the writer's. Fails: as each says, or
// a store's errors.
#ifndef TSUNAGU_NODE_CHARTS_OWN_H
#define TSUNAGU_NODE_CHARTS_OWN_H

#include "node/duty/node.h"

enum { OWN_NUMBER_MAX = 63 };
typedef enum own_was { OWN_NEW, OWN_SAME, OWN_CHANGED } own_was;

MUST_CHECK err own_find(store_txn *t, uint64_t facility, const char *number, pseudonym *ret); // ERR_NOT_FOUND
MUST_CHECK err own_number(store_txn *t, uint64_t facility, const pseudonym *who, char *out, size_t cap); // and back
// Links a number that is free. ERR_CONFLICT: it means somebody else; ERR_EXISTS: this person has another number.
MUST_CHECK err own_link(store_txn *t, uint64_t facility, const char *number, const pseudonym *who);
// The number means this person from now on, whomever it meant. ERR_CONFLICT: another number has this person, and
// `also` does not say that it is so.
MUST_CHECK err own_set(store_txn *t, uint64_t facility, const char *number, const pseudonym *who, bool also,
                       own_was *ret);

#endif
