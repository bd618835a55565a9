// SPDX-License-Identifier: Apache-2.0
// tests/*.yaml: questions in a clerk's words with the answer that is expected, asked of
// the compiled rules by policy_decide. A failure explains itself, and rules that no
// test exercises are listed.
// Owner: trials_done. Thread: one. Fails: mistakes in rules or tests are in the diag
// (ERR_FORMAT); a failed test is no error, but counted.
#ifndef TSUNAGU_COMPILER_TRIAL_H
#define TSUNAGU_COMPILER_TRIAL_H

#include "policies/compiler/compile.h"
#include "proto/base/arena.h"

typedef struct trial {
    const char *file;
    unsigned line;
    const char *question, *note; // note: or ""
    bool passed;
    const char *expected, *came; // "yes", "no (agreement)", in the reader's tongue
    const char *decided;         // a sentence: the layer and the line that decided
} trial;

typedef struct trial_rule {
    const char *file;
    unsigned line;
    const char *text; // the line as it is written
    bool exercised;
} trial_rule;

typedef struct trials {
    trial *items;
    size_t count, failed;
    trial_rule *rules;
    size_t rule_count, unexercised;
    arena mem;
} trials;

MUST_CHECK err trials_run(const policy_files *files, diag *d, trials *ret);
void trials_done(trials *t);

// For policy_check: reads the tests (mistakes are errors) and warns of those that test nothing.
typedef struct draft draft;
MUST_CHECK err trials_suspect(draft *d, span bundle);

#endif
