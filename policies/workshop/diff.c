// SPDX-License-Identifier: Apache-2.0
// A right is rule x agreement. For one kind and category the rules are a table of role
// and purpose, the agreements one of two unions; where both changed in the same
// way the same happens to all their pairs. So the blocks are found without walking
// all rights one by one, and equal blocks of other kinds and categories fall together.
#include "policies/workshop/diff.h"

#include <stdlib.h>
#include <string.h>

// ---- words -----------------------------------------------------------------

typedef policy_text (*text_of)(const policy *, int);

static void axis_add(diff_axis *a, policy_text t, int old_no, int new_no)
{
    for (int i = 0; i < a->count; i++)
        if (strcmp(a->text[i].id, t.id) == 0) {
            a->old_no[i] = old_no;
            return;
        }
    if (a->count == AXIS_MAX)
        return;
    a->text[a->count] = t;
    a->old_no[a->count] = old_no;
    a->new_no[a->count++] = new_no;
}

static void axis_make(const diff *d, int (*count)(const policy *), text_of text, diff_axis *a)
{
    for (int i = 0; i < count(d->new_rules); i++)
        if (text(d->new_rules, i).id[0])
            axis_add(a, text(d->new_rules, i), POLICY_NONE, i);
    for (int i = 0; i < count(d->old_rules); i++)
        if (text(d->old_rules, i).id[0])
            axis_add(a, text(d->old_rules, i), i, POLICY_NONE);
}

// ---- rights ----------------------------------------------------------------

static bool ruled(const policy *p, int kind, int role, int purpose, int category)
{
    return category >= 0 && (policy_allowed(p, kind, role, purpose) >> category & 1);
}

static diff_value agreed(const policy *p, int discloser, int viewer, int kind, int category, int slice)
{
    policy_pact_view c = policy_pact_at(p, discloser, viewer, slice);
    if (kind < 0 || category < 0 || !(c.kinds >> kind & 1) || !(c.categories >> category & 1))
        return (diff_value){0};
    return (diff_value){c.months[category], c.from, c.until};
}

static bool value_same(diff_value a, diff_value b)
{
    return a.months == b.months && (a.months == 0 || (a.from == b.from && a.until == b.until));
}

// What happens to the rights of one cell. False: nothing.
static bool transition(bool old_rule, bool new_rule, diff_value old_pact, diff_value new_pact, diff_group *ret)
{
    diff_value before = old_rule ? old_pact : (diff_value){0}, after = new_rule ? new_pact : (diff_value){0};
    if (value_same(before, after))
        return false;
    ret->before = before;
    ret->after = after;
    ret->dated = !old_pact.months || !new_pact.months || old_pact.from != new_pact.from ||
                 old_pact.until != new_pact.until;
    if (!ret->dated) { // the dates did not change: unions with different ones may stand together
        ret->before.from = ret->before.until = ret->after.from = ret->after.until = 0;
    } else if (!before.months || !after.months) {
        diff_value *none = before.months ? &ret->after : &ret->before;
        *none = (diff_value){0};
    }
    return true;
}

static bool transition_same(const diff_group *a, const diff_group *b)
{
    return a->dated == b->dated && a->ruled == b->ruled && memcmp(&a->before, &b->before, sizeof a->before) == 0 &&
           memcmp(&a->after, &b->after, sizeof a->after) == 0;
}

// ---- blocks -----------------------------------------------------------------

static err group_add(diff *d, const diff_group *g)
{
    if (d->group_count == d->group_cap) {
        size_t cap = d->group_cap ? 2 * d->group_cap : 16;
        diff_group *at = realloc(d->groups, cap * sizeof *at);
        if (!at)
            return ERR_MEM;
        d->groups = at;
        d->group_cap = cap;
    }
    d->groups[d->group_count++] = *g;
    return OK;
}

// Into a group with the same who, whom and change; else a new one.
static err block_add(diff *d, const diff_group *block, int kind, int category)
{
    for (size_t i = 0; i < d->group_count; i++) {
        diff_group *g = &d->groups[i];
        if (transition_same(g, block) && memcmp(g->who, block->who, sizeof g->who) == 0 &&
            memcmp(g->whom, block->whom, sizeof g->whom) == 0) {
            g->what[kind] |= 1u << category;
            return OK;
        }
    }
    diff_group g = *block;
    g.what[kind] = 1u << category;
    return group_add(d, &g);
}

// The roles and purposes whose rule for this kind and category changed so; whether there are any.
static bool who_of(const diff *d, int kind, int category, bool old_rule, bool new_rule, diff_group *ret)
{
    bool any = false;
    for (int r = 0; r < d->roles.count; r++) {
        ret->who[r] = 0;
        for (int p = 0; p < d->purposes.count; p++) {
            bool before = ruled(d->old_rules, d->kinds.old_no[kind], d->roles.old_no[r], d->purposes.old_no[p],
                                d->categories.old_no[category]);
            bool after = ruled(d->new_rules, d->kinds.new_no[kind], d->roles.new_no[r], d->purposes.new_no[p],
                               d->categories.new_no[category]);
            if (before == old_rule && after == new_rule)
                ret->who[r] |= 1u << p;
        }
        any = any || ret->who[r];
    }
    return any;
}

// Splits the pairs of unions by what happens between them.
static err blocks_of_rule(diff *d, int kind, int category, int slice, bool old_rule, bool new_rule, diff_group *block)
{
    int k_old = d->kinds.old_no[kind], k_new = d->kinds.new_no[kind];
    int c_old = d->categories.old_no[category], c_new = d->categories.new_no[category], n = d->unions.count;
    diff_group *cells = calloc(1, sizeof *cells); // only its change is used
    uint8_t *done = calloc((size_t)(n * n) + 1, 1);
    err e = cells && done ? OK : ERR_MEM;
    if (cells)
        cells->ruled = block->ruled;
    for (int first = 0; e == OK && first < n * n; first++) {
        bool found = false;
        for (int i = first; i < n * n; i++) { // the first one says which change, the rest are collected
            int u = i / n, v = i % n;
            if (done[i])
                continue;
            diff_value a = agreed(d->old_rules, d->unions.old_no[u], d->unions.old_no[v], k_old, c_old, slice);
            diff_value b = agreed(d->new_rules, d->unions.new_no[u], d->unions.new_no[v], k_new, c_new, slice);
            if (!transition(old_rule, new_rule, a, b, cells)) {
                done[i] = 1;
                continue;
            }
            if (!found) {
                found = true;
                memset(block->whom, 0, sizeof block->whom);
                block->before = cells->before;
                block->after = cells->after;
                block->dated = cells->dated;
            }
            if (transition_same(cells, block)) {
                block->whom[v].at[u / 64] |= 1ull << (u % 64);
                done[i] = 1;
            }
        }
        if (!found)
            break;
        e = block_add(d, block, kind, category);
    }
    free(cells);
    free(done);
    return e;
}

static int slices(const diff *d)
{
    int most = 1;
    for (int u = 0; u < policy_union_count(d->old_rules); u++)
        for (int v = 0; v < policy_union_count(d->old_rules); v++)
            most = policy_pact_count(d->old_rules, u, v) > most ? policy_pact_count(d->old_rules, u, v) : most;
    for (int u = 0; u < policy_union_count(d->new_rules); u++)
        for (int v = 0; v < policy_union_count(d->new_rules); v++)
            most = policy_pact_count(d->new_rules, u, v) > most ? policy_pact_count(d->new_rules, u, v) : most;
    return most;
}

static err rule_cases(diff *d, int kind, int category, int slice, diff_group *block)
{
    static const bool CASES[][2] = {{false, true}, {true, false}};
    err e = OK;
    block->ruled = false;
    for (int i = 0; e == OK && i < 2; i++)
        if (who_of(d, kind, category, CASES[i][0], CASES[i][1], block))
            e = blocks_of_rule(d, kind, category, slice, CASES[i][0], CASES[i][1], block);
    // Where only the agreements changed it is the same for all whom the rules allow it.
    memset(block->who, 0, sizeof block->who);
    block->ruled = true;
    return e ? e : blocks_of_rule(d, kind, category, slice, true, true, block);
}

static err rights_compare(diff *d)
{
    diff_group *block = calloc(1, sizeof *block);
    err e = block ? OK : ERR_MEM;
    int most = slices(d);
    for (int s = 0; s < most; s++)
        for (int k = 0; k < d->kinds.count; k++)
            for (int c = 0; e == OK && c < d->categories.count; c++)
                e = rule_cases(d, k, c, s, block);
    free(block);
    return e;
}

// Two groups that differ only in who, or only in whom, are one.
static bool groups_join(diff_group *a, const diff_group *b)
{
    if (!transition_same(a, b) || memcmp(a->what, b->what, sizeof a->what) != 0)
        return false;
    if (memcmp(a->whom, b->whom, sizeof a->whom) == 0) {
        for (int i = 0; i < AXIS_MAX; i++)
            a->who[i] |= b->who[i];
        return true;
    }
    if (memcmp(a->who, b->who, sizeof a->who) != 0)
        return false;
    for (int i = 0; i < AXIS_MAX; i++)
        for (int w = 0; w < AXIS_MAX / 64; w++)
            a->whom[i].at[w] |= b->whom[i].at[w];
    return true;
}

static void groups_merge(diff *d)
{
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < d->group_count; i++)
            for (size_t k = i + 1; k < d->group_count;)
                if (groups_join(&d->groups[i], &d->groups[k])) {
                    d->groups[k] = d->groups[--d->group_count];
                    again = true;
                } else {
                    k++;
                }
    }
}

static int sense(const diff_group *g) // gained, lost, longer, shorter, other dates
{
    if (!g->before.months || !g->after.months)
        return g->before.months != 0;
    return g->before.months < g->after.months ? 2 : g->before.months > g->after.months ? 3 : 4;
}

static int group_cmp(const void *a, const void *b)
{
    const diff_group *x = a, *y = b;
    int c = sense(x) - sense(y);
    if (!c)
        c = memcmp(x->who, y->who, sizeof x->who);
    return c ? c : memcmp(x, y, sizeof *x);
}

static bool ruled_in_both(const diff *d, const diff_right *r)
{
    return ruled(d->old_rules, d->kinds.old_no[r->kind], d->roles.old_no[r->role], d->purposes.old_no[r->purpose],
                 d->categories.old_no[r->category]) &&
           ruled(d->new_rules, d->kinds.new_no[r->kind], d->roles.new_no[r->role], d->purposes.new_no[r->purpose],
                 d->categories.new_no[r->category]);
}

bool diff_covers(const diff *d, const diff_group *g, const diff_right *r)
{
    return (g->what[r->kind] >> r->category & 1) && diff_set_has(&g->whom[r->viewer], r->discloser) &&
           (g->ruled ? ruled_in_both(d, r) : g->who[r->role] >> r->purpose & 1);
}

bool diff_who_first(const diff *d, const diff_group *g, diff_right *r)
{
    for (r->role = 0; r->role < d->roles.count; r->role++)
        for (r->purpose = 0; r->purpose < d->purposes.count; r->purpose++)
            if (g->ruled ? ruled_in_both(d, r) : g->who[r->role] >> r->purpose & 1)
                return true;
    return false;
}

// An agreement about what no rule allows anyone changes nobody's right.
static void groups_prune(diff *d)
{
    for (size_t i = 0; i < d->group_count;) {
        bool any = false;
        diff_group *g = &d->groups[i];
        for (int k = 0; k < d->kinds.count; k++)
            for (int c = 0; c < d->categories.count; c++) {
                diff_right r = {.kind = k, .category = c};
                any = any || ((g->what[k] >> c & 1) && diff_who_first(d, g, &r));
            }
        if (any)
            i++;
        else
            *g = d->groups[--d->group_count];
    }
}

// ---- the whole ---------------------------------------------------------------


err diff_run(const policy *old_rules, const policy *new_rules, diff **ret)
{
    diff *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_MEM;
    d->old_rules = old_rules;
    d->new_rules = new_rules;
    axis_make(d, policy_kind_count, policy_kind_text, &d->kinds);
    axis_make(d, policy_role_count, policy_role_text, &d->roles);
    axis_make(d, policy_purpose_count, policy_purpose_text, &d->purposes);
    axis_make(d, policy_category_count, policy_category_text, &d->categories);
    axis_make(d, policy_union_count, policy_union_text, &d->unions);
    err e = rights_compare(d);
    if (e == OK)
        e = diff_members(d);
    if (e) {
        diff_free(d);
        return e;
    }
    groups_merge(d);
    groups_prune(d);
    if (d->group_count > 1)
        qsort(d->groups, d->group_count, sizeof *d->groups, group_cmp);
    d->validity = policy_effective_from(old_rules) != policy_effective_from(new_rules) ||
                  policy_stale_after(old_rules) != policy_stale_after(new_rules);
    buf papers = {0};
    e = diff_papers_put(old_rules, new_rules, true, &papers);
    d->papers = papers.len != 0;
    buf_done(&papers);
    if (e) {
        diff_free(d);
        return e;
    }
    d->other = !d->papers && !d->group_count && !d->member_count && !d->validity &&
               !span_eq(policy_bytes(old_rules), policy_bytes(new_rules));
    *ret = d;
    return OK;
}

void diff_free(diff *d)
{
    if (!d)
        return;
    free(d->groups);
    free(d->members);
    free(d);
}
