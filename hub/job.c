// SPDX-License-Identifier: Apache-2.0
#include "hub/job.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/log.h"

enum { JOB_MEMORY = 4 << 20, SPARE_JOBS = 64, SPARE_BYTES = 16 << 10 };

static err job_run(writer_job *base, store_txn *t)
{
    job *j = (job *)base;
    hub *h = j->h;
    if (h->batch_over) {
        // The first job of a batch: whatever an aborted one left behind is gone.
        h->batch_over = false;
        signer_drop(h->sign);
        accesslog_aborted(&h->log);
        for (int i = 0; i <= h->tickets_at; i++)
            ticket_batch_clear(&h->tickets[i]);
        h->tickets_at = 0;
        h->preparing = NULL;
    }
    err e = j->run(j, t);
    if (e == OK && j->prepare) {
        j->next = h->preparing;
        h->preparing = j;
    }
    return e;
}

static void job_done(writer_job *base, err e)
{
    job *j = (job *)base;
    hub *h = j->h;
    if (!h->batch_over)
        signer_drop(h->sign); // of a batch that failed it may still hold jobs
    h->batch_over = true;
    j->answer(j, e);
    job_free(j);
}

// A job and the memory its last request left behind: asking the heap anew for each, and giving
// it back on another thread, costs as much as the look-up itself.
static job *job_take(hub *h)
{
    pthread_mutex_lock(&h->spare_lock);
    job *j = h->spare;
    if (j) {
        h->spare = j->next;
        h->spare_count--;
    }
    pthread_mutex_unlock(&h->spare_lock);
    if (!j) {
        j = calloc(1, sizeof *j);
        if (j)
            arena_init(&j->memory, JOB_MEMORY);
        return j;
    }
    *j = (job){.memory = j->memory, .scratch = j->scratch, .tickets = j->tickets, .reply = j->reply};
    return j;
}

static void job_drop(job *j)
{
    arena_done(&j->memory);
    buf_done(&j->scratch);
    buf_done(&j->tickets);
    buf_done(&j->reply);
    free(j);
}

static void buf_empty(buf *b)
{
    if (b->cap > SPARE_BYTES)
        buf_done(b); // one giant request does not cost for ever
    buf_clear(b);
}

static void job_give_back(hub *h, job *j)
{
    arena_clear(&j->memory);
    buf_empty(&j->scratch);
    buf_empty(&j->tickets);
    buf_empty(&j->reply);
    pthread_mutex_lock(&h->spare_lock);
    bool keep = h->spare_count < SPARE_JOBS;
    if (keep) {
        j->next = h->spare;
        h->spare = j;
        h->spare_count++;
    }
    pthread_mutex_unlock(&h->spare_lock);
    if (!keep)
        job_drop(j);
}

void jobs_trim(hub *h)
{
    pthread_mutex_lock(&h->spare_lock);
    job *list = h->spare;
    h->spare = NULL;
    h->spare_count = 0;
    pthread_mutex_unlock(&h->spare_lock);
    while (list) {
        job *j = list;
        list = j->next;
        job_drop(j);
    }
}

job *job_new(hub *h, session *caller, link_in *call, duty_run run, duty_answer answer)
{
    job *j = job_take(h);
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
    __atomic_add_fetch(&h->jobs_open, 1, __ATOMIC_RELAXED);
    return j;
}

void job_free(job *j)
{
    if (!j)
        return;
    hub *h = j->h;
    rules_drop(j->rules);
    if (j->caller)
        session_drop(j->caller);
    job_give_back(h, j);
    __atomic_sub_fetch(&h->jobs_open, 1, __ATOMIC_RELEASE);
}

static void submitted(job *j, err e)
{
    if (e == OK)
        return;
    // Not on the writer's thread: only the reply, nothing of the batch is touched.
    if (j->call)
        job_reply(j, e, (span){0});
    if (j->unsent)
        j->unsent(j);
    job_free(j);
}

void job_submit(job *j)
{
    submitted(j, writer_submit(j->h->write, &j->base));
}

void job_queue(job *j)
{
    submitted(j, writer_queue(j->h->write, &j->base));
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
        log_line(LOG_ERROR, "access log: the entry \"%s\" could not be kept: %s", log_event_name(n->event),
                 err_text(e));
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

static void prepare_all(void *ctx)
{
    for (job *j = ctx; j; j = j->next) {
        j->prepare(j);
        j->prepared = true;
    }
}

// All that the batch will answer with is decided: signing and writing the answers need no disk, so they go on
// beside the commit. No ticket leaves before both are through.
err hub_before_commit(void *ctx, store_txn *t)
{
    hub *h = ctx;
    err e = accesslog_seal(&h->log, t);
    if (e == OK && h->tickets[0].count)
        signer_begin(h->sign, h->tickets, h->tickets_at + 1, prepare_all, h->preparing);
    return e;
}

err hub_after_commit(void *ctx)
{
    hub *h = ctx;
    accesslog_committed(&h->log);
    return signer_wait(h->sign);
}

// The answers of a batch are ready at once: they leave together.
void hub_telling(void *ctx, bool begins)
{
    (void)ctx;
    if (begins)
        link_gather();
    else
        link_gather_end();
}
