// SPDX-License-Identifier: Apache-2.0
// rooms: text
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "node/ssmix/patient.h"
#include "node/ssmix/render.h"
#include "proto/base/utf8.h"
#include "proto/text/text.h"

#define MSH "MSH|^~\\&|HIS|SEND|GW|RCV|20260101000000||ADT^A08^ADT_A01|1|P|2.5||||||~ISO IR87||ISO 2022-1994|SS\r"
static const char ADT[] =
    MSH "EVN||20260101\r"
        "PID|0001||0001234^^^^PI||山田^太郎^^^^^L^I~ヤマダ^タロウ^^^^^L^P||19650415|M|||^^^^060-0001^JPN^H^札幌市北区表１丁目||"
        "^PRN^PH^^^^^^^^^011-123-4567\r"
        "IN1|1|06^組合健保^JHSD0001|06017016|某組合||||||記^123~4567~02|組合|20260401|20270401\r";

static hl7 *read_utf8(const char *text, hl7_dirt *dirt)
{
    buf b = {0};
    hl7 *m = NULL;
    iso2022_report r;
    assert_int_equal(iso2022_encode(span_str(text), &b, &r), OK);
    assert_int_equal(hl7_read(buf_span(&b), &m, dirt), OK);
    buf_done(&b);
    return m;
}

static hl7 *read_raw(span bytes, hl7_dirt *dirt)
{
    hl7 *m = NULL;
    assert_int_equal(hl7_read(bytes, &m, dirt), OK);
    return m;
}

static void assert_span(span s, const char *wanted)
{
    if (s.len != strlen(wanted) || (s.len && memcmp(s.at, wanted, s.len) != 0))
        fail_msg("'%.*s' is not '%s'", (int)s.len, (const char *)s.at, wanted);
}

static void fields_are_counted_as_the_standard_does(void **state)
{
    (void)state;
    hl7_dirt dirt;
    hl7 *m = read_utf8(ADT, &dirt);
    assert_int_equal(hl7_count(m), 4);
    assert_int_equal(dirt.bad_characters + dirt.trailing + dirt.unknown_segments, 0);
    assert_span(hl7_field(m, 0, 1, 0, 0, 0), "|");
    assert_span(hl7_field(m, 0, 2, 0, 0, 0), "^~\\&");
    assert_span(hl7_field(m, 0, 9, 0, 2, 0), "A08");
    assert_int_equal(hl7_reps(m, 0, 18), 2);
    assert_span(hl7_field(m, 0, 18, 1, 0, 0), "ISO IR87");
    size_t pid = hl7_find(m, "PID", 0);
    assert_int_equal(pid, 2);
    assert_int_equal(hl7_find(m, "PID", 3), SIZE_MAX);
    assert_int_equal(hl7_reps(m, pid, 5), 2);
    assert_span(hl7_field(m, pid, 5, 1, 2, 0), "タロウ");
    assert_span(hl7_field(m, pid, 5, 1, 9, 0), "");
    assert_span(hl7_field(m, pid, 5, 7, 0, 0), "");
    assert_span(hl7_field(m, pid, 99, 0, 0, 0), "");
    assert_span(hl7_field(m, 99, 1, 0, 0, 0), "");
    assert_int_equal(hl7_reps(m, pid, 99), 0);
    hl7_free(m);
}

// 臓 41 22, 端 3C 7C, 勝 3E 21, 彙, 輝 ... : kanji whose JIS bytes are `|` `^` `~` `&` `\` must not split anything.
static void double_bytes_do_not_split(void **state)
{
    (void)state;
    static const char text[] = MSH "PID|1||77||端張章恥^閥~X|次\\E\\|ｘ\r";
    hl7_dirt dirt;
    hl7 *m = read_utf8(text, &dirt);
    assert_span(hl7_field(m, 1, 5, 0, 1, 0), "端張章恥");
    assert_span(hl7_field(m, 1, 5, 0, 2, 0), "閥");
    assert_span(hl7_field(m, 1, 3, 0, 0, 0), "77");
    hl7_free(m);
    // Every pair of JIS X 0208 whose bytes hold a delimiter, one at a time.
    size_t tried = 0;
    for (int lead = 0x30; lead <= 0x73; lead++)
        for (int trail = 0x21; trail <= 0x7E; trail++) {
            if (!strchr("|^~&\\", lead) && !strchr("|^~&\\", trail))
                continue;
            char raw[256];
            int n = snprintf(raw, sizeof raw, "MSH|^~\\&|A\rPID|1||77||\033$B%c%c\033(B^after|next", lead, trail);
            m = read_raw(span_of(raw, (size_t)n), &dirt);
            if (dirt.bad_characters == 0) {
                span one = hl7_field(m, 1, 5, 0, 1, 0);
                assert_true(utf8_next(&one) > 0x80);
                assert_int_equal(one.len, 0);
                assert_span(hl7_field(m, 1, 5, 0, 2, 0), "after");
                tried++;
            }
            hl7_free(m);
        }
    assert_true(tried > 500);
}

static void line_ends_of_all_kinds(void **state)
{
    (void)state;
    static const char *const ends[] = {"\r", "\n", "\r\n", "\r\r\n"};
    for (size_t i = 0; i < 4; i++) {
        buf b = {0};
        hl7_dirt dirt;
        buf_printf(&b, "MSH|^~\\&|A%sPID|1||77%sPV1|1|O%s\x1c%s", ends[i], ends[i], ends[i], ends[i]);
        hl7 *m = read_raw(buf_span(&b), &dirt);
        assert_int_equal(hl7_count(m), 3);
        assert_int_equal(dirt.trailing, 0);
        assert_span(hl7_text(m), "MSH|^~\\&|A\nPID|1||77\nPV1|1|O");
        hl7_free(m);
        buf_done(&b);
    }
}

static void dirt_is_counted_and_dropped(void **state)
{
    (void)state;
    hl7_dirt dirt;
    hl7 *m = read_raw(SPAN_LIT("MSH|^~\\&|A||||||||||||||||~ISOIR87\rPID|1||77\r\x1cMSH\rPID\rOBR\r"), &dirt);
    assert_int_equal(hl7_count(m), 2);
    assert_true(dirt.trailing > 0);
    hl7_free(m);
    m = read_raw(SPAN_LIT("MSH|^~\\&|A\rPID|1||77\rMSH\rPID\r[PV1]\r{ OBR, OBX }\r"), &dirt); // no end mark
    assert_int_equal(hl7_count(m), 2);
    assert_int_equal(dirt.trailing, 4);
    hl7_free(m);
    m = read_raw(SPAN_LIT("MSH|^~\\&|A\rPID|1||77\rMSH|^~\\&|B\rPID|1||88\r"), &dirt); // a second message
    assert_int_equal(hl7_count(m), 2);
    assert_int_equal(dirt.trailing, 2);
    hl7_free(m);
    m = read_raw(SPAN_LIT("MSH|^~\\&|A\rZZZ|1\rOBX|1|TX|a||first line\nsecond, line|F\r"), &dirt); // broken text
    assert_int_equal(hl7_count(m), 3);
    assert_int_equal(dirt.unknown_segments, 1);
    assert_int_equal(dirt.trailing, 0);
    assert_span(hl7_field(m, 2, 5, 0, 0, 0), "first line second, line");
    assert_span(hl7_field(m, 2, 6, 0, 0, 0), "F");
    hl7_free(m);
    m = read_raw(SPAN_LIT("\x0b\r\nMSH|^~\\&|A\rPID|1||77"), &dirt); // a transmission's start mark
    assert_int_equal(hl7_count(m), 2);
    hl7_free(m);
    m = read_raw(SPAN_LIT("MSH$%*!@$A\rPID$1$$77%8*9"), &dirt); // other delimiters
    assert_span(hl7_field(m, 1, 3, 0, 2, 0), "8");
    assert_span(hl7_field(m, 1, 3, 1, 1, 0), "9");
    hl7_free(m);
}

static void wrong_encodings_are_read_and_counted(void **state)
{
    (void)state;
    hl7_dirt dirt;
    hl7 *m = read_raw(SPAN_LIT("MSH|^~\\&|A\rPID|1||77||山田^太郎"), &dirt); // UTF-8
    assert_int_equal(dirt.bad_characters, 1);
    assert_span(hl7_field(m, 1, 5, 0, 2, 0), "太郎");
    hl7_free(m);
    m = read_raw(SPAN_LIT("\xEF\xBB\xBFMSH|^~\\&|A\rPID|1||77||山田^太郎"), &dirt); // and with its mark
    assert_span(hl7_field(m, 1, 5, 0, 1, 0), "山田");
    hl7_free(m);
    m = read_raw(SPAN_LIT("MSH|^~\\&|A\rPID|1||77||\x8E\x52\x93\x63^\x91\xBE\x98\x59"), &dirt); // cp932
    assert_int_equal(dirt.bad_characters, 1);
    assert_span(hl7_field(m, 1, 5, 0, 1, 0), "山田");
    assert_span(hl7_field(m, 1, 5, 0, 2, 0), "太郎");
    hl7_free(m);
    m = read_raw(SPAN_LIT("MSH|^~\\&|A\rPID|1||77||\xFF\xFE\x80"), &dirt); // nothing known
    assert_true(dirt.bad_characters > 0);
    assert_true(utf8_valid(hl7_text(m)));
    hl7_free(m);
}

static void garbage_is_no_message(void **state)
{
    (void)state;
    hl7 *m = NULL;
    hl7_dirt dirt = {77, 77, 77, true};
    static const span bad[] = {{(const uint8_t *)"", 0}, {(const uint8_t *)"\xFB\xFC", 2}, {(const uint8_t *)"MSH", 3},
                               {(const uint8_t *)"PID|1", 5}, {(const uint8_t *)"MSHA1", 5},
                               {(const uint8_t *)"\x1c", 1}, {(const uint8_t *)"<?xml?>", 7}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(hl7_read(bad[i], &m, &dirt), ERR_FORMAT);
    assert_null(m);
    assert_int_equal(dirt.trailing, 77);
}

static void limits_hold(void **state)
{
    (void)state;
    hl7 *m = NULL;
    hl7_dirt dirt;
    size_t big = ((size_t)8 << 20) + 1;
    uint8_t *all = calloc(1, big);
    assert_non_null(all);
    assert_int_equal(hl7_read(span_of(all, big), &m, &dirt), ERR_LIMIT);
    free(all);
    buf b = {0};
    buf_put_str(&b, "MSH|^~\\&|A\r");
    for (int i = 1; i < 20000; i++)
        buf_put_str(&b, "OBX|\r");
    assert_int_equal(hl7_read(buf_span(&b), &m, &dirt), OK);
    assert_int_equal(hl7_count(m), 20000);
    hl7_free(m);
    m = NULL;
    buf_put_str(&b, "OBX|\r");
    assert_int_equal(hl7_read(buf_span(&b), &m, &dirt), ERR_LIMIT);
    assert_null(m);
    buf_done(&b);
}

static void escapes_are_undone(void **state)
{
    (void)state;
    hl7_dirt dirt;
    hl7 *m = read_raw(SPAN_LIT("MSH|^~\\&|A\r"), &dirt);
    static const struct { const char *raw, *plain; } cases[] = {
        {"a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"}, {"x\\.br\\y", "x\ny"}, {"x\\.sp2\\y", "x\ny"},
        {"\\X414243\\", "ABC"}, {"\\XE5B1B1\\", "山"}, {"\\XFF\\", "\xEF\xBF\xBD"}, {"\\X4\\", "\xEF\xBF\xBD"},
        {"\\H\\bold\\N\\", "bold"}, {"\\C2842\\x", "x"}, {"100\\200", "100\\200"}, {"\\", "\\"}, {"\\Q\\", "\\Q\\"},
        {"end\\F", "end\\F"}, {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf b = {0};
        assert_int_equal(hl7_unescape(m, span_str(cases[i].raw), &b), OK);
        assert_string_equal(buf_str(&b), cases[i].plain);
        buf_done(&b);
    }
    hl7_free(m);
}

static void a_patient_is_read(void **state)
{
    (void)state;
    hl7_dirt dirt;
    identity i;
    char chart[33];
    hl7 *m = read_utf8(ADT, &dirt);
    assert_int_equal(patient_of(m, &i, chart, sizeof chart), OK);
    assert_string_equal(chart, "0001234");
    assert_string_equal(i.kanji_family, "山田");
    assert_string_equal(i.kana_given, "タロウ");
    assert_int_equal(i.birth, day_of(1965, 4, 15));
    assert_int_equal(i.sex, 'M');
    assert_string_equal(i.postal, "060-0001");
    assert_string_equal(i.address, "札幌市北区表１丁目");
    assert_string_equal(i.telephone, "011-123-4567");
    assert_string_equal(i.insurer, "06017016");
    assert_string_equal(i.symbol, "記");
    assert_string_equal(i.number, "4567");
    assert_string_equal(i.branch, "02");
    assert_int_equal(patient_of(m, &i, chart, 4), ERR_LIMIT);
    hl7_free(m);
    m = read_utf8(MSH, &dirt);
    assert_int_equal(patient_of(m, &i, chart, sizeof chart), ERR_FORMAT);
    hl7_free(m);
}

static void patient_from(const char *pid_and_more, identity *i)
{
    buf b = {0};
    hl7_dirt dirt;
    char chart[33];
    buf_printf(&b, "%s%s", MSH, pid_and_more);
    hl7 *m = read_utf8(buf_str(&b), &dirt);
    assert_int_equal(patient_of(m, i, chart, sizeof chart), OK);
    hl7_free(m);
    buf_done(&b);
}

static void both_insurance_layouts(void **state)
{
    (void)state;
    identity i;
    patient_from("PID|1||7\rIN1|1||32011111|国保||||||９２０４５|１０|\r", &i); // symbol and number in two fields
    assert_string_equal(i.symbol, "９２０４５");
    assert_string_equal(i.number, "１０");
    assert_string_equal(i.branch, "");
    patient_from("PID|1||7\rIN1|1||39011111|後期||||||1234567|広域連合|\r", &i); // no symbol
    assert_string_equal(i.symbol, "");
    assert_string_equal(i.number, "1234567");
    patient_from("PID|1||7\rIN1|1||39011111|||||||~1234567\r", &i);
    assert_string_equal(i.symbol, "");
    assert_string_equal(i.number, "1234567");
    patient_from("PID|1||7\rIN1|1|||\rIN1|2||51010000\rIN1|3||06017016|||||||1~2~3\r", &i); // the first with a person
    assert_string_equal(i.insurer, "06017016");
    assert_string_equal(i.branch, "3");
    patient_from("PID|1||7\rIN1|1||51010000\r", &i);
    assert_string_equal(i.insurer, "51010000");
}

static void patients_written_otherwise(void **state)
{
    (void)state;
    identity i;
    patient_from("PID|1||7||||F|19650415\r", &i); // PID-7 and PID-8 swapped
    assert_int_equal(i.birth, day_of(1965, 4, 15));
    assert_int_equal(i.sex, 'F');
    patient_from("PID|1||7|||||M|19470515\r", &i); // both one field late
    assert_int_equal(i.birth, day_of(1947, 5, 15));
    assert_int_equal(i.sex, 'M');
    patient_from("PID|1||7||ヤマダ^タロウ~山田^太郎||196504151200|X\r", &i); // no XPN-8
    assert_string_equal(i.kanji_given, "太郎");
    assert_string_equal(i.kana_given, "タロウ");
    assert_int_equal(i.birth, day_of(1965, 4, 15));
    assert_int_equal(i.sex, 0);
    patient_from("PID|1||7||SMITH^JOHN^^^^^L^A~スミス^ジョン^^^^^L^P||1965|M\r", &i); // letters
    assert_string_equal(i.kanji_family, "SMITH");
    assert_string_equal(i.kana_family, "スミス");
    assert_int_equal(i.birth, DAY_NONE);
    patient_from("PID|1||7||||||||北１西１^ビル^札幌市^北海道^060-0001||^^^^81^011^1234567\r", &i);
    assert_string_equal(i.address, "北海道札幌市北１西１ビル");
    assert_string_equal(i.telephone, "011-1234567");
    patient_from("PID|1||7||||||||||^^^^^^^^090-1111-2222\r", &i);
    assert_string_equal(i.telephone, "090-1111-2222");
    patient_from("PID|1||7||||||||||\r", &i);
    assert_string_equal(i.telephone, "");
    char long_name[600] = "PID|1||7||";
    for (int n = 0; n < 90; n++)
        strcat(long_name, "山");
    strcat(long_name, "\r");
    patient_from(long_name, &i); // too long: cut between characters
    assert_true(utf8_valid(span_str(i.kanji_family)));
    assert_int_equal(strlen(i.kanji_family), IDENTITY_TEXT - 1);
}

// A file may be cut anywhere: read or refused, never a crash, always valid text.
static void cut_at_every_byte(void **state)
{
    (void)state;
    buf b = {0};
    iso2022_report r;
    assert_int_equal(iso2022_encode(span_str(ADT), &b, &r), OK);
    for (size_t n = 0; n <= b.len; n++) {
        hl7 *m = NULL;
        hl7_dirt dirt;
        identity i;
        char chart[33];
        uint8_t *exact = malloc(n ? n : 1); // so that a read past the end is seen
        assert_non_null(exact);
        memcpy(exact, b.at, n);
        if (hl7_read(span_of(exact, n), &m, &dirt) == OK) {
            assert_true(utf8_valid(hl7_text(m)));
            (void)!patient_of(m, &i, chart, sizeof chart);
            hl7_free(m);
        }
        buf out = {0};
        err e = render_hl7("ADT-00", span_of(exact, n), true, &out);
        assert_true(e == OK ? utf8_valid(buf_span(&out)) : e == ERR_FORMAT && out.len == 0);
        buf_done(&out);
        free(exact);
    }
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_counted_as_the_standard_does), cmocka_unit_test(double_bytes_do_not_split),
        cmocka_unit_test(line_ends_of_all_kinds), cmocka_unit_test(dirt_is_counted_and_dropped),
        cmocka_unit_test(wrong_encodings_are_read_and_counted), cmocka_unit_test(garbage_is_no_message),
        cmocka_unit_test(limits_hold), cmocka_unit_test(escapes_are_undone), cmocka_unit_test(a_patient_is_read),
        cmocka_unit_test(both_insurance_layouts), cmocka_unit_test(patients_written_otherwise),
        cmocka_unit_test(cut_at_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
