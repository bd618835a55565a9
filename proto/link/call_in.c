// SPDX-License-Identifier: Apache-2.0
// Calls being served. A link_in is held by the callee until its reply and by
// each of its events in the queue; it leaves the table when it is replied to
// or lost, so a later cancel or credit for it finds nothing and is harmless.
#include <stdlib.h>
#include <string.h>
#include "proto/link/conn.h"

static time_ms now_of(const link_conn *c)
{
    return c->end->port->ops->now(c->end->port);
}

link_in *in_find(link_conn *c, uint64_t id)
{
    link_in *i = c->in_table[id % BUCKETS];
    while (i && i->id != id)
        i = i->next;
    return i;
}

static void unlist(link_conn *c, link_in *i)
{
    if (!i->listed)
        return;
    link_in **at = &c->in_table[i->id % BUCKETS];
    while (*at != i)
        at = &(*at)->next;
    *at = i->next;
    i->listed = false;
    if (i->stalled)
        c->stalled--;
    i->stalled = false;
}

static link_in *in_new(link_conn *c, size_t body)
{
    link_in *i = c->in_spare;
    uint8_t *large = body > SMALL_BODY ? malloc(body) : NULL;
    if (body > SMALL_BODY && !large)
        return NULL;
    if (i) {
        c->in_spare = i->next;
        c->in_spares--;
    } else if (!(i = malloc(sizeof *i))) {
        free(large);
        return NULL;
    }
    memset(i, 0, offsetof(link_in, small));
    i->large = large;
    return i;
}

void in_begin(link_conn *c, const wire_frame *f)
{
    link_in *i = in_new(c, f->body.len);
    if (!i) {
        conn_end(c, ERR_MEM, "out of memory", false);
        return;
    }
    i->request.kind = EV_REQUEST;
    i->more.kind = EV_CREDIT;
    i->lost.kind = EV_GONE;
    i->conn = c;
    i->id = f->id;
    i->method = f->method;
    i->credit = f->credit;
    i->due = now_of(c) + f->deadline_ms;
    i->body = (span){i->large ? i->large : i->small, f->body.len};
    if (f->body.len)
        memcpy((uint8_t *)i->body.at, f->body.at, f->body.len);
    i->holds = 2;
    i->listed = true;
    i->next = c->in_table[i->id % BUCKETS];
    c->in_table[i->id % BUCKETS] = i;
    if (i->due < c->next_due)
        c->next_due = i->due;
    c->ins++;
    c->in_bytes += f->body.len;
    atomic_fetch_add(&c->refs, 1);
    strand_put(c, &i->request);
}

// The last hold is let go of after the reply: the request's event serves again to say so.
void in_unhold(link_conn *c, link_in *i)
{
    if (--i->holds)
        return;
    if (i->watched && i->events.ended && !c->gone) {
        i->request.kind = EV_ENDED;
        strand_put(c, &i->request);
    } else {
        in_free(c, i);
    }
}

void in_free(link_conn *c, link_in *i)
{
    free(i->large);
    if (c->phase == PHASE_OPEN && c->in_spares < SPARE_CALLS) {
        i->next = c->in_spare;
        c->in_spare = i;
        c->in_spares++;
    } else {
        free(i);
    }
}

static void tell_lost(link_conn *c, link_in *i)
{
    if (!i->watched || i->told || i->replied)
        return;
    i->told = true;
    i->holds++;
    strand_put(c, &i->lost);
}

void in_lose(link_conn *c, link_in *i, err e)
{
    unlist(c, i);
    i->gone = e;
    tell_lost(c, i);
}

static void tell_more(link_conn *c, link_in *i)
{
    if (!i->watched || i->more.queued || i->gone || i->replied)
        return;
    i->holds++;
    strand_put(c, &i->more);
}

void in_credit(link_conn *c, link_in *i, uint32_t more)
{
    i->credit += more;
    i->news = i->news > UINT32_MAX - more ? UINT32_MAX : i->news + more;
    tell_more(c, i);
}

void in_room(link_conn *c)
{
    for (unsigned b = 0; b < BUCKETS && c->stalled; b++)
        for (link_in *i = c->in_table[b]; i; i = i->next)
            if (i->stalled) {
                i->stalled = false;
                c->stalled--;
                tell_more(c, i);
            }
}

void in_run_more(link_conn *c, link_in *i)
{
    pthread_mutex_lock(&c->lock);
    uint32_t news = i->news;
    bool tell = !i->replied && !i->gone && i->events.credit;
    i->news = 0;
    i->more.queued = false;
    pthread_mutex_unlock(&c->lock);
    if (tell)
        i->events.credit(i->events.ctx, i, news);
    pthread_mutex_lock(&c->lock);
    in_unhold(c, i);
    pthread_mutex_unlock(&c->lock);
}

void in_run_lost(link_conn *c, link_in *i)
{
    pthread_mutex_lock(&c->lock);
    bool tell = !i->replied && i->events.gone;
    pthread_mutex_unlock(&c->lock);
    if (tell)
        i->events.gone(i->events.ctx, i, i->gone);
    pthread_mutex_lock(&c->lock);
    in_unhold(c, i);
    pthread_mutex_unlock(&c->lock);
}

// ---- what the callee may do ---------------------------------------------------------

uint32_t link_in_method(const link_in *i) { return i->method; }
span link_in_body(const link_in *i) { return i->body; }
link_conn *link_in_conn(const link_in *i) { return i->conn; }
bool link_in_more(const link_in *i) { return i->request.next && i->request.next->kind == EV_REQUEST; }
void *link_in_user(const link_in *i) { return i->user; }
void link_in_set_user(link_in *i, void *user) { i->user = user; }

uint32_t link_in_left_ms(const link_in *i)
{
    link_conn *c = i->conn;
    pthread_mutex_lock(&c->lock);
    time_ms left = i->gone ? 0 : i->due - now_of(c);
    pthread_mutex_unlock(&c->lock);
    return left > 0 ? (uint32_t)left : 0;
}

void link_reply(link_in *i, err status, span body, const char *note)
{
    link_conn *c = i->conn;
    pthread_mutex_lock(&c->lock);
    i->replied = true;
    unlist(c, i);
    c->ins--;
    c->in_bytes -= i->body.len;
    if (!i->gone && c->phase == PHASE_OPEN) {
        span words = span_str(note);
        wire_frame f = {.kind = TSUNAGU__KIND__KIND_REPLY, .id = i->id, .status = (uint32_t)status,
                        .body = body, .note = span_cut(words, 0, WIRE_NOTE_MAX)};
        if (body.len > WIRE_BODY_MAX) { // ours to answer for: the caller gets an answer all the same
            f.status = ERR_LIMIT;
            f.body = (span){0};
        }
        // A note cut within a character is none.
        while (f.note.len && f.note.len < words.len && (words.at[f.note.len] & 0xc0) == 0x80)
            f.note.len--;
        if (frame_put(c, &f))
            conn_end(c, ERR_MEM, "out of memory", false);
        io_push(c);
        if (c->paused)
            io_recv(c);
    }
    // No event can be under way on a buried connection, nor carry the word: say it here.
    void (*ended)(void *) = c->gone && i->watched ? i->events.ended : NULL;
    void *ctx = i->events.ctx;
    in_unhold(c, i);
    conn_parted(c);
    strand_poke(c);
    if (ended)
        ended(ctx);
    conn_release(c);
}

err link_chunk(link_in *i, span data)
{
    link_conn *c = i->conn;
    pthread_mutex_lock(&c->lock);
    err e = OK;
    wire_frame f = {.kind = TSUNAGU__KIND__KIND_CHUNK, .id = i->id, .body = data};
    if (i->gone || c->phase != PHASE_OPEN) {
        e = i->gone == ERR_DEADLINE ? ERR_DEADLINE : ERR_CLOSED;
    } else if (data.len > WIRE_CHUNK_MAX + 64) {
        e = ERR_LIMIT;
    } else if (data.len > i->credit) {
        e = ERR_BUSY;
    } else if (io_waiting(c) > LINK_BYTES_PEER) {
        c->stalled += !i->stalled;
        i->stalled = true;
        e = ERR_BUSY;
    } else if (!(e = frame_put(c, &f))) {
        i->credit -= data.len;
        io_push(c);
    }
    strand_poke(c);
    return e;
}

size_t link_in_credit(const link_in *i)
{
    link_conn *c = i->conn;
    pthread_mutex_lock(&c->lock);
    size_t n = i->gone || c->phase != PHASE_OPEN || io_waiting(c) > LINK_BYTES_PEER ? 0 : (size_t)i->credit;
    pthread_mutex_unlock(&c->lock);
    return n;
}

void link_in_watch(link_in *i, const link_in_events *ev)
{
    link_conn *c = i->conn;
    pthread_mutex_lock(&c->lock);
    i->events = *ev;
    i->watched = true;
    if (i->gone)
        tell_lost(c, i);
    strand_poke(c);
}
