// SPDX-License-Identifier: Apache-2.0
#include "proto/base/utf8.h"

#include <string.h>

// Bytes of the character at the front, its code point in *cp; 0 if invalid.
static size_t decode(span s, uint32_t *cp)
{
    uint8_t lead = s.at[0];
    if (lead < 0x80) {
        *cp = lead;
        return 1;
    }
    size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || s.len < len)
        return 0;
    uint32_t v = lead & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s.at[i] & 0xc0) != 0x80)
            return 0;
        v = v << 6 | (s.at[i] & 0x3fu);
    }
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
        return 0;
    *cp = v;
    return len;
}

bool utf8_valid(span s)
{
    while (s.len) {
        uint32_t cp;
        size_t n = decode(s, &cp);
        if (!n)
            return false;
        s = span_from(s, n);
    }
    return true;
}

uint32_t utf8_next(span *s)
{
    if (s->len == 0)
        return 0xfffd;
    uint32_t cp = 0xfffd;
    size_t n = decode(*s, &cp);
    *s = span_from(*s, n ? n : 1);
    return cp;
}

void utf8_clean(const char *text, char *out, size_t cap)
{
    span rest = span_str(text);
    size_t at = 0;
    while (rest.len) {
        span before = rest;
        uint32_t cp = utf8_next(&rest);
        size_t len = before.len - rest.len;
        bool bad = cp == 0xfffd && len == 1;
        if (at + (bad ? 3 : len) >= cap)
            break;
        memcpy(out + at, bad ? "\xef\xbf\xbd" : (const char *)before.at, bad ? 3 : len);
        at += bad ? 3 : len;
    }
    if (cap)
        out[at] = '\0';
}

err utf8_put(buf *b, uint32_t cp)
{
    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        cp = 0xfffd;
    uint8_t out[4];
    if (cp < 0x80) {
        out[0] = (uint8_t)cp;
        return buf_put(b, out, 1);
    }
    size_t len = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (cp & 0x3f));
        cp >>= 6;
    }
    out[0] = (uint8_t)((0xf00u >> len) | cp);
    return buf_put(b, out, len);
}

typedef struct range {
    uint32_t first, last;
} range;

// Marks that stand on the character before them, and what shows nothing.
static const range NARROW_NONE[] = {
    {0x0300, 0x036f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f},   {0x202a, 0x202e},
    {0x2060, 0x2064}, {0x20d0, 0x20ff}, {0x3099, 0x309a}, {0xfe00, 0xfe0f},   {0xfe20, 0xfe2f},
    {0xfeff, 0xfeff}, {0xe0100, 0xe01ef},
};

// East Asian Width W and F (UAX #11), in the blocks a Japanese file meets.
static const range WIDE[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x4dbf},   {0x4e00, 0xa4cf},
    {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff01, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

static bool in_ranges(uint32_t cp, const range *r, size_t count)
{
    for (size_t i = 0; i < count && r[i].first <= cp; i++)
        if (cp <= r[i].last)
            return true;
    return false;
}

int utf8_cells(uint32_t cp)
{
    if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
        return 0;
    if (cp < 0x300)
        return 1;
    if (in_ranges(cp, NARROW_NONE, sizeof NARROW_NONE / sizeof *NARROW_NONE))
        return 0;
    return in_ranges(cp, WIDE, sizeof WIDE / sizeof *WIDE) ? 2 : 1;
}

size_t utf8_width(span s)
{
    size_t cells = 0;
    while (s.len)
        cells += (size_t)utf8_cells(utf8_next(&s));
    return cells;
}
