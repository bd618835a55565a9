// SPDX-License-Identifier: Apache-2.0
// The rest of what the compiler can say, so that each of its sentences stands in a snapshot (house_messages
// counts them): odd but legal files, limits, files that cannot be read, and why a test of the rules fails.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policies/compiler/draft.h"
#include "policies/compiler/trial.h"
#include "tests/unit/compiler_kit.h"

#define KEY60 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"
#define REQUESTS \
    "refusals:\n  - {id: r, ja: 甲, en: a}\nrelations:\n  - {id: p, ja: 親, en: parent}\n" \
    "second_check: [weak]\nretention: 5年\n"
#define FORM(id, code, hands) \
    "form: " id "\ncode: " code "\nversion: 1\nja: 用紙\nen: form\nfiled_by: [" hands "]\nsections:\n" \
    "  - id: a\n    ja: 一\n    en: one\n    fields:\n      - {id: b, ja: 甲, en: a, type: text}\n"
#define GIVEN \
    "given: {date: 2026-06-01, viewer: みき, through: b, source: 甲病院, role: 医師, purpose: 診療}\ntests:\n"

typedef struct oddity {
    const char *title, *file, *text;
} oddity;

static const oddity ODDITIES[] = {
    {"a file of no folder", "photos.yaml", "x: 1\n"},
    {"requests: what asks for more changes nothing", "requests.yaml",
     REQUESTS "matching: {show: [likely], accept: [[insurance, birth], [insurance, birth, sex]]}\n"
              "told: {emergency: [own, disclosing]}\n"},
    {"requests: what asks for less comes later", "requests.yaml",
     REQUESTS "matching: {show: [likely], accept: [[insurance, birth, sex], [insurance, birth]]}\n"
              "told: {emergency: [own]}\n"},
    {"requests: a strength nobody knows, no lists", "requests.yaml",
     REQUESTS "matching: {show: [strongest], accept: birth}\ntold: {emergency: [own, disclosing]}\n"},
    {"a form without sentences, two lines that look the same", "forms/x.yaml",
     FORM("x", "X", "patient") "      - {id: c, ja: 甲, en: b, type: text}\n"},
    {"a form: an empty sentence", "forms/x.yaml", FORM("x", "X", "patient") "sentences:\n  - {ja: \"\", en: \"\"}\n"},
    {"a form with the code of another", "forms/x.yaml", FORM("x", "Y", "clinic")},
    {"a secretariat with another's key", "unions/c.yaml",
     "union: c\nja: 丁\nen: C\nsecretariat: 丁病院\nsecretariat_key: " KEY60 "0001\n"
     "discloses:\n  - {code: 0119900033, name: 丁病院, kind: hospital}\n"},
    {"more of a kind in no agreement", "unions/c.yaml",
     "union: c\nja: 丁\nen: C\nsecretariat: 丁病院\nviews:\n  - {code: 0119900041, name: 戊医院, kind: clinic}\n"
     "  - {code: 0119900058, name: 己医院, kind: clinic}\n  - {code: 0119900066, name: 庚医院, kind: clinic}\n"},
    {"a rule of a kind that nobody has", "rules.yaml",
     "rules:\n  - {allow: all, roles: physician}\n  - {allow: [basics], kinds: ship, roles: nurse}\n"},
    {"a hospital without a node", "nodes/n1.yaml",
     "node: n1\nunion: a\nhost: n1.example\ndiscloses: [0110113719]\n"
     "keys: {tls: [" KEY60 "0011], sign: [" KEY60 "0012], seal: [" KEY60 "0013]}\n"},
    {"a test of one name for two", "tests/t.yaml", GIVEN "  - {question: q, viewer: 双子医院, category: basics, answer: yes}\n"},
};

static policy_files rules_of(const oddity *o)
{
    policy_files f = kit_rules();
    kit_put(&f, "hub-keys.yaml", "keys: {tls: [" KEY60 "aaaa], sign: [" KEY60 "bbbb]}\n");
    kit_put(&f, "kinds.yaml", "kinds:\n  - {id: hospital, ja: 病院, en: hospital}\n  - {id: clinic, ja: 診療所, en: clinic}\n"
                              "  - {id: ship, ja: 船, en: ship}\n");
    kit_put(&f, "unions/b.yaml",
            "union: b\nja: 乙\nen: B\nsecretariat: 乙病院\nsecretariat_key: " KEY60 "0001\n"
            "discloses:\n  - {code: 0119900017, name: 乙病院, kind: hospital}\n"
            "views:\n  - {code: 1319999999, name: みき, ward: 東区, kind: clinic}\n"
            "  - {code: 0119900025, name: 双子医院, kind: clinic}\n  - {code: 0119900074, name: 双子医院, kind: clinic}\n");
    if (strncmp(o->file, "forms/", 6) == 0)
        kit_put(&f, "forms/y.yaml", FORM("y", "Y", "clinic"));
    if (strcmp(o->title, "more of a kind in no agreement") == 0)
        kit_put(&f, "agreements/a-c.yaml", "between: [a, c]\nfrom: 2026-04-01\nwithout_kinds: [clinic]\n");
    kit_put(&f, o->file, o->text);
    return f;
}

static void check_to(const policy_files *f, FILE *out)
{
    diag d = {0};
    buf bytes = {0};
    (void)!policy_check(f, day_of(2026, 6, 1), &d, &bytes);
    assert_true(d.errors + d.warnings > 0);
    diag_print(&d, out);
    fputs("\n", out);
    buf_done(&bytes);
    diag_done(&d);
}

static void oddities_put(FILE *out)
{
    for (size_t i = 0; i < COUNT_OF(ODDITIES); i++) {
        policy_files f = rules_of(&ODDITIES[i]);
        fprintf(out, "== %s\n", ODDITIES[i].title);
        check_to(&f, out);
        policy_files_done(&f);
    }
}

// ---- limits ------------------------------------------------------------------------

static void repeat(policy_files *f, const char *file, const char *head, const char *before, const char *after, int count)
{
    buf b = {0};
    buf_put_str(&b, head);
    for (int k = 0; k < count; k++)
        buf_printf(&b, "%s%d%s", before, k, after);
    assert_int_equal(b.sticky, OK);
    kit_put(f, file, buf_str(&b));
    buf_done(&b);
}

// Spread over unions: one file of so many entries is refused before they are counted.
static void facilities_many(policy_files *f)
{
    enum { UNION = 10000 };
    buf b = {0};
    for (unsigned k = 0; k <= BUNDLE_FACILITIES; k++) {
        char code[11], file[32];
        if (k % UNION == 0) {
            buf_clear(&b);
            buf_printf(&b, "union: m%u\nja: 語\nen: w\nsecretariat: 丁病院\nviews:\n", k / UNION);
        }
        snprintf(code, sizeof code, "01%07u", k);
        unsigned sum = 0;
        for (unsigned i = 0; i < 9; i++) { // Luhn, as the check digit is
            unsigned digit = (unsigned)(code[8 - i] - '0') * (i % 2 ? 1 : 2);
            sum += digit > 9 ? digit - 9 : digit;
        }
        buf_printf(&b, "  - {code: '%s%u', name: n, kind: clinic}\n", code, (10 - sum % 10) % 10);
        assert_int_equal(b.sticky, OK);
        snprintf(file, sizeof file, "unions/m%u.yaml", k / UNION);
        if (k % UNION == UNION - 1 || k == BUNDLE_FACILITIES)
            kit_put(f, file, buf_str(&b));
    }
    buf_done(&b);
}

#define NODE \
    "node: n%u\nunion: a\nhost: n%u.example\nviews: all\n" \
    "keys: {tls: [" KEY60 "%04x], sign: [" KEY60 "%04x], seal: [" KEY60 "%04x]}\n"
#define SMALL_FORM \
    "form: f%u\ncode: F%u\nversion: 1\nja: 用紙\nen: form\nfiled_by: [clinic]\nsections:\n" \
    "  - {id: a, ja: 一, en: one, fields: [{id: b, ja: 甲, en: a, type: text}]}\n"

static void files_many(policy_files *f, const char *folder, unsigned count)
{
    f->items = realloc(f->items, (f->count + count) * sizeof *f->items);
    assert_non_null(f->items);
    for (unsigned k = 0; k < count; k++) {
        char file[64];
        policy_file *x = &f->items[f->count++];
        snprintf(file, sizeof file, "%s/x%u.yaml", folder, k);
        *x = (policy_file){.path = strdup(file), .name = strdup(file)};
        if (strcmp(folder, "nodes") == 0)
            assert_int_equal(buf_printf(&x->text, NODE, k, k, 3 * k, 3 * k + 1, 3 * k + 2), OK);
        else
            assert_int_equal(buf_printf(&x->text, SMALL_FORM, k, k), OK);
    }
}

static void limits_put(FILE *out)
{
    for (int i = 0; i < 5; i++) {
        policy_files f = kit_rules();
        kit_put(&f, "hub-keys.yaml", "keys: {tls: [" KEY60 "aaaa], sign: [" KEY60 "bbbb]}\n");
        switch (i) {
        case 0:
            repeat(&f, "forms/x.yaml", FORM("x", "X", "clinic"), "      - {id: f", ", ja: 語, en: w, type: text}\n", 64);
            break;
        case 1: files_many(&f, "forms", BUNDLE_FORMS + 1); break;
        case 2: files_many(&f, "nodes", BUNDLE_NODES + 1); break;
        case 3: facilities_many(&f); break;
        default: files_many(&f, "forms", COMPILE_FILES + 1);
        }
        static const char *const MANY[] = {"fields", "forms", "nodes", "facilities", "files"};
        diag d = {0};
        buf bytes = {0};
        fprintf(out, "== too many %s\n", MANY[i]);
        assert_int_equal(policy_check(&f, DAY_NONE, &d, &bytes), ERR_FORMAT);
        for (size_t k = 0; k < d.kept; k++) // among what else is wrong with so many
            if (strncmp(d.items[k].message, "too many", 8) == 0) {
                fprintf(out, "%s\n\n", d.items[k].message);
                break;
            }
        diag_done(&d);
        policy_files_done(&f);
    }
}

// ---- files that cannot be read -------------------------------------------------------

static void folder_put(const char *dir, const char *title, FILE *out)
{
    diag d = {0};
    policy_files f = {0};
    fprintf(out, "== %s\n", title);
    assert_int_not_equal(policy_load_dir(dir, &d, &f), OK);
    assert_true(d.errors > 0);
    for (size_t k = 0; k < d.kept; k++)
        fprintf(out, "%s\n", d.items[k].message);
    fputs("\n", out);
    policy_files_done(&f);
    diag_done(&d);
}

static void folders_put(FILE *out)
{
    char dir[] = "/tmp/tsunagu-messages-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/rules.yaml", dir);
    assert_int_equal(symlink("nowhere.yaml", path), 0);
    folder_put(dir, "a link that leads nowhere", out);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    folder_put(dir, "a pipe", out);
    assert_int_equal(unlink(path), 0);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(truncate(path, (4 << 20) + 1), 0);
    folder_put(dir, "a huge file", out);
    assert_int_equal(unlink(path), 0);
    for (int i = 0; i <= COMPILE_FILES; i++) {
        snprintf(path, sizeof path, "%s/%d.yaml", dir, i);
        f = fopen(path, "w");
        assert_true(f && fclose(f) == 0);
    }
    folder_put(dir, "a folder of very many files", out);
    for (int i = 0; i <= COMPILE_FILES; i++) {
        snprintf(path, sizeof path, "%s/%d.yaml", dir, i);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(dir), 0);
}

// ---- why a test of the rules fails ------------------------------------------------------

static void trials_put(FILE *out)
{
    static const char *const WRONG[] = {
        "category: reports, answer: はい", "category: basics, answer: いいえ",
        "category: basics, role: 看護師, purpose: 救急, answer: yes", "category: imaging, role: 看護師, answer: yes",
        "category: basics, answer: yes, from: 2025-12-02", "category: imaging, document: 2026-02-28, answer: yes",
        "category: basics, consent: no, answer: yes", "category: basics, date: 2027-04-01, answer: yes",
        "category: basics, date: 2027-01-01, answer: yes", "category: basics, source: 丁病院, answer: yes",
        "category: basics, source: 丙医院, answer: yes",
        "category: basics, source: 乙病院, answer: no",
        "category: basics, viewer: 乙病院, answer: yes"};
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        char text[1024];
        policy_files f = kit_rules();
        diag d = {0};
        trials t = {0};
        kit_put(&f, "rules.yaml", "rules:\n  - {allow: all, roles: physician}\n  - {allow: [basics], roles: nurse, "
                                  "purposes: treatment}\n  - {deny: [imaging], roles: nurse}\n");
        kit_put(&f, "agreements/a-b.yaml", "between: [a, b]\nfrom: 2026-04-01\nuntil: 2026-12-31\nwithout_kinds: [hospital]\n"
                                           "without_categories: [reports]\nwindows: {imaging: 3か月}\n");
        snprintf(text, sizeof text, GIVEN "  - {question: q, %s}\n", WRONG[i]);
        kit_put(&f, "tests/t.yaml", text);
        assert_int_equal(trials_run(&f, &d, &t), OK);
        assert_int_equal(t.failed, 1);
        fprintf(out, "== %s\n%s: %s; %s\n\n", WRONG[i], t.items[0].expected, t.items[0].came, t.items[0].decided);
        trials_done(&t);
        diag_done(&d);
        policy_files_done(&f);
    }
}

static void golden_of(const char *name, bool limits)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    oddities_put(out);
    trials_put(out);
    if (limits)
        limits_put(out);
    folders_put(out);
    fclose(out);
    kit_golden(name, text);
    free(text);
}

static void test_messages(void **state)
{
    (void)state;
    golden_of("policy.messages.txt", true);
}

static void test_messages_in_japanese(void **state)
{
    (void)state;
    if (!kit_speaks_japanese())
        skip();
    golden_of("policy.messages.ja.txt", false);
    kit_speaks_english();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_messages_in_japanese),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
