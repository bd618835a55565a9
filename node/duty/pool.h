// SPDX-License-Identifier: Apache-2.0
// A few threads for what may block on files, so that neither the writer, nor the
// line, nor the control socket waits for a disk.
// Owner: a task is its submitter's memory; it may be submitted again once it runs.
// Thread: submit from any; tasks run at once on several. Fails: never (a stopped pool drops tasks).
#ifndef TSUNAGU_NODE_DUTY_POOL_H
#define TSUNAGU_NODE_DUTY_POOL_H

#include "proto/base/err.h"

typedef struct pool pool;
typedef struct pool_task pool_task;
struct pool_task {
    void (*run)(pool_task *t);
    pool_task *next; // the pool's
};

MUST_CHECK err pool_start(int threads, pool **ret);
void pool_submit(pool *p, pool_task *t);
void pool_stop(pool *p); // runs what is queued, then joins and frees

#endif
