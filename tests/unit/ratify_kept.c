// SPDX-License-Identifier: Apache-2.0
// rooms: compiler store
// Lists kept in the store: never lowered, bound to the chain they came from, back on the shelf when
// the folder has lost them, and no shelf at all where what is kept is damaged.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "policies/ratify/members_kept.h"
#include "tests/unit/ratify_kit.h"
#include "tests/unit/store_place.h"

static const hash32 first = {{1}}, other = {{2}};

static void put(members_shelf *s, const policy *p, const char *u, uint32_t serial)
{
    members m;
    int number = policy_union(p, u);
    assert_int_not_equal(number, POLICY_NONE);
    assert_int_equal(members_of(p, number, &m), OK);
    m.serial = serial;
    m.has_previous = serial > 1;
    assert_int_equal(shelf_put(s, &m), OK);
}

static void keep(store *k, const hash32 *chain, const members_shelf *s)
{
    store_txn *t;
    assert_int_equal(store_write(k, &t), OK);
    assert_int_equal(members_keep(t, 0, chain, s), OK);
    assert_int_equal(store_commit(t), OK);
}

static void count_one(void *ctx, const members *m, span bytes)
{
    members again;
    assert_int_equal(members_read(bytes, &again), OK);
    assert_string_equal(again.union_id, m->union_id);
    members_done(&again);
    ++*(size_t *)ctx;
}

static size_t recall(store *k, const hash32 *chain, members_shelf *s, err expected)
{
    store_txn *t;
    size_t count = 0;
    assert_int_equal(store_read(k, &t), OK);
    assert_int_equal(members_recall(t, 0, chain, s, count_one, &count), expected);
    store_end(t);
    return count;
}

static uint32_t serial_of(const members_shelf *s, const char *u)
{
    const members *m = shelf_find(s, u);
    return m ? m->serial : 0;
}

static void newest_is_kept_and_comes_back(void **state)
{
    (void)state;
    place at = place_new();
    store *k = place_open(&at);
    policy *p = kit_version(3, NULL, 0, true);
    const char *u = policy_union_text(p, 0).id, *v = policy_union_text(p, 1).id;
    members_shelf full = {0}, old = {0}, empty = {0}, strange = {0};
    put(&full, p, u, 5);
    put(&full, p, v, 2);
    keep(k, &first, &full);
    put(&old, p, u, 4);
    keep(k, &first, &old); // nothing is lowered
    assert_int_equal(recall(k, &first, &empty, OK), 2);
    assert_int_equal(serial_of(&empty, u), 5);
    assert_int_equal(serial_of(&empty, v), 2);
    assert_int_equal(recall(k, &first, &old, OK), 2);
    assert_int_equal(serial_of(&old, u), 5);
    assert_int_equal(recall(k, &first, &full, OK), 0); // all there
    put(&full, p, u, 9);
    assert_int_equal(recall(k, &first, &full, OK), 0); // the folder's newer one stays
    assert_int_equal(serial_of(&full, u), 9);
    // Another chain: what was kept of the first does not bind, and is replaced.
    assert_int_equal(recall(k, &other, &strange, OK), 0);
    put(&strange, p, u, 1);
    keep(k, &other, &strange);
    shelf_done(&empty);
    assert_int_equal(recall(k, &other, &empty, OK), 1);
    assert_int_equal(serial_of(&empty, u), 1);
    shelf_done(&full);
    shelf_done(&old);
    shelf_done(&empty);
    shelf_done(&strange);
    policy_free(p);
    store_close(k);
    place_remove(&at);
}

static void damage_is_told(void **state)
{
    (void)state;
    place at = place_new();
    store *k = place_open(&at);
    policy *p = kit_version(3, NULL, 0, true);
    const char *u = policy_union_text(p, 0).id;
    members_shelf s = {0}, empty = {0};
    buf key = {0};
    store_txn *t;
    span value;
    uint8_t *copy;
    put(&s, p, u, 1);
    keep(k, &first, &s);
    buf_printf(&key, "members:%s", u);
    assert_int_equal(store_read(k, &t), OK);
    assert_int_equal(store_get(t, 0, buf_span(&key), &value), OK);
    size_t whole = value.len;
    copy = malloc(whole);
    assert_non_null(copy);
    memcpy(copy, value.at, whole);
    store_end(t);
    for (size_t len = 0; len < whole; len++) {
        assert_int_equal(store_write(k, &t), OK);
        assert_int_equal(store_put(t, 0, buf_span(&key), span_of(copy, len)), OK);
        assert_int_equal(store_commit(t), OK);
        assert_int_equal(recall(k, &first, &empty, ERR_CORRUPT), 0);
        assert_int_equal(empty.count, 0);
    }
    // Whole, but under another union's name.
    assert_int_equal(store_write(k, &t), OK);
    assert_int_equal(store_delete(t, 0, buf_span(&key)), OK);
    assert_int_equal(store_put(t, 0, SPAN_LIT("members:zz"), span_of(copy, whole)), OK);
    assert_int_equal(store_commit(t), OK);
    assert_int_equal(recall(k, &first, &empty, ERR_CORRUPT), 0);
    free(copy);
    buf_done(&key);
    shelf_done(&s);
    policy_free(p);
    store_close(k);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_is_kept_and_comes_back),
        cmocka_unit_test(damage_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
