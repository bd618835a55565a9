// SPDX-License-Identifier: Apache-2.0
#include "hub/handout.h"

#include <stdlib.h>
#include <string.h>

#include "hub/members.h"
#include "proto/base/log.h"

enum { HINT_DEADLINE_MS = 30000, ASK_BYTES = 1024 };

typedef struct handout {
    hub *h;
    link_in *in;
    pthread_mutex_t lock;
    bool over;
    rules *r;              // what the second part points into; or NULL
    buf record;
    uint8_t head[WIRE_RULES_HEAD];
    span parts[3];         // head, first part, second part
    int part;              // which one is being sent, and from where
    size_t at;
} handout;

static void handout_free(void *ctx)
{
    handout *o = ctx;
    rules_drop(o->r);
    buf_done(&o->record);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

static err reply_pack(hub *h, buf *out)
{
    Tsunagu__RulesReply reply = TSUNAGU__RULES_REPLY__INIT;
    hash32 newest = {0};
    book_newest(h, &reply.newest_version, &newest);
    reply.newest_hash = wire_bytes(span_of(newest.at, HASH_BYTES));
    list_heads *lists = list_heads_new(h);
    if (lists) {
        reply.n_lists = lists->count;
        reply.lists = lists->at;
    }
    err e = wire_encode((const ProtobufCMessage *)&reply, out);
    free(lists);
    return e;
}

static void reply_send(hub *h, link_in *in)
{
    buf out = {0};
    err e = reply_pack(h, &out);
    link_reply(in, e, e ? (span){0} : buf_span(&out), NULL);
    buf_done(&out);
}

// The next piece, within a part, as long as the asker grants credit. Under lock; false: nothing more now.
static bool piece_send(handout *o, err *ret)
{
    while (o->part < 3 && o->at == o->parts[o->part].len) {
        o->part++;
        o->at = 0;
    }
    *ret = OK;
    if (o->part == 3) {
        o->over = true;
        return false;
    }
    size_t n = o->parts[o->part].len - o->at, credit = link_in_credit(o->in);
    n = n < WIRE_CHUNK_MAX ? n : WIRE_CHUNK_MAX;
    n = n < credit ? n : credit;
    err e = n ? link_chunk(o->in, span_cut(o->parts[o->part], o->at, n)) : ERR_BUSY;
    if (e == OK) {
        o->at += n;
        return true;
    }
    if (e != ERR_BUSY) {
        o->over = true;
        *ret = e;
    }
    return false;
}

static void pump(handout *o)
{
    err e = OK;
    pthread_mutex_lock(&o->lock);
    bool was = o->over;
    while (!o->over && piece_send(o, &e))
        ;
    bool ended = o->over && !was;
    pthread_mutex_unlock(&o->lock);
    if (ended && e == OK)
        reply_send(o->h, o->in);
    else if (ended)
        link_reply(o->in, e, (span){0}, NULL);
}

static void credit_came(void *ctx, link_in *call, uint32_t more)
{
    (void)call, (void)more;
    pump(ctx);
}

static void asker_gone(void *ctx, link_in *call, err e)
{
    handout *o = ctx;
    pthread_mutex_lock(&o->lock);
    bool was = o->over;
    o->over = true;
    pthread_mutex_unlock(&o->lock);
    if (!was)
        link_reply(call, e, (span){0}, NULL);
}

static err version_take(hub *h, uint32_t version, handout *o)
{
    err e = book_version(h, version, &o->r, &o->record);
    if (e)
        return e;
    span bundle = policy_bytes(o->r->p);
    be32_put(o->head, (uint32_t)bundle.len);
    be32_put(o->head + 4, (uint32_t)o->record.len);
    o->parts[0] = span_of(o->head, sizeof o->head);
    o->parts[1] = bundle;
    o->parts[2] = buf_span(&o->record);
    return OK;
}

static err list_take(hub *h, const char *union_id, uint64_t serial, handout *o)
{
    err e = lists_get(h, union_id, serial, &o->record);
    if (e)
        return e;
    be32_put(o->head, (uint32_t)o->record.len);
    be32_put(o->head + 4, 0);
    o->parts[0] = span_of(o->head, sizeof o->head);
    o->parts[1] = buf_span(&o->record);
    return OK;
}

static void stream(hub *h, link_in *call, const Tsunagu__RulesRequest *q)
{
    handout *o = calloc(1, sizeof *o);
    if (!o) {
        link_reply(call, ERR_MEM, (span){0}, NULL);
        return;
    }
    pthread_mutex_init(&o->lock, NULL);
    o->h = h;
    o->in = call;
    err e = q->union_id[0] ? list_take(h, q->union_id, q->serial, o) : version_take(h, q->version, o);
    if (e) {
        handout_free(o);
        link_reply(call, e, (span){0}, "the hub does not hold that");
        return;
    }
    link_in_events ev = {.ctx = o, .credit = credit_came, .gone = asker_gone, .ended = handout_free};
    link_in_watch(call, &ev);
    pump(o); // this thread serves the connection: no credit comes between
}

void handout_serve(hub *h, session *s, link_in *call)
{
    Tsunagu__RulesRequest *q;
    arena memory;
    arena_init(&memory, 1 << 16);
    err e = WIRE_DECODE(link_in_body(call), Tsunagu__RulesRequest, tsunagu__rules_request__descriptor, ASK_BYTES,
                        &memory, &q);
    if (e == OK && q->rules_hash.len == HASH_BYTES) {
        session_state st = {.version = q->rules_version, .held = q->rules_held};
        memcpy(st.hash.at, q->rules_hash.data, HASH_BYTES);
        session_rules_set(s, &st);
    }
    if (e)
        link_reply(call, e, (span){0}, NULL);
    else if (q->version || q->union_id[0])
        stream(h, call, q);
    else
        reply_send(h, call);
    arena_done(&memory);
}

// ---- the hint -----------------------------------------------------------------------

static void hint_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    // Only a hint: a node that missed it hears of it at its next hello.
    (void)ctx, (void)call, (void)e, (void)status, (void)body, (void)note;
}

void handout_hint(hub *h)
{
    Tsunagu__RulesNewRequest q = TSUNAGU__RULES_NEW_REQUEST__INIT;
    hash32 newest = {0};
    buf body = {0};
    size_t count = 0;
    book_newest(h, &q.newest_version, &newest);
    q.newest_hash = wire_bytes(span_of(newest.at, HASH_BYTES));
    session **list = roster_list(h, &count);
    list_heads *lists = list_heads_new(h);
    if (lists) {
        q.n_lists = lists->count;
        q.lists = lists->at;
    }
    err e = list ? wire_encode((const ProtobufCMessage *)&q, &body) : ERR_MEM;
    for (size_t i = 0; i < count; i++) {
        link_conn *c = session_conn(list[i]);
        link_out_events ev = {.done = hint_done};
        if (c && e == OK && link_call(c, METHOD_RULES_NEW, buf_span(&body), HINT_DEADLINE_MS, 0, &ev, NULL) != OK)
            log_line(LOG_DEBUG, "node %s was not told of new rules: it will hear at its next hello", list[i]->node);
        if (c)
            link_conn_drop(c);
        session_drop(list[i]);
    }
    free(list);
    free(lists);
    buf_done(&body);
}
