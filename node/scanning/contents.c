// SPDX-License-Identifier: Apache-2.0
#include "node/scanning/contents_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/log.h"

enum { CHANGED_BYTES = 64 << 10, CHARTS_A_TURN = 64 };

// ---- the walk over all ------------------------------------------------------------------------------

typedef struct page {
    buf *out;
    size_t left;
    node *n;
    store_txn *t;
    char *cursor;
} page;

static err page_one(void *ctx, span chart)
{
    page *p = ctx;
    buf_put_span(p->out, chart);
    buf_put_u8(p->out, 0);
    if (p->out->sticky)
        return p->out->sticky;
    return --p->left ? OK : ERR_CLOSED;
}

err contents_charts(node *n, const char *after, size_t max, buf *out)
{
    page p = {.out = out, .left = max};
    store_txn *t;
    err e = store_read(n->keep, &t);
    if (e)
        return e;
    e = ssmix_charts_after(n->index, t, span_str(after), page_one, &p);
    store_end(t);
    return e;
}

static err any_entry(void *ctx, const ssmix_entry *e)
{
    (void)e;
    *(bool *)ctx = true;
    return ERR_CLOSED;
}

// Remembered, and no longer in any storage: left behind when we were stopped at the wrong moment.
static err left_one(void *ctx, span chart, const verdicts *v)
{
    page *p = ctx;
    bool any = false;
    (void)v;
    err e = span_to_str(chart, p->cursor, SSMIX_CHART_MAX + 1);
    if (e == OK)
        e = ssmix_entries(p->n->index, p->t, chart, any_entry, &any);
    if (e == OK && !any) {
        buf_put_span(p->out, chart);
        buf_put_u8(p->out, 0);
        e = p->out->sticky;
    }
    return e ? e : --p->left ? OK : ERR_CLOSED;
}

// Fills todo with the next charts. False: there are no more.
static bool walk_on(contents *c)
{
    page p = {.out = &c->todo, .left = CHARTS_A_TURN, .n = c->n, .cursor = c->cursor};
    buf_clear(&c->todo);
    err e = OK;
    if (!c->behind) {
        e = contents_charts(c->n, c->cursor, CHARTS_A_TURN, &c->todo);
        if (e == OK && c->todo.len)
            return true;
        c->behind = true;
        c->cursor[0] = '\0';
    }
    if (e == OK)
        e = store_read(c->n->keep, &p.t);
    if (e == OK) {
        e = verdicts_walk(p.t, span_str(c->cursor), left_one, &p);
        store_end(p.t);
    }
    if (e)
        log_line(LOG_ERROR, "the documents could not all be looked at: %s", err_text(e));
    return e == OK && p.left < CHARTS_A_TURN;
}

// ---- the thread -------------------------------------------------------------------------------------

// The first chart of a list, taken off.
static bool chart_take(buf *list, char out[static SSMIX_CHART_MAX + 1])
{
    if (!list->len)
        return false;
    size_t n = strnlen((const char *)list->at, list->len);
    snprintf(out, SSMIX_CHART_MAX + 1, "%.*s", (int)n, (const char *)list->at);
    buf_drop_front(list, n + 1);
    return true;
}

static void lowest_priority(void)
{
    enum { WHO_PROCESS = 1, CLASS_IDLE = 3, CLASS_SHIFT = 13 };
    pid_t self = (pid_t)syscall(SYS_gettid); // of this thread alone: Linux counts threads
    (void)setpriority(PRIO_PROCESS, (id_t)self, 19);
    (void)syscall(SYS_ioprio_set, WHO_PROCESS, self, CLASS_IDLE << CLASS_SHIFT);
}

// The chart of an entry is the third step of its path.
static bool entry_chart(const ssmix_entry *e, char out[static SSMIX_CHART_MAX + 1])
{
    const char *at = strchr(e->folder, '/');
    at = at ? strchr(at + 1, '/') : NULL;
    size_t n = at ? strcspn(at + 1, "/") : 0;
    if (n == 0 || n > SSMIX_CHART_MAX)
        return false;
    memcpy(out, at + 1, n);
    out[n] = '\0';
    return true;
}

static void asked_look(contents *c, const ssmix_entry *e)
{
    char chart[SSMIX_CHART_MAX + 1];
    if (!entry_chart(e, chart))
        return;
    keep_wait(c); // this chart may be among what is on its way
    chart_look_over(c, chart, e->id, false);
    keep_wait(c);
}

static void one_of_all(contents *c)
{
    char chart[SSMIX_CHART_MAX + 1];
    pthread_mutex_lock(&c->lock);
    if (c->restart) {
        c->cursor[0] = '\0';
        c->behind = false;
        buf_clear(&c->todo);
    }
    c->restart = false;
    bool deep = c->fast;
    pthread_mutex_unlock(&c->lock);
    if (!c->todo.len && !walk_on(c)) {
        keep_wait(c);
        pthread_mutex_lock(&c->lock);
        if (!c->restart)
            c->all = c->fast = false;
        pthread_mutex_unlock(&c->lock);
        return;
    }
    if (!chart_take(&c->todo, chart))
        return;
    if (!c->behind)
        memcpy(c->cursor, chart, sizeof chart);
    chart_look_over(c, chart, NULL, deep);
}

static void pass_over(contents *c)
{
    pthread_mutex_unlock(&c->lock);
    keep_wait(c);
    pthread_mutex_lock(&c->lock);
    if (c->all || c->changed.len || c->ask_count || !c->running)
        return;
    c->running = false;
    if (c->opened)
        log_line(LOG_INFO, "contents: %llu documents looked at; of all %llu: %llu truncated, %llu wrongly encoded, "
                 "%llu not HL7, %llu unreadable", (unsigned long long)c->opened, (unsigned long long)c->sums.documents,
                 (unsigned long long)verdict_sums_truncated(&c->sums), (unsigned long long)c->sums.encoding,
                 (unsigned long long)c->sums.not_hl7, (unsigned long long)c->sums.unreadable);
}

static void begin(contents *c) // with the lock
{
    if (!c->running)
        c->opened = 0;
    c->running = true;
    pthread_cond_broadcast(&c->work);
}

static void *contents_main(void *arg)
{
    contents *c = arg;
    char chart[SSMIX_CHART_MAX + 1];
    lowest_priority();
    pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        if (c->ask_count) {
            ssmix_entry *e = c->asks[--c->ask_count];
            pthread_mutex_unlock(&c->lock);
            asked_look(c, e);
            free(e);
            pthread_mutex_lock(&c->lock);
        } else if (c->scanning) {
            pthread_cond_wait(&c->work, &c->lock);
        } else if (chart_take(&c->changed, chart)) {
            pthread_mutex_unlock(&c->lock);
            chart_look_over(c, chart, NULL, true);
            pthread_mutex_lock(&c->lock);
        } else if (c->all) {
            pthread_mutex_unlock(&c->lock);
            one_of_all(c);
            pthread_mutex_lock(&c->lock);
        } else if (c->running) {
            pass_over(c);
        } else {
            pthread_cond_wait(&c->work, &c->lock);
        }
    }
    pthread_mutex_unlock(&c->lock);
    keep_wait(c);
    return NULL;
}

void contents_pause(contents *c, bool scan_runs)
{
    pthread_mutex_lock(&c->lock);
    c->scanning = scan_runs;
    if (scan_runs)
        c->vanished = 0;
    if (!scan_runs && c->missed && !c->all) { // may be back now
        c->all = c->restart = true;
        begin(c);
    }
    if (!scan_runs)
        c->missed = false;
    pthread_cond_broadcast(&c->work);
    pthread_mutex_unlock(&c->lock);
}

void contents_changed(contents *c, span chart)
{
    pthread_mutex_lock(&c->lock);
    if (c->changed.len > CHANGED_BYTES) { // so many: they are found by walking over all
        if (!c->all)
            c->all = c->restart = true;
    } else {
        buf_put_span(&c->changed, chart);
        buf_put_u8(&c->changed, 0);
    }
    begin(c);
    pthread_mutex_unlock(&c->lock);
}

void contents_all(contents *c)
{
    pthread_mutex_lock(&c->lock);
    c->all = c->fast = c->restart = true;
    begin(c);
    pthread_mutex_unlock(&c->lock);
}

void contents_released(contents *c, const ssmix_entry *e)
{
    ssmix_entry *copy = malloc(sizeof *copy);
    if (!copy)
        return;
    *copy = *e;
    pthread_mutex_lock(&c->lock);
    if (c->ask_count < ASKS && !c->stopping) {
        c->asks[c->ask_count++] = copy;
        copy = NULL;
        begin(c);
    }
    pthread_mutex_unlock(&c->lock);
    free(copy);
}

// ---- telling ----------------------------------------------------------------------------------------

void contents_figures(contents *c, contents_numbers *ret)
{
    pthread_mutex_lock(&c->lock);
    *ret = (contents_numbers){.running = c->running, .opened = c->opened, .documents = c->sums.documents,
                              .truncated = verdict_sums_truncated(&c->sums), .encoding = c->sums.encoding,
                              .not_hl7 = c->sums.not_hl7, .unreadable = c->sums.unreadable, .vanished = c->vanished};
    pthread_mutex_unlock(&c->lock);
}

typedef struct listing {
    contents *c;
    store_txn *t;
    size_t left;
    const verdicts *v;
    verdict_sums sums;
} listing;

static bool damaged(const listing *l, const verdict *v)
{
    return v->bits & (FOUND_ENCODING | FOUND_NOT_HL7 | FOUND_UNREADABLE) || verdict_truncated(&l->sums, v);
}

static err listed_entry(void *ctx, const ssmix_entry *e)
{
    listing *l = ctx;
    const verdict *v = verdicts_find(l->v, e->id);
    if (!v || !damaged(l, v))
        return OK;
    tell_of(l->c, e, v);
    return --l->left ? OK : ERR_CLOSED;
}

static err listed_chart(void *ctx, span chart, const verdicts *v)
{
    listing *l = ctx;
    bool any = false;
    for (size_t i = 0; i < v->count && !any; i++)
        any = damaged(l, &v->items[i]);
    if (!any)
        return OK;
    l->v = v;
    err e = ssmix_entries(l->c->n->index, l->t, chart, listed_entry, l);
    return e ? e : l->left ? OK : ERR_CLOSED;
}

err contents_list(contents *c, size_t max)
{
    listing l = {.c = c, .left = max};
    err e = store_read(c->n->keep, &l.t);
    if (e)
        return e;
    e = verdict_sums_get(l.t, &l.sums);
    bool any = l.sums.encoding || l.sums.not_hl7 || l.sums.unreadable || verdict_sums_truncated(&l.sums);
    if (e == OK && any && max)
        e = verdicts_walk(l.t, (span){0}, listed_chart, &l);
    store_end(l.t);
    return e;
}

// ---- life -------------------------------------------------------------------------------------------

err contents_start(node *n, contents_tell tell, void *ctx, contents **ret)
{
    pthread_condattr_t attr;
    store_txn *t;
    contents *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_MEM;
    c->n = n;
    c->tell = tell;
    c->ctx = ctx;
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->work, &attr);
    pthread_condattr_destroy(&attr);
    c->all = c->running = c->restart = true; // what was left when we stopped
    c->scanning = n->config.scan_every > 0;  // the first one comes at once
    *ret = c;
    err e = store_read(n->keep, &t);
    if (e)
        return e;
    e = verdict_sums_get(t, &c->sums);
    store_end(t);
    if (e == OK && pthread_create(&c->thread, NULL, contents_main, c) != 0)
        e = ERR_MEM;
    c->started = e == OK;
    return e;
}

void contents_stop(contents *c)
{
    if (!c || !c->started)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_broadcast(&c->work);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    c->started = false;
}

void contents_free(contents *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->ask_count; i++)
        free(c->asks[i]);
    buf_done(&c->changed);
    buf_done(&c->todo);
    buf_done(&c->keep);
    pthread_cond_destroy(&c->work);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
