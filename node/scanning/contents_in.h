// SPDX-License-Identifier: Apache-2.0
// Inside the looking at documents: one chart (look.c), what is kept of it (keeping.c), and the thread that goes through
// all of them (contents.c).
// Owner, thread: as the fields say.
#ifndef TSUNAGU_NODE_SCANNING_CONTENTS_IN_H
#define TSUNAGU_NODE_SCANNING_CONTENTS_IN_H

#include "node/scanning/contents.h"
#include "node/scanning/verdicts.h"

enum { ASKS = 64 };

struct contents {
    node *n;
    contents_tell tell;
    void *ctx;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t work; // CLOCK_MONOTONIC
    bool stopping, scanning;
    bool all;        // every chart of the index is due
    bool fast;       // and their lengths and times, and without rest
    bool restart;    // from the first chart on
    bool missed;     // a storage was away
    bool keeping;    // a job of ours is with the writer
    buf changed;     // charts, each ended by a NUL
    ssmix_entry *asks[ASKS];
    size_t ask_count;
    bool running;
    uint64_t opened, vanished;
    verdict_sums sums;
    // the thread's own
    char cursor[SSMIX_CHART_MAX + 1];
    bool behind;     // the walk over what is in the index has ended: now over what is remembered
    buf todo;
    buf keep;        // length, chart, count, verdicts: to be written
    size_t keep_charts;
};

// A chart's verdicts are to be written; wait: until all of them are.
void keep_put(contents *c, const char *chart, const verdicts *v);
void keep_wait(contents *c);
// Each kind of damage that it has, to whoever is told.
void tell_of(contents *c, const ssmix_entry *e, const verdict *v);
// Opens what is due of a chart and keeps what was found. only: this document, or NULL; deep: lengths and times too.
void chart_look_over(contents *c, const char *chart, const uint8_t *only, bool deep);

#endif
