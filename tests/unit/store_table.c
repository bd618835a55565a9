// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/store_place.h"

static store_txn *writing(store *s)
{
    store_txn *t = NULL;
    assert_int_equal(store_write(s, &t), OK);
    return t;
}

static store_txn *reading(store *s)
{
    store_txn *t = NULL;
    assert_int_equal(store_read(s, &t), OK);
    return t;
}

static void check_get(store_txn *t, int table, const char *key, const char *want)
{
    span v = {0};
    if (want == NULL) {
        assert_int_equal(store_get(t, table, span_str(key), &v), ERR_NOT_FOUND);
        return;
    }
    assert_int_equal(store_get(t, table, span_str(key), &v), OK);
    assert_true(span_eq(v, span_str(want)));
}

static void put(store_txn *t, int table, const char *key, const char *value)
{
    assert_int_equal(store_put(t, table, span_str(key), span_str(value)), OK);
}

static void keeps_and_finds(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    store_txn *t = writing(s);
    put(t, 0, "a", "one");
    put(t, 0, "a", "two");
    put(t, 1, "a", "");
    check_get(t, 0, "a", "two");
    assert_int_equal(store_commit(t), OK);

    store_txn *old = reading(s);
    t = writing(s);
    put(t, 0, "b", "three");
    assert_int_equal(store_delete(t, 0, SPAN_LIT("a")), OK);
    assert_int_equal(store_delete(t, 0, SPAN_LIT("a")), ERR_NOT_FOUND);
    check_get(t, 0, "a", NULL);
    assert_int_equal(store_commit(t), OK);

    check_get(old, 0, "a", "two"); // a snapshot stays what it was
    check_get(old, 0, "b", NULL);
    check_get(old, 1, "a", "");
    check_get(old, 2, "a", NULL);
    assert_int_equal(store_renew(old), OK);
    check_get(old, 0, "a", NULL);
    check_get(old, 0, "b", "three");
    store_end(old);

    t = writing(s);
    put(t, 0, "gone", "x");
    store_end(t);
    store_close(s);
    s = place_open(&p);
    t = reading(s);
    check_get(t, 0, "gone", NULL);
    check_get(t, 0, "b", "three");
    uint64_t n = 9;
    assert_int_equal(store_count(t, 0, &n), OK);
    assert_int_equal(n, 1);
    store_end(t);
    store_close(s);
    place_remove(&p);
}

static void refuses_beyond_limits(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    uint8_t key[STORE_KEY_MAX + 1];
    memset(key, 'k', sizeof key);
    span longest = span_of(key, STORE_KEY_MAX), too_long = span_of(key, sizeof key), v = {0}, k = {0};
    store_txn *t = writing(s);
    assert_int_equal(store_put(t, 0, longest, SPAN_LIT("v")), OK);
    assert_int_equal(store_put(t, 0, too_long, SPAN_LIT("v")), ERR_LIMIT);
    assert_int_equal(store_put(t, 0, (span){0}, SPAN_LIT("v")), ERR_USAGE);
    assert_int_equal(store_put(t, 0, SPAN_LIT("k"), span_of(key, STORE_VALUE_MAX + 1)), ERR_LIMIT);
    assert_int_equal(store_put(t, 3, longest, SPAN_LIT("v")), ERR_USAGE);
    assert_int_equal(store_put(t, -1, longest, SPAN_LIT("v")), ERR_USAGE);
    assert_int_equal(store_delete(t, 0, too_long), ERR_LIMIT);
    assert_int_equal(store_get(t, 0, too_long, &v), ERR_LIMIT);
    assert_int_equal(store_get(t, 0, (span){0}, &v), ERR_USAGE);
    assert_int_equal(store_seek(t, 0, too_long, &k, &v), ERR_LIMIT);
    assert_int_equal(store_renew(t), ERR_USAGE);
    assert_null(v.at);
    assert_int_equal(store_commit(t), OK); // a refusal is not a failure of the transaction
    t = reading(s);
    assert_int_equal(store_get(t, 0, longest, &v), OK);
    assert_int_equal(store_put(t, 0, longest, SPAN_LIT("v")), ERR_USAGE);
    assert_int_equal(store_delete(t, 0, longest), ERR_USAGE);
    assert_int_equal(store_commit(t), ERR_USAGE);
    store_end(t);
    store_close(s);
    place_remove(&p);
}

// A caller's key may lie anywhere, also across the border of two memory pages.
static void keys_at_any_address(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    static uint8_t memory[3 * 4096];
    store_txn *t = writing(s);
    memset(memory, 'k', sizeof memory);
    assert_int_equal(store_put(t, 0, span_of(memory, 40), SPAN_LIT("value")), OK);
    assert_int_equal(store_commit(t), OK);
    t = reading(s);
    for (size_t at = 0; at + 40 <= sizeof memory; at++) {
        span k, v;
        assert_int_equal(store_get(t, 0, span_of(memory + at, 40), &v), OK);
        assert_int_equal(store_seek(t, 0, span_of(memory + at, 39), &k, &v), OK);
    }
    store_end(t);
    store_close(s);
    place_remove(&p);
}

static void appends_only_upwards(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    store_txn *t = writing(s);
    uint8_t key[8];
    for (uint64_t i = 1; i <= 3000; i++) {
        be64_put(key, i * 2);
        assert_int_equal(store_append(t, 1, span_of(key, 8), span_of(key, 8)), OK);
    }
    be64_put(key, 6000);
    assert_int_equal(store_append(t, 1, span_of(key, 8), SPAN_LIT("x")), ERR_CONFLICT);
    be64_put(key, 77);
    assert_int_equal(store_append(t, 1, span_of(key, 8), SPAN_LIT("x")), ERR_CONFLICT);
    be64_put(key, 6002);
    assert_int_equal(store_append(t, 1, span_of(key, 8), span_of(key, 8)), OK);
    assert_int_equal(store_commit(t), OK);
    t = reading(s);
    span k, v;
    assert_int_equal(store_last(t, 1, &k, &v), OK);
    assert_int_equal(be64_get(k.at), 6002);
    assert_int_equal(store_last(t, 0, &k, &v), ERR_NOT_FOUND);
    uint64_t n;
    assert_int_equal(store_count(t, 1, &n), OK);
    assert_int_equal(n, 3001);
    be64_put(key, 77);
    assert_int_equal(store_get(t, 1, span_of(key, 8), &v), ERR_NOT_FOUND);
    store_end(t);
    store_close(s);
    place_remove(&p);
}

typedef struct tally {
    store_txn *t;
    char seen[256];
    int stop_after;
    err stop_with;
} tally;

static err note(void *ctx, span key, span value)
{
    tally *y = ctx;
    assert_true(span_eq(key, value));
    size_t n = strlen(y->seen);
    snprintf(y->seen + n, sizeof y->seen - n, "%.*s ", (int)key.len, (const char *)key.at);
    return y->stop_after-- == 1 ? y->stop_with : OK;
}

static err note_and_walk(void *ctx, span key, span value)
{
    tally *y = ctx;
    tally inner = {0};
    assert_int_equal(store_walk(y->t, 0, key, (span){0}, note, &inner), OK);
    assert_true(strlen(inner.seen) >= key.len + 1);
    return note(ctx, key, value);
}

static void check_walk(store_txn *t, const char *prefix, const char *from, const char *want)
{
    tally y = {.t = t};
    assert_int_equal(store_walk(t, 0, span_str(prefix), span_str(from), note, &y), OK);
    assert_string_equal(y.seen, want);
}

static void walks(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    const char *const keys[] = {"a", "b", "b1", "b2", "b20", "c", NULL};
    store_txn *t = writing(s);
    check_walk(t, "", "", "");
    for (int i = 0; keys[i] != NULL; i++)
        put(t, 0, keys[i], keys[i]);
    check_walk(t, "b", "", "b b1 b2 b20 ");
    assert_int_equal(store_commit(t), OK);
    t = reading(s);
    for (int again = 0; again < 2; again++) {
        check_walk(t, "", "", "a b b1 b2 b20 c ");
        check_walk(t, "b", "", "b b1 b2 b20 ");
        check_walk(t, "b", "b11", "b2 b20 ");
        check_walk(t, "b", "a", "b b1 b2 b20 ");
        check_walk(t, "b", "c", "");
        check_walk(t, "", "b2", "b2 b20 c ");
        check_walk(t, "d", "", "");
        tally y = {.t = t, .stop_after = 2, .stop_with = ERR_CLOSED};
        assert_int_equal(store_walk(t, 0, (span){0}, (span){0}, note, &y), OK);
        assert_string_equal(y.seen, "a b ");
        y = (tally){.t = t, .stop_after = 1, .stop_with = ERR_DENIED};
        assert_int_equal(store_walk(t, 0, (span){0}, (span){0}, note, &y), ERR_DENIED);
        y = (tally){.t = t};
        assert_int_equal(store_walk(t, 0, (span){0}, (span){0}, note_and_walk, &y), OK);
        assert_string_equal(y.seen, "a b b1 b2 b20 c ");
        assert_int_equal(store_renew(t), OK);
    }
    span k, v;
    assert_int_equal(store_next(t, 0, &k, &v), ERR_NOT_FOUND); // not sought yet
    assert_int_equal(store_seek(t, 0, SPAN_LIT("b1"), &k, &v), OK);
    assert_true(span_eq(k, SPAN_LIT("b1")));
    assert_int_equal(store_next(t, 0, &k, &v), OK);
    assert_true(span_eq(k, SPAN_LIT("b2")));
    assert_int_equal(store_renew(t), OK);
    assert_int_equal(store_next(t, 0, &k, &v), ERR_NOT_FOUND);
    assert_int_equal(store_seek(t, 0, SPAN_LIT("b3"), &k, &v), OK);
    assert_int_equal(store_next(t, 0, &k, &v), ERR_NOT_FOUND);
    assert_int_equal(store_next(t, 0, &k, &v), ERR_NOT_FOUND);
    assert_int_equal(store_seek(t, 0, SPAN_LIT("d"), &k, &v), ERR_NOT_FOUND);
    store_end(t);
    t = reading(s); // the pooled one: no position may survive
    assert_int_equal(store_next(t, 0, &k, &v), ERR_NOT_FOUND);
    store_end(t);
    store_close(s);
    place_remove(&p);
}

// Each of many keys is sought, deleted or overwritten, while next goes on.
static void next_survives_writes(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    store_txn *t = writing(s);
    uint8_t key[8], big[900];
    memset(big, 7, sizeof big);
    for (uint64_t i = 0; i < 2000; i++) {
        be64_put(key, i);
        assert_int_equal(store_put(t, 0, span_of(key, 8), span_of(big, i % 50)), OK);
    }
    assert_int_equal(store_commit(t), OK);
    t = writing(s);
    span k, v;
    uint64_t want = 0;
    err e = store_seek(t, 0, (span){0}, &k, &v);
    for (; e == OK; e = store_next(t, 0, &k, &v), want++) {
        assert_int_equal(be64_get(k.at), want);
        if (want % 3 == 0)
            assert_int_equal(store_delete(t, 0, k), OK);
        else if (want % 3 == 1)
            assert_int_equal(store_put(t, 0, k, span_of(big, sizeof big)), OK);
    }
    assert_int_equal(e, ERR_NOT_FOUND);
    assert_int_equal(want, 2000);
    assert_int_equal(store_commit(t), OK);
    store_close(s);
    place_remove(&p);
}

// What a get returned may be put again, though the put moves the page it lies in.
static void puts_its_own_bytes(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    store_txn *t = writing(s);
    uint8_t key[8], body[300];
    for (uint64_t i = 0; i < 300; i++) {
        be64_put(key, i * 4);
        memset(body, (int)i, sizeof body);
        assert_int_equal(store_put(t, 0, span_of(key, 8), span_of(body, sizeof body)), OK);
    }
    for (uint64_t i = 0; i < 900; i++) {
        uint64_t from = i % 300;
        be64_put(key, from * 4);
        span v;
        assert_int_equal(store_get(t, 0, span_of(key, 8), &v), OK);
        be64_put(key, from * 4 + 1 + i / 300);
        assert_int_equal(store_put(t, 0, span_of(key, 8), v), OK);
    }
    assert_int_equal(store_commit(t), OK);
    t = reading(s);
    for (uint64_t i = 0; i < 1200; i++) {
        be64_put(key, i);
        memset(body, (int)(i / 4), sizeof body);
        span v;
        assert_int_equal(store_get(t, 0, span_of(key, 8), &v), OK);
        assert_true(span_eq(v, span_of(body, sizeof body)));
    }
    store_end(t);
    store_close(s);
    place_remove(&p);
}

#define MODEL_KEYS 400

typedef struct model {
    uint32_t len[MODEL_KEYS]; // 0: absent; else length + 1
    uint8_t fill[MODEL_KEYS];
} model;

static span model_key(uint8_t key[static 200], unsigned i)
{
    size_t len = 4 + i % 190; // long keys make the tree deep
    memset(key, 'x', len);
    be32_put(key, i * 7919u % MODEL_KEYS);
    return span_of(key, len);
}

static void model_step(store_txn *t, model *m, uint64_t *seed, uint8_t *body)
{
    uint8_t key[200];
    unsigned i = (unsigned)(roll(seed) % MODEL_KEYS);
    span k = model_key(key, i);
    uint64_t what = roll(seed) % 10;
    if (what < 4) {
        err want = m->len[i] != 0 ? OK : ERR_NOT_FOUND;
        assert_int_equal(store_delete(t, 0, k), want);
        m->len[i] = 0;
        return;
    }
    uint32_t len = (uint32_t)(roll(seed) % (what == 9 ? 20000 : 300));
    m->fill[i] = (uint8_t)roll(seed);
    memset(body, m->fill[i], len);
    assert_int_equal(store_put(t, 0, k, span_of(body, len)), OK);
    m->len[i] = len + 1;
}

static void model_check(store *s, const model *m, uint8_t *body)
{
    uint8_t key[200];
    uint64_t live = 0, n = 0, values = 0, bad = 1;
    store_txn *t = reading(s);
    for (unsigned i = 0; i < MODEL_KEYS; i++) {
        span v;
        err e = store_get(t, 0, model_key(key, i), &v);
        assert_int_equal(e, m->len[i] != 0 ? OK : ERR_NOT_FOUND);
        if (e != OK)
            continue;
        live++;
        memset(body, m->fill[i], m->len[i] - 1);
        assert_true(span_eq(v, span_of(body, m->len[i] - 1)));
    }
    assert_int_equal(store_count(t, 0, &n), OK);
    assert_int_equal(n, live);
    store_end(t);
    assert_int_equal(store_verify(s, &values, &bad), OK);
    assert_int_equal(values, live);
    assert_int_equal(bad, 0);
}

// Random puts and deletes against a plain array; after each commit the page check must find nothing.
static void agrees_with_a_model(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    static model m, kept;
    static uint8_t body[20000];
    uint64_t seed = 20261121;
    for (int round = 0; round < 200; round++) {
        store_txn *t = writing(s), *held = round % 5 == 0 ? reading(s) : NULL;
        unsigned steps = (unsigned)(roll(&seed) % 120);
        kept = m;
        for (unsigned i = 0; i < steps; i++)
            model_step(t, &m, &seed, body);
        if (roll(&seed) % 8 == 0) {
            store_end(t);
            m = kept;
        } else {
            assert_int_equal(store_commit(t), OK);
        }
        store_end(held);
        if (round % 10 == 0) {
            store_close(s);
            s = place_open(&p);
        }
        model_check(s, &m, body);
    }
    store_close(s);
    place_remove(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_and_finds),       cmocka_unit_test(refuses_beyond_limits),
        cmocka_unit_test(keys_at_any_address),
        cmocka_unit_test(appends_only_upwards),  cmocka_unit_test(walks),
        cmocka_unit_test(next_survives_writes),  cmocka_unit_test(puts_its_own_bytes),
        cmocka_unit_test(agrees_with_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
