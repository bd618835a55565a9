// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// Five of seven are too few, six are enough; every reason for which a signature does not
// count and a version may not follow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/ratify_kit.h"

static day TODAY;

static ratify_why add(ratify_tally *t, const ratify_head *h, int key, const char *seat, day on)
{
    ratify_why why = SIGNED_WHYS;
    ratify_signature s = kit_sign(h, key, seat, on);
    assert_int_equal(tally_add(t, h, &s, &why), OK);
    return why;
}

static void five_refused_six_accepted(void **state)
{
    (void)state;
    policy *a = kit_version(3, NULL, KIT_SEATS, true), *b = kit_version(4, a, KIT_SEATS, true);
    ratify_tally t;
    tally_init(&t, a, b, TODAY);
    assert_int_equal(tally_step(&t), STEP_FEW);
    for (int i = 0; i < KIT_SEATS; i++) {
        char seat[8];
        snprintf(seat, sizeof seat, "s%d", i);
        assert_int_equal(add(&t, &t.record.head, i, seat, TODAY), SIGNED_COUNTS);
        assert_int_equal(t.counted, i + 1);
        assert_int_equal(tally_step(&t), i + 1 >= 6 ? STEP_GOOD : STEP_FEW);
        assert_int_equal(add(&t, &t.record.head, i, seat, TODAY - 1), SIGNED_TWICE); // another day, the same seat
        assert_int_equal(t.counted, i + 1);
    }
    tally_done(&t);
    policy_free(a);
    policy_free(b);
}

static void every_refusal(void **state)
{
    (void)state;
    policy *a = kit_version(3, NULL, KIT_SEATS, false), *b = kit_version(4, a, KIT_SEATS, true);
    ratify_tally t;
    tally_init(&t, a, b, TODAY);
    const ratify_head good = t.record.head;
    ratify_head h = good;
    h.rules.at[31] ^= 1;
    assert_int_equal(add(&t, &h, 0, "s0", TODAY), SIGNED_OTHER_RULES);
    h = good, h.version = 5;
    assert_int_equal(add(&t, &h, 0, "s0", TODAY), SIGNED_OTHER_RULES);
    h = good, h.previous.at[0] ^= 1;
    assert_int_equal(add(&t, &h, 0, "s0", TODAY), SIGNED_OTHER_PREVIOUS);
    assert_int_equal(add(&t, &good, 0, "s7", TODAY), SIGNED_NO_SEAT);
    assert_int_equal(add(&t, &good, 6, "s6", TODAY), SIGNED_NO_KEY);
    assert_int_equal(add(&t, &good, 1, "s0", TODAY), SIGNED_WRONG); // another seat's key
    assert_int_equal(add(&t, &good, 0, "s0", day_of(2025, 10, 30)), SIGNED_TERM_BEFORE);
    assert_int_equal(add(&t, &good, 5, "s5", day_of(2026, 10, 1)), SIGNED_TERM_ENDED);
    assert_int_equal(add(&t, &good, 0, "s0", day_of(2026, 3, 31)), SIGNED_TOO_EARLY);
    assert_int_equal(add(&t, &good, 0, "s0", TODAY + RATIFY_SKEW_DAYS + 1), SIGNED_FUTURE);
    assert_int_equal(t.counted, 0);
    assert_int_equal(t.record.count, 0);
    // The last day of a term, and a calendar one day ahead, count.
    assert_int_equal(add(&t, &good, 5, "s5", day_of(2026, 9, 30)), SIGNED_COUNTS);
    assert_int_equal(add(&t, &good, 0, "s0", TODAY + RATIFY_SKEW_DAYS), SIGNED_COUNTS);
    // Whatever of a signature is changed, it no longer fits: the seat, the day, each byte.
    ratify_signature s = kit_sign(&good, 1, "s1", TODAY);
    for (size_t i = 0; i < SIGNATURE_BYTES; i++) {
        ratify_signature bad = s;
        ratify_why why;
        bad.bytes[i] ^= 0x10;
        assert_int_equal(tally_add(&t, &good, &bad, &why), OK);
        assert_int_equal(why, SIGNED_WRONG);
    }
    ratify_signature later = s;
    ratify_why why;
    later.on--;
    assert_int_equal(tally_add(&t, &good, &later, &why), OK);
    assert_int_equal(why, SIGNED_WRONG);
    assert_int_equal(t.counted, 2);
    tally_done(&t);
    policy_free(a);
    policy_free(b);
}

// A seat that only the new version has cannot help to make it.
static void new_seat_waits(void **state)
{
    (void)state;
    policy *a = kit_version(3, NULL, 4, true), *b = kit_version(4, a, 5, true), *c = kit_version(5, b, 5, true);
    ratify_tally t;
    tally_init(&t, a, b, TODAY);
    assert_int_equal(add(&t, &t.record.head, 4, "s4", TODAY), SIGNED_NO_SEAT);
    tally_done(&t);
    tally_init(&t, b, c, day_of(2026, 12, 24));
    assert_int_equal(add(&t, &t.record.head, 4, "s4", TODAY), SIGNED_TOO_EARLY);
    assert_int_equal(add(&t, &t.record.head, 4, "s4", day_of(2026, 12, 1)), SIGNED_COUNTS);
    tally_done(&t);
    policy_free(a);
    policy_free(b);
    policy_free(c);
}

static void steps(void **state)
{
    (void)state;
    policy *a = kit_version(3, NULL, 7, true), *b = kit_version(4, a, 7, true), *c = kit_version(5, b, 7, true);
    policy *fork = kit_version(4, a, 6, true), *orphan = kit_version(4, NULL, 7, true);
    policy *seatless = kit_version(3, NULL, 0, true), *after = kit_version(4, seatless, 7, true);
    policy *hasty = kit_version(3, b, 7, true), *five = kit_version(5, fork, 7, true);
    assert_int_equal(ratify_step_of(a, b), STEP_GOOD);
    assert_int_equal(ratify_step_of(b, c), STEP_GOOD);
    assert_int_equal(ratify_step_of(b, b), STEP_SAME);
    assert_int_equal(ratify_step_of(b, a), STEP_ROLLBACK);
    assert_int_equal(ratify_step_of(b, hasty), STEP_ROLLBACK);
    assert_int_equal(ratify_step_of(b, fork), STEP_FORK);
    assert_int_equal(ratify_step_of(b, five), STEP_OTHER_PREVIOUS);
    assert_int_equal(ratify_step_of(a, c), STEP_GAP);
    assert_int_equal(ratify_step_of(a, orphan), STEP_NO_PREVIOUS);
    assert_int_equal(ratify_step_of(seatless, after), STEP_NO_SEATS);
    policy *eight = kit_version(8, b, 7, true), *early = kit_version(9, eight, 7, true);
    assert_int_equal(ratify_step_of(eight, early), STEP_EFFECTIVE);
    policy *all[] = {eight, early, a, b, c, fork, orphan, seatless, after, hasty, five};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        policy_free(all[i]);
    for (int i = 0; i < STEP_COUNT; i++)
        assert_true(ratify_step_text(i)[0] && ratify_step_name(i)[0]);
    for (int i = 0; i < SIGNED_WHYS; i++)
        assert_true(ratify_why_text(i)[0] && ratify_why_name(i)[0]);
}

// Against counting on fingers: a seat in four may be missing, not one more.
static void quorum_counted(void **state)
{
    (void)state;
    const policy_fraction three_quarters = {3, 4}, all = {1, 1}, half = {1, 2};
    for (uint32_t seats = 1; seats <= 50; seats++) {
        uint32_t may_miss = 0;
        for (uint32_t left = seats; left >= 4; left -= 4)
            may_miss++;
        for (uint32_t count = 0; count <= seats; count++) {
            assert_int_equal(ratify_enough(count, seats, three_quarters), count >= seats - may_miss);
            assert_int_equal(ratify_enough(count, seats, half), count >= seats - may_miss); // the charter is the floor
            assert_int_equal(ratify_enough(count, seats, all), count == seats);
        }
        assert_int_equal(ratify_needed(seats, three_quarters), seats - may_miss);
    }
    assert_int_equal(ratify_needed(7, three_quarters), 6);
    assert_int_equal(ratify_needed(8, three_quarters), 6);
    assert_false(ratify_enough(0, 0, three_quarters));
}

// Whoever could change seats, keys or the share unseen could rule alone.
static void change_tells(void **state)
{
    (void)state;
    buf out = {0};
    policy *a = kit_version(3, NULL, 7, true), *b = kit_version(4, a, 6, true), *c = kit_version(4, a, 7, false);
    assert_int_equal(ratify_change_put(a, a, &out), OK);
    assert_int_equal(out.len, 0);
    assert_int_equal(ratify_change_put(a, b, &out), OK);
    assert_non_null(strstr(buf_str(&out), "goes: seat s6"));
    assert_non_null(strstr(buf_str(&out), "in force from: 2026-04-01 → 2026-12-01"));
    buf_clear(&out);
    assert_int_equal(ratify_change_put(b, a, &out), OK);
    assert_non_null(strstr(buf_str(&out), "new: seat s6"));
    buf_clear(&out);
    assert_int_equal(ratify_change_put(a, c, &out), OK);
    assert_non_null(strstr(buf_str(&out), "seat s6: its key goes"));
    assert_non_null(strstr(buf_str(&out), "after, seat s5"));
    assert_null(strstr(buf_str(&out), "s4"));
    buf_done(&out);
    policy_free(a);
    policy_free(b);
    policy_free(c);
}

static policy *with_emergency(const char *emergency, const char *roles)
{
    policy_files f = kit_rules();
    kit_put(&f, "emergency.yaml", emergency);
    if (roles)
        kit_put(&f, "roles.yaml", roles);
    policy *p = kit_open(&f);
    policy_files_done(&f);
    return p;
}

// A new role before the others moves their numbers: that alone is no change, and hides none.
static void emergency_told(void **state)
{
    (void)state;
    static const char NURSE[] = "kinds: [hospital]\nroles: [nurse]\ncategories: [basics]\nminutes: 60\n"
                                "told: [patient]\nreview_hours: 72\nwithout_consent: no\ndespite_objection: no\n";
    static const char AIDE[] = "kinds: [hospital]\nroles: [aide]\ncategories: [basics]\nminutes: 30\n"
                               "told: [patient, council]\nreview_hours: 72\nwithout_consent: no\ndespite_objection: no\n";
    static const char ROLES[] = "roles:\n  - {id: aide, ja: 助手, en: aide}\n  - {id: physician, ja: 医師, en: physician}\n"
                                "  - {id: nurse, ja: 看護師, en: nurse}\n";
    policy *a = with_emergency(NURSE, NULL), *b = with_emergency(NURSE, ROLES), *c = with_emergency(AIDE, ROLES);
    buf out = {0};
    assert_int_equal(ratify_change_put(a, b, &out), OK);
    assert_string_equal(buf_str(&out), "");
    assert_int_equal(ratify_change_put(a, c, &out), OK);
    assert_non_null(strstr(buf_str(&out), "who may open a record"));
    assert_non_null(strstr(buf_str(&out), "emergency, minutes: 60 → 30"));
    assert_non_null(strstr(buf_str(&out), "now told to council"));
    // aide is number 0 here, as nurse is there: the same mask, another meaning.
    assert_int_equal(policy_emergency(a).roles, policy_emergency(c).roles);
    buf_done(&out);
    policy_free(a);
    policy_free(b);
    policy_free(c);
}

int main(void)
{
    TODAY = day_of(2026, 11, 21);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_refused_six_accepted), cmocka_unit_test(every_refusal), cmocka_unit_test(new_seat_waits),
        cmocka_unit_test(steps), cmocka_unit_test(quorum_counted), cmocka_unit_test(change_tells),
        cmocka_unit_test(emergency_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
