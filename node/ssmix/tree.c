// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "node/ssmix/inside.h"

void tree_clear(tree *t)
{
    t->counts = (ssmix_counts){0};
    t->mtime = 0;
    buf_clear(&t->text);
    t->day_count = t->type_count = t->file_count = 0;
}

void tree_done(tree *t)
{
    buf_done(&t->text);
    free(t->days);
    free(t->types);
    free(t->files);
    *t = (tree){0};
}

void lister_done(lister *l)
{
    names_done(&l->days);
    names_done(&l->types);
    names_done(&l->files);
}

static err grow(void **at, size_t *cap, size_t count, size_t size)
{
    if (count < *cap)
        return OK;
    size_t next = *cap ? *cap * 2 : 64;
    void *grown = realloc(*at, next * size);
    if (!grown)
        return ERR_MEM;
    *at = grown;
    *cap = next;
    return OK;
}

static err add_folder(tree *t, tree_folder **list, size_t *count, size_t *cap, span name, size_t first)
{
    err e = grow((void **)list, cap, *count, sizeof **list);
    if (e != OK)
        return e;
    (*list)[(*count)++] = (tree_folder){.name = (uint32_t)t->text.len, .first = (uint32_t)first,
                                        .len = (uint8_t)name.len};
    t->counts.folders++;
    return buf_put_span(&t->text, name);
}

static err add_file(tree *t, ssmix_kind kind, const ssmix_name *n)
{
    err e = grow((void **)&t->files, &t->file_cap, t->file_count, sizeof *t->files);
    if (e != OK)
        return e;
    const uint8_t *time = n->order.at + n->order.len + 1;
    tree_file f = {.at = (uint32_t)t->text.len, .order = (uint8_t)n->order.len,
                   .time = (uint8_t)(n->department.at - 1 - time), .department = (uint8_t)n->department.len};
    if (kind == SSMIX_EXTENDED) { // there the folder above does not tell it
        f.type = (uint8_t)n->type.len;
        buf_put_span(&t->text, n->type);
    }
    buf_put_span(&t->text, n->order);
    buf_put_span(&t->text, span_of(time, f.time));
    t->files[t->file_count++] = f;
    return buf_put_span(&t->text, n->department);
}

static char shape(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return '9';
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return 'x';
    return c < 0x21 || c >= 0x7F ? '?' : (char)c;
}

void mask_chart(span chart, char *out, size_t cap)
{
    size_t n = chart.len < cap - 1 ? chart.len : cap - 1;
    for (size_t i = 0; i < n; i++)
        out[i] = i + 2 < chart.len ? '*' : shape(chart.at[i]) == '?' ? '?' : (char)chart.at[i];
    out[n] = '\0';
}

// A name that no rule explains may be anything, a patient's name too: only its shape is told.
void mask_name(span name, char *out, size_t cap)
{
    ssmix_name n;
    if (ssmix_name_parse(name, &n) == OK) {
        mask_chart(n.chart, out, cap);
        size_t at = strlen(out);
        span rest = span_from(name, n.chart.len);
        for (size_t i = 0; i < rest.len && at + 1 < cap; i++)
            out[at++] = rest.at[i] >= 0x7F ? '?' : (char)rest.at[i];
        out[at] = '\0';
        return;
    }
    size_t len = name.len < cap - 1 ? name.len : cap - 1;
    for (size_t i = 0; i < len; i++)
        out[i] = shape(name.at[i]);
    out[len] = '\0';
}

// Folders' names by the rule are told as they are; a local code's name may be long and is cut.
static size_t put_step(char *out, size_t cap, span s, bool by_rule)
{
    char text[200];
    if (s.len == 0)
        return 0;
    if (by_rule) {
        size_t n = 0;
        for (; n < s.len && n < sizeof text - 1; n++)
            text[n] = s.at[n] >= 0x7F || s.at[n] < 0x20 ? '?' : (char)s.at[n];
        text[n] = '\0';
    } else {
        mask_name(s, text, sizeof text);
    }
    int n = snprintf(out, cap, "/%s", text);
    return n < 0 ? 0 : (size_t)n >= cap ? cap - 1 : (size_t)n;
}

void ssmix_mask(const ssmix_entry *e, char *out, size_t cap)
{
    enum { CHART = 2, DAY, TYPE, NAME, STEPS };
    char chart[SSMIX_CHART_MAX + 1];
    span rest = span_str(e->folder), step[STEPS] = {{0}};
    for (int i = 0; i < STEPS; i++) {
        const uint8_t *slash = rest.len ? memchr(rest.at, '/', rest.len) : NULL;
        step[i] = slash ? span_of(rest.at, (size_t)(slash - rest.at)) : rest;
        rest = span_from(rest, step[i].len + (slash != NULL));
    }
    mask_chart(step[CHART], chart, sizeof chart);
    int n = snprintf(out, cap, "***/***/%s", chart);
    size_t at = n < 0 || (size_t)n >= cap ? cap - 1 : (size_t)n;
    at += put_step(out + at, cap - at, step[DAY], true);
    at += put_step(out + at, cap - at, step[TYPE], true);
    put_step(out + at, cap - at, step[NAME], false);
}

void lister_dirty(lister *l, span day_name, span type_name, span name, const char *why)
{
    if (!l->dirty)
        return;
    char path[SSMIX_PATH_MAX];
    int n = snprintf(path, sizeof path, "%s", l->where);
    size_t at = n < 0 ? 0 : (size_t)n;
    at += put_step(path + at, sizeof path - at, day_name, true);
    at += put_step(path + at, sizeof path - at, type_name, true);
    put_step(path + at, sizeof path - at, name, false);
    l->dirty(l->ctx, path, why);
}

static void dirty(lister *l, tree *t, span day_name, span type_name, span name, bool place)
{
    if (place)
        t->counts.dirty_place++;
    else
        t->counts.dirty_name++;
    lister_dirty(l, day_name, type_name, name, place ? "place" : "name");
}

// The folder above must say the same as the name. In the extended storage the name carries either of two codes.
static bool placed(ssmix_kind kind, const ssmix_name *n, span chart, span day_name, span type_name)
{
    span date = span_of(n->chart.at + n->chart.len + 1, (size_t)(n->type.at - 1 - (n->chart.at + n->chart.len + 1)));
    if (!span_eq(n->chart, chart) || !span_eq(date, day_name))
        return false;
    if (kind == SSMIX_STANDARD)
        return span_eq(n->type, type_name);
    ssmix_extended x;
    if (ssmix_extended_parse(type_name, &x) != OK)
        return false;
    return span_eq(n->type, x.code) || span_eq(n->type, x.local_code);
}

static err take_files(lister *l, tree *t, span chart, span day_name, span type_name)
{
    uint8_t wanted = l->kind == SSMIX_STANDARD ? DT_REG : DT_DIR;
    for (size_t i = 0; i < l->files.count; i++) {
        span name = names_at(&l->files, i);
        ssmix_name n;
        t->counts.files++;
        if (ssmix_name_parse(name, &n) != OK || (n.date == DAY_FOREVER && !ssmix_undated(l->kind, n.type))) {
            dirty(l, t, day_name, type_name, name, false);
            continue;
        }
        if (l->files.items[i].type != wanted || !placed(l->kind, &n, chart, day_name, type_name)) {
            dirty(l, t, day_name, type_name, name, true);
            continue;
        }
        t->counts.history += n.flag == 2;
        t->counts.deleted += n.flag == 0;
        if (n.flag != 1)
            continue;
        t->counts.live++;
        err e = add_file(t, l->kind, &n);
        if (e != OK)
            return e;
    }
    return OK;
}

// Opens and lists one folder below; its time is taken before its names, so that a change in between is seen.
// *ret_fd -1: not to be gone into (vanished or unreadable, which is counted).
static err enter(lister *l, tree *t, int parent, span day_name, span type_name, tree_folder *f, names *into,
                 int *ret_fd)
{
    span own = type_name.len ? type_name : day_name;
    char name[256];
    int fd = -1;
    err e = span_to_str(own, name, sizeof name);
    if (e == OK)
        e = folder_open(parent, name, &fd);
    if (e == OK)
        e = folder_time(fd, l->recent, &f->mtime);
    if (e == OK)
        e = names_read(fd, into);
    if (e == OK) {
        t->counts.listed++;
        *ret_fd = fd;
        return OK;
    }
    if (fd >= 0)
        close(fd);
    if (e != ERR_NOT_FOUND && e != ERR_IO)
        return e;
    f->mtime = 0;
    names_clear(into);
    if (e == ERR_NOT_FOUND)
        t->counts.vanished++;
    else
        t->counts.unreadable++;
    lister_dirty(l, day_name, type_name, (span){0}, e == ERR_NOT_FOUND ? "vanished" : "unreadable");
    *ret_fd = -1;
    return OK;
}

static bool type_by_rule(ssmix_kind kind, span s)
{
    ssmix_extended x;
    if (kind == SSMIX_EXTENDED)
        return ssmix_extended_parse(s, &x) == OK;
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= 0x20 || s.at[i] == '_' || s.at[i] >= 0x7F)
            return false;
    return s.len > 0 && s.len <= SSMIX_TYPE_MAX;
}

static err take_types(lister *l, tree *t, int day_fd, span chart, span day_name)
{
    for (size_t i = 0; i < l->types.count; i++) {
        span type_name = names_at(&l->types, i);
        bool folder = l->types.items[i].type == DT_DIR;
        if (!folder || !type_by_rule(l->kind, type_name)) {
            t->counts.files += !folder;
            dirty(l, t, day_name, (span){0}, type_name, !folder);
            continue;
        }
        err e = add_folder(t, &t->types, &t->type_count, &t->type_cap, type_name, t->file_count);
        if (e != OK)
            return e;
        int fd;
        tree_folder *f = &t->types[t->type_count - 1];
        e = enter(l, t, day_fd, day_name, type_name, f, &l->files, &fd);
        if (e == OK)
            e = take_files(l, t, chart, day_name, type_name);
        if (fd >= 0)
            close(fd);
        if (e != OK)
            return e;
        f->count = (uint32_t)(t->file_count - f->first);
    }
    return OK;
}

static bool day_by_rule(span s)
{
    if (s.len == 1)
        return s.at[0] == '-';
    day d;
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return s.len == 8 && day_parse(s, &d) == OK;
}

static err take_days(lister *l, tree *t, int chart_fd, span chart)
{
    for (size_t i = 0; i < l->days.count; i++) {
        span day_name = names_at(&l->days, i);
        bool folder = l->days.items[i].type == DT_DIR;
        if (!folder || !day_by_rule(day_name)) {
            t->counts.files += !folder;
            dirty(l, t, (span){0}, (span){0}, day_name, !folder);
            continue;
        }
        err e = add_folder(t, &t->days, &t->day_count, &t->day_cap, day_name, t->type_count);
        if (e != OK)
            return e;
        int fd;
        tree_folder *f = &t->days[t->day_count - 1];
        e = enter(l, t, chart_fd, day_name, (span){0}, f, &l->types, &fd);
        if (e == OK)
            e = take_types(l, t, fd, chart, day_name);
        if (fd >= 0)
            close(fd);
        if (e != OK)
            return e;
        f->count = (uint32_t)(t->type_count - f->first);
    }
    return OK;
}

err tree_read(lister *l, int parent, span chart, tree *t)
{
    char name[SSMIX_CHART_MAX + 1], masked[SSMIX_CHART_MAX + 1];
    tree_clear(t);
    err e = span_to_str(chart, name, sizeof name);
    if (e != OK)
        return e;
    mask_chart(chart, masked, sizeof masked);
    snprintf(l->where, sizeof l->where, "***/***/%s", masked);
    int fd = -1;
    e = folder_open(parent, name, &fd);
    if (e == OK)
        e = folder_time(fd, l->recent, &t->mtime);
    if (e == OK)
        e = names_read(fd, &l->days);
    if (e == OK) {
        t->counts.folders++;
        t->counts.listed++;
        e = take_days(l, t, fd, chart);
    }
    if (fd >= 0)
        close(fd);
    return e;
}
