// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "proto/store/guard.h"

#define META_MAGIC 0xBEEFC0DEu
#define META_VERSION 1u
#define META_FLAG 8
#define PAGE_SIZE_MIN 512u
#define PAGE_SIZE_MAX 65536u
#define META_TRIES 100
// Pages taken and given back in one transaction are never written, so the last page may lie behind
// the end of the file; not by this many.
#define BEYOND_MAX ((uint64_t)1 << 20)

_Static_assert(sizeof(guard_db) == 48, "LMDB's MDB_db");
_Static_assert(sizeof(guard_meta_page) == META_BYTES, "LMDB's MDB_meta");

static bool sane_meta(const uint8_t *page, uint64_t number, unsigned psize, guard_meta_page *ret)
{
    memcpy(ret, page + PAGE_HEADER, sizeof *ret);
    return native64(page) == number && native16(page + 10) == META_FLAG && ret->magic == META_MAGIC &&
           ret->version == META_VERSION && ret->dbs[0].pad == psize;
}

// Both pages, found by the page size the first one names.
static bool read_metas(int fd, guard_meta_page ret[2])
{
    uint8_t raw[2][PAGE_HEADER + META_BYTES];
    if (pread(fd, raw[0], sizeof raw[0], 0) != (ssize_t)sizeof raw[0])
        return false;
    unsigned psize = native32(raw[0] + PAGE_HEADER + 24);
    if (psize < PAGE_SIZE_MIN || psize > PAGE_SIZE_MAX || (psize & (psize - 1)) != 0)
        return false;
    return pread(fd, raw[1], sizeof raw[1], psize) == (ssize_t)sizeof raw[1] &&
           sane_meta(raw[0], 0, psize, &ret[0]) && sane_meta(raw[1], 1, psize, &ret[1]);
}

err guard_meta(int fd, bool still)
{
    guard_meta_page m[2];
    struct stat stat;
    if (fstat(fd, &stat) != 0)
        return ERR_IO;
    if (stat.st_size == 0)
        return OK; // a crash before LMDB wrote the first pages: it will write them again
    if (!read_metas(fd, m))
        return ERR_CORRUPT;
    uint64_t most = (uint64_t)stat.st_size / m[0].dbs[0].pad + BEYOND_MAX;
    if (m[0].last_page > most || m[1].last_page > most)
        return ERR_CORRUPT; // LMDB would try to map that much
    if (!still)
        return OK;
    // Commits go to the two pages in turn. Anything else would make LMDB take an older commit for the
    // newest: acknowledged writes would vanish without a sign. A fresh file has 0 in both.
    uint64_t a = m[0].txn, b = m[1].txn;
    bool fresh = a == 0 && b == 0;
    bool turns = a % 2 == 0 && b % 2 == 1 && (a + 1 == b || b + 1 == a);
    return fresh || turns ? OK : ERR_CORRUPT;
}

err guard_mark(guard *g, uint64_t page)
{
    if (page < 2 || page > g->last_page)
        return ERR_CORRUPT;
    uint8_t bit = (uint8_t)(1u << (page & 7));
    if (g->seen[page >> 3] & bit)
        return ERR_CORRUPT;
    g->seen[page >> 3] |= bit;
    return OK;
}

// Pages that no tree and no free list knows are only waste, but not behind the end of the file: then
// the last page's number is a lie.
static err check_beyond(const guard *g)
{
    for (uint64_t page = g->file_pages; page <= g->last_page; page++)
        if (!(g->seen[page >> 3] & (1u << (page & 7))))
            return ERR_CORRUPT;
    return OK;
}

// Each commit but the first frees the page the main tree's root was on, under its own number. A meta
// page whose number is not the last in its free list carries another commit's number.
static bool named_right(const guard *g, const guard_meta_page *meta)
{
    return meta->txn < 2 || g->newest_free == meta->txn;
}

static err check_trees(guard *g, const guard_meta_page *meta)
{
    err e = guard_tree(g, &meta->dbs[0], GUARD_FREE);
    if (e == OK && !named_right(g, meta))
        e = ERR_CORRUPT;
    if (e == OK)
        e = guard_tree(g, &meta->dbs[1], GUARD_MAIN);
    return e == OK ? check_beyond(g) : e;
}

// The commit before: its pages still stand (LMDB reuses them two commits later), but nobody reads them,
// so rot there is let pass. Only a wrong number matters: it may be the newest in disguise.
static err check_other(const guard *g, const guard_meta_page *other)
{
    guard o = *g;
    if (other->last_page < 1 || other->last_page > g->last_page)
        return OK;
    o.last_page = other->last_page;
    o.newest_free = 0;
    o.seen = calloc(1, o.last_page / 8 + 1);
    if (o.seen == NULL)
        return ERR_MEM;
    bool wrong = guard_tree(&o, &other->dbs[0], GUARD_FREE) == OK && !named_right(&o, other);
    free(o.seen);
    return wrong ? ERR_CORRUPT : OK;
}

static err check_file(guard *g, int fd, const guard_meta_page *meta, const guard_meta_page *other)
{
    struct stat stat;
    if (fstat(fd, &stat) != 0)
        return ERR_IO;
    g->file_pages = (uint64_t)stat.st_size / g->psize;
    if (g->file_pages < 2)
        return ERR_CORRUPT;
    size_t bytes = g->file_pages * g->psize;
    g->seen = calloc(1, g->last_page / 8 + 1);
    if (g->seen == NULL)
        return ERR_MEM;
    void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    err e = map == MAP_FAILED ? store_err(errno) : OK;
    if (e == OK) {
        // The file's pages are wanted in memory anyway, and in order they come fastest.
        (void)madvise(map, bytes, MADV_WILLNEED);
        g->map = map;
        e = check_trees(g, meta);
        if (e == OK && other != NULL)
            e = check_other(g, other);
        munmap(map, bytes);
    }
    free(g->seen);
    return e;
}

err guard_pages(store_txn *t, bool still)
{
    store *s = t->s;
    mdb_filehandle_t fd;
    guard_meta_page m[2];
    size_t used, map;
    int rc = mdb_env_get_fd(s->env, &fd);
    if (rc != 0)
        return store_err(rc);
    // The snapshot's meta page lasts until the second commit after it; another process may be
    // that quick, so try on a fresh snapshot. Its other pages stay as long as t does.
    for (int tries = 0; tries < META_TRIES; tries++) {
        err e = tries == 0 ? OK : store_renew(t);
        if (e == OK)
            e = store_sizes(s, &used, &map);
        if (e != OK)
            return e;
        if (!read_metas(fd, m))
            return ERR_CORRUPT;
        uint64_t txn = mdb_txn_id(t->mdb);
        if (m[txn & 1].txn != txn)
            continue;
        const guard_meta_page *meta = &m[txn & 1];
        guard g = {.psize = s->psize, .last_page = meta->last_page};
        if (g.last_page < 1 || g.last_page >= map / s->psize)
            return ERR_CORRUPT;
        return check_file(&g, fd, meta, still ? &m[1 - (txn & 1)] : NULL);
    }
    return ERR_CORRUPT;
}
