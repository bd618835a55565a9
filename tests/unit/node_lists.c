// SPDX-License-Identifier: Apache-2.0
// Which list is asked for next: unions take turns, one whose list failed waits longer each time,
// and holds up no other.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "node/rulebook/members.h"

static node_lists *told(int count)
{
    node_lists *l = calloc(1, sizeof *l);
    assert_non_null(l);
    for (int i = 0; i < count; i++) {
        snprintf(l->said[i].union_id, sizeof l->said[i].union_id, "u%d", i);
        l->said[i].serial = 1;
    }
    l->said_count = (size_t)count;
    return l;
}

static void test_one_refused_holds_up_no_other(void **state)
{
    (void)state;
    node_lists *l = told(2);
    list_want w;
    time_ms now = 5000;
    assert_true(lists_behind(l, now, &w));
    assert_string_equal(w.union_id, "u0");
    lists_waited(l, &w, false, now);
    for (int i = 0; i < 3; i++) { // now and again the other one only
        assert_true(lists_behind(l, now, &w));
        assert_string_equal(w.union_id, "u1");
    }
    lists_waited(l, &w, false, now);
    assert_false(lists_behind(l, now, &w));
    assert_false(lists_behind(l, now + AGAIN_MIN_MS - 1, &w));
    assert_true(lists_behind(l, now + AGAIN_MIN_MS, &w));
    lists_try(l);
    assert_true(lists_behind(l, now, &w));
    free(l);
}

static void test_longer_each_time(void **state)
{
    (void)state;
    node_lists *l = told(1);
    list_want w;
    time_ms now = 0, wait = AGAIN_MIN_MS;
    for (int i = 0; i < 40; i++) {
        assert_true(lists_behind(l, now, &w));
        lists_waited(l, &w, false, now);
        assert_false(lists_behind(l, now + wait - 1, &w));
        now += wait;
        wait = wait * 2 < AGAIN_MAX_MS ? wait * 2 : AGAIN_MAX_MS;
    }
    assert_true(lists_behind(l, now, &w));
    lists_waited(l, &w, true, now); // and from the beginning after a good one
    lists_waited(l, &w, false, now);
    assert_true(lists_behind(l, now + AGAIN_MIN_MS, &w));
    free(l);
}

// A hub that makes up names, more than there can be unions: memory stays as it is.
static void test_made_up_names(void **state)
{
    (void)state;
    node_lists *l = told(1);
    list_want w = {.serial = 1};
    for (int i = 0; i < 3 * BUNDLE_UNIONS; i++) {
        snprintf(w.union_id, sizeof w.union_id, "x%d", i);
        lists_waited(l, &w, false, i);
    }
    assert_true(lists_behind(l, 0, &w));
    assert_string_equal(w.union_id, "u0");
    free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_refused_holds_up_no_other),
        cmocka_unit_test(test_longer_each_time),
        cmocka_unit_test(test_made_up_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
