// SPDX-License-Identifier: Apache-2.0
// The inbox of a hospital's liaison office. A person decides: nothing here is accepted by itself, and where the
// rules say so a second person looks.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/charts/charts.h"
#include "node/charts/person.h"
#include "node/flow/flow.h"
#include "node/flow/written.h"
#include "node/line/uplink.h"
#include "node/match/accept.h"
#include "node/rulebook/rulebook.h"

static const char *arg(control_in *in, const char *key)
{
    const char *v = control_arg(in, key);
    return v ? v : "";
}

// Of this hospital, as the people file knows them. Finishes `in` on refusal.
static err officer(node *n, control_in *in, person *ret)
{
    err e = node_asker(n, in, ret);
    if (e == OK && (n->facility == 0 || ret->facility != n->facility)) {
        control_note(in, "the inbox is the hospital's own: that user is of another facility");
        control_finish(in, ERR_DENIED);
        e = ERR_DENIED;
    }
    return e;
}

static err mine(job *j, store_txn *t, const char *id, request **ret)
{
    requests q = flow_of(j);
    err e = requests_find(&q, t, id, &j->memory, ret);
    if (e == ERR_CONFLICT)
        snprintf(j->note, sizeof j->note, "that means several: give more of the id");
    return e == OK && (*ret)->side != REQUEST_HOSPITAL ? ERR_NOT_FOUND : e;
}

// ---- looking ----------------------------------------------------------------------------

static err list_one(void *ctx, const request *r)
{
    flow_page *l = ctx;
    return l->side != (request_side)r->side || (l->paper && !written_numbered(r->body, l->paper)) ? OK : flow_page_one(ctx, r);
}

void inbox_list(node *n, control_in *in)
{
    person who;
    store_txn *t;
    requests q = flow_reading();
    uint8_t paper[FILLED_NUMBER];
    if (!written_number(in, paper) || officer(n, in, &who) != OK)
        return;
    book *b = node_book(n);
    flow_page l = flow_page_begin(in, b->r->p, REQUEST_HOSPITAL);
    l.paper = control_arg(in, "paper") ? paper : NULL;
    err e = store_read(n->keep, &t);
    if (e == OK) {
        bool all = strcmp(arg(in, "all"), "yes") == 0 || l.paper;
        e = all ? requests_all(&q, t, n->facility, list_one, &l) : requests_inbox(&q, t, n->facility, list_one, &l);
        store_end(t);
    }
    if (e == OK)
        flow_page_end(&l);
    book_drop(b);
    control_finish(in, e);
}

static void form_show(control_in *in, const policy *rules_in_force, const Tsunagu__RequestBody *b)
{
    const Tsunagu__Person *p = b->person;
    char text[30];
    buf list = {0};
    control_record(in, "form");
    control_text(in, "kanji_family", p->kanji_family);
    control_text(in, "kanji_given", p->kanji_given);
    control_text(in, "kana_family", p->kana_family);
    control_text(in, "kana_given", p->kana_given);
    day_format(p->birth_day, text);
    control_text(in, "birth", text);
    control_text(in, "sex", p->sex);
    control_text(in, "postal", p->postal);
    control_text(in, "address", p->address);
    control_text(in, "telephone", p->telephone);
    control_text(in, "insurer", p->insurer);
    control_text(in, "symbol", p->symbol);
    control_text(in, "number", p->number);
    control_text(in, "branch", p->branch);
    for (size_t i = 0; i < b->consent->n_to; i++)
        buf_printf(&list, "%s%s", i ? "," : "", b->consent->to[i]);
    control_text(in, "consent_to", buf_str(&list));
    buf_clear(&list);
    for (size_t i = 0; i < b->consent->n_categories; i++)
        buf_printf(&list, "%s%s", i ? "," : "", b->consent->categories[i]);
    control_text(in, "categories", buf_str(&list));
    buf_done(&list);
    day_format(b->consent->from_day, text);
    control_text(in, "from", text);
    day_format(b->consent->until_day, text);
    control_text(in, "until", text);
    control_text(in, "emergency", b->consent->emergency ? "yes" : "no");
    control_text(in, "proxy", b->consent->proxy);
    control_text(in, "proxy_name", b->consent->proxy_name);
    day_format(b->consent->agreed_day, text);
    control_text(in, "agreed", text);
    control_bytes(in, "paper", wire_span(b->consent->paper));
    control_text(in, "text", b->text);
    written_show(in, rules_in_force, b);
}

static err show_look(job *j, control_in *in)
{
    store_txn *t;
    request *r;
    identity form;
    err e = store_read(j->n->keep, &t);
    if (e)
        return e;
    e = mine(j, t, arg(in, "id"), &r);
    if (e == OK) {
        flow_show(in, j->rules->r->p, r, "request");
        form_show(in, j->rules->r->p, r->body);
        flow_history_show(j->n, in, t, r);
        e = request_identity(r->body->person, &form);
    }
    if (e == OK && !request_over((request_state)r->state))
        e = charts_candidates_show(j, in, t, &form);
    if (e == OK)
        identity_wipe(&form);
    store_end(t);
    return e;
}

void inbox_show(node *n, control_in *in)
{
    person who;
    if (officer(n, in, &who) == OK)
        look_begin(n, in, "a request shown", show_look);
}

// ---- deciding ------------------------------------------------------------------------------

typedef struct deciding {
    pool_task base; // first
    job *j;
    person who;
    const char *id, *text, *reason;
    char chart[SSMIX_CHART_MAX + 1];
    bool also, disagree;
    request *made;
    identity_match match;
    uint8_t seen[HASH_BYTES]; // what the form said when it was compared
} deciding;

static void deciding_answer(job *j, err e)
{
    const deciding *k = j->state;
    if (e == OK) {
        flow_show(j->in, j->rules->r->p, k->made, "request");
        post_pump(j->n);
        uplink_pump(j->n);
    }
    job_finish(j, e);
}

static job *deciding_new(node *n, control_in *in, duty_run run)
{
    person who;
    if (officer(n, in, &who) != OK)
        return NULL;
    job *j = job_with(n, sizeof(deciding), run, deciding_answer);
    if (!j) {
        control_finish(in, ERR_MEM);
        return NULL;
    }
    deciding *k = j->state;
    k->j = j;
    k->who = who;
    k->id = arg(in, "id");
    k->text = arg(in, "text");
    k->reason = arg(in, "reason");
    k->also = strcmp(arg(in, "also"), "yes") == 0;
    k->disagree = strcmp(arg(in, "disagree"), "yes") == 0;
    j->in = in;
    return j;
}

bool flow_second_needed(const job *j, const Tsunagu__RequestBody *form, bool strong)
{
    policy_flow_view v = policy_flow(j->rules->r->p);
    const Tsunagu__Person *p = form->person;
    day grown = p->birth_day == DAY_NONE ? DAY_NONE : day_minus_months(p->birth_day, -12 * v.majority_age);
    return (v.second_check >> SECOND_ALWAYS & 1) || ((v.second_check >> SECOND_WEAK & 1) && !strong) ||
           ((v.second_check >> SECOND_PROXY & 1) && form->consent->proxy[0]) ||
           ((v.second_check >> SECOND_MINOR & 1) && grown != DAY_NONE && grown > day_of_time(j->now));
}

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
    err e = mine(j, t, k->id, &k->made);
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
    if (flow_second_needed(j, r->body, k->match.strength >= MATCH_STRONG))
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
    e = mine(j, t, k->id, &r);
    if (e == OK)
        e = form_hash(r, &h);
    if (e == OK)
        e = request_identity(r->body->person, &form);
    if (e == OK && (e = person_identity(j->n, t, k->chart, &own, NULL)) != OK)
        snprintf(j->note, sizeof j->note, "no such chart, or its ADT-00 cannot be read");
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
    job_finish(j, e);
    job_free(j);
}

void inbox_accept(node *n, control_in *in)
{
    job *j = deciding_new(n, in, accept_run);
    deciding *k = j ? j->state : NULL;
    const char *chart = arg(in, "chart");
    if (!k)
        return;
    err e = rulebook_admits(j->rules, j->now, j->note);
    if (e) {
        job_finish(j, e);
        job_free(j);
        return;
    }
    if (!chart[0] || strlen(chart) > SSMIX_CHART_MAX) {
        snprintf(j->note, sizeof j->note, "say which chart was found");
        job_finish(j, ERR_USAGE);
        job_free(j);
        return;
    }
    strcpy(k->chart, chart);
    k->base.run = accept_task;
    pool_submit(n->hands, &k->base);
}

static err check_run(job *j, store_txn *t)
{
    deciding *k = j->state;
    err e = mine(j, t, k->id, &k->made);
    request *r = k->made;
    if (e)
        return e;
    if (!k->disagree && (e = rulebook_admits(j->rules, j->now, j->note)) != OK)
        return e;
    if (r->state != REQUEST_CHECKING) {
        snprintf(j->note, sizeof j->note, "it is %s: there is nothing to check", request_state_name(r->state));
        return ERR_CONFLICT;
    }
    if (strcmp(r->first, k->who.user) == 0) {
        snprintf(j->note, sizeof j->note, "%.64s accepted it first: another person checks", r->first);
        return ERR_DENIED;
    }
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
        return ERR_USAGE;
    }
    if (no != POLICY_NONE && policy_reason_at(p, no).explain && !k->text[0]) {
        snprintf(j->note, sizeof j->note, "this reason is to be explained in words: text");
        return ERR_USAGE;
    }
    err e = mine(j, t, k->id, &k->made);
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
    err e = mine(j, t, k->id, &k->made);
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
