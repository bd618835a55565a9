// SPDX-License-Identifier: Apache-2.0
// Look-ups as load: requests for random patients, answers checked.
// Owner: asker_init/_done. Thread: as load.h says. Fails: die.
#ifndef TSUNAGU_BENCH_LOOKUP_H
#define TSUNAGU_BENCH_LOOKUP_H

#include "ops/measure/load.h"

typedef struct asker {
    const place *p;
    const crowd *who;
    uint64_t seed;
    buf request[PLACE_NODES]; // by line
    size_t name_at[PLACE_NODES];
    uint64_t checked, opened; // answers decoded, tickets verified; not exact with several lines
} asker;
void asker_init(const place *p, const crowd *who, line *const *lines, int count, asker *ret);
void asker_done(asker *a);
void asker_make(void *ctx, int line, uint64_t n, buf *out);
bool asker_check(void *ctx, int line, uint64_t n, uint32_t status, span body);
// Two granted facilities with tickets that verify? Says what is wrong.
bool asker_inspect(const asker *a, span body);

#endif
