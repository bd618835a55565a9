// SPDX-License-Identifier: Apache-2.0
// What a clinic's clerk asks for, from flags or filled forms: whom it is about, what was agreed to, where it goes.
// Owner: the job whose state it is; the form's identity is wiped by whoever made it. Thread: any.
// Fails: ERR_USAGE with a note in the job, and as each says.
#ifndef TSUNAGU_NODE_CLINIC_ASKING_H
#define TSUNAGU_NODE_CLINIC_ASKING_H

#include "node/flow/flow.h"

enum { HOSPITALS = 64 };

typedef struct asking {
    person who;
    Tsunagu__RequestBody body;
    Tsunagu__Person person;
    Tsunagu__ConsentTerms consent;
    identity form;
    char sex[2];
    pseudonym patient;
    uint64_t to[HOSPITALS];
    size_t to_count;
    bool enquire;      // ask first who may hold records
    bool ask_first;    // and send them nothing until a person has seen who answered
    char *list[FLOW_WORDS], *categories[FLOW_WORDS];
    bool form_asks;    // where the form says that it goes
    char **form_to;
    size_t form_to_count;
    request made[HOSPITALS];
    uint8_t ids[HOSPITALS][REQUEST_ID_BYTES], group[REQUEST_ID_BYTES];
} asking;

MUST_CHECK err asking_args(job *j, asking *k, control_in *in);
// The filled form says who it is, what was agreed to and where it goes; flags beside it only add what it leaves out.
// Over the body, person and terms that stand in `asking`.
MUST_CHECK err asking_forms(job *j, asking *k, control_in *in);
// The argument `paper`: of the scanned form. Untouched without it.
MUST_CHECK err asking_paper(job *j, control_in *in, Tsunagu__ConsentTerms *c);
// Flags say where it goes; without any the form does. (hospitals.c)
MUST_CHECK err hospitals_said(job *j, asking *k, control_in *in);

#endif
