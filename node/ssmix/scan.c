// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "node/ssmix/scan_in.h"

#define RECENT_NS ((int64_t)2000000000) // a folder's time may be coarse: changed lately, it may change unseen

static void worker_done(worker *w)
{
    batch_free(w->open);
    if (w->txn)
        store_end(w->txn);
    lister_done(&w->lister);
    tree_done(&w->tree);
    names_done(&w->charts);
    names_done(&w->old_charts);
    buf_done(&w->old);
    buf_done(&w->packed);
    buf_done(&w->old_unit);
    buf_done(&w->unit_record);
    *w = (worker){0};
}

static err worker_init(worker *w, scan *s)
{
    *w = (worker){.s = s};
    w->lister.recent = s->recent;
    w->lister.dirty = s->x->o.dirty ? worker_dirty : NULL;
    w->lister.ctx = w;
    return store_read(s->x->o.keep, &w->txn);
}

static void *work(void *arg)
{
    worker *w = arg;
    scan *s = w->s;
    err e = OK;
    while (e == OK && !atomic_load(&s->stop)) {
        size_t i = atomic_fetch_add(&s->next_unit, 1);
        if (i >= s->unit_count)
            break;
        e = unit_scan(w, &s->units[i]);
    }
    if (e == OK)
        e = worker_flush(w);
    if (e != OK)
        scan_fail(s, e);
    pthread_mutex_lock(&s->mutex);
    s->running--;
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

static void tell_progress(scan *s)
{
    const ssmix_options *o = &s->x->o;
    pthread_mutex_lock(&s->mutex);
    ssmix_counts now = s->counts;
    pthread_mutex_unlock(&s->mutex);
    now.took_ms = clock_mono_ms() - s->began;
    if (o->progress)
        o->progress(o->ctx, &now);
    if (o->stop && o->stop(o->ctx))
        atomic_store(&s->stop, true);
}

// Until nobody works and nothing is on its way to the disk: delivers what is durable, ten times a second tells.
static void watch(scan *s)
{
    time_ms next = clock_mono_ms() + 100;
    pthread_mutex_lock(&s->mutex);
    while (s->running > 0 || s->outstanding > 0) {
        scan_drain(s);
        if (s->running == 0 && s->outstanding == 0)
            break;
        time_ms now = clock_mono_ms();
        if (now >= next) {
            next = now + 100;
            pthread_mutex_unlock(&s->mutex);
            tell_progress(s);
            pthread_mutex_lock(&s->mutex);
            continue;
        }
        if (s->finished)
            continue;
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (next - now) * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&s->moved, &s->mutex, &until);
    }
    pthread_mutex_unlock(&s->mutex);
}

static int thread_count(size_t units)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int n = cpus < 1 ? 1 : cpus > SCAN_THREADS_MAX ? SCAN_THREADS_MAX : (int)cpus;
    return units < (size_t)n ? (int)units : n;
}

static err scan_units(scan *s)
{
    worker workers[SCAN_THREADS_MAX] = {0};
    int threads = thread_count(s->unit_count);
    err e = OK;
    for (int i = 0; i < threads && e == OK; i++) {
        e = worker_init(&workers[i], s);
        if (e != OK)
            break;
        pthread_mutex_lock(&s->mutex);
        s->running++;
        pthread_mutex_unlock(&s->mutex);
        workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
        if (!workers[i].started) {
            pthread_mutex_lock(&s->mutex);
            s->running--;
            pthread_mutex_unlock(&s->mutex);
            e = i > 0 ? OK : ERR_MEM; // fewer threads only take longer
            break;
        }
    }
    if (e != OK)
        scan_fail(s, e);
    watch(s);
    for (int i = 0; i < threads; i++) {
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
        worker_done(&workers[i]);
    }
    return s->failed;
}

static void open_roots(scan *s)
{
    for (size_t i = 0; i < s->x->o.root_count; i++) {
        // A root itself may be reached by a symbolic link: the configuration says so.
        s->root_fd[i] = open(s->x->roots[i].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (s->root_fd[i] < 0)
            s->root_lost[i] = errno;
    }
}

// One storage that is away is no reason to let the others grow old; but it is told.
static err tell_lost(const scan *s, ssmix_counts *counts)
{
    const ssmix_options *o = &s->x->o;
    for (size_t i = 0; i < o->root_count; i++) {
        if (!s->root_lost[i])
            continue;
        counts->lost_roots++;
        counts->unreadable++;
        if (o->lost)
            o->lost(o->ctx, o->roots[i].path, s->root_lost[i]);
        if (o->dirty)
            o->dirty(o->ctx, o->roots[i].path, "unreadable");
    }
    return counts->lost_roots ? ERR_IO : OK;
}

static err scan_init(scan *s, ssmix_index *x, bool full)
{
    *s = (scan){.x = x, .full = full, .began = clock_mono_ms()};
    s->recent = clock_now_ms() * 1000000 - RECENT_NS;
    s->finished_end = &s->finished;
    for (int i = 0; i < SSMIX_ROOTS_MAX; i++)
        s->root_fd[i] = -1;
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return ERR_MEM;
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int rc = pthread_cond_init(&s->moved, &attr);
    pthread_condattr_destroy(&attr);
    if (rc == 0 && pthread_mutex_init(&s->mutex, NULL) != 0) {
        pthread_cond_destroy(&s->moved);
        rc = -1;
    }
    return rc == 0 ? OK : ERR_MEM;
}

static void scan_done(scan *s)
{
    for (int i = 0; i < SSMIX_ROOTS_MAX; i++) {
        if (s->root_fd[i] >= 0)
            close(s->root_fd[i]);
        root_state_done(&s->found[i]);
    }
    free(s->units);
    pthread_cond_destroy(&s->moved);
    pthread_mutex_destroy(&s->mutex);
}

static err scan_all(scan *s)
{
    worker own = {.s = s};
    open_roots(s);
    err e = worker_init(&own, s);
    own.drains = true;
    if (e == OK)
        e = roots_find(&own);
    if (e == OK)
        worker_tell(&own);
    if (e == OK)
        e = scan_units(s);
    if (e == OK && atomic_load(&s->stop))
        e = ERR_CLOSED;
    if (e == OK)
        e = roots_write(&own);
    err flushed = e == OK || e == ERR_CLOSED ? worker_flush(&own) : OK;
    watch(s);
    worker_done(&own);
    if (flushed == OK)
        flushed = s->failed;
    return e == OK ? flushed : e;
}

err ssmix_scan(ssmix_index *x, bool full, void (*changed)(void *ctx, span chart), ssmix_counts *ret)
{
    scan *s = malloc(sizeof *s);
    if (!s)
        return ERR_MEM;
    err e = scan_init(s, x, full);
    if (e == OK) {
        s->changed = changed;
        e = scan_all(s);
        s->counts.took_ms = clock_mono_ms() - s->began;
        bool whole = e == OK;
        if (whole)
            e = tell_lost(s, &s->counts);
        if (whole || e == ERR_CLOSED)
            *ret = s->counts;
        scan_done(s);
    }
    free(s);
    return e;
}
