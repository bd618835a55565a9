// SPDX-License-Identifier: Apache-2.0
// The diff against brute force: over random pairs of rules every question is decided
// under both, and what differs is exactly what the diff tells. And its words.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/workshop/diff.h"
#include "tests/unit/workshop_kit.h"

// Days on which an agreement of either rules begins or ends, and those beside them.
static int days_of(const policy *const rules[2], day *days)
{
    int n = 0;
    for (int i = 0; i < 2; i++)
        for (int u = 0; u < W_UNIONS; u++)
            for (int v = 0; v < W_UNIONS; v++) {
                policy_pact_view c = policy_pact_at(rules[i], u, v, 0);
                if (u == v || !c.categories)
                    continue;
                const day at[3] = {c.from - 1, c.from, c.until == DAY_FOREVER ? c.from : c.until + 1};
                for (int k = 0; k < 3; k++) {
                    bool known = false;
                    for (int m = 0; m < n; m++)
                        known = known || days[m] == at[k];
                    if (!known)
                        days[n++] = at[k];
                }
            }
    days[n++] = day_of(2027, 1, 15);
    return n;
}

static bool moved(const diff *d, uint64_t code)
{
    for (size_t i = 0; i < d->member_count; i++)
        if (d->members[i].code == code)
            return true;
    return false;
}

// All words exist in both rules here, in the same order: numbers are the same everywhere.
static bool told(const diff *d, const policy *p, int viewer, int viewer_union, int role, int purpose, uint64_t under,
                 int category)
{
    for (; under; under &= under - 1) {
        diff_right r = {policy_facility_at(p, viewer).kind, category, role, purpose, __builtin_ctzll(under), viewer_union};
        for (size_t g = 0; g < d->group_count; g++)
            if (diff_covers(d, &d->groups[g], &r))
                return true;
    }
    return false;
}

typedef struct counts { size_t differ, told, moved; } counts;

// Over all days: did anything differ? One question, all categories at once.
static uint32_t differs(const policy *const rules[2], policy_question q, const day *days, int n)
{
    uint32_t mask = 0;
    for (int i = 0; i < n; i++) {
        policy_answer a[2];
        q.today = q.registered_on = days[i];
        policy_decide(rules[0], &q, &a[0]);
        policy_decide(rules[1], &q, &a[1]);
        mask |= a[0].granted ^ a[1].granted;
        for (uint32_t both = a[0].granted & a[1].granted; both; both &= both - 1)
            if (a[0].from[__builtin_ctz(both)] != a[1].from[__builtin_ctz(both)])
                mask |= both & -both;
    }
    return mask;
}

static void question_check(const diff *d, const policy *const rules[2], const policy_question *q, const day *days,
                           int n, counts *c)
{
    uint64_t viewer = policy_facility_at(rules[0], q->viewer).code, source = policy_facility_at(rules[0], q->source).code;
    uint32_t mask = differs(rules, *q, days, n);
    uint64_t under = policy_discloses(rules[0], q->source);
    bool members = moved(d, viewer) || moved(d, source);
    for (int cat = 0; cat < W_CATS; cat++) {
        bool differ = mask >> (2 * cat) & 1;
        bool says = told(d, rules[0], q->viewer, q->viewer_union, q->role, q->purpose, under, cat);
        c->differ += differ;
        c->told += says;
        c->moved += members;
        if (differ && !members)
            assert_true(says);
        // The other way round where no second disclosing union can hide it.
        if (says && !members && __builtin_popcountll(under) == 1)
            assert_true(differ);
    }
}

static void pair_check(const policy *old_rules, const policy *new_rules, counts *c)
{
    const policy *const rules[2] = {old_rules, new_rules};
    day days[256];
    int n = days_of(rules, days);
    diff *d = NULL;
    assert_int_equal(diff_run(old_rules, new_rules, &d), OK);
    for (int viewer = 0; viewer < policy_facility_count(old_rules); viewer++)
        for (int source = 0; source < policy_facility_count(old_rules); source++) {
            policy_facility_view v = policy_facility_at(old_rules, viewer), s = policy_facility_at(old_rules, source);
            if (policy_facility_at(new_rules, viewer).code != v.code || policy_facility_at(new_rules, source).code != s.code)
                continue; // numbers differ only where members do
            for (int i = 0; i < W_UNIONS * W_ROLES * W_PURPOSES; i++) {
                policy_question q = {.viewer = viewer, .source = source, .viewer_union = i % W_UNIONS,
                                     .role = i / W_UNIONS % W_ROLES, .purpose = i / W_UNIONS / W_ROLES,
                                     .asked = 0xffff, .consented = true, .consent_categories = 0xffff,
                                     .consent_from = day_of(2020, 1, 1), .consent_until = DAY_FOREVER};
                if (policy_discloses(old_rules, source) && (v.unions >> q.viewer_union & 1))
                    question_check(d, rules, &q, days, n, c);
            }
        }
    buf out = {0};
    assert_int_equal(diff_put(d, false, &out), OK);
    assert_true(out.len > 0);
    buf_done(&out);
    diff_free(d);
}

static void test_brute_force(void **state)
{
    (void)state;
    counts c = {0};
    for (uint64_t i = 0; i < 60; i++) { // rules, agreements, members, windows: alone and together
        uint64_t change = 1 + i % 15;
        policy_files a = w_random(i, i + 100, i + 200, i + 300);
        policy_files b = w_random(i + 1000 * (change & 1), i + 100 + 1000 * (change >> 1 & 1),
                                  i + 200 + 1000 * (change >> 2 & 1), i + 300 + 1000 * (change >> 3 & 1));
        policy *p = kit_open(&a), *q = kit_open(&b);
        pair_check(p, q, &c);
        pair_check(p, p, &c);
        policy_free(p);
        policy_free(q);
        policy_files_done(&a);
        policy_files_done(&b);
    }
    assert_true(c.differ > 1000);
    assert_true(c.told > 1000);
    assert_true(c.moved > 1000);
}

static void edit(policy_files *f, const char *name, const char *from, const char *to)
{
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->items[i].name, name) != 0)
            continue;
        const char *text = buf_str(&f->items[i].text), *at = strstr(text, from);
        assert_non_null(at);
        buf out = {0};
        buf_put(&out, text, (size_t)(at - text));
        buf_put_str(&out, to);
        buf_put_str(&out, at + strlen(from));
        buf_done(&f->items[i].text);
        f->items[i].text = out;
        return;
    }
    fail_msg("no file %s", name);
}

static void shipped_change(buf *out, const char *title, const char *name, const char *from, const char *to)
{
    policy_files a = w_shipped(), b = w_shipped();
    edit(&b, name, from, to);
    policy *p = kit_open(&a), *q = kit_open(&b);
    diff *d = NULL;
    assert_int_equal(diff_run(p, q, &d), OK);
    buf_printf(out, "== %s\n", title);
    assert_int_equal(diff_put(d, false, out), OK);
    diff_free(d);
    policy_free(p);
    policy_free(q);
    policy_files_done(&a);
    policy_files_done(&b);
}

static void test_shipped(void **state)
{
    (void)state;
    buf out = {0};
    shipped_change(&out, "a comment", "rules.yaml", "  # 医師", "  # お医者さん");
    shipped_change(&out, "a label", "kinds.yaml", "ja: 薬局", "ja: くすりや");
    shipped_change(&out, "nurses see reports and imaging", "rules.yaml", "deny: [imaging, reports, referrals]", "allow: [imaging, reports]");
    shipped_change(&out, "an agreement is narrowed", "agreements/hokudai-kkr.yaml", "between: [hokudai, kkr]",
                   "between: [hokudai, kkr]\nwithout_categories: [nursing]\nwindows: {imaging: 6か月}");
    shipped_change(&out, "an agreement begins later", "agreements/tmnit-kkr.yaml", "令和8年4月1日", "令和8年10月1日");
    shipped_change(&out, "a longer window", "categories.yaml", "en: laboratory results,            window: 6か月", "en: laboratory results, window: 1年");
    shipped_change(&out, "a clinic joins and one moves to another kind", "unions/kkr.yaml",
                   "  - {code: 0119900967, name: 豊平区見本クリニック02, ward: 豊平区, kind: clinic}",
                   "  - {code: 0119900967, name: 豊平区見本クリニック02, ward: 豊平区, kind: hospital}\n"
                   "  - {code: 0119900934, name: 厚別区見本クリニック01, ward: 厚別区, kind: clinic}");
    kit_golden("sapporo.diff.txt", buf_str(&out));
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brute_force),
        cmocka_unit_test(test_shipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
