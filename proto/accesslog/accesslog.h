// SPDX-License-Identifier: Apache-2.0
// The access log in a store: hash-chained entries (pact/chain.h), written in the
// same transaction as what they tell of. One table: key = sequence (8 bytes), value =
// hash | packed LogEntry; key 0 holds the head.
// Owner: accesslog is a handle over a store. Thread: append only on the writer's thread;
// the rest on any, with its own read transaction. Fails: ERR_CORRUPT where the chain breaks.
#ifndef TSUNAGU_ACCESSLOG_ACCESSLOG_H
#define TSUNAGU_ACCESSLOG_ACCESSLOG_H

#include "proto/pact/chain.h"
#include "proto/store/store.h"
#include "proto/wire/wire.h"

typedef struct accesslog {
    int table;
    chain_head head; // of the last durable batch
    chain_head open; // with what the running transaction added
    buf scratch;
} accesslog;

// Reads the head. ERR_CORRUPT if the last entry does not carry it.
MUST_CHECK err accesslog_open(store *s, int table, accesslog *ret);
void accesslog_done(accesslog *l);
// Gives the entry's sequence. Within a write transaction; several a transaction. Note and node are
// made valid UTF-8 of at most WIRE_NOTE_MAX bytes: what is kept can be read back.
MUST_CHECK err accesslog_append(accesslog *l, store_txn *t, const Tsunagu__LogEntry *e, uint64_t *ret_seq);
// Once a batch, before the commit, if anything was appended: stores the head.
MUST_CHECK err accesslog_seal(accesslog *l, store_txn *t);
void accesslog_committed(accesslog *l); // the batch is durable
void accesslog_aborted(accesslog *l);   // the batch is undone

typedef err (*accesslog_visit)(void *ctx, uint64_t seq, const hash32 *hash, span entry);
// From a sequence on. visit: OK goes on, ERR_CLOSED stops early.
MUST_CHECK err accesslog_walk(const accesslog *l, store_txn *t, uint64_t from, accesslog_visit visit,
                              void *ctx);
// Recomputes the whole chain up to the head. On ERR_CORRUPT *ret_bad is the first sequence that does not fit.
MUST_CHECK err accesslog_verify(const accesslog *l, store_txn *t, chain_head *ret_head, uint64_t *ret_bad);
// The hash at a sequence, to compare with what a witness remembers. ERR_NOT_FOUND: beyond the end.
MUST_CHECK err accesslog_hash_at(const accesslog *l, store_txn *t, uint64_t seq, hash32 *ret);

#endif
