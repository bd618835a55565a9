// SPDX-License-Identifier: Apache-2.0
// The matrix: its words for the shipped rules, every right in the CSV and no other, and
// labels that cannot break out of the page or become a formula.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/workshop/matrix.h"
#include "tests/unit/workshop_kit.h"

static void test_shipped(void **state)
{
    (void)state;
    policy_files f = w_shipped();
    policy *p = kit_open(&f);
    buf out = {0}, page = {0};
    assert_int_equal(matrix_text(p, day_of(2026, 6, 1), false, &out), OK);
    kit_golden("sapporo.matrix.txt", buf_str(&out));
    assert_int_equal(matrix_html(p, day_of(2026, 6, 1), true, &page), OK);
    kit_golden("sapporo.matrix.html", buf_str(&page));
    buf_done(&out);
    buf_done(&page);
    policy_free(p);
    policy_files_done(&f);
}

// Rule by rule and agreement by agreement.
static size_t rights_decided(const policy *p)
{
    size_t count = 0;
    for (int v = 0; v < W_UNIONS; v++)
        for (int u = 0; u < W_UNIONS; u++)
            for (int i = 0; i < W_KINDS * W_ROLES * W_PURPOSES; i++) {
                policy_pact_view c = policy_pact_at(p, u, v, 0);
                uint32_t any = policy_allowed(p, i % W_KINDS, i / W_KINDS % W_ROLES, i / W_KINDS / W_ROLES);
                if (policy_pact_count(p, u, v) && (c.kinds >> i % W_KINDS & 1))
                    count += (size_t)__builtin_popcount(any & c.categories);
            }
    return count;
}

static void test_csv_is_complete(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        policy_files f = w_random(i, i + 50, i, i);
        policy *p = kit_open(&f);
        buf out = {0};
        size_t lines = 0;
        assert_int_equal(matrix_csv(p, false, &out), OK);
        assert_memory_equal(out.at, "\xef\xbb\xbf", 3);
        for (const char *s = buf_str(&out); (s = strstr(s, "\r\n")); s += 2)
            lines++;
        assert_int_equal(lines, 1 + rights_decided(p));
        buf_done(&out);
        policy_free(p);
        policy_files_done(&f);
    }
}

static void test_hostile_labels(void **state)
{
    (void)state;
    policy_files f = kit_rules();
    kit_put(&f, "roles.yaml", "roles:\n  - {id: physician, ja: \"<script>&\", en: \"=1+1\"}\n"
                              "  - {id: nurse, ja: 看護師, en: \"a \\\"b\\\"\"}\n");
    policy *p = kit_open(&f);
    buf page = {0}, csv = {0};
    assert_int_equal(matrix_html(p, day_of(2026, 6, 1), true, &page), OK);
    assert_null(strstr(buf_str(&page), "<script"));
    assert_non_null(strstr(buf_str(&page), "&lt;script&gt;&amp;"));
    assert_int_equal(matrix_csv(p, false, &csv), OK);
    assert_non_null(strstr(buf_str(&csv), "\"'=1+1\""));
    assert_null(strstr(buf_str(&csv), "\"=1+1\""));
    assert_non_null(strstr(buf_str(&csv), "\"a \"\"b\"\"\""));
    buf_done(&page);
    buf_done(&csv);
    policy_free(p);
    policy_files_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped),
        cmocka_unit_test(test_csv_is_complete),
        cmocka_unit_test(test_hostile_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
