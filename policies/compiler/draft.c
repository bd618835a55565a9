// SPDX-License-Identifier: Apache-2.0
// Reading typed values out of YAML maps, each with its own words for what is
// wrong and what would be right.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/compiler/draft.h"
#include "proto/base/luhn.h"
#include "proto/base/utf8.h"

void *draft_get(draft *d, size_t count, size_t size)
{
    void *at = arena_get(&d->arena, (count ? count : 1) * size);
    if (!at)
        d->broken = true;
    return at;
}

draft_place draft_at(const yaml_doc *doc, const yaml_node *n)
{
    return (draft_place){doc, n};
}

static void complain(draft *d, draft_place at, diag_level level, const char *fmt, va_list args)
    __attribute__((format(printf, 4, 0)));

static void complain(draft *d, draft_place at, diag_level level, const char *fmt, va_list args)
{
    char message[1024];
    vsnprintf(message, sizeof message, fmt, args);
    yaml_complain(d->diag, at.doc, at.node, level, "%s", message);
}

void draft_error(draft *d, draft_place at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    complain(d, at, DIAG_ERROR, fmt, args);
    va_end(args);
}

void draft_warn(draft *d, draft_place at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    complain(d, at, DIAG_WARNING, fmt, args);
    va_end(args);
}

// A mistake in a key is shown at the key, not at its value.
static draft_place key_place(draft *d, draft_place value)
{
    yaml_node *n = draft_get(d, 1, sizeof *n);
    if (!n)
        return value;
    *n = *value.node;
    n->line = n->key_line;
    n->col = n->key_col;
    return draft_at(value.doc, n);
}

static void key_unknown(draft *d, draft_place at, const char *key, const char *const *known, size_t count)
{
    const char *near = diag_nearest(key, known, count), *colon = strchr(key, ':');
    char all[500];
    for (size_t i = 0; colon && i < count; i++)
        if (strlen(known[i]) == (size_t)(colon - key) && strncmp(key, known[i], strlen(known[i])) == 0) {
            draft_error(d, at, _("a space is missing after the colon; write \"%s: %.60s\""), known[i], colon + 1);
            return;
        }
    if (draft_wide(d, at, key))
        return;
    if (near) {
        draft_error(d, at, _("unknown key \"%.60s\"; did you mean \"%s\"?"), key, near);
        return;
    }
    draft_names(all, sizeof all, known, count);
    draft_error(d, at, _("unknown key \"%.60s\"; here one may write: %s"), key, all);
}

bool draft_map_of(draft *d, draft_place map, const char *const *known, size_t count)
{
    if (!map.node)
        return false;
    if (map.node->kind != YAML_MAP) {
        draft_error(d, map, _("expected entries of the form \"key: value\""));
        return false;
    }
    for (size_t i = 0; i < map.node->count; i++) {
        draft_place value = draft_at(map.doc, map.node->items[i]);
        const char *key = value.node->key;
        bool found = false;
        for (size_t k = 0; k < count && !found; k++)
            found = strcmp(known[k], key) == 0;
        if (found)
            continue;
        key_unknown(d, key_place(d, value), key, known, count);
    }
    return true;
}

bool draft_map(draft *d, draft_place map, const draft_shape *shape)
{
    const char *known[32];
    for (size_t i = 0; i < shape->count; i++)
        known[i] = shape->fields[i].name;
    if (!draft_map_of(d, map, known, shape->count))
        return false;
    for (size_t i = 0; i < shape->count; i++)
        if (shape->fields[i].required && !yaml_find(map.node, known[i]))
            draft_error(d, map, _("\"%s\" is missing here"), known[i]);
    return true;
}

draft_place draft_may(draft_place map, const char *key)
{
    return draft_at(map.doc, map.node ? yaml_find(map.node, key) : NULL);
}

size_t draft_list(draft *d, draft_place list, const draft_shape *entry)
{
    if (!list.node)
        return 0;
    if (list.node->kind == YAML_LIST)
        return list.node->count;
    draft_error(d, list, _("expected a list of entries, each beginning with \"- %s:\""), entry->fields[0].name);
    return 0;
}

draft_place draft_item(draft_place list, size_t i)
{
    return draft_at(list.doc, list.node->items[i]);
}

const char *draft_text(draft *d, draft_place value)
{
    if (!value.node)
        return NULL;
    if (value.node->kind != YAML_SCALAR_KIND) {
        draft_error(d, value, _("expected one text, not a list or a map"));
        return NULL;
    }
    const char *s = value.node->text;
    size_t len = strlen(s);
    if (len == 0) {
        draft_error(d, value, _("this must not be empty"));
        return NULL;
    }
    if (len > BUNDLE_TEXT) {
        draft_error(d, value, _("too long: at most %d bytes"), BUNDLE_TEXT);
        return NULL;
    }
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) {
            draft_error(d, value, _("line breaks and control characters may not stand here"));
            return NULL;
        }
    return s;
}

static bool cjk(uint32_t c)
{
    return c >= 0x3000 && utf8_cells(c) == 2;
}

// YAML makes a blank of a line break; Japanese knows no blanks, so between two of its
// characters or behind its marks it goes again, and a long sentence may be broken into lines.
static const char *blanks_close(draft *d, const char *s)
{
    buf out = {0};
    uint32_t before = 0;
    for (span rest = span_str(s); rest.len;) {
        uint32_t c = utf8_next(&rest);
        span ahead = rest;
        bool mark = before == 0x3001 || before == 0x3002 || before == 0x300d; // 、 。 」
        if (c == ' ' && cjk(before) && rest.len && (mark || cjk(utf8_next(&ahead))))
            continue;
        utf8_put(&out, c);
        before = c;
    }
    const char *copy = out.sticky ? NULL : arena_str(&d->arena, buf_span(&out));
    buf_done(&out);
    d->broken = d->broken || !copy;
    return copy;
}

const char *draft_long(draft *d, draft_place value)
{
    if (!value.node)
        return NULL;
    const char *s = value.node->kind == YAML_SCALAR_KIND ? value.node->text : "";
    size_t len = strlen(s);
    if (len == 0) {
        draft_error(d, value, _("expected one or more sentences"));
        return NULL;
    }
    if (len > BUNDLE_LONG) {
        draft_error(d, value, _("too long: at most %d bytes"), BUNDLE_LONG);
        return NULL;
    }
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) {
            draft_error(d, value, _("line breaks and control characters may not stand here"));
            return NULL;
        }
    return blanks_close(d, s);
}

const char *draft_id(draft *d, draft_place value)
{
    const char *s = draft_text(d, value);
    if (!s)
        return NULL;
    if (strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(s) || strlen(s) > 63 ||
        strcmp(s, "all") == 0) {
        draft_error(d, value, _("a name here is made of a-z, 0-9 and \"-\", at most 63, and is not \"all\""));
        return NULL;
    }
    return s;
}

const char *draft_host(draft *d, draft_place value)
{
    const char *s = draft_text(d, value);
    if (!s)
        return NULL;
    size_t len = strlen(s);
    if (strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-.") != len || len > 253 || s[0] == '.' ||
        s[len - 1] == '.' || strstr(s, "..")) {
        draft_error(d, value, _("expected a host name in lower case, such as hub.tsunagu.example"));
        return NULL;
    }
    return s;
}

bool draft_number(draft *d, draft_place map, const draft_shape *shape, const char *key, int64_t *ret)
{
    const draft_field *f = shape_field(shape, key);
    draft_place value = draft_may(map, key);
    if (!value.node || !f)
        return false;
    const char *s = value.node->kind == YAML_SCALAR_KIND ? value.node->text : "";
    char narrow[32];
    digits_narrow(s, narrow, sizeof narrow);
    size_t len = strlen(narrow);
    int64_t v = len ? 0 : -1;
    for (size_t i = 0; i < len && v >= 0; i++)
        v = narrow[i] < '0' || narrow[i] > '9' || i > 14 ? -1 : v * 10 + (narrow[i] - '0');
    size_t digits = strspn(narrow, "0123456789");
    if (v < 0 && digits > 0 && digits < 10 && strspn(narrow + digits, "0123456789.,-/ ") == 0) {
        draft_error(d, value, _("write the number alone, without a unit: %.*s"), (int)digits, narrow);
        return false;
    }
    if (v < f->least || v > f->most) {
        draft_error(d, value, _("expected a whole number from %lld to %lld"), (long long)f->least,
                    (long long)f->most);
        return false;
    }
    *ret = v;
    return true;
}

// Why it is none, where that can be told: a day that its month lacks, or an era that had ended.
static void date_refused(draft *d, draft_place value, const char *s, const char *narrow)
{
    static const struct { const char *name; int before; const char *last; } ENDED[] = {
        {"昭和", 1925, "1989-01-07"}, {"平成", 1988, "2019-04-30"}, {"令和", 2018, NULL}};
    int year = 0, month = 0, dom = 0;
    const char *last = NULL, *era = NULL;
    bool read = sscanf(narrow, "%4d-%2d-%2d", &year, &month, &dom) == 3;
    for (size_t i = 0; !read && i < COUNT_OF(ENDED); i++) {
        read = strncmp(narrow, ENDED[i].name, 6) == 0 &&
               sscanf(narrow + 6, "%3d年%2d月%2d日", &year, &month, &dom) == 3 && year > 0;
        year += read ? ENDED[i].before : 0;
        last = read ? ENDED[i].last : NULL;
        era = ENDED[i].name;
    }
    day first = read && month >= 1 && month <= 12 ? day_of(year, month, 1) : DAY_NONE;
    int days = first == DAY_NONE ? 0 : (int)(month_first(month_of(first) + 1) - first);
    if (days && dom > days)
        draft_error(d, value, _("\"%.60s\" is no date: that month has %d days"), s, days);
    else if (last && days && dom >= 1 && year >= 2019)
        draft_error(d, value, _("\"%.60s\" is no date: %s ended on %s; that day is 令和%d年%d月%d日"), s, era, last,
                    year - 2018, month, dom);
    else
        draft_error(d, value, _("\"%.60s\" is no date; write 2026-04-01 or 令和8年4月1日"), s);
}

bool draft_date(draft *d, draft_place value, day *ret)
{
    const char *s = draft_text(d, value);
    if (!s)
        return false;
    char narrow[BUNDLE_TEXT + 1];
    digits_narrow(s, narrow, sizeof narrow);
    day v;
    if (day_parse(span_str(narrow), &v) || v < BUNDLE_DAY_MIN || v > BUNDLE_DAY_MAX) {
        date_refused(d, value, s, narrow);
        return false;
    }
    *ret = v;
    return true;
}

bool draft_date_never(draft *d, draft_place value, day *ret)
{
    if (value.node && value.node->kind == YAML_SCALAR_KIND &&
        (strcmp(value.node->text, "never") == 0 || strcmp(value.node->text, "期限なし") == 0)) {
        *ret = DAY_FOREVER;
        return true;
    }
    return draft_date(d, value, ret);
}

bool draft_yes(draft *d, draft_place value, bool *ret)
{
    const char *s = draft_text(d, value);
    if (!s)
        return false;
    bool yes = strcmp(s, "yes") == 0 || strcmp(s, "はい") == 0;
    if (!yes && strcmp(s, "no") != 0 && strcmp(s, "いいえ") != 0) {
        draft_error(d, value, _("\"%.60s\" is neither yes (はい) nor no (いいえ)"), s);
        return false;
    }
    *ret = yes;
    return true;
}

bool draft_key(draft *d, draft_place value, uint8_t ret[static 32])
{
    const char *s = draft_text(d, value);
    if (!s)
        return false;
    if (strlen(s) != 64)
        draft_error(d, value, _("a key has 64 hexadecimal digits; this has %zu characters"), strlen(s));
    else if (hex_get(span_str(s), ret, 32))
        draft_error(d, value, _("a key is made of 0-9 and a-f only"));
    else
        return true;
    return false;
}

int draft_choice_of(draft *d, draft_place value, const draft_choices *c, const char *noun)
{
    const char *names[32];
    const char *s = draft_text(d, value);
    if (!s)
        return POLICY_NONE;
    for (size_t i = 0; i < c->count; i++) {
        names[i] = c->items[i].name;
        if (strcmp(names[i], s) == 0 || (c->items[i].ja && strcmp(c->items[i].ja, s) == 0))
            return (int)i;
    }
    const char *near = diag_nearest(s, names, c->count);
    char all[400];
    draft_names(all, sizeof all, names, c->count);
    if (draft_wide(d, value, s))
        return POLICY_NONE;
    if (near)
        draft_error(d, value, _("unknown %s \"%.60s\"; did you mean \"%s\"?"), _(noun), s, near);
    else
        draft_error(d, value, _("unknown %s \"%.60s\"; it is one of: %s"), _(noun), s, all);
    return POLICY_NONE;
}

uint32_t draft_choices_of(draft *d, draft_place value, const draft_choices *c, const char *noun)
{
    uint32_t mask = 0;
    if (value.node && value.node->kind != YAML_LIST) {
        draft_error(d, value, _("expected a list such as [%s, %s]"), c->items[0].name, c->items[1].name);
        return 0;
    }
    for (size_t i = 0; value.node && i < value.node->count; i++) {
        int choice = draft_choice_of(d, draft_item(value, i), c, noun);
        mask |= choice == POLICY_NONE ? 0 : 1u << choice;
    }
    return mask;
}

bool draft_months(draft *d, draft_place value, int *ret)
{
    const char *s = draft_text(d, value);
    if (!s)
        return false;
    if (!duration_parse(s, ret)) {
        draft_error(d, value, _("\"%.60s\" is no duration; write 6か月, 1年, 1年6か月 or P6M"), s);
        return false;
    }
    return true;
}

bool draft_code(draft *d, draft_place value, uint64_t *ret)
{
    const char *s = draft_text(d, value);
    if (!s)
        return false;
    char narrow[BUNDLE_TEXT + 1];
    digits_narrow(s, narrow, sizeof narrow);
    if (institution_parse(span_str(narrow), ret) == OK)
        return true;
    // Spreadsheets drop the zero of 01, Hokkaido's number.
    uint64_t padded;
    char ten[16];
    snprintf(ten, sizeof ten, "0%.14s", narrow);
    if (institution_parse(span_str(ten), &padded) == OK)
        draft_error(d, value, _("\"%s\" has nine digits; was a leading zero lost? then write %s"), narrow,
                    ten);
    else
        draft_error(d, value, _("\"%.60s\" is no institution code; write its ten digits and nothing else"), s);
    return false;
}

void draft_check_digit(draft *d, draft_place value, uint64_t code)
{
    char text[11];
    institution_format(code, text);
    if (!luhn_ok(span_str(text)))
        draft_warn(d, value,
                   _("the check digit of %s does not fit; with the first nine digits it would be %c"), text,
                   luhn_digit(span_of(text, 9)));
}
