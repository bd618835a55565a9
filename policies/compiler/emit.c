// SPDX-License-Identifier: Apache-2.0
// From the draft to bytes (policies/engine/bundle.h). Everything is already sorted
// or sorted here; nothing depends on where in the files something stood.
#include <string.h>

#include "policies/compiler/draft.h"

void draft_text_put(buf *b, const char *s)
{
    size_t len = strlen(s);
    buf_put_u8(b, (uint8_t)len);
    buf_put(b, s, len + 1);
}

static void keys_put(buf *b, const draft_keys *k)
{
    buf_put_u8(b, (uint8_t)k->count);
    for (int i = 0; i < k->count; i++)
        buf_put(b, k->at[i], 32);
}

static void council_put(buf *b, const draft *d)
{
    buf_put_u32(b, (uint32_t)d->version);
    buf_put_u32(b, (uint32_t)d->effective_from);
    buf_put_u32(b, (uint32_t)d->stale_after);
    buf_put_u32(b, (uint32_t)d->ticket_minutes * 60000);
    buf_put_u32(b, d->told);
    buf_put_u8(b, (uint8_t)d->grain);
}

static void hub_put(buf *b, const draft *d)
{
    draft_text_put(b, d->hub_name);
    draft_text_put(b, d->hub_host);
    keys_put(b, &d->hub_tls);
    keys_put(b, &d->hub_sign);
}

static void categories_put(buf *b, const draft *d)
{
    buf_put_u8(b, (uint8_t)d->categories.count);
    for (int bit = 0; bit < POLICY_CATEGORIES; bit++) {
        const draft_term *t = draft_term_of(&d->categories, bit);
        if (!t)
            continue;
        buf_put_u8(b, (uint8_t)bit);
        draft_text_put(b, t->id);
        draft_text_put(b, t->ja);
        draft_text_put(b, t->en);
        buf_put_u16(b, (uint16_t)t->months);
    }
}

static void union_put(buf *b, const draft_term *u)
{
    draft_text_put(b, u->secretariat);
    buf_put_u8(b, u->has_key);
    if (u->has_key)
        buf_put(b, u->key, sizeof u->key);
}

static void terms_put(buf *b, const draft_terms *t, bool secretariats)
{
    buf_put_u8(b, (uint8_t)t->count);
    for (size_t i = 0; i < t->count; i++) {
        draft_text_put(b, t->items[i].id);
        draft_text_put(b, t->items[i].ja);
        draft_text_put(b, t->items[i].en);
        if (secretariats)
            union_put(b, &t->items[i]);
    }
}

static void rules_put(buf *b, const draft *d)
{
    size_t cells = d->kinds.count * d->roles.count * d->purposes.count;
    for (size_t i = 0; i < cells; i++)
        buf_put_u16(b, d->allow[i]);
}

static void facilities_put(buf *b, const draft *d)
{
    buf_put_u32(b, (uint32_t)d->facility_count);
    for (size_t i = 0; i < d->facility_count; i++) {
        const draft_facility *f = &d->facilities[i];
        buf_put_u64(b, f->code);
        draft_text_put(b, f->name);
        draft_text_put(b, f->ward);
        buf_put_u8(b, (uint8_t)f->kind);
        buf_put_u64(b, f->unions);
        buf_put_u64(b, f->discloses);
    }
}

static bool agreement_grants(const draft_agreement *a)
{
    return a->set && a->categories && a->kinds;
}

static void agreements_put(buf *b, const draft *d)
{
    size_t n = d->unions.count, count = 0;
    for (size_t i = 0; i < n * n; i++)
        count += agreement_grants(&d->agreements[i]);
    buf_put_u16(b, (uint16_t)count);
    for (size_t i = 0; i < n * n; i++) {
        const draft_agreement *a = &d->agreements[i];
        if (!agreement_grants(a))
            continue;
        buf_put_u8(b, (uint8_t)(i / n));
        buf_put_u8(b, (uint8_t)(i % n));
        buf_put_u32(b, (uint32_t)a->from);
        buf_put_u32(b, (uint32_t)a->until);
        buf_put_u16(b, (uint16_t)a->categories);
        buf_put_u32(b, a->kinds);
        for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
            if (a->categories >> bit & 1)
                buf_put_u16(b, a->months[bit]);
    }
}

static void numbers_put(buf *b, const uint32_t *list, size_t count)
{
    buf_put_u32(b, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        buf_put_u32(b, list[i]);
}

static void nodes_put(buf *b, const draft *d)
{
    buf_put_u16(b, (uint16_t)d->node_count);
    for (size_t i = 0; i < d->node_count; i++) {
        const draft_node *n = &d->nodes[i];
        draft_text_put(b, n->name);
        draft_text_put(b, n->host);
        buf_put_u8(b, (uint8_t)n->union_no);
        numbers_put(b, n->discloses, n->disclose_count);
        numbers_put(b, n->views, n->view_count);
        keys_put(b, &n->tls);
        keys_put(b, &n->sign);
        keys_put(b, &n->seal);
    }
}

static void seats_put(buf *b, const draft *d)
{
    buf_put_u8(b, (uint8_t)d->quorum.numerator);
    buf_put_u8(b, (uint8_t)d->quorum.denominator);
    buf_put_u32(b, (uint32_t)d->warn_after);
    buf_put_u32(b, (uint32_t)d->no_registrations_after);
    buf_put_u8(b, (uint8_t)d->meetings_a_year);
    buf_put_u8(b, (uint8_t)d->meetings_begin);
    buf_put_u8(b, d->has_previous);
    if (d->has_previous)
        buf_put(b, d->previous, sizeof d->previous);
    buf_put_u8(b, (uint8_t)d->observer_count);
    for (size_t i = 0; i < d->observer_count; i++)
        draft_text_put(b, d->observers[i]);
    buf_put_u8(b, (uint8_t)d->seat_count);
    for (size_t i = 0; i < d->seat_count; i++) {
        const draft_seat *s = &d->seats[i];
        draft_text_put(b, s->id);
        draft_text_put(b, s->institution);
        draft_text_put(b, s->office);
        buf_put_u32(b, (uint32_t)s->from);
        buf_put_u32(b, (uint32_t)s->until);
        buf_put_u8(b, s->has_key);
        if (s->has_key)
            buf_put(b, s->key, sizeof s->key);
    }
}

static void emergency_put(buf *b, const draft *d)
{
    const draft_emergency *e = &d->emergency;
    if (!e->set)
        return;
    buf_put_u32(b, (uint32_t)e->kinds);
    buf_put_u64(b, e->roles);
    buf_put_u16(b, (uint16_t)e->categories);
    buf_put_u16(b, (uint16_t)e->minutes);
    buf_put_u8(b, (uint8_t)e->told);
    buf_put_u16(b, (uint16_t)e->review_hours);
    buf_put_u8(b, (uint8_t)(e->without_consent | e->despite_objection << 1));
}

static void section_put(buf *b, bundle_section s, const draft *d)
{
    switch (s) {
    case SECTION_COUNCIL: council_put(b, d); break;
    case SECTION_HUB: hub_put(b, d); break;
    case SECTION_CATEGORIES: categories_put(b, d); break;
    case SECTION_KINDS: terms_put(b, &d->kinds, false); break;
    case SECTION_ROLES: terms_put(b, &d->roles, false); break;
    case SECTION_PURPOSES: terms_put(b, &d->purposes, false); break;
    case SECTION_RULES: rules_put(b, d); break;
    case SECTION_UNIONS: terms_put(b, &d->unions, true); break;
    case SECTION_FACILITIES: facilities_put(b, d); break;
    case SECTION_AGREEMENTS: agreements_put(b, d); break;
    case SECTION_NODES: nodes_put(b, d); break;
    case SECTION_SEATS: seats_put(b, d); break;
    case SECTION_EMERGENCY: emergency_put(b, d); break;
    case SECTION_FORMS: forms_put(b, d); break;
    case SECTION_FLOW: requests_put(b, d); break;
    default: break;
    }
}

err draft_emit(const draft *d, buf *ret)
{
    buf b = {.max = BUNDLE_BYTES}, body = {.max = BUNDLE_BYTES};
    uint32_t ends[SECTION_COUNT];
    for (int s = 0; s < SECTION_COUNT; s++) {
        section_put(&body, (bundle_section)s, d);
        ends[s] = (uint32_t)body.len;
    }
    buf_put(&b, BUNDLE_MAGIC, 8);
    buf_put_u16(&b, BUNDLE_FORMAT);
    buf_put_u16(&b, SECTION_COUNT);
    buf_put_u32(&b, (uint32_t)(BUNDLE_HEAD + body.len));
    for (int s = 0; s < SECTION_COUNT; s++) {
        uint32_t start = s ? ends[s - 1] : 0;
        buf_put_u32(&b, BUNDLE_HEAD + start);
        buf_put_u32(&b, ends[s] - start);
    }
    buf_put_span(&b, buf_span(&body));
    err e = body.sticky ? body.sticky : b.sticky;
    buf_done(&body);
    if (e)
        buf_done(&b);
    else
        *ret = b;
    return e;
}
