// SPDX-License-Identifier: Apache-2.0
// How a request's word and the consent of its chart go together: it begins by it, joins others, narrows, and ends.
#include <stdio.h>
#include <string.h>

#include "node/flow/flow.h"

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
        err e = scope_add(s, &o->grantees[i]);
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
        if (grantee_parse(r->body->consent->to[i], &k->at[k->count]) == OK)
            k->count++;
    return OK;
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

// The chart's consent as it shall be: others who stand on it keep what they were named for.
err flow_wanted(job *j, store_txn *t, const request *r, const consent_scope *now, consent_scope *ret)
{
    consent_scope asked, s;
    err e = flow_scope(j, r->proposed, &asked);
    if (e == OK)
        e = flow_without(j, t, r, now, r->proposed->consent, &s);
    if (e)
        return e;
    s.from = now->from;
    s.until = asked.until;
    s.categories = asked.categories;
    s.emergency = asked.emergency;
    for (int i = 0; i < asked.grantee_count; i++) {
        if (scope_has(&s, &asked.grantees[i]))
            continue;
        if (s.grantee_count == CARD_GRANTEES)
            return ERR_LIMIT;
        s.grantees[s.grantee_count++] = asked.grantees[i];
    }
    *ret = s;
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
        e = disclosure_withdraw(j, t, w, FLOW_EVENT_COUNT); // the request's own step told
    }
    return job_store_err(e);
}
