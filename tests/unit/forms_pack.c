// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// Filled forms as bytes (one spelling each) and as files; and the shipped forms, filled in
// as a clerk would.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/forms/check.h"
#include "policies/forms/number.h"
#include "tests/unit/compiler_kit.h"

static filled sample(void)
{
    filled f;
    assert_int_equal(filled_init(&f, "consent", 1), OK);
    assert_int_equal(filled_add(&f, "phone", "0116818111"), OK);
    assert_int_equal(filled_add(&f, "grantees", "kkr"), OK);
    assert_int_equal(filled_add(&f, "grantees", "0119900017"), OK);
    assert_int_equal(filled_add(&f, "birth", "1980-01-02"), OK);
    memset(f.number, 7, sizeof f.number);
    form_number_seal(f.number);
    return f;
}

static void test_round_trip(void **state)
{
    (void)state;
    filled f = sample(), g;
    buf one = {0}, two = {0};
    assert_int_equal(form_pack(&f, &one), OK);
    assert_int_equal(form_unpack(buf_span(&one), &g), OK);
    assert_string_equal(g.form, "consent");
    assert_int_equal(g.count, 3);
    assert_string_equal(g.fields[0].name, "birth"); // by name
    assert_string_equal(filled_find(&g, "grantees")->values[1], "0119900017");
    assert_string_equal(filled_value(&g, "absent"), "");
    assert_memory_equal(g.number, f.number, sizeof f.number);
    assert_int_equal(form_pack(&g, &two), OK);
    assert_true(span_eq(buf_span(&one), buf_span(&two)));
    filled_done(&f);
    filled_done(&g);
    buf_done(&one);
    buf_done(&two);
}

static void test_damage(void **state)
{
    (void)state;
    filled f = sample(), g;
    buf one = {0}, again = {0};
    uint64_t seed = 9;
    assert_int_equal(form_pack(&f, &one), OK);
    for (size_t cut = 0; cut < one.len; cut++) {
        uint8_t *copy = malloc(cut ? cut : 1);
        assert_non_null(copy);
        memcpy(copy, one.at, cut);
        if (form_unpack(span_of(copy, cut), &g) == OK) { // a whole message all the same: then one spelling
            buf_clear(&again);
            assert_int_equal(form_pack(&g, &again), OK);
            assert_true(span_eq(buf_span(&again), span_of(copy, cut)));
            filled_done(&g);
        }
        free(copy);
    }
    for (int round = 0; round < 20000; round++) {
        uint8_t copy[256];
        assert_true(one.len <= sizeof copy);
        memcpy(copy, one.at, one.len);
        for (int n = 1 + (int)(kit_random(&seed) % 3); n; n--)
            copy[kit_random(&seed) % one.len] = (uint8_t)kit_random(&seed);
        if (form_unpack(span_of(copy, one.len), &g) != OK)
            continue;
        buf_clear(&again);
        assert_int_equal(form_pack(&g, &again), OK);
        assert_true(span_eq(buf_span(&again), span_of(copy, one.len)));
        filled_done(&g);
    }
    filled_done(&f);
    buf_done(&one);
    buf_done(&again);
}

static void test_limits(void **state)
{
    (void)state;
    filled f;
    char long_text[FILLED_TEXT + 2];
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(filled_init(&f, "x", 1), OK);
    assert_int_equal(filled_add(&f, "a", long_text), ERR_LIMIT);
    for (int i = 0; i < FILLED_VALUES; i++)
        assert_int_equal(filled_add(&f, "list", "v"), OK);
    assert_int_equal(filled_add(&f, "list", "v"), ERR_LIMIT);
    for (int i = 1; i < FILLED_FIELDS; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", i);
        assert_int_equal(filled_add(&f, name, "v"), OK);
    }
    assert_int_equal(filled_add(&f, "one-more", "v"), ERR_LIMIT);
    filled_done(&f);
}

static err read_text(const char *text, char **ret_said, filled *f)
{
    diag d = {0};
    size_t len;
    err e = form_read(span_str(text), "x.yaml", &d, f);
    FILE *out = open_memstream(ret_said, &len);
    diag_print(&d, out);
    fclose(out);
    diag_done(&d);
    return e;
}

static void test_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } BAD[] = {
        {"form: x\n", "\"fields\" is missing"},
        {"fields: {a: b}\n", "\"form\" is missing"},
        {"form: x\nfeilds: {a: b}\n", "did you mean \"fields\""},
        {"form: x\nversion: 0\nfields: {}\n", "x.yaml:2:10"},
        {"form: x\nfields: {a: {b: c}}\n", "one text or a list"},
        {"form: x\nfields: {a: [[b]]}\n", "one text or a list"},
        {"- a\n", "key: value"},
        {"", "key: value"},
    };
    filled f, g;
    char *said = NULL;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_int_equal(read_text(BAD[i].text, &said, &f), ERR_FORMAT);
        if (!strstr(said, BAD[i].said))
            fail_msg("%zu: %s", i, said);
        free(said);
    }
    assert_int_equal(read_text("form: x\nversion: 2\nnote: n\nfields:\n  a: b\n  l: [1, \"2\"]\n  empty:\n", &said, &f), OK);
    free(said);
    assert_int_equal(f.count, 2);
    assert_int_equal(f.fields[0].line, 5);
    filled_done(&f);
    f = sample();
    assert_int_equal(filled_add(&f, "reason", "a \"b\"\\\nc: #d"), OK);
    buf out = {0}, one = {0}, two = {0};
    assert_int_equal(form_write(&f, &out), OK);
    assert_int_equal(read_text(buf_str(&out), &said, &g), OK);
    free(said);
    assert_int_equal(form_pack(&f, &one), OK);
    assert_int_equal(form_pack(&g, &two), OK);
    assert_true(span_eq(buf_span(&one), buf_span(&two)));
    filled_done(&f);
    filled_done(&g);
    buf_done(&out);
    buf_done(&one);
    buf_done(&two);
}

// The ten of Sapporo and those of Kitami: each is there, and a consent can be filled in.
static void test_shipped(void **state)
{
    (void)state;
    static const char *const TEN[] = {"application", "change", "completion", "consent", "leaving",
                                      "objection", "pledge", "refusal", "registration", "withdrawal"};
    static const char CONSENT[] =
        "form: consent\nversion: 1\nfields:\n  date: 令和8年11月1日\n  family-name: 見本\n  given-name: 花子\n"
        "  family-kana: みほん\n  given-kana: ﾊﾅｺ\n  birth: 平成25年1月2日\n  sex: 女\n  postal: 〒006-8555\n"
        "  insurer: 06050116\n  symbol: あいう\n  number: 187-05\n  whom: everyone\n  categories: すべて\n"
        "  linked: いいえ\n  emergency: はい\n  signature: はい\n";
    char dir[4096], *said = NULL;
    diag d = {0};
    policy_files files = {0};
    filled f, normal;
    form_report r;
    snprintf(dir, sizeof dir, "%s/policies/sapporo", kit_source());
    assert_int_equal(policy_load_dir(dir, &d, &files), OK);
    diag_done(&d);
    policy *p = kit_open(&files);
    policy_files_done(&files);
    assert_int_equal(policy_form_count(p), 10);
    for (int i = 0; i < 10; i++) {
        assert_string_equal(policy_form_at(p, i).id, TEN[i]);
        assert_true(policy_form_at(p, i).sentence_count > 0);
    }
    assert_int_equal(read_text(CONSENT, &said, &f), OK);
    free(said);
    uint32_t patient = 1u << HAND_PATIENT | 1u << HAND_PROXY;
    assert_int_equal(form_check(p, &f, day_of(2026, 11, 22), patient, &normal, &r), OK);
    assert_int_equal(r.errors, 1); // thirteen years old: a proxy is needed
    assert_string_equal(policy_form_field_at(p, policy_form_find(p, "consent"), r.items[0].field).name, "proxy-name");
    assert_string_equal(filled_value(&normal, "given-kana"), "ハナコ");
    assert_string_equal(filled_value(&normal, "sex"), "female");
    filled_done(&normal);
    form_report_done(&r);
    assert_int_equal(filled_add(&f, "proxy-name", "見本 太郎"), OK);
    assert_int_equal(filled_add(&f, "proxy-relation", "親権者(父母)"), OK);
    assert_int_equal(filled_add(&f, "proxy-phone", "011-681-8111"), OK);
    assert_int_equal(form_check(p, &f, day_of(2026, 11, 22), patient, NULL, &r), OK);
    assert_int_equal(r.count, 0);
    form_report_done(&r);
    filled_done(&f);
    policy_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_shipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
