// SPDX-License-Identifier: Apache-2.0
#include "ops/measure/load.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_MS = 60000 };

typedef struct running running;

typedef struct slot {
    running *run;
    int line;
    uint64_t n, sent;
    buf body;
} slot;

struct running {
    const load *o;
    load_result *lines; // one a line: its callbacks come one at a time
    atomic_uint_fast64_t next;
    uint64_t until;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int open; // slots under way; under lock
};

static void on_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note);

static bool send_next(slot *s)
{
    running *r = s->run;
    const load *o = r->o;
    s->n = atomic_fetch_add(&r->next, 1);
    s->sent = now_ns();
    if ((o->calls && s->n >= o->calls) || (r->until && s->sent >= r->until))
        return false;
    buf_clear(&s->body);
    o->make(o->ctx, s->line, s->n, &s->body);
    link_out_events ev = {.ctx = s, .done = on_done};
    must(link_call(o->lines[s->line]->conn, o->method, buf_span(&s->body), CALL_MS, 0, &ev, NULL), "a call");
    return true;
}

static void slot_over(running *r)
{
    pthread_mutex_lock(&r->lock);
    if (--r->open == 0)
        pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static void on_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    slot *s = ctx;
    running *r = s->run;
    load_result *mine = &r->lines[s->line];
    (void)call, (void)note;
    must(e, "a call");
    samples_add(&mine->times, (double)(now_ns() - s->sent) / 1e3);
    mine->calls++;
    mine->bytes += body.len;
    if (!r->o->check(r->o->ctx, s->line, s->n, status, body))
        mine->wrong++;
    if (!send_next(s))
        slot_over(r);
}

void load_run(const load *o, load_result *ret)
{
    int slots = o->line_count * o->outstanding;
    running r = {.o = o, .open = slots};
    slot *list = calloc((size_t)slots, sizeof *list);
    r.lines = calloc((size_t)o->line_count, sizeof *r.lines);
    if (!list || !r.lines)
        die("out of memory");
    pthread_mutex_init(&r.lock, NULL);
    pthread_cond_init(&r.changed, NULL);
    uint64_t start = now_ns();
    r.until = o->seconds > 0 ? start + (uint64_t)(o->seconds * 1e9) : 0;
    for (int i = 0; i < slots; i++) {
        list[i] = (slot){.run = &r, .line = i % o->line_count};
        if (!send_next(&list[i]))
            slot_over(&r);
    }
    pthread_mutex_lock(&r.lock);
    while (r.open)
        pthread_cond_wait(&r.changed, &r.lock);
    pthread_mutex_unlock(&r.lock);
    ret->seconds += since(start);
    for (int i = 0; i < o->line_count; i++) {
        ret->calls += r.lines[i].calls;
        ret->wrong += r.lines[i].wrong;
        ret->bytes += r.lines[i].bytes;
        samples_join(&ret->times, &r.lines[i].times);
        samples_done(&r.lines[i].times);
    }
    for (int i = 0; i < slots; i++)
        buf_done(&list[i].body);
    free(list);
    free(r.lines);
    pthread_mutex_destroy(&r.lock);
    pthread_cond_destroy(&r.changed);
}

double load_rate(const load_result *r)
{
    return r->seconds > 0 ? (double)r->calls / r->seconds : 0;
}
