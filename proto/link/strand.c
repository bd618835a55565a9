// SPDX-License-Identifier: Apache-2.0
// The strand: user callbacks of one connection, one at a time, without its
// lock. Whoever finds the queue unattended works it off; frames that the
// callbacks write leave together at the end of each round.
#include <stdlib.h>
#include <string.h>
#include "proto/link/conn.h"

#define OF(ev, type, member) ((type *)((char *)(ev) - offsetof(type, member)))

void strand_put(link_conn *c, event *ev)
{
    ev->next = NULL;
    ev->queued = true;
    *c->tail = ev;
    c->tail = &ev->next;
}

// The connection's first words: admitted or not, and then opened at once, so
// that everyone admitted is also told of the end.
static void run_admit(link_conn *c)
{
    link_end *end = c->end;
    void *user = NULL;
    char why[128] = "";
    err e = end->o.events.admit ? end->o.events.admit(end->o.events.ctx, &c->peer, &user, why) : OK;
    why[sizeof why - 1] = '\0';
    pthread_mutex_lock(&c->lock);
    if (e) {
        conn_end(c, e, why[0] ? why : err_text(e), true);
        pthread_mutex_unlock(&c->lock);
        return;
    }
    c->user = user;
    c->admitted = true;
    bool open = c->phase == PHASE_ADMIT;
    if (open) {
        c->phase = PHASE_OPEN;
        c->heard = end->port->ops->now(end->port);
    }
    if (open && c->server) { // the listener speaks first: so the dialer knows that it was admitted
        wire_frame f = {.kind = TSUNAGU__KIND__KIND_REQUEST, .id = ++c->last_out, .method = METHOD_PING,
                        .deadline_ms = LINK_DEADLINE_MAX_MS};
        (void)frame_put(c, &f);
    }
    if (open)
        io_read(c); // only queues: requests come behind `opened`
    pthread_mutex_unlock(&c->lock);
    end_opened(end, c);
    if (end->o.events.opened)
        end->o.events.opened(end->o.events.ctx, c);
}

static void run_end(link_conn *c)
{
    link_end *end = c->end;
    if (!c->admitted) {
        end_refused(end, c->peer.address, c->peer.name, c->end_err, c->end_why);
        return;
    }
    end_failed(end, c->end_why);
    if (end->o.events.closed)
        end->o.events.closed(end->o.events.ctx, c, c->end_err, c->end_why);
}

static void run_done(link_out *o)
{
    if (o->events.done)
        o->events.done(o->events.ctx, o, o->e, o->status, o->body, o->note ? o->note : "");
}

// True: to be let go of under the lock, after the round.
static bool run(link_conn *c, event *ev)
{
    link_end *end = c->end;
    switch (ev->kind) {
    case EV_REQUEST:
        if (end->o.events.request)
            end->o.events.request(end->o.events.ctx, c, OF(ev, link_in, request));
        else
            link_reply(OF(ev, link_in, request), ERR_UNSUPPORTED, (span){0}, NULL);
        return true;
    case EV_ENDED: {
        link_in *i = OF(ev, link_in, request);
        i->events.ended(i->events.ctx);
        return true;
    }
    case EV_DONE: run_done(OF(ev, link_out, done)); return true;
    case EV_CHUNK: {
        chunk_event *k = OF(ev, chunk_event, base);
        k->call->events.chunk(k->call->events.ctx, k->call, (span){k->bytes, k->len});
        free(k);
        return false;
    }
    case EV_CREDIT: in_run_more(c, OF(ev, link_in, more)); return false;
    case EV_GONE: in_run_lost(c, OF(ev, link_in, lost)); return false;
    case EV_ADMIT: run_admit(c); return false;
    case EV_END: run_end(c); return false;
    }
    return false;
}

// Everything that was queued when the round began.
static void round_run(link_conn *c)
{
    event *batch = c->head, *spent = NULL;
    c->head = NULL;
    c->tail = &c->head;
    pthread_mutex_unlock(&c->lock);
    while (batch) {
        event *ev = batch;
        batch = ev->next;
        if (run(c, ev)) {
            ev->next = spent;
            spent = ev;
        }
    }
    pthread_mutex_lock(&c->lock);
    while (spent) {
        event *ev = spent;
        spent = ev->next;
        if (ev->kind == EV_REQUEST)
            in_unhold(c, OF(ev, link_in, request));
        else if (ev->kind == EV_ENDED)
            in_free(c, OF(ev, link_in, request));
        else
            out_free(c, OF(ev, link_out, done));
    }
}

void strand_leave(link_conn *c)
{
    if (!c->running) {
        c->running = true;
        c->owner = pthread_self();
        while (c->head) {
            round_run(c);
            io_flush(c);
            conn_parted(c);
        }
        c->running = false;
    }
    io_flush(c);
    // Over when nothing can call into it any more.
    bool over = c->phase == PHASE_CLOSED && !c->receiving && !c->sending && !c->running && !c->head &&
                !c->lingering && !c->gone;
    if (over)
        c->gone = true;
    pthread_mutex_unlock(&c->lock);
    if (over)
        conn_bury(c);
}

void strand_poke(link_conn *c)
{
    if (c->head && !c->running && !c->sending && !c->gone) // what is being sent will come by soon
        end_kick(c->end);
    pthread_mutex_unlock(&c->lock);
}
