// SPDX-License-Identifier: Apache-2.0
#include "proto/base/luhn.h"

static bool all_digits(span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return s.len > 0;
}

char luhn_digit(span body_digits)
{
    if (!all_digits(body_digits))
        return '\0';
    unsigned sum = 0;
    for (size_t i = 0; i < body_digits.len; i++) {
        unsigned v = body_digits.at[body_digits.len - 1 - i] - '0';
        if (i % 2 == 0)
            v = v * 2 > 9 ? v * 2 - 9 : v * 2;
        sum = (sum + v) % 10;
    }
    return (char)('0' + (10 - sum) % 10);
}

bool luhn_ok(span digits)
{
    if (digits.len < 2 || !all_digits(digits))
        return false;
    return luhn_digit(span_cut(digits, 0, digits.len - 1)) == (char)digits.at[digits.len - 1];
}

err institution_parse(span s, uint64_t *ret)
{
    if (s.len != 10 || !all_digits(s))
        return ERR_FORMAT;
    uint64_t code = 0;
    for (size_t i = 0; i < s.len; i++)
        code = code * 10 + (s.at[i] - '0');
    *ret = code;
    return OK;
}

void institution_format(uint64_t code, char out[static 11])
{
    for (int i = 9; i >= 0; i--) {
        out[i] = (char)('0' + code % 10);
        code /= 10;
    }
    out[10] = '\0';
}
