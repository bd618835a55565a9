// SPDX-License-Identifier: Apache-2.0
// TLS against a bad line and a bad peer: cut, flipped, flooded, ended.
#include <openssl/ssl.h>
#include "proto/crypto/tls_in.h" // a peer that misbehaves needs its SSL
#include "tests/unit/crypto_pair.h"

static ends fresh(tls_ctx *c, tls_ctx *s) {
    ends e = {0};
    assert_int_equal(tls_new(c, "hub.example", &e.c), OK);
    assert_int_equal(tls_new(s, NULL, &e.s), OK);
    return e;
}

// Runs a handshake, flights going back and forth, with flight number `at_flight` cut
// after `len` bytes. Nobody may be open who has not seen all. Returns the flight's length.
static size_t cut_flight(tls_ctx *cc, tls_ctx *sc, int at_flight, size_t len) {
    ends e = fresh(cc, sc);
    size_t whole = 0;
    for (int flight = 0; flight <= at_flight; flight++) {
        tls *from = flight % 2 ? e.s : e.c, *to = flight % 2 ? e.c : e.s;
        buf b = {0};
        assert_int_equal(tls_drain(from, &b), OK);
        whole = b.len;
        size_t give = flight < at_flight || b.len < len ? b.len : len;
        assert_int_equal(tls_feed(to, span_of(b.at, give)), OK);
        if (flight == at_flight)
            assert_int_equal(tls_state_of(to), give == whole && flight > 0 ? TLS_OPEN : TLS_HANDSHAKE);
        buf_done(&b);
    }
    ends_free(&e);
    return whole;
}

static void cut_anywhere(void **state) {
    (void)state;
    tls_ctx *c = ctx_of("ca", "node", false), *s = ctx_of("ca", "hub", true);
    for (int flight = 0; flight < 3; flight++) {
        size_t whole = cut_flight(c, s, flight, SIZE_MAX);
        assert_true(whole > 100);
        for (size_t len = 0; len + 100 < whole; len++)
            cut_flight(c, s, flight, len);
        // Lengths differ by a few bytes from one signature to the next: the end bytewise, below.
    }
    tls_ctx_free(c);
    tls_ctx_free(s);
}

static void byte_by_byte(void **state) {
    (void)state;
    ends e = ends_of(ctx_of("ca", "node", false), ctx_of("ca", "hub", true), "hub.example");
    for (int flight = 0; flight < 3; flight++) {
        tls *from = flight % 2 ? e.s : e.c, *to = flight % 2 ? e.c : e.s;
        buf b = {0};
        assert_int_equal(tls_drain(from, &b), OK);
        for (size_t i = 0; i < b.len; i++) {
            assert_int_equal(tls_state_of(to), TLS_HANDSHAKE);
            assert_int_equal(tls_feed(to, span_of(b.at + i, 1)), OK);
            assert_int_equal(tls_feed(to, (span){0}), OK);
        }
        buf_done(&b);
    }
    assert_int_equal(tls_state_of(e.c), TLS_OPEN);
    assert_int_equal(tls_state_of(e.s), TLS_OPEN);
    ends_free(&e);
}

static void flipped_handshake(void **state) {
    (void)state;
    tls_ctx *c = ctx_of("ca", "node", false), *s = ctx_of("ca", "hub", true);
    size_t refusals = 0;
    for (int flight = 0; flight < 3; flight++)
        for (size_t where = 0; where < 1500; where += 7) {
            ends e = fresh(c, s);
            err c_err = OK, s_err = OK;
            for (int n = 0; n < 6; n++) {
                buf b = {0};
                assert_int_equal(tls_drain(n % 2 ? e.s : e.c, &b), OK);
                if (n == flight && where < b.len)
                    b.at[where] ^= (uint8_t)(1u << where % 8);
                err got = tls_feed(n % 2 ? e.c : e.s, buf_span(&b));
                if (n % 2)
                    c_err = c_err ? c_err : got;
                else
                    s_err = s_err ? s_err : got;
                buf_done(&b);
            }
            // Bits that carry nothing (a record's version) may pass, and a longer length waits
            // for more. A server is never open to a client that is not.
            if (!c_err && !s_err && tls_state_of(e.s) == TLS_OPEN)
                assert_int_equal(tls_state_of(e.c), TLS_OPEN);
            if (c_err || s_err)
                refusals++;
            ends_free(&e);
        }
    assert_true(refusals > 300); // of some 430 bytes flipped
    tls_ctx_free(c);
    tls_ctx_free(s);
}

static void flipped_record(void **state) {
    (void)state;
    tls_ctx *cc = ctx_of("ca", "node", false), *sc = ctx_of("ca", "hub", true);
    ends probe = fresh(cc, sc);
    size_t len = 5 + 5 + 1 + 16; // header, "hello", inner type, tag
    ends_free(&probe);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        ends e = fresh(cc, sc);
        buf b = {0}, out = {0};
        bool eof = false;
        pump(&e);
        assert_int_equal(tls_write(e.c, SPAN_LIT("hello")), OK);
        assert_int_equal(tls_drain(e.c, &b), OK);
        assert_int_equal(b.len, len);
        b.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        err got = tls_feed(e.s, buf_span(&b));
        err read = tls_read(e.s, &out, 100, &eof);
        assert_int_equal(out.len, 0);
        assert_false(eof);
        if (got == OK) { // a longer length: more is awaited
            assert_true(bit / 8 == 3 || bit / 8 == 4);
            assert_int_equal(read, OK);
            assert_int_equal(tls_state_of(e.s), TLS_OPEN);
        } else {
            assert_int_equal(read, got);
            assert_int_equal(tls_state_of(e.s), TLS_FAILED);
            assert_string_not_equal(tls_why(e.s), "");
        }
        buf_done(&b);
        buf_done(&out);
        ends_free(&e);
    }
    tls_ctx_free(cc);
    tls_ctx_free(sc);
}

static uint32_t seed = 20261121;
static uint32_t next_random(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

static void ten_mebibytes_in_odd_pieces(void **state) {
    (void)state;
    enum { TOTAL = 10 << 20 };
    ends e = open_ends();
    uint8_t *data = malloc(TOTAL);
    buf wire = {0}, got = {0};
    size_t wrote = 0, fed = 0;
    bool eof = false;
    for (size_t i = 0; i < TOTAL; i++)
        data[i] = (uint8_t)next_random();
    while (got.len < TOTAL) {
        size_t piece = 1 + next_random() % 70000;
        if (wrote + piece > TOTAL)
            piece = TOTAL - wrote;
        assert_int_equal(tls_write(e.c, span_of(data + wrote, piece)), OK);
        wrote += piece;
        assert_int_equal(tls_drain(e.c, &wire), OK);
        size_t left = wrote == TOTAL ? 0 : next_random() % 3000;
        while (wire.len - fed > left) {
            size_t n = 1 + next_random() % 9000;
            if (n > wire.len - fed)
                n = wire.len - fed;
            assert_int_equal(tls_feed(e.s, span_of(wire.at + fed, n)), OK);
            fed += n;
            assert_int_equal(tls_read(e.s, &got, next_random() % 20000, &eof), OK);
        }
        buf_drop_front(&wire, fed);
        fed = 0;
        while (wrote == TOTAL && got.len < TOTAL)
            assert_int_equal(tls_read(e.s, &got, 1 + next_random() % 20000, &eof), OK);
    }
    assert_false(eof);
    assert_int_equal(got.len, TOTAL);
    assert_memory_equal(got.at, data, TOTAL);
    assert_int_equal(e.s->in.cap, 0); // given back
    free(data);
    buf_done(&wire);
    buf_done(&got);
    ends_free(&e);
}

static void unread_is_bounded(void **state) {
    (void)state;
    ends e = open_ends();
    static uint8_t piece[65536];
    err got = OK;
    buf b = {0}, all = {0};
    size_t sent = 0;
    bool eof;
    while (got == OK && sent < 10 << 20) {
        buf_clear(&b);
        assert_int_equal(tls_write(e.c, span_of(piece, sizeof piece)), OK);
        assert_int_equal(tls_drain(e.c, &b), OK);
        got = tls_feed(e.s, buf_span(&b));
        sent += got ? 0 : sizeof piece;
    }
    assert_int_equal(got, ERR_BUSY);
    assert_true(sent < TLS_UNREAD_MAX + 2 * sizeof piece);
    assert_int_equal(tls_read(e.s, &all, SIZE_MAX, &eof), OK);
    assert_int_equal(all.len, sent);
    assert_int_equal(tls_feed(e.s, buf_span(&b)), OK); // what was refused was not taken
    assert_int_equal(tls_read(e.s, &all, SIZE_MAX, &eof), OK);
    assert_int_equal(all.len, sent + sizeof piece);
    buf_done(&b);
    buf_done(&all);
    ends_free(&e);
}

static void closed_is_not_cut(void **state) {
    (void)state;
    ends e = open_ends();
    buf b = {0};
    bool eof = true;
    assert_int_equal(tls_write(e.c, SPAN_LIT("last")), OK);
    pump(&e);
    assert_int_equal(tls_read(e.s, &b, 100, &eof), OK);
    assert_false(eof); // the line may end here: that is a cut
    assert_int_equal(tls_state_of(e.s), TLS_OPEN);
    assert_int_equal(tls_write(e.c, SPAN_LIT("words")), OK);
    tls_close(e.c);
    tls_close(e.c);
    assert_int_equal(tls_state_of(e.c), TLS_CLOSED);
    assert_int_equal(tls_write(e.c, SPAN_LIT("x")), ERR_CLOSED);
    assert_int_equal(tls_write(e.s, SPAN_LIT("on the way")), OK);
    pump(&e);
    assert_int_equal(tls_state_of(e.s), TLS_OPEN); // the end stands behind what is not read yet
    assert_int_equal(tls_read(e.s, &b, 3, &eof), OK);
    assert_false(eof);
    assert_int_equal(tls_read(e.s, &b, 100, &eof), OK);
    assert_true(eof);
    assert_int_equal(b.len, 9);
    assert_int_equal(tls_state_of(e.s), TLS_CLOSED);
    assert_int_equal(tls_feed(e.s, SPAN_LIT("more")), ERR_CLOSED);
    assert_int_equal(tls_write(e.s, SPAN_LIT("x")), ERR_CLOSED);
    buf_clear(&b);
    assert_int_equal(tls_read(e.c, &b, 100, &eof), OK); // after our own end the peer is still heard
    assert_int_equal(b.len, 10);
    assert_false(eof);
    tls_close(e.s);
    pump(&e);
    assert_int_equal(tls_read(e.c, &b, 100, &eof), OK);
    assert_true(eof);
    buf_done(&b);
    ends_free(&e);
}

static void closed_in_handshake(void **state) {
    (void)state;
    ends e = ends_of(ctx_of("ca", "node", false), ctx_of("ca", "hub", true), "hub.example");
    buf b = {0};
    bool eof = true;
    assert_int_equal(tls_write(e.c, SPAN_LIT("x")), ERR_BUSY);
    assert_int_equal(tls_read(e.c, &b, 100, &eof), OK);
    assert_false(eof);
    tls_close(e.s);
    assert_int_equal(tls_state_of(e.s), TLS_CLOSED);
    assert_int_equal(tls_feed(e.s, SPAN_LIT("x")), ERR_CLOSED);
    assert_int_equal(tls_write(e.s, SPAN_LIT("x")), ERR_CLOSED);
    ends_free(&e);
}

static void key_update_storm(void **state) {
    (void)state;
    ends e = open_ends();
    buf b = {0};
    uint64_t sent = 0;
    err got = OK;
    while (got == OK && sent < 10000) {
        buf_clear(&b);
        for (int i = 0; i < 1000; i++) { // in one go, as an attacker would
            assert_int_equal(SSL_key_update(e.c->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
            assert_int_equal(SSL_do_handshake(e.c->ssl), 1);
            sent++;
        }
        assert_int_equal(tls_drain(e.c, &b), OK);
        got = tls_feed(e.s, buf_span(&b));
    }
    assert_int_equal(got, ERR_LIMIT);
    assert_string_equal(tls_why(e.s), "too many key updates");
    assert_true(e.s->out.len < 4096); // not an answer to each
    buf_done(&b);
    ends_free(&e);
}

static void key_updates_of_an_honest_peer(void **state) {
    (void)state;
    ends e = open_ends();
    static uint8_t data[16384];
    buf b = {0};
    bool eof;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(SSL_key_update(e.c->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        assert_int_equal(tls_write(e.c, span_of(data, sizeof data)), OK);
        pump(&e);
        buf_clear(&b);
        assert_int_equal(tls_read(e.s, &b, SIZE_MAX, &eof), OK);
        assert_int_equal(b.len, sizeof data);
        assert_int_equal(tls_write(e.s, span_of(data, sizeof data)), OK);
        pump(&e);
        buf_clear(&b);
        assert_int_equal(tls_read(e.c, &b, SIZE_MAX, &eof), OK);
        assert_int_equal(b.len, sizeof data);
    }
    buf_done(&b);
    ends_free(&e);
}

static void own_key_is_renewed(void **state) {
    (void)state;
    ends e = open_ends();
    buf b = {0}, got = {0};
    bool eof;
    uint32_t most = 0;
    static uint8_t shift[5000]; // so that the forgiving does not fall on the same batch
    assert_int_equal(tls_write(e.c, span_of(shift, sizeof shift)), OK);
    for (int i = 0; i < 70000; i++) {
        assert_int_equal(tls_write(e.c, SPAN_LIT("x")), OK);
        if (i % 100 == 99) {
            buf_clear(&b);
            assert_int_equal(tls_drain(e.c, &b), OK);
            assert_int_equal(tls_feed(e.s, buf_span(&b)), OK);
            assert_int_equal(tls_read(e.s, &got, SIZE_MAX, &eof), OK);
            most = e.s->strikes > most ? e.s->strikes : most;
        }
    }
    assert_int_equal(got.len, 70000 + sizeof shift);
    assert_int_equal(most, 1); // one key update was met
    buf_done(&b);
    buf_done(&got);
    ends_free(&e);
}

static void garbage_after_the_handshake(void **state) {
    (void)state;
    for (uint8_t kind = 0; kind < 64; kind++) {
        ends e = open_ends();
        uint8_t record[5 + 40] = {kind, 3, 3, 0, 40};
        for (size_t i = 5; i < sizeof record; i++)
            record[i] = (uint8_t)next_random();
        err got = tls_feed(e.s, span_of(record, sizeof record));
        assert_int_not_equal(got, OK);
        assert_int_equal(tls_state_of(e.s), TLS_FAILED);
        ends_free(&e);
    }
}

static void good_data_before_a_failure(void **state) {
    (void)state;
    ends e = open_ends();
    buf b = {0}, got = {0};
    bool eof = false;
    assert_int_equal(tls_write(e.c, SPAN_LIT("good")), OK);
    assert_int_equal(tls_write(e.c, SPAN_LIT("bad")), OK);
    assert_int_equal(tls_drain(e.c, &b), OK);
    b.at[b.len - 1] ^= 1;
    assert_int_equal(tls_feed(e.s, buf_span(&b)), OK);
    assert_int_equal(tls_read(e.s, &got, 100, &eof), OK);
    assert_int_equal(got.len, 4);
    assert_int_equal(tls_read(e.s, &got, 100, &eof), ERR_FORMAT);
    assert_int_equal(got.len, 4);
    assert_string_equal(tls_why(e.s), "a record was changed on the way");
    buf_done(&b);
    buf_done(&got);
    ends_free(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere),         cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(flipped_handshake),    cmocka_unit_test(flipped_record),
        cmocka_unit_test(ten_mebibytes_in_odd_pieces), cmocka_unit_test(unread_is_bounded),
        cmocka_unit_test(closed_is_not_cut),    cmocka_unit_test(closed_in_handshake),
        cmocka_unit_test(key_update_storm),     cmocka_unit_test(key_updates_of_an_honest_peer),
        cmocka_unit_test(own_key_is_renewed),   cmocka_unit_test(garbage_after_the_handshake),
        cmocka_unit_test(good_data_before_a_failure),
    };
    return cmocka_run_group_tests(tests, yard_open, yard_close);
}
