// SPDX-License-Identifier: Apache-2.0
// Inside the compiler room only: a test as read, before it is asked.
// Owner: the draft's arena. Thread: one. Fails: mistakes go to the diag.
#ifndef TSUNAGU_COMPILER_TRIAL_READ_H
#define TSUNAGU_COMPILER_TRIAL_READ_H

#include "policies/compiler/draft.h"

typedef struct trial_facts {
    bool has_viewer, has_source, has_through, has_role, has_purpose;
    policy_question q;
    day document; // DAY_NONE: no document of a certain day is meant
} trial_facts;

typedef struct trial_row {
    draft_place place;
    const char *question, *note;
    trial_facts facts;
    bool yes;
    int reason;   // policy_why, or POLICY_NONE
    day from;     // or DAY_NONE
    struct trial_row *next;
} trial_row;

// In the order of files and lines; NULL: there are none.
trial_row *trial_rows_read(draft *d);

#endif
