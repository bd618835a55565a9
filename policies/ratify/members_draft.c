// SPDX-License-Identifier: Apache-2.0
// Drafts of membership lists: from the bundle, from the list before, and row by row.
#include <string.h>

#include "policies/engine/table.h"
#include "policies/ratify/members.h"

// Room for one more row at the end; the arena keeps the old rows until the list goes.
static void *row_add(members *m, void *rows, size_t *count, size_t *cap, size_t max, size_t size)
{
    size_t n = *count;
    if (n >= max)
        return NULL;
    if (n == *cap) {
        void *more = arena_get(&m->mem, (n ? 2 * n : 4) * size);
        if (!more)
            return NULL;
        if (n)
            memcpy(more, rows, n * size);
        rows = more;
        *cap = n ? 2 * n : 4;
    }
    memset((char *)rows + n * size, 0, size);
    *count = n + 1;
    return rows;
}

member_facility *members_add(members *m)
{
    member_facility *rows = row_add(m, m->facilities, &m->facility_count, &m->facility_cap, MEMBERS_FACILITIES, sizeof *rows);
    if (!rows)
        return NULL;
    m->facilities = rows;
    member_facility *f = &rows[m->facility_count - 1];
    f->name = f->ward = f->kind = "";
    return f;
}

member_node *members_add_node(members *m)
{
    member_node *rows = row_add(m, m->nodes, &m->node_count, &m->node_cap, MEMBERS_NODES, sizeof *rows);
    if (!rows)
        return NULL;
    m->nodes = rows;
    member_node *n = &rows[m->node_count - 1];
    n->name = n->host = "";
    return n;
}

member_facility *members_find(const members *m, uint64_t code)
{
    for (size_t i = 0; i < m->facility_count; i++)
        if (m->facilities[i].code == code)
            return &m->facilities[i];
    return NULL;
}

member_node *members_find_node(const members *m, const char *name)
{
    for (size_t i = 0; i < m->node_count; i++)
        if (strcmp(m->nodes[i].name, name) == 0)
            return &m->nodes[i];
    return NULL;
}

static size_t code_drop(uint64_t *codes, size_t count, uint64_t code)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (codes[i] != code)
            codes[kept++] = codes[i];
    return kept;
}

bool members_drop(members *m, uint64_t code)
{
    member_facility *f = members_find(m, code);
    if (!f)
        return false;
    *f = m->facilities[--m->facility_count];
    for (size_t i = 0; i < m->node_count; i++) {
        member_node *n = &m->nodes[i];
        n->disclose_count = code_drop(n->discloses, n->disclose_count, code);
        n->view_count = code_drop(n->views, n->view_count, code);
    }
    return true;
}

static err facilities_of(const policy *p, int u, members *m)
{
    for (int i = 0; i < policy_facility_count(p); i++) {
        policy_facility_view v = policy_facility_at(p, i);
        if (!(v.unions >> u & 1))
            continue;
        member_facility *f = members_add(m);
        if (!f)
            return ERR_LIMIT;
        f->code = v.code;
        f->name = arena_str(&m->mem, span_str(v.name));
        f->ward = arena_str(&m->mem, span_str(v.ward));
        f->kind = arena_str(&m->mem, span_str(policy_kind_text(p, v.kind).id));
        f->discloses = policy_discloses(p, i) >> u & 1;
        if (!f->name || !f->ward || !f->kind)
            return ERR_MEM;
    }
    return OK;
}

static void keys_of(int count, const uint8_t *const at[BUNDLE_KEYS], member_keys *ret)
{
    ret->count = count;
    for (int i = 0; i < count; i++)
        memcpy(ret->at[i], at[i], KEY_BYTES);
}

static err node_of(const policy *p, int number, const policy_node_view *v, members *m)
{
    size_t most = m->facility_count ? m->facility_count : 1, all = 0;
    member_node *n = members_add_node(m);
    if (!n)
        return ERR_LIMIT;
    n->name = arena_str(&m->mem, span_str(v->name));
    n->host = arena_str(&m->mem, span_str(v->host));
    n->discloses = arena_get(&m->mem, most * sizeof *n->discloses);
    n->views = arena_get(&m->mem, most * sizeof *n->views);
    if (!n->name || !n->host || !n->discloses || !n->views)
        return ERR_MEM;
    for (int i = 0; i < policy_facility_count(p); i++) {
        policy_facility_view f = policy_facility_at(p, i);
        if (!(f.unions >> v->union_no & 1))
            continue;
        all++;
        if (policy_discloser(p, i) == number)
            n->discloses[n->disclose_count++] = f.code;
        if (policy_node_views(p, number, i))
            n->views[n->view_count++] = f.code;
    }
    if (n->view_count == all && all) { // whoever joins is signed in there too
        n->views_all = true;
        n->view_count = 0;
    }
    keys_of(v->tls_count, v->tls, &n->tls);
    keys_of(v->sign_count, v->sign, &n->sign);
    keys_of(v->seal_count, v->seal, &n->seal);
    return OK;
}

err members_of(const policy *p, int u, members *ret)
{
    members m = {.serial = 1};
    arena_init(&m.mem, 0);
    m.union_id = arena_str(&m.mem, span_str(policy_union_text(p, u).id));
    err e = !m.union_id ? ERR_MEM : m.union_id[0] ? facilities_of(p, u, &m) : ERR_NOT_FOUND;
    for (int i = 0; e == OK && i < policy_node_count(p); i++) {
        policy_node_view v = policy_node_at(p, i);
        if (v.union_no == u)
            e = node_of(p, i, &v, &m);
    }
    if (e)
        members_done(&m);
    else
        *ret = m;
    return e;
}

err members_next(members *before, members *ret)
{
    buf bytes = {0};
    hash32 hash;
    members m;
    if (before->serial == UINT32_MAX)
        return ERR_LIMIT;
    err e = members_hash(before, &hash);
    if (e == OK)
        e = members_put(before, &bytes);
    if (e == OK)
        e = members_read(buf_span(&bytes), &m);
    buf_done(&bytes);
    if (e)
        return e;
    m.serial++;
    m.has_previous = true;
    m.previous = hash;
    m.is_signed = false;
    *ret = m;
    return OK;
}
