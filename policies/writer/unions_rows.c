// SPDX-License-Identifier: Apache-2.0
// unions/*.yaml and nodes/*.yaml: who is registered where, and which machine speaks for whom.
#include <string.h>

#include "policies/writer/page.h"

static value union_id(page *g) { return said_text(policy_union_text(g->p, g->file).id); }
static value union_ja(page *g) { return said_text(policy_union_text(g->p, g->file).label_ja); }
static value union_en(page *g) { return said_text(policy_union_text(g->p, g->file).label_en); }
static value secretariat(page *g) { return said_text(policy_union_secretariat(g->p, g->file)); }

static value secretariat_key(page *g)
{
    const uint8_t *key = policy_union_key(g->p, g->file);
    return (value){.set = key != NULL, .keys = {key, NULL}};
}

static value members(page *g, bool discloses)
{
    int count = 0;
    for (int f = 0; f < policy_facility_count(g->p); f++)
        if ((policy_facility_at(g->p, f).unions >> g->file & 1) &&
            (policy_discloses(g->p, f) >> g->file & 1) == discloses)
            g->rows[count++] = f;
    return (value){.set = count > 0, .number = count};
}

static value disclosing(page *g) { return members(g, true); }
static value viewing(page *g) { return members(g, false); }

static policy_facility_view facility(const page *g) { return policy_facility_at(g->p, g->rows[page_entry(g)]); }
static value code(page *g) { return said_number((int64_t)facility(g).code); }
static value name(page *g) { return said_text(facility(g).name); }
static value ward(page *g) { return said_text(facility(g).ward); }
static value kind(page *g) { return said_number(facility(g).kind); }

static policy_node_view node(const page *g) { return policy_node_at(g->p, g->file); }
static value node_name(page *g) { return said_text(node(g).name); }
static value node_union(page *g) { return said_number(node(g).union_no); }
static value node_host(page *g) { return said_text(node(g).host); }
static value node_keys(page *g) { return (value){.set = node(g).tls_count > 0}; }

static value node_discloses(page *g)
{
    int count = 0;
    for (int f = 0; f < policy_facility_count(g->p); f++)
        if (policy_discloser(g->p, f) == g->file)
            g->rows[count++] = f;
    return (value){.set = count > 0, .number = count};
}

// Every member of its union: said as "all", as one would write it.
static value node_views(page *g)
{
    int count = 0, of_union = 0, u = node(g).union_no;
    for (int f = 0; f < policy_facility_count(g->p); f++) {
        of_union += (int)(policy_facility_at(g->p, f).unions >> u & 1);
        if (policy_node_views(g->p, g->file, f))
            g->rows[count++] = f;
    }
    return (value){.set = count > 0, .number = count, .all = count == of_union};
}

static value node_tls(page *g)
{
    policy_node_view n = node(g);
    return said_keys(n.tls_count, n.tls);
}

static value node_sign(page *g)
{
    policy_node_view n = node(g);
    return said_keys(n.sign_count, n.sign);
}

static value node_seal(page *g)
{
    policy_node_view n = node(g);
    return said_keys(n.seal_count, n.seal);
}

static const value_row ROWS[] = {
    {&SHAPE_FACILITY, "code", code, NULL},
    {&SHAPE_FACILITY, "name", name, NULL},
    {&SHAPE_FACILITY, "ward", ward, NULL},
    {&SHAPE_FACILITY, "kind", kind, NULL},
    {&SHAPE_UNION, "union", union_id, NULL},
    {&SHAPE_UNION, "ja", union_ja, NULL},
    {&SHAPE_UNION, "en", union_en, NULL},
    {&SHAPE_UNION, "secretariat", secretariat, NULL},
    {&SHAPE_UNION, "secretariat_key", secretariat_key, NULL},
    {&SHAPE_UNION, "discloses", disclosing, NULL},
    {&SHAPE_UNION, "views", viewing, NULL},
    {&SHAPE_NODE, "node", node_name, NULL},
    {&SHAPE_NODE, "union", node_union, NULL},
    {&SHAPE_NODE, "host", node_host, NULL},
    {&SHAPE_NODE, "discloses", node_discloses, NULL},
    {&SHAPE_NODE, "views", node_views, NULL},
    {&SHAPE_NODE, "keys", node_keys, NULL},
    {&SHAPE_NODE_KEYS, "tls", node_tls, NULL},
    {&SHAPE_NODE_KEYS, "sign", node_sign, NULL},
    {&SHAPE_NODE_KEYS, "seal", node_seal, NULL},
};
const value_rows UNIONS_ROWS = {ROWS, sizeof ROWS / sizeof *ROWS};
