// SPDX-License-Identifier: Apache-2.0
// Calls made. A call leaves the table the moment its end is decided (a reply,
// its deadline, a cancel, the connection's end) and is told of it by `done`,
// behind whatever chunks are in the queue before it. Here also what concerns
// calls of both directions: their deadlines and the connection's end.
#include <stdlib.h>
#include <string.h>
#include "proto/link/conn.h"

static time_ms now_of(const link_conn *c)
{
    return c->end->port->ops->now(c->end->port);
}

link_out *out_find(link_conn *c, uint64_t id)
{
    link_out *o = c->out_table[id % BUCKETS];
    while (o && o->id != id)
        o = o->next;
    return o;
}

void out_finish(link_conn *c, link_out *o, err e, uint32_t status, span body, span note)
{
    link_out **at = &c->out_table[o->id % BUCKETS];
    while (*at != o)
        at = &(*at)->next;
    *at = o->next;
    c->outs--;
    o->e = e;
    o->status = status;
    uint8_t *room = o->small;
    if (body.len + note.len + 1 > SMALL_BODY && !(room = o->large = malloc(body.len + note.len + 1))) {
        o->e = ERR_MEM;
        strand_put(c, &o->done);
        return;
    }
    if (body.len)
        memcpy(room, body.at, body.len);
    if (note.len)
        memcpy(room + body.len, note.at, note.len);
    room[body.len + note.len] = '\0';
    o->body = (span){room, body.len};
    o->note = (const char *)room + body.len;
    strand_put(c, &o->done);
}

void out_chunk(link_conn *c, link_out *o, span data)
{
    chunk_event *k = malloc(sizeof *k + data.len);
    if (!k) {
        conn_end(c, ERR_MEM, "out of memory", false);
        return;
    }
    k->base.kind = EV_CHUNK;
    k->call = o;
    k->len = data.len;
    if (data.len)
        memcpy(k->bytes, data.at, data.len);
    o->window -= data.len;
    strand_put(c, &k->base);
}

void out_free(link_conn *c, link_out *o)
{
    free(o->large);
    if (c->phase == PHASE_OPEN && c->out_spares < SPARE_CALLS) {
        o->next = c->out_spare;
        c->out_spare = o;
        c->out_spares++;
    } else {
        free(o);
    }
}

static link_out *out_new(link_conn *c)
{
    link_out *o = c->out_spare;
    if (o) {
        c->out_spare = o->next;
        c->out_spares--;
    } else {
        o = malloc(sizeof *o);
    }
    if (o)
        memset(o, 0, offsetof(link_out, small));
    return o;
}

static err call(link_conn *c, const wire_frame *f, const link_out_events *ev, uint64_t *ret_id)
{
    if (c->phase != PHASE_OPEN || c->parting || c->leaving)
        return ERR_CLOSED;
    if (c->outs >= LINK_CALLS_PEER || io_waiting(c) > LINK_BYTES_PEER)
        return ERR_BUSY;
    link_out *o = out_new(c);
    if (!o)
        return ERR_MEM;
    wire_frame full = *f;
    full.id = c->last_out + 1;
    err e = frame_put(c, &full);
    if (e) {
        out_free(c, o);
        return e;
    }
    o->done.kind = EV_DONE;
    o->conn = c;
    o->id = ++c->last_out;
    o->window = f->credit;
    o->due = now_of(c) + f->deadline_ms;
    o->events = *ev;
    o->next = c->out_table[o->id % BUCKETS];
    c->out_table[o->id % BUCKETS] = o;
    c->outs++;
    if (o->due < c->next_due)
        c->next_due = o->due;
    if (ret_id)
        *ret_id = o->id;
    return OK;
}

err link_call(link_conn *c, uint32_t method, span body, uint32_t deadline_ms, uint32_t window,
              const link_out_events *ev, uint64_t *ret_id)
{
    if (!method || !deadline_ms || !ev)
        return ERR_USAGE;
    if (body.len > WIRE_BODY_MAX)
        return ERR_LIMIT;
    wire_frame f = {.kind = TSUNAGU__KIND__KIND_REQUEST, .method = method, .credit = window, .body = body,
                    .deadline_ms = deadline_ms < LINK_DEADLINE_MAX_MS ? deadline_ms : LINK_DEADLINE_MAX_MS};
    pthread_mutex_lock(&c->lock);
    err e = call(c, &f, ev, ret_id);
    if (!e)
        io_push(c);
    strand_poke(c);
    return e;
}

void link_credit(link_conn *c, uint64_t id, uint32_t bytes)
{
    pthread_mutex_lock(&c->lock);
    link_out *o = out_find(c, id);
    wire_frame f = {.kind = TSUNAGU__KIND__KIND_CREDIT, .id = id, .credit = bytes};
    if (o && bytes && c->phase == PHASE_OPEN && !frame_put(c, &f)) {
        o->window += bytes;
        io_push(c);
    }
    strand_poke(c);
}

static void abandon(link_conn *c, link_out *o, err e)
{
    wire_frame f = {.kind = TSUNAGU__KIND__KIND_CANCEL, .id = o->id};
    (void)frame_put(c, &f);
    out_finish(c, o, e, e, (span){0}, (span){0});
}

void link_cancel(link_conn *c, uint64_t id)
{
    pthread_mutex_lock(&c->lock);
    link_out *o = out_find(c, id);
    if (o && c->phase == PHASE_OPEN) {
        abandon(c, o, ERR_CLOSED);
        io_push(c);
    }
    strand_poke(c);
}

uint64_t link_out_id(const link_out *o) { return o->id; }

// ---- calls of both directions -------------------------------------------------------

void calls_tick(link_conn *c, time_ms now)
{
    if (now < c->next_due)
        return;
    c->next_due = INT64_MAX;
    for (unsigned b = 0; b < BUCKETS; b++) {
        for (link_in *i = c->in_table[b], *next; i; i = next) {
            next = i->next;
            if (i->due <= now)
                in_lose(c, i, ERR_DEADLINE);
            else if (i->due < c->next_due)
                c->next_due = i->due;
        }
        for (link_out *o = c->out_table[b], *next; o; o = next) {
            next = o->next;
            if (o->due <= now)
                abandon(c, o, ERR_DEADLINE);
            else if (o->due < c->next_due)
                c->next_due = o->due;
        }
    }
}

void calls_end(link_conn *c)
{
    for (unsigned b = 0; b < BUCKETS; b++) {
        while (c->out_table[b])
            out_finish(c, c->out_table[b], ERR_CLOSED, ERR_CLOSED, (span){0}, (span){0});
        while (c->in_table[b])
            in_lose(c, c->in_table[b], ERR_CLOSED);
    }
}

void calls_trim(link_conn *c)
{
    while (c->in_spare) {
        link_in *i = c->in_spare;
        c->in_spare = i->next;
        free(i);
    }
    while (c->out_spare) {
        link_out *o = c->out_spare;
        c->out_spare = o->next;
        free(o);
    }
    c->in_spares = c->out_spares = 0;
}
