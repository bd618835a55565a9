// SPDX-License-Identifier: Apache-2.0
// The dirt on people in a storage: whoever several hospitals know is written cleanly at the first of them,
// and with one kind of dirt at each other.
// Owner: plain values. Thread: any. Fails: never.
#ifndef TSUNAGU_SYNTH_DIRT_H
#define TSUNAGU_SYNTH_DIRT_H

#include "ops/cli/synth/synth.h"

// Changes the person as this hospital got to know them; says which kind (SLIP_CLEAN: none).
slip_kind dirt_person(const synth_options *o, uint32_t index, identity *i);

#endif
