// SPDX-License-Identifier: Apache-2.0
// A patient's objection at the source (開示停止の申出): nothing of that chart leaves this hospital, whatever
// was agreed; in an emergency only where the rules open even such a patient.
// Owner: plain values. Thread: within a transaction; writing on the writer's. Fails: a store's errors.
#ifndef TSUNAGU_NODE_DISCLOSING_OBJECTION_H
#define TSUNAGU_NODE_DISCLOSING_OBJECTION_H

#include "node/duty/node.h"

#define OBJECTION_TEXT 64

typedef struct objection {
    bool stands; // false: it was lifted
    time_ms at;  // since when it is so
    char by[OBJECTION_TEXT];
} objection;
MUST_CHECK err objection_get(store_txn *t, const char *chart, objection *ret); // ERR_NOT_FOUND: never objected
MUST_CHECK err objection_stands(store_txn *t, const char *chart, bool *ret);
// W. Only the record: what else an objection ends, node/counter/objections.h does.
MUST_CHECK err objection_keep(store_txn *t, const char *chart, const char *by, bool stands, time_ms at);

#endif
