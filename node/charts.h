// SPDX-License-Identifier: Apache-2.0
// The operator's commands at the disclosing side: who is in the storages, who of them
// a form may mean, and what they consented to. Whatever shows a person is itself logged.
// Owner: a control_in given here is finished by it. Thread: any. Fails: into the reply.
#ifndef TSUNAGU_NODE_CHARTS_H
#define TSUNAGU_NODE_CHARTS_H

#include "node/job.h"

void charts_list(node *n, control_in *in);
void charts_documents(node *n, control_in *in);
void charts_identity(node *n, control_in *in);
void charts_candidates(node *n, control_in *in);
void consents_list(node *n, control_in *in);
void consent_confirm(node *n, control_in *in);
void consent_withdraw(node *n, control_in *in);

#endif
