// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include "proto/store/writer.h"
#include "tests/unit/store_place.h"

static atomic_int fail_sync;
static atomic_uint syncs;

int fdatasync(int fd) // found before libc's
{
    atomic_fetch_add(&syncs, 1);
    if (atomic_load(&fail_sync) != 0) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

typedef struct job job;
typedef struct scene { // shared by the jobs of one test; written on the writer's thread only
    sem_t hold, held, finished;
    uint64_t order[4096];
    err results[4096];
    size_t done, befores, afters, brokens, done_at_after, done_at_broken;
    err before_gives, after_gives;
    size_t tellings;
    atomic_uint_fast64_t told; // jobs that put something and were acknowledged; any thread reads it
    bool telling, told_outside; // between begin and end; a done that came otherwise
} scene;
struct job {
    writer_job base;
    scene *c;
    uint64_t number;
    err gives;
    bool puts, holds, holds_run; // the writer: when told of, when run
};

static err put_number(store_txn *t, int table, uint64_t n)
{
    uint8_t key[8];
    be64_put(key, n);
    return store_put(t, table, span_of(key, 8), span_of(key, 8));
}

static void hold_here(scene *c)
{
    sem_post(&c->held);
    sem_wait(&c->hold);
}

static err run_job(writer_job *b, store_txn *t)
{
    job *j = (job *)b;
    if (j->holds_run)
        hold_here(j->c);
    if (j->puts) {
        err e = put_number(t, 0, j->number);
        if (e != OK)
            return e;
    }
    return j->gives;
}

static void done_job(writer_job *b, err e)
{
    job *j = (job *)b;
    scene *c = j->c;
    if (j->holds)
        hold_here(c);
    c->told_outside |= !c->telling;
    c->order[c->done] = j->number;
    c->results[c->done++] = e;
    if (e == OK && j->puts)
        atomic_fetch_add(&c->told, 1);
    memset(j, 0xee, sizeof *j); // it is ours again
    sem_post(&c->finished);
}

static err before(void *ctx, store_txn *t)
{
    scene *c = ctx;
    c->befores++;
    if (c->before_gives != OK)
        return c->before_gives;
    uint64_t n;
    err e = store_count(t, 0, &n);
    return e != OK || n == 0 ? e : put_number(t, 1, n);
}

static err after(void *ctx)
{
    scene *c = ctx;
    c->afters++;
    c->done_at_after = c->done;
    return c->after_gives;
}

static void telling(void *ctx, bool begins)
{
    scene *c = ctx;
    c->told_outside |= c->telling == begins;
    c->telling = begins;
    c->tellings += begins;
}

static void broken(void *ctx, err e)
{
    scene *c = ctx;
    assert_int_equal(e, ERR_IO);
    c->brokens++;
    c->done_at_broken = c->done;
}

typedef struct stage {
    place p;
    store *s;
    writer *w;
    scene c;
} stage;

static void stage_start(stage *g, size_t batch_max, size_t queue_max)
{
    memset(g, 0, sizeof *g);
    sem_init(&g->c.hold, 0, 0);
    sem_init(&g->c.held, 0, 0);
    sem_init(&g->c.finished, 0, 0);
    g->p = place_new();
    g->s = place_open(&g->p);
    writer_options o = {.batch_max = batch_max, .queue_max = queue_max, .before = before, .after = after,
                        .telling = telling, .broken = broken, .ctx = &g->c};
    assert_int_equal(writer_start(g->s, &o, &g->w), OK);
}

static void stage_end(stage *g)
{
    writer_stop(g->w);
    store_close(g->s);
    place_remove(&g->p);
}

static job job_of(stage *g, uint64_t number, err gives, bool puts)
{
    return (job){.base = {.run = run_job, .done = done_job}, .c = &g->c, .number = number, .gives = gives,
                 .puts = puts};
}

static bool kept(store *s, int table, uint64_t n)
{
    store_txn *t;
    uint8_t key[8];
    span v;
    be64_put(key, n);
    assert_int_equal(store_read(s, &t), OK);
    err e = store_get(t, table, span_of(key, 8), &v);
    store_end(t);
    return e == OK;
}

// One job holds the writer; what is queued meanwhile becomes one batch of known content.
static void hold_writer(stage *g, job *h)
{
    *h = job_of(g, 0, OK, false);
    h->holds = true;
    assert_int_equal(writer_submit(g->w, &h->base), OK);
    sem_wait(&g->c.held);
}

static void wait_for(stage *g, int n)
{
    while (n-- > 0)
        sem_wait(&g->c.finished);
}

static void one_commit_for_many(void **state)
{
    (void)state;
    static stage g;
    static job h, jobs[100];
    stage_start(&g, 0, 0);
    hold_writer(&g, &h);
    for (uint64_t i = 0; i < 100; i++) {
        jobs[i] = job_of(&g, i + 1, i == 50 ? ERR_DENIED : OK, i != 50);
        assert_int_equal(writer_submit(g.w, &jobs[i].base), OK);
    }
    unsigned before_syncs = atomic_load(&syncs);
    sem_post(&g.c.hold);
    wait_for(&g, 101);
    assert_int_equal(atomic_load(&syncs) - before_syncs, 1);
    assert_int_equal(g.c.befores, 2);
    assert_int_equal(g.c.afters, 1);        // the held job wrote nothing: no commit, no signature
    assert_int_equal(g.c.done_at_after, 1); // no done of the batch before `after`
    for (uint64_t i = 0; i <= 100; i++) {
        assert_int_equal(g.c.order[i], i);
        assert_int_equal(g.c.results[i], i == 51 ? ERR_DENIED : OK);
        if (i > 0)
            assert_int_equal(kept(g.s, 0, i), i != 51);
    }
    assert_true(kept(g.s, 1, 99)); // what `before` put, in the same commit
    stage_end(&g);
}

// Whoever comes while a batch runs is committed with it.
static void late_ones_belong_to_it(void **state)
{
    (void)state;
    static stage g;
    static job first, jobs[9], lone;
    stage_start(&g, 9, 0);
    first = job_of(&g, 0, OK, true);
    first.holds_run = true;
    assert_int_equal(writer_submit(g.w, &first.base), OK);
    sem_wait(&g.c.held);
    for (uint64_t i = 0; i < 9; i++) {
        jobs[i] = job_of(&g, i + 1, OK, true);
        assert_int_equal(writer_submit(g.w, &jobs[i].base), OK);
    }
    unsigned before_syncs = atomic_load(&syncs);
    sem_post(&g.c.hold);
    wait_for(&g, 10);
    assert_int_equal(atomic_load(&syncs) - before_syncs, 2); // nine, and the one beyond batch_max
    assert_int_equal(g.c.afters, 2);
    lone = job_of(&g, 10, OK, true);
    assert_int_equal(writer_submit(g.w, &lone.base), OK);
    wait_for(&g, 1);
    for (uint64_t i = 0; i <= 10; i++) {
        assert_int_equal(g.c.order[i], i);
        assert_true(kept(g.s, 0, i));
    }
    stage_end(&g);
}

static void a_store_error_fails_the_batch(void **state)
{
    (void)state;
    const err errors[] = {ERR_FULL, ERR_IO, ERR_CORRUPT, ERR_MEM, ERR_EXPIRED};
    static stage g;
    static job h, jobs[3];
    for (int k = 0; k < 5; k++) {
        stage_start(&g, 0, 0);
        hold_writer(&g, &h);
        // The last one breaks the rule: it wrote and then refused. Nothing of it may stay.
        err want = errors[k] == ERR_EXPIRED ? ERR_INTERNAL : errors[k];
        for (uint64_t i = 0; i < 3; i++) {
            jobs[i] = job_of(&g, i + 1, i == 1 ? errors[k] : OK, true);
            assert_int_equal(writer_submit(g.w, &jobs[i].base), OK);
        }
        sem_post(&g.c.hold);
        wait_for(&g, 4);
        for (uint64_t i = 1; i <= 3; i++) {
            assert_int_equal(g.c.results[i], want);
            assert_false(kept(g.s, 0, i));
        }
        assert_int_equal(g.c.brokens, 0);
        jobs[0] = job_of(&g, 9, OK, true);
        assert_int_equal(writer_submit(g.w, &jobs[0].base), OK);
        wait_for(&g, 1);
        assert_int_equal(g.c.results[4], OK);
        assert_true(kept(g.s, 0, 9));
        stage_end(&g);
    }
}

static void before_and_after_may_refuse(void **state)
{
    (void)state;
    static stage g;
    static job j;
    stage_start(&g, 0, 0);
    g.c.before_gives = ERR_LIMIT;
    j = job_of(&g, 1, OK, true);
    assert_int_equal(writer_submit(g.w, &j.base), OK);
    wait_for(&g, 1);
    assert_int_equal(g.c.results[0], ERR_LIMIT);
    assert_false(kept(g.s, 0, 1));
    assert_int_equal(g.c.afters, 0);
    stage_end(&g);
    stage_start(&g, 0, 0);
    g.c.after_gives = ERR_AUTH;
    j = job_of(&g, 1, OK, true);
    assert_int_equal(writer_submit(g.w, &j.base), OK);
    wait_for(&g, 1);
    assert_int_equal(g.c.results[0], ERR_AUTH);
    assert_false(store_dead(g.s));
    stage_end(&g);
}

static void a_failed_commit_ends_it(void **state)
{
    (void)state;
    static stage g;
    static job h, jobs[6];
    stage_start(&g, 2, 0);
    hold_writer(&g, &h);
    for (uint64_t i = 0; i < 5; i++) {
        jobs[i] = job_of(&g, i + 1, OK, true);
        assert_int_equal(writer_submit(g.w, &jobs[i].base), OK);
    }
    atomic_store(&fail_sync, 1);
    sem_post(&g.c.hold);
    wait_for(&g, 6);
    atomic_store(&fail_sync, 0);
    // The first batch was the held job and nothing else: it was taken before the others came.
    assert_int_equal(g.c.results[0], OK);
    for (size_t i = 1; i <= 5; i++)
        assert_int_equal(g.c.results[i], ERR_IO);
    assert_int_equal(g.c.brokens, 1);
    assert_int_equal(g.c.done_at_broken, 1);
    assert_int_equal(g.c.afters, 0);
    jobs[5] = job_of(&g, 6, OK, true);
    assert_int_equal(writer_submit(g.w, &jobs[5].base), ERR_IO);
    assert_true(store_dead(g.s));
    stage_end(&g);
}

static void a_full_queue_refuses(void **state)
{
    (void)state;
    static stage g;
    static job h, jobs[9];
    stage_start(&g, 4, 8);
    hold_writer(&g, &h);
    for (uint64_t i = 0; i < 9; i++) {
        jobs[i] = job_of(&g, i + 1, OK, true);
        assert_int_equal(writer_submit(g.w, &jobs[i].base), i < 8 ? OK : ERR_BUSY);
    }
    sem_post(&g.c.hold);
    wait_for(&g, 9);
    assert_int_equal(g.c.afters, 2); // two batches of four
    assert_int_equal(writer_submit(g.w, &jobs[8].base), OK);
    wait_for(&g, 1);
    assert_int_equal(g.c.order[9], 9);
    stage_end(&g);
}

static void stop_runs_what_waits(void **state)
{
    (void)state;
    static stage g;
    static job h, jobs[1000];
    stage_start(&g, 16, 0);
    hold_writer(&g, &h);
    for (uint64_t i = 0; i < 1000; i++) {
        jobs[i] = job_of(&g, i + 1, OK, true);
        assert_int_equal(writer_submit(g.w, &jobs[i].base), OK);
    }
    sem_post(&g.c.hold);
    writer_stop(g.w);
    assert_int_equal(g.c.done, 1001);
    for (uint64_t i = 0; i <= 1000; i++) {
        assert_int_equal(g.c.order[i], i);
        assert_int_equal(g.c.results[i], OK);
    }
    assert_true(kept(g.s, 0, 1000));
    store_close(g.s);
    place_remove(&g.p);
    writer_stop(NULL);
}

#define THREADS 8
#define EACH 400

typedef struct crowd {
    stage *g;
    job jobs[EACH];
    uint64_t base;
} crowd;

static void *submit_many(void *arg)
{
    crowd *c = arg;
    for (uint64_t i = 0; i < EACH; i++) {
        c->jobs[i] = job_of(c->g, c->base + i, OK, true);
        while (writer_submit(c->g->w, &c->jobs[i].base) == ERR_BUSY)
            sched_yield();
    }
    return NULL;
}

typedef struct peek {
    stage *g;
    atomic_bool stop;
} peek;

// A reader beside the writer sees whole batches only, as many rows as `before` noted, and never fewer
// than were acknowledged when it began.
static void *read_on(void *arg)
{
    peek *k = arg;
    do {
        store_txn *t;
        uint64_t n, log, told = atomic_load(&k->g->c.told);
        span key, value;
        assert_int_equal(store_read(k->g->s, &t), OK);
        for (int i = 0; i < 10; i++) {
            assert_int_equal(store_count(t, 0, &n), OK);
            assert_true(n >= told);
            err e = store_last(t, 1, &key, &value);
            assert_int_equal(e, n == 0 ? ERR_NOT_FOUND : OK);
            log = e == OK ? be64_get(value.at) : 0;
            assert_int_equal(log, n);
            told = atomic_load(&k->g->c.told);
            assert_int_equal(store_renew(t), OK);
        }
        store_end(t);
    } while (!atomic_load(&k->stop));
    return NULL;
}

static void queued_jobs_go_together(void **state)
{
    (void)state;
    stage g;
    stage_start(&g, 0, 0);
    job first = job_of(&g, 1, OK, true), more[6];
    first.holds = true;
    assert_int_equal(writer_submit(g.w, &first.base), OK);
    sem_wait(&g.c.held);
    for (uint64_t i = 0; i < 3; i++) {
        more[i] = job_of(&g, i + 2, OK, true);
        assert_int_equal(writer_queue(g.w, &more[i].base), OK);
    }
    sem_post(&g.c.hold); // a writer at work looks for itself what has come meanwhile
    for (int i = 0; i < 4; i++)
        sem_wait(&g.c.finished);
    assert_int_equal(g.c.afters, 2);
    for (uint64_t i = 3; i < 6; i++) {
        more[i] = job_of(&g, i + 2, OK, true);
        assert_int_equal(writer_queue(g.w, &more[i].base), OK);
    }
    writer_wake(g.w);
    for (int i = 0; i < 3; i++)
        sem_wait(&g.c.finished);
    writer_wake(g.w); // for nothing
    for (uint64_t i = 0; i < 7; i++)
        assert_int_equal(g.c.order[i], i + 1);
    stage_end(&g);
    assert_false(g.c.told_outside);
    assert_false(g.c.telling);
    assert_true(g.c.tellings >= g.c.afters);
}

static void many_threads(void **state)
{
    (void)state;
    static stage g;
    static crowd crowds[THREADS];
    static peek peeks[2];
    pthread_t threads[THREADS], readers[2];
    stage_start(&g, 64, 32);
    for (int i = 0; i < 2; i++) {
        peeks[i] = (peek){.g = &g};
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &peeks[i]), 0);
    }
    for (uint64_t i = 0; i < THREADS; i++) {
        crowds[i].g = &g;
        crowds[i].base = 1 + i * EACH;
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &crowds[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    wait_for(&g, THREADS * EACH);
    for (int i = 0; i < 2; i++) {
        atomic_store(&peeks[i].stop, true);
        pthread_join(readers[i], NULL);
    }
    uint64_t last[THREADS] = {0}; // each thread's jobs are done in the order it gave them
    for (size_t i = 0; i < THREADS * EACH; i++) {
        uint64_t n = g.c.order[i], who = (n - 1) / EACH;
        assert_int_equal(g.c.results[i], OK);
        assert_true(n > last[who]);
        last[who] = n;
        assert_true(kept(g.s, 0, n));
    }
    stage_end(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_commit_for_many),         cmocka_unit_test(late_ones_belong_to_it),
        cmocka_unit_test(a_store_error_fails_the_batch),
        cmocka_unit_test(before_and_after_may_refuse), cmocka_unit_test(a_failed_commit_ends_it),
        cmocka_unit_test(a_full_queue_refuses),        cmocka_unit_test(stop_runs_what_waits),
        cmocka_unit_test(queued_jobs_go_together),     cmocka_unit_test(many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
