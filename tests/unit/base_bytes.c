// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "proto/base/arena.h"
#include "proto/base/span.h"
#include "proto/base/utf8.h"

static void spans_compare_and_cut(void **state)
{
    (void)state;
    span s = SPAN_LIT("hello");
    assert_true(span_eq(s, span_str("hello")));
    assert_false(span_eq(s, span_str("hell")));
    assert_true(span_eq((span){0}, span_str(NULL)));
    assert_true(span_eq((span){0}, span_str("")));
    assert_true(span_cmp(span_str("ab"), span_str("abc")) < 0);
    assert_true(span_cmp(span_str("b"), span_str("abc")) > 0);
    assert_true(span_cmp(span_str("\xff"), span_str("a")) > 0);
    assert_int_equal(span_cmp((span){0}, span_str("")), 0);
    assert_true(span_cmp((span){0}, s) < 0);
    assert_true(span_eq(span_from(s, 3), SPAN_LIT("lo")));
    assert_int_equal(span_from(s, 5).len, 0);
    assert_int_equal(span_from(s, SIZE_MAX).len, 0);
    assert_true(span_eq(span_cut(s, 1, 3), SPAN_LIT("ell")));
    assert_true(span_eq(span_cut(s, 3, SIZE_MAX), SPAN_LIT("lo")));
    assert_int_equal(span_cut(s, 9, 1).len, 0);
    char out[6] = "xxxxx";
    assert_int_equal(span_to_str(s, out, 5), ERR_LIMIT);
    assert_int_equal(span_to_str(s, out, 0), ERR_LIMIT);
    assert_int_equal(span_to_str(span_of("a\0b", 3), out, 6), ERR_FORMAT);
    assert_string_equal(out, "xxxxx");
    assert_int_equal(span_to_str(s, out, 6), OK);
    assert_string_equal(out, "hello");
    assert_int_equal(span_to_str((span){0}, out, 1), OK);
    assert_string_equal(out, "");
}

static void bufs_grow_and_stick(void **state)
{
    (void)state;
    buf b = {0};
    assert_string_equal(buf_str(&b), "");
    assert_int_equal(buf_put(&b, NULL, 0), OK);
    buf_put_u8(&b, 1);
    buf_put_u16(&b, 0x0203);
    buf_put_u32(&b, 0x04050607);
    buf_put_u64(&b, 0x08090a0b0c0d0e0f);
    buf_put_hex(&b, SPAN_LIT("\x00\xff"));
    buf_printf(&b, "%d%s", 7, "x");
    buf_printf(&b, "%s", "");
    assert_int_equal(b.sticky, OK);
    assert_memory_equal(b.at, "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf" "00ff7x", 21);
    assert_int_equal(b.len, 21);
    assert_int_equal(strlen(buf_str(&b)), 21);
    buf_drop_front(&b, 15);
    assert_string_equal(buf_str(&b), "00ff7x");
    buf_drop_front(&b, 99);
    assert_int_equal(b.len, 0);
    buf_done(&b);
    buf_done(&b);
    buf_done(NULL);

    b.max = 100;
    for (int i = 0; i < 10; i++)
        assert_int_equal(buf_put_str(&b, "0123456789"), OK);
    assert_int_equal(strlen(buf_str(&b)), 100);
    assert_int_equal(buf_put_u8(&b, 1), ERR_LIMIT);
    assert_int_equal(b.len, 100);
    assert_int_equal(buf_reserve(&b, 0), ERR_LIMIT);
    assert_int_equal(buf_put_str(&b, ""), ERR_LIMIT);
    assert_string_equal(buf_str(&b), "");
    buf_clear(&b);
    assert_int_equal(buf_put_str(&b, "again"), OK);
    assert_string_equal(buf_str(&b), "again");
    assert_int_equal(buf_reserve(&b, SIZE_MAX), ERR_LIMIT);
    assert_int_equal(buf_printf(&b, "x"), ERR_LIMIT);
    buf_wipe(&b);
    assert_null(b.at);
    b.max = SIZE_MAX;
    assert_int_equal(buf_reserve(&b, SIZE_MAX - 1), ERR_LIMIT);
    buf_done(&b);
    assert_int_equal(buf_reserve(&b, BUF_MAX_DEFAULT + 1), ERR_LIMIT);
    buf_done(&b);
}

static void readers_stick_at_each_cut(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
    for (size_t n = 0; n <= sizeof bytes; n++) {
        uint8_t *copy = test_malloc(n ? n : 1);
        memcpy(copy, bytes, n);
        reader r = reader_of(span_of(copy, n));
        uint8_t two[2] = {9, 9};
        uint8_t a = read_u8(&r);
        uint16_t b = read_u16(&r);
        uint32_t c = read_u32(&r);
        uint64_t d = read_u64(&r);
        read_into(&r, two, 2);
        assert_int_equal(a, n >= 1 ? 1 : 0);
        assert_int_equal(b, n >= 3 ? 0x0203 : 0);
        assert_true(c == (n >= 7 ? 0x04050607u : 0));
        assert_true(d == (n >= 15 ? 0x08090a0b0c0d0e0fu : 0));
        assert_int_equal(two[0], n >= 17 ? 16 : 0);
        assert_int_equal(r.bad, n < 17);
        assert_int_equal(read_at_end(&r), n == 17);
        assert_int_equal(read_bytes(&r, 1).len, 0);
        assert_true(r.bad);
        test_free(copy);
    }
    reader r = reader_of(SPAN_LIT("abc"));
    assert_int_equal(read_bytes(&r, SIZE_MAX).len, 0);
    assert_int_equal(read_u8(&r), 0); // sticky, though bytes are left
    assert_false(read_at_end(&r));
}

static void hex_is_exact(void **state)
{
    (void)state;
    uint8_t out[2] = {7, 7};
    char text[5];
    assert_int_equal(hex_get(SPAN_LIT("00fF"), out, 2), OK);
    assert_true(out[0] == 0 && out[1] == 255);
    hex_put(text, span_of(out, 2));
    assert_string_equal(text, "00ff");
    const char *bad[] = {"", "0", "00f", "00fg", "00ff0", "00ff00", "0x00", " 0ff"};
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(hex_get(span_str(bad[i]), out, 2), ERR_FORMAT);
    assert_int_equal(out[1], 255);
    assert_int_equal(hex_get((span){0}, out, 0), OK);
    assert_int_equal(hex_get(SPAN_LIT(""), out, SIZE_MAX / 2 + 1), ERR_FORMAT);
}

static void arenas_have_limits(void **state)
{
    (void)state;
    arena a;
    arena_init(&a, 100000);
    uint8_t *p = arena_get(&a, 1), *q = arena_get(&a, 0);
    assert_true(p && q && p != q);
    assert_int_equal((uintptr_t)p % 16, 0);
    assert_int_equal(*p, 0);
    assert_string_equal(arena_str(&a, SPAN_LIT("山")), "山");
    assert_true(span_eq(arena_copy(&a, SPAN_LIT("xyz")), SPAN_LIT("xyz")));
    assert_non_null(arena_copy(&a, (span){0}).at);
    assert_null(arena_get(&a, 100000));
    assert_null(arena_get(&a, SIZE_MAX));
    size_t got = 0;
    for (uint8_t *at; (at = arena_get(&a, 1000)); got++) {
        for (int i = 0; i < 1000; i++)
            assert_int_equal(at[i], 0);
        memset(at, 0xaa, 1000);
    }
    assert_true(got > 90 && got < 100);
    arena_clear(&a);
    assert_int_equal(a.used, 0);
    // The kept block is zeroed again.
    p = arena_get(&a, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(p[i], 0);
    arena_done(&a);
    arena_done(&a);
    arena_init(&a, 0);
    assert_non_null(arena_get(&a, 1 << 20));
    arena_clear(&a);
    assert_non_null(arena_get(&a, 16));
    arena_done(&a);
}

static void utf8_is_rfc_3629(void **state)
{
    (void)state;
    const char *good[] = {"", "a", "é", "山", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"};
    for (size_t i = 0; i < 8; i++)
        assert_true(utf8_valid(span_str(good[i])));
    const char *bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
                         "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
                         "\xe5\xb1", "\xf0\x9f\x98", "a\xe5", "\xe5\x41\x41", "\xc3\xc3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(utf8_valid(span_str(bad[i])));
    // Every code point goes and comes.
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        if (cp >= 0xd800 && cp <= 0xdfff)
            continue;
        uint8_t mem[8];
        buf b = {.at = mem, .cap = sizeof mem};
        assert_int_equal(utf8_put(&b, cp), OK);
        span s = buf_span(&b);
        assert_true(utf8_valid(s));
        assert_true(utf8_next(&s) == cp);
        assert_int_equal(s.len, 0);
    }
    buf b = {0};
    utf8_put(&b, 0xd800);
    utf8_put(&b, 0x110000);
    assert_string_equal(buf_str(&b), "\ufffd\ufffd");
    buf_done(&b);
    span s = SPAN_LIT("\xe5\xb1" "a");
    assert_true(utf8_next(&s) == 0xfffd && s.len == 2);
    assert_true(utf8_next(&s) == 0xfffd && s.len == 1);
    assert_true(utf8_next(&s) == 'a' && s.len == 0);
    assert_true(utf8_next(&s) == 0xfffd);
}

static void widths_are_cells(void **state)
{
    (void)state;
    assert_int_equal(utf8_width(span_str("abc")), 3);
    assert_int_equal(utf8_width(span_str("山田、ｶﾞ。（Ａ）")), 16);
    assert_int_equal(utf8_width(span_str("か\u3099")), 2);
    assert_int_equal(utf8_width(span_str("e\u0301")), 1);
    assert_int_equal(utf8_width(span_str("😀𠮷")), 4);
    assert_int_equal(utf8_width(span_str("é")), 1);
    assert_int_equal(utf8_cells('\n'), 0);
    assert_int_equal(utf8_cells(0x200b), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_compare_and_cut), cmocka_unit_test(bufs_grow_and_stick),
        cmocka_unit_test(readers_stick_at_each_cut), cmocka_unit_test(hex_is_exact),
        cmocka_unit_test(arenas_have_limits),    cmocka_unit_test(utf8_is_rfc_3629),
        cmocka_unit_test(widths_are_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
