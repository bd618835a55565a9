// SPDX-License-Identifier: Apache-2.0
// The table of duties on one page: which method, which message, who serves it.
#ifndef TSUNAGU_HUB_DESK_H
#define TSUNAGU_HUB_DESK_H

#include "hub/job.h"

// The line's `request` event: checks, decodes, and submits a job.
void desk_request(void *ctx, link_conn *c, link_in *call);

// The duties. `ready` runs on the line's thread before the job is submitted (say, to verify
// a signature off the writer's thread); NULL: nothing to prepare.
err hello_run(job *j, store_txn *t);
void hello_answer(job *j, err e);
err publish_run(job *j, store_txn *t);
void publish_answer(job *j, err e);
err lookup_run(job *j, store_txn *t);
void lookup_answer(job *j, err e);
err fetch_ready(job *j);
err fetch_run(job *j, store_txn *t);
void fetch_answer(job *j, err e);
err withdraw_run(job *j, store_txn *t);
void withdraw_answer(job *j, err e);
err letter_run(job *j, store_txn *t);
void letter_answer(job *j, err e);

// The control commands (control.c), those about rules in ledger.c.
void rules_publish(hub *h, control_in *in);
void rules_list(hub *h, control_in *in);
extern const control_row hub_commands[];
extern const size_t hub_command_count;

#endif
