// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// What a clerk can get wrong in each common form and each type of field, and exactly what is then said, in
// both tongues (tests/golden/forms.mistakes.*): where, what, and what to do. No mistake goes without a line.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/forms/check.h"
#include "tests/unit/workshop_kit.h"

typedef struct slip {
    const char *title;
    const char *form;    // its short name
    const char *without; // fields of the good one that are left out: " a b "
    const char *with;    // lines instead
} slip;

// One good form of each kind: what a slip does not touch is right.
static const struct { const char *form, *fields; } GOOD[] = {
    {"application",
     "date: 令和8年11月1日\nunion: tenshi\nfacility-code: '0119800019'\nfacility-name: 新しい内科\nkind: clinic\npostal: 065-0001\n"
     "address: 札幌市東区北一条東1丁目\nphone: 011-711-0001\nrepresentative: 院長 新井一郎\nmanager: 事務長 佐藤花子\n"
     "manager-phone: 011-711-0002\nmanager-mail: office@example.jp\nway: view\nterminals: 2\nphysicians: 1\nnurses: 3\nsignature: はい\n"},
    {"change",
     "date: 2026-11-20\nfamily-name: 山田\ngiven-name: 太郎\nfamily-kana: ヤマダ\ngiven-kana: タロウ\nbirth: 昭和29年3月26日\n"
     "emergency: いいえ\nsignature: はい\nfacility: 市立札幌病院\nreceived-on: 2026-11-20\nstaff: 受付 田中\nexplained: はい\ncopy-given: はい\n"},
    {"completion",
     "date: 2026-11-20\nrequest-number: 3f2a91c0\nhospital: 市立札幌病院\nfacility: みきクリニック\nchart: '1234'\n"
     "started-on: 2026-11-20\ncategories: すべて\nstaff: 連携室 鈴木\n"},
    {"consent",
     "date: 2026-11-20\nfamily-name: 山田\ngiven-name: 太郎\nfamily-kana: ヤマダ\ngiven-kana: タロウ\nbirth: 昭和29年3月26日\nsex: male\n"
     "whom: everyone\ncategories: すべて\nlinked: はい\nemergency: はい\nsignature: はい\nfacility: みきクリニック\nreceived-on: 2026-11-20\n"
     "staff: 受付 田中\nexplained: はい\ncopy-given: はい\n"},
    {"leaving",
     "date: 2026-11-20\nunion: tenshi\nfacility-code: '@TENSHI@'\nfacility-name: 見本\nrepresentative: 院長 新井一郎\n"
     "leaves-on: 2026-12-31\nreason: closing\nreturns: はい\nsignature: はい\n"},
    {"objection",
     "date: 2026-11-20\nfamily-name: 山田\ngiven-name: 太郎\nfamily-kana: ヤマダ\ngiven-kana: タロウ\nbirth: 昭和29年3月26日\n"
     "hospital: 市立札幌病院\nextent: whole\nalso-emergency: いいえ\nsignature: はい\nfacility: 市立札幌病院\nreceived-on: 2026-11-20\n"
     "staff: 受付 田中\ncopy-given: はい\n"},
    {"pledge",
     "date: 2026-11-20\nunion: tenshi\nfacility-code: '0119800019'\nfacility-name: 新しい内科\nrepresentative: 院長 新井一郎\nsignature: はい\n"},
    {"refusal",
     "date: 2026-11-20\nrequest-number: 3f2a91c0\nhospital: 市立札幌病院\nfacility: みきクリニック\nchart: '1234'\nreason: not-found\n"
     "staff: 連携室 鈴木\n"},
    {"registration",
     "date: 2026-11-20\nurgency: ordinary\nfacility: みきクリニック\nstaff: 受付 田中\ndestination: named\nhospitals: 市立札幌病院\n"
     "family-name: 山田\ngiven-name: 太郎\nfamily-kana: ヤマダ\ngiven-kana: タロウ\nbirth: 昭和29年3月26日\nsex: male\nchart: '1234'\n"
     "consent-date: 2026-11-20\nconsent-version: 1\nconsent-by: patient\nwhom: everyone\ncategories: すべて\nemergency: はい\n"},
    {"withdrawal",
     "date: 2026-11-20\nfamily-name: 山田\ngiven-name: 太郎\nfamily-kana: ヤマダ\ngiven-kana: タロウ\nbirth: 昭和29年3月26日\n"
     "extent: whole\nsignature: はい\nfacility: みきクリニック\nreceived-on: 2026-11-20\nstaff: 受付 田中\ncopy-given: はい\n"},
};

static const slip SLIPS[] = {
    // Days
    {"a consent of tomorrow", "consent", " date received-on ", "date: 2026-11-23\nreceived-on: 2026-11-23\n"},
    {"a period that ends before it begins", "consent", "", "until: 2026-11-19\n"},
    {"a birth after the consent", "consent", " birth proxy-name proxy-relation proxy-phone ",
     "birth: 2026-11-21\nproxy-name: 山田花子\nproxy-relation: parent\nproxy-phone: 011-726-2211\n"},
    {"a birth in the future", "consent", " birth ", "birth: 令和9年1月1日\n"},
    {"a birth of another century", "consent", " birth ", "birth: 1895-03-26\n"},
    {"received before it was signed", "consent", " received-on ", "received-on: 2026-11-19\n"},
    {"a year mistyped", "consent", " date received-on ", "date: 2016-11-20\nreceived-on: 2016-11-20\n"},
    {"an era's number beyond its end", "consent", " date ", "date: 平成38年11月20日\n"},
    {"an era's number just beyond its end, as on old paper", "consent", " birth proxy-name proxy-relation proxy-phone ",
     "birth: 平成31年8月1日\nproxy-name: 山田花子\nproxy-relation: parent\nproxy-phone: 011-726-2211\n"},
    {"a day before the era began", "consent", " birth proxy-name proxy-relation proxy-phone ",
     "birth: 令和元年4月1日\nproxy-name: 山田花子\nproxy-relation: parent\nproxy-phone: 011-726-2211\n"},
    {"the year zero of an era", "consent", " birth ", "birth: 昭和0年3月26日\n"},
    {"a day that no calendar has", "consent", " birth ", "birth: 昭和29年2月30日\n"},
    {"a day of the old calendar", "consent", " birth ", "birth: 明治3年5月1日\n"},
    {"a year without its era", "consent", " birth ", "birth: 29.3.26\n"},
    {"words where a day belongs", "consent", " birth ", "birth: 春ごろ\n"},
    {"a consent younger than the request, asked before", "registration", " date ", "date: 2026-11-01\n"},
    {"a consent of many years ago", "registration", " consent-date ", "consent-date: 2016-11-20\n"},
    {"a consent that has ended", "registration", " consent-date date ",
     "consent-date: 2026-01-05\ndate: 2026-11-20\nuntil: 2026-06-30\n"},
    {"disclosed from a day to come", "completion", " started-on ", "started-on: 2026-12-01\nuntil: 2026-11-30\n"},
    {"approved before it was received, listed before it was approved", "application", "",
     "received-on: 2026-11-10\napproved: はい\napproved-on: 2026-11-09\nlisted-on: 2026-11-08\nstart-on: 2026-10-01\n"},
    {"leaving on a day that is past, ended too early", "leaving", " leaves-on ", "leaves-on: 2026-11-01\nended-on: 2026-10-31\n"},
    // Who signs
    {"a child without a proxy", "consent", " birth ", "birth: 平成25年4月1日\n"},
    {"a child, the proxy's key left empty", "consent", " birth ", "birth: 平成25年4月1日\nproxy-name:\n"},
    {"a proxy without relation and telephone", "consent", "", "proxy-name: 山田花子\n"},
    {"a relation without a proxy", "consent", "", "proxy-relation: spouse\n"},
    {"a relation that the rules do not know", "consent", "", "proxy-name: 山田花子\nproxy-relation: 伯母\nproxy-phone: 011-726-2211\n"},
    {"a relation misspelt", "consent", "", "proxy-name: 山田花子\nproxy-relation: spose\nproxy-phone: 011-726-2211\n"},
    {"a parent signs for a grown-up", "consent", "", "proxy-name: 山田花子\nproxy-relation: parent\nproxy-phone: 011-726-2211\n"},
    {"a parent signed, the child is of age by now", "registration", " birth consent-date consent-by ",
     "birth: 2008-06-01\nconsent-date: 2026-04-01\nconsent-by: proxy\nproxy-name: 山田花子\nproxy-relation: parent\n"},
    {"the patient as own proxy", "consent", "", "proxy-name: 山田 太郎\nproxy-relation: spouse\nproxy-phone: 011-726-2211\n"},
    {"a proxy named, but the patient signed", "registration", "", "proxy-name: 山田花子\nproxy-relation: spouse\n"},
    {"signed by a proxy that is not named", "registration", " consent-by ", "consent-by: proxy\n"},
    {"not signed", "consent", " signature ", "signature: いいえ\n"},
    {"not explained, no copy", "consent", " explained copy-given ", "explained: いいえ\ncopy-given: いいえ\n"},
    // Names
    {"the whole name in one field", "consent", " family-name family-kana ", "family-name: 山田 太郎\nfamily-kana: ヤマダ　タロウ\n"},
    {"kanji where kana belong, a digit in a name", "consent", " family-kana given-name ", "family-kana: 山田\ngiven-name: 太郎2\n"},
    {"a character that could not be written", "consent", " family-name ", "family-name: ■田\n"},
    {"a name too long", "consent", " given-name ",
     "given-name: 寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末食う寝る処に住む処藪ら柑子の藪柑子\n"},
    {"a line break in a name, a control character", "consent", " family-name given-name ",
     "family-name: \"山\\n田\"\ngiven-name: \"太\\e郎\"\n"},
    // Numbers
    {"insurer: a zero lost, too short, a digit mistyped, no prefecture", "consent", "", "insurer: '6050116'\n"},
    {"insurer too short", "consent", "", "insurer: '1234'\nnumber: 187\n"},
    {"insurer: a digit mistyped", "consent", "", "insurer: '06050117'\nnumber: 187\n"},
    {"insurer: no such prefecture", "consent", "", "insurer: '06990113'\nnumber: 187\n"},
    {"insurer without number", "consent", "", "insurer: '06050116'\n"},
    {"number without insurer", "consent", "", "symbol: あいう\nnumber: 187-05\n"},
    {"insured of the old, but young", "consent", " birth ", "birth: 昭和60年3月26日\ninsurer: '39010004'\nnumber: '01234567'\n"},
    {"a branch of one digit", "consent", "", "insurer: '06050116'\nnumber: 187-5\n"},
    {"a number that is none", "consent", "", "insurer: '06050116'\nnumber: 同上\n"},
    {"a care insurance number too short", "consent", "", "care-number: '123456789'\n"},
    {"telephones: without the area, a digit too few, a digit too many", "consent", "", "phone: 726-2211\n"},
    {"a mobile telephone with a digit too few", "consent", "", "phone: 090-1234-567\n"},
    {"a telephone with a digit too many", "consent", "", "phone: 011-1234-56789\n"},
    {"a postal code too short", "consent", "", "postal: 60-0001\n"},
    {"a hash cut off", "consent", "", "paper-hash: 00112233\n"},
    {"an institution code: a zero lost", "application", " facility-code ", "facility-code: '119800019'\n"},
    {"an institution code: too long", "application", " facility-code ", "facility-code: '01198000190'\n"},
    {"an institution code: a digit mistyped", "application", " facility-code ", "facility-code: '0119800018'\n"},
    {"an institution code: no such prefecture", "application", " facility-code ", "facility-code: '4819800014'\n"},
    {"an institution code: no such kind", "application", " facility-code ", "facility-code: '0129800017'\n"},
    {"a count in words, a count too large", "application", " terminals physicians ", "terminals: 二台\nphysicians: 10000\n"},
    {"nobody to use it, no terminal", "application", " physicians nurses terminals ", "terminals: 0\n"},
    {"an address of mail that is none", "application", " manager-mail ", "manager-mail: office.example.jp\n"},
    // Words of the rules
    {"a yes that is neither", "consent", " emergency ", "emergency: たぶん\n"},
    {"a choice misspelt, a choice that is none", "consent", " sex whom ", "sex: mail\nwhom: 家族\n"},
    {"a category that the rules do not know", "consent", " categories ", "categories: [basics, 病名]\n"},
    {"two answers where one belongs", "consent", " sex ", "sex: [male, female]\n"},
    {"only the named, but nobody is named", "consent", " whom ", "whom: listed\n"},
    {"only the named, but all are", "consent", " whom ", "whom: listed\ngrantees: すべて\n"},
    {"all, but some are named", "consent", "", "grantees: tenshi\n"},
    {"a facility misspelt, a facility that is none", "consent", " facility whom ",
     "facility: みきクリニク\nwhom: listed\ngrantees: [札幌市立病院, 夢の診療所]\n"},
    {"a union that is none", "application", " union kind ", "union: 北海道\nkind: ship\n"},
    {"a hospital that discloses nothing", "registration", " hospitals ", "hospitals: 豊平区見本クリニック01\n"},
    {"the asking facility itself", "registration", " facility hospitals ", "facility: 市立札幌病院\nhospitals: 市立札幌病院\n"},
    {"asks all unions, but names one", "registration", " destination ", "destination: ask\n"},
    {"no hospital named", "registration", " hospitals ", ""},
    {"a version of the consent that there is not", "registration", " consent-version ", "consent-version: 7\n"},
    {"a reason without its explanation", "refusal", " reason ", "reason: other\n"},
    {"another reason without its explanation, and one that is none", "refusal", " reason ", "reason: incomplete\n"},
    {"a reason that is none", "refusal", " reason ", "reason: 不明\n"},
    {"a notice to oneself", "completion", " facility ", "facility: 市立札幌病院\n"},
    {"a reason for leaving without its explanation, certificates kept", "leaving", " reason returns ",
     "reason: other\nreturns: いいえ\n"},
    {"leaves a union it is not in", "leaving", " facility-code ", "facility-code: '0119800019'\n"},
    {"joins a union it is in", "application", " facility-code ", "facility-code: '@TENSHI@'\n"},
    {"refused, but with a day of approval", "application", "", "received-on: 2026-11-10\napproved: いいえ\napproved-on: 2026-11-12\n"},
    {"approved without a day", "application", "", "received-on: 2026-11-10\napproved: はい\n"},
    {"nothing changed", "change", " emergency ", ""},
    {"all but nobody", "change", "", "whom: except\n"},
    {"a part withdrawn, but which", "withdrawal", " extent ", "extent: part\n"},
    {"a part withdrawn, but all named", "withdrawal", " extent ", "extent: part\ngrantees: すべて\n"},
    {"objects to a part, but which", "objection", " extent ", "extent: part\n"},
    {"objects to a part, but to all", "objection", " extent ", "extent: part\ncategories: すべて\n"},
    {"objects to a clinic that discloses nothing", "objection", " hospital ", "hospital: 豊平区見本クリニック01\n"},
    // The file
    {"a field misspelt, a field that is none", "consent", " phone ", "phoen: 011-726-2211\nblood-group: A\n"},
    {"a pledge that is not signed and has no day", "pledge", " date signature ", "signature: いいえ\n"},
};

static const char HEADS[][2][120] = {
    {"a form that is none", "form: concent\nversion: 1\nfields: {date: 2026-11-20}\n"},
    {"a version to come", "form: pledge\nversion: 9\nfields: {}\n"},
    {"no form is named", "fields: {date: 2026-11-20}\n"},
    {"a number mistyped", "form: pledge\nnumber: 7K3M-9QXD-4N2P-0RX3\nfields: {}\n"},
    {"a version in words", "form: pledge\nversion: 初版\nfields: {}\n"},
    {"no fields", "form: pledge\nversion: 1\n"},
    {"a list where a text belongs", "form: pledge\nfields: {date: {year: 2026}}\n"},
    {"a key misspelt", "form: pledge\nfeilds: {}\n"},
    {"no YAML", "form: [pledge\n"},
    {"an empty file", "# まだ\n"},
};

static policy *POLICY;
static char MEMBER[11]; // of the union tenshi

static int setup(void **state)
{
    (void)state;
    policy_files f = w_shipped();
    POLICY = kit_open(&f);
    policy_files_done(&f);
    int u = policy_union(POLICY, "tenshi");
    for (int i = 0; i < policy_facility_count(POLICY) && !MEMBER[0]; i++) {
        policy_facility_view v = policy_facility_at(POLICY, i);
        if (v.unions >> u & 1)
            snprintf(MEMBER, sizeof MEMBER, "%010llu", (unsigned long long)v.code);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    policy_free(POLICY);
    return 0;
}

static day today(void) { return day_of(2026, 11, 22); }

// Lines of a good form but those left out, each two blanks deep; @TENSHI@ is a member's code.
static void lines_put(buf *b, const char *lines, const char *without)
{
    for (const char *at = lines; *at;) {
        size_t len = strcspn(at, "\n");
        char line[400], name[80];
        snprintf(line, sizeof line, "%.*s", (int)len, at);
        snprintf(name, sizeof name, " %.*s ", (int)strcspn(line, ":"), line);
        char *mark = strstr(line, "@TENSHI@");
        if (!strstr(without, name) && mark)
            buf_printf(b, "  %.*s%s%s\n", (int)(mark - line), line, MEMBER, mark + 8);
        else if (!strstr(without, name))
            buf_printf(b, "  %s\n", line);
        at += len + (at[len] == '\n');
    }
}

static const char *good_of(const char *form)
{
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++)
        if (strcmp(GOOD[i].form, form) == 0)
            return GOOD[i].fields;
    fail_msg("no good %s", form);
    return "";
}

// What is said of a file; the report's counts.
static form_report judge(const char *text, diag *d)
{
    form_report r = {0};
    filled f;
    if (form_read(span_str(text), "form.yaml", d, &f) != OK)
        return r;
    assert_int_equal(form_check(POLICY, &f, today(), FORM_ALL_HANDS, NULL, &r), OK);
    form_report_tell(&r, POLICY, f.form, tongue_is_japanese(), "form.yaml", span_str(text), d);
    filled_done(&f);
    return r;
}

static void told_put(const char *title, const char *text, buf *out)
{
    diag d = {0};
    char *said = NULL;
    size_t len = 0;
    form_report r = judge(text, &d);
    if (d.count == 0)
        fail_msg("%s: nothing is said", title);
    for (size_t i = 0; i < d.count; i++)
        if (d.items[i].line == 0 && strcmp(title, "an empty file") != 0)
            fail_msg("%s: no line: %s", title, d.items[i].message);
    FILE *to = open_memstream(&said, &len);
    diag_print(&d, to);
    fclose(to);
    buf_printf(out, "== %s\n%s\n", title, said);
    free(said);
    form_report_done(&r);
    diag_done(&d);
}

static void golden_of(const char *name)
{
    buf out = {0};
    for (size_t i = 0; i < sizeof SLIPS / sizeof *SLIPS; i++) {
        buf text = {0};
        char title[300];
        snprintf(title, sizeof title, "%s: %s", SLIPS[i].form, SLIPS[i].title);
        buf_printf(&text, "form: %s\nversion: 1\nfields:\n", SLIPS[i].form);
        lines_put(&text, good_of(SLIPS[i].form), SLIPS[i].without);
        lines_put(&text, SLIPS[i].with, "");
        told_put(title, buf_str(&text), &out);
        buf_done(&text);
    }
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++)
        told_put(HEADS[i][0], HEADS[i][1], &out);
    kit_golden(name, buf_str(&out));
    buf_done(&out);
}

// A good form is good: nothing at all is said of it.
static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        buf text = {0};
        diag d = {0};
        buf_printf(&text, "form: %s\nversion: 1\nfields:\n", GOOD[i].form);
        lines_put(&text, GOOD[i].fields, "");
        form_report r = judge(buf_str(&text), &d);
        if (d.count)
            fail_msg("%s: %s", GOOD[i].form, d.items[0].message);
        form_report_done(&r);
        diag_done(&d);
        buf_done(&text);
    }
}

// Each required field of each form, left out: an error that has a line and says what to write.
static void test_missing(void **state)
{
    (void)state;
    int asked = 0;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        int form = policy_form_find(POLICY, GOOD[i].form);
        for (int k = 0; k < policy_form_at(POLICY, form).field_count; k++) {
            policy_form_field f = policy_form_field_at(POLICY, form, k);
            char without[80];
            buf text = {0};
            diag d = {0};
            if (f.need != NEED_ALWAYS)
                continue;
            snprintf(without, sizeof without, " %s ", f.name);
            buf_printf(&text, "form: %s\nversion: 1\nfields:\n", GOOD[i].form);
            lines_put(&text, GOOD[i].fields, without);
            form_report r = judge(buf_str(&text), &d);
            bool told = false;
            for (size_t n = 0; n < r.count; n++)
                told = told || (r.items[n].field == k && !r.items[n].warning && r.items[n].line == 3 &&
                                (strstr(r.items[n].text, f.name) || f.type == FORM_SIGNATURE));
            if (!told)
                fail_msg("%s: %s may be missing", GOOD[i].form, f.name);
            asked++;
            form_report_done(&r);
            diag_done(&d);
            buf_done(&text);
        }
    }
    assert_true(asked > 80);
}

static bool misses(const form_report *r, int field)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].field == field && !r->items[i].warning)
            return true;
    return false;
}

// Each "required when" of each form: where the condition holds and the field is empty, it is asked for.
static void test_conditions(void **state)
{
    (void)state;
    int asked = 0;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        int form = policy_form_find(POLICY, GOOD[i].form);
        for (int k = 0; k < policy_form_at(POLICY, form).field_count; k++) {
            policy_form_field f = policy_form_field_at(POLICY, form, k);
            char without[160], with[200];
            buf text = {0};
            diag d = {0};
            if (f.need < NEED_FILLED)
                continue;
            const char *when = policy_form_field_at(POLICY, form, f.when).name;
            snprintf(without, sizeof without, " %s %s ", f.name, when);
            snprintf(with, sizeof with, "%s: %s\n", when,
                     f.need == NEED_IS ? f.is : f.need == NEED_MINOR ? "2015-04-01" : "山田花子");
            buf_printf(&text, "form: %s\nversion: 1\nfields:\n", GOOD[i].form);
            lines_put(&text, GOOD[i].fields, without);
            lines_put(&text, with, "");
            form_report r = judge(buf_str(&text), &d);
            if (!misses(&r, k))
                fail_msg("%s: %s is not asked for", GOOD[i].form, f.name);
            asked++;
            form_report_done(&r);
            diag_done(&d);
            buf_done(&text);
        }
    }
    assert_true(asked > 20);
}

// Who fills in what: of an empty form each hand is asked for its own part, and for no other's.
static void test_hands(void **state)
{
    (void)state;
    for (int form = 0; form < policy_form_count(POLICY); form++)
        for (int h = 0; h < HAND_COUNT; h++) {
            filled f;
            form_report r;
            assert_int_equal(filled_init(&f, policy_form_at(POLICY, form).id, policy_form_at(POLICY, form).version), OK);
            assert_int_equal(form_check(POLICY, &f, today(), 1u << h, NULL, &r), OK);
            for (int k = 0; k < policy_form_at(POLICY, form).field_count; k++) {
                policy_form_field v = policy_form_field_at(POLICY, form, k);
                assert_int_equal(misses(&r, k), v.need == NEED_ALWAYS && (v.filled_by >> h & 1));
            }
            form_report_done(&r);
            filled_done(&f);
        }
}

static void test_english(void **state)
{
    (void)state;
    kit_speaks_english();
    golden_of("forms.mistakes.txt");
}

static void test_japanese(void **state)
{
    (void)state;
    if (!kit_speaks_japanese())
        skip();
    golden_of("forms.mistakes.ja.txt");
    kit_speaks_english();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good), cmocka_unit_test(test_missing), cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_hands), cmocka_unit_test(test_english),
        cmocka_unit_test(test_japanese),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
