// SPDX-License-Identifier: Apache-2.0
// Numbers that only look random: a stream named by four numbers. Streams do
// not touch each other, so that one patient's records do not depend on how
// many others are written before. At most one draw a full expression: the order
// in which C evaluates arguments and initializers differs between compilers.
#ifndef TSUNAGU_SYNTH_DRAW_H
#define TSUNAGU_SYNTH_DRAW_H

#include <stdbool.h>
#include <stdint.h>

typedef struct draw {
    uint64_t state;
} draw;

draw draw_of(uint64_t seed, uint64_t what, uint64_t a, uint64_t b);
uint64_t draw_u64(draw *d);
uint32_t draw_below(draw *d, uint32_t n);     // 0 to n-1; 0 for n = 0
int draw_between(draw *d, int low, int high); // both included
bool draw_percent(draw *d, unsigned percent);
double draw_bell(draw *d);                    // about normal: mean 0, deviation 1, within 3.5

// What a stream is for; a number here is for ever.
enum draw_stream {
    DRAW_HOUSEHOLD = 1, DRAW_PERSON, DRAW_MEMBER, DRAW_CHART, DRAW_DOCTOR, DRAW_STORY, DRAW_DAMAGE,
    DRAW_LARGE, DRAW_POINTS, DRAW_SLIP
};

#endif
