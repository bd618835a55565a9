// SPDX-License-Identifier: Apache-2.0
#include "proto/base/utf8.h"
#include "proto/text/tables.h"
#include "proto/text/text.h"

typedef struct encoder {
    const tables *t;
    buf *out;
    const char *shift; // the escape in force
    iso2022_report report;
} encoder;

static const char TO_ASCII[] = "\x1b(B", TO_0208[] = "\x1b$B", TO_0212[] = "\x1b$(D";

static void shift_to(encoder *c, const char *escape)
{
    if (c->shift == escape)
        return;
    buf_put_str(c->out, escape);
    c->shift = escape;
    c->report.escapes = true;
}

static void put(encoder *c, uint32_t cp)
{
    // An ESC of the text would be read as a shift.
    if (cp < 0x7f && cp != 0x1b && cp != 0x0e && cp != 0x0f) {
        shift_to(c, TO_ASCII);
        buf_put_u8(c->out, (uint8_t)cp);
        return;
    }
    uint32_t pair = cp <= 0xffff ? c->t->pair[cp] : 0;
    if (!pair) {
        c->report.bad++;
        pair = c->t->pair[BLACK_SQUARE];
    } else if (cp == BLACK_SQUARE) {
        c->report.gaiji++;
    }
    shift_to(c, pair & PLANE_0212 ? TO_0212 : TO_0208);
    buf_put_u16(c->out, (uint16_t)(pair & 0x7f7f));
}

static bool is_half_kana(span s)
{
    uint32_t cp = s.len ? utf8_next(&s) : 0;
    return cp >= 0xff61 && cp <= 0xff9f;
}

// A run of half-width kana as full-width, marks composed.
static err put_half_kana(encoder *c, span *rest)
{
    span run = *rest;
    while (is_half_kana(*rest))
        utf8_next(rest);
    run.len = (size_t)(run.len - rest->len);
    buf full = {0};
    err e = text_nfkc(run, &full);
    for (span s = buf_span(&full); !e && s.len;)
        put(c, utf8_next(&s));
    buf_done(&full);
    return e;
}

err iso2022_encode(span utf8, buf *out, iso2022_report *ret)
{
    encoder c = {.out = out, .shift = TO_ASCII};
    err e = tables_get(&c.t);
    while (!e && utf8.len) {
        if (is_half_kana(utf8))
            e = put_half_kana(&c, &utf8);
        else
            put(&c, utf8_next(&utf8));
        if (!e)
            e = out->sticky;
    }
    if (e)
        return e;
    shift_to(&c, TO_ASCII);
    if (out->sticky)
        return out->sticky;
    if (ret)
        *ret = c.report;
    return OK;
}
