// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "proto/base/diag.h"
#include "proto/base/log.h"
#include "proto/base/tongue.h"

static void every_error_has_words(void **state)
{
    (void)state;
    for (int i = -3; i < ERR_COUNT + 3; i++) {
        assert_true(strlen(err_text((err)i)) > 1);
        assert_true(strlen(err_name((err)i)) > 1);
        for (int j = 0; j < i && i < ERR_COUNT; j++) {
            assert_string_not_equal(err_text((err)i), err_text((err)j));
            assert_string_not_equal(err_name((err)i), err_name((err)j));
        }
    }
    assert_string_equal(err_name(ERR_NOT_FOUND), "not_found");
    assert_string_equal(err_text(ERR_NOT_FOUND), "not found");
    assert_int_equal(ERR_WITHDRAWN, 21); // the numbers travel
}

static char *printed(const diag *d)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    diag_print(d, out);
    fclose(out);
    return text;
}

static void a_caret_stands_under_wide_characters(void **state)
{
    (void)state;
    diag d = {0};
    span text = span_str("first\r\n病院: \tｶﾞ値\n\x1b[31m\n");
    diag_add(&d, DIAG_ERROR, "f.yaml", text, 2, 5, "bad %s", "値");
    diag_add(&d, DIAG_WARNING, "f.yaml", text, 2, 8, "there");
    diag_add(&d, DIAG_ERROR, "f.yaml", text, 2, 9, "past the end");
    diag_add(&d, DIAG_ERROR, "f.yaml", text, 2, 10, "beyond");
    diag_add(&d, DIAG_ERROR, "f.yaml", text, 1, 1, "begin");
    diag_add(&d, DIAG_ERROR, "f.yaml", text, 3, 2, "escape \x1b[0m");
    diag_add(&d, DIAG_ERROR, "f.yaml", text, 9, 1, "no such line");
    diag_add(&d, DIAG_ERROR, "f\n.yaml", (span){0}, 0, 0, "whole");
    diag_add(&d, DIAG_ERROR, NULL, (span){0}, 3, 0, "line only");
    assert_true(d.count == 9 && d.errors == 8 && d.warnings == 1 && d.kept == 9);
    char *out = printed(&d);
    assert_string_equal(out, "f.yaml:2:5: error: bad 値\n    病院:  ｶﾞ値\n          ^\n"
                             "f.yaml:2:8: warning: there\n    病院:  ｶﾞ値\n             ^\n"
                             "f.yaml:2:9: error: past the end\n    病院:  ｶﾞ値\n               ^\n"
                             "f.yaml:2:10: error: beyond\n    病院:  ｶﾞ値\n"
                             "f.yaml:1:1: error: begin\n    first\n    ^\n"
                             "f.yaml:3:2: error: escape ?[0m\n    ?[31m\n     ^\n"
                             "f.yaml:9:1: error: no such line\n"
                             "f?.yaml: error: whole\n"
                             ":3: error: line only\n");
    free(out);
    diag_done(&d);
    diag_done(&d);
}

static void only_a_thousand_are_kept(void **state)
{
    (void)state;
    diag d = {0};
    for (int i = 0; i < DIAG_MAX + 5; i++)
        diag_add(&d, DIAG_ERROR, "f", span_str("x"), 1, 1, "%d", i);
    assert_true(d.count == DIAG_MAX + 5 && d.errors == DIAG_MAX + 5 && d.kept == DIAG_MAX);
    char *out = printed(&d);
    assert_non_null(strstr(out, "... and 5 more\n"));
    free(out);
    diag_done(&d);
}

static void the_nearest_word(void **state)
{
    (void)state;
    const char *const words[] = {"listen", "idle", "workers", "診療情報", "key", "a"};
    static const char *const cases[][2] = {
        {"lsiten", "listen"}, {"listne", "listen"}, {"Listen", "listen"}, {"idel", "idle"},
        {"worker", "workers"}, {"wrokesr", "workers"}, {"診療情法", "診療情報"}, {"kye", "key"},
        {"ke", "key"}, {"listen", "listen"}, {"xyz", NULL}, {"b", NULL}, {"", NULL}, {"lixxxx", NULL},
        {"何も", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = diag_nearest(cases[i][0], words, 6);
        if (got != cases[i][1] && (!got || !cases[i][1] || strcmp(got, cases[i][1]) != 0))
            fail_msg("%s: %s", cases[i][0], got ? got : "(none)");
    }
    assert_null(diag_nearest("listen", NULL, 0));
    char longer[4096];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_null(diag_nearest(longer, words, 6));
}

// Runs `body` in a child and returns what it wrote on standard error.
static size_t in_child(void (*body)(void), char *out, size_t cap)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        body();
        _exit(0);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t n; (n = read(ends[0], out + len, cap - 1 - len)) > 0;)
        len += (size_t)n;
    close(ends[0]);
    out[len] = '\0';
    int status;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    return len;
}

static void write_lines(void)
{
    log_open("hub", LOG_INFO);
    log_line(LOG_DEBUG, "not this");
    log_line(LOG_INFO, "線 %d opened", 7);
    log_line(LOG_WARN, "forged\n2026 hub info all is well\x1b[2J\x7f\xff\xc2\x85");
    char big[3000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    log_line(LOG_ERROR, "%s", big);
    memset(big, '\n', sizeof big - 1);
    log_line(LOG_ERROR, "%s", big);
    log_line(LOG_INFO, "ab%.*s", 999, "山山山山山山山山山山山山山山山山山山山山山山山山山山山山山山山山山山山山山山");
}

static void logs_are_single_lines(void **state)
{
    (void)state;
    static char out[16384];
    in_child(write_lines, out, sizeof out);
    char *lines[8] = {0};
    size_t count = 0;
    for (char *line = strtok(out, "\n"); line && count < 8; line = strtok(NULL, "\n"))
        lines[count++] = line;
    assert_int_equal(count, 5);
    assert_int_equal(lines[0][4], '-');
    assert_string_equal(lines[0] + 29, " hub info 線 7 opened");
    assert_string_equal(lines[1] + 29,
                        " hub warn forged\\x0a2026 hub info all is well\\x1b[2J\\x7f\\xff\\xc2\\x85");
    assert_int_equal(strlen(lines[2] + 29), strlen(" hub error ") + 1000);
    assert_int_equal(strlen(lines[3] + 29), strlen(" hub error ") + 1000);
}

static void speak(void)
{
    tongue_init();
    dprintf(STDERR_FILENO, "%s %s", _("not found"), tongue_is_japanese() ? "ja" : "en");
}

static void spoken(const char *lang, const char *language, const char *want)
{
    char out[256];
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    unsetenv("LC_CTYPE");
    unsetenv("LANGUAGE");
    setenv("LANG", lang, 1);
    if (language)
        setenv("LANGUAGE", language, 1);
    in_child(speak, out, sizeof out);
    assert_string_equal(out, want);
}

// Japanese is spoken where it is asked for, whether or not the locale is installed.
static void the_tongue_follows_lang(void **state)
{
    (void)state;
    char dir[64] = "/tmp/base_words_XXXXXX", path[160], command[400];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/ja.po", dir);
    FILE *f = fopen(path, "w");
    fputs("msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n"
          "msgid \"not found\"\nmsgstr \"見つかりません\"\n", f);
    fclose(f);
    snprintf(command, sizeof command, "mkdir -p %s/ja/LC_MESSAGES && msgfmt -o %s/ja/LC_MESSAGES/tsunagu.mo %s",
             dir, dir, path);
    bool can = system(command) == 0;
    setenv("TSUNAGU_LOCALE_DIR", dir, 1);
    if (can) {
        spoken("ja_JP.UTF-8", NULL, "見つかりません ja");
        spoken("ja", NULL, "見つかりません ja");
        spoken("ja_JP.eucJP", NULL, "見つかりません ja");
        spoken("C.UTF-8", "ja", "見つかりません ja");
        spoken("ja_JP.UTF-8", "en", "not found en");
        spoken("en_US.UTF-8", NULL, "not found en");
        spoken("C", NULL, "not found en");
        spoken("C", "ja", "not found en");
        spoken("xx_YY", NULL, "not found en");
        spoken("jam_JM", NULL, "not found en");
    }
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
    if (!can)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_words),
        cmocka_unit_test(a_caret_stands_under_wide_characters),
        cmocka_unit_test(only_a_thousand_are_kept),
        cmocka_unit_test(the_nearest_word),
        cmocka_unit_test(logs_are_single_lines),
        cmocka_unit_test(the_tongue_follows_lang),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
