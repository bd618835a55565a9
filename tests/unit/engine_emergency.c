// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// Who may be opened in an emergency: every case of what the rules say and what the patient said.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "policies/engine/emergency.h"
#include "policies/engine/flow.h"
#include "policies/engine/table.h"
#include "tests/unit/compiler_kit.h"

static policy *with(const char *emergency)
{
    policy_files f = kit_rules();
    if (emergency)
        kit_put(&f, "emergency.yaml", emergency);
    policy *p = kit_open(&f);
    policy_files_done(&f);
    return p;
}

static policy *saying(const char *without, const char *despite)
{
    char text[400];
    snprintf(text, sizeof text,
             "kinds: [clinic]\nroles: [physician]\ncategories: [basics, reports]\nminutes: 5\ntold: [discloser]\n"
             "review_hours: 48\nwithout_consent: %s\ndespite_objection: %s\n", without, despite);
    return with(text);
}

// What the patient said comes to one word, however it was said.
static void the_word(void **state)
{
    static const struct { emergency_said s; emergency_word is; } rows[] = {
        {{.consent = false}, EMERGENCY_UNASKED},
        {{.consent = false, .stopped = true}, EMERGENCY_AGAINST},
        {{.consent = false, .objected = true}, EMERGENCY_AGAINST},
        {{.consent = true, .includes = true, .lasts = true}, EMERGENCY_AGREED},
        {{.consent = true, .includes = true, .lasts = false}, EMERGENCY_UNASKED},
        {{.consent = true, .includes = false, .lasts = true}, EMERGENCY_AGAINST},
        {{.consent = true, .includes = false, .lasts = false}, EMERGENCY_AGAINST},
        {{.consent = true, .includes = true, .lasts = true, .withdrawn = true}, EMERGENCY_AGAINST},
        {{.consent = true, .includes = true, .lasts = false, .withdrawn = true}, EMERGENCY_AGAINST},
        {{.consent = true, .includes = true, .lasts = true, .stopped = true}, EMERGENCY_AGAINST},
        {{.consent = true, .includes = true, .lasts = true, .objected = true}, EMERGENCY_AGAINST},
        {{.consent = true, .includes = true, .lasts = false, .objected = true}, EMERGENCY_AGAINST},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (emergency_word_of(&rows[i].s) != rows[i].is)
            fail_msg("row %zu", i);
    // Whatever else: an objection, a withdrawal or a stop is a word against it.
    for (unsigned bits = 0; bits < 64; bits++) {
        emergency_said s = {bits & 1, bits & 2, bits & 4, bits & 8, bits & 16, bits & 32};
        if (s.objected || s.stopped || (s.consent && s.withdrawn))
            assert_int_equal(emergency_word_of(&s), EMERGENCY_AGAINST);
        if (emergency_word_of(&s) == EMERGENCY_AGREED)
            assert_true(s.consent && s.includes && s.lasts);
    }
}

static void what_the_rules_open(void **state)
{
    static const struct { const char *without, *despite; bool agreed, unasked, against; } rows[] = {
        {"no", "no", true, false, false},
        {"yes", "no", true, true, false},
        {"yes", "yes", true, true, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        policy *p = saying(rows[i].without, rows[i].despite);
        assert_true(emergency_opens(p, EMERGENCY_AGREED) == rows[i].agreed);
        assert_true(emergency_opens(p, EMERGENCY_UNASKED) == rows[i].unasked);
        assert_true(emergency_opens(p, EMERGENCY_AGAINST) == rows[i].against);
        assert_false(emergency_opens(p, (emergency_word)99));
        policy_free(p);
    }
    policy *p = with(NULL); // no emergency.yaml: only who agreed
    assert_true(emergency_opens(p, EMERGENCY_AGREED));
    assert_false(emergency_opens(p, EMERGENCY_UNASKED));
    assert_false(emergency_opens(p, EMERGENCY_AGAINST));
    policy_free(p);
}

static void who_and_what(void **state)
{
    (void)state;
    policy *p = saying("yes", "no");
    int clinic = policy_facility(p, 1319999999), hospital = policy_facility(p, 110113719);
    int physician = policy_role(p, "physician"), nurse = policy_role(p, "nurse");
    assert_int_equal(emergency_categories(p, clinic, physician), 1u << 0 | 1u << 5);
    assert_int_equal(emergency_categories(p, clinic, nurse), 0);
    assert_int_equal(emergency_categories(p, hospital, physician), 0);
    assert_int_equal(emergency_categories(p, POLICY_NONE, physician), 0);
    assert_int_equal(emergency_categories(p, clinic, POLICY_NONE), 0);
    assert_int_equal(emergency_categories(p, policy_facility_count(p), physician), 0);
    assert_int_equal(emergency_categories(p, clinic, policy_role_count(p)), 0);
    policy_free(p);
}

static void how_long(void **state)
{
    (void)state;
    policy *p = saying("yes", "no"), *none = with(NULL);
    assert_int_equal(emergency_minutes(p), 5);
    assert_int_equal(emergency_ticket_ms(p), 5 * 60000);
    assert_int_equal(emergency_review_hours(p), 48);
    assert_int_equal(emergency_minutes(none), 60);
    assert_int_equal(emergency_ticket_ms(none), policy_ticket_ms(none)); // never longer than any other
    assert_int_equal(emergency_review_hours(none), 24);
    policy_free(p);
    policy_free(none);
}

static void reasons(void **state)
{
    uint8_t number = 77;
    (void)state;
    policy *p = with(NULL);
    assert_false(emergency_reason(p, NULL, &number));
    assert_false(emergency_reason(p, "", &number));
    assert_false(emergency_reason(p, "curiosity", &number));
    assert_int_equal(number, 77); // untouched
    for (int i = 0; i < policy_emergency_reason_count(p); i++) {
        assert_true(emergency_reason(p, policy_emergency_reason_at(p, i).id, &number));
        assert_int_equal(number, i + 1);
        assert_string_equal(emergency_reason_id(p, number), policy_emergency_reason_at(p, i).id);
    }
    assert_string_equal(emergency_reason_id(p, 0), "");
    assert_string_equal(emergency_reason_id(p, 255), "");
    policy_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_word), cmocka_unit_test(what_the_rules_open), cmocka_unit_test(who_and_what),
        cmocka_unit_test(how_long), cmocka_unit_test(reasons),
    };
    return cmocka_run_group_tests_name("engine_emergency", tests, NULL, NULL);
}
