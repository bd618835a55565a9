// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// What the rules ask for before an acceptance, against every kind of comparison.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "node/match/accept.h"
#include "tests/unit/compiler_kit.h"

static policy *opened(const char *matching)
{
    policy_files f = kit_rules();
    if (matching) {
        char text[1024];
        snprintf(text, sizeof text, "retention: 5年\nsecond_check: []\ntold: {arrived: [disclosing]}\nrefusals:\n  - {id: other, ja: その他, en: other}\n"
                                    "relations:\n  - {id: parent, ja: 親権者, en: parent}\n"
                                    "emergency:\n  reasons:\n    - {id: other, ja: その他, en: other}\n"
                                    "  review_roles: [nurse]\n  review_by: [own]\n%s", matching);
        kit_put(&f, "requests.yaml", text);
    }
    policy *p = kit_open(&f);
    policy_files_done(&f);
    return p;
}

static identity_match agreeing(uint32_t fields)
{
    identity_match m = {.strength = MATCH_WEAK};
    for (int f = 0; f < FIELD_COUNT; f++)
        m.fields[f] = fields >> f & 1 ? EVIDENCE_AGREES : EVIDENCE_DIFFERS;
    return m;
}

#define BIT(f) (1u << FIELD_##f)

static void one_whole_set_is_needed(void **state)
{
    (void)state;
    policy *p = opened("matching:\n  accept:\n    - [insurance, birth, sex]\n"
                       "    - [kana_family, kana_given, birth, address]\n");
    static const struct { uint32_t fields; bool enough; } rows[] = {
        {0, false},
        {BIT(INSURANCE) | BIT(BIRTH), false},
        {BIT(INSURANCE) | BIT(BIRTH) | BIT(SEX), true},
        {BIT(KANA_FAMILY) | BIT(KANA_GIVEN) | BIT(BIRTH) | BIT(SEX), false},
        {BIT(KANA_FAMILY) | BIT(KANA_GIVEN) | BIT(BIRTH) | BIT(ADDRESS), true},
        {BIT(KANA_GIVEN) | BIT(INSURANCE) | BIT(BIRTH) | BIT(ADDRESS) | BIT(KANJI) | BIT(POSTAL) | BIT(TELEPHONE), false},
        {UINT32_MAX, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        identity_match m = agreeing(rows[i].fields);
        if (match_accepts(p, &m) != rows[i].enough)
            fail_msg("row %zu", i);
        // Neither close nor unknown is agreement.
        for (int f = 0; f < FIELD_COUNT; f++)
            if (m.fields[f] == EVIDENCE_AGREES)
                m.fields[f] = f % 2 ? EVIDENCE_CLOSE : EVIDENCE_ABSENT;
        assert_false(match_accepts(p, &m));
    }
    policy_free(p);
}

static void rules_without_sets_leave_it_to_the_person(void **state)
{
    (void)state;
    policy *p = opened(NULL);
    assert_int_equal(policy_accept_count(p), 0);
    identity_match m = agreeing(0);
    assert_true(match_accepts(p, &m));
    m.reasons[FIELD_BRANCH] = REASON_BRANCH; // the insurer says that these are two people
    assert_false(match_accepts(p, &m));
    policy_free(p);
}

static void a_twin_is_never_enough(void **state)
{
    (void)state;
    policy *p = opened("matching:\n  accept:\n    - [insurance, birth, sex]\n");
    identity a = {.kana_family = "ヤマダ", .kana_given = "ハナ", .birth = day_of(2010, 4, 1), .sex = 'F',
                  .insurer = "06017016", .symbol = "311", .number = "2388927", .branch = "03"};
    identity b = a;
    identity_match m;
    identity_compare(&a, &b, &m);
    assert_true(match_accepts(p, &m));
    assert_int_equal(match_agreeing(&m),
                     BIT(KANA_FAMILY) | BIT(KANA_GIVEN) | BIT(BIRTH) | BIT(SEX) | BIT(INSURANCE) | BIT(BRANCH));
    strcpy(b.branch, "04");
    identity_compare(&a, &b, &m);
    assert_false(match_accepts(p, &m));
    policy_free(p);
}

// The names of the rules are the names of the comparison.
static void fields_have_one_name(void **state)
{
    (void)state;
    for (int f = 0; f < FIELD_COUNT; f++)
        assert_string_equal(policy_flow_evidence_name((flow_evidence)f), identity_field_name((identity_field)f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_whole_set_is_needed),
        cmocka_unit_test(rules_without_sets_leave_it_to_the_person),
        cmocka_unit_test(a_twin_is_never_enough),
        cmocka_unit_test(fields_have_one_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
