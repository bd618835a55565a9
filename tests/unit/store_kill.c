// SPDX-License-Identifier: Apache-2.0
// A child writes numbered records and reports each acknowledged one; it is killed at random moments.
// What was acknowledged must be there, once and in order. TSUNAGU_LONG=1: many more rounds.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include "proto/store/writer.h"
#include "tests/unit/store_place.h"

#define FLIGHT 512 // jobs under way at once

typedef struct line { // of the child
    int pipe;
    pthread_mutex_t mutex;
    pthread_cond_t room;
    unsigned under_way;
} line;

typedef struct record_job {
    writer_job base;
    line *l;
    uint64_t number;
} record_job;

static size_t body_of(uint64_t number, uint8_t body[static 9000])
{
    size_t len = 8 + (number * 37) % (number % 50 == 0 ? 8000 : 200);
    memset(body, (int)(number % 251), len);
    be64_put(body, number);
    return len;
}

// A log entry at the end, the same number in a second table under a scattered key, and an old scattered
// one deleted: the three stand or fall together.
static err run(writer_job *b, store_txn *t)
{
    record_job *j = (record_job *)b;
    uint8_t key[8], body[9000];
    size_t len = body_of(j->number, body);
    be64_put(key, j->number);
    err e = store_append(t, 1, span_of(key, 8), span_of(body, len));
    be64_put(key, j->number * 0x9e3779b97f4a7c15u);
    if (e == OK)
        e = store_put(t, 0, span_of(key, 8), span_of(body, len));
    if (e == OK && j->number > 1000) {
        be64_put(key, (j->number - 1000) * 0x9e3779b97f4a7c15u);
        e = store_delete(t, 0, span_of(key, 8));
    }
    return e;
}

static void done(writer_job *b, err e)
{
    record_job *j = (record_job *)b;
    line *l = j->l;
    if (e != OK || write(l->pipe, &j->number, sizeof j->number) != (ssize_t)sizeof j->number)
        _exit(3);
    pthread_mutex_lock(&l->mutex);
    l->under_way--;
    pthread_cond_signal(&l->room);
    pthread_mutex_unlock(&l->mutex);
}

static void child_main(const place *p, int out, uint64_t next)
{
    static record_job jobs[FLIGHT];
    line l = {.pipe = out, .mutex = PTHREAD_MUTEX_INITIALIZER, .room = PTHREAD_COND_INITIALIZER};
    store_options o = place_options(p);
    store *s;
    writer *w;
    writer_options wo = {.batch_max = 64};
    if (store_open(&o, &s) != OK || writer_start(s, &wo, &w) != OK)
        _exit(2);
    for (;; next++) {
        pthread_mutex_lock(&l.mutex);
        while (l.under_way == FLIGHT)
            pthread_cond_wait(&l.room, &l.mutex);
        l.under_way++;
        pthread_mutex_unlock(&l.mutex);
        record_job *j = &jobs[next % FLIGHT]; // done in order: the oldest is free
        *j = (record_job){.base = {.run = run, .done = done}, .l = &l, .number = next};
        if (writer_submit(w, &j->base) != OK)
            _exit(4);
    }
}

// Reads acknowledgements until the child is dead; kills it after `acks` of them and a little more.
static uint64_t watch_and_kill(pid_t child, int in, uint64_t last, uint64_t acks, long extra_ns)
{
    uint64_t number, seen = 0;
    bool killed = false;
    while (read(in, &number, sizeof number) == (ssize_t)sizeof number) {
        assert_int_equal(number, last + 1); // done in order, none left out
        last = number;
        if (++seen >= acks && !killed) {
            // Not synchronisation: any moment is right, this only spreads them inside a commit.
            nanosleep(&(struct timespec){0, extra_ns}, NULL);
            assert_int_equal(kill(child, SIGKILL), 0);
            killed = true;
        }
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return last;
}

// 1, 2, 3 ... without a gap up to at least `acked`; returns the last.
static uint64_t check_all(const place *p, uint64_t acked)
{
    store *s = place_open(p);
    store_txn *t;
    span k, v;
    uint8_t key[8], body[9000];
    uint64_t n = 0, values, bad;
    assert_int_equal(store_verify(s, &values, &bad), OK);
    assert_int_equal(bad, 0);
    assert_int_equal(store_read(s, &t), OK);
    err e = store_seek(t, 1, (span){0}, &k, &v);
    for (; e == OK; e = store_next(t, 1, &k, &v)) {
        n++;
        assert_int_equal(be64_get(k.at), n);
        assert_true(span_eq(v, span_of(body, body_of(n, body))));
    }
    assert_int_equal(e, ERR_NOT_FOUND);
    assert_true(n >= acked);
    uint64_t from = n > 1000 ? n - 1000 + 1 : 1, count;
    for (uint64_t i = from; i <= n; i++) {
        be64_put(key, i * 0x9e3779b97f4a7c15u);
        assert_int_equal(store_get(t, 0, span_of(key, 8), &v), OK);
        assert_true(span_eq(v, span_of(body, body_of(i, body))));
    }
    assert_int_equal(store_count(t, 0, &count), OK);
    assert_int_equal(count, n - from + 1);
    store_end(t);
    store_close(s);
    return n;
}

static void keeps_what_it_acknowledged(void **state)
{
    (void)state;
    int rounds = getenv("TSUNAGU_LONG") != NULL ? 1000 : 30;
    place p = place_new();
    uint64_t seed = 4711, last = 0;
    for (int i = 0; i < rounds; i++) {
        if (i % 100 == 99) { // start anew, that the long run does not grow for ever
            place_remove(&p);
            p = place_new();
            last = 0;
        }
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        uint64_t acks = roll(&seed) % 600;
        long extra = (long)(roll(&seed) % 3000000);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(ends[0]);
            child_main(&p, ends[1], last + 1);
            _exit(9);
        }
        close(ends[1]);
        uint64_t acked = watch_and_kill(child, ends[0], last, acks, extra);
        close(ends[0]);
        last = check_all(&p, acked);
    }
    place_remove(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_what_it_acknowledged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
