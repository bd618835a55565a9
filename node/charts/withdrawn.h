// SPDX-License-Identifier: Apache-2.0
// Withdrawals made at facilities of this node that the hub has not acknowledged: a row each, gone once it has.
// Owner: nothing but the store. Thread: within transactions; writing on the writer's thread. Fails: a store's errors.
#ifndef TSUNAGU_NODE_CHARTS_WITHDRAWN_H
#define TSUNAGU_NODE_CHARTS_WITHDRAWN_H

#include "node/duty/node.h"

typedef struct withdrawn {
    uint64_t facility;
    pseudonym who;
    time_ms at;
    uint8_t user_id[USER_ID_BYTES];
    char role[PEOPLE_TEXT], staff[PEOPLE_TEXT];
} withdrawn;

MUST_CHECK err withdrawn_put(store_txn *t, const withdrawn *w); // said again: the later one counts
MUST_CHECK err withdrawn_get(store_txn *t, uint64_t facility, const pseudonym *who, withdrawn *ret); // ERR_NOT_FOUND
MUST_CHECK err withdrawn_delete(store_txn *t, const withdrawn *w);
MUST_CHECK err withdrawn_read(span key, span value, withdrawn *ret); // a row as store_walk shows it
// Does one wait that was said after `agreed`? INT64_MIN: at all.
MUST_CHECK err withdrawn_waits(store_txn *t, uint64_t facility, const pseudonym *who, time_ms agreed, bool *ret);

#endif
