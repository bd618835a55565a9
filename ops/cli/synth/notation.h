// SPDX-License-Identifier: Apache-2.0
// The other ways in which people write the address that people.c gives them.
// Owner: plain values. Thread: any. Fails: false, and nothing changed: no such address.
#ifndef TSUNAGU_SYNTH_NOTATION_H
#define TSUNAGU_SYNTH_NOTATION_H

#include "ops/cli/synth/draw.h"
#include "proto/pact/identity.h"

bool notation_other(draw *d, char address[static IDENTITY_TEXT * 2]);

#endif
