// SPDX-License-Identifier: Apache-2.0
#include "node/charts/charts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/charts/consent.h"
#include "node/charts/person.h"
#include "policies/engine/flow.h"

enum { CHARTS_PAGE = 400, CANDIDATES_MAX = 100, TYPES_MAX = 64 };

// A command that reads files: on the pool, then one entry of the log, then the reply.
typedef struct looking {
    pool_task base; // first
    job *j;
    err (*look)(job *j, control_in *in);
    err result;
    const char *what;
    pseudonym who;
    bool named;
} looking;

static err looking_log(job *j, store_txn *t)
{
    const looking *l = j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    char text[80];
    snprintf(text, sizeof text, "%s, uid %u", l->what, control_uid(j->in));
    e.event = EVENT_CONTROL;
    e.status = (uint32_t)l->result;
    e.source = j->n->facility;
    if (l->named)
        e.pseudonym = wire_bytes(span_of(l->who.at, PSEUDONYM_BYTES));
    e.note = text;
    return job_log(j, t, &e);
}

static void looking_answer(job *j, err e)
{
    const looking *l = j->state;
    job_finish(j, e ? e : l->result);
}

static void looking_run(pool_task *base)
{
    looking *l = (looking *)base;
    l->result = l->look(l->j, l->j->in);
    job_submit(l->j); // nobody sees what was found before the entry is durable
}

void look_begin(node *n, control_in *in, const char *what, err (*look)(job *j, control_in *in))
{
    job *j = job_with(n, sizeof(looking), looking_log, looking_answer);
    if (!j) {
        control_finish(in, ERR_MEM);
        return;
    }
    looking *l = j->state;
    *l = (looking){.base = {.run = looking_run}, .j = j, .look = look, .what = what};
    j->in = in;
    pool_submit(n->hands, &l->base);
}

// ---- charts ----------------------------------------------------------------------------

typedef struct types {
    struct { char name[SSMIX_TYPE_MAX + 1]; unsigned count; } items[TYPES_MAX];
    size_t count;
    day oldest, newest;
} types;

static err type_one(void *ctx, const ssmix_entry *e)
{
    types *k = ctx;
    size_t i = 0;
    if (e->date != DAY_FOREVER && (k->oldest == DAY_NONE || e->date < k->oldest))
        k->oldest = e->date;
    if (e->date != DAY_FOREVER && (k->newest == DAY_NONE || e->date > k->newest))
        k->newest = e->date;
    while (i < k->count && strcmp(k->items[i].name, e->type) != 0)
        i++;
    if (i == TYPES_MAX)
        return OK;
    if (i == k->count)
        strcpy(k->items[k->count++].name, e->type);
    k->items[i].count++;
    return OK;
}

typedef struct listing {
    job *j;
    control_in *in;
    store_txn *t;
    span after; // a page goes on behind this chart
    bool waiting;
    size_t shown;
    char last[SSMIX_CHART_MAX + 1];
    bool more;
} listing;

static err chart_show(listing *l, const char *chart)
{
    types *k = arena_get(&l->j->memory, sizeof *k);
    person_record p;
    consent c;
    char text[11];
    buf out = {0};
    if (!k)
        return ERR_MEM;
    *k = (types){.oldest = DAY_NONE, .newest = DAY_NONE};
    err e = ssmix_entries(l->j->n->index, l->t, span_str(chart), type_one, k);
    if (e)
        return e;
    err named = person_get(l->t, chart, &p), consented = consent_get(l->t, span_str(chart), &c);
    control_record(l->in, "chart");
    control_text(l->in, "chart", chart);
    if (named == OK && p.named)
        control_bytes(l->in, "pseudonym", span_of(p.who.at, PSEUDONYM_BYTES));
    else
        control_text(l->in, "pseudonym", "");
    for (size_t i = 0; i < k->count; i++)
        buf_printf(&out, "%s%s=%u", i ? "," : "", k->items[i].name, k->items[i].count);
    control_text(l->in, "types", buf_str(&out));
    buf_done(&out);
    day_format(k->oldest, text);
    control_text(l->in, "oldest", text);
    day_format(k->newest, text);
    control_text(l->in, "newest", text);
    control_text(l->in, "consented", consented == OK && !c.card.scope.withdrawn ? "yes" : "no");
    return OK;
}

static err chart_one(void *ctx, span chart)
{
    listing *l = ctx;
    if (l->waiting) {
        l->waiting = !span_eq(chart, l->after);
        return OK;
    }
    if (l->shown++ == CHARTS_PAGE) {
        l->more = true;
        return ERR_CLOSED;
    }
    err e = span_to_str(chart, l->last, sizeof l->last);
    return e ? e : chart_show(l, l->last);
}

static err charts_look(job *j, control_in *in)
{
    const char *chart = control_arg(in, "chart"), *after = control_arg(in, "handle");
    listing l = {.j = j, .in = in, .after = span_str(after ? after : ""), .waiting = after && after[0]};
    if (!j->n->index)
        return OK;
    err e = store_read(j->n->keep, &l.t);
    if (e)
        return e;
    if (chart) {
        bool seen = false;
        types *k = arena_get(&j->memory, sizeof *k);
        if (k)
            *k = (types){.oldest = DAY_NONE, .newest = DAY_NONE};
        e = k ? ssmix_entries(j->n->index, l.t, span_str(chart), type_one, k) : ERR_MEM;
        seen = e == OK && k->count > 0;
        e = e ? e : seen ? chart_show(&l, chart) : ERR_NOT_FOUND;
    } else {
        e = ssmix_charts(j->n->index, l.t, chart_one, &l);
    }
    store_end(l.t);
    if (e == OK && l.more)
        control_piece(in, (span){0}, l.last, true);
    return e == ERR_CLOSED ? OK : e;
}

void charts_list(node *n, control_in *in)
{
    look_begin(n, in, "charts", charts_look);
}

// ---- identity --------------------------------------------------------------------------------

static void identity_show(control_in *in, const identity *i)
{
    char birth[11], sex[2] = {i->sex, 0};
    day_format(i->birth, birth);
    control_record(in, "identity");
    control_text(in, "kanji_family", i->kanji_family);
    control_text(in, "kanji_given", i->kanji_given);
    control_text(in, "kana_family", i->kana_family);
    control_text(in, "kana_given", i->kana_given);
    control_text(in, "birth", birth);
    control_text(in, "sex", sex);
    control_text(in, "postal", i->postal);
    control_text(in, "address", i->address);
    control_text(in, "telephone", i->telephone);
    control_text(in, "insurer", i->insurer);
    control_text(in, "symbol", i->symbol);
    control_text(in, "number", i->number);
    control_text(in, "branch", i->branch);
}

static void remember_who(job *j, const identity *i)
{
    looking *l = j->state;
    const char *missing;
    l->named = pseudonym_of(&j->n->federation, i, &l->who, &missing) == OK;
}

static err identity_look(job *j, control_in *in)
{
    const char *chart = control_arg(in, "chart");
    identity i;
    store_txn *t;
    if (!chart) {
        control_note(in, "say which chart");
        return ERR_USAGE;
    }
    err e = store_read(j->n->keep, &t);
    if (e)
        return e;
    e = person_identity(j->n, t, chart, &i, NULL);
    store_end(t);
    if (e == ERR_NOT_FOUND)
        control_note(in, "no such chart, or it has no ADT-00");
    if (e)
        return e;
    remember_who(j, &i);
    identity_show(in, &i);
    identity_wipe(&i);
    return OK;
}

void charts_identity(node *n, control_in *in)
{
    look_begin(n, in, "identity shown", identity_look);
}

// ---- candidates ------------------------------------------------------------------------------------

typedef struct candidate {
    char chart[SSMIX_CHART_MAX + 1];
    identity who;
    identity_match match;
    pseudonym name;
    bool named;
} candidate;

static int candidate_cmp(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->match.strength != y->match.strength)
        return x->match.strength > y->match.strength ? -1 : 1;
    return strcmp(x->chart, y->chart);
}

static const char *const evidence_words[] = {"absent", "agrees", "close", "differs"};

// "kana_given:small_kana,postal:moved": what a person should know of each field.
static void remarks_show(control_in *in, const identity_match *m)
{
    buf text = {0};
    for (int f = 0; f < FIELD_COUNT; f++)
        if (m->reasons[f] != REASON_NONE)
            buf_printf(&text, "%s%s:%s", text.len ? "," : "", identity_field_name((identity_field)f),
                       identity_reason_name(m->reasons[f]));
    control_text(in, "remarks", buf_str(&text));
    buf_done(&text);
}

static void candidate_show(control_in *in, store_txn *t, const candidate *all, size_t count, size_t at)
{
    const candidate *c = &all[at];
    char text[IDENTITY_TEXT * 2 + 2], sex[2] = {c->who.sex, 0};
    consent k;
    bool twin = false;
    for (size_t i = 0; i < count; i++)
        twin = twin || (i != at && c->named && all[i].named && pseudonym_same(&all[i].name, &c->name));
    control_record(in, "candidate");
    control_text(in, "chart", c->chart);
    person_name(c->who.kanji_family, c->who.kanji_given, text);
    control_text(in, "name", text);
    person_name(c->who.kana_family, c->who.kana_given, text);
    control_text(in, "kana", text);
    day_format(c->who.birth, text);
    control_text(in, "birth", text);
    control_text(in, "sex", sex);
    control_text(in, "postal", c->who.postal);
    control_text(in, "strength", match_strength_name(c->match.strength));
    for (int f = 0; f < FIELD_COUNT; f++) {
        // Where the value itself stands under the same name, the evidence is told apart from it.
        const char *name = identity_field_name((identity_field)f);
        bool taken = f == FIELD_BIRTH || f == FIELD_SEX || f == FIELD_POSTAL;
        snprintf(text, sizeof text, "%s%s", name, f == FIELD_BIRTH ? "_date" : taken ? "_evidence" : "");
        control_text(in, text, evidence_words[c->match.fields[f]]);
    }
    remarks_show(in, &c->match);
    bool consented = consent_get(t, span_str(c->chart), &k) == OK && !k.card.scope.withdrawn;
    control_text(in, "consented", consented ? "yes" : "no");
    control_text(in, "twin", twin ? "yes" : "no");
}

static_assert((int)FLOW_STRONG - (int)FLOW_WEAK == (int)MATCH_STRONG - (int)MATCH_WEAK, "strengths in one order");

// Which strengths the rules let a person see, by bit of match_strength; with `all`, every one.
static uint32_t strengths_shown(node *n, bool all)
{
    book *b = node_book(n);
    uint32_t shown = all ? UINT32_MAX : policy_flow(b->r->p).shown << MATCH_WEAK;
    book_drop(b);
    return shown & ~(1u << MATCH_NONE);
}

// ret_hidden: how many more there are whose strength is not among those shown.
static err candidates_find(job *j, store_txn *t, const identity *form, uint32_t shown, candidate *all,
                           size_t *ret_count, size_t *ret_hidden)
{
    char charts[CANDIDATES_MAX][SSMIX_CHART_MAX + 1];
    size_t found = 0, kept = 0;
    err e = person_search(j->n, t, form, charts, CANDIDATES_MAX, &found);
    for (size_t i = 0; e == OK && i < found; i++) {
        candidate *c = &all[kept];
        const char *missing;
        if (person_identity(j->n, t, charts[i], &c->who, NULL) != OK)
            continue; // it went away, or cannot be read: the scan says so
        strcpy(c->chart, charts[i]);
        identity_compare(form, &c->who, &c->match);
        c->named = pseudonym_of(&j->n->federation, &c->who, &c->name, &missing) == OK;
        if (shown >> c->match.strength & 1)
            kept++;
        else
            *ret_hidden += c->match.strength != MATCH_NONE;
    }
    if (e == OK)
        *ret_count = kept;
    return e;
}

err charts_candidates_show(job *j, control_in *in, store_txn *t, const identity *form)
{
    size_t count = 0, hidden = 0;
    candidate *all = calloc(CANDIDATES_MAX, sizeof *all);
    err e = all ? OK : ERR_MEM;
    if (e == OK)
        remember_who(j, form);
    if (e == OK)
        e = candidates_find(j, t, form, strengths_shown(j->n, control_arg(in, "all") != NULL), all, &count, &hidden);
    if (e == OK && count)
        qsort(all, count, sizeof *all, candidate_cmp);
    for (size_t i = 0; e == OK && i < count; i++)
        candidate_show(in, t, all, count, i);
    if (e == OK && hidden)
        control_note(in, "%zu more share too little with the form to be shown; --all shows them", hidden);
    else if (e == OK && !count)
        control_note(in, "nobody here fits the form");
    if (all)
        explicit_bzero(all, CANDIDATES_MAX * sizeof *all);
    free(all);
    return e;
}

static err candidates_look(job *j, control_in *in)
{
    identity form = {.birth = DAY_NONE};
    bool any = false;
    store_txn *t;
    err e = identity_args(in, &form, &any);
    if (e == OK && !any) {
        control_note(in, "give what the form says: kana_family, kana_given, birth, sex, ...");
        e = ERR_USAGE;
    }
    if (e == OK)
        e = store_read(j->n->keep, &t);
    if (e)
        goto out;
    e = charts_candidates_show(j, in, t, &form);
    store_end(t);
out:
    identity_wipe(&form);
    return e;
}

void charts_candidates(node *n, control_in *in)
{
    look_begin(n, in, "candidates shown", candidates_look);
}
