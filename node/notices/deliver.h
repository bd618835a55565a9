// SPDX-License-Identifier: Apache-2.0
// Sends notices to the targets of notify.yaml, on a thread of its own: nobody ever waits for it. Each target
// gets its facility's notices in order, one at a time, until it took each; what somebody has taken meanwhile is
// left out. Failed attempts come again, ever more rarely; how far each target is, and why it fails, is in the
// store. A message may come twice (a crash between its arrival and our note of it), never not at all.
// A target that is dead costs one row and one attempt now and then.
// Owner: deliver_start/_stop. Thread: any, but `told` and a trial's `done` are called on the deliverer's own.
#ifndef TSUNAGU_NODE_NOTICES_DELIVER_H
#define TSUNAGU_NODE_NOTICES_DELIVER_H

#include "node/notices/notify.h"
#include "proto/store/writer.h"

enum { DELIVER_PARALLEL = 8, DELIVER_RETRY_MS = 2000, DELIVER_RETRY_MAX_MS = 900000, DELIVER_PACE_MS = 200 };

typedef struct deliver_options {
    notices *notices;
    int table_marks; // the same as notices_options says
    store *keep;
    writer *write;
    // A target begins to fail (with the reason), or works again (why ""). May be NULL.
    void (*told)(void *ctx, const char *name, const char *why);
    void *ctx;
} deliver_options;

typedef struct deliver deliver;
// The targets become its own.
MUST_CHECK err deliver_start(const deliver_options *o, notify *targets, deliver **ret);
void deliver_halt(deliver *d); // attempts under way are broken off, trials end; joins. Calls go on to be safe
void deliver_stop(deliver *d); // the same, and frees
void deliver_replace(deliver *d, notify *targets); // become its own; soon
void deliver_wake(deliver *d); // there are new notices

// `done` once: OK, or how it failed. ERR_NOT_FOUND: no such target; ERR_BUSY: a trial to it is under way:
// then done is not called.
typedef void (*deliver_done)(void *ctx, err e, const char *why);
MUST_CHECK err deliver_trial(deliver *d, const char *name, deliver_done done, void *ctx);

typedef struct deliver_figures {
    const char *name, *why; // why: "" when the last attempt went well
    notify_kind kind;
    uint64_t facility, upto; // the last notice it has
    uint32_t fails;          // in a row
    time_ms since, next;     // failing since; next attempt: 0: nothing waits
} deliver_figures;
void deliver_list(deliver *d, void (*visit)(void *ctx, const deliver_figures *f), void *ctx);

#endif
