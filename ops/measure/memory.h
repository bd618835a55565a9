// SPDX-License-Identifier: Apache-2.0
// Weighing a daemon that rests. Owner: none. Thread: the main one. Fails: reports it as missing.
#ifndef TSUNAGU_BENCH_MEMORY_H
#define TSUNAGU_BENCH_MEMORY_H

#include <sys/types.h>

#define MEMORY_REST_S 4
void memory_rest(void);
void memory_weigh(const char *name, pid_t pid, const char *note);

#endif
