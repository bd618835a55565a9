// SPDX-License-Identifier: Apache-2.0
// rooms: link wire base
// The control desk over a real socket: what it refuses, what it answers when the answer is too long.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/control/control.h"

enum { PATIENCE_MS = 20000, NOBODY = 65534 };
static char dir[64], path[100];
static control *desk;
static int handled;

typedef struct answer {
    err e;
    buf bytes;
    arena memory;
    Tsunagu__ControlReply *reply;
} answer;

static void ask_bytes(span request, answer *ret)
{
    *ret = (answer){0};
    arena_init(&ret->memory, 0);
    ret->e = ipc_call(path, request, PATIENCE_MS, &ret->bytes);
    if (ret->e == OK)
        ret->e = WIRE_DECODE(buf_span(&ret->bytes), Tsunagu__ControlReply, tsunagu__control_reply__descriptor,
                             WIRE_CONTROL_MAX, &ret->memory, &ret->reply);
}

static void answer_done(answer *a)
{
    buf_done(&a->bytes);
    arena_done(&a->memory);
}

static void request_put(buf *out, uint32_t version, const char *command, const char *key, const char *value)
{
    Tsunagu__ControlRequest q = TSUNAGU__CONTROL_REQUEST__INIT;
    Tsunagu__ControlField f = TSUNAGU__CONTROL_FIELD__INIT, *list[] = {&f};
    q.version = version;
    q.command = (char *)command;
    if (key) {
        f.key = (char *)key;
        f.value = (char *)value;
        q.args = list;
        q.n_args = 1;
    }
    assert_int_equal(wire_encode((const ProtobufCMessage *)&q, out), OK);
}

static void ask(const char *command, const char *key, const char *value, answer *ret)
{
    buf q = {0};
    request_put(&q, WIRE_VERSION, command, key, value);
    ask_bytes(buf_span(&q), ret);
    buf_done(&q);
}

// ---- handlers ----------------------------------------------------------------------

static void echo(void *ctx, control_in *in)
{
    int64_t number = 0;
    day d = 0;
    (void)ctx;
    __atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
    err e = control_arg_int(in, "number", -5, 100, 7, &number);
    if (e == OK)
        e = control_arg_day(in, "day", 42, &d);
    control_record(in, "echo");
    control_number(in, "number", number);
    control_number(in, "day", d);
    control_text(in, "word", control_arg(in, "word"));
    control_text(in, "japanese", control_japanese(in) ? "yes" : "no");
    control_bytes(in, "data", control_data(in));
    control_finish(in, e);
}

static void fields(void *ctx, control_in *in)
{
    int64_t count;
    (void)ctx;
    control_text(in, "early", "before any record: goes nowhere");
    if (control_arg_int(in, "count", 0, 1000000, 0, &count) == OK) {
        control_record(in, "one");
        for (int64_t i = 0; i < count; i++)
            control_text(in, "k", "v");
    }
    control_finish(in, OK);
}

static void records(void *ctx, control_in *in)
{
    int64_t count;
    (void)ctx;
    if (control_arg_int(in, "count", 0, 10000000, 0, &count) == OK)
        for (int64_t i = 0; i < count; i++) {
            control_record(in, "one");
            control_number(in, "n", i);
        }
    control_piece(in, (span){0}, "next", true);
    control_finish(in, OK);
}

static void large(void *ctx, control_in *in)
{
    int64_t bytes;
    (void)ctx;
    if (control_arg_int(in, "bytes", 0, 64 << 20, 0, &bytes) == OK) {
        uint8_t *at = calloc(1, (size_t)bytes + 1);
        control_piece(in, span_of(at, (size_t)bytes), "h", true);
        free(at);
    }
    control_finish(in, OK);
}

static void wordy(void *ctx, control_in *in)
{
    (void)ctx;
    for (int i = 0; i < 3; i++) {
        char text[900];
        memset(text, 'x', sizeof text);
        for (size_t at = (size_t)i; at + 3 < sizeof text; at += 3)
            memcpy(text + at, "病", 3);
        text[sizeof text - 1] = '\0';
        control_note(in, "%s", text);
    }
    control_finish(in, ERR_DENIED);
}

// Answered by the test, when it likes.
static control_in *_Atomic held;

static void later(void *ctx, control_in *in)
{
    (void)ctx;
    held = in;
}

static const control_row rows[] = {
    {"echo", echo, false},       {"secret", echo, true},  {"fields", fields, false},
    {"records", records, false}, {"large", large, false}, {"wordy", wordy, false},
    {"later", later, false},
};

static int begin(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/tsunagu-desk-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/s", dir);
    assert_int_equal(control_start(path, rows, sizeof rows / sizeof rows[0], NULL, &desk), OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    control_stop(desk);
    unlink(path);
    rmdir(dir);
    return 0;
}

// ---- tests -------------------------------------------------------------------------

static const char *field(const answer *a, const char *key)
{
    for (size_t i = 0; i < a->reply->records[0]->n_fields; i++)
        if (strcmp(a->reply->records[0]->fields[i]->key, key) == 0)
            return a->reply->records[0]->fields[i]->value;
    return NULL;
}

static void a_good_request_is_answered(void **state)
{
    (void)state;
    answer a;
    ask("echo", "lang", "ja", &a);
    assert_int_equal(a.e, OK);
    assert_int_equal(a.reply->status, OK);
    assert_int_equal(a.reply->n_records, 1);
    assert_string_equal(field(&a, "number"), "7");
    assert_string_equal(field(&a, "day"), "42");
    assert_string_equal(field(&a, "word"), "");
    assert_string_equal(field(&a, "japanese"), "yes");
    answer_done(&a);
}

static void an_unknown_command_is_named(void **state)
{
    (void)state;
    answer a;
    ask("Echo", NULL, NULL, &a);
    assert_int_equal(a.reply->status, ERR_UNSUPPORTED);
    assert_non_null(strstr(a.reply->note, "\"Echo\""));
    answer_done(&a);
    // A name that is cut within a character must not make the answer unreadable.
    for (int shift = 0; shift < 3; shift++) {
        char name[200] = "";
        memset(name, 'x', (size_t)shift);
        for (int i = 0; i < 30; i++)
            strcat(name, "病");
        ask(name, NULL, NULL, &a);
        assert_int_equal(a.e, OK);
        assert_int_equal(a.reply->status, ERR_UNSUPPORTED);
        answer_done(&a);
    }
    ask("", NULL, NULL, &a);
    assert_int_equal(a.reply->status, ERR_UNSUPPORTED);
    answer_done(&a);
}

static void long_notes_stay_readable(void **state)
{
    (void)state;
    answer a;
    ask("wordy", NULL, NULL, &a);
    assert_int_equal(a.e, OK);
    assert_int_equal(a.reply->status, ERR_DENIED);
    assert_true(strlen(a.reply->note) > 400);
    answer_done(&a);
}

static void arguments_out_of_range_are_told(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "-6", "101", "7x", "x7", "99999999999999999999", "7 ", "0x7", NULL};
    answer a;
    for (int i = 0; bad[i]; i++) {
        ask("echo", "number", bad[i], &a);
        assert_int_equal(a.reply->status, ERR_USAGE);
        assert_non_null(strstr(a.reply->note, "number: a number from -5 to 100"));
        answer_done(&a);
    }
    ask("echo", "number", "-5", &a);
    assert_int_equal(a.reply->status, OK);
    answer_done(&a);
    ask("echo", "day", "2026-02-30", &a);
    assert_int_equal(a.reply->status, ERR_USAGE);
    answer_done(&a);
}

static void another_version_and_broken_bytes_never_reach_a_handler(void **state)
{
    (void)state;
    answer a;
    buf q = {0};
    int before = __atomic_load_n(&handled, __ATOMIC_RELAXED);
    request_put(&q, WIRE_VERSION + 1, "echo", NULL, NULL);
    ask_bytes(buf_span(&q), &a);
    assert_int_equal(a.reply->status, ERR_UNSUPPORTED);
    answer_done(&a);
    buf_clear(&q);
    request_put(&q, WIRE_VERSION, "echo", "word", "a word");
    for (size_t len = 0; len < q.len; len++) {
        ask_bytes(span_cut(buf_span(&q), 0, len), &a);
        assert_int_equal(a.e, OK);
        // Cut between two fields it is a smaller request, and a good one if the command is whole.
        assert_true(a.reply->status == ERR_FORMAT || a.reply->status == ERR_UNSUPPORTED ||
                    a.reply->status == OK);
        before += a.reply->status == OK;
        answer_done(&a);
    }
    assert_int_equal(__atomic_load_n(&handled, __ATOMIC_RELAXED), before);
    buf_done(&q);
}

static void answers_too_long_say_so(void **state)
{
    (void)state;
    static const struct {
        const char *command, *key, *value;
        uint32_t status;
    } cases[] = {{"fields", "count", "40", OK},         {"fields", "count", "41", ERR_LIMIT},
                 // fields a reader takes
                 {"records", "count", "3000", OK},      {"records", "count", "6000", ERR_LIMIT},
                 {"records", "count", "5000000", ERR_LIMIT}, {"large", "bytes", "1000000", OK},
                 {"large", "bytes", "1048576", ERR_LIMIT}, {"large", "bytes", "50000000", ERR_LIMIT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        answer a;
        ask(cases[i].command, cases[i].key, cases[i].value, &a);
        assert_int_equal(a.e, OK);
        if (a.reply->status != cases[i].status)
            fail_msg("%s %s: %u", cases[i].command, cases[i].value, a.reply->status);
        if (cases[i].status) {
            assert_int_equal(a.reply->n_records, 0);
            assert_int_equal(a.reply->data.len, 0);
            assert_false(a.reply->more);
            assert_non_null(strstr(a.reply->note, "too long"));
        }
        answer_done(&a);
    }
}

// As another user of the machine: the socket's own permissions are opened for it here.
static int status_as_nobody(const char *command)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "control_desk", "ask", path, command, NULL);
        _exit(99);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void only_the_owner_may_do_what_is_the_owner_s(void **state)
{
    (void)state;
    answer a;
    ask("secret", NULL, NULL, &a);
    assert_int_equal(a.reply->status, OK);
    answer_done(&a);
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(status_as_nobody("echo"), OK);
    assert_int_equal(status_as_nobody("secret"), ERR_DENIED);
}

static int ask_as_nobody(char **argv)
{
    answer a;
    snprintf(path, sizeof path, "%s", argv[2]);
    if (setgid(NOBODY) || setuid(NOBODY))
        return 98;
    ask(argv[3], NULL, NULL, &a);
    int status = a.e ? 97 : (int)a.reply->status;
    answer_done(&a);
    return status;
}

static void *ask_later(void *ret)
{
    ask("later", NULL, NULL, ret);
    return NULL;
}

// Whoever answers behind a writer does so before what the answer leaves by is freed.
static void a_drained_desk_owes_no_answer(void **state)
{
    (void)state;
    const struct timespec beat = {0, 5000000};
    answer owed, refused;
    pthread_t asker;
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    assert_int_equal(pthread_create(&asker, NULL, ask_later, &owed), 0);
    while (!held && clock_mono_ms() < until)
        nanosleep(&beat, NULL);
    assert_non_null(held);
    assert_int_equal(control_drain(desk, 20), ERR_DEADLINE);
    ask("echo", NULL, NULL, &refused);
    assert_int_equal(refused.e, OK);
    assert_int_equal(refused.reply->status, ERR_CLOSED);
    answer_done(&refused);
    control_finish(held, ERR_FULL);
    assert_int_equal(control_drain(desk, PATIENCE_MS), OK);
    pthread_join(asker, NULL);
    assert_int_equal(owed.e, OK);
    assert_int_equal(owed.reply->status, ERR_FULL);
    answer_done(&owed);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "ask") == 0)
        return ask_as_nobody(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_request_is_answered),
        cmocka_unit_test(an_unknown_command_is_named),
        cmocka_unit_test(long_notes_stay_readable),
        cmocka_unit_test(arguments_out_of_range_are_told),
        cmocka_unit_test(another_version_and_broken_bytes_never_reach_a_handler),
        cmocka_unit_test(answers_too_long_say_so),
        cmocka_unit_test(only_the_owner_may_do_what_is_the_owner_s),
        cmocka_unit_test(a_drained_desk_owes_no_answer), // the last: it takes no more commands
    };
    return cmocka_run_group_tests(tests, begin, end);
}
