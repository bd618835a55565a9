// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/base/utf8.h"
#include "proto/pact/identity.h"

// Every rule of field-facts §7, and what must stay apart. Both sides are
// normalised; `same` says whether they must meet.
typedef struct pair { const char *rule, *a, *b; bool same; } pair;

static const pair KANA[] = {
    {"NFKC: half-width kana", "ﾔﾏﾀﾞ", "ヤマダ", true},
    {"NFKC: half-width dakuten", "ﾊﾞﾋﾞﾌﾞﾍﾞﾎﾞ", "バビブベボ", true},
    {"NFKC: half-width handakuten", "ﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ", "パピプペポ", true},
    {"NFKC: half-width vu", "ｳﾞ", "ヴ", true},
    {"NFKC: full-width Latin", "ＳＭＩＴＨ", "SMITH", true},
    {"NFKC: combining dakuten", "カ\u3099", "ガ", true},
    {"sound mark standing apart", "ヤマタ゛", "ヤマダ", true},
    {"handakuten standing apart", "ハ゜ク", "パク", true},
    {"hiragana", "やまだ たろう", "ヤマダタロウ", true},
    {"hiragana with marks", "ぱっくゔ", "パックヴ", true},
    {"small kana stored large", "ショウイチ", "シヨウイチ", true},
    {"small kana: every vowel", "ァィゥェォ", "アイウエオ", true},
    {"small kana: tsu ya yu yo wa", "ッャュョヮ", "ツヤユヨワ", true},
    {"small kana: ka ke", "ヵヶ", "カケ", true},
    {"small kana: half-width", "ｼｮｳｲﾁ", "シヨウイチ", true},
    {"small kana: hiragana", "しょういち", "シヨウイチ", true},
    {"small kana: Ainu", "ㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ", "クシストヌハヒフヘホムラリルレロ", true},
    {"ヂ and ジ", "ヂロウ", "ジロウ", true},
    {"ぢ and じ", "ぢろう", "ジロウ", true},
    {"ﾁﾞ and ジ", "ﾁﾞﾛｳ", "ジロウ", true},
    {"チ゛ and ジ", "チ゛ロウ", "ジロウ", true},
    {"ヅ and ズ", "カヅオ", "カズオ", true},
    {"ヲ and オ", "ヲガワ", "オガワ", true},
    {"ｦ and オ", "ｦｶﾞﾜ", "オガワ", true},
    {"long vowel: hyphen-minus", "ユ-コ", "ユーコ", true},
    {"long vowel: hyphen", "ユ‐コ", "ユーコ", true},
    {"long vowel: minus", "ユ−コ", "ユーコ", true},
    {"long vowel: full-width hyphen-minus", "ユ－コ", "ユーコ", true},
    {"long vowel: half-width mark", "ﾕｰｺ", "ユーコ", true},
    {"long vowel: dashes", "ユ—コ", "ユ―コ", true},
    {"long vowel: box line", "ユ─コ", "ユーコ", true},
    {"spaces", "ヤマダ　タロウ ", " ヤマダタロウ", true},
    {"spaces: no-break, tab, invisible", "ヤマ\u00a0ダ\t\u200b\ufeff", "ヤマダ", true},
    {"middle dots", "マリア・テレサ", "ﾏﾘｱ･ﾃﾚｻ", true},
    {"middle dots against none", "マリア・テレサ", "マリアテレサ", true},
    {"Latin letters", "Smith", "ＳＭＩＴＨ", true},
    {"the dev storages' kana", "ｶﾘｵﾉﾃﾞﾗ", "カリオノデラ", true},
    // What must not be brought together.
    {"voiced and unvoiced", "タナカ", "ダナカ", false},
    {"half voiced and voiced", "パク", "バク", false},
    {"long vowel and none", "ユーコ", "ユコ", false},
    {"シ and ツ", "シ", "ツ", false},
    {"ヰ is not イ", "ヰ", "イ", false},
    {"given names of twins", "ハルト", "ハルカ", false},
    {"■ is itself only", "■ロウ", "ジロウ", false},
};

static const pair KANJI[] = {
    {"variant: 邊 邉", "渡邊", "渡邉", true},
    {"variant: 邊 辺", "渡邊 花子", "渡辺花子", true},
    {"variant: 髙", "髙橋", "高橋", true},
    {"variant: 﨑 嵜", "山﨑", "山嵜", true},
    {"variant: 﨑 崎", "山﨑", "山崎", true},
    {"variant: 齋 斎", "齋藤", "斎藤", true},
    {"variant: 齊 斉", "齊藤", "斉藤", true},
    {"variant: 齋 斉", "齋藤", "斉藤", true},
    {"variant: 澤 濱 廣", "澤濱廣", "沢浜広", true},
    {"variant: 嶋 嶌", "中嶋", "中嶌", true},
    {"variant: 嶋 島", "中嶋", "中島", true},
    {"variant: 國 桜", "國櫻", "国桜", true},
    {"variant: 冨", "冨田", "富田", true},
    {"variant: 峯 條", "峯條", "峰条", true},
    {"variant: 關 瀧", "關瀧", "関滝", true},
    {"variant: 龍 眞", "龍眞", "竜真", true},
    {"variant: 德 惠", "德惠", "徳恵", true},
    {"variant: 桒 栁", "桒栁", "桑柳", true},
    {"variant: 靍 靏 靎", "靍靏靎", "鶴鶴鶴", true},
    {"variant: 舘 圡", "舘圡", "館土", true},
    {"variant: 槗 𣘺", "槗𣘺", "橋橋", true},
    {"variant: 㐂 壽", "㐂壽", "喜寿", true},
    {"variant: 埜 邨", "埜邨", "野村", true},
    {"variant: 劔 劒 劍 釼", "劔劒劍釼", "剣剣剣剣", true},
    {"variant: 碕 礒 栢", "碕礒栢", "崎磯柏", true},
    {"variant: 晉 寬 彌", "晉寬彌", "晋寛弥", true},
    {"variant: 鐵 鐡 銕", "鐵鐡銕", "鉄鉄鉄", true},
    {"々 written out", "佐々木", "佐佐木", true},
    {"々 after a variant", "斎々", "斉斉", true},
    {"々 alone", "々", "々", true},
    {"ヶ and ケ", "竜ヶ崎", "龍ケ﨑", true},
    {"hiragana names", "ふみ", "フミ", true},
    {"variant: 𠮷 beyond the BMP", "𠮷田", "吉田", true},
    {"NFKC: compatibility ideograph", "\ufa10田", "塚田", true},
    {"NFKC: full-width digits", "第１", "第1", true},
    {"variation selector", "葛\U000e0100城", "葛城", true},
    {"spaces", "山田　太郎", "山田太郎", true},
    {"long vowel stays as it is", "山ー", "山ー", true},
    {"other names stay apart", "佐藤", "左藤", false},
    {"other names: 大 太", "大田", "太田", false},
    {"kana and kanji", "ハナ", "花", false},
};

static const pair HEARD[] = {
    {"long vowel", "ユウコ", "ユーコ", true},
    {"long vowel left out", "ユーコ", "ユコ", true},
    {"long o", "オオノ", "オーノ", true},
    {"long o as ou", "コオリ", "コウリ", true},
    {"long e as ei", "ケイコ", "ケーコ", true},
    {"after small kana", "ショウイチ", "シヨーイチ", true},
    {"sound mark", "ナカジマ", "ナカシマ", true},
    {"sound mark of zu", "カヅオ", "カスオ", true},
    {"half voiced", "サッポロ", "サツホロ", true},
    {"vu", "ヴィオラ", "ウイオラ", true},
    {"a vowel that does not lengthen", "ヒロアキ", "ヒロキ", false},
    {"イ after ア", "カイト", "カト", false},
    {"another name", "ユウコ", "ユミコ", false},
    {"■ is itself only", "■ロウ", "ジロウ", false},
};

static void meets(const pair *p, err (*fold)(span, buf *))
{
    buf a = {0}, b = {0}, again = {0};
    if (fold(span_str(p->a), &a) || fold(span_str(p->b), &b))
        fail_msg("%s: refused", p->rule);
    if (span_eq(buf_span(&a), buf_span(&b)) != p->same)
        fail_msg("%s: '%s' and '%s'", p->rule, buf_str(&a), buf_str(&b));
    // Folding what is folded changes nothing.
    assert_int_equal(fold(buf_span(&a), &again), OK);
    if (!span_eq(buf_span(&a), buf_span(&again)))
        fail_msg("%s: not stable, '%s' '%s'", p->rule, buf_str(&a), buf_str(&again));
    buf_done(&a);
    buf_done(&b);
    buf_done(&again);
}

static void kana_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof KANA / sizeof *KANA; i++)
        meets(&KANA[i], identity_kana);
}

static void heard_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof HEARD / sizeof *HEARD; i++)
        meets(&HEARD[i], identity_heard);
}

static void kanji_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof KANJI / sizeof *KANJI; i++)
        meets(&KANJI[i], identity_kanji);
}

// Exact results, so that a change of the normal form (and of every pseudonym) is seen.
static void exact_forms(void **state)
{
    (void)state;
    static const struct { err (*fold)(span, buf *); const char *in, *out; err e; } rows[] = {
        {identity_kana, "ｶﾘｻｯﾎﾟﾛ　じょ－じ", "カリサツポロジヨージ", OK},
        {identity_kana, "ヤマ■", "ヤマ■", OK},
        {identity_kana, "", "", OK},
        {identity_kana, "゛", "", OK},
        {identity_kana, "\xff\xfe", "", ERR_FORMAT},
        {identity_kana, "ヤ\xe3\x83", "", ERR_FORMAT},
        {identity_kanji, "髙　邉", "高辺", OK},
        {identity_kanji, "\xc0\x80", "", ERR_FORMAT},
        {identity_postal, "064-7795", "0647795", OK},
        {identity_postal, "〒０６４−７７９５ ", "0647795", OK},
        {identity_postal, "", "", OK},
        {identity_postal, "064", "", ERR_FORMAT},
        {identity_postal, "06477955", "", ERR_FORMAT},
        {identity_postal, "064x795", "", ERR_FORMAT},
        {identity_insurer, "138057", "00138057", OK},
        {identity_insurer, "００１３８０５７", "00138057", OK},
        {identity_insurer, "06 017016", "06017016", OK},
        {identity_insurer, "", "", OK},
        {identity_insurer, "060170161", "", ERR_FORMAT},
        {identity_insurer, "0601701A", "", ERR_FORMAT},
        {identity_symbol, "札幌 - ０１", "札幌01", OK},
        {identity_telephone, "（０１１）５５５−０１０１", "115550101", OK},
        {identity_telephone, "+81-11-555-0101", "115550101", OK},
        {identity_telephone, "0-0", "", OK},
        {identity_telephone, "なし", "", OK},
        {identity_telephone, "\xff", "", ERR_FORMAT},
        {identity_symbol, "１８７", "187", OK},
        {identity_symbol, "あ‐い", "あい", OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf out = {0};
        buf_put_str(&out, "x"); // appended to, and left alone on failure
        err e = rows[i].fold(span_str(rows[i].in), &out);
        if (e != rows[i].e || strcmp(buf_str(&out) + 1, rows[i].out) != 0)
            fail_msg("row %zu: '%s' gives %d '%s'", i, rows[i].in, e, buf_str(&out));
        buf_done(&out);
    }
    char *lengthy = malloc(2000);
    memset(lengthy, 'a', 2000);
    buf out = {0};
    assert_int_equal(identity_kana(span_of(lengthy, 2000), &out), ERR_LIMIT);
    assert_int_equal(out.len, 0);
    free(lengthy);
}

// Folding twice is folding once, for every character there is: the table of variants
// is sorted and has no chains, and no kana folds to one that folds on.
static void stable_for_every_character(void **state)
{
    (void)state;
    err (*const folds[])(span, buf *) = {identity_kana, identity_kanji, identity_heard};
    buf in = {0}, once = {0}, twice = {0};
    for (size_t f = 0; f < 2; f++)
        for (uint32_t c = 1; c < 0x30000; c++) {
            if (c >= 0xd800 && c < 0xe000)
                continue;
            if (c == 0x3400 && f == 0)
                c = 0xf900; // kana are not kanji
            buf_clear(&in);
            buf_clear(&once);
            buf_clear(&twice);
            utf8_put(&in, c);
            if (folds[f](buf_span(&in), &once))
                continue;
            assert_int_equal(folds[f](buf_span(&once), &twice), OK);
            if (!span_eq(buf_span(&once), buf_span(&twice)))
                fail_msg("U+%04X folds on", c);
        }
    buf_done(&in);
    buf_done(&once);
    buf_done(&twice);
}

static void truncation_and_garbage(void **state)
{
    (void)state;
    const char *text = "ｶﾘｵﾉﾃﾞﾗ゛髙﨑\U000e0100ぢゃ㈱";
    err (*const folds[])(span, buf *) = {identity_kana, identity_kanji, identity_heard, identity_postal, identity_insurer,
                                         identity_symbol};
    uint32_t seed = 7;
    for (size_t f = 0; f < sizeof folds / sizeof *folds; f++)
        for (size_t n = 0; n <= strlen(text); n++) {
            uint8_t *copy = malloc(n ? n : 1);
            memcpy(copy, text, n);
            buf out = {0};
            err e = folds[f](span_of(copy, n), &out);
            assert_true(e == OK || e == ERR_FORMAT);
            assert_true(e == OK || out.len == 0);
            for (size_t i = 0; i < n; i++)
                copy[i] = (uint8_t)((seed = seed * 1103515245u + 12345u) >> 16);
            e = folds[f](span_of(copy, n), &out);
            assert_true(e == OK || e == ERR_FORMAT);
            buf_done(&out);
            free(copy);
        }
}

static void wipe_leaves_nothing(void **state)
{
    (void)state;
    identity i = {.kana_family = "ヤマダ", .birth = 100, .sex = 'M', .number = "187"};
    identity_wipe(&i);
    identity empty;
    memset(&empty, 0, sizeof empty);
    empty.birth = DAY_NONE;
    assert_memory_equal(&i, &empty, sizeof i);
}

static void names_of_fields(void **state)
{
    (void)state;
    for (int f = 0; f < FIELD_COUNT; f++)
        assert_string_not_equal(identity_field_name((identity_field)f), "?");
    assert_string_equal(identity_field_name(FIELD_COUNT), "?");
    assert_string_equal(identity_reason_name(REASON_NONE), "");
    assert_string_equal(identity_reason_name(REASON_COUNT), "?");
    for (int r = 1; r < REASON_COUNT; r++) {
        assert_int_not_equal(identity_reason_name((identity_reason)r)[0], '\0');
        for (int other = 1; other < r; other++)
            assert_string_not_equal(identity_reason_name((identity_reason)r), identity_reason_name((identity_reason)other));
    }
    assert_string_equal(match_strength_name(MATCH_STRONG), "strong");
    assert_string_equal(match_strength_name((match_strength)99), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kana_rules),
        cmocka_unit_test(kanji_rules),
        cmocka_unit_test(heard_rules),
        cmocka_unit_test(exact_forms),
        cmocka_unit_test(stable_for_every_character),
        cmocka_unit_test(truncation_and_garbage),
        cmocka_unit_test(wipe_leaves_nothing),
        cmocka_unit_test(names_of_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
