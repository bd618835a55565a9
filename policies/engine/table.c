// SPDX-License-Identifier: Apache-2.0
#include "policies/engine/table.h"
#include "policies/engine/policy.h"

static bool in(int i, int count)
{
    return i >= 0 && i < count;
}

uint32_t policy_allowed(const policy *p, int kind, int role, int purpose)
{
    if (!in(kind, p->kinds.count) || !in(role, p->roles.count) || !in(purpose, p->purposes.count))
        return 0;
    return p->allow[(kind * p->roles.count + role) * p->purposes.count + purpose];
}

int policy_pact_count(const policy *p, int discloser, int viewer)
{
    if (!in(discloser, p->unions.count) || !in(viewer, p->unions.count))
        return 0;
    return p->pacts[discloser * p->unions.count + viewer].categories != 0;
}

policy_pact_view policy_pact_at(const policy *p, int discloser, int viewer, int number)
{
    static const uint16_t NONE[POLICY_CATEGORIES];
    if (!in(number, policy_pact_count(p, discloser, viewer)))
        return (policy_pact_view){.months = NONE};
    const pact_cell *c = &p->pacts[discloser * p->unions.count + viewer];
    return (policy_pact_view){c->categories, c->kinds, c->from, c->until, c->months};
}

uint64_t policy_discloses(const policy *p, int facility)
{
    return in(facility, p->facility_count) ? p->facilities[facility].discloses : 0;
}

bool policy_node_views(const policy *p, int node, int facility)
{
    if (!in(node, p->node_count) || !in(facility, p->facility_count))
        return false;
    const node_row *n = &p->nodes[node];
    size_t low = 0, high = n->view_count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (n->views[mid] == (uint32_t)facility)
            return true;
        if (n->views[mid] < (uint32_t)facility)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

size_t policy_node_views_all(const policy *p, int node, const uint32_t **ret)
{
    *ret = in(node, p->node_count) ? p->nodes[node].views : NULL;
    return *ret ? p->nodes[node].view_count : 0;
}

uint32_t policy_categories(const policy *p)
{
    return p->used;
}

static bool pact_in_force(const policy *p, int discloser, int viewer, day today)
{
    const pact_cell *c = &p->pacts[discloser * p->unions.count + viewer];
    return c->categories && c->from <= today && today <= c->until;
}

bool policy_related(const policy *p, uint64_t a, uint64_t b, day today)
{
    for (int i = 0; i < p->unions.count; i++)
        for (int k = 0; k < p->unions.count; k++)
            if ((a >> i & 1) && (b >> k & 1) &&
                (i == k || pact_in_force(p, i, k, today) || pact_in_force(p, k, i, today)))
                return true;
    return false;
}
