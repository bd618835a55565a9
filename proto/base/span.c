// SPDX-License-Identifier: Apache-2.0
#include "proto/base/span.h"

#include <string.h>

span span_of(const void *at, size_t len)
{
    return (span){at, len};
}

span span_str(const char *s)
{
    return s ? (span){(const uint8_t *)s, strlen(s)} : (span){0};
}

bool span_eq(span a, span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

int span_cmp(span a, span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.at, b.at, n) : 0;
    if (order)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

span span_from(span s, size_t skip)
{
    if (skip >= s.len)
        return (span){0};
    return (span){s.at + skip, s.len - skip};
}

span span_cut(span s, size_t from, size_t len)
{
    span rest = span_from(s, from);
    if (rest.len > len)
        rest.len = len;
    return rest;
}

err span_to_str(span s, char *out, size_t cap)
{
    if (s.len >= cap)
        return ERR_LIMIT;
    if (s.len && memchr(s.at, 0, s.len))
        return ERR_FORMAT;
    if (s.len)
        memcpy(out, s.at, s.len);
    out[s.len] = '\0';
    return OK;
}

void hex_put(char *out, span s)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < s.len; i++) {
        out[2 * i] = digits[s.at[i] >> 4];
        out[2 * i + 1] = digits[s.at[i] & 15];
    }
    out[2 * s.len] = '\0';
}

// One more than the digit's value; 0: no hex digit. Whole years of logs are read through this.
static const uint8_t HEX[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};

err hex_get(span hex, uint8_t *out, size_t len)
{
    if (hex.len % 2 || hex.len / 2 != len)
        return ERR_FORMAT;
    // First look, then write: a failure leaves the output untouched.
    for (size_t i = 0; i < hex.len; i++)
        if (!HEX[hex.at[i]])
            return ERR_FORMAT;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)((HEX[hex.at[2 * i]] - 1) << 4 | (HEX[hex.at[2 * i + 1]] - 1));
    return OK;
}
