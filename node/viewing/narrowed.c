// SPDX-License-Identifier: Apache-2.0
#include "node/viewing/narrowed.h"

#include <string.h>

#include "node/charts/terms.h"
#include "node/requests/requests.h"
#include "policies/engine/emergency.h"
#include "policies/engine/table.h"
#include "proto/pact/grantee.h"

typedef struct looking {
    const policy *p;
    uint64_t facility;
    const pseudonym *who;
    bool emergency;
    day today;
    narrowed found;
} looking;

static bool names_us(const policy *p, const Tsunagu__ConsentTerms *c, uint64_t facility)
{
    int f = policy_facility(p, facility);
    uint64_t in = f == POLICY_NONE ? 0 : policy_facility_at(p, f).unions;
    bool named = false;
    for (size_t i = 0; i < c->n_to && !named; i++) {
        grantee g;
        if (grantee_parse(c->to[i], &g) != OK)
            continue;
        int u = g.kind == GRANTEE_UNION ? policy_union(p, g.union_id) : POLICY_NONE;
        named = g.kind == GRANTEE_FEDERATION || (g.kind == GRANTEE_FACILITY && g.facility == facility) ||
                (u != POLICY_NONE && (in >> u & 1));
    }
    return named;
}

// What the wanted form leaves of any answer.
static uint32_t left_of(const looking *l, const Tsunagu__RequestBody *wanted)
{
    const Tsunagu__ConsentTerms *c = wanted->consent;
    uint32_t mask = c->n_categories ? 0 : UINT32_MAX;
    if (l->emergency && !c->emergency) // a word against it
        return emergency_opens(l->p, EMERGENCY_AGAINST) ? UINT32_MAX : 0;
    if (!names_us(l->p, c, l->facility) || terms_until(l->p, wanted) < l->today)
        return 0;
    for (size_t i = 0; i < c->n_categories; i++) {
        int bit = policy_category(l->p, c->categories[i]);
        mask |= bit == POLICY_NONE ? 0 : 1u << bit;
    }
    return mask;
}

static err look_one(void *ctx, const request *r)
{
    looking *l = ctx;
    narrowed *k = &l->found;
    pseudonym who;
    size_t i = 0;
    if (r->own != l->facility || !r->proposed || !r->proposed->consent || !r->proposed->person ||
        pseudonym_parse(wire_span(r->body->pseudonym), &who) != OK || !pseudonym_same(&who, l->who))
        return OK;
    while (i < k->count && k->at[i].source != r->other)
        i++;
    if (i == NARROWED_MAX)
        return ERR_LIMIT;
    if (i == k->count) {
        k->at[i].source = r->other;
        k->at[i].categories = UINT32_MAX;
        k->count++;
    }
    k->at[i].categories &= left_of(l, r->proposed);
    return OK;
}

err narrowed_get(store_txn *t, const policy *p, uint64_t facility, const pseudonym *who, bool emergency, day today,
                 narrowed *ret)
{
    requests q = {TABLE_REQUEST, TABLE_REQUEST_LIST, TABLE_REQUEST_PAST, NULL, NULL, NULL};
    looking l = {.p = p, .facility = facility, .who = who, .emergency = emergency, .today = today};
    err e = requests_in(&q, t, REQUEST_CLINIC, REQUEST_CHANGED, look_one, &l);
    if (e == OK)
        *ret = l.found;
    return e;
}

err narrowed_read(node *n, const policy *p, uint64_t facility, const pseudonym *who, bool emergency, narrowed *ret)
{
    store_txn *t;
    err e = store_read(n->keep, &t);
    if (e)
        return e;
    e = narrowed_get(t, p, facility, who, emergency, day_of_time(clock_now_ms()), ret);
    store_end(t);
    return e;
}

uint32_t narrowed_to(const narrowed *k, uint64_t source)
{
    for (size_t i = 0; i < k->count; i++)
        if (k->at[i].source == source)
            return k->at[i].categories;
    return UINT32_MAX;
}
