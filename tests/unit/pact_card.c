// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/pact/card.h"
#include "proto/wire/limits.h"

static card typical(void)
{
    card c = {.facility = 110000001, .registered_on = day_of(2026, 10, 1), .grain = 1};
    memset(c.who.at, 0x5a, sizeof c.who.at);
    c.who.at[0] = 1;
    consent_scope *s = &c.scope;
    memset(s->id, 0x11, sizeof s->id);
    s->revision = 3;
    s->at = 1790000000000;
    s->from = day_of(2026, 10, 1);
    s->until = DAY_FOREVER;
    s->categories = 0xff;
    s->emergency = true;
    s->grantee_count = 2;
    s->grantees[0] = (grantee){.kind = GRANTEE_FACILITY, .facility = 110000777};
    s->grantees[1] = (grantee){.kind = GRANTEE_UNION, .union_id = "tmnit"};
    for (int k = 0; k < 8; k++)
        for (int m = 0; m < 14; m += k + 1)
            card_mark(&c, k, day_of(2025 + m / 12, m % 12 + 1, 5));
    return c;
}

static buf pack(const card *c)
{
    buf out = {0};
    assert_int_equal(card_pack(c, &out), OK);
    return out;
}

static void same_bytes(const card *a, const card *b)
{
    buf x = pack(a), y = pack(b);
    assert_true(span_eq(buf_span(&x), buf_span(&y)));
    buf_done(&x);
    buf_done(&y);
}

static void same_presence(const card_presence *a, const card_presence *b)
{
    assert_true(a->category == b->category && a->bytes == b->bytes && a->base == b->base);
    assert_memory_equal(a->bits, b->bits, sizeof a->bits);
}

static void there_and_back(void **state)
{
    (void)state;
    card c = typical(), back;
    memset(&back, 0xee, sizeof back); // what was there before does not shine through
    buf out = pack(&c);
    assert_true(out.len < 200);
    assert_int_equal(card_unpack(buf_span(&out), &back), OK);
    assert_true(pseudonym_same(&c.who, &back.who));
    assert_true(back.facility == c.facility && back.registered_on == c.registered_on && back.grain == 1);
    const consent_scope *s = &back.scope;
    assert_memory_equal(s->id, c.scope.id, sizeof s->id);
    assert_true(s->revision == 3 && s->at == c.scope.at && s->from == c.scope.from &&
                s->until == DAY_FOREVER);
    assert_true(s->categories == 0xff && s->emergency && !s->proxy && !s->withdrawn);
    assert_int_equal(s->grantee_count, 2);
    assert_true(s->grantees[0].kind == GRANTEE_FACILITY && s->grantees[0].facility == 110000777);
    assert_true(s->grantees[1].kind == GRANTEE_UNION);
    assert_string_equal(s->grantees[1].union_id, "tmnit");
    assert_int_equal(back.presence_count, 8);
    for (int i = 0; i < 8; i++)
        same_presence(&back.presence[i], &c.presence[i]);
    same_bytes(&c, &back);
    buf_done(&out);
}

// The layout is what PROTOCOL.md says: an independent reading of the places.
static void the_layout_is_fixed(void **state)
{
    (void)state;
    card c = typical();
    c.scope.proxy = true;
    buf out = pack(&c);
    const uint8_t *p = out.at;
    assert_int_equal(p[0], 1);
    assert_memory_equal(p + 1, c.who.at, 33);
    assert_true(be64_get(p + 34) == 110000001);
    assert_true((day)be32_get(p + 42) == c.registered_on);
    assert_int_equal(p[46], 1);
    assert_int_equal(p[47], 3);
    assert_memory_equal(p + 48, c.scope.id, 16);
    assert_true(be64_get(p + 64) == 3 && be64_get(p + 72) == 1790000000000);
    assert_true((day)be32_get(p + 80) == c.scope.from && be32_get(p + 84) == INT32_MAX);
    assert_int_equal(be16_get(p + 88), 0xff);
    assert_true(p[90] == 2 && p[91] == 8);
    assert_true(p[92] == 1 && be64_get(p + 93) == 110000777);
    assert_memory_equal(p + 101, "\x02\x05tmnit", 7);
    assert_true(p[108] == 0 && p[109] == 2 && be32_get(p + 110) == 55 * 12);
    assert_memory_equal(p + 114, "\xff\x3f", 2);
    buf_done(&out);
}

static void packing_makes_canonical(void **state)
{
    (void)state;
    card c = typical(), mixed = typical();
    // Grantees in another order, one of them twice; presences backwards; bits from an earlier base.
    mixed.scope.grantees[0] = c.scope.grantees[1];
    mixed.scope.grantees[1] = c.scope.grantees[0];
    mixed.scope.grantees[2] = c.scope.grantees[1];
    mixed.scope.grantee_count = 3;
    for (int i = 0; i < 8; i++)
        mixed.presence[i] = c.presence[7 - i];
    card_presence *p = &mixed.presence[7];
    p->base -= 11;
    p->bytes = 6;
    memset(p->bits, 0, sizeof p->bits);
    for (int m = 0; m < 14; m++)
        p->bits[(m + 11) / 8] |= (uint8_t)(1u << (m + 11) % 8);
    same_bytes(&c, &mixed);
}

typedef void (*spoil)(card *c);
static void no_facility(card *c) { c->facility = 0; }
static void eleven_digits(card *c) { c->facility = 10000000000; }
static void no_registration(card *c) { c->registered_on = DAY_NONE; }
static void grain_3(card *c) { c->grain = 3; }
static void no_from(card *c) { c->scope.from = DAY_NONE; }
static void no_until(card *c) { c->scope.until = DAY_NONE; }
static void ends_before(card *c) { c->scope.until = c->scope.from - 1; }
static void before_time(card *c) { c->scope.at = -1; }
static void kind_0(card *c) { c->scope.grantees[0].kind = 0; }
static void kind_4(card *c) { c->scope.grantees[0].kind = (grantee_kind)4; }
static void facility_0(card *c) { c->scope.grantees[0].facility = 0; }
static void empty_union(card *c) { c->scope.grantees[1].union_id[0] = 0; }
static void endless_union(card *c) { memset(c->scope.grantees[1].union_id, 'a', UNION_ID_MAX + 1); }
static void spaced_union(card *c) { strcpy(c->scope.grantees[1].union_id, "a b"); }
static void category_16(card *c) { c->presence[7].category = 16; }
static void category_twice(card *c) { c->presence[7].category = 6; }
static void bits_at_grain_0(card *c) { c->grain = 0; }
static void no_bit_set(card *c) { memset(c->presence[0].bits, 0, CARD_PERIOD_BYTES); }
static void base_without_bits(card *c) { c->presence[0].bytes = 0; }
static void base_too_late(card *c) { c->presence[0].base = UINT32_MAX; }
static void bits_too_long(card *c) { c->presence[0].bytes = CARD_PERIOD_BYTES + 1; }

static void what_breaks_the_rules_is_not_packed(void **state)
{
    (void)state;
    static const spoil spoils[] = {
        no_facility,       eleven_digits, no_registration, grain_3,        no_from,         no_until,
        ends_before,       before_time,   kind_0,          kind_4,         facility_0,      empty_union,
        endless_union,     spaced_union,  category_16,     category_twice, bits_at_grain_0, no_bit_set,
        base_without_bits, base_too_late, bits_too_long,
    };
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        card c = typical();
        spoils[i](&c);
        buf out = {0};
        if (card_pack(&c, &out) != ERR_FORMAT || out.len)
            fail_msg("spoil %zu was packed", i);
        buf_done(&out);
    }
    card c = typical();
    buf out = {0};
    c.scope.grantee_count = CARD_GRANTEES + 1;
    assert_int_equal(card_pack(&c, &out), ERR_LIMIT);
    c = typical();
    c.presence_count = CARD_CATEGORIES + 1;
    assert_int_equal(card_pack(&c, &out), ERR_LIMIT);
    buf_done(&out);
}

static void the_largest(void **state)
{
    (void)state;
    card c = typical(), back;
    c.scope.grantee_count = CARD_GRANTEES;
    for (int i = 0; i < CARD_GRANTEES; i++) {
        c.scope.grantees[i] = (grantee){.kind = GRANTEE_UNION};
        memset(c.scope.grantees[i].union_id, 'a' + i % 26, UNION_ID_MAX);
        c.scope.grantees[i].union_id[0] = (char)('a' + i / 26);
    }
    buf out = pack(&c);
    assert_int_equal(card_unpack(buf_span(&out), &back), OK);
    same_bytes(&c, &back);
    buf_clear(&out);
    // Everything at its own limit is more than a card may be.
    for (int k = 0; k < CARD_CATEGORIES; k++)
        for (int m = 0; m < 512; m++)
            card_mark(&c, k, month_first(m));
    assert_int_equal(c.presence_count, CARD_CATEGORIES);
    assert_int_equal(card_pack(&c, &out), ERR_LIMIT);
    assert_int_equal(out.len, 0);
    uint8_t bytes[WIRE_CARD_MAX + 1] = {1};
    assert_int_equal(card_unpack(span_of(bytes, sizeof bytes), &back), ERR_LIMIT);
    buf_done(&out);
}

static err unpack_exact(const uint8_t *at, size_t len, card *ret)
{
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, at, len);
    err e = card_unpack(span_of(copy, len), ret);
    free(copy);
    return e;
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    card c = typical(), back, before;
    buf out = pack(&c);
    memset(&back, 0x33, sizeof back);
    before = back;
    for (size_t n = 0; n < out.len; n++) {
        assert_int_equal(unpack_exact(out.at, n, &back), ERR_FORMAT);
        assert_memory_equal(&back, &before, sizeof back);
    }
    buf_put_u8(&out, 0);
    assert_int_equal(unpack_exact(out.at, out.len, &back), ERR_FORMAT);
    assert_memory_equal(&back, &before, sizeof back);
    buf_done(&out);
}

// A card is not signed, so that a flipped bit may be another card. But what is
// accepted is canonical: packing it again gives the very same bytes.
static void every_flip_is_refused_or_canonical(void **state)
{
    (void)state;
    card c = typical(), back;
    buf out = pack(&c), again = {0};
    int refused = 0;
    for (size_t bit = 0; bit < out.len * 8; bit++) {
        out.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        err e = unpack_exact(out.at, out.len, &back);
        assert_true(e == OK || e == ERR_FORMAT || e == ERR_LIMIT);
        refused += e != OK;
        if (e == OK) {
            buf_clear(&again);
            assert_int_equal(card_pack(&back, &again), OK);
            assert_true(span_eq(buf_span(&out), buf_span(&again)));
        }
        out.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(refused > 100);
    buf_done(&out);
    buf_done(&again);
}

static void what_is_not_canonical_is_refused(void **state)
{
    (void)state;
    card c = typical(), back;
    buf out = pack(&c);
    uint8_t *p = out.at;
    uint8_t copy[256];
    memcpy(copy, p, out.len);
    static const struct { size_t at; uint8_t value;
    } changes[] = {
        {0, 2},      {0, 0},   {46, 3},   {47, 8},  {47, 0x80}, {90, 1},     {90, 3},    {91, 7},
        {91, 9},     {92, 3},  {92, 0},   {102, 4}, {102, 6},   {102, 17},   {103, ' '}, {103, 0},
        {103, 0xe3}, {108, 1}, {108, 16}, {109, 1}, {109, 65},  {114, 0xfe}, {115, 0},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        p[changes[i].at] = changes[i].value;
        if (card_unpack(buf_span(&out), &back) != ERR_FORMAT)
            fail_msg("change %zu was taken", i);
        p[changes[i].at] = copy[changes[i].at];
    }
    p[90] = 33;
    assert_int_equal(card_unpack(buf_span(&out), &back), ERR_LIMIT);
    p[90] = 2;
    p[91] = 17;
    assert_int_equal(card_unpack(buf_span(&out), &back), ERR_LIMIT);
    p[91] = 8;
    // The two grantees the other way round, and the same one twice.
    memcpy(p + 92, copy + 101, 7);
    memcpy(p + 99, copy + 92, 9);
    assert_int_equal(card_unpack(buf_span(&out), &back), ERR_FORMAT);
    c.scope.grantees[0] = c.scope.grantees[1];
    buf_clear(&out);
    assert_int_equal(card_pack(&c, &out), OK); // once, for it is a set
    assert_int_equal(out.at[90], 1);
    out.at[90] = 2;
    size_t n = out.len;
    buf_put(&out, out.at + 92, 7);
    memmove(out.at + 106, out.at + 99, n - 99);
    memcpy(out.at + 99, "\x02\x05tmnit", 7);
    assert_int_equal(card_unpack(buf_span(&out), &back), ERR_FORMAT);
    memcpy(out.at + 99, "\x02\x05tmniz", 7); // the same with another id is fine
    assert_int_equal(card_unpack(buf_span(&out), &back), OK);
    buf_done(&out);
}

static void whom_a_consent_covers(void **state)
{
    (void)state;
    consent_scope s = typical().scope;
    const char *const none[] = {"kkr"}, *const two[] = {"kkr", "tmnit"};
    day today = s.from + 10;
    assert_true(consent_covers(&s, 110000777, NULL, 0, today));
    assert_false(consent_covers(&s, 110000778, NULL, 0, today));
    assert_false(consent_covers(&s, 110000778, none, 1, today));
    assert_true(consent_covers(&s, 110000778, two, 2, today));
    assert_false(consent_covers(&s, 110000778, two, 1, today));
    // From the first day to the last, both counted.
    s.until = s.from + 30;
    assert_false(consent_covers(&s, 110000777, NULL, 0, s.from - 1));
    assert_true(consent_covers(&s, 110000777, NULL, 0, s.from));
    assert_true(consent_covers(&s, 110000777, NULL, 0, s.until));
    assert_false(consent_covers(&s, 110000777, NULL, 0, s.until + 1));
    assert_false(consent_covers(&s, 110000777, NULL, 0, DAY_NONE));
    s.until = DAY_FOREVER;
    assert_false(consent_covers(&s, 110000777, NULL, 0, DAY_FOREVER));
    // Withdrawn: everything stays, nothing is granted.
    s.withdrawn = true;
    assert_false(consent_covers(&s, 110000777, two, 2, today));
    s.withdrawn = false;
    s.grantee_count = 0;
    assert_false(consent_covers(&s, 110000777, two, 2, today));
    s.grantee_count = 1;
    s.grantees[0] = (grantee){.kind = GRANTEE_FEDERATION};
    assert_true(consent_covers(&s, 5, NULL, 0, today));
    // A union is not a facility that happens to have number 0.
    s.grantees[0] = (grantee){.kind = GRANTEE_UNION, .union_id = "kkr"};
    assert_false(consent_covers(&s, 0, NULL, 0, today));
}

static bool marked(const card *c, int category, uint32_t period)
{
    for (int i = 0; i < c->presence_count; i++) {
        const card_presence *p = &c->presence[i];
        if (p->category == category && period >= p->base && period - p->base < p->bytes * 8u)
            return p->bits[(period - p->base) / 8] >> (period - p->base) % 8 & 1;
    }
    return false;
}

static void marking_periods(void **state)
{
    (void)state;
    card c = {.grain = 1};
    card_mark(&c, 4, day_of(2026, 3, 31));
    card_mark(&c, 2, day_of(2026, 3, 1));
    card_mark(&c, 4, day_of(2025, 1, 1)); // earlier than the base
    card_mark(&c, 4, day_of(2026, 3, 1)); // the same month again
    assert_int_equal(c.presence_count, 2);
    assert_int_equal(c.presence[0].category, 2);
    assert_int_equal(c.presence[1].base, 55 * 12);
    assert_int_equal(c.presence[1].bytes, 2);
    assert_true(marked(&c, 4, 56 * 12 + 2) && marked(&c, 4, 55 * 12) && marked(&c, 2, 56 * 12 + 2));
    assert_false(marked(&c, 4, 55 * 12 + 1) || marked(&c, 2, 55 * 12));
    // Not a category, not a day.
    card before = c;
    card_mark(&c, -1, 0);
    card_mark(&c, CARD_CATEGORIES, 0);
    card_mark(&c, 4, DAY_FOREVER);
    card_mark(&c, 4, DAY_NONE);
    card_mark(&c, 4, -1);
    assert_memory_equal(&c, &before, sizeof c);
    // Without a day something exists all the same.
    card_mark(&c, 7, DAY_NONE);
    assert_int_equal(c.presence_count, 3);
    assert_int_equal(c.presence[2].bytes, 0);
    card p = {.grain = 0};
    card_mark(&p, 1, day_of(2026, 1, 1));
    assert_true(p.presence_count == 1 && p.presence[0].bytes == 0 && p.presence[0].base == 0);
}

// Against a plain set of days: random days in any order, and only the oldest are forgotten.
static void marking_against_a_model(void **state)
{
    (void)state;
    uint32_t seed = 42;
    for (int round = 0; round < 200; round++) {
        card c = typical();
        c.grain = 2;
        c.presence_count = 0;
        uint32_t days[40], newest = 0;
        for (int i = 0; i < 40; i++) {
            seed = seed * 1103515245u + 12345u;
            days[i] = 10000 + (seed >> 8) % (round % 2 ? 500 : 3000);
            card_mark(&c, 3, (day)days[i]);
            newest = days[i] > newest ? days[i] : newest;
            assert_true(c.presence[0].bits[0] & 1); // canonical at each step
        }
        for (uint32_t d = 9000; d < 14000; d++) {
            bool was = false;
            for (int i = 0; i < 40; i++)
                was |= days[i] == d;
            if (d + 512 > newest)
                assert_int_equal(marked(&c, 3, d), was);
            else
                assert_false(marked(&c, 3, d) && !was);
        }
        card back;
        buf out = pack(&c);
        assert_int_equal(card_unpack(buf_span(&out), &back), OK);
        same_presence(&back.presence[0], &c.presence[0]);
        buf_done(&out);
    }
}

static void keys_order_by_patient(void **state)
{
    (void)state;
    uint8_t a[CARD_KEY_BYTES], b[CARD_KEY_BYTES], n[CARD_KEY_BYTES];
    pseudonym who = {{1, 2}}, next = {{1, 3}};
    card_key(&who, 255, a);
    card_key(&who, 256, b);
    card_key(&next, 1, n);
    assert_true(memcmp(a, b, sizeof a) < 0 && memcmp(b, n, sizeof b) < 0);
    assert_memory_equal(a, who.at, PSEUDONYM_BYTES);
    assert_true(be64_get(b + PSEUDONYM_BYTES) == 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(the_layout_is_fixed),
        cmocka_unit_test(packing_makes_canonical),
        cmocka_unit_test(what_breaks_the_rules_is_not_packed),
        cmocka_unit_test(the_largest),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(every_flip_is_refused_or_canonical),
        cmocka_unit_test(what_is_not_canonical_is_refused),
        cmocka_unit_test(whom_a_consent_covers),
        cmocka_unit_test(marking_periods),
        cmocka_unit_test(marking_against_a_model),
        cmocka_unit_test(keys_order_by_patient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
