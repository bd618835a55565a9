// SPDX-License-Identifier: Apache-2.0
// A letter's bytes, its seal, and the receipt that nobody between can make.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/pact/letter.h"

typedef struct side { seal_key *key[2]; uint8_t pub[2][KEY_BYTES]; const uint8_t *pubs[2]; } side;
static side clinic, hospital, stranger;

static void make(side *s, uint8_t seed)
{
    for (int i = 0; i < 2; i++) {
        uint8_t priv[KEY_BYTES] = {0, seed, (uint8_t)i};
        assert_int_equal(seal_key_of(priv, &s->key[i]), OK);
        seal_key_public(s->key[i], s->pub[i]);
        s->pubs[i] = s->pub[i];
    }
}

static int keys_made(void **state)
{
    (void)state;
    make(&clinic, 1);
    make(&hospital, 2);
    make(&stranger, 3);
    return 0;
}

static int keys_freed(void **state)
{
    (void)state;
    side *const all[] = {&clinic, &hospital, &stranger};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++)
            seal_key_free(all[i]->key[k]);
    return 0;
}

static letter sample(span body)
{
    letter l = {.seq = 7, .kind = LETTER_REQUEST, .from = 110000001, .to = 110000002, .from_node = "a",
                .to_node = "b", .at = 1234567890123, .body = body};
    memset(l.id, 0x11, sizeof l.id);
    memset(l.thread, 0x22, sizeof l.thread);
    return l;
}

static void same(const letter *a, const letter *b)
{
    assert_memory_equal(a->id, b->id, sizeof a->id);
    assert_memory_equal(a->thread, b->thread, sizeof a->thread);
    assert_true(a->seq == b->seq && a->kind == b->kind && a->from == b->from && a->to == b->to && a->at == b->at);
    assert_true(span_eq(a->body, b->body));
}

static void its_bytes(void **state)
{
    (void)state;
    letter l = sample(SPAN_LIT("what it says")), k = {.from_node = "x"};
    buf b = {0};
    assert_int_equal(letter_pack(&l, &b), OK);
    assert_int_equal(letter_unpack(buf_span(&b), &k), OK);
    same(&l, &k);
    assert_string_equal(k.from_node, "x");
    for (size_t n = 0; n < b.len; n++) {
        uint8_t *copy = malloc(n ? n : 1);
        memcpy(copy, b.at, n);
        assert_int_equal(letter_unpack(span_of(copy, n), &k), ERR_FORMAT);
        free(copy);
    }
    buf_put_u8(&b, 0);
    assert_int_equal(letter_unpack(buf_span(&b), &k), ERR_FORMAT);
    buf_clear(&b);
    l.kind = LETTER_NONE;
    assert_int_equal(letter_pack(&l, &b), ERR_USAGE);
    l.kind = LETTER_REPLY;
    l.seq = 0;
    assert_int_equal(letter_pack(&l, &b), ERR_USAGE);
    l.seq = 1;
    uint8_t *large = calloc(1, LETTER_BODY_MAX + 1);
    l.body = span_of(large, LETTER_BODY_MAX + 1);
    assert_int_equal(letter_pack(&l, &b), ERR_LIMIT);
    assert_int_equal(b.len, 0);
    free(large);
    buf_done(&b);
    for (uint32_t i = 0; i < LETTER_KIND_COUNT; i++)
        assert_non_null(letter_kind_name(i));
    assert_string_equal(letter_kind_name(LETTER_KIND_COUNT), "?");
}

static err open_with(const letter_envelope *env, const side *to, const side *from, span sealed, buf *plain,
                     letter *ret, hash32 *secret)
{
    uint8_t *copy = malloc(sealed.len ? sealed.len : 1);
    memcpy(copy, sealed.at, sealed.len);
    err e = letter_open(env, to->key, 2, from->pubs, 2, span_of(copy, sealed.len), plain, ret, secret);
    free(copy);
    return e;
}

static void sealed_for_one_node_and_one_envelope(void **state)
{
    (void)state;
    letter l = sample(SPAN_LIT("a name that the hub must not see")), got = {0};
    letter_envelope env = {l.from, l.to, l.from_node, l.to_node};
    buf sealed = {0}, plain = {0};
    hash32 mine, theirs = {{0}};
    for (int a = 0; a < 2; a++)
        for (int h = 0; h < 2; h++) {
            buf_clear(&sealed);
            assert_int_equal(letter_seal(&l, clinic.key[a], hospital.pub[h], &sealed, &mine), OK);
            assert_null(memmem(sealed.at, sealed.len, "a name", 6));
            assert_int_equal(open_with(&env, &hospital, &clinic, buf_span(&sealed), &plain, &got, &theirs), OK);
            same(&l, &got);
            assert_memory_equal(mine.at, theirs.at, HASH_BYTES);
        }
    span s = buf_span(&sealed);
    assert_int_equal(open_with(&env, &hospital, &stranger, s, &plain, &got, &theirs), ERR_AUTH);
    assert_int_equal(open_with(&env, &stranger, &clinic, s, &plain, &got, &theirs), ERR_AUTH);
    const letter_envelope others[] = {{l.from + 1, l.to, "a", "b"}, {l.from, l.to + 1, "a", "b"},
                                      {l.from, l.to, "c", "b"}, {l.from, l.to, "a", "c"}, {l.to, l.from, "a", "b"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(open_with(&others[i], &hospital, &clinic, s, &plain, &got, &theirs), ERR_AUTH);
    for (size_t n = 0; n < sealed.len; n++)
        assert_int_not_equal(open_with(&env, &hospital, &clinic, span_cut(s, 0, n), &plain, &got, &theirs), OK);
    for (size_t n = 0; n < sealed.len; n++) {
        sealed.at[n] ^= 1;
        assert_int_not_equal(open_with(&env, &hospital, &clinic, s, &plain, &got, &theirs), OK);
        sealed.at[n] ^= 1;
    }
    buf_done(&sealed);
    buf_done(&plain);
}

static void the_largest_fits_its_field(void **state)
{
    (void)state;
    uint8_t *large = calloc(1, LETTER_BODY_MAX);
    letter l = sample(span_of(large, LETTER_BODY_MAX));
    buf sealed = {0};
    hash32 secret;
    assert_int_equal(letter_seal(&l, clinic.key[0], hospital.pub[0], &sealed, &secret), OK);
    assert_true(sealed.len <= LETTER_SEALED_MAX);
    buf_done(&sealed);
    free(large);
}

static void a_receipt_is_made_by_who_could_open(void **state)
{
    (void)state;
    hash32 secret = {{1, 2, 3}}, other = {{1, 2, 4}};
    uint8_t r[LETTER_RECEIPT_BYTES];
    err status = ERR_INTERNAL;
    letter_receipt(&secret, ERR_CONFLICT, r);
    assert_int_equal(letter_receipt_open(&secret, span_of(r, sizeof r), &status), OK);
    assert_int_equal(status, ERR_CONFLICT);
    assert_int_equal(letter_receipt_open(&other, span_of(r, sizeof r), &status), ERR_AUTH);
    assert_int_equal(letter_receipt_open(&secret, span_of(r, sizeof r - 1), &status), ERR_AUTH);
    assert_int_equal(letter_receipt_open(&secret, (span){0}, &status), ERR_AUTH);
    for (size_t i = 0; i < sizeof r; i++) {
        r[i] ^= 1; // "refused" is not made into "taken"
        assert_int_equal(letter_receipt_open(&secret, span_of(r, sizeof r), &status), ERR_AUTH);
        r[i] ^= 1;
    }
    letter_receipt(&secret, (err)999, r);
    assert_int_equal(letter_receipt_open(&secret, span_of(r, sizeof r), &status), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_bytes),
        cmocka_unit_test(sealed_for_one_node_and_one_envelope),
        cmocka_unit_test(the_largest_fits_its_field),
        cmocka_unit_test(a_receipt_is_made_by_who_could_open),
    };
    return cmocka_run_group_tests(tests, keys_made, keys_freed);
}
