// SPDX-License-Identifier: Apache-2.0
// So many letters a sender and no more; one sender's many are nobody else's loss.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "node/line/allowance.h"

#define NOW 1795222800000ll
#define DAY_MS 86400000ll

static letter of(letter_kind kind, uint64_t from, const char *by)
{
    return (letter){.kind = kind, .from = from, .from_node = by};
}

// How many are taken of `tries`; *told: how often it was said that nothing is left.
static uint32_t taken(allowance *a, letter l, time_ms now, uint32_t tries, uint32_t *told)
{
    uint32_t count = 0;
    *told = 0;
    for (uint32_t i = 0; i < tries; i++) {
        bool first;
        count += allowance_take(a, &l, now, &first);
        *told += first;
    }
    return count;
}

static void each_has_its_own(void **state)
{
    (void)state;
    allowance a = {0};
    uint32_t told;
    assert_int_equal(taken(&a, of(LETTER_ENQUIRY, 1, "x"), NOW, 1000, &told), ALLOWANCE_ENQUIRIES);
    assert_int_equal(told, 1);
    assert_int_equal(taken(&a, of(LETTER_ENQUIRY, 2, "x"), NOW, 1, &told), 1);
    assert_int_equal(taken(&a, of(LETTER_ENQUIRY, 1, "y"), NOW, 1, &told), 1);
    assert_int_equal(taken(&a, of(LETTER_REQUEST, 1, "x"), NOW, 1, &told), 1);
    assert_int_equal(taken(&a, of(LETTER_EMERGENCY_TOLD, 1, "x"), NOW, 1, &told), 1);
    assert_int_equal(taken(&a, of(LETTER_WITHDRAWAL, 1, "x"), NOW, 25000, &told), ALLOWANCE_WORDS);
    assert_int_equal(taken(&a, of(LETTER_CHANGE, 1, "x"), NOW, 1, &told), 0); // the same measure
    allowance_done(&a);
}

static void it_comes_back_evenly(void **state)
{
    (void)state;
    allowance a = {0};
    uint32_t told;
    letter l = of(LETTER_ENQUIRY, 1, "x");
    assert_int_equal(taken(&a, l, NOW, 1000, &told), ALLOWANCE_ENQUIRIES);
    assert_int_equal(taken(&a, l, NOW + DAY_MS / ALLOWANCE_ENQUIRIES - 1, 10, &told), 0);
    assert_int_equal(taken(&a, l, NOW + DAY_MS / ALLOWANCE_ENQUIRIES, 10, &told), 1);
    assert_int_equal(told, 0); // said before, and hardly a pause since
    assert_int_equal(taken(&a, l, NOW + DAY_MS / 2, 1000, &told), ALLOWANCE_ENQUIRIES / 2 - 1);
    assert_int_equal(taken(&a, l, NOW + 3 * DAY_MS, 1000, &told), ALLOWANCE_ENQUIRIES);
    assert_int_equal(told, 1);
    assert_int_equal(taken(&a, l, NOW, 1000, &told), ALLOWANCE_ENQUIRIES); // the clock was set back
    allowance_done(&a);
}

static void what_is_remembered_is_bounded(void **state)
{
    (void)state;
    allowance a = {0};
    uint32_t told;
    for (uint64_t i = 0; i < ALLOWANCE_SENDERS + 50; i++)
        assert_int_equal(taken(&a, of(LETTER_ENQUIRY, i, "x"), NOW + (time_ms)i, 1, &told), 1);
    assert_int_equal(a.count, ALLOWANCE_SENDERS);
    assert_int_equal(a.cap, ALLOWANCE_SENDERS);
    allowance_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_own),
        cmocka_unit_test(it_comes_back_evenly),
        cmocka_unit_test(what_is_remembered_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
