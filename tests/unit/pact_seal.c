// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/pact/seal.h"
#include "proto/wire/limits.h"

#define TICKET SPAN_LIT("a ticket")
#define PIECES 4

// Two keys for each side: the old one and the one that replaces it.
typedef struct side { seal_key *key[2]; uint8_t pub[2][KEY_BYTES]; const uint8_t *pubs[2]; } side;
static side asker, hospital, stranger;

static void make(side *s, uint8_t seed)
{
    for (int i = 0; i < 2; i++) {
        uint8_t priv[KEY_BYTES] = {0, seed, (uint8_t)i}; // X25519 ignores low bits of the first byte
        assert_int_equal(seal_key_of(priv, &s->key[i]), OK);
        seal_key_public(s->key[i], s->pub[i]);
        s->pubs[i] = s->pub[i];
    }
}

static int keys_made(void **state)
{
    (void)state;
    make(&asker, 1);
    make(&hospital, 2);
    make(&stranger, 3);
    return 0;
}

static int keys_freed(void **state)
{
    (void)state;
    side *const all[] = {&asker, &hospital, &stranger};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++)
            seal_key_free(all[i]->key[k]);
    return 0;
}

static buf ask(hash32 *ret)
{
    buf sealed = {0};
    assert_int_equal(
        ask_seal(asker.key[0], hospital.pub[0], TICKET, SPAN_LIT("manifest please"), &sealed, ret), OK);
    return sealed;
}

// Opens with everything of the given sides; an exact copy, so that the sanitizer sees one byte too many.
static err open_ask(const side *to, const side *from, span ticket, span sealed, buf *plain, hash32 *ret,
                    int *ret_from)
{
    uint8_t *copy = malloc(sealed.len ? sealed.len : 1);
    memcpy(copy, sealed.at, sealed.len);
    err e = ask_open(to->key, 2, from->pubs, 2, ticket, span_of(copy, sealed.len), plain, ret, ret_from);
    free(copy);
    return e;
}

static void an_ask_there_and_back(void **state)
{
    (void)state;
    // Any of the asker's keys to any of the hospital's: both are being replaced.
    for (int a = 0; a < 2; a++)
        for (int h = 0; h < 2; h++) {
            buf sealed = {0}, plain = {0};
            hash32 sent, got;
            int from = -1;
            buf_put_str(&plain, "before,");
            span text = SPAN_LIT("manifest please");
            assert_int_equal(ask_seal(asker.key[a], hospital.pub[h], TICKET, text, &sealed, &sent), OK);
            assert_true(sealed.len <= text.len + SEAL_OVERHEAD);
            assert_null(memmem(sealed.at, sealed.len, "manifest", 8));
            assert_int_equal(open_ask(&hospital, &asker, TICKET, buf_span(&sealed), &plain, &got, &from), OK);
            assert_string_equal(buf_str(&plain), "before,manifest please");
            assert_int_equal(from, a);
            assert_memory_equal(sent.at, got.at, HASH_BYTES);
            buf_done(&sealed);
            buf_done(&plain);
        }
    // Nothing to say is an ask too, and no two are the same.
    buf one = {0}, two = {0}, plain = {0};
    hash32 h, g;
    int from;
    assert_int_equal(ask_seal(asker.key[0], hospital.pub[0], TICKET, (span){0}, &one, &h), OK);
    assert_int_equal(ask_seal(asker.key[0], hospital.pub[0], TICKET, (span){0}, &two, &g), OK);
    assert_false(span_eq(buf_span(&one), buf_span(&two)));
    assert_int_equal(open_ask(&hospital, &asker, TICKET, buf_span(&one), &plain, &h, &from), OK);
    assert_int_equal(plain.len, 0);
    buf_done(&one);
    buf_done(&two);
    buf_done(&plain);
}

static void an_ask_for_nobody_else(void **state)
{
    (void)state;
    hash32 h, got = {{7}};
    buf sealed = ask(&h), plain = {0};
    int from = 55;
    span s = buf_span(&sealed);
    assert_int_equal(open_ask(&hospital, &asker, SPAN_LIT("b ticket"), s, &plain, &got, &from), ERR_AUTH);
    assert_int_equal(open_ask(&hospital, &asker, (span){0}, s, &plain, &got, &from), ERR_AUTH);
    assert_int_equal(open_ask(&hospital, &stranger, TICKET, s, &plain, &got, &from), ERR_AUTH);
    assert_int_equal(open_ask(&stranger, &asker, TICKET, s, &plain, &got, &from), ERR_AUTH);
    // The stranger with the right index byte is as far off.
    hash32 index;
    sha256(span_of(stranger.pub[1], KEY_BYTES), &index);
    sealed.at[1] = index.at[0];
    assert_int_equal(open_ask(&stranger, &asker, TICKET, s, &plain, &got, &from), ERR_AUTH);
    assert_int_equal(ask_open(hospital.key, 0, asker.pubs, 2, TICKET, s, &plain, &got, &from), ERR_AUTH);
    assert_int_equal(ask_open(hospital.key, 2, asker.pubs, 0, TICKET, s, &plain, &got, &from), ERR_AUTH);
    assert_true(plain.len == 0 && from == 55 && got.at[0] == 7);
    buf_done(&sealed);
    buf_done(&plain);
}

static void an_ask_changed_or_cut(void **state)
{
    (void)state;
    hash32 h, got;
    buf sealed = ask(&h), plain = {0};
    int from;
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        sealed.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        err e = open_ask(&hospital, &asker, TICKET, buf_span(&sealed), &plain, &got, &from);
        // The highest bit of an X25519 point is ignored by its arithmetic, but HPKE binds the bytes.
        if (e != ERR_AUTH && e != ERR_FORMAT)
            fail_msg("bit %zu: %d", bit, e);
        sealed.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t n = 0; n < sealed.len; n++)
        assert_int_not_equal(open_ask(&hospital, &asker, TICKET, span_of(sealed.at, n), &plain, &got, &from),
                             OK);
    buf_put_u8(&sealed, 0);
    assert_int_equal(open_ask(&hospital, &asker, TICKET, buf_span(&sealed), &plain, &got, &from), ERR_AUTH);
    assert_int_equal(plain.len, 0);
    uint8_t lengthy[WIRE_SEALED_MAX + 1] = {1};
    assert_int_equal(
        open_ask(&hospital, &asker, TICKET, span_of(lengthy, sizeof lengthy), &plain, &got, &from),
        ERR_LIMIT);
    buf_clear(&sealed);
    assert_int_equal(
        ask_seal(asker.key[0], hospital.pub[0], TICKET, span_of(lengthy, sizeof lengthy), &sealed, &h),
        ERR_LIMIT);
    assert_int_equal(sealed.len, 0);
    buf_done(&sealed);
    buf_done(&plain);
}

// ---- answers --------------------------------------------------------------------

// Four pieces of different lengths, one empty.
static void answer(int from_key, int to_key, const hash32 *to_ask, buf *pieces)
{
    static const char *const texts[PIECES] = {"first ", "", "third ", "last"};
    seal_stream s;
    assert_int_equal(seal_stream_begin(&s, hospital.key[from_key], asker.pub[to_key], TICKET, to_ask), OK);
    for (int i = 0; i < PIECES; i++)
        assert_int_equal(seal_stream_put(&s, span_str(texts[i]), i == PIECES - 1, &pieces[i]), OK);
    buf more = {0};
    assert_int_equal(seal_stream_put(&s, SPAN_LIT("more"), false, &more), ERR_CLOSED);
    assert_int_equal(more.len, 0);
    seal_stream_done(&s);
    assert_int_equal(seal_stream_put(&s, SPAN_LIT("more"), false, &more), ERR_CLOSED);
    seal_stream_done(&s);
}

typedef struct outcome { err e; int taken; bool last, ended; char text[64]; } outcome;

// Takes pieces in the given order (-1 ends) until one is refused.
static outcome take(const buf *pieces, const int *order, const side *to, const side *from, span ticket,
                    const hash32 *to_ask)
{
    seal_stream s;
    buf plain = {0};
    outcome o = {0};
    assert_int_equal(open_stream_begin(&s, to_ask), OK);
    for (; *order >= 0 && !o.e; order++) {
        span piece = buf_span(&pieces[*order]);
        uint8_t *copy = malloc(piece.len ? piece.len : 1);
        memcpy(copy, piece.at, piece.len);
        size_t before = plain.len;
        o.e = open_stream_take(&s, to->key, 2, from->pubs, 2, ticket, span_of(copy, piece.len), &plain,
                               &o.last);
        free(copy);
        o.taken += !o.e;
        if (o.e) {
            bool last = false;
            assert_int_equal(plain.len, before);
            // A stream that was wrong once is never right again.
            assert_int_not_equal(
                open_stream_take(&s, to->key, 2, from->pubs, 2, ticket, piece, &plain, &last), OK);
            assert_false(last);
        }
    }
    strcpy(o.text, buf_str(&plain));
    o.ended = s.ended;
    seal_stream_done(&s);
    buf_done(&plain);
    return o;
}

static void done(buf *pieces)
{
    for (int i = 0; i < PIECES; i++)
        buf_done(&pieces[i]);
}

static const int IN_ORDER[] = {0, 1, 2, 3, -1};

static void an_answer_there_and_back(void **state)
{
    (void)state;
    const hash32 h = {{4}};
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++) {
            buf pieces[PIECES] = {{0}};
            answer(a, b, &h, pieces);
            for (int i = 0; i < PIECES; i++)
                assert_true(pieces[i].len <= 6 + SEAL_OVERHEAD);
            outcome o = take(pieces, IN_ORDER, &asker, &hospital, TICKET, &h);
            assert_int_equal(o.e, OK);
            assert_true(o.last && o.ended);
            assert_string_equal(o.text, "first third last");
            done(pieces);
        }
}

static void an_answer_in_one_piece(void **state)
{
    (void)state;
    const hash32 h = {{4}};
    seal_stream s;
    buf piece = {0};
    uint8_t *large = calloc(1, WIRE_CHUNK_MAX + 1);
    assert_int_equal(seal_stream_begin(&s, hospital.key[0], asker.pub[0], TICKET, &h), OK);
    assert_int_equal(seal_stream_put(&s, span_of(large, WIRE_CHUNK_MAX + 1), true, &piece), ERR_LIMIT);
    assert_int_equal(seal_stream_put(&s, span_of(large, WIRE_CHUNK_MAX), true, &piece), OK);
    assert_true(piece.len <= WIRE_CHUNK_MAX + SEAL_OVERHEAD);
    seal_stream_done(&s);
    buf plain = {0};
    bool last = false;
    assert_int_equal(open_stream_begin(&s, &h), OK);
    assert_int_equal(
        open_stream_take(&s, asker.key, 2, hospital.pubs, 2, TICKET, buf_span(&piece), &plain, &last), OK);
    assert_true(last && plain.len == WIRE_CHUNK_MAX);
    assert_int_equal(
        open_stream_take(&s, asker.key, 2, hospital.pubs, 2, TICKET, buf_span(&piece), &plain, &last),
        ERR_CLOSED);
    seal_stream_done(&s);
    buf_put(&piece, large, SEAL_OVERHEAD);
    assert_int_equal(open_stream_begin(&s, &h), OK);
    assert_int_equal(
        open_stream_take(&s, asker.key, 2, hospital.pubs, 2, TICKET, buf_span(&piece), &plain, &last),
        ERR_LIMIT);
    seal_stream_done(&s);
    free(large);
    buf_done(&piece);
    buf_done(&plain);
}

static void an_answer_for_nobody_else(void **state)
{
    (void)state;
    const hash32 h = {{4}}, other = {{5}};
    buf pieces[PIECES] = {{0}};
    answer(0, 0, &h, pieces);
    assert_int_equal(take(pieces, IN_ORDER, &asker, &hospital, SPAN_LIT("b ticket"), &h).e, ERR_AUTH);
    assert_int_equal(take(pieces, IN_ORDER, &asker, &hospital, TICKET, &other).e, ERR_AUTH);
    assert_int_equal(take(pieces, IN_ORDER, &asker, &stranger, TICKET, &h).e, ERR_AUTH);
    assert_int_equal(take(pieces, IN_ORDER, &stranger, &hospital, TICKET, &h).e, ERR_AUTH);
    // Nor is an ask an answer: another label binds it.
    hash32 asked;
    buf sealed = ask(&asked), fake[1] = {{0}};
    buf_put(&fake[0], sealed.at, 34);
    buf_put_u8(&fake[0], 0);
    buf_put(&fake[0], sealed.at + 34, sealed.len - 34);
    const int only[] = {0, -1};
    assert_int_equal(take(fake, only, &hospital, &asker, TICKET, &asked).e, ERR_AUTH);
    buf_done(&sealed);
    buf_done(&fake[0]);
    done(pieces);
}

static void pieces_out_of_place(void **state)
{
    (void)state;
    static const struct { const char *what; int order[8], taken; } rows[] = {
        {"reordered", {0, 2, 1, 3, -1}, 1},      {"dropped", {0, 1, 3, -1}, 2},
        {"duplicated", {0, 1, 1, 2, 3, -1}, 2},  {"first twice", {0, 0, 1, -1}, 1},
        {"without the first", {1, 2, 3, -1}, 0}, {"last too early", {0, 3, -1}, 1},
    };
    const hash32 h = {{4}};
    buf pieces[PIECES] = {{0}};
    answer(0, 0, &h, pieces);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        outcome o = take(pieces, rows[i].order, &asker, &hospital, TICKET, &h);
        if ((o.e != ERR_AUTH && o.e != ERR_FORMAT) || o.taken != rows[i].taken || o.last || o.ended)
            fail_msg("%s: %d after %d", rows[i].what, o.e, o.taken);
    }
    // After the last nothing comes, not even the right bytes again.
    const int again[] = {0, 1, 2, 3, 3, -1};
    assert_int_equal(take(pieces, again, &asker, &hospital, TICKET, &h).e, ERR_CLOSED);
    // Cut at the end: every piece is right, and that the last is missing is seen.
    const int no_last[] = {0, 1, 2, -1};
    outcome o = take(pieces, no_last, &asker, &hospital, TICKET, &h);
    assert_true(o.e == OK && !o.last && !o.ended);
    // Pieces of another answer to the same ask do not fit in.
    buf other[PIECES] = {{0}}, mixed[PIECES];
    answer(0, 0, &h, other);
    memcpy(mixed, pieces, sizeof mixed);
    mixed[2] = other[2];
    assert_int_equal(take(mixed, IN_ORDER, &asker, &hospital, TICKET, &h).e, ERR_AUTH);
    done(pieces);
    done(other);
}

static void every_flip_and_cut_is_found(void **state)
{
    (void)state;
    const hash32 h = {{4}};
    buf pieces[PIECES] = {{0}};
    answer(0, 0, &h, pieces);
    static const int picks[] = {0, 2, 3};
    for (int i = 0; i < 3; i++) {
        buf *p = &pieces[picks[i]];
        for (size_t bit = 0; bit < p->len * 8; bit++) {
            p->at[bit / 8] ^= (uint8_t)(1u << bit % 8);
            outcome o = take(pieces, IN_ORDER, &asker, &hospital, TICKET, &h);
            if ((o.e != ERR_AUTH && o.e != ERR_FORMAT) || o.taken != picks[i] || o.last)
                fail_msg("piece %d, bit %zu: %d after %d", picks[i], bit, o.e, o.taken);
            p->at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        size_t len = p->len;
        for (p->len = 0; p->len < len; p->len++) {
            outcome o = take(pieces, IN_ORDER, &asker, &hospital, TICKET, &h);
            assert_true((o.e == ERR_AUTH || o.e == ERR_FORMAT) && o.taken == picks[i]);
        }
    }
    done(pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ask_there_and_back),
        cmocka_unit_test(an_ask_for_nobody_else),
        cmocka_unit_test(an_ask_changed_or_cut),
        cmocka_unit_test(an_answer_there_and_back),
        cmocka_unit_test(an_answer_in_one_piece),
        cmocka_unit_test(an_answer_for_nobody_else),
        cmocka_unit_test(pieces_out_of_place),
        cmocka_unit_test(every_flip_and_cut_is_found),
    };
    return cmocka_run_group_tests(tests, keys_made, keys_freed);
}
