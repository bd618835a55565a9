// SPDX-License-Identifier: Apache-2.0
// The council's own files, edited as a clerk edits them: in a hurry, in Windows' editor, with
// the Japanese keyboard still on. Every message is kept in tests/golden in both languages,
// so that a person reads it whenever it changes.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/compiler_kit.h"

typedef struct slip {
    const char *title, *file;
    const char *from, *to; // the first occurrence; from NULL: `to` is put at the file's end, or is the file
} slip;

#define SEAT_KKR "  - {id: kkr,        institution: KKR札幌医療センター,  office: 世話人,     from: 令和7年10月31日, until: 令和9年10月30日}"
#define TERM "from: 令和7年10月31日, until: 令和9年10月30日}"

static const slip SLIPS[] = {
    {"a short name misspelt", "agreements/tmnit-kkr.yaml", "between: [tmnit, kkr]", "between: [tmnit, krk]"},
    {"a hospital's name where the short name stands", "agreements/tmnit-kkr.yaml", "between: [tmnit, kkr]",
     "between: [tmnit, KKR札幌医療センター]"},
    {"a role's label, cut short", "rules.yaml", "roles: physician", "roles: 医者"},
    {"a kind in the plural", "rules.yaml", "kinds: [hospital, clinic], roles: physician",
     "kinds: [hospitals, clinic], roles: physician"},
    {"the thirty-first of April", "council.yaml", "令和8年4月1日", "令和8年4月31日"},
    {"an era that had ended", "council.yaml", "令和8年4月1日", "平成38年4月1日"},
    {"an era that does not exist", "council.yaml", "令和8年4月1日", "令元8年4月1日"},
    {"a date the American way", "council.yaml", "令和8年4月1日", "4/1/2026"},
    {"a date without its day", "council.yaml", "令和8年4月1日", "令和8年4月"},
    {"full-width digits are fine", "council.yaml", "令和8年4月1日", "令和８年４月１日"},
    {"a full-width colon", "council.yaml", "ticket_minutes: 10", "ticket_minutes：10"},
    {"a full-width space after the colon", "council.yaml", "ticket_minutes: 10", "ticket_minutes:　10"},
    {"a full-width comma", "agreements/tmnit-kkr.yaml", "between: [tmnit, kkr]", "between: [tmnit、kkr]"},
    {"full-width brackets", "agreements/tmnit-kkr.yaml", "between: [tmnit, kkr]", "between: ［tmnit, kkr］"},
    {"a full-width space before the key", "index.yaml", "grain: month", "　grain: month"},
    {"a full-width number sign", "index.yaml", "grain: month", "grain: month ＃ 月"},
    {"no space after the colon", "council.yaml", "ticket_minutes: 10", "ticket_minutes:10"},
    {"no space after the colon, in braces", "unions/kkr.yaml", "ward: 白石区", "ward:白石区"},
    {"indented with a tab", "unions/kkr.yaml", "  - {code: 0119900926", "\t- {code: 0119900926"},
    {"indented too little", "rules.yaml", "    kinds: [hospital, clinic, visiting-nursing]\n    roles",
     "    kinds: [hospital, clinic, visiting-nursing]\n  roles"},
    {"indented too far", "council.yaml", "ticket_minutes: 10", "  ticket_minutes: 10"},
    {"the dash forgotten", "unions/kkr.yaml", "  - {code: 0119900959", "    {code: 0119900959"},
    {"no space after the dash", "unions/kkr.yaml", "  - {code: 0119900959", "  -{code: 0119900959"},
    {"a quote not closed", "categories.yaml", "\"radiology, endoscopy\"", "\"radiology, endoscopy"},
    {"a brace not closed", "unions/kkr.yaml", "name: 白石区見本クリニック02, ward: 白石区, kind: clinic}",
     "name: 白石区見本クリニック02, ward: 白石区, kind: clinic"},
    {"a bracket not closed", "agreements/tmnit-kkr.yaml", "between: [tmnit, kkr]", "between: [tmnit, kkr"},
    {"a comma forgotten", "unions/kkr.yaml", "ward: 白石区, kind", "ward: 白石区 kind"},
    {"a colon in a text", "rules.yaml", "    note: 看護職は画像", "    note: 注意: 看護職は画像"},
    {"a check digit wrong", "unions/kkr.yaml", "0119900959", "0119900958"},
    {"a digit too few, by the spreadsheet", "unions/kkr.yaml", "0119900959", "119900959"},
    {"a code with hyphens", "unions/kkr.yaml", "0119900959", "01-1990095-9"},
    {"a code in full width", "unions/kkr.yaml", "0119900959", "０１１９９００９５９"},
    {"a facility listed twice", "unions/kkr.yaml", "  - {code: 0119900959",
     "  - {code: 0119900926, name: 白石区見本クリニック02, ward: 白石区, kind: clinic}\n  - {code: 0119900959"},
    {"another's name for the same code", "unions/kkr.yaml", "0119900959, name: 豊平区見本クリニック01",
     "0119900074, name: 豊平区見本クリニック01"},
    {"a window above the council's maximum", "agreements/tmnit-kkr.yaml", NULL, "windows: {reports: 1年}\n"},
    {"a window in half years", "agreements/tmnit-kkr.yaml", NULL, "windows: {imaging: 半年}\n"},
    {"a window in days", "categories.yaml", "window: 6か月", "window: 180日"},
    {"an agreement with oneself", "agreements/tmnit-kkr.yaml", "between: [tmnit, kkr]", "between: [kkr, kkr]"},
    {"a second agreement for a pair", "agreements/new.yaml", NULL, "between: [kkr, tmnit]\nfrom: 令和8年4月1日\n"},
    {"a last day before the first", "agreements/tmnit-kkr.yaml", NULL, "until: 令和7年3月31日\n"},
    {"a key of another file", "agreements/tmnit-kkr.yaml", NULL, "secretariat: 手稲渓仁会病院\n"},
    {"a key twice", "agreements/tmnit-kkr.yaml", NULL, "from: 令和9年4月1日\n"},
    {"a seat twice", "council.yaml", SEAT_KKR, SEAT_KKR "\n" SEAT_KKR},
    {"a term of three years", "council.yaml", "office: 代表世話人, from: 令和7年10月31日, until: 令和9年",
     "office: 代表世話人, from: 令和7年10月31日, until: 令和10年"},
    {"a fourth seat of one institution", "council.yaml", SEAT_KKR,
     SEAT_KKR "\n  - {id: kkr-b, institution: KKR札幌医療センター, office: 世話人, " TERM
     "\n  - {id: kkr-c, institution: KKR札幌医療センター, office: 世話人, " TERM
     "\n  - {id: kkr-d, institution: KKR札幌医療センター, office: 世話人, " TERM},
    {"a person's name in a seat", "council.yaml", "{id: kkr,        institution", "{id: kkr, name: 札幌太郎, institution"},
    {"a percentage", "council.yaml", "quorum: 3/4", "quorum: 75%"},
    {"yes in another word", "emergency.yaml", "without_consent: はい", "without_consent: 可"},
    {"hours in words", "emergency.yaml", "review_hours: 72", "review_hours: 72時間"},
    {"a unit after the number", "council.yaml", "ticket_minutes: 10", "ticket_minutes: 10分"},
    {"a deny written over an allow", "rules.yaml", "- deny: [imaging, reports, referrals]",
     "- deny: [imaging, reports, referrals]\n    allow: [imaging]"},
    {"kind for kinds", "rules.yaml", "kinds: administration", "kind: administration"},
    {"a wrong file name", "agreements/tmnit-kkr.yml", NULL, "between: [tmnit, kkr]\n"},
    {"Word's quotation marks", "categories.yaml", "\"radiology, endoscopy\"", "“radiology, endoscopy”"},
    {"a comment without a space", "index.yaml", "grain: month", "grain: month#月"},
};

// A copy of the shipped rules with one slip in it.
static policy_files slipped(const slip *s)
{
    char dir[4096];
    diag d = {0};
    policy_files f = {0};
    buf text = {0};
    snprintf(dir, sizeof dir, "%s/policies/sapporo", kit_source());
    assert_int_equal(policy_load_dir(dir, &d, &f), OK);
    diag_done(&d);
    for (size_t i = 0; i < f.count; i++) { // the same words wherever the checkout stands
        free(f.items[i].path);
        assert_non_null(f.items[i].path = strdup(f.items[i].name));
        if (strcmp(f.items[i].name, s->file) != 0)
            continue;
        const char *old = buf_str(&f.items[i].text), *at = s->from ? strstr(old, s->from) : old + strlen(old);
        if (!at)
            fail_msg("%s: \"%s\" no longer stands in %s", s->title, s->from, s->file);
        assert_int_equal(buf_put(&text, old, (size_t)(at - old)), OK);
        assert_int_equal(buf_put_str(&text, s->to), OK);
        assert_int_equal(buf_put_str(&text, at + (s->from ? strlen(s->from) : 0)), OK);
    }
    kit_put(&f, s->file, text.len ? buf_str(&text) : s->to);
    buf_done(&text);
    return f;
}

static void slips_golden(const char *name)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    for (size_t i = 0; i < sizeof SLIPS / sizeof *SLIPS; i++) {
        policy_files f = slipped(&SLIPS[i]);
        diag d = {0};
        buf bundle = {0};
        fprintf(out, "== %s\n", SLIPS[i].title);
        err e = policy_check(&f, day_of(2026, 6, 1), &d, &bundle);
        assert_true(e == OK || (e == ERR_FORMAT && d.errors > 0));
        diag_print(&d, out);
        fputs("\n", out);
        diag_done(&d);
        buf_done(&bundle);
        policy_files_done(&f);
    }
    fclose(out);
    kit_golden(name, text);
    free(text);
}

static void test_english(void **state)
{
    (void)state;
    slips_golden("clerk.en.txt");
}

static void test_japanese(void **state)
{
    (void)state;
    if (!kit_speaks_japanese())
        skip();
    slips_golden("clerk.ja.txt");
    kit_speaks_english();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_english),
        cmocka_unit_test(test_japanese),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
