// SPDX-License-Identifier: Apache-2.0
// Remarks of a candidate in words; every reason that a comparison can give has some.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ops/cli/remarks.h"
#include "proto/pact/identity.h"
#include "tests/unit/compiler_kit.h"

static void says(const char *remarks, const char *words)
{
    buf b = {0};
    assert_int_equal(remarks_put(&b, remarks), OK);
    assert_string_equal(buf_str(&b), words);
    buf_done(&b);
}

static void in_words(void **state)
{
    (void)state;
    says("", "");
    says("kana_given:small_kana", "given name in kana: small kana written large");
    says("birth:swapped,postal:moved", "birth: month and day swapped; postal code: another area (moved?)");
}

static void the_unknown_stays(void **state)
{
    (void)state;
    says("shoe:too_large,birth:blue", "shoe: too_large; birth: blue");
    says("birth", "birth");
    says(",", "; ");
    says("birth:", "birth: ");
    says(":year", ": only the year differs");
}

typedef struct kind { // what a clerk sees of a person who wrote, or lives, otherwise than the chart says
    const char *what;
    void (*change)(identity *);
    const char *en, *ja;
} kind;

static void small_kana(identity *i) { strcpy(i->kana_given, "シヨウイチ"); }
static void old_character(identity *i) { strcpy(i->kanji_family, "渡邊"); }
static void insurance(identity *i) { strcpy(i->insurer, "01010016"); strcpy(i->number, "998"); i->branch[0] = '\0'; }

static void moved(identity *i)
{
    strcpy(i->postal, "047-0001");
    strcpy(i->address, "小樽市見本町1-2-3");
}

static void twin(identity *i)
{
    strcpy(i->kana_given, "ダイスケ");
    strcpy(i->kanji_given, "大輔");
    i->branch[0] = '\0';
}

static void twin_alike(identity *i)
{
    strcpy(i->kana_given, "ショウイツ");
    i->branch[0] = '\0';
}

static void twin_branch(identity *i)
{
    twin(i);
    strcpy(i->branch, "04");
}

static void family(identity *i)
{
    twin(i);
    i->birth = day_of(1956, 1, 2);
}

static const kind KINDS[] = {
    {"small kana", small_kana, "given name in kana: small kana written large", "名 (カナ)：小書きのかなが大きく書かれている"},
    {"an old character", old_character, "name in kanji: an old character or a variant", "漢字氏名：旧字体・異体字"},
    {"moved house", moved, "postal code: another area (moved?)", "郵便番号：別の地域(転居か)"},
    {"moved house, by the address", moved, "address: another area (moved?)", "住所・アドレス：別の地域(転居か)"},
    {"changed insurance", insurance, "insurance: another insurance (changed?)", "保険：別の保険（変更？）"},
    {"a twin", twin, "given name in kana: another given name under the same insurance, born the same day (a twin?)",
     "名 (カナ)：同じ保険、同じ生年月日で名が違う（双子か）"},
    {"a twin of nearly the same name", twin_alike,
     "given name in kana: one character differs under the same insurance, born the same day (a slip, or a twin?)",
     "名 (カナ)：同じ保険、同じ生年月日で一字違う（書き誤りか双子）"},
    {"a twin whose branch is known", twin_branch, "branch: another branch of the same insurance: another person",
     "枝番：同じ保険で枝番が違う：別人"},
    {"one of a family", family, "given name in kana: another given name under the same insurance (family?)",
     "名 (カナ)：同じ保険で名が違う（家族か）"},
};

static void named(const kind *k, const char *words)
{
    identity a = {.kanji_family = "渡辺", .kanji_given = "翔一", .kana_family = "ワタナベ", .kana_given = "ショウイチ",
                  .birth = day_of(1954, 3, 26), .sex = 'M', .postal = "060-0001", .address = "札幌市中央区北一条西二丁目1-1",
                  .insurer = "06050116", .symbol = "あいう", .number = "187", .branch = "05"};
    identity b = a;
    identity_match m;
    buf remarks = {0}, out = {0};
    k->change(&b);
    identity_compare(&a, &b, &m);
    for (int f = 0; f < FIELD_COUNT; f++)
        if (m.reasons[f] != REASON_NONE)
            buf_printf(&remarks, "%s%s:%s", remarks.len ? "," : "", identity_field_name((identity_field)f),
                       identity_reason_name(m.reasons[f]));
    assert_int_equal(remarks_put(&out, buf_str(&remarks)), OK);
    if (!strstr(buf_str(&out), words))
        fail_msg("%s: \"%s\" is not in \"%s\"", k->what, words, buf_str(&out));
    buf_done(&remarks);
    buf_done(&out);
}

// Each by its name, in both tongues: never only "differs".
static void kinds_are_named(void **state)
{
    (void)state;
    kit_speaks_english();
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        named(&KINDS[i], KINDS[i].en);
    if (kit_speaks_japanese())
        for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
            named(&KINDS[i], KINDS[i].ja);
    kit_speaks_english();
}

static void every_reason_has_words(void **state)
{
    (void)state;
    for (int r = 1; r < REASON_COUNT; r++) {
        char remark[80], raw[80];
        buf b = {0};
        const char *name = identity_reason_name((identity_reason)r);
        snprintf(remark, sizeof remark, "sex:%s", name);
        snprintf(raw, sizeof raw, "sex: %s", name);
        assert_int_equal(remarks_put(&b, remark), OK);
        assert_string_not_equal(buf_str(&b), raw);
        buf_done(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_words),
        cmocka_unit_test(the_unknown_stays),
        cmocka_unit_test(kinds_are_named),
        cmocka_unit_test(every_reason_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
