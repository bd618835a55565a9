// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// The identity index: who a chart is, found by what a form says, whatever becomes of its ADT-00.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "node/charts/person.h"
#include "tests/unit/node_kit.h"

#define TWIN "87654321"

static void adt_path(const world *w, const char *chart, char out[static 400])
{
    snprintf(out, 400, "%s/root/%.3s/%.3s/%s/-/ADT-00/%s_-_ADT-00_999999999999999_20261101090000000_-_1", w->base,
             chart, chart + 3, chart, chart);
}

static void adt_write(const world *w, const char *chart, const char *pid, const char *number)
{
    char path[400];
    kit_file(w, chart, "-", "ADT-00", "999999999999999_20261101090000000_-_1"); // its folders
    adt_path(w, chart, path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "MSH|^~\\&|H|S|G|R|20260101000000||ADT^A08^ADT_A01|1|P|2.5||||||~ISO IR87||ISO 2022-1994|SS\r"
               "EVN||20260101\rPID|0001||%s^^^^PI||%s\r"
               "IN1|1|06^X^JHSD0001|06017016|Y||||||AB~%s~01|Z|20260401|20270401\r", chart, pid, number);
    assert_int_equal(fclose(f), 0);
}

#define TARO "YAMADA^TARO^^^^^L^I~YAMADA^TARO^^^^^L^P||19650415|M"
#define JIRO "YAMADA^JIRO^^^^^L^I~YAMADA^JIRO^^^^^L^P||19650415|M"
#define HANA "SATO^HANA^^^^^L^I~SATO^HANA^^^^^L^P||19700101|F"

static int told; // of unreadable ones since last set to 0
static char told_path[SSMIX_PATH_MAX];
static void on_unread(void *ctx, const ssmix_entry *e)
{
    (void)ctx;
    told++;
    ssmix_mask(e, told_path, sizeof told_path);
}

// Reads these charts anew, as after a scan; how many ADT-00 were read.
static uint64_t refreshed(world *w, const char *first, const char *second)
{
    person_batch *batch;
    uint64_t read;
    writer_options o = {.before = node_before_commit, .after = node_after_commit, .ctx = &w->n};
    assert_int_equal(writer_start(w->n.keep, &o, &w->n.write), OK);
    assert_int_equal(person_batch_new(&w->n, on_unread, NULL, &batch), OK);
    person_batch_add(batch, span_str(first));
    if (second)
        person_batch_add(batch, span_str(second));
    person_batch_flush(batch, &read);
    person_batch_free(batch);
    writer_stop(w->n.write);
    w->n.write = NULL;
    return read;
}

static identity form_of(const char *family, const char *given, day birth, char sex, const char *number)
{
    identity i = {.birth = birth, .sex = sex};
    strcpy(i.kana_family, family);
    strcpy(i.kana_given, given);
    if (number[0]) {
        strcpy(i.insurer, "06017016");
        strcpy(i.symbol, "AB");
        strcpy(i.number, number);
    }
    return i;
}

static size_t found(world *w, const identity *form, size_t max, char (*charts)[SSMIX_CHART_MAX + 1])
{
    store_txn *t;
    size_t count = 99;
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(person_search(&w->n, t, form, charts, max, &count), OK);
    store_end(t);
    return count;
}

static err record_of(world *w, const char *chart, person_record *ret)
{
    store_txn *t;
    assert_int_equal(store_read(w->n.keep, &t), OK);
    err e = person_get(t, chart, ret);
    store_end(t);
    return e;
}

static uint64_t traits_kept(world *w)
{
    store_txn *t;
    uint64_t n;
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(store_count(t, TABLE_TRAIT, &n), OK);
    store_end(t);
    return n;
}

static world *opened(void)
{
    world *w = world_open();
    w->n.federation.epoch = 1;
    adt_write(w, CHART, TARO, "100");
    adt_write(w, TWIN, JIRO, "100");
    kit_scan(w);
    assert_int_equal(refreshed(w, CHART, TWIN), 2);
    return w;
}

static void a_chart_is_found_by_each_trait(void **state)
{
    (void)state;
    world *w = opened();
    char charts[4][SSMIX_CHART_MAX + 1];
    day born = day_of(1965, 4, 15);
    identity name = form_of("YAMADA", "TARO", born, 0, ""), given = form_of("", "TARO", born, 'M', ""),
             maiden = form_of("ITO", "TARO", born, 'M', ""), nobody = form_of("KATO", "SABURO", born, 'M', "");
    assert_int_equal(found(w, &name, 4, charts), 2); // and the twin behind, of the same family and birth
    assert_string_equal(charts[0], CHART);
    assert_int_equal(found(w, &given, 4, charts), 1);
    assert_int_equal(found(w, &maiden, 4, charts), 1); // another family name, the same person
    assert_int_equal(found(w, &nobody, 4, charts), 0);
    identity empty = {.birth = DAY_NONE};
    assert_int_equal(found(w, &empty, 4, charts), 0);
    world_close(w);
}

static void twins_and_families_are_each_found_once(void **state)
{
    (void)state;
    world *w = opened();
    char charts[4][SSMIX_CHART_MAX + 1];
    person_record one, two;
    // Everything of Taro's, and an insurance that is also Jiro's: three traits, two charts.
    identity all = form_of("YAMADA", "TARO", day_of(1965, 4, 15), 'M', "100");
    assert_int_equal(found(w, &all, 4, charts), 2);
    assert_string_not_equal(charts[0], charts[1]);
    assert_int_equal(found(w, &all, 1, charts), 1); // no more than there is room for
    assert_int_equal(record_of(w, CHART, &one), OK);
    assert_int_equal(record_of(w, TWIN, &two), OK);
    assert_true(one.named && two.named);
    assert_false(pseudonym_same(&one.who, &two.who));
    world_close(w);
}

// The same name, birth and sex under two charts: one pseudonym, both found.
static void namesakes_share_a_pseudonym(void **state)
{
    (void)state;
    world *w = opened();
    char charts[4][SSMIX_CHART_MAX + 1];
    person_record one, two;
    adt_write(w, TWIN, TARO, "777777");
    kit_scan(w);
    assert_int_equal(refreshed(w, TWIN, NULL), 1);
    identity name = form_of("YAMADA", "TARO", day_of(1965, 4, 15), 'M', "");
    assert_int_equal(found(w, &name, 4, charts), 2);
    assert_int_equal(record_of(w, CHART, &one), OK);
    assert_int_equal(record_of(w, TWIN, &two), OK);
    assert_true(pseudonym_same(&one.who, &two.who));
    world_close(w);
}

// Written over in place, under the same name: the old person is found no more.
static void a_changed_adt_moves_the_chart(void **state)
{
    (void)state;
    world *w = opened();
    char charts[4][SSMIX_CHART_MAX + 1];
    person_record before, after;
    assert_int_equal(record_of(w, CHART, &before), OK);
    uint64_t kept = traits_kept(w);
    assert_int_equal(refreshed(w, CHART, NULL), 0); // nothing new: not read again
    adt_write(w, CHART, HANA, "200");
    assert_int_equal(refreshed(w, CHART, NULL), 1);
    assert_int_equal(record_of(w, CHART, &after), OK);
    assert_false(pseudonym_same(&before.who, &after.who));
    assert_int_equal(traits_kept(w), kept); // the old ones went
    identity old = form_of("YAMADA", "TARO", day_of(1965, 4, 15), 'M', ""),
             now = form_of("SATO", "HANA", day_of(1970, 1, 1), 'F', "200");
    assert_int_equal(found(w, &old, 4, charts), 1); // the twin only
    assert_string_equal(charts[0], TWIN);
    assert_int_equal(found(w, &now, 4, charts), 1);
    world_close(w);
}

static void a_chart_without_adt_is_nobody(void **state)
{
    (void)state;
    world *w = opened();
    char path[400], charts[4][SSMIX_CHART_MAX + 1];
    person_record p;
    adt_path(w, CHART, path);
    assert_int_equal(unlink(path), 0);
    kit_scan(w);
    assert_int_equal(refreshed(w, CHART, NULL), 0);
    assert_int_equal(record_of(w, CHART, &p), ERR_NOT_FOUND);
    identity name = form_of("YAMADA", "TARO", day_of(1965, 4, 15), 'M', "");
    assert_int_equal(found(w, &name, 4, charts), 1); // the twin only
    assert_string_equal(charts[0], TWIN);
    assert_int_equal(traits_kept(w), 7); // the twin's
    assert_int_equal(refreshed(w, CHART, NULL), 0);
    assert_int_equal(refreshed(w, "nosuch", NULL), 0);
    world_close(w);
}

// Each kind of mistake leaves at least one trait untouched.
static void a_mistake_leaves_a_trait(void **state)
{
    (void)state;
    world *w = opened();
    char charts[4][SSMIX_CHART_MAX + 1];
    static const struct { const char *family, *given; int y, m, d; const char *number; } rows[] = {
        {"YAMADA", "TARO", 1965, 4, 16, ""},    // a day
        {"YAMADA", "TARO", 1956, 4, 15, ""},    // a year
        {"SUZUKI", "TARO", 1965, 4, 15, ""},    // another family name
        {"YAMADA", "JUNPEI", 1965, 4, 15, ""},  // read otherwise
        {"SUZUKI", "JUNPEI", 1965, 4, 15, "100"}, // only the card, with the birth
        {"SUZUKI", "JUNPEI", 1990, 1, 1, "100"},  // only the card
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        identity form = form_of(rows[i].family, rows[i].given, day_of(rows[i].y, rows[i].m, rows[i].d), 'M', rows[i].number);
        size_t n = found(w, &form, 4, charts);
        bool hit = false;
        for (size_t k = 0; k < n; k++)
            hit = hit || strcmp(charts[k], CHART) == 0;
        if (!hit)
            fail_msg("row %zu", i);
    }
    // The insurer is not known, symbol and number are cut elsewhere.
    identity by_card = form_of("SUZUKI", "JUNPEI", day_of(1965, 4, 15), 'M', "100");
    by_card.insurer[0] = '\0';
    strcpy(by_card.symbol, "AB1");
    strcpy(by_card.number, "00");
    assert_int_equal(found(w, &by_card, 4, charts), 2);
    world_close(w);
}

static void put_as_version_one(world *w, const char *chart)
{
    store_txn *t;
    person_record p;
    assert_int_equal(record_of(w, chart, &p), OK);
    assert_int_equal(store_write(w->n.keep, &t), OK);
    assert_int_equal(person_put(t, &(person_record){.present = false, .chart = "gone"}), OK);
    p.keys = (traits){.version = 0, .bytes = 17, .count = 2, .at = {{1, 42}, {3, 43}}};
    assert_int_equal(person_put(t, &p), OK);
    assert_int_equal(store_commit(t), OK);
}

static void older_traits_are_read_anew(void **state)
{
    (void)state;
    world *w = opened();
    char charts[4][SSMIX_CHART_MAX + 1];
    person_batch *batch;
    person_record p;
    uint64_t read, kept = traits_kept(w);
    identity name = form_of("YAMADA", "TARO", day_of(1965, 4, 15), 'M', "");
    put_as_version_one(w, CHART);
    assert_int_equal(traits_kept(w), kept - 7 + 2);
    assert_int_equal(found(w, &name, 4, charts), 1); // the twin only
    static const uint64_t reads[] = {1, 0, 0}; // anew, then seen that none is left, then not even looked
    for (int round = 0; round < 3; round++) {
        writer_options o = {.before = node_before_commit, .after = node_after_commit, .ctx = &w->n};
        assert_int_equal(writer_start(w->n.keep, &o, &w->n.write), OK);
        assert_int_equal(person_batch_new(&w->n, on_unread, NULL, &batch), OK);
        assert_int_equal(person_batch_renew(batch), OK);
        person_batch_flush(batch, &read);
        person_batch_free(batch);
        writer_stop(w->n.write);
        w->n.write = NULL;
        assert_int_equal(read, reads[round]);
    }
    assert_int_equal(record_of(w, CHART, &p), OK);
    assert_int_equal(p.keys.version, TRAIT_VERSION);
    assert_int_equal(traits_kept(w), kept);
    assert_int_equal(found(w, &name, 4, charts), 2);
    assert_string_equal(charts[0], CHART);
    world_close(w);
}

// Rubbish in the place of an ADT-00: the chart stands in the index, as nobody.
static void what_cannot_be_read_is_nobody(void **state)
{
    static const char *const pids[] = {"", "^^^^", "YAMADA^TARO^^^^^L^I", "YAMADA^TARO^^^^^L^I~YAMADA^TARO^^^^^L^P||x|M"};
    (void)state;
    world *w = opened();
    for (size_t i = 0; i < sizeof pids / sizeof pids[0]; i++) {
        person_record p;
        adt_write(w, CHART, pids[i], "");
        (void)refreshed(w, CHART, NULL);
        assert_int_equal(record_of(w, CHART, &p), OK);
        assert_false(p.named);
    }
    world_close(w);
}

static uint64_t unread(world *w)
{
    store_txn *t;
    uint64_t n = 99;
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(person_unread_count(t, &n), OK);
    store_end(t);
    return n;
}

static void adt_raw(const world *w, const char *chart, const void *bytes, size_t len)
{
    char path[400];
    adt_path(w, chart, path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

#define MASKED "***/***/******78/-/ADT-00/******78_-_ADT-00_999999999999999_20261101090000000_-_1"

static void what_is_not_hl7_is_counted_and_named(void **state)
{
    (void)state;
    static char large[(1 << 20) + 1];
    memcpy(large, "MSH|^~\\&|", 9);
    static const struct { const char *bytes; size_t len; } bad[] = {
        {"\xFB\xFC", 2}, {"", 0}, {"%PDF-1.7\n", 9}, {"MSH|^~\\&|H|S|G|R|20260101000000||ADT^A08\rEVN||1\r", 47},
        {large, sizeof large}};
    world *w = opened();
    assert_int_equal(unread(w), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        adt_raw(w, CHART, bad[i].bytes, bad[i].len);
        told = 0;
        assert_int_equal(refreshed(w, CHART, CHART), 0); // a chart in two storages comes twice
        assert_int_equal(told, 2);
        assert_string_equal(told_path, MASKED);
        assert_int_equal(unread(w), 1);
        told = 0;
        assert_int_equal(refreshed(w, CHART, NULL), 0); // known, and still counted
        assert_int_equal(told, 0);
        assert_int_equal(unread(w), 1);
        assert_int_equal(person_unread_list(&w->n, 100, on_unread, NULL), OK);
        assert_int_equal(told, 1);
    }
    adt_raw(w, TWIN, "x", 1);
    assert_int_equal(refreshed(w, TWIN, NULL), 0);
    assert_int_equal(unread(w), 2);
    told = 0;
    assert_int_equal(person_unread_list(&w->n, 1, on_unread, NULL), OK);
    assert_int_equal(told, 1);
    adt_write(w, CHART, TARO, "100"); // mended, though not read yet: no longer named
    told = 0;
    assert_int_equal(person_unread_list(&w->n, 100, on_unread, NULL), OK);
    assert_int_equal(told, 1);
    assert_int_equal(refreshed(w, CHART, NULL), 1);
    assert_int_equal(unread(w), 1);
    char path[400];
    adt_path(w, TWIN, path);
    assert_int_equal(unlink(path), 0);
    kit_scan(w);
    assert_int_equal(refreshed(w, TWIN, NULL), 0);
    assert_int_equal(unread(w), 0); // gone
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chart_is_found_by_each_trait),
        cmocka_unit_test(twins_and_families_are_each_found_once),
        cmocka_unit_test(namesakes_share_a_pseudonym),
        cmocka_unit_test(a_changed_adt_moves_the_chart),
        cmocka_unit_test(a_chart_without_adt_is_nobody),
        cmocka_unit_test(what_cannot_be_read_is_nobody),
        cmocka_unit_test(a_mistake_leaves_a_trait),
        cmocka_unit_test(older_traits_are_read_anew),
        cmocka_unit_test(what_is_not_hl7_is_counted_and_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
