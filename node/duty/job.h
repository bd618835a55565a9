// SPDX-License-Identifier: Apache-2.0
// One piece of work inside the writer's transaction, for a call from the hub, a
// command of an operator, or the node itself.
// Owner: the job frees itself after `answer`. Thread: run on the writer's; answer there
// too when the job ran. `answer` with an error may come from any thread (the queue was
// full) and then touches nothing that is the writer's.
#ifndef TSUNAGU_NODE_DUTY_JOB_H
#define TSUNAGU_NODE_DUTY_JOB_H

#include "node/duty/node.h"

typedef struct job job;
// Decides and writes. {now, caller, request, txn, arena} are in the job; no socket, no clock.
typedef err (*duty_run)(job *j, store_txn *t);
// After the commit (e = OK), or its failure: replies.
typedef void (*duty_answer)(job *j, err e);

struct job {
    writer_job base; // first
    node *n;
    link_in *call;   // of the hub; NULL if it does not wait
    control_in *in;  // of an operator; NULL if none waits
    book *rules;     // counted: those in force when the request came
    time_ms now;
    arena memory;
    duty_run run;
    duty_answer answer;
    void *request;   // decoded, in memory
    void *state;     // the duty's, in memory
    char note[160];  // for the reply
};

job *job_new(node *n, duty_run run, duty_answer answer);
// With state_size zeroed bytes at j->state. NULL without memory.
job *job_with(node *n, size_t state_size, duty_run run, duty_answer answer);
void job_submit(job *j);
void job_free(job *j);
void job_reply(job *j, err status, span body); // to the hub, with the note
void job_finish(job *j, err status);           // to the operator, with the note
// Appends an entry; fills in time, node and rules.
MUST_CHECK err job_log(job *j, store_txn *t, Tsunagu__LogEntry *e);
// After something was written only a store's error may leave a job.
err job_store_err(err e);
// An entry of its own.
void node_note(node *n, uint32_t event, err status, const char *text);

// The writer's hooks.
err node_before_commit(void *ctx, store_txn *t);
err node_after_commit(void *ctx);

// Small durable facts by name. 0 / ERR_NOT_FOUND if never written.
MUST_CHECK err meta_number(store_txn *t, const char *name, uint64_t *ret);
MUST_CHECK err meta_number_put(store_txn *t, const char *name, uint64_t v);

#endif
