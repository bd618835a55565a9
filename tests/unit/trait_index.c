// SPDX-License-Identifier: Apache-2.0
// Traits: which mistakes they outlive, what they leave out, and the index that finds by them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/trait/trait.h"
#include "tests/unit/store_place.h"

static const uint8_t SECRET[32] = {1, 2, 3}, OTHER[32] = {1, 2, 4};
#define SET(i, field, text) strcpy((i).field, text)

static identity person(void)
{
    identity i = {.birth = day_of(1971, 3, 8), .sex = 'F'};
    SET(i, kanji_family, "渡辺");
    SET(i, kanji_given, "裕子");
    SET(i, kana_family, "ワタナベ");
    SET(i, kana_given, "ユウコ");
    SET(i, insurer, "06017016");
    SET(i, symbol, "札12");
    SET(i, number, "3456");
    return i;
}

static bool has(const traits *k, int kind)
{
    for (int i = 0; i < k->count; i++)
        if (k->at[i][0] == kind)
            return true;
    return false;
}

static int shared(const identity *a, const identity *b)
{
    traits x, y;
    int n = 0;
    traits_of(SECRET, a, &x);
    traits_of(SECRET, b, &y);
    for (int i = 0; i < x.count; i++)
        for (int k = 0; k < y.count; k++)
            n += memcmp(x.at[i], y.at[k], x.bytes) == 0;
    return n;
}

static void what_a_mistake_leaves(void **state)
{
    (void)state;
    identity a = person(), b = person();
    assert_int_equal(shared(&a, &b), 7);
    SET(b, kana_given, "ゆーこ"); // a long vowel, hiragana
    SET(b, kana_family, "ﾜﾀﾅﾍﾞ");
    SET(b, kanji_family, "渡邊");
    SET(b, symbol, "札");
    SET(b, number, "123456");     // cut elsewhere
    assert_int_equal(shared(&a, &b), 7);
    b = person();
    b.birth = day_of(1971, 8, 3);
    assert_int_equal(shared(&a, &b), 2); // name and year, card
    b.birth = day_of(1917, 3, 8);
    assert_int_equal(shared(&a, &b), 2);
    b = person();
    SET(b, kana_family, "タカハシ");
    SET(b, kanji_family, "高橋");
    SET(b, insurer, "");
    SET(b, number, "1");
    assert_int_equal(shared(&a, &b), 1); // given name and birth
    b = (identity){.birth = DAY_NONE};
    assert_int_equal(shared(&a, &b), 0);
    a = person();
    SET(a, telephone, "090-1111-2222");
    b = (identity){.birth = DAY_NONE};
    SET(b, telephone, "＋８１ 90 11112222");
    SET(b, kana_given, "ユーコ");
    assert_int_equal(shared(&a, &b), 1);
}

static void nothing_is_equal_to_a_hole(void **state)
{
    (void)state;
    traits k, m;
    identity i = person();
    SET(i, kana_given, "ユ■コ");
    SET(i, kanji_family, "渡■");
    traits_of(SECRET, &i, &k);
    assert_false(has(&k, TRAIT_NAME_YEAR) || has(&k, TRAIT_NAME_DAY) || has(&k, TRAIT_GIVEN) || has(&k, TRAIT_KANJI));
    assert_true(has(&k, TRAIT_FAMILY) && has(&k, TRAIT_CARD) && has(&k, TRAIT_CARD_BIRTH));
    i = person();
    i.birth = DAY_NONE;
    traits_of(SECRET, &i, &k);
    assert_int_equal(k.count, 1);
    assert_true(has(&k, TRAIT_CARD));
    i = (identity){.birth = day_of(2000, 1, 1)};
    traits_of(SECRET, &i, &k);
    assert_int_equal(k.count, 0);
    SET(i, number, "-"); // a number without anything in it
    traits_of(SECRET, &i, &k);
    assert_int_equal(k.count, 0);
    i = person();
    traits_of(SECRET, &i, &k);
    traits_of(OTHER, &i, &m);
    for (int n = 0; n < k.count; n++)
        assert_int_not_equal(memcmp(k.at[n], m.at[n], k.bytes), 0);
}

// A form asks for the birth the other way round as well; the index never holds that.
static void asked_both_ways(void **state)
{
    (void)state;
    traits form, chart;
    identity a = person(), b = person();
    b.birth = day_of(1971, 8, 3);
    SET(b, kana_family, "タカハシ");
    SET(b, number, "1");
    traits_of(SECRET, &a, &chart);
    traits_asked(SECRET, &b, &form);
    int n = 0;
    for (int i = 0; i < form.count; i++)
        for (int k = 0; k < chart.count; k++)
            n += memcmp(form.at[i], chart.at[k], chart.bytes) == 0;
    assert_int_equal(n, 2); // given name and kanji
    assert_int_equal(form.count, chart.count + 4);
    b.birth = day_of(1971, 8, 31);
    traits_asked(SECRET, &b, &form);
    assert_int_equal(form.count, chart.count);
}

static void packed_and_back(void **state)
{
    (void)state;
    identity i = person();
    traits k, m;
    buf b = {0};
    traits_of(SECRET, &i, &k);
    assert_int_equal(traits_pack(&k, &b), OK);
    for (size_t len = 0; len <= b.len; len++) {
        reader r = reader_of(span_of(b.at, len));
        bool fine = traits_unpack(&r, &m) == OK && read_at_end(&r);
        assert_int_equal(fine, len == b.len);
    }
    assert_int_equal(m.count, k.count);
    assert_memory_equal(m.at, k.at, sizeof k.at);
    // As the first version wrote them; and what nobody wrote.
    uint8_t old[1 + 3 * 17] = {3, 1};
    reader r = reader_of(span_of(old, sizeof old));
    assert_int_equal(traits_unpack(&r, &m), OK);
    assert_true(m.version == 0 && m.count == 3 && m.bytes == 17 && read_at_end(&r));
    static const uint8_t heads[] = {4, 0x1f, 0x2c, 0x29, 0x2f, 0x30, 0xff};
    for (size_t n = 0; n < sizeof heads; n++) {
        uint8_t bytes[512] = {heads[n]};
        r = reader_of(span_of(bytes, sizeof bytes));
        assert_int_equal(traits_unpack(&r, &m), ERR_CORRUPT);
    }
    buf_done(&b);
}

static void found_best_first(void **state)
{
    (void)state;
    store_txn *t;
    traits k;
    trait_hit hits[8];
    size_t count;
    place p = place_new();
    store *s = place_open(&p);
    assert_int_equal(store_write(s, &t), OK);
    identity all = person(), twin = person(), other = person();
    SET(twin, kana_given, "カオリ");
    SET(twin, kanji_given, "香");
    SET(other, kana_family, "サトウ");
    SET(other, kanji_family, "佐藤");
    SET(other, number, "777");
    const identity *people[] = {&twin, &other, &all};
    static const char *const charts[] = {"1", "12345678901234567890123456789012", "3"};
    for (int i = 0; i < 3; i++) {
        traits_of(SECRET, people[i], &k);
        assert_int_equal(traits_put(t, 1, &k, charts[i]), OK);
    }
    assert_int_equal(store_commit(t), OK);
    assert_int_equal(store_read(s, &t), OK);
    traits_of(SECRET, &all, &k);
    assert_int_equal(traits_search(t, 1, &k, hits, 8, &count), OK);
    assert_int_equal(count, 3);
    assert_string_equal(hits[0].chart, "3");
    assert_int_equal(hits[0].shared, 7);
    assert_string_equal(hits[1].chart, "1");
    assert_int_equal(hits[1].shared, 3);
    assert_string_equal(hits[2].chart, charts[1]);
    assert_int_equal(hits[2].shared, 1);
    assert_int_equal(traits_search(t, 1, &k, hits, 1, &count), OK);
    assert_int_equal(count, 1);
    assert_string_equal(hits[0].chart, "3");
    store_end(t);
    assert_int_equal(store_write(s, &t), OK);
    assert_int_equal(traits_drop(t, 1, &k, "3"), OK);
    assert_int_equal(traits_drop(t, 1, &k, "3"), OK); // gone already
    assert_int_equal(traits_search(t, 1, &k, hits, 8, &count), OK);
    assert_int_equal(count, 2);
    store_end(t);
    store_close(s);
    place_remove(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_mistake_leaves),
        cmocka_unit_test(nothing_is_equal_to_a_hole),
        cmocka_unit_test(asked_both_ways),
        cmocka_unit_test(packed_and_back),
        cmocka_unit_test(found_best_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
