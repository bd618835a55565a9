// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node/ssmix/page.h"
#include "proto/base/utf8.h"

#define LABEL_CELLS 16
#define CELL_MAX 44 // a column is not padded beyond this

const char *page_word(const page *p, const char *japanese, const char *english)
{
    return p->japanese ? japanese : english;
}

static bool is_control(uint32_t c)
{
    // C0, DEL, C1, and the marks that turn the direction of text around (a value must not pose as another one).
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0x200E || c == 0x200F || c == 0xFEFF || c == 0x2028 || c == 0x2029;
}

void page_clean(buf *out, span utf8)
{
    while (utf8.len) {
        uint32_t c = utf8_next(&utf8);
        if (c == '\n')
            buf_put_u8(out, '\n');
        else if (c == '\t')
            buf_put_u8(out, ' ');
        else if (!is_control(c))
            (void)utf8_put(out, c);
    }
}

static span trimmed(span s)
{
    while (s.len && (s.at[0] == ' ' || s.at[0] == '\n'))
        s = span_from(s, 1);
    while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\n'))
        s.len--;
    return s;
}

static void put_spaces(buf *out, size_t n)
{
    while (n-- > 0)
        buf_put_u8(out, ' ');
}

void page_heading(page *p, const char *japanese, const char *english)
{
    if (p->out->len)
        buf_put_u8(p->out, '\n');
    buf_printf(p->out, "[%s]\n", page_word(p, japanese, english));
}

void page_line(page *p, const char *japanese, const char *english, span utf8)
{
    const char *label = page_word(p, japanese, english);
    size_t width = utf8_width(span_str(label));
    utf8 = trimmed(utf8);
    if (utf8.len == 0)
        return;
    buf_printf(p->out, "  %s", label);
    put_spaces(p->out, width < LABEL_CELLS ? LABEL_CELLS - width : 1);
    for (size_t i = 0; i < utf8.len; i++) { // further lines stand below the first
        buf_put_u8(p->out, utf8.at[i]);
        if (utf8.at[i] == '\n')
            put_spaces(p->out, LABEL_CELLS + 2);
    }
    buf_put_u8(p->out, '\n');
}

void page_note(page *p, const char *text)
{
    buf_printf(p->out, "  %s\n", text);
}

bool value_raw(const page *p, span raw, buf *out)
{
    buf plain = {0};
    size_t before = out->len;
    if (raw.len && !(raw.len == 2 && memcmp(raw.at, "\"\"", 2) == 0)) { // "": deleted
        err e = hl7_unescape(p->m, raw, &plain);
        if (e == OK)
            page_clean(out, buf_span(&plain));
        else if (out->sticky == OK)
            out->sticky = e;
    }
    buf_wipe(&plain);
    return out->len > before;
}

bool value_text(const page *p, size_t seg, int field, int rep, int component, int sub, buf *out)
{
    return value_raw(p, hl7_field(p->m, seg, field, rep, component, sub), out);
}

bool value_coded(const page *p, size_t seg, int field, int rep, buf *out)
{
    static const int order[] = {2, 9, 5, 1}; // text, original text, alternate text, code
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (value_text(p, seg, field, rep, order[i], 0, out))
            return true;
    return false;
}

bool value_person(const page *p, size_t seg, int field, int rep, buf *out)
{
    if (!value_text(p, seg, field, rep, 2, 1, out))
        return value_text(p, seg, field, rep, 1, 0, out);
    size_t before = out->len;
    buf_put_u8(out, ' ');
    if (!value_text(p, seg, field, rep, 3, 0, out))
        out->len = before;
    return true;
}

static bool all_digits(span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return s.len > 0;
}

void time_text(span s, buf *out)
{
    if (s.len < 8 || !all_digits(span_cut(s, 0, 8))) {
        page_clean(out, s);
        return;
    }
    buf_printf(out, "%.4s-%.2s-%.2s", (const char *)s.at, (const char *)s.at + 4, (const char *)s.at + 6);
    if (s.len >= 12 && all_digits(span_cut(s, 8, 4)))
        buf_printf(out, " %.2s:%.2s", (const char *)s.at + 8, (const char *)s.at + 10);
}

bool value_time(const page *p, size_t seg, int field, buf *out)
{
    span s = hl7_field(p->m, seg, field, 0, 1, 0);
    if (s.len)
        time_text(s, out);
    return s.len > 0;
}

bool value_place(const page *p, size_t seg, int field, buf *out)
{
    static const char *const ja[] = {"病棟 ", " 病室 ", " 病床 "};
    static const char *const en[] = {"ward ", " room ", " bed "};
    size_t before = out->len;
    for (int i = 0; i < 3; i++) {
        span s = hl7_field(p->m, seg, field, 0, i + 1, 0);
        if (s.len == 0)
            continue;
        buf_put_str(out, page_word(p, ja[i], en[i]));
        (void)value_raw(p, s, out);
    }
    return out->len > before;
}

bool value_amount(const page *p, size_t seg, int number, int unit, buf *out)
{
    if (!value_text(p, seg, number, 0, 1, 0, out))
        return false;
    size_t before = out->len;
    buf_put_u8(out, ' ');
    if (!value_coded(p, seg, unit, 0, out))
        out->len = before;
    return true;
}

static void line_of(page *p, const char *ja, const char *en, buf *b)
{
    if (b->sticky != OK && p->out->sticky == OK)
        p->out->sticky = b->sticky;
    page_line(p, ja, en, buf_span(b));
    buf_wipe(b);
}

void line_text(page *p, const char *ja, const char *en, size_t seg, int field, int component)
{
    buf b = {0};
    (void)value_text(p, seg, field, 0, component, 0, &b);
    line_of(p, ja, en, &b);
}

void line_coded(page *p, const char *ja, const char *en, size_t seg, int field)
{
    buf b = {0};
    (void)value_coded(p, seg, field, 0, &b);
    line_of(p, ja, en, &b);
}

void line_person(page *p, const char *ja, const char *en, size_t seg, int field)
{
    buf b = {0};
    (void)value_person(p, seg, field, 0, &b);
    line_of(p, ja, en, &b);
}

void line_time(page *p, const char *ja, const char *en, size_t seg, int field)
{
    buf b = {0};
    (void)value_time(p, seg, field, &b);
    line_of(p, ja, en, &b);
}

void line_place(page *p, const char *ja, const char *en, size_t seg, int field)
{
    buf b = {0};
    (void)value_place(p, seg, field, &b);
    line_of(p, ja, en, &b);
}

void table_init(table *t, int columns)
{
    *t = (table){.columns = columns};
}

void table_cell(table *t, span utf8)
{
    if (t->count == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 64;
        size_t *grown = realloc(t->ends, cap * sizeof *grown);
        if (!grown) {
            t->failed = ERR_MEM;
            return;
        }
        t->ends = grown;
        t->cap = cap;
    }
    utf8 = trimmed(utf8);
    for (size_t i = 0; i < utf8.len; i++)
        buf_put_u8(&t->text, utf8.at[i] == '\n' ? ' ' : utf8.at[i]);
    t->ends[t->count++] = t->text.len;
}

void table_cell_str(table *t, const char *s)
{
    table_cell(t, span_str(s));
}

static span cell_at(const table *t, size_t i)
{
    size_t from = i ? t->ends[i - 1] : 0;
    return span_of(t->text.at + from, t->ends[i] - from);
}

void table_put(page *p, table *t)
{
    size_t width[TABLE_COLUMNS] = {0};
    bool used[TABLE_COLUMNS] = {0};
    size_t columns = (size_t)t->columns;
    if (t->failed != OK || t->text.sticky != OK) {
        p->out->sticky = t->failed != OK ? t->failed : t->text.sticky;
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        size_t w = utf8_width(cell_at(t, i));
        size_t c = i % columns;
        used[c] = used[c] || (i >= columns && w > 0);
        if (w > width[c] && w <= CELL_MAX)
            width[c] = w;
    }
    size_t last = 0;
    for (size_t c = 0; c < columns; c++)
        last = used[c] ? c : last;
    for (size_t i = 0; i < t->count; i++) {
        size_t c = i % columns;
        span s = cell_at(t, i);
        size_t w = utf8_width(s);
        if (c == 0)
            buf_put_str(p->out, "  ");
        if (used[c]) {
            buf_put_span(p->out, s);
            if (c != last)
                put_spaces(p->out, (w < width[c] ? width[c] - w : 0) + 2);
        }
        if (c + 1 == columns) {
            while (p->out->len && p->out->at[p->out->len - 1] == ' ')
                p->out->len--;
            buf_put_u8(p->out, '\n');
        }
    }
}

void table_done(table *t)
{
    buf_wipe(&t->text);
    free(t->ends);
    *t = (table){0};
}
