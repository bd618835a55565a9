// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/dirt.h"

#include "ops/cli/synth/people.h"

enum { TRIES = 50 };

static bool elsewhere_before(const synth_options *o, uint32_t index)
{
    for (uint32_t h = 0; h < o->hospital; h++)
        if (synth_known(o->seed, o->shared, index, h))
            return true;
    return false;
}

static slip_kind kind_drawn(draw *d, slip_kind only)
{
    return only != SLIP_COUNT ? only : (slip_kind)(1 + draw_below(d, SLIP_THREE));
}

slip_kind dirt_person(const synth_options *o, uint32_t index, identity *i)
{
    if (index >= o->shared || !elsewhere_before(o, index))
        return SLIP_CLEAN;
    slip_kind kind = SLIP_CLEAN;
    draw d = draw_of(o->seed, DRAW_SLIP, index, (uint64_t)o->hospital << 32);
    people_unmark(i);
    // Not everybody has a small kana or an old character: another kind, then.
    for (int n = 0; n < TRIES && kind == SLIP_CLEAN; n++) {
        slip_kind next = kind_drawn(&d, o->only);
        if (slip_put(o->seed, index, o->hospital, next, i))
            kind = next;
    }
    people_mark(i);
    return kind;
}
