// SPDX-License-Identifier: Apache-2.0
#include "node/line/uplink_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "proto/base/tongue.h"

enum { DRAIN_MS = 5000, RENEW_MS = 2000 };

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
