// SPDX-License-Identifier: Apache-2.0
// A connection's life: born from a stream, watched by the end's tick, ended
// for one reason, buried when nothing can call into it any more.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proto/link/conn.h"

static time_ms now_of(const link_conn *c)
{
    return c->end->port->ops->now(c->end->port);
}

// The end's list holds the first reference. Takes the stream over in any case.
err conn_new(link_end *e, port_stream *s, const char *address)
{
    link_conn *c = calloc(1, sizeof *c);
    if (!c)
        goto out;
    c->server = !e->dialer;
    if (!c->server && end_session(e, &c->tls))
        goto out;
    pthread_mutex_init(&c->lock, NULL);
    atomic_init(&c->refs, 2); // the list's, and ours until it has started
    c->end = e;
    c->stream = s;
    c->rx_cap = RECV_LEAST;
    c->tail = &c->head;
    c->admit.kind = EV_ADMIT;
    c->finish.kind = EV_END;
    c->peer.session = c->tls;
    c->next_due = INT64_MAX;
    c->born = c->heard = now_of(c);
    snprintf(c->peer.address, sizeof c->peer.address, "%s", address);
    pthread_mutex_lock(&e->lock);
    c->half = true;
    c->next = e->conns;
    if (c->next)
        c->next->prev = c;
    e->conns = c;
    e->count++;
    e->status.open++;
    e->status.accepted += c->server;
    bool closing = e->closing;
    pthread_mutex_unlock(&e->lock);
    io_start(c);
    if (closing)
        link_conn_cut(c, "closing");
    conn_release(c);
    return OK;
out:
    free(c);
    s->ops->stream_close(s);
    s->ops->stream_free(s);
    return ERR_MEM;
}

void conn_end(link_conn *c, err e, const char *why, bool politely)
{
    if (c->phase == PHASE_CLOSED)
        return;
    bool talking = c->phase == PHASE_OPEN || (c->phase == PHASE_ADMIT && c->server);
    c->phase = PHASE_CLOSED;
    c->end_err = e;
    c->ended = now_of(c);
    snprintf(c->end_why, sizeof c->end_why, "%s", why);
    calls_end(c);
    strand_put(c, &c->finish);
    if (!politely || !c->tls) {
        c->stream->ops->stream_close(c->stream);
        return;
    }
    if (talking && !c->tls_dead && !c->leaving) {
        wire_frame f = {.kind = TSUNAGU__KIND__KIND_GOODBYE, .status = e == ERR_CLOSED ? OK : e,
                        .note = span_str(err_text(e))};
        (void)frame_put(c, &f);
    }
    c->lingering = true;
    io_flush(c);
}

void conn_bury(link_conn *c)
{
    link_end *end = c->end;
    c->peer.session = NULL;
    c->stream->ops->stream_free(c->stream);
    tls_free(c->tls);
    free(c->rx);
    buf_done(&c->in);
    buf_done(&c->out);
    buf_done(&c->cipher);
    c->tls = NULL;
    c->rx = NULL;
    end_forget(end, c);
    conn_release(c);
}

void conn_release(link_conn *c)
{
    if (atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    calls_trim(c);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void conn_part(link_conn *c)
{
    pthread_mutex_lock(&c->lock);
    if (c->phase == PHASE_OPEN && !c->parting) {
        wire_frame f = {.kind = TSUNAGU__KIND__KIND_GOODBYE, .note = SPAN_LIT("closing")};
        c->parting = true;
        (void)frame_put(c, &f);
        conn_parted(c);
        io_push(c);
    } else if (c->phase != PHASE_OPEN) {
        conn_end(c, ERR_CLOSED, "closing", false);
    }
    strand_poke(c);
}

void conn_parted(link_conn *c)
{
    if ((c->parting || c->leaving) && c->phase == PHASE_OPEN && !c->ins && !c->outs)
        conn_end(c, ERR_CLOSED, c->leaving ? "the peer said goodbye" : "closing", true);
}

// What takes too long, in order of how much it costs us.
static const char *overdue(const link_conn *c, time_ms now)
{
    const link_options *o = &c->end->o;
    if (c->sending && now - c->send_since > o->write_ms)
        return "it does not read what is sent to it";
    if (c->phase != PHASE_OPEN)
        return now - c->born > o->handshake_ms ? "the handshake took too long" : NULL;
    if (c->part_since && now - c->part_since > o->frame_ms)
        return "a frame took too long";
    if (!c->paused && now - c->heard > o->idle_ms)
        return "nothing heard";
    return NULL;
}

static void ping(link_conn *c, time_ms now)
{
    time_ms third = c->end->o.idle_ms / 3;
    if (now - c->heard <= third || now - c->pinged <= third)
        return;
    c->pinged = now;
    wire_frame f = {.kind = TSUNAGU__KIND__KIND_REQUEST, .id = ++c->last_out, .method = METHOD_PING,
                    .deadline_ms = c->end->o.idle_ms};
    (void)frame_put(c, &f);
}

// An idle connection keeps next to nothing.
static void trim(link_conn *c, time_ms now)
{
    if (now - c->heard < TRIM_MS)
        return;
    if (!c->in.len && c->in.cap)
        buf_done(&c->in);
    if (!c->out.len && c->out.cap)
        buf_done(&c->out);
    if (!c->sending && c->cipher.cap)
        buf_done(&c->cipher);
    calls_trim(c);
}

void conn_tick(link_conn *c, time_ms now)
{
    pthread_mutex_lock(&c->lock);
    const char *late = c->phase == PHASE_CLOSED ? NULL : overdue(c, now);
    if (c->phase == PHASE_CLOSED) {
        if (c->lingering && now - c->ended > LINGER_MS) {
            c->lingering = false;
            c->stream->ops->stream_close(c->stream);
        }
    } else if (late) {
        conn_end(c, ERR_DEADLINE, late, false);
    } else if (c->phase == PHASE_OPEN) {
        ping(c, now);
        calls_tick(c, now);
        trim(c, now);
    }
    strand_leave(c);
}

// ---- what users may ask -----------------------------------------------------------

link_conn *link_conn_keep(link_conn *c)
{
    atomic_fetch_add(&c->refs, 1);
    return c;
}

void link_conn_drop(link_conn *c)
{
    if (c)
        conn_release(c);
}

void *link_conn_user(const link_conn *c)
{
    return c->user;
}

const link_peer *link_conn_peer(const link_conn *c)
{
    return &c->peer;
}

void link_conn_cut(link_conn *c, const char *why)
{
    pthread_mutex_lock(&c->lock);
    conn_end(c, ERR_CLOSED, why ? why : "cut off", false);
    strand_poke(c);
}

size_t link_conn_waiting(const link_conn *c)
{
    link_conn *m = (link_conn *)c;
    pthread_mutex_lock(&m->lock);
    size_t n = m->gone ? 0 : io_waiting(m);
    pthread_mutex_unlock(&m->lock);
    return n;
}
