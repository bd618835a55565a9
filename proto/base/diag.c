// SPDX-License-Identifier: Apache-2.0
#include "proto/base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"

#define SOURCE_BYTES 400
#define WORD_CHARS 64

void diag_done(diag *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->kept; i++) {
        free(d->items[i].file);
        free(d->items[i].message);
        free(d->items[i].source);
    }
    free(d->items);
    *d = (diag){0};
}

// The text of a line (from 1) without its end, cut to a length one can print.
static char *line_copy(span text, unsigned line)
{
    if (line == 0)
        return NULL;
    for (unsigned n = 1; n < line; n++) {
        const uint8_t *end = text.len ? memchr(text.at, '\n', text.len) : NULL;
        if (!end)
            return NULL;
        text = span_from(text, (size_t)(end - text.at) + 1);
    }
    if (!text.len)
        return NULL;
    const uint8_t *end = memchr(text.at, '\n', text.len);
    size_t len = end ? (size_t)(end - text.at) : text.len;
    if (len && text.at[len - 1] == '\r')
        len--;
    if (len > SOURCE_BYTES) {
        len = SOURCE_BYTES;
        while (len && (text.at[len] & 0xc0) == 0x80)
            len--;
    }
    return strndup((const char *)text.at, len);
}

static bool has_room(diag *d)
{
    if (d->kept >= DIAG_MAX)
        return false;
    // Grown at each power of two.
    if ((d->kept & (d->kept - 1)) == 0) {
        size_t cap = d->kept ? 2 * d->kept : 1;
        diag_item *items = realloc(d->items, cap * sizeof *items);
        if (!items)
            return false;
        d->items = items;
    }
    return true;
}

void diag_add(diag *d, diag_level level, const char *file, span text, unsigned line, unsigned col,
              const char *fmt, ...)
{
    if (!d)
        return;
    d->count++;
    *(level == DIAG_WARNING ? &d->warnings : &d->errors) += 1;
    if (!has_room(d))
        return;
    char *message = NULL;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&message, fmt, args);
    va_end(args);
    char *name = strdup(file ? file : "");
    if (n < 0 || !name) {
        if (n >= 0)
            free(message);
        free(name);
        return;
    }
    d->items[d->kept++] = (diag_item){.level = level,
                                      .file = name,
                                      .message = message,
                                      .source = line_copy(text, line),
                                      .line = line,
                                      .col = col};
}

// Prints without letting the text steer the terminal: what is no printable
// character becomes '?', a tab one space. Returns after `chars` characters.
static size_t print_safe(FILE *out, const char *s, size_t chars, bool blank)
{
    span rest = span_str(s);
    size_t n = 0;
    for (; rest.len && n < chars; n++) {
        span before = rest;
        uint32_t cp = utf8_next(&rest);
        size_t len = before.len - rest.len;
        if (blank)
            fprintf(out, "%*s", cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ? 1 : utf8_cells(cp), "");
        else if (cp == '\t')
            fputc(' ', out);
        else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp == 0xfffd && len == 1))
            fputc('?', out);
        else
            fwrite(before.at, 1, len, out);
    }
    return n;
}

static void print_item(const diag_item *it, FILE *out)
{
    print_safe(out, it->file, SIZE_MAX, false);
    if (it->line)
        fprintf(out, ":%u", it->line);
    if (it->line && it->col)
        fprintf(out, ":%u", it->col);
    fprintf(out, ": %s: ", it->level == DIAG_WARNING ? _("warning") : _("error"));
    print_safe(out, it->message, SIZE_MAX, false);
    fputc('\n', out);
    if (!it->source || !*it->source)
        return;
    fputs("    ", out);
    size_t chars = print_safe(out, it->source, SIZE_MAX, false);
    fputc('\n', out);
    // One past the end is a place too: "something is missing here".
    if (it->col == 0 || it->col > chars + 1)
        return;
    fputs("    ", out);
    print_safe(out, it->source, it->col - 1, true);
    fputs("^\n", out);
}

void diag_print(const diag *d, FILE *out)
{
    for (size_t i = 0; i < d->kept; i++)
        print_item(&d->items[i], out);
    if (d->count > d->kept) {
        size_t more = d->count - d->kept;
        fprintf(out, ngettext("... and %zu more\n", "... and %zu more\n", more), more);
    }
}

static size_t decode(const char *s, uint32_t out[WORD_CHARS])
{
    span rest = span_str(s);
    size_t n = 0;
    while (rest.len && n < WORD_CHARS)
        out[n++] = utf8_next(&rest);
    return rest.len ? SIZE_MAX : n;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Edits between two words; two neighbours swapped are one (the commonest slip).
static size_t distance(const uint32_t *a, size_t na, const uint32_t *b, size_t nb)
{
    size_t rows[3][WORD_CHARS + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= nb; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= na; i++) {
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            now[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]), least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[nb];
}

const char *diag_nearest(const char *word, const char *const *options, size_t count)
{
    uint32_t w[WORD_CHARS], o[WORD_CHARS];
    size_t nw = decode(word, w);
    if (nw == SIZE_MAX || nw == 0)
        return NULL;
    // Two slips in a word of three letters leave nothing of it.
    size_t best = (nw < 4 ? 1 : nw / 3 > 2 ? nw / 3 : 2) + 1;
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t no = decode(options[i], o);
        if (no == SIZE_MAX)
            continue;
        size_t d = distance(w, nw, o, no);
        if (d < best && d < no) {
            best = d;
            found = options[i];
        }
    }
    return found;
}
