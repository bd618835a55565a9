// SPDX-License-Identifier: Apache-2.0
// The decision. First what concerns the whole question (rules in force, words
// known, members, the consent as a whole), then each category for itself. The
// consent as a whole is asked before rule and agreement, so that someone without
// consent hears the same about every patient, whatever the rules say.
#include <string.h>

#include "policies/engine/policy.h"

static policy_why question_refused(const policy *p, const policy_question *q)
{
    if (q->today < p->effective_from || q->today > p->stale_after)
        return WHY_RULES_STALE;
    if (q->role < 0 || q->role >= p->roles.count || q->purpose < 0 || q->purpose >= p->purposes.count)
        return WHY_UNKNOWN;
    if (q->viewer < 0 || q->viewer >= p->facility_count || q->source < 0 || q->source >= p->facility_count)
        return WHY_MEMBER;
    if (q->viewer_union < 0 || q->viewer_union >= p->unions.count ||
        !(p->facilities[q->viewer].unions >> q->viewer_union & 1) || !p->facilities[q->source].discloses)
        return WHY_MEMBER;
    if (!q->consented || q->today < q->consent_from || q->today > q->consent_until)
        return WHY_CONSENT;
    return WHY_GRANTED;
}

// The months each category may reach back: the most generous of the agreements
// under which the source discloses to the asking union. Returns the categories.
static uint32_t agreed(const policy *p, const policy_question *q, uint16_t months[POLICY_CATEGORIES])
{
    const facility_row *source = &p->facilities[q->source];
    int kind = p->facilities[q->viewer].kind;
    uint32_t covered = 0;
    for (uint32_t left = source->discloses; left; left &= left - 1) {
        int u = __builtin_ctz(left);
        const pact_cell *c = &p->pacts[u * p->unions.count + q->viewer_union];
        if (!(c->kinds >> kind & 1) || q->today < c->from || q->today > c->until)
            continue;
        covered |= c->categories;
        for (int bit = 0; bit < p->category_top; bit++)
            if (c->months[bit] > months[bit])
                months[bit] = c->months[bit];
    }
    return covered;
}

static void windows_set(const policy_question *q, const uint16_t months[POLICY_CATEGORIES],
                        policy_answer *ret)
{
    // Few different windows exist: remember the last two instead of counting again.
    int known[2] = {-1, -1};
    day at[2] = {0, 0};
    for (uint32_t left = ret->granted; left; left &= left - 1) {
        int bit = __builtin_ctz(left), m = months[bit];
        int slot = m == known[0] ? 0 : m == known[1] ? 1 : -1;
        if (slot < 0) {
            slot = known[0] < 0 ? 0 : 1;
            known[slot] = m;
            at[slot] = day_minus_months(q->registered_on, m);
        }
        ret->from[bit] = at[slot];
    }
}

void policy_decide(const policy *p, const policy_question *q, policy_answer *ret)
{
    ret->granted = 0;
    memset(ret->why, WHY_NOT_ASKED, sizeof ret->why);
    for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
        ret->from[bit] = DAY_NONE;

    policy_why whole = question_refused(p, q);
    uint32_t ruled = 0, covered = 0;
    uint16_t months[POLICY_CATEGORIES] = {0};
    if (!whole) {
        int kind = p->facilities[q->viewer].kind;
        ruled = p->allow[(kind * p->roles.count + q->role) * p->purposes.count + q->purpose];
        covered = agreed(p, q, months);
    }
    // A registration day that no calendar has leaves no window to count.
    bool counts = q->registered_on >= BUNDLE_DAY_MIN && q->registered_on <= BUNDLE_DAY_MAX;
    for (uint32_t left = q->asked & ((1u << POLICY_CATEGORIES) - 1); left; left &= left - 1) {
        int bit = __builtin_ctz(left);
        policy_why why = WHY_GRANTED;
        if (!(p->used >> bit & 1))
            why = WHY_UNKNOWN;
        else if (whole)
            why = whole;
        else if (!(ruled >> bit & 1))
            why = WHY_RULE;
        else if (!(covered >> bit & 1))
            why = WHY_AGREEMENT;
        else if (!(q->consent_categories >> bit & 1))
            why = WHY_CONSENT;
        else if (!counts)
            why = WHY_WINDOW;
        else
            ret->granted |= 1u << bit;
        ret->why[bit] = (uint8_t)why;
    }
    windows_set(q, months, ret);
}
