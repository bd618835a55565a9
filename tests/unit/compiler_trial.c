// SPDX-License-Identifier: Apache-2.0
// Tests of the rules in a clerk's words: that they pass and fail as they should, that
// a failure names what decided, and that both shipped examples are whole.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/compiler/draft.h"
#include "policies/compiler/trial.h"
#include "tests/unit/compiler_kit.h"

#define GIVEN "given: {date: 2026-06-01, viewer: みき, through: b, source: 甲病院, role: 医師, purpose: 診療}\ntests:\n"

static trials run(const char *tests)
{
    policy_files f = kit_rules();
    diag d = {0};
    trials t = {0};
    kit_put(&f, "tests/t.yaml", tests);
    err e = trials_run(&f, &d, &t);
    if (e)
        diag_print(&d, stderr);
    assert_int_equal(e, OK);
    diag_done(&d);
    policy_files_done(&f);
    return t;
}

// Each fails, and says why: what came, and the line that decided.
static void test_failures(void **state)
{
    (void)state;
    static const struct { const char *test, *came, *decided; } WRONG[] = {
        {"{question: q, category: reports, answer: はい}", "no (agreement)", "agreements/a-b.yaml leaves out \"reports\""},
        {"{question: q, category: basics, answer: いいえ}", "yes", "rules.yaml:2 allows it, agreements/a-b.yaml"},
        {"{question: q, category: basics, role: 看護師, purpose: 救急, answer: yes}", "no (rule)", "no line of rules.yaml"},
        {"{question: q, category: basics, role: 看護師, purpose: 救急, answer: no, reason: 協定書}", "no (rule)", "no line"},
        {"{question: q, category: basics, answer: yes, from: 2025-12-02}", "yes, from 2025-12-01 on", "rules.yaml:2"},
        {"{question: q, category: imaging, document: 2026-02-28, answer: yes}", "no (window)", "from 2026-03-01 on"},
        {"{question: q, category: basics, consent: no, answer: yes}", "no (consent)", "consent"},
        {"{question: q, category: basics, consent: {categories: [画像]}, answer: yes}", "no (consent)", "consent"},
        {"{question: q, category: basics, consent: {until: 2026-05-31}, answer: yes}", "no (consent)", "consent"},
        {"{question: q, category: basics, date: 2027-04-01, answer: yes}", "no (rules-stale)", "not in force"},
        {"{question: q, category: basics, date: 2027-01-01, answer: yes}", "no (agreement)", "not in force on that day"},
        {"{question: q, category: basics, source: 丁病院, answer: yes}", "no (agreement)", "there is none"},
        {"{question: q, category: basics, source: 丙医院, answer: yes}", "no (member)", "members"},
        {"{question: q, category: basics, viewer: '1312345670', answer: yes}", "no (member)", "members"},
        {"{question: q, category: [basics, reports], answer: yes}", "no (agreement)", "\"reports\""},
        {"{question: q, category: all, answer: no}", "yes", "rules.yaml:2"},
    };
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        char text[1024];
        snprintf(text, sizeof text, GIVEN "  - %s\n", WRONG[i].test);
        trials t = run(text);
        assert_int_equal(t.count, 1);
        if (t.failed != 1 || strcmp(t.items[0].came, WRONG[i].came) != 0 ||
            !strstr(t.items[0].decided, WRONG[i].decided))
            fail_msg("%s: came \"%s\", decided \"%s\"", WRONG[i].test, t.items[0].came, t.items[0].decided);
        assert_int_equal(t.items[0].line, 3);
        assert_string_equal(t.items[0].file, "tests/t.yaml");
        trials_done(&t);
    }
}

static void test_passes(void **state)
{
    (void)state;
    trials t = run(GIVEN "  - {question: 一, category: [basics, imaging], answer: はい}\n"
                         "  - {question: 二, category: 画像, answer: はい, from: 2026-03-01}\n"
                         "  - {question: 三, category: reports, answer: いいえ, reason: agreement}\n"
                         "  - {question: 四, category: 基本, role: nurse, purpose: emergency, answer: no, reason: 共通ルール}\n");
    assert_int_equal(t.count, 4);
    assert_int_equal(t.failed, 0);
    assert_int_equal(t.rule_count, 2);
    assert_true(t.rules[0].exercised);
    assert_false(t.rules[1].exercised); // the nurse asked for what no rule names
    assert_int_equal(t.unexercised, 1);
    assert_int_equal(t.rules[1].line, 3);
    assert_string_equal(t.rules[1].text, "{allow: [basics], roles: nurse, purposes: treatment}");
    trials_done(&t);
    t = run("tests: []\n");
    assert_int_equal(t.count, 0);
    assert_int_equal(t.unexercised, 2);
    trials_done(&t);
}

// A refusal before the rules were asked exercises none.
static void test_not_exercised(void **state)
{
    (void)state;
    trials t = run(GIVEN "  - {question: 一, category: basics, consent: no, answer: no}\n"
                         "  - {question: 二, category: basics, date: 2020-01-01, answer: no}\n"
                         "  - {question: 三, category: basics, viewer: '1312345670', answer: no}\n");
    assert_int_equal(t.failed, 0);
    assert_int_equal(t.unexercised, 2);
    trials_done(&t);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct { const char *test, *said; } WRONG[] = {
        {"{question: q, category: basic, answer: はい}", "did you mean \"basics\""},
        {"{question: q, category: basics, answer: たぶん}", "neither yes"},
        {"{question: q, category: basics}", "\"answer\" is missing"},
        {"{category: basics, answer: yes}", "\"question\" is missing"},
        {"{question: q, answer: yes}", "\"category\" is missing"},
        {"{question: q, category: basics, viewer: みけ, answer: yes}", "did you mean \"みき\""},
        {"{question: q, category: basics, viewer: 甲病院さん, role: 医者, answer: yes}", "unknown role"},
        {"{question: q, category: basics, answer: yes, reason: rule}", "belongs to the answer no"},
        {"{question: q, category: basics, answer: no, from: 2026-01-01}", "belongs to the answer yes"},
        {"{question: q, category: basics, answer: no, reason: ルール}", "it is one of"},
        {"{question: q, category: basics, answr: no}", "did you mean \"answer\""},
        {"just a text", "key: value"},
    };
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        char text[1024];
        bool found = false;
        policy_files f = kit_rules();
        diag d = {0};
        trials t = {0};
        buf bytes = {0};
        snprintf(text, sizeof text, GIVEN "  - %s\n", WRONG[i].test);
        kit_put(&f, "tests/t.yaml", text);
        assert_int_equal(trials_run(&f, &d, &t), ERR_FORMAT);
        for (size_t k = 0; k < d.kept; k++)
            found |= strstr(d.items[k].message, WRONG[i].said) != NULL;
        if (!found) {
            diag_print(&d, stderr);
            fail_msg("%s: not said: %s", WRONG[i].test, WRONG[i].said);
        }
        assert_int_equal(policy_check(&f, DAY_NONE, &d, &bytes), ERR_FORMAT); // check says it too
        assert_null(bytes.at);
        diag_done(&d);
        assert_int_equal(policy_compile(&f, &d, &bytes), OK); // tests are no part of the rules
        buf_done(&bytes);
        diag_done(&d);
        policy_files_done(&f);
    }
}

static void test_through(void **state)
{
    (void)state;
    policy_files f = kit_rules();
    diag d = {0};
    trials t = {0};
    kit_put(&f, "tests/t.yaml", "tests:\n  - {question: q, viewer: みき, role: 医師, purpose: 診療, source: 甲病院, "
                                "category: basics, answer: yes}\n");
    assert_int_equal(trials_run(&f, &d, &t), ERR_FORMAT);
    assert_non_null(strstr(d.items[d.kept - 1].message, "through"));
    diag_done(&d);
    policy_files_done(&f);
}

static void shipped(const char *name, size_t least)
{
    char dir[4096];
    policy_files f = {0};
    diag d = {0};
    trials t = {0};
    buf bytes = {0};
    snprintf(dir, sizeof dir, "%s/policies/%s", kit_source(), name);
    assert_int_equal(policy_load_dir(dir, &d, &f), OK);
    assert_int_equal(policy_check(&f, day_of(2026, 6, 1), &d, &bytes), OK);
    assert_int_equal(d.errors, 0);
    assert_int_equal(d.warnings, 2); // keys that do not exist yet: the hub's and the seats'
    buf_done(&bytes);
    assert_int_equal(trials_run(&f, &d, &t), OK);
    for (size_t i = 0; i < t.count; i++)
        if (!t.items[i].passed)
            fail_msg("%s: %s", t.items[i].question, t.items[i].decided);
    assert_true(t.count >= least);
    assert_int_equal(t.unexercised, 0);
    trials_done(&t);
    diag_done(&d);
    policy_files_done(&f);
}

static void test_shipped(void **state)
{
    (void)state;
    shipped("sapporo", 60);
    shipped("kitami", 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures),      cmocka_unit_test(test_passes),  cmocka_unit_test(test_not_exercised),
        cmocka_unit_test(test_mistakes),      cmocka_unit_test(test_through), cmocka_unit_test(test_shipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
