// SPDX-License-Identifier: Apache-2.0
// One question to the rules, answered so that it can be read out in a meeting:
// yes or no, the line that decides in each layer, and for a refusal what would
// have to change. The answer itself is always policy_decide's.
// Owner: strings live in the arena or point into the origin. Thread: one. Fails: ERR_MEM.
#ifndef TSUNAGU_WORKSHOP_EXPLAIN_H
#define TSUNAGU_WORKSHOP_EXPLAIN_H

#include "policies/workshop/origin.h"
#include "proto/base/arena.h"

typedef struct explain_question {
    policy_question q; // viewer_union POLICY_NONE: the best of the viewer's unions; `asked` is set here
    int category;
    bool japanese;     // labels and dates; the sentences follow the locale
} explain_question;

typedef enum explain_layer {
    LAYER_FORCE, LAYER_VIEWER, LAYER_SOURCE, LAYER_CONSENT, LAYER_RULE, LAYER_AGREEMENT, LAYER_WINDOW,
    LAYER_COUNT
} explain_layer;
const char *explain_layer_name(explain_layer l); // "rule": for machines
const char *explain_layer_word(explain_layer l); // for people

typedef struct explain_step {
    explain_layer layer;
    bool passes;
    origin_place place; // file NULL: no line says it
    const char *said;
    const char *change; // NULL where it passes
} explain_step;

typedef struct explanation {
    bool granted;
    policy_why why;
    day from;          // granted: the first day that may be seen
    int viewer_union;  // the one it was asked through
    const char *headline;
    const char *others; // what asking through the viewer's other unions would give, or ""
    explain_step steps[LAYER_COUNT];
    size_t count;
} explanation;

MUST_CHECK err explain_run(const origin *o, const explain_question *question, arena *a, explanation *ret);
// Lines for people.
err explain_put(const explanation *x, buf *out);

#endif
