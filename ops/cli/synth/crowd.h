// SPDX-License-Identifier: Apache-2.0
// Names as frequent as among people, for measuring: how many namesakes somebody has decides what a
// comparison by name is worth. Family names by their share, rarer ones put together from common parts;
// given names by the years in which they were given.
// Owner: plain values. Thread: any. Fails: never.
#ifndef TSUNAGU_SYNTH_CROWD_H
#define TSUNAGU_SYNTH_CROWD_H

#include "ops/cli/synth/draw.h"
#include "proto/pact/identity.h"

void crowd_family(draw *d, identity *i);
// For the sex and the birth that stand in it; `further`: of twins the second, who is called otherwise.
void crowd_given(draw *d, bool further, identity *i);
// Born within days of an era's end: 1926, 1989 or 2019.
day crowd_boundary(draw *d);

#endif
