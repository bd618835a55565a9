// SPDX-License-Identifier: Apache-2.0
// The operator's commands at the disclosing side: who is in the storages, and who of them
// a form may mean. Whatever shows a person is itself logged.
// Owner: a control_in given here is finished by it. Thread: any. Fails: into the reply.
#ifndef TSUNAGU_NODE_CHARTS_CHARTS_H
#define TSUNAGU_NODE_CHARTS_CHARTS_H

#include "node/duty/job.h"
#include "proto/pact/identity.h"

// Runs `look` on the pool: it may read files and fill the reply, which leaves when the entry `what` is durable.
void look_begin(node *n, control_in *in, const char *what, err (*look)(job *j, control_in *in));
// Within a look: who of our patients the form may mean.
MUST_CHECK err charts_candidates_show(job *j, control_in *in, store_txn *t, const identity *form);
// Identity fields of a command (kana_family ...) over what `i` holds. *ret_any: one was given. (typed.c)
MUST_CHECK err identity_args(control_in *in, identity *i, bool *ret_any);
void charts_list(node *n, control_in *in);
void charts_documents(node *n, control_in *in); // documents.c
void charts_identity(node *n, control_in *in);
void charts_candidates(node *n, control_in *in);

#endif
