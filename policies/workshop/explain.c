// SPDX-License-Identifier: Apache-2.0
// Each layer is worked out for itself, so that someone who was refused hears of
// all that stands in the way, not of one thing after the other.
#include "policies/workshop/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policies/engine/table.h"
#include "policies/workshop/names.h"
#include "proto/base/tongue.h"

typedef struct work {
    const origin *o;
    const policy *p;
    policy_question q;
    int category;
    bool ja;
    arena *a;
    bool broken;
    explanation *x;
} work;

static const char *say(work *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

static const char *say(work *w, const char *fmt, ...)
{
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const char *kept = arena_str(w->a, span_str(text));
    if (!kept)
        w->broken = true;
    return kept ? kept : "";
}

// A date as one reads it out.
static const char *day_said(work *w, day d)
{
    int year, month, dom;
    if (d == DAY_FOREVER)
        return _("for ever");
    if (d < day_of(1868, 1, 1))
        return "-";
    day_split(d, &year, &month, &dom);
    return say(w, w->ja ? "%d年%d月%d日" : "%04d-%02d-%02d", year, month, dom);
}

static const char *months_said(work *w, int months)
{
    buf b = {0};
    months_put(months, &b);
    const char *said = say(w, "%s", buf_str(&b));
    buf_done(&b);
    return said;
}

static const char *label(const work *w, name_noun noun, int number)
{
    return name_label(name_text(w->p, noun, number), w->ja);
}

static const char *union_said(work *w, uint64_t mask)
{
    buf b = {0};
    name_list(w->p, NAME_UNION, mask, w->ja, &b);
    const char *said = say(w, "%s", buf_str(&b));
    buf_done(&b);
    return said;
}

static void step(work *w, explain_layer layer, bool passes, origin_place place, const char *said,
                 const char *change)
{
    w->x->steps[w->x->count++] = (explain_step){layer, passes, place, said, passes ? NULL : change};
}

// ---- the layers ---------------------------------------------------------------

static void force_step(work *w)
{
    day from = policy_effective_from(w->p), stale = policy_stale_after(w->p);
    bool early = w->q.today < from, late = w->q.today > stale;
    origin_place at = origin_council(w->o, late ? "deny_after" : "effective_from");
    if (!at.file)
        at = origin_council(w->o, "stale_after");
    const char *said = early  ? say(w, _("the rules hold only from %s"), day_said(w, from))
                       : late ? say(w, _("the rules were stale after %s"), day_said(w, stale))
                              : stale == DAY_FOREVER
                                  ? say(w, _("the rules hold from %s"), day_said(w, from))
                                  : say(w, _("the rules hold from %s to %s"), day_said(w, from), day_said(w, stale));
    step(w, LAYER_FORCE, !early && !late, at, said,
         early ? _("wait until the rules take effect") : _("the council would have to ratify rules for that day"));
}

static void viewer_step(work *w)
{
    policy_facility_view v = policy_facility_at(w->p, w->q.viewer);
    int u = w->q.viewer_union;
    const char *name = label(w, NAME_UNION, u);
    bool member = u >= 0 && (v.unions >> u & 1);
    if (member)
        step(w, LAYER_VIEWER, true, origin_member(w->o, v.code, u, false),
             say(w, _("%s (%s) is registered with %s"), v.name, label(w, NAME_KIND, v.kind), name), NULL);
    else
        step(w, LAYER_VIEWER, false, origin_union(w->o, u), say(w, _("%s is not registered with %s"), v.name, name),
             say(w, _("the secretariat of %s would have to register %s"), name, v.name));
}

static void source_step(work *w)
{
    policy_facility_view s = policy_facility_at(w->p, w->q.source);
    uint64_t under = policy_discloses(w->p, w->q.source);
    if (under)
        step(w, LAYER_SOURCE, true, origin_member(w->o, s.code, __builtin_ctzll(under), true),
             say(w, _("%s discloses under %s"), s.name, union_said(w, under)), NULL);
    else
        step(w, LAYER_SOURCE, false, origin_member(w->o, s.code, __builtin_ctzll(s.unions), false),
             say(w, _("%s only views: it discloses nothing"), s.name),
             say(w, _("the secretariat of %s would have to list %s under \"discloses\""), union_said(w, s.unions),
                 s.name));
}

static void consent_step(work *w)
{
    const policy_question *q = &w->q;
    const char *category = label(w, NAME_CATEGORY, w->category);
    const char *said, *change = _("the patient would have to consent to it");
    bool passes = false;
    if (!q->consented)
        said = _("the patient has not consented to this facility reading");
    else if (q->today < q->consent_from)
        said = say(w, _("the consent holds only from %s"), day_said(w, q->consent_from));
    else if (q->today > q->consent_until)
        said = say(w, _("the consent ended on %s"), day_said(w, q->consent_until));
    else if (!(q->consent_categories >> w->category & 1))
        said = say(w, _("the consent does not include %s"), category);
    else {
        passes = true;
        said = say(w, _("the patient has consented to %s (taken as given)"), category);
    }
    step(w, LAYER_CONSENT, passes, (origin_place){0}, said, change);
}

static const char *rule_change(work *w, const origin_rule *r, int kind)
{
    if (r->deny_named == 4)
        return say(w, _("the council would have to change %s:%u, which names exactly this case"), r->deny.file,
                   r->deny.line);
    return say(w, _("the council (%u/%u of its seats) would have to add to rules.yaml: "
                    "- {allow: [%s], kinds: [%s], roles: [%s], purposes: [%s]}"),
               policy_quorum(w->p).numerator, policy_quorum(w->p).denominator,
               policy_category_text(w->p, w->category).id, policy_kind_text(w->p, kind).id,
               policy_role_text(w->p, w->q.role).id, policy_purpose_text(w->p, w->q.purpose).id);
}

static void rule_step(work *w)
{
    int kind = policy_facility_at(w->p, w->q.viewer).kind;
    origin_rule r = origin_rule_of(w->o, kind, w->q.role, w->q.purpose, w->category);
    const char *role = label(w, NAME_ROLE, w->q.role), *category = label(w, NAME_CATEGORY, w->category);
    const char *purpose = label(w, NAME_PURPOSE, w->q.purpose), *kind_word = label(w, NAME_KIND, kind);
    if (r.allowed)
        step(w, LAYER_RULE, true, r.allow,
             say(w, _("%s, at the kind of facility \"%s\", may see %s for %s"), role, kind_word, category, purpose),
             NULL);
    else if (r.deny.file && *r.deny.note)
        step(w, LAYER_RULE, false, r.deny, say(w, _("this line denies it: \"%s\""), r.deny.note),
             rule_change(w, &r, kind));
    else if (r.deny.file)
        step(w, LAYER_RULE, false, r.deny, say(w, _("this line denies %s to %s for %s"), category, role, purpose),
             rule_change(w, &r, kind));
    else
        step(w, LAYER_RULE, false, (origin_place){0},
             say(w, _("no line allows %s, at the kind of facility \"%s\", to see %s for %s"), role, kind_word, category,
                 purpose),
             rule_change(w, &r, kind));
}

static const char *pact_refused(work *w, const origin_pact *c, const char *both, const char **change)
{
    int kind = policy_facility_at(w->p, w->q.viewer).kind;
    *change = say(w, _("%s would have to change their agreement (%s)"), both, c->pact.file ? c->pact.file : "");
    switch (c->verdict) {
    case PACT_NOT_YET:
        *change = say(w, _("wait until %s"), day_said(w, c->from));
        return say(w, _("the agreement of %s holds only from %s"), both, day_said(w, c->from));
    case PACT_OVER:
        *change = say(w, _("%s would have to renew their agreement"), both);
        return say(w, _("the agreement of %s ended on %s"), both, day_said(w, c->until));
    case PACT_KIND:
        return say(w, _("the agreement of %s leaves out the kind of facility \"%s\""), both, label(w, NAME_KIND, kind));
    case PACT_CATEGORY:
        return say(w, _("the agreement of %s leaves out %s"), both, label(w, NAME_CATEGORY, w->category));
    default:
        *change = say(w, _("%s would have to make an agreement"), both);
        return say(w, _("%s have no agreement"), both);
    }
}

// A source that discloses under several unions is asked under all: the best counts.
static origin_pact pact_best(const work *w, int *ret_union)
{
    origin_pact best = {0};
    uint64_t under = policy_discloses(w->p, w->q.source);
    int kind = policy_facility_at(w->p, w->q.viewer).kind;
    *ret_union = under ? __builtin_ctzll(under) : 0;
    for (bool first = true; under; under &= under - 1, first = false) {
        int u = __builtin_ctzll(under);
        origin_pact c = origin_pact_of(w->o, u, w->q.viewer_union, kind, w->category, w->q.today);
        if (first || c.verdict > best.verdict || (c.verdict == best.verdict && c.months > best.months)) {
            best = c;
            *ret_union = u;
        }
    }
    return best;
}

static void agreement_steps(work *w, const policy_answer *answer)
{
    int u;
    origin_pact c = pact_best(w, &u);
    const char *change = NULL, *viewer = label(w, NAME_UNION, w->q.viewer_union);
    const char *both = say(w, _("%s and %s"), label(w, NAME_UNION, u), viewer);
    bool covers = c.verdict == PACT_COVERS;
    if (c.own)
        step(w, LAYER_AGREEMENT, true, c.decides, say(w, _("both belong to %s: no agreement is needed"), viewer), NULL);
    else if (covers)
        step(w, LAYER_AGREEMENT, true, c.decides, say(w, _("the agreement of %s covers it"), both), NULL);
    else {
        const char *said = pact_refused(w, &c, both, &change);
        if (c.decides.file && *c.decides.note)
            said = say(w, _("%s: \"%s\""), said, c.decides.note);
        step(w, LAYER_AGREEMENT, false, c.decides, said, change);
    }
    if (!covers)
        return;
    const char *months = months_said(w, c.months), *day_word = day_said(w, w->q.registered_on);
    origin_place at = c.window.file ? c.window : origin_category(w->o, w->category);
    day from = w->q.registered_on >= day_of(1900, 1, 1) && w->q.registered_on <= day_of(2299, 12, 31)
                   ? day_minus_months(w->q.registered_on, c.months) : DAY_NONE;
    if (answer->granted >> w->category & 1)
        from = answer->from[w->category];
    if (from == DAY_NONE)
        step(w, LAYER_WINDOW, false, at, _("the registration day is no day of the calendar"),
             _("the registration day would have to be corrected"));
    else
        step(w, LAYER_WINDOW, true, at,
             say(w, _("%s back from the registration on %s: from %s on"), months, day_word, day_said(w, from)), NULL);
}

// ---- the whole ------------------------------------------------------------------

static void headline(work *w)
{
    explanation *x = w->x;
    const char *role = label(w, NAME_ROLE, w->q.role), *viewer = label(w, NAME_FACILITY, w->q.viewer);
    const char *category = label(w, NAME_CATEGORY, w->category), *source = label(w, NAME_FACILITY, w->q.source);
    const char *purpose = label(w, NAME_PURPOSE, w->q.purpose), *today = day_said(w, w->q.today);
    if (x->granted)
        x->headline = say(w, _("Yes: %1$s at %2$s may see %3$s of %4$s for %5$s on %6$s, from %7$s on."), role, viewer,
                          category, source, purpose, today, day_said(w, x->from));
    else
        x->headline = say(w, _("No: %1$s at %2$s may not see %3$s of %4$s for %5$s on %6$s."), role, viewer, category,
                          source, purpose, today);
}

// Asks through each of the viewer's unions, those of the source first: there no agreement is
// needed. What the others give differently is told.
static policy_answer best_union(work *w, uint64_t unions)
{
    policy_answer best = {0};
    int chosen = POLICY_NONE, bit = w->category;
    uint64_t yes = 0, shared = unions & policy_discloses(w->p, w->q.source);
    for (uint64_t left = unions, next; left; left &= ~(1ull << w->q.viewer_union)) {
        policy_answer a;
        next = left & shared ? left & shared : left;
        w->q.viewer_union = __builtin_ctzll(next);
        policy_decide(w->p, &w->q, &a);
        yes |= a.granted ? 1ull << w->q.viewer_union : 0;
        bool better = chosen == POLICY_NONE || (a.granted && !best.granted) ||
                      (a.granted && a.from[bit] < best.from[bit]);
        if (better) {
            best = a;
            chosen = w->q.viewer_union;
        }
    }
    w->q.viewer_union = chosen;
    uint64_t others = unions & ~(1ull << chosen);
    w->x->others = "";
    if (best.granted && (others & ~yes))
        w->x->others = say(w, _("Asked through %s: not."), union_said(w, others & ~yes));
    else if (others && !best.granted)
        w->x->others = say(w, _("Asked through %s: not either."), union_said(w, others));
    return best;
}

err explain_run(const origin *o, const explain_question *question, arena *a, explanation *ret)
{
    explanation x = {.others = ""};
    work w = {.o = o, .p = origin_policy(o), .q = question->q, .category = question->category,
              .ja = question->japanese, .a = a, .x = &x};
    policy_answer answer = {0};
    w.q.asked = 1u << w.category;
    if (w.q.viewer_union == POLICY_NONE)
        answer = best_union(&w, policy_facility_at(w.p, w.q.viewer).unions);
    else
        policy_decide(w.p, &w.q, &answer);
    x.granted = answer.granted != 0;
    x.why = (policy_why)answer.why[w.category];
    x.from = answer.from[w.category];
    x.viewer_union = w.q.viewer_union;
    headline(&w);
    force_step(&w);
    viewer_step(&w);
    source_step(&w);
    consent_step(&w);
    rule_step(&w);
    if (policy_discloses(w.p, w.q.source))
        agreement_steps(&w, &answer);
    if (w.broken)
        return ERR_MEM;
    *ret = x;
    return OK;
}
