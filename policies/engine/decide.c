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
    for (uint64_t left = source->discloses; left; left &= left - 1) {
        int u = __builtin_ctzll(left);
        const pact_cell *c = &p->pacts[u * p->unions.count + q->viewer_union];
        if (!(c->kinds >> kind & 1) || q->today < c->from || q->today > c->until)
            continue;
        covered |= c->categories;
        for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
            months[bit] = c->months[bit] > months[bit] ? c->months[bit] : months[bit];
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

static void why_set(policy_answer *ret, uint32_t mask, policy_why why)
{
    for (; mask; mask &= mask - 1)
        ret->why[__builtin_ctz(mask)] = (uint8_t)why;
}

void policy_decide(const policy *p, const policy_question *q, policy_answer *ret)
{
    memset(ret->why, WHY_NOT_ASKED, sizeof ret->why);
    for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
        ret->from[bit] = DAY_NONE;
    ret->granted = 0;

    uint32_t asked = q->asked & ((1u << POLICY_CATEGORIES) - 1), left = asked & p->used;
    why_set(ret, asked & ~p->used, WHY_UNKNOWN);
    policy_why whole = question_refused(p, q);
    if (whole) {
        why_set(ret, left, whole);
        return;
    }
    // Each layer takes out what it refuses and says so; what is left at the end is granted.
    uint16_t months[POLICY_CATEGORIES] = {0};
    int kind = p->facilities[q->viewer].kind;
    uint32_t ruled = p->allow[(kind * p->roles.count + q->role) * p->purposes.count + q->purpose];
    uint32_t covered = agreed(p, q, months);
    why_set(ret, left & ~ruled, WHY_RULE);
    left &= ruled;
    why_set(ret, left & ~covered, WHY_AGREEMENT);
    left &= covered;
    why_set(ret, left & ~q->consent_categories, WHY_CONSENT);
    left &= q->consent_categories;
    // A registration day that no calendar has leaves no window to count.
    if (q->registered_on < BUNDLE_DAY_MIN || q->registered_on > BUNDLE_DAY_MAX) {
        why_set(ret, left, WHY_WINDOW);
        return;
    }
    why_set(ret, left, WHY_GRANTED);
    ret->granted = left;
    windows_set(q, months, ret);
}
