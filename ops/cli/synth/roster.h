// SPDX-License-Identifier: Apache-2.0
// Who else must be known: the lines of people_path.
#ifndef TSUNAGU_SYNTH_ROSTER_H
#define TSUNAGU_SYNTH_ROSTER_H

#include "ops/cli/synth/synth.h"

typedef struct roster_line {
    identity who;
    char chart[SYNTH_CHART]; // empty: to be made
} roster_line;

typedef struct roster {
    roster_line *lines;
    uint32_t count;
} roster;

MUST_CHECK err roster_read(const char *path, roster *ret); // NULL path: empty
void roster_done(roster *r);
bool roster_text_ok(span s); // nothing that would break a message, a path or XML

#endif
