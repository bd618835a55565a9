// SPDX-License-Identifier: Apache-2.0
// One request on its way through the hub: decoded on the line's thread, run inside
// the writer's transaction, answered after the commit.
// Owner: the job frees itself after `answer`. Thread: run and answer on the writer's.
#ifndef TSUNAGU_HUB_JOB_H
#define TSUNAGU_HUB_JOB_H

#include "hub/roster.h"

// A duty: decides and writes. {now, caller, request, txn, arena} are in the job; no socket, no clock.
typedef err (*duty_run)(job *j, store_txn *t);
// After the commit (e = OK), or its failure: replies.
typedef void (*duty_answer)(job *j, err e);

struct job {
    writer_job base; // first
    job *next;       // among the spare, or of those of a batch that have something to prepare
    hub *h;
    session *caller; // counted; NULL for the hub's own entries
    link_in *call;   // NULL if nobody waits
    rules *rules;    // counted: those in force when the request came
    time_ms now;
    arena memory;
    buf scratch, tickets, reply; // the duty's, empty at first; they keep their room from job to job
    duty_run run;
    duty_answer answer;
    // NULL, or: makes the answer ready while the disk takes the batch, on the signer's thread; `prepared` then.
    // It may read what the batch left behind, and touches nothing but the job.
    void (*prepare)(job *j);
    bool prepared;
    void (*unsent)(job *j); // NULL, or: it could not be submitted; gives back what the job held
    void *request;   // decoded, in memory
    void *state;     // the duty's, in memory
    char note[160];  // for the reply
};

job *job_new(hub *h, session *caller, link_in *call, duty_run run, duty_answer answer);
void job_submit(job *j); // on ERR_BUSY it is answered at once
void job_queue(job *j);  // the same, but somebody must writer_wake behind it
void job_free(job *j);
void jobs_trim(hub *h); // gives the spare ones back
// Replies with the job's note.
void job_reply(job *j, err status, span body);
// Appends an entry; fills in time, node and rules.
MUST_CHECK err job_log(job *j, store_txn *t, Tsunagu__LogEntry *e, uint64_t *ret_seq);
// An entry of its own, without a request: refusals, disconnections, relay ends.
void hub_note(hub *h, uint32_t event, err status, const char *node, const char *note);

// The writer's hooks.
err hub_before_commit(void *ctx, store_txn *t);
err hub_after_commit(void *ctx);
void hub_telling(void *ctx, bool begins);

#endif
