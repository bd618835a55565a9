// SPDX-License-Identifier: Apache-2.0
// Recorded look-ups under two rules, against a plain count of the same; and what
// the log cannot know.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/engine/table.h"
#include "policies/workshop/impact.h"
#include "tests/unit/workshop_kit.h"

static uint64_t total(const impact *m, impact_effect e)
{
    uint64_t n = 0;
    for (int v = 0; v < m->union_count; v++)
        for (int u = 0; u < m->union_count; u++)
            for (int c = 0; c < POLICY_CATEGORIES; c++)
                n += impact_at(m, v, u, c)->count[e];
    return n;
}

// Two unions a, b; a clinic with both; the consent known to the test.
static policy_answer truth(const policy *p, uint32_t consent, const char *role, const char *purpose)
{
    policy_question q = {.viewer = policy_facility(p, 119900025), .viewer_union = policy_union(p, "b"),
                         .source = policy_facility(p, 110113719), .role = policy_role(p, role),
                         .purpose = policy_purpose(p, purpose), .asked = UINT32_MAX, .today = day_of(2026, 6, 1),
                         .registered_on = day_of(2026, 6, 1), .consented = consent != 0, .consent_categories = consent,
                         .consent_from = day_of(2026, 1, 1), .consent_until = DAY_FOREVER};
    policy_answer a;
    policy_decide(p, &q, &a);
    return a;
}

static impact *one(const policy *a, const policy *b, const char *role, const char *purpose, impact_source s)
{
    impact *m = NULL;
    s.source = 110113719;
    impact_lookup l = {.seq = 7, .facility = 119900025, .today = day_of(2026, 6, 1), .node = "none", .role = role,
                       .purpose = purpose, .sources = &s, .count = 1};
    assert_int_equal(impact_new(a, b, &m), OK);
    impact_add(m, &l);
    return m;
}

static void test_every_outcome(void **state)
{
    (void)state;
    policy_files f = kit_rules();
    policy *a = kit_open(&f);
    kit_put(&f, "rules.yaml", "rules:\n  - {allow: [imaging], roles: physician}\n  - {allow: [basics, imaging], roles: nurse}\n");
    kit_put(&f, "agreements/a-b.yaml", "between: [a, b]\nfrom: 2026-04-01\nwindows: {imaging: 2か月}\n");
    policy *b = kit_open(&f);
    const uint32_t basics = 1, imaging = 16;
    const struct {
        const char *role;
        impact_source s;
        uint64_t refused, allowed, shorter;
    } CASES[] = {
        {"physician", {.outcome = OUTCOME_ANSWERED, .granted = basics | imaging}, 1, 0, 1},
        {"physician", {.outcome = OUTCOME_ANSWERED, .granted = imaging}, 0, 0, 1}, // no consent to basics
        {"physician", {.outcome = OUTCOME_DENIED}, 0, 0, 0},       // allowed then, denied: no consent at all
        {"physician", {.outcome = OUTCOME_WITHDRAWN}, 0, 0, 0},
        {"physician", {.outcome = OUTCOME_UNREACHABLE}, 1, 0, 1},
        {"nurse", {.outcome = OUTCOME_ANSWERED, .granted = basics}, 0, 1, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        impact *m = one(a, b, CASES[i].role, "treatment", CASES[i].s);
        assert_int_equal(total(m, EFFECT_REFUSED), CASES[i].refused);
        assert_int_equal(total(m, EFFECT_ALLOWED), CASES[i].allowed);
        assert_int_equal(total(m, EFFECT_SHORTER), CASES[i].shorter);
        assert_int_equal(total(m, EFFECT_LONGER), 0);
        assert_int_equal(m->changed, CASES[i].refused || CASES[i].allowed || CASES[i].shorter);
        impact_free(m);
    }
    impact *m = one(a, b, "wizard", "treatment", (impact_source){.outcome = OUTCOME_DENIED});
    assert_int_equal(m->unknown, 1);
    impact_free(m);
    m = one(a, b, "nurse", "treatment", (impact_source){.granted = basics | imaging});
    assert_int_equal(m->otherwise, 1);
    impact_free(m);
    policy_free(a);
    policy_free(b);
    policy_files_done(&f);
}

// With the consent that the test knows and the log does not: what is told as refused is
// exactly what is lost, and all that is won is among what is told as allowed.
static void test_against_truth(void **state)
{
    (void)state;
    uint64_t seed = 4, refused = 0, allowed = 0;
    for (int round = 0; round < 200; round++) {
        policy_files f = kit_rules(), g = kit_rules();
        buf b = {0};
        buf_printf(&b, "rules:\n  - {allow: [%s], roles: physician}\n  - {allow: [%s], roles: nurse}\n",
                   w_pick(&seed, 2) ? "basics" : "imaging, reports", w_pick(&seed, 2) ? "basics" : "imaging");
        kit_put(&g, "rules.yaml", buf_str(&b));
        policy *p = kit_open(&f), *q = kit_open(&g);
        const char *role = w_pick(&seed, 2) ? "nurse" : "physician";
        const char *purpose = w_pick(&seed, 2) ? "treatment" : "emergency";
        uint32_t consent = kit_random(&seed) & 0x31;
        policy_answer x = truth(p, consent, role, purpose), y = truth(q, consent, role, purpose);
        impact *m = one(p, q, role, purpose,
                        (impact_source){.outcome = x.granted ? OUTCOME_ANSWERED : OUTCOME_DENIED, .granted = x.granted});
        assert_int_equal(total(m, EFFECT_REFUSED), __builtin_popcount(x.granted & ~y.granted));
        assert_true(total(m, EFFECT_ALLOWED) >= (uint64_t)__builtin_popcount(y.granted & ~x.granted));
        refused += total(m, EFFECT_REFUSED);
        allowed += total(m, EFFECT_ALLOWED);
        impact_free(m);
        policy_free(p);
        policy_free(q);
        buf_done(&b);
        policy_files_done(&f);
        policy_files_done(&g);
    }
    assert_true(refused > 20 && allowed > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_outcome),
        cmocka_unit_test(test_against_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
