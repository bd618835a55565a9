// SPDX-License-Identifier: Apache-2.0
// Commands of a hospital's liaison office: its inbox, and what one of its people decides.
// Owner: a control_in given to a command is finished by it. Thread: any. Fails: into the reply.
#ifndef TSUNAGU_NODE_LIAISON_LIAISON_H
#define TSUNAGU_NODE_LIAISON_LIAISON_H

#include "node/duty/job.h"

void inbox_list(node *n, control_in *in);
void inbox_show(node *n, control_in *in);
void inbox_accept(node *n, control_in *in);
void inbox_check(node *n, control_in *in);
void inbox_reject(node *n, control_in *in);
void inbox_ask_back(node *n, control_in *in);
void change_accept(node *n, control_in *in);
void change_keep(node *n, control_in *in);

#endif
