// SPDX-License-Identifier: Apache-2.0
// Memory that lives as long as one request: allocate freely, free once.
// Owner: whoever called arena_init. Thread: one at a time. Fails: NULL.
#ifndef TSUNAGU_BASE_ARENA_H
#define TSUNAGU_BASE_ARENA_H

#include <stddef.h>
#include "proto/base/span.h"

typedef struct arena_block arena_block;
typedef struct arena {
    arena_block *head;
    size_t used, limit; // bytes; limit 0: none
} arena;

void arena_init(arena *a, size_t limit);
void arena_clear(arena *a); // keeps one block for the next request
void arena_done(arena *a);
void *arena_get(arena *a, size_t size); // zeroed, 16-byte aligned; NULL beyond the limit
char *arena_str(arena *a, span s);      // NUL-terminated copy
span arena_copy(arena *a, span s);

#endif
