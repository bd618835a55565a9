// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "proto/store/inside.h"

#define MAP_DEFAULT ((size_t)64 << 30)

err store_err(int rc)
{
    switch (rc) {
    case 0: return OK;
    case MDB_NOTFOUND: return ERR_NOT_FOUND;
    case MDB_KEYEXIST: return ERR_CONFLICT;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ERR_FULL;
    case ENOMEM: return ERR_MEM;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE: return ERR_CORRUPT;
    case MDB_READERS_FULL: return ERR_BUSY;
    case MDB_BAD_VALSIZE: return ERR_LIMIT;
    case ENOENT: return ERR_NOT_FOUND;
    default: return ERR_IO;
    }
}

static err sync_dir(int at, const char *name)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return store_err(errno);
    int rc = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return store_err(rc);
}

// Makes the directory durable as an entry of its parent, or opens the one that is there.
static err open_dir(const store_options *o, int *ret_fd)
{
    bool made = !o->read_only && mkdir(o->dir, 0700) == 0;
    if (!o->read_only && !made && errno != EEXIST)
        return store_err(errno);
    int fd = open(o->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return store_err(errno);
    if (made) {
        err e = sync_dir(fd, "..");
        if (e != OK) {
            close(fd);
            return e;
        }
    }
    *ret_fd = fd;
    return OK;
}

// LMDB lets two processes write in turn; a daemon keeps state of its own, so one owner only.
static err take_lock(store *s, int dir, const store_options *o)
{
    enum { STEP_MS = 50 };
    s->lock_fd = openat(dir, "owner.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock_fd < 0)
        return store_err(errno);
    for (int waited = 0; flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0; waited += STEP_MS) {
        if (errno != EWOULDBLOCK)
            return store_err(errno);
        if (waited >= o->wait_ms)
            return ERR_BUSY;
        if (waited == 0 && o->waiting != NULL)
            o->waiting(o->dir);
        nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    }
    return OK;
}

static err check_meta(store *s, int dir)
{
    int fd = openat(dir, "data.mdb", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT && !s->read_only ? OK : store_err(errno);
    err e = guard_meta(fd, !s->read_only);
    close(fd);
    return e;
}

// LMDB stretches its lock file without asking for blocks, and then writes through memory: on a disk
// without a free block that is a SIGBUS. So the blocks are asked for first. 0 or an errno, as LMDB's own.
enum { LOCK_FILE_BYTES = 64 * (STORE_READERS + 4) }; // a cache line a reader, and the head

static int lock_file_fill(const char *dir)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/lock.mdb", dir) >= (int)sizeof path)
        return ENAMETOOLONG;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    int rc = posix_fallocate(fd, 0, LOCK_FILE_BYTES);
    close(fd);
    return rc == EOPNOTSUPP || rc == EINVAL ? 0 : rc;
}

static err open_env(store *s, const store_options *o)
{
    // NOTLS: a read transaction may move between threads. NORDAHEAD: lookups go by pseudonyms, which
    // are random, so reading ahead would only push better pages out; the page check at opening has
    // already read the file once in order.
    unsigned flags = MDB_NOTLS | MDB_NORDAHEAD | (s->read_only ? MDB_RDONLY : 0);
    int rc = mdb_env_create(&s->env);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(s->env, STORE_TABLES);
    if (rc == 0)
        rc = mdb_env_set_maxreaders(s->env, STORE_READERS);
    if (rc == 0)
        rc = mdb_env_set_mapsize(s->env, o->map_bytes != 0 ? o->map_bytes : MAP_DEFAULT);
    if (rc == 0 && !s->read_only)
        rc = lock_file_fill(o->dir);
    if (rc == 0)
        rc = mdb_env_open(s->env, o->dir, flags, 0600);
    int stale;
    if (rc == 0)
        rc = mdb_reader_check(s->env, &stale);
    MDB_stat stat;
    if (rc == 0)
        rc = mdb_env_stat(s->env, &stat);
    if (rc == 0)
        s->psize = stat.ms_psize;
    return store_err(rc);
}

static err check_pages(store *s)
{
    store_txn *t;
    err e = store_read(s, &t);
    if (e != OK)
        return e;
    e = guard_pages(t, !s->read_only);
    store_end(t);
    return e;
}

static err open_tables(store *s, const store_options *o)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(s->env, NULL, s->read_only ? MDB_RDONLY : 0, &txn);
    if (rc != 0)
        return store_err(rc);
    for (int i = 0; i < s->tables && rc == 0; i++)
        rc = mdb_dbi_open(txn, o->tables[i], s->read_only ? 0 : MDB_CREATE, &s->dbi[i]);
    if (rc != 0)
        mdb_txn_abort(txn);
    else
        rc = mdb_txn_commit(txn); // writes nothing when all tables are there
    return store_err(rc);
}

static err fill(store *s, const store_options *o)
{
    int dir = -1;
    err e = open_dir(o, &dir);
    if (e == OK && !s->read_only)
        e = take_lock(s, dir, o);
    if (e == OK)
        e = check_meta(s, dir);
    if (e == OK)
        e = open_env(s, o);
    if (e == OK && !o->unchecked)
        e = check_pages(s);
    if (e == OK)
        e = open_tables(s, o);
    if (e == OK && !s->read_only)
        e = sync_dir(dir, ".");
    if (dir >= 0)
        close(dir);
    return e;
}

err store_open(const store_options *o, store **ret)
{
    int tables = 0;
    while (o->tables[tables] != NULL)
        if (++tables > STORE_TABLES)
            return ERR_LIMIT;
    if (o->dir == NULL || tables == 0)
        return ERR_USAGE;

    store *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR_MEM;
    s->lock_fd = -1;
    s->tables = tables;
    s->read_only = o->read_only;
    pthread_mutex_init(&s->mutex, NULL);
    err e = fill(s, o);
    if (e != OK) {
        store_close(s);
        return e;
    }
    *ret = s;
    return OK;
}

void store_close(store *s)
{
    if (s == NULL)
        return;
    while (s->idle != NULL) {
        store_txn *t = s->idle;
        s->idle = t->next;
        txn_free(t);
    }
    if (s->writing != NULL)
        txn_free(s->writing);
    if (s->env != NULL)
        mdb_env_close(s->env);
    // Last: the lock says that nobody writes.
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_mutex_destroy(&s->mutex);
    free(s->stage);
    free(s);
}

bool store_dead(const store *s)
{
    return atomic_load_explicit(&s->dead, memory_order_acquire);
}

err store_sizes(store *s, size_t *ret_used, size_t *ret_map)
{
    MDB_envinfo info;
    int rc = mdb_env_info(s->env, &info);
    if (rc != 0)
        return store_err(rc);
    *ret_used = (info.me_last_pgno + 1) * s->psize;
    *ret_map = info.me_mapsize;
    return OK;
}
