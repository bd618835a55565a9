// SPDX-License-Identifier: Apache-2.0
// The verifier: one walk over bytes that anyone may have sent. Nothing is used
// before it was checked, and no spelling but the canonical one is taken.
#include <stdlib.h>
#include <string.h>

#include "policies/engine/members.h"
#include "policies/engine/policy.h"
#include "proto/base/utf8.h"

static const char *text_of(reader *r, size_t len)
{
    span s = read_bytes(r, len + 1); // with its NUL
    if (r->bad || s.len != len + 1 || s.at[len] != 0) {
        r->bad = true;
        return "";
    }
    for (size_t i = 0; i < len; i++)
        if (s.at[i] < 0x20 || s.at[i] == 0x7f)
            r->bad = true;
    if (!utf8_valid(span_cut(s, 0, len)))
        r->bad = true;
    return (const char *)s.at;
}

const char *bundle_text(reader *r)
{
    return text_of(r, read_u8(r));
}

const char *bundle_word(reader *r)
{
    const char *s = bundle_text(r);
    if (!*s)
        r->bad = true;
    return s;
}

const char *bundle_long(reader *r)
{
    size_t len = read_u16(r);
    if (len == 0 || len > BUNDLE_LONG)
        r->bad = true;
    return text_of(r, len);
}

day bundle_day(reader *r, bool forever)
{
    day d = (day)read_u32(r);
    if (d == DAY_FOREVER ? !forever : d < BUNDLE_DAY_MIN || d > BUNDLE_DAY_MAX)
        r->bad = true;
    return d;
}

void bundle_keys(reader *r, key_set *ret)
{
    int count = read_u8(r);
    if (count > BUNDLE_KEYS) {
        r->bad = true;
        return;
    }
    for (int i = 0; i < count; i++) {
        span key = read_bytes(r, 32);
        if (r->bad || key.len != 32 || (i && memcmp(ret->at[i - 1], key.at, 32) >= 0)) {
            r->bad = true;
            return;
        }
        ret->at[ret->count++] = key.at;
    }
}

static void council_read(reader *r, policy *p)
{
    p->version = read_u32(r);
    p->effective_from = bundle_day(r, false);
    p->stale_after = bundle_day(r, true);
    p->ticket_ms = read_u32(r);
    p->told = read_u32(r);
    uint8_t grain = read_u8(r);
    p->grain = (policy_grain)grain;
    if (p->version == 0 || p->stale_after < p->effective_from || p->ticket_ms == 0 ||
        p->ticket_ms > BUNDLE_TICKET_MS || p->told >> WHY_COUNT || grain > GRAIN_DAY)
        r->bad = true;
}

static void hub_read(reader *r, policy *p)
{
    p->hub_name = bundle_word(r);
    p->hub_host = bundle_word(r);
    bundle_keys(r, &p->hub_tls);
    bundle_keys(r, &p->hub_sign);
}

static void categories_read(reader *r, policy *p)
{
    int count = read_u8(r);
    for (int i = 0; i < count && !r->bad; i++) {
        int bit = read_u8(r);
        if (bit >= POLICY_CATEGORIES || bit < p->category_top) {
            r->bad = true;
            return;
        }
        policy_text *t = &p->categories[bit];
        t->id = bundle_word(r);
        t->label_ja = bundle_word(r);
        t->label_en = bundle_word(r);
        p->windows[bit] = read_u16(r);
        if (p->windows[bit] == 0 || p->windows[bit] > BUNDLE_MONTHS)
            r->bad = true;
        for (int k = 0; k < p->category_top; k++)
            if (strcmp(p->categories[k].id, t->id) == 0)
                r->bad = true;
        p->used |= 1u << bit;
        p->category_top = bit + 1;
    }
    if (count == 0)
        r->bad = true;
}

static void union_read(reader *r, policy *p, int number)
{
    key_set key = {0};
    p->secretariats[number] = bundle_text(r);
    bundle_keys(r, &key);
    if (r->bad || key.count > 1) {
        r->bad = true;
        return;
    }
    p->union_keys[number] = key.count ? key.at[0] : NULL;
    // One key is one secretariat.
    for (int i = 0; key.count && i < number; i++)
        if (p->union_keys[i] && memcmp(p->union_keys[i], key.at[0], 32) == 0)
            r->bad = true;
}

// The rows of the unions end with what union_read reads.
static err terms_read(reader *r, int max, term_table *t, policy *unions)
{
    int count = read_u8(r);
    if (r->bad || count == 0 || count > max)
        return ERR_FORMAT;
    t->items = calloc((size_t)count, sizeof *t->items);
    if (unions)
        unions->secretariats = calloc((size_t)count, sizeof *unions->secretariats);
    if (!t->items || (unions && !unions->secretariats))
        return ERR_MEM;
    t->count = count;
    for (int i = 0; i < count; i++) {
        t->items[i].id = bundle_word(r);
        t->items[i].label_ja = bundle_word(r);
        t->items[i].label_en = bundle_word(r);
        if (unions)
            union_read(r, unions, i);
        if (r->bad || (i && strcmp(t->items[i - 1].id, t->items[i].id) >= 0))
            return ERR_FORMAT;
    }
    return OK;
}

static err rules_read(reader *r, policy *p)
{
    size_t cells = (size_t)p->kinds.count * (size_t)p->roles.count * (size_t)p->purposes.count;
    if (r->rest.len != cells * 2)
        return ERR_FORMAT;
    p->allow = calloc(cells, sizeof *p->allow);
    if (!p->allow)
        return ERR_MEM;
    for (size_t i = 0; i < cells; i++) {
        p->allow[i] = read_u16(r);
        if (p->allow[i] & ~p->used)
            return ERR_FORMAT;
    }
    return OK;
}

static err section_read(bundle_section s, reader *r, policy *p)
{
    switch (s) {
    case SECTION_COUNCIL:
        council_read(r, p);
        return OK;
    case SECTION_HUB:
        hub_read(r, p);
        return OK;
    case SECTION_CATEGORIES:
        categories_read(r, p);
        return OK;
    case SECTION_KINDS:
        return terms_read(r, BUNDLE_KINDS, &p->kinds, NULL);
    case SECTION_ROLES:
        return terms_read(r, BUNDLE_ROLES, &p->roles, NULL);
    case SECTION_PURPOSES:
        return terms_read(r, BUNDLE_PURPOSES, &p->purposes, NULL);
    case SECTION_RULES:
        return rules_read(r, p);
    case SECTION_UNIONS:
        return terms_read(r, BUNDLE_UNIONS, &p->unions, p);
    case SECTION_FACILITIES:
        return facilities_read(r, p);
    case SECTION_AGREEMENTS:
        return agreements_read(r, p);
    case SECTION_NODES:
        return nodes_read(r, p);
    case SECTION_SEATS:
        return seats_read(r, p);
    case SECTION_EMERGENCY:
        return emergency_read(r, p);
    case SECTION_FORMS:
        return forms_read(r, p);
    case SECTION_FLOW:
        return flow_read(r, p);
    default:
        return ERR_FORMAT;
    }
}

static err bundle_walk(policy *p)
{
    span all = span_of(p->bytes, p->len);
    reader head = reader_of(all);
    span magic = read_bytes(&head, 8);
    if (head.bad || !span_eq(magic, SPAN_LIT(BUNDLE_MAGIC)))
        return ERR_FORMAT;
    if (read_u16(&head) != BUNDLE_FORMAT || read_u16(&head) != SECTION_COUNT || read_u32(&head) != p->len)
        return ERR_FORMAT;
    size_t next = BUNDLE_HEAD;
    for (int s = 0; s < SECTION_COUNT; s++) {
        uint32_t offset = read_u32(&head), len = read_u32(&head);
        // Right after the one before: no gap to hide bytes in, no overlap.
        if (head.bad || offset != next || len > p->len - next)
            return ERR_FORMAT;
        reader r = reader_of(span_cut(all, offset, len));
        err e = section_read((bundle_section)s, &r, p);
        if (e)
            return e;
        if (!read_at_end(&r))
            return ERR_FORMAT;
        next += len;
    }
    return next == p->len ? OK : ERR_FORMAT;
}

err policy_open(span bytes, policy **ret)
{
    if (bytes.len < BUNDLE_HEAD || bytes.len > BUNDLE_BYTES)
        return ERR_FORMAT;
    policy *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_MEM;
    err e = ERR_MEM;
    arena_init(&p->papers, 0);
    p->bytes = malloc(bytes.len);
    if (!p->bytes)
        goto out;
    memcpy(p->bytes, bytes.at, bytes.len);
    p->len = bytes.len;
    for (int i = 0; i < POLICY_CATEGORIES; i++)
        p->categories[i] = (policy_text){"", "", ""};
    e = bundle_walk(p);
    if (e)
        goto out;
    *ret = p;
    p = NULL;
out:
    policy_free(p);
    return e;
}

void policy_free(policy *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->node_count; i++) {
        free(p->nodes[i].discloses);
        free(p->nodes[i].views);
    }
    free(p->nodes);
    free(p->tls);
    free(p->discloser);
    free(p->facilities);
    free(p->pacts);
    free(p->observers);
    free(p->seats);
    free(p->allow);
    free(p->kinds.items);
    free(p->roles.items);
    free(p->purposes.items);
    free(p->unions.items);
    free(p->secretariats);
    arena_done(&p->papers);
    free(p->bytes);
    free(p);
}
