// SPDX-License-Identifier: Apache-2.0
// agreements/*.yaml: a file for each two unions that let something pass. What holds both ways
// stands once; where the two directions differ, each says its own under one_way.
#include <string.h>

#include "policies/writer/page.h"

static policy_pact_view direction(const page *g, int way)
{
    int from = way ? g->other : g->file, to = way ? g->file : g->other;
    return policy_pact_at(g->p, from, to, 0);
}

static bool same_ways(const page *g)
{
    policy_pact_view a = direction(g, 0), b = direction(g, 1);
    if (a.categories != b.categories || a.kinds != b.kinds)
        return false;
    for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
        if ((a.categories >> bit & 1) && a.months[bit] != b.months[bit])
            return false;
    return true;
}

static uint64_t all_kinds(const page *g)
{
    int count = policy_kind_count(g->p);
    return count >= 64 ? UINT64_MAX : (1ull << count) - 1;
}

static bool differs(const page *g, int way)
{
    policy_pact_view a = direction(g, way);
    if (a.categories != policy_categories(g->p) || a.kinds != all_kinds(g))
        return true;
    for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
        if ((a.categories >> bit & 1) && a.months[bit] < policy_category_window(g->p, bit))
            return true;
    return false;
}

// The direction the entry is about: in a one_way list, its number among those that differ.
static int way_of(const page *g)
{
    return page_entry(g) || !differs(g, 0);
}

static value between(page *g) { return said_mask(1ull << g->file | 1ull << g->other, 0); }

static policy_pact_view either(const page *g)
{
    policy_pact_view a = direction(g, 0);
    return a.categories ? a : direction(g, 1);
}

static value from(page *g) { return said_day(either(g).from); }

static value until(page *g)
{
    day d = either(g).until;
    return d == DAY_FOREVER ? NOTHING : said_day(d);
}

static value ways(page *g)
{
    if (same_ways(g))
        return NOTHING;
    return said_number(differs(g, 0) + differs(g, 1));
}

static value discloser(page *g) { return said_number(way_of(g) ? g->other : g->file); }
static value viewer(page *g) { return said_number(way_of(g) ? g->file : g->other); }

// ---- differences: of both ways at the top, else of one ------------------------------

static bool speaks(const page *g) { return g->level > 0 || same_ways(g); }
static policy_pact_view narrowed(const page *g) { return direction(g, g->level > 0 ? way_of(g) : 0); }

// Whichever list is shorter; without: of what is taken away. Nothing left: all is taken away.
static value mask_of(const page *g, uint64_t held, uint64_t all, bool without)
{
    uint64_t gone = all & ~held;
    bool shorter = __builtin_popcountll(gone) < __builtin_popcountll(held) || !held;
    if (!speaks(g) || !gone || shorter != without)
        return NOTHING;
    return said_mask(without ? gone : held, all);
}

static value categories(page *g) { return mask_of(g, narrowed(g).categories, policy_categories(g->p), false); }
static value without_categories(page *g) { return mask_of(g, narrowed(g).categories, policy_categories(g->p), true); }

// Where no category passes, the kinds say nothing.
static value kinds_of(const page *g, bool without)
{
    policy_pact_view a = narrowed(g);
    return a.categories ? mask_of(g, a.kinds, all_kinds(g), without) : NOTHING;
}

static value kinds(page *g) { return kinds_of(g, false); }
static value without_kinds(page *g) { return kinds_of(g, true); }

static value windows(page *g)
{
    policy_pact_view a = narrowed(g);
    uint64_t mask = 0;
    for (int bit = 0; bit < POLICY_CATEGORIES && speaks(g); bit++)
        if ((a.categories >> bit & 1) && a.months[bit] < policy_category_window(g->p, bit))
            mask |= 1ull << bit;
    return (value){.set = mask != 0, .mask = mask, .months = a.months};
}

#define NOTE "a note is for people and is no part of a version"
#define DIFFERENCES(shape)                                                                                  \
    {&shape, "categories", categories, NULL}, {&shape, "without_categories", without_categories, NULL},     \
        {&shape, "kinds", kinds, NULL}, {&shape, "without_kinds", without_kinds, NULL},                     \
        {&shape, "windows", windows, NULL}, {&shape, "note", NULL, NOTE}
static const value_row ROWS[] = {
    {&SHAPE_AGREEMENT, "between", between, NULL},
    {&SHAPE_AGREEMENT, "from", from, NULL},
    {&SHAPE_AGREEMENT, "until", until, NULL},
    {&SHAPE_AGREEMENT, "one_way", ways, NULL},
    DIFFERENCES(SHAPE_AGREEMENT),
    {&SHAPE_ONE_WAY, "discloser", discloser, NULL},
    {&SHAPE_ONE_WAY, "viewer", viewer, NULL},
    DIFFERENCES(SHAPE_ONE_WAY),
};
const value_rows AGREEMENTS_ROWS = {ROWS, sizeof ROWS / sizeof *ROWS};
