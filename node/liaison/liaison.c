// SPDX-License-Identifier: Apache-2.0
// A person decides on a request: nothing here is accepted by itself, and where the rules say so a second person
// looks.
#include <stdio.h>
#include <string.h>

#include "node/flow/patient.h"
#include "node/charts/person.h"
#include "node/liaison/deciding.h"
#include "node/liaison/liaison.h"
#include "node/match/accept.h"
#include "node/rulebook/rulebook.h"

static err form_hash(const request *r, hash32 *ret)
{
    buf bytes = {0};
    err e = wire_encode((const ProtobufCMessage *)r->body, &bytes);
    if (e == OK)
        sha256(buf_span(&bytes), ret);
    buf_wipe(&bytes);
    return e;
}

static err accept_run(job *j, store_txn *t)
{
    deciding *k = j->state;
    hash32 now;
    err e = flow_find(j, t, k->id, REQUEST_HOSPITAL, k->who.facility, &k->made);
    request *r = k->made;
    if (e == OK)
        e = form_hash(r, &now);
    if (e)
        return e;
    if (memcmp(now.at, k->seen, HASH_BYTES) != 0)
        return ERR_BUSY; // a corrected form came in this very moment: look again
    if (r->state != REQUEST_RECEIVED) {
        snprintf(j->note, sizeof j->note, "it is %s: it cannot be accepted now", request_state_name(r->state));
        return ERR_CONFLICT;
    }
    r->chart = k->chart;
    r->first = k->who.user;
    r->second = (char *)"";
    r->strength = (char *)match_strength_name(k->match.strength);
    e = patient_check(j, t, r); // a number may have been registered for another meanwhile
    if (e)
        return e;
    if (second_needed(j, r->body, k->match.strength >= MATCH_STRONG))
        return flow_step(j, t, r, REQUEST_PROPOSE, k->who.user, k->text, LETTER_NONE, NULL);
    return flow_accept(j, t, r, k->who.user, k->also);
}

// The chart's own data beside the form's: read from files, so not on the writer's thread.
static err accept_look(deciding *k)
{
    job *j = k->j;
    store_txn *t;
    identity form = {0}, own = {0};
    hash32 h;
    request *r;
    err e = store_read(j->n->keep, &t);
    if (e)
        return e;
    e = flow_find(j, t, k->id, REQUEST_HOSPITAL, k->who.facility, &r);
    if (e == OK)
        e = form_hash(r, &h);
    if (e == OK)
        e = request_identity(r->body->person, &form);
    if (e == OK)
        e = patient_identity(j, t, r, k->chart, &form, &own);
    store_end(t);
    if (e == OK) {
        memcpy(k->seen, h.at, HASH_BYTES);
        identity_compare(&form, &own, &k->match);
        if (!match_accepts(j->rules->r->p, &k->match)) {
            snprintf(j->note, sizeof j->note, "too little agrees between the form and this chart for the rules: ask "
                                              "back, or reject");
            e = ERR_DENIED;
        }
    }
    identity_wipe(&form);
    identity_wipe(&own);
    return e;
}

static void accept_task(pool_task *base)
{
    deciding *k = (deciding *)base;
    job *j = k->j;
    err e = accept_look(k);
    if (e == OK) {
        job_submit(j);
        return;
    }
    deciding_refuse(j, e);
}

void inbox_accept(node *n, control_in *in)
{
    job *j = deciding_new(n, in, accept_run);
    deciding *k = j ? j->state : NULL;
    if (!k)
        return;
    err e = rulebook_admits(j->rules, j->now, j->note);
    if (e == OK)
        e = patient_chart(j, k->who.facility, control_word(in, "chart"), k->chart);
    if (e) {
        deciding_refuse(j, e);
        return;
    }
    k->base.run = accept_task;
    pool_submit(n->hands, &k->base);
}

// Why there is nothing to check, and what is to be done instead.
static err check_nothing(job *j, const request *r)
{
    const char *state = request_state_name(r->state);
    bool waits = r->state == REQUEST_RECEIVED || r->state == REQUEST_ASKED_BACK;
    bool went = r->state == REQUEST_ACCEPTED || r->state == REQUEST_DISCLOSED || r->state == REQUEST_COMPLETED;
    if (waits)
        snprintf(j->note, sizeof j->note, "it is %s: nobody has accepted it yet, and that comes first", state);
    else if (went && r->first[0] && !r->second[0])
        snprintf(j->note, sizeof j->note, "it is %s: the rules let one person decide here, nothing is left to do", state);
    else
        snprintf(j->note, sizeof j->note, "it is %s: there is nothing to check", state);
    return ERR_CONFLICT;
}

static err check_run(job *j, store_txn *t)
{
    deciding *k = j->state;
    err e = flow_find(j, t, k->id, REQUEST_HOSPITAL, k->who.facility, &k->made);
    request *r = k->made;
    if (e)
        return e;
    if (!k->disagree && (e = rulebook_admits(j->rules, j->now, j->note)) != OK)
        return e;
    if (r->state != REQUEST_CHECKING)
        return check_nothing(j, r);
    e = second_other(j, k);
    if (e == OK && !k->disagree)
        e = patient_check(j, t, r);
    if (e)
        return e;
    if (k->disagree)
        return flow_step(j, t, r, REQUEST_RETURN, k->who.user, k->text, LETTER_NONE, NULL);
    r->second = k->who.user;
    return flow_accept(j, t, r, k->who.user, k->also);
}

void inbox_check(node *n, control_in *in)
{
    job *j = deciding_new(n, in, check_run);
    if (j)
        job_submit(j);
}

static err reject_run(job *j, store_txn *t)
{
    deciding *k = j->state;
    const policy *p = j->rules->r->p;
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    int no = policy_reason_find(p, k->reason);
    if (!k->reason[0] || strlen(k->reason) > 64 || (policy_reason_count(p) && no == POLICY_NONE)) {
        buf list = {0};
        for (int i = 0; i < policy_reason_count(p); i++)
            buf_printf(&list, "%s%s", i ? ", " : "", policy_reason_at(p, i).id);
        snprintf(j->note, sizeof j->note, "reason: one of %.120s", buf_str(&list));
        buf_done(&list);
        k->untold = true;
        return ERR_USAGE;
    }
    if (no != POLICY_NONE && policy_reason_at(p, no).explain && !k->text[0]) {
        snprintf(j->note, sizeof j->note, "this reason is to be explained in words: text");
        return ERR_USAGE;
    }
    err e = flow_find(j, t, k->id, REQUEST_HOSPITAL, k->who.facility, &k->made);
    if (e)
        return e;
    say.text = (char *)k->text;
    say.reason = (char *)k->reason;
    say.staff = k->who.user;
    k->made->reason = (char *)k->reason;
    return flow_step(j, t, k->made, REQUEST_REJECT, k->who.user, k->text, LETTER_REJECTED,
                     (const ProtobufCMessage *)&say);
}

void inbox_reject(node *n, control_in *in)
{
    job *j = deciding_new(n, in, reject_run);
    if (j)
        job_submit(j);
}

static err ask_back_run(job *j, store_txn *t)
{
    deciding *k = j->state;
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    if (!k->text[0]) {
        snprintf(j->note, sizeof j->note, "say what is asked: text");
        return ERR_USAGE;
    }
    err e = flow_find(j, t, k->id, REQUEST_HOSPITAL, k->who.facility, &k->made);
    if (e)
        return e;
    say.text = (char *)k->text;
    say.staff = k->who.user;
    return flow_step(j, t, k->made, REQUEST_ASK_BACK, k->who.user, k->text, LETTER_ASK_BACK,
                     (const ProtobufCMessage *)&say);
}

void inbox_ask_back(node *n, control_in *in)
{
    job *j = deciding_new(n, in, ask_back_run);
    if (j)
        job_submit(j);
}
