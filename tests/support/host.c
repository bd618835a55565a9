// SPDX-License-Identifier: Apache-2.0
#include "tests/support/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_MS = 60000, RELAY_MS = 60000, WINDOW = 4 << 20 };

static void nap(host *h)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += 20000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&h->changed, &h->lock, &t);
}

static void too_long(time_ms until, const char *what)
{
    if (clock_mono_ms() > until)
        place_must(ERR_DEADLINE, what);
}

static void tell(host *h)
{
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

static void answer(link_in *call, const ProtobufCMessage *m)
{
    buf body = {0};
    place_must(wire_encode(m, &body), "answer");
    link_reply(call, OK, buf_span(&body), NULL);
    buf_done(&body);
}

// ---- hello and publications ----------------------------------------------------------

static void hello_serve(host *h, link_in *call)
{
    Tsunagu__HelloRequest *q;
    Tsunagu__HelloReply r = TSUNAGU__HELLO_REPLY__INIT;
    arena a;
    arena_init(&a, 0);
    place_must(WIRE_DECODE(link_in_body(call), Tsunagu__HelloRequest, tsunagu__hello_request__descriptor,
                           WIRE_BODY_MAX, &a, &q), "hello");
    r.version = WIRE_VERSION;
    r.rules_hash = wire_bytes(span_of(h->p->rules->hash.at, HASH_BYTES));
    r.time_ms = clock_now_ms();
    pthread_mutex_lock(&h->lock);
    r.publish_seq = h->publish_seq;
    if (h->clock_off)
        r.time_ms = h->clock_off;
    h->stop_seq = q->stop_seq;
    h->held = q->rules_held;
    r.newest_version = h->newest;
    hash32 newest = h->newest_hash;
    if (h->newest)
        r.newest_hash = wire_bytes(span_of(newest.at, HASH_BYTES));
    pthread_mutex_unlock(&h->lock);
    answer(call, (const ProtobufCMessage *)&r);
    arena_done(&a);
    pthread_mutex_lock(&h->lock);
    h->hellos++;
    tell(h);
}

static void card_apply(host *h, const card *c, uint64_t seq)
{
    size_t i = 0;
    while (i < h->card_count && !pseudonym_same(&h->cards[i].c.who, &c->who))
        i++;
    place_must(i < HOST_CARDS ? OK : ERR_FULL, "cards");
    h->card_count += i == h->card_count;
    h->applied++;
    if (h->cards[i].seq && h->cards[i].c.scope.revision > c->scope.revision)
        return;
    h->cards[i] = (host_card){*c, seq};
}

// As a hub does it: what is held is skipped, what leaves a gap is refused.
static bool cards_take(host *h, const Tsunagu__PublishRequest *q)
{
    if (q->first_seq > h->publish_seq + 1)
        return false;
    for (size_t i = 0; i < q->n_cards; i++) {
        card c;
        uint64_t seq = q->first_seq + i;
        place_must(card_unpack(wire_span(q->cards[i]), &c), "card");
        if (seq <= h->publish_seq)
            continue;
        card_apply(h, &c, seq);
        h->publish_seq = seq;
    }
    return true;
}

static void publish_serve(host *h, link_in *call)
{
    Tsunagu__PublishRequest *q;
    Tsunagu__PublishReply r = TSUNAGU__PUBLISH_REPLY__INIT;
    buf body = {0};
    arena a;
    arena_init(&a, 0);
    place_must(WIRE_DECODE(link_in_body(call), Tsunagu__PublishRequest, tsunagu__publish_request__descriptor,
                           WIRE_BODY_MAX, &a, &q), "publish");
    pthread_mutex_lock(&h->lock);
    host_taking how = h->taking;
    h->taking = TAKE;
    bool kept = how == TAKE || how == DIE_AFTER;
    bool whole = kept ? cards_take(h, q) : how != SAY_GAP;
    r.publish_seq = how == SAY_FAR ? UINT64_MAX : h->publish_seq;
    pthread_mutex_unlock(&h->lock);
    place_must(wire_encode((const ProtobufCMessage *)&r, &body), "publish");
    if (how == DIE_BEFORE || how == DIE_AFTER) {
        link_conn_cut(link_in_conn(call), "dies");
        link_reply(call, ERR_CLOSED, (span){0}, NULL);
    } else if (how == SAY_GARBAGE) {
        link_reply(call, OK, SPAN_LIT("\xff\xff garbage"), NULL);
    } else if (how == SAY_NOTHING) {
        link_reply(call, ERR_BUSY, (span){0}, NULL);
    } else {
        link_reply(call, whole ? OK : ERR_CONFLICT, buf_span(&body), NULL);
    }
    buf_done(&body);
    arena_done(&a);
    pthread_mutex_lock(&h->lock);
    h->publications++;
    tell(h);
}

// ---- versions of the rules ---------------------------------------------------------------

static void stream_send(link_in *call, span bytes)
{
    enum { PIECE = 30000 };
    for (size_t at = 0; at < bytes.len; at += PIECE)
        (void)!link_chunk(call, span_cut(bytes, at, PIECE)); // whoever hangs up gets no more
}

static void rules_serve(host *h, link_in *call)
{
    Tsunagu__RulesRequest *q;
    Tsunagu__RulesReply r = TSUNAGU__RULES_REPLY__INIT;
    buf stream = {0}, body = {0};
    arena a;
    arena_init(&a, 0);
    place_must(WIRE_DECODE(link_in_body(call), Tsunagu__RulesRequest, tsunagu__rules_request__descriptor,
                           WIRE_BODY_MAX, &a, &q), "rules");
    pthread_mutex_lock(&h->lock);
    h->held = q->rules_held;
    r.newest_version = h->newest;
    r.newest_hash = wire_bytes(span_of(h->newest_hash.at, HASH_BYTES));
    err e = q->version == 0 ? OK : h->hand ? h->hand(h->hand_ctx, q->version, &stream) : ERR_NOT_FOUND;
    place_must(wire_encode((const ProtobufCMessage *)&r, &body), "rules");
    h->handed += q->version != 0;
    h->told += q->version == 0;
    tell(h);
    stream_send(call, buf_span(&stream));
    link_reply(call, e, buf_span(&body), NULL);
    buf_done(&stream);
    buf_done(&body);
    arena_done(&a);
}

// ---- documents on their way --------------------------------------------------------------

typedef struct relaying {
    host *h;
    link_in *call;
    buf pieces[HOST_PIECES];
    size_t count;
} relaying;

static void piece_send(link_in *call, const buf *piece)
{
    (void)!link_chunk(call, buf_span(piece)); // what finds no credit is lost: so is honour
}

static void pieces_pass(host *h, relaying *k, host_passing how)
{
    for (size_t i = 0; i < k->count; i++) {
        buf *piece = &k->pieces[i];
        bool last = i + 1 == k->count;
        if (how == PASS_NOTHING || (how == PASS_CUT && last) || (how == PASS_TAIL && i == 0 && k->count > 1))
            continue;
        if (how == PASS_SWAPPED && i + 1 < k->count && i + 2 >= k->count)
            piece_send(k->call, &k->pieces[i + 1]);
        if (how == PASS_FLIPPED && last)
            piece->at[piece->len - 1] ^= 1;
        if (how == PASS_OTHER && i < h->last_count)
            piece = &h->last[i];
        if (!(how == PASS_SWAPPED && last && k->count > 1) || i == 0)
            piece_send(k->call, piece);
        if (how == PASS_TWICE && i == 0)
            piece_send(k->call, piece);
    }
}

static void relay_chunk(void *ctx, link_out *call, span data)
{
    relaying *k = ctx;
    (void)call;
    place_must(k->count < HOST_PIECES ? OK : ERR_FULL, "pieces");
    buf_put_span(&k->pieces[k->count++], data);
}

static void relay_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    relaying *k = ctx;
    host *h = k->h;
    (void)call, (void)body;
    pthread_mutex_lock(&h->lock);
    host_passing how = h->passing;
    pieces_pass(h, k, how);
    for (size_t i = 0; i < h->last_count; i++)
        buf_done(&h->last[i]);
    memcpy(h->last, k->pieces, sizeof h->last);
    h->last_count = k->count;
    tell(h);
    // Even what it mangled it calls whole.
    link_reply(k->call, e ? e : (err)status, (span){0}, note);
    free(k);
}

static void hold_gone(void *ctx, link_in *call, err e)
{
    host *h = ctx;
    link_reply(call, e, (span){0}, NULL);
    pthread_mutex_lock(&h->lock);
    h->let_go++;
    tell(h);
}

static bool fetch_hold(host *h, link_in *call)
{
    pthread_mutex_lock(&h->lock);
    h->fetches++;
    bool hold = h->passing == PASS_HOLD;
    tell(h);
    link_in_events ev = {.ctx = h, .gone = hold_gone};
    if (hold)
        link_in_watch(call, &ev);
    return hold;
}

static void fetch_serve(host *h, link_in *call)
{
    Tsunagu__FetchRequest *q;
    Tsunagu__ReleaseRequest r = TSUNAGU__RELEASE_REQUEST__INIT;
    if (fetch_hold(h, call))
        return;
    relaying *k = calloc(1, sizeof *k);
    buf body = {0};
    arena a;
    arena_init(&a, 0);
    place_must(k ? OK : ERR_MEM, "fetch");
    place_must(WIRE_DECODE(link_in_body(call), Tsunagu__FetchRequest, tsunagu__fetch_request__descriptor,
                           WIRE_BODY_MAX, &a, &q), "fetch");
    *k = (relaying){.h = h, .call = call};
    r.ticket = q->ticket;
    r.sealed = q->sealed;
    r.asker = (char *)h->of->name;
    place_must(wire_encode((const ProtobufCMessage *)&r, &body), "release");
    arena_done(&a);
    link_out_events ev = {.ctx = k, .chunk = relay_chunk, .done = relay_done};
    err e = link_call(link_in_conn(call), METHOD_RELEASE, buf_span(&body), RELAY_MS, WINDOW, &ev, NULL);
    buf_done(&body);
    if (e) {
        link_reply(call, e, (span){0}, NULL);
        free(k);
    }
}

// ---- the line's events ----------------------------------------------------------------------

static err on_admit(void *ctx, const link_peer *peer, void **ret_user, char *why)
{
    (void)peer, (void)why;
    *ret_user = ctx;
    return OK;
}

static void on_opened(void *ctx, link_conn *c)
{
    host *h = ctx;
    pthread_mutex_lock(&h->lock);
    link_conn *old = h->conn;
    h->conn = link_conn_keep(c);
    h->opened++;
    tell(h);
    if (old)
        link_conn_drop(old);
}

static void on_closed(void *ctx, link_conn *c, err e, const char *why)
{
    host *h = ctx;
    (void)e, (void)why;
    pthread_mutex_lock(&h->lock);
    link_conn *old = h->conn == c ? c : NULL;
    if (old)
        h->conn = NULL;
    h->closed++;
    tell(h);
    if (old)
        link_conn_drop(old);
}

static void on_request(void *ctx, link_conn *c, link_in *call)
{
    host *h = ctx;
    (void)c;
    switch (link_in_method(call)) {
    case METHOD_HELLO: hello_serve(h, call); return;
    case METHOD_PUBLISH: publish_serve(h, call); return;
    case METHOD_FETCH: fetch_serve(h, call); return;
    case METHOD_RULES: rules_serve(h, call); return;
    case METHOD_LOOKUP:
        pthread_mutex_lock(&h->lock);
        link_reply(call, OK, buf_span(&h->lookup), NULL);
        pthread_mutex_unlock(&h->lock);
        return;
    default: link_reply(call, ERR_UNSUPPORTED, (span){0}, NULL);
    }
}

// ---- life ---------------------------------------------------------------------------------------

void host_return(host *h)
{
    char address[40];
    snprintf(address, sizeof address, "127.0.0.1:%u", h->port);
    link_options o = {.address = address, .tls = h->tls,
                      .events = {h, on_admit, on_opened, on_request, on_closed, NULL}};
    place_must(link_listen(&o, &h->line), "link_listen");
    h->port = link_port_of(h->line);
}

void host_open(host *h, const place *p, int node, const char *cert)
{
    char ca[128], crl[128], file[64], pem[128], key[128], why[TLS_WHY_BYTES] = "";
    *h = (host){.p = p, .of = &p->nodes[node]};
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->changed, NULL);
    place_path(p, "ca/ca.pem", ca);
    place_path(p, "ca/crl.pem", crl);
    snprintf(file, sizeof file, "%s.pem", cert);
    place_path(p, file, pem);
    snprintf(file, sizeof file, "%s.key", cert);
    place_path(p, file, key);
    tls_files f = {ca, crl, pem, key};
    place_must(tls_ctx_new(&f, true, why, &h->tls), why);
    host_return(h);
}

void host_vanish(host *h)
{
    link_close(h->line, 0);
    h->line = NULL;
}

void host_close(host *h)
{
    if (h->line)
        host_vanish(h);
    if (h->conn)
        link_conn_drop(h->conn);
    tls_ctx_free(h->tls);
    buf_done(&h->lookup);
    for (size_t i = 0; i < h->last_count; i++)
        buf_done(&h->last[i]);
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->changed);
}

void host_wait(host *h, const size_t *what, size_t least)
{
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    pthread_mutex_lock(&h->lock);
    while (*what < least) {
        nap(h);
        too_long(until, "host_wait");
    }
    pthread_mutex_unlock(&h->lock);
}

void host_wait_seq(host *h, uint64_t least)
{
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    pthread_mutex_lock(&h->lock);
    while (h->publish_seq < least) {
        nap(h);
        too_long(until, "host_wait_seq");
    }
    pthread_mutex_unlock(&h->lock);
}

const host_card *host_card_of(host *h, const pseudonym *who)
{
    const host_card *found = NULL;
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < h->card_count; i++)
        if (pseudonym_same(&h->cards[i].c.who, who))
            found = &h->cards[i];
    pthread_mutex_unlock(&h->lock);
    return found;
}

void host_set(host *h, host_taking taking)
{
    pthread_mutex_lock(&h->lock);
    h->taking = taking;
    pthread_mutex_unlock(&h->lock);
}

// ---- asking the node -----------------------------------------------------------------------

static void ask_chunk(void *ctx, link_out *call, span data)
{
    host_reply *r = ctx;
    pthread_mutex_lock(&r->h->lock);
    if (r->count < HOST_PIECES)
        buf_put_span(&r->pieces[r->count++], data);
    r->bytes += data.len;
    bool thrifty = r->thrifty;
    link_conn *c = r->h->conn ? link_conn_keep(r->h->conn) : NULL;
    tell(r->h);
    if (c && !thrifty)
        link_credit(c, link_out_id(call), (uint32_t)data.len);
    if (c)
        link_conn_drop(c);
}

static void ask_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    host_reply *r = ctx;
    host *h = r->h;
    (void)call, (void)body;
    pthread_mutex_lock(&h->lock);
    r->e = e;
    r->status = status;
    snprintf(r->note, sizeof r->note, "%s", note ? note : "");
    r->over = true;
    tell(h);
}

void host_begin(host *h, uint32_t method, span body, uint32_t deadline_ms, uint32_t window, host_reply *ret)
{
    link_out_events ev = {.ctx = ret, .chunk = ask_chunk, .done = ask_done};
    bool thrifty = ret->thrifty;
    *ret = (host_reply){.h = h, .thrifty = thrifty};
    pthread_mutex_lock(&h->lock);
    link_conn *c = h->conn ? link_conn_keep(h->conn) : NULL;
    pthread_mutex_unlock(&h->lock);
    place_must(c ? OK : ERR_UNREACHABLE, "host_begin");
    place_must(link_call(c, method, body, deadline_ms, window, &ev, &ret->id), "link_call");
    link_conn_drop(c);
}

void host_end(host_reply *r)
{
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    pthread_mutex_lock(&r->h->lock);
    while (!r->over) {
        nap(r->h);
        too_long(until, "host_end");
    }
    pthread_mutex_unlock(&r->h->lock);
}

void host_ask(host *h, uint32_t method, span body, uint32_t window, host_reply *ret)
{
    ret->thrifty = false;
    host_begin(h, method, body, 30000, window, ret);
    host_end(ret);
}

void host_reply_done(host_reply *r)
{
    for (size_t i = 0; i < r->count; i++)
        buf_done(&r->pieces[i]);
}
