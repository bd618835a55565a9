// SPDX-License-Identifier: Apache-2.0
// Notes of a daemon are known again, with what was put into them; others stay as they came.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/cli/notes.h"

static void same(const char *note)
{
    buf b = {0};
    assert_int_equal(note_put(&b, note), OK);
    assert_int_equal(b.len, strlen(note));
    assert_memory_equal(b.at, note, b.len);
    buf_done(&b);
}

// Under the C locale words are the patterns themselves: what comes out must be what went in.
static void english_stays(void **state)
{
    (void)state;
    same("the ticket has expired: look up again");
    same("this daemon does not know the command \"a\"");
    same("seq: a number from 1 to 9 is needed");
    same("to: \"x\" is neither facility:CODE, union:ID nor federation");
    same("to: at most 16");
}

static void the_unknown_stays(void **state)
{
    (void)state;
    same("nobody has ever said this");
    same("the ticket has expired: look up again, or not");
    same("to: at most");
    same("%s %d %n");
    same("%");
    same("this daemon does not know the command \"%s%n\"");
}

static void every_prefix_stays(void **state)
{
    const char *whole = "seq: a number from 1 to 9 is needed";
    char part[64];
    (void)state;
    for (size_t n = 1; n < strlen(whole); n++) {
        memcpy(part, whole, n);
        part[n] = '\0';
        same(part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(english_stays),
        cmocka_unit_test(the_unknown_stays),
        cmocka_unit_test(every_prefix_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
