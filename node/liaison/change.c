// SPDX-License-Identifier: Apache-2.0
// A person decides on a change that widens what the patient agreed to: it is made, or the old one stays.
#include <stdio.h>
#include <string.h>

#include "node/liaison/deciding.h"
#include "node/liaison/liaison.h"
#include "node/rulebook/rulebook.h"

static err waiting_change(job *j, store_txn *t, deciding *k)
{
    err e = flow_find(j, t, k->id, REQUEST_HOSPITAL, k->who.facility, &k->made);
    if (e)
        return e;
    if (k->made->state == REQUEST_CHANGED && k->made->proposed)
        return OK;
    snprintf(j->note, sizeof j->note, "it is %s: no change waits for a person", request_state_name(k->made->state));
    return ERR_CONFLICT;
}

static err accept_scope(job *j, store_txn *t, const request *r, confirmation *c)
{
    consent old;
    err e = consent_get(t, span_str(r->chart), &old);
    if (e)
        return e;
    if (old.card.scope.withdrawn)
        e = flow_scope(j, r->proposed, &c->scope); // what was agreed before was closed: a new consent
    else
        e = flow_wanted(j, t, r, &old.card.scope, &c->scope);
    c->who = old.card.who;
    strcpy(c->proxy, old.proxy);
    if (r->proposed->consent->proxy[0])
        snprintf(c->proxy, sizeof c->proxy, "%s", r->proposed->consent->proxy);
    return e;
}

// Where the rules want two people for an acceptance, what widens it wants two as well: one says so, another opens.
static err people_check(job *j, store_txn *t, deciding *k, bool *ret_waits)
{
    requests q = flow_of(j);
    request *r = k->made;
    *ret_waits = false;
    if (!second_needed(j, r->proposed, strcmp(r->strength, match_strength_name(MATCH_STRONG)) == 0))
        return OK;
    err e = second_other(j, k);
    if (e)
        return e;
    *ret_waits = !r->first[0];
    if (r->first[0]) {
        r->second = k->who.user;
        return OK;
    }
    r->first = k->who.user;
    r->trouble = (char *)"accepted by one person: another checks";
    return job_store_err(requests_step(&q, t, r, REQUEST_CHANGE, REQUEST_HOSPITAL, k->who.user, k->text, j->now));
}

static err accept_run(job *j, store_txn *t)
{
    deciding *k = j->state;
    requests q = flow_of(j);
    confirmation *c = arena_get(&j->memory, sizeof *c);
    bool waits = false;
    err e = c ? waiting_change(j, t, k) : ERR_MEM;
    request *r = k->made;
    if (e == OK)
        e = people_check(j, t, k, &waits);
    if (e || waits)
        return e;
    e = accept_scope(j, t, r, c);
    if (e)
        return e;
    c->registered_on = DAY_NONE;
    c->also = k->also;
    strcpy(c->chart, r->chart);
    snprintf(c->by, sizeof c->by, "%s", k->who.user);
    e = consent_reopens(j, t, c, r->other);
    if (e == OK)
        e = disclosure_confirm(j, t, c);
    if (e)
        return e;
    r->body = r->proposed;
    r->proposed = NULL;
    r->trouble = (char *)"";
    if (!r->second[0])
        r->first = k->who.user;
    r->consent = wire_bytes(arena_copy(&j->memory, span_of(c->made.card.scope.id, sizeof c->made.card.scope.id)));
    r->revision = c->made.card.scope.revision;
    // Still changed until the hub has the card.
    e = requests_step(&q, t, r, REQUEST_CHANGE, REQUEST_HOSPITAL, k->who.user, k->text, j->now);
    if (e == OK)
        e = flow_chart_changed(j, t, r->chart, r->id.data, k->who.user);
    return job_store_err(e);
}

// What of the old agreement the patient still stands by: the change narrowed it, whatever the hospital says.
static err terms_kept(job *j, const request *r, Tsunagu__ConsentTerms *ret)
{
    const policy *p = j->rules->r->p;
    const Tsunagu__ConsentTerms *b = r->proposed->consent;
    consent_scope was, asked;
    size_t to = 0, n = 0;
    *ret = *r->body->consent;
    err e = flow_scope(j, r->body, &was);
    if (e == OK)
        e = flow_scope(j, r->proposed, &asked);
    char **words = arena_get(&j->memory, (ret->n_to + b->n_to + 1) * sizeof *words);
    char **ids = arena_get(&j->memory, CARD_CATEGORIES * sizeof *ids);
    if (e || !words || !ids)
        return e ? e : ERR_MEM;
    for (size_t i = 0; i < ret->n_to; i++) {
        grantee g;
        if (grantee_parse(ret->to[i], &g) == OK && scope_covers(p, &asked, &g))
            words[to++] = ret->to[i];
    }
    for (size_t i = 0; i < b->n_to; i++) {
        grantee g;
        if (grantee_parse(b->to[i], &g) == OK && scope_covers(p, &was, &g) && !scope_has(&was, &g))
            words[to++] = b->to[i];
    }
    for (int bit = 0; bit < policy_category_count(p) && bit < CARD_CATEGORIES; bit++)
        if ((was.categories & asked.categories) >> bit & 1)
            ids[n++] = (char *)policy_category_text(p, bit).id;
    ret->to = words;
    ret->n_to = to;
    ret->categories = ids;
    ret->n_categories = n;
    ret->emergency = ret->emergency && b->emergency;
    ret->until_day = b->until_day < ret->until_day ? b->until_day : ret->until_day;
    return OK;
}

static err keep_run(job *j, store_txn *t)
{
    deciding *k = j->state;
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    Tsunagu__ConsentTerms *terms = arena_get(&j->memory, sizeof *terms);
    consent c;
    err e = terms ? waiting_change(j, t, k) : ERR_MEM;
    request *r = k->made;
    if (e == OK)
        e = terms_kept(j, r, terms);
    if (e == OK)
        e = consent_get(t, span_str(r->chart), &c);
    if (e)
        return e;
    say.text = (char *)k->text;
    say.staff = k->who.user;
    r->proposed = NULL;
    if (c.card.scope.withdrawn || terms->n_to == 0 || terms->n_categories == 0) {
        // The patient does not stand by the old, and the new is not made: nothing is left.
        e = flow_step(j, t, r, REQUEST_WITHDRAW, k->who.user, k->text, LETTER_WITHDRAWAL, (const ProtobufCMessage *)&say);
        return e ? e : flow_close(j, t, r, k->who.user);
    }
    r->body->consent = terms;
    say.form = r->body;
    return flow_step(j, t, r, REQUEST_KEEP, k->who.user, k->text, LETTER_REJECTED, (const ProtobufCMessage *)&say);
}

void change_accept(node *n, control_in *in)
{
    job *j = deciding_new(n, in, accept_run);
    err e = j ? rulebook_admits(j->rules, j->now, j->note) : OK;
    if (e)
        deciding_refuse(j, e);
    else if (j)
        job_submit(j);
}

void change_keep(node *n, control_in *in)
{
    job *j = deciding_new(n, in, keep_run);
    if (j)
        job_submit(j);
}
