// SPDX-License-Identifier: Apache-2.0
#include "node/flow/flow.h"

#include <stdio.h>
#include <string.h>

#include "node/charts/person.h"
#include "node/flow/written.h"
#include "node/line/outbox.h"
#include "node/line/uplink.h"
#include "node/office/arrivals.h"
#include "node/office/secretariat.h"
#include "node/rulebook/rulebook.h"
#include "policies/engine/table.h"
#include "policies/forms/check.h"
#include "proto/base/log.h"
#include "proto/base/luhn.h"

enum { DAY_MS = 86400000, ROUND_MS = 30000, ROUND_MOST = 64, FORM_NUMBER_MAX = 63, FORM_NAME_MAX = 200,
       FORM_URGENCY_MAX = 2 };

err flow_step(job *j, store_txn *t, request *r, request_event e, const char *who, const char *text, letter_kind kind,
              const ProtobufCMessage *body)
{
    requests q = flow_of(j);
    err x = requests_step(&q, t, r, e, (request_side)r->side, who, text, j->now);
    if (x == ERR_CONFLICT || x == ERR_DENIED)
        snprintf(j->note, sizeof j->note, "it is %s: \"%s\" is not possible now", request_state_name(r->state),
                 request_event_name(e));
    if (x)
        return x;
    x = kind == LETTER_NONE ? OK : flow_post(j, t, r, kind, body);
    return job_store_err(x);
}

// ---- a consent begins and ends -------------------------------------------------------------

err flow_grantee(const char *word, grantee *ret)
{
    grantee g = {0};
    if (strcmp(word, "federation") == 0) {
        g.kind = GRANTEE_FEDERATION;
    } else if (strncmp(word, "facility:", 9) == 0 && institution_parse(span_str(word + 9), &g.facility) == OK) {
        g.kind = GRANTEE_FACILITY;
    } else if (strncmp(word, "union:", 6) == 0 && word[6] && strlen(word + 6) <= UNION_ID_MAX) {
        g.kind = GRANTEE_UNION;
        strcpy(g.union_id, word + 6);
    } else {
        return ERR_USAGE;
    }
    *ret = g;
    return OK;
}

static bool grantee_same(const grantee *a, const grantee *b)
{
    return a->kind == b->kind && a->facility == b->facility && strcmp(a->union_id, b->union_id) == 0;
}

static err grantee_add(consent_scope *s, const grantee *g)
{
    for (int i = 0; i < s->grantee_count; i++)
        if (grantee_same(&s->grantees[i], g))
            return OK;
    if (s->grantee_count == CARD_GRANTEES)
        return ERR_LIMIT;
    s->grantees[s->grantee_count++] = *g;
    return OK;
}

day flow_proxy_last(const policy *p, const char *relation, day birth)
{
    int no = relation[0] ? policy_relation_find(p, relation) : POLICY_NONE;
    if (no == POLICY_NONE || !policy_relation_at(p, no).until_majority || birth == DAY_NONE)
        return DAY_FOREVER;
    return form_majority_day(birth, policy_flow(p).majority_age) - 1;
}

day flow_until(const policy *p, const Tsunagu__RequestBody *b)
{
    policy_flow_view v = policy_flow(p);
    const Tsunagu__ConsentTerms *c = b->consent;
    day grown = flow_proxy_last(p, c->proxy, b->person->birth_day);
    day until = grown < c->until_day ? grown : c->until_day;
    if (v.valid_months) {
        day last = day_minus_months(c->from_day, -v.valid_months);
        until = last < until ? last : until;
    }
    return until;
}

err flow_scope(job *j, const Tsunagu__RequestBody *b, consent_scope *ret)
{
    const Tsunagu__ConsentTerms *c = b->consent;
    const policy *p = j->rules->r->p;
    consent_scope s = {.from = c->from_day, .until = c->until_day, .emergency = c->emergency};
    err e = OK;
    for (size_t i = 0; e == OK && i < c->n_to; i++) {
        grantee g;
        e = flow_grantee(c->to[i], &g);
        if (e == OK)
            e = grantee_add(&s, &g);
    }
    for (size_t i = 0; e == OK && i < c->n_categories; i++) {
        int bit = policy_category(p, c->categories[i]);
        if (bit == POLICY_NONE)
            e = ERR_USAGE;
        else
            s.categories |= (uint16_t)(1u << bit);
    }
    if (c->n_categories == 0)
        s.categories = (uint16_t)policy_categories(p);
    s.until = flow_until(p, b);
    if (e)
        snprintf(j->note, sizeof j->note, "the form names a facility, union or category that the rules do not know");
    else
        *ret = s;
    return e;
}

// One consent a chart: a second clinic joins the first one's. Only where they agreed to the same.
static err scope_join(job *j, const consent *old, consent_scope *s)
{
    const consent_scope *o = &old->card.scope;
    if (o->categories != s->categories || o->emergency != s->emergency || o->until != s->until) {
        snprintf(j->note, sizeof j->note, "this patient's consent stands here with %s: settle it with `confirm` first",
                 o->categories != s->categories ? "other categories"
                 : o->emergency != s->emergency ? "another word about emergencies" : "another end");
        return ERR_CONFLICT;
    }
    if (o->from < s->from)
        s->from = o->from;
    for (int i = 0; i < o->grantee_count; i++) {
        err e = grantee_add(s, &o->grantees[i]);
        if (e)
            return e;
    }
    return OK;
}

err flow_accept(job *j, store_txn *t, request *r, const char *by, bool also)
{
    confirmation *c = arena_get(&j->memory, sizeof *c);
    consent old;
    if (!c)
        return ERR_MEM;
    err e = requests_may(r, REQUEST_ACCEPT, REQUEST_HOSPITAL);
    if (e) {
        snprintf(j->note, sizeof j->note, "it is %s: it cannot be accepted now", request_state_name(r->state));
        return e;
    }
    if (strlen(r->chart) > SSMIX_CHART_MAX || pseudonym_parse(wire_span(r->body->pseudonym), &c->who) != OK)
        return ERR_FORMAT;
    c->registered_on = DAY_NONE;
    c->also = also;
    strcpy(c->chart, r->chart);
    snprintf(c->by, sizeof c->by, "%s", by);
    snprintf(c->proxy, sizeof c->proxy, "%s", r->body->consent->proxy);
    e = flow_scope(j, r->body, &c->scope);
    if (e == OK) {
        e = consent_get(t, span_str(c->chart), &old);
        bool live = e == OK && !old.card.scope.withdrawn && pseudonym_same(&old.card.who, &c->who);
        e = live ? scope_join(j, &old, &c->scope) : e == ERR_NOT_FOUND ? OK : e;
    }
    if (e == OK && c->scope.until < day_of_time(j->now)) {
        snprintf(j->note, sizeof j->note, "this consent is over already: a new one is needed, of the patient who came "
                                          "of age or for longer");
        e = ERR_EXPIRED;
    }
    if (e == OK)
        e = consent_reopens(j, t, c, r->other);
    if (e == OK)
        e = disclosure_confirm(j, t, c);
    if (e)
        return e;
    r->consent = wire_bytes(arena_copy(&j->memory, span_of(c->made.card.scope.id, sizeof c->made.card.scope.id)));
    r->revision = c->made.card.scope.revision;
    r->trouble = (char *)"";
    return job_store_err(flow_step(j, t, r, REQUEST_ACCEPT, by, "", LETTER_NONE, NULL));
}

typedef struct company {
    const request *self;
    grantee at[CARD_GRANTEES];
    int count;
} company;

static bool standing(const request *r)
{
    return r->state == REQUEST_ACCEPTED || r->state == REQUEST_DISCLOSED || r->state == REQUEST_COMPLETED ||
           r->state == REQUEST_CHANGED;
}

static err company_one(void *ctx, const request *r)
{
    company *k = ctx;
    if (!standing(r) || memcmp(r->id.data, k->self->id.data, REQUEST_ID_BYTES) == 0)
        return OK;
    for (size_t i = 0; i < r->body->consent->n_to && k->count < CARD_GRANTEES; i++)
        if (flow_grantee(r->body->consent->to[i], &k->at[k->count]) == OK)
            k->count++;
    return OK;
}

bool flow_names(const Tsunagu__ConsentTerms *c, const grantee *g)
{
    grantee said;
    for (size_t i = 0; i < c->n_to; i++)
        if (flow_grantee(c->to[i], &said) == OK && grantee_same(&said, g))
            return true;
    return false;
}

static bool grantee_known(const policy *p, const grantee *g)
{
    return g->kind == GRANTEE_FEDERATION ||
           (g->kind == GRANTEE_FACILITY ? policy_facility(p, g->facility) : policy_union(p, g->union_id)) != POLICY_NONE;
}

err flow_without(job *j, store_txn *t, const request *r, const consent_scope *s, const Tsunagu__ConsentTerms *but,
                 consent_scope *ret)
{
    requests q = flow_of(j);
    company others = {.self = r};
    consent_scope left = *s;
    err e = requests_of(&q, t, REQUEST_HOSPITAL, r->own, r->chart, company_one, &others);
    if (e)
        return e;
    left.grantee_count = 0;
    for (int i = 0; i < s->grantee_count; i++) {
        const grantee *g = &s->grantees[i];
        bool keep = !flow_names(r->body->consent, g) || (but && flow_names(but, g));
        for (int k = 0; !keep && k < others.count; k++)
            keep = grantee_same(&others.at[k], g);
        // A facility that withdraws is out, whoever else named it; one that left the federation cannot stand.
        keep = keep && grantee_known(j->rules->r->p, g) &&
               (but || g->kind != GRANTEE_FACILITY || g->facility != r->other);
        if (keep)
            left.grantees[left.grantee_count++] = *g;
    }
    *ret = left;
    return OK;
}

err flow_narrow(job *j, store_txn *t, const consent *c, const consent_scope *s, const char *by)
{
    confirmation *k = arena_get(&j->memory, sizeof *k);
    if (!k)
        return ERR_MEM;
    k->scope = *s;
    k->who = c->card.who;
    k->registered_on = DAY_NONE;
    k->agreed = c->card.scope.at;
    strcpy(k->chart, c->chart);
    strcpy(k->proxy, c->proxy);
    snprintf(k->by, sizeof k->by, "%s", by);
    return disclosure_confirm(j, t, k);
}

// Without what this request named, if anything remains.
static err close_partly(job *j, store_txn *t, const request *r, const consent *c, const char *by, bool *ret_done)
{
    consent_scope left;
    *ret_done = false;
    err e = flow_without(j, t, r, &c->card.scope, NULL, &left);
    if (e || left.grantee_count == 0)
        return e;
    *ret_done = true;
    return left.grantee_count == c->card.scope.grantee_count ? OK : flow_narrow(j, t, c, &left, by);
}

err flow_close(job *j, store_txn *t, const request *r, const char *by)
{
    withdrawal *w = arena_get(&j->memory, sizeof *w);
    consent c;
    bool done = false;
    if (!w)
        return ERR_MEM;
    err e = r->chart[0] && strlen(r->chart) <= SSMIX_CHART_MAX ? consent_get(t, span_str(r->chart), &c) : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND || (e == OK && c.card.scope.withdrawn))
        return OK;
    if (e == OK)
        e = close_partly(j, t, r, &c, by, &done);
    if (e == OK && !done) {
        strcpy(w->chart, r->chart);
        snprintf(w->by, sizeof w->by, "%s", by);
        w->told = true; // the request's own step did
        e = disclosure_withdraw(j, t, w);
    }
    return job_store_err(e);
}

// ---- letters in ---------------------------------------------------------------------------------

#define DECODE(l, type, descriptor, a, ret) WIRE_DECODE((l)->body, type, descriptor, LETTER_BODY_MAX, a, ret)

// Could our rules ever show this facility anything of ours?
static bool could_show(const job *j, uint64_t asker)
{
    const policy *p = j->rules->r->p;
    int v = policy_facility(p, asker), own = policy_facility(p, j->n->facility);
    if (v == POLICY_NONE || own == POLICY_NONE)
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
    if (l->to != j->n->facility || !could_show(j, l->from))
        return ERR_DENIED;
    if (DECODE(l, Tsunagu__EnquiryBody, tsunagu__enquiry_body__descriptor, &j->memory, &q) != OK ||
        pseudonym_parse(wire_span(q->pseudonym), &who) != OK)
        return ERR_FORMAT;
    err e = person_known(t, &who, &held);
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
    requests q = flow_of(j);
    request *r;
    uint8_t id[REQUEST_ID_BYTES];
    flow_record(j, l->thread, l->from_node, l->to, id);
    err e = requests_get(&q, t, id, &j->memory, &r);
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
    if (l->to != j->n->facility || !could_show(j, l->from))
        return ERR_DENIED;
    if (DECODE(l, Tsunagu__RequestBody, tsunagu__request_body__descriptor, &j->memory, &b) != OK ||
        body_check(j, b, false) != OK)
        return ERR_FORMAT;
    tsunagu__request_record__init(r);
    r->id = wire_bytes(arena_copy(&j->memory, span_of(l->thread, REQUEST_ID_BYTES)));
    if (!r->id.data)
        return ERR_MEM;
    flow_record(j, l->thread, l->from_node, l->to, r->id.data);
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
    uint8_t id[REQUEST_ID_BYTES];
    flow_record(j, l->thread, l->to_node, l->from, id);
    err e = requests_get(&q, t, id, &j->memory, &r);
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

// ---- the hub has the card -------------------------------------------------------------------------

typedef struct gathering {
    uint8_t ids[ROUND_MOST][REQUEST_ID_BYTES];
    size_t count;
} gathering;

static err gather_one(void *ctx, const request *r)
{
    gathering *g = ctx;
    memcpy(g->ids[g->count++], r->id.data, REQUEST_ID_BYTES);
    return g->count == ROUND_MOST ? ERR_CLOSED : OK;
}

// A change that a person has yet to decide waits for that, not for the hub.
static err gather_waiting(void *ctx, const request *r)
{
    return r->proposed ? OK : gather_one(ctx, r);
}

static err publish_one(job *j, store_txn *t, request *r, const uint64_t *refused, char *const *whys, size_t count)
{
    requests q = flow_of(j);
    Tsunagu__AcceptedBody say = TSUNAGU__ACCEPTED_BODY__INIT;
    sent s;
    consent c;
    bool there = false;
    err e = sent_get(t, span_str(r->chart), &s);
    if (e == OK)
        e = consent_get(t, span_str(r->chart), &c);
    for (size_t i = 0; e == OK && i < count; i++)
        if (refused[i] == s.seq) {
            r->trouble = whys[i];
            r->trouble_seq = s.seq;
            return requests_keep(&q, t, r);
        }
    if (e == OK && r->trouble[0] && r->trouble_seq == s.seq)
        return OK; // refused, and not sent again since
    if (e == OK)
        e = outbox_published(t, s.seq, &there);
    if (e || !there)
        return e == ERR_NOT_FOUND ? OK : e;
    say.consent = wire_bytes(span_of(c.card.scope.id, sizeof c.card.scope.id));
    say.revision = c.card.scope.revision;
    say.registered_on = c.card.registered_on;
    say.categories = c.card.scope.categories;
    say.staff = r->second[0] ? r->second : r->first;
    say.until_day = c.card.scope.until;
    say.terms = r->body->consent;
    r->trouble = (char *)"";
    return flow_step(j, t, r, REQUEST_PUBLISH, "", "", LETTER_ACCEPTED, (const ProtobufCMessage *)&say);
}

err flow_published(job *j, store_txn *t, const uint64_t *refused, char *const *whys, size_t refused_count)
{
    requests q = flow_of(j);
    gathering *g = arena_get(&j->memory, sizeof *g);
    if (!g)
        return ERR_MEM;
    err e = requests_in(&q, t, REQUEST_HOSPITAL, REQUEST_ACCEPTED, gather_waiting, g);
    if (e == OK && g->count < ROUND_MOST)
        e = requests_in(&q, t, REQUEST_HOSPITAL, REQUEST_CHANGED, gather_waiting, g);
    for (size_t i = 0; e == OK && i < g->count; i++) {
        request *r;
        e = requests_get(&q, t, g->ids[i], &j->memory, &r);
        if (e == OK)
            e = publish_one(j, t, r, refused, whys, refused_count);
    }
    return job_store_err(e);
}

// ---- deadlines --------------------------------------------------------------------------------------

static err due_one(job *j, store_txn *t, request *r)
{
    requests q = flow_of(j);
    policy_deadline d = policy_flow_deadline(j->rules->r->p, (flow_state)r->state);
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    bool over = r->due_ms && r->due_ms <= j->now;
    if (over && d.cancels && requests_may(r, REQUEST_EXPIRE, REQUEST_CLOCK) == OK) {
        bool known = r->state != REQUEST_DRAFT && r->state != REQUEST_ENQUIRING;
        err e = requests_step(&q, t, r, REQUEST_EXPIRE, REQUEST_CLOCK, "", "", j->now);
        return e == OK && known ? flow_post(j, t, r, LETTER_CANCELLED, (const ProtobufCMessage *)&say) : e;
    }
    if (over) {
        r->overdue = true;
        r->due_ms = 0;
    }
    if (r->remind_ms && r->remind_ms <= j->now)
        r->remind_ms = d.remind ? j->now + (time_ms)d.remind * DAY_MS : 0;
    err e = requests_keep(&q, t, r);
    return e ? e : flow_tell(j, t, r, FLOW_EVENT_OVERDUE);
}

err flow_round(job *j, store_txn *t, bool *ret_more)
{
    requests q = flow_of(j);
    gathering *g = arena_get(&j->memory, sizeof *g);
    if (!g)
        return ERR_MEM;
    err e = requests_due(&q, t, j->now, gather_one, g);
    for (size_t i = 0; e == OK && i < g->count; i++) {
        request *r;
        e = requests_get(&q, t, g->ids[i], &j->memory, &r);
        if (e == OK)
            e = due_one(j, t, r);
    }
    if (e == OK)
        e = flow_published(j, t, NULL, NULL, 0); // what a kill left between the hub's answer and ours
    if (e == OK)
        e = arrivals_owed(j, t);
    if (e == OK)
        *ret_more = g->count == ROUND_MOST;
    return job_store_err(e);
}

static err round_run(job *j, store_txn *t)
{
    return flow_round(j, t, j->state);
}

static void round_answer(job *j, err e)
{
    const bool *more = j->state;
    if (e)
        log_line(LOG_ERROR, "deadlines of requests could not be kept: %s", err_text(e));
    else
        post_pump(j->n);
    if (e == OK && *more)
        __atomic_store_n(&j->n->flow_at, 0, __ATOMIC_RELAXED); // there are more
}

void flow_tick(node *n, time_ms now)
{
    time_ms at = __atomic_load_n(&n->flow_at, __ATOMIC_RELAXED);
    if (now < at && at <= now + ROUND_MS) // a clock that was set back does not stop it
        return;
    __atomic_store_n(&n->flow_at, now + ROUND_MS, __ATOMIC_RELAXED);
    daily_tick(n, now);
    job *j = job_with(n, sizeof(bool), round_run, round_answer);
    if (j)
        job_submit(j);
}
