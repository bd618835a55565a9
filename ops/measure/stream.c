// SPDX-License-Identifier: Apache-2.0
#include "ops/measure/stream.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { PIECE = WIRE_CHUNK_MAX, STREAM_MS = 120000 };

typedef struct serving {
    link_in *call;
    uint64_t left;
} serving;

static const uint8_t page[PIECE];

// On the line's thread, one at a time: here and in `credit`.
static void go_on(serving *s)
{
    while (s->left) {
        span piece = span_of(page, s->left < PIECE ? (size_t)s->left : PIECE);
        err e = link_chunk(s->call, piece);
        if (e == ERR_BUSY)
            return;
        if (e)
            break;
        s->left -= piece.len;
    }
    link_reply(s->call, s->left ? ERR_CLOSED : OK, (span){0}, NULL);
}

static void on_credit(void *ctx, link_in *call, uint32_t more)
{
    (void)call, (void)more;
    go_on(ctx);
}

static void on_gone(void *ctx, link_in *call, err e)
{
    (void)ctx, (void)e;
    link_reply(call, ERR_CLOSED, (span){0}, NULL);
}

void stream_serve(link_in *call, uint64_t bytes)
{
    serving *s = malloc(sizeof *s);
    if (!s)
        die("out of memory");
    *s = (serving){call, bytes};
    link_in_events ev = {.ctx = s, .credit = on_credit, .gone = on_gone, .ended = free};
    link_in_watch(call, &ev);
    go_on(s);
}

typedef struct taking {
    line *l;
    uint64_t got;
    err status;
    bool over;
} taking;

static void on_chunk(void *ctx, link_out *call, span data)
{
    taking *t = ctx;
    t->got += data.len;
    link_credit(t->l->conn, link_out_id(call), (uint32_t)data.len);
}

static void on_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    taking *t = ctx;
    (void)call, (void)body;
    if (e || status)
        say("a stream ended: %s (%s)", err_text(e ? e : (err)status), note);
    pthread_mutex_lock(&t->l->lock);
    t->status = e ? e : (err)status;
    t->over = true;
    pthread_cond_broadcast(&t->l->changed);
    pthread_mutex_unlock(&t->l->lock);
}

uint64_t stream_take(line *l, uint32_t method, span body)
{
    taking t = {.l = l};
    link_out_events ev = {.ctx = &t, .chunk = on_chunk, .done = on_done};
    must(link_call(l->conn, method, body, STREAM_MS, LINK_WINDOW, &ev, NULL), "a stream");
    pthread_mutex_lock(&l->lock);
    while (!t.over)
        pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
    return t.got;
}
