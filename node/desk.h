// SPDX-License-Identifier: Apache-2.0
// The tables of duties on one page: what the hub may ask (desk.c), what an operator may (control.c).
#ifndef TSUNAGU_NODE_DESK_H
#define TSUNAGU_NODE_DESK_H

#include "node/duty/job.h"

// The line's `request` event: checks, decodes, and passes on.
void desk_request(void *ctx, link_conn *c, link_in *call);

// release.c: opened on the pool (signatures, folders), decided on the writer's, then streamed.
void release_begin(job *j);
// stops.c: a withdrawal made at a viewing facility.
void stop_begin(job *j);
// post.c: a letter from another node; a node that letters wait for is back.
void letter_begin(job *j);
void back_begin(job *j);
// follow.c: a hint that the hub holds newer rules.
void rules_new_begin(job *j);

extern const control_row node_commands[];
extern const size_t node_command_count;

#endif
