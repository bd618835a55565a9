// SPDX-License-Identifier: Apache-2.0
#include "node/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "node/charts/person.h"
#include "node/counter/filing.h"
#include "node/desk.h"
#include "node/disclosing/disclosure.h"
#include "node/disclosing/told.h"
#include "node/flow/flow.h"
#include "node/joining/joining.h"
#include "node/line/post.h"
#include "node/line/uplink.h"
#include "node/office/notice.h"
#include "node/openings/reviews.h"
#include "node/post_rows.h"
#include "node/rulebook/members.h"
#include "node/rulebook/rulebook.h"
#include "node/scanning/scan.h"
#include "node/viewing/viewer.h"
#include "node/flow/withdrawal.h"
#include "proto/base/log.h"
#include "proto/base/luhn.h"
#include "proto/base/tongue.h"
#include "proto/store/owner.h"

enum { EXIT_STORE = 74, HANDS = 4, CLOSE_WAIT_MS = 8000 };

static err people_read(node *n, const book *b, people *ret)
{
    diag d = {0};
    if (!n->config.people)
        return OK;
    err e = people_load(n->config.people, b->r->p, n->config.rules_dir != NULL, &d, ret);
    diag_print(&d, stderr);
    diag_done(&d);
    return e;
}

// ---- opening, in order ------------------------------------------------------------------------

static err config_open(node *n, const char *path)
{
    diag d = {0};
    err e = node_config_load(path, &n->config, &d);
    diag_print(&d, stderr);
    diag_done(&d);
    if (e == OK && n->config.facility)
        e = institution_parse(span_str(n->config.facility), &n->facility);
    return e;
}

// ---- what rooms below let those above hear ------------------------------------------------

static void rules_switched(node *n, bool other)
{
    disclosure_renew(n); // also for another mapping alone
    if (other)
        joining_sweep(n);
}

static void hub_said(node *n, const Tsunagu__HelloReply *r)
{
    lists_hear(n, r->lists, r->n_lists);
}

static void hub_greeted(node *n, uint32_t newest, const hash32 *hash)
{
    disclosure_resync_go(n); // also one that was interrupted
    uplink_pump(n);
    post_connected(n);
    rulebook_hear(n, newest, span_of(hash->at, HASH_BYTES), true);
}

static const uplink_hears line_hears = {
    .request = desk_request,
    .rules_held = rulebook_held,
    .said = hub_said,
    .greeted = hub_greeted,
    .published = flow_published,
    .resync_begin = disclosure_resync_begin,
    .resync_go = disclosure_resync_go,
};

static err after_commit(void *ctx)
{
    err e = node_after_commit(ctx);
    notice_committed(ctx);
    return e;
}

static err rules_open(node *n)
{
    err e = rulebook_open(n, rules_switched, &n->versions);
    return e ? e : people_read(n, n->book_now, &n->people_now);
}

static err key_complain(const char *path, err e)
{
    if (e)
        log_line(LOG_ERROR, "%s: %s", path, e == ERR_DENIED ? _("others may read this key: chmod 600") : err_text(e));
    return e;
}

static err keys_open(node *n)
{
    const node_config *c = &n->config;
    err e = key_complain(c->sign_key, sign_key_load(c->sign_key, &n->sign));
    for (size_t i = 0; e == OK && i < c->seal_keys.count && n->seal_count < 2; i++) {
        e = key_complain(c->seal_keys.items[i], seal_key_load(c->seal_keys.items[i], &n->seal[n->seal_count]));
        n->seal_count += e == OK;
    }
    if (e == OK)
        e = key_complain(c->secret, secret_load(c->secret, n->secret));
    if (e == OK)
        e = key_complain(c->federation, pseudonym_key_load(c->federation, (uint8_t)c->epoch, &n->federation));
    if (e == OK)
        membership_check(n, n->book_now->r->p);
    return e;
}

// A failed commit: whatever memory believes may not be what the disk holds. Stop
// acknowledging, leave, let the supervisor start us again over a verified store.
static void on_broken(void *ctx, err e)
{
    (void)ctx;
    log_line(LOG_ERROR, "the store failed (%s): stopping now, nothing more is acknowledged", err_text(e));
    _Exit(EXIT_STORE);
}

// Only a warning: a share may be mounted later, and the next scan finds it.
static void storages_check(const node *n)
{
    const config_list *lists[] = {&n->config.storages, &n->config.storages_extended};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->count; i++) {
            struct stat st;
            const char *path = lists[k]->items[i];
            int failed = stat(path, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
            if (failed)
                log_line(LOG_WARN, _("storage %s: %s: nothing is read from it until it is there"), path,
                         strerror(failed));
        }
}

// A data folder is copied or misspelt easily; two histories in one would be beyond repair.
static err owner_check(node *n)
{
    char name[STORE_OWNER_MAX + 1], other[STORE_OWNER_MAX + 1] = "";
    snprintf(name, sizeof name, "node %s", n->config.name);
    err e = store_owner(n->keep, TABLE_META, name, other);
    if (e == ERR_CONFLICT)
        log_line(LOG_ERROR, _("data: %s belongs to \"%s\", and this is \"%s\": it needs a folder of its own"),
                 n->config.data, other, name);
    else if (e)
        log_line(LOG_ERROR, "%s: %s", n->config.data, err_text(e));
    return e;
}

static void on_waiting(const char *dir)
{
    log_line(LOG_INFO, _("%s: another process holds this store; waiting up to %d s for it to end"), dir,
             STORE_WAIT_MS / 1000);
}

static err store_start(node *n)
{
    store_options so = {.dir = n->config.data, .tables = node_tables, .map_bytes = (size_t)n->config.map_size,
                        .wait_ms = STORE_WAIT_MS, .waiting = on_waiting};
    writer_options wo = {.before = node_before_commit, .after = after_commit, .broken = on_broken, .ctx = n};
    err e = store_open(&so, &n->keep);
    if (e) {
        log_line(LOG_ERROR, "%s: %s", n->config.data,
                 e == ERR_BUSY ? _("another node is using this store") : err_text(e));
        return e;
    }
    e = owner_check(n);
    if (e)
        return e;
    e = accesslog_open(n->keep, TABLE_LOG, &n->log);
    if (e) {
        log_line(LOG_ERROR, "%s", _("the access log does not fit its head: run `tsunagu log verify`, restore a "
                                    "back-up"));
        return e;
    }
    const requests q = flow_reading();
    e = requests_fill(&q, n->keep);
    if (e) {
        log_line(LOG_ERROR, _("%s: the lists of requests could not be made: %s"), n->config.data, err_text(e));
        return e;
    }
    n->batch_over = true;
    return writer_start(n->keep, &wo, &n->write);
}

static err desk_start(node *n)
{
    err e = control_start(n->config.socket, node_commands, node_command_count, n, &n->desk);
    if (e)
        log_line(LOG_ERROR, "%s: %s", n->config.socket,
                 e == ERR_BUSY || e == ERR_EXISTS ? _("another daemon answers there") : err_text(e));
    return e;
}

err node_open(const char *config_path, node **ret)
{
    node *n = calloc(1, sizeof *n);
    if (!n)
        return ERR_MEM;
    pthread_mutex_init(&n->book_lock, NULL);
    n->since = clock_now_ms();
    err e = config_open(n, config_path);
    if (e == OK)
        log_open("tsunagu-node", (log_level)n->config.log_level);
    if (e == OK)
        e = rules_open(n);
    if (e == OK)
        e = keys_open(n);
    if (e == OK)
        e = store_start(n);
    if (e == OK)
        e = rulebook_remembered(n);
    if (e == OK)
        e = filing_open(n, &n->files);
    if (e == OK)
        e = pool_start(HANDS, &n->hands);
    if (e == OK)
        e = viewer_new(n, &n->view);
    if (e == OK)
        e = post_open(n, post_rows, post_row_count, &n->mail);
    if (e == OK)
        e = notice_open(n, &n->board);
    if (e == OK) {
        node_note(n, EVENT_START, OK, "");
        rulebook_begin(n);
        e = uplink_open(n, &line_hears, &n->up);
    }
    if (e == OK) {
        storages_check(n);
        e = scan_start(n, disclosure_recheck, &n->scan);
    }
    if (e == OK)
        e = desk_start(n);
    if (e == OK) {
        person_known_begin(n);
        disclosure_renew(n); // rules or mapping may have changed while we were away
        joining_sweep(n);
    }
    if (e) {
        if (!node_close(n))
            _Exit(EXIT_FAILURE);
        return e;
    }
    log_line(LOG_INFO, "node %s dials %s under rules version %u", n->config.name, n->config.hub_address,
             policy_version(n->book_now->r->p));
    *ret = n;
    return OK;
}

// ---- reload ---------------------------------------------------------------------------------------

// Rules, people, certificates and revocation list anew; what does not verify leaves the old in force.
static void node_reload(node *n)
{
    char why[256] = "";
    people fresh = {0}, old;
    rulebook_reload(n);
    book *b = node_book(n);
    err e = people_read(n, b, &fresh);
    book_drop(b);
    if (e == OK) {
        pthread_mutex_lock(&n->book_lock);
        old = n->people_now;
        n->people_now = fresh;
        pthread_mutex_unlock(&n->book_lock);
        people_done(&old);
    } else {
        log_line(LOG_ERROR, "the people file was not reloaded, the old one stays in force");
    }
    notice_reload(n);
    e = uplink_renew(n->up, why);
    if (e)
        log_line(LOG_ERROR, "certificates not reloaded, the old ones stay in use: %s", why[0] ? why : err_text(e));
}

// ---- running --------------------------------------------------------------------------------------

void node_run(node *n, bool (*stop)(void), bool (*reload)(void))
{
    const struct timespec beat = {0, 200000000};
    while (!stop()) {
        time_ms now = clock_now_ms();
        nanosleep(&beat, NULL);
        uplink_tick(n, now);
        rulebook_tick(n, now);
        viewer_tick(n, now);
        post_tick(n, now);
        flow_tick(n, now);
        notice_tick(n, now);
        reviews_tick(n, now);
        told_tick(n, now);
        withdrawals_tick(n);
        filing_tick(n, now);
        if (reload())
            node_reload(n);
    }
}

// What is under way may finish; what waits for others is told that we stop. Whatever takes longer (a disk
// that does not answer, a whole log being verified) would touch what is about to be freed.
static bool work_wait(node *n)
{
    const struct timespec beat = {0, 10000000};
    time_ms until = clock_mono_ms() + CLOSE_WAIT_MS;
    while (__atomic_load_n(&n->jobs_open, __ATOMIC_SEQ_CST) > 0 && clock_mono_ms() < until)
        nanosleep(&beat, NULL);
    bool over = __atomic_load_n(&n->jobs_open, __ATOMIC_SEQ_CST) == 0;
    if (!over)
        log_line(LOG_WARN, "work is still under way after %d s: leaving without it", CLOSE_WAIT_MS / 1000);
    return over;
}

bool node_close(node *n)
{
    if (!n)
        return true;
    __atomic_store_n(&n->closing, true, __ATOMIC_SEQ_CST);
    scan_stop(n->scan);
    notice_drain(n);
    if (n->write && n->up)
        uplink_drain(n->up);
    viewer_drain(n); // documents that nobody takes any more would hold the line open
    uplink_close(n->up);
    viewer_drain(n); // what came meanwhile
    if (n->write && !work_wait(n))
        return false;
    control_stop(n->desk);
    if (n->write)
        node_note(n, EVENT_STOP, OK, "");
    pool_stop(n->hands);
    if (n->write)
        writer_stop(n->write);
    // All has stopped; now all is freed.
    scan_free(n->scan);
    uplink_free(n->up);
    filing_free(n->files);
    shelf_close(n->papers);
    viewer_free(n->view);
    post_free(n->mail);
    notice_free(n->board);
    ssmix_index_close(n->index);
    accesslog_done(&n->log);
    store_close(n->keep);
    sign_key_free(n->sign);
    for (int i = 0; i < n->seal_count; i++)
        seal_key_free(n->seal[i]);
    pseudonym_key_done(&n->federation);
    crypto_wipe(n->secret, sizeof n->secret);
    book_drop(n->book_now);
    rulebook_free(n->versions);
    people_done(&n->people_now);
    node_config_done(&n->config);
    pthread_mutex_destroy(&n->book_lock);
    free(n);
    return true;
}
