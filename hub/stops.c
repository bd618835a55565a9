// SPDX-License-Identifier: Apache-2.0
#include "hub/stops.h"

#include <stdio.h>
#include <stdlib.h>

#include "hub/desk.h"
#include "hub/index.h"
#include "proto/base/log.h"
#include "proto/pact/ticket.h"

enum { STOP_DEADLINE_MS = 30000, TRANSIT_MS = 5000 };

typedef struct push {
    bool found, more;
    stop_notice notice;
} push;

typedef struct told {
    session *s;
    stop_notice notice;
} told;

// Gives the turn back. A later stop, a new connection or the minute's round (door_tick) tries again.
static void turn_end(job *j)
{
    __atomic_store_n(&j->caller->stop_busy, false, __ATOMIC_RELEASE);
}

// The node's answer, on the line's thread: what follows must happen on the writer's.
static err told_run(job *j, store_txn *t)
{
    const stop_notice *n = j->state;
    char text[40];
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    turn_end(j);
    if (n->seq <= j->caller->stop_cursor)
        return OK;
    j->caller->stop_cursor = n->seq;
    snprintf(text, sizeof text, "stop %llu", (unsigned long long)n->seq);
    e.event = EVENT_STOP_TOLD;
    e.facility = n->viewer;
    e.pseudonym = wire_bytes(span_of(n->who.at, PSEUDONYM_BYTES));
    e.note = text;
    return job_log(j, t, &e, NULL);
}

static void told_answer(job *j, err e)
{
    if (e == OK)
        stops_push(j->h, j->caller);
}

static void stop_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    told *k = ctx;
    (void)call;
    (void)body;
    (void)note;
    job *j = e == OK && status == OK ? job_new(k->s->h, k->s, NULL, told_run, told_answer) : NULL;
    stop_notice *copy = j ? arena_get(&j->memory, sizeof *copy) : NULL;
    if (copy) {
        *copy = k->notice;
        j->state = copy;
        j->unsent = turn_end;
        job_submit(j);
    } else {
        log_line(LOG_WARN, "node %s has not yet recorded a withdrawal: %s", k->s->node,
                 e ? err_text(e) : err_text((err)status));
        __atomic_store_n(&k->s->stop_busy, false, __ATOMIC_RELEASE);
        job_free(j);
    }
    session_drop(k->s);
    free(k);
}

static void stop_send(session *s, const stop_notice *n)
{
    Tsunagu__StopRequest q = TSUNAGU__STOP_REQUEST__INIT;
    buf body = {0};
    link_conn *c = session_conn(s);
    told *k = malloc(sizeof *k);
    q.stop_seq = n->seq;
    q.pseudonym = wire_bytes(span_of(n->who.at, PSEUDONYM_BYTES));
    q.facility = n->viewer;
    q.at_ms = n->at;
    err e = !c ? ERR_CLOSED : !k ? ERR_MEM : wire_encode((const ProtobufCMessage *)&q, &body);
    if (e == OK) {
        *k = (told){session_keep(s), *n};
        link_out_events ev = {.ctx = k, .done = stop_done};
        e = link_call(c, METHOD_STOP, buf_span(&body), STOP_DEADLINE_MS, 0, &ev, NULL);
        if (e)
            session_drop(s);
    }
    if (e) {
        free(k);
        __atomic_store_n(&s->stop_busy, false, __ATOMIC_RELEASE);
    }
    if (c)
        link_conn_drop(c);
    buf_done(&body);
}

static err push_run(job *j, store_txn *t)
{
    push *p = j->state;
    session *s = j->caller;
    if (__atomic_load_n(&s->stop_busy, __ATOMIC_ACQUIRE) || !s->greeted)
        return OK;
    int node = policy_node(j->rules->p, s->node);
    if (node == POLICY_NONE)
        return OK;
    uint64_t seen, after = s->stop_seen > s->stop_cursor ? s->stop_seen : s->stop_cursor;
    err e = index_stop_next(t, j->rules->p, node, after, &p->notice, &seen);
    if (e == OK) {
        p->found = true;
        __atomic_store_n(&s->stop_busy, true, __ATOMIC_RELEASE);
    } else if (e == ERR_BUSY || e == ERR_NOT_FOUND) {
        s->stop_seen = seen;
        p->more = e == ERR_BUSY;
        e = OK;
    }
    return e;
}

static void push_answer(job *j, err e)
{
    const push *p = j->state;
    if (e == OK && p->found)
        stop_send(j->caller, &p->notice);
    else if (e == OK && p->more)
        stops_push(j->h, j->caller);
}

void stops_push(hub *h, session *s)
{
    job *j = job_new(h, s, NULL, push_run, push_answer);
    push *p = j ? arena_get(&j->memory, sizeof *p) : NULL;
    if (!p) {
        job_free(j);
        return;
    }
    j->state = p;
    job_submit(j);
}

void stops_push_all(hub *h)
{
    size_t count;
    session **list = roster_list(h, &count);
    for (size_t i = 0; i < count; i++) {
        stops_push(h, list[i]);
        session_drop(list[i]);
    }
    free(list);
}

// ---- the duty ------------------------------------------------------------------

typedef struct withdraw {
    uint64_t seq;
    err verdict;
} withdraw;

// It covers every consent that stood when it was said, also one from a clock that is ahead of ours; one that had to
// wait for us leaves alone what the patient agreed to since then.
static time_ms withdrawn_at(time_ms now, time_ms agreed, uint64_t age)
{
    if (age <= TICKET_SKEW_MS)
        return agreed > now ? agreed : now;
    time_ms said = age < (uint64_t)now ? now - (time_ms)age : 0;
    return agreed < said ? said : agreed < said + TICKET_SKEW_MS ? agreed : said + TICKET_SKEW_MS;
}

// Our answer was lost: told again, it seems to be of a moment later by as long as it was on its way. Not if the patient
// agreed to something in between: then it is another one.
static bool told_again(const stop_record *old, time_ms at, time_ms agreed)
{
    return old->at >= at || (old->at >= at - TRANSIT_MS && !(agreed > old->at && agreed <= at));
}

static err withdraw_put(job *j, store_txn *t, const Tsunagu__WithdrawRequest *q, const pseudonym *who, uint64_t *ret_seq)
{
    time_ms agreed = 0;
    stop_record old;
    err e = index_agreed_last(t, who, &agreed), had = index_stop(t, who, q->facility, &old);
    if (had != OK && had != ERR_NOT_FOUND)
        return had;
    time_ms at = withdrawn_at(j->now, agreed, q->age_ms);
    if (e == OK && had == OK && q->age_ms > TICKET_SKEW_MS && told_again(&old, at, agreed)) {
        *ret_seq = old.seq;
        return OK;
    }
    if (had == OK && old.at > at)
        at = old.at; // what was covered stays so, whatever the cards say by now
    if (e == OK)
        e = index_stop_put(j->h, t, who, q->facility, at, ret_seq);
    if (e == OK)
        j->h->stop_seq = *ret_seq;
    return e == ERR_NOT_FOUND ? ERR_IO : e;
}

err withdraw_run(job *j, store_txn *t)
{
    const Tsunagu__WithdrawRequest *q = j->request;
    const policy *p = j->rules->p;
    withdraw *w = arena_get(&j->memory, sizeof *w);
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    pseudonym who;
    char late[sizeof j->note];
    if (!w)
        return ERR_MEM;
    j->state = w;
    if (pseudonym_parse(wire_span(q->pseudonym), &who) != OK || q->user.len != USER_ID_BYTES)
        return ERR_FORMAT;
    int node = policy_node(p, j->caller->node), facility = policy_facility(p, q->facility);
    if (node == POLICY_NONE || facility == POLICY_NONE || !policy_node_serves(p, node, facility)) {
        w->verdict = ERR_DENIED;
        snprintf(j->note, sizeof j->note, "that facility does not ask through this node");
    } else {
        err failed = withdraw_put(j, t, q, &who, &w->seq);
        if (failed)
            return failed;
    }
    if (!j->note[0] && q->age_ms > TICKET_SKEW_MS)
        snprintf(late, sizeof late, "said %llu s before", (unsigned long long)(q->age_ms / 1000));
    else
        snprintf(late, sizeof late, "%s", j->note);
    e.event = EVENT_WITHDRAW;
    e.status = (uint32_t)w->verdict;
    e.note = late;
    e.facility = q->facility;
    e.user = q->user;
    e.role = q->role;
    e.pseudonym = q->pseudonym;
    return job_log(j, t, &e, NULL);
}

void withdraw_answer(job *j, err e)
{
    const withdraw *w = j->state;
    Tsunagu__WithdrawReply reply = TSUNAGU__WITHDRAW_REPLY__INIT;
    buf out = {0};
    if (e == OK)
        e = w->verdict;
    if (e == OK) {
        reply.stop_seq = w->seq;
        e = wire_encode((const ProtobufCMessage *)&reply, &out);
    }
    job_reply(j, e, buf_span(&out));
    buf_done(&out);
    if (e == OK)
        stops_push_all(j->h);
}
