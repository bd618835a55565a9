// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "proto/base/date.h"
#include "proto/link/ipc.h"
#include "proto/wire/limits.h"

// nng 1.5.2 loses some 8 KB of its own for each door that had to be replaced (its issue 1518).
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libnng.so";
}

static char dir[64], path[96];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t bell = PTHREAD_COND_INITIALIZER;
static ipc_in *parked[8];
static size_t parked_count;
static uint32_t seen_uid;

static void handler(void *ctx, ipc_in *call, span request, uint32_t uid)
{
    (void)ctx;
    pthread_mutex_lock(&lock);
    seen_uid = uid;
    if (span_eq(request, SPAN_LIT("park"))) {
        parked[parked_count++] = call;
        pthread_cond_broadcast(&bell);
        pthread_mutex_unlock(&lock);
        return;
    }
    pthread_mutex_unlock(&lock);
    ipc_reply(call, request);
}

static int begin(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tsunagu-ipc-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/control", dir);
    parked_count = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(path);
    rmdir(dir);
    return 0;
}

static void asks_and_is_answered(void **state)
{
    (void)state;
    ipc_server *s;
    assert_int_equal(ipc_serve(path, 3, handler, NULL, &s), OK);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    buf reply = {0};
    for (int i = 0; i < 20; i++) {
        buf_clear(&reply);
        assert_int_equal(ipc_call(path, SPAN_LIT("hello"), 5000, &reply), OK);
        assert_true(span_eq(buf_span(&reply), SPAN_LIT("hello")));
    }
    assert_int_equal(seen_uid, getuid());
    // As large as allowed passes both ways; larger is refused here, and by the daemon unread.
    uint8_t *big = calloc(1, WIRE_CONTROL_MAX + 1);
    buf_clear(&reply);
    assert_int_equal(ipc_call(path, (span){big, WIRE_CONTROL_MAX}, 5000, &reply), OK);
    assert_int_equal(reply.len, WIRE_CONTROL_MAX);
    assert_int_equal(ipc_call(path, (span){big, WIRE_CONTROL_MAX + 1}, 5000, &reply), ERR_LIMIT);
    free(big);
    buf_done(&reply);
    ipc_stop(s);
}

static void nobody_there_is_told_at_once(void **state)
{
    (void)state;
    buf reply = {0};
    time_ms began = clock_mono_ms();
    assert_int_equal(ipc_call(path, SPAN_LIT("x"), 60000, &reply), ERR_UNREACHABLE);
    // A socket file left behind by a daemon that was killed.
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strcpy(a.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    close(fd);
    assert_int_equal(ipc_call(path, SPAN_LIT("x"), 60000, &reply), ERR_UNREACHABLE);
    assert_true(clock_mono_ms() - began < 10000);
    // The next daemon takes it over; a second one does not take it from the first.
    ipc_server *s, *second;
    assert_int_equal(ipc_serve(path, 1, handler, NULL, &s), OK);
    assert_int_equal(ipc_serve(path, 1, handler, NULL, &second), ERR_EXISTS);
    assert_int_equal(ipc_call(path, SPAN_LIT("x"), 5000, &reply), OK);
    buf_done(&reply);
    ipc_stop(s);
    // A file that is no socket is nobody's to remove.
    FILE *f = fopen(path, "w");
    fclose(f);
    assert_int_equal(ipc_serve(path, 1, handler, NULL, &s), ERR_EXISTS);
}

static void *ask_parked(void *arg)
{
    buf reply = {0};
    err e = ipc_call(path, SPAN_LIT("park"), 20000, &reply);
    *(bool *)arg = !e && span_eq(buf_span(&reply), SPAN_LIT("later"));
    buf_done(&reply);
    return NULL;
}

static void answers_may_come_later(void **state)
{
    (void)state;
    ipc_server *s;
    assert_int_equal(ipc_serve(path, 4, handler, NULL, &s), OK);
    pthread_t threads[3];
    bool right[3] = {0};
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, ask_parked, &right[i]);
    pthread_mutex_lock(&lock);
    while (parked_count < 3)
        pthread_cond_wait(&bell, &lock);
    pthread_mutex_unlock(&lock);
    buf reply = {0};
    assert_int_equal(ipc_call(path, SPAN_LIT("meanwhile"), 5000, &reply), OK);
    buf_done(&reply);
    for (int i = 2; i >= 0; i--)
        ipc_reply(parked[i], SPAN_LIT("later"));
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_true(right[i]);
    }
    ipc_stop(s);
}

static void silence_ends_in_a_deadline(void **state)
{
    (void)state;
    ipc_server *s;
    assert_int_equal(ipc_serve(path, 2, handler, NULL, &s), OK);
    buf reply = {0};
    assert_int_equal(ipc_call(path, SPAN_LIT("park"), 200, &reply), ERR_DEADLINE);
    assert_int_equal(parked_count, 1); // and was not said twice
    ipc_reply(parked[0], SPAN_LIT("nobody hears this"));
    assert_int_equal(ipc_call(path, SPAN_LIT("park"), 200, &reply), ERR_DEADLINE);
    assert_int_equal(ipc_call(path, SPAN_LIT("still there"), 5000, &reply), OK);
    buf_done(&reply);
    ipc_stop(s); // with a call that was never answered
}

// A daemon that greets the first who comes, and then is gone before anybody can ask it: as when it is killed.
static void *short_lived(void *arg)
{
    static const uint8_t rep[8] = {0, 'S', 'P', 0, 0, 0x31, 0, 0};
    int listener = *(int *)arg;
    uint8_t heard[8];
    int fd = accept(listener, NULL, NULL);
    unlink(path); // nobody new
    close(listener);
    if (recv(fd, heard, sizeof heard, MSG_WAITALL) == sizeof heard)
        (void)!write(fd, rep, sizeof rep);
    // The asker now believes in a daemon; it dials it in vain until this end is closed.
    close(fd);
    return NULL;
}

static void a_daemon_that_dies_is_not_waited_for(void **state)
{
    (void)state;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strcpy(a.sun_path, path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    pthread_t t;
    buf reply = {0};
    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(pthread_create(&t, NULL, short_lived, &listener), 0);
    time_ms begun = clock_mono_ms();
    assert_int_equal(ipc_call(path, SPAN_LIT("anybody?"), 60000, &reply), ERR_CLOSED);
    assert_true(clock_mono_ms() - begun < 30000); // long before its deadline
    pthread_join(t, NULL);
    buf_done(&reply);
}

// Whoever hangs up before the greeting must not shut the door on everybody else.
static void a_rude_client_shuts_nobody_out(void **state)
{
    (void)state;
    ipc_server *s;
    assert_int_equal(ipc_serve(path, 2, handler, NULL, &s), OK);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strcpy(a.sun_path, path);
    buf reply = {0};
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 30; i++) {
            int fd = socket(AF_UNIX, SOCK_STREAM, 0);
            assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
            if (i % 2)
                assert_int_equal(write(fd, "\0SP", 3), 3);
            close(fd);
        }
        // Who came in while the door was stuck is told that the answer will not come, nothing worse.
        err e = ipc_call(path, SPAN_LIT("still there"), 20000, &reply);
        for (int again = 0; e == ERR_CLOSED && again < 10; again++)
            e = ipc_call(path, SPAN_LIT("still there"), 20000, &reply);
        assert_int_equal(e, OK);
    }
    buf_done(&reply);
    ipc_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(asks_and_is_answered, begin, end),
        cmocka_unit_test_setup_teardown(nobody_there_is_told_at_once, begin, end),
        cmocka_unit_test_setup_teardown(answers_may_come_later, begin, end),
        cmocka_unit_test_setup_teardown(a_daemon_that_dies_is_not_waited_for, begin, end),
        cmocka_unit_test_setup_teardown(a_rude_client_shuts_nobody_out, begin, end),
        cmocka_unit_test_setup_teardown(silence_ends_in_a_deadline, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
