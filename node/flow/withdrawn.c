// SPDX-License-Identifier: Apache-2.0
// The patient withdraws at a viewing facility: said there and told to the hub, and heard at the hospitals.
#include <stdlib.h>
#include <string.h>

#include "node/charts/own.h"
#include "node/disclosing/stops.h"
#include "node/flow/flow.h"
#include "node/line/uplink.h"
#include "node/notices/notices.h"
#include "node/viewing/viewer.h"

enum { WITHDRAW_DEADLINE_MS = 30000 };

// ---- said here -------------------------------------------------------------------------------

typedef struct withdrawing {
    person who;
    uint8_t user_id[USER_ID_BYTES];
    pseudonym patient;
    uint64_t stop_seq; // the hub's
} withdrawing;

// The hub refuses from now on; what the clinic asked of hospitals for this patient ends with it. A kill before this
// is made good by the hospitals: the hub tells them, and they write back.
static err stopped_run(job *j, store_txn *t)
{
    const withdrawing *w = j->state;
    return job_store_err(flow_own_withdrawn(j, t, w->who.facility, &w->patient, w->who.user));
}

static void stopped_answer(job *j, err e)
{
    const withdrawing *w = j->state;
    if (e == OK) {
        control_record(j->in, "stop");
        control_number(j->in, "seq", (int64_t)w->stop_seq);
        post_pump(j->n);
    }
    job_finish(j, e);
}

static void withdraw_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    job *j = ctx;
    Tsunagu__WithdrawReply *r;
    (void)call;
    if (e == OK && status != OK)
        e = status < ERR_COUNT ? (err)status : ERR_FORMAT;
    if (e == OK)
        e = WIRE_DECODE(body, Tsunagu__WithdrawReply, tsunagu__withdraw_reply__descriptor, 1024, &j->memory, &r);
    if (e == OK) {
        ((withdrawing *)j->state)->stop_seq = r->stop_seq;
        job_submit(j);
        return;
    }
    if (note)
        control_note(j->in, "%s", note);
    job_finish(j, e);
    job_free(j);
}

static err withdraw_run(job *j, store_txn *t)
{
    const withdrawing *w = j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    viewer_entry(&e, &w->who, w->user_id, NULL);
    e.event = EVENT_WITHDRAW;
    e.pseudonym = wire_bytes(span_of(w->patient.at, PSEUDONYM_BYTES));
    return job_log(j, t, &e);
}

static void withdraw_answer(job *j, err e)
{
    const withdrawing *w = j->state;
    Tsunagu__WithdrawRequest q = TSUNAGU__WITHDRAW_REQUEST__INIT;
    // The call outlives this job: what it needs goes with one that is never submitted.
    job *k = e == OK ? job_with(j->n, sizeof *w, stopped_run, stopped_answer) : NULL;
    if (!k) {
        job_finish(j, e ? e : ERR_MEM);
        return;
    }
    *(withdrawing *)k->state = *w;
    k->in = j->in;
    j->in = NULL;
    q.facility = w->who.facility;
    q.user = wire_bytes(span_of(w->user_id, USER_ID_BYTES));
    q.pseudonym = wire_bytes(span_of(w->patient.at, PSEUDONYM_BYTES));
    q.role = (char *)w->who.role;
    link_out_events ev = {.ctx = k, .done = withdraw_done};
    e = uplink_call(j->n->up, METHOD_WITHDRAW, (const ProtobufCMessage *)&q, WITHDRAW_DEADLINE_MS, 0, &ev, NULL, NULL);
    if (e) {
        control_note(k->in, "%s", e == ERR_UNREACHABLE ? "the hub is not connected: not withdrawn yet, say it again"
                                                       : err_text(e));
        job_finish(k, e);
        job_free(k);
    }
}

void own_withdraw(node *n, control_in *in)
{
    person who;
    store_txn *t;
    const char *number = control_arg(in, "number");
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(withdrawing), withdraw_run, withdraw_answer);
    withdrawing *w = j ? j->state : NULL;
    err e = !w ? ERR_MEM : !number ? ERR_USAGE : store_read(n->keep, &t);
    if (e == OK) {
        e = own_find(t, who.facility, number, &w->patient);
        store_end(t);
    }
    if (e) {
        if (e == ERR_NOT_FOUND)
            control_note(in, "this number is not registered here");
        job_free(j);
        control_finish(in, e);
        return;
    }
    w->who = who;
    user_id_of(n->secret, who.facility, who.user, w->user_id);
    j->in = in;
    job_submit(j);
}

// ---- heard from the hub ------------------------------------------------------------------------

static err stop_log(job *j, store_txn *t, const pseudonym *who, uint64_t facility)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    e.event = EVENT_STOP_TOLD;
    e.facility = facility;
    e.source = j->n->facility;
    e.pseudonym = wire_bytes(span_of(who->at, PSEUDONYM_BYTES));
    return job_log(j, t, &e);
}

typedef struct concern {
    const policy *p;
    uint64_t facility;
    time_ms at;
    bool any;
    uint8_t reference[NOTICE_REFERENCE];
} concern;

// Which consent it is about: the notice leads there.
static err concerned_one(void *ctx, const consent *c)
{
    concern *k = ctx;
    const consent_scope *s = &c->card.scope;
    if (s->withdrawn || s->at > k->at || !consent_reaches(k->p, s, k->facility))
        return OK;
    k->any = true;
    memcpy(k->reference, s->id, NOTICE_REFERENCE);
    return ERR_CLOSED;
}

// One notice: where it ended requests, they told of it.
static err stop_end(job *j, store_txn *t, const pseudonym *who, uint64_t facility, time_ms at)
{
    concern k = {.p = j->rules->r->p, .facility = facility, .at = at};
    size_t ended = 0;
    err e = j->n->facility ? consent_holders(t, who, concerned_one, &k) : OK;
    if (e == OK)
        e = flow_stopped(j, t, who, facility, at, &ended);
    if (e == OK && k.any && !ended && j->n->notice)
        e = j->n->notice(j, t, j->n->facility, FLOW_EVENT_WITHDRAWN, k.reference);
    return e;
}

err stop_record(job *j, store_txn *t, uint64_t seq, const pseudonym *who, uint64_t facility, time_ms at)
{
    bool fresh;
    err e = stop_put(t, seq, who, facility, at, &fresh);
    if (e == OK && fresh)
        e = stop_log(j, t, who, facility);
    if (e == OK && fresh)
        e = stop_end(j, t, who, facility, at);
    return job_store_err(e);
}

static err stop_run(job *j, store_txn *t)
{
    const Tsunagu__StopRequest *q = j->request;
    pseudonym who;
    if (pseudonym_parse(wire_span(q->pseudonym), &who) != OK)
        return ERR_FORMAT;
    return stop_record(j, t, q->stop_seq, &who, q->facility, q->at_ms);
}

static void stop_answer(job *j, err e)
{
    job_reply(j, e, (span){0}); // StopReply has no fields: no bytes
    if (e == OK) {
        uplink_pump(j->n);
        post_pump(j->n);
    }
}

void stop_begin(job *j)
{
    j->run = stop_run;
    j->answer = stop_answer;
    job_submit(j);
}
