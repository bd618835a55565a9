// SPDX-License-Identifier: Apache-2.0
#include "node/duty/job.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/log.h"
#include "proto/store/number.h"

enum { JOB_MEMORY = 4 << 20 };

// The first job of a batch: whatever an aborted one left behind in memory is gone.
static void batch_begin(node *n)
{
    if (!n->batch_over)
        return;
    n->batch_over = false;
    accesslog_aborted(&n->log);
}

static err job_run(writer_job *base, store_txn *t)
{
    job *j = (job *)base;
    batch_begin(j->n);
    return j->run(j, t);
}

static void job_done(writer_job *base, err e)
{
    job *j = (job *)base;
    j->n->batch_over = true;
    j->answer(j, e);
    job_free(j);
}

job *job_new(node *n, duty_run run, duty_answer answer)
{
    job *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->base.run = job_run;
    j->base.done = job_done;
    j->n = n;
    j->rules = node_book(n);
    j->now = clock_now_ms();
    j->run = run;
    j->answer = answer;
    arena_init(&j->memory, JOB_MEMORY);
    __atomic_add_fetch(&n->jobs_open, 1, __ATOMIC_RELAXED);
    return j;
}

job *job_with(node *n, size_t state_size, duty_run run, duty_answer answer)
{
    job *j = job_new(n, run, answer);
    if (j && !(j->state = arena_get(&j->memory, state_size))) {
        job_free(j);
        return NULL;
    }
    return j;
}

void job_free(job *j)
{
    if (!j)
        return;
    node *n = j->n;
    arena_done(&j->memory);
    book_drop(j->rules);
    free(j);
    __atomic_sub_fetch(&n->jobs_open, 1, __ATOMIC_RELEASE);
}

void job_submit(job *j)
{
    err e = writer_submit(j->n->write, &j->base);
    if (e == OK)
        return;
    j->answer(j, e);
    job_free(j);
}

void job_reply(job *j, err status, span body)
{
    link_in *call = j->call;
    j->call = NULL;
    if (call)
        link_reply(call, status, body, j->note[0] ? j->note : NULL);
}

void job_finish(job *j, err status)
{
    control_in *in = j->in;
    j->in = NULL;
    if (!in)
        return;
    if (j->note[0])
        control_note(in, "%s", j->note);
    control_finish(in, status);
}

err job_log(job *j, store_txn *t, Tsunagu__LogEntry *e)
{
    e->version = 1;
    e->time_ms = j->now;
    if (!e->node || !e->node[0])
        e->node = j->n->config.name;
    e->rules = rules_short(j->rules->r);
    return accesslog_append(&j->n->log, t, e, NULL);
}

err job_store_err(err e)
{
    return e == OK || e == ERR_FULL || e == ERR_CORRUPT || e == ERR_MEM ? e : ERR_IO;
}

typedef struct note {
    uint32_t event;
    err status;
    char text[256];
} note;

static err note_run(job *j, store_txn *t)
{
    note *k = j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    e.event = k->event;
    e.status = (uint32_t)k->status;
    e.note = k->text;
    return job_log(j, t, &e);
}

static void note_answer(job *j, err e)
{
    const note *k = j->state;
    if (e)
        log_line(LOG_ERROR, "access log: the entry \"%s\" could not be kept: %s", log_event_name(k->event),
                 err_text(e));
}

void node_note(node *n, uint32_t event, err status, const char *text)
{
    job *j = job_with(n, sizeof(note), note_run, note_answer);
    if (!j)
        return;
    note *k = j->state;
    k->event = event;
    k->status = status;
    strncpy(k->text, text ? text : "", sizeof k->text - 1);
    job_submit(j);
}

err node_before_commit(void *ctx, store_txn *t)
{
    node *n = ctx;
    batch_begin(n); // a batch of the scanner's jobs alone
    return accesslog_seal(&n->log, t);
}

err node_after_commit(void *ctx)
{
    node *n = ctx;
    accesslog_committed(&n->log);
    n->batch_over = true;
    return OK;
}

err meta_number(store_txn *t, const char *name, uint64_t *ret)
{
    return store_number(t, TABLE_META, name, ret);
}

err meta_number_put(store_txn *t, const char *name, uint64_t v)
{
    return store_number_put(t, TABLE_META, name, v);
}
