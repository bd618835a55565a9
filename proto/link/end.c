// SPDX-License-Identifier: Apache-2.0
// A listener or a dialer: its connections, their caps, the tick that watches
// all deadlines, the back-off, and the order of closing: stop all, then free all.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proto/link/conn.h"

static time_ms now_of(const link_end *e)
{
    return e->port->ops->now(e->port);
}

// ---- told by connections ------------------------------------------------------------

void end_failed(link_end *e, const char *why)
{
    pthread_mutex_lock(&e->lock);
    snprintf(e->status.last_error, sizeof e->status.last_error, "%s", why);
    pthread_mutex_unlock(&e->lock);
}

void end_refused(link_end *e, const char *address, const char *name, err why_e, const char *why)
{
    pthread_mutex_lock(&e->lock);
    e->status.refused++;
    pthread_mutex_unlock(&e->lock);
    end_failed(e, why);
    if (e->o.events.refused)
        e->o.events.refused(e->o.events.ctx, address, name, why_e, why);
}

void end_opened(link_end *e, link_conn *c)
{
    pthread_mutex_lock(&e->lock);
    c->half = false;
    if (e->dialer) {
        e->status.connected = true;
        e->backoff = e->o.retry_min_ms;
    }
    pthread_mutex_unlock(&e->lock);
}

// Half of the back-off is certain, half is dice: nodes of a restarted hub must not come in step.
static void retry_later(link_end *e) // locked
{
    uint32_t half = e->backoff / 2;
    e->dial_at = now_of(e) + half + (time_ms)(e->port->ops->dice(e->port) % (half + 1));
    e->backoff = e->backoff > e->o.retry_max_ms / 2 ? e->o.retry_max_ms : e->backoff * 2;
}

void end_forget(link_end *e, link_conn *c)
{
    pthread_mutex_lock(&e->lock);
    if (c->prev)
        c->prev->next = c->next;
    else
        e->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    e->count--;
    e->status.open--;
    if (e->dialer) {
        e->status.connected = false;
        retry_later(e);
    }
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock); // the end may be gone from here on
}

void end_kick(link_end *e)
{
    atomic_store(&e->wake, true);
    e->port->ops->timer_wake(e->tick);
}

// ---- accepting and dialing ------------------------------------------------------------

static size_t host_len(const char *address)
{
    const char *colon = strrchr(address, ':');
    return colon ? (size_t)(colon - address) : strlen(address);
}

static const char *over_cap(link_end *e, const char *address) // locked
{
    if (e->closing)
        return "closing";
    if (e->count >= e->o.conns)
        return "too many connections";
    size_t n = host_len(address), same = 0;
    for (link_conn *c = e->conns; c; c = c->next)
        same += c->half && host_len(c->peer.address) == n && !memcmp(c->peer.address, address, n);
    return same >= e->o.conns_address ? "too many half-open connections from this address" : NULL;
}

static void on_accepted(void *ctx, port_stream *s, const char *address)
{
    link_end *e = ctx;
    pthread_mutex_lock(&e->lock);
    const char *why = over_cap(e, address);
    pthread_mutex_unlock(&e->lock);
    if (why) {
        s->ops->stream_close(s);
        s->ops->stream_free(s);
        end_refused(e, address, "", ERR_LIMIT, why);
    } else if (conn_new(e, s, address)) {
        end_refused(e, address, "", ERR_MEM, "out of memory");
    }
}

static void on_dialed(void *ctx, err err_dial, port_stream *s, const char *address)
{
    link_end *e = ctx;
    err why = err_dial ? err_dial : conn_new(e, s, address);
    pthread_mutex_lock(&e->lock);
    e->dialing = false;
    if (why)
        retry_later(e);
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
    if (why)
        end_refused(e, e->address, "", why, err_text(why));
}

// Under the lock: link_close must find an attempt either begun or never to begin.
static void dial_if_due(link_end *e)
{
    pthread_mutex_lock(&e->lock);
    if (e->dialer && !e->closing && !e->dialing && !e->count && now_of(e) >= e->dial_at) {
        e->dialing = true;
        e->status.attempts++;
        e->dialer->ops->dialer_dial(e->dialer, e->o.handshake_ms);
    }
    pthread_mutex_unlock(&e->lock);
}

// ---- the tick ---------------------------------------------------------------------------

// All connections of now, each kept; NULL: none, or no memory.
static link_conn **snapshot(link_end *e, size_t *ret_count)
{
    pthread_mutex_lock(&e->lock);
    link_conn **all = e->count ? malloc(e->count * sizeof *all) : NULL;
    size_t n = 0;
    for (link_conn *c = all ? e->conns : NULL; c; c = c->next)
        all[n++] = link_conn_keep(c);
    pthread_mutex_unlock(&e->lock);
    *ret_count = n;
    return all;
}

static void on_tick(void *ctx)
{
    link_end *e = ctx;
    size_t count;
    atomic_store(&e->wake, false);
    link_conn **all = snapshot(e, &count);
    for (size_t i = 0; i < count; i++) {
        conn_tick(all[i], now_of(e));
        link_conn_drop(all[i]);
    }
    free(all);
    dial_if_due(e);
    e->port->ops->timer_set(e->tick, TICK_MS);
    if (atomic_load(&e->wake)) // it came between the walk and the sleep
        e->port->ops->timer_wake(e->tick);
}

// ---- opening and closing ------------------------------------------------------------------

#define DEFAULT(field, value) do { if (!e->o.field) e->o.field = (value); } while (0)

static void defaults(link_end *e)
{
    DEFAULT(handshake_ms, LINK_HANDSHAKE_MS);
    DEFAULT(frame_ms, LINK_FRAME_MS);
    DEFAULT(idle_ms, LINK_IDLE_MS);
    DEFAULT(write_ms, LINK_WRITE_MS);
    DEFAULT(conns, LINK_CONNS);
    DEFAULT(conns_address, LINK_CONNS_ADDRESS);
    DEFAULT(calls_peer, LINK_CALLS_PEER);
    DEFAULT(retry_min_ms, 500);
    DEFAULT(retry_max_ms, 30000);
    e->backoff = e->o.retry_min_ms;
}

static void end_free(link_end *e)
{
    if (!e)
        return;
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
    pthread_mutex_destroy(&e->tls_lock);
    free(e->address);
    free(e->host);
    free(e);
}

static err end_new(const link_options *o, link_end **ret)
{
    if (!o->address || !o->tls)
        return ERR_USAGE;
    link_end *e = calloc(1, sizeof *e);
    if (!e)
        return ERR_MEM;
    e->port = o->port ? o->port : port_real();
    e->o = *o;
    pthread_mutex_init(&e->lock, NULL);
    pthread_mutex_init(&e->tls_lock, NULL);
    pthread_cond_init(&e->changed, NULL);
    defaults(e);
    e->address = strdup(o->address);
    e->host = o->host ? strdup(o->host) : NULL;
    if (!e->address || (o->host && !e->host)) {
        end_free(e);
        return ERR_MEM;
    }
    err bad = e->port->ops->timer_open(e->port, on_tick, e, &e->tick);
    if (bad) {
        end_free(e);
        return bad;
    }
    *ret = e;
    return OK;
}

err link_listen(const link_options *o, link_end **ret)
{
    link_end *e;
    err bad = end_new(o, &e);
    if (bad)
        return bad;
    // The first connection may come before listen has returned: everything it needs stands.
    bad = e->port->ops->listen(e->port, e->address, on_accepted, e, &e->listener);
    if (bad) {
        e->port->ops->timer_close(e->tick);
        end_free(e);
        return bad;
    }
    e->port->ops->timer_set(e->tick, TICK_MS);
    *ret = e;
    return OK;
}

err link_dial(const link_options *o, link_end **ret)
{
    link_end *e;
    if (!o->host)
        return ERR_USAGE;
    err bad = end_new(o, &e);
    if (bad)
        return bad;
    bad = e->port->ops->dialer_open(e->port, e->address, on_dialed, e, &e->dialer);
    if (bad) {
        e->port->ops->timer_close(e->tick);
        end_free(e);
        return bad;
    }
    e->port->ops->timer_set(e->tick, 0); // the first tick dials
    *ret = e;
    return OK;
}

uint16_t link_port_of(const link_end *e)
{
    return e->listener ? e->listener->ops->listener_port(e->listener) : 0;
}

static void wait_empty(link_end *e, time_ms until)
{
    pthread_mutex_lock(&e->lock);
    while (e->count && now_of(e) < until)
        e->port->ops->wait(e->port, &e->lock, &e->changed);
    pthread_mutex_unlock(&e->lock);
}

static void for_each(link_end *e, void (*f)(link_conn *c))
{
    size_t count;
    link_conn **all = snapshot(e, &count);
    for (size_t i = 0; i < count; i++) {
        f(all[i]);
        link_conn_drop(all[i]);
    }
    free(all);
}

static void cut(link_conn *c)
{
    link_conn_cut(c, "closing");
}

void link_close(link_end *e, uint32_t drain_ms)
{
    if (!e)
        return;
    pthread_mutex_lock(&e->lock);
    e->closing = true;
    pthread_mutex_unlock(&e->lock);
    // Stop: nobody new comes in, nobody new goes out.
    if (e->listener)
        e->listener->ops->listener_close(e->listener);
    if (e->dialer)
        e->dialer->ops->dialer_close(e->dialer);
    if (drain_ms) {
        for_each(e, conn_part);
        wait_empty(e, now_of(e) + drain_ms);
    }
    for_each(e, cut);
    wait_empty(e, INT64_MAX);
    // Free: the tick last, because it carries what the others wait for.
    e->port->ops->timer_close(e->tick);
    end_free(e);
}

err end_session(link_end *e, tls **ret)
{
    pthread_mutex_lock(&e->tls_lock);
    err failed = tls_new(e->o.tls, e->dialer ? e->host : NULL, ret);
    pthread_mutex_unlock(&e->tls_lock);
    return failed;
}

tls_ctx *link_set_tls(link_end *e, tls_ctx *fresh)
{
    pthread_mutex_lock(&e->tls_lock);
    tls_ctx *old = e->o.tls;
    e->o.tls = fresh;
    pthread_mutex_unlock(&e->tls_lock);
    return old;
}

void link_status_of(link_end *e, link_status *ret)
{
    pthread_mutex_lock(&e->lock);
    *ret = e->status;
    time_ms left = e->dialer && !e->dialing && !e->count ? e->dial_at - now_of(e) : 0;
    ret->next_retry_ms = left > 0 ? (uint32_t)left : 0;
    pthread_mutex_unlock(&e->lock);
}
