// SPDX-License-Identifier: Apache-2.0
// The tables of duties on one page: what the hub may ask (desk.c), what an operator may (control.c).
#ifndef TSUNAGU_NODE_DESK_H
#define TSUNAGU_NODE_DESK_H

#include "node/duty/job.h"

// The line's `request` event: checks, decodes, and passes on.
void desk_request(void *ctx, link_conn *c, link_in *call);

extern const control_row node_commands[];
extern const size_t node_command_count;

#endif
