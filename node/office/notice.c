// SPDX-License-Identifier: Apache-2.0
#include "node/office/notice_in.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/office/secretariat.h"
#include "proto/base/log.h"
#include "proto/base/luhn.h"

enum { PURGE_EVERY_MS = 3600000, PURGE_MOST = 500 };

// ---- opening -----------------------------------------------------------------------------------------

static err targets_read(const node *n, notify *ret)
{
    diag d = {0};
    if (!n->config.notify)
        return OK;
    err e = notify_load(n->config.notify, &d, ret);
    diag_print(&d, stderr);
    diag_done(&d);
    return e;
}

static void on_told(void *ctx, const char *name, const char *why)
{
    (void)ctx;
    if (why[0])
        log_line(LOG_WARN, "notices do not reach %s: %s; they are tried again", name, why);
    else
        log_line(LOG_INFO, "notices reach %s again", name);
}

err notice_open(node *n, noticeboard **ret)
{
    const notices_options no = {TABLE_NOTICE, TABLE_NOTICE_MARK};
    deliver_options o = {NULL, TABLE_NOTICE_MARK, n->keep, n->write, on_told, NULL};
    notify targets = {0};
    noticeboard *b = calloc(1, sizeof *b);
    if (!b)
        return ERR_MEM;
    pthread_mutex_init(&b->lock, NULL);
    err e = notices_open(&no, &b->all);
    if (e == OK)
        e = targets_read(n, &targets);
    o.notices = b->all;
    if (e == OK)
        e = deliver_start(&o, &targets, &b->out);
    if (e) {
        notify_done(&targets);
        notice_free(b);
        return e;
    }
    *ret = b;
    n->notice = notice_tell;
    return OK;
}

void notice_free(noticeboard *b)
{
    if (!b)
        return;
    deliver_stop(b->out);
    notices_close(b->all);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

void notice_drain(node *n)
{
    noticeboard *b = n->board;
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->closing = true;
    pthread_mutex_unlock(&b->lock);
    notice_tick(n, INT64_MAX);
    deliver_halt(b->out);
}

void notice_reload(node *n)
{
    notify fresh = {0};
    if (targets_read(n, &fresh) == OK)
        deliver_replace(n->board->out, &fresh);
    else
        log_line(LOG_ERROR, "the targets of notices were not reloaded, the old ones stay in force");
}

// ---- telling --------------------------------------------------------------------------------------------

// Is this the node of its union's secretariat?
static bool speaks(const policy *p, const node *n)
{
    int no = policy_node(p, n->config.name);
    const char *name = no == POLICY_NONE ? NULL : secretariat_node(p, policy_node_at(p, no).union_no);
    return name && strcmp(name, n->config.name) == 0;
}

static bool ours(const job *j, uint64_t facility)
{
    const policy *p = j->rules->r->p;
    int no = policy_node(p, j->n->config.name), f = policy_facility(p, facility);
    if (facility == SECRETARIAT)
        return speaks(p, j->n);
    return facility == j->n->facility || (no != POLICY_NONE && f != POLICY_NONE && policy_node_serves(p, no, f));
}

err notice_tell(job *j, store_txn *t, uint64_t facility, int event, const uint8_t *reference)
{
    return j->n->board && ours(j, facility) ? notices_add(j->n->board->all, t, facility, (notice_event)event, reference, j->now, NULL)
                             : OK;
}

err notice_side(job *j, store_txn *t, uint64_t facility, uint32_t mine, flow_event e, const uint8_t *reference)
{
    uint32_t told = e == FLOW_EVENT_COUNT ? 0 : policy_told_of(j->rules->r->p, e);
    err x = j->n->notice && (told & mine) ? j->n->notice(j, t, facility, e, reference) : OK;
    return x == OK && (told >> FLOW_TO_SECRETARIAT & 1) ? secretariat_tell(j, t, facility, e, reference) : x;
}

err notice_tell_all(job *j, store_txn *t, int event, const uint64_t parties[static FLOW_AUDIENCES],
                    const uint8_t *reference)
{
    uint32_t told = policy_told_of(j->rules->r->p, (flow_event)event);
    err e = OK;
    for (int a = 0; e == OK && a < FLOW_AUDIENCES; a++) {
        bool twice = false; // one facility may be two of them
        for (int b = 0; b < a; b++)
            twice = twice || (b != FLOW_TO_SECRETARIAT && (told >> b & 1) && parties[b] == parties[a]);
        if (a == FLOW_TO_SECRETARIAT && (told >> a & 1) && parties[a])
            e = secretariat_tell(j, t, parties[a], event, reference);
        else if ((told >> a & 1) && parties[a] && !twice)
            e = notice_tell(j, t, parties[a], event, reference);
    }
    return e;
}

void notice_committed(node *n)
{
    if (n->board && notices_committed(n->board->all) && n->board->out)
        deliver_wake(n->board->out);
}

// ---- targets -----------------------------------------------------------------------------------------------------

static void target_one(void *ctx, const deliver_figures *f)
{
    control_in *in = ctx;
    char text[30];
    control_record(in, "target");
    control_text(in, "name", f->name);
    control_text(in, "kind", notify_kind_name(f->kind));
    institution_format(f->facility, text);
    control_text(in, "facility", text);
    control_number(in, "upto", (int64_t)f->upto);
    control_number(in, "fails", f->fails);
    text[0] = '\0';
    if (f->fails)
        time_format(f->since, text);
    control_text(in, "since", text);
    control_text(in, "why", f->why);
    text[0] = '\0';
    if (f->fails && f->next)
        time_format(f->next, text);
    control_text(in, "next", text);
}

void notice_targets(node *n, control_in *in)
{
    deliver_list(n->board->out, target_one, in);
    control_finish(in, OK);
}

static void trial_done(void *ctx, err e, const char *why)
{
    job *j = ctx; // only to be counted: the node waits for it before it closes
    if (e == OK) {
        control_record(j->in, "trial");
        control_text(j->in, "sent", "yes");
    } else if (why[0]) {
        snprintf(j->note, sizeof j->note, "%s", why);
    }
    job_finish(j, e);
    job_free(j);
}

void notice_trial(node *n, control_in *in)
{
    const char *name = control_arg(in, "name");
    job *j = name ? job_new(n, NULL, NULL) : NULL;
    if (!j) {
        control_finish(in, name ? ERR_MEM : ERR_USAGE);
        return;
    }
    j->in = in;
    err e = deliver_trial(n->board->out, name, trial_done, j);
    if (e) {
        snprintf(j->note, sizeof j->note, "%s", e == ERR_NOT_FOUND ? "notify.yaml has no target of that name"
                                                                   : "a trial to it is under way");
        job_finish(j, e);
        job_free(j);
    }
}

// ---- now and then ---------------------------------------------------------------------------------------------------

static err purge_run(job *j, store_txn *t)
{
    uint64_t count;
    return job_store_err(notices_purge(j->n->board->all, t, j->now - j->n->config.notices_keep, PURGE_MOST, &count));
}

static void purge_answer(job *j, err e)
{
    (void)j, (void)e; // again in an hour
}

void notice_tick(node *n, time_ms now)
{
    noticeboard *b = n->board;
    followers_tell(n, now);
    if (now == INT64_MAX || clock_mono_ms() < b->purge_at)
        return;
    b->purge_at = clock_mono_ms() + PURGE_EVERY_MS;
    job *j = job_new(n, purge_run, purge_answer);
    if (j)
        job_submit(j);
}

typedef struct failing {
    buf names;
} failing;

static void failing_one(void *ctx, const deliver_figures *f)
{
    failing *k = ctx;
    if (f->fails)
        buf_printf(&k->names, "%s%s", k->names.len ? "," : "", f->name);
}

void notice_show(node *n, control_in *in)
{
    failing k = {0};
    uint64_t count = 0;
    store_txn *t;
    err e = store_read(n->keep, &t);
    if (e == OK) {
        e = notices_waiting(n->board->all, t, &count);
        store_end(t);
    }
    control_number(in, "notices", e ? -1 : (int64_t)count);
    deliver_list(n->board->out, failing_one, &k);
    control_text(in, "notify_failing", buf_str(&k.names));
    buf_done(&k.names);
}
