// SPDX-License-Identifier: Apache-2.0
#include "policies/workshop/impact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policies/engine/table.h"
#include "policies/workshop/matrix.h"
#include "policies/workshop/names.h"
#include "proto/base/tongue.h"

static int union_index(impact *m, policy_text t)
{
    for (int i = 0; i < m->union_count; i++)
        if (strcmp(m->unions[i].id, t.id) == 0)
            return i;
    if (!t.id[0] || m->union_count == IMPACT_UNIONS)
        return POLICY_NONE;
    m->unions[m->union_count] = t;
    return m->union_count++;
}

err impact_new(const policy *old_rules, const policy *new_rules, impact **ret)
{
    impact *m = calloc(1, sizeof *m);
    if (!m)
        return ERR_MEM;
    m->old_rules = old_rules;
    m->new_rules = new_rules;
    for (int i = 0; i < policy_union_count(new_rules); i++)
        union_index(m, policy_union_text(new_rules, i));
    for (int i = 0; i < policy_union_count(old_rules); i++)
        union_index(m, policy_union_text(old_rules, i));
    m->cells = calloc((size_t)(m->union_count * m->union_count) * POLICY_CATEGORIES, sizeof *m->cells);
    if (!m->cells) {
        impact_free(m);
        return ERR_MEM;
    }
    *ret = m;
    return OK;
}

void impact_free(impact *m)
{
    if (!m)
        return;
    free(m->cells);
    free(m);
}

impact_cell *impact_at(const impact *m, int viewer, int discloser, int category)
{
    return &m->cells[((size_t)viewer * (size_t)m->union_count + (size_t)discloser) * POLICY_CATEGORIES +
                     (size_t)category];
}

// ---- one look-up under one set of rules ------------------------------------------

typedef struct asker {
    const policy *p;
    int facility, role, purpose;
    uint64_t unions; // that it may have asked through
} asker;

// Through the union of its node where the rules know that; else through any of its own.
static asker asker_of(const policy *p, const impact_lookup *l)
{
    asker a = {p, policy_facility(p, l->facility), policy_role(p, l->role), policy_purpose(p, l->purpose), 0};
    int node = policy_node(p, l->node);
    a.unions = policy_facility_at(p, a.facility).unions;
    if (node != POLICY_NONE)
        a.unions = 1ull << policy_node_at(p, node).union_no;
    return a;
}

// With a consent to everything; the best of the unions, category by category.
static void decide(const asker *a, const impact_lookup *l, uint64_t source, policy_answer *ret, int *ret_union)
{
    policy_question q = {.viewer = a->facility, .role = a->role, .purpose = a->purpose,
                         .source = policy_facility(a->p, source), .asked = l->asked ? l->asked : UINT32_MAX,
                         .today = l->today, .registered_on = l->today, .consented = true,
                         .consent_categories = UINT32_MAX, .consent_from = l->today, .consent_until = l->today};
    *ret = (policy_answer){0};
    *ret_union = a->unions ? __builtin_ctzll(a->unions) : POLICY_NONE;
    for (uint64_t left = a->unions; left; left &= left - 1) {
        policy_answer x;
        q.viewer_union = __builtin_ctzll(left);
        policy_decide(a->p, &q, &x);
        if (x.granted && !ret->granted)
            *ret_union = q.viewer_union;
        for (uint32_t bits = x.granted; bits; bits &= bits - 1) {
            int bit = __builtin_ctz(bits);
            if (!(ret->granted >> bit & 1) || x.from[bit] < ret->from[bit])
                ret->from[bit] = x.from[bit];
        }
        ret->granted |= x.granted;
    }
}

// ---- both ------------------------------------------------------------------------

// What the patient may have consented to, from what was answered then.
static uint32_t consent_of(const impact_source *s, uint32_t old_grants)
{
    switch (s->outcome) {
    case OUTCOME_ANSWERED:
    case OUTCOME_DENIED: return s->granted | ~old_grants;
    case OUTCOME_WITHDRAWN: return 0;
    default: return UINT32_MAX;
    }
}

static void count(impact *m, const impact_lookup *l, int viewer, int discloser, uint32_t mask, impact_effect effect)
{
    for (; mask && viewer != POLICY_NONE && discloser != POLICY_NONE; mask &= mask - 1) {
        impact_cell *c = impact_at(m, viewer, discloser, __builtin_ctz(mask));
        c->count[effect]++;
        if (!c->first)
            c->first = l->seq;
    }
}

static int discloser_of(impact *m, uint64_t source)
{
    const policy *rules[2] = {m->old_rules, m->new_rules};
    for (int i = 0; i < 2; i++) {
        uint64_t under = policy_discloses(rules[i], policy_facility(rules[i], source));
        if (under)
            return union_index(m, policy_union_text(rules[i], __builtin_ctzll(under)));
    }
    return POLICY_NONE;
}

static bool source_add(impact *m, const impact_lookup *l, const impact_source *s, const asker *was, const asker *now)
{
    policy_answer before, after;
    int old_union, new_union;
    uint32_t moved[EFFECT_COUNT] = {0};
    decide(was, l, s->source, &before, &old_union);
    decide(now, l, s->source, &after, &new_union);
    uint32_t consent = consent_of(s, before.granted), a = before.granted & consent, b = after.granted & consent;
    m->answers++;
    m->otherwise += (s->granted & ~before.granted) != 0;
    moved[EFFECT_REFUSED] = a & ~b;
    moved[EFFECT_ALLOWED] = b & ~a;
    for (uint32_t both = a & b; both; both &= both - 1) {
        int bit = __builtin_ctz(both);
        if (before.from[bit] != after.from[bit])
            moved[after.from[bit] > before.from[bit] ? EFFECT_SHORTER : EFFECT_LONGER] |= 1u << bit;
    }
    int viewer = old_union != POLICY_NONE ? union_index(m, policy_union_text(was->p, old_union))
                                          : union_index(m, policy_union_text(now->p, new_union));
    bool any = false;
    for (int e = 0; e < EFFECT_COUNT; e++) {
        any = any || moved[e];
        if (moved[e])
            count(m, l, viewer, discloser_of(m, s->source), moved[e], (impact_effect)e);
    }
    return any;
}

void impact_add(impact *m, const impact_lookup *l)
{
    asker was = asker_of(m->old_rules, l), now = asker_of(m->new_rules, l);
    bool any = false;
    m->lookups++;
    m->unknown += (was.facility < 0 || was.role < 0 || was.purpose < 0) &&
                  (now.facility < 0 || now.role < 0 || now.purpose < 0);
    for (size_t i = 0; i < l->count; i++)
        any |= source_add(m, l, &l->sources[i], &was, &now);
    m->changed += any;
}

// ---- words -------------------------------------------------------------------------

static const char *union_said(const impact *m, int i, bool ja)
{
    int u = policy_union(m->new_rules, m->unions[i].id);
    return u != POLICY_NONE ? matrix_union(m->new_rules, u, ja)
                            : matrix_union(m->old_rules, policy_union(m->old_rules, m->unions[i].id), ja);
}

static const char *category_said(const impact *m, int bit, bool ja)
{
    policy_text t = policy_category_text(m->new_rules, bit);
    return name_label(t.id[0] ? t : policy_category_text(m->old_rules, bit), ja);
}

static void effect_put(const impact *m, impact_effect effect, const char *head, bool ja, buf *out)
{
    bool first = true;
    for (int v = 0; v < m->union_count; v++)
        for (int u = 0; u < m->union_count; u++)
            for (int bit = 0; bit < POLICY_CATEGORIES; bit++) {
                const impact_cell *c = impact_at(m, v, u, bit);
                if (!c->count[effect])
                    continue;
                if (first)
                    buf_printf(out, "\n%s\n", head);
                first = false;
                buf_printf(out, "  %8" PRIu64 "  %s ← %s: %s", c->count[effect], union_said(m, v, ja),
                           union_said(m, u, ja), category_said(m, bit, ja));
                buf_printf(out, _("  (first: entry %llu)\n"), (unsigned long long)c->first);
            }
}

err impact_put(const impact *m, bool japanese, buf *out)
{
    buf_printf(out, _("%llu look-ups with %llu answers of hospitals; for %llu look-ups something would be different.\n"),
               (unsigned long long)m->lookups, (unsigned long long)m->answers, (unsigned long long)m->changed);
    effect_put(m, EFFECT_REFUSED, _("- Would now be refused"), japanese, out);
    effect_put(m, EFFECT_ALLOWED, _("+ Would now be allowed, if the patient's consent covers it"), japanese, out);
    effect_put(m, EFFECT_SHORTER, _("* Would reach less far back"), japanese, out);
    effect_put(m, EFFECT_LONGER, _("* Would reach further back"), japanese, out);
    if (m->otherwise)
        buf_printf(out, _("\n%llu answers were given under other rules than OLD: what OLD refuses is not counted as a loss.\n"),
                   (unsigned long long)m->otherwise);
    if (m->unknown)
        buf_printf(out, _("\n%llu look-ups name a facility, role or purpose that neither rules know.\n"),
                   (unsigned long long)m->unknown);
    buf_printf(out, "\n%s\n",
               _("Taken as given, because a log does not hold it: what was granted then was consented to; what OLD\n"
                 "grants and was refused then was not; windows count from the day of the look-up."));
    return out->sticky;
}
