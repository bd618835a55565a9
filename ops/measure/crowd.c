// SPDX-License-Identifier: Apache-2.0
#include "ops/measure/crowd.h"

#include <string.h>

#include "ops/measure/bench.h"

void crowd_who(const crowd *p, uint64_t number, pseudonym *ret)
{
    uint64_t step = UINT64_MAX / p->count;
    ret->at[0] = 1; // epoch
    be64_put(ret->at + 1, number * step + mix64(number) % step);
    for (int i = 1; i < 4; i++)
        be64_put(ret->at + 1 + 8 * i, mix64(number * 4 + (uint64_t)i));
}

static void presence(card *c, uint8_t bit, uint64_t number, uint32_t this_month)
{
    card_presence *e = &c->presence[c->presence_count++];
    uint64_t months = (mix64(number + bit) & 0xffffff) | 0x800001; // first and last of 24 are set
    *e = (card_presence){.category = bit, .bytes = 3, .base = this_month - 23};
    for (int i = 0; i < 3; i++)
        e->bits[i] = (uint8_t)(months >> (8 * i));
}

void crowd_card(const crowd *p, uint64_t number, int hospital, buf *out)
{
    static day today;
    if (!today)
        today = day_of_time(clock_now_ms());
    card c = {.facility = p->hospital[hospital], .registered_on = today - 20, .grain = 1};
    crowd_who(p, number, &c.who);
    be64_put(c.scope.id, mix64(number * 2 + (uint64_t)hospital));
    be64_put(c.scope.id + 8, number);
    c.scope.revision = 1;
    c.scope.at = (time_ms)(today - 20) * 86400000;
    c.scope.from = today - 20;
    c.scope.until = DAY_FOREVER;
    c.scope.categories = 0xff;
    c.scope.grantee_count = 1;
    c.scope.grantees[0].kind = GRANTEE_FEDERATION;
    for (uint8_t bit = 0; bit < 5; bit++)
        presence(&c, bit, number, (uint32_t)month_of(today));
    must(card_pack(&c, out), "an invented card");
}

uint64_t crowd_shuffled(const crowd *p, uint64_t place)
{
    // A prime beyond every count walks through all of them.
    return (uint64_t)((unsigned __int128)place * 2305843009213693951u % p->count);
}
