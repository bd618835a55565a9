// SPDX-License-Identifier: Apache-2.0
// Cards on their way to the hub, durable, in the order of the node's own sequence,
// until the hub has acknowledged them.
// Owner: nothing but the store. Thread: within a transaction of the writer.
// Fails: a store's errors.
#ifndef TSUNAGU_NODE_LINE_OUTBOX_H
#define TSUNAGU_NODE_LINE_OUTBOX_H

#include "node/duty/node.h"

MUST_CHECK err outbox_seq(store_txn *t, uint64_t *ret);               // the last one given
MUST_CHECK err outbox_put(store_txn *t, span card, uint64_t *ret_seq);
MUST_CHECK err outbox_first(store_txn *t, uint64_t *ret);             // ERR_NOT_FOUND: empty
// Are all cards up to this sequence at the hub?
MUST_CHECK err outbox_published(store_txn *t, uint64_t seq, bool *ret);
MUST_CHECK err outbox_count(store_txn *t, uint64_t *ret);
MUST_CHECK err outbox_acked(store_txn *t, uint64_t upto);             // deletes what the hub has
// The oldest cards, as many as one publication may carry. ERR_NOT_FOUND: none.
MUST_CHECK err outbox_batch(store_txn *t, arena *a, Tsunagu__PublishRequest *ret);
// What a hub that stands at `hub` means for us. true: our outbox cannot continue there,
// and every card must be sent again, numbered on from the hub's.
MUST_CHECK err outbox_meet(store_txn *t, uint64_t hub, bool *ret_resync);
// Empties it and goes on from a number: only before everything is put in again.
MUST_CHECK err outbox_restart(store_txn *t, uint64_t seq);

#endif
