// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "node/ssmix/mapping.h"

static void assert_span(span s, const char *wanted)
{
    assert_int_equal(s.len, strlen(wanted));
    if (s.len)
        assert_memory_equal(s.at, wanted, s.len);
}

static void parses_a_name(void **state)
{
    (void)state;
    ssmix_name n;
    char text[30];
    assert_int_equal(ssmix_name_parse(span_str("9999013_20110701_OMP-01_000000011000185_20110701224603984_01_1"), &n),
                     OK);
    assert_span(n.chart, "9999013");
    assert_span(n.type, "OMP-01");
    assert_span(n.order, "000000011000185");
    assert_span(n.department, "01");
    assert_int_equal(n.date, day_of(2011, 7, 1));
    assert_int_equal(n.flag, 1);
    time_format(n.time, text);
    assert_string_equal(text, "2011-07-01T22:46:03.984+09:00");
}

static void parses_what_hospitals_write(void **state)
{
    (void)state;
    static const struct { const char *name; int flag; bool timed; } good[] = {
        {"2988348553_-_ADT-00_999999999999999_20260904220528576_-_1", 1, true},  // no day
        {"9999013_20111220_OMG-11_2011122000300_20111220224447339_24_2", 2, true}, // 13 digits, history
        {"9999013_20111220_OMD_1_20111220224447_7A_0", 0, true},                  // deleted; no milliseconds
        {"9999013_20111220_OMP-01_123456789012345678901234567890_20111220224447339_111_1", 1, true},
        {"9999013_20111220_OMP-01_000_01_20111220224447339_018_1", 1, true},      // a bar in the order number
        {"9999013_20111220_OMP-01_000__018_1", 1, false},                         // no time
        {"A-12_20111220_57133-1_\xE7\x89\xB9_20111220224447339_8J_1", 1, true},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ssmix_name n;
        assert_int_equal(ssmix_name_parse(span_str(good[i].name), &n), OK);
        assert_int_equal(n.flag, good[i].flag);
        assert_int_equal(n.time != 0, good[i].timed);
    }
    ssmix_name n;
    assert_int_equal(ssmix_name_parse(span_str(good[0].name), &n), OK);
    assert_int_equal(n.date, DAY_FOREVER);
}

static void refuses_what_is_no_name(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "_", "______", "README", "Thumbs.db", ".DS_Store",
        "9999013_20110701_OMP-01_000000011000185_20110701224603984_01_3",       // no such flag
        "9999013_20110701_OMP-01_000000011000185_20110701224603984_01_11",
        "9999013_20110701_OMP-01_000000011000185_20110701224603984_01_",
        "9999013_20110701_OMP-01_000000011000185_20110701224603984_01_1.bak",
        "9999013_20110231_OMP-01_000000011000185_20110701224603984_01_1",       // 31 February
        "9999013_2011071_OMP-01_000000011000185_20110701224603984_01_1",
        "_20110701_OMP-01_000000011000185_20110701224603984_01_1",
        "9999013_20110701__000000011000185_20110701224603984_01_1",
        "9999013_20110701_OMP-01_000000011000185_01_1",
        "9999013_20110701_OMP-01_000_01_copy_01_1",                             // too many parts and no time
        "99/9013_20110701_OMP-01_000000011000185_20110701224603984_01_1",
        "99\n9013_20110701_OMP-01_000000011000185_20110701224603984_01_1",
        "123456789012345678901234567890123_20110701_OMP-01_1_20110701224603984_01_1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ssmix_name n = {.flag = 77};
        assert_int_equal(ssmix_name_parse(span_str(bad[i]), &n), ERR_FORMAT);
        assert_int_equal(n.flag, 77);
    }
    ssmix_name n;
    static const char zero[] = "9999013_20110701_OMP-01_00\0000_20110701224603984_01_1";
    assert_int_equal(ssmix_name_parse(span_of(zero, sizeof zero - 1), &n), ERR_FORMAT);
}

static void every_cut_is_refused_or_sound(void **state)
{
    (void)state;
    static const char whole[] = "9999013_20110701_OMP-01_000000011000185_20110701224603984_01_1";
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        ssmix_name n;
        char own[sizeof whole];
        memcpy(own, whole, i);
        assert_int_equal(ssmix_name_parse(span_of(own, i), &n), ERR_FORMAT);
    }
}

static void parses_extended_folders(void **state)
{
    (void)state;
    ssmix_extended x;
    assert_int_equal(ssmix_extended_parse(span_str("^（ローカル名称）^^57133-1^紹介状^LN"), &x), OK);
    assert_span(x.code, "57133-1");
    assert_span(x.code_name, "紹介状");
    assert_span(x.system, "LN");
    assert_span(x.local_name, "（ローカル名称）");
    assert_int_equal(x.local_code.len, 0);
    assert_int_equal(ssmix_extended_parse(span_str("L001^院内様式^99XYZ^^^"), &x), OK);
    assert_span(x.local_code, "L001");
    assert_int_equal(x.code.len, 0);
    assert_int_equal(ssmix_extended_parse(span_str("L001"), &x), OK);
    static const char *const bad[] = {"", "^^^^^", "^name^^^name^LN", "a^b^c^d^e^f^g", "a/b^^^57133-1^^LN",
                                      "a\n^^^57133-1^^LN"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ssmix_extended_parse(span_str(bad[i]), &x), ERR_FORMAT);
}

static int category_of(void *ctx, const char *name)
{
    (void)ctx;
    static const char *const names[] = {"basics", "stays", "prescriptions", "laboratory",
                                        "imaging", "reports", "referrals", "nursing"};
    for (int i = 0; i < 8; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static int mapped(const mapping *m, const char *type, ssmix_kind kind)
{
    ssmix_entry e = {.kind = kind};
    snprintf(e.type, sizeof e.type, "%s", type);
    return mapping_category(m, &e);
}

static void maps_by_default_deny(void **state)
{
    (void)state;
    static const char *const pairs[] = {"local:L001", "nursing", "OMG-03", "none", "18842-5", "reports"};
    mapping *m = NULL;
    size_t bad = 99;
    assert_int_equal(mapping_new(pairs, 3, category_of, NULL, &bad, &m), OK);
    assert_int_equal(bad, 99);
    assert_int_equal(mapped(m, "ADT-00", SSMIX_STANDARD), 0);
    assert_int_equal(mapped(m, "ADT-52", SSMIX_STANDARD), 1);
    assert_int_equal(mapped(m, "OMP-12", SSMIX_STANDARD), 2);
    assert_int_equal(mapped(m, "OML-11", SSMIX_STANDARD), 3);
    assert_int_equal(mapped(m, "OML-01", SSMIX_STANDARD), -1);
    assert_int_equal(mapped(m, "OMD", SSMIX_STANDARD), -1);
    assert_int_equal(mapped(m, "OMG-13", SSMIX_STANDARD), 4);
    assert_int_equal(mapped(m, "OMG-03", SSMIX_STANDARD), -1); // the hospital said none
    assert_int_equal(mapped(m, "18747-6", SSMIX_EXTENDED), 5);
    assert_int_equal(mapped(m, "57133-1", SSMIX_EXTENDED), 6);
    assert_int_equal(mapped(m, "34746-8", SSMIX_EXTENDED), 7);
    assert_int_equal(mapped(m, "28623-7", SSMIX_EXTENDED), -1);
    assert_int_equal(mapped(m, "18842-5", SSMIX_EXTENDED), 5); // the hospital said reports
    assert_int_equal(mapped(m, "local:L001", SSMIX_EXTENDED), 7);
    assert_int_equal(mapped(m, "local:57133-1", SSMIX_EXTENDED), -1);
    assert_int_equal(mapped(m, "OMP-01", SSMIX_EXTENDED), -1); // a code of the other storage
    assert_int_equal(mapped(m, "57133-1", SSMIX_STANDARD), -1);
    assert_int_equal(mapped(m, "", SSMIX_EXTENDED), -1);
    mapping_free(m);
    static const char *const wrong[] = {"OMD", "none", "OML-01", "labaratory"};
    m = NULL;
    assert_int_equal(mapping_new(wrong, 2, category_of, NULL, &bad, &m), ERR_FORMAT);
    assert_int_equal(bad, 1);
    assert_null(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_a_name), cmocka_unit_test(parses_what_hospitals_write),
        cmocka_unit_test(refuses_what_is_no_name), cmocka_unit_test(every_cut_is_refused_or_sound),
        cmocka_unit_test(parses_extended_folders), cmocka_unit_test(maps_by_default_deny),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
