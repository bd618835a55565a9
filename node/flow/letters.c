// SPDX-License-Identifier: Apache-2.0
// Letters that move a request, as they come in, and what became of our own.
#include <string.h>

#include "node/flow/patient.h"
#include "node/charts/person.h"
#include "node/flow/flow.h"
#include "node/flow/written.h"
#include "policies/engine/table.h"

enum { FORM_NUMBER_MAX = 63, FORM_NAME_MAX = 200, FORM_URGENCY_MAX = 2 };

#define DECODE(l, type, descriptor, a, ret) WIRE_DECODE((l)->body, type, descriptor, LETTER_BODY_MAX, a, ret)

// Could our rules ever show the asker anything of that facility, and do we disclose for it?
static bool could_show(const job *j, uint64_t facility, uint64_t asker)
{
    const policy *p = j->rules->r->p;
    int v = policy_facility(p, asker), own = policy_facility(p, facility);
    if (!node_discloses(j->n, j->rules, facility) || facility == asker || v == POLICY_NONE || own == POLICY_NONE)
        return false;
    policy_facility_view view = policy_facility_at(p, v);
    uint64_t from = policy_discloses(p, own);
    day today = day_of_time(j->now);
    for (int d = 0; d < policy_union_count(p); d++)
        for (int u = 0; u < policy_union_count(p); u++) {
            policy_pact_view k = policy_pact_at(p, d, u, 0);
            if ((from >> d & 1) && (view.unions >> u & 1) && k.categories && (k.kinds >> view.kind & 1) &&
                k.from <= today && today <= k.until)
                return true;
        }
    return false;
}

err flow_take_enquiry(job *j, store_txn *t, const letter *l)
{
    Tsunagu__EnquiryBody *q;
    Tsunagu__MayHoldBody say = TSUNAGU__MAY_HOLD_BODY__INIT;
    pseudonym who;
    bool held = false;
    if (!could_show(j, l->to, l->from))
        return ERR_DENIED;
    if (DECODE(l, Tsunagu__EnquiryBody, tsunagu__enquiry_body__descriptor, &j->memory, &q) != OK ||
        pseudonym_parse(wire_span(q->pseudonym), &who) != OK)
        return ERR_FORMAT;
    err e = patient_held(t, j->n, l->to, &who, &held);
    if (e)
        return e;
    say.held = held;
    request r = TSUNAGU__REQUEST_RECORD__INIT; // only an address: nothing is kept of an enquiry
    r.id = wire_bytes(span_of(l->thread, REQUEST_ID_BYTES));
    r.own = l->to;
    r.other = l->from;
    r.other_node = (char *)l->from_node;
    return job_store_err(flow_post(j, t, &r, LETTER_MAY_HOLD, (const ProtobufCMessage *)&say));
}

// Where it first came from; a request's first answer, from the node that discloses for the hospital.
static bool from_its_node(const job *j, const request *r, const char *from)
{
    const char *first = r->other_node[0] ? r->other_node : post_node_of(j->rules->r->p, r->other);
    return !first || strcmp(first, from) == 0 || !flow_node_speaks(j, first, r->other);
}

// The record that a letter is about; both must say who the other is.
static err record_of(job *j, store_txn *t, const letter *l, request **ret)
{
    request *r;
    err e = flow_thread_find(j, t, l->thread, l->from_node, l->to, &r);
    if (e)
        return e;
    if (r->other != l->from || r->own != l->to || !from_its_node(j, r, l->from_node))
        return ERR_DENIED;
    r->other_node = arena_str(&j->memory, span_str(l->from_node));
    if (!r->other_node)
        return ERR_MEM;
    *ret = r;
    return OK;
}

static request_side other_side(const request *r)
{
    return r->side == REQUEST_CLINIC ? REQUEST_HOSPITAL : REQUEST_CLINIC;
}

// One that says yes to everything gets a question answered with a pseudonym, and no form.
static err may_hold_seen(job *j, store_txn *t, request *r)
{
    requests q = flow_of(j);
    r->held = true;
    r->said = (char *)"may hold records: the form is sent when somebody says so (`request send`)";
    err e = requests_keep(&q, t, r);
    return e ? e : flow_may_hold(j, t, r);
}

err flow_take_may_hold(job *j, store_txn *t, const letter *l)
{
    requests q = flow_of(j);
    Tsunagu__MayHoldBody *say;
    request *r;
    err e = record_of(j, t, l, &r);
    if (e)
        return e;
    if (DECODE(l, Tsunagu__MayHoldBody, tsunagu__may_hold_body__descriptor, &j->memory, &say) != OK)
        return ERR_FORMAT;
    bool over = request_over((request_state)r->state);
    if (say->held && r->ask_first && r->state == REQUEST_ENQUIRING)
        return job_store_err(may_hold_seen(j, t, r));
    if (!say->held && !over)
        r->said = (char *)"no record that may be of this patient"; // a person asks why it was refused
    e = requests_step(&q, t, r, say->held ? REQUEST_HELD : REQUEST_NONE_HELD, REQUEST_HOSPITAL, "", "", j->now);
    if (e == ERR_CONFLICT || e == ERR_DENIED)
        return e;
    if (e == OK && say->held && !over)
        e = flow_post(j, t, r, LETTER_REQUEST, (const ProtobufCMessage *)r->body);
    return job_store_err(e);
}

static bool terms_fit(const Tsunagu__ConsentTerms *c)
{
    return c->n_to > 0 && c->n_to <= FLOW_WORDS && c->n_categories <= FLOW_WORDS && strlen(c->proxy) < CONSENT_TEXT &&
           strlen(c->proxy_name) <= FORM_NAME_MAX && (c->paper.len == 0 || c->paper.len == HASH_BYTES) &&
           c->from_day <= c->until_day;
}

bool flow_form_fits(const Tsunagu__RequestBody *b)
{
    return b->number[0] && strlen(b->number) <= FORM_NUMBER_MAX && strlen(b->chart) <= FORM_NUMBER_MAX &&
           strlen(b->staff) < PEOPLE_TEXT && strlen(b->text) <= REQUEST_TEXT_MAX && b->urgency <= FORM_URGENCY_MAX &&
           terms_fit(b->consent);
}

static bool same_patient(const Tsunagu__RequestBody *a, const Tsunagu__RequestBody *b)
{
    return span_eq(wire_span(a->pseudonym), wire_span(b->pseudonym)) && strcmp(a->number, b->number) == 0;
}

static err body_check(job *j, const Tsunagu__RequestBody *b, bool changed)
{
    identity i;
    pseudonym said, made;
    const char *missing;
    if (!b->person || !b->consent || !flow_form_fits(b) || pseudonym_parse(wire_span(b->pseudonym), &said) != OK)
        return ERR_FORMAT;
    err e = request_identity(b->person, &i);
    if (e)
        return e;
    // What is disclosed is found by the pseudonym: it must be this person's.
    e = pseudonym_of(&j->n->federation, &i, &made, &missing);
    identity_wipe(&i);
    if (e == OK && !pseudonym_same(&said, &made))
        e = ERR_FORMAT;
    return e ? e : written_check(j, b, changed);
}

err flow_take_request(job *j, store_txn *t, const letter *l)
{
    requests q = flow_of(j);
    Tsunagu__RequestBody *b;
    request *r = arena_get(&j->memory, sizeof *r);
    if (!r)
        return ERR_MEM;
    if (!could_show(j, l->to, l->from))
        return ERR_DENIED;
    if (DECODE(l, Tsunagu__RequestBody, tsunagu__request_body__descriptor, &j->memory, &b) != OK ||
        body_check(j, b, false) != OK)
        return ERR_FORMAT;
    tsunagu__request_record__init(r);
    r->id = wire_bytes(arena_copy(&j->memory, span_of(l->thread, REQUEST_ID_BYTES)));
    if (!r->id.data)
        return ERR_MEM;
    flow_record(j, l->thread, l->from_node, r->id.data);
    r->side = REQUEST_HOSPITAL;
    r->own = l->to;
    r->other = l->from;
    r->other_node = (char *)l->from_node;
    r->body = b;
    err e = requests_add(&q, t, r, j->now);
    if (e == ERR_EXISTS)
        return ERR_CONFLICT;
    if (e == ERR_LIMIT || e == ERR_FORMAT)
        return ERR_FORMAT;
    if (e == OK)
        e = flow_step(j, t, r, REQUEST_RECEIVE, "", "", LETTER_RECEIVED, NULL);
    return job_store_err(e);
}

static const struct { letter_kind kind; request_event event; } words[] = {
    {LETTER_RECEIVED, REQUEST_RECEIVE}, {LETTER_ASK_BACK, REQUEST_ASK_BACK}, {LETTER_REPLY, REQUEST_REPLY},
    {LETTER_ACCEPTED, REQUEST_COMPLETE}, {LETTER_REJECTED, REQUEST_REJECT},  {LETTER_CANCELLED, REQUEST_CANCEL},
    {LETTER_CHANGE, REQUEST_CHANGE},    {LETTER_WITHDRAWAL, REQUEST_WITHDRAW}, {LETTER_OBJECTION, REQUEST_OBJECT},
    {LETTER_ENDED, REQUEST_END},
};

static request_event word_event(uint32_t kind)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].kind == (letter_kind)kind)
            return words[i].event;
    return REQUEST_EVENTS;
}

// What the letter says beyond its kind goes into the record.
static err word_read(job *j, const letter *l, request *r, const char **ret_text)
{
    Tsunagu__SayBody *say;
    if (l->kind == LETTER_ACCEPTED) {
        Tsunagu__AcceptedBody *a;
        if (DECODE(l, Tsunagu__AcceptedBody, tsunagu__accepted_body__descriptor, &j->memory, &a) != OK ||
            a->consent.len != 16)
            return ERR_FORMAT;
        r->consent = a->consent;
        r->revision = a->revision;
        r->until_day = a->until_day;
        r->proposed = NULL;
        if (a->terms && a->terms->n_to && terms_fit(a->terms))
            r->body->consent = a->terms;
        return OK;
    }
    if (DECODE(l, Tsunagu__SayBody, tsunagu__say_body__descriptor, &j->memory, &say) != OK ||
        strlen(say->text) > REQUEST_TEXT_MAX || strlen(say->reason) > 64)
        return ERR_FORMAT;
    if (say->form && body_check(j, say->form, l->kind != LETTER_REPLY) != OK)
        return ERR_FORMAT;
    if (l->kind == LETTER_CHANGE && r->side == REQUEST_HOSPITAL && (!say->form || change_check(j, r, say->form) != OK))
        return ERR_FORMAT;
    // A hospital tells what holds for this patient, and cannot make of the clinic's record another's.
    if (say->form && l->kind == LETTER_REJECTED && !same_patient(r->body, say->form))
        return ERR_FORMAT;
    if (l->kind == LETTER_REPLY && say->form && strcmp(say->form->number, r->body->number) != 0)
        return ERR_FORMAT; // corrected, not another patient's
    r->said = say->text;
    r->reason = say->reason;
    if (say->form && l->kind == LETTER_REPLY)
        r->body = say->form;
    if (say->form && l->kind == LETTER_CHANGE && r->side == REQUEST_HOSPITAL) {
        r->proposed = say->form;
        r->first = r->second = (char *)""; // nobody has looked at this one
    }
    if (l->kind == LETTER_REJECTED && r->state == REQUEST_CHANGED) { // the change was not made: what holds is told
        r->proposed = NULL;
        if (say->form)
            r->body = say->form;
    }
    *ret_text = say->text;
    return OK;
}

err flow_take_word(job *j, store_txn *t, const letter *l)
{
    requests q = flow_of(j);
    request *r;
    const char *text = "";
    request_event event = word_event(l->kind);
    err e = record_of(j, t, l, &r);
    if (e)
        return e;
    if (event == REQUEST_REJECT && r->state == REQUEST_CHANGED)
        event = REQUEST_KEEP; // what is refused is the change
    e = requests_may(r, event, other_side(r));
    if (e)
        return e; // nothing is written: the sender is told so
    // What a person is just looking at is not exchanged for another under their hands; a withdrawal always goes.
    if (event == REQUEST_CHANGE && r->side == REQUEST_HOSPITAL && r->state == REQUEST_CHANGED && r->proposed)
        return ERR_CONFLICT;
    bool over = request_over((request_state)r->state);
    if (!over)
        e = word_read(j, l, r, &text);
    if (e)
        return e;
    e = requests_step(&q, t, r, event, other_side(r), "", text, j->now);
    if (e == ERR_LIMIT || e == ERR_FORMAT)
        return ERR_FORMAT;
    if (e == OK && r->side == REQUEST_HOSPITAL && !over && r->state == REQUEST_WITHDRAWN)
        e = flow_close(j, t, r, "clinic");
    if (e == OK && r->side == REQUEST_HOSPITAL && !over && event == REQUEST_CHANGE)
        e = change_arrived(j, t, r);
    return job_store_err(e);
}

err flow_settled(job *j, store_txn *t, const letter *l, err status)
{
    requests q = flow_of(j);
    request *r;
    err e = flow_thread_find(j, t, l->thread, l->to_node, l->from, &r);
    if (e)
        return e == ERR_NOT_FOUND ? OK : e; // an enquiry's answer: there is no record
    if (l->kind == LETTER_ACCEPTED && status == OK && r->state == REQUEST_DISCLOSED)
        e = requests_step(&q, t, r, REQUEST_COMPLETE, REQUEST_HOSPITAL, "", "", j->now);
    else if (status != OK && l->kind == LETTER_REQUEST && r->state == REQUEST_SENT)
        e = requests_step(&q, t, r, REQUEST_REJECT, REQUEST_HOSPITAL, "", err_text(status), j->now);
    else if (status != OK && l->kind == LETTER_ENQUIRY && r->state == REQUEST_ENQUIRING)
        e = requests_step(&q, t, r, REQUEST_NONE_HELD, REQUEST_HOSPITAL, "", err_text(status), j->now);
    else if (status != OK && l->kind == LETTER_CHANGE && r->state == REQUEST_CHANGED) {
        r->proposed = NULL; // it was not made: what stood before goes on, and may be changed again
        r->said = (char *)err_text(status);
        e = requests_step(&q, t, r, REQUEST_KEEP, REQUEST_HOSPITAL, "", err_text(status), j->now);
    } else if (status != OK && !request_over((request_state)r->state)) {
        r->trouble = (char *)err_text(status);
        e = requests_keep(&q, t, r);
    }
    return e;
}
