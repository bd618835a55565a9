// SPDX-License-Identifier: Apache-2.0
// How many people are found, and how many others are shown with them: forms with one kind of dirt
// (slips.h) asked of the real index of traits and judged by the real comparison.
// Owner: plain values. Thread: one call at a time. Fails: as the store, whose folder is a temporary one
// that is gone at the end.
#ifndef TSUNAGU_SYNTH_ACCURACY_H
#define TSUNAGU_SYNTH_ACCURACY_H

#include "ops/cli/synth/slips.h"

#define ACCURACY_PEOPLE_MAX 1000000

typedef struct accuracy_row {
    slip_kind kind;
    uint64_t forms;                     // asked
    uint64_t compared;                  // charts that the search found for them, in all
    uint64_t found;                     // among them the right one
    uint64_t right[MATCH_STRONG + 1];   // the right one was shown at this strength or a stronger
    uint64_t shown[MATCH_STRONG + 1];   // charts shown at this strength or a stronger
} accuracy_row;

typedef struct accuracy_options {
    uint64_t seed;
    uint32_t people; // in the index
    uint32_t forms;  // of each kind, at most
    slip_kind only;  // SLIP_COUNT: all kinds
    // NULL, or told each form with the person it is of: the ground truth.
    void (*form)(void *ctx, slip_kind kind, uint32_t index, const identity *form);
    void *ctx;
} accuracy_options;

// rows: SLIP_COUNT of them; those of other kinds stay empty.
MUST_CHECK err accuracy_measure(const accuracy_options *o, accuracy_row *rows);

#endif
