// SPDX-License-Identifier: Apache-2.0
#include "hub/hub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hub/desk.h"
#include "hub/index.h"
#include "proto/base/log.h"
#include "proto/base/tongue.h"
#include "proto/store/owner.h"

static const char *const tables[] = {"meta", "card", "log", "sequence", "stop", "stop_order", "refused", NULL};

enum { EXIT_STORE = 74, DRAIN_MS = 5000 };

rules *hub_rules(hub *h)
{
    pthread_mutex_lock(&h->rules_lock);
    rules *r = rules_keep(h->rules_now);
    pthread_mutex_unlock(&h->rules_lock);
    return r;
}

// A failed commit: whatever memory believes may not be what the disk holds. Stop
// acknowledging, leave, let the supervisor start us again over a verified store.
static void on_broken(void *ctx, err e)
{
    hub *h = ctx;
    __atomic_store_n(&h->dead, true, __ATOMIC_RELEASE);
    log_line(LOG_ERROR, "the store failed (%s): stopping now, nothing more is acknowledged", err_text(e));
    _Exit(EXIT_STORE);
}

static err config_open(hub *h, const char *path)
{
    diag d = {0};
    err e = hub_config_load(path, &h->config, &d);
    diag_print(&d, stderr);
    diag_done(&d);
    return e;
}

static err tls_open(const hub_config *c, tls_ctx **ret)
{
    char why[256] = "";
    tls_files files = {c->tls_ca, c->tls_crl, c->tls_cert, c->tls_key};
    err e = tls_ctx_new(&files, true, why, ret);
    if (e)
        log_line(LOG_ERROR, "%s", why[0] ? why : err_text(e));
    return e;
}

static err file_hash(const char *path, hash32 *ret)
{
    buf bytes = {.max = 16 << 20};
    uint8_t piece[4096];
    FILE *f = fopen(path, "rbe");
    err e = f ? OK : ERR_IO;
    for (size_t n; e == OK && (n = fread(piece, 1, sizeof piece, f)) > 0;)
        e = buf_put(&bytes, piece, n);
    if (f)
        fclose(f);
    if (e == OK)
        sha256(buf_span(&bytes), ret);
    buf_done(&bytes);
    return e;
}

static err key_open(hub *h)
{
    err e = sign_key_load(h->config.sign_key, &h->ticket_key);
    if (e) {
        log_line(LOG_ERROR, "%s: %s", h->config.sign_key,
                 e == ERR_DENIED ? _("others may read this key: chmod 600") : err_text(e));
    }
    return e;
}

// A data folder is copied or misspelt easily; two histories in one would be beyond repair.
static err owner_check(hub *h)
{
    char name[STORE_OWNER_MAX + 1], other[STORE_OWNER_MAX + 1] = "";
    snprintf(name, sizeof name, "hub %s", h->config.name);
    err e = store_owner(h->keep, TABLE_META, name, other);
    if (e == ERR_CONFLICT)
        log_line(LOG_ERROR, _("data: %s belongs to \"%s\", and this is \"%s\": it needs a folder of its own"),
                 h->config.data, other, name);
    else if (e)
        log_line(LOG_ERROR, "%s: %s", h->config.data, err_text(e));
    return e;
}

static void on_waiting(const char *dir)
{
    log_line(LOG_INFO, _("%s: another process holds this store; waiting up to %d s for it to end"), dir,
             STORE_WAIT_MS / 1000);
}

static err store_start(hub *h)
{
    store_options so = {.dir = h->config.data, .tables = tables, .map_bytes = (size_t)h->config.map_size,
                        .wait_ms = STORE_WAIT_MS, .waiting = on_waiting};
    writer_options wo = {.batch_max = HUB_JOBS, .before = hub_before_commit, .after = hub_after_commit,
                         .telling = hub_telling, .broken = on_broken, .ctx = h};
    store_txn *t;
    err e = store_open(&so, &h->keep);
    if (e) {
        log_line(LOG_ERROR, "%s: %s", h->config.data,
                 e == ERR_BUSY ? _("another hub is using this store") : err_text(e));
        return e;
    }
    e = owner_check(h);
    if (e)
        return e;
    e = accesslog_open(h->keep, TABLE_LOG, &h->log);
    if (e) {
        log_line(LOG_ERROR, "%s", _("the access log does not fit its head: run `tsunagu log verify`, restore a "
                                    "back-up"));
        return e;
    }
    e = store_read(h->keep, &t);
    if (e == OK) {
        e = index_stop_last(t, &h->stop_seq);
        store_end(t);
    }
    h->batch_over = true;
    for (int i = 0; i < HUB_TICKETS; i++)
        ticket_batch_init(&h->tickets[i]);
    if (e == OK)
        e = signer_start(h->ticket_key, &h->sign);
    return e ? e : writer_start(h->keep, &wo, &h->write);
}

static err line_start(hub *h)
{
    const hub_config *c = &h->config;
    link_options o = {.address = c->listen,
                      .tls = h->tls,
                      .events = {h, door_admit, door_opened, desk_request, door_closed, door_refused},
                      .handshake_ms = (uint32_t)c->handshake_ms,
                      .frame_ms = (uint32_t)c->frame_ms,
                      .idle_ms = (uint32_t)c->idle_ms,
                      .write_ms = (uint32_t)c->write_ms,
                      .conns = (uint32_t)c->conns,
                      .conns_address = (uint32_t)c->conns_address,
                      .calls_peer = (uint32_t)c->calls_peer};
    err e = link_listen(&o, &h->line);
    if (e)
        log_line(LOG_ERROR, _("cannot listen on %s: %s"), c->listen,
                 e == ERR_EXISTS ? _("the address is in use") : e == ERR_DENIED ? _("not allowed")
                 : e == ERR_UNREACHABLE ? _("this machine has no such address") : err_text(e));
    return e;
}

err hub_open(const char *config_path, hub **ret)
{
    hub *h = calloc(1, sizeof *h);
    if (!h)
        return ERR_MEM;
    pthread_mutex_init(&h->book.lock, NULL);
    upload_init(&h->upload);
    pthread_mutex_init(&h->rules_lock, NULL);
    pthread_mutex_init(&h->roster_lock, NULL);
    pthread_mutex_init(&h->refusal_lock, NULL);
    pthread_mutex_init(&h->spare_lock, NULL);
    h->since = clock_now_ms();
    err e = config_open(h, config_path);
    if (e == OK)
        log_open("tsunagu-hub", (log_level)h->config.log_level);
    if (e == OK)
        e = key_open(h);
    if (e == OK)
        e = book_open(h, h->since);
    if (e == OK)
        e = tls_open(&h->config, &h->tls);
    if (e == OK)
        e = file_hash(h->config.tls_crl, &h->crl_hash);
    if (e == OK)
        e = store_start(h);
    if (e == OK)
        e = book_remembered(h);
    if (e == OK) {
        hub_note(h, EVENT_START, OK, h->config.name, "");
        book_started(h);
        door_tick(h, h->since); // from the first connection on, refusals are on record
        e = line_start(h);
    }
    if (e == OK) {
        e = control_start(h->config.socket, hub_commands, hub_command_count, h, &h->desk);
        if (e)
            log_line(LOG_ERROR, "%s: %s", h->config.socket,
                     e == ERR_BUSY || e == ERR_EXISTS ? _("another daemon answers there") : err_text(e));
    }
    if (e) {
        hub_close(h);
        return e;
    }
    log_line(LOG_INFO, "hub %s serves port %u under rules version %u", h->config.name, link_port_of(h->line),
             policy_version(h->rules_now->p));
    *ret = h;
    return OK;
}

void hub_run(hub *h, bool (*stop)(void), bool (*reload)(void))
{
    const struct timespec beat = {0, 200000000};
    while (!stop()) {
        nanosleep(&beat, NULL);
        door_tick(h, clock_now_ms());
        book_tick(h, clock_now_ms());
        if (reload())
            hub_reload(h);
    }
}

// What an operator said is answered when it is durable. A disk that takes longer would answer to what is
// about to be freed, and the store stands a sudden end: then we leave as we are.
static void desk_stop(hub *h)
{
    if (h->desk && control_drain(h->desk, DRAIN_MS) != OK) {
        log_line(LOG_WARN, "work is still under way after %d s: leaving without it", DRAIN_MS / 1000);
        _Exit(EXIT_SUCCESS);
    }
    control_stop(h->desk);
}

void hub_close(hub *h)
{
    if (!h)
        return;
    // All stop first, then all is freed.
    desk_stop(h);
    if (h->line)
        link_close(h->line, DRAIN_MS);
    if (h->write) {
        hub_note(h, EVENT_STOP, OK, h->config.name, "");
        writer_stop(h->write);
    }
    signer_stop(h->sign);
    jobs_trim(h);
    accesslog_done(&h->log);
    for (int i = 0; i < HUB_TICKETS; i++)
        ticket_batch_done(&h->tickets[i]);
    store_close(h->keep);
    tls_ctx_free(h->tls);
    sign_key_free(h->ticket_key);
    rules_drop(h->rules_now);
    book_close(h);
    free(h->sessions);
    hub_config_done(&h->config);
    pthread_mutex_destroy(&h->book.lock);
    upload_done(&h->upload);
    pthread_mutex_destroy(&h->rules_lock);
    pthread_mutex_destroy(&h->roster_lock);
    pthread_mutex_destroy(&h->refusal_lock);
    pthread_mutex_destroy(&h->spare_lock);
    free(h);
}

static void tls_reload(hub *h)
{
    tls_ctx *fresh;
    hash32 crl = {0};
    if (tls_open(&h->config, &fresh) != OK) {
        log_line(LOG_ERROR, "certificates not reloaded, the old ones stay in force");
        return;
    }
    tls_ctx_free(link_set_tls(h->line, fresh));
    h->tls = fresh;
    if (file_hash(h->config.tls_crl, &crl) == OK && memcmp(crl.at, h->crl_hash.at, HASH_BYTES) == 0)
        return;
    // Whoever stands was let in under the old list; the others are back within seconds.
    h->crl_hash = crl;
    log_line(LOG_INFO, "a new revocation list: every node is checked anew");
    roster_cut_all(h, "a new revocation list");
}

void hub_reload(hub *h)
{
    book_reload(h, clock_now_ms());
    tls_reload(h);
}
