// SPDX-License-Identifier: Apache-2.0
#include "node/charts/terms.h"

#include "policies/engine/flow.h"
#include "policies/forms/check.h"

day terms_proxy_last(const policy *p, const char *relation, day birth)
{
    int no = relation[0] ? policy_relation_find(p, relation) : POLICY_NONE;
    if (no == POLICY_NONE || !policy_relation_at(p, no).until_majority || birth == DAY_NONE)
        return DAY_FOREVER;
    return form_majority_day(birth, policy_flow(p).majority_age) - 1;
}

day terms_until(const policy *p, const Tsunagu__RequestBody *b)
{
    policy_flow_view v = policy_flow(p);
    const Tsunagu__ConsentTerms *c = b->consent;
    day grown = terms_proxy_last(p, c->proxy, b->person->birth_day);
    day until = grown < c->until_day ? grown : c->until_day;
    if (v.valid_months) {
        day last = day_minus_months(c->from_day, -v.valid_months);
        until = last < until ? last : until;
    }
    return until;
}
