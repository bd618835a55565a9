// SPDX-License-Identifier: Apache-2.0
// Whose records a request asks for: at a hospital a chart of its storage, at a facility without one the number
// under which it registered the patient, whose documents lie on the shelf.
// Owner: nothing but the store. Thread: within a transaction; W: the writer's. Fails: as each says, with a note.
#ifndef TSUNAGU_NODE_FLOW_PATIENT_H
#define TSUNAGU_NODE_FLOW_PATIENT_H

#include "node/duty/job.h"
#include "node/requests/requests.h"

// Whose chart it is: that of the shelf's facility, or of the node's hospital.
uint64_t patient_owner(const node *n, const char *chart);
// The chart that a person of this facility means. ERR_USAGE.
MUST_CHECK err patient_chart(job *j, uint64_t facility, const char *said, char ret[static SSMIX_CHART_MAX + 1]);
// W. Is the request's chart still this patient's? ERR_NOT_FOUND, ERR_DENIED: another's.
MUST_CHECK err patient_check(job *j, store_txn *t, const request *r);
// What is known here of whom that chart means, to lay beside the form. As patient_check.
MUST_CHECK err patient_identity(job *j, store_txn *t, const request *r, const char *chart, const identity *form,
                                identity *ret);
// May this facility hold records of that person?
MUST_CHECK err patient_held(store_txn *t, const node *n, uint64_t facility, const pseudonym *who, bool *ret);
MUST_CHECK err patient_candidates_show(job *j, control_in *in, store_txn *t, const request *r, const identity *form);

#endif
