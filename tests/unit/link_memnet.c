// SPDX-License-Identifier: Apache-2.0
// The network in memory: the same seed is the same run, and what the link
// relies on (pieces, ends, partitions, timers) is there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "proto/link/memnet.h"

typedef struct end {
    struct run *run;
    port_stream *stream;
    uint8_t room[300];
    size_t heard, sent, pieces;
    bool over;
    char name;
} end;

typedef struct run {
    memnet *net;
    end a, b;
    buf trace;
    unsigned refused;
} run;

enum { TOTAL = 100000 };
static uint8_t bytes[TOTAL];

static void note(run *r, char who, char what, size_t n)
{
    port *p = memnet_port(r->net);
    (void)buf_printf(&r->trace, "%lld%c%c%zu ", (long long)p->ops->now(p), who, what, n);
}

static void on_received(void *ctx, err e, size_t n)
{
    end *x = ctx;
    note(x->run, x->name, e ? '!' : '<', n);
    if (e) {
        assert_int_equal(e, ERR_CLOSED);
        x->over = true;
        return;
    }
    assert_memory_equal(x->room, bytes + x->heard, n);
    x->heard += n;
    x->pieces++;
    x->stream->ops->recv(x->stream, x->room, sizeof x->room);
}

static void on_sent(void *ctx, err e, size_t n)
{
    end *x = ctx;
    note(x->run, x->name, '>', n);
    if (e)
        return;
    x->sent += n;
    if (x->sent < TOTAL)
        x->stream->ops->send(x->stream, bytes + x->sent, TOTAL - x->sent);
    else
        x->stream->ops->stream_close(x->stream); // what was sent is heard all the same
}

static void met(end *x, port_stream *s)
{
    x->stream = s;
    s->ops->stream_start(s, on_received, on_sent, x);
    s->ops->recv(s, x->room, sizeof x->room);
}

static void on_accepted(void *ctx, port_stream *s, const char *address)
{
    assert_non_null(address);
    met(&((run *)ctx)->b, s);
}

static void on_dialed(void *ctx, err e, port_stream *s, const char *address)
{
    run *r = ctx;
    (void)address;
    if (e) {
        assert_int_equal(e, ERR_UNREACHABLE);
        r->refused++;
        return;
    }
    met(&r->a, s);
    s->ops->send(s, bytes, TOTAL);
}

static void play(uint64_t seed, buf *trace)
{
    static run r;
    r = (run){.a.name = 'a', .b.name = 'b'};
    r.a.run = r.b.run = &r;
    assert_int_equal(memnet_new(seed, &r.net), OK);
    port *p = memnet_port(r.net);
    port_listener *l;
    port_dialer *d;
    assert_int_equal(p->ops->listen(p, "hub:0", on_accepted, &r, &l), OK);
    char address[32];
    snprintf(address, sizeof address, "hub:%u", l->ops->listener_port(l));
    assert_int_equal(p->ops->dialer_open(p, address, on_dialed, &r, &d), OK);
    d->ops->dialer_dial(d, 1000);
    while (memnet_step(r.net))
        ;
    assert_int_equal(r.b.heard, TOTAL);
    assert_true(r.b.pieces > TOTAL / 300);
    assert_true(r.a.over && r.b.over);
    r.a.stream->ops->stream_free(r.a.stream);
    r.b.stream->ops->stream_free(r.b.stream);
    d->ops->dialer_close(d);
    l->ops->listener_close(l);
    memnet_free(r.net);
    *trace = r.trace;
}

static void a_seed_is_a_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < TOTAL; i++)
        bytes[i] = (uint8_t)(i * i >> 3);
    buf one = {0}, again = {0}, other = {0};
    play(1, &one);
    play(1, &again);
    play(2, &other);
    assert_true(span_eq(buf_span(&one), buf_span(&again)));
    assert_false(span_eq(buf_span(&one), buf_span(&other)));
    buf_done(&one);
    buf_done(&again);
    buf_done(&other);
}

static void a_partition_breaks_and_refuses(void **state)
{
    (void)state;
    static run r;
    r = (run){.a.name = 'a', .b.name = 'b'};
    r.a.run = r.b.run = &r;
    assert_int_equal(memnet_new(3, &r.net), OK);
    port *p = memnet_port(r.net);
    port_listener *l;
    port_dialer *d, *nowhere;
    assert_int_equal(p->ops->listen(p, "hub:77", on_accepted, &r, &l), OK);
    assert_int_equal(p->ops->dialer_open(p, "hub:77", on_dialed, &r, &d), OK);
    assert_int_equal(p->ops->dialer_open(p, "hub:78", on_dialed, &r, &nowhere), OK);
    d->ops->dialer_dial(d, 1000);
    while (r.b.heard < 1000)
        assert_true(memnet_step(r.net));
    memnet_partition(r.net, "hub:77", true);
    while (memnet_step(r.net))
        ;
    assert_true(r.a.over && r.b.over && r.b.heard < TOTAL);
    r.a.stream->ops->stream_free(r.a.stream);
    r.b.stream->ops->stream_free(r.b.stream);
    d->ops->dialer_dial(d, 1000);
    nowhere->ops->dialer_dial(nowhere, 1000);
    while (memnet_step(r.net))
        ;
    assert_int_equal(r.refused, 2);
    memnet_partition(r.net, "hub:77", false);
    d->ops->dialer_dial(d, 1000); // is closed while the two are about to meet
    l->ops->listener_close(l);
    d->ops->dialer_close(d);
    nowhere->ops->dialer_close(nowhere);
    while (memnet_step(r.net))
        ;
    buf_done(&r.trace);
    memnet_free(r.net);
}

static void rang(void *ctx)
{
    (*(unsigned *)ctx)++;
}

static void timers_ring_in_their_time(void **state)
{
    (void)state;
    memnet *n;
    unsigned count = 0;
    assert_int_equal(memnet_new(4, &n), OK);
    port *p = memnet_port(n);
    port_timer *t, *unset;
    assert_int_equal(p->ops->timer_open(p, rang, &count, &t), OK);
    assert_int_equal(p->ops->timer_open(p, rang, &count, &unset), OK);
    time_ms began = p->ops->now(p);
    t->ops->timer_set(t, 5000);
    t->ops->timer_wake(unset); // not set: nothing
    assert_true(memnet_step(n));
    assert_int_equal(p->ops->now(p) - began, 5000);
    t->ops->timer_set(t, 5000);
    t->ops->timer_wake(t);
    assert_true(memnet_step(n));
    assert_int_equal(p->ops->now(p) - began, 5000);
    assert_int_equal(count, 2);
    t->ops->timer_set(t, 1);
    t->ops->timer_close(t);
    unset->ops->timer_close(unset);
    assert_false(memnet_step(n));
    assert_int_equal(count, 2);
    memnet_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_is_a_run),
        cmocka_unit_test(a_partition_breaks_and_refuses),
        cmocka_unit_test(timers_ring_in_their_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
