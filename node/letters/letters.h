// SPDX-License-Identifier: Apache-2.0
// Letters in the store: the outbox, until the receiver has each; the inbox, in order and once.
//
// A letter belongs to a stream (thread, from facility, to facility); within it letters arrive in the
// order they were posted, each exactly once. Early ones are held (LETTERS_AHEAD a stream, LETTERS_HELD
// in all), later copies are answered as the first was. The sender keeps a letter until a receipt of the
// receiver's node says what became of it, for ever if need be; `settled` then tells.
// Nothing here seals, sends or reads a clock: whoever holds the line (node/line/post.c) asks letters_due for
// what is to be sent now and says letters_outcome when an attempt is over.
// Owner: letters_open/_close; a letter given out borrows from the transaction or the arena.
// Thread: within transactions of the writer, on its thread; letters_hint and letters_wake from any.
// Fails: a store's errors.
#ifndef TSUNAGU_NODE_LETTERS_H
#define TSUNAGU_NODE_LETTERS_H

#include "proto/base/arena.h"
#include "proto/pact/letter.h"
#include "proto/store/store.h"

enum {
    LETTERS_AHEAD = 16,      // a letter so far ahead of the last one taken is not held
    LETTERS_HELD = 1024,     // held in all: beyond it senders keep their own
    LETTERS_HELD_BODY = 4096, // bytes of one that is held: a longer one its sender keeps until its turn
    LETTERS_PARALLEL = 8,    // on their way to one node; 1 while it fails
    LETTERS_ATTEMPTS = 64,   // on their way in all
    LETTERS_RETRY_MS = 1000, // first pause after a failed attempt; doubles, jittered
    LETTERS_RETRY_MAX_MS = 300000
};

// Takes one letter. A refusal must have written nothing, is final, and is told to the sender's `settled`
// as it is; after something was written only OK or a store's error may be returned. ERR_BUSY: not now, it
// comes again.
typedef err (*letters_arrived)(void *ctx, store_txn *t, const letter *l, time_ms now);
// A letter of ours has arrived (OK) or was refused for good by its receiver. It is gone from the outbox.
typedef err (*letters_settled)(void *ctx, store_txn *t, const letter *l, err status, time_ms now);

typedef struct letters_options {
    int table_out, table_stream, table_in, table_held; // numbers of the store's tables
    const char *node;                                  // our own name; outlives it
    letters_arrived arrived;
    letters_settled settled; // may be NULL
    void *ctx;
} letters_options;

typedef struct letters letters;
MUST_CHECK err letters_open(const letters_options *o, letters **ret);
void letters_close(letters *l);

// Durable with t, sent after its commit (letters_wake then). Fills in id, seq, from_node and at.
// say->thread, kind, from, to, to_node and body are the caller's. A to_node of our own is as good as any other.
MUST_CHECK err letters_post(letters *l, store_txn *t, letter *say, time_ms now);

// A letter came and was opened. *ret_status is what its receipt says: OK, ERR_BUSY (held, or no room: the
// sender keeps it), or the refusal. Returned errors are the store's.
MUST_CHECK err letters_take(letters *l, store_txn *t, const letter *in, time_ms now, err *ret_status);

// What may be sent now: the head of each stream, oldest first, fair among nodes; counted as on its way until
// letters_outcome. At most `room` (an array in the arena). `order` names a letter to letters_outcome.
typedef struct letters_item {
    letter l;
    uint64_t order;
} letters_item;
MUST_CHECK err letters_due(letters *l, store_txn *t, time_ms now, arena *a, size_t room, letters_item **ret,
                           size_t *ret_count);
// An attempt is over. received: a receipt said `status`; else nobody knows, and it is tried again.
MUST_CHECK err letters_outcome(letters *l, store_txn *t, const char *to_node, uint64_t order, bool received,
                               err status, time_ms now);
// The commit of a transaction that called letters_due failed, or its letters were not sent after all.
void letters_undo(letters *l, const char *to_node, uint64_t order);

// When letters_due should be asked next; INT64_MAX: nothing waits. Cheap.
time_ms letters_next(letters *l);
void letters_wake(letters *l);                    // something was posted
void letters_hint(letters *l, const char *to_node); // that node is back
void letters_hint_all(letters *l);                // the hub is back

// Everything that still waits under a thread is forgotten (its receiver left the federation).
MUST_CHECK err letters_forget(letters *l, store_txn *t, const uint8_t thread[static LETTER_ID_BYTES],
                              uint64_t *ret_count);
MUST_CHECK err letters_waiting(letters *l, store_txn *t, uint64_t *ret); // in the outbox
// The outbox, oldest first per node. `why` is what the last attempt said (OK: none was made).
typedef err (*letters_visit)(void *ctx, const letter *l, uint64_t order, err why, time_ms next);
MUST_CHECK err letters_list(letters *l, store_txn *t, letters_visit visit, void *ctx);

#endif
