// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// The record as lines: it comes back as it went, cut anywhere it is refused, and no changed
// bit of it can make a seat count that did not sign.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/ratify_kit.h"

static policy *before, *after;
static buf text;

static int record_make(void **state)
{
    (void)state;
    before = kit_version(3, NULL, 7, true);
    after = kit_version(4, before, 7, true);
    ratification r = {0};
    ratify_head_of(before, after, &r.head);
    for (int i = 5; i >= 0; i--) { // falling: put sorts
        char seat[8];
        snprintf(seat, sizeof seat, "s%d", i);
        ratify_signature s = kit_sign(&r.head, i, seat, day_of(2026, 11, 21));
        if (ratification_add(&r, &s))
            return -1;
    }
    err e = ratification_put(&r, &text);
    ratification_done(&r);
    return e ? -1 : 0;
}

static int record_drop(void **state)
{
    (void)state;
    policy_free(before);
    policy_free(after);
    buf_done(&text);
    return 0;
}

// How many seats count by these bytes; -1: refused.
static int counted(span bytes)
{
    ratification r;
    ratify_tally t;
    ratify_why why;
    if (ratification_read(bytes, &r))
        return -1;
    tally_init(&t, before, after, day_of(2026, 11, 21));
    assert_int_equal(tally_add_all(&t, &r, &why), OK);
    int n = (int)t.counted;
    assert_int_equal(tally_step(&t), n >= 6 ? STEP_GOOD : STEP_FEW);
    tally_done(&t);
    ratification_done(&r);
    return n;
}

static void round_trip(void **state)
{
    (void)state;
    ratification r;
    buf again = {0};
    assert_true(ratification_is(buf_span(&text)));
    assert_int_equal(ratification_read(buf_span(&text), &r), OK);
    assert_int_equal(r.count, 6);
    assert_string_equal(r.signatures[0].seat, "s0");
    assert_int_equal(ratification_put(&r, &again), OK);
    assert_true(span_eq(buf_span(&text), buf_span(&again)));
    assert_int_equal(counted(buf_span(&text)), 6);
    buf_done(&again);
    ratification_done(&r);
}

static void cut_anywhere(void **state)
{
    (void)state;
    for (size_t n = 0; n < text.len; n++) {
        uint8_t *exact = malloc(n ? n : 1); // so that one byte too far is seen
        memcpy(exact, text.at, n);
        assert_int_equal(counted(span_of(exact, n)), -1);
        free(exact);
    }
    buf more = {0};
    buf_put_span(&more, buf_span(&text));
    buf_put_str(&more, "x");
    assert_int_equal(counted(buf_span(&more)), -1);
    buf_done(&more);
}

// Every byte: one bit (another each time) changed. At most five count then.
static void bits_flipped(void **state)
{
    (void)state;
    uint8_t *copy = malloc(text.len);
    int refused = 0;
    for (size_t i = 0; i < text.len; i++) {
        memcpy(copy, text.at, text.len);
        copy[i] ^= (uint8_t)(1u << (i % 8));
        int n = counted(span_of(copy, text.len));
        assert_true(n <= 5);
        refused += n < 0;
    }
    assert_true(refused > 100);
    free(copy);
}

static void other_spellings(void **state)
{
    (void)state;
    static const char HEX[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    static const char *const BAD[] = {
        "version 0\nrules %s\nprevious %s\nend\n",   "version 04\nrules %s\nprevious %s\nend\n",
        "version 4294967296\nrules %s\nprevious %s\nend\n", "version 4 \nrules %s\nprevious %s\nend\n",
        "version 4\nprevious %s\nrules %s\nend\n",   "version 4\nrules %s\r\nprevious %s\nend\n",
        "version 4\nrules %s\nprevious %s\nend\n\n", "version 4\nrules %s\nprevious %s\nsigned s0\nend\n",
        "version 4\nrules %s\nprevious %s\nsigned  2026-11-21 00\nend\n",
        "version 4\nrules %s\nprevious %s\nsigned s0 2026-11-31 00\nend\n", "version 4\nrules %s\nprevious %s0\nend\n"};
    buf b = {0};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        buf_clear(&b);
        buf_put_str(&b, RATIFICATION_MAGIC "\n");
        for (const char *at = BAD[i]; *at; at++)
            if (at[0] == '%' && at[1] == 's')
                buf_put_str(&b, HEX), at++;
            else
                buf_put_u8(&b, (uint8_t)*at);
        assert_int_equal(counted(buf_span(&b)), -1);
    }
    buf_clear(&b);
    buf_printf(&b, RATIFICATION_MAGIC "\nversion 4\nrules %s\nprevious %s\nend\n", HEX, HEX);
    assert_int_equal(counted(buf_span(&b)), 0); // the good spelling of these
    buf_clear(&b);
    buf_printf(&b, RATIFICATION_MAGIC "\nversion 4\nrules %s\nprevious %.63sF\nend\n", HEX, HEX);
    assert_int_equal(counted(buf_span(&b)), -1);
    buf_done(&b);
}

static void limits(void **state)
{
    (void)state;
    ratification r = {0}, back;
    buf b = {0};
    ratify_signature s = {.seat = "s0", .on = 0};
    for (int i = 0; i < RATIFICATION_SIGNATURES; i++)
        assert_int_equal(ratification_add(&r, &s), OK);
    assert_int_equal(ratification_add(&r, &s), ERR_LIMIT);
    r.head.version = 1;
    assert_int_equal(ratification_put(&r, &b), OK);
    assert_int_equal(ratification_read(buf_span(&b), &back), OK);
    assert_int_equal(back.count, RATIFICATION_SIGNATURES);
    ratification_done(&back);
    assert_int_equal(buf_reserve(&b, RATIFICATION_BYTES), OK);
    memset(b.at + b.len, '\n', RATIFICATION_BYTES);
    assert_int_equal(ratification_read(span_of(b.at, RATIFICATION_BYTES + 1), &back), ERR_LIMIT);
    buf_done(&b);
    ratification_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(cut_anywhere), cmocka_unit_test(bits_flipped),
        cmocka_unit_test(other_spellings), cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, record_make, record_drop);
}
