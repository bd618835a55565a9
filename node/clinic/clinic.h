// SPDX-License-Identifier: Apache-2.0
// Commands of a clinic's clerk: asking hospitals for a patient, and a word to a request on its way.
// Owner: a control_in given to a command is finished by it. Thread: any. Fails: into the reply.
#ifndef TSUNAGU_NODE_CLINIC_CLINIC_H
#define TSUNAGU_NODE_CLINIC_CLINIC_H

#include "node/duty/job.h"

void request_new(node *n, control_in *in);
void request_list(node *n, control_in *in);
void request_cancel(node *n, control_in *in);
void request_reply(node *n, control_in *in);
void request_send(node *n, control_in *in);   // send.c
void request_change(node *n, control_in *in); // change.c

#endif
