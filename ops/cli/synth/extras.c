// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/extras.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/utf8.h"

#define LINE_MAX_BYTES 4096
#define FIELDS 14

bool extras_text_ok(span s)
{
    if (!utf8_valid(s))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < 0x20 || s.at[i] == 0x7f || strchr("|^~\\&<>\"", s.at[i]))
            return false;
    return true;
}

static size_t cut(char *line, char *fields[FIELDS])
{
    size_t n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *p = line; p && n < FIELDS; n++)
        fields[n] = strsep(&p, "\t");
    return n;
}

static err text_of(const char *s, char *out, size_t cap)
{
    if (!extras_text_ok(span_str(s)))
        return ERR_FORMAT;
    return span_to_str(span_str(s), out, cap) ? ERR_FORMAT : OK;
}

static err chart_of(const char *s, char out[static SYNTH_CHART])
{
    size_t len = strlen(s);
    if (len && (len < 6 || len >= SYNTH_CHART))
        return ERR_FORMAT;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)s[i])) // it becomes a folder's name
            return ERR_FORMAT;
    memcpy(out, s, len + 1);
    return OK;
}

static err line_of(char *line, extra *ret)
{
    char *f[FIELDS];
    extra r = {0};
    size_t n = cut(line, f);
    if (n < 6 || strlen(f[5]) != 1 || !strchr("MFOUAN", f[5][0]))
        return ERR_FORMAT;
    identity *w = &r.who;
    struct { char *out; size_t cap;
    } where[FIELDS] = {{w->kanji_family, IDENTITY_TEXT},
                       {w->kanji_given, IDENTITY_TEXT},
                       {w->kana_family, IDENTITY_TEXT},
                       {w->kana_given, IDENTITY_TEXT},
                       {NULL, 0},
                       {NULL, 0},
                       {w->postal, sizeof w->postal},
                       {w->address, sizeof w->address},
                       {w->telephone, sizeof w->telephone},
                       {w->insurer, sizeof w->insurer},
                       {w->symbol, sizeof w->symbol},
                       {w->number, sizeof w->number},
                       {w->branch, sizeof w->branch},
                       {NULL, 0}};
    err e = day_parse(span_str(f[4]), &w->birth);
    w->sex = f[5][0];
    for (size_t i = 0; !e && i < n; i++)
        if (where[i].out)
            e = text_of(f[i], where[i].out, where[i].cap);
    if (!e && n == FIELDS)
        e = chart_of(f[13], r.chart);
    if (e || !w->kanji_family[0] || !w->kana_family[0])
        return ERR_FORMAT;
    *ret = r;
    return OK;
}

static err add(extras *r, char *line)
{
    if (r->count >= SYNTH_PEOPLE_MAX)
        return ERR_LIMIT;
    extra *more = reallocarray(r->lines, r->count + 1, sizeof *more);
    if (!more)
        return ERR_MEM;
    r->lines = more;
    err e = line_of(line, &r->lines[r->count]);
    r->count += !e;
    return e;
}

err extras_read(const char *path, extras *ret)
{
    extras r = {0};
    char line[LINE_MAX_BYTES];
    if (!path) {
        *ret = r;
        return OK;
    }
    FILE *f = fopen(path, "re");
    if (!f)
        return ERR_IO;
    err e = OK;
    while (!e && fgets(line, sizeof line, f)) {
        if (strlen(line) == sizeof line - 1)
            e = ERR_LIMIT;
        else if (line[0] != '#' && line[strspn(line, " \t\r\n")])
            e = add(&r, line);
    }
    if (!e && ferror(f))
        e = ERR_IO;
    fclose(f);
    if (e)
        extras_done(&r);
    else
        *ret = r;
    return e;
}

void extras_done(extras *r)
{
    free(r->lines);
    *r = (extras){0};
}
