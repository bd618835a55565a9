// SPDX-License-Identifier: Apache-2.0
#include "node/flow/withdrawal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/charts/own.h"
#include "node/charts/withdrawn.h"
#include "node/flow/flow.h"
#include "node/line/uplink.h"
#include "node/viewing/viewer.h"
#include "proto/base/log.h"
#include "proto/base/luhn.h"

enum { DEADLINE_MS = 30000, AT_ONCE = 32, AGAIN_MS = 1000, AGAIN_MAX_MS = 300000, PAGE = 400 };

// ---- telling the hub ------------------------------------------------------------------------

typedef struct telling {
    withdrawn w;
    uint64_t seq; // the hub's
} telling;

static void kept_show(job *j, const telling *k)
{
    char when[30];
    time_format(k->w.at, when);
    control_record(j->in, "stop");
    control_text(j->in, "state", k->seq ? "effective" : "kept");
    control_number(j->in, "seq", (int64_t)k->seq);
    control_text(j->in, "at", when);
    if (!k->seq)
        snprintf(j->note, sizeof j->note, "kept; it stops here now; the hub has not yet confirmed it: it is sent as "
                                          "soon as the hub is reached");
}

// Said again meanwhile: that one has yet to be told.
static err confirm_run(job *j, store_txn *t)
{
    const telling *k = j->state;
    withdrawn now;
    char text[48];
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    err x = withdrawn_get(t, k->w.facility, &k->w.who, &now);
    if (x == OK && now.at <= k->w.at)
        x = withdrawn_delete(t, &now);
    else if (x == ERR_NOT_FOUND)
        return OK; // told twice: it is on record
    snprintf(text, sizeof text, "at the hub: stop %llu", (unsigned long long)k->seq);
    e.event = EVENT_WITHDRAW;
    e.facility = k->w.facility;
    e.user = wire_bytes(span_of(k->w.user_id, USER_ID_BYTES));
    e.role = (char *)k->w.role;
    e.pseudonym = wire_bytes(span_of(k->w.who.at, PSEUDONYM_BYTES));
    e.note = text;
    return job_store_err(x ? x : job_log(j, t, &e));
}

static void confirm_answer(job *j, err e)
{
    telling *k = j->state;
    if (e)
        log_line(LOG_ERROR, "that the hub has a withdrawal could not be noted: %s", err_text(e));
    if (j->in)
        kept_show(j, k);
    job_finish(j, OK); // it holds at the hub, whatever became of our note
}

// Each withdrawal has its own answer. A place may be taken by another one's: then nothing is known of the first.
static uint64_t *said_place(node *n, const pseudonym *who, uint64_t *ret_mark)
{
    *ret_mark = be64_get(who->at) << 8;
    return &n->withdrawals_said[who->at[7] % (sizeof n->withdrawals_said / sizeof n->withdrawals_said[0])];
}

static void said_put(node *n, const pseudonym *who, err e)
{
    uint64_t mark, *place = said_place(n, who, &mark);
    __atomic_store_n(place, mark | (uint8_t)e, __ATOMIC_RELAXED);
}

static err said_get(node *n, const pseudonym *who)
{
    uint64_t mark, *place = said_place(n, who, &mark), have = __atomic_load_n(place, __ATOMIC_RELAXED);
    return (have & ~UINT64_C(0xff)) == mark ? (err)(have & 0xff) : OK;
}

static void told_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    job *j = ctx;
    node *n = j->n;
    telling *k = j->state;
    Tsunagu__WithdrawReply *r;
    bool waited_for = j->in != NULL;
    (void)call;
    if (e == OK && status != OK)
        e = status < ERR_COUNT ? (err)status : ERR_FORMAT;
    if (e == OK)
        e = WIRE_DECODE(body, Tsunagu__WithdrawReply, tsunagu__withdraw_reply__descriptor, 1024, &j->memory, &r);
    if (e == OK && !r->stop_seq)
        e = ERR_FORMAT;
    if (e)
        log_line(LOG_WARN, "a withdrawal made here is not at the hub yet: %s%s%.150s", err_text(e),
                 note && note[0] ? ": " : "", note ? note : "");
    said_put(n, &k->w.who, e);
    if (!waited_for && __atomic_sub_fetch(&n->withdrawals_told, 1, __ATOMIC_ACQ_REL) == 0 && e == OK)
        __atomic_store_n(&n->withdrawals_at, 0, __ATOMIC_RELEASE); // perhaps there are more
    if (e == OK) {
        __atomic_store_n(&n->withdrawals_pause, 0, __ATOMIC_RELAXED);
        k->seq = r->stop_seq;
        job_submit(j);
        return;
    }
    if (waited_for)
        kept_show(j, k);
    job_finish(j, OK);
    job_free(j);
}

// Takes the job. How long ago it was said, not when: the clocks of node and hub may differ.
static void tell(job *j)
{
    const telling *k = j->state;
    Tsunagu__WithdrawRequest q = TSUNAGU__WITHDRAW_REQUEST__INIT;
    link_out_events ev = {.ctx = j, .done = told_done};
    time_ms now = clock_now_ms();
    q.facility = k->w.facility;
    q.user = wire_bytes(span_of(k->w.user_id, USER_ID_BYTES));
    q.pseudonym = wire_bytes(span_of(k->w.who.at, PSEUDONYM_BYTES));
    q.role = (char *)k->w.role;
    q.age_ms = now > k->w.at ? (uint64_t)(now - k->w.at) : 0;
    err e = uplink_call(j->n->up, METHOD_WITHDRAW, (const ProtobufCMessage *)&q, DEADLINE_MS, 0, &ev, NULL, NULL);
    if (e)
        told_done(j, NULL, e, OK, (span){0}, NULL);
}

// ---- what waits ------------------------------------------------------------------------------

typedef struct gathering {
    node *n;
    withdrawn at[AT_ONCE];
    size_t count;
} gathering;

static err gather_one(void *ctx, span key, span value)
{
    gathering *g = ctx;
    err e = withdrawn_read(key, value, &g->at[g->count]);
    if (e)
        return e;
    memcpy(g->n->withdrawals_from, key.at, key.len);
    g->n->withdrawals_from[key.len] = 0; // the first key that can follow
    g->n->withdrawals_from_len = key.len + 1;
    return ++g->count == AT_ONCE ? ERR_CLOSED : OK;
}

static void pause_next(node *n)
{
    int pause = __atomic_load_n(&n->withdrawals_pause, __ATOMIC_RELAXED);
    pause = pause ? pause * 2 : AGAIN_MS;
    pause = pause > AGAIN_MAX_MS ? AGAIN_MAX_MS : pause;
    __atomic_store_n(&n->withdrawals_pause, pause, __ATOMIC_RELAXED);
    __atomic_store_n(&n->withdrawals_at, clock_mono_ms() + pause, __ATOMIC_RELEASE);
}

void withdrawals_tick(node *n)
{
    store_txn *t;
    gathering g = {.n = n};
    link_conn *c = NULL;
    if (!(c = uplink_conn(n->up))) { // at once when it is back
        __atomic_store_n(&n->withdrawals_pause, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&n->withdrawals_at, 0, __ATOMIC_RELEASE);
        return;
    }
    link_conn_drop(c);
    if (__atomic_load_n(&n->withdrawals_told, __ATOMIC_ACQUIRE) ||
        __atomic_load_n(&n->withdrawals_at, __ATOMIC_ACQUIRE) > clock_mono_ms())
        return;
    pause_next(n); // unless these arrive
    err e = store_read(n->keep, &t);
    if (e)
        return;
    // In turn: those that the hub does not take must not keep the others back.
    e = store_walk(t, TABLE_WITHDRAWAL, (span){0}, span_of(n->withdrawals_from, n->withdrawals_from_len), gather_one, &g);
    store_end(t);
    if (g.count < AT_ONCE)
        n->withdrawals_from_len = 0;
    if (e)
        log_line(LOG_ERROR, "withdrawals that wait for the hub cannot be read: %s", err_text(e));
    __atomic_store_n(&n->withdrawals_told, (int)g.count, __ATOMIC_RELEASE);
    for (size_t i = 0; i < g.count; i++) {
        job *j = job_with(n, sizeof(telling), confirm_run, confirm_answer);
        if (j) {
            ((telling *)j->state)->w = g.at[i];
            tell(j);
        } else {
            __atomic_sub_fetch(&n->withdrawals_told, 1, __ATOMIC_ACQ_REL);
        }
    }
}

void withdrawals_show(node *n, control_in *in)
{
    store_txn *t;
    uint64_t count = 0;
    err e = store_read(n->keep, &t);
    if (e == OK) {
        e = store_count(t, TABLE_WITHDRAWAL, &count);
        store_end(t);
    }
    control_number(in, "withdrawals", e ? -1 : (int64_t)count);
}

typedef struct listing {
    node *n;
    control_in *in;
    store_txn *t;
    size_t count;
    bool away; // nothing can be sent: so for all of them
} listing;

static err list_one(void *ctx, span key, span value)
{
    listing *l = ctx;
    withdrawn w;
    char text[64];
    err e = withdrawn_read(key, value, &w);
    if (e)
        return e;
    err why = l->away ? ERR_UNREACHABLE : said_get(l->n, &w.who);
    if (l->count++ == PAGE)
        return ERR_CLOSED;
    control_record(l->in, "withdrawal");
    e = own_number(l->t, w.facility, &w.who, text, sizeof text);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    control_text(l->in, "number", e ? "" : text);
    institution_format(w.facility, text);
    control_text(l->in, "facility", text);
    time_format(w.at, text);
    control_text(l->in, "at", text);
    control_text(l->in, "by", w.staff);
    control_text(l->in, "why", why ? err_name(why) : "");
    return OK;
}

void withdrawals_list(node *n, control_in *in)
{
    person who;
    uint8_t facility[8];
    listing l = {.n = n, .in = in};
    if (node_asker(n, in, &who) != OK)
        return;
    be64_put(facility, who.facility);
    link_conn *c = uplink_conn(n->up);
    l.away = !c;
    if (c)
        link_conn_drop(c);
    err e = store_read(n->keep, &l.t);
    if (e == OK) {
        e = store_walk(l.t, TABLE_WITHDRAWAL, span_of(facility, sizeof facility), (span){0}, list_one, &l);
        store_end(l.t);
    }
    control_finish(in, e);
}

// ---- it is said ---------------------------------------------------------------------------------

// The clinic's own requests end in the same commit; the hospitals hear of it from us and from the hub, whoever is
// sooner.
static err withdraw_run(job *j, store_txn *t)
{
    telling *k = j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    k->w.at = j->now;
    err x = withdrawn_put(t, &k->w);
    if (x == OK)
        x = flow_own_withdrawn(j, t, k->w.facility, &k->w.who, k->w.staff);
    e.event = EVENT_WITHDRAW;
    e.facility = k->w.facility;
    e.user = wire_bytes(span_of(k->w.user_id, USER_ID_BYTES));
    e.role = k->w.role;
    e.pseudonym = wire_bytes(span_of(k->w.who.at, PSEUDONYM_BYTES));
    return job_store_err(x ? x : job_log(j, t, &e));
}

static void withdraw_answer(job *j, err e)
{
    telling *k = j->state;
    node *n = j->n;
    if (e) {
        job_finish(j, e);
        return;
    }
    viewer_end(n->view, k->w.facility, &k->w.who);
    // The call outlives this job: what it needs goes with one that is submitted when the hub has answered.
    job *told = job_with(n, sizeof *k, confirm_run, confirm_answer);
    post_pump(n);
    __atomic_store_n(&n->withdrawals_at, clock_mono_ms() + DEADLINE_MS, __ATOMIC_RELEASE); // should this call fail
    if (!told) {
        kept_show(j, k);
        job_finish(j, OK);
        return;
    }
    *(telling *)told->state = *k;
    told->in = j->in;
    j->in = NULL;
    tell(told);
}

void own_withdraw(node *n, control_in *in)
{
    person who;
    store_txn *t;
    const char *number = control_arg(in, "number");
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(telling), withdraw_run, withdraw_answer);
    telling *k = j ? j->state : NULL;
    err e = !k ? ERR_MEM : !number ? ERR_USAGE : store_read(n->keep, &t);
    if (e == OK) {
        e = own_find(t, who.facility, number, &k->w.who);
        store_end(t);
    }
    if (e) {
        if (e == ERR_NOT_FOUND)
            control_note(in, "this number is not registered here");
        job_free(j);
        control_finish(in, e);
        return;
    }
    k->w.facility = who.facility;
    snprintf(k->w.role, sizeof k->w.role, "%s", who.role);
    snprintf(k->w.staff, sizeof k->w.staff, "%s", who.user);
    user_id_of(n->secret, who.facility, who.user, k->w.user_id);
    j->in = in;
    job_submit(j);
}
