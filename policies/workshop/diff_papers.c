// SPDX-License-Identifier: Apache-2.0
// What changed in the forms and in the flow of requests, in words: what a patient signs and
// how long anybody waits is as much a right as who sees what.
#include <stdio.h>
#include <string.h>

#include "policies/engine/flow.h"
#include "policies/engine/forms.h"
#include "policies/workshop/diff.h"
#include "policies/workshop/names.h"
#include "proto/base/tongue.h"

typedef struct papers {
    const policy *a, *b; // before, after
    bool ja;
    buf *out;
} papers;

static const char *pick(const papers *w, const char *ja, const char *en)
{
    return w->ja ? ja : en;
}

// ---- forms ------------------------------------------------------------------------

static bool sections_same(const papers *w, int a, int b, const policy_form_field *x, const policy_form_field *y)
{
    return strcmp(policy_form_section_at(w->a, a, x->section).id, policy_form_section_at(w->b, b, y->section).id) == 0;
}

static bool needs_same(const papers *w, int a, int b, const policy_form_field *x, const policy_form_field *y)
{
    return x->need == y->need && strcmp(x->is, y->is) == 0 &&
           strcmp(policy_form_field_at(w->a, a, x->when).name, policy_form_field_at(w->b, b, y->when).name) == 0;
}

static bool choices_same(const papers *w, int a, int fa, int b, int fb)
{
    int count = policy_form_field_at(w->a, a, fa).choice_count;
    bool same = count == policy_form_field_at(w->b, b, fb).choice_count;
    for (int i = 0; same && i < count; i++) {
        policy_text x = policy_form_choice_at(w->a, a, fa, i), y = policy_form_choice_at(w->b, b, fb, i);
        same = strcmp(x.id, y.id) == 0 && strcmp(x.label_ja, y.label_ja) == 0 && strcmp(x.label_en, y.label_en) == 0;
    }
    return same;
}

static void need_put(const papers *w, const policy *p, int form, const policy_form_field *f)
{
    policy_form_field when = policy_form_field_at(p, form, f->when);
    const char *label = pick(w, when.label_ja, when.label_en);
    switch (f->need) {
    case NEED_ALWAYS: buf_put_str(w->out, _("always required")); break;
    case NEED_FILLED: buf_printf(w->out, _("required with \"%s\""), label); break;
    case NEED_IS: buf_printf(w->out, _("required where \"%1$s\" is %2$s"), label, f->is); break;
    case NEED_MINOR: buf_printf(w->out, _("required for minors (\"%s\")"), label); break;
    default: buf_put_str(w->out, _("not required"));
    }
}

static void part_put(const papers *w, const char *label, const char *what)
{
    buf_printf(w->out, _("    * \"%1$s\": %2$s\n"), label, what);
}

static void field_change(const papers *w, int a, int fa, int b, int fb)
{
    policy_form_field x = policy_form_field_at(w->a, a, fa), y = policy_form_field_at(w->b, b, fb);
    const char *label = pick(w, y.label_ja, y.label_en);
    if (x.type != y.type)
        buf_printf(w->out, _("    * \"%1$s\": another type, %2$s → %3$s\n"), label, policy_form_type_name(x.type),
                   policy_form_type_name(y.type));
    if (!needs_same(w, a, b, &x, &y)) {
        buf_printf(w->out, "    * \"%s\": ", label);
        need_put(w, w->a, a, &x);
        buf_put_str(w->out, " → ");
        need_put(w, w->b, b, &y);
        buf_put_str(w->out, "\n");
    }
    if (x.filled_by != y.filled_by)
        part_put(w, label, _("somebody else fills it in"));
    if (x.max != y.max)
        buf_printf(w->out, _("    * \"%1$s\": at most %2$d → %3$d\n"), label, x.max, y.max);
    if (!choices_same(w, a, fa, b, fb))
        part_put(w, label, _("other choices"));
    if (strcmp(x.label_ja, y.label_ja) != 0 || strcmp(x.label_en, y.label_en) != 0 ||
        strcmp(x.hint_ja, y.hint_ja) != 0 || strcmp(x.hint_en, y.hint_en) != 0)
        part_put(w, label, _("other words"));
    if (!sections_same(w, a, b, &x, &y))
        part_put(w, label, _("in another part"));
}

static void fields_put(const papers *w, int a, int b)
{
    policy_form x = policy_form_at(w->a, a), y = policy_form_at(w->b, b);
    int last = -1;
    bool moved = false;
    for (int i = 0; i < y.field_count; i++) {
        policy_form_field f = policy_form_field_at(w->b, b, i);
        int old = policy_form_field_find(w->a, a, f.name);
        if (old == POLICY_NONE) {
            buf_printf(w->out, _("    + asked now: \"%s\"\n"), pick(w, f.label_ja, f.label_en));
            continue;
        }
        field_change(w, a, old, b, i);
        moved = moved || old < last;
        last = old;
    }
    for (int i = 0; i < x.field_count; i++) {
        policy_form_field f = policy_form_field_at(w->a, a, i);
        if (policy_form_field_find(w->b, b, f.name) == POLICY_NONE)
            buf_printf(w->out, _("    - asked no more: \"%s\"\n"), pick(w, f.label_ja, f.label_en));
    }
    if (moved)
        buf_put_str(w->out, _("    * the order of the fields\n"));
}

static bool sentence_in(const policy *p, int form, policy_sentence s)
{
    for (int i = 0; i < policy_form_at(p, form).sentence_count; i++) {
        policy_sentence t = policy_form_sentence_at(p, form, i);
        if (strcmp(t.ja, s.ja) == 0 && strcmp(t.en, s.en) == 0)
            return true;
    }
    return false;
}

// Where only the other language changed, that one is shown.
static const char *words_of(const papers *w, const policy *other, int form, policy_sentence s)
{
    for (int i = 0; i < policy_form_at(other, form).sentence_count; i++) {
        policy_sentence t = policy_form_sentence_at(other, form, i);
        if (strcmp(pick(w, t.ja, t.en), pick(w, s.ja, s.en)) == 0)
            return pick(w, s.en, s.ja);
    }
    return pick(w, s.ja, s.en);
}

static void sentences_put(const papers *w, int a, int b)
{
    for (int i = 0; i < policy_form_at(w->b, b).sentence_count; i++) {
        policy_sentence s = policy_form_sentence_at(w->b, b, i);
        if (!sentence_in(w->a, a, s))
            buf_printf(w->out, _("    + signed now: %s\n"), words_of(w, w->a, a, s));
    }
    for (int i = 0; i < policy_form_at(w->a, a).sentence_count; i++) {
        policy_sentence s = policy_form_sentence_at(w->a, a, i);
        if (!sentence_in(w->b, b, s))
            buf_printf(w->out, _("    - signed no more: %s\n"), words_of(w, w->b, b, s));
    }
}

static void form_put(const papers *w, int a, int b)
{
    policy_form x = policy_form_at(w->a, a), y = policy_form_at(w->b, b);
    buf inner = {0};
    papers in = {w->a, w->b, w->ja, &inner};
    fields_put(&in, a, b);
    sentences_put(&in, a, b);
    if (x.filed_by != y.filed_by)
        buf_put_str(&inner, _("    * others may hand it in\n"));
    if (strcmp(x.code, y.code) != 0)
        buf_printf(&inner, _("    * code %1$s → %2$s\n"), x.code, y.code);
    if (x.version != y.version || inner.len || strcmp(x.label_ja, y.label_ja) != 0 || strcmp(x.label_en, y.label_en) != 0) {
        buf_printf(w->out, _("* The form \"%s\""), pick(w, y.label_ja, y.label_en));
        if (x.version != y.version)
            buf_printf(w->out, _(": version %1$u → %2$u"), x.version, y.version);
        buf_printf(w->out, "\n%s", buf_str(&inner));
    }
    buf_done(&inner);
}

// ---- the flow ------------------------------------------------------------------------

static void deadline_words(const papers *w, policy_deadline t)
{
    if (!t.days) {
        buf_put_str(w->out, _("none"));
        return;
    }
    buf_printf(w->out, _("%d days"), t.days);
    if (t.remind)
        buf_printf(w->out, _(", a reminder every %d"), t.remind);
    if (t.cancels)
        buf_put_str(w->out, _(", then cancelled"));
}

static void deadlines_put(const papers *w)
{
    for (int s = 0; s < FLOW_STATE_COUNT; s++) {
        policy_deadline x = policy_flow_deadline(w->a, (flow_state)s), y = policy_flow_deadline(w->b, (flow_state)s);
        if (x.days == y.days && x.remind == y.remind && x.cancels == y.cancels)
            continue;
        buf_printf(w->out, _("* Deadline in the state %s: "), policy_flow_state_name((flow_state)s));
        deadline_words(w, x);
        buf_put_str(w->out, " → ");
        deadline_words(w, y);
        buf_put_str(w->out, "\n");
    }
}

typedef policy_reason (*reason_at)(const policy *, int);

static policy_reason relation_row(const policy *p, int i) // the same shape: what differs is the flag's meaning
{
    policy_relation r = policy_relation_at(p, i);
    return (policy_reason){r.id, r.label_ja, r.label_en, r.until_majority};
}

static policy_reason reason_like(const policy *p, reason_at at, const char *id)
{
    policy_reason r;
    for (int i = 0; r = at(p, i), *r.id; i++)
        if (strcmp(r.id, id) == 0)
            return r;
    return (policy_reason){"", "", "", false};
}

static void reasons_put(const papers *w, const char *noun, reason_at at)
{
    policy_reason r;
    for (int i = 0; r = at(w->b, i), *r.id; i++) {
        policy_reason old = reason_like(w->a, at, r.id);
        if (!*old.id)
            buf_printf(w->out, _("+ %1$s: %2$s\n"), noun, pick(w, r.label_ja, r.label_en));
        else if (old.explain != r.explain || strcmp(old.label_ja, r.label_ja) != 0 || strcmp(old.label_en, r.label_en) != 0)
            buf_printf(w->out, _("* %1$s: %2$s\n"), noun, pick(w, r.label_ja, r.label_en));
    }
    for (int i = 0; r = at(w->a, i), *r.id; i++)
        if (!*reason_like(w->b, at, r.id).id)
            buf_printf(w->out, _("- %1$s: %2$s\n"), noun, pick(w, r.label_ja, r.label_en));
}

typedef const char *(*bit_name)(unsigned);
static const char *audience_name(unsigned i) { return policy_flow_audience_name((flow_audience)i); }
static const char *second_name(unsigned i) { return policy_flow_second_name((flow_second)i); }
static const char *strength_name(unsigned i) { return policy_flow_strength_name((flow_strength)i); }
static const char *evidence_name(unsigned i) { return policy_flow_evidence_name((flow_evidence)i); }

static void bits_put(const papers *w, uint32_t bits, bit_name name)
{
    const char *comma = "";
    for (unsigned i = 0; i < 32; i++)
        if (bits >> i & 1) {
            buf_printf(w->out, "%s%s", comma, name(i));
            comma = ", ";
        }
    if (!bits)
        buf_put_str(w->out, _("none"));
}

static void bits_change(const papers *w, const char *what, uint32_t x, uint32_t y, bit_name name)
{
    if (x == y)
        return;
    buf_printf(w->out, "* %s: ", what);
    bits_put(w, x, name);
    buf_put_str(w->out, " → ");
    bits_put(w, y, name);
    buf_put_str(w->out, "\n");
}

static void number_change(const papers *w, const char *what, int x, int y)
{
    if (x != y)
        buf_printf(w->out, "* %s: %d → %d\n", what, x, y);
}

static bool accept_in(const policy *p, uint32_t set)
{
    for (int i = 0; i < policy_accept_count(p); i++)
        if (policy_accept_at(p, i) == set)
            return true;
    return false;
}

static void accept_put(const papers *w, const policy *p, const policy *other, const char *head)
{
    for (int i = 0; i < policy_accept_count(p); i++)
        if (!accept_in(other, policy_accept_at(p, i))) {
            buf_put_str(w->out, head);
            bits_put(w, policy_accept_at(p, i), evidence_name);
            buf_put_str(w->out, "\n");
        }
}

// By name: roles have other numbers in other rules.
static void roles_put(const papers *w, const policy *p, uint64_t mask, buf *out)
{
    for (int i = 0; i < policy_role_count(p); i++)
        if (mask >> i & 1)
            buf_printf(out, "%s%s", out->len ? ", " : "", name_label(policy_role_text(p, i), w->ja));
}

static void numbers_put(const papers *w)
{
    policy_flow_view x = policy_flow(w->a), y = policy_flow(w->b);
    buf before = {0}, after = {0};
    bits_change(w, _("A second person checks"), x.second_check, y.second_check, second_name);
    bits_change(w, _("Candidates shown"), x.shown, y.shown, strength_name);
    accept_put(w, w->b, w->a, _("+ Enough to accept: "));
    accept_put(w, w->a, w->b, _("- No more enough to accept: "));
    number_change(w, _("Papers are kept, months"), x.retention_months, y.retention_months);
    number_change(w, _("A consent ends by itself, months (0: never)"), x.valid_months, y.valid_months);
    number_change(w, _("Notice before an end, days"), x.notice_days, y.notice_days);
    number_change(w, _("Of age, years"), x.majority_age, y.majority_age);
    number_change(w, _("Consent after an emergency, days (0: not sought)"), x.consent_days, y.consent_days);
    bits_change(w, _("Emergencies are reviewed at"), x.review_by, y.review_by, audience_name);
    roles_put(w, w->a, x.review_roles, &before);
    roles_put(w, w->b, y.review_roles, &after);
    if (strcmp(buf_str(&before), buf_str(&after)) != 0)
        buf_printf(w->out, _("* Emergencies are reviewed by: %1$s → %2$s\n"), buf_str(&before), buf_str(&after));
    buf_done(&before);
    buf_done(&after);
}

err diff_papers_put(const policy *old_rules, const policy *new_rules, bool japanese, buf *out)
{
    papers w = {old_rules, new_rules, japanese, out};
    for (int i = 0; i < policy_form_count(new_rules); i++) {
        policy_form f = policy_form_at(new_rules, i);
        int old = policy_form_find(old_rules, f.id);
        if (old == POLICY_NONE)
            buf_printf(out, _("+ A new form: \"%s\"\n"), pick(&w, f.label_ja, f.label_en));
        else
            form_put(&w, old, i);
    }
    for (int i = 0; i < policy_form_count(old_rules); i++) {
        policy_form f = policy_form_at(old_rules, i);
        if (policy_form_find(new_rules, f.id) == POLICY_NONE)
            buf_printf(out, _("- A form no more: \"%s\"\n"), pick(&w, f.label_ja, f.label_en));
    }
    deadlines_put(&w);
    reasons_put(&w, _("Reason for refusal"), policy_reason_at);
    reasons_put(&w, _("Reason for refusing an application"), policy_join_reason_at);
    reasons_put(&w, _("Proxy"), relation_row);
    reasons_put(&w, _("Emergency reason"), policy_emergency_reason_at);
    numbers_put(&w);
    for (int e = 0; e < FLOW_EVENT_COUNT; e++) {
        char what[100];
        snprintf(what, sizeof what, _("Told of \"%s\""), policy_flow_event_name((flow_event)e));
        bits_change(&w, what, policy_told_of(old_rules, (flow_event)e), policy_told_of(new_rules, (flow_event)e),
                    audience_name);
    }
    return out->sticky;
}
