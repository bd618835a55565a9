// SPDX-License-Identifier: Apache-2.0
// A patient changes what was agreed to (同意内容変更書). What narrows holds as soon as the hospital's node has it,
// and at the hub with the acknowledgement of its card; what widens waits for a person at the hospital.
#include <stdio.h>
#include <string.h>

#include "node/charts/person.h"
#include "node/flow/flow.h"
#include "node/flow/written.h"
#include "node/line/uplink.h"
#include "node/rulebook/rulebook.h"
#include "policies/engine/table.h"

static const char *arg(control_in *in, const char *key)
{
    const char *v = control_arg(in, key);
    return v ? v : "";
}

// ---- what was, what shall be, and what both allow ------------------------------------------

static bool scope_has(const consent_scope *s, const grantee *g)
{
    for (int i = 0; i < s->grantee_count; i++)
        if (s->grantees[i].kind == g->kind && s->grantees[i].facility == g->facility &&
            strcmp(s->grantees[i].union_id, g->union_id) == 0)
            return true;
    return false;
}

// Whoever is in a union was named with it, and everybody with the federation.
static bool scope_covers(const policy *p, const consent_scope *s, const grantee *g)
{
    int f = g->kind == GRANTEE_FACILITY ? policy_facility(p, g->facility) : POLICY_NONE;
    uint64_t in = f == POLICY_NONE ? 0 : policy_facility_at(p, f).unions;
    for (int i = 0; i < s->grantee_count; i++) {
        int u = s->grantees[i].kind == GRANTEE_UNION ? policy_union(p, s->grantees[i].union_id) : POLICY_NONE;
        if (s->grantees[i].kind == GRANTEE_FEDERATION || (u != POLICY_NONE && (in >> u & 1)))
            return true;
    }
    return scope_has(s, g);
}

static bool scope_within(const policy *p, const consent_scope *wide, const consent_scope *s)
{
    bool in = s->from >= wide->from && s->until <= wide->until && !(s->categories & ~wide->categories) &&
              (wide->emergency || !s->emergency);
    for (int i = 0; in && i < s->grantee_count; i++)
        in = scope_covers(p, wide, &s->grantees[i]);
    return in;
}

static err scope_both(const policy *p, const consent_scope *a, const consent_scope *b, consent_scope *ret)
{
    consent_scope s = *a;
    s.from = a->from > b->from ? a->from : b->from;
    s.until = a->until < b->until ? a->until : b->until;
    s.categories = a->categories & b->categories;
    s.emergency = a->emergency && b->emergency;
    s.grantee_count = 0;
    for (int i = 0; i < a->grantee_count; i++)
        if (scope_covers(p, b, &a->grantees[i]))
            s.grantees[s.grantee_count++] = a->grantees[i];
    for (int i = 0; i < b->grantee_count; i++) {
        if (!scope_covers(p, a, &b->grantees[i]) || scope_has(&s, &b->grantees[i]))
            continue;
        if (s.grantee_count == CARD_GRANTEES)
            return ERR_LIMIT;
        s.grantees[s.grantee_count++] = b->grantees[i];
    }
    *ret = s;
    return OK;
}

// The chart's consent as it shall be: others who stand on it keep what they were named for.
static err scope_wanted(job *j, store_txn *t, const request *r, const consent_scope *now, consent_scope *ret)
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

err change_check(job *j, const request *r, const Tsunagu__RequestBody *proposed)
{
    consent_scope s;
    span was = wire_span(r->body->pseudonym), is = wire_span(proposed->pseudonym);
    if (!span_eq(was, is) || strcmp(r->body->number, proposed->number) != 0)
        return ERR_FORMAT; // another person
    return flow_scope(j, proposed, &s);
}

// ---- it arrives at the hospital --------------------------------------------------------------

// Nothing was written by what said so: a person will see to it.
static bool for_a_person(err e)
{
    return e == ERR_NOT_FOUND || e == ERR_CONFLICT || e == ERR_USAGE || e == ERR_LIMIT || e == ERR_FORMAT;
}

static err narrow_now(job *j, store_txn *t, const request *r, const consent *c, const consent_scope *both)
{
    withdrawal *w = arena_get(&j->memory, sizeof *w);
    if (!w)
        return ERR_MEM;
    if (both->grantee_count && both->categories && both->until >= both->from)
        return scope_within(j->rules->r->p, both, &c->card.scope) ? OK : flow_narrow(j, t, c, both, "clinic");
    // Nothing of what was agreed holds any more: closed until a person opens what is asked for now.
    strcpy(w->chart, r->chart);
    strcpy(w->by, "clinic");
    return disclosure_withdraw(j, t, w);
}

err change_arrived(job *j, store_txn *t, request *r)
{
    requests q = flow_of(j);
    consent c;
    consent_scope wanted, both;
    err e = consent_get(t, span_str(r->chart), &c);
    bool stands = e == OK && !c.card.scope.withdrawn;
    if (e == OK && stands)
        e = scope_wanted(j, t, r, &c.card.scope, &wanted);
    if (e == OK && stands)
        e = scope_both(j->rules->r->p, &c.card.scope, &wanted, &both);
    if (e == OK && stands)
        e = narrow_now(j, t, r, &c, &both);
    if (for_a_person(e)) {
        j->note[0] = '\0';
        return OK;
    }
    if (e || !stands)
        return e;
    e = flow_chart_changed(j, t, r->chart, r->id.data, "clinic");
    if (e == OK && scope_within(j->rules->r->p, &c.card.scope, &wanted)) {
        r->body = r->proposed;
        r->proposed = NULL;
        e = requests_keep(&q, t, r);
        if (e == OK)
            e = flow_published(j, t, NULL, NULL, 0); // where nothing had to be sent
    }
    return e;
}

// ---- a person decides ---------------------------------------------------------------------------

typedef struct deciding {
    person who;
    const char *id, *text;
    bool also;
    request *made;
} deciding;

static err waiting_change(job *j, store_txn *t, deciding *k)
{
    requests q = flow_of(j);
    err e = requests_find(&q, t, k->id, &j->memory, &k->made);
    if (e == ERR_CONFLICT)
        snprintf(j->note, sizeof j->note, "that means several: give more of the id");
    if (e)
        return e;
    if (k->made->side != REQUEST_HOSPITAL)
        return ERR_NOT_FOUND;
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
        e = scope_wanted(j, t, r, &old.card.scope, &c->scope);
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
    if (!flow_second_needed(j, r->proposed, strcmp(r->strength, match_strength_name(MATCH_STRONG)) == 0))
        return OK;
    if (strcmp(r->first, k->who.user) == 0) {
        snprintf(j->note, sizeof j->note, "%.64s accepted it first: another person checks", r->first);
        return ERR_DENIED;
    }
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
        if (flow_grantee(ret->to[i], &g) == OK && scope_covers(p, &asked, &g))
            words[to++] = ret->to[i];
    }
    for (size_t i = 0; i < b->n_to; i++) {
        grantee g;
        if (flow_grantee(b->to[i], &g) == OK && scope_covers(p, &was, &g) && !scope_has(&was, &g))
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

static void deciding_begin(node *n, control_in *in, duty_run run, bool opens)
{
    person who;
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(deciding), run, deciding_answer);
    err e = !j ? ERR_MEM : n->facility == 0 || who.facility != n->facility ? ERR_DENIED : OK;
    if (e == OK && opens)
        e = rulebook_admits(j->rules, j->now, j->note);
    if (e) {
        if (e == ERR_DENIED)
            control_note(in, "the inbox is the hospital's own: that user is of another facility");
        else if (e == ERR_STALE)
            control_note(in, "%s", j->note);
        job_free(j);
        control_finish(in, e);
        return;
    }
    deciding *k = j->state;
    *k = (deciding){.who = who, .id = arg(in, "id"), .text = arg(in, "text"), .also = strcmp(arg(in, "also"), "yes") == 0};
    j->in = in;
    job_submit(j);
}

void change_accept(node *n, control_in *in)
{
    deciding_begin(n, in, accept_run, true);
}

void change_keep(node *n, control_in *in)
{
    deciding_begin(n, in, keep_run, false);
}

// ---- the clinic asks for it ------------------------------------------------------------------------

typedef struct changing {
    person who;
    control_in *in;
    Tsunagu__RequestBody body;
    Tsunagu__ConsentTerms terms;
    char *to[FLOW_WORDS], *categories[FLOW_WORDS];
    request *made;
} changing;

// The filled change form goes with the papers of the request.
static err paper_args(job *j, changing *k, const char *yaml)
{
    static const char *const wanted[] = {"change", NULL};
    filled f;
    err e = written_read(j, yaml, wanted, &f);
    if (e)
        return e;
    e = written_change(j, &f, &k->terms);
    if (e == OK)
        e = written_attach(j, &f, &k->body);
    filled_done(&f);
    return e;
}

static err terms_args(job *j, changing *k)
{
    Tsunagu__ConsentTerms *c = &k->terms;
    control_in *in = k->in;
    const char *emergency = arg(in, "emergency");
    err e = OK;
    if (control_arg(in, "consent_to")) {
        e = flow_words(j, arg(in, "consent_to"), k->to, &c->n_to);
        c->to = k->to;
    }
    if (e == OK && control_arg(in, "categories")) {
        e = flow_words(j, arg(in, "categories"), k->categories, &c->n_categories);
        c->categories = k->categories;
    }
    if (e == OK)
        e = control_arg_day(in, "until", c->until_day, &c->until_day);
    if (e == OK && emergency[0] && strcmp(emergency, "yes") != 0 && strcmp(emergency, "no") != 0) {
        snprintf(j->note, sizeof j->note, "emergency: yes or no");
        e = ERR_USAGE;
    }
    if (emergency[0])
        c->emergency = strcmp(emergency, "yes") == 0;
    if (e == OK && written_file(in, "form"))
        e = paper_args(j, k, written_file(in, "form"));
    if (e == OK && control_arg(in, "paper")) {
        uint8_t *sum = arena_get(&j->memory, HASH_BYTES);
        if (!sum || hex_get(span_str(arg(in, "paper")), sum, HASH_BYTES) != OK)
            return sum ? ERR_USAGE : ERR_MEM;
        c->paper = wire_bytes(span_of(sum, HASH_BYTES));
    }
    if (e == OK && c->n_to == 0 && !j->note[0]) {
        snprintf(j->note, sizeof j->note, "nobody is left to see it: that is a withdrawal");
        e = ERR_USAGE;
    }
    c->agreed_day = day_of_time(j->now);
    c->by = k->who.user;
    return e;
}

static err change_run(job *j, store_txn *t)
{
    changing *k = j->state;
    requests q = flow_of(j);
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    consent_scope s;
    err e = requests_find(&q, t, arg(k->in, "id"), &j->memory, &k->made);
    if (e == ERR_CONFLICT)
        snprintf(j->note, sizeof j->note, "that means several: give more of the id");
    if (e == OK && (k->made->own != k->who.facility || k->made->side != REQUEST_CLINIC))
        e = ERR_NOT_FOUND;
    if (e)
        return e;
    k->body = *k->made->body;
    k->terms = *k->made->body->consent;
    k->body.consent = &k->terms;
    e = terms_args(j, k);
    if (e == OK)
        e = flow_scope(j, &k->body, &s);
    if (e)
        return e;
    k->made->proposed = &k->body;
    say.text = (char *)arg(k->in, "text");
    say.staff = k->who.user;
    say.form = &k->body;
    return flow_step(j, t, k->made, REQUEST_CHANGE, k->who.user, say.text, LETTER_CHANGE, (const ProtobufCMessage *)&say);
}

static void change_answer(job *j, err e)
{
    const changing *k = j->state;
    if (e == OK) {
        flow_show(j->in, j->rules->r->p, k->made, "request");
        post_pump(j->n);
    }
    job_finish(j, e);
}

void request_change(node *n, control_in *in)
{
    person who;
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(changing), change_run, change_answer);
    if (!j) {
        control_finish(in, ERR_MEM);
        return;
    }
    changing *k = j->state;
    k->who = who;
    k->in = j->in = in;
    job_submit(j);
}
