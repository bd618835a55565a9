// SPDX-License-Identifier: Apache-2.0
// The real network: nng's TCP byte streams. An aio is freed by nng's reaper,
// because the last word about a stream is often said inside that aio's own callback.
#include <arpa/inet.h>
#include <errno.h>
#include <nng/nng.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include "proto/link/port.h"

enum { ACCEPT_REST_MS = 100 }; // after a failed accept (descriptors used up): no spinning

typedef struct real_listener {
    port_listener base;
    nng_stream_listener *listener;
    nng_aio *aio;
    port_accepted accepted;
    void *ctx;
    bool resting;       // the aio sleeps instead of accepting
    atomic_bool closed;
} real_listener;

typedef struct real_dialer {
    port_dialer base;
    nng_stream_dialer *dialer; // of the attempt that runs; a new one each time
    nng_aio *aio;
    port_dialed dialed;
    void *ctx;
    char *url;
} real_dialer;

typedef struct real_stream {
    port_stream base;
    nng_stream *stream;
    nng_aio *rx, *tx;
    port_moved received, sent;
    void *ctx;
} real_stream;

typedef struct real_timer {
    port_timer base;
    nng_aio *aio;
    port_rang rang;
    void *ctx;
    atomic_bool closed;
} real_timer;

static const port_ops real_ops;

static err err_of(int rv)
{
    switch (rv) {
    case 0: return OK;
    case NNG_ENOMEM: return ERR_MEM;
    case NNG_ETIMEDOUT: return ERR_DEADLINE;
    case NNG_ECLOSED:
    case NNG_ECANCELED:
    case NNG_ECONNRESET:
    case NNG_ECONNSHUT:
    case NNG_ECONNABORTED: return ERR_CLOSED;
    case NNG_ECONNREFUSED:
    case NNG_EUNREACHABLE:
    case NNG_EADDRINVAL:
    case NNG_ENOENT: return ERR_UNREACHABLE;
    case NNG_EADDRINUSE: return ERR_EXISTS;
    case NNG_EPERM: return ERR_DENIED;
    default: return ERR_IO;
    }
}

static void address_of(nng_stream *s, const char *option, char *out, size_t cap)
{
    nng_sockaddr sa;
    char host[INET6_ADDRSTRLEN] = "?";
    snprintf(out, cap, "?");
    if (nng_stream_get_addr(s, option, &sa))
        return;
    if (sa.s_family == NNG_AF_INET) {
        inet_ntop(AF_INET, &sa.s_in.sa_addr, host, sizeof host);
        snprintf(out, cap, "%s:%u", host, ntohs(sa.s_in.sa_port));
    } else if (sa.s_family == NNG_AF_INET6) {
        inet_ntop(AF_INET6, sa.s_in6.sa_addr, host, sizeof host);
        snprintf(out, cap, "[%s]:%u", host, ntohs(sa.s_in6.sa_port));
    }
}

static char *url_of(const char *address)
{
    char *url = NULL;
    return asprintf(&url, "tcp://%s", address) < 0 ? NULL : url;
}

// ---- streams --------------------------------------------------------------------

static void rx_ended(void *arg)
{
    real_stream *s = arg;
    int rv = nng_aio_result(s->rx);
    size_t n = nng_aio_count(s->rx);
    s->received(s->ctx, rv == 0 && n == 0 ? ERR_CLOSED : err_of(rv), n);
}

static void tx_ended(void *arg)
{
    real_stream *s = arg;
    int rv = nng_aio_result(s->tx);
    size_t n = nng_aio_count(s->tx);
    s->sent(s->ctx, rv == 0 && n == 0 ? ERR_CLOSED : err_of(rv), n);
}

// Takes the stream over in any case.
static err stream_wrap(nng_stream *stream, port_stream **ret)
{
    real_stream *s = calloc(1, sizeof *s);
    if (!s || nng_aio_alloc(&s->rx, rx_ended, s))
        goto out;
    if (nng_aio_alloc(&s->tx, tx_ended, s))
        goto out;
    s->base.ops = &real_ops;
    s->stream = stream;
    *ret = &s->base;
    return OK;
out:
    if (s && s->rx)
        nng_aio_free(s->rx);
    free(s);
    nng_stream_free(stream);
    return ERR_MEM;
}

static void stream_start(port_stream *base, port_moved received, port_moved sent, void *ctx)
{
    real_stream *s = (real_stream *)base;
    s->received = received;
    s->sent = sent;
    s->ctx = ctx;
}

static void stream_recv(port_stream *base, void *at, size_t cap)
{
    real_stream *s = (real_stream *)base;
    nng_iov iov = {at, cap};
    nng_aio_set_iov(s->rx, 1, &iov);
    nng_stream_recv(s->stream, s->rx);
}

static void stream_send(port_stream *base, const void *at, size_t len)
{
    real_stream *s = (real_stream *)base;
    nng_iov iov = {(void *)at, len};
    nng_aio_set_iov(s->tx, 1, &iov);
    nng_stream_send(s->stream, s->tx);
}

static void stream_close(port_stream *base)
{
    nng_stream_close(((real_stream *)base)->stream);
}

static void stream_free(port_stream *base)
{
    real_stream *s = (real_stream *)base;
    nng_stream_free(s->stream);
    nng_aio_reap(s->rx); // waits for a callback that is still returning, on nng's own thread
    nng_aio_reap(s->tx);
    free(s);
}

// ---- listening ------------------------------------------------------------------

static void accept_ended(void *arg)
{
    real_listener *l = arg;
    int rv = nng_aio_result(l->aio);
    bool rested = l->resting;
    l->resting = false;
    if (atomic_load(&l->closed))
        return;
    if (!rested && rv == 0) {
        nng_stream *stream = nng_aio_get_output(l->aio, 0);
        port_stream *s;
        char address[64];
        address_of(stream, NNG_OPT_REMADDR, address, sizeof address);
        if (stream_wrap(stream, &s) == OK)
            l->accepted(l->ctx, s, address);
    } else if (!rested) {
        if (rv == NNG_ECLOSED || rv == NNG_ECANCELED)
            return;
        l->resting = true;
        nng_sleep_aio(ACCEPT_REST_MS, l->aio);
        return;
    }
    nng_stream_listener_accept(l->listener, l->aio);
}

static void listener_close(port_listener *base)
{
    real_listener *l = (real_listener *)base;
    atomic_store(&l->closed, true);
    if (l->listener)
        nng_stream_listener_close(l->listener);
    if (l->aio) {
        nng_aio_stop(l->aio);
        nng_aio_free(l->aio);
    }
    if (l->listener)
        nng_stream_listener_free(l->listener);
    free(l);
}

static err real_listen(port *p, const char *address, port_accepted f, void *ctx, port_listener **ret)
{
    (void)p;
    err e = ERR_MEM;
    char *url = url_of(address);
    real_listener *l = calloc(1, sizeof *l);
    if (!url || !l)
        goto out;
    l->base.ops = &real_ops;
    l->accepted = f;
    l->ctx = ctx;
    int rv = nng_stream_listener_alloc(&l->listener, url);
    if (!rv)
        rv = nng_aio_alloc(&l->aio, accept_ended, l);
    if (!rv)
        rv = nng_stream_listener_listen(l->listener);
    if ((e = err_of(rv)))
        goto out;
    nng_stream_listener_accept(l->listener, l->aio);
    *ret = &l->base;
    l = NULL;
out:
    if (l)
        listener_close(&l->base);
    free(url);
    return e;
}

static uint16_t listener_port(port_listener *base)
{
    int bound = 0;
    nng_stream_listener *l = ((real_listener *)base)->listener;
    return nng_stream_listener_get_int(l, NNG_OPT_TCP_BOUND_PORT, &bound) ? 0 : (uint16_t)bound;
}

// ---- dialing --------------------------------------------------------------------

static void dial_ended(void *arg)
{
    real_dialer *d = arg;
    int rv = nng_aio_result(d->aio);
    port_stream *s = NULL;
    char address[64] = "?";
    err e = err_of(rv);
    if (!e) {
        nng_stream *stream = nng_aio_get_output(d->aio, 0);
        address_of(stream, NNG_OPT_REMADDR, address, sizeof address);
        e = stream_wrap(stream, &s);
    }
    d->dialed(d->ctx, e, s, address);
}

static err dialer_open(port *p, const char *address, port_dialed f, void *ctx, port_dialer **ret)
{
    (void)p;
    real_dialer *d = calloc(1, sizeof *d);
    char *url = url_of(address);
    if (!d || !url || nng_aio_alloc(&d->aio, dial_ended, d))
        goto out;
    d->base.ops = &real_ops;
    d->dialed = f;
    d->ctx = ctx;
    d->url = url;
    // Only to see that the address is one; each attempt makes its own.
    int rv = nng_stream_dialer_alloc(&d->dialer, url);
    if (rv) {
        nng_aio_free(d->aio);
        free(url);
        free(d);
        return rv == NNG_ENOMEM ? ERR_MEM : ERR_USAGE;
    }
    *ret = &d->base;
    return OK;
out:
    free(url);
    free(d);
    return ERR_MEM;
}

static void dialer_dial(port_dialer *base, uint32_t timeout_ms)
{
    real_dialer *d = (real_dialer *)base;
    nng_stream_dialer *fresh;
    // A new one each time resolves the name anew and cannot carry over a bad state.
    if (!nng_stream_dialer_alloc(&fresh, d->url)) {
        nng_stream_dialer_free(d->dialer);
        d->dialer = fresh;
    }
    nng_aio_set_timeout(d->aio, (nng_duration)timeout_ms);
    nng_stream_dialer_dial(d->dialer, d->aio);
}

static void dialer_close(port_dialer *base)
{
    real_dialer *d = (real_dialer *)base;
    nng_stream_dialer_close(d->dialer);
    nng_aio_stop(d->aio);
    nng_aio_free(d->aio);
    nng_stream_dialer_free(d->dialer);
    free(d->url);
    free(d);
}

// ---- time -----------------------------------------------------------------------

static void timer_ended(void *arg)
{
    real_timer *t = arg;
    if (!atomic_load(&t->closed))
        t->rang(t->ctx);
}

static err timer_open(port *p, port_rang f, void *ctx, port_timer **ret)
{
    (void)p;
    real_timer *t = calloc(1, sizeof *t);
    if (!t || nng_aio_alloc(&t->aio, timer_ended, t)) {
        free(t);
        return ERR_MEM;
    }
    t->base.ops = &real_ops;
    t->rang = f;
    t->ctx = ctx;
    *ret = &t->base;
    return OK;
}

static void timer_set(port_timer *base, uint32_t ms)
{
    real_timer *t = (real_timer *)base;
    if (!atomic_load(&t->closed)) // a stopped aio would call back at once, and again, and again
        nng_sleep_aio((nng_duration)ms, t->aio);
}

static void timer_wake(port_timer *base)
{
    nng_aio_abort(((real_timer *)base)->aio, NNG_ECANCELED);
}

static void timer_close(port_timer *base)
{
    real_timer *t = (real_timer *)base;
    atomic_store(&t->closed, true);
    nng_aio_stop(t->aio);
    nng_aio_free(t->aio);
    free(t);
}

static time_ms real_now(port *p)
{
    (void)p;
    return clock_mono_ms();
}

static uint64_t real_dice(port *p)
{
    (void)p;
    uint64_t v = 0;
    if (getrandom(&v, sizeof v, 0) != sizeof v)
        v = (uint64_t)clock_mono_ms() * 0x9e3779b97f4a7c15u; // only jitter: no secret hangs on it
    return v;
}

static void real_wait(port *p, pthread_mutex_t *lock, pthread_cond_t *cond)
{
    (void)p;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += 20 * 1000 * 1000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    pthread_cond_timedwait(cond, lock, &t);
}

static const port_ops real_ops = {
    .listen = real_listen, .listener_port = listener_port, .listener_close = listener_close,
    .dialer_open = dialer_open, .dialer_dial = dialer_dial, .dialer_close = dialer_close,
    .stream_start = stream_start, .recv = stream_recv, .send = stream_send,
    .stream_close = stream_close, .stream_free = stream_free,
    .timer_open = timer_open, .timer_set = timer_set, .timer_wake = timer_wake, .timer_close = timer_close,
    .now = real_now, .dice = real_dice, .wait = real_wait,
};

port *port_real(void)
{
    static port real = {&real_ops};
    return &real;
}
