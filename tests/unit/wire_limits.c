// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proto/wire/wire.h"

static arena mem;
static int begin(void **state)
{
    (void)state;
    arena_init(&mem, 0);
    return 0;
}
static int end(void **state)
{
    (void)state;
    arena_done(&mem);
    return 0;
}

static void a_message_round_trips(void **state)
{
    (void)state;
    Tsunagu__HelloRequest m = TSUNAGU__HELLO_REQUEST__INIT;
    m.version = 1;
    m.node = (char *)"hokudai";
    m.software = (char *)"つなぐ 0.1";
    m.stop_seq = UINT64_MAX;
    m.rules_hash = wire_bytes(SPAN_LIT("0123456789abcdef0123456789abcdef"));
    buf b = {0};
    assert_int_equal(wire_encode(&m.base, &b), OK);
    Tsunagu__HelloRequest *back = NULL;
    assert_int_equal(
        WIRE_DECODE(buf_span(&b), HelloRequest, tsunagu__hello_request__descriptor, WIRE_BODY_MAX, &mem, &back), OK);
    assert_string_equal(back->node, "hokudai");
    assert_string_equal(back->software, "つなぐ 0.1");
    assert_true(back->stop_seq == UINT64_MAX);
    assert_true(span_eq(wire_span(back->rules_hash), SPAN_LIT("0123456789abcdef0123456789abcdef")));
    // Cut at every byte: an answer, never a crash, and never the whole message.
    for (size_t n = 0; n < b.len; n++) {
        uint8_t *copy = malloc(n ? n : 1);
        memcpy(copy, b.at, n);
        err e = WIRE_DECODE(((span){copy, n}), HelloRequest, tsunagu__hello_request__descriptor, WIRE_BODY_MAX,
                            &mem, &back);
        assert_true(e == OK || e == ERR_FORMAT);
        free(copy);
    }
    buf_done(&b);
}

static void an_empty_message_is_a_message(void **state)
{
    (void)state;
    Tsunagu__StopReply *m = NULL;
    assert_int_equal(WIRE_DECODE(((span){0}), StopReply, tsunagu__stop_reply__descriptor, 10, &mem, &m), OK);
    assert_non_null(m);
}

static err check(span s, const ProtobufCMessageDescriptor *d)
{
    return wire_check(s, d, WIRE_BODY_MAX);
}

static err check_note(span value)
{
    buf b = {0};
    (void)buf_put_u8(&b, 2 << 3 | 2); // ControlReply.note
    for (size_t n = value.len;; n >>= 7) {
        (void)buf_put_u8(&b, (uint8_t)(n >= 0x80 ? n | 0x80 : n));
        if (n < 0x80)
            break;
    }
    (void)buf_put_span(&b, value);
    err e = check(buf_span(&b), &tsunagu__control_reply__descriptor);
    buf_done(&b);
    return e;
}

static void strings_are_text(void **state)
{
    (void)state;
    static uint8_t letters[WIRE_STRING_MAX + 1];
    memset(letters, 'a', sizeof letters);
    assert_int_equal(check_note(SPAN_LIT("可")), OK);
    assert_int_equal(check_note((span){letters, WIRE_STRING_MAX}), OK);
    assert_int_equal(check_note((span){letters, WIRE_STRING_MAX + 1}), ERR_LIMIT);
    assert_int_equal(check_note(SPAN_LIT("a\0b")), ERR_FORMAT);
    assert_int_equal(check_note(SPAN_LIT("\xed\xa0\x80")), ERR_FORMAT); // a surrogate
    assert_int_equal(check_note(SPAN_LIT("\xe5\x8f")), ERR_FORMAT);     // half a character
}

static void counts_have_limits(void **state)
{
    (void)state;
    // Two bytes a field: many more fields than bytes would suggest memory for.
    buf b = {0};
    for (unsigned i = 0; i < WIRE_FIELDS_MAX; i++)
        (void)buf_put(&b, "\x1a\x00", 2); // ControlReply.records, empty
    assert_int_equal(check(buf_span(&b), &tsunagu__control_reply__descriptor), OK);
    (void)buf_put(&b, "\x1a\x00", 2);
    assert_int_equal(check(buf_span(&b), &tsunagu__control_reply__descriptor), ERR_LIMIT);
    buf_clear(&b);
    for (unsigned i = 0; i < WIRE_CARDS_MAX; i++)
        (void)buf_put(&b, "\x12\x01x", 3);
    assert_int_equal(check(buf_span(&b), &tsunagu__publish_request__descriptor), OK);
    (void)buf_put(&b, "\x12\x01x", 3);
    assert_int_equal(check(buf_span(&b), &tsunagu__publish_request__descriptor), ERR_LIMIT);
    // Packed numbers are counted one by one.
    buf_clear(&b);
    (void)buf_put(&b, "\x12\xa1\x9c\x01", 4); // PublishReply.refused_seq, 20001 bytes
    for (unsigned i = 0; i < WIRE_FIELDS_MAX + 1; i++)
        (void)buf_put_u8(&b, 1);
    assert_int_equal(check(buf_span(&b), &tsunagu__publish_reply__descriptor), ERR_LIMIT);
    buf_done(&b);
}

static void sizes_have_limits(void **state)
{
    (void)state;
    static uint8_t bytes[4 + WIRE_CARD_MAX + 1] = {0x12, 0x80, 0x08}; // cards: 1024 bytes
    assert_int_equal(check((span){bytes, 3 + 1024}, &tsunagu__publish_request__descriptor), OK);
    bytes[1] = 0x81;
    assert_int_equal(check((span){bytes, 3 + 1025}, &tsunagu__publish_request__descriptor), ERR_LIMIT);
    assert_int_equal(wire_check((span){bytes, 11}, &tsunagu__publish_request__descriptor, 10), ERR_LIMIT);
}

static void tricks_are_refused(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *d = &tsunagu__lookup_request__descriptor;
    assert_int_equal(check(SPAN_LIT("\x08\x01\x08\x02"), d), ERR_FORMAT); // facility said twice
    assert_int_equal(check(SPAN_LIT("\x0d\x01\x01\x01\x01"), d), ERR_FORMAT); // as fixed32
    assert_int_equal(check(SPAN_LIT("\x30\xff\xff\xff\xff\x1f"), d), ERR_FORMAT); // 33 bits
    assert_int_equal(check(SPAN_LIT("\x02\x00"), d), ERR_FORMAT); // field 0
    assert_int_equal(check(SPAN_LIT("\x0b\x0c"), d), ERR_FORMAT); // a group
    assert_int_equal(check(SPAN_LIT("\x12\x7f"), d), ERR_FORMAT); // longer than what is there
    assert_int_equal(check(SPAN_LIT("\x7a\x01x"), d), OK);        // a field of a later version
    const ProtobufCMessageDescriptor *field = &tsunagu__control_field__descriptor;
    assert_int_equal(check(SPAN_LIT("\x18\x02"), field), ERR_FORMAT); // a bool is 0 or 1
    assert_int_equal(check(SPAN_LIT("\x10\x09"), &tsunagu__frame__descriptor), ERR_FORMAT); // unknown kind
}

static void an_arena_that_is_full_says_so(void **state)
{
    (void)state;
    arena small;
    arena_init(&small, 64);
    buf b = {0};
    for (unsigned i = 0; i < 100; i++)
        (void)buf_put(&b, "\x1a\x00", 2);
    Tsunagu__ControlReply *m = NULL;
    assert_int_equal(
        WIRE_DECODE(buf_span(&b), ControlReply, tsunagu__control_reply__descriptor, 1000, &small, &m), ERR_LIMIT);
    assert_null(m);
    arena_done(&small);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_round_trips),   cmocka_unit_test(an_empty_message_is_a_message),
        cmocka_unit_test(strings_are_text),        cmocka_unit_test(counts_have_limits),
        cmocka_unit_test(sizes_have_limits),       cmocka_unit_test(tricks_are_refused),
        cmocka_unit_test(an_arena_that_is_full_says_so),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
