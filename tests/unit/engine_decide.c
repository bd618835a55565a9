// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// Each layer of the decision by itself, and that every layer must agree.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/engine/table.h"
#include "tests/unit/compiler_kit.h"

#define BASICS 0
#define IMAGING 4
#define REPORTS 5
#define ALL3 (1u << BASICS | 1u << IMAGING | 1u << REPORTS)

static policy *P;

static int setup(void **state)
{
    (void)state;
    policy_files f = kit_rules();
    P = kit_open(&f);
    policy_files_done(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    policy_free(P);
    return 0;
}

// A physician of the clinic in a and b, asking through b, about a's hospital.
static policy_question question(void)
{
    return (policy_question){
        .viewer = policy_facility(P, 1319999999), .viewer_union = policy_union(P, "b"),
        .role = policy_role(P, "physician"), .purpose = policy_purpose(P, "treatment"),
        .source = policy_facility(P, 110113719), .asked = ALL3,
        .today = day_of(2026, 6, 1), .registered_on = day_of(2026, 5, 31),
        .consented = true, .consent_categories = UINT32_MAX,
        .consent_from = day_of(2026, 5, 1), .consent_until = day_of(2026, 12, 31)};
}

static void expect_all(const policy_question *q, policy_why why)
{
    policy_answer a;
    policy_decide(P, q, &a);
    assert_int_equal(a.granted, why ? 0 : q->asked);
    for (int bit = 0; bit < POLICY_CATEGORIES; bit++) {
        assert_int_equal(a.why[bit], q->asked >> bit & 1 ? why : WHY_NOT_ASKED);
        if (why || !(q->asked >> bit & 1))
            assert_int_equal(a.from[bit], DAY_NONE);
    }
}

static void test_agreement_narrows(void **state)
{
    (void)state;
    policy_question q = question();
    policy_answer a;
    policy_decide(P, &q, &a);
    assert_int_equal(a.granted, 1u << BASICS | 1u << IMAGING);
    assert_int_equal(a.why[REPORTS], WHY_AGREEMENT);
    assert_int_equal(a.from[BASICS], day_of(2025, 11, 30)); // clamped: November has 30
    assert_int_equal(a.from[IMAGING], day_of(2026, 2, 28)); // three months by agreement
    q.today = day_of(2027, 1, 1); // the agreement has ended, the rules have not
    q.consent_until = DAY_FOREVER;
    expect_all(&q, WHY_AGREEMENT);
}

static void test_who_has_to_do_with_whom(void **state)
{
    (void)state;
    uint64_t a = (uint64_t)1 << policy_union(P, "a"), b = (uint64_t)1 << policy_union(P, "b");
    day in_force = day_of(2026, 6, 1), over = day_of(2027, 1, 1);
    assert_true(policy_related(P, a, b, in_force));
    assert_true(policy_related(P, b, a, in_force)); // in either direction
    assert_false(policy_related(P, a, b, over));
    assert_true(policy_related(P, a, a, over));
    assert_true(policy_related(P, a | b, b, over)); // one in common
    assert_false(policy_related(P, 0, a, in_force));
    assert_false(policy_related(P, (uint64_t)1 << 63, (uint64_t)1 << 63, in_force)); // no such union
}

static void test_own_union_needs_no_agreement(void **state)
{
    (void)state;
    policy_question q = question();
    q.viewer_union = policy_union(P, "a");
    policy_answer a;
    policy_decide(P, &q, &a);
    assert_int_equal(a.granted, ALL3);
    assert_int_equal(a.from[IMAGING], day_of(2025, 5, 31));
    // A union without agreements is an island.
    q.source = policy_facility(P, 119900033);
    expect_all(&q, WHY_AGREEMENT);
}

static void test_rules(void **state)
{
    (void)state;
    policy_question q = question();
    q.role = policy_role(P, "nurse");
    policy_answer a;
    policy_decide(P, &q, &a);
    assert_int_equal(a.granted, 1u << BASICS);
    assert_int_equal(a.why[IMAGING], WHY_RULE);
    assert_int_equal(a.why[REPORTS], WHY_RULE);
    q.purpose = policy_purpose(P, "emergency");
    expect_all(&q, WHY_RULE);
}

static void test_unknown(void **state)
{
    (void)state;
    policy_question q = question();
    q.role = POLICY_NONE;
    expect_all(&q, WHY_UNKNOWN);
    q = question();
    q.purpose = 999;
    expect_all(&q, WHY_UNKNOWN);
    q = question();
    q.asked = 1u << 1 | 1u << 15; // numbers no category has
    expect_all(&q, WHY_UNKNOWN);
    q.asked = UINT32_MAX; // bits beyond the mask are nothing
    policy_answer a;
    policy_decide(P, &q, &a);
    assert_int_equal(a.granted, 1u << BASICS | 1u << IMAGING);
}

static void test_members(void **state)
{
    (void)state;
    policy_question q = question();
    q.viewer = POLICY_NONE;
    expect_all(&q, WHY_MEMBER);
    q = question();
    q.viewer_union = policy_union(P, "c"); // not one of its unions
    expect_all(&q, WHY_MEMBER);
    q = question();
    q.viewer_union = 40;
    expect_all(&q, WHY_MEMBER);
    q = question();
    q.source = policy_facility(P, 119900025); // views only
    expect_all(&q, WHY_MEMBER);
    q.source = 1 << 20;
    expect_all(&q, WHY_MEMBER);
}

static void test_consent(void **state)
{
    (void)state;
    policy_question q = question();
    q.consented = false;
    expect_all(&q, WHY_CONSENT);
    q.role = policy_role(P, "nurse"); // without consent, nobody learns what the rules would say
    expect_all(&q, WHY_CONSENT);
    q = question();
    q.today = q.consent_from;
    q.asked = 1u << BASICS;
    expect_all(&q, WHY_GRANTED);
    q.today = q.consent_from - 1;
    expect_all(&q, WHY_CONSENT);
    q.today = q.consent_until;
    expect_all(&q, WHY_GRANTED);
    q.today = q.consent_until + 1;
    expect_all(&q, WHY_CONSENT);
    q = question();
    q.consent_categories = 1u << IMAGING;
    policy_answer a;
    policy_decide(P, &q, &a);
    assert_int_equal(a.granted, 1u << IMAGING);
    assert_int_equal(a.why[BASICS], WHY_CONSENT);
}

static void test_rules_in_force(void **state)
{
    (void)state;
    policy_question q = question();
    q.viewer_union = policy_union(P, "a");
    q.consent_from = INT32_MIN;
    q.consent_until = DAY_FOREVER;
    q.today = day_of(2026, 4, 1);
    expect_all(&q, WHY_GRANTED);
    q.today = day_of(2026, 3, 31);
    expect_all(&q, WHY_RULES_STALE);
    q.today = day_of(2027, 3, 31);
    expect_all(&q, WHY_GRANTED);
    q.today = day_of(2027, 4, 1);
    expect_all(&q, WHY_RULES_STALE);
    q = question();
    q.asked = 1u << BASICS;
    q.registered_on = INT32_MAX;
    expect_all(&q, WHY_WINDOW);
    q.registered_on = DAY_NONE;
    expect_all(&q, WHY_WINDOW);
}

// A hospital in two unions is asked under both, and the wider grant counts;
// where it only views, its registration widens nothing.
static void test_source_in_two_unions(void **state)
{
    (void)state;
    policy_files f = kit_rules();
    kit_put(&f, "unions/c.yaml",
            "union: c\nja: 丁\nen: C\nsecretariat: 丁病院\n"
            "discloses:\n  - {code: 0110113719, name: 甲病院, kind: hospital}\n");
    kit_put(&f, "agreements/b-c.yaml", "between: [b, c]\nfrom: 2026-04-01\ncategories: [imaging, reports]\n"
                                       "windows: {reports: 2か月}\n");
    policy *old = P;
    P = kit_open(&f);
    policy_question q = question();
    policy_answer a;
    policy_decide(P, &q, &a);
    assert_int_equal(a.granted, ALL3);
    assert_int_equal(a.from[IMAGING], day_of(2025, 5, 31)); // a year under c, three months under a
    assert_int_equal(a.from[REPORTS], day_of(2026, 3, 31));
    policy_free(P);
    kit_put(&f, "unions/c.yaml",
            "union: c\nja: 丁\nen: C\nsecretariat: 丁病院\n"
            "views:\n  - {code: 0110113719, name: 甲病院, kind: hospital}\n");
    P = kit_open(&f);
    q = question();
    policy_decide(P, &q, &a);
    assert_int_equal(a.granted, 1u << BASICS | 1u << IMAGING);
    policy_free(P);
    P = old;
    policy_files_done(&f);
}

static void test_views(void **state)
{
    (void)state;
    assert_int_equal(policy_category(P, "imaging"), IMAGING);
    assert_int_equal(policy_category(P, ""), POLICY_NONE);
    assert_int_equal(policy_category_count(P), 6);
    assert_int_equal(policy_category_window(P, IMAGING), 12);
    assert_string_equal(policy_category_text(P, 1).id, "");
    assert_string_equal(policy_category_text(P, REPORTS).label_ja, "レポート");
    assert_int_equal(policy_role(P, "doctor"), POLICY_NONE);
    assert_int_equal(policy_role(P, NULL), POLICY_NONE);
    assert_string_equal(policy_role_text(P, 99).id, "");
    assert_string_equal(policy_union_secretariat(P, policy_union(P, "c")), "丁病院");
    policy_facility_view v = policy_facility_at(P, policy_facility(P, 1319999999));
    assert_string_equal(v.name, "みき");
    assert_string_equal(v.ward, "東区");
    assert_int_equal(v.unions, 1u << policy_union(P, "a") | 1u << policy_union(P, "b"));
    assert_false(v.discloses);
    assert_int_equal(policy_facility(P, 1), POLICY_NONE);
    assert_int_equal(policy_index_grain(P), GRAIN_MONTH);
    assert_int_equal(policy_ticket_ms(P), 600000);
    assert_int_equal(policy_version(P), 3);
    assert_int_equal(policy_told(P), 1u << WHY_RULE | 1u << WHY_AGREEMENT);
    assert_string_equal(policy_hub(P).host, "hub.example");
    assert_int_equal(policy_hub(P).tls_count, 0);
    assert_int_equal(policy_node_count(P), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_has_to_do_with_whom),
        cmocka_unit_test(test_agreement_narrows), cmocka_unit_test(test_own_union_needs_no_agreement),
        cmocka_unit_test(test_rules),             cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_members),           cmocka_unit_test(test_consent),
        cmocka_unit_test(test_rules_in_force),    cmocka_unit_test(test_source_in_two_unions),
        cmocka_unit_test(test_views),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
