// SPDX-License-Identifier: Apache-2.0
#include "proto/store/guard.h"

#define KIND_BRANCH 1
#define KIND_LEAF 2
#define KIND_OVERFLOW 4
#define NODE_HEADER 8
#define NODE_BIG 1
#define NODE_TREE 2
#define DEPTH_MAX 32

typedef struct tree {
    guard *g;
    guard_kind kind;
    guard_db seen; // counted on the way, to be compared with what the root says
    unsigned depth;
} tree;

typedef struct node {
    const uint8_t *at;
    span key;
    uint16_t flags;
    uint32_t data_len;   // leaf
    const uint8_t *data; // leaf
    uint64_t child;      // branch
    unsigned room;       // bytes it takes on its page
} node;

// Keys of a page lie in [low, high); NULL: no bound.
typedef struct bounds {
    const span *low, *high;
} bounds;

static int compare(const tree *t, span a, span b)
{
    if (t->kind == GUARD_FREE) {
        uint64_t x = native64(a.at), y = native64(b.at);
        return x < y ? -1 : x > y;
    }
    size_t n = a.len < b.len ? a.len : b.len;
    int d = memcmp(a.at, b.at, n);
    return d != 0 ? d : (a.len > b.len) - (a.len < b.len);
}

static err page_at(tree *t, uint64_t number, const uint8_t **ret)
{
    guard *g = t->g;
    err e = guard_mark(g, number);
    if (e != OK)
        return e;
    if (number >= g->file_pages)
        return ERR_CORRUPT;
    const uint8_t *page = g->map + number * g->psize;
    if (native64(page) != number)
        return ERR_CORRUPT;
    *ret = page;
    return OK;
}

static bool read_node(const tree *t, const uint8_t *page, unsigned i, bool leaf, node *n)
{
    unsigned psize = t->g->psize;
    unsigned at = native16(page + PAGE_HEADER + 2 * i);
    unsigned upper = native16(page + 14);
    if (at < upper || at + NODE_HEADER > psize || at % 2 != 0)
        return false;
    n->at = page + at;
    uint16_t low = native16(n->at), high = native16(n->at + 2), key_len = native16(n->at + 6);
    n->flags = native16(n->at + 4);
    uint64_t size = NODE_HEADER + key_len;
    if (key_len > STORE_KEY_MAX || at + size > psize)
        return false;
    n->key = span_of(n->at + NODE_HEADER, key_len);
    if (leaf) {
        n->data = n->at + size;
        n->data_len = low | (uint32_t)high << 16;
        size += (n->flags & NODE_BIG) ? sizeof(uint64_t) : n->data_len;
        if (at + size > psize || key_len == 0 || (n->flags & ~(NODE_BIG | NODE_TREE)) != 0)
            return false;
    } else {
        n->child = low | (uint64_t)high << 16 | (uint64_t)n->flags << 32;
    }
    bool key_used = leaf || i > 0; // the first key of a branch page is never looked at
    if (t->kind == GUARD_FREE && key_used && key_len != sizeof(uint64_t))
        return false;
    n->room = (unsigned)(size + (size & 1));
    return true;
}

static err check_overflow(tree *t, const node *n, const uint8_t **ret_data)
{
    const uint8_t *page;
    uint64_t first = native64(n->data);
    err e = page_at(t, first, &page);
    if (e != OK)
        return e;
    unsigned psize = t->g->psize;
    uint64_t need = ((uint64_t)n->data_len + PAGE_HEADER - 1) / psize + 1, have = native32(page + 12);
    if (native16(page + 10) != KIND_OVERFLOW || have < need || have > t->g->file_pages - first)
        return ERR_CORRUPT;
    for (uint64_t i = 1; i < have; i++) {
        e = guard_mark(t->g, first + i);
        if (e != OK)
            return e;
    }
    t->seen.overflow_pages += have;
    *ret_data = page + PAGE_HEADER;
    return OK;
}

// A free list entry: a count and as many page numbers, falling.
static err check_free(tree *t, const node *n, const uint8_t *data)
{
    if (n->data_len < 8 || native64(data) > n->data_len / 8 - 1)
        return ERR_CORRUPT;
    uint64_t count = native64(data), last = NO_PAGE;
    t->g->newest_free = native64(n->key.at); // keys rise
    for (uint64_t i = 1; i <= count; i++) {
        uint64_t page = native64(data + 8 * i);
        if (page >= last)
            return ERR_CORRUPT;
        last = page;
        err e = guard_mark(t->g, page);
        if (e != OK)
            return e;
    }
    return OK;
}

static err check_leaf(tree *t, const node *n)
{
    const uint8_t *data = n->data;
    t->seen.entries++;
    if (n->flags & NODE_BIG) {
        err e = check_overflow(t, n, &data);
        if (e != OK)
            return e;
    }
    if (t->kind == GUARD_FREE)
        return n->flags & NODE_TREE ? ERR_CORRUPT : check_free(t, n, data);
    if (t->kind == GUARD_TABLE)
        return n->flags & NODE_TREE ? ERR_CORRUPT : OK;
    // The main tree holds only the roots of the tables.
    if (n->flags != NODE_TREE || n->data_len != sizeof(guard_db))
        return ERR_CORRUPT;
    guard_db db;
    memcpy(&db, data, sizeof db);
    return guard_tree(t->g, &db, GUARD_TABLE);
}

static bool in_bounds(const tree *t, const node *n, const span *last, bounds b)
{
    if (last != NULL && compare(t, *last, n->key) >= 0)
        return false;
    if (b.low != NULL && compare(t, n->key, *b.low) < 0)
        return false;
    return b.high == NULL || compare(t, n->key, *b.high) < 0;
}

static err check_page(tree *t, uint64_t number, unsigned level, bounds b);

static err check_branch(tree *t, const uint8_t *page, unsigned count, unsigned level, bounds b,
                        unsigned *room)
{
    node n, next;
    if (!read_node(t, page, 0, false, &n))
        return ERR_CORRUPT;
    for (unsigned i = 0; i < count; i++, n = next) {
        bool more = i + 1 < count;
        if (more && !read_node(t, page, i + 1, false, &next))
            return ERR_CORRUPT;
        if (more && !in_bounds(t, &next, i > 0 ? &n.key : NULL, b))
            return ERR_CORRUPT;
        *room += n.room;
        bounds inner = {i > 0 ? &n.key : b.low, more ? &next.key : b.high};
        err e = check_page(t, n.child, level + 1, inner);
        if (e != OK)
            return e;
    }
    return OK;
}

static err check_leaves(tree *t, const uint8_t *page, unsigned count, bounds b, unsigned *room)
{
    span last = {0};
    for (unsigned i = 0; i < count; i++) {
        node n;
        if (!read_node(t, page, i, true, &n) || !in_bounds(t, &n, i > 0 ? &last : NULL, b))
            return ERR_CORRUPT;
        err e = check_leaf(t, &n);
        if (e != OK)
            return e;
        *room += n.room;
        last = n.key;
    }
    return OK;
}

static err check_page(tree *t, uint64_t number, unsigned level, bounds b)
{
    const uint8_t *page;
    err e = page_at(t, number, &page);
    if (e != OK)
        return e;
    bool leaf = level == t->depth;
    unsigned lower = native16(page + 12), upper = native16(page + 14), psize = t->g->psize;
    if (native16(page + 10) != (leaf ? KIND_LEAF : KIND_BRANCH) || lower < PAGE_HEADER || lower % 2 != 0 ||
        lower > upper || upper > psize)
        return ERR_CORRUPT;
    unsigned count = (lower - PAGE_HEADER) / 2, room = 0;
    unsigned least = leaf || t->kind == GUARD_FREE ? 1 : 2;
    if (count < least)
        return ERR_CORRUPT;
    if (leaf) {
        t->seen.leaf_pages++;
        e = check_leaves(t, page, count, b, &room);
    } else {
        t->seen.branch_pages++;
        e = check_branch(t, page, count, level, b, &room);
    }
    // LMDB keeps the nodes packed at the page's end; a wrong offset or size breaks the sum.
    if (e == OK && room != psize - upper)
        e = ERR_CORRUPT;
    return e;
}

err guard_tree(guard *g, const guard_db *db, guard_kind kind)
{
    tree t = {.g = g, .kind = kind, .depth = db->depth};
    // Integer keys only in the free list; no duplicates, no reversed order anywhere.
    uint16_t flags = kind == GUARD_FREE ? 0x08 : 0;
    if (db->flags != flags)
        return ERR_CORRUPT;
    if (db->root == NO_PAGE)
        return db->depth == 0 && db->entries == 0 ? OK : ERR_CORRUPT;
    if (db->depth == 0 || db->depth > DEPTH_MAX)
        return ERR_CORRUPT;
    err e = check_page(&t, db->root, 1, (bounds){0});
    if (e != OK)
        return e;
    bool same = t.seen.branch_pages == db->branch_pages && t.seen.leaf_pages == db->leaf_pages &&
                t.seen.overflow_pages == db->overflow_pages && t.seen.entries == db->entries;
    return same ? OK : ERR_CORRUPT;
}
