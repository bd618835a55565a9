// SPDX-License-Identifier: Apache-2.0
#include "ops/measure/line.h"

#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 120000, OPEN_MS = 120000 };

static err on_admit(void *ctx, const link_peer *peer, void **ret_user, char *why)
{
    (void)peer, (void)why;
    *ret_user = ctx;
    return OK;
}

static void on_opened(void *ctx, link_conn *c)
{
    line *l = ctx;
    pthread_mutex_lock(&l->lock);
    if (!l->conn)
        l->conn = link_conn_keep(c);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

static void on_request(void *ctx, link_conn *c, link_in *call)
{
    line *l = ctx;
    (void)c;
    if (l->serve)
        l->serve(l->ctx, call);
    else
        link_reply(call, ERR_UNSUPPORTED, (span){0}, NULL);
}

static void on_closed(void *ctx, link_conn *c, err e, const char *why)
{
    (void)ctx, (void)c, (void)e, (void)why;
}

static void on_refused(void *ctx, const char *address, const char *name, err e, const char *why)
{
    const line *l = ctx;
    (void)name;
    if (e == ERR_AUTH || e == ERR_DENIED)
        die("%s at %s: %s", l->node->name, address, why);
}

line *line_dial(const place *p, int node, const char *address)
{
    line *l = calloc(1, sizeof *l);
    if (!l)
        die("out of memory");
    l->node = &p->nodes[node];
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    link_options o = {.address = address,
                      .host = PLACE_HUB_HOST,
                      .tls = l->node->tls,
                      .events = {l, on_admit, on_opened, on_request, on_closed, on_refused},
                      .retry_min_ms = 5,
                      .retry_max_ms = 20};
    must(link_dial(&o, &l->end), "link_dial");
    time_ms until = clock_mono_ms() + OPEN_MS;
    pthread_mutex_lock(&l->lock);
    while (!l->conn) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_sec++;
        pthread_cond_timedwait(&l->changed, &l->lock, &t);
        if (clock_mono_ms() > until) {
            link_status s;
            link_status_of(l->end, &s);
            die("%s: no connection to %s: %s", l->node->name, address, s.last_error);
        }
    }
    pthread_mutex_unlock(&l->lock);
    return l;
}

line *line_open(const place *p, int node, const char *address)
{
    line *l = line_dial(p, node, address);
    Tsunagu__HelloRequest q = TSUNAGU__HELLO_REQUEST__INIT;
    Tsunagu__HelloReply *r;
    buf body = {0}, back = {0};
    arena a;
    arena_init(&a, 0);
    q.version = WIRE_VERSION;
    q.node = (char *)l->node->name;
    q.software = (char *)"tsunagu-bench";
    q.rules_hash = wire_bytes(span_of(p->rules->hash.at, HASH_BYTES));
    must(wire_encode((const ProtobufCMessage *)&q, &body), "HELLO");
    must(line_ask(l, METHOD_HELLO, buf_span(&body), &back), "HELLO");
    must(WIRE_DECODE(buf_span(&back), HelloReply, tsunagu__hello_reply__descriptor, WIRE_BODY_MAX, &a, &r),
         "HELLO");
    l->publish_seq = r->publish_seq;
    arena_done(&a);
    buf_done(&body);
    buf_done(&back);
    return l;
}

void line_close(line *l)
{
    if (!l)
        return;
    link_conn_drop(l->conn);
    link_close(l->end, 1000);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->changed);
    free(l);
}

typedef struct asking {
    line *l;
    buf *body;
    err status;
    bool over;
} asking;

static void on_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    asking *a = ctx;
    (void)call, (void)note;
    pthread_mutex_lock(&a->l->lock);
    if (!e && a->body)
        buf_put_span(a->body, body);
    a->status = e ? e : status < ERR_COUNT ? (err)status : ERR_FORMAT;
    a->over = true;
    pthread_cond_broadcast(&a->l->changed);
    pthread_mutex_unlock(&a->l->lock);
}

err line_ask(line *l, uint32_t method, span body, buf *ret_body)
{
    asking a = {.l = l, .body = ret_body};
    link_out_events ev = {.ctx = &a, .done = on_done};
    err e = link_call(l->conn, method, body, ASK_MS, 0, &ev, NULL);
    if (e)
        return e;
    pthread_mutex_lock(&l->lock);
    while (!a.over)
        pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
    return a.status;
}

size_t line_lookup(const line *l, buf *out)
{
    static const uint8_t user[USER_ID_BYTES] = "a user of bench";
    pseudonym mark;
    Tsunagu__LookupRequest q = TSUNAGU__LOOKUP_REQUEST__INIT;
    memset(mark.at, 0xa5, sizeof mark.at);
    q.facility = l->node->viewer;
    q.user = wire_bytes(span_of(user, sizeof user));
    q.role = (char *)"physician";
    q.purpose = (char *)"treatment";
    q.pseudonym = wire_bytes(span_of(mark.at, sizeof mark.at));
    must(wire_encode((const ProtobufCMessage *)&q, out), "LOOKUP");
    const uint8_t *at = memmem(out->at, out->len, mark.at, sizeof mark.at);
    if (!at)
        die("a look-up without its pseudonym");
    return (size_t)(at - out->at);
}
