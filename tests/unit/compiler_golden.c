// SPDX-License-Identifier: Apache-2.0
// rooms: crypto
// The shipped rules as a snapshot: any change of meaning shows in review. The
// table tells who sees what; the agreements tell what differs between unions.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/crypto/hash.h"
#include "tests/unit/compiler_kit.h"

static policy_files shipped(void)
{
    char dir[4096];
    snprintf(dir, sizeof dir, "%s/policies/sapporo", kit_source());
    diag d = {0};
    policy_files f = {0};
    assert_int_equal(policy_load_dir(dir, &d, &f), OK);
    diag_done(&d);
    return f;
}

static void facts_put(const policy *p, buf *out)
{
    hash32 hash;
    char hex[2 * HASH_BYTES + 1];
    sha256(policy_bytes(p), &hash);
    hex_put(hex, span_of(hash.at, sizeof hash.at));
    buf_printf(out, "bundle: %s\n", hex);
    char from[11], until[11];
    day_format(policy_effective_from(p), from);
    day_format(policy_stale_after(p), until);
    buf_printf(out, "version %u, in force %s to %s, ticket %u ms, grain %d\n", policy_version(p), from, until,
               policy_ticket_ms(p), policy_index_grain(p));
    buf_put_str(out, "told:");
    for (int w = 0; w < WHY_COUNT; w++)
        if (policy_told(p) >> w & 1)
            buf_printf(out, " %s", policy_why_name((policy_why)w));
    buf_put_str(out, "\n\ncategories\n");
    for (int bit = 0; bit < policy_category_count(p); bit++) {
        policy_text t = policy_category_text(p, bit);
        buf_printf(out, "  %d %s | %s | %s | %d months\n", bit + 1, t.id, t.label_ja, t.label_en,
                   policy_category_window(p, bit));
    }
}

static int facility_of(const policy *p, int u, int kind, bool discloses)
{
    for (int i = 0; i < policy_facility_count(p); i++) {
        policy_facility_view v = policy_facility_at(p, i);
        if ((v.unions >> u & 1) && (kind < 0 || v.kind == kind) && v.discloses == discloses)
            return i;
    }
    return POLICY_NONE;
}

static policy_answer ask(const policy *p, int viewer, int viewer_union, int source, int role, int purpose)
{
    policy_question q = {.viewer = viewer, .viewer_union = viewer_union, .role = role, .purpose = purpose,
                         .source = source, .asked = 0xffff, .today = day_of(2026, 6, 1),
                         .registered_on = day_of(2026, 6, 1), .consented = true,
                         .consent_categories = 0xffff, .consent_from = day_of(2026, 1, 1),
                         .consent_until = day_of(2099, 1, 1)};
    policy_answer a;
    policy_decide(p, &q, &a);
    return a;
}

static void categories_put(const policy *p, uint32_t mask, buf *out)
{
    for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
        if (mask >> bit & 1)
            buf_printf(out, " %s", policy_category_text(p, bit).id);
}

// A viewer of each kind, within its own union: what the rules alone say.
static void table_put(const policy *p, buf *out)
{
    buf_put_str(out, "\nrules: kind, role, purpose: categories (what is not here sees nothing)\n");
    for (int kind = 0; kind < policy_kind_count(p); kind++) {
        int viewer = POLICY_NONE, u = -1;
        while (viewer == POLICY_NONE && ++u < policy_union_count(p))
            viewer = facility_of(p, u, kind, false);
        assert_int_not_equal(viewer, POLICY_NONE); // every kind is among the shipped facilities
        int source = facility_of(p, u, POLICY_NONE, true);
        for (int role = 0; role < policy_role_count(p); role++)
            for (int purpose = 0; purpose < policy_purpose_count(p); purpose++) {
                policy_answer a = ask(p, viewer, u, source, role, purpose);
                if (!a.granted)
                    continue;
                buf_printf(out, "  %s, %s, %s:", policy_kind_text(p, kind).id, policy_role_text(p, role).id,
                           policy_purpose_text(p, purpose).id);
                categories_put(p, a.granted, out);
                buf_put_str(out, "\n");
            }
    }
}

// A physician, pharmacist and care manager of each union about each other's hospital.
static void agreements_put(const policy *p, buf *out)
{
    static const char *const WHO[][3] = {{"clinic", "physician", "treatment"},
                                         {"pharmacy", "pharmacist", "treatment"},
                                         {"care", "care-manager", "coordination"}};
    buf_put_str(out, "\nagreements: viewer <- discloser, who: categories from the first day visible "
                     "(registered 2026-06-01)\n");
    for (int u = 0; u < policy_union_count(p); u++)
        for (int s = 0; s < policy_union_count(p); s++)
            for (int w = 0; w < 3; w++) {
                int viewer = facility_of(p, u, policy_kind(p, WHO[w][0]), false);
                if (viewer == POLICY_NONE)
                    continue;
                policy_answer a = ask(p, viewer, u, facility_of(p, s, POLICY_NONE, true),
                                      policy_role(p, WHO[w][1]), policy_purpose(p, WHO[w][2]));
                buf_printf(out, "  %s <- %s, %s:", policy_union_text(p, u).id, policy_union_text(p, s).id,
                           WHO[w][1]);
                for (int bit = 0; bit < POLICY_CATEGORIES; bit++) {
                    char from[11];
                    if (!(a.granted >> bit & 1))
                        continue;
                    day_format(a.from[bit], from);
                    buf_printf(out, " %s %s", policy_category_text(p, bit).id, from);
                }
                buf_put_str(out, a.granted ? "\n" : " nothing\n");
            }
}

static void test_snapshot(void **state)
{
    (void)state;
    policy_files f = shipped();
    policy *p = kit_open(&f);
    buf out = {0};
    facts_put(p, &out);
    table_put(p, &out);
    agreements_put(p, &out);
    kit_golden("sapporo.decisions.txt", buf_str(&out));
    buf_done(&out);
    policy_free(p);
    policy_files_done(&f);
}

// The counts of unions.md.
static void test_counts(void **state)
{
    (void)state;
    static const struct { const char *ward; int count; } WARDS[] = {
        {"中央区", 38}, {"北区", 16}, {"東区", 14}, {"白石区", 3}, {"厚別区", 3},
        {"豊平区", 4},  {"清田区", 1}, {"南区", 1}, {"西区", 23}, {"手稲区", 42}};
    policy_files f = shipped();
    policy *p = kit_open(&f);
    int disclosing = 0, viewing = 0, three = 0;
    for (int i = 0; i < policy_facility_count(p); i++) {
        policy_facility_view v = policy_facility_at(p, i);
        disclosing += v.discloses;
        viewing += !v.discloses;
        if (__builtin_popcount(v.unions) == 3) {
            three++;
            assert_int_equal(v.unions, 1u << policy_union(p, "tenshi") | 1u << policy_union(p, "shiritsu") |
                                           1u << policy_union(p, "tmnit"));
        }
    }
    assert_int_equal(disclosing, 7);
    assert_int_equal(viewing, 145);
    assert_int_equal(three, 1);
    for (size_t w = 0; w < sizeof WARDS / sizeof *WARDS; w++) {
        int n = 0;
        for (int i = 0; i < policy_facility_count(p); i++) {
            policy_facility_view v = policy_facility_at(p, i);
            n += !v.discloses && strcmp(v.ward, WARDS[w].ward) == 0;
        }
        assert_int_equal(n, WARDS[w].count);
    }
    for (int u = 0; u < policy_union_count(p); u++) {
        int clinics = 0, others = 0;
        for (int i = 0; i < policy_facility_count(p); i++) {
            policy_facility_view v = policy_facility_at(p, i);
            clinics += (v.unions >> u & 1) && v.kind == policy_kind(p, "clinic");
            others += (v.unions >> u & 1) && (v.kind == policy_kind(p, "pharmacy") ||
                                              v.kind == policy_kind(p, "visiting-nursing"));
        }
        assert_true(clinics >= 3);
        assert_true(others >= 1);
    }
    policy_free(p);
    policy_files_done(&f);
}

// Only the warning about keys that do not exist yet.
static void test_shipped_warnings(void **state)
{
    (void)state;
    policy_files f = shipped();
    diag d = {0};
    buf b = {0};
    assert_int_equal(policy_compile(&f, &d, &b), OK);
    assert_int_equal(d.errors, 0);
    assert_int_equal(d.warnings, 1);
    diag_done(&d);
    buf_done(&b);
    policy_files_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_shipped_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
