// SPDX-License-Identifier: Apache-2.0
// The verifier's second half: who is a member, which unions agreed on what, and
// which machine speaks for whom.
#include <stdlib.h>
#include <string.h>

#include "policies/engine/members.h"

static uint32_t bits_below(int count)
{
    return count >= 32 ? UINT32_MAX : (1u << count) - 1;
}

static uint64_t union_bits(int count)
{
    return count >= 64 ? UINT64_MAX : (1ull << count) - 1;
}

err facilities_read(reader *r, policy *p)
{
    uint32_t count = read_u32(r);
    // A row takes at least 30 bytes: a large count cannot make us allocate much.
    if (r->bad || count == 0 || count > BUNDLE_FACILITIES || count > r->rest.len / 30)
        return ERR_FORMAT;
    p->facilities = calloc(count, sizeof *p->facilities);
    p->discloser = calloc(count, sizeof *p->discloser);
    if (!p->facilities || !p->discloser)
        return ERR_MEM;
    p->facility_count = (int)count;
    uint64_t unions = union_bits(p->unions.count);
    for (uint32_t i = 0; i < count; i++) {
        facility_row *f = &p->facilities[i];
        f->code = read_u64(r);
        f->name = bundle_text(r);
        f->ward = bundle_text(r);
        f->kind = read_u8(r);
        f->unions = read_u64(r);
        f->discloses = read_u64(r);
        if (r->bad || f->code > BUNDLE_CODE_MAX || !*f->name || f->kind >= p->kinds.count ||
            f->unions == 0 || (f->unions & ~unions) || (f->discloses & ~f->unions) ||
            (i && f[-1].code >= f->code))
            return ERR_FORMAT;
        p->discloser[i] = POLICY_NONE;
    }
    return OK;
}

static err agreement_read(reader *r, policy *p, int *last)
{
    int source = read_u8(r), viewer = read_u8(r);
    int n = p->unions.count;
    if (r->bad || source >= n || viewer >= n || source == viewer || source * n + viewer <= *last)
        return ERR_FORMAT;
    *last = source * n + viewer;
    pact_cell *c = &p->pacts[*last];
    c->from = bundle_day(r, false);
    c->until = bundle_day(r, true);
    c->categories = read_u16(r);
    c->kinds = read_u32(r);
    if (r->bad || c->until < c->from || c->categories == 0 || (c->categories & ~p->used) || c->kinds == 0 ||
        (c->kinds & ~bits_below(p->kinds.count)))
        return ERR_FORMAT;
    for (int bit = 0; bit < p->category_top; bit++) {
        if (!(c->categories >> bit & 1))
            continue;
        c->months[bit] = read_u16(r);
        if (r->bad || c->months[bit] == 0 || c->months[bit] > p->windows[bit])
            return ERR_FORMAT;
    }
    return OK;
}

err agreements_read(reader *r, policy *p)
{
    int n = p->unions.count;
    int count = read_u16(r);
    if (r->bad || count > n * (n - 1))
        return ERR_FORMAT;
    p->pacts = calloc((size_t)n * (size_t)n, sizeof *p->pacts);
    if (!p->pacts)
        return ERR_MEM;
    for (int u = 0; u < n; u++) {
        pact_cell *own = &p->pacts[u * n + u];
        own->categories = p->used;
        own->kinds = UINT32_MAX;
        own->from = INT32_MIN;
        own->until = DAY_FOREVER;
        memcpy(own->months, p->windows, sizeof own->months);
    }
    int last = -1;
    for (int i = 0; i < count; i++) {
        err e = agreement_read(r, p, &last);
        if (e)
            return e;
    }
    return OK;
}

static err numbers_read(reader *r, const policy *p, const node_row *n, uint32_t **ret, size_t *ret_count)
{
    uint32_t count = read_u32(r);
    if (r->bad || count > (uint32_t)p->facility_count || count > r->rest.len / 4)
        return ERR_FORMAT;
    *ret = calloc(count ? count : 1, sizeof **ret);
    if (!*ret)
        return ERR_MEM;
    *ret_count = count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t f = read_u32(r);
        if (r->bad || f >= (uint32_t)p->facility_count || (i && (*ret)[i - 1] >= f) ||
            !(p->facilities[f].unions >> n->union_no & 1))
            return ERR_FORMAT;
        (*ret)[i] = f;
    }
    return OK;
}

static err node_read(reader *r, policy *p, int number)
{
    node_row *n = &p->nodes[number];
    n->name = bundle_text(r);
    n->host = bundle_text(r);
    n->union_no = read_u8(r);
    if (r->bad || !*n->name || !*n->host || n->union_no >= p->unions.count ||
        (number && strcmp(n[-1].name, n->name) >= 0))
        return ERR_FORMAT;
    err e = numbers_read(r, p, n, &n->discloses, &n->disclose_count);
    if (e)
        return e;
    for (size_t i = 0; i < n->disclose_count; i++) {
        uint32_t f = n->discloses[i];
        // One node speaks for a hospital, and only under a union it discloses in.
        if (p->discloser[f] != POLICY_NONE || !(p->facilities[f].discloses >> n->union_no & 1))
            return ERR_FORMAT;
        p->discloser[f] = number;
    }
    e = numbers_read(r, p, n, &n->views, &n->view_count);
    if (e)
        return e;
    bundle_keys(r, &n->tls);
    bundle_keys(r, &n->sign);
    bundle_keys(r, &n->seal);
    return r->bad ? ERR_FORMAT : OK;
}

static int tls_cmp(const void *a, const void *b)
{
    return memcmp(((const tls_row *)a)->key, ((const tls_row *)b)->key, 32);
}

// Sorted for finding a session's node, and so that one key cannot be two machines.
static err tls_index(policy *p)
{
    p->tls = calloc((size_t)(p->node_count + 1) * BUNDLE_KEYS, sizeof *p->tls);
    if (!p->tls)
        return ERR_MEM;
    for (int i = 0; i < p->hub_tls.count; i++)
        p->tls[p->tls_count++] = (tls_row){p->hub_tls.at[i], POLICY_NONE};
    for (int n = 0; n < p->node_count; n++)
        for (int i = 0; i < p->nodes[n].tls.count; i++)
            p->tls[p->tls_count++] = (tls_row){p->nodes[n].tls.at[i], n};
    qsort(p->tls, p->tls_count, sizeof *p->tls, tls_cmp);
    for (size_t i = 1; i < p->tls_count; i++)
        if (tls_cmp(&p->tls[i - 1], &p->tls[i]) == 0)
            return ERR_FORMAT;
    return OK;
}

err nodes_read(reader *r, policy *p)
{
    int count = read_u16(r);
    if (r->bad || count > BUNDLE_NODES)
        return ERR_FORMAT;
    p->nodes = calloc(count ? (size_t)count : 1, sizeof *p->nodes);
    if (!p->nodes)
        return ERR_MEM;
    p->node_count = count;
    for (int i = 0; i < count; i++) {
        err e = node_read(r, p, i);
        if (e)
            return e;
    }
    return tls_index(p);
}
