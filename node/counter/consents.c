// SPDX-License-Identifier: Apache-2.0
#include "node/counter/consents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/charts/charts.h"
#include "node/charts/own.h"
#include "node/charts/person.h"
#include "node/disclosing/disclosure.h"
#include "node/disclosing/stops.h"
#include "node/flow/flow.h"
#include "node/line/outbox.h"
#include "node/line/uplink.h"
#include "node/match/accept.h"
#include "node/rulebook/rulebook.h"
#include "proto/base/luhn.h"
#include "proto/pact/grantee.h"

enum { CONSENTS_PAGE = 400 };

static void grantees_show(control_in *in, const consent_scope *s)
{
    buf out = {0};
    for (int i = 0; i < s->grantee_count; i++) {
        buf_printf(&out, "%s", i ? "," : "");
        grantee_put(&s->grantees[i], &out);
    }
    control_text(in, "to", buf_str(&out));
    buf_done(&out);
}

static void categories_show(control_in *in, const policy *p, uint32_t mask)
{
    buf out = {0};
    for (int bit = 0; bit < CARD_CATEGORIES; bit++)
        if (mask >> bit & 1)
            buf_printf(&out, "%s%s", out.len ? "," : "",
                       bit < policy_category_count(p) ? policy_category_text(p, bit).id : "?");
    control_text(in, "categories", buf_str(&out));
    buf_done(&out);
}

static void consent_show(control_in *in, const book *b, const consent *c, uint64_t seq, bool published)
{
    const consent_scope *s = &c->card.scope;
    char text[30];
    control_record(in, "consent");
    control_text(in, "chart", c->chart);
    control_bytes(in, "id", span_of(s->id, sizeof s->id));
    control_number(in, "revision", (int64_t)s->revision);
    control_number(in, "seq", (int64_t)seq);
    categories_show(in, b->r->p, s->categories);
    day_format(s->from, text);
    control_text(in, "from", text);
    day_format(s->until, text);
    control_text(in, "until", text);
    day_format(c->card.registered_on, text);
    control_text(in, "registered_on", text);
    control_text(in, "state", published ? "published" : "pending");
    time_format(s->at, text);
    control_text(in, "at", text);
    control_text(in, "by", c->by);
    grantees_show(in, s);
    control_text(in, "emergency", s->emergency ? "yes" : "no");
    control_text(in, "proxy", c->proxy);
    control_text(in, "withdrawn", s->withdrawn ? "yes" : "no");
}

// ---- confirm -----------------------------------------------------------------------

typedef struct confirming {
    pool_task base; // first
    job *j;
    confirmation c;
} confirming;

// Calls take for each word of a comma list.
static err words_take(control_in *in, const char *list, void *ctx,
                      err (*take)(void *ctx, control_in *in, const char *word))
{
    char word[64];
    while (list && *list) {
        size_t len = strcspn(list, ",");
        if (len >= sizeof word) {
            control_note(in, "\"%.40s\": too long", list);
            return ERR_USAGE;
        }
        memcpy(word, list, len);
        word[len] = '\0';
        err e = len ? take(ctx, in, word) : OK;
        if (e)
            return e;
        list += len + (list[len] == ',');
    }
    return OK;
}

static err to_take(void *ctx, control_in *in, const char *word)
{
    confirming *k = ctx;
    consent_scope *s = &k->c.scope;
    if (s->grantee_count == CARD_GRANTEES) {
        control_note(in, "to: at most %d", CARD_GRANTEES);
        return ERR_LIMIT;
    }
    err e = grantee_parse(word, &s->grantees[s->grantee_count]);
    if (e)
        control_note(in, "to: \"%.40s\" is neither facility:CODE, union:ID nor federation", word);
    else
        s->grantee_count++;
    return e;
}

static err category_take(void *ctx, control_in *in, const char *word)
{
    confirming *k = ctx;
    int bit = policy_category(k->j->rules->r->p, word);
    if (bit == POLICY_NONE) {
        control_note(in, "the rules know no category \"%s\"", word);
        return ERR_USAGE;
    }
    k->c.scope.categories |= (uint16_t)(1u << bit);
    return OK;
}

static bool yes(control_in *in, const char *key)
{
    const char *v = control_arg(in, key);
    return v && strcmp(v, "yes") == 0;
}

static err text_arg(control_in *in, const char *key, char *out, size_t cap)
{
    const char *v = control_arg(in, key);
    if (v && strlen(v) >= cap) {
        control_note(in, "%s: at most %zu bytes", key, cap - 1);
        return ERR_USAGE;
    }
    strcpy(out, v ? v : "");
    return OK;
}

static err confirm_args(confirming *k, control_in *in)
{
    confirmation *c = &k->c;
    const policy *p = k->j->rules->r->p;
    const char *categories = control_arg(in, "categories");
    day today = day_of_time(k->j->now);
    err e = c->chart[0] ? OK : text_arg(in, "chart", c->chart, sizeof c->chart);
    if (e == OK && !c->by[0])
        e = text_arg(in, "by", c->by, sizeof c->by);
    if (e == OK)
        e = text_arg(in, "proxy", c->proxy, sizeof c->proxy);
    if (e == OK)
        e = words_take(in, control_arg(in, "to"), k, to_take);
    if (e == OK)
        e = words_take(in, categories, k, category_take);
    for (int bit = 0; !categories && bit < policy_category_count(p) && bit < CARD_CATEGORIES; bit++)
        if (policy_category_text(p, bit).id[0])
            c->scope.categories |= (uint16_t)(1u << bit);
    if (e == OK)
        e = control_arg_day(in, "from", today, &c->scope.from);
    const char *until = control_arg(in, "until");
    c->scope.until = DAY_FOREVER;
    if (e == OK && until && strcmp(until, "forever") != 0)
        e = control_arg_day(in, "until", DAY_FOREVER, &c->scope.until);
    if (e == OK)
        e = control_arg_day(in, "registered_on", DAY_NONE, &c->registered_on);
    c->scope.emergency = yes(in, "emergency");
    c->also = yes(in, "also");
    return e;
}

// Between the form and the chart the rules ask for evidence. Less of it needs a person's word, which is logged.
static err evidence_check(confirming *k, control_in *in, const identity *form, const identity *chart)
{
    identity_match m;
    identity_compare(form, chart, &m);
    k->c.unlike = !match_accepts(k->j->rules->r->p, &m);
    if (!k->c.unlike || yes(in, "sure"))
        return OK;
    control_note(in, "form and chart agree in less than the rules ask for (%s); say sure if it is the same person",
                 match_strength_name(m.strength));
    return ERR_CONFLICT;
}

// A parent speaks for a child until it comes of age: the consent ends by itself the day before.
static err proxy_check(confirming *k, control_in *in, day birth)
{
    confirmation *c = &k->c;
    day last = terms_proxy_last(k->j->rules->r->p, c->proxy, birth);
    if (last >= c->scope.until)
        return OK;
    if (last < c->scope.from || last < day_of_time(k->j->now)) {
        control_note(in, "the patient is of age: nobody else can agree as \"%s\"", c->proxy);
        return ERR_USAGE;
    }
    c->scope.until = last;
    return OK;
}

// The person: as ADT-00 has it, with what the form says where it differs.
static err confirm_identity(confirming *k, control_in *in)
{
    identity i, chart;
    store_txn *t;
    const char *missing = "", *number;
    uint64_t facility;
    bool any;
    err e = store_read(k->j->n->keep, &t);
    if (e)
        return e;
    if (shelf_chart_read(k->c.chart, &facility, &number)) { // of such a patient only the pseudonym is known
        e = own_find(t, facility, number, &k->c.who);
        store_end(t);
        if (e == ERR_NOT_FOUND)
            control_note(in, "this number is not registered here: register it first");
        return e;
    }
    e = person_identity(k->j->n, t, k->c.chart, &i, NULL);
    store_end(t);
    if (e) {
        control_note(in, e == ERR_NOT_FOUND ? "no such chart, or it has no ADT-00" : "its ADT-00 cannot be read");
        return e;
    }
    chart = i;
    e = identity_args(in, &i, &any);
    if (e == OK && any)
        e = evidence_check(k, in, &i, &chart);
    if (e == OK)
        e = pseudonym_of(&k->j->n->federation, &i, &k->c.who, &missing);
    if (e == ERR_FORMAT)
        control_note(in, "the chart lacks %s: give it as the form has it", missing);
    if (e == OK)
        e = proxy_check(k, in, i.birth);
    identity_wipe(&i);
    identity_wipe(&chart);
    return e;
}

static err confirm_run(job *j, store_txn *t)
{
    confirming *k = j->state;
    err e = consent_reopens(j, t, &k->c, 0);
    if (e == OK)
        e = disclosure_confirm(j, t, &k->c);
    return e ? e : job_store_err(flow_chart_changed(j, t, k->c.chart, NULL, k->c.by));
}

static void confirm_answer(job *j, err e)
{
    const confirming *k = j->state;
    if (e == OK) {
        consent_show(j->in, j->rules, &k->c.made, k->c.seq, false);
        post_pump(j->n);
        uplink_pump(j->n);
    }
    job_finish(j, e);
}

static void confirming_run(pool_task *base)
{
    confirming *k = (confirming *)base;
    job *j = k->j;
    err e = confirm_args(k, j->in);
    if (e == OK)
        e = confirm_identity(k, j->in);
    if (e) {
        job_finish(j, e);
        job_free(j);
        return;
    }
    job_submit(j);
}

void consent_confirm(node *n, control_in *in)
{
    consent_confirm_as(n, in, "", "");
}

void consent_confirm_as(node *n, control_in *in, const char *chart, const char *by)
{
    job *j = job_with(n, sizeof(confirming), confirm_run, confirm_answer);
    if (!j) {
        control_finish(in, ERR_MEM);
        return;
    }
    err e = rulebook_admits(j->rules, j->now, j->note);
    if (e) {
        j->in = in;
        job_finish(j, e);
        job_free(j);
        return;
    }
    confirming *k = j->state;
    strcpy(k->c.chart, chart);
    strcpy(k->c.by, by);
    k->base.run = confirming_run;
    k->j = j;
    j->in = in;
    pool_submit(n->hands, &k->base);
}

// ---- withdraw --------------------------------------------------------------------------

static err withdraw_run(job *j, store_txn *t)
{
    withdrawal *w = j->state;
    err e = disclosure_withdraw(j, t, w, FLOW_EVENT_WITHDRAWN);
    if (e == OK)
        e = job_store_err(flow_chart_end(j, t, w->chart, REQUEST_WITHDRAW, REQUEST_HOSPITAL, w->by, true));
    return e;
}

static void withdraw_answer(job *j, err e)
{
    const withdrawal *w = j->state;
    if (e == OK) {
        consent_show(j->in, j->rules, &w->made, w->seq, false);
        post_pump(j->n);
        uplink_pump(j->n);
    }
    job_finish(j, e);
}

void consent_withdraw(node *n, control_in *in)
{
    consent_withdraw_as(n, in, "", "");
}

void consent_withdraw_as(node *n, control_in *in, const char *chart, const char *by)
{
    job *j = job_with(n, sizeof(withdrawal), withdraw_run, withdraw_answer);
    withdrawal *w = j ? j->state : NULL;
    err e = !w ? ERR_MEM : chart[0] ? OK : text_arg(in, "chart", w->chart, sizeof w->chart);
    if (e == OK && !chart[0])
        e = text_arg(in, "by", w->by, sizeof w->by);
    if (e == OK && chart[0]) {
        strcpy(w->chart, chart);
        strcpy(w->by, by);
    }
    if (e) {
        job_free(j);
        control_finish(in, e);
        return;
    }
    j->in = in;
    job_submit(j);
}

// ---- the list --------------------------------------------------------------------------------

typedef struct listing {
    control_in *in;
    const book *b;
    store_txn *t;
    size_t shown;
    char last[SSMIX_CHART_MAX + 1];
    bool more;
    const char *id; // only the one whose id begins so; NULL: all
} listing;

static err stopped_one(void *ctx, uint64_t facility)
{
    buf *out = ctx;
    char code[11];
    institution_format(facility, code);
    return buf_printf(out, "%s%s", out->len ? "," : "", code);
}

static err list_one(void *ctx, const consent *c)
{
    buf stopped = {0};
    listing *l = ctx;
    sent s = {.seq = 0};
    bool published = false;
    char id[2 * sizeof c->card.scope.id + 1];
    hex_put(id, span_of(c->card.scope.id, sizeof c->card.scope.id));
    if (l->id && strncmp(id, l->id, strlen(l->id)) != 0)
        return OK;
    if (l->shown++ == CONSENTS_PAGE) {
        l->more = true;
        return ERR_CLOSED;
    }
    err e = sent_get(l->t, span_str(c->chart), &s);
    if (e == OK)
        e = outbox_published(l->t, s.seq, &published);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    e = stops_since(l->t, &c->card.who, c->card.scope.at, stopped_one, &stopped);
    if (e == OK) {
        strcpy(l->last, c->chart);
        consent_show(l->in, l->b, c, s.seq, published);
        control_text(l->in, "stopped", buf_str(&stopped));
    }
    buf_done(&stopped);
    return e;
}

void consents_list(node *n, control_in *in)
{
    const char *chart = control_arg(in, "chart"), *after = control_arg(in, "handle");
    book *b = node_book(n);
    listing l = {.in = in, .b = b, .id = control_arg(in, "id")};
    consent c;
    err e = store_read(n->keep, &l.t);
    if (e == OK) {
        if (!chart)
            e = consent_walk(l.t, span_str(after ? after : ""), list_one, &l);
        else if ((e = consent_get(l.t, span_str(chart), &c)) == OK)
            e = list_one(&l, &c);
        store_end(l.t);
    }
    if (e == OK && l.more)
        control_piece(in, (span){0}, l.last, true);
    book_drop(b);
    control_finish(in, e);
}
