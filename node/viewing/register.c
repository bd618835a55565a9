// SPDX-License-Identifier: Apache-2.0
// Registering a facility's own patient number, and the patient's withdrawal at the viewing side.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/charts/charts.h"
#include "node/charts/own.h"
#include "node/flow/flow.h"
#include "node/line/uplink.h"
#include "node/rulebook/rulebook.h"
#include "node/viewing/viewer.h"
#include "proto/base/luhn.h"

enum { WITHDRAW_DEADLINE_MS = 30000 };

// ---- register ----------------------------------------------------------------------------

typedef struct registering {
    person who;
    uint8_t user_id[USER_ID_BYTES];
    char number[OWN_NUMBER_MAX + 1];
    pseudonym patient;
    bool also;
    own_was was;
} registering;

static const char *const was_names[] = {[OWN_NEW] = "new", [OWN_SAME] = "same", [OWN_CHANGED] = "changed"};

static err register_log(job *j, store_txn *t, const registering *r, err status)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    viewer_entry(&e, &r->who, r->user_id, NULL);
    e.event = EVENT_REGISTER;
    e.status = (uint32_t)status;
    e.pseudonym = wire_bytes(span_of(r->patient.at, PSEUDONYM_BYTES));
    e.note = (char *)was_names[r->was];
    return job_log(j, t, &e);
}

static err register_run(job *j, store_txn *t)
{
    registering *r = j->state;
    err e = own_set(t, r->who.facility, r->number, &r->patient, r->also, &r->was);
    if (e == ERR_CONFLICT)
        snprintf(j->note, sizeof j->note, "another own number has the same name, birth and sex; say also if it is so");
    if (e == OK)
        e = register_log(j, t, r, OK);
    return e == ERR_CONFLICT ? e : job_store_err(e);
}

static void register_answer(job *j, err e)
{
    const registering *r = j->state;
    if (e == OK) {
        char code[11];
        institution_format(r->who.facility, code);
        control_record(j->in, "patient");
        control_text(j->in, "number", r->number);
        control_text(j->in, "facility", code);
        control_text(j->in, "state", was_names[r->was]);
    }
    job_finish(j, e);
}

// Names, birth and sex make the pseudonym; insurance takes no part in it.
static err form_read(node *n, control_in *in, registering *r)
{
    identity i = {.birth = DAY_NONE};
    const char *number = control_arg(in, "number"), *missing = "";
    bool any;
    if (!number || !number[0] || strlen(number) > OWN_NUMBER_MAX) {
        control_note(in, "say the facility's own number: number (at most %d bytes)", OWN_NUMBER_MAX);
        return ERR_USAGE;
    }
    strcpy(r->number, number);
    err e = identity_args(in, &i, &any);
    if (e == OK) {
        e = pseudonym_of(&n->federation, &i, &r->patient, &missing);
        if (e == ERR_FORMAT) {
            control_note(in, "%s is needed, written in full", missing);
            e = ERR_USAGE;
        }
    }
    identity_wipe(&i);
    return e;
}

void own_register(node *n, control_in *in)
{
    person who;
    const char *also = control_arg(in, "also");
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(registering), register_run, register_answer);
    registering *r = j ? j->state : NULL;
    err e = r ? rulebook_admits(j->rules, j->now, j->note) : ERR_MEM;
    if (e == ERR_STALE)
        control_note(in, "%s", j->note);
    if (e == OK)
        e = form_read(n, in, r);
    if (e) {
        job_free(j);
        control_finish(in, e);
        return;
    }
    r->who = who;
    r->also = also && strcmp(also, "yes") == 0;
    user_id_of(n->secret, who.facility, who.user, r->user_id);
    j->in = in;
    job_submit(j);
}

// ---- the patient withdraws here --------------------------------------------------------------

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
