// SPDX-License-Identifier: Apache-2.0
// What link.h promises, over each port. In memory the clock is the network's
// own and moves only when a step is taken; over nng the test waits for a bell.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "proto/link/link.h"
#include "proto/link/memnet.h"
#include "tests/support/line.h"

enum { ECHO = 100, PARK, STREAM, BACK, PATIENCE_S = 60 };
enum { PARKED_MOST = 300 };

static line_ca ca;
static tls_ctx *server_tls, *client_tls;

typedef struct side { // a server or a client, and what was heard of it
    struct world *w;
    link_end *end;
    link_conn *conn; // kept; the newest
    unsigned opened, closed, refused;
    err last;
    char why[160];
    err admit;
    link_in *parked[PARKED_MOST];
    size_t parked_count;
    unsigned gone[ERR_COUNT], ended;
} side;

typedef struct world {
    memnet *net; // NULL: nng
    char address[64];
    pthread_mutex_t lock;
    pthread_cond_t bell;
    side server, client;
    err late;
} world;

#define LOCKED(w, ...) do { pthread_mutex_lock(&(w)->lock); __VA_ARGS__; \
        pthread_cond_broadcast(&(w)->bell); pthread_mutex_unlock(&(w)->lock); } while (0)

// Waits until `what` holds, looked at under the lock.
#define UNTIL(w, what) do { pthread_mutex_lock(&(w)->lock); \
        for (time_t end_ = time(NULL) + PATIENCE_S; !(what);) { \
            if (time(NULL) > end_) { pthread_mutex_unlock(&(w)->lock); fail_msg("never: %s", #what); } \
            pause_for(w); } \
        pthread_mutex_unlock(&(w)->lock); } while (0)

static void pause_for(world *w)
{
    if (w->net) {
        pthread_mutex_unlock(&w->lock);
        assert_true(memnet_step(w->net));
        pthread_mutex_lock(&w->lock);
        return;
    }
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += 50000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&w->bell, &w->lock, &t);
}

// ---- what both sides do ---------------------------------------------------------------

static err on_admit(void *ctx, const link_peer *peer, void **ret_user, char *why)
{
    side *s = ctx;
    hash32 spki;
    if (!tls_peer_spki(peer->session, &spki) || memcmp(&spki, &peer->spki, sizeof spki))
        return ERR_INTERNAL;
    *ret_user = s;
    err e;
    LOCKED(s->w, e = s->admit);
    if (e)
        snprintf(why, 128, "no place in the membership list");
    return e;
}

static void on_opened(void *ctx, link_conn *c)
{
    side *s = ctx;
    assert_ptr_equal(link_conn_user(c), s);
    link_conn *before;
    LOCKED(s->w, before = s->conn; s->conn = link_conn_keep(c); s->opened++);
    link_conn_drop(before);
}

static void on_closed(void *ctx, link_conn *c, err e, const char *why)
{
    side *s = ctx;
    (void)c;
    LOCKED(s->w, s->closed++; s->last = e; snprintf(s->why, sizeof s->why, "%s", why));
}

static void on_refused(void *ctx, const char *address, const char *name, err e, const char *why)
{
    side *s = ctx;
    (void)address, (void)name;
    LOCKED(s->w, s->refused++; s->last = e; snprintf(s->why, sizeof s->why, "%s", why));
}

static void in_gone(void *ctx, link_in *call, err e)
{
    side *s = ctx;
    (void)call;
    LOCKED(s->w, s->gone[e]++);
}

static void in_ended(void *ctx)
{
    side *s = ctx;
    LOCKED(s->w, s->ended++);
}

// An answer in pieces: as much as the credit allows, the rest when there is more.
typedef struct flow {
    side *s;
    uint32_t left, at;
} flow;

static void flow_go(flow *f, link_in *call)
{
    static const uint32_t piece = 20000;
    uint8_t bytes[20000];
    while (f->left) {
        uint32_t n = f->left < piece ? f->left : piece;
        for (uint32_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)((f->at + i) * 7);
        err e = link_chunk(call, (span){bytes, n});
        if (e == ERR_BUSY)
            return;
        if (e)
            break;
        f->at += n;
        f->left -= n;
    }
    link_reply(call, f->left ? ERR_CLOSED : OK, SPAN_LIT("end"), NULL);
}

static void flow_credit(void *ctx, link_in *call, uint32_t more)
{
    (void)more;
    flow_go(ctx, call);
}

static void flow_gone(void *ctx, link_in *call, err e)
{
    flow *f = ctx;
    LOCKED(f->s->w, f->s->gone[e]++);
    link_reply(call, e, (span){0}, NULL);
}

static void flow_ended(void *ctx)
{
    flow *f = ctx;
    LOCKED(f->s->w, f->s->ended++);
    free(f);
}

static void stream_begin(side *s, link_in *call)
{
    flow *f = calloc(1, sizeof *f);
    f->s = s;
    f->left = be32_get(link_in_body(call).at);
    const link_in_events ev = {.ctx = f, .credit = flow_credit, .gone = flow_gone, .ended = flow_ended};
    link_in_watch(call, &ev);
    flow_go(f, call);
}

static void back_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    (void)call;
    link_reply(ctx, e ? e : (err)status, body, note);
}

static void on_request(void *ctx, link_conn *c, link_in *call)
{
    side *s = ctx;
    switch (link_in_method(call)) {
    case ECHO: link_reply(call, ERR_DENIED, link_in_body(call), "a note 注"); return;
    case PARK: {
        const link_in_events ev = {.ctx = s, .gone = in_gone, .ended = in_ended};
        link_in_watch(call, &ev);
        LOCKED(s->w, s->parked[s->parked_count++] = call);
        return;
    }
    case STREAM: stream_begin(s, call); return;
    case BACK: {
        const link_out_events ev = {.ctx = call, .done = back_done};
        if (link_call(c, ECHO, link_in_body(call), 10000, 0, &ev, NULL))
            link_reply(call, ERR_INTERNAL, (span){0}, NULL);
        return;
    }
    default: link_reply(call, ERR_UNSUPPORTED, (span){0}, NULL);
    }
}

static link_options options(side *s, const char *address, bool server)
{
    return (link_options){
        .address = address, .host = server ? NULL : "hub.test", .tls = server ? server_tls : client_tls,
        .events = {s, on_admit, on_opened, on_request, on_closed, on_refused},
        .retry_min_ms = 100, .retry_max_ms = 400, .port = s->w->net ? memnet_port(s->w->net) : NULL,
    };
}

static void listen_here(world *w)
{
    link_options o = options(&w->server, w->address[0] ? w->address : "127.0.0.1:0", true);
    assert_int_equal(link_listen(&o, &w->server.end), OK);
    snprintf(w->address, sizeof w->address, "127.0.0.1:%u", link_port_of(w->server.end));
}

static void dial_there(world *w)
{
    link_options o = options(&w->client, w->address, false);
    assert_int_equal(link_dial(&o, &w->client.end), OK);
}

static void world_init(world *w, bool memory)
{
    memset(w, 0, sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->bell, NULL);
    w->server.w = w->client.w = w;
    if (memory)
        assert_int_equal(memnet_new(7, &w->net), OK);
    listen_here(w);
}

static void world_meet(world *w)
{
    dial_there(w);
    UNTIL(w, w->client.opened && w->server.opened);
}

static void side_done(side *s)
{
    link_close(s->end, 0);
    for (size_t i = 0; i < s->parked_count; i++)
        link_reply(s->parked[i], OK, SPAN_LIT("too late"), NULL); // swallowed
    link_conn_drop(s->conn);
    *s = (side){.w = s->w};
}

static void world_done(world *w)
{
    side_done(&w->client);
    side_done(&w->server);
    memnet_free(w->net);
    pthread_cond_destroy(&w->bell);
    pthread_mutex_destroy(&w->lock);
}

// ---- a call and what became of it ---------------------------------------------------------

typedef struct asked {
    world *w;
    link_conn *conn;
    uint64_t id;
    unsigned done;
    err e;
    uint32_t status;
    buf body;
    char note[64];
    size_t streamed, hoard; // hoard: give credit back only beyond this many bytes
    bool wrong, no_credit;
} asked;

static void ask_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    asked *a = ctx;
    (void)call;
    LOCKED(a->w, a->done++; a->e = e; a->status = status; (void)buf_put_span(&a->body, body);
           snprintf(a->note, sizeof a->note, "%s", note));
}

static void ask_chunk(void *ctx, link_out *call, span data)
{
    asked *a = ctx;
    for (size_t i = 0; i < data.len; i++)
        a->wrong |= data.at[i] != (uint8_t)((a->streamed + i) * 7);
    LOCKED(a->w, a->streamed += data.len);
    if (!a->no_credit)
        link_credit(a->conn, link_out_id(call), (uint32_t)data.len);
}

static err ask(asked *a, side *from, uint32_t method, span body, uint32_t deadline_ms, uint32_t window)
{
    a->w = from->w;
    a->conn = from->conn;
    const link_out_events ev = {.ctx = a, .chunk = window ? ask_chunk : NULL, .done = ask_done};
    return link_call(from->conn, method, body, deadline_ms, window, &ev, &a->id);
}

// ---- the promises ---------------------------------------------------------------------------

static void calls_go_both_ways(world *w)
{
    world_meet(w);
    side *sides[] = {&w->client, &w->server};
    static uint8_t large[WIRE_BODY_MAX];
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (uint8_t)(i * 31);
    for (int s = 0; s < 2; s++) {
        span bodies[] = {{0}, SPAN_LIT("small"), {large, 511}, {large, 512}, {large, 513}, {large, sizeof large}};
        for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
            asked a = {0};
            assert_int_equal(ask(&a, sides[s], ECHO, bodies[i], 20000, 0), OK);
            UNTIL(w, a.done);
            assert_int_equal(a.e, OK);
            assert_int_equal(a.status, ERR_DENIED);
            assert_string_equal(a.note, "a note 注");
            assert_true(span_eq(buf_span(&a.body), bodies[i]));
            buf_done(&a.body);
        }
        asked back = {0}, none = {0};
        assert_int_equal(ask(&back, sides[s], BACK, SPAN_LIT("there and back"), 20000, 0), OK);
        assert_int_equal(ask(&none, sides[s], 999, (span){0}, 20000, 0), OK);
        UNTIL(w, back.done && none.done);
        assert_int_equal(back.status, ERR_DENIED);
        assert_true(span_eq(buf_span(&back.body), SPAN_LIT("there and back")));
        assert_int_equal(none.status, ERR_UNSUPPORTED);
        buf_done(&back.body);
        assert_int_equal(ask(&none, sides[s], ECHO, (span){large, sizeof large + 1}, 1000, 0), ERR_LIMIT);
    }
}

static void many_are_outstanding(world *w)
{
    world_meet(w);
    static asked all[LINK_CALLS_PEER];
    memset(all, 0, sizeof all);
    for (uint32_t i = 0; i < LINK_CALLS_PEER; i++) {
        uint8_t number[4];
        be32_put(number, i);
        assert_int_equal(ask(&all[i], &w->client, PARK, (span){number, 4}, 60000, 0), OK);
    }
    asked more = {0};
    assert_int_equal(ask(&more, &w->client, ECHO, (span){0}, 1000, 0), ERR_BUSY);
    UNTIL(w, w->server.parked_count == LINK_CALLS_PEER);
    // Answered in an order of their own.
    for (uint32_t i = 0; i < LINK_CALLS_PEER; i++) {
        link_in *call = w->server.parked[(i * 101 + 7) % LINK_CALLS_PEER];
        link_reply(call, OK, link_in_body(call), NULL);
    }
    w->server.parked_count = 0;
    for (uint32_t i = 0; i < LINK_CALLS_PEER; i++) {
        UNTIL(w, all[i].done == 1);
        assert_int_equal(all[i].e, OK);
        assert_int_equal(be32_get(all[i].body.at), i);
        buf_done(&all[i].body);
    }
    UNTIL(w, w->server.ended == LINK_CALLS_PEER);
    assert_int_equal(ask(&more, &w->client, ECHO, (span){0}, 10000, 0), OK);
    UNTIL(w, more.done);
}

static void park_some(world *w, asked *all, unsigned count)
{
    memset(all, 0, count * sizeof *all);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(ask(&all[i], &w->client, PARK, SPAN_LIT("x"), 60000, 0), OK);
    UNTIL(w, w->server.parked_count == count);
}

static void gathered_answers_leave_together(world *w)
{
    enum { COUNT = 40 };
    static asked all[COUNT];
    world_meet(w);
    park_some(w, all, COUNT);
    link_gather();
    for (unsigned i = 0; i < COUNT; i++)
        link_reply(w->server.parked[i], OK, SPAN_LIT("together"), NULL);
    w->server.parked_count = 0;
    if (w->net) // over nng a tick may come by and send
        assert_true(link_conn_waiting(w->server.conn) > COUNT * 8);
    link_gather_end();
    for (unsigned i = 0; i < COUNT; i++) {
        UNTIL(w, all[i].done == 1);
        assert_int_equal(all[i].e, OK);
        assert_true(span_eq(buf_span(&all[i].body), SPAN_LIT("together")));
        buf_done(&all[i].body);
    }
    // Gathered for a connection that ends meanwhile: forgotten with it.
    park_some(w, all, COUNT);
    link_gather();
    for (unsigned i = 0; i < COUNT; i++)
        link_reply(w->server.parked[i], OK, SPAN_LIT("too late"), NULL);
    w->server.parked_count = 0;
    link_conn_cut(w->server.conn, "a test");
    UNTIL(w, w->server.closed == 1);
    link_gather_end();
    for (unsigned i = 0; i < COUNT; i++) {
        UNTIL(w, all[i].done == 1);
        buf_done(&all[i].body);
    }
}

static void long_answers_keep_to_their_credit(world *w)
{
    world_meet(w);
    uint8_t length[4];
    be32_put(length, 3000000);
    asked flowing = {0}, stopped = {.no_credit = true};
    assert_int_equal(ask(&flowing, &w->client, STREAM, (span){length, 4}, 60000, 100000), OK);
    assert_int_equal(ask(&stopped, &w->client, STREAM, (span){length, 4}, 60000, 100000), OK);
    UNTIL(w, flowing.done); // the one that is not read does not hold up the other
    assert_int_equal(flowing.status, OK);
    assert_int_equal(flowing.streamed, 3000000);
    assert_false(flowing.wrong);
    assert_true(span_eq(buf_span(&flowing.body), SPAN_LIT("end")));
    buf_done(&flowing.body);
    UNTIL(w, stopped.streamed == 100000);
    assert_int_equal(stopped.done, 0);
    link_credit(w->client.conn, stopped.id, 50000); // 40000 of it fit whole pieces
    UNTIL(w, stopped.streamed == 140000);
    link_cancel(w->client.conn, stopped.id);
    UNTIL(w, stopped.done && w->server.ended == 2);
    assert_int_equal(stopped.e, ERR_CLOSED);
    assert_int_equal(w->server.gone[ERR_CLOSED], 1);
    assert_false(stopped.wrong);
}

static void a_cancelled_call_ends_once(world *w)
{
    world_meet(w);
    asked a = {0}, after = {0};
    assert_int_equal(ask(&a, &w->client, PARK, SPAN_LIT("x"), 60000, 0), OK);
    UNTIL(w, w->server.parked_count == 1);
    assert_true(link_in_left_ms(w->server.parked[0]) > 1000);
    link_cancel(w->client.conn, a.id);
    link_cancel(w->client.conn, a.id);
    link_credit(w->client.conn, a.id, 100);
    UNTIL(w, a.done && w->server.gone[ERR_CLOSED]);
    assert_int_equal(a.e, ERR_CLOSED);
    assert_int_equal(link_chunk(w->server.parked[0], SPAN_LIT("x")), ERR_CLOSED);
    assert_int_equal(link_in_credit(w->server.parked[0]), 0);
    link_reply(w->server.parked[0], OK, SPAN_LIT("late"), NULL);
    w->server.parked_count = 0;
    assert_int_equal(ask(&after, &w->client, ECHO, (span){0}, 10000, 0), OK);
    UNTIL(w, after.done && w->server.ended == 1);
    assert_int_equal(a.done, 1);
    assert_int_equal(w->client.closed, 0);
}

static void a_deadline_is_kept_at_both_ends(world *w)
{
    world_meet(w);
    asked a = {0}, after = {0};
    assert_int_equal(ask(&a, &w->client, PARK, (span){0}, 300, 0), OK);
    UNTIL(w, a.done);
    assert_int_equal(a.e, ERR_DEADLINE);
    UNTIL(w, w->server.gone[ERR_DEADLINE] + w->server.gone[ERR_CLOSED] == 1); // its own clock or our cancel
    link_reply(w->server.parked[0], OK, SPAN_LIT("late"), NULL);
    w->server.parked_count = 0;
    assert_int_equal(ask(&after, &w->client, ECHO, (span){0}, 10000, 0), OK);
    UNTIL(w, after.done);
    assert_int_equal(a.done, 1);
    assert_int_equal(ask(&a, &w->client, ECHO, (span){0}, 0, 0), ERR_USAGE);
}

static void closing_ends_every_call(world *w)
{
    world_meet(w);
    static asked all[50];
    memset(all, 0, sizeof all);
    for (int i = 0; i < 50; i++)
        assert_int_equal(ask(&all[i], &w->client, PARK, SPAN_LIT("busy"), 60000, 0), OK);
    UNTIL(w, w->server.parked_count == 50);
    side_done(&w->server);
    UNTIL(w, w->client.closed == 1);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(all[i].done, 1);
        assert_int_equal(all[i].e, ERR_CLOSED);
    }
    asked a = {0};
    assert_int_equal(ask(&a, &w->client, ECHO, (span){0}, 1000, 0), ERR_CLOSED);
    link_status s;
    UNTIL(w, (link_status_of(w->client.end, &s), !s.connected && s.attempts >= 3));
    assert_true(s.last_error[0]);
    // The dialer comes back by itself.
    listen_here(w);
    UNTIL(w, w->client.opened == 2 && w->server.opened == 1);
    assert_int_equal(ask(&a, &w->client, ECHO, (span){0}, 10000, 0), OK);
    UNTIL(w, a.done);
    assert_int_equal(a.e, OK);
    link_status_of(w->client.end, &s);
    assert_true(s.connected);
    assert_int_equal(s.next_retry_ms, 0);
}

// Some time after GOODBYE: no new call goes out any more, and the open one is answered.
static void answer_late(void *ctx)
{
    world *w = ctx;
    asked probe = {0};
    err e = ask(&probe, &w->client, ECHO, (span){0}, 60000, 0);
    link_in *call = NULL;
    LOCKED(w, w->late = e; call = w->server.parked[--w->server.parked_count]);
    link_reply(call, OK, SPAN_LIT("in time"), NULL);
}

static void draining_lets_open_calls_end(world *w)
{
    world_meet(w);
    asked a = {0};
    assert_int_equal(ask(&a, &w->client, PARK, SPAN_LIT("x"), 60000, 0), OK);
    UNTIL(w, w->server.parked_count == 1);
    port *p = w->net ? memnet_port(w->net) : port_real();
    port_timer *timer;
    assert_int_equal(p->ops->timer_open(p, answer_late, w, &timer), OK);
    p->ops->timer_set(timer, 500);
    link_close(w->server.end, 50000);
    w->server.end = NULL;
    UNTIL(w, a.done && w->client.closed == 1);
    p->ops->timer_close(timer);
    assert_int_equal(w->late, ERR_CLOSED);
    assert_int_equal(a.e, OK);
    assert_true(span_eq(buf_span(&a.body), SPAN_LIT("in time")));
    buf_done(&a.body);
    assert_int_equal(w->server.gone[ERR_CLOSED], 0);
}

static void who_is_not_admitted_is_told(world *w)
{
    w->server.admit = ERR_DENIED;
    dial_there(w);
    UNTIL(w, w->server.refused >= 2 && w->client.refused >= 2); // and it tries again
    assert_int_equal(w->server.last, ERR_DENIED);
    assert_string_equal(w->server.why, "no place in the membership list");
    assert_int_equal(w->client.last, ERR_DENIED);
    assert_null(strstr(w->client.why, "membership")); // the reason stays where it is known
    assert_int_equal(w->client.opened + w->client.closed + w->server.opened + w->server.closed, 0);
    LOCKED(w, w->server.admit = OK);
    UNTIL(w, w->client.opened == 1 && w->server.opened == 1);
}

static void a_dialer_admits_too(world *w)
{
    w->client.admit = ERR_AUTH;
    dial_there(w);
    UNTIL(w, w->client.refused && w->server.closed);
    assert_int_equal(w->client.last, ERR_AUTH);
    assert_int_equal(w->client.opened, 0);
}

static void cutting_ends_it_at_once(world *w)
{
    world_meet(w);
    asked a = {0};
    assert_int_equal(ask(&a, &w->client, PARK, SPAN_LIT("x"), 60000, 0), OK);
    UNTIL(w, w->server.parked_count == 1);
    link_conn *c = link_conn_keep(w->server.conn);
    link_conn_cut(c, "its key was revoked");
    link_conn_cut(c, "twice");
    UNTIL(w, w->server.closed == 1 && w->client.closed == 1 && a.done);
    assert_string_equal(w->server.why, "its key was revoked");
    assert_int_equal(a.e, ERR_CLOSED);
    assert_int_equal(link_conn_waiting(c), 0);
    link_conn_drop(c);
    UNTIL(w, w->client.opened == 2);
}

// A reader that stops: what is written to it waits, up to the budget, and nobody blocks.
static void what_waits_has_a_budget(world *w)
{
    world_meet(w);
    static uint8_t big[WIRE_BODY_MAX];
    static asked all[LINK_CALLS_PEER];
    memset(all, 0, sizeof all);
    unsigned sent = 0;
    err e = OK;
    while (sent < LINK_CALLS_PEER && !(e = ask(&all[sent], &w->client, PARK, (span){big, sizeof big}, 60000, 0)))
        sent++;
    // Without taking a step (or reading), the budget of bytes ends it before the budget of calls.
    if (w->net) {
        assert_int_equal(e, ERR_BUSY);
        assert_true(link_conn_waiting(w->client.conn) <= LINK_BYTES_PEER + sizeof big + 4096);
    }
    // The server holds at most its budget of bodies, too; answering makes room for the rest.
    for (unsigned answered = 0; answered < sent; answered++) {
        UNTIL(w, w->server.parked_count > 0);
        link_in *call = NULL;
        LOCKED(w, call = w->server.parked[--w->server.parked_count]);
        link_reply(call, OK, (span){0}, NULL);
    }
    for (unsigned i = 0; i < sent; i++)
        UNTIL(w, all[i].done && all[i].e == OK);
}

static void run(void (*promise)(world *w), bool memory)
{
    static world w; // callbacks of a failed test may still come
    world_init(&w, memory);
    promise(&w);
    world_done(&w);
}

#define PROMISE(name) \
    static void name##_nng(void **state) { (void)state; run(name, false); } \
    static void name##_memory(void **state) { (void)state; run(name, true); }
PROMISE(calls_go_both_ways)
PROMISE(many_are_outstanding)
PROMISE(gathered_answers_leave_together)
PROMISE(long_answers_keep_to_their_credit)
PROMISE(a_cancelled_call_ends_once)
PROMISE(a_deadline_is_kept_at_both_ends)
PROMISE(closing_ends_every_call)
PROMISE(draining_lets_open_calls_end)
PROMISE(who_is_not_admitted_is_told)
PROMISE(a_dialer_admits_too)
PROMISE(cutting_ends_it_at_once)
PROMISE(what_waits_has_a_budget)

static int begin(void **state)
{
    (void)state;
    line_ca_new(&ca);
    server_tls = line_ctx(&ca, NULL, "hub.test", true, -1, 2);
    client_tls = line_ctx(&ca, NULL, "node.test", false, -1, 2);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tls_ctx_free(server_tls);
    tls_ctx_free(client_tls);
    line_ca_free(&ca);
    return 0;
}

#define BOTH(name) cmocka_unit_test(name##_memory), cmocka_unit_test(name##_nng)
int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(calls_go_both_ways),
        BOTH(many_are_outstanding),
        BOTH(gathered_answers_leave_together),
        BOTH(long_answers_keep_to_their_credit),
        BOTH(a_cancelled_call_ends_once),
        BOTH(a_deadline_is_kept_at_both_ends),
        BOTH(closing_ends_every_call),
        BOTH(draining_lets_open_calls_end),
        BOTH(who_is_not_admitted_is_told),
        BOTH(a_dialer_admits_too),
        BOTH(cutting_ends_it_at_once),
        BOTH(what_waits_has_a_budget),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
