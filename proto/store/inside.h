// SPDX-License-Identifier: Apache-2.0
// What the files of this room share; nobody outside includes it.
// Owner, thread, fails: as in store.h.
#ifndef TSUNAGU_STORE_INSIDE_H
#define TSUNAGU_STORE_INSIDE_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include "proto/store/store.h"

#define STORE_CHECK_LEN 8
#define STORE_READERS 512
#define STORE_IDLE_MAX 64 // ended read transactions kept for reuse; each holds a reader slot

typedef struct store_cursor {
    MDB_cursor *seek; // store_seek, store_next
    MDB_cursor *walk; // lent to one store_walk at a time
    bool seek_fresh, walk_fresh; // opened or renewed on the present snapshot
    bool walk_busy;
    bool placed;           // seek found a key, next may follow
    uint64_t at_writes;    // write transactions: t->writes when the key below was seen
    size_t key_len;
    uint8_t key[STORE_KEY_MAX];
} store_cursor;

struct store_txn {
    store *s;
    MDB_txn *mdb;
    store_txn *next; // in the idle list
    bool writes_allowed;
    bool live;       // a read transaction on a snapshot, not reset
    bool lent;       // bytes of this write transaction's pages were handed out since the last put
    err failed;      // first store error of a write transaction: it can only be aborted
    uint64_t writes; // puts and deletes so far
    uint64_t pages;  // a ceiling of the new pages they may need
    store_cursor *cursors; // one a table
};

struct store {
    MDB_env *env;
    MDB_dbi dbi[STORE_TABLES];
    int tables;
    unsigned psize;
    bool read_only;
    atomic_bool dead;
    int lock_fd;            // flock: one writing process
    pthread_mutex_t mutex;  // idle, idle_count
    store_txn *idle;
    unsigned idle_count;
    store_txn *writing;     // the one write transaction's memory, reused
    uint64_t reserved;      // bytes of the file known to have disk blocks
    uint64_t filled;        // bytes of the file that were written once
    uint8_t *stage;         // a value to be put that may lie in pages the put moves
    size_t stage_cap;
};

// LMDB's and errno's numbers as ours.
err store_err(int rc);
// As store_err; in a write transaction anything but "not found" and "conflict" sticks.
err txn_err(store_txn *t, int rc);
err txn_usable(store_txn *t, int table);
void txn_free(store_txn *t);

static inline MDB_val val_of(span s)
{
    return (MDB_val){s.len, (void *)s.at};
}
static inline span span_val(MDB_val v)
{
    return span_of(v.mv_data, v.mv_size);
}

// The check is over table, key and payload, so that a value moved under another key fails too.
uint64_t record_check(int table, span key, span payload);
void record_seal(uint8_t *out, int table, span key, span payload); // payload.len + STORE_CHECK_LEN bytes
// Verifies what LMDB returned and cuts the check off.
err record_open(store_txn *t, int table, MDB_val key, MDB_val value, span *ret_payload);

// Before LMDB maps the file: the constant fields of both meta pages, since LMDB divides by one of
// them unseen. With `still` (no other process writes) their transaction numbers too.
err guard_meta(int fd, bool still);
// Every page reachable from the snapshot of t: bounds, kinds, key order, counts, no page used twice.
// With `still` also that the two meta pages are what their transaction numbers say.
err guard_pages(store_txn *t, bool still);

#endif
