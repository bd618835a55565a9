// SPDX-License-Identifier: Apache-2.0
#include "tests/support/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_MS = 60000, ASK_MS = 30000 };

static void nap(peer *n)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += 50000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&n->changed, &n->lock, &t);
}

static void too_long(time_ms until, const char *what)
{
    if (clock_mono_ms() > until)
        place_must(ERR_DEADLINE, what);
}

static void tell(peer *n)
{
    pthread_cond_broadcast(&n->changed);
    pthread_mutex_unlock(&n->lock);
}

// ---- the line's events -------------------------------------------------------------

static err on_admit(void *ctx, const link_peer *who, void **ret_user, char *why)
{
    (void)who, (void)why;
    *ret_user = ctx;
    return OK;
}

static void on_opened(void *ctx, link_conn *c)
{
    peer *n = ctx;
    pthread_mutex_lock(&n->lock);
    if (!n->conn)
        n->conn = link_conn_keep(c);
    n->opened = true;
    tell(n);
}

static void on_closed(void *ctx, link_conn *c, err e, const char *why)
{
    peer *n = ctx;
    (void)e, (void)why;
    pthread_mutex_lock(&n->lock);
    n->closed = n->closed || c == n->conn;
    tell(n);
}

static void on_refused(void *ctx, const char *address, const char *name, err e, const char *why)
{
    peer *n = ctx;
    (void)address, (void)name, (void)e, (void)why;
    pthread_mutex_lock(&n->lock);
    n->refused = true;
    tell(n);
}

static void stop_serve(peer *n, link_in *call)
{
    Tsunagu__StopRequest *q;
    arena a;
    arena_init(&a, 0);
    err e = WIRE_DECODE(link_in_body(call), Tsunagu__StopRequest, tsunagu__stop_request__descriptor,
                        WIRE_BODY_MAX, &a, &q);
    pthread_mutex_lock(&n->lock);
    if (e == OK && n->stop_count < PEER_STOPS) {
        n->stops[n->stop_count] = q->stop_seq;
        n->stop_viewer[n->stop_count++] = q->facility;
    }
    if (n->refuse_stops && e == OK)
        e = ERR_BUSY;
    tell(n);
    link_reply(call, e, (span){0}, NULL);
    arena_done(&a);
}

// Who does not answer still owes the line an answer when nobody waits any more.
static void mute_gone(void *ctx, link_in *call, err e)
{
    (void)ctx, (void)e;
    link_reply(call, ERR_CLOSED, (span){0}, NULL);
}

static void letter_serve(peer *n, link_in *call)
{
    Tsunagu__LetterRequest *q;
    arena a;
    arena_init(&a, 0);
    place_must(WIRE_DECODE(link_in_body(call), Tsunagu__LetterRequest, tsunagu__letter_request__descriptor,
                           WIRE_BODY_MAX, &a, &q), "letter");
    pthread_mutex_lock(&n->lock);
    n->letters++;
    n->letter_facility[0] = q->from;
    n->letter_facility[1] = q->to;
    snprintf(n->letter_from, sizeof n->letter_from, "%s", q->from_node);
    buf_clear(&n->letter);
    buf_put_span(&n->letter, wire_span(q->letter));
    bool mute = n->mute_letters;
    err status = n->letter_status;
    tell(n);
    link_in_events ev = {.gone = mute_gone};
    if (mute)
        link_in_watch(call, &ev);
    else
        link_reply(call, status, SPAN_LIT("taken"), status ? "not now" : NULL);
    arena_done(&a);
}

static void back_serve(peer *n, link_in *call)
{
    Tsunagu__BackRequest *q;
    arena a;
    arena_init(&a, 0);
    place_must(WIRE_DECODE(link_in_body(call), Tsunagu__BackRequest, tsunagu__back_request__descriptor,
                           WIRE_BODY_MAX, &a, &q), "back");
    pthread_mutex_lock(&n->lock);
    n->backs++;
    snprintf(n->back, sizeof n->back, "%s", q->node);
    tell(n);
    link_reply(call, OK, (span){0}, NULL);
    arena_done(&a);
}

static void hint_serve(peer *n, link_in *call)
{
    Tsunagu__RulesNewRequest *q;
    arena a;
    arena_init(&a, 0);
    err e = WIRE_DECODE(link_in_body(call), Tsunagu__RulesNewRequest, tsunagu__rules_new_request__descriptor,
                        WIRE_BODY_MAX, &a, &q);
    pthread_mutex_lock(&n->lock);
    if (e == OK) {
        n->hints++;
        n->hinted = q->newest_version;
    }
    tell(n);
    link_reply(call, e, (span){0}, NULL);
    arena_done(&a);
}

// ---- releasing ---------------------------------------------------------------------

typedef struct releasing {
    peer *n;
    release_plan plan;
    pthread_mutex_t lock;
    size_t sent;
    bool over;
} releasing;

static void release_go(releasing *r, link_in *call)
{
    static const uint8_t bytes[WIRE_CHUNK_MAX];
    pthread_mutex_lock(&r->lock);
    while (!r->over && r->sent < r->plan.chunks) {
        if (link_chunk(call, span_of(bytes, r->plan.chunk_bytes)) != OK)
            break; // credit will come, or gone
        r->sent++;
        pthread_mutex_lock(&r->n->lock);
        r->n->sent += r->plan.chunk_bytes;
        tell(r->n);
        if (r->sent == r->plan.die_after) {
            r->over = true;
            link_conn_cut(link_in_conn(call), "dies");
            link_reply(call, ERR_CLOSED, (span){0}, NULL);
        }
    }
    if (!r->over && r->sent == r->plan.chunks && !r->plan.hold) {
        r->over = true;
        pthread_mutex_lock(&r->n->lock);
        r->n->released++;
        tell(r->n);
        link_reply(call, r->plan.status, SPAN_LIT("end"), "as planned");
    }
    pthread_mutex_unlock(&r->lock);
}

static void release_credit(void *ctx, link_in *call, uint32_t more)
{
    (void)more;
    release_go(ctx, call);
}

static void release_gone(void *ctx, link_in *call, err e)
{
    releasing *r = ctx;
    (void)e;
    pthread_mutex_lock(&r->lock);
    bool mine = !r->over;
    r->over = true;
    pthread_mutex_unlock(&r->lock);
    pthread_mutex_lock(&r->n->lock);
    r->n->gone++;
    tell(r->n);
    if (mine)
        link_reply(call, ERR_CLOSED, (span){0}, NULL);
}

static void release_ended(void *ctx)
{
    releasing *r = ctx;
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static void release_serve(peer *n, link_in *call)
{
    Tsunagu__ReleaseRequest *q;
    releasing *r = calloc(1, sizeof *r);
    arena a;
    arena_init(&a, 0);
    place_must(r ? OK : ERR_MEM, "release");
    place_must(WIRE_DECODE(link_in_body(call), Tsunagu__ReleaseRequest, tsunagu__release_request__descriptor,
                           WIRE_BODY_MAX, &a, &q), "release");
    r->n = n;
    pthread_mutex_init(&r->lock, NULL);
    pthread_mutex_lock(&n->lock);
    r->plan = n->plan;
    n->releases++;
    snprintf(n->asker, sizeof n->asker, "%s", q->asker);
    n->nothing = q->nothing;
    buf_clear(&n->sealed);
    buf_put_span(&n->sealed, wire_span(q->sealed));
    tell(n);
    arena_done(&a);
    link_in_events ev = {.ctx = r, .credit = release_credit, .gone = release_gone, .ended = release_ended};
    link_in_watch(call, &ev);
    release_go(r, call);
}

static void on_request(void *ctx, link_conn *c, link_in *call)
{
    (void)c;
    if (link_in_method(call) == METHOD_STOP)
        stop_serve(ctx, call);
    else if (link_in_method(call) == METHOD_RELEASE)
        release_serve(ctx, call);
    else if (link_in_method(call) == METHOD_LETTER)
        letter_serve(ctx, call);
    else if (link_in_method(call) == METHOD_BACK)
        back_serve(ctx, call);
    else if (link_in_method(call) == METHOD_RULES_NEW)
        hint_serve(ctx, call);
    else
        link_reply(call, ERR_UNSUPPORTED, (span){0}, NULL);
}

// ---- life --------------------------------------------------------------------------

peer *peer_open(const place *p, int node, uint16_t port)
{
    char address[40];
    peer *n = calloc(1, sizeof *n);
    place_must(n ? OK : ERR_MEM, "peer");
    n->as = &p->nodes[node];
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->changed, NULL);
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    // Comes back never: a test opens another when it wants one.
    link_options o = {.address = address, .host = PLACE_HUB_HOST, .tls = n->as->tls,
                      .events = {n, on_admit, on_opened, on_request, on_closed, on_refused},
                      .retry_min_ms = 600000, .retry_max_ms = 600000};
    place_must(link_dial(&o, &n->end), "link_dial");
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    pthread_mutex_lock(&n->lock);
    while (!n->opened && !n->refused) {
        nap(n);
        too_long(until, "peer_open");
    }
    bool in = n->opened;
    pthread_mutex_unlock(&n->lock);
    if (in)
        return n;
    peer_close(n);
    return NULL;
}

void peer_close(peer *n)
{
    if (!n)
        return;
    link_close(n->end, 0);
    if (n->conn)
        link_conn_drop(n->conn);
    buf_done(&n->sealed);
    buf_done(&n->letter);
    pthread_mutex_destroy(&n->lock);
    pthread_cond_destroy(&n->changed);
    free(n);
}

void peer_wait(peer *n, const bool *what)
{
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    pthread_mutex_lock(&n->lock);
    while (!*what) {
        nap(n);
        too_long(until, "peer_wait");
    }
    pthread_mutex_unlock(&n->lock);
}

void peer_wait_count(peer *n, const size_t *what, size_t least)
{
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    pthread_mutex_lock(&n->lock);
    while (*what < least) {
        nap(n);
        too_long(until, "peer_wait_count");
    }
    pthread_mutex_unlock(&n->lock);
}

bool peer_quiet(peer *n, const size_t *what, size_t least, int ms)
{
    time_ms until = clock_mono_ms() + ms;
    pthread_mutex_lock(&n->lock);
    while (*what < least && clock_mono_ms() < until)
        nap(n);
    bool quiet = *what < least;
    pthread_mutex_unlock(&n->lock);
    return quiet;
}

// ---- asking ------------------------------------------------------------------------

typedef struct asking {
    peer *n;
    reply *to;
    bool over;
} asking;

static void reply_take(reply *to, err e, uint32_t status, span body, const char *note)
{
    to->e = e;
    to->status = status;
    buf_put_span(&to->body, body);
    snprintf(to->note, sizeof to->note, "%s", note ? note : "");
}

static void on_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    asking *a = ctx;
    (void)call;
    pthread_mutex_lock(&a->n->lock);
    reply_take(a->to, e, status, body, note);
    a->over = true;
    tell(a->n);
}

void peer_ask(peer *n, uint32_t method, span body, reply *ret)
{
    asking a = {.n = n, .to = ret};
    link_out_events ev = {.ctx = &a, .done = on_done};
    *ret = (reply){0};
    arena_init(&ret->memory, 0);
    err e = link_call(n->conn, method, body, ASK_MS, 0, &ev, NULL);
    if (e) {
        ret->e = e; // `done` will not come
        return;
    }
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    pthread_mutex_lock(&n->lock);
    while (!a.over) {
        nap(n);
        too_long(until, "peer_ask");
    }
    pthread_mutex_unlock(&n->lock);
}

void peer_send(peer *n, uint32_t method, const ProtobufCMessage *m, reply *ret)
{
    buf body = {0};
    place_must(wire_encode(m, &body), "wire_encode");
    peer_ask(n, method, buf_span(&body), ret);
    buf_done(&body);
}

void reply_done(reply *r)
{
    buf_done(&r->body);
    arena_done(&r->memory);
}

void *reply_decode(reply *r, const ProtobufCMessageDescriptor *d)
{
    ProtobufCMessage *m = NULL;
    return wire_decode(buf_span(&r->body), d, WIRE_BODY_MAX, &r->memory, &m) == OK ? m : NULL;
}

// ---- fetching ----------------------------------------------------------------------

static void fetch_chunk(void *ctx, link_out *call, span data)
{
    fetching *f = ctx;
    pthread_mutex_lock(&f->n->lock);
    f->got += data.len;
    if (f->keep)
        buf_put_span(f->keep, data);
    f->chunks++;
    bool thrifty = f->thrifty;
    tell(f->n);
    if (!thrifty)
        link_credit(f->n->conn, link_out_id(call), (uint32_t)data.len);
}

static void fetch_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    fetching *f = ctx;
    (void)call;
    pthread_mutex_lock(&f->n->lock);
    reply_take(&f->end, e, status, body, note);
    f->over = true;
    tell(f->n);
}

err stream_begin(fetching *f, peer *n, uint32_t method, const ProtobufCMessage *m, uint32_t window, bool thrifty,
                 buf *keep)
{
    buf body = {0};
    *f = (fetching){.n = n, .thrifty = thrifty, .keep = keep};
    arena_init(&f->end.memory, 0);
    place_must(wire_encode(m, &body), "stream_begin");
    link_out_events ev = {.ctx = f, .chunk = fetch_chunk, .done = fetch_done};
    err e = link_call(n->conn, method, buf_span(&body), ASK_MS, window, &ev, &f->id);
    buf_done(&body);
    return e;
}

err fetch_begin(fetching *f, peer *n, span ticket, span sealed, uint32_t window, bool thrifty)
{
    Tsunagu__FetchRequest q = TSUNAGU__FETCH_REQUEST__INIT;
    q.ticket = wire_bytes(ticket);
    q.sealed = wire_bytes(sealed);
    return stream_begin(f, n, METHOD_FETCH, (const ProtobufCMessage *)&q, window, thrifty, NULL);
}

void fetch_wait(fetching *f)
{
    peer_wait(f->n, &f->over);
}

void fetch_wait_bytes(fetching *f, uint64_t least)
{
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    pthread_mutex_lock(&f->n->lock);
    while (f->got < least) {
        nap(f->n);
        too_long(until, "fetch_wait_bytes");
    }
    pthread_mutex_unlock(&f->n->lock);
}
