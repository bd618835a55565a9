// SPDX-License-Identifier: Apache-2.0
// Recording, changing, showing and ending consents, as an operator's commands.
// Owner: a control_in given here is finished by it. Thread: any. Fails: into the reply.
#ifndef TSUNAGU_NODE_COUNTER_CONSENTS_H
#define TSUNAGU_NODE_COUNTER_CONSENTS_H

#include "node/duty/job.h"

void consents_list(node *n, control_in *in);
void consent_confirm(node *n, control_in *in);
void consent_withdraw(node *n, control_in *in);
// The same for a chart and a person that are known already: of a shelf (filing.c).
void consent_confirm_as(node *n, control_in *in, const char *chart, const char *by);
void consent_withdraw_as(node *n, control_in *in, const char *chart, const char *by);

#endif
