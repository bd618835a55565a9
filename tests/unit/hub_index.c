// SPDX-License-Identifier: Apache-2.0
// rooms: store pact base
// The hub's index on its own: a patient's cards and nobody else's, stops in their order, sequences.
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/index.h"

static const char *const tables[] = {"meta", "card", "log", "sequence", "stop", "stop_order", NULL};
static char dir[64];
static store *keep;
static store_txn *t;
static hub h;

static int begin(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/tsunagu-index-XXXXXX");
    assert_non_null(mkdtemp(dir));
    store_options o = {.dir = dir, .tables = tables, .map_bytes = 32 << 20};
    assert_int_equal(store_open(&o, &keep), OK);
    assert_int_equal(store_write(keep, &t), OK);
    h = (hub){0};
    return 0;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static int end(void **state)
{
    (void)state;
    store_end(t);
    store_close(keep);
    nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static pseudonym who_of(uint8_t last)
{
    pseudonym who = {.at = {1}};
    memset(who.at + 1, 0xff, PSEUDONYM_BYTES - 2); // neighbours that differ in the last byte only
    who.at[PSEUDONYM_BYTES - 1] = last;
    return who;
}

static void card_put(const pseudonym *who, uint64_t facility, time_ms at)
{
    uint8_t key[CARD_KEY_BYTES];
    buf bytes = {0};
    card c = {.who = *who, .facility = facility, .registered_on = 20000};
    c.scope = (consent_scope){.revision = 1, .at = at, .from = 20000, .until = DAY_FOREVER};
    assert_int_equal(card_pack(&c, &bytes), OK);
    card_key(who, facility, key);
    assert_int_equal(store_put(t, TABLE_CARD, span_of(key, sizeof key), buf_span(&bytes)), OK);
    buf_done(&bytes);
}

typedef struct seen {
    int count;
    uint64_t facility[16];
    err then;
} seen;

static err look(void *ctx, const card *c)
{
    seen *s = ctx;
    s->facility[s->count++] = c->facility;
    return s->then;
}

static void a_walk_ends_with_the_patient(void **state)
{
    (void)state;
    for (uint8_t last = 0xfd; last >= 0xfd; last++) { // fd fe ff, and stop at the turn
        pseudonym who = who_of(last);
        for (uint64_t f = 1; f <= 3; f++)
            card_put(&who, f * 1000 + last, 5);
    }
    for (uint8_t last = 0xfc; last != 0; last++) {
        pseudonym who = who_of(last);
        seen s = {0};
        assert_int_equal(index_cards(t, &who, look, &s), OK);
        assert_int_equal(s.count, last == 0xfc ? 0 : 3);
        for (int i = 0; i < s.count; i++)
            assert_int_equal(s.facility[i], (uint64_t)(i + 1) * 1000 + last);
    }
    pseudonym who = who_of(0xfd);
    seen s = {.then = ERR_LIMIT};
    assert_int_equal(index_cards(t, &who, look, &s), ERR_LIMIT); // a visitor's no is passed on
    assert_int_equal(s.count, 1);
    card c;
    assert_int_equal(index_card(t, &who, 1000 + 0xfd, &c), OK);
    assert_int_equal(index_card(t, &who, 999, &c), ERR_NOT_FOUND);
}

static void a_value_that_is_no_card_is_corrupt(void **state)
{
    (void)state;
    pseudonym who = who_of(1);
    uint8_t key[CARD_KEY_BYTES];
    card c;
    seen s = {0};
    card_key(&who, 7, key);
    assert_int_equal(store_put(t, TABLE_CARD, span_of(key, sizeof key), SPAN_LIT("no card")), OK);
    assert_int_equal(index_card(t, &who, 7, &c), ERR_CORRUPT);
    assert_int_equal(index_cards(t, &who, look, &s), ERR_CORRUPT);
    assert_int_equal(s.count, 0);
}

static void the_latest_agreement_is_found(void **state)
{
    (void)state;
    pseudonym who = who_of(9), other = who_of(10);
    time_ms at;
    assert_int_equal(index_agreed_last(t, &who, &at), OK);
    assert_int_equal(at, 0);
    card_put(&who, 1, 100);
    card_put(&who, 2, 300);
    card_put(&who, 3, 200);
    card_put(&other, 1, 900);
    assert_int_equal(index_agreed_last(t, &who, &at), OK);
    assert_int_equal(at, 300);
}

static void a_stop_covers_what_was_agreed_to_before(void **state)
{
    (void)state;
    pseudonym who = who_of(3);
    uint64_t seq;
    stop_record s;
    card c = {.scope = {.at = 1000}};
    assert_int_equal(index_stop(t, &who, 5, &s), ERR_NOT_FOUND);
    assert_int_equal(index_stop_put(&h, t, &who, 5, 1000, &seq), OK);
    assert_int_equal(seq, 1);
    h.stop_seq = seq;
    assert_int_equal(index_stop(t, &who, 5, &s), OK);
    assert_int_equal(s.at, 1000);
    assert_true(stop_covers(&s, &c)); // in the same moment: the withdrawal wins
    c.scope.at = 1001;
    assert_false(stop_covers(&s, &c));
    assert_int_equal(index_stop(t, &who, 6, &s), ERR_NOT_FOUND); // one facility only
    assert_int_equal(index_stop_put(&h, t, &who, 5, 2000, &seq), OK);
    assert_int_equal(seq, 2);
    assert_int_equal(index_stop(t, &who, 5, &s), OK);
    assert_int_equal(s.at, 2000);
    assert_int_equal(s.seq, 2);
    assert_true(stop_covers(&s, &c));
    assert_int_equal(index_stop_last(t, &seq), OK);
    assert_int_equal(seq, 2);
}

static void sequences_are_each_node_s_own(void **state)
{
    (void)state;
    uint64_t seq = 9;
    assert_int_equal(index_stop_last(t, &seq), OK);
    assert_int_equal(seq, 0);
    assert_int_equal(index_sequence(t, "tmnit", &seq), OK);
    assert_int_equal(seq, 0);
    assert_int_equal(index_sequence_put(t, "tmnit", UINT64_MAX - 1), OK);
    assert_int_equal(index_sequence_put(t, "tmnit-two", 4), OK);
    assert_int_equal(index_sequence(t, "tmnit", &seq), OK);
    assert_true(seq == UINT64_MAX - 1);
    assert_int_equal(index_sequence(t, "tmnit-two", &seq), OK);
    assert_int_equal(seq, 4);
    assert_int_equal(store_put(t, TABLE_SEQUENCE, SPAN_LIT("tmnit"), SPAN_LIT("short")), OK);
    assert_int_equal(index_sequence(t, "tmnit", &seq), ERR_CORRUPT);
    assert_int_equal(seq, 4); // outputs stay as they were
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_walk_ends_with_the_patient, begin, end),
        cmocka_unit_test_setup_teardown(a_value_that_is_no_card_is_corrupt, begin, end),
        cmocka_unit_test_setup_teardown(the_latest_agreement_is_found, begin, end),
        cmocka_unit_test_setup_teardown(a_stop_covers_what_was_agreed_to_before, begin, end),
        cmocka_unit_test_setup_teardown(sequences_are_each_node_s_own, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
