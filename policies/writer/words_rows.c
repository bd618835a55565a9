// SPDX-License-Identifier: Apache-2.0
// categories.yaml, kinds.yaml, roles.yaml, purposes.yaml and rules.yaml. A bundle holds what the
// rules come to, for each kind, role and purpose; it is written as the fewest plain permissions
// that say so, for no denial is left to tell.
#include <stdlib.h>
#include <string.h>

#include "policies/writer/page.h"

// ---- categories ------------------------------------------------------------------

static int category_bit(const page *g) // of the entry: unused numbers have none
{
    int entry = page_entry(g), bit = 0;
    for (uint32_t rest = policy_categories(g->p); rest; rest >>= 1, bit++)
        if ((rest & 1) && entry-- == 0)
            return bit;
    return POLICY_NONE;
}

static value categories(page *g)
{
    return said_number(__builtin_popcount(policy_categories(g->p)));
}

static value category_id(page *g) { return said_text(policy_category_text(g->p, category_bit(g)).id); }
static value category_number(page *g) { return said_number(category_bit(g) + 1); }
static value category_ja(page *g) { return said_text(policy_category_text(g->p, category_bit(g)).label_ja); }
static value category_en(page *g) { return said_text(policy_category_text(g->p, category_bit(g)).label_en); }
static value category_window(page *g) { return said_number(policy_category_window(g->p, category_bit(g))); }

// ---- the other words; the choices of a form's field have their shape -----------------

static value kinds(page *g) { return said_number(policy_kind_count(g->p)); }
static value roles(page *g) { return said_number(policy_role_count(g->p)); }
static value purposes(page *g) { return said_number(policy_purpose_count(g->p)); }

static policy_text term(const page *g)
{
    int i = page_entry(g);
    if (strcmp(g->list, "kinds") == 0)
        return policy_kind_text(g->p, i);
    if (strcmp(g->list, "roles") == 0)
        return policy_role_text(g->p, i);
    if (strcmp(g->list, "purposes") == 0)
        return policy_purpose_text(g->p, i);
    int field = policy_form_section_at(g->p, g->file, g->entry[0]).field_first + g->entry[1];
    return policy_form_choice_at(g->p, g->file, field, i);
}

static value term_id(page *g) { return said_text(term(g).id); }
static value term_ja(page *g) { return said_text(term(g).label_ja); }
static value term_en(page *g) { return said_text(term(g).label_en); }

// ---- rules ----------------------------------------------------------------------

static int box_cmp(const rule_box *a, const rule_box *b, int part) // part: the one that does not count, put last
{
    uint64_t x[4] = {a->categories, a->kinds, a->roles, a->purposes};
    uint64_t y[4] = {b->categories, b->kinds, b->roles, b->purposes};
    for (int i = 0; i < 4; i++)
        if (i != part && x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

enum { PART_ROLES = 2, PART_PURPOSES = 3 };

static int by_purposes(const void *a, const void *b)
{
    int c = box_cmp(a, b, PART_PURPOSES);
    return c ? c : box_cmp(a, b, -1);
}

static int by_roles(const void *a, const void *b)
{
    int c = box_cmp(a, b, PART_ROLES);
    return c ? c : box_cmp(a, b, -1);
}

// As a reader would order them: from the first role on.
static int by_reading(const void *a, const void *b)
{
    const rule_box *x = a, *y = b;
    int left = __builtin_ctzll(x->roles), right = __builtin_ctzll(y->roles);
    return left != right ? left - right : box_cmp(x, y, -1);
}

// Boxes that differ in this part only become one.
static int boxes_join(rule_box *boxes, int count, int part)
{
    int kept = 0;
    qsort(boxes, (size_t)count, sizeof *boxes, part == PART_ROLES ? by_roles : by_purposes);
    for (int i = 0; i < count; i++) {
        if (kept && box_cmp(&boxes[kept - 1], &boxes[i], part) == 0) {
            boxes[kept - 1].roles |= boxes[i].roles;
            boxes[kept - 1].purposes |= boxes[i].purposes;
        } else {
            boxes[kept++] = boxes[i];
        }
    }
    return kept;
}

// For one role and purpose: the kinds that see the same categories.
static void cell_add(page *g, buf *memory, int role, int purpose)
{
    uint32_t done = 0;
    int count = policy_kind_count(g->p);
    for (int k = 0; k < count; k++) {
        rule_box b = {.categories = policy_allowed(g->p, k, role, purpose), .roles = 1ull << role,
                      .purposes = 1u << purpose};
        if (!b.categories || (done >> k & 1))
            continue;
        for (int o = k; o < count; o++)
            if (policy_allowed(g->p, o, role, purpose) == b.categories)
                b.kinds |= 1u << o;
        done |= b.kinds;
        buf_put(memory, &b, sizeof b);
    }
}

void page_rules(page *g, rule_box **ret, buf *memory)
{
    for (int role = 0; role < policy_role_count(g->p); role++)
        for (int purpose = 0; purpose < policy_purpose_count(g->p); purpose++)
            cell_add(g, memory, role, purpose);
    rule_box *boxes = (rule_box *)(void *)memory->at;
    int count = memory->sticky ? 0 : (int)(memory->len / sizeof *boxes);
    if (count > 0) {
        count = boxes_join(boxes, count, PART_PURPOSES);
        count = boxes_join(boxes, count, PART_ROLES);
        qsort(boxes, (size_t)count, sizeof *boxes, by_reading);
    }
    g->box_count = count;
    *ret = boxes;
}

static value rules(page *g) { return said_number(g->box_count); }
static value allow(page *g) { return said_mask(g->boxes[page_entry(g)].categories, policy_categories(g->p)); }

// What a rule does not name it is meant for anyhow.
static value side(uint64_t mask, int count)
{
    uint64_t all = count >= 64 ? UINT64_MAX : (1ull << count) - 1;
    return mask == all ? NOTHING : said_mask(mask, all);
}

static value rule_kinds(page *g) { return side(g->boxes[page_entry(g)].kinds, policy_kind_count(g->p)); }
static value rule_roles(page *g) { return side(g->boxes[page_entry(g)].roles, policy_role_count(g->p)); }
static value rule_purposes(page *g) { return side(g->boxes[page_entry(g)].purposes, policy_purpose_count(g->p)); }

static const value_row ROWS[] = {
    {&SHAPE_CATEGORIES, "categories", categories, NULL},
    {&SHAPE_CATEGORY, "id", category_id, NULL},
    {&SHAPE_CATEGORY, "number", category_number, NULL},
    {&SHAPE_CATEGORY, "ja", category_ja, NULL},
    {&SHAPE_CATEGORY, "en", category_en, NULL},
    {&SHAPE_CATEGORY, "window", category_window, NULL},
    {&SHAPE_KINDS, "kinds", kinds, NULL},
    {&SHAPE_ROLES, "roles", roles, NULL},
    {&SHAPE_PURPOSES, "purposes", purposes, NULL},
    {&SHAPE_TERM, "id", term_id, NULL},
    {&SHAPE_TERM, "ja", term_ja, NULL},
    {&SHAPE_TERM, "en", term_en, NULL},
    {&SHAPE_RULES, "rules", rules, NULL},
    {&SHAPE_RULE, "allow", allow, NULL},
    {&SHAPE_RULE, "deny", NULL, "a bundle holds what is left after the denials"},
    {&SHAPE_RULE, "kinds", rule_kinds, NULL},
    {&SHAPE_RULE, "roles", rule_roles, NULL},
    {&SHAPE_RULE, "purposes", rule_purposes, NULL},
    {&SHAPE_RULE, "note", NULL, "a note is for people and is no part of a version"},
};
const value_rows WORDS_ROWS = {ROWS, sizeof ROWS / sizeof *ROWS};
