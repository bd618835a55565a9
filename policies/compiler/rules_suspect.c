// SPDX-License-Identifier: Apache-2.0
// Rules that are legal but do not do what someone probably meant. A point is one
// right: kind, role, purpose, category. At each point the strongest allow and the
// strongest deny are known; a rule counts there if taking it away could change the answer.
#include <string.h>

#include "policies/compiler/draft.h"

typedef struct survey {
    draft *d;
    uint8_t *allow, *deny; // by point: how much the strongest names; 0: none
    uint16_t *voices;      // by point: rules that count there
    size_t at;             // where the last walk stopped
} survey;

typedef bool (*visit_fn)(survey *s, const draft_rule *r, size_t point);

static size_t point_of(const draft *d, size_t kind, size_t role, size_t purpose, size_t bit)
{
    return ((kind * d->roles.count + role) * d->purposes.count + purpose) * POLICY_CATEGORIES + bit;
}

// Visits each point of a rule until a visit says true.
static bool rule_walk(survey *s, const draft_rule *r, visit_fn visit)
{
    const draft *d = s->d;
    for (size_t k = 0; k < d->kinds.count; k++)
        for (size_t o = 0; (r->kinds >> k & 1) && o < d->roles.count; o++)
            for (size_t p = 0; (r->roles >> o & 1) && p < d->purposes.count; p++) {
                uint32_t left = r->purposes >> p & 1 ? (uint32_t)r->categories : 0;
                for (; left; left &= left - 1) {
                    s->at = point_of(d, k, o, p, (size_t)__builtin_ctz(left));
                    if (visit(s, r, s->at))
                        return true;
                }
            }
    return false;
}

static bool counts(const survey *s, const draft_rule *r, size_t at)
{
    return r->allow ? r->named > s->deny[at] : s->allow[at] && r->named >= s->allow[at];
}

static bool strength_note(survey *s, const draft_rule *r, size_t at)
{
    uint8_t *side = r->allow ? s->allow : s->deny;
    side[at] = r->named > side[at] ? r->named : side[at];
    return false;
}

static bool voice_add(survey *s, const draft_rule *r, size_t at)
{
    s->voices[at] = (uint16_t)(s->voices[at] + counts(s, r, at));
    return false;
}

static bool voice_drop(survey *s, const draft_rule *r, size_t at)
{
    s->voices[at] = (uint16_t)(s->voices[at] - counts(s, r, at));
    return false;
}

static bool alone(survey *s, const draft_rule *r, size_t at) { return counts(s, r, at) && s->voices[at] == 1; }
static bool heard(survey *s, const draft_rule *r, size_t at) { return counts(s, r, at); }
static bool opposed(survey *s, const draft_rule *r, size_t at) { return (r->allow ? s->deny : s->allow)[at] > 0; }
static bool guards(survey *s, const draft_rule *r, size_t at) { return !r->allow && s->allow[at] == 0; }

static bool tied(survey *s, const draft_rule *r, size_t at)
{
    return r->allow && s->allow[at] == s->deny[at] && r->named == s->allow[at];
}

static bool covers(const draft *d, const draft_rule *r, size_t point)
{
    size_t bit = point % POLICY_CATEGORIES, cell = point / POLICY_CATEGORIES;
    size_t purpose = cell % d->purposes.count, role = cell / d->purposes.count % d->roles.count;
    size_t kind = cell / d->purposes.count / d->roles.count;
    return (r->kinds >> kind & 1) && (r->roles >> role & 1) && (r->purposes >> purpose & 1) &&
           (r->categories >> bit & 1);
}

// Another rule of a side that covers the point, the strongest, the first of equals.
static const draft_rule *rule_at(const draft *d, size_t point, bool allow, const draft_rule *not_this)
{
    const draft_rule *best = NULL;
    for (size_t i = 0; i < d->rule_count; i++) {
        const draft_rule *r = &d->rules[i];
        if (r != not_this && r->allow == allow && covers(d, r, point) && (!best || r->named > best->named))
            best = r;
    }
    return best;
}

static unsigned line_of(const draft_rule *r)
{
    return r ? r->place.node->line : 0;
}

static void contradiction_say(survey *s, const draft_rule *r)
{
    const draft *d = s->d;
    size_t cell = s->at / POLICY_CATEGORIES;
    const draft_term *category = draft_term_of(&d->categories, (int)(s->at % POLICY_CATEGORIES));
    draft_warn(s->d, r->place,
               _("contradiction: line %u denies just as specifically; where both apply "
                 "(for example %s of %s, %s: %s) the answer is no"),
               line_of(rule_at(d, s->at, false, NULL)), d->roles.ids[cell / d->purposes.count % d->roles.count],
               d->kinds.ids[cell / d->purposes.count / d->roles.count], d->purposes.ids[cell % d->purposes.count],
               category ? category->id : "");
}

static void silent_say(survey *s, const draft_rule *r)
{
    const draft *d = s->d;
    if (rule_walk(s, r, heard)) // others say the same wherever it could be heard
        draft_warn(s->d, r->place,
                   r->allow ? _("this rule changes nothing: what it allows, line %u already allows")
                            : _("this rule changes nothing: what it denies, line %u already denies"),
                   line_of(rule_at(d, s->at, r->allow, r)));
    else if (rule_walk(s, r, opposed))
        draft_warn(s->d, r->place, _("this rule is hidden: line %u, which names more, always decides instead"),
                   line_of(rule_at(d, s->at, !r->allow, r)));
}

// From the last to the first, so that of two that say the same the later one is named.
static void silent_find(survey *s)
{
    draft *d = s->d;
    for (size_t i = 0; i < d->rule_count; i++)
        rule_walk(s, &d->rules[i], voice_add);
    for (size_t i = d->rule_count; i-- > 0;) {
        const draft_rule *r = &d->rules[i];
        if (rule_walk(s, r, alone))
            continue;
        // A denial of what nobody allows stands guard: that is meant.
        if (rule_walk(s, r, tied) || rule_walk(s, r, guards))
            continue;
        silent_say(s, r);
        rule_walk(s, r, voice_drop);
    }
}

// ---- beyond the rules themselves -----------------------------------------------

static uint64_t kinds_registered(const draft *d)
{
    uint64_t kinds = 0;
    for (size_t i = 0; i < d->facility_count; i++)
        kinds |= 1ull << d->facilities[i].kind;
    return kinds;
}

// By kind: the categories that at least one agreement passes to it.
static bool passed_find(const draft *d, uint32_t passed[BUNDLE_KINDS])
{
    size_t n = d->unions.count;
    bool any = false;
    for (size_t i = 0; i < n * n; i++)
        for (size_t k = 0; d->agreements[i].set && k < d->kinds.count; k++) {
            any = true;
            if (d->agreements[i].kinds >> k & 1)
                passed[k] |= d->agreements[i].categories;
        }
    return any;
}

static void width_suspect(draft *d, const draft_rule *r, uint64_t kinds, const uint32_t passed[BUNDLE_KINDS])
{
    for (size_t k = 0; k < d->kinds.count; k++) {
        uint32_t beyond = (uint32_t)r->categories & ~passed[k];
        if (!(r->kinds & kinds) || !((r->kinds & kinds) >> k & 1) || !beyond)
            continue;
        draft_warn(d, r->place,
                   _("wider than every agreement: none passes \"%s\" to the kind \"%s\", "
                     "so this right holds only within one union"),
                   draft_term_of(&d->categories, __builtin_ctz(beyond))->id, d->kinds.ids[k]);
        return;
    }
}

void rules_suspect(draft *d)
{
    size_t points = d->kinds.count * d->roles.count * d->purposes.count * POLICY_CATEGORIES;
    survey s = {.d = d, .allow = draft_get(d, points, 1), .deny = draft_get(d, points, 1),
                .voices = draft_get(d, points, sizeof *s.voices)};
    uint32_t passed[BUNDLE_KINDS] = {0};
    if (d->broken)
        return;
    for (size_t i = 0; i < d->rule_count; i++)
        rule_walk(&s, &d->rules[i], strength_note);
    for (size_t i = 0; i < d->rule_count; i++)
        if (rule_walk(&s, &d->rules[i], tied))
            contradiction_say(&s, &d->rules[i]);
    silent_find(&s);
    uint64_t kinds = kinds_registered(d);
    bool agreements = passed_find(d, passed);
    for (size_t i = 0; i < d->rule_count; i++) {
        const draft_rule *r = &d->rules[i];
        if (!(r->kinds & kinds))
            draft_warn(d, r->place, _("this rule can never match: no facility of its kinds is registered"));
        else if (r->allow && agreements)
            width_suspect(d, r, kinds, passed);
    }
}
