// SPDX-License-Identifier: Apache-2.0
#include "node/flow/scope.h"

#include <stdio.h>

#include "policies/engine/flow.h"
#include "policies/engine/table.h"
#include "policies/forms/check.h"

err flow_scope(job *j, const Tsunagu__RequestBody *b, consent_scope *ret)
{
    const Tsunagu__ConsentTerms *c = b->consent;
    const policy *p = j->rules->r->p;
    consent_scope s = {.from = c->from_day, .until = c->until_day, .emergency = c->emergency};
    err e = OK;
    for (size_t i = 0; e == OK && i < c->n_to; i++) {
        grantee g;
        e = grantee_parse(c->to[i], &g);
        if (e == OK)
            e = scope_add(&s, &g);
    }
    for (size_t i = 0; e == OK && i < c->n_categories; i++) {
        int bit = policy_category(p, c->categories[i]);
        if (bit == POLICY_NONE)
            e = ERR_USAGE;
        else
            s.categories |= (uint16_t)(1u << bit);
    }
    if (c->n_categories == 0)
        s.categories = (uint16_t)policy_categories(p);
    s.until = terms_until(p, b);
    if (e)
        snprintf(j->note, sizeof j->note, "the form names a facility, union or category that the rules do not know");
    else
        *ret = s;
    return e;
}

bool flow_names(const Tsunagu__ConsentTerms *c, const grantee *g)
{
    grantee said;
    for (size_t i = 0; i < c->n_to; i++)
        if (grantee_parse(c->to[i], &said) == OK && grantee_same(&said, g))
            return true;
    return false;
}

// Whoever is in a union was named with it, and everybody with the federation.
bool scope_covers(const policy *p, const consent_scope *s, const grantee *g)
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

bool scope_within(const policy *p, const consent_scope *wide, const consent_scope *s)
{
    bool in = s->from >= wide->from && s->until <= wide->until && !(s->categories & ~wide->categories) &&
              (wide->emergency || !s->emergency);
    for (int i = 0; in && i < s->grantee_count; i++)
        in = scope_covers(p, wide, &s->grantees[i]);
    return in;
}

err scope_both(const policy *p, const consent_scope *a, const consent_scope *b, consent_scope *ret)
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
