// SPDX-License-Identifier: Apache-2.0
// Recording and lifting an objection: what was disclosed goes from the hub, and the clinics that asked are told.
// Owner: a control_in given here is finished by it. Thread: as marked; W: the writer's, inside a job.
#ifndef TSUNAGU_NODE_COUNTER_OBJECTIONS_H
#define TSUNAGU_NODE_COUNTER_OBJECTIONS_H

#include "node/disclosing/objection.h"
#include "node/duty/job.h"

// W. Records or lifts it, with an entry in the log. Said again: OK, the first time stays. ERR_NOT_FOUND: nothing
// to lift; ERR_USAGE.
MUST_CHECK err objection_put(job *j, store_txn *t, const char *chart, const char *by, bool stands);

void objection_say(node *n, control_in *in); // the `objection` command
// The same, of a chart that the caller has looked up: a shelf's (filing.c).
void objection_say_as(node *n, control_in *in, const char *chart, const char *by);

#endif
