// SPDX-License-Identifier: Apache-2.0
// The pages of an LMDB 0.9 data file (64 bit, little endian), read without LMDB: what it trusts blindly
// and would crash on, or silently lose keys by, is checked here first.
// Owner: guard_pages, on its stack. Thread: one. Fails: ERR_CORRUPT.
#ifndef TSUNAGU_STORE_GUARD_H
#define TSUNAGU_STORE_GUARD_H

#include <string.h>
#include "proto/store/inside.h"

#define PAGE_HEADER 16
#define META_BYTES 136
#define NO_PAGE UINT64_MAX

// As on the disk, at PAGE_HEADER of the pages 0 and 1.
typedef struct guard_db {
    uint32_t pad; // of the free list's: the page size
    uint16_t flags, depth;
    uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
} guard_db;

typedef struct guard_meta_page {
    uint32_t magic, version;
    uint64_t address, map_size;
    guard_db dbs[2]; // free list, main
    uint64_t last_page, txn;
} guard_meta_page;

typedef struct guard {
    const uint8_t *map; // the file
    uint64_t file_pages, last_page;
    unsigned psize;
    uint8_t *seen;        // a bit a page
    uint64_t newest_free; // the last commit the free list has pages of
} guard;

typedef enum guard_kind { GUARD_FREE, GUARD_MAIN, GUARD_TABLE } guard_kind;

static inline uint16_t native16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline uint32_t native32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline uint64_t native64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

// Marks a page as used. ERR_CORRUPT if it lies outside or is used already.
err guard_mark(guard *g, uint64_t page);
err guard_tree(guard *g, const guard_db *db, guard_kind kind);

#endif
