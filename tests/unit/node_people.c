// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// The people file: every mistake said, and who may speak for whom.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/node_kit.h"

static err load(const policy *p, const char *text, size_t *ret_errors, people *ret)
{
    char path[] = "/tmp/tsunagu-people-XXXXXX";
    int fd = mkstemp(path);
    diag d = {0};
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    err e = people_load(path, p, false, &d, ret);
    *ret_errors = d.errors;
    diag_done(&d);
    unlink(path);
    return e;
}

static const struct { const char *text; size_t errors; } wrong[] = {
    {"user: x\n", 1},
    {"- x\n", 1},
    {"- {facility: \"0119900025\", role: nurse}\n", 1},
    {"- {user: a, facility: \"0119900025\", role: wizard}\n", 1},
    {"- {user: a, facility: \"0119900026\", role: nurse}\n", 1},
    {"- {user: a, facility: 12, role: nurse}\n", 1},
    {"- {user: a, facility: \"0119900025\", role: nurse, uid: [3]}\n", 1},
    {"- {user: a, facility: \"0119900025\", role: nurse, uids: 3}\n", 1},
    {"- {user: a, facility: \"0119900025\", role: nurse, uids: [-3, x, 99999999999]}\n", 3},
    {"- {user: a, facility: \"0119900025\", role: nurse}\n- {user: a, facility: \"0119900025\", role: nurse}\n", 1},
};

static void every_mistake_is_said(void **state)
{
    (void)state;
    policy_files f = kit_rules();
    policy *p = kit_open(&f);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        people all = {0};
        size_t errors;
        if (load(p, wrong[i].text, &errors, &all) != ERR_FORMAT || errors != wrong[i].errors || all.items)
            fail_msg("%s: %zu mistakes", wrong[i].text, errors);
    }
    policy_free(p);
    policy_files_done(&f);
}

static void who_may_speak_for_whom(void **state)
{
    (void)state;
    policy_files f = kit_rules();
    policy *p = kit_open(&f);
    people all = {0};
    person who;
    size_t errors;
    uint32_t other = geteuid() + 7;
    assert_int_equal(load(p, "- {user: a, facility: \"0119900025\", role: nurse, uids: [70001, 70002]}\n"
                             "- {user: b, facility: \"1319999999\", role: physician}\n", &errors, &all), OK);
    assert_int_equal(people_find(&all, "a", 70002, &who), OK);
    assert_int_equal(who.facility, 119900025);
    assert_string_equal(who.role, "nurse");
    assert_int_equal(people_find(&all, "a", other, &who), ERR_DENIED);
    assert_int_equal(people_find(&all, "b", 70001, &who), ERR_DENIED);
    assert_int_equal(people_find(&all, "b", geteuid(), &who), OK);
    assert_int_equal(people_find(&all, "b", 0, &who), OK);
    assert_int_equal(people_find(&all, "c", 0, &who), ERR_NOT_FOUND);
    people_done(&all);
    policy_free(p);
    policy_files_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_is_said),
        cmocka_unit_test(who_may_speak_for_whom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
