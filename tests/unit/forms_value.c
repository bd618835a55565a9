// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// Every type of field with its table of cases: what is taken, how it is spelt, what warns.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/forms/check.h"
#include "policies/forms/value.h"
#include "tests/unit/compiler_kit.h"

typedef struct value_case {
    const char *type, *text, *normal; // normal NULL: refused
    bool warned;
} value_case;

static const value_case CASES[] = {
    {"text", " 北区　 ", "北区", false},
    {"text", "12345678901", NULL, false}, // the field takes ten
    {"text", "一二三四五六七八九十", "一二三四五六七八九十", false},
    {"text", "a\nb", NULL, false},
    {"text", "a\x1b[0m", NULL, false},
    {"text", "\xff", NULL, false},
    {"note", "a\nb", "a\nb", false},
    {"name", "山田", "山田", false},
    {"name", "﨑", "﨑", false}, // originals are kept
    {"name", "山田2", "山田2", true},
    {"name", "■田", "■田", true},
    {"kana", "やまだ", "ヤマダ", false},
    {"kana", "ﾔﾏﾀﾞ", "ヤマダ", false},
    {"kana", "ショウイチ", "ショウイチ", false}, // small kana stay small
    {"kana", "オ-タ", "オータ", false},
    {"kana", "山田", NULL, false},
    {"kana", "Yamada", NULL, false},
    {"date", "令和8年4月1日", "2026-04-01", false},
    {"date", "２０２６-０４-０１", "2026-04-01", false},
    {"date", "S55.1.2", "1980-01-02", false},
    {"date", "2026年4月1日", "2026-04-01", false},
    {"date", "２０２６／４／１", "2026-04-01", false},
    {"date", "2026.4.1", "2026-04-01", false},
    {"date", "平成31年8月1日", "2019-08-01", true}, // printed in advance
    {"date", "平成33年4月1日", NULL, false},
    {"date", "令和元年4月30日", NULL, false},
    {"date", "明治3年5月1日", NULL, false},
    {"date", "8.4.1", NULL, false},
    {"date", "2026年4月", NULL, false},
    {"date", "2026-02-30", NULL, false},
    {"date", "昭和99年1月1日", NULL, false},
    {"count", "１２", "12", false},
    {"count", "-1", NULL, false},
    {"count", "51", NULL, false},
    {"count", "99999999999999999999", NULL, false},
    {"yes-no", "はい", "yes", false},
    {"yes-no", "no", "no", false},
    {"yes-no", "たぶん", NULL, false},
    {"signature", "はい", "yes", false},
    {"choice", "c1", "c1", false},
    {"choice", "丙", "c1", false},
    {"choice", "c3", NULL, false},
    {"relation", "父母", "parent", false},
    {"relation", "parnet", NULL, false},
    {"reason", "other", "other", false},
    {"categories", "基本", "basics", false},
    {"categories", "すべて", "all", false},
    {"categories", "diagnoses", NULL, false},
    {"grantees", "b", "b", false},
    {"grantees", "0119900025", "0119900025", false},
    {"grantees", "丙医院", "0119900025", false},
    {"grantees", "all", "all", false},
    {"grantees", "0199999999", NULL, false},
    {"facility", "乙病院", "0119900017", false},
    {"facility", "b", NULL, false},
    {"union", "甲", "a", false},
    {"union", "z", NULL, false},
    {"kind", "clinic", "clinic", false},
    {"institution", "0110113719", "0110113719", false},
    {"institution", "０１１０１１３７１９", "0110113719", false},
    {"institution", "1312345670", "1312345670", true}, // warns, never refuses
    {"institution", "110113719", NULL, false},
    {"institution", "01101137190", NULL, false},
    {"insurer", "06050116", "06050116", false},
    {"insurer", "138057", "138057", false},
    {"insurer", "67999991", "67999991", true},
    {"insurer", "06990113", "06990113", true}, // no such prefecture
    {"institution", "4819800014", "4819800014", true},
    {"institution", "9012345675", "9012345675", false}, // no insurance treatment
    {"insurer", "6050116", NULL, false},
    {"insurer", "1234", NULL, false},
    {"symbol", "あ い１２", "あい12", false},
    {"number", "１８７", "187", false},
    {"number", "187-05", "187-05", false},
    {"number", "１８７（枝番）０５", "187-05", false},
    {"number", "187 05", "187-05", false},
    {"number", "187ー05", "187-05", false},
    {"number", "187-5", NULL, false},
    {"number", "187-005", NULL, false},
    {"number", "-05", NULL, false},
    {"number", "abc", NULL, false},
    {"phone", "011-681-8111", "0116818111", false},
    {"phone", "０９０（１２３４）５６７８", "09012345678", false},
    {"phone", "+81 11 681 8111", "+81116818111", false},
    {"phone", "090-1234-567", "0901234567", true}, // a digit is missing
    {"phone", "01168181111", "01168181111", true},
    {"phone", "681-8111", NULL, false},
    {"phone", "1-234-567-890", NULL, false},
    {"postal", "〒006-8555", "006-8555", false},
    {"postal", "００６８５５５", "006-8555", false},
    {"postal", "06-8555", NULL, false},
    {"chart", "００１２ ３４", "001234", false},
    {"hash", "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF",
     "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", false},
    {"hash", "0011", NULL, false},
};

// A form with one field of each type, named like it.
static policy_files files_of_types(void)
{
    policy_files f = kit_rules();
    buf b = {0};
    kit_put(&f, "requests.yaml",
            "refusals: [{id: other, ja: 他, en: other, explain: yes}, {id: none, ja: 無, en: none}]\n"
            "relations: [{id: parent, ja: 父母, en: parent, until_majority: yes}]\nsecond_check: []\n"
            "told: {emergency: [disclosing, own]}\n");
    buf_put_str(&b, "form: t\ncode: T\nversion: 2\nja: 用紙\nen: form\nfiled_by: [clinic]\nsections:\n"
                    "  - id: s\n    ja: 部\n    en: part\n    fields:\n");
    for (int t = 0; t < FORM_TYPES; t++) {
        const char *name = policy_form_type_name((form_type)t);
        buf_printf(&b, "      - {id: %s, ja: 項, en: field, type: %s%s}\n", name, name,
                   t == FORM_TEXT       ? ", max: 10"
                   : t == FORM_COUNT_OF ? ", max: 50"
                   : t == FORM_CHOICE   ? ", choices: [{id: c1, ja: 丙, en: c}, {id: c2, ja: 丁, en: d}]"
                                        : "");
    }
    buf_put_str(&b, "      - {id: birth, ja: 生, en: born, type: date}\n"
                    "      - {id: proxy, ja: 代, en: proxy, type: name, required: {when: birth, is: minor}}\n"
                    "      - {id: linked, ja: 続, en: linked, type: relation, required: {when: proxy}}\n"
                    "      - {id: why, ja: 訳, en: why, type: note, required: {when: choice, is: c2}}\n"
                    "      - {id: tell, ja: 説, en: tell, type: note, required: {when: reason, is: other}}\n"
                    "      - {id: office, ja: 事, en: office, type: text, by: [secretariat], required: yes}\n");
    kit_put(&f, "forms/t.yaml", buf_str(&b));
    buf_done(&b);
    return f;
}

static policy *POLICY;

static int setup(void **state)
{
    (void)state;
    policy_files f = files_of_types();
    POLICY = kit_open(&f);
    policy_files_done(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    policy_free(POLICY);
    return 0;
}

static day today(void) { return day_of(2026, 11, 22); }

static void test_cases(void **state)
{
    (void)state;
    bool seen[FORM_TYPES] = {0};
    int form = policy_form_find(POLICY, "t");
    buf normal = {0};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const value_case *c = &CASES[i];
        int field = policy_form_field_find(POLICY, form, c->type);
        value_said said;
        assert_int_not_equal(field, POLICY_NONE);
        seen[policy_form_field_at(POLICY, form, field).type] = true;
        form_value(POLICY, form, field, c->text, today(), &normal, &said);
        value_level level = !c->normal ? VALUE_BAD : c->warned ? VALUE_WARNED : VALUE_GOOD;
        if (said.level != level || (c->normal && strcmp(buf_str(&normal), c->normal) != 0))
            fail_msg("%s \"%s\": %d \"%s\" (%s)", c->type, c->text, (int)said.level, buf_str(&normal), said.text);
        assert_true((said.level == VALUE_GOOD) == (said.text[0] == '\0'));
        if (!c->normal || form == POLICY_NONE)
            continue;
        // What is normal stays as it is.
        buf again = {0};
        form_value(POLICY, form, field, c->normal, today(), &again, &said);
        assert_string_equal(buf_str(&again), c->normal);
        buf_done(&again);
    }
    for (int t = 0; t < FORM_TYPES; t++)
        if (!seen[t])
            fail_msg("no case for %s", policy_form_type_name((form_type)t));
    buf_done(&normal);
}

// Cut at each byte, and any bytes at all: never more than an answer.
static void test_hostile(void **state)
{
    (void)state;
    int form = policy_form_find(POLICY, "t");
    uint64_t seed = 4;
    buf normal = {0};
    value_said said;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (size_t cut = 0; cut < strlen(CASES[i].text); cut++) {
            char text[128];
            snprintf(text, sizeof text, "%.*s", (int)cut, CASES[i].text);
            form_value(POLICY, form, policy_form_field_find(POLICY, form, CASES[i].type), text, today(), &normal, &said);
        }
    for (int round = 0; round < 4000; round++) {
        char text[300];
        size_t len = kit_random(&seed) % sizeof text;
        for (size_t k = 0; k < len; k++)
            text[k] = (char)(1 + kit_random(&seed) % (round % 2 ? 255 : 0x60));
        text[len ? len - 1 : 0] = '\0';
        form_value(POLICY, form, (int)(kit_random(&seed) % FORM_TYPES), text, today(), &normal, &said);
        assert_true(said.level == VALUE_BAD ? normal.len == 0 : normal.sticky == OK);
    }
    buf_done(&normal);
}

static form_report check(const filled *f, uint32_t hands, filled *normal)
{
    form_report r = {0};
    assert_int_equal(form_check(POLICY, f, today(), hands, normal, &r), OK);
    return r;
}

static bool said_of(const form_report *r, const char *name)
{
    int field = policy_form_field_find(POLICY, policy_form_find(POLICY, "t"), name);
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].field == field && !r->items[i].warning)
            return true;
    return false;
}

// What is required when: a minor's proxy, his relation, a choice's explanation, a reason's.
static void test_required(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *missing; // missing NULL: nothing
    } NEEDS[] = {
        {"birth", "2008-11-23", "proxy"}, // 18 tomorrow
        {"birth", "平成20年11月22日", NULL}, // 18 today
        {"birth", "2027-01-01", "birth"}, // not born yet
        {"proxy", "山田", "linked"},
        {"choice", "c1", NULL},
        {"choice", "c2", "why"},
        {"reason", "other", "tell"},
        {"reason", "none", NULL},
    };
    for (size_t i = 0; i < sizeof NEEDS / sizeof *NEEDS; i++) {
        filled f;
        assert_int_equal(filled_init(&f, "t", 2), OK);
        assert_int_equal(filled_add(&f, NEEDS[i].name, NEEDS[i].value), OK);
        form_report r = check(&f, 1u << HAND_CLINIC, NULL);
        assert_int_equal(r.errors, NEEDS[i].missing != NULL);
        if (NEEDS[i].missing)
            assert_true(said_of(&r, NEEDS[i].missing));
        form_report_done(&r);
        r = check(&f, FORM_ALL_HANDS, NULL); // the office's part is missing too
        assert_true(said_of(&r, "office"));
        form_report_done(&r);
        filled_done(&f);
    }
    assert_int_equal(form_majority_day(day_of(2008, 2, 29), 18), day_of(2026, 3, 1));
}

static void test_whole(void **state)
{
    (void)state;
    filled f, normal;
    assert_int_equal(filled_init(&f, "t", 2), OK);
    assert_int_equal(filled_add(&f, "categories", "レポート"), OK);
    assert_int_equal(filled_add(&f, "categories", "basics"), OK);
    assert_int_equal(filled_add(&f, "categories", "基本"), OK);
    assert_int_equal(filled_add(&f, "text", "a"), OK);
    form_report r = check(&f, 1u << HAND_CLINIC, &normal);
    assert_int_equal(r.count, 0);
    const filled_field *list = filled_find(&normal, "categories");
    assert_int_equal(list->count, 2); // sorted, once each
    assert_string_equal(list->values[0], "basics");
    assert_string_equal(list->values[1], "reports");
    filled_done(&normal);
    assert_int_equal(filled_add(&f, "text", "b"), OK); // two where one belongs
    assert_int_equal(filled_add(&f, "phoen", "0116818111"), OK);
    r = check(&f, 1u << HAND_CLINIC, NULL);
    assert_int_equal(r.errors, 2);
    assert_true(said_of(&r, "text"));
    assert_true(strstr(r.items[0].text, "phone") != NULL); // did you mean
    form_report_done(&r);
    filled_done(&f);
    assert_int_equal(filled_init(&f, "t", 1), OK); // an older paper
    r = check(&f, 1u << HAND_CLINIC, NULL);
    assert_int_equal(r.warnings, 1);
    assert_int_equal(r.errors, 0);
    form_report_done(&r);
    // What it did not ask may be empty, what is no longer asked may stand there.
    assert_int_equal(filled_add(&f, "asked-once", "yes"), OK);
    r = check(&f, FORM_ALL_HANDS, NULL);
    assert_int_equal(r.errors, 0);
    assert_int_equal(r.warnings, 3); // the version, the field, and what is missing
    form_report_done(&r);
    f.version = 2;
    r = check(&f, FORM_ALL_HANDS, NULL);
    assert_int_equal(r.errors, 2);
    form_report_done(&r);
    f.version = 3;
    assert_int_equal(filled_add(&f, "office", "丙"), OK);
    r = check(&f, 1u << HAND_CLINIC, NULL);
    assert_int_equal(r.errors, 2); // the version, and the field
    form_report_done(&r);
    filled_done(&f);
    assert_int_equal(filled_init(&f, "nothing", 1), OK);
    r = check(&f, FORM_ALL_HANDS, NULL);
    assert_int_equal(r.errors, 1);
    form_report_done(&r);
    filled_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_whole),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
