// SPDX-License-Identifier: Apache-2.0
// The first words on a connection: where this node and the hub stand.
#include <stdio.h>
#include <string.h>

#include "node/line/outbox.h"
#include "node/line/uplink_in.h"
#include "proto/base/log.h"
#include "proto/pact/ticket.h"

enum { HELLO_DEADLINE_MS = 15000, HELLO_AGAIN_MS = 10000 };

typedef struct greeting {
    uint64_t generation, publish_seq;
    uint32_t newest; // version of the rules that the hub holds
    hash32 newest_hash;
    bool other_rules, resync;
} greeting;

static err hello_run(job *j, store_txn *t)
{
    greeting *g = j->state;
    err e = outbox_meet(t, g->publish_seq, &g->resync);
    if (e)
        return e;
    // What the hub holds already is sent once more all the same: only the answer to that says what it refused.
    const uplink_hears *h = j->n->up->hears;
    e = g->resync ? h->resync_begin(j, t, g->publish_seq) : OK;
    if (e == OK && !g->resync)
        e = h->published(j, t, NULL, NULL, 0); // a reply of before may have been lost
    return job_store_err(e);
}

static void hello_answer(job *j, err e)
{
    const greeting *g = j->state;
    uplink *u = j->n->up;
    if (e) {
        uplink_fail(u, "hello", e, "the store could not take the hub's answer");
        return;
    }
    pthread_mutex_lock(&u->lock);
    bool now = u->conn && u->generation == g->generation;
    if (now) {
        u->greeted = true;
        u->since = j->now;
        u->detail[0] = '\0';
        if (g->other_rules)
            snprintf(u->detail, sizeof u->detail, "the hub decides under other rules than this node");
    }
    pthread_mutex_unlock(&u->lock);
    if (!now)
        return;
    log_line(g->other_rules ? LOG_WARN : LOG_INFO, "connected to the hub%s%s",
             g->other_rules ? "; it decides under other rules" : "",
             g->resync ? "; it stands elsewhere than this node: every card is sent again" : "");
    u->hears->greeted(j->n, g->newest, &g->newest_hash);
}

static void hello_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    node *n = ctx;
    uplink *u = n->up;
    arena a;
    Tsunagu__HelloReply *r;
    (void)call;
    if (e == OK)
        e = status < ERR_COUNT ? (err)status : ERR_FORMAT;
    arena_init(&a, 1 << 16);
    if (e == OK)
        e = WIRE_DECODE(body, Tsunagu__HelloReply, tsunagu__hello_reply__descriptor, WIRE_BODY_MAX, &a, &r);
    if (e == OK && r->publish_seq > PUBLISH_SEQ_MAX)
        e = ERR_FORMAT;
    job *j = e == OK ? job_with(n, sizeof(greeting), hello_run, hello_answer) : NULL;
    if (j) {
        greeting *g = j->state;
        book *b = node_book(n);
        pthread_mutex_lock(&u->lock);
        g->generation = u->generation;
        pthread_mutex_unlock(&u->lock);
        g->publish_seq = r->publish_seq;
        u->hears->said(n, r);
        if (r->newest_hash.len == HASH_BYTES) {
            g->newest = r->newest_version;
            memcpy(g->newest_hash.at, r->newest_hash.data, HASH_BYTES);
        }
        g->other_rules = r->rules_hash.len != HASH_BYTES || memcmp(r->rules_hash.data, b->r->hash.at, HASH_BYTES) != 0;
        book_drop(b);
        time_ms apart; // whatever the hub says, it is only a difference to be told
        if (__builtin_sub_overflow(r->time_ms, j->now, &apart) || apart > TICKET_SKEW_MS / 2 ||
            apart < -TICKET_SKEW_MS / 2)
            log_line(LOG_WARN, "the clocks of hub and node differ by %lld s: set them right", (long long)apart / 1000);
        witness_compare(n, r->head);
        uplink_witness(n, r->head);
        job_submit(j);
        witness_keep(n, clock_now_ms(), true);
    } else if (e != ERR_CLOSED) {
        uplink_fail(u, "the hub did not greet us", e ? e : ERR_MEM, note);
        pthread_mutex_lock(&u->lock);
        u->hello_at = clock_mono_ms() + HELLO_AGAIN_MS;
        pthread_mutex_unlock(&u->lock);
    }
    arena_done(&a);
}

void hello_send(node *n, link_conn *c)
{
    Tsunagu__HelloRequest q = TSUNAGU__HELLO_REQUEST__INIT;
    buf body = {0};
    store_txn *t;
    book *b = node_book(n);
    link_out_events ev = {.ctx = n, .done = hello_done};
    err e = store_read(n->keep, &t);
    if (e == OK) {
        e = meta_number(t, "stop_seq", &q.stop_seq);
        store_end(t);
    }
    q.version = WIRE_VERSION;
    q.node = n->config.name;
    q.rules_hash = wire_bytes(span_of(b->r->hash.at, HASH_BYTES));
    q.software = "tsunagu-node 0.1.0";
    q.rules_version = policy_version(b->r->p);
    q.rules_held = n->up->hears->rules_held(n);
    if (e == OK)
        e = wire_encode((const ProtobufCMessage *)&q, &body);
    if (e == OK)
        e = link_call(c, METHOD_HELLO, buf_span(&body), HELLO_DEADLINE_MS, 0, &ev, NULL);
    if (e)
        uplink_fail(n->up, "hello", e, NULL);
    book_drop(b);
    buf_done(&body);
}
