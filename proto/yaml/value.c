// SPDX-License-Identifier: Apache-2.0
// One option's value: from the words in the file to the field of the struct.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "proto/base/tongue.h"
#include "proto/yaml/room.h"

typedef struct unit {
    const char *name;
    int64_t factor;
} unit;

// From large to small, so that the first that divides is the one to show.
static const unit BYTES[] = {
    {"TiB", (int64_t)1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}};
static const unit SPANS[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

// Decimal digits only, with what follows them in *rest. False on overflow.
static bool digits(const char *s, const char **rest, int64_t *ret)
{
    int64_t v = 0;
    const char *p = s;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *p - '0', &v))
            return false;
    *rest = p;
    *ret = v;
    return p != s;
}

static bool with_unit(const char *s, const unit *units, size_t count, int64_t *ret)
{
    const char *rest;
    int64_t v;
    if (!digits(s, &rest, &v))
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(rest, units[i].name) == 0)
            return !__builtin_mul_overflow(v, units[i].factor, ret);
    return false;
}

static bool plain_int(const char *s, int64_t *ret)
{
    const char *rest;
    int64_t v;
    bool minus = *s == '-';
    if (!digits(s + minus, &rest, &v) || *rest)
        return false;
    *ret = minus ? -v : v;
    return true;
}

static void format_unit(int64_t v, const unit *units, size_t count, char out[static 32])
{
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || (v && v % units[i].factor == 0)) {
            snprintf(out, 32, "%" PRId64 "%s", v / units[i].factor, units[i].name);
            return;
        }
}

void value_format(const config_row *row, int64_t v, char out[static 32])
{
    if (row->type == CONFIG_BYTES)
        format_unit(v, BYTES, sizeof BYTES / sizeof *BYTES, out);
    else if (row->type == CONFIG_SPAN)
        format_unit(v, SPANS, sizeof SPANS / sizeof *SPANS, out);
    else
        snprintf(out, 32, "%" PRId64, v);
}

static bool read_number(const config_row *row, const char *text, int64_t *ret)
{
    if (row->type == CONFIG_INT)
        return plain_int(text, ret);
    if (row->type == CONFIG_BYTES)
        return with_unit(text, BYTES, sizeof BYTES / sizeof *BYTES, ret);
    return with_unit(text, SPANS, sizeof SPANS / sizeof *SPANS, ret);
}

static void complain_number(const config_row *row, const yaml_doc *doc, const yaml_node *n, diag *d)
{
    if (row->type == CONFIG_INT)
        yaml_complain(d, doc, n, DIAG_ERROR, _("\"%s\" must be a whole number, not \"%s\""), row->path,
                      n->text);
    else if (row->type == CONFIG_BYTES)
        yaml_complain(d, doc, n, DIAG_ERROR,
                      _("\"%s\" must be a size such as 4096, 64KiB or 1GiB, not \"%s\""), row->path,
                      n->text);
    else
        yaml_complain(d, doc, n, DIAG_ERROR,
                      _("\"%s\" must be a time such as 250ms, 10s, 5m or 2h, not \"%s\""), row->path,
                      n->text);
}

static bool set_number(const config_row *row, const yaml_doc *doc, const yaml_node *n, int64_t *field, diag *d)
{
    int64_t v = 0;
    if (!read_number(row, n->text, &v)) {
        complain_number(row, doc, n, d);
        return false;
    }
    if ((row->min || row->max) && (v < row->min || v > row->max)) {
        char low[32], high[32];
        value_format(row, row->min, low);
        value_format(row, row->max, high);
        yaml_complain(d, doc, n, DIAG_ERROR, _("\"%s\" must be between %s and %s, not %s"), row->path,
                      low, high, n->text);
        return false;
    }
    *field = v;
    return true;
}

static bool set_bool(const config_row *row, const yaml_doc *doc, const yaml_node *n, bool *field, diag *d)
{
    bool yes = strcmp(n->text, "true") == 0 || strcmp(n->text, "yes") == 0;
    if (!yes && strcmp(n->text, "false") != 0 && strcmp(n->text, "no") != 0) {
        yaml_complain(d, doc, n, DIAG_ERROR, _("\"%s\" must be true or false, not \"%s\""), row->path,
                      n->text);
        return false;
    }
    *field = yes;
    return true;
}

static bool set_choice(const config_row *row, const yaml_doc *doc, const yaml_node *n, int64_t *field, diag *d)
{
    size_t count = 0;
    for (; row->choices[count]; count++)
        if (strcmp(row->choices[count], n->text) == 0) {
            *field = (int64_t)count;
            return true;
        }
    buf list = {0};
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", row->choices[i]);
    const char *near = diag_nearest(n->text, row->choices, count);
    if (near)
        yaml_complain(d, doc, n, DIAG_ERROR,
                      _("\"%s\" must be one of %s, not \"%s\"; did you mean \"%s\"?"), row->path,
                      buf_str(&list), n->text, near);
    else
        yaml_complain(d, doc, n, DIAG_ERROR, _("\"%s\" must be one of %s, not \"%s\""), row->path,
                      buf_str(&list), n->text);
    buf_done(&list);
    return false;
}

// A path is taken from the folder of the file it stands in, wherever the
// program was started.
static char *make_string(const char *text, const char *folder)
{
    char *out = NULL;
    if (!folder || text[0] == '/' || !*folder)
        return strdup(text);
    return asprintf(&out, "%s/%s", folder, text) < 0 ? NULL : out;
}

// Keys that systemd hands over exist only inside the service: outside (--check-config) nothing can be
// said of them.
static bool only_in_service(const char *path)
{
    static const char folder[] = "/run/credentials/";
    return strncmp(path, folder, sizeof folder - 1) == 0 && !getenv("CREDENTIALS_DIRECTORY");
}

// A file that is not there is a mistake at the line that names it.
static bool file_there(const config_row *row, const yaml_doc *doc, const yaml_node *n, const char *path, diag *d)
{
    struct stat st;
    if (only_in_service(path))
        return true;
    if (access(path, R_OK) == 0 && stat(path, &st) == 0) {
        if (S_ISREG(st.st_mode))
            return true;
        yaml_complain(d, doc, n, DIAG_ERROR, _("\"%s\" must name a plain file: %s is none"), row->path, path);
        return false;
    }
    yaml_complain(d, doc, n, DIAG_ERROR, _("\"%s\" must name a file that can be read: %s: %s"), row->path, path,
                  strerror(errno));
    return false;
}

static bool set_string(const config_row *row, const yaml_doc *doc, const yaml_node *n, char **field, diag *d)
{
    const char *wanted = row->check ? row->check(n->text) : NULL;
    if (wanted) {
        yaml_complain(d, doc, n, DIAG_ERROR, _("\"%s\" cannot be \"%s\": %s"), row->path, n->text, wanted);
        return false;
    }
    return (*field = make_string(n->text, NULL)) != NULL;
}

static bool is_empty(const yaml_node *n)
{
    return n->kind == YAML_SCALAR_KIND && !n->quoted && !*n->text;
}

// How many there may be. Said at the list itself.
static bool count_fits(const config_row *row, const yaml_doc *doc, const yaml_node *n, size_t count, diag *d)
{
    if (row->type == CONFIG_MAP || (!row->min && !row->max) ||
        ((int64_t)count >= row->min && (int64_t)count <= row->max))
        return true;
    char low[32], high[32];
    value_format(row, row->min, low);
    value_format(row, row->max, high);
    yaml_complain(d, doc, n, DIAG_ERROR, _("\"%s\" must have from %s to %s entries, not %zu"), row->path, low, high,
                  count);
    return false;
}

static bool set_list(const config_row *row, const yaml_doc *doc, const yaml_node *n, const char *folder,
                     config_list *field, diag *d)
{
    bool map = row->type == CONFIG_MAP, ok = true;
    if (is_empty(n))
        return count_fits(row, doc, n, 0, d); // every entry commented out
    if (n->kind != (map ? YAML_MAP : YAML_LIST)) {
        yaml_complain(d, doc, n, DIAG_ERROR, map ? _("\"%s\" must be a map (name: value)")
                                                 : _("\"%s\" must be a list"), row->path);
        return false;
    }
    if (!count_fits(row, doc, n, n->count, d))
        return false;
    if (!n->count)
        return true;
    config_list list = {.items = calloc(n->count, (map ? 2 : 1) * sizeof *list.items)};
    if (!list.items)
        return false;
    for (size_t i = 0; i < n->count && ok; i++) {
        const yaml_node *it = n->items[i];
        if (it->kind != YAML_SCALAR_KIND || is_empty(it)) {
            yaml_complain(d, doc, it, DIAG_ERROR, _("each entry of \"%s\" must be a single value"), row->path);
            ok = false;
            break;
        }
        char **at = &list.items[map ? 2 * i : i];
        list.count++;
        at[0] = make_string(map ? it->key : it->text, map ? NULL : folder);
        if (map)
            at[1] = make_string(it->text, NULL);
        ok = at[0] && (!map || at[1]);
        if (ok && row->type == CONFIG_FILES)
            ok = file_there(row, doc, it, at[0], d);
    }
    if (ok)
        *field = list;
    else
        value_clear(row, &list);
    return ok;
}

bool value_set(const config_row *row, const yaml_doc *doc, const yaml_node *n, const char *folder,
               void *field, diag *d)
{
    if (row->type == CONFIG_LIST || row->type == CONFIG_MAP)
        return set_list(row, doc, n, NULL, field, d);
    if (row->type == CONFIG_PATHS || row->type == CONFIG_FILES)
        return set_list(row, doc, n, folder, field, d);
    if (n->kind != YAML_SCALAR_KIND) {
        yaml_complain(d, doc, n, DIAG_ERROR, _("\"%s\" must be a single value"), row->path);
        return false;
    }
    if (is_empty(n)) {
        yaml_complain(d, doc, n, DIAG_ERROR, _("\"%s\" has no value"), row->path);
        return false;
    }
    switch (row->type) {
    case CONFIG_STRING:
        return set_string(row, doc, n, field, d);
    case CONFIG_PATH:
        return (*(char **)field = make_string(n->text, folder)) != NULL;
    case CONFIG_FILE:
        return (*(char **)field = make_string(n->text, folder)) && file_there(row, doc, n, *(char **)field, d);
    case CONFIG_BOOL:
        return set_bool(row, doc, n, field, d);
    case CONFIG_CHOICE:
        return set_choice(row, doc, n, field, d);
    default:
        return set_number(row, doc, n, field, d);
    }
}

void value_clear(const config_row *row, void *field)
{
    config_list *list = field;
    switch (row->type) {
    case CONFIG_STRING:
    case CONFIG_PATH:
    case CONFIG_FILE:
        free(*(char **)field);
        *(char **)field = NULL;
        return;
    case CONFIG_LIST:
    case CONFIG_PATHS:
    case CONFIG_FILES:
    case CONFIG_MAP:
        for (size_t i = 0; i < list->count * (row->type == CONFIG_MAP ? 2 : 1); i++)
            free(list->items[i]);
        free(list->items);
        *list = (config_list){0};
        return;
    case CONFIG_BOOL:
        *(bool *)field = false;
        return;
    default:
        *(int64_t *)field = 0;
    }
}
