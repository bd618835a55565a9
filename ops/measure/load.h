// SPDX-License-Identifier: Apache-2.0
// A closed loop over one or more lines: so many calls are always outstanding on
// each, and each answer sends the next request at once.
// Owner: the caller's. Thread: make and check run on the line's threads, one at a
// time per line. Fails: die when a call ends without an answer.
#ifndef TSUNAGU_BENCH_LOAD_H
#define TSUNAGU_BENCH_LOAD_H

#include "ops/measure/line.h"

#define LOAD_BODY_MAX (96u << 10)

typedef struct load {
    line **lines;
    int line_count, outstanding; // per line
    uint32_t method;
    // Writes the body of call `n` (counted over all lines); `out` is empty.
    void (*make)(void *ctx, int line, uint64_t n, buf *out);
    bool (*check)(void *ctx, int line, uint64_t n, uint32_t status, span body); // false: a wrong answer
    void *ctx;
    double seconds; // 0: no limit
    uint64_t calls; // 0: no limit
} load;

typedef struct load_result {
    uint64_t calls, wrong, bytes; // bytes of the answers' bodies
    double seconds;
    samples times; // microseconds
} load_result;

void load_run(const load *o, load_result *ret); // samples are added to
double load_rate(const load_result *r);

#endif
