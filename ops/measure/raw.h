// SPDX-License-Identifier: Apache-2.0
// LMDB without us, to be held against: the same keys and bytes, no checks, no log.
// Owner: raw_open/_close. Thread: one. Fails: die.
#ifndef TSUNAGU_BENCH_RAW_H
#define TSUNAGU_BENCH_RAW_H

#include "proto/base/span.h"

typedef struct raw raw;
raw *raw_open(const char *dir, bool read_only, const char *table);
void raw_close(raw *r);
void raw_begin(raw *r);
void raw_put(raw *r, span key, span value);
void raw_commit(raw *r); // durable
bool raw_get(raw *r, span key, size_t *ret_len);
uint64_t raw_walk(raw *r, uint64_t *ret_bytes); // every row once; how many

#endif
