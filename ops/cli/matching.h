// SPDX-License-Identifier: Apache-2.0
// The table of recall and precision by kind of dirt, for the two commands that print it.
// Owner: nothing. Thread: one. Fails: an exit code, complained of.
#ifndef TSUNAGU_CLI_MATCHING_H
#define TSUNAGU_CLI_MATCHING_H

#include "ops/cli/command.h"
#include "ops/cli/synth/accuracy.h"

// The kind that this option names, SLIP_COUNT where it is not given; false: no such kind, complained.
bool matching_kind(const invocation *v, const char *option, slip_kind *ret);
int matching_report(const invocation *v, const accuracy_options *o);

#endif
