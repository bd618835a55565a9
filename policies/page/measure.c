// SPDX-License-Identifier: Apache-2.0
#include "policies/page/measure.h"

#include <string.h>

#include "proto/base/utf8.h"

typedef struct pen {
    int width, at, unit, lines, most;
    bool together, small;
} pen;

static void unit_end(pen *p)
{
    if (p->unit && p->at && p->at + p->unit > p->width) {
        p->lines++;
        p->at = 0;
    }
    p->at += p->unit;
    while (p->at > p->width) { // longer than a line: broken anywhere
        p->lines++;
        p->at -= p->width;
    }
    p->most = p->at > p->most ? p->at : p->most;
    p->unit = 0;
}

static void line_end(pen *p)
{
    unit_end(p);
    p->lines++;
    p->at = 0;
}

static int width_of(uint32_t c)
{
    int cells = utf8_cells(c);
    if (cells == 2)
        return EM;
    if (cells == 0)
        return 0;
    if (c >= 0x80)
        return EM; // half wide in a terminal, often wide in a Japanese font
    return c == ' ' ? 6 : strchr("MWmw@%&", (int)c) ? 18 : c >= 'A' && c <= 'Z' ? 14 : strchr("iljft.,:;'|!()[]", (int)c) ? 8 : 12;
}

static bool begins(span s, const char *with)
{
    return span_eq(span_cut(s, 0, strlen(with)), span_str(with));
}

// Drawn things, by their class.
static int drawn_width(span tag)
{
    static const struct { const char *begin; int width; } DRAWN[] = {
        {"<i class=b>", 24}, {"<i class=\"b x\">", 24}, {"<i class=d>", 23}, {"<i class=g>", 44}, {"<i class=h>", 0},
        {"<i class=w>", 120}, {"<i class=z>", 60}};
    for (size_t i = 0; i < sizeof DRAWN / sizeof *DRAWN; i++)
        if (begins(tag, DRAWN[i].begin))
            return DRAWN[i].width;
    return EM;
}

// Steps over a tag; an <i> with all in it.
static void tag_take(pen *p, span *s)
{
    const uint8_t *end = memchr(s->at, '>', s->len);
    size_t len = end ? (size_t)(end - s->at) + 1 : s->len;
    if (begins(*s, "<br>") || begins(*s, "<p") || begins(*s, "<div")) {
        if (p->at || p->unit || begins(*s, "<br>"))
            line_end(p);
    } else if (begins(*s, "<wbr>")) {
        unit_end(p);
    } else if (begins(*s, "<span class=o>")) {
        unit_end(p);
        p->together = true;
    } else if (begins(*s, "</span>")) {
        if (p->together) {
            p->unit += 10; // the gap behind it
            unit_end(p);
        }
        p->together = false;
    } else if (begins(*s, "<small")) {
        p->small = true;
    } else if (begins(*s, "</small>")) {
        p->small = false;
    } else if (begins(*s, "<i ")) {
        p->unit += drawn_width(*s);
        const uint8_t *close = memmem(s->at, s->len, "</i>", 4);
        len = close ? (size_t)(close - s->at) + 4 : s->len;
        if (!p->together)
            unit_end(p);
    }
    *s = span_from(*s, len);
}

static void walk(pen *p, span html)
{
    while (html.len) {
        if (*html.at == '<') {
            tag_take(p, &html);
            continue;
        }
        uint32_t c;
        if (*html.at == '&') { // an entity of html_text: one character
            const uint8_t *end = memchr(html.at, ';', html.len);
            html = span_from(html, end ? (size_t)(end - html.at) + 1 : html.len);
            c = '&';
        } else {
            c = utf8_next(&html);
        }
        int w = width_of(c);
        if (c == ' ' && !p->together) {
            unit_end(p);
            p->at += p->at ? w : 0;
            continue;
        }
        if (w == EM && !p->together)
            unit_end(p); // a line may break before a wide character
        p->unit += p->small ? w * 17 / 20 : w;
        if (w == EM && !p->together)
            unit_end(p);
    }
    unit_end(p);
}

int measure_lines(span html, int width)
{
    pen p = {.width = width > EM ? width : EM, .lines = 1};
    walk(&p, html);
    return p.lines;
}

int measure_width(span html)
{
    pen p = {.width = 1 << 28};
    walk(&p, html);
    return p.most;
}
