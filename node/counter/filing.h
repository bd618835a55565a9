// SPDX-License-Identifier: Apache-2.0
// The shelf's counter: a facility's staff file, replace, take back and list documents under their own patient
// numbers, and record there what the patient agreed to. A file comes in pieces; each piece says all of the
// words again, so that a wrong one is told with the first.
// Owner: filing_open/_free; filing_open also opens node->papers. A control_in given to a function here is finished
// by it, now or later. Thread: any. Fails: into the reply.
#ifndef TSUNAGU_NODE_COUNTER_FILING_H
#define TSUNAGU_NODE_COUNTER_FILING_H

#include "node/duty/job.h"

enum { FILING_AT_ONCE = 16, FILING_IDLE_MS = 60000 };

MUST_CHECK err filing_open(node *n, filing **ret); // complains
void filing_free(filing *f);
void filing_tick(node *n, time_ms now); // files of which nothing came for long are forgotten

void filing_add(node *n, control_in *in);
void filing_replace(node *n, control_in *in);
void filing_list(node *n, control_in *in);
void filing_retract(node *n, control_in *in);
void filing_consent(node *n, control_in *in);
void filing_withdraw(node *n, control_in *in);
void filing_objection(node *n, control_in *in);

#endif
