// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "proto/store/inside.h"

// Disk blocks are taken in such steps, to ask the file system seldom.
#define RESERVE_STEP ((uint64_t)8 << 20)
// The file is written ahead by a quarter of what it holds, within these.
#define FILL_LEAST ((uint64_t)64 << 10)
#define FILL_MOST ((uint64_t)1 << 20)
// New pages for LMDB's own trees (free list, table roots) at a commit.
#define RESERVE_PAGES 64

err txn_err(store_txn *t, int rc)
{
    err e = store_err(rc);
    if (t->writes_allowed && e != OK && e != ERR_NOT_FOUND && e != ERR_CONFLICT && t->failed == OK)
        t->failed = e;
    return e;
}

err txn_usable(store_txn *t, int table)
{
    if (store_dead(t->s))
        return ERR_IO;
    if (table < 0 || table >= t->s->tables)
        return ERR_USAGE;
    return t->live ? t->failed : ERR_IO;
}

static store_txn *new_txn(store *s)
{
    store_txn *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->cursors = calloc((size_t)s->tables, sizeof *t->cursors);
    if (t->cursors == NULL) {
        free(t);
        return NULL;
    }
    t->s = s;
    return t;
}

static store_txn *take_idle(store *s)
{
    pthread_mutex_lock(&s->mutex);
    store_txn *t = s->idle;
    if (t != NULL) {
        s->idle = t->next;
        s->idle_count--;
    }
    pthread_mutex_unlock(&s->mutex);
    return t;
}

static void drop_cursors(store_txn *t)
{
    for (int i = 0; i < t->s->tables; i++) {
        if (t->cursors[i].seek != NULL)
            mdb_cursor_close(t->cursors[i].seek);
        if (t->cursors[i].walk != NULL)
            mdb_cursor_close(t->cursors[i].walk);
    }
}

void txn_free(store_txn *t)
{
    drop_cursors(t);
    if (t->mdb != NULL)
        mdb_txn_abort(t->mdb);
    free(t->cursors);
    free(t);
}

static void stale_cursors(store_txn *t)
{
    for (int i = 0; i < t->s->tables; i++) {
        store_cursor *c = &t->cursors[i];
        c->seek_fresh = c->walk_fresh = c->placed = false;
    }
}

static int begin_read(store *s, MDB_txn **ret)
{
    int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, ret);
    if (rc != MDB_READERS_FULL)
        return rc;
    int stale; // slots of processes that died; worth one try
    rc = mdb_reader_check(s->env, &stale);
    return rc != 0 ? rc : mdb_txn_begin(s->env, NULL, MDB_RDONLY, ret);
}

err store_read(store *s, store_txn **ret)
{
    if (store_dead(s))
        return ERR_IO;
    store_txn *t = take_idle(s);
    int rc;
    if (t != NULL) {
        rc = mdb_txn_renew(t->mdb);
    } else {
        t = new_txn(s);
        if (t == NULL)
            return ERR_MEM;
        rc = begin_read(s, &t->mdb);
    }
    if (rc != 0) {
        txn_free(t);
        return store_err(rc);
    }
    t->live = true;
    *ret = t;
    return OK;
}

err store_renew(store_txn *t)
{
    if (t->writes_allowed)
        return ERR_USAGE;
    if (store_dead(t->s))
        return ERR_IO;
    if (t->live)
        mdb_txn_reset(t->mdb);
    stale_cursors(t);
    int rc = mdb_txn_renew(t->mdb);
    t->live = rc == 0;
    return store_err(rc);
}

err store_write(store *s, store_txn **ret)
{
    if (s->read_only)
        return ERR_USAGE;
    if (store_dead(s))
        return ERR_IO;
    MDB_txn *mdb;
    int rc = mdb_txn_begin(s->env, NULL, 0, &mdb); // waits for LMDB's write lock
    if (rc != 0)
        return store_err(rc);
    // Now alone: the memory of the one write transaction is ours.
    if (s->writing == NULL)
        s->writing = new_txn(s);
    store_txn *t = s->writing;
    if (t == NULL) {
        mdb_txn_abort(mdb);
        return ERR_MEM;
    }
    t->mdb = mdb;
    t->writes_allowed = t->live = true;
    t->lent = false;
    t->failed = OK;
    t->writes = t->pages = 0;
    *ret = t;
    return OK;
}

// The cursors of a write transaction die with it, so they are closed while it still stands. The write
// lock is given back last: after that t may be another thread's.
static int end_write(store_txn *t, bool commit)
{
    MDB_txn *mdb = t->mdb;
    drop_cursors(t);
    for (int i = 0; i < t->s->tables; i++) {
        t->cursors[i].seek = t->cursors[i].walk = NULL;
        t->cursors[i].walk_busy = false;
    }
    stale_cursors(t);
    t->mdb = NULL;
    t->live = false;
    if (commit)
        return mdb_txn_commit(mdb);
    mdb_txn_abort(mdb);
    return 0;
}

void store_end(store_txn *t)
{
    if (t == NULL)
        return;
    if (t->writes_allowed) {
        (void)end_write(t, false);
        return;
    }
    store *s = t->s;
    if (t->live)
        mdb_txn_reset(t->mdb);
    t->live = false;
    stale_cursors(t);
    pthread_mutex_lock(&s->mutex);
    bool keep = s->idle_count < STORE_IDLE_MAX;
    if (keep) {
        t->next = s->idle;
        s->idle = t;
        s->idle_count++;
    }
    pthread_mutex_unlock(&s->mutex);
    if (!keep)
        txn_free(t);
}

// A commit into blocks never written before changes the file's length or its map of blocks, and the file
// system then writes its journal beside it: such a commit takes twice as long. So a piece ahead is filled with
// zeros now and then. Only behind the end of the file, where nobody's pages are, and only into blocks that are
// ours already. A failure costs only speed.
static void fill_ahead(store *s, int fd, uint64_t need)
{
    static const uint8_t zeros[64 << 10];
    struct stat st;
    if (need <= s->filled || fstat(fd, &st) != 0)
        return;
    uint64_t at = (uint64_t)st.st_size, step = need / 4;
    step = step < FILL_LEAST ? FILL_LEAST : step > FILL_MOST ? FILL_MOST : step;
    uint64_t end = need + step < s->reserved ? need + step : s->reserved;
    while (at < end) {
        size_t n = end - at < sizeof zeros ? (size_t)(end - at) : sizeof zeros;
        ssize_t wrote = pwrite(fd, zeros, n, (off_t)at);
        if (wrote <= 0)
            break;
        at += (uint64_t)wrote;
    }
    s->filled = need + step; // also where it failed: not tried again at each commit
}

// LMDB meets a full disk only in the middle of a commit, after which nothing it holds may be trusted.
// Asking for the blocks first turns that into an ordinary refusal.
static err blocks_take(store *s, int fd, uint64_t need)
{
    if (need <= s->reserved)
        return OK;
    uint64_t step = need + RESERVE_STEP;
    // From the start of what is not yet known to be there; blocks that exist cost nothing.
    uint64_t from = s->reserved;
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)(step - from)) == 0) {
        s->reserved = step;
        return OK;
    }
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)(need - from)) == 0) {
        s->reserved = need;
        return OK;
    }
    // A file system that cannot promise: LMDB will find out, and the store will die of it.
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ERR_FULL : OK;
}

static err reserve(store_txn *t)
{
    store *s = t->s;
    size_t used, map;
    err e = store_sizes(s, &used, &map);
    if (e != OK)
        return e;
    uint64_t need = used + (t->pages + RESERVE_PAGES) * s->psize;
    mdb_filehandle_t fd;
    int rc = mdb_env_get_fd(s->env, &fd);
    if (rc != 0)
        return store_err(rc);
    e = blocks_take(s, fd, need);
    if (e == OK)
        fill_ahead(s, fd, need);
    return e;
}

err store_commit(store_txn *t)
{
    if (!t->writes_allowed)
        return ERR_USAGE;
    store *s = t->s;
    err e = store_dead(s) ? ERR_IO : t->failed;
    if (e == OK && t->writes > 0)
        e = reserve(t);
    if (e != OK || t->writes == 0) {
        (void)end_write(t, false);
        return e;
    }
    e = store_err(end_write(t, true));
    if (e != OK)
        atomic_store_explicit(&s->dead, true, memory_order_release);
    return e;
}
