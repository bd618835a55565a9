// SPDX-License-Identifier: Apache-2.0
// The council's part of the bundle, read back through the engine's own functions; and
// that one meaning has one spelling here too.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/compiler/schema.h"
#include "policies/compiler/shapes.h"
#include "tests/unit/compiler_kit.h"

#define HEX(d) d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d
#define COUNCIL(steps, quorum, seats) \
    "version: 4\neffective_from: 2026-04-01\n" steps "previous: " HEX("a") "\nquorum: " quorum \
    "\nobservers: [町, 市]\nmeetings: {a_year: 2, year_begins: 4}\nseats:\n" seats
#define SEAT_B "  - {id: b, institution: 乙, office: 世話人, from: 2026-04-01, until: 2028-03-31}\n"
#define SEAT_A "  - {id: a, institution: 甲, office: 代表, from: 令和8年4月1日, until: 2028-03-31, key: " HEX("1") "}\n"

static policy *with(const char *council, const char *emergency)
{
    policy_files f = kit_rules();
    kit_put(&f, "council.yaml", council);
    if (emergency)
        kit_put(&f, "emergency.yaml", emergency);
    policy *p = kit_open(&f);
    policy_files_done(&f);
    return p;
}

static void test_seats(void **state)
{
    (void)state;
    policy *p = with(COUNCIL("warn_after: 2026-10-01\ndeny_after: 2027-03-31\n", "6/8", SEAT_B SEAT_A), NULL);
    assert_int_equal(policy_seat_count(p), 2);
    policy_seat a = policy_seat_at(p, 0), b = policy_seat_at(p, policy_seat_find(p, "b"));
    assert_string_equal(a.id, "a"); // by id, however they were listed
    assert_string_equal(a.institution, "甲");
    assert_string_equal(a.office, "代表");
    assert_int_equal(a.term_from, day_of(2026, 4, 1));
    assert_int_equal(a.term_until, day_of(2028, 3, 31));
    assert_non_null(a.key);
    assert_int_equal(a.key[0], 0x11);
    assert_int_equal(a.key[31], 0x11);
    assert_null(b.key);
    assert_int_equal(policy_seat_find(p, "c"), POLICY_NONE);
    assert_string_equal(policy_seat_at(p, 2).id, "");
    assert_int_equal(policy_quorum(p).numerator, 3);
    assert_int_equal(policy_quorum(p).denominator, 4);
    assert_int_equal(policy_observer_count(p), 2);
    assert_string_equal(policy_observer_at(p, 0), "市");
    assert_int_equal(policy_council_meetings(p).year_begins, 4);
    assert_non_null(policy_previous_hash(p));
    assert_int_equal(policy_previous_hash(p)[31], 0xaa);
    policy_stale_days s = policy_stale(p);
    assert_int_equal(s.warn, day_of(2026, 10, 1));
    assert_int_equal(s.no_registrations, day_of(2027, 3, 31)); // not written: the next step's day
    assert_int_equal(s.deny, policy_stale_after(p));
    assert_false(policy_emergency(p).present);
    policy_free(p);
    p = with("version: 1\neffective_from: 2026-04-01\n", NULL);
    assert_int_equal(policy_seat_count(p), 0);
    assert_null(policy_previous_hash(p));
    assert_int_equal(policy_quorum(p).denominator, 4);
    assert_int_equal(policy_stale(p).warn, DAY_FOREVER);
    policy_free(p);
}

static void test_emergency(void **state)
{
    (void)state;
    policy *p = with("version: 1\neffective_from: 2026-04-01\n",
                     "kinds: [clinic, hospital]\nroles: physician\ncategories: [reports, basics]\nminutes: ４５\n"
                     "told: [連絡会, patient]\nreview_hours: 72\nwithout_consent: はい\ndespite_objection: no\n");
    policy_emergency_view v = policy_emergency(p);
    assert_true(v.present);
    assert_int_equal(v.kinds, 1u << policy_kind(p, "clinic") | 1u << policy_kind(p, "hospital"));
    assert_int_equal(v.roles, 1u << policy_role(p, "physician"));
    assert_int_equal(v.categories, 1u << 0 | 1u << 5);
    assert_int_equal(v.minutes, 45);
    assert_int_equal(v.told, 1u << AUDIENCE_PATIENT | 1u << AUDIENCE_COUNCIL);
    assert_int_equal(v.review_hours, 72);
    assert_true(v.without_consent);
    assert_false(v.despite_objection);
    policy_free(p);
    for (int a = 0; a < AUDIENCE_COUNT; a++)
        assert_string_equal(policy_audience_name((policy_audience)a), CHOICES_AUDIENCES.items[a].name);
    for (int w = WHY_RULE; w < WHY_NOT_AVAILABLE; w++)
        assert_string_equal(policy_why_name((policy_why)w), CHOICES_REASONS.items[w - WHY_RULE].name);
}

static void test_same_meaning(void **state)
{
    (void)state;
    policy *one = with(COUNCIL("deny_after: 2027-03-31\n", "3/4", SEAT_A SEAT_B), NULL);
    policy *two = with(COUNCIL("stale_after: 令和9年3月31日\nno_registrations_after: 2027-03-31\n", "６/8",
                               SEAT_B "  # 席\n" SEAT_A), NULL);
    policy *other = with(COUNCIL("deny_after: 2027-03-31\n", "2/3", SEAT_A SEAT_B), NULL);
    assert_true(span_eq(policy_bytes(one), policy_bytes(two)));
    assert_false(span_eq(policy_bytes(one), policy_bytes(other)));
    policy_free(one);
    policy_free(two);
    policy_free(other);
}

// ---- the schema ------------------------------------------------------------------

// Skips one JSON value; NULL: it is none.
static const char *json_skip(const char *s)
{
    if (*s == '"') {
        for (s++; *s && *s != '"'; s++)
            s += *s == '\\' && s[1];
        return *s ? s + 1 : NULL;
    }
    if (*s == '{' || *s == '[') {
        char close = *s == '{' ? '}' : ']';
        bool map = *s == '{';
        for (s++; *s != close;) {
            if (map && (*s != '"' || !(s = json_skip(s)) || *s++ != ':'))
                return NULL;
            s = json_skip(s);
            if (!s || (*s != ',' && *s != close) || (*s == ',' && s[1] == close))
                return NULL;
            s += *s == ',';
        }
        return s + 1;
    }
    size_t n = strspn(s, "0123456789-truefals");
    return n ? s + n : NULL;
}

static void test_schema(void **state)
{
    (void)state;
    policy_files f = kit_rules();
    for (size_t i = 0; i <= FILE_SHAPE_COUNT; i++) {
        buf out = {0};
        assert_int_equal(schema_write(&f, i ? FILE_SHAPES[i - 1].name : NULL, &out), OK);
        const char *text = buf_str(&out), *end = json_skip(text);
        assert_non_null(end);
        assert_string_equal(end, "\n");
        for (size_t k = 0; i && k < FILE_SHAPES[i - 1].shape->count; k++) {
            char key[80];
            snprintf(key, sizeof key, "\"%s\":{", FILE_SHAPES[i - 1].shape->fields[k].name);
            if (!strstr(text, key))
                fail_msg("%s: %s is not in the schema", FILE_SHAPES[i - 1].name, key);
        }
        buf_done(&out);
    }
    buf out = {0};
    assert_int_equal(schema_write(&f, "rules", &out), OK);
    assert_non_null(strstr(buf_str(&out), "\"enum\":[\"nurse\",\"physician\"")); // the words of these rules
    buf_done(&out);
    kit_put(&f, "roles.yaml", "roles: {}\n"); // broken rules still help whoever mends them
    assert_int_equal(schema_write(&f, "rules", &out), OK);
    assert_null(strstr(buf_str(&out), "physician"));
    buf_done(&out);
    assert_int_equal(schema_write(&f, "rule", &out), ERR_NOT_FOUND);
    policy_files_done(&f);
}

// ---- the page that clerks write from ----------------------------------------------

// The agreement that GRAMMAR.md shows compiles as it stands, and means what the page says.
static void test_grammar_example(void **state)
{
    (void)state;
    char path[4096];
    buf page = {0};
    policy_files f = {0};
    diag d = {0};
    snprintf(path, sizeof path, "%s/policies/GRAMMAR.md", kit_source());
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    for (int c; (c = fgetc(in)) != EOF;)
        buf_put_u8(&page, (uint8_t)c);
    fclose(in);
    const char *start = strstr(buf_str(&page), "# 協定書: 手稲渓仁会病院 と KKR");
    assert_non_null(start);
    char *text = strndup(start, (size_t)(strstr(start, "```") - start));
    snprintf(path, sizeof path, "%s/policies/sapporo", kit_source());
    assert_int_equal(policy_load_dir(path, &d, &f), OK);
    kit_drop(&f, "agreements/tmnit-kkr.yaml");
    kit_put(&f, "agreements/tmnit-kkr-2026.yaml", text);
    policy *p = kit_open(&f);
    policy_question q = {.viewer = policy_facility(p, 119900074), .viewer_union = policy_union(p, "kkr"),
                         .source = policy_facility(p, 119900017), .role = policy_role(p, "physician"),
                         .purpose = policy_purpose(p, "treatment"), .asked = 0xff, .today = day_of(2026, 10, 1),
                         .registered_on = day_of(2026, 10, 1), .consented = true, .consent_categories = 0xff,
                         .consent_from = day_of(2026, 1, 1), .consent_until = DAY_FOREVER};
    policy_answer a;
    policy_decide(p, &q, &a);
    assert_int_equal(a.granted, 0x3f); // neither referrals nor nursing
    assert_int_equal(a.from[4], day_of(2026, 4, 1));
    q.viewer = policy_facility(p, 119900017);
    q.viewer_union = policy_union(p, "tmnit");
    q.source = policy_facility(p, 119900074);
    policy_decide(p, &q, &a);
    assert_int_equal(a.granted, 0xbf); // the other way: nursing too
    q.today = day_of(2028, 10, 1);
    policy_decide(p, &q, &a);
    assert_int_equal(a.granted, 0);
    policy_free(p);
    free(text);
    buf_done(&page);
    diag_done(&d);
    policy_files_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seats),  cmocka_unit_test(test_emergency),       cmocka_unit_test(test_same_meaning),
        cmocka_unit_test(test_schema), cmocka_unit_test(test_grammar_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
