// SPDX-License-Identifier: Apache-2.0
#include "hub/job.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/log.h"

enum { JOB_MEMORY = 1 << 20 };

static err job_run(writer_job *base, store_txn *t)
{
    job *j = (job *)base;
    hub *h = j->h;
    if (h->batch_over) {
        // The first job of a batch: whatever an aborted one left behind is gone.
        h->batch_over = false;
        accesslog_aborted(&h->log);
        for (int i = 0; i <= h->tickets_at; i++)
            ticket_batch_clear(&h->tickets[i]);
        h->tickets_at = 0;
    }
    return j->run(j, t);
}

static void job_done(writer_job *base, err e)
{
    job *j = (job *)base;
    j->h->batch_over = true;
    j->answer(j, e);
    job_free(j);
}

job *job_new(hub *h, session *caller, link_in *call, duty_run run, duty_answer answer)
{
    job *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->base.run = job_run;
    j->base.done = job_done;
    j->h = h;
    j->caller = caller ? session_keep(caller) : NULL;
    j->call = call;
    j->rules = hub_rules(h);
    j->now = clock_now_ms();
    j->run = run;
    j->answer = answer;
    arena_init(&j->memory, JOB_MEMORY);
    __atomic_add_fetch(&h->jobs_open, 1, __ATOMIC_RELAXED);
    return j;
}

void job_free(job *j)
{
    if (!j)
        return;
    hub *h = j->h;
    arena_done(&j->memory);
    rules_drop(j->rules);
    if (j->caller)
        session_drop(j->caller);
    free(j);
    __atomic_sub_fetch(&h->jobs_open, 1, __ATOMIC_RELEASE);
}

void job_submit(job *j)
{
    err e = writer_submit(j->h->write, &j->base);
    if (e == OK)
        return;
    // Not on the writer's thread: only the reply, nothing of the batch is touched.
    if (j->call)
        job_reply(j, e, (span){0});
    if (j->unsent)
        j->unsent(j);
    job_free(j);
}

void job_reply(job *j, err status, span body)
{
    link_in *call = j->call;
    j->call = NULL;
    if (call)
        link_reply(call, status, body, j->note[0] ? j->note : NULL);
}

err job_log(job *j, store_txn *t, Tsunagu__LogEntry *e, uint64_t *ret_seq)
{
    e->version = 1;
    e->time_ms = j->now;
    if (j->caller && (!e->node || !e->node[0]))
        e->node = j->caller->node;
    e->rules = rules_short(j->rules);
    return accesslog_append(&j->h->log, t, e, ret_seq);
}

typedef struct note {
    uint32_t event;
    err status;
    char node[128], text[256];
} note;

static err note_run(job *j, store_txn *t)
{
    note *n = j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    e.event = n->event;
    e.status = (uint32_t)n->status;
    e.node = n->node;
    e.note = n->text;
    return job_log(j, t, &e, NULL);
}

static void note_answer(job *j, err e)
{
    const note *n = j->state;
    if (e)
        log_line(LOG_ERROR, "access log: the entry \"%s\" could not be kept: %s", log_event_name(n->event), err_text(e));
}

void hub_note(hub *h, uint32_t event, err status, const char *node, const char *text)
{
    job *j = job_new(h, NULL, NULL, note_run, note_answer);
    note *n = j ? arena_get(&j->memory, sizeof *n) : NULL;
    if (!n) {
        job_free(j);
        return;
    }
    n->event = event;
    n->status = status;
    strncpy(n->node, node ? node : "", sizeof n->node - 1);
    strncpy(n->text, text ? text : "", sizeof n->text - 1);
    j->state = n;
    job_submit(j);
}

err hub_before_commit(void *ctx, store_txn *t)
{
    hub *h = ctx;
    return accesslog_seal(&h->log, t);
}

err hub_after_commit(void *ctx)
{
    hub *h = ctx;
    accesslog_committed(&h->log);
    err e = OK;
    for (int i = 0; i <= h->tickets_at && e == OK; i++)
        if (h->tickets[i].count)
            e = ticket_batch_sign(&h->tickets[i], h->ticket_key);
    return e;
}
