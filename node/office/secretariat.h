// SPDX-License-Identifier: Apache-2.0
// A union's secretariat as the nodes know it: letters to facility 0 of the node that speaks for the union, and
// notices there that are nobody else's (facility 0).
// Owner: nothing. Thread: W: the writer's, inside a job.
#ifndef TSUNAGU_NODE_OFFICE_SECRETARIAT_H
#define TSUNAGU_NODE_OFFICE_SECRETARIAT_H

#include "node/line/post.h"

#define SECRETARIAT 0 // the facility that letters and notices to it name

// The node that speaks for a union: the one that is named like the union, or else its only one. NULL: none, or
// several and nobody said which.
const char *secretariat_node(const policy *p, int union_no);
// W. Tells the secretariats of this facility's unions, where they have a node: here at once, elsewhere by letter.
// The reference is one of the kind that the event has (a request's id), and means nothing there but itself.
MUST_CHECK err secretariat_tell(job *j, store_txn *t, uint64_t facility, int event, const uint8_t *reference);
// W. LETTER_TOLD: for the secretariat here, or for a facility's request.
MUST_CHECK err secretariat_take_told(job *j, store_txn *t, const letter *l);

#endif
