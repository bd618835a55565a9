// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/wire/wire.h"

static uint64_t seed = 20261121;
static uint64_t dice(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

// Small, large and zero numbers, so that every varint length comes up.
static uint64_t some(unsigned bits)
{
    uint64_t v = dice();
    return (v & 7) == 0 ? 0 : v >> (64 - bits + dice() % bits);
}

static void expect_same(const wire_frame *f)
{
    Tsunagu__Frame m = TSUNAGU__FRAME__INIT;
    char note[WIRE_NOTE_MAX + 1] = {0};
    memcpy(note, f->note.len ? (const void *)f->note.at : "", f->note.len);
    m.version = f->version;
    m.kind = (Tsunagu__Kind)f->kind;
    m.id = f->id;
    m.method = f->method;
    m.deadline_ms = f->deadline_ms;
    m.status = f->status;
    m.credit = f->credit;
    m.body = wire_bytes(f->body);
    m.note = note;
    buf theirs = {0}, ours = {0};
    assert_int_equal(wire_encode(&m.base, &theirs), OK);
    assert_int_equal(wire_frame_encode(f, &ours), OK);
    assert_int_equal(ours.len, theirs.len + 4);
    assert_int_equal(be32_get(ours.at), theirs.len);
    if (theirs.len)
        assert_memory_equal(ours.at + 4, theirs.at, theirs.len);
    wire_frame back;
    assert_int_equal(wire_frame_decode(buf_span(&theirs), &back), OK);
    assert_int_equal(back.version, f->version);
    assert_int_equal(back.kind, f->kind);
    assert_int_equal(back.id, f->id);
    assert_int_equal(back.method, f->method);
    assert_int_equal(back.deadline_ms, f->deadline_ms);
    assert_int_equal(back.status, f->status);
    assert_int_equal(back.credit, f->credit);
    assert_true(span_eq(back.body, f->body));
    assert_true(span_eq(back.note, f->note));
    buf_done(&theirs);
    buf_done(&ours);
}

static void the_same_bytes_as_protobuf_c(void **state)
{
    (void)state;
    static uint8_t body[WIRE_BODY_MAX];
    static const char *const notes[] = {"", "x", "救急の外", "no place in the membership list"};
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)dice();
    for (int round = 0; round < 5000; round++) {
        size_t len = round % 500 == 0 ? sizeof body : (size_t)some(12);
        wire_frame f = {
            .version = (uint32_t)some(32), .kind = (uint32_t)(dice() % 7), .id = some(64),
            .method = (uint32_t)some(32), .deadline_ms = (uint32_t)some(32), .status = (uint32_t)some(32),
            .credit = (uint32_t)some(32), .body = {body, len}, .note = span_str(notes[dice() % 4]),
        };
        expect_same(&f);
    }
    expect_same(&(wire_frame){0});
}

static err decode(const char *bytes, size_t len)
{
    wire_frame f;
    return wire_frame_decode(span_of(bytes, len), &f);
}
#define DECODE(lit) decode((lit), sizeof(lit) - 1)

static void what_is_refused(void **state)
{
    (void)state;
    assert_int_equal(DECODE(""), OK);
    assert_int_equal(DECODE("\x08"), ERR_FORMAT);                 // a tag without its value
    assert_int_equal(DECODE("\x10\x06"), OK);                     // GOODBYE
    assert_int_equal(DECODE("\x10\x07"), ERR_FORMAT);             // no such kind
    assert_int_equal(DECODE("\x08\x01\x08\x01"), ERR_FORMAT);     // version said twice
    assert_int_equal(DECODE("\x0a\x01\x01"), ERR_FORMAT);         // version as bytes
    assert_int_equal(DECODE("\x40\x01"), ERR_FORMAT);             // body as a number
    assert_int_equal(DECODE("\x00\x01"), ERR_FORMAT);             // field 0
    assert_int_equal(DECODE("\x42\x05xxxx"), ERR_FORMAT);         // body longer than the frame
    assert_int_equal(DECODE("\x42\xff\xff\xff\xff\x0f"), ERR_FORMAT);
    assert_int_equal(DECODE("\x08\xff\xff\xff\xff\x1f"), ERR_FORMAT); // 33 bits in a uint32
    assert_int_equal(DECODE("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), ERR_FORMAT); // 65 bits
    assert_int_equal(DECODE("\x18\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), ERR_FORMAT);
    assert_int_equal(DECODE("\x88\x80\x80\x80\x80\x00\x01"), ERR_FORMAT); // a tag padded to six bytes
    assert_int_equal(DECODE("\x0b\x0c"), ERR_FORMAT);             // a group
    assert_int_equal(DECODE("\x4a\x02\xc0\x80"), ERR_FORMAT);     // overlong UTF-8 in the note
    assert_int_equal(DECODE("\x4a\x01\x00"), ERR_FORMAT);         // NUL in the note
    assert_int_equal(DECODE("\x52\x03" "new\x58\x01"), OK);       // fields of a later version
    static char many[2 * 65];
    for (size_t i = 0; i < sizeof many; i += 2)
        memcpy(many + i, "\x58\x01", 2);
    assert_int_equal(decode(many, sizeof many), ERR_LIMIT);
    static uint8_t big[WIRE_FRAME_MAX + 1];
    wire_frame f;
    assert_int_equal(wire_frame_decode((span){big, sizeof big}, &f), ERR_LIMIT);
}

static void too_large_appends_nothing(void **state)
{
    (void)state;
    static uint8_t big[WIRE_FRAME_MAX];
    buf out = {0};
    assert_int_equal(buf_put_str(&out, "before"), OK);
    wire_frame f = {.version = 1, .body = {big, sizeof big}};
    assert_int_equal(wire_frame_encode(&f, &out), ERR_LIMIT);
    f.body.len = 1;
    f.note = (span){big, WIRE_NOTE_MAX + 1};
    assert_int_equal(wire_frame_encode(&f, &out), ERR_LIMIT);
    assert_int_equal(out.len, 6);
    f.note.len = 0;
    assert_int_equal(wire_frame_encode(&f, &out), OK); // a refused frame leaves the buffer usable
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bytes_as_protobuf_c),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(too_large_appends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
