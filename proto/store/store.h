// SPDX-License-Identifier: Apache-2.0
// Keeping: one LMDB environment, always with sync. The only door to LMDB.
// Tables are named at open; keys are bytes made by one function per table
// (big-endian: order is meaning); every value carries a SipHash check over
// table, key and value, and is verified at each read (ERR_CORRUPT): LMDB 0.9
// has no checksums. No DUPSORT, WRITEMAP, NOSYNC.
// Owner: store_open/_close. Thread: any number of read transactions on any
// threads; write transactions only on the writer's thread (writer.h).
// Fails: ERR_FULL (disk or map), ERR_CORRUPT, ERR_IO. After any failed commit the
// store is `dead`: every later call gives ERR_IO; the daemon must exit, reopen, verify.
#ifndef TSUNAGU_STORE_STORE_H
#define TSUNAGU_STORE_STORE_H

#include "proto/base/span.h"

#define STORE_TABLES 48
#define STORE_KEY_MAX 500               // a key has 1 to this many bytes; else ERR_USAGE, ERR_LIMIT
#define STORE_VALUE_MAX ((size_t)1 << 30) // beyond: ERR_LIMIT
#define STORE_WAIT_MS 10000             // what a daemon waits for the one before it

typedef struct store store;
typedef struct store_txn store_txn;

typedef struct store_options {
    const char *dir;              // made with mode 0700 if missing
    const char *const *tables;    // NULL-terminated, at most STORE_TABLES; the index is the table number
    size_t map_bytes;             // address space; 0: 64 GiB
    bool read_only;               // not in a process that has the same store open for writing
    bool unchecked;               // skips the page check at opening: LMDB itself crashes on broken pages
    // How long to wait for another owner to let go, milliseconds; 0: not at all. A killed process holds
    // its store until its last write has reached the disk, and its successor may be quicker than that.
    int wait_ms;
    void (*waiting)(const char *dir); // told once, when it begins to wait; may be NULL
} store_options;

// ERR_BUSY: another process (or this one) has it open for writing, still after wait_ms. ERR_CORRUPT: a page is broken.
// The table numbers are part of every check: tables may be added at the end, not reordered.
MUST_CHECK err store_open(const store_options *o, store **ret);
void store_close(store *s);
bool store_dead(const store *s);
MUST_CHECK err store_sizes(store *s, size_t *ret_used, size_t *ret_map); // bytes

MUST_CHECK err store_read(store *s, store_txn **ret);   // snapshot; end with store_end
MUST_CHECK err store_write(store *s, store_txn **ret);  // one at a time
// Durable when it returns OK; frees t always. After a put or delete failed with a store error it only
// aborts and returns that error. Disk blocks are reserved first, so that a full disk (ERR_FULL) is
// found before LMDB writes and the store lives on; store_dead tells.
MUST_CHECK err store_commit(store_txn *t);
void store_end(store_txn *t);                           // ends a read, aborts a write
// A read on a fresh snapshot, cheaply; seek again. What was acknowledged (store_commit returned) before a
// read or renewal began is in its snapshot. One commit more may be too, while it is still being finished:
// of two snapshots taken then the later may be the older one (LMDB 0.9).
MUST_CHECK err store_renew(store_txn *t);

// The value's bytes live until the transaction ends or (write txns) the next put or
// delete; they may be that put's own key or value.
MUST_CHECK err store_get(store_txn *t, int table, span key, span *ret); // ERR_NOT_FOUND, ERR_CORRUPT
MUST_CHECK err store_put(store_txn *t, int table, span key, span value);
// Key known to be greater than all in the table: faster, denser. ERR_CONFLICT if it is not.
MUST_CHECK err store_append(store_txn *t, int table, span key, span value);
MUST_CHECK err store_delete(store_txn *t, int table, span key); // ERR_NOT_FOUND
MUST_CHECK err store_count(store_txn *t, int table, uint64_t *ret);
MUST_CHECK err store_last(store_txn *t, int table, span *ret_key, span *ret_value); // ERR_NOT_FOUND

// Walks keys >= from while they start with prefix (empty: all). visit returns OK to go on,
// any other err ends the walk and is returned (ERR_CLOSED: ended early, store_walk gives OK).
// A value that fails its check ends the walk with ERR_CORRUPT. The visitor may not write.
typedef err (*store_visit)(void *ctx, span key, span value);
MUST_CHECK err store_walk(store_txn *t, int table, span prefix, span from, store_visit visit, void *ctx);
// The same with a cursor kept open by the transaction, for hot range reads: seek then next.
// First key >= from; ERR_NOT_FOUND. One position a table and transaction; store_last sets it too.
MUST_CHECK err store_seek(store_txn *t, int table, span from, span *ret_key, span *ret_value);
// ERR_NOT_FOUND at the end and before any seek. After an ERR_CORRUPT value it goes on with the one behind.
// In a write transaction puts and deletes may come between.
MUST_CHECK err store_next(store_txn *t, int table, span *ret_key, span *ret_value);

// Checks every page, then reads every value of every table once; counts what fails its check.
// ERR_CORRUPT: a page is broken, nothing was counted.
MUST_CHECK err store_verify(store *s, uint64_t *ret_values, uint64_t *ret_bad);

#endif
