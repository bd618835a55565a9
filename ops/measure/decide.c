// SPDX-License-Identifier: Apache-2.0
// One decision for one card with eight categories, beside the rules read as they are written:
// for each category the list of rules from top to bottom, then the list of agreements. Both must
// give the same answer to every question before anything is timed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/measure/bench.h"
#include "policies/compiler/draft.h"
#include "policies/engine/table.h"

enum { QUESTIONS = 4096, SAMPLED = 200000, AGREEMENTS = 512 };

// What the interpreter reads: rules.yaml as parsed, the agreements one direction each.
typedef struct agreement {
    int discloser, viewer;
    day from, until;
    uint32_t categories, kinds;
    const uint16_t *months;
} agreement;

typedef struct written {
    const policy *p;
    const draft_rule *rules;
    size_t rule_count, agreement_count;
    agreement agreements[AGREEMENTS];
} written;

static void agreements_list(written *w)
{
    for (int u = 0; u < policy_union_count(w->p); u++)
        for (int v = 0; v < policy_union_count(w->p); v++)
            for (int i = 0; i < policy_pact_count(w->p, u, v); i++) {
                policy_pact_view x = policy_pact_at(w->p, u, v, i);
                if (!x.categories)
                    continue;
                if (w->agreement_count == AGREEMENTS)
                    die("more agreements than %d", AGREEMENTS);
                w->agreements[w->agreement_count++] = (agreement){u, v, x.from, x.until, x.categories, x.kinds, x.months};
            }
}

// The more specific rule wins, a tie is denied.
static bool rules_say(const written *w, int kind, int role, int purpose, int category)
{
    int allow = -1, deny = -1;
    for (size_t i = 0; i < w->rule_count; i++) {
        const draft_rule *r = &w->rules[i];
        if (!(r->kinds >> kind & 1) || !(r->roles >> role & 1) || !(r->purposes >> purpose & 1) ||
            !(r->categories >> category & 1))
            continue;
        int *best = r->allow ? &allow : &deny;
        if (r->named > *best)
            *best = r->named;
    }
    return allow > deny;
}

static int months_agreed(const written *w, uint64_t discloses, int viewer, int kind, int category, day today)
{
    int months = 0;
    for (size_t i = 0; i < w->agreement_count; i++) {
        const agreement *a = &w->agreements[i];
        if (a->viewer == viewer && (discloses >> a->discloser & 1) && today >= a->from && today <= a->until &&
            (a->kinds >> kind & 1) && (a->categories >> category & 1) && a->months[category] > months)
            months = a->months[category];
    }
    return months;
}

static policy_why interpret_one(const written *w, const policy_question *q, int category, day *ret_from)
{
    if (!(policy_categories(w->p) >> category & 1))
        return WHY_UNKNOWN;
    if (q->today < policy_effective_from(w->p) || q->today > policy_stale_after(w->p))
        return WHY_RULES_STALE;
    policy_facility_view viewer = policy_facility_at(w->p, q->viewer);
    if (!(viewer.unions >> q->viewer_union & 1) || !policy_facility_at(w->p, q->source).discloses)
        return WHY_MEMBER;
    if (!q->consented || q->today < q->consent_from || q->today > q->consent_until)
        return WHY_CONSENT;
    if (!rules_say(w, viewer.kind, q->role, q->purpose, category))
        return WHY_RULE;
    int months = months_agreed(w, policy_discloses(w->p, q->source), q->viewer_union, viewer.kind, category, q->today);
    if (!months)
        return WHY_AGREEMENT;
    if (!(q->consent_categories >> category & 1))
        return WHY_CONSENT;
    *ret_from = day_minus_months(q->registered_on, months);
    return WHY_GRANTED;
}

static void interpret(const written *w, const policy_question *q, policy_answer *ret)
{
    ret->granted = 0;
    for (int c = 0; c < POLICY_CATEGORIES; c++) {
        ret->from[c] = DAY_NONE;
        ret->why[c] = q->asked >> c & 1 ? (uint8_t)interpret_one(w, q, c, &ret->from[c]) : WHY_NOT_ASKED;
        ret->granted |= (uint32_t)(ret->why[c] == WHY_GRANTED) << c;
    }
}

// Members nearly always, so that rules and agreements are reached; eight categories.
static policy_question question_of(const policy *p, uint64_t seed)
{
    uint64_t r = mix64(seed), s = mix64(r);
    policy_question q = {.asked = 0xff, .consented = s % 16 != 0,
                         .consent_categories = s >> 8 & 1 ? 0xffff : (uint32_t)(s >> 16) & 0xffff};
    q.viewer = (int)(r % (uint64_t)policy_facility_count(p));
    q.source = (int)(s % (uint64_t)policy_facility_count(p));
    for (int i = 0; i < policy_facility_count(p) && !policy_facility_at(p, q.source).discloses; i++)
        q.source = (q.source + 1) % policy_facility_count(p);
    uint64_t unions = policy_facility_at(p, q.viewer).unions;
    for (uint64_t skip = r >> 20 & 3; skip && (unions & (unions - 1)); skip--)
        unions &= unions - 1;
    q.viewer_union = __builtin_ctzll(unions);
    q.role = (int)((r >> 24) % (uint64_t)policy_role_count(p));
    q.purpose = (int)((r >> 32) % (uint64_t)policy_purpose_count(p));
    q.today = policy_effective_from(p) - 5 + (day)((r >> 40) % 700);
    q.registered_on = q.today - (day)(s >> 40) % 300;
    q.consent_from = q.registered_on;
    q.consent_until = q.registered_on + 600;
    return q;
}

static void agree(const written *w)
{
    size_t granted = 0;
    for (uint64_t i = 0; i < SAMPLED; i++) {
        policy_question q = question_of(w->p, i);
        policy_answer a, b;
        policy_decide(w->p, &q, &a);
        interpret(w, &q, &b);
        if (a.granted != b.granted || memcmp(a.from, b.from, sizeof a.from) != 0 || memcmp(a.why, b.why, sizeof a.why) != 0)
            die("question %llu: the engine and the rules as written differ", (unsigned long long)i);
        granted += a.granted != 0;
    }
    say("%d questions answered alike, %zu with a grant", SAMPLED, granted);
    if (granted < SAMPLED / 20)
        die("too few grants to measure by");
}

static double timed(const written *w, const policy_question *list, bool engine, int rounds)
{
    static volatile uint32_t sink;
    uint32_t sum = 0;
    uint64_t start = now_ns();
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < QUESTIONS; i++) {
            policy_answer a;
            if (engine)
                policy_decide(w->p, &list[i], &a);
            else
                interpret(w, &list[i], &a);
            sum += a.granted;
        }
    double took = since(start);
    sink = sum;
    (void)sink;
    return took * 1e9 / ((double)rounds * QUESTIONS);
}

void decision_bench(const bench *b)
{
    char dir[1100];
    diag d = {0};
    policy_files files = {0};
    draft rules;
    buf bytes = {0};
    policy *p = NULL;
    samples engine = {0}, plain = {0};
    written w = {0};
    static policy_question list[QUESTIONS];
    snprintf(dir, sizeof dir, "%s/policies/sapporo", b->source);
    must(policy_load_dir(dir, &d, &files), dir);
    must(policy_compile(&files, &d, &bytes), dir);
    must(policy_open(buf_span(&bytes), &p), dir);
    must(draft_read(&files, &d, &rules), dir);
    w.p = p;
    w.rules = rules.rules;
    w.rule_count = rules.rule_count;
    agreements_list(&w);
    agree(&w);
    for (uint64_t i = 0; i < QUESTIONS; i++)
        list[i] = question_of(p, i);
    for (int i = 0; i < b->rounds; i++) {
        samples_add(&engine, timed(&w, list, true, b->quick ? 100 : 500));
        samples_add(&plain, timed(&w, list, false, b->quick ? 20 : 100));
    }
    result r = {.name = "decision", .unit = "ns", .value = samples_at(&engine, 0.5),
                .beside = "the rules as written, line by line", .beside_value = samples_at(&plain, 0.5),
                .of_value = true, .at_most = true, .aim = 200};
    snprintf(r.note, sizeof r.note, "one card, eight categories; %zu rules, %zu agreements, %d questions in turn",
             w.rule_count, w.agreement_count, QUESTIONS);
    report(&r);
    samples_done(&engine);
    samples_done(&plain);
    draft_done(&rules);
    policy_free(p);
    buf_done(&bytes);
    policy_files_done(&files);
    diag_done(&d);
}
