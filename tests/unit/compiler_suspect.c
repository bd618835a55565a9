// SPDX-License-Identifier: Apache-2.0
// What is legal but suspicious, and exactly what is then said (tests/golden). The
// rules still compile, and to the same bytes as without the warnings.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/compiler/draft.h"
#include "tests/unit/compiler_kit.h"

#define KEY60 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"
#define HEAD "version: 1\neffective_from: 2026-04-01\n"
#define SEAT(id, institution, term, key) \
    "  - {id: " id ", institution: " institution ", office: 世話人, " term ", key: " KEY60 key "}\n"
#define TERM "from: 2026-04-01, until: 2028-03-31"
#define SEATS "seats:\n" SEAT("s1", "甲", TERM, "0001") SEAT("s2", "乙", TERM, "0002")
#define TESTS "given: {date: 2026-06-01, viewer: みき, through: b, source: 甲病院}\ntests:\n"

typedef struct oddity {
    const char *title, *file, *text;
    size_t warnings;
} oddity;

static const oddity ODDITIES[] = {
    {"nothing", "index.yaml", "grain: month\n", 0},
    {"contradiction", "rules.yaml",
     "rules:\n  - {allow: all, roles: physician}\n  - {allow: [basics, reports], roles: nurse}\n"
     "  - {deny: [basics], roles: nurse}\n", 1},
    {"no contradiction: something more specific decides", "rules.yaml",
     "rules:\n  - {allow: all, roles: physician}\n  - {deny: [basics], roles: nurse}\n"
     "  - {allow: [basics], roles: nurse, kinds: clinic, purposes: treatment}\n", 0},
    {"hidden by what names more", "rules.yaml",
     "rules:\n  - {allow: all, roles: physician}\n  - {allow: [basics], roles: nurse}\n"
     "  - {deny: [basics], roles: nurse, kinds: [hospital, clinic]}\n", 1},
    {"a denial that is overruled everywhere", "rules.yaml",
     "rules:\n  - {deny: all, kinds: [hospital, clinic]}\n  - {allow: all, roles: [physician, nurse], kinds: [clinic, hospital]}\n", 1},
    {"the same twice", "rules.yaml",
     "rules:\n  - {allow: all, roles: physician}\n  - {allow: [basics], roles: physician, kinds: clinic}\n", 1},
    {"a denial that stands guard", "rules.yaml",
     "rules:\n  - {allow: all, roles: physician}\n  - {deny: all, roles: nurse}\n", 0},
    {"a denial denied already", "rules.yaml",
     "rules:\n  - {allow: all}\n  - {deny: [basics], roles: nurse}\n  - {deny: [basics], roles: nurse, kinds: clinic}\n", 1},
    {"a kind that nobody has and no rule names", "kinds.yaml",
     "kinds:\n  - {id: hospital, ja: 病院, en: hospital}\n  - {id: clinic, ja: 診療所, en: clinic}\n"
     "  - {id: ship, ja: 船, en: ship}\n", 0},
    {"wider than every agreement", "agreements/a-b.yaml",
     "between: [a, b, c]\nfrom: 2026-04-01\nkinds: clinic\nwithout_categories: [reports]\n", 2},
    {"a union without agreements, a kind without agreements", "agreements/a-b.yaml",
     "between: [a, b]\nfrom: 2026-04-01\none_way: [{discloser: a, viewer: b, kinds: hospital}, "
     "{discloser: b, viewer: a, kinds: hospital}]\n", 5},
    {"terms", "council.yaml",
     HEAD "seats:\n" SEAT("over", "甲", "from: 2024-06-01, until: 2026-05-31", "0001")
         SEAT("before", "乙", "from: 2024-03-31, until: 2026-03-30", "0002")
             SEAT("long", "丙", "from: 2026-04-01, until: 2028-04-01", "0003")
                 SEAT("good", "丁", "from: 2026-04-01, until: 2028-03-31", "0004"), 3},
    {"four seats of one institution", "council.yaml",
     HEAD "seats:\n" SEAT("s1", "甲", TERM, "0001") SEAT("s2", "甲", TERM, "0002") SEAT("s3", "甲", TERM, "0003")
         SEAT("s4", "甲", TERM, "0004"), 1},
    {"seats without keys, a small quorum", "council.yaml",
     HEAD "quorum: 2/3\nseats:\n" SEAT("s1", "甲", TERM, "0001")
         "  - {id: s2, institution: 乙, office: 世話人, " TERM "}\n", 2},
    {"nobody to ratify, and nothing before", "council.yaml", "version: 2\neffective_from: 2026-04-01\n", 2},
    {"emergency: no rule allows it", "emergency.yaml",
     "kinds: clinic\nroles: nurse\ncategories: [basics, reports]\nminutes: 30\ntold: [本人]\nreview_hours: 24\n"
     "without_consent: いいえ\ndespite_objection: no\n", 2},
    {"tests that test nothing", "tests/t.yaml",
     TESTS "  - {question: 一, role: 医師, purpose: 診療, category: 画像, answer: はい}\n"
     "  - {question: 同じ, role: physician, purpose: treatment, category: imaging, answer: はい}\n"
     "  - {question: 同意なし, role: 看護師, purpose: 診療, category: 画像, consent: いいえ, answer: いいえ}\n"
     "  - {question: それを試す, role: 看護師, purpose: 診療, category: 基本, consent: いいえ, answer: いいえ, reason: 同意}\n", 2},
    {"no tests", "tests/t.yaml", "tests: []\n", 1},
};

static policy_files quiet_rules(void)
{
    policy_files f = kit_rules();
    kit_put(&f, "hub-keys.yaml", "keys: {tls: [" KEY60 "aaaa], sign: [" KEY60 "bbbb]}\n");
    kit_put(&f, "council.yaml", HEAD SEATS);
    kit_put(&f, "agreements/a-c.yaml", "between: [a, c]\nfrom: 2026-04-01\n");
    return f;
}

static void golden_of(const char *name)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    for (size_t i = 0; i < COUNT_OF(ODDITIES); i++) {
        const oddity *o = &ODDITIES[i];
        policy_files f = quiet_rules();
        diag d = {0}, plain = {0};
        buf bytes = {0}, same = {0};
        kit_put(&f, o->file, o->text);
        if (strcmp(o->file, "agreements/a-b.yaml") == 0)
            kit_drop(&f, "agreements/a-c.yaml");
        fprintf(out, "== %s\n", o->title);
        err e = policy_check(&f, day_of(2026, 6, 1), &d, &bytes);
        diag_print(&d, out);
        fputs("\n", out);
        if (e || d.warnings != o->warnings)
            diag_print(&d, stderr);
        assert_int_equal(e, OK);
        if (d.warnings != o->warnings)
            fail_msg("%s: %zu warnings instead of %zu", o->title, d.warnings, o->warnings);
        assert_int_equal(policy_compile(&f, &plain, &same), OK);
        assert_true(span_eq(buf_span(&bytes), buf_span(&same)));
        buf_done(&bytes);
        buf_done(&same);
        diag_done(&d);
        diag_done(&plain);
        policy_files_done(&f);
    }
    fclose(out);
    kit_golden(name, text);
    free(text);
}

static void test_messages(void **state)
{
    (void)state;
    golden_of("policy.warnings.txt");
}

static void test_messages_in_japanese(void **state)
{
    (void)state;
    if (!kit_speaks_japanese())
        skip();
    golden_of("policy.warnings.ja.txt");
    kit_speaks_english();
}

static void test_never_matches(void **state)
{
    (void)state;
    policy_files f = quiet_rules();
    diag d = {0};
    buf bytes = {0};
    kit_put(&f, "kinds.yaml", "kinds:\n  - {id: hospital, ja: 病院, en: hospital}\n  - {id: clinic, ja: 診療所, en: clinic}\n"
                              "  - {id: ship, ja: 船, en: ship}\n");
    kit_put(&f, "rules.yaml", "rules:\n  - {allow: all, roles: physician}\n  - {allow: [basics], kinds: ship, roles: nurse}\n");
    assert_int_equal(policy_check(&f, DAY_NONE, &d, &bytes), OK);
    assert_int_equal(d.warnings, 1);
    assert_non_null(strstr(d.items[0].message, "never match"));
    assert_int_equal(d.items[0].line, 3);
    buf_done(&bytes);
    diag_done(&d);
    policy_files_done(&f);
}

// A term that has ended is said only to someone who knows the day.
static void test_without_a_day(void **state)
{
    (void)state;
    policy_files f = quiet_rules();
    diag d = {0};
    buf bytes = {0};
    assert_int_equal(policy_check(&f, DAY_NONE, &d, &bytes), OK);
    assert_int_equal(d.warnings, 0);
    buf_done(&bytes);
    assert_int_equal(policy_check(&f, day_of(2028, 3, 31), &d, &bytes), OK);
    assert_int_equal(d.warnings, 0); // the last day counts
    buf_done(&bytes);
    assert_int_equal(policy_check(&f, day_of(2028, 4, 1), &d, &bytes), OK);
    assert_int_equal(d.warnings, 2);
    buf_done(&bytes);
    diag_done(&d);
    policy_files_done(&f);
}

// YAML that means harm is refused by the reader, whatever file it stands in.
static void test_hostile(void **state)
{
    (void)state;
    static const char LAUGHS[] = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nrules: *c\n";
    char *deep = calloc(1, 100001), *huge = calloc(1, 70001);
    assert_true(deep && huge);
    memset(deep, '[', 100000);
    memset(huge, 'x', 70000);
    memcpy(huge, "note: ", 6);
    const char *const BAD[] = {LAUGHS, deep, huge, "rules: \xff\xfe\n", "rules: []\nrules: []\n", "rules: !!map []\n",
                               "--- \nrules: []\n--- \nrules: []\n", "rules: [\"\xe2\x80\xae\"]\n"};
    static const char *const FILES[] = {"rules.yaml", "council.yaml", "unions/a.yaml", "tests/t.yaml", "emergency.yaml"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++)
        for (size_t k = 0; k < COUNT_OF(FILES); k++) {
            policy_files f = quiet_rules();
            diag d = {0};
            buf bytes = {0};
            kit_put(&f, FILES[k], BAD[i]);
            assert_int_equal(policy_check(&f, DAY_NONE, &d, &bytes), ERR_FORMAT);
            assert_true(d.errors > 0);
            assert_null(bytes.at);
            diag_done(&d);
            policy_files_done(&f);
        }
    free(deep);
    free(huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_messages_in_japanese),
        cmocka_unit_test(test_never_matches),
        cmocka_unit_test(test_without_a_day),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
