// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include "proto/store/inside.h"
#include "proto/store/writer.h"

#define BATCH_DEFAULT 256
#define QUEUE_DEFAULT 65536

struct writer {
    store *s;
    writer_options o;
    pthread_t thread;
    pthread_mutex_t mutex; // everything below
    pthread_cond_t work;
    writer_job *head, **tail;
    size_t count, last; // waiting; in the running batch
    bool idle, stopping, broken;
};

static bool store_failed(err e)
{
    return e == ERR_IO || e == ERR_FULL || e == ERR_CORRUPT || e == ERR_MEM;
}

static err run_job(writer_job *j, store_txn *t)
{
    uint64_t before = t->writes;
    j->result = j->run(j, t);
    if (store_failed(j->result))
        return j->result;
    // It would be told "refused" while half of it is kept: nothing of the batch may stand.
    return j->result != OK && t->writes != before ? ERR_INTERNAL : OK;
}

// Takes what is waiting, up to `most`, to the end of a list. Returns how many; with the mutex held.
static size_t take(writer *w, writer_job **end, size_t most)
{
    writer_job **cut = &w->head;
    size_t n = 0;
    for (; n < most && *cut != NULL; n++)
        cut = &(*cut)->next;
    *end = NULL;
    if (n == 0)
        return 0;
    *end = w->head;
    w->head = *cut;
    *cut = NULL;
    if (w->head == NULL)
        w->tail = &w->head;
    w->count -= n;
    return n;
}

// Whoever comes while the batch runs still belongs to it.
static err run_jobs(writer *w, writer_job *batch, store_txn *t)
{
    for (writer_job *j = batch; j != NULL; j = j->next) {
        err e = run_job(j, t);
        if (e != OK)
            return e;
        if (j->next == NULL) {
            pthread_mutex_lock(&w->mutex);
            w->last += take(w, &j->next, w->o.batch_max - w->last);
            pthread_mutex_unlock(&w->mutex);
        }
    }
    return OK;
}

static err commit_batch(writer *w, writer_job *batch)
{
    store_txn *t;
    err e = store_write(w->s, &t);
    if (e != OK)
        return e;
    e = run_jobs(w, batch, t);
    if (e == OK && w->o.before != NULL)
        e = w->o.before(w->o.ctx, t);
    if (e == OK)
        e = t->failed; // a job that overlooked a failed put
    bool wrote = t->writes > 0;
    if (e != OK || !wrote) {
        store_end(t);
        return e;
    }
    e = store_commit(t);
    if (e == OK && w->o.after != NULL)
        e = w->o.after(w->o.ctx);
    return e;
}

static void run_batch(writer *w, writer_job *batch)
{
    err e = commit_batch(w, batch);
    bool tell = false;
    if (store_dead(w->s)) {
        pthread_mutex_lock(&w->mutex);
        tell = !w->broken;
        w->broken = true;
        pthread_mutex_unlock(&w->mutex);
    }
    // Before any done: whoever answers for them should already know.
    if (tell && w->o.broken != NULL)
        w->o.broken(w->o.ctx, e);
    if (w->o.telling != NULL)
        w->o.telling(w->o.ctx, true);
    while (batch != NULL) {
        writer_job *j = batch;
        batch = j->next; // after done the job is the submitter's again
        j->next = NULL;
        j->done(j, e != OK ? e : j->result);
    }
    if (w->o.telling != NULL)
        w->o.telling(w->o.ctx, false);
}

static void *writer_main(void *arg)
{
    writer *w = arg;
    pthread_mutex_lock(&w->mutex);
    for (;;) {
        while (w->head == NULL && !w->stopping) {
            w->idle = true;
            pthread_cond_wait(&w->work, &w->mutex);
        }
        w->idle = false;
        if (w->head == NULL)
            break;
        writer_job *batch;
        w->last = take(w, &batch, w->o.batch_max);
        pthread_mutex_unlock(&w->mutex);
        run_batch(w, batch);
        pthread_mutex_lock(&w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

static void free_writer(writer *w)
{
    pthread_cond_destroy(&w->work);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

err writer_start(store *s, const writer_options *o, writer **ret)
{
    writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ERR_MEM;
    w->s = s;
    w->o = *o;
    if (w->o.batch_max == 0)
        w->o.batch_max = BATCH_DEFAULT;
    if (w->o.queue_max == 0)
        w->o.queue_max = QUEUE_DEFAULT;
    w->tail = &w->head;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->work, NULL);
    if (pthread_create(&w->thread, NULL, writer_main, w) != 0) {
        free_writer(w);
        return ERR_MEM;
    }
    *ret = w;
    return OK;
}

// With the mutex held: is there a reason to rouse the thread? Then its signal must follow: one is enough.
static bool rouse_now(writer *w)
{
    bool yes = w->head != NULL && w->idle;
    if (yes)
        w->idle = false;
    return yes;
}

static err enqueue(writer *w, writer_job *j, bool rouse)
{
    err e = OK;
    j->next = NULL;
    j->result = OK;
    pthread_mutex_lock(&w->mutex);
    if (w->broken)
        e = ERR_IO;
    else if (w->stopping)
        e = ERR_CLOSED;
    else if (w->count >= w->o.queue_max)
        e = ERR_BUSY;
    if (e == OK) {
        *w->tail = j;
        w->tail = &j->next;
        w->count++;
    }
    bool wake = rouse && e == OK && rouse_now(w);
    pthread_mutex_unlock(&w->mutex);
    if (wake)
        pthread_cond_signal(&w->work);
    return e;
}

err writer_submit(writer *w, writer_job *j)
{
    return enqueue(w, j, true);
}

err writer_queue(writer *w, writer_job *j)
{
    return enqueue(w, j, false);
}

void writer_wake(writer *w)
{
    pthread_mutex_lock(&w->mutex);
    bool wake = rouse_now(w);
    pthread_mutex_unlock(&w->mutex);
    if (wake)
        pthread_cond_signal(&w->work);
}

void writer_stop(writer *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->mutex);
    w->stopping = true;
    pthread_mutex_unlock(&w->mutex);
    pthread_cond_signal(&w->work);
    pthread_join(w->thread, NULL);
    free_writer(w);
}
