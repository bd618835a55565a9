// SPDX-License-Identifier: Apache-2.0
// Who else must be known: the lines of people_path.
#ifndef TSUNAGU_SYNTH_EXTRAS_H
#define TSUNAGU_SYNTH_EXTRAS_H

#include "ops/cli/synth/synth.h"

typedef struct extra {
    identity who;
    char chart[SYNTH_CHART]; // empty: to be made
} extra;

typedef struct extras {
    extra *lines;
    uint32_t count;
} extras;

MUST_CHECK err extras_read(const char *path, extras *ret); // NULL path: empty
void extras_done(extras *r);
bool extras_text_ok(span s); // nothing that would break a message, a path or XML

#endif
