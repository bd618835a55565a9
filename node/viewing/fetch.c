// SPDX-License-Identifier: Apache-2.0
// A call for what lies behind a ticket: the ask sealed to the disclosing node, the answer
// opened piece by piece as it comes. Credit goes back only as somebody takes what came.
#include <stdlib.h>
#include <string.h>

#include "node/line/uplink.h"
#include "node/viewing/viewer.h"

enum { FETCH_DEADLINE_MS = 300000 };

struct fetch {
    node *n;
    fetch_events ev;
    link_conn *conn;  // counted; set with id before any event
    uint64_t id;
    span ticket;      // behind the struct
    seal_stream seal;
    bool ended;       // the last piece came and fitted
    err failed;       // what this side found
    uint8_t pubs[2][KEY_BYTES];
    int pub_count;
    int count;        // references
};

static void fetch_keep(fetch *f)
{
    __atomic_add_fetch(&f->count, 1, __ATOMIC_RELAXED);
}

void fetch_drop(fetch *f)
{
    if (!f || __atomic_sub_fetch(&f->count, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (f->conn)
        link_conn_drop(f->conn);
    seal_stream_done(&f->seal);
    free(f);
}

void fetch_credit(fetch *f, uint32_t bytes)
{
    if (bytes)
        link_credit(f->conn, f->id, bytes);
}

void fetch_cancel(fetch *f)
{
    link_cancel(f->conn, f->id);
}

static void on_chunk(void *ctx, link_out *call, span data)
{
    fetch *f = ctx;
    buf plain = {.max = WIRE_CHUNK_MAX + 64};
    const uint8_t *pubs[2] = {f->pubs[0], f->pubs[1]};
    bool last = false;
    (void)call;
    if (f->failed)
        return;
    f->failed = open_stream_take(&f->seal, f->n->seal, f->n->seal_count, pubs, f->pub_count, f->ticket, data, &plain,
                                 &last);
    if (f->failed == OK) {
        f->ended = last;
        f->ev.plain(f->ev.ctx, buf_span(&plain), (uint32_t)data.len);
    } else {
        fetch_cancel(f);
    }
    buf_wipe(&plain);
}

static void on_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    fetch *f = ctx;
    (void)call;
    (void)body;
    if (f->failed)
        e = f->failed == ERR_CLOSED ? ERR_FORMAT : f->failed;
    else if (e == OK && status != OK)
        e = status < ERR_COUNT ? (err)status : ERR_FORMAT;
    else if (e == OK && !f->ended)
        e = ERR_CLOSED; // no error, and yet not all of it
    f->ev.done(f->ev.ctx, e, f->failed ? "what came was not sealed for this request, or was changed on its way" : note);
    fetch_drop(f);
}

// Our key among those that the membership list names: the other side knows no other.
static const seal_key *own_key(const node *n, const policy *p)
{
    int no = policy_node(p, n->config.name);
    for (int i = 0; no != POLICY_NONE && i < n->seal_count; i++) {
        uint8_t pub[KEY_BYTES];
        policy_node_view v = policy_node_at(p, no);
        seal_key_public(n->seal[i], pub);
        for (int k = 0; k < v.seal_count; k++)
            if (memcmp(v.seal[k], pub, KEY_BYTES) == 0)
                return n->seal[i];
    }
    return n->seal[0];
}

static err ask_make(fetch *f, const policy *p, const uint8_t *document, const char *words, buf *sealed,
                    hash32 *ret_ask)
{
    Tsunagu__SealedAsk q = TSUNAGU__SEALED_ASK__INIT;
    uint8_t nonce[16];
    buf plain = {0};
    q.what = document ? 2 : 1;
    if (document)
        q.document = wire_bytes(span_of(document, 16));
    err e = crypto_random(nonce, sizeof nonce);
    q.nonce = wire_bytes(span_of(nonce, sizeof nonce));
    q.time_ms = clock_now_ms();
    q.words = (char *)(words ? words : "");
    if (e == OK)
        e = wire_encode((const ProtobufCMessage *)&q, &plain);
    if (e == OK)
        e = ask_seal(own_key(f->n, p), f->pubs[f->pub_count - 1], f->ticket, buf_span(&plain), sealed, ret_ask);
    buf_done(&plain);
    return e;
}

err fetch_start(node *n, const book *b, span ticket_bytes, const ticket *says, const uint8_t *document,
                const char *words, const fetch_events *ev, fetch **ret)
{
    const policy *p = b->r->p;
    int source = policy_facility(p, says->source);
    int node_no = source == POLICY_NONE ? POLICY_NONE : policy_discloser(p, source);
    buf sealed = {0};
    hash32 ask;
    if (node_no == POLICY_NONE)
        return ERR_UNREACHABLE;
    policy_node_view v = policy_node_at(p, node_no);
    fetch *f = v.seal_count ? calloc(1, sizeof *f + ticket_bytes.len) : NULL;
    if (!f)
        return v.seal_count ? ERR_MEM : ERR_AUTH;
    f->n = n;
    f->ev = *ev;
    f->count = 2; // the call's and the caller's
    memcpy(f + 1, ticket_bytes.at, ticket_bytes.len);
    f->ticket = span_of(f + 1, ticket_bytes.len);
    for (; f->pub_count < v.seal_count && f->pub_count < 2; f->pub_count++)
        memcpy(f->pubs[f->pub_count], v.seal[f->pub_count], KEY_BYTES);
    err e = ask_make(f, p, document, words, &sealed, &ask);
    if (e == OK)
        e = open_stream_begin(&f->seal, &ask);
    if (e == OK) {
        Tsunagu__FetchRequest q = TSUNAGU__FETCH_REQUEST__INIT;
        link_out_events lev = {.ctx = f, .chunk = on_chunk, .done = on_done};
        q.ticket = wire_bytes(f->ticket);
        q.sealed = wire_bytes(buf_span(&sealed));
        fetch_keep(f);
        *ret = f; // before any event
        e = uplink_call(n->up, METHOD_FETCH, (const ProtobufCMessage *)&q, FETCH_DEADLINE_MS, LINK_WINDOW, &lev,
                        &f->conn, &f->id);
        if (e)
            f->count = 2;
        else
            fetch_drop(f);
    }
    if (e) {
        *ret = NULL;
        fetch_drop(f);
        fetch_drop(f);
    }
    buf_done(&sealed);
    return e;
}
