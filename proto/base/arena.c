// SPDX-License-Identifier: Apache-2.0
#include "proto/base/arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)16 << 10)
#define ALIGN ((size_t)16)

struct arena_block {
    arena_block *next;
    size_t used, cap;
    _Alignas(16) uint8_t bytes[];
};

void arena_init(arena *a, size_t limit)
{
    *a = (arena){.limit = limit};
}

static void free_chain(arena_block *b)
{
    while (b) {
        arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_clear(arena *a)
{
    if (a->head) {
        free_chain(a->head->next);
        a->head->next = NULL;
        a->head->used = 0;
        // A giant block kept for ever would be a leak by another name.
        if (a->head->cap > 16 * BLOCK_BYTES) {
            free(a->head);
            a->head = NULL;
        }
    }
    a->used = 0;
}

void arena_done(arena *a)
{
    if (!a)
        return;
    free_chain(a->head);
    *a = (arena){0};
}

void *arena_get(arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    // An empty request still gets its own address.
    size_t need = (size ? size + ALIGN - 1 : ALIGN) & ~(ALIGN - 1);
    if (a->limit && (a->used > a->limit || need > a->limit - a->used))
        return NULL;
    if (!a->head || need > a->head->cap - a->head->used) {
        size_t cap = need > BLOCK_BYTES ? need : BLOCK_BYTES;
        arena_block *b = malloc(sizeof *b + cap);
        if (!b)
            return NULL;
        *b = (arena_block){.next = a->head, .cap = cap};
        a->head = b;
    }
    void *at = a->head->bytes + a->head->used;
    a->head->used += need;
    a->used += need;
    memset(at, 0, need);
    return at;
}

char *arena_str(arena *a, span s)
{
    if (s.len == SIZE_MAX)
        return NULL;
    char *at = arena_get(a, s.len + 1);
    if (at && s.len)
        memcpy(at, s.at, s.len);
    return at;
}

span arena_copy(arena *a, span s)
{
    uint8_t *at = arena_get(a, s.len);
    if (!at)
        return (span){0};
    if (s.len)
        memcpy(at, s.at, s.len);
    return (span){at, s.len};
}
