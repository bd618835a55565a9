// SPDX-License-Identifier: Apache-2.0
// Inside the liaison office: a command by which one of its people decides.
// Owner: the job. Thread: any; `run` on the writer's.
#ifndef TSUNAGU_NODE_LIAISON_DECIDING_H
#define TSUNAGU_NODE_LIAISON_DECIDING_H

#include "node/flow/flow.h"

typedef struct deciding {
    pool_task base; // first
    job *j;
    person who;
    const char *id, *text, *reason;
    char chart[SSMIX_CHART_MAX + 1];
    bool also, disagree, untold; // untold: the reasons are told instead
    request *made;
    identity_match match;
    uint8_t seen[HASH_BYTES]; // what the form said when it was compared
} deciding;

// Of this hospital, or of a facility whose shelf is here, as the people file knows them. Finishes `in` on refusal.
MUST_CHECK err officer(node *n, control_in *in, person *ret);
job *deciding_new(node *n, control_in *in, duty_run run); // NULL: `in` is finished
void deciding_refuse(job *j, err e);                      // instead of submitting it
// Whether the rules want another person's look before this form discloses anything.
bool second_needed(const job *j, const Tsunagu__RequestBody *form, bool strong);
// Nobody looks twice. ERR_DENIED, with a note: this person accepted it first.
MUST_CHECK err second_other(job *j, const deciding *k);

#endif
