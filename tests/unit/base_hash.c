// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/base/hash.h"
#include "proto/base/luhn.h"

// The 64 vectors of the authors' reference code (vectors.h, vectors_sip64):
// key 00..0f, message 00..(n-1), outputs as bytes, least significant first.
static const uint64_t SIPHASH_2_4[64] = {
    0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
    0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
    0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
    0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
    0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794, 0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd,
    0xbed65cf21aa2ee98, 0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8,
    0xb8ad50c6f649af94, 0xbce192de8a85b8ea, 0x17d835b85bbb15f3, 0x2f2e6163076bcfad,
    0xde4daaaca71dc9a5, 0xa6a2506687956571, 0xad87a3535c49ef28, 0x32d892fad841c342,
    0x7127512f72f27cce, 0xa7f32346f95978e3, 0x12e0b01abb051238, 0x15e034d40fa197ae,
    0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d, 0x9abfd8766a33735c,
    0x0e3ea96b5304a7d0, 0xad0c42d6fc585992, 0x187306c89bc215a9, 0xd4a60abcf3792b95,
    0xf935451de4f21df2, 0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb,
    0xe612a3cb9ecba951, 0xc766e62cfcadaf96, 0xee64435a9752fe72, 0xa192d576b245165a,
    0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f, 0x7fa8220ba3b2ecea, 0x245731c13ca42499,
    0xb78dbfaf3a8d83bd, 0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
    0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57, 0x958a324ceb064572,
};

static void siphash_fits_the_published_vectors(void **state)
{
    (void)state;
    uint8_t key[16];
    for (int i = 0; i < 16; i++)
        key[i] = (uint8_t)i;
    for (size_t n = 0; n < 64; n++) {
        uint8_t *message = malloc(n ? n : 1);
        for (size_t i = 0; i < n; i++)
            message[i] = (uint8_t)i;
        if (siphash(key, span_of(message, n)) != SIPHASH_2_4[n])
            fail_msg("vector %zu differs", n);
        free(message);
    }
}

static void luhn_checks(void **state)
{
    (void)state;
    // The well-known example number, and insurer numbers in use (協会けんぽ北海道
    // 01010016, 船員 02130012 and the 国保 form with six digits 138057).
    assert_true(luhn_ok(span_str("79927398713")));
    assert_true(luhn_ok(span_str("01010016")));
    assert_true(luhn_ok(span_str("138057")));
    assert_false(luhn_ok(span_str("01010017")));
    assert_int_equal(luhn_digit(span_str("7992739871")), '3');
    assert_int_equal(luhn_digit(span_str("0000000")), '0');
    assert_int_equal(luhn_digit(span_str("")), '\0');
    assert_int_equal(luhn_digit(span_str("12a")), '\0');
    assert_false(luhn_ok(span_str("")));
    assert_false(luhn_ok(span_str("0")));
    assert_false(luhn_ok(span_str("7992739871x")));
    assert_false(luhn_ok(span_str("7992739871 3")));
    // One wrong digit is always seen.
    char body[] = "0111234567";
    body[9] = luhn_digit(span_of(body, 9));
    for (int i = 0; i < 10; i++)
        for (char c = '0'; c <= '9'; c++) {
            char copy[11];
            memcpy(copy, body, sizeof copy);
            copy[i] = c;
            assert_int_equal(luhn_ok(span_str(copy)), c == body[i]);
        }
}

static void institutions_are_ten_digits(void **state)
{
    (void)state;
    uint64_t code = 9;
    char text[11];
    assert_int_equal(institution_parse(span_str("0110000001"), &code), OK);
    assert_true(code == 110000001);
    institution_format(code, text);
    assert_string_equal(text, "0110000001");
    assert_int_equal(institution_parse(span_str("9999999999"), &code), OK);
    institution_format(code, text);
    assert_string_equal(text, "9999999999");
    const char *bad[] = {"", "011000001", "01100000012", "011000000x", "+110000001", " 110000001"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        code = 9;
        assert_int_equal(institution_parse(span_str(bad[i]), &code), ERR_FORMAT);
        assert_true(code == 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_fits_the_published_vectors),
        cmocka_unit_test(luhn_checks),
        cmocka_unit_test(institutions_are_ten_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
