// SPDX-License-Identifier: Apache-2.0
// One chart's documents, opened at a pace that nobody feels.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/scanning/contents_in.h"
#include "proto/base/log.h"

enum { SLICE = 64 };

typedef struct chart_look {
    contents *c;
    const char *chart;
    const uint8_t *only;   // NULL: all of its documents
    bool deep;             // lengths and times are compared
    verdicts old, now;
    ssmix_entry *due;      // SLICE of them
    size_t due_count, skip, at;
    bool more, found_adt;
    time_ms adt_time;
    uint8_t adt[16];
} chart_look;

static bool may_open(const chart_look *l, const ssmix_entry *e)
{
    if (l->only)
        return memcmp(l->only, e->id, sizeof e->id) == 0;
    return l->c->n->config.contents || l->c->fast || (e->kind == SSMIX_STANDARD && strcmp(e->type, "ADT-00") == 0);
}

static err entry_one(void *ctx, const ssmix_entry *e)
{
    chart_look *l = ctx;
    if (l->at++ < l->skip)
        return OK;
    const verdict *known = verdicts_find(&l->old, e->id);
    bool may = may_open(l, e);
    if (may && (!known || !known->mark || l->deep || l->only)) {
        if (l->due_count == SLICE) {
            l->at--;
            l->more = true;
            return ERR_CLOSED;
        }
        l->due[l->due_count++] = *e;
    } else if (known) {
        err failed = verdicts_add(&l->now, known);
        if (failed)
            return failed;
    }
    // The same one as person.c finds.
    if (e->kind == SSMIX_STANDARD && strcmp(e->type, "ADT-00") == 0 && (!l->found_adt || e->time >= l->adt_time)) {
        l->found_adt = true;
        l->adt_time = e->time;
        memcpy(l->adt, e->id, sizeof l->adt);
    }
    return OK;
}

// Until the next one may be opened: a pass is to be felt by nobody.
static void rest(contents *c)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + 1000000000 / c->n->config.contents_rate;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&c->lock);
    bool over = false;
    while (!c->stopping && (c->scanning || (!over && !c->fast)))
        if (c->scanning)
            pthread_cond_wait(&c->work, &c->lock);
        else
            over = pthread_cond_timedwait(&c->work, &c->lock, &until) != 0;
    c->opened++;
    pthread_mutex_unlock(&c->lock);
}

static bool stopping(contents *c)
{
    pthread_mutex_lock(&c->lock);
    bool stop = c->stopping;
    pthread_mutex_unlock(&c->lock);
    return stop;
}

void tell_of(contents *c, const ssmix_entry *e, const verdict *v)
{
    pthread_mutex_lock(&c->lock);
    bool truncated = verdict_truncated(&c->sums, v);
    pthread_mutex_unlock(&c->lock);
    if (truncated)
        c->tell(c->ctx, e, "truncated");
    if (v->bits & FOUND_ENCODING)
        c->tell(c->ctx, e, "encoding");
    if (v->bits & FOUND_NOT_HL7)
        c->tell(c->ctx, e, "not HL7");
    if (v->bits & FOUND_UNREADABLE)
        c->tell(c->ctx, e, "unreadable");
}

static void is_gone(contents *c, const ssmix_entry *e)
{
    pthread_mutex_lock(&c->lock);
    c->vanished++;
    pthread_mutex_unlock(&c->lock);
    c->tell(c->ctx, e, "vanished");
}

static void is_away(contents *c)
{
    pthread_mutex_lock(&c->lock);
    c->missed = true;
    pthread_mutex_unlock(&c->lock);
}

// ERR_NOT_FOUND: gone, and told. ERR_CLOSED: its storage is away.
static err document_look(chart_look *l, const ssmix_entry *e, verdict *ret)
{
    const verdict *known = verdicts_find(&l->old, e->id);
    verdict v = {.root = (uint8_t)e->root};
    content found = {.end = END_UNTOLD};
    memcpy(v.id, e->id, sizeof v.id);
    err why = content_mark(l->c->n->index, e, &v.mark); // before it is read: a change meanwhile is seen next time
    if (why == OK && known && known->mark == v.mark) {
        *ret = *known;
        return OK;
    }
    if (why == OK)
        why = content_read(l->c->n->index, e, &found);
    if (why == ERR_NOT_FOUND)
        is_gone(l->c, e);
    if (why == ERR_CLOSED)
        is_away(l->c);
    if (why == ERR_IO)
        v.mark = 0;
    else if (why != OK)
        return why;
    v.bits = (uint8_t)((found.encoding ? FOUND_ENCODING : 0) | (found.not_hl7 ? FOUND_NOT_HL7 : 0) |
                       (found.cut ? FOUND_CUT : 0) | (why == ERR_IO ? FOUND_UNREADABLE : 0) | found.end << FOUND_END);
    tell_of(l->c, e, &v);
    if (!l->only)
        rest(l->c);
    *ret = v;
    return OK;
}

static err slice_read(chart_look *l)
{
    store_txn *t;
    err e = store_read(l->c->n->keep, &t);
    if (e)
        return e;
    l->due_count = l->at = 0;
    l->more = false;
    if (l->skip == 0)
        e = verdicts_get(t, span_str(l->chart), &l->old);
    if (e == ERR_CORRUPT) // it can be had anew
        e = OK;
    if (e == OK)
        e = ssmix_entries(l->c->n->index, t, span_str(l->chart), entry_one, l);
    store_end(t);
    l->skip = l->at;
    return e;
}

static bool verdicts_same(const verdicts *a, const verdicts *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        const verdict *x = &a->items[i], *y = &b->items[i];
        same = memcmp(x->id, y->id, sizeof x->id) == 0 && x->mark == y->mark && x->bits == y->bits && x->root == y->root;
    }
    return same;
}

static void mark_adt(chart_look *l)
{
    for (size_t i = 0; i < l->now.count; i++) {
        verdict *v = &l->now.items[i];
        v->bits &= (uint8_t)~FOUND_ELSEWHERE;
        if (l->found_adt && memcmp(v->id, l->adt, sizeof v->id) == 0)
            v->bits |= FOUND_ELSEWHERE;
    }
}

void chart_look_over(contents *c, const char *chart, const uint8_t *only, bool deep)
{
    chart_look l = {.c = c, .chart = chart, .only = only, .deep = deep};
    err e = (l.due = malloc(SLICE * sizeof *l.due)) ? OK : ERR_MEM;
    do {
        if (e == OK)
            e = slice_read(&l);
        for (size_t i = 0; e == OK && i < l.due_count; i++) {
            verdict v;
            err why = stopping(c) ? ERR_CLOSED : document_look(&l, &l.due[i], &v);
            if (why == OK)
                why = verdicts_add(&l.now, &v);
            e = why == ERR_NOT_FOUND ? OK : why;
        }
    } while (e == OK && l.more);
    if (e == OK) {
        verdicts_sort(&l.now);
        mark_adt(&l);
        if (!verdicts_same(&l.old, &l.now))
            keep_put(c, chart, &l.now);
    } else if (e != ERR_CLOSED) {
        log_line(LOG_ERROR, "a patient's documents could not be looked at: %s", err_text(e));
    }
    free(l.due);
    verdicts_done(&l.old);
    verdicts_done(&l.now);
}
