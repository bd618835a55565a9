// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/pact/identity.h"

static identity person(void)
{
    return (identity){
        .kanji_family = "渡邊", .kanji_given = "翔一", .kana_family = "ワタナベ", .kana_given = "ショウイチ",
        .birth = day_of(1954, 3, 26), .sex = 'M', .postal = "064-7795", .address = "北海道札幌市中央区南九条西97丁目3番5号", .telephone = "011-555-0101",
        .insurer = "06017016", .symbol = "311", .number = "2388927", .branch = "01",
    };
}

// Both ways: evidence that depended on the order would give two hospitals two answers.
static identity_match compare(const identity *a, const identity *b)
{
    identity_match m, n;
    memset(&m, 0, sizeof m);
    memset(&n, 0, sizeof n);
    identity_compare(a, b, &m);
    identity_compare(b, a, &n);
    assert_memory_equal(&m, &n, sizeof m);
    return m;
}

#define SET(who, field, text) strcpy((who).field, text)

// Every spelling by the one before it in the same group, and both ways.
static void addresses_in_every_spelling(void **state)
{
    (void)state;
    static const struct { const char *a, *b; evidence says; identity_reason why; } rows[] = {
#define NINTH "北海道札幌市中央区南九条西97丁目3番5号"
        {NINTH, NINTH, EVIDENCE_AGREES, REASON_NONE},
        {NINTH, "札幌市中央区南九条西97丁目3番5号", EVIDENCE_AGREES, REASON_NOTATION}, // no prefecture
        {NINTH, "中央区南九条西97丁目3番5号", EVIDENCE_AGREES, REASON_NOTATION},       // no city
        {NINTH, "南九条西97丁目3番5号", EVIDENCE_AGREES, REASON_NOTATION},
        {NINTH, "北海道札幌市中央区南９条西９７丁目３番５号", EVIDENCE_AGREES, REASON_NOTATION},
        {NINTH, "北海道札幌市中央区南9条西九十七丁目三番五号", EVIDENCE_AGREES, REASON_NOTATION},
        {NINTH, "北海道札幌市中央区南9条西97-3-5", EVIDENCE_AGREES, REASON_NOTATION},
        {NINTH, "北海道 札幌市 中央区 南9条西97−3ー5", EVIDENCE_AGREES, REASON_NOTATION},
        {NINTH, "札幌市中央区南9西97丁目3の5", EVIDENCE_AGREES, REASON_NOTATION},
        {NINTH, "札幌市中央区南9条西97丁目3-5 コーポ仮101号室", EVIDENCE_AGREES, REASON_NOTATION},
        {NINTH, "札幌市中央区南9条西97丁目3-5-101", EVIDENCE_AGREES, REASON_NOTATION},
        {NINTH, "札幌市中央区南9条西97丁目3番5-101号室", EVIDENCE_AGREES, REASON_NOTATION},
        {NINTH "101号室", "南9条西97-3-5-102", EVIDENCE_CLOSE, REASON_ROOM},
        {NINTH "コーポ仮2 101号室", "南9条西97-3-5-101", EVIDENCE_AGREES, REASON_NOTATION},
        {NINTH, "札幌市中央区南9条西97丁目3番6号", EVIDENCE_CLOSE, REASON_NEARBY},
        {NINTH, "札幌市中央区南9条西97丁目", EVIDENCE_CLOSE, REASON_NEARBY},
        {NINTH, "札幌市中央区南9条西97丁目123番地4", EVIDENCE_CLOSE, REASON_LOT},
        {NINTH, "札幌市中央区南10条西97丁目3番5号", EVIDENCE_DIFFERS, REASON_MOVED},
        {NINTH, "札幌市中央区南9条東97丁目3番5号", EVIDENCE_DIFFERS, REASON_MOVED},
        {NINTH, "小樽市南9条西97丁目3番5号", EVIDENCE_DIFFERS, REASON_MOVED},
        {NINTH, "札幌市中央区■9条西97丁目3番5号", EVIDENCE_CLOSE, REASON_GAIJI},
        {NINTH, "札幌市中央区■9条西97丁目3番6号", EVIDENCE_CLOSE, REASON_NEARBY},
        {NINTH, "", EVIDENCE_ABSENT, REASON_ONE_SIDE},
        {NINTH, "\xff", EVIDENCE_ABSENT, REASON_ONE_SIDE},
        {NINTH, "97-3-5", EVIDENCE_ABSENT, REASON_ONE_SIDE}, // no area: says nothing
        {"", "", EVIDENCE_ABSENT, REASON_NONE},
        // Names with numbers in them are names.
        {"札幌市西区二十四軒三条5丁目6番7号", "西区二十四軒3条5-6-7", EVIDENCE_AGREES, REASON_NOTATION},
        {"札幌市西区二十四軒三条5丁目6番7号", "西区八軒3条5-6-7", EVIDENCE_DIFFERS, REASON_MOVED},
        {"東京都千代田区三番町6番地4", "千代田区3番町6-4", EVIDENCE_AGREES, REASON_NOTATION},
        {"北24条西97丁目3-5", "北二十四条西97丁目3番5号", EVIDENCE_AGREES, REASON_NOTATION},
        {"北24条西97丁目3-5", "北二四条西97丁目3番5号", EVIDENCE_AGREES, REASON_NOTATION},
        {"白石区本通97丁目北3番5号", "白石区本通97丁目北3-5", EVIDENCE_CLOSE, REASON_NEARBY}, // not understood: not equal
        {"清田区里塚緑ヶ丘97-3-5", "清田区里塚緑が丘97丁目3番5号", EVIDENCE_AGREES, REASON_NOTATION},
        {"中央区宮の森一条97-3-5", "中央区宮ノ森1条97丁目3番5号", EVIDENCE_AGREES, REASON_NOTATION},
        {"石狩市大字花畔字浜123番地4", "石狩市花畔浜123-4", EVIDENCE_AGREES, REASON_NOTATION},
        {"岩見沢市5条97-3-5", "岩見澤市5条97-3-5", EVIDENCE_AGREES, REASON_NOTATION},
        {"神奈川県横浜市西区仮町1-2-3", "横浜市西区仮町1丁目2番3号", EVIDENCE_AGREES, REASON_NOTATION},
        {"札幌市北区あいの里3番5号", "札幌市北区あいの里3-5-101", EVIDENCE_AGREES, REASON_NOTATION},
        {"札幌市北区あいの里3-5", "札幌市北区あいの里3-5-101", EVIDENCE_CLOSE, REASON_NEARBY},
        {"札幌市北区99999999999999999999-1", "札幌市北区1-1", EVIDENCE_CLOSE, REASON_NEARBY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        identity a = person(), b = person();
        strcpy(a.address, rows[i].a);
        strcpy(b.address, rows[i].b);
        identity_match m = compare(&a, &b);
        if (m.fields[FIELD_ADDRESS] != rows[i].says || m.reasons[FIELD_ADDRESS] != rows[i].why)
            fail_msg("'%s' '%s': %d %s", rows[i].a, rows[i].b, m.fields[FIELD_ADDRESS],
                     identity_reason_name(m.reasons[FIELD_ADDRESS]));
    }
    // Cut at each byte, and numbers without end: nothing breaks.
    for (size_t n = 0; n <= strlen(NINTH); n++) {
        identity a = person(), b = person();
        memcpy(a.address, NINTH, n);
        a.address[n] = '\0';
        compare(&a, &b);
    }
    identity a = person(), b = person();
    for (size_t i = 0; i + 1 < sizeof a.address; i++)
        a.address[i] = i % 2 ? '-' : '1';
    a.address[sizeof a.address - 1] = '\0';
    compare(&a, &b);
}

// The address speaks for a home where the postal code is missing; together they count once.
static void the_address_stands_for_the_postal_code(void **state)
{
    (void)state;
    identity a = person(), b = person();
    SET(b, insurer, "");
    SET(b, number, "");
    SET(b, telephone, "");
    SET(b, kanji_family, "");
    SET(b, kanji_given, "");
    SET(b, postal, "");
    assert_int_equal(compare(&a, &b).strength, MATCH_LIKELY);
    SET(b, address, "札幌市東区北丘珠二条97丁目3番5号");
    assert_int_equal(compare(&a, &b).strength, MATCH_POSSIBLE);
    b = person(); // one house, one telephone, one family: nobody's own
    SET(b, kana_given, "ハナコ");
    SET(b, kanji_given, "花子");
    SET(b, insurer, "");
    SET(b, number, "");
    b.birth = day_of(1960, 1, 1);
    assert_int_equal(compare(&a, &b).strength, MATCH_NONE);
    b = person(); // the given name is one thing, the home one other: two, not three
    SET(b, kana_family, "タカハシ");
    SET(b, kanji_family, "高橋");
    SET(b, telephone, "");
    SET(b, insurer, "");
    SET(b, number, "");
    b.birth = day_of(1960, 1, 1);
    assert_int_equal(compare(&a, &b).strength, MATCH_WEAK);
}

static void the_same_person_written_differently(void **state)
{
    (void)state;
    identity a = person(), b = person();
    SET(b, kanji_family, "渡辺　");
    SET(b, kana_family, "ﾜﾀﾅﾍﾞ");
    SET(b, kana_given, "シヨウイチ");
    SET(b, postal, "〒０６４７７９５");
    SET(b, address, "札幌市中央区南９条西９７−３−５ コーポ仮　１０１");
    SET(b, telephone, "+81 11 5550101");
    SET(b, insurer, "6017016");
    SET(b, number, "２３８８９２７");
    SET(b, branch, "1");
    assert_int_equal(day_parse(SPAN_LIT("昭和29年3月26日"), &b.birth), OK);
    identity_match m = compare(&a, &b);
    for (int f = 0; f < FIELD_COUNT; f++)
        if (m.fields[f] != EVIDENCE_AGREES)
            fail_msg("%s is %d", identity_field_name((identity_field)f), m.fields[f]);
    assert_int_equal(m.strength, MATCH_STRONG);
}

typedef struct row {
    const char *why;
    identity_field field;
    const char *a, *b;
    evidence says;
} row;

static char *text_of(identity *i, identity_field f)
{
    switch (f) {
    case FIELD_KANA_FAMILY: return i->kana_family;
    case FIELD_KANA_GIVEN: return i->kana_given;
    case FIELD_KANJI: return i->kanji_given;
    case FIELD_POSTAL: return i->postal;
    case FIELD_INSURANCE: return i->number;
    case FIELD_BRANCH: return i->branch;
    case FIELD_TELEPHONE: return i->telephone;
    case FIELD_ADDRESS: return i->address;
    default: return NULL;
    }
}

static void evidence_of_each_field(void **state)
{
    (void)state;
    static const row rows[] = {
        {"same", FIELD_KANA_GIVEN, "ショウイチ", "シヨウイチ", EVIDENCE_AGREES},
        {"one slip", FIELD_KANA_GIVEN, "ショウイチ", "ショウイヂ", EVIDENCE_CLOSE},
        {"one missing", FIELD_KANA_GIVEN, "ショウイチ", "ショウチ", EVIDENCE_CLOSE},
        {"long vowel written or not", FIELD_KANA_GIVEN, "ユーコリ", "ユコリ", EVIDENCE_CLOSE},
        {"two slips", FIELD_KANA_GIVEN, "ショウイチ", "ショウジロ", EVIDENCE_DIFFERS},
        {"too short for a slip", FIELD_KANA_GIVEN, "ユミ", "ユキ", EVIDENCE_DIFFERS},
        {"absent", FIELD_KANA_GIVEN, "ショウイチ", "", EVIDENCE_ABSENT},
        {"both absent", FIELD_KANA_GIVEN, "", "", EVIDENCE_ABSENT},
        {"bad bytes", FIELD_KANA_GIVEN, "ショウイチ", "\xff", EVIDENCE_ABSENT},
        {"■ may be it", FIELD_KANA_FAMILY, "ワ■ナベ", "ワタナベ", EVIDENCE_CLOSE},
        {"■ is never equal, not even to itself", FIELD_KANA_FAMILY, "ワ■ナベ", "ワ■ナベ", EVIDENCE_CLOSE},
        {"■ and another name", FIELD_KANA_FAMILY, "ワ■ナベ", "タカハシ", EVIDENCE_DIFFERS},
        {"■ is one character", FIELD_KANA_FAMILY, "ワ■ベ", "ワタナベ", EVIDENCE_DIFFERS},
        {"kanji ■", FIELD_KANJI, "翔■", "翔一", EVIDENCE_CLOSE},
        {"kanji variant", FIELD_KANJI, "眞一", "真一", EVIDENCE_AGREES},
        {"kanji other", FIELD_KANJI, "花子", "翔一", EVIDENCE_DIFFERS},
        {"postal area", FIELD_POSTAL, "064-7795", "064-0001", EVIDENCE_CLOSE},
        {"postal other", FIELD_POSTAL, "064-7795", "065-7795", EVIDENCE_DIFFERS},
        {"postal unreadable", FIELD_POSTAL, "064-7795", "064", EVIDENCE_ABSENT},
        {"number other", FIELD_INSURANCE, "2388927", "2388928", EVIDENCE_DIFFERS},
        {"number absent", FIELD_INSURANCE, "2388927", "", EVIDENCE_ABSENT},
        {"branch padded", FIELD_BRANCH, "05", "５", EVIDENCE_AGREES},
        {"branch other", FIELD_BRANCH, "01", "02", EVIDENCE_DIFFERS},
        {"branch absent", FIELD_BRANCH, "01", "", EVIDENCE_ABSENT},
        {"telephone marks", FIELD_TELEPHONE, "(011)555-0101", "0115550101", EVIDENCE_AGREES},
        {"telephone other", FIELD_TELEPHONE, "011-555-0101", "011-555-0102", EVIDENCE_DIFFERS},
        {"telephone absent", FIELD_TELEPHONE, "011-555-0101", "-", EVIDENCE_ABSENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        identity a = person(), b = person();
        strcpy(text_of(&a, rows[i].field), rows[i].a);
        strcpy(text_of(&b, rows[i].field), rows[i].b);
        identity_match m = compare(&a, &b);
        if (m.fields[rows[i].field] != rows[i].says)
            fail_msg("%s %s: %d", identity_field_name(rows[i].field), rows[i].why, m.fields[rows[i].field]);
    }
}

static void births_and_sexes(void **state)
{
    (void)state;
    static const struct { int y, m, d; evidence says; } rows[] = {
        {1954, 3, 26, EVIDENCE_AGREES}, {1954, 3, 27, EVIDENCE_CLOSE}, {1954, 4, 26, EVIDENCE_CLOSE},
        {1945, 3, 26, EVIDENCE_CLOSE},  {1955, 4, 26, EVIDENCE_DIFFERS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        identity a = person(), b = person();
        b.birth = day_of(rows[i].y, rows[i].m, rows[i].d);
        assert_int_equal(compare(&a, &b).fields[FIELD_BIRTH], rows[i].says);
    }
    identity a = person(), b = person();
    a.birth = day_of(1954, 3, 4);
    b.birth = day_of(1954, 4, 3);
    assert_int_equal(compare(&a, &b).fields[FIELD_BIRTH], EVIDENCE_CLOSE);
    b.birth = DAY_NONE;
    assert_int_equal(compare(&a, &b).fields[FIELD_BIRTH], EVIDENCE_ABSENT);
    a.birth = DAY_NONE;
    assert_int_equal(compare(&a, &b).fields[FIELD_BIRTH], EVIDENCE_ABSENT);
    static const struct { char a, b; evidence says; } sexes[] = {
        {'M', 'M', EVIDENCE_AGREES}, {'M', 'F', EVIDENCE_DIFFERS}, {'M', 'U', EVIDENCE_ABSENT},
        {'U', 'U', EVIDENCE_ABSENT}, {'F', 0, EVIDENCE_ABSENT},    {'O', 'O', EVIDENCE_AGREES},
        {'N', 'N', EVIDENCE_ABSENT}, {'A', 'M', EVIDENCE_DIFFERS},
    };
    for (size_t i = 0; i < sizeof sexes / sizeof *sexes; i++) {
        a.sex = sexes[i].a;
        b.sex = sexes[i].b;
        assert_int_equal(compare(&a, &b).fields[FIELD_SEX], sexes[i].says);
    }
}

// How it agrees or what differs, as a person at the liaison office should read it.
static void reasons_of_each_field(void **state)
{
    (void)state;
    static const struct { identity_field field; const char *a, *b; identity_reason why; } rows[] = {
        {FIELD_KANA_GIVEN, "ショウイチ", "ショウイチ", REASON_NONE},
        {FIELD_KANA_GIVEN, "ショウイチ", "ｼｮｳｲﾁ", REASON_WRITTEN},
        {FIELD_KANA_GIVEN, "ショウイチ", "しょうイチ", REASON_WRITTEN},
        {FIELD_KANA_GIVEN, "カヅオ", "カズオ", REASON_WRITTEN},
        {FIELD_KANA_GIVEN, "ショウイチ", "シヨウイチ", REASON_SMALL_KANA},
        {FIELD_KANA_GIVEN, "ショウイチ", "ｼﾖｳｲﾁ", REASON_SMALL_KANA},
        {FIELD_KANA_GIVEN, "ユウコ", "ユーコ", REASON_LONG_VOWEL},
        {FIELD_KANA_FAMILY, "オオノ", "オーノ", REASON_LONG_VOWEL},
        {FIELD_KANA_FAMILY, "ナカジマ", "ナカシマ", REASON_SOUND_MARK},
        {FIELD_KANA_FAMILY, "キタ", "キダ", REASON_SOUND_MARK},
        {FIELD_KANA_FAMILY, "ワ■ナベ", "ワタナベ", REASON_GAIJI},
        {FIELD_KANA_FAMILY, "ワ■ナベ", "タカハシ", REASON_FAMILY_NAME},
        {FIELD_KANA_GIVEN, "ユウタ", "ユウキ", REASON_ONE_SLIP},
        {FIELD_KANA_GIVEN, "ショウイチ", "", REASON_ONE_SIDE},
        {FIELD_KANA_GIVEN, "", "", REASON_NONE},
        {FIELD_KANA_GIVEN, "ショウイチ", "ハナコ", REASON_TWIN},
        {FIELD_KANA_FAMILY, "ワタナベ", "タカハシ", REASON_FAMILY_NAME},
        {FIELD_KANJI, "眞一", "真一", REASON_OLD_CHARACTER},
        {FIELD_KANJI, "翔　一", "翔一", REASON_WRITTEN},
        {FIELD_KANJI, "翔■", "翔一", REASON_GAIJI},
        {FIELD_KANJI, "翔一", "正一郎", REASON_SAME_SOUND},
        {FIELD_POSTAL, "064-7795", "〒0647795", REASON_WRITTEN},
        {FIELD_POSTAL, "064-7795", "064-0001", REASON_NEARBY},
        {FIELD_POSTAL, "064-7795", "001-0001", REASON_MOVED},
        {FIELD_POSTAL, "064-7795", "", REASON_ONE_SIDE},
        {FIELD_INSURANCE, "2388927", "２３８８９２７", REASON_WRITTEN},
        {FIELD_INSURANCE, "2388927", "2388929", REASON_ONE_SLIP},
        {FIELD_INSURANCE, "2388927", "2388972", REASON_ONE_SLIP},
        {FIELD_INSURANCE, "2388927", "777", REASON_INSURANCE},
        {FIELD_BRANCH, "01", "1", REASON_WRITTEN},
        {FIELD_BRANCH, "01", "02", REASON_BRANCH},
        {FIELD_BRANCH, "01", "", REASON_ONE_SIDE},
        {FIELD_TELEPHONE, "011-555-0101", "(011)5550101", REASON_WRITTEN},
        {FIELD_TELEPHONE, "011-555-0101", "011-555-0102", REASON_ONE_SLIP},
        {FIELD_TELEPHONE, "011-555-0101", "090-1234-5678", REASON_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        identity a = person(), b = person();
        strcpy(text_of(&a, rows[i].field), rows[i].a);
        strcpy(text_of(&b, rows[i].field), rows[i].b);
        identity_match m = compare(&a, &b);
        if (m.reasons[rows[i].field] != rows[i].why)
            fail_msg("%s '%s' '%s': %s", identity_field_name(rows[i].field), rows[i].a, rows[i].b,
                     identity_reason_name(m.reasons[rows[i].field]));
    }
    static const struct { int y, m, d; identity_reason why; } births[] = {
        {1954, 3, 4, REASON_NONE}, {1954, 3, 27, REASON_DAY}, {1954, 5, 4, REASON_MONTH}, {1945, 3, 4, REASON_YEAR},
        {1954, 4, 3, REASON_SWAPPED}, {1955, 4, 3, REASON_OTHER_BIRTH},
    };
    for (size_t i = 0; i < sizeof births / sizeof *births; i++) {
        identity a = person(), b = person();
        a.birth = day_of(1954, 3, 4);
        b.birth = day_of(births[i].y, births[i].m, births[i].d);
        assert_int_equal(compare(&a, &b).reasons[FIELD_BIRTH], births[i].why);
    }
    identity a = person(), b = person();
    SET(b, insurer, "");
    assert_int_equal(compare(&a, &b).reasons[FIELD_INSURANCE], REASON_INSURER);
    b = person();
    SET(b, symbol, "");
    SET(b, number, "3112388927");
    assert_int_equal(compare(&a, &b).reasons[FIELD_INSURANCE], REASON_CUT);
    b = person();
    SET(b, insurer, "06017017");
    SET(b, branch, "09");
    assert_int_equal(compare(&a, &b).reasons[FIELD_INSURANCE], REASON_ONE_SLIP);
    assert_int_equal(compare(&a, &b).reasons[FIELD_BRANCH], REASON_NONE); // on another card it says nothing
}

// One of name and birth is only near: what else agrees decides, and never beyond likely.
static void one_is_near(void **state)
{
    (void)state;
    identity a = person(), b = person();
    b.birth = day_of(1954, 3, 27);
    assert_int_equal(compare(&a, &b).strength, MATCH_LIKELY);
    SET(b, number, "1");
    SET(b, postal, "");
    SET(b, address, "");
    SET(b, telephone, "");
    assert_int_equal(compare(&a, &b).strength, MATCH_POSSIBLE); // kanji alone
    SET(b, kanji_given, "花子");
    assert_int_equal(compare(&a, &b).strength, MATCH_WEAK);
    b = person();
    SET(b, kana_family, "ワダナベ");
    SET(b, number, "1");
    assert_int_equal(compare(&a, &b).strength, MATCH_LIKELY);
    // Twins whose names are one character apart: other kanji, so no more than weak.
    b = person();
    SET(b, branch, "");
    SET(b, kana_given, "ショウイツ");
    SET(b, kanji_given, "翔逸");
    assert_int_equal(compare(&a, &b).strength, MATCH_WEAK);
    SET(b, kanji_given, "翔一");
    assert_int_equal(compare(&a, &b).strength, MATCH_LIKELY);
    SET(b, branch, "09"); // and the insurer says two people
    assert_int_equal(compare(&a, &b).strength, MATCH_WEAK);
    // Married and insured anew; the telephone stayed.
    b = person();
    SET(b, kana_family, "タカハシ");
    SET(b, kanji_family, "高橋");
    SET(b, number, "1");
    assert_int_equal(compare(&a, &b).strength, MATCH_POSSIBLE);
    SET(b, telephone, "");
    SET(b, postal, "001-0001");
    SET(b, address, "");
    assert_int_equal(compare(&a, &b).strength, MATCH_POSSIBLE); // the given name in kanji, too
    SET(b, kanji_given, "正一");
    assert_int_equal(compare(&a, &b).strength, MATCH_WEAK);
    // The kana are read otherwise, or missing: the kanji speak for themselves.
    b = person();
    SET(b, kana_given, "カケルイチ");
    SET(b, number, "1");
    SET(b, postal, "");
    SET(b, address, "");
    assert_int_equal(compare(&a, &b).strength, MATCH_LIKELY); // and the telephone
    SET(b, telephone, "");
    assert_int_equal(compare(&a, &b).strength, MATCH_POSSIBLE);
    SET(b, kana_given, "");
    SET(b, kana_family, "");
    assert_int_equal(compare(&a, &b).strength, MATCH_POSSIBLE);
    b.sex = 'F';
    assert_int_equal(compare(&a, &b).strength, MATCH_WEAK);
}

static void insurance_is_three_numbers(void **state)
{
    (void)state;
    static const struct { const char *insurer, *symbol, *number; evidence says; } rows[] = {
        {"06017016", "３１１", "2388927", EVIDENCE_AGREES},
        {"06017016", "31-1", "238 8927", EVIDENCE_AGREES},
        {"6017016", "311", "2388927", EVIDENCE_AGREES},   // zero-padded to 8
        {"06017017", "311", "2388927", EVIDENCE_DIFFERS}, // another insurer
        {"06017016", "312", "2388927", EVIDENCE_DIFFERS},
        {"", "311", "2388927", EVIDENCE_CLOSE},            // insurer not known
        {"06017016", "", "3112388927", EVIDENCE_CLOSE},    // cut elsewhere
        {"06017016", "311", "", EVIDENCE_ABSENT},
        {"x", "311", "2388927", EVIDENCE_ABSENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        identity a = person(), b = person();
        SET(b, insurer, rows[i].insurer);
        SET(b, symbol, rows[i].symbol);
        SET(b, number, rows[i].number);
        if (compare(&a, &b).fields[FIELD_INSURANCE] != rows[i].says)
            fail_msg("row %zu", i);
    }
}

static void strengths(void **state)
{
    (void)state;
    identity a = person(), b = person();
    // 枝番 is never required: the given name tells the family apart.
    SET(b, branch, "");
    assert_int_equal(compare(&a, &b).strength, MATCH_STRONG);
    // The branch alone does too, where one given name is not known.
    b = person();
    SET(b, kana_given, "");
    assert_int_equal(compare(&a, &b).strength, MATCH_STRONG);
    // Married: another family name on the same card.
    b = person();
    SET(b, kana_family, "タカハシ");
    assert_int_equal(compare(&a, &b).strength, MATCH_STRONG);
    // A new job: kana, birth, sex, and one of postal code, address, telephone and kanji.
    identity c = person();
    SET(c, number, "1");
    static const identity_field support[] = {FIELD_POSTAL, FIELD_ADDRESS, FIELD_TELEPHONE, FIELD_KANJI};
    for (int kept = 0; kept < 4; kept++) {
        b = c;
        if (support[kept] != FIELD_POSTAL)
            SET(b, postal, "");
        if (support[kept] != FIELD_ADDRESS)
            SET(b, address, "");
        if (support[kept] != FIELD_TELEPHONE)
            SET(b, telephone, "");
        if (support[kept] != FIELD_KANJI)
            SET(b, kanji_family, "高橋");
        assert_int_equal(compare(&a, &b).strength, MATCH_LIKELY);
    }
    b = c;
    SET(b, postal, "");
    SET(b, address, "");
    SET(b, telephone, "");
    SET(b, kanji_family, "高橋");
    assert_int_equal(compare(&a, &b).strength, MATCH_POSSIBLE);
    // ■ in the kana is no agreement.
    SET(b, kana_family, "ワ■ナベ");
    SET(b, kanji_given, "正一");
    assert_int_equal(compare(&a, &b).strength, MATCH_WEAK);
    // Without birth or sex there is never more than weak.
    b = person();
    b.birth = DAY_NONE;
    assert_int_equal(compare(&a, &b).strength, MATCH_WEAK);
    b = person();
    b.sex = 'F';
    assert_int_equal(compare(&a, &b).strength, MATCH_WEAK);
    b = (identity){.birth = DAY_NONE};
    assert_int_equal(compare(&a, &b).strength, MATCH_NONE);
    assert_int_equal(compare(&b, &b).strength, MATCH_NONE);
    b.birth = a.birth;
    b.sex = a.sex;
    assert_int_equal(compare(&a, &b).strength, MATCH_NONE);
}

static void a_family_on_one_card(void **state)
{
    (void)state;
    identity father = person(), son = person();
    SET(father, branch, "");
    SET(son, branch, "");
    SET(son, kana_given, "ケンタ");
    SET(son, kanji_given, "健太");
    son.birth = day_of(1990, 8, 1);
    assert_int_equal(compare(&father, &son).strength, MATCH_NONE);
    assert_int_equal(compare(&father, &son).fields[FIELD_INSURANCE], EVIDENCE_AGREES);
}

static void twins_of_one_sex(void **state)
{
    (void)state;
    identity one = person(), two = person();
    SET(two, kana_given, "ショウジ");
    SET(two, kanji_given, "翔二");
    // Without 枝番 only the kana given name tells them apart.
    SET(one, branch, "");
    SET(two, branch, "");
    assert_int_equal(compare(&one, &two).strength, MATCH_WEAK);
    // With it, too; and where a clerk wrote the same branch for both.
    SET(one, branch, "03");
    SET(two, branch, "04");
    assert_int_equal(compare(&one, &two).strength, MATCH_WEAK);
    SET(two, branch, "03");
    assert_int_equal(compare(&one, &two).strength, MATCH_WEAK);
    // The same kana and another branch: the insurer says two people, so nobody is sure.
    two = person();
    SET(two, branch, "04");
    assert_int_equal(compare(&one, &two).strength, MATCH_POSSIBLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_in_every_spelling),
        cmocka_unit_test(the_address_stands_for_the_postal_code),
        cmocka_unit_test(the_same_person_written_differently),
        cmocka_unit_test(evidence_of_each_field),
        cmocka_unit_test(births_and_sexes),
        cmocka_unit_test(reasons_of_each_field),
        cmocka_unit_test(one_is_near),
        cmocka_unit_test(insurance_is_three_numbers),
        cmocka_unit_test(strengths),
        cmocka_unit_test(a_family_on_one_card),
        cmocka_unit_test(twins_of_one_sex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
