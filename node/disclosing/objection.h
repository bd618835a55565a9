// SPDX-License-Identifier: Apache-2.0
// A patient's objection at the source (開示停止の申出): nothing of that chart leaves this hospital, whatever
// was agreed; in an emergency only where the rules open even such a patient.
// Owner: plain values. Thread: within a transaction; writing on the writer's. Fails: a store's errors.
#ifndef TSUNAGU_NODE_DISCLOSING_OBJECTION_H
#define TSUNAGU_NODE_DISCLOSING_OBJECTION_H

#include "node/duty/job.h"

#define OBJECTION_TEXT 64

typedef struct objection {
    bool stands; // false: it was lifted
    time_ms at;  // since when it is so
    char by[OBJECTION_TEXT];
} objection;
MUST_CHECK err objection_get(store_txn *t, const char *chart, objection *ret); // ERR_NOT_FOUND: never objected
MUST_CHECK err objection_stands(store_txn *t, const char *chart, bool *ret);
// W. Records or lifts it, with an entry in the log. Said again: OK, the first time stays. ERR_NOT_FOUND: nothing
// to lift; ERR_USAGE.
MUST_CHECK err objection_put(job *j, store_txn *t, const char *chart, const char *by, bool stands);

void objection_say(node *n, control_in *in); // the `objection` command
// The same, of a chart that the caller has looked up: a shelf's (filing.c).
void objection_say_as(node *n, control_in *in, const char *chart, const char *by);

#endif
