// SPDX-License-Identifier: Apache-2.0
// Who joined and left which union, and an example for a group of rights.
#include <stdlib.h>
#include <string.h>

#include "policies/workshop/diff.h"


static err member_add(diff *d, diff_member m)
{
    if (d->member_count == d->member_cap) {
        size_t cap = d->member_cap ? 2 * d->member_cap : 64;
        diff_member *at = realloc(d->members, cap * sizeof *at);
        if (!at)
            return ERR_MEM;
        d->members = at;
        d->member_cap = cap;
    }
    d->members[d->member_count++] = m;
    return OK;
}

// 0: not registered, 1: views, 2: discloses.
static int state_in(const policy *p, int facility, int union_no)
{
    if (facility == POLICY_NONE || union_no == POLICY_NONE ||
        !(policy_facility_at(p, facility).unions >> union_no & 1))
        return 0;
    return 1 + (int)(policy_discloses(p, facility) >> union_no & 1);
}

static int axis_of(const diff_axis *a, const char *id)
{
    for (int i = 0; i < a->count; i++)
        if (strcmp(a->text[i].id, id) == 0)
            return i;
    return POLICY_NONE;
}

static err facility_compare(diff *d, uint64_t code)
{
    static const diff_member_change CHANGES[3][3] = {
        {MEMBER_CHANGES, MEMBER_JOINED, MEMBER_JOINED_DISCLOSING},
        {MEMBER_LEFT, MEMBER_CHANGES, MEMBER_DISCLOSES},
        {MEMBER_LEFT, MEMBER_STOPS_DISCLOSING, MEMBER_CHANGES}};
    int before = policy_facility(d->old_rules, code), after = policy_facility(d->new_rules, code);
    policy_facility_view a = policy_facility_at(d->old_rules, before), b = policy_facility_at(d->new_rules, after);
    diff_member m = {.code = code, .name = after == POLICY_NONE ? a.name : b.name};
    m.kind_before = axis_of(&d->kinds, policy_kind_text(d->old_rules, a.kind).id);
    m.kind_after = axis_of(&d->kinds, policy_kind_text(d->new_rules, b.kind).id);
    err e = OK;
    for (int u = 0; e == OK && u < d->unions.count; u++) {
        m.change = CHANGES[state_in(d->old_rules, before, d->unions.old_no[u])]
                          [state_in(d->new_rules, after, d->unions.new_no[u])];
        m.union_no = u;
        if (m.change != MEMBER_CHANGES)
            e = member_add(d, m);
    }
    if (e == OK && before != POLICY_NONE && after != POLICY_NONE && m.kind_before != m.kind_after) {
        m.change = MEMBER_KIND;
        m.union_no = POLICY_NONE;
        e = member_add(d, m);
    }
    return e;
}

static int member_cmp(const void *a, const void *b)
{
    const diff_member *x = a, *y = b;
    if (x->change != y->change)
        return (int)x->change - (int)y->change;
    if (x->union_no != y->union_no)
        return x->union_no - y->union_no;
    return (x->code > y->code) - (x->code < y->code);
}

err diff_members(diff *d)
{
    err e = OK;
    for (int i = 0; e == OK && i < policy_facility_count(d->new_rules); i++)
        e = facility_compare(d, policy_facility_at(d->new_rules, i).code);
    for (int i = 0; e == OK && i < policy_facility_count(d->old_rules); i++) {
        uint64_t code = policy_facility_at(d->old_rules, i).code;
        if (policy_facility(d->new_rules, code) == POLICY_NONE)
            e = facility_compare(d, code);
    }
    if (d->member_count > 1)
        qsort(d->members, d->member_count, sizeof *d->members, member_cmp);
    return e;
}

// ---- an example -----------------------------------------------------------------

static int facility_in(const policy *p, int union_no, int kind, bool discloses)
{
    for (int i = 0; union_no != POLICY_NONE && i < policy_facility_count(p); i++) {
        policy_facility_view f = policy_facility_at(p, i);
        if ((f.unions >> union_no & 1) && (kind == POLICY_NONE || f.kind == kind) &&
            (!discloses || (policy_discloses(p, i) >> union_no & 1)))
            return i;
    }
    return POLICY_NONE;
}

bool diff_example_of(const diff *d, const diff_group *g, diff_example *ret)
{
    bool after = g->after.months != 0;
    const policy *p = after ? d->new_rules : d->old_rules;
    const int *union_no = after ? d->unions.new_no : d->unions.old_no;
    const int *kind_no = after ? d->kinds.new_no : d->kinds.old_no;
    *ret = (diff_example){.viewer = POLICY_NONE, .source = POLICY_NONE};
    for (int i = 0; i < d->kinds.count * d->categories.count; i++) {
        diff_right r = {.kind = i / d->categories.count, .category = i % d->categories.count};
        if (!(g->what[r.kind] >> r.category & 1) || !diff_who_first(d, g, &r))
            continue;
        for (int pair = 0; pair < d->unions.count * d->unions.count; pair++) {
            r.viewer = pair / d->unions.count;
            r.discloser = pair % d->unions.count;
            if (!diff_set_has(&g->whom[r.viewer], r.discloser))
                continue;
            ret->right = r;
            ret->viewer = facility_in(p, union_no[r.viewer], kind_no[r.kind], false);
            ret->source = facility_in(p, union_no[r.discloser], POLICY_NONE, true);
            if (ret->viewer != POLICY_NONE && ret->source != POLICY_NONE && ret->viewer != ret->source)
                return true;
        }
    }
    return false;
}
