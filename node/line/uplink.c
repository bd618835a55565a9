// SPDX-License-Identifier: Apache-2.0
#include "node/line/uplink_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/line/outbox.h"
#include "proto/base/log.h"
#include "proto/base/tongue.h"
#include "proto/pact/ticket.h"

enum { HELLO_DEADLINE_MS = 15000, HELLO_AGAIN_MS = 10000, WITNESS_EVERY_MS = 5000, DRAIN_MS = 5000, RENEW_MS = 2000 };
static const char WITNESS[] = "witness";

void uplink_fail(uplink *u, const char *what, err e, const char *note)
{
    pthread_mutex_lock(&u->lock);
    snprintf(u->detail, sizeof u->detail, "%s: %.110s", what, note && note[0] ? note : err_text(e));
    pthread_mutex_unlock(&u->lock);
    log_line(LOG_WARN, "%s: %s%s%.200s", what, err_text(e), note && note[0] ? ": " : "", note ? note : "");
}

link_conn *uplink_conn(uplink *u)
{
    pthread_mutex_lock(&u->lock);
    link_conn *c = u->greeted && u->conn ? link_conn_keep(u->conn) : NULL;
    pthread_mutex_unlock(&u->lock);
    return c;
}

err uplink_call(uplink *u, uint32_t method, const ProtobufCMessage *m, uint32_t deadline_ms, uint32_t window,
                const link_out_events *ev, link_conn **ret_conn, uint64_t *ret_id)
{
    buf body = {.max = WIRE_BODY_MAX};
    link_conn *c = uplink_conn(u);
    if (!c)
        return ERR_UNREACHABLE;
    err e = wire_encode(m, &body);
    // The events may come before this returns: whoever wants the connection in them has it by then.
    if (e == OK && ret_conn)
        *ret_conn = link_conn_keep(c);
    if (e == OK) {
        e = link_call(c, method, buf_span(&body), deadline_ms, window, ev, ret_id);
        if (e && ret_conn) {
            link_conn_drop(*ret_conn);
            *ret_conn = NULL;
        }
    }
    buf_done(&body);
    link_conn_drop(c);
    return e == ERR_CLOSED ? ERR_UNREACHABLE : e;
}

// ---- the witness ---------------------------------------------------------------------

err witness_get(store_txn *t, chain_head *ret, time_ms *ret_at)
{
    span value;
    err e = store_get(t, TABLE_META, span_str(WITNESS), &value);
    if (e == OK && value.len != 16 + HASH_BYTES)
        e = ERR_CORRUPT;
    if (e == OK) {
        ret->seq = be64_get(value.at);
        memcpy(ret->hash.at, value.at + 8, HASH_BYTES);
        *ret_at = (time_ms)be64_get(value.at + 8 + HASH_BYTES);
    }
    return e;
}

static err witness_run(job *j, store_txn *t)
{
    const chain_head *h = j->state;
    uint8_t value[16 + HASH_BYTES];
    be64_put(value, h->seq);
    memcpy(value + 8, h->hash.at, HASH_BYTES);
    be64_put(value + 8 + HASH_BYTES, (uint64_t)j->now);
    return store_put(t, TABLE_META, span_str(WITNESS), span_of(value, sizeof value));
}

static void witness_answer(job *j, err e)
{
    uplink *u = j->n->up;
    if (e)
        return;
    pthread_mutex_lock(&u->lock);
    u->kept = *(const chain_head *)j->state;
    pthread_mutex_unlock(&u->lock);
}

static void witness_keep(node *n, time_ms now, bool at_once)
{
    uplink *u = n->up;
    pthread_mutex_lock(&u->lock);
    bool due = u->seen.seq > u->kept.seq && (at_once || now - u->kept_at >= WITNESS_EVERY_MS);
    chain_head head = u->seen;
    if (due)
        u->kept_at = now;
    pthread_mutex_unlock(&u->lock);
    job *j = due ? job_with(n, sizeof head, witness_run, witness_answer) : NULL;
    if (!j)
        return;
    *(chain_head *)j->state = head;
    job_submit(j);
}

void uplink_witness(node *n, const Tsunagu__LogHead *head)
{
    uplink *u = n->up;
    if (!head || head->hash.len != HASH_BYTES)
        return;
    pthread_mutex_lock(&u->lock);
    if (head->seq > u->seen.seq) {
        u->seen.seq = head->seq;
        memcpy(u->seen.hash.at, head->hash.data, HASH_BYTES);
    }
    pthread_mutex_unlock(&u->lock);
}

// A log that is shorter than what we remember was cut, or restored from a back-up: either must be known.
static void witness_compare(node *n, const Tsunagu__LogHead *head)
{
    uplink *u = n->up;
    if (!head || head->hash.len != HASH_BYTES)
        return;
    pthread_mutex_lock(&u->lock);
    uint64_t seq = u->seen.seq;
    bool other = head->seq == seq && seq && memcmp(u->seen.hash.at, head->hash.data, HASH_BYTES) != 0;
    pthread_mutex_unlock(&u->lock);
    if (head->seq >= seq && !other)
        return;
    char text[160];
    snprintf(text, sizeof text, "the hub's log ends at %llu, this node has seen entry %llu",
             (unsigned long long)head->seq, (unsigned long long)seq);
    log_line(LOG_WARN, "%s: was the hub restored from a back-up?", text);
    node_note(n, EVENT_CONNECT, ERR_CONFLICT, text);
}

// ---- hello -----------------------------------------------------------------------------

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

static void hello_send(node *n, link_conn *c)
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

// ---- the line's events ---------------------------------------------------------------------

static bool hub_named(const policy *p, const hash32 *spki)
{
    policy_hub_view hub = policy_hub(p);
    bool named = false;
    for (int i = 0; i < hub.tls_count; i++)
        named = crypto_same(hub.tls[i], spki->at, HASH_BYTES) || named;
    return named;
}

static err on_admit(void *ctx, const link_peer *peer, void **ret_user, char *why)
{
    node *n = ctx;
    book *b = node_book(n);
    err e = hub_named(b->r->p, &peer->spki) ? OK : ERR_DENIED;
    book_drop(b);
    if (e)
        snprintf(why, 128, "whoever answered is not the hub that the rules name");
    *ret_user = NULL;
    return e;
}

void uplink_recheck(node *n)
{
    uplink *u = n->up;
    if (!u)
        return;
    pthread_mutex_lock(&u->lock);
    link_conn *c = u->conn ? link_conn_keep(u->conn) : NULL;
    pthread_mutex_unlock(&u->lock);
    if (!c)
        return;
    book *b = node_book(n);
    if (!hub_named(b->r->p, &link_conn_peer(c)->spki))
        link_conn_cut(c, "the rules in force name other keys of the hub");
    book_drop(b);
    link_conn_drop(c);
}

static void on_opened(void *ctx, link_conn *c)
{
    node *n = ctx;
    uplink *u = n->up;
    pthread_mutex_lock(&u->lock);
    link_conn *old = u->conn;
    u->conn = link_conn_keep(c);
    u->generation++;
    u->greeted = u->busy = false;
    u->hello_at = 0;
    pthread_mutex_unlock(&u->lock);
    if (old)
        link_conn_drop(old);
    hello_send(n, c);
}

static void on_closed(void *ctx, link_conn *c, err e, const char *why)
{
    node *n = ctx;
    uplink *u = n->up;
    pthread_mutex_lock(&u->lock);
    link_conn *old = u->conn == c ? u->conn : NULL;
    if (old) {
        u->conn = NULL;
        u->greeted = u->busy = false;
        u->generation++;
        u->since = clock_now_ms();
    }
    bool closing = u->closing;
    pthread_mutex_unlock(&u->lock);
    if (old)
        link_conn_drop(old);
    if (!closing)
        uplink_fail(u, "the connection to the hub ended", e, why);
}

static void on_refused(void *ctx, const char *address, const char *name, err e, const char *why)
{
    node *n = ctx;
    (void)name;
    char what[96];
    snprintf(what, sizeof what, "no connection to %.64s", address);
    // Said once, not at every attempt.
    pthread_mutex_lock(&n->up->lock);
    bool again = strstr(n->up->detail, why && why[0] ? why : err_text(e)) != NULL;
    pthread_mutex_unlock(&n->up->lock);
    if (!again)
        uplink_fail(n->up, what, e, why);
}

// ---- life --------------------------------------------------------------------------------------

static err file_digest(const char *path, hash32 *sum)
{
    uint8_t block[4096];
    ssize_t got;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    while ((got = read(fd, block, sizeof block)) > 0) {
        span parts[2] = {span_of(sum->at, HASH_BYTES), span_of(block, (size_t)got)};
        sha256_parts(parts, 2, sum);
    }
    close(fd);
    return got < 0 ? ERR_IO : OK;
}

static err tls_start(const node_config *c, char *why, tls_ctx **ret, hash32 *ret_files)
{
    tls_files files = {c->tls_ca, c->tls_crl, c->tls_cert, c->tls_key};
    const char *paths[] = {c->tls_ca, c->tls_crl, c->tls_cert, c->tls_key};
    hash32 sum = {{0}};
    for (int i = 0; i < 4; i++)
        if (file_digest(paths[i], &sum) != OK) {
            snprintf(why, 256, "%.200s: %.40s", paths[i], strerror(errno));
            return ERR_IO;
        }
    err e = tls_ctx_new(&files, false, why, ret);
    if (e == OK)
        *ret_files = sum;
    return e;
}

static err line_dial(uplink *u)
{
    node *n = u->n;
    link_options o = {.address = n->config.hub_address,
                      .host = n->config.hub_host,
                      .tls = u->tls,
                      .events = {n, on_admit, on_opened, u->hears->request, on_closed, on_refused}};
    link_end *line;
    err e = link_dial(&o, &line);
    if (e)
        return e;
    pthread_mutex_lock(&u->lock);
    u->line = line;
    pthread_mutex_unlock(&u->lock);
    return OK;
}

err uplink_open(node *n, const uplink_hears *hears, uplink **ret)
{
    uplink *u = calloc(1, sizeof *u);
    char why[256] = "";
    store_txn *t;
    if (!u)
        return ERR_MEM;
    pthread_mutex_init(&u->lock, NULL);
    u->n = n;
    u->hears = hears;
    u->since = clock_now_ms();
    *ret = u; // the events look for it
    err e = tls_start(&n->config, why, &u->tls, &u->files);
    if (e) {
        log_line(LOG_ERROR, "%s", why[0] ? why : err_text(e));
        return e;
    }
    e = store_read(n->keep, &t);
    if (e == OK) {
        time_ms at;
        e = witness_get(t, &u->kept, &at);
        u->seen = u->kept;
        store_end(t);
    }
    if (e == OK || e == ERR_NOT_FOUND)
        e = line_dial(u);
    if (e)
        log_line(LOG_ERROR, _("cannot dial %s: %s"), n->config.hub_address, err_text(e));
    return e;
}

static link_end *line_take(uplink *u)
{
    pthread_mutex_lock(&u->lock);
    link_end *line = u->line;
    u->line = NULL;
    pthread_mutex_unlock(&u->lock);
    return line;
}

err uplink_renew(uplink *u, char *why)
{
    tls_ctx *fresh;
    hash32 files;
    err e = tls_start(&u->n->config, why, &fresh, &files);
    if (e)
        return e;
    if (memcmp(files.at, u->files.at, HASH_BYTES) == 0) {
        tls_ctx_free(fresh);
        return OK;
    }
    link_end *old = line_take(u);
    if (old)
        link_close(old, RENEW_MS);
    tls_ctx_free(u->tls);
    u->tls = fresh;
    u->files = files;
    return line_dial(u);
}

void uplink_drain(uplink *u)
{
    if (!u)
        return;
    pthread_mutex_lock(&u->lock);
    u->closing = true;
    pthread_mutex_unlock(&u->lock);
    publish_drain(u->n);
}

void uplink_close(uplink *u)
{
    if (!u)
        return;
    link_end *line = line_take(u);
    if (line)
        link_close(line, DRAIN_MS);
}

void uplink_free(uplink *u)
{
    if (!u)
        return;
    if (u->conn)
        link_conn_drop(u->conn);
    tls_ctx_free(u->tls);
    pthread_mutex_destroy(&u->lock);
    free(u);
}

void uplink_tick(node *n, time_ms now)
{
    uplink *u = n->up;
    link_conn *again = NULL;
    time_ms mono = clock_mono_ms();
    pthread_mutex_lock(&u->lock);
    if (u->conn && !u->greeted && u->hello_at && mono >= u->hello_at) {
        u->hello_at = 0;
        again = link_conn_keep(u->conn);
    }
    pthread_mutex_unlock(&u->lock);
    if (again) {
        hello_send(n, again);
        link_conn_drop(again);
    }
    witness_keep(n, now, false);
    publish_tick(n, now);
}

void uplink_show(node *n, control_in *in)
{
    uplink *u = n->up;
    char detail[160], when[30];
    link_status s = {0};
    pthread_mutex_lock(&u->lock);
    bool greeted = u->greeted;
    memcpy(detail, u->detail, sizeof detail);
    time_ms since = u->since;
    if (u->line)
        link_status_of(u->line, &s);
    pthread_mutex_unlock(&u->lock);
    time_format(since, when);
    control_text(in, "state", greeted ? "connected" : "connecting");
    control_text(in, "hub", n->config.hub_address);
    control_text(in, "detail", detail[0] || greeted ? detail : s.last_error);
    control_text(in, "since", when);
}
