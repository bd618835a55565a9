// SPDX-License-Identifier: Apache-2.0
// rules.yaml: allow and deny, resolved into one category mask per kind, role and
// purpose. A rule may name kinds, roles, purposes and categories; what it does not
// name is meant for all. Where rules disagree, the one that names more of the four
// wins; a tie is denied. So a removed allow or an added deny can only narrow.
#include <stdlib.h>
#include <string.h>

#include "policies/compiler/draft.h"

#define RULES_MAX 2000

// Per cell and category: how specific the strongest allow and deny are (0: none).
typedef struct strength {
    uint8_t allow[POLICY_CATEGORIES], deny[POLICY_CATEGORIES];
} strength;

static bool side_draft(draft *d, draft_place map, const char *key, const draft_terms *t, uint64_t *ret,
                       uint8_t *named)
{
    draft_place value = draft_may(map, key);
    bool said = false;
    *ret = draft_all(t);
    if (!value.node)
        return true;
    bool ok = draft_words(d, value, t, ret, &said);
    *named = (uint8_t)(*named + said);
    return ok;
}

static bool rule_draft(draft *d, draft_place map, draft_rule *ret)
{
    if (!draft_map(d, map, &SHAPE_RULE))
        return false;
    draft_place allow = draft_may(map, "allow"), deny = draft_may(map, "deny");
    if (!allow.node == !deny.node) {
        draft_error(d, map, _("a rule has either \"allow\" or \"deny\", with its categories"));
        return false;
    }
    draft_rule r = {.allow = allow.node != NULL, .named = 1, .place = map}; // 1: stronger than no rule at all
    bool said = false;
    bool ok = draft_words(d, allow.node ? allow : deny, &d->categories, &r.categories, &said);
    r.named = (uint8_t)(r.named + said);
    ok &= side_draft(d, map, "kinds", &d->kinds, &r.kinds, &r.named);
    ok &= side_draft(d, map, "roles", &d->roles, &r.roles, &r.named);
    ok &= side_draft(d, map, "purposes", &d->purposes, &r.purposes, &r.named);
    if (ok)
        *ret = r;
    return ok;
}

static void rule_apply(const draft *d, const draft_rule *r, strength *cells)
{
    size_t kinds = d->kinds.count, roles = d->roles.count, purposes = d->purposes.count;
    for (size_t k = 0; k < kinds; k++)
        for (size_t o = 0; (r->kinds >> k & 1) && o < roles; o++)
            for (size_t p = 0; (r->roles >> o & 1) && p < purposes; p++) {
                if (!(r->purposes >> p & 1))
                    continue;
                strength *s = &cells[(k * roles + o) * purposes + p];
                uint8_t *side = r->allow ? s->allow : s->deny;
                for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
                    if ((r->categories >> bit & 1) && side[bit] < r->named)
                        side[bit] = r->named;
            }
}

void rules_draft(draft *d)
{
    const yaml_doc *doc = draft_doc(d, "rules.yaml", true);
    draft_place map = draft_at(doc, doc ? doc->root : NULL);
    size_t count = d->kinds.count * d->roles.count * d->purposes.count;
    d->allow = draft_get(d, count, sizeof *d->allow);
    strength *cells = draft_get(d, count, sizeof *cells);
    if (!draft_map(d, map, &SHAPE_RULES) || d->broken)
        return;
    draft_place list = draft_may(map, "rules");
    if (!list.node)
        return;
    if (list.node->kind != YAML_LIST || list.node->count > RULES_MAX) {
        draft_error(d, list,
                    _("expected a list of at most %d rules, each beginning with \"- allow:\" or \"- deny:\""),
                    RULES_MAX);
        return;
    }
    d->rules = draft_get(d, list.node->count, sizeof *d->rules);
    if (d->broken)
        return;
    for (size_t i = 0; i < list.node->count; i++) {
        draft_rule *r = &d->rules[d->rule_count];
        if (!rule_draft(d, draft_item(list, i), r))
            continue;
        d->rule_count++;
        rule_apply(d, r, cells);
    }
    for (size_t i = 0; i < count; i++)
        for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
            if (cells[i].allow[bit] > cells[i].deny[bit])
                d->allow[i] = (uint16_t)(d->allow[i] | 1u << bit);
}

void draft_deciding(const draft *d, int kind, int role, int purpose, int category, int *ret_allow, int *ret_deny)
{
    int best[2] = {POLICY_NONE, POLICY_NONE}; // deny, allow
    for (size_t i = 0; i < d->rule_count; i++) {
        const draft_rule *r = &d->rules[i];
        int *b = &best[r->allow];
        if ((r->kinds >> kind & 1) && (r->roles >> role & 1) && (r->purposes >> purpose & 1) &&
            (r->categories >> category & 1) && (*b == POLICY_NONE || r->named > d->rules[*b].named))
            *b = (int)i;
    }
    *ret_allow = best[1];
    *ret_deny = best[0];
}
