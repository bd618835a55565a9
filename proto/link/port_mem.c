// SPDX-License-Identifier: Apache-2.0
// The network in memory. One list of events ordered by time, then by dice;
// every callback of the port is such an event, so a run is its seed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proto/link/memnet.h"

enum { PIPE_BYTES = 64 << 10 }; // what a socket's buffer would hold

typedef struct event {
    struct event *next;
    time_ms at;
    uint64_t order;
    const void *owner; // whose callback; its close takes the event away
    void (*run)(struct event *e);
    err e;
    size_t n;
} event;

struct memnet {
    port base;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    const void *running; // owner whose callback runs now
    pthread_t runner;
    event *events;
    struct mem_listener *listeners;
    struct mem_stream *streams;
    uint64_t state;
    time_ms now;
    uint32_t min_ms, max_ms;
    unsigned clients;
    uint16_t next_port;
    char refused[64]; // the address nobody gets through to
};

typedef struct mem_listener {
    port_listener base;
    memnet *net;
    struct mem_listener *next;
    char address[64];
    uint16_t port;
    port_accepted accepted;
    void *ctx;
} mem_listener;

typedef struct mem_dialer {
    port_dialer base;
    memnet *net;
    char address[64];
    port_dialed dialed;
    void *ctx;
} mem_dialer;

typedef struct mem_stream {
    port_stream base;
    memnet *net;
    struct mem_stream *next, *peer;
    char via[64]; // the listener's address
    port_moved received, sent;
    void *ctx;
    uint8_t *rx_at;
    size_t rx_cap;
    const uint8_t *tx_at;
    size_t tx_len;
    buf pipe; // towards us
    bool closed;
} mem_stream;

typedef struct mem_timer {
    port_timer base;
    memnet *net;
    port_rang rang;
    void *ctx;
    event *due;
} mem_timer;

typedef struct meeting { // an accepted or dialed connection on its way to a callback
    event e;
    mem_stream *stream;
    char address[64];
} meeting;

static const port_ops mem_ops;

static uint64_t roll(memnet *n)
{
    n->state += 0x9e3779b97f4a7c15u; // splitmix64
    uint64_t z = n->state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static size_t piece(memnet *n, size_t most)
{
    return roll(n) % 4 ? most : 1 + roll(n) % most;
}

static void schedule(memnet *n, event *e, uint32_t ms)
{
    e->at = n->now + ms;
    e->order = roll(n) >> 1;
    event **at = &n->events;
    while (*at && ((*at)->at < e->at || ((*at)->at == e->at && (*at)->order <= e->order)))
        at = &(*at)->next;
    e->next = *at;
    *at = e;
}

static uint32_t delay(memnet *n)
{
    return n->min_ms + (uint32_t)(roll(n) % (n->max_ms - n->min_ms + 1));
}

static void discard(memnet *n, const void *owner)
{
    for (event **at = &n->events; *at;) {
        event *e = *at;
        if (e->owner != owner) {
            at = &e->next;
            continue;
        }
        *at = e->next;
        free(e);
    }
    while (n->running == owner && !pthread_equal(n->runner, pthread_self()))
        pthread_cond_wait(&n->idle, &n->lock);
}

bool memnet_step(memnet *n)
{
    pthread_mutex_lock(&n->lock);
    event *e = n->events;
    if (!e) {
        pthread_mutex_unlock(&n->lock);
        return false;
    }
    n->events = e->next;
    if (e->at > n->now)
        n->now = e->at;
    n->running = e->owner;
    n->runner = pthread_self();
    pthread_mutex_unlock(&n->lock);
    e->run(e);
    free(e);
    pthread_mutex_lock(&n->lock);
    n->running = NULL;
    pthread_cond_broadcast(&n->idle);
    pthread_mutex_unlock(&n->lock);
    return true;
}

// ---- streams --------------------------------------------------------------------

static void run_received(event *e)
{
    mem_stream *s = (mem_stream *)e->owner;
    s->received(s->ctx, e->e, e->n);
}

static void run_sent(event *e)
{
    mem_stream *s = (mem_stream *)e->owner;
    s->sent(s->ctx, e->e, e->n);
}

static void moved(mem_stream *s, void (*run)(event *), err e, size_t n)
{
    event *ev = calloc(1, sizeof *ev);
    if (!ev)
        abort(); // a simulator without memory has nothing to show
    ev->owner = s;
    ev->run = run;
    ev->e = e;
    ev->n = n;
    schedule(s->net, ev, e ? 0 : delay(s->net));
}

static void try_tx(mem_stream *s);

static void try_rx(mem_stream *s)
{
    if (!s->rx_at)
        return;
    if (s->closed || (!s->pipe.len && !s->peer)) {
        s->rx_at = NULL;
        moved(s, run_received, ERR_CLOSED, 0);
    } else if (s->pipe.len) {
        size_t n = piece(s->net, s->pipe.len < s->rx_cap ? s->pipe.len : s->rx_cap);
        memcpy(s->rx_at, s->pipe.at, n);
        buf_drop_front(&s->pipe, n);
        s->rx_at = NULL;
        moved(s, run_received, OK, n);
        if (s->peer)
            try_tx(s->peer);
    }
}

static void try_tx(mem_stream *s)
{
    if (!s->tx_at)
        return;
    if (s->closed || !s->peer) {
        s->tx_at = NULL;
        moved(s, run_sent, ERR_CLOSED, 0);
        return;
    }
    size_t room = PIPE_BYTES - s->peer->pipe.len;
    if (!room)
        return;
    size_t n = piece(s->net, s->tx_len < room ? s->tx_len : room);
    if (buf_put(&s->peer->pipe, s->tx_at, n))
        abort();
    s->tx_at = NULL;
    moved(s, run_sent, OK, n);
    try_rx(s->peer);
}

static void shut(mem_stream *s)
{
    if (s->closed)
        return;
    s->closed = true;
    mem_stream *peer = s->peer;
    if (peer)
        peer->peer = s->peer = NULL;
    try_rx(s);
    try_tx(s);
    if (peer) {
        try_rx(peer);
        try_tx(peer);
    }
}

static void stream_start(port_stream *base, port_moved received, port_moved sent, void *ctx)
{
    mem_stream *s = (mem_stream *)base;
    s->received = received;
    s->sent = sent;
    s->ctx = ctx;
}

static void stream_recv(port_stream *base, void *at, size_t cap)
{
    mem_stream *s = (mem_stream *)base;
    pthread_mutex_lock(&s->net->lock);
    s->rx_at = at;
    s->rx_cap = cap;
    try_rx(s);
    pthread_mutex_unlock(&s->net->lock);
}

static void stream_send(port_stream *base, const void *at, size_t len)
{
    mem_stream *s = (mem_stream *)base;
    pthread_mutex_lock(&s->net->lock);
    s->tx_at = at;
    s->tx_len = len;
    try_tx(s);
    pthread_mutex_unlock(&s->net->lock);
}

static void stream_close(port_stream *base)
{
    mem_stream *s = (mem_stream *)base;
    pthread_mutex_lock(&s->net->lock);
    shut(s);
    pthread_mutex_unlock(&s->net->lock);
}

static void stream_free(port_stream *base)
{
    mem_stream *s = (mem_stream *)base;
    pthread_mutex_lock(&s->net->lock);
    shut(s);
    mem_stream **at = &s->net->streams;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    pthread_mutex_unlock(&s->net->lock);
    buf_done(&s->pipe);
    free(s);
}

static mem_stream *stream_new(memnet *n, const char *via)
{
    mem_stream *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->base.ops = &mem_ops;
    s->net = n;
    snprintf(s->via, sizeof s->via, "%s", via);
    s->next = n->streams;
    n->streams = s;
    return s;
}

// ---- meeting --------------------------------------------------------------------

static void run_accepted(event *e)
{
    meeting *m = (meeting *)e;
    mem_listener *l = (mem_listener *)e->owner;
    l->accepted(l->ctx, &m->stream->base, m->address);
}

static void run_dialed(event *e)
{
    meeting *m = (meeting *)e;
    mem_dialer *d = (mem_dialer *)e->owner;
    d->dialed(d->ctx, e->e, m->stream ? &m->stream->base : NULL, m->address);
}

static void meet(memnet *n, const void *owner, void (*run)(event *), err e, mem_stream *s, const char *from)
{
    meeting *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    m->e = (event){.owner = owner, .run = run, .e = e};
    m->stream = s;
    snprintf(m->address, sizeof m->address, "%s", from);
    schedule(n, &m->e, delay(n));
}

static err mem_listen(port *p, const char *address, port_accepted f, void *ctx, port_listener **ret)
{
    memnet *n = (memnet *)p;
    mem_listener *l = calloc(1, sizeof *l);
    if (!l)
        return ERR_MEM;
    pthread_mutex_lock(&n->lock);
    l->base.ops = &mem_ops;
    l->net = n;
    l->accepted = f;
    l->ctx = ctx;
    const char *colon = strrchr(address, ':');
    unsigned long wanted = colon ? strtoul(colon + 1, NULL, 10) : 0;
    l->port = wanted ? (uint16_t)wanted : n->next_port++;
    snprintf(l->address, sizeof l->address, "%.*s:%u", (int)(colon ? colon - address : 50), address, l->port);
    l->next = n->listeners;
    n->listeners = l;
    pthread_mutex_unlock(&n->lock);
    *ret = &l->base;
    return OK;
}

static uint16_t listener_port(port_listener *base)
{
    return ((mem_listener *)base)->port;
}

// A meeting that never took place: the stream made for it has no owner yet.
static void call_off(memnet *n, const void *owner)
{
    for (event *e = n->events; e; e = e->next) {
        if (e->owner != owner || (e->run != run_accepted && e->run != run_dialed))
            continue;
        mem_stream *s = ((meeting *)e)->stream;
        if (!s)
            continue;
        shut(s);
        mem_stream **at = &n->streams;
        while (*at != s)
            at = &(*at)->next;
        *at = s->next;
        buf_done(&s->pipe);
        free(s);
    }
    discard(n, owner);
}

static void listener_close(port_listener *base)
{
    mem_listener *l = (mem_listener *)base;
    memnet *n = l->net;
    pthread_mutex_lock(&n->lock);
    mem_listener **at = &n->listeners;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    call_off(n, l);
    pthread_mutex_unlock(&n->lock);
    free(l);
}

static err dialer_open(port *p, const char *address, port_dialed f, void *ctx, port_dialer **ret)
{
    mem_dialer *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_MEM;
    d->base.ops = &mem_ops;
    d->net = (memnet *)p;
    d->dialed = f;
    d->ctx = ctx;
    snprintf(d->address, sizeof d->address, "%s", address);
    *ret = &d->base;
    return OK;
}

static void dialer_dial(port_dialer *base, uint32_t timeout_ms)
{
    (void)timeout_ms;
    mem_dialer *d = (mem_dialer *)base;
    memnet *n = d->net;
    pthread_mutex_lock(&n->lock);
    mem_listener *l = n->listeners;
    while (l && strcmp(l->address, d->address))
        l = l->next;
    if (!l || !strcmp(n->refused, d->address)) {
        meet(n, d, run_dialed, ERR_UNREACHABLE, NULL, d->address);
    } else {
        mem_stream *here = stream_new(n, l->address), *there = stream_new(n, l->address);
        char from[64];
        here->peer = there;
        there->peer = here;
        snprintf(from, sizeof from, "mem-%u:1", ++n->clients);
        meet(n, d, run_dialed, OK, here, d->address);
        meet(n, l, run_accepted, OK, there, from);
    }
    pthread_mutex_unlock(&n->lock);
}

static void dialer_close(port_dialer *base)
{
    mem_dialer *d = (mem_dialer *)base;
    pthread_mutex_lock(&d->net->lock);
    call_off(d->net, d);
    pthread_mutex_unlock(&d->net->lock);
    free(d);
}

// ---- time -----------------------------------------------------------------------

static void run_rang(event *e)
{
    mem_timer *t = (mem_timer *)e->owner;
    pthread_mutex_lock(&t->net->lock);
    t->due = NULL;
    pthread_mutex_unlock(&t->net->lock);
    t->rang(t->ctx);
}

static err timer_open(port *p, port_rang f, void *ctx, port_timer **ret)
{
    mem_timer *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_MEM;
    t->base.ops = &mem_ops;
    t->net = (memnet *)p;
    t->rang = f;
    t->ctx = ctx;
    *ret = &t->base;
    return OK;
}

static void timer_set(port_timer *base, uint32_t ms)
{
    mem_timer *t = (mem_timer *)base;
    event *e = calloc(1, sizeof *e);
    if (!e)
        abort();
    e->owner = t;
    e->run = run_rang;
    pthread_mutex_lock(&t->net->lock);
    t->due = e;
    schedule(t->net, e, ms);
    pthread_mutex_unlock(&t->net->lock);
}

static void timer_wake(port_timer *base)
{
    mem_timer *t = (mem_timer *)base;
    memnet *n = t->net;
    pthread_mutex_lock(&n->lock);
    for (event **at = &n->events; t->due && *at; at = &(*at)->next)
        if (*at == t->due) {
            *at = t->due->next;
            schedule(n, t->due, 0);
            break;
        }
    pthread_mutex_unlock(&n->lock);
}

static void timer_close(port_timer *base)
{
    mem_timer *t = (mem_timer *)base;
    pthread_mutex_lock(&t->net->lock);
    discard(t->net, t);
    pthread_mutex_unlock(&t->net->lock);
    free(t);
}

static time_ms mem_now(port *p)
{
    memnet *n = (memnet *)p;
    pthread_mutex_lock(&n->lock);
    time_ms now = n->now;
    pthread_mutex_unlock(&n->lock);
    return now;
}

static uint64_t mem_dice(port *p)
{
    memnet *n = (memnet *)p;
    pthread_mutex_lock(&n->lock);
    uint64_t v = roll(n);
    pthread_mutex_unlock(&n->lock);
    return v;
}

static void mem_wait(port *p, pthread_mutex_t *lock, pthread_cond_t *cond)
{
    (void)cond;
    pthread_mutex_unlock(lock);
    memnet_step((memnet *)p);
    pthread_mutex_lock(lock);
}

static const port_ops mem_ops = {
    .listen = mem_listen, .listener_port = listener_port, .listener_close = listener_close,
    .dialer_open = dialer_open, .dialer_dial = dialer_dial, .dialer_close = dialer_close,
    .stream_start = stream_start, .recv = stream_recv, .send = stream_send,
    .stream_close = stream_close, .stream_free = stream_free,
    .timer_open = timer_open, .timer_set = timer_set, .timer_wake = timer_wake, .timer_close = timer_close,
    .now = mem_now, .dice = mem_dice, .wait = mem_wait,
};

// ---- the net --------------------------------------------------------------------

err memnet_new(uint64_t seed, memnet **ret)
{
    memnet *n = calloc(1, sizeof *n);
    if (!n)
        return ERR_MEM;
    n->base.ops = &mem_ops;
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->idle, NULL);
    n->state = seed;
    n->now = 1000;
    n->max_ms = 2;
    n->next_port = 40000;
    *ret = n;
    return OK;
}

void memnet_free(memnet *n)
{
    if (!n)
        return;
    while (n->events) {
        event *e = n->events;
        n->events = e->next;
        free(e);
    }
    pthread_cond_destroy(&n->idle);
    pthread_mutex_destroy(&n->lock);
    free(n);
}

port *memnet_port(memnet *n)
{
    return &n->base;
}

void memnet_partition(memnet *n, const char *address, bool refuse)
{
    pthread_mutex_lock(&n->lock);
    snprintf(n->refused, sizeof n->refused, "%s", refuse ? address : "");
    for (mem_stream *s = n->streams; s; s = s->next)
        if (!strcmp(s->via, address))
            shut(s);
    pthread_mutex_unlock(&n->lock);
}

void memnet_delay(memnet *n, uint32_t min_ms, uint32_t max_ms)
{
    pthread_mutex_lock(&n->lock);
    n->min_ms = min_ms;
    n->max_ms = max_ms < min_ms ? min_ms : max_ms;
    pthread_mutex_unlock(&n->lock);
}
