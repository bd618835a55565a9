// SPDX-License-Identifier: Apache-2.0
// A number under a name: 8 bytes, big-endian. What is not there counts as 0.
// Owner: none. Thread: the transaction's. Fails: ERR_CORRUPT (not 8 bytes), the store's.
#ifndef TSUNAGU_STORE_NUMBER_H
#define TSUNAGU_STORE_NUMBER_H

#include "proto/store/store.h"

MUST_CHECK err store_number(store_txn *t, int table, const char *name, uint64_t *ret);
MUST_CHECK err store_number_put(store_txn *t, int table, const char *name, uint64_t v);

#endif
