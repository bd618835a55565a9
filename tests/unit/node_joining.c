// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// Which node speaks for a secretariat, and what counts as new documents.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/office/arrivals.h"
#include "node/office/secretariat.h"
#include "tests/unit/compiler_kit.h"

static void only_more_or_newer_is_new(void **state)
{
    (void)state;
    arrivals_seen before[CARD_CATEGORIES] = {[0] = {3, 100}, [2] = {1, 50}}, now[CARD_CATEGORIES];
    memcpy(now, before, sizeof now);
    assert_false(arrivals_gained(before, now, 0xffff));
    now[2].count = 2;
    assert_true(arrivals_gained(before, now, 0xffff));
    assert_true(arrivals_gained(before, now, 1u << 2));
    assert_false(arrivals_gained(before, now, 1u << 0)); // what is not disclosed is nobody's news
    now[2] = (arrivals_seen){1, 51};                     // one came in another's place
    assert_true(arrivals_gained(before, now, 1u << 2));
    now[2] = (arrivals_seen){0, 0};                      // taken away
    assert_false(arrivals_gained(before, now, 0xffff));
    now[15].count = 1;
    assert_true(arrivals_gained(before, now, 1u << 15));
}

static const char *speaker(const char *const *names, size_t count)
{
    static char said[40];
    policy_files f = kit_rules();
    for (size_t i = 0; i < count; i++) {
        char path[60], text[900], key[65];
        int n = snprintf(path, sizeof path, "nodes/%s.yaml", names[i]);
        assert_true(n > 0);
        n = snprintf(text, sizeof text, "node: %s\nunion: a\nhost: %s.example\nviews: all\nkeys:\n", names[i], names[i]);
        static const char *const kinds[] = {"tls", "sign", "seal"};
        for (int k = 0; k < 3; k++) {
            memset(key, "0123456789abcdef"[(i * 3 + (size_t)k + 1) % 16], 64);
            key[64] = '\0';
            n += snprintf(text + n, sizeof text - (size_t)n, "  %s: %s\n", kinds[k], key);
        }
        kit_put(&f, path, text);
    }
    policy *p = kit_open(&f);
    policy_files_done(&f);
    const char *name = secretariat_node(p, policy_union(p, "a"));
    snprintf(said, sizeof said, "%s", name ? name : "-");
    policy_free(p);
    return said;
}

static void the_node_named_like_the_union_or_its_only_one(void **state)
{
    (void)state;
    assert_string_equal(speaker(NULL, 0), "-");
    assert_string_equal(speaker((const char *const[]){"east"}, 1), "east");
    assert_string_equal(speaker((const char *const[]){"east", "west"}, 2), "-"); // nobody said which
    assert_string_equal(speaker((const char *const[]){"east", "a", "west"}, 3), "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_more_or_newer_is_new),
        cmocka_unit_test(the_node_named_like_the_union_or_its_only_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
