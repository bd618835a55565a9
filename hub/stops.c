// SPDX-License-Identifier: Apache-2.0
#include "hub/stops.h"

#include <stdlib.h>
#include <string.h>

#include "hub/desk.h"
#include "hub/index.h"
#include "proto/base/log.h"

enum { STOP_DEADLINE_MS = 30000 };

typedef struct push {
    bool found;
    stop_notice notice;
} push;

typedef struct told {
    session *s;
    uint64_t seq;
} told;

// The node's answer, on the line's thread: what follows must happen on the writer's.
static err told_run(job *j, store_txn *t)
{
    const told *k = j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    k->s->stop_busy = false;
    if (k->seq <= k->s->stop_cursor)
        return OK;
    k->s->stop_cursor = k->seq;
    e.event = EVENT_STOP_TOLD;
    return job_log(j, t, &e, NULL);
}

static void told_answer(job *j, err e)
{
    if (e == OK)
        stops_push(j->h, j->caller);
}

// Gives the turn back after a failure: on the writer's thread, where stop_busy lives.
static void turn_give_back(session *s);

static void stop_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    told *k = ctx;
    (void)call;
    (void)body;
    (void)note;
    if (e == OK && status == OK) {
        job *j = job_new(k->s->h, k->s, NULL, told_run, told_answer);
        told *copy = j ? arena_get(&j->memory, sizeof *copy) : NULL;
        if (copy) {
            *copy = *k;
            j->state = copy;
            job_submit(j);
        } else {
            job_free(j);
        }
    } else {
        // It will be told again when it connects anew, or with the next stop.
        log_line(LOG_WARN, "node %s has not yet recorded a withdrawal: %s", k->s->node,
                 err_text(e ? e : (err)status));
        turn_give_back(k->s);
    }
    session_drop(k->s);
    free(k);
}

static err release_run(job *j, store_txn *t)
{
    (void)t;
    j->caller->stop_busy = false;
    return OK;
}

static void release_answer(job *j, err e)
{
    (void)j;
    (void)e;
}

static void turn_give_back(session *s)
{
    job *j = job_new(s->h, s, NULL, release_run, release_answer);
    if (j)
        job_submit(j);
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
        *k = (told){session_keep(s), n->seq};
        link_out_events ev = {.ctx = k, .done = stop_done};
        e = link_call(c, METHOD_STOP, buf_span(&body), STOP_DEADLINE_MS, 0, &ev, NULL);
        if (e)
            session_drop(s);
    }
    if (e) {
        free(k);
        s->stop_busy = false; // on the writer's thread here
    }
    if (c)
        link_conn_drop(c);
    buf_done(&body);
}

static err push_run(job *j, store_txn *t)
{
    push *p = j->state;
    session *s = j->caller;
    if (s->stop_busy || !s->greeted)
        return OK;
    int node = policy_node(j->rules->p, s->node);
    if (node == POLICY_NONE)
        return OK;
    err e = index_stop_next(t, j->rules->p, node, s->stop_cursor, &p->notice);
    if (e == OK) {
        p->found = true;
        s->stop_busy = true;
    }
    return e == ERR_NOT_FOUND ? OK : e;
}

static void push_answer(job *j, err e)
{
    const push *p = j->state;
    if (e == OK && p->found)
        stop_send(j->caller, &p->notice);
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
    session *list[512];
    size_t count = 0;
    pthread_mutex_lock(&h->roster_lock);
    for (size_t i = 0; i < h->session_count && count < 512; i++)
        list[count++] = session_keep(h->sessions[i]);
    pthread_mutex_unlock(&h->roster_lock);
    for (size_t i = 0; i < count; i++) {
        stops_push(h, list[i]);
        session_drop(list[i]);
    }
}

// ---- the duty ------------------------------------------------------------------

typedef struct withdraw {
    uint64_t seq;
} withdraw;

err withdraw_run(job *j, store_txn *t)
{
    const Tsunagu__WithdrawRequest *q = j->request;
    const policy *p = j->rules->p;
    withdraw *w = arena_get(&j->memory, sizeof *w);
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    pseudonym who;
    if (!w)
        return ERR_MEM;
    j->state = w;
    int node = policy_node(p, j->caller->node), facility = policy_facility(p, q->facility);
    if (node == POLICY_NONE || facility == POLICY_NONE || !policy_node_serves(p, node, facility))
        return ERR_DENIED;
    if (pseudonym_parse(wire_span(q->pseudonym), &who) != OK || q->user.len != USER_ID_BYTES)
        return ERR_FORMAT;
    err failed = index_stop_put(j->h, t, &who, q->facility, j->now, &w->seq);
    if (failed)
        return failed == ERR_NOT_FOUND ? ERR_IO : failed;
    j->h->stop_seq = w->seq;
    e.event = EVENT_WITHDRAW;
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
    if (e == OK) {
        reply.stop_seq = w->seq;
        e = wire_encode((const ProtobufCMessage *)&reply, &out);
    }
    job_reply(j, e, buf_span(&out));
    buf_done(&out);
    if (e == OK)
        stops_push_all(j->h);
}
