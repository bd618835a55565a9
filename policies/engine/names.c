// SPDX-License-Identifier: Apache-2.0
// Names to numbers and back. The tables are sorted by the bundle itself, so
// finding is a binary search. Numbers from outside are checked: an unknown one
// shows an empty row.
#include <stdlib.h>
#include <string.h>

#include "policies/engine/policy.h"

static const policy_text NO_TEXT = {"", "", ""};

static int term_find(const term_table *t, const char *name)
{
    int low = 0, high = t->count;
    while (name && low < high) {
        int mid = (low + high) / 2;
        int c = strcmp(name, t->items[mid].id);
        if (c == 0)
            return mid;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return POLICY_NONE;
}

static policy_text term_at(const term_table *t, int i)
{
    return i >= 0 && i < t->count ? t->items[i] : NO_TEXT;
}

span policy_bytes(const policy *p) { return span_of(p->bytes, p->len); }
void policy_set_hash(policy *p, const uint8_t hash[static 32]) { memcpy(p->hash, hash, 32); }
const uint8_t *policy_hash(const policy *p) { return p->hash; }

int policy_category(const policy *p, const char *name)
{
    for (int bit = 0; name && *name && bit < p->category_top; bit++)
        if (strcmp(p->categories[bit].id, name) == 0)
            return bit;
    return POLICY_NONE;
}

int policy_kind(const policy *p, const char *name) { return term_find(&p->kinds, name); }
int policy_role(const policy *p, const char *name) { return term_find(&p->roles, name); }
int policy_purpose(const policy *p, const char *name) { return term_find(&p->purposes, name); }
int policy_union(const policy *p, const char *name) { return term_find(&p->unions, name); }

int policy_facility(const policy *p, uint64_t code)
{
    int low = 0, high = p->facility_count;
    while (low < high) {
        int mid = (low + high) / 2;
        if (p->facilities[mid].code == code)
            return mid;
        if (code < p->facilities[mid].code)
            high = mid;
        else
            low = mid + 1;
    }
    return POLICY_NONE;
}

int policy_node(const policy *p, const char *name)
{
    int low = 0, high = p->node_count;
    while (name && low < high) {
        int mid = (low + high) / 2;
        int c = strcmp(name, p->nodes[mid].name);
        if (c == 0)
            return mid;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return POLICY_NONE;
}

int policy_node_by_tls(const policy *p, const uint8_t spki[static 32])
{
    size_t low = 0, high = p->tls_count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = memcmp(spki, p->tls[mid].key, 32);
        if (c == 0)
            return p->tls[mid].node;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return POLICY_NONE;
}

int policy_category_count(const policy *p) { return p->category_top; }

policy_text policy_category_text(const policy *p, int bit)
{
    return bit >= 0 && bit < POLICY_CATEGORIES ? p->categories[bit] : NO_TEXT;
}

int policy_category_window(const policy *p, int bit)
{
    return bit >= 0 && bit < POLICY_CATEGORIES ? p->windows[bit] : 0;
}

int policy_role_count(const policy *p) { return p->roles.count; }
policy_text policy_role_text(const policy *p, int role) { return term_at(&p->roles, role); }
int policy_purpose_count(const policy *p) { return p->purposes.count; }
policy_text policy_purpose_text(const policy *p, int purpose) { return term_at(&p->purposes, purpose); }
int policy_kind_count(const policy *p) { return p->kinds.count; }
policy_text policy_kind_text(const policy *p, int kind) { return term_at(&p->kinds, kind); }
int policy_union_count(const policy *p) { return p->unions.count; }
policy_text policy_union_text(const policy *p, int u) { return term_at(&p->unions, u); }

const char *policy_union_secretariat(const policy *p, int u)
{
    return u >= 0 && u < p->unions.count ? p->secretariats[u] : "";
}

const uint8_t *policy_union_key(const policy *p, int u)
{
    return u >= 0 && u < p->unions.count ? p->union_keys[u] : NULL;
}

int policy_facility_count(const policy *p) { return p->facility_count; }

policy_facility_view policy_facility_at(const policy *p, int facility)
{
    if (facility < 0 || facility >= p->facility_count)
        return (policy_facility_view){.name = "", .ward = "", .kind = POLICY_NONE};
    const facility_row *f = &p->facilities[facility];
    return (policy_facility_view){.code = f->code, .name = f->name, .ward = f->ward, .kind = f->kind,
                                  .discloses = f->discloses != 0, .unions = f->unions};
}

int policy_node_count(const policy *p) { return p->node_count; }

policy_node_view policy_node_at(const policy *p, int node)
{
    if (node < 0 || node >= p->node_count)
        return (policy_node_view){.name = "", .host = "", .union_no = POLICY_NONE};
    const node_row *n = &p->nodes[node];
    policy_node_view v = {.name = n->name, .host = n->host, .union_no = n->union_no,
                          .tls_count = n->tls.count, .sign_count = n->sign.count,
                          .seal_count = n->seal.count};
    memcpy(v.tls, n->tls.at, sizeof v.tls);
    memcpy(v.sign, n->sign.at, sizeof v.sign);
    memcpy(v.seal, n->seal.at, sizeof v.seal);
    return v;
}

static int number_cmp(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bool policy_node_serves(const policy *p, int node, int facility)
{
    if (node < 0 || node >= p->node_count || facility < 0 || facility >= p->facility_count)
        return false;
    const node_row *n = &p->nodes[node];
    uint32_t f = (uint32_t)facility;
    return p->discloser[facility] == node ||
           bsearch(&f, n->views, n->view_count, sizeof f, number_cmp) != NULL;
}

int policy_discloser(const policy *p, int facility)
{
    return facility >= 0 && facility < p->facility_count ? p->discloser[facility] : POLICY_NONE;
}

policy_hub_view policy_hub(const policy *p)
{
    policy_hub_view v = {.name = p->hub_name, .host = p->hub_host,
                         .tls_count = p->hub_tls.count, .sign_count = p->hub_sign.count};
    memcpy(v.tls, p->hub_tls.at, sizeof v.tls);
    memcpy(v.sign, p->hub_sign.at, sizeof v.sign);
    return v;
}

policy_grain policy_index_grain(const policy *p) { return p->grain; }
uint32_t policy_version(const policy *p) { return p->version; }
uint32_t policy_ticket_ms(const policy *p) { return p->ticket_ms; }
day policy_effective_from(const policy *p) { return p->effective_from; }
day policy_stale_after(const policy *p) { return p->stale_after; }
uint32_t policy_told(const policy *p) { return p->told; }

const char *policy_why_name(policy_why w)
{
    static const char *const NAMES[WHY_COUNT] = {
        "granted", "rule", "agreement", "consent", "window",
        "member", "unknown", "not-asked", "rules-stale", "not-available",
    };
    return (unsigned)w < WHY_COUNT ? NAMES[w] : "unknown";
}
