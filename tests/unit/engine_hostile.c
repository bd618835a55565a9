// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// Bundles from someone who means harm: cut at every byte, every bit turned, and
// whatever is still a bundle must be decidable with any facts.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/engine/bundle.h"
#include "policies/engine/flow.h"
#include "policies/engine/forms.h"
#include "tests/unit/compiler_kit.h"

#define KEY(d) #d #d #d #d #d #d #d #d #d #d #d #d #d #d #d #d
#define KEYS64(a, b, c, d) KEY(a) KEY(b) KEY(c) KEY(d)

// Where the nodes' section ends, and with it the last node's keys.
static uint8_t *nodes_end(const buf *b)
{
    const uint8_t *row = b->at + 16 + 8 * SECTION_NODES;
    return b->at + be32_get(row) + be32_get(row + 4);
}

static buf small_bundle(void)
{
    policy_files f = kit_rules();
    kit_put(&f, "council.yaml",
            "version: 3\neffective_from: 2026-04-01\nwarn_after: 2026-12-31\nno_registrations_after: 2027-02-28\n"
            "deny_after: 2027-03-31\ntold: [rule, agreement]\nprevious: " KEYS64(9, 9, 9, 9) "\nquorum: 3/4\n"
            "meetings: {a_year: 2, year_begins: 4}\nobservers: [city, vendor]\nseats:\n"
            "  - {id: s1, institution: A, office: x, from: 2026-04-01, until: 2028-03-31, key: " KEYS64(5, 0, 0, 1)
            "}\n  - {id: s2, institution: B, office: y, from: 2026-04-01, until: 2028-03-31, key: " KEYS64(5, 0, 0, 2)
            "}\n  - {id: s3, institution: C, office: z, from: 2026-04-01, until: 2028-03-31}\n");
    kit_put(&f, "emergency.yaml",
            "kinds: [hospital]\nroles: [physician]\ncategories: [basics]\nminutes: 60\ntold: [patient, council]\n"
            "review_hours: 72\nwithout_consent: yes\ndespite_objection: no\n");
    kit_put(&f, "requests.yaml",
            "deadlines:\n  - {state: sent, days: 7, remind: 2}\n  - {state: received, days: 3, cancels: yes}\n"
            "refusals:\n  - {id: r1, ja: a, en: a}\n  - {id: r2, ja: b, en: b, explain: yes}\n"
            "relations:\n  - {id: p1, ja: c, en: c, until_majority: yes}\nsecond_check: [weak, proxy]\n"
            "matching: {show: [likely], accept: [[birth, sex], [insurance]]}\nretention: 3年\n"
            "told: {emergency: [disclosing, own]}\n"
            "emergency: {reasons: [{id: e1, ja: d, en: d}], review_roles: nurse, review_by: [own]}\n");
    kit_put(&f, "forms/f.yaml",
            "form: f\ncode: FF\nversion: 2\nja: x\nen: x\nfiled_by: [patient, proxy]\nsections:\n"
            "  - id: s1\n    ja: y\n    en: y\n    fields:\n"
            "      - {id: born, ja: z, en: z, type: date, required: yes}\n"
            "      - {id: how, ja: w, en: w, type: choice, choices: [{id: c1, ja: u, en: u}, {id: c2, ja: v, en: v}]}\n"
            "  - id: s2\n    ja: y\n    en: y\n    by: [clinic]\n    fields:\n"
            "      - {id: who, ja: z, en: z, type: name, required: {when: born, is: minor}}\n"
            "      - {id: why, ja: w, en: w, type: note, required: {when: how, is: c2}, hint_ja: h, max: 300}\n"
            "sentences:\n  - {ja: t, en: t}\n");
    kit_put(&f, "forms/g.yaml",
            "form: g\ncode: FG\nversion: 1\nja: x\nen: x\nfiled_by: [clinic]\nsections:\n"
            "  - {id: s, ja: y, en: y, fields: [{id: n, ja: z, en: z, type: relation}]}\n");
    kit_put(&f, "hub-keys.yaml", "keys: {tls: [" KEYS64(0, 0, 0, 1) "], sign: [" KEYS64(0, 0, 0, 2) "]}\n");
    kit_put(&f, "nodes/na.yaml",
            "node: na\nunion: a\nhost: na.example\ndiscloses: [0110113719]\nviews: all\n"
            "keys: {tls: [" KEYS64(0, 0, 1, 1) ", " KEYS64(0, 0, 1, 2) "], sign: [" KEYS64(0, 0, 1, 3)
            "], seal: [" KEYS64(0, 0, 1, 4) "]}\n");
    buf b = kit_compile(&f);
    policy_files_done(&f);
    return b;
}

static void use_forms(const policy *p)
{
    volatile size_t sink = 0;
    (void)sink;
    for (int i = -1; i <= policy_form_count(p); i++) {
        policy_form form = policy_form_at(p, i);
        sink += strlen(form.id) + strlen(form.label_ja) + (size_t)policy_form_by_code(p, form.code);
        for (int k = -1; k <= form.section_count; k++)
            sink += strlen(policy_form_section_at(p, i, k).label_en);
        for (int k = -1; k <= form.sentence_count; k++)
            sink += strlen(policy_form_sentence_at(p, i, k).ja) + strlen(policy_form_sentence_at(p, i, k).en);
        for (int k = -1; k <= form.field_count; k++) {
            policy_form_field field = policy_form_field_at(p, i, k);
            sink += strlen(field.label_en) + strlen(field.hint_ja) + strlen(field.is);
            sink += strlen(policy_form_section_at(p, i, field.section).id);
            assert_true(field.when < k || k == -1 || k == form.field_count);
            if (k >= 0 && k < form.field_count)
                assert_int_equal(policy_form_field_find(p, i, field.name), k);
            for (int c = -1; c <= field.choice_count; c++)
                sink += strlen(policy_form_choice_at(p, i, k, c).label_ja);
        }
    }
    for (int i = -1; i < 40; i++)
        sink += strlen(policy_reason_at(p, i).id) + strlen(policy_relation_at(p, i).id) +
                strlen(policy_emergency_reason_at(p, i).id) + policy_accept_at(p, i) +
                (size_t)policy_flow_deadline(p, (flow_state)i).days + policy_told_of(p, (flow_event)i);
    assert_true(policy_flow(p).retention_months >= 36);
}

static void use(const policy *p)
{
    use_forms(p);
    uint64_t seed = 7;
    volatile size_t sink = 0; // so that the reads are not optimised away
    (void)sink;
    for (int i = 0; i < 50; i++) {
        policy_question q;
        uint64_t words[sizeof q / 8 + 1];
        for (size_t w = 0; w < sizeof words / 8; w++)
            words[w] = kit_random(&seed);
        memcpy(&q, words, sizeof q);
        q.consented = words[0] & 1;
        if (i & 1) { // numbers that may exist
            q.viewer &= 7;
            q.source &= 7;
            q.viewer_union &= 3;
            q.role &= 3;
            q.purpose &= 3;
            q.today = policy_effective_from(p);
            q.consent_from = INT32_MIN;
            q.consent_until = INT32_MAX;
            q.consented = true;
        }
        policy_answer a;
        policy_decide(p, &q, &a);
        sink += a.granted;
    }
    for (int i = -1; i <= policy_facility_count(p); i++) {
        sink += strlen(policy_facility_at(p, i).name) + strlen(policy_facility_at(p, i).ward);
        sink += (size_t)policy_node_serves(p, i, i) + (size_t)policy_discloser(p, i);
    }
    for (int i = -1; i <= policy_node_count(p); i++) {
        policy_node_view v = policy_node_at(p, i);
        sink += strlen(v.name) + strlen(v.host);
        for (int k = 0; k < v.tls_count; k++)
            sink += (size_t)policy_node_by_tls(p, v.tls[k]);
    }
    for (int i = -1; i <= policy_seat_count(p); i++) {
        policy_seat s = policy_seat_at(p, i);
        sink += strlen(s.id) + strlen(s.institution) + strlen(s.office) + (s.key ? s.key[31] : 0);
        sink += (size_t)policy_seat_find(p, s.id) + strlen(policy_observer_at(p, i));
    }
    sink += policy_previous_hash(p) ? policy_previous_hash(p)[31] : 0;
    sink += policy_emergency(p).categories;
    for (int i = -1; i < 40; i++)
        sink += strlen(policy_union_text(p, i).id) + strlen(policy_kind_text(p, i).label_ja) +
                strlen(policy_category_text(p, i).label_en) + strlen(policy_role_text(p, i).id);
}

// In an exact allocation, so that the sanitizer sees one byte too many.
static err try_open(const uint8_t *at, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, at, len);
    policy *p = NULL;
    err e = policy_open(span_of(copy, len), &p);
    free(copy);
    if (!e)
        use(p);
    else
        assert_null(p);
    policy_free(p);
    return e;
}

static void test_truncated(void **state)
{
    (void)state;
    buf b = small_bundle();
    assert_int_equal(try_open(b.at, b.len), OK);
    for (size_t cut = 0; cut < b.len; cut++)
        assert_int_equal(try_open(b.at, cut), ERR_FORMAT);
    assert_int_equal(buf_put_u8(&b, 0), OK); // and one too many
    assert_int_equal(try_open(b.at, b.len), ERR_FORMAT);
    buf_done(&b);
}

static void test_every_bit(void **state)
{
    (void)state;
    buf b = small_bundle();
    size_t refused = 0;
    for (size_t i = 0; i < b.len * 8; i++) {
        b.at[i / 8] ^= (uint8_t)(1u << i % 8);
        refused += try_open(b.at, b.len) != OK;
        b.at[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_true(refused > BUNDLE_HEAD * 8); // the head has no bit that may differ
    for (size_t i = 0; i < BUNDLE_HEAD * 8; i++) {
        b.at[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(try_open(b.at, b.len), ERR_FORMAT);
        b.at[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    buf_done(&b);
}

static void test_random_damage(void **state)
{
    (void)state;
    buf b = small_bundle();
    uint64_t seed = 20260401;
    for (int round = 0; round < 20000; round++) {
        uint8_t copy[8192];
        assert_true(b.len <= sizeof copy);
        memcpy(copy, b.at, b.len);
        for (int n = 1 + (int)(kit_random(&seed) % 4); n; n--)
            copy[BUNDLE_HEAD + kit_random(&seed) % (b.len - BUNDLE_HEAD)] = (uint8_t)kit_random(&seed);
        (void)!try_open(copy, b.len);
    }
    buf_done(&b);
}

// A second spelling of the same meaning would be a second hash of it.
static void test_other_spellings(void **state)
{
    (void)state;
    buf b = small_bundle();
    // The node's two TLS keys exchanged.
    uint8_t *keys = nodes_end(&b) - (1 + 64 + 1 + 32 + 1 + 32) + 1;
    uint8_t swap[32];
    assert_int_equal(keys[-1], 2);
    memcpy(swap, keys, 32);
    memcpy(keys, keys + 32, 32);
    memcpy(keys + 32, swap, 32);
    assert_int_equal(try_open(b.at, b.len), ERR_FORMAT);
    memcpy(keys + 32, keys, 32); // one key twice
    assert_int_equal(try_open(b.at, b.len), ERR_FORMAT);
    buf_done(&b);
    b = small_bundle();
    // A NUL inside a text.
    const uint8_t *name = memmem(b.at, b.len, "hub.example", 11);
    assert_non_null(name);
    b.at[name - b.at + 3] = 0;
    assert_int_equal(try_open(b.at, b.len), ERR_FORMAT);
    buf_done(&b);
    b = small_bundle(); // the hub's TLS key as a node's
    const uint8_t *hub = memmem(b.at, b.len, "hub.example", 11);
    assert_non_null(hub);
    keys = nodes_end(&b) - (1 + 64 + 1 + 32 + 1 + 32) + 1;
    memcpy(keys, hub + 12 + 1, 32);
    assert_int_equal(try_open(b.at, b.len), ERR_FORMAT);
    buf_done(&b);
}

// One value at a time that no compiler would write.
static void test_forged_values(void **state)
{
    (void)state;
    static const struct {
        bundle_section section;
        size_t at;
        int bytes;
        uint32_t value;
    } FORGED[] = {
        {SECTION_COUNCIL, 0, 4, 0},              // version
        {SECTION_COUNCIL, 4, 4, INT32_MAX},      // in force from never on
        {SECTION_COUNCIL, 4, 4, 0x80000000},     // a day that no calendar has
        {SECTION_COUNCIL, 8, 4, 0},              // stale before it begins
        {SECTION_COUNCIL, 12, 4, 0},             // tickets of no time
        {SECTION_COUNCIL, 12, 4, 600001},        // and of too long
        {SECTION_COUNCIL, 16, 4, 1u << WHY_COUNT},
        {SECTION_COUNCIL, 20, 1, 3},             // grain
        {SECTION_HUB, 2, 1, 0xff},               // no UTF-8
        {SECTION_HUB, 2, 1, '\n'},
        {SECTION_CATEGORIES, 0, 1, 0},
        {SECTION_CATEGORIES, 1, 1, 16},
        {SECTION_CATEGORIES, 1, 1, 4},           // the number of the next
        {SECTION_KINDS, 0, 1, 0},
        {SECTION_KINDS, 0, 1, 33},
        {SECTION_KINDS, 2, 1, 'z'},              // out of order
        {SECTION_RULES, 0, 2, 0x0002},           // a category that does not exist
        {SECTION_UNIONS, 2, 1, 'x'},
        {SECTION_FACILITIES, 0, 4, 0xffffffff},
        {SECTION_FACILITIES, 4, 4, 0x00ffffff},  // more than ten digits
        {SECTION_FACILITIES, 12, 1, 0},          // no name
        {SECTION_FACILITIES, 25, 1, 2},          // a kind that does not exist
        {SECTION_FACILITIES, 30, 4, 0},          // registered with nobody
        {SECTION_FACILITIES, 30, 4, 9},          // or with a union that does not exist
        {SECTION_FACILITIES, 26, 4, 1},
        {SECTION_FACILITIES, 38, 4, 3},          // discloses under a union that is not its own
        {SECTION_AGREEMENTS, 0, 2, 0xffff},
        {SECTION_AGREEMENTS, 2, 1, 1},           // with oneself
        {SECTION_AGREEMENTS, 3, 1, 200},
        {SECTION_AGREEMENTS, 4, 4, INT32_MAX},
        {SECTION_AGREEMENTS, 12, 2, 0},          // grants nothing
        {SECTION_AGREEMENTS, 14, 4, 0},
        {SECTION_AGREEMENTS, 14, 4, 4},          // a kind that does not exist
        {SECTION_AGREEMENTS, 18, 2, 0},
        {SECTION_AGREEMENTS, 18, 2, 7},          // longer than the council's six months
        {SECTION_NODES, 0, 2, 0xffff},
        {SECTION_SEATS, 0, 1, 0},                // nobody ratifies
        {SECTION_SEATS, 0, 1, 5},                // more than all
        {SECTION_SEATS, 0, 2, 0x0204},           // not reduced: a second spelling
        {SECTION_SEATS, 1, 1, 101},
        {SECTION_SEATS, 2, 4, 0},                // warns before the rules are in force
        {SECTION_SEATS, 2, 4, INT32_MAX},        // or after the next step
        {SECTION_SEATS, 6, 4, INT32_MAX},
        {SECTION_SEATS, 11, 1, 13},              // a month
        {SECTION_SEATS, 12, 1, 2},
        {SECTION_SEATS, 12, 1, 0},               // its 32 bytes would be something else
        {SECTION_SEATS, 47, 1, 'z'},             // observers out of order
        {SECTION_SEATS, 46, 1, 0},
        {SECTION_EMERGENCY, 0, 4, 0},            // nobody
        {SECTION_EMERGENCY, 0, 4, 4},            // a kind that does not exist
        {SECTION_EMERGENCY, 4, 4, 1},            // a role
        {SECTION_EMERGENCY, 12, 2, 2},           // a category
        {SECTION_EMERGENCY, 14, 2, 61},          // longer than an hour
        {SECTION_EMERGENCY, 14, 2, 0},
        {SECTION_EMERGENCY, 16, 1, 0x10},
        {SECTION_EMERGENCY, 17, 2, 0},
        {SECTION_EMERGENCY, 19, 1, 4},
        {SECTION_FORMS, 0, 1, 33},
        {SECTION_FORMS, 2, 1, 'z'},              // out of order
        {SECTION_FORMS, 11, 1, 'f'},             // a code in small letters
        {SECTION_FORMS, 14, 4, 0},               // version
        {SECTION_FORMS, 18, 1, 0},               // filed by nobody
        {SECTION_FORMS, 18, 1, 0x20},
        {SECTION_FORMS, 19, 1, 0},               // no parts
        {SECTION_FORMS, 30, 1, 0},               // no fields
        {SECTION_FORMS, 30, 1, 65},
        {SECTION_FORMS, 47, 1, FORM_TYPES},
        {SECTION_FORMS, 48, 1, 0},               // filled by nobody
        {SECTION_FORMS, 48, 1, 0x20},
        {SECTION_FORMS, 49, 1, NEED_COUNT},
        {SECTION_FORMS, 50, 2, 1},               // a date has no length
        {SECTION_FLOW, 0, 1, 99},
        {SECTION_FLOW, 1, 1, FLOW_STATE_COUNT},
        {SECTION_FLOW, 1, 1, FLOW_STATE_RECEIVED}, // a state twice
        {SECTION_FLOW, 2, 2, 0},                 // days
        {SECTION_FLOW, 2, 2, 367},
        {SECTION_FLOW, 4, 2, 7},                 // a reminder behind the deadline
        {SECTION_FLOW, 6, 1, 2},
        {SECTION_FLOW, 13, 1, 33},               // reasons
        {SECTION_FLOW, 27, 1, '1'},              // a reason twice
    };
    for (size_t i = 0; i < sizeof FORGED / sizeof *FORGED; i++) {
        buf b = small_bundle();
        uint8_t *at = b.at + be32_get(b.at + 16 + 8 * FORGED[i].section) + FORGED[i].at;
        for (int k = 0; k < FORGED[i].bytes; k++)
            at[k] = (uint8_t)(FORGED[i].value >> 8 * (FORGED[i].bytes - 1 - k));
        if (try_open(b.at, b.len) != ERR_FORMAT)
            fail_msg("section %d, byte %zu: %u was taken", (int)FORGED[i].section, FORGED[i].at,
                     FORGED[i].value);
        buf_done(&b);
    }
}

// A form that cannot be filled in, or two that look the same to a machine.
static void test_forged_forms(void **state)
{
    (void)state;
    static const struct {
        const char *find;
        size_t len, at;
        uint8_t was, is;
    } FORGED[] = {
        {"\x02" "FG", 4, 2, 'G', 'F'},                  // two forms of one code
        {"\x02" "FG", 4, 2, 'G', '-'},
        {"\x02s2", 3, 2, '2', '1'},                  // two parts of one name
        {"\x02" "c2\0\x01v", 6, 2, '2', '1'},        // two choices, or a condition nobody can meet
        {"\x02" "c2\0\x01,", 6, 2, '2', '3'},        // 300 = 0x012c behind it
        {"\x03who", 4, 17, NEED_MINOR, NEED_ALWAYS},
        {"\x03why", 4, 19, 1, 3},            // waits for itself
        {"\x03why", 4, 19, 1, 0},            // asks a date for a word
    };
    for (size_t i = 0; i < sizeof FORGED / sizeof *FORGED; i++) {
        buf b = small_bundle();
        uint8_t *at = memmem(b.at, b.len, FORGED[i].find, FORGED[i].len);
        if (!at || at[FORGED[i].at] != FORGED[i].was)
            fail_msg("forgery %zu finds its place no more", i);
        at[FORGED[i].at] = FORGED[i].is;
        if (try_open(b.at, b.len) != ERR_FORMAT)
            fail_msg("forgery %zu was taken", i);
        buf_done(&b);
    }
}

// Two seats with one key, or one name: a signature would count twice.
static void test_forged_seats(void **state)
{
    (void)state;
    buf b = small_bundle();
    uint8_t *one = memmem(b.at, b.len, "\x02s1", 3), *two = memmem(b.at, b.len, "\x02s2", 3);
    assert_true(one && two);
    size_t key = 4 + 3 + 3 + 8 + 1; // id, institution, office, term, the count
    assert_int_equal(two - one, (ptrdiff_t)key + 32);
    assert_int_equal(one[key - 1], 1);
    uint8_t old[32];
    memcpy(old, two + key, 32);
    memcpy(two + key, one + key, 32);
    assert_int_equal(try_open(b.at, b.len), ERR_FORMAT);
    memcpy(two + key, old, 32);
    assert_int_equal(try_open(b.at, b.len), OK);
    two[2] = '1';
    assert_int_equal(try_open(b.at, b.len), ERR_FORMAT);
    two[2] = '2';
    one[key - 1] = 2; // two keys of one seat
    assert_int_equal(try_open(b.at, b.len), ERR_FORMAT);
    buf_done(&b);
}

// Two nodes may not speak for one hospital, nor one for another union's.
static void test_forged_nodes(void **state)
{
    (void)state;
    policy_files f = kit_rules();
    kit_put(&f, "unions/a.yaml",
            "union: a\nja: 甲\nen: A\nsecretariat: 甲病院\n"
            "discloses:\n  - {code: 0110113719, name: 甲病院, kind: hospital}\n"
            "  - {code: 0119900058, name: 甲分院, kind: hospital}\n");
    kit_put(&f, "nodes/na.yaml",
            "node: na\nunion: a\nhost: na.example\ndiscloses: [0110113719]\n"
            "keys: {tls: [" KEYS64(0, 0, 1, 1) "], sign: [" KEYS64(0, 0, 1, 3) "], "
            "seal: [" KEYS64(0, 0, 1, 4) "]}\n");
    kit_put(&f, "nodes/nb.yaml",
            "node: nb\nunion: a\nhost: nb.example\ndiscloses: [0119900058]\n"
            "keys: {tls: [" KEYS64(0, 0, 2, 1) "], sign: [" KEYS64(0, 0, 2, 3) "], "
            "seal: [" KEYS64(0, 0, 2, 4) "]}\n");
    buf b = kit_compile(&f);
    policy_files_done(&f);
    policy *p = NULL;
    assert_int_equal(policy_open(buf_span(&b), &p), OK);
    uint8_t *number = memmem(b.at, b.len, "nb.example", 10);
    assert_non_null(number);
    number += 11 + 1 + 4; // its NUL, the union, the count
    assert_int_equal(be32_get(number), policy_facility(p, 119900058));
    be32_put(number, (uint32_t)policy_facility(p, 110113719));
    assert_int_equal(try_open(b.at, b.len), ERR_FORMAT);
    be32_put(number, (uint32_t)policy_facility(p, 119900033)); // discloses under another union
    assert_int_equal(try_open(b.at, b.len), ERR_FORMAT);
    be32_put(number, (uint32_t)policy_facility(p, 119900058));
    assert_int_equal(try_open(b.at, b.len), OK);
    policy_free(p);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_other_spellings),
        cmocka_unit_test(test_forged_values),
        cmocka_unit_test(test_forged_nodes),
        cmocka_unit_test(test_forged_seats),
        cmocka_unit_test(test_forged_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
