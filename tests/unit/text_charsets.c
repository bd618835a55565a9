// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include "proto/base/utf8.h"
#include "proto/text/text.h"

static void nfkc(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"ﾔﾏﾀﾞ　Ｔａｒｏ㈱①", "ヤマダ Taro(株)1"},
        {"ﾊﾟﾋﾟﾌﾟ ｶﾞｷﾞ ｳﾞ", "パピプ ガギ ヴ"},
        {"か\u3099", "が"},
        {"１９７０", "1970"},
        {"髙﨑", "髙﨑"},
        {"plain ASCII", "plain ASCII"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        buf b = {0};
        assert_int_equal(text_nfkc(span_str(pairs[i][0]), &b), OK);
        assert_string_equal(buf_str(&b), pairs[i][1]);
        buf_done(&b);
    }
    const char *bad[] = {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "ｱ\xe3\x81"};
    for (size_t i = 0; i < 5; i++) {
        buf b = {0};
        assert_int_equal(text_nfkc(span_str(bad[i]), &b), ERR_FORMAT);
        assert_int_equal(b.len, 0);
        buf_done(&b);
    }
    // An inner NUL is a character, not the end; a full buffer is told.
    buf b = {.max = 4};
    assert_int_equal(text_nfkc(span_of("Ａ\0Ｂ", 7), &b), OK);
    assert_memory_equal(b.at, "A\0B", 3);
    assert_int_equal(text_nfkc(span_str("ああ"), &b), ERR_LIMIT);
    buf_done(&b);
}

#define B(s) s, sizeof(s) - 1
static const struct {
    const char *bytes;
    size_t len;
    const char *text;
    size_t bad, gaiji;
    bool escapes, shifted;
} DECODE[] = {
    {B(""), "", 0, 0, false, false},
    {B("PID|1||0001\r"), "PID|1||0001\r", 0, 0, false, false},
    // 山田 holds 0x3b 0x33 0x45 0x44; 漢 is 0x34 0x41.
    {B("a\x1b$B;3ED\x1b(B|b"), "a山田|b", 0, 0, true, false},
    {B("\x1b$@;3ED\x1b(J\\~"), "山田\\~", 0, 0, true, true},
    // Pairs made of the delimiters ^ | ~ & and the backslash: no delimiter is seen.
    {B("\x1b$B!^%^%&!|0~\\!A|\x1b(B^"), "±マウ●蔭棔像^", 0, 0, true, false},
    {B("\x1b(I1^6^\x1b(B"), "ｱﾞｶﾞ", 0, 0, true, false},
    {B("\x1b(I\x60\x1b(B"), "\ufffd", 1, 0, true, false},
    // NEC row 13, IBM by JIS X 0212's rows, and where Windows puts them.
    {B("\x1b$B-!\x1b(B"), "①", 0, 0, true, false},
    {B("\x1b$(Dt{t=\x1b(B"), "髙﨑", 0, 0, true, false},
    {B("\x1b$B|byu\x1b(B"), "髙﨑", 0, 0, true, false},
    {B("\x1b$(D\x6c\x3f\x1b(B"), "鷗", 0, 0, true, false},
    {B("\x1b$(B;3\x1b(B"), "山", 0, 0, true, false},
    {B("\x1b&@\x1b$B;3\x1b(B"), "山", 0, 0, true, false},
    // ■ is what hospitals write for their own characters; user rows become it.
    {B("\x1b$B\"#\x1b(B"), "■", 0, 1, true, false},
    {B("\x1b$Bu!~~\x1b(B"), "■■", 0, 2, true, false},
    // Ends of line end a shift.
    {B("\x1b$B;3\rPV1\n"), "山\rPV1\n", 0, 0, true, false},
    {B("\x1b$B;3\r\nED"), "山\r\nED", 0, 0, true, false},
    {B("\x1b(J~\r~"), "~\r~", 0, 0, true, false},
    {B("\x1b$B;3\x1c"), "山\x1c", 0, 0, true, true},
    {B("\x1b$B;3 ED\x1b(B"), "山 田", 0, 0, true, false},
    // Dirt: a cut pair, an unknown escape, eight-bit bytes, an empty cell.
    {B("\x1b$B;"), "\ufffd", 1, 0, true, true},
    {B("\x1b$B;\x1b(Bx"), "\ufffdx", 1, 0, true, false},
    {B("\x1b$B;\rx"), "\ufffd\rx", 1, 0, true, false},
    {B("\x1b$B)!\x1b(B"), "\ufffd", 1, 0, true, false},
    {B("\x1b$Cx"), "\ufffd$Cx", 1, 0, false, false},
    {B("a\x1b"), "a\ufffd", 1, 0, false, false},
    {B("\xfb\xfc"), "\ufffd\ufffd", 2, 0, false, false},
    {B("\xe5\xb1\xb1"), "\ufffd\ufffd\ufffd", 3, 0, false, false},
    {B("\x1b$B\xbb\xb3\x1b(B"), "\ufffd\ufffd", 2, 0, true, false},
    {B("a\x0e\x0f\x7f"), "a\ufffd\ufffd\ufffd", 3, 0, false, false},
};

static void iso2022_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof DECODE / sizeof *DECODE; i++) {
        buf b = {0};
        iso2022_report r;
        assert_int_equal(iso2022_decode(span_of(DECODE[i].bytes, DECODE[i].len), &b, &r), OK);
        if (strcmp(buf_str(&b), DECODE[i].text) != 0 || r.bad != DECODE[i].bad || r.gaiji != DECODE[i].gaiji ||
            r.escapes != DECODE[i].escapes || r.shifted_at_end != DECODE[i].shifted)
            fail_msg("case %zu: %s bad %zu gaiji %zu escapes %d shifted %d", i, buf_str(&b), r.bad, r.gaiji,
                     r.escapes, r.shifted_at_end);
        buf_done(&b);
    }
}

static void cut_anywhere_is_read(void **state)
{
    (void)state;
    const char whole[] = "\x1b$B;3ED\x1b(B^\x1b$(Dt{\x1b(I1\x1b(J~\r\x1b$B-!";
    for (size_t n = 0; n < sizeof whole; n++) {
        uint8_t *copy = malloc(n ? n : 1);
        memcpy(copy, whole, n);
        buf b = {0};
        iso2022_report r;
        assert_int_equal(iso2022_decode(span_of(copy, n), &b, &r), OK);
        assert_true(utf8_valid(buf_span(&b)));
        assert_true(r.bad <= 3);
        buf_done(&b);
        free(copy);
    }
}

// The whole of JIS X 0208 against glibc's own ISO-2022-JP, and back.
static void every_character_goes_and_comes(void **state)
{
    (void)state;
    iconv_t cd = iconv_open("UTF-8", "ISO-2022-JP");
    assert_true(cd != (iconv_t)-1);
    size_t differ = 0, seen = 0;
    for (int row = 0x21; row <= 0x7e; row++)
        for (int cell = 0x21; cell <= 0x7e; cell++) {
            char bytes[] = {0x1b, '$', 'B', (char)row, (char)cell, 0x1b, '(', 'B'}, want[16] = {0};
            char *in = bytes, *to = want;
            size_t in_left = sizeof bytes, room = sizeof want;
            bool known = iconv(cd, &in, &in_left, &to, &room) != (size_t)-1;
            iconv(cd, NULL, NULL, NULL, NULL);
            buf b = {0}, back = {0};
            iso2022_report r;
            assert_int_equal(iso2022_decode(span_of(bytes, sizeof bytes), &b, &r), OK);
            if (known) {
                seen++;
                assert_int_equal(r.bad, 0);
                // Six signs have Microsoft's name instead of JIS's (～ ∥ － ¢ £ ¬), and \ is full-width.
                differ += strcmp(want, buf_str(&b)) != 0;
            }
            if (!r.bad && !r.gaiji) {
                assert_int_equal(iso2022_encode(buf_span(&b), &back, &r), OK);
                assert_int_equal(r.bad, 0);
                buf again = {0};
                assert_int_equal(iso2022_decode(buf_span(&back), &again, &r), OK);
                assert_string_equal(buf_str(&again), buf_str(&b));
                if (known)
                    assert_true(span_eq(buf_span(&back), span_of(bytes, sizeof bytes)));
                buf_done(&again);
            }
            buf_done(&b);
            buf_done(&back);
        }
    iconv_close(cd);
    assert_int_equal(seen, 6879);
    assert_true(differ <= 8);
}

static const struct {
    const char *text;
    const char *bytes;
    size_t bad;
} ENCODE[] = {
    {"", "", 0},
    {"PID|山田^太郎\r", "PID|\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B\r", 0},
    {"山", "\x1b$B;3\x1b(B", 0},
    {"ﾔﾏﾀﾞ", "\x1b$B%d%^%@\x1b(B", 0},
    {"xﾊﾟ", "x\x1b$B%Q\x1b(B", 0},
    {"ﾞ", "\x1b$B!+\x1b(B", 0},
    {"①髙", "\x1b$B-!\x1b$(Dt{\x1b(B", 0},
    {"〜～−", "\x1b$B!A!A!]\x1b(B", 0},
    {"𠮷a", "\x1b$B\"#\x1b(Ba", 1},
    {"😀", "\x1b$B\"#\x1b(B", 1},
    {"a\x1b$B", "a\x1b$B\"#\x1b(B$B", 1},
    {"\xff", "\x1b$B\"#\x1b(B", 1},
    {"\x7f", "\x1b$B\"#\x1b(B", 1},
};

static void iso2022_is_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ENCODE / sizeof *ENCODE; i++) {
        buf b = {0};
        iso2022_report r;
        assert_int_equal(iso2022_encode(span_str(ENCODE[i].text), &b, &r), OK);
        if (strcmp(buf_str(&b), ENCODE[i].bytes) != 0 || r.bad != ENCODE[i].bad)
            fail_msg("%s: bad %zu", ENCODE[i].text, r.bad);
        assert_false(r.shifted_at_end);
        buf_done(&b);
    }
    buf small = {.max = 5};
    iso2022_report r = {.bad = 77};
    assert_int_equal(iso2022_encode(span_str("山田"), &small, &r), ERR_LIMIT);
    assert_int_equal(r.bad, 77);
    buf_done(&small);
    small.max = 2;
    assert_int_equal(iso2022_decode(span_str("\x1b$B;3\x1b(B"), &small, &r), ERR_LIMIT);
    assert_int_equal(r.bad, 77);
    buf_done(&small);
}

static void cp932_is_read(void **state)
{
    (void)state;
    buf b = {0};
    assert_int_equal(text_ready(), OK);
    assert_int_equal(cp932_decode(span_str("\x8e\x52\x93\x63\\\xb1~"), &b), OK);
    assert_string_equal(buf_str(&b), "山田\\ｱ~");
    buf_clear(&b);
    assert_int_equal(cp932_decode(span_str("\xfb\xfc\x87\x40\xed\x95"), &b), OK);
    assert_string_equal(buf_str(&b), "髙①﨑");
    const char *bad[] = {"x\x8e", "\x81\x20", "a\xff", "\xeb\x9f\x81"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(cp932_decode(span_str(bad[i]), &b), ERR_FORMAT);
        assert_string_equal(buf_str(&b), "髙①﨑");
    }
    buf_done(&b);
    // Longer than one chunk, with pairs across its end.
    buf in = {0};
    for (int i = 0; i < 9999; i++)
        buf_put_str(&in, i % 7 ? "\x8e\x52" : "a");
    assert_int_equal(cp932_decode(buf_span(&in), &b), OK);
    assert_int_equal(b.len, 9999 / 7 + 1 + (9999 - (9999 / 7 + 1)) * 3);
    buf_done(&in);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nfkc),
        cmocka_unit_test(iso2022_is_read),
        cmocka_unit_test(cut_anywhere_is_read),
        cmocka_unit_test(every_character_goes_and_comes),
        cmocka_unit_test(iso2022_is_written),
        cmocka_unit_test(cp932_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
