// SPDX-License-Identifier: Apache-2.0
// rooms: store
// Notices: numbers, saying a thing once, taking and forgetting.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "node/notices/notices.h"
#include "tests/unit/store_place.h"

static const char *const tables[] = {"notice", "mark", NULL};
static const uint8_t ONE[16] = {1}, TWO[16] = {2};
enum { HERE = 110000001, THERE = 110000002 };

typedef struct board {
    place at;
    store *keep;
    notices *n;
    store_txn *t;
} board;

static void board_start(board *b)
{
    const store_options so = {.dir = b->at.dir, .tables = tables, .map_bytes = 64 << 20};
    const notices_options no = {0, 1};
    assert_int_equal(store_open(&so, &b->keep), OK);
    assert_int_equal(notices_open(&no, &b->n), OK);
    assert_int_equal(store_write(b->keep, &b->t), OK);
}

static int board_new(void **state)
{
    board *b = calloc(1, sizeof *b);
    b->at = place_new();
    board_start(b);
    *state = b;
    return 0;
}

static void board_stop(board *b)
{
    store_end(b->t);
    notices_close(b->n);
    store_close(b->keep);
}

static int board_free(void **state)
{
    board *b = *state;
    board_stop(b);
    place_remove(&b->at);
    free(b);
    return 0;
}

static void commit(board *b)
{
    assert_int_equal(store_commit(b->t), OK);
    assert_int_equal(store_write(b->keep, &b->t), OK);
}

static uint64_t add(board *b, uint64_t facility, notice_event e, const uint8_t *reference, time_ms now)
{
    uint64_t number = 0;
    assert_int_equal(notices_add(b->n, b->t, facility, e, reference, now, &number), OK);
    return number;
}

static uint64_t waiting(board *b)
{
    uint64_t count;
    assert_int_equal(notices_waiting(b->n, b->t, &count), OK);
    return count;
}

static err count_one(void *ctx, const notice *k)
{
    uint64_t *numbers = ctx; // [0]: how many
    numbers[++numbers[0]] = k->number;
    return OK;
}

static void numbers_count_within_a_facility(void **state)
{
    board *b = *state;
    uint64_t seen[16] = {0};
    assert_int_equal(add(b, HERE, FLOW_EVENT_ARRIVED, ONE, 10), 1);
    assert_int_equal(add(b, HERE, FLOW_EVENT_ARRIVED, TWO, 10), 2);
    assert_int_equal(add(b, THERE, FLOW_EVENT_ARRIVED, TWO, 10), 1);
    assert_int_equal(add(b, HERE, FLOW_EVENT_COMPLETED, ONE, 10), 3);
    assert_int_equal(notices_walk(b->n, b->t, HERE, 1, count_one, seen), OK);
    assert_int_equal(seen[0], 2);
    assert_int_equal(seen[1], 2);
    assert_int_equal(seen[2], 3);
    assert_int_equal(waiting(b), 4);
    assert_int_equal(notices_add(b->n, b->t, HERE, FLOW_EVENT_COUNT, ONE, 10, NULL), ERR_USAGE);
}

static void one_thing_is_said_once(void **state)
{
    board *b = *state;
    assert_int_equal(add(b, HERE, FLOW_EVENT_OVERDUE, ONE, 10), 1);
    assert_int_equal(add(b, HERE, FLOW_EVENT_OVERDUE, ONE, 20), 1); // not taken yet
    assert_int_equal(waiting(b), 1);
    assert_int_equal(notices_take(b->n, b->t, HERE, 1, 30), OK);
    assert_int_equal(add(b, HERE, FLOW_EVENT_OVERDUE, ONE, 10), 1); // a replay of the very same
    assert_int_equal(waiting(b), 0);
    assert_int_equal(add(b, HERE, FLOW_EVENT_OVERDUE, ONE, 40), 2); // another time
    assert_int_equal(waiting(b), 1);
}

static void taking_is_idempotent_and_forgetting_is_late(void **state)
{
    board *b = *state;
    uint64_t count = 99;
    notice k;
    for (uint8_t i = 0; i < 5; i++) {
        const uint8_t reference[16] = {9, i};
        add(b, HERE, FLOW_EVENT_ARRIVED, reference, 10);
    }
    add(b, THERE, FLOW_EVENT_ARRIVED, ONE, 10);
    assert_int_equal(notices_take(b->n, b->t, HERE, 2, 100), OK);
    assert_int_equal(notices_take(b->n, b->t, HERE, 2, 200), OK);
    assert_int_equal(notices_get(b->n, b->t, HERE, 2, &k), OK);
    assert_int_equal(k.taken, 100);
    assert_int_equal(notices_take(b->n, b->t, HERE, 6, 100), ERR_NOT_FOUND);
    assert_int_equal(notices_take_all(b->n, b->t, HERE, 4, 300, &count), OK);
    assert_int_equal(count, 3);
    assert_int_equal(waiting(b), 2);
    assert_int_equal(notices_purge(b->n, b->t, 100, 10, &count), OK);
    assert_int_equal(count, 0);
    assert_int_equal(notices_purge(b->n, b->t, 101, 10, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(notices_get(b->n, b->t, HERE, 2, &k), ERR_NOT_FOUND);
    assert_int_equal(notices_purge(b->n, b->t, 1000, 2, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(notices_purge(b->n, b->t, 1000, 10, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(notices_get(b->n, b->t, HERE, 5, &k), OK); // not taken: kept for ever
    const uint8_t again[16] = {9, 0};
    assert_int_equal(add(b, HERE, FLOW_EVENT_ARRIVED, again, 10), 6); // numbers never come back
    uint64_t rows;
    assert_int_equal(store_count(b->t, 1, &rows), OK);
    assert_int_equal(rows, 2 + 1 + 3); // two counters, how many wait, what is still there
}

static void a_crash_leaves_all_or_nothing(void **state)
{
    board *b = *state;
    add(b, HERE, FLOW_EVENT_ARRIVED, ONE, 10);
    commit(b);
    assert_true(notices_committed(b->n));
    assert_false(notices_committed(b->n));
    assert_int_equal(notices_seen(b->n), 1);
    add(b, HERE, FLOW_EVENT_ARRIVED, TWO, 10);
    board_stop(b);
    board_start(b);
    assert_int_equal(waiting(b), 1);
    assert_int_equal(add(b, HERE, FLOW_EVENT_ARRIVED, TWO, 10), 2);
}

static void every_event_has_words(void **state)
{
    (void)state;
    notice_event e;
    for (int i = 0; i < FLOW_EVENT_COUNT; i++) {
        assert_non_null(notice_words((notice_event)i, true));
        assert_non_null(notice_words((notice_event)i, false));
        assert_null(strpbrk(notice_words((notice_event)i, true), "\"\\")); // they go into JSON as they are
        assert_null(strpbrk(notice_words((notice_event)i, false), "\"\\"));
        assert_int_equal(notice_event_find(policy_flow_event_name((flow_event)i), &e), OK);
        assert_int_equal(e, i);
    }
    assert_int_equal(notice_event_find("no-such", &e), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_count_within_a_facility, board_new, board_free),
        cmocka_unit_test_setup_teardown(one_thing_is_said_once, board_new, board_free),
        cmocka_unit_test_setup_teardown(taking_is_idempotent_and_forgetting_is_late, board_new, board_free),
        cmocka_unit_test_setup_teardown(a_crash_leaves_all_or_nothing, board_new, board_free),
        cmocka_unit_test(every_event_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
