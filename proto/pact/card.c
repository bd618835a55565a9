// SPDX-License-Identifier: Apache-2.0
// The card's bytes, big-endian:
//     0 version 1        1 pseudonym 33     34 facility 8     42 registered_on 4
//    46 grain 1         47 flags 1 (1 emergency, 2 proxy, 4 withdrawn)
//    48 consent id 16   64 revision 8       72 at 8           80 from 4    84 until 4
//    88 categories 2    90 grantees 1       91 presences 1
//    92 grantees: kind 1, then facility 8 | length 1 and the union's id | nothing
//       presences: category 1, length 1, base 4, bits
// Canonical: grantees strictly ascending (kind, then facility or id as bytes);
// presences strictly ascending by category; bits begin with a set bit in bit 0 and end
// with a byte that is not zero. No bits at all (base 0): something exists, its time is
// not said. One card has one writing, so that equal cards are equal bytes.
#include "proto/pact/card.h"

#include <endian.h>
#include <string.h>

#include "proto/pact/range.h"
#include "proto/wire/limits.h"

#define CARD_VERSION 1
#define CARD_HEAD 92
#define CARD_BODY_MAX WIRE_CARD_MAX

enum { FLAG_EMERGENCY = 1, FLAG_PROXY = 2, FLAG_WITHDRAWN = 4, FLAG_ALL = 7 };
enum { GRAIN_NONE_AT_ALL = 0, GRAIN_FINEST = 2 };

// The lookup path reads a card per row: these are inlined, base's getters are calls.
static inline uint32_t load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return be32toh(v);
}

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return be64toh(v);
}

static int grantee_cmp(const grantee *a, const grantee *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->kind == GRANTEE_FACILITY)
        return (a->facility > b->facility) - (a->facility < b->facility);
    return a->kind == GRANTEE_UNION ? strcmp(a->union_id, b->union_id) : 0;
}

bool consent_covers(const consent_scope *s, uint64_t facility, const char *const *unions, int union_count,
                    day today)
{
    if (s->withdrawn || today == DAY_NONE || today == DAY_FOREVER || today < s->from || today > s->until)
        return false;
    for (int i = 0; i < s->grantee_count && i < CARD_GRANTEES; i++) {
        const grantee *g = &s->grantees[i];
        if (g->kind == GRANTEE_FEDERATION || (g->kind == GRANTEE_FACILITY && g->facility == facility))
            return true;
        for (int u = 0; g->kind == GRANTEE_UNION && u < union_count; u++)
            if (strcmp(g->union_id, unions[u]) == 0)
                return true;
    }
    return false;
}

// ---- packing ------------------------------------------------------------------

static bool grantee_ok(const grantee *g)
{
    switch (g->kind) {
    case GRANTEE_FACILITY: return range_facility(g->facility);
    case GRANTEE_UNION: {
        size_t n = strnlen(g->union_id, sizeof g->union_id);
        return n <= UNION_ID_MAX && range_word(span_of(g->union_id, n));
    }
    case GRANTEE_FEDERATION: return true;
    default: return false;
    }
}

static bool head_ok(const card *c)
{
    const consent_scope *s = &c->scope;
    return range_facility(c->facility) && range_day(c->registered_on) && c->grain <= GRAIN_FINEST &&
           range_time(s->at) && range_day(s->from) && (s->until == DAY_FOREVER || range_day(s->until)) &&
           s->until >= s->from;
}

static void pack_head(const card *c, uint8_t grantees, uint8_t *p)
{
    const consent_scope *s = &c->scope;
    p[0] = CARD_VERSION;
    memcpy(p + 1, c->who.at, PSEUDONYM_BYTES);
    be64_put(p + 34, c->facility);
    be32_put(p + 42, (uint32_t)c->registered_on);
    p[46] = c->grain;
    p[47] = (uint8_t)((s->emergency ? FLAG_EMERGENCY : 0) | (s->proxy ? FLAG_PROXY : 0) |
                      (s->withdrawn ? FLAG_WITHDRAWN : 0));
    memcpy(p + 48, s->id, sizeof s->id);
    be64_put(p + 64, s->revision);
    be64_put(p + 72, (uint64_t)s->at);
    be32_put(p + 80, (uint32_t)s->from);
    be32_put(p + 84, (uint32_t)s->until);
    be16_put(p + 88, s->categories);
    p[90] = grantees;
    p[91] = c->presence_count;
}

// The grantees' places in ascending order; who is named twice is granted once.
static err sort_grantees(const consent_scope *s, uint8_t order[static CARD_GRANTEES], uint8_t *ret_count)
{
    uint8_t n = 0;
    if (s->grantee_count > CARD_GRANTEES)
        return ERR_LIMIT;
    for (uint8_t i = 0; i < s->grantee_count; i++) {
        const grantee *g = &s->grantees[i];
        if (!grantee_ok(g))
            return ERR_FORMAT;
        uint8_t at = n;
        while (at > 0 && grantee_cmp(&s->grantees[order[at - 1]], g) > 0)
            at--;
        if (at > 0 && grantee_cmp(&s->grantees[order[at - 1]], g) == 0)
            continue;
        memmove(order + at + 1, order + at, (size_t)(n - at));
        order[at] = i;
        n++;
    }
    *ret_count = n;
    return OK;
}

static err sort_presences(const card *c, uint8_t order[static CARD_CATEGORIES])
{
    if (c->presence_count > CARD_CATEGORIES)
        return ERR_LIMIT;
    for (uint8_t i = 0; i < c->presence_count; i++) {
        uint8_t at = i, category = c->presence[i].category;
        while (at > 0 && c->presence[order[at - 1]].category > category)
            at--;
        // Two entries of one category contradict each other.
        if (category >= CARD_CATEGORIES || (at > 0 && c->presence[order[at - 1]].category == category))
            return ERR_FORMAT;
        memmove(order + at + 1, order + at, (size_t)(i - at));
        order[at] = i;
    }
    return OK;
}

static size_t pack_grantee(const grantee *g, uint8_t *p)
{
    p[0] = (uint8_t)g->kind;
    if (g->kind == GRANTEE_FACILITY) {
        be64_put(p + 1, g->facility);
        return 9;
    }
    if (g->kind != GRANTEE_UNION)
        return 1;
    size_t n = strlen(g->union_id);
    p[1] = (uint8_t)n;
    memcpy(p + 2, g->union_id, n);
    return 2 + n;
}

// Writes the bits from the first set one to the last byte in use. 0: not a presence.
static size_t pack_presence(const card_presence *in, uint8_t grain, uint8_t *p)
{
    uint16_t bytes = in->bytes;
    if (bytes > CARD_PERIOD_BYTES || (grain == GRAIN_NONE_AT_ALL && bytes))
        return 0;
    size_t first = 0, last = bytes;
    while (last && !in->bits[last - 1])
        last--;
    if (!bytes ? in->base != 0 : !last)
        return 0;
    while (last && !(in->bits[first / 8] >> first % 8 & 1))
        first++;
    size_t shift = first % 8, n = 0;
    for (size_t i = first / 8; i < last; i++) {
        unsigned pair = in->bits[i] | (i + 1 < last ? (unsigned)in->bits[i + 1] << 8 : 0);
        p[6 + n++] = (uint8_t)(pair >> shift);
    }
    while (n && !p[6 + n - 1])
        n--;
    if (in->base > RANGE_PERIOD_MAX || first > RANGE_PERIOD_MAX - in->base)
        return 0;
    p[0] = in->category;
    p[1] = (uint8_t)n;
    be32_put(p + 2, in->base + (uint32_t)first);
    return 6 + n;
}

err card_pack(const card *c, buf *out)
{
    // Room for the largest thing that the counts allow; the limit is checked at the end.
    uint8_t bytes[CARD_HEAD + CARD_GRANTEES * (2 + UNION_ID_MAX) + CARD_CATEGORIES * (6 + CARD_PERIOD_BYTES)];
    uint8_t grantees[CARD_GRANTEES + 1], presences[CARD_CATEGORIES + 1], grantee_count = 0;
    err e = head_ok(c) ? sort_grantees(&c->scope, grantees, &grantee_count) : ERR_FORMAT;
    if (!e)
        e = sort_presences(c, presences);
    if (e)
        return e;
    pack_head(c, grantee_count, bytes);
    size_t n = CARD_HEAD;
    for (uint8_t i = 0; i < grantee_count; i++)
        n += pack_grantee(&c->scope.grantees[grantees[i]], bytes + n);
    for (uint8_t i = 0; i < c->presence_count; i++) {
        size_t one = pack_presence(&c->presence[presences[i]], c->grain, bytes + n);
        if (!one)
            return ERR_FORMAT;
        n += one;
    }
    return n > CARD_BODY_MAX ? ERR_LIMIT : buf_put(out, bytes, n);
}

// ---- unpacking ----------------------------------------------------------------

static void unpack_head(const uint8_t *p, card *ret)
{
    consent_scope *s = &ret->scope;
    memcpy(ret->who.at, p + 1, PSEUDONYM_BYTES);
    ret->facility = load64(p + 34);
    ret->registered_on = (day)load32(p + 42);
    ret->grain = p[46];
    s->emergency = p[47] & FLAG_EMERGENCY;
    s->proxy = p[47] & FLAG_PROXY;
    s->withdrawn = p[47] & FLAG_WITHDRAWN;
    memcpy(s->id, p + 48, sizeof s->id);
    s->revision = load64(p + 64);
    s->at = (time_ms)load64(p + 72);
    s->from = (day)load32(p + 80);
    s->until = (day)load32(p + 84);
    s->categories = be16_get(p + 88);
    s->grantee_count = p[90];
    ret->presence_count = p[91];
}

static bool head_bytes_ok(const uint8_t *p)
{
    day from = (day)load32(p + 80), until = (day)load32(p + 84);
    return range_facility(load64(p + 34)) && range_day((day)load32(p + 42)) && p[46] <= GRAIN_FINEST &&
           !(p[47] & ~FLAG_ALL) && range_time((time_ms)load64(p + 72)) && range_day(from) &&
           (until == DAY_FOREVER || range_day(until)) && until >= from;
}

// A grantee's length in bytes; 0: not one.
static size_t grantee_bytes(span s)
{
    if (s.len == 0)
        return 0;
    switch (s.at[0]) {
    case GRANTEE_FACILITY: return s.len >= 9 && range_facility(load64(s.at + 1)) ? 9 : 0;
    case GRANTEE_FEDERATION: return 1;
    case GRANTEE_UNION: {
        size_t n = s.len >= 2 ? s.at[1] : 0;
        bool whole = n <= UNION_ID_MAX && s.len >= 2 + n && range_word(span_of(s.at + 2, n));
        return whole ? 2 + n : 0;
    }
    default: return 0;
    }
}

// The same order as grantee_cmp, on the bytes: length goes after the characters.
static bool grantee_ascends(span before, span next)
{
    if (before.at[0] != next.at[0])
        return before.at[0] < next.at[0];
    if (before.at[0] == GRANTEE_UNION)
        return span_cmp(span_from(before, 2), span_from(next, 2)) < 0;
    return before.at[0] == GRANTEE_FACILITY && span_cmp(before, next) < 0;
}

static size_t presence_bytes(span s, uint8_t grain)
{
    if (s.len < 6 || s.at[0] >= CARD_CATEGORIES || s.at[1] > CARD_PERIOD_BYTES || s.len < 6u + s.at[1])
        return 0;
    uint32_t base = load32(s.at + 2);
    size_t n = s.at[1];
    if (n == 0)
        return base == 0 ? 6 : 0;
    bool canonical = (s.at[6] & 1) && s.at[6 + n - 1];
    return grain != GRAIN_NONE_AT_ALL && canonical && base <= RANGE_PERIOD_MAX ? 6 + n : 0;
}

static err check(span bytes)
{
    if (bytes.len > CARD_BODY_MAX)
        return ERR_LIMIT;
    if (bytes.len < CARD_HEAD || bytes.at[0] != CARD_VERSION || !head_bytes_ok(bytes.at))
        return ERR_FORMAT;
    uint8_t grantees = bytes.at[90], presences = bytes.at[91];
    if (grantees > CARD_GRANTEES || presences > CARD_CATEGORIES)
        return ERR_LIMIT;
    span rest = {bytes.at + CARD_HEAD, bytes.len - CARD_HEAD}, before = {0};
    for (uint8_t i = 0; i < grantees; i++) {
        span next = {rest.at, grantee_bytes(rest)};
        if (!next.len || (i && !grantee_ascends(before, next)))
            return ERR_FORMAT;
        before = next;
        rest = (span){rest.at + next.len, rest.len - next.len};
    }
    for (int i = 0, last = -1; i < presences; i++) {
        size_t n = presence_bytes(rest, bytes.at[46]);
        if (!n || rest.at[0] <= last)
            return ERR_FORMAT;
        last = rest.at[0];
        rest = (span){rest.at + n, rest.len - n};
    }
    return rest.len ? ERR_FORMAT : OK;
}

static const uint8_t *unpack_grantee(const uint8_t *p, grantee *g)
{
    *g = (grantee){.kind = (grantee_kind)p[0]};
    if (g->kind == GRANTEE_FACILITY) {
        g->facility = load64(p + 1);
        return p + 9;
    }
    if (g->kind != GRANTEE_UNION)
        return p + 1;
    for (size_t i = 0; i < p[1]; i++)
        g->union_id[i] = (char)p[2 + i];
    return p + 2 + p[1];
}

// Entries beyond the counts keep what they held: clearing 2 KiB would cost more than reading.
err card_unpack(span bytes, card *ret)
{
    // Everything is looked at before anything is written: a failure leaves ret as it was.
    err e = check(bytes);
    if (e)
        return e;
    unpack_head(bytes.at, ret);
    const uint8_t *p = bytes.at + CARD_HEAD;
    for (uint8_t i = 0; i < ret->scope.grantee_count; i++)
        p = unpack_grantee(p, &ret->scope.grantees[i]);
    for (uint8_t i = 0; i < ret->presence_count; i++) {
        card_presence *in = &ret->presence[i];
        in->category = p[0];
        in->bytes = p[1];
        in->base = load32(p + 2);
        memset(in->bits, 0, sizeof in->bits);
        // Most are two bytes, for which a call to memcpy costs more than it copies.
        for (size_t b = 0; b < in->bytes; b++)
            in->bits[b] = p[6 + b];
        p += 6 + in->bytes;
    }
    return OK;
}

void card_key(const pseudonym *who, uint64_t facility, uint8_t ret[static CARD_KEY_BYTES])
{
    memcpy(ret, who->at, PSEUDONYM_BYTES);
    be64_put(ret + PSEUDONYM_BYTES, facility);
}
