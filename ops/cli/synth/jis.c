// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/jis.h"

#include <stdlib.h>

#include "proto/base/utf8.h"
#include "proto/text/text.h"

#define BMP 0x10000
#define GETA 0x2223 // ■, what the guideline puts for a character that is not there

struct jis {
    uint16_t pair[BMP]; // 0: not asked yet
};

err jis_new(jis **ret)
{
    jis *j = calloc(1, sizeof *j);
    if (!j)
        return ERR_MEM;
    *ret = j;
    return OK;
}

void jis_free(jis *j)
{
    free(j);
}

// NEC's rows, which vendors send although JIS X 0208 has no such row.
static uint16_t vendor_pair(uint32_t cp)
{
    return cp == 0x9ad9 ? 0x7c62 : cp == 0xfa11 ? 0x7975 : 0; // 髙 and 﨑
}

// What stands between ESC $ B and the next escape.
static err ask(uint32_t cp, uint16_t *ret)
{
    uint16_t known = vendor_pair(cp);
    if (known) {
        *ret = known;
        return OK;
    }
    buf in = {0}, out = {0};
    iso2022_report report = {0};
    err e = utf8_put(&in, cp);
    if (!e)
        e = iso2022_encode(buf_span(&in), &out, &report);
    if (!e) {
        bool pair = out.len >= 5 && out.at[0] == 0x1b && out.at[1] == '$' && out.at[2] == 'B';
        *ret = pair ? be16_get(out.at + 3) : GETA;
    }
    buf_done(&in);
    buf_done(&out);
    return e;
}

static err pair_of(jis *j, uint32_t cp, uint16_t *ret)
{
    if (cp >= BMP) {
        *ret = GETA;
        return OK;
    }
    if (!j->pair[cp]) {
        err e = ask(cp, &j->pair[cp]);
        if (e)
            return e;
    }
    *ret = j->pair[cp];
    return OK;
}

// Half-width kana are no part of JIS X 0208; who sends them shifts to a set of one byte each.
typedef enum set { SET_ASCII, SET_PAIRS, SET_KANA } set;

static void shift(set *now, set to, buf *out)
{
    static const char *const escapes[] = {"\x1b(B", "\x1b$B", "\x1b(I"};
    if (*now != to)
        buf_put(out, escapes[to], 3);
    *now = to;
}

err jis_encode(jis *j, span utf8, buf *out)
{
    set now = SET_ASCII;
    err e = buf_reserve(out, utf8.len * 2 + 8);
    while (!e && utf8.len) {
        if (utf8.at[0] < 0x80) {
            shift(&now, SET_ASCII, out);
            e = buf_put_u8(out, utf8.at[0]);
            utf8 = span_from(utf8, 1);
            continue;
        }
        uint32_t cp = utf8_next(&utf8);
        uint16_t pair = 0;
        if (cp >= 0xff61 && cp <= 0xff9f) {
            shift(&now, SET_KANA, out);
            e = buf_put_u8(out, (uint8_t)(cp - 0xff61 + 0x21));
            continue;
        }
        e = pair_of(j, cp, &pair);
        shift(&now, SET_PAIRS, out);
        if (!e)
            e = buf_put_u16(out, pair);
    }
    shift(&now, SET_ASCII, out);
    return e ? e : out->sticky;
}
