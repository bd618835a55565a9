// SPDX-License-Identifier: Apache-2.0
// A scan in progress; only for scan.c, batch.c, roots.c and charts.c.
// The caller's thread finds the second-level folders (units), starts workers over them, calls the callbacks and
// writes the roots' records last; workers list charts and hand batches of records to the writer.
// Owner: ssmix_scan. Thread: fields under `mutex` are shared; a worker is one thread's.
#ifndef TSUNAGU_SSMIX_SCAN_IN_H
#define TSUNAGU_SSMIX_SCAN_IN_H

#include <pthread.h>
#include <stdatomic.h>
#include "node/ssmix/inside.h"

#define SCAN_BATCH_BYTES ((size_t)512 << 10)
#define SCAN_BATCHES_MAX 8 // handed over and not yet told: the bound of a scan's memory
#define SCAN_THREADS_MAX 4

typedef struct scan scan;
typedef struct batch batch;
typedef struct unit { int root; char first[4], second[4]; bool gone; } unit;

// What a root's record says; all spans of names.
typedef struct root_state {
    bool believed;     // there was a record, of this path and kind
    bool had_record;
    unsigned pieces;
    int64_t mtime;
    ssmix_counts dirt;
    names firsts;      // "298", and for each its time and its range in seconds
    int64_t *times;
    size_t *starts;    // firsts.count + 1 of them
    names seconds;     // "298/834", sorted
} root_state;

typedef struct worker {
    scan *s;
    store_txn *txn;
    batch *open;       // being filled
    lister lister;
    tree tree;
    names charts, old_charts;
    buf old, packed, old_unit, unit_record;
    ssmix_counts counts; // not yet added to the scan's
    pthread_t thread;
    bool started;
    bool drains;       // the caller's thread: nobody else would take the finished batches away
} worker;

struct scan {
    ssmix_index *x;
    bool full;
    void (*changed)(void *ctx, span chart);
    int64_t recent;
    time_ms began;
    int root_fd[SSMIX_ROOTS_MAX];
    int root_lost[SSMIX_ROOTS_MAX]; // errno of one that cannot be read: what is known of it stays
    bool root_full[SSMIX_ROOTS_MAX]; // its record cannot be believed
    root_state found[SSMIX_ROOTS_MAX];
    unsigned old_pieces[SSMIX_ROOTS_MAX];
    unit *units;
    size_t unit_count, unit_cap;
    atomic_size_t next_unit;
    atomic_bool stop;

    pthread_mutex_t mutex;
    pthread_cond_t moved; // CLOCK_MONOTONIC
    err failed;
    ssmix_counts counts;
    int running, outstanding;
    batch *finished, **finished_end;
};

// batch.c. The kinds of notes delivered on the caller's thread once the batch is durable.
MUST_CHECK err worker_put(worker *w, int table, span key, span record, unsigned old_pieces);
MUST_CHECK err worker_remove(worker *w, int table, span key, unsigned old_pieces);
MUST_CHECK err worker_changed(worker *w, span chart);
void worker_dirty(void *w, const char *path, const char *why); // a lister's callback
MUST_CHECK err worker_flush(worker *w);
void worker_tell(worker *w); // its counts to the scan's
void batch_free(batch *b);
// Takes finished batches off the list and calls back. Called with the mutex held; drops it meanwhile.
void scan_drain(scan *s);
void scan_fail(scan *s, err e); // the first error stays

// roots.c
MUST_CHECK err roots_find(worker *w);  // fills units
MUST_CHECK err roots_write(worker *w); // after all units
void root_state_done(root_state *r);
bool chart_steps(span name, const char *first, const char *second); // do these folders suit this chart number

// charts.c
MUST_CHECK err unit_scan(worker *w, const unit *u);

#endif
