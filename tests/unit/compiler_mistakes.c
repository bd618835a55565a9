// SPDX-License-Identifier: Apache-2.0
// What a clerk can get wrong, and exactly what is then said (tests/golden). All
// mistakes of one run are shown; no bytes come out.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/compiler/draft.h"
#include "tests/unit/compiler_kit.h"

#define KEY16 "0123456789abcdef"
#define KEY60 KEY16 KEY16 KEY16 "0123456789ab"
#define NODE(name, u, keys) \
    "node: " name "\nunion: " u "\nhost: " name ".example\nviews: all\nkeys: {" keys "}\n"

#define X16 "xxxxxxxxxxxxxxxx"
#define X256 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16

typedef struct mistake {
    const char *title, *file, *text; // text NULL: the file is taken away
} mistake;

static const mistake MISTAKES[] = {
    {"a key misspelt", "council.yaml", "version: 1\neffective_form: 2026-04-01\n"},
    {"a date that no calendar has", "council.yaml",
     "version: 1\neffective_from: 2026-02-30\nstale_after: 令和99年\n"},
    {"stale before it begins", "council.yaml",
     "version: 1\neffective_from: 2026-04-01\nstale_after: 2026-03-31\n"},
    {"numbers out of range", "council.yaml", "version: 0\neffective_from: 2026-04-01\nticket_minutes: 60\n"},
    {"a reason nobody knows, and one that tells too much", "council.yaml",
     "version: 1\neffective_from: 2026-04-01\ntold: [agrement, consent]\n"},
    {"steps out of order, two words for one day", "council.yaml",
     "version: 1\neffective_from: 2026-04-01\nwarn_after: 2027-03-01\nno_registrations_after: 2027-02-01\n"
     "deny_after: 2027-01-31\nstale_after: 2027-01-31\n"},
    {"seats: a term backwards, a key too short, a key and a name twice, a person", "council.yaml",
     "version: 1\neffective_from: 2026-04-01\nprevious: " KEY60 "0001\nquorum: 0.75\nseats:\n"
     "  - {id: s1, institution: 甲, office: 世話人, from: 2028-04-01, until: 2026-03-31}\n"
     "  - {id: s2, institution: 甲, office: 世話人, from: 2026-04-01, until: 2028-03-31, key: abc}\n"
     "  - {id: s3, institution: 甲, office: 世話人, from: 2026-04-01, until: 2028-03-31, key: " KEY60 "0001}\n"
     "  - {id: s4, institution: 甲, office: 世話人, from: 2026-04-01, until: 2028-03-31, key: " KEY60 "0001}\n"
     "  - {id: s4, institution: 甲, office: 世話人, from: 2026-04-01, until: 2028-03-31}\n"
     "  - {id: s5, name: 山田, institution: 甲, office: 世話人, from: 2026-04-01, until: 2028-03-31}\n"},
    {"quorums that are no share", "council.yaml",
     "version: 1\neffective_from: 2026-04-01\nquorum: 5/4\nobservers: 行政\nmeetings: {a_year: 2, year_begins: 13}\n"},
    {"an emergency too long, told to nobody known", "emergency.yaml",
     "kinds: clinics\nroles: physician\ncategories: basics\nminutes: 90\ntold: [patients, family]\n"
     "review_hours: 1000\nwithout_consent: たぶん\n"},
    {"an emergency of no time, reviewed never", "emergency.yaml",
     "kinds: [clinic]\nroles: physician\ncategories: basics\nminutes: 0\ntold: [discloser]\n"
     "review_hours: 0\nwithout_consent: no\ndespite_objection: yes\n"},
    {"an emergency just beyond its limits", "emergency.yaml",
     "kinds: [clinic]\nroles: physician\ncategories: basics\nminutes: 61\ntold: [discloser]\n"
     "review_hours: 721\nwithout_consent: no\ndespite_objection: no\n"},
    {"a file taken away", "roles.yaml", NULL},
    {"a file with a wrong name", "rule.yaml", "rules: []\n"},
    {"a file with a wrong ending", "unions/d.yml", "union: d\n"},
    {"an empty file", "rules.yaml", "# 準備中\n"},
    {"not YAML", "rules.yaml", "rules:\n  - {allow: [basics, roles: nurse}\n"},
    {"a list where one text belongs", "index.yaml", "grain: [day, month]\n"},
    {"a grain that does not exist", "index.yaml", "grain: hour\n"},
    {"a host in capitals", "hub.yaml", "host: Hub.Example\n"},
    {"durations nobody understands", "categories.yaml",
     "categories:\n"
     "  - {id: basics, number: 1, ja: 基本, en: basics, window: 半年}\n"
     "  - {id: imaging, number: 5, ja: 画像, en: imaging, window: 0か月}\n"
     "  - {id: reports, number: 6, ja: レポート, en: reports, window: 6m}\n"},
    {"one number for two categories, one name twice", "categories.yaml",
     "categories:\n"
     "  - {id: basics, number: 1, ja: 基本, en: basics, window: 6か月}\n"
     "  - {id: imaging, number: 1, ja: 画像, en: imaging, window: 1年}\n"
     "  - {id: reports, number: 6, ja: レポート, en: reports, window: 6か月}\n"
     "  - {id: reports, number: 7, ja: レポート, en: reports, window: 6か月}\n"},
    {"words nobody knows", "rules.yaml",
     "rules:\n"
     "  - {allow: [basics, report], roles: nurse}\n"
     "  - {allow: all, roles: 看護師}\n"
     "  - {deny: [basics], kinds: [hospitals], purposes: research}\n"},
    {"allow and deny in one rule, neither, a word twice, an empty list", "rules.yaml",
     "rules:\n"
     "  - {allow: [basics], deny: [imaging]}\n"
     "  - {roles: nurse}\n"
     "  - {allow: [basics, basics]}\n"
     "  - {allow: []}\n"},
    {"codes", "unions/c.yaml",
     "union: c\nja: 丁\nen: C\nsecretariat: 丁病院\n"
     "discloses:\n  - {code: 119900033, name: 丁病院, kind: hospital}\n"
     "views:\n  - {code: 011990004X, name: 戊医院, kind: clinic}\n"
     "  - {code: 0119900042, name: 己医院, kind: clinic}\n"},
    {"a code twice in a union, another name elsewhere", "unions/c.yaml",
     "union: c\nja: 丁\nen: C\nsecretariat: 丁病院\n"
     "discloses:\n  - {code: 0119900033, name: 丁病院, kind: hospital}\n"
     "views:\n  - {code: 0119900033, name: 丁病院, kind: hospital}\n"
     "  - {code: 1319999999, name: 三木, ward: 東区, kind: clinic}\n"},
    {"a secretariat's key that is too short", "unions/c.yaml",
     "union: c\nja: 丁\nen: C\nsecretariat: 丁病院\nsecretariat_key: 00ff\n"
     "discloses:\n  - {code: 0119900033, name: 丁病院, kind: hospital}\n"},
    {"a union described twice", "unions/z.yaml", "union: a\nja: 甲\nen: A\nsecretariat: 甲病院\n"},
    {"a facility without a name, of a kind nobody knows", "unions/c.yaml",
     "union: c\nja: 丁\nen: C\nsecretariat: 丁病院\nviews:\n  - {code: 0119900041, kind: clinc, tel: 011}\n"},
    {"an agreement with nobody known", "agreements/x.yaml", "between: [a, d]\nfrom: 2026-04-01\n"},
    {"an agreement with oneself", "agreements/x.yaml", "between: [a]\nfrom: 2026-04-01\n"},
    {"two agreements for one pair", "agreements/x.yaml", "between: [b, a, c]\nfrom: 2026-05-01\n"},
    {"a window above the council's", "agreements/x.yaml",
     "between: [b, c]\nfrom: 2026-04-01\nuntil: 2026-03-01\nwindows: {imaging: 2年, report: 1か月}\n"},
    {"both ways of saying it", "agreements/x.yaml",
     "between: [b, c]\nfrom: 2026-04-01\nkinds: [clinic]\nwithout_kinds: [hospital]\n"
     "one_way:\n  - {discloser: a, viewer: b}\n"},
    {"nothing left", "agreements/x.yaml", "between: [b, c]\nfrom: 2026-04-01\nwithout_categories: all\n"},
    {"keys of the wrong length", "nodes/na.yaml",
     NODE("na", "a", "tls: [" KEY60 "], sign: [" KEY60 "wxyz], seal: []")},
    {"one key for two things", "nodes/na.yaml",
     NODE("na", "a", "tls: [" KEY60 "0001], sign: [" KEY60 "0001], seal: [" KEY60 "0002, " KEY60 "0002]")},
    {"a node for others' facilities", "nodes/na.yaml",
     "node: na\nunion: a\nhost: na.example\ndiscloses: [0119900017, 1319999999]\n"
     "views: [0119900025, 0110113719, 0199999999]\n"
     "keys: {tls: [" KEY60 "0001], sign: [" KEY60 "0002], seal: [" KEY60 "0003]}\n"},
    {"a node without keys or union", "nodes/na.yaml", "node: na\nhost: na.example\n"},
    {"requests: states, reasons, sets, years", "requests.yaml",
     "deadlines:\n  - {state: recieved, days: 3}\n  - {state: sent, days: 3, remind: 3}\n"
     "  - {state: sent, days: 400}\n"
     "refusals:\n  - {id: r, ja: 甲, en: a}\n  - {id: r, ja: 乙, en: b, explain: たぶん}\nrelations: []\n"
     "second_check: often\nmatching: {show: [], accept: [[birthday], birth, []]}\nretention: 2年\n"
     "majority_age: 12\ntold: {emergancy: [own], arrived: [clinic]}\n"
     "emergency: {reasons: [], review_roles: [nurses], review_by: [own]}\n"},
    {"requests without what is needed", "requests.yaml", "retention: 5年\n"},
    {"a form: types, choices, conditions", "forms/x.yaml",
     "form: x\ncode: too-long-x\nversion: 0\nja: 用紙\nen: form\nfiled_by: [patients]\nsections:\n"
     "  - id: a\n    ja: 一\n    en: one\n    fields:\n"
     "      - {id: born, ja: 生年月日, en: birth, type: dates}\n"
     "      - {id: day, ja: 日, en: day, type: date, max: 10}\n"
     "      - {id: how, ja: 方法, en: how, type: choice}\n"
     "      - {id: text, ja: 文, en: text, type: text, choices: [{id: c, ja: 丙, en: c}], max: 500}\n"
     "      - {id: who, ja: 続柄, en: relation, type: relation}\n"
     "      - {id: one, ja: 甲, en: a, type: text, required: {when: later}}\n"
     "      - {id: two, ja: 乙, en: b, type: text, required: {when: dey}}\n"
     "      - {id: three, ja: 丙, en: c, type: text, required: {when: day, is: old}}\n"
     "      - {id: four, ja: 丁, en: d, type: text, required: {when: one, is: many}}\n"
     "      - {id: five, ja: 戊, en: e, type: choice, choices: [{id: p, ja: 甲, en: a}, {id: p, ja: 乙, en: b}]}\n"
     "      - {id: six, ja: 己, en: f, type: note, required: {when: five, is: q}}\n"
     "      - {id: six, ja: 庚, en: g, type: note, required: sometimes}\n"
     "      - {id: later, ja: 辛, en: h, type: yes-no}\n"
     "      - {id: seven, ja: 壬, en: i, type: text, required: {when: later, is: perhaps}}\n"
     "  - {id: a, ja: 二, en: two, fields: []}\nsentences:\n  - {ja: 文だけ}\n"},
    {"a form without parts", "forms/x.yaml", "form: x\ncode: X\nversion: 1\nja: 用紙\nen: form\nfiled_by: []\nsections: []\n"},
    {"a form of two codes, one form twice", "forms/x.yaml",
     "form: y\ncode: Y\nversion: 1\nja: 用紙\nen: form\nfiled_by: [clinic]\nsections:\n"
     "  - {id: a, ja: 一, en: one, fields: [{id: b, ja: 甲, en: a, type: text, by: []}]}\n"},
    {"anchors and tags are not taken", "rules.yaml", "rules: &r\n  - {allow: all}\n"},
    {"aliases, tags, another document", "rules.yaml", "a: !x 1\nrules: *r\n---\nrules: []\n"},
    {"a list for a key", "rules.yaml", "? [a]\n: b\n"},
    {"a tag directive", "rules.yaml", "%TAG ! tag:x,2000:\n---\nrules: []\n"},
    {"NUL in a text", "hub.yaml", "host: \"a\\0b\"\n"},
    {"bytes that are no UTF-8", "hub.yaml", "host: \x83\x6e\x83\x75\n"},
    {"a sign nobody sees", "hub.yaml", "host: hub\xe2\x80\x8f.example\n"},
    {"too deep", "rules.yaml", "rules: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n"},
    {"brackets in full width", "rules.yaml", "rules:\n  - {allow: ［basics, imaging］, roles: nurse}}\n"},
    {"braces in full width", "rules.yaml", "rules:\n  - ｛allow: all｝\n  - {deny: all\n"},
    {"typographic quotation marks", "categories.yaml", "categories:\n  - {id: “basics”, number: 1]\n"},
    {"a comma in full width", "rules.yaml", "rules:\n  - {allow: [basics、imaging}\n"},
    {"words alone", "index.yaml", "grain: month\nsecond line\nthird: line\n"},
    {"a list beside its name", "rules.yaml", "rules: - allow: all\n"},
    {"a text and then an entry", "index.yaml", "month\ngrain: month\n"},
    {"an entry below a text", "index.yaml", "grain: month\n  day: 1\n"},
    {"a document after the end", "index.yaml", "grain: month\n...\nday: 1\n"},
    {"a value that begins with @", "hub.yaml", "host: @hub\n"},
    {"a backslash in quotation marks", "hub.yaml", "host: \"C:\\hub\"\n"},
    {"a list where entries belong", "index.yaml", "- month\n"},
    {"a text where a list belongs", "unions/c.yaml",
     "union: c\nja: 丁\nen: C\nsecretariat: 丁病院\ndiscloses: 丁病院\nviews: []\n"},
    {"rules that are no list", "rules.yaml", "rules: all\n"},
    {"words that are no list", "kinds.yaml", "kinds: clinic\n"},
    {"nothing where a text belongs", "hub.yaml", "host: \"\"\n"},
    {"a tab in a text", "hub.yaml", "host: \"a\\tb\"\n"},
    {"a name too long", "hub.yaml", "host: " X256 X256 X256 X256 X256 "\n"},
    {"a short name in capitals", "unions/c.yaml",
     "union: Tenshi\nja: 丁\nen: C\nsecretariat: 丁病院\nviews:\n  - {code: 0119900041, name: 戊医院, kind: clinic}\n"},
    {"codes that are no list", "nodes/na.yaml",
     "node: na\nunion: a\nhost: na.example\ndiscloses: 0110113719\nviews: some\n"
     "keys: {tls: [" KEY60 "0001], sign: [" KEY60 "0002], seal: [" KEY60 "0003]}\n"},
    {"tests of places nobody knows", "tests/t.yaml",
     "tests:\n"
     "  - {question: a, viewer: みきい, role: 医師, purpose: 診療, source: 遠くの病院, category: basics, answer: はい}\n"
     "  - {question: b, viewer: みき, role: 医師, purpose: 診療, source: 甲病院, category: basics, answer: はい}\n"
     "  - {question: c, viewer: みき, through: a, role: 医師, purpose: 診療, source: 甲病院, category: basics, answer: はい, reason: 同意}\n"
     "  - {question: d, viewer: みき, through: a, role: 医師, purpose: 診療, source: 甲病院, category: basics, answer: いいえ, from: 2026-01-01}\n"
     "  - {question: e, viewer: みき, through: a, role: 医者, purpose: 診療, category: basics, answer: はい}\n"},
};

static err compile_to(const policy_files *f, FILE *out)
{
    diag d = {0};
    buf bytes = {0};
    err e = policy_check(f, day_of(2026, 6, 1), &d, &bytes);
    diag_print(&d, out);
    assert_true(e == OK || (e == ERR_FORMAT && d.errors > 0 && bytes.at == NULL));
    assert_true((e == OK) == (d.errors == 0));
    buf_done(&bytes);
    diag_done(&d);
    return e;
}

static void messages_put(FILE *out)
{
    size_t refused = 0;
    for (size_t i = 0; i < COUNT_OF(MISTAKES); i++) {
        const mistake *m = &MISTAKES[i];
        policy_files f = kit_rules();
        kit_put(&f, "hub-keys.yaml", "keys: {tls: [" KEY60 "aaaa], sign: [" KEY60 "bbbb]}\n");
        if (strcmp(m->file, "forms/x.yaml") == 0)
            kit_put(&f, "forms/y.yaml",
                    "form: y\ncode: Y\nversion: 1\nja: 用紙\nen: form\nfiled_by: [clinic]\nsections:\n"
                    "  - {id: a, ja: 一, en: one, fields: [{id: b, ja: 甲, en: a, type: text}]}\n");
        if (m->text)
            kit_put(&f, m->file, m->text);
        else
            kit_drop(&f, m->file);
        fprintf(out, "== %s\n", m->title);
        refused += compile_to(&f, out) != OK;
        fputs("\n", out);
        policy_files_done(&f);
    }
    assert_int_equal(refused, COUNT_OF(MISTAKES) - 1); // only "nothing left" is legal, if odd
}

// More of a thing than there may be.
static void limits_put(FILE *out)
{
    static const struct { const char *file, *head, *before, *after; int count; } MANY[] = {
        {"categories.yaml", "categories:\n", "  - {id: c", ", number: 1, ja: 語, en: w, window: 1年}\n", 17},
        {"roles.yaml", "roles:\n", "  - {id: r", ", ja: 語, en: w}\n", 65},
        {"rules.yaml", "rules:\n", "  - {allow: all, note: ", "}\n", 2001},
        {"council.yaml", "version: 1\neffective_from: 2026-04-01\nseats:\n",
         "  - {id: s", ", institution: 甲, office: 世話人, from: 2026-04-01, until: 2028-03-31}\n", 256},
    };
    for (size_t i = 0; i <= COUNT_OF(MANY); i++) {
        policy_files f = kit_rules();
        buf b = {0};
        if (i < COUNT_OF(MANY)) {
            buf_put_str(&b, MANY[i].head);
            for (int k = 0; k < MANY[i].count; k++)
                buf_printf(&b, "%s%d%s", MANY[i].before, k, MANY[i].after);
            kit_put(&f, MANY[i].file, buf_str(&b));
            fprintf(out, "== too many: %s\n", MANY[i].file);
        } else {
            fputs("== too many unions\n", out);
            for (int k = 0; k < 65; k++) {
                char name[32], text[200];
                snprintf(name, sizeof name, "unions/u%02d.yaml", k);
                snprintf(text, sizeof text, "union: u%02d\nja: 語\nen: w\nsecretariat: s\n", k);
                kit_put(&f, name, text);
            }
        }
        assert_int_equal(compile_to(&f, out), ERR_FORMAT);
        fputs("\n", out);
        buf_done(&b);
        policy_files_done(&f);
    }
}

// One TLS key at two nodes, and two nodes for one hospital: across files.
static void nodes_contradict(policy_files *f)
{
    kit_put(f, "nodes/n1.yaml", "node: n1\nunion: a\nhost: n1.example\ndiscloses: [0110113719]\n"
                                 "keys: {tls: [" KEY60 "0001], sign: [" KEY60 "0002], "
                                 "seal: [" KEY60 "0003]}\n");
    kit_put(f, "nodes/n2.yaml", "node: n2\nunion: a\nhost: n2.example\ndiscloses: [0110113719]\n"
                                 "keys: {tls: [" KEY60 "0001], sign: [" KEY60 "0005], "
                                 "seal: [" KEY60 "0006]}\n");
    kit_put(f, "nodes/n3.yaml", "node: n2\nunion: b\nhost: n3.example\nviews: all\n"
                                 "keys: {tls: [" KEY60 "0007], sign: [" KEY60 "0008], "
                                 "seal: [" KEY60 "0009]}\n");
}

// What no single file shows: nodes that contradict each other, unions that are not there.
static void across_put(FILE *out)
{
    policy_files f = kit_rules();
    nodes_contradict(&f);
    fputs("== nodes that contradict each other\n", out);
    assert_int_equal(compile_to(&f, out), ERR_FORMAT);
    policy_files_done(&f);
    fputs("\n== no union at all\n", out);
    f = kit_rules();
    kit_drop(&f, "unions/a.yaml");
    kit_drop(&f, "unions/b.yaml");
    kit_drop(&f, "unions/c.yaml");
    kit_drop(&f, "agreements/a-b.yaml");
    assert_int_equal(compile_to(&f, out), ERR_FORMAT);
    fputs("\n== a union without anybody\n", out);
    kit_put(&f, "unions/a.yaml", "union: a\nja: 甲\nen: A\nsecretariat: 甲病院\n");
    assert_int_equal(compile_to(&f, out), ERR_FORMAT);
    policy_files_done(&f);
    fputs("\n== two places of one name, one file twice\n", out);
    f = kit_rules();
    kit_put(&f, "unions/c.yaml", "union: c\nja: 丁\nen: C\nsecretariat: 丁病院\n"
                                 "views:\n  - {code: 0119900041, name: みき, kind: clinic}\n");
    kit_put(&f, "tests/t.yaml", "given: {viewer: みき, role: 医師, purpose: 診療, source: 甲病院, category: basics}\n"
                                "tests:\n  - {question: a, answer: はい}\n");
    kit_put(&f, "twice.yaml", "x: 1\n");
    policy_file *last = &f.items[f.count - 1];
    free(last->name);
    last->name = strdup("roles.yaml");
    assert_int_equal(compile_to(&f, out), ERR_FORMAT);
    policy_files_done(&f);
}

static void golden_of(const char *name)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    messages_put(out);
    limits_put(out);
    across_put(out);
    fclose(out);
    kit_golden(name, text);
    free(text);
}

static void test_messages(void **state)
{
    (void)state;
    golden_of("policy.mistakes.txt");
}

static void test_messages_in_japanese(void **state)
{
    (void)state;
    if (!kit_speaks_japanese())
        skip();
    golden_of("policy.mistakes.ja.txt");
    kit_speaks_english();
}

static void test_nodes(void **state)
{
    (void)state;
    policy_files f = kit_rules();
    kit_put(&f, "hub-keys.yaml", "keys: {tls: [" KEY60 "00ff], sign: [" KEY60 "00fe]}\n");
    kit_put(&f, "nodes/na.yaml", "node: na\nunion: a\nhost: na.example\ndiscloses: [0110113719]\nviews: all\n"
                                 "keys: {tls: [" KEY60 "0002, " KEY60 "0001], sign: [" KEY60 "0003], "
                                 "seal: [" KEY60 "0004]}\n");
    kit_put(&f, "nodes/nb.yaml", "node: nb\nunion: b\nhost: nb.example\nviews: [1319999999]\n"
                                 "keys: {tls: [" KEY60 "0005], sign: [" KEY60 "0006], "
                                 "seal: [" KEY60 "0007]}\n");
    policy *p = kit_open(&f);
    uint8_t key[32];
    int na = policy_node(p, "na"), nb = policy_node(p, "nb");
    int hospital = policy_facility(p, 110113719), miki = policy_facility(p, 1319999999);
    int other = policy_facility(p, 119900025);
    assert_int_equal(policy_node_count(p), 2);
    assert_int_equal(policy_discloser(p, hospital), na);
    assert_int_equal(policy_discloser(p, miki), POLICY_NONE);
    assert_true(policy_node_serves(p, na, hospital));
    assert_true(policy_node_serves(p, na, miki));
    assert_true(policy_node_serves(p, nb, miki));
    assert_false(policy_node_serves(p, nb, other));
    assert_false(policy_node_serves(p, nb, hospital));
    assert_false(policy_node_serves(p, POLICY_NONE, hospital));
    for (int i = 1; i <= 2; i++) {
        char hex[65];
        snprintf(hex, sizeof hex, KEY60 "%04d", i);
        assert_int_equal(hex_get(span_str(hex), key, 32), OK);
        assert_int_equal(policy_node_by_tls(p, key), na);
    }
    key[31] = 0xff; // the hub's key is no node's
    assert_int_equal(policy_node_by_tls(p, key), POLICY_NONE);
    assert_memory_equal(policy_hub(p).tls[0], key, 32);
    key[0] ^= 1;
    assert_int_equal(policy_node_by_tls(p, key), POLICY_NONE);
    policy_node_view v = policy_node_at(p, na);
    assert_string_equal(v.host, "na.example");
    assert_int_equal(v.union_no, policy_union(p, "a"));
    assert_int_equal(v.tls_count, 2);
    assert_int_equal(v.tls[0][31], 1); // rising, however they were listed
    assert_int_equal(v.seal[0][31], 4);
    assert_int_equal(policy_node(p, "nc"), POLICY_NONE);
    policy_free(p);
    policy_files_done(&f);
}

static void test_durations(void **state)
{
    (void)state;
    static const struct { const char *text; int months; } GOOD[] = {
        {"6か月", 6}, {"6ヶ月", 6}, {"6ヵ月", 6}, {"6カ月", 6}, {"６か月", 6}, {"１２箇月", 12}, {"1年", 12},
        {"1年6か月", 18}, {"１年６か月", 18}, {"P6M", 6}, {"P1Y", 12}, {"P1Y6M", 18}, {"100年", 1200}};
    static const char *const BAD[] = {"", "6", "6m", "6M", "M", "P", "P6", "P6か月", "6か月半", "か月", "0か月",
                                      "-1か月", "0年", "101年", "1年12か月", "1年6", "P1Y6", "P1年", "1Y",
                                      "99999か月", "P6MM",
                                      "6 か月", "1201か月", "99999999999999999999999999999999999999999999999年"};
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        int months = 0;
        assert_true(duration_parse(GOOD[i].text, &months));
        assert_int_equal(months, GOOD[i].months);
    }
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        int months = -7;
        if (duration_parse(BAD[i], &months) || months != -7)
            fail_msg("\"%s\" was taken", BAD[i]);
    }
}

static void test_folder(void **state)
{
    (void)state;
    diag d = {0};
    policy_files f = {0};
    assert_int_equal(policy_load_dir("/nonexistent/rules", &d, &f), ERR_IO);
    assert_int_equal(d.errors, 1);
    assert_null(f.items);
    diag_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),  cmocka_unit_test(test_messages_in_japanese), cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_durations), cmocka_unit_test(test_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
