// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/draw.h"

// The finalizer of splitmix64 (Steele, Lea, Flood 2014).
static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

draw draw_of(uint64_t seed, uint64_t what, uint64_t a, uint64_t b)
{
    uint64_t s = mix(seed + 0x9e3779b97f4a7c15u);
    s = mix(s ^ (what + 0x632be59bd9b4e019u));
    s = mix(s ^ (a + 0xd1b54a32d192ed03u));
    s = mix(s ^ (b + 0x8cb92ba72f3d8dd7u));
    return (draw){s};
}

uint64_t draw_u64(draw *d)
{
    d->state += 0x9e3779b97f4a7c15u;
    return mix(d->state);
}

uint32_t draw_below(draw *d, uint32_t n)
{
    return (uint32_t)((draw_u64(d) >> 32) * n >> 32);
}

int draw_between(draw *d, int low, int high)
{
    return low + (int)draw_below(d, (uint32_t)(high - low + 1));
}

bool draw_percent(draw *d, unsigned percent)
{
    return draw_below(d, 100) < percent;
}

// Four dice, scaled: the sum of four uniforms has a variance of a third. No
// libm, whose last digit may differ between machines.
double draw_bell(draw *d)
{
    int64_t sum = 0;
    for (int i = 0; i < 4; i++)
        sum += draw_below(d, 10001);
    return (double)(sum - 20000) * 1.7320508 / 10000.0;
}
