// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// Notes of a daemon are known again, with what was put into them; others stay as they came.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/cli/notes.h"
#include "ops/cli/words.h"
#include "tests/unit/compiler_kit.h"

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

static void said_as(const char *note, const char *wanted)
{
    buf b = {0};
    assert_int_equal(note_put(&b, note), OK);
    assert_string_equal(buf_str(&b), wanted);
    buf_done(&b);
}

// What stands in a note is put into words too, where it is ours; what people wrote stays.
static void within_a_note(void **state)
{
    (void)state;
    same("no connection to 127.0.0.1:7443: the peer says: not allowed");
    same("it is completed: it cannot be accepted now");
    if (!kit_speaks_japanese())
        skip();
    said_as("no connection to 127.0.0.1:7443: the peer says: not allowed",
            "127.0.0.1:7443 につながりません: 相手の返事: 許可されていません");
    said_as("no connection to hub.example.jp:7443: nobody ever said this",
            "hub.example.jp:7443 につながりません: nobody ever said this");
    said_as("it is completed: it cannot be accepted now", "状態は「完了」で、いまは受け付けられません");
    said_as("the rules know no category \"completed\"", "「completed」という区分はルールにありません");
    assert_string_equal(word_sex("F"), "女");
    assert_string_equal(word_sex("differs"), word_said("differs"));
    kit_speaks_english();
}

// A note within a note within a note: it ends.
static void deep_notes_end(void **state)
{
    char note[2000] = "";
    (void)state;
    for (int i = 0; i < 80; i++)
        strcat(note, "the peer says: ");
    same(note);
    strcat(note, "not allowed");
    same(note);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(english_stays),
        cmocka_unit_test(the_unknown_stays),
        cmocka_unit_test(every_prefix_stays),
        cmocka_unit_test(within_a_note),
        cmocka_unit_test(deep_notes_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
