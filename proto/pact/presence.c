// SPDX-License-Identifier: Apache-2.0
// Which periods of a category hold something, as bits from a base period.
#include "proto/pact/card.h"

#include <string.h>

#define PERIODS (CARD_PERIOD_BYTES * 8)

static card_presence *entry_of(card *c, uint8_t category)
{
    uint8_t at = 0;
    while (at < c->presence_count && c->presence[at].category < category)
        at++;
    if (at < c->presence_count && c->presence[at].category == category)
        return &c->presence[at];
    // Categories are below CARD_CATEGORIES and each stands once: there is room for a new one.
    if (c->presence_count >= CARD_CATEGORIES)
        return NULL;
    memmove(&c->presence[at + 1], &c->presence[at], (c->presence_count - at) * sizeof c->presence[0]);
    c->presence[at] = (card_presence){.category = category};
    c->presence_count++;
    return &c->presence[at];
}

// Moves the bits so that bit 0 is `base`; what falls off either end is forgotten.
static void rebase(card_presence *p, uint32_t base)
{
    uint8_t moved[CARD_PERIOD_BYTES] = {0};
    for (uint32_t i = 0; i < p->bytes * 8u; i++) {
        int64_t to = (int64_t)p->base + i - base;
        if ((p->bits[i / 8] >> i % 8 & 1) && to >= 0 && to < PERIODS)
            moved[to / 8] |= (uint8_t)(1u << to % 8);
    }
    memcpy(p->bits, moved, sizeof moved);
    p->base = base;
    p->bytes = CARD_PERIOD_BYTES;
    while (p->bytes && !p->bits[p->bytes - 1])
        p->bytes--;
}

// The number of the last set bit; only for entries that have one.
static uint32_t newest(const card_presence *p)
{
    uint32_t i = p->bytes * 8u - 1;
    while (i && !(p->bits[i / 8] >> i % 8 & 1))
        i--;
    return i;
}

void card_mark(card *c, int category, day d)
{
    if (category < 0 || category >= CARD_CATEGORIES || d == DAY_FOREVER)
        return;
    card_presence *p = entry_of(c, (uint8_t)category);
    // Without a day (PPR-01 has none), or where the council wants presence only, the entry is all.
    if (!p || c->grain == 0 || d == DAY_NONE || d < 0)
        return;
    uint32_t period = (uint32_t)(c->grain == 1 ? month_of(d) : d);
    if (p->bytes == 0)
        p->base = period;
    if (period < p->base) {
        if (p->base + newest(p) - period >= PERIODS)
            return; // older than what the newest leaves room for
        rebase(p, period);
    } else if (period - p->base >= PERIODS) {
        rebase(p, period - PERIODS + 1);
        // Bits begin with a set one, or a later mark could not reach as far back.
        uint32_t first = 0;
        while (first < p->bytes * 8u && !(p->bits[first / 8] >> first % 8 & 1))
            first++;
        rebase(p, first < p->bytes * 8u ? p->base + first : period);
    }
    uint32_t bit = period - p->base;
    p->bits[bit / 8] |= (uint8_t)(1u << bit % 8);
    if (p->bytes < bit / 8 + 1)
        p->bytes = (uint16_t)(bit / 8 + 1);
}
