// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/pact/chain.h"

#define ENTRIES 9

typedef struct stored { uint8_t at[80]; size_t len; } stored;

// A log of nine entries of different lengths, the empty one among them.
static chain_head write_log(stored *log)
{
    chain_head h = {0};
    for (int i = 0; i < ENTRIES; i++) {
        uint8_t entry[48];
        memset(entry, 'a' + i, sizeof entry);
        size_t len = (size_t)i * 5;
        chain_next(&h, span_of(entry, len));
        memcpy(log[i].at, h.hash.at, HASH_BYTES);
        memcpy(log[i].at + HASH_BYTES, entry, len);
        log[i].len = HASH_BYTES + len;
    }
    return h;
}

// The place of the first entry that does not follow; count if all do and end at the head.
static int first_wrong(const stored *log, int count, const chain_head *head)
{
    chain_head h = {0};
    for (int i = 0; i < count; i++) {
        span entry = {0};
        chain_head before = h;
        if (chain_check(&before, span_of(log[i].at, log[i].len), &entry, &h))
            return i;
        assert_int_equal(entry.len, log[i].len - HASH_BYTES);
    }
    bool fits = h.seq == head->seq && crypto_same(h.hash.at, head->hash.at, HASH_BYTES);
    return fits ? count : -1;
}

static void a_whole_log_follows(void **state)
{
    (void)state;
    stored log[ENTRIES];
    chain_head head = write_log(log);
    assert_int_equal(head.seq, ENTRIES);
    assert_int_equal(first_wrong(log, ENTRIES, &head), ENTRIES);
}

// The definition, written out by hand.
static void the_hash_is_as_the_header_says(void **state)
{
    (void)state;
    chain_head h = {0};
    chain_next(&h, SPAN_LIT("first"));
    uint8_t message[14 + 32 + 8 + 5] = "tsunagu log v1";
    message[14 + 32 + 7] = 1;
    memcpy(message + 14 + 32 + 8, "first", 5);
    hash32 by_hand;
    sha256(span_of(message, sizeof message), &by_hand);
    assert_int_equal(h.seq, 1);
    assert_memory_equal(h.hash.at, by_hand.at, HASH_BYTES);
}

static void every_changed_bit_is_found(void **state)
{
    (void)state;
    stored log[ENTRIES];
    chain_head head = write_log(log);
    for (int i = 0; i < ENTRIES; i++)
        for (size_t bit = 0; bit < log[i].len * 8; bit++) {
            log[i].at[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(first_wrong(log, ENTRIES, &head), i);
            log[i].at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
}

static void cutting_is_found(void **state)
{
    (void)state;
    stored log[ENTRIES];
    chain_head head = write_log(log);
    // At the end, against the head that the nodes remember.
    for (int n = 0; n < ENTRIES; n++)
        assert_int_equal(first_wrong(log, n, &head), -1);
    // At the front and in the middle.
    for (int i = 0; i < ENTRIES - 1; i++) {
        stored cut[ENTRIES];
        memcpy(cut, log, (size_t)i * sizeof *log);
        memcpy(cut + i, log + i + 1, (size_t)(ENTRIES - 1 - i) * sizeof *log);
        assert_int_equal(first_wrong(cut, ENTRIES - 1, &head), i);
    }
    // Inside an entry.
    for (size_t n = 0; n < log[4].len; n++) {
        stored copy[ENTRIES];
        memcpy(copy, log, sizeof copy);
        copy[4].len = n;
        chain_head h = {0}, after = {.seq = 77};
        span entry = {0};
        for (int i = 0; i < 4; i++)
            assert_int_equal(chain_check(&h, span_of(log[i].at, log[i].len), &entry, &h), OK);
        entry = (span){0};
        assert_int_equal(chain_check(&h, span_of(copy[4].at, n), &entry, &after), ERR_CORRUPT);
        assert_true(after.seq == 77 && entry.at == NULL);
    }
}

static void reordering_and_inserting_are_found(void **state)
{
    (void)state;
    stored log[ENTRIES], other[ENTRIES + 1];
    chain_head head = write_log(log);
    for (int i = 0; i < ENTRIES; i++)
        for (int j = 0; j < i; j++) {
            memcpy(other, log, sizeof log);
            other[i] = log[j];
            other[j] = log[i];
            assert_int_equal(first_wrong(other, ENTRIES, &head), j);
        }
    // Twice the same entry, at each place.
    for (int i = 0; i < ENTRIES; i++) {
        memcpy(other, log, (size_t)(i + 1) * sizeof *log);
        memcpy(other + i + 1, log + i, (size_t)(ENTRIES - i) * sizeof *log);
        assert_int_equal(first_wrong(other, ENTRIES + 1, &head), i + 1);
    }
    // An entry hashed anew by somebody who can compute hashes: all later ones no longer follow.
    chain_head h = {0};
    for (int i = 0; i < 3; i++)
        chain_next(&h, span_of(log[i].at + HASH_BYTES, log[i].len - HASH_BYTES));
    memcpy(other, log, 3 * sizeof *log);
    chain_next(&h, SPAN_LIT("forged"));
    memcpy(other[3].at, h.hash.at, HASH_BYTES);
    memcpy(other[3].at + HASH_BYTES, "forged", 6);
    other[3].len = HASH_BYTES + 6;
    memcpy(other + 4, log + 3, (ENTRIES - 3) * sizeof *log);
    assert_int_equal(first_wrong(other, ENTRIES + 1, &head), 4);
    // Even an entry at the right place of another log, with another number, does not fit.
    chain_head far = {.seq = 5, .hash = head.hash}, near = {.seq = 6, .hash = head.hash};
    chain_next(&far, SPAN_LIT("x"));
    chain_next(&near, SPAN_LIT("x"));
    assert_memory_not_equal(far.hash.at, near.hash.at, HASH_BYTES);
}

static void every_event_has_a_name(void **state)
{
    (void)state;
    for (uint32_t e = 0; e < EVENT_COUNT; e++) {
        assert_string_not_equal(log_event_name(e), "?");
        for (uint32_t f = 0; f < e; f++)
            assert_string_not_equal(log_event_name(e), log_event_name(f));
    }
    assert_string_equal(log_event_name(EVENT_LOOKUP), "lookup");
    assert_string_equal(log_event_name(EVENT_COUNT), "?");
    assert_string_equal(log_event_name(UINT32_MAX), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_log_follows),
        cmocka_unit_test(the_hash_is_as_the_header_says),
        cmocka_unit_test(every_changed_bit_is_found),
        cmocka_unit_test(cutting_is_found),
        cmocka_unit_test(reordering_and_inserting_are_found),
        cmocka_unit_test(every_event_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
