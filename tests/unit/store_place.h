// SPDX-License-Identifier: Apache-2.0
// A directory of its own for each store test, and seeded randomness.
// Owner: place_new's directory, removed by place_remove. Thread: one. Fails: the test.
#ifndef TSUNAGU_TESTS_STORE_PLACE_H
#define TSUNAGU_TESTS_STORE_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "proto/store/store.h"

typedef struct place {
    char base[64], dir[96];
} place;

static inline place place_new(void)
{
    place p;
    snprintf(p.base, sizeof p.base, "/tmp/tsunagu-store-XXXXXX");
    assert_non_null(mkdtemp(p.base));
    snprintf(p.dir, sizeof p.dir, "%s/s", p.base);
    return p;
}

static inline void place_remove(const place *p)
{
    const char *const files[] = {"data.mdb", "lock.mdb", "owner.lock", NULL};
    char path[160];
    for (int i = 0; files[i] != NULL; i++) {
        snprintf(path, sizeof path, "%s/%s", p->dir, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(p->dir);
    assert_int_equal(rmdir(p->base), 0);
}

static const char *const place_tables[] = {"cards", "log", "links", NULL};

static inline store_options place_options(const place *p)
{
    return (store_options){.dir = p->dir, .tables = place_tables, .map_bytes = (size_t)256 << 20};
}

static inline store *place_open(const place *p)
{
    store_options o = place_options(p);
    store *s = NULL;
    assert_int_equal(store_open(&o, &s), OK);
    return s;
}

static inline uint64_t roll(uint64_t *state) // splitmix64
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#endif
