// SPDX-License-Identifier: Apache-2.0
#include "policies/compiler/trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policies/compiler/trial_read.h"

// What came of one category of one test.
typedef struct verdict {
    int category;
    policy_why why; // a document older than the window: WHY_WINDOW
    day from;
} verdict;

typedef struct asker {
    draft *d;
    const policy *p;
    arena *mem;
    bool broken;
} asker;

static const char *say(asker *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

static const char *say(asker *a, const char *fmt, ...)
{
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const char *s = arena_str(a->mem, span_str(text));
    a->broken |= !s;
    return s ? s : "";
}

static const char *why_said(asker *a, policy_why why)
{
    if (why == WHY_GRANTED)
        return _("yes");
    const char *name = policy_why_name(why);
    if (tongue_is_japanese() && why >= WHY_RULE && why < WHY_NOT_AVAILABLE)
        name = CHOICES_REASONS.items[why - WHY_RULE].ja;
    return say(a, _("no (%s)"), name);
}

// ---- the line that decided --------------------------------------------------------

static const char *label(const draft_terms *t, int bit)
{
    const draft_term *found = draft_term_of(t, bit);
    return !found ? "?" : tongue_is_japanese() ? found->ja : found->en;
}

static const char *rule_decided(asker *a, const trial_row *row, int category)
{
    const draft *d = a->d;
    int allow, deny;
    draft_deciding(d, d->facilities[row->facts.q.viewer].kind, row->facts.q.role, row->facts.q.purpose, category,
                   &allow, &deny);
    if (deny != POLICY_NONE)
        return say(a, _("common rules: %s:%u denies it"), d->rules[deny].place.doc->file,
                   d->rules[deny].place.node->line);
    return say(a, _("common rules: no line of rules.yaml allows \"%s\" to %s of the kind %s for %s"),
               label(&d->categories, category), label(&d->roles, row->facts.q.role),
               label(&d->kinds, d->facilities[row->facts.q.viewer].kind),
               label(&d->purposes, row->facts.q.purpose));
}

static const draft_agreement *agreement_of(const draft *d, const policy_question *q)
{
    for (uint64_t left = d->facilities[q->source].discloses; left; left &= left - 1) {
        const draft_agreement *a = &d->agreements[(size_t)__builtin_ctzll(left) * d->unions.count +
                                                  (size_t)q->viewer_union];
        if (a->set)
            return a;
    }
    return NULL;
}

static const char *agreement_decided(asker *a, const trial_row *row, int category)
{
    const policy_question *q = &row->facts.q;
    const draft_agreement *g = agreement_of(a->d, q);
    if (!g)
        return say(a, _("agreement: there is none between the union of %s and %s"),
                   a->d->facilities[q->source].name, label(&a->d->unions, q->viewer_union));
    const char *file = g->place.doc->file;
    if (q->today < g->from || q->today > g->until)
        return say(a, _("agreement: %s is not in force on that day"), file);
    if (!(g->kinds >> a->d->facilities[q->viewer].kind & 1))
        return say(a, _("agreement: %s leaves out the kind \"%s\""), file,
                   label(&a->d->kinds, a->d->facilities[q->viewer].kind));
    return say(a, _("agreement: %s leaves out \"%s\""), file, label(&a->d->categories, category));
}

static const char *granted_decided(asker *a, const trial_row *row, const verdict *v)
{
    const draft *d = a->d;
    const policy_question *q = &row->facts.q;
    char from[11];
    int allow, deny;
    day_format(v->from, from);
    draft_deciding(d, d->facilities[q->viewer].kind, q->role, q->purpose, v->category, &allow, &deny);
    const draft_agreement *g = agreement_of(d, q);
    bool own = d->facilities[q->source].discloses >> q->viewer_union & 1;
    if (allow == POLICY_NONE)
        return "";
    if (own || !g)
        return say(a, _("%s:%u allows it, within one union, from %s on"), d->rules[allow].place.doc->file,
                   d->rules[allow].place.node->line, from);
    return say(a, _("%s:%u allows it, %s passes it, from %s on"), d->rules[allow].place.doc->file,
               d->rules[allow].place.node->line, g->place.doc->file, from);
}

static const char *decided(asker *a, const trial_row *row, const verdict *v)
{
    char day_text[11];
    switch (v->why) {
    case WHY_GRANTED:
        return granted_decided(a, row, v);
    case WHY_RULE:
        return rule_decided(a, row, v->category);
    case WHY_AGREEMENT:
        return agreement_decided(a, row, v->category);
    case WHY_CONSENT:
        return _("consent: the patient did not agree to this, or not for that day");
    case WHY_WINDOW:
        day_format(v->from, day_text);
        return say(a, _("window: \"%s\" may be seen from %s on"), label(&a->d->categories, v->category), day_text);
    case WHY_MEMBER:
        return _("members: a facility is not registered, or does not disclose, or not with that union");
    case WHY_RULES_STALE:
        return _("the rules are not in force on that day");
    default:
        return policy_why_name(v->why); // not from a question whose words were read: they are known
    }
}

// ---- asking -----------------------------------------------------------------------

static size_t ask(const policy *p, const trial_row *row, verdict ret[POLICY_CATEGORIES])
{
    policy_answer answer;
    size_t count = 0;
    policy_decide(p, &row->facts.q, &answer);
    for (int bit = 0; bit < POLICY_CATEGORIES; bit++) {
        if (!(row->facts.q.asked >> bit & 1))
            continue;
        verdict *v = &ret[count++];
        *v = (verdict){bit, (policy_why)answer.why[bit], answer.from[bit]};
        if (v->why == WHY_GRANTED && row->facts.document != DAY_NONE && row->facts.document < v->from)
            v->why = WHY_WINDOW;
    }
    return count;
}

static bool as_expected(const trial_row *row, const verdict *v)
{
    if (row->yes)
        return v->why == WHY_GRANTED && (row->from == DAY_NONE || row->from == v->from);
    return v->why != WHY_GRANTED && (row->reason == POLICY_NONE || row->reason == (int)v->why);
}

static const char *with_day(asker *a, const char *word, day from)
{
    char text[11];
    if (from == DAY_NONE)
        return word;
    day_format(from, text);
    return say(a, _("%s, from %s on"), word, text);
}

static trial trial_of(asker *a, const trial_row *row)
{
    verdict v[POLICY_CATEGORIES];
    size_t count = ask(a->p, row, v), shown = 0;
    trial t = {.file = row->place.doc->file, .line = row->place.node->line, .question = row->question,
               .note = row->note, .passed = true};
    for (size_t i = count; i-- > 0;)
        if (!as_expected(row, &v[i])) {
            t.passed = false;
            shown = i;
        }
    const char *expected = row->yes ? _("yes") : row->reason == POLICY_NONE ? _("no") : why_said(a, (policy_why)row->reason);
    t.expected = with_day(a, expected, row->from);
    t.came = with_day(a, why_said(a, v[shown].why),
                      row->from != DAY_NONE && v[shown].why == WHY_GRANTED ? v[shown].from : DAY_NONE);
    t.decided = decided(a, row, &v[shown]);
    // What is kept outlives the draft.
    t.file = say(a, "%s", t.file);
    t.question = say(a, "%s", t.question);
    t.note = say(a, "%s", t.note);
    return t;
}

// Whether the rules were asked at all, or something before them had already refused.
static bool reached_rules(const trial_row *row, const verdict *v)
{
    const policy_question *q = &row->facts.q;
    return v->why == WHY_GRANTED || v->why == WHY_RULE || v->why == WHY_AGREEMENT || v->why == WHY_WINDOW ||
           (v->why == WHY_CONSENT && q->consented && q->today >= q->consent_from && q->today <= q->consent_until);
}

static void rules_mark(const draft *d, const policy *p, const trial_row *row, trial_rule *rules)
{
    verdict v[POLICY_CATEGORIES];
    size_t count = ask(p, row, v);
    for (size_t i = 0; i < count; i++) {
        int allow, deny;
        if (!reached_rules(row, &v[i]))
            continue;
        int kind = d->facilities[row->facts.q.viewer].kind;
        draft_deciding(d, kind, row->facts.q.role, row->facts.q.purpose, v[i].category, &allow, &deny);
        int best = v[i].why == WHY_RULE ? deny : allow;
        if (best == POLICY_NONE)
            continue;
        for (size_t k = 0; k < d->rule_count; k++) { // equals decide together
            const draft_rule *r = &d->rules[k];
            if (r->allow == d->rules[best].allow && r->named == d->rules[best].named && (r->kinds >> kind & 1) &&
                (r->roles >> row->facts.q.role & 1) && (r->purposes >> row->facts.q.purpose & 1) &&
                (r->categories >> v[i].category & 1))
                rules[k].exercised = true;
        }
    }
}

static const char *line_text(asker *a, draft_place place)
{
    span rest = place.doc->text;
    for (unsigned n = 1; n < place.node->line && rest.len; n++) {
        const uint8_t *end = memchr(rest.at, '\n', rest.len);
        rest = end ? span_from(rest, (size_t)(end - rest.at) + 1) : span_from(rest, rest.len);
    }
    const uint8_t *end = rest.len ? memchr(rest.at, '\n', rest.len) : NULL;
    size_t len = end ? (size_t)(end - rest.at) : rest.len;
    while (len && (rest.at[0] == ' ' || rest.at[0] == '-')) {
        rest = span_from(rest, 1);
        len--;
    }
    return say(a, "%.*s", (int)(len < 300 ? len : 300), len ? (const char *)rest.at : "");
}

static void trials_fill(asker *a, const trial_row *rows, trials *t)
{
    size_t count = 0;
    for (const trial_row *row = rows; row; row = row->next)
        count++;
    t->items = arena_get(&t->mem, (count ? count : 1) * sizeof *t->items);
    t->rules = arena_get(&t->mem, (a->d->rule_count ? a->d->rule_count : 1) * sizeof *t->rules);
    if (!t->items || !t->rules) {
        a->broken = true;
        return;
    }
    t->rule_count = a->d->rule_count;
    for (size_t i = 0; i < t->rule_count; i++) {
        draft_place at = a->d->rules[i].place;
        t->rules[i] = (trial_rule){.file = say(a, "%s", at.doc->file), .line = at.node->line,
                                   .text = line_text(a, at)};
    }
    for (const trial_row *row = rows; row; row = row->next) {
        t->items[t->count] = trial_of(a, row);
        t->failed += !t->items[t->count++].passed;
        rules_mark(a->d, a->p, row, t->rules);
    }
    for (size_t i = 0; i < t->rule_count; i++)
        t->unexercised += !t->rules[i].exercised;
}

err trials_run(const policy_files *files, diag *diagnosis, trials *ret)
{
    draft d;
    buf bytes = {0};
    policy *p = NULL;
    trials t = {0};
    arena_init(&t.mem, 0);
    err e = draft_read(files, diagnosis, &d);
    if (e)
        goto out;
    trial_row *rows = trial_rows_read(&d);
    e = d.broken ? ERR_MEM : diagnosis->errors > d.errors ? ERR_FORMAT : draft_emit(&d, &bytes);
    if (!e)
        e = policy_open(buf_span(&bytes), &p);
    if (e)
        goto out;
    asker a = {.d = &d, .p = p, .mem = &t.mem};
    trials_fill(&a, rows, &t);
    e = a.broken ? ERR_MEM : OK;
out:
    policy_free(p);
    buf_done(&bytes);
    draft_done(&d);
    if (e)
        arena_done(&t.mem);
    else
        *ret = t;
    return e;
}

void trials_done(trials *t)
{
    arena_done(&t->mem);
    *t = (trials){0};
}

// ---- tests that test nothing --------------------------------------------------------

static bool same_question(const trial_row *x, const trial_row *y)
{
    const policy_question *a = &x->facts.q, *b = &y->facts.q;
    return a->viewer == b->viewer && a->viewer_union == b->viewer_union && a->role == b->role &&
           a->purpose == b->purpose && a->source == b->source && a->asked == b->asked && a->today == b->today &&
           a->registered_on == b->registered_on && a->consented == b->consented &&
           a->consent_categories == b->consent_categories && a->consent_from == b->consent_from &&
           a->consent_until == b->consent_until && x->facts.document == y->facts.document &&
           x->from == y->from; // a first day asked for is another question
}

err trials_suspect(draft *d, span bundle)
{
    policy *p = NULL;
    size_t errors = d->diag->errors;
    trial_row *rows = trial_rows_read(d);
    if (d->broken || d->diag->errors > errors)
        return d->broken ? ERR_MEM : ERR_FORMAT;
    err e = policy_open(bundle, &p);
    for (const trial_row *row = e ? NULL : rows; row; row = row->next) {
        verdict v[POLICY_CATEGORIES];
        size_t count = ask(p, row, v);
        const trial_row *old = rows;
        while (old != row && !same_question(old, row))
            old = old->next;
        if (old != row)
            draft_warn(d, row->place, _("this test tests nothing: %s:%u already asks the same"), old->place.doc->file,
                       old->place.node->line);
        else if (!row->yes && row->reason == POLICY_NONE && count && v[0].why != WHY_GRANTED &&
                 !reached_rules(row, &v[0]))
            draft_warn(d, row->place,
                       _("this test tests nothing: it would be refused whatever the rules say; "
                         "write \"reason: %s\" if that is meant"),
                       policy_why_name(v[0].why));
    }
    policy_free(p);
    return e;
}
