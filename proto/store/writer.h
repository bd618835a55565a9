// SPDX-License-Identifier: Apache-2.0
// Group commit: one thread owns all writing and commits many jobs at once.
// A job runs on the writer's thread inside the shared transaction, then waits
// for the commit, then `done` is called (same thread) with what run returned,
// or with the commit's error. Nothing may be acknowledged before `done`.
// A job that has put something must not fail except with a store error
// (ERR_IO, ERR_FULL, ERR_CORRUPT, ERR_MEM): those abort the whole batch.
// A job that fails with anything else must have written nothing (else the batch fails: ERR_INTERNAL).
// Jobs that come while a batch runs join it.
// A batch that wrote nothing is not committed: no `after`.
// Owner: the job is the submitter's memory until done is called. Fails: after
// a failed commit the writer calls `broken` once and refuses everything.
#ifndef TSUNAGU_STORE_WRITER_H
#define TSUNAGU_STORE_WRITER_H

#include "proto/store/store.h"

typedef struct writer writer;
typedef struct writer_job writer_job;
struct writer_job {
    err (*run)(writer_job *j, store_txn *t);
    void (*done)(writer_job *j, err e);
    writer_job *next; // the writer's
    err result;       // the writer's
};

typedef struct writer_options {
    size_t batch_max;  // jobs a commit; 0: 256
    size_t queue_max;  // waiting jobs; beyond it ERR_BUSY; 0: 65536
    // Called on the writer's thread: `before` when all jobs of a batch have run, inside the
    // transaction (say, to append the batch's log entries); `after` between a good commit and the
    // first `done` (say, to sign). Both may be NULL. An error from either fails the batch.
    err (*before)(void *ctx, store_txn *t);
    err (*after)(void *ctx);
    // Around the calls of `done` of one batch, on the writer's thread. May be NULL.
    void (*telling)(void *ctx, bool begins);
    void (*broken)(void *ctx, err e);
    void *ctx;
} writer_options;

MUST_CHECK err writer_start(store *s, const writer_options *o, writer **ret);
MUST_CHECK err writer_submit(writer *w, writer_job *j); // any thread; OK means done will be called
// The same without waking the writer, when more jobs follow at once: writer_wake must come behind them.
MUST_CHECK err writer_queue(writer *w, writer_job *j);
void writer_wake(writer *w);
void writer_stop(writer *w);                            // runs what is queued, then joins and frees

#endif
