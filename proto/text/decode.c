// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include "proto/base/utf8.h"
#include "proto/text/tables.h"
#include "proto/text/text.h"

#define ESC 0x1b

typedef enum shift { ASCII, ROMAN, KANA, JIS_0208, JIS_0212 } shift;

// Longer ones first where one begins another.
static const struct escape {
    const char *bytes;
    size_t len;
    shift to;
} ESCAPES[] = {
    {"\x1b$(D", 4, JIS_0212}, {"\x1b$(B", 4, JIS_0208}, {"\x1b$(@", 4, JIS_0208},
    {"\x1b$B", 3, JIS_0208},  {"\x1b$@", 3, JIS_0208},  {"\x1b(B", 3, ASCII},
    {"\x1b(J", 3, ROMAN},     {"\x1b(H", 3, ROMAN}, // an old mistake for ( J
    {"\x1b(I", 3, KANA},
};

typedef struct decoder {
    const tables *t;
    span rest;
    buf *out;
    shift at;
    iso2022_report report;
} decoder;

static void bad_byte(decoder *d)
{
    utf8_put(d->out, 0xfffd);
    d->report.bad++;
    d->rest = span_from(d->rest, 1);
}

static void take_escape(decoder *d)
{
    // "The revision of 1990 follows": says nothing that matters here.
    if (d->rest.len >= 3 && memcmp(d->rest.at, "\x1b&@", 3) == 0) {
        d->rest = span_from(d->rest, 3);
        d->report.escapes = true;
        return;
    }
    for (size_t i = 0; i < sizeof ESCAPES / sizeof *ESCAPES; i++) {
        const struct escape *e = &ESCAPES[i];
        if (d->rest.len >= e->len && memcmp(d->rest.at, e->bytes, e->len) == 0) {
            d->at = e->to;
            d->report.escapes = true;
            d->rest = span_from(d->rest, e->len);
            return;
        }
    }
    bad_byte(d);
}

static bool is_cell(uint8_t c)
{
    return c >= 0x21 && c <= 0x7e;
}

static void take_pair(decoder *d)
{
    const uint8_t *p = d->rest.at;
    if (d->rest.len < 2 || !is_cell(p[1])) {
        bad_byte(d);
        return;
    }
    uint32_t cp = d->t->cp[d->at == JIS_0212][p[0] - 0x21][p[1] - 0x21];
    if (!cp) {
        cp = 0xfffd;
        d->report.bad++;
    } else if (cp == BLACK_SQUARE) {
        d->report.gaiji++;
    }
    utf8_put(d->out, cp);
    d->rest = span_from(d->rest, 2);
}

// ASCII up to the next byte that means something else, in one piece.
static void take_plain(decoder *d)
{
    size_t n = 0;
    while (n < d->rest.len && d->rest.at[n] != ESC && d->rest.at[n] < 0x7f && d->rest.at[n] != 0x0e &&
           d->rest.at[n] != 0x0f)
        n++;
    if (n == 0) {
        bad_byte(d);
        return;
    }
    // JIS X 0201's shift ends with the line, as a wider one does.
    if (memchr(d->rest.at, '\r', n) || memchr(d->rest.at, '\n', n))
        d->at = ASCII;
    buf_put(d->out, d->rest.at, n);
    d->rest = span_from(d->rest, n);
}

static void take(decoder *d)
{
    uint8_t c = d->rest.at[0];
    if (c == ESC) {
        take_escape(d);
    } else if (d->at == ASCII || d->at == ROMAN) {
        take_plain(d);
    } else if (c <= 0x20 && c != 0x0e && c != 0x0f) {
        // A control or a space between characters stands for itself.
        if (c == '\r' || c == '\n')
            d->at = ASCII;
        buf_put_u8(d->out, c);
        d->rest = span_from(d->rest, 1);
    } else if (!is_cell(c)) {
        bad_byte(d);
    } else if (d->at != KANA) {
        take_pair(d);
    } else if (c <= 0x5f) {
        utf8_put(d->out, 0xff61u + c - 0x21);
        d->rest = span_from(d->rest, 1);
    } else {
        bad_byte(d);
    }
}

err iso2022_decode(span bytes, buf *out, iso2022_report *ret)
{
    decoder d = {.rest = bytes, .out = out};
    err e = tables_get(&d.t);
    if (e)
        return e;
    while (d.rest.len && !out->sticky)
        take(&d);
    if (out->sticky)
        return out->sticky;
    d.report.shifted_at_end = d.at != ASCII;
    if (ret)
        *ret = d.report;
    return OK;
}
