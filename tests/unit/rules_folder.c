// SPDX-License-Identifier: Apache-2.0
// rooms: crypto base
// The folder of versions: whole files or none, whatever stops the writer.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "policies/rules/folder.h"

enum { KILLS = 25, BYTES = 300000 };

static char dir[64];

static void path_of(const char *name, char out[static 128])
{
    snprintf(out, 128, "%s/%s", dir, name);
}

static int begin(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/tsunagu-folder-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

static void file_of(const char *name, span bytes)
{
    char path[128];
    path_of(name, path);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.at, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
}

static bool there(const char *name)
{
    char path[128];
    path_of(name, path);
    return access(path, F_OK) == 0;
}

static void keeps_both_files_of_a_version(void **state)
{
    buf out = {0};
    (void)state;
    assert_int_equal(folder_get(dir, 7, FOLDER_BUNDLE, &out), ERR_NOT_FOUND);
    assert_int_equal(folder_put(dir, 7, SPAN_LIT("seven"), SPAN_LIT("signed")), OK);
    assert_int_equal(folder_get(dir, 7, FOLDER_BUNDLE, &out), OK);
    assert_string_equal(buf_str(&out), "seven");
    assert_int_equal(folder_get(dir, 7, FOLDER_RECORD, &out), OK);
    assert_string_equal(buf_str(&out), "signed");
    assert_int_equal(folder_put(dir, 7, SPAN_LIT("7"), SPAN_LIT("again")), OK); // over a broken one
    assert_int_equal(folder_get(dir, 7, FOLDER_BUNDLE, &out), OK);
    assert_string_equal(buf_str(&out), "7");
    assert_int_equal(folder_put(dir, 1, SPAN_LIT("first"), (span){0}), OK);
    assert_false(there("1.record"));
    buf_done(&out);
}

static void finds_the_pinned_one(void **state)
{
    buf out = {0};
    hash32 pin;
    uint32_t version = 0;
    (void)state;
    file_of("07.bundle", SPAN_LIT("wanted")); // no version is spelled so
    file_of("x.bundle", SPAN_LIT("wanted"));
    sha256(SPAN_LIT("wanted"), &pin);
    assert_int_equal(folder_find(dir, &pin, &version, &out), ERR_NOT_FOUND);
    assert_int_equal(folder_put(dir, 3, SPAN_LIT("wanted"), (span){0}), OK);
    assert_int_equal(folder_find(dir, &pin, &version, &out), OK);
    assert_int_equal(version, 3);
    buf_done(&out);
}

static void takes_no_pipe_and_no_mountain(void **state)
{
    char path[128];
    buf out = {0};
    (void)state;
    path_of("8.bundle", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(folder_get(dir, 8, FOLDER_BUNDLE, &out), ERR_LIMIT);
    path_of("9.bundle", path);
    file_of("9.bundle", SPAN_LIT("x"));
    assert_int_equal(truncate(path, 1LL << 40), 0);
    assert_int_equal(folder_get(dir, 9, FOLDER_BUNDLE, &out), ERR_LIMIT);
    assert_int_equal(folder_get("/nowhere/at/all", 1, FOLDER_BUNDLE, &out), ERR_NOT_FOUND);
    assert_int_equal(folder_put("/nowhere/at/all", 1, SPAN_LIT("x"), (span){0}), ERR_NOT_FOUND);
    buf_done(&out);
}

// A child writes two texts in turn and is killed somewhere: what stands is one of them.
static void a_killed_writer_leaves_whole_files(void **state)
{
    static uint8_t one[BYTES], two[BYTES];
    unsigned seed = 20261121;
    buf out = {0};
    (void)state;
    memset(one, 'a', sizeof one);
    memset(two, 'b', sizeof two);
    assert_int_equal(folder_put(dir, 20, span_of(one, BYTES), span_of(one, 1000)), OK);
    for (int i = 0; i < KILLS; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            for (int k = 0;; k++)
                (void)!folder_put(dir, 20, span_of(k % 2 ? one : two, BYTES), span_of(k % 2 ? one : two, 1000));
        const struct timespec some = {0, (long)(rand_r(&seed) % 20000) * 1000};
        nanosleep(&some, NULL); // any moment will do
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_int_equal(folder_get(dir, 20, FOLDER_BUNDLE, &out), OK);
        assert_true(span_eq(buf_span(&out), span_of(one, BYTES)) || span_eq(buf_span(&out), span_of(two, BYTES)));
    }
    file_of("21.bundle.new", SPAN_LIT("half"));
    file_of("note.new", SPAN_LIT("somebody's"));
    folder_tidy(dir);
    assert_false(there("20.bundle.new") || there("20.record.new") || there("21.bundle.new"));
    assert_true(there("note.new") && there("20.bundle"));
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_both_files_of_a_version),
        cmocka_unit_test(finds_the_pinned_one),
        cmocka_unit_test(takes_no_pipe_and_no_mountain),
        cmocka_unit_test(a_killed_writer_leaves_whole_files),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
