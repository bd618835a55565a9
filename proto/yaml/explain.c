// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>
#include "proto/base/tongue.h"
#include "proto/yaml/room.h"

static const char *type_name(config_type t)
{
    switch (t) {
    case CONFIG_STRING: return _("text");
    case CONFIG_PATH: return _("path");
    case CONFIG_FILE: return _("file");
    case CONFIG_INT: return _("number");
    case CONFIG_BOOL: return _("true or false");
    case CONFIG_BYTES: return _("size");
    case CONFIG_SPAN: return _("time");
    case CONFIG_CHOICE: return _("one of");
    case CONFIG_LIST: return _("list of texts");
    case CONFIG_PATHS: return _("list of paths");
    case CONFIG_FILES: return _("list of files");
    case CONFIG_MAP: return _("map of texts");
    }
    return "";
}

static void explain_row(const config_row *row, const char *name, int depth, FILE *out)
{
    int indent = 2 * depth;
    if (row->help && *row->help)
        fprintf(out, "%*s# %s\n", indent, "", _(row->help));
    fprintf(out, "%*s# (%s", indent, "", type_name(row->type));
    for (size_t i = 0; row->type == CONFIG_CHOICE && row->choices[i]; i++)
        fprintf(out, "%s%s", i ? ", " : " ", row->choices[i]);
    if (row->min || row->max) {
        char low[32], high[32];
        value_format(row, row->min, low);
        value_format(row, row->max, high);
        fprintf(out, ", %s - %s", low, high);
    }
    fprintf(out, "%s)\n", row->required ? _(", required") : "");
    // An option with a default stays commented out: the file then says only
    // what differs.
    if (row->required)
        fprintf(out, "%*s%s:\n", indent, "", name);
    else
        fprintf(out, "%*s# %s: %s\n", indent, "", name, row->fallback ? row->fallback : "");
}

// Whether an earlier row already opened the group that begins row i's path.
static bool opened_before(const config_row *rows, size_t i, size_t group_len)
{
    for (size_t j = 0; j < i; j++)
        if (strncmp(rows[j].path, rows[i].path, group_len) == 0 && rows[j].path[group_len] == '.')
            return true;
    return false;
}

static void explain_level(const config_row *rows, size_t count, const char *prefix, size_t prefix_len,
                          int depth, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(rows[i].path, prefix, prefix_len) != 0)
            continue;
        const char *name = rows[i].path + prefix_len;
        size_t len = strcspn(name, ".");
        if (!name[len]) {
            explain_row(&rows[i], name, depth, out);
        } else if (!opened_before(rows, i, prefix_len + len)) {
            fprintf(out, "%*s%.*s:\n", 2 * depth, "", (int)len, name);
            explain_level(rows, count, rows[i].path, prefix_len + len + 1, depth + 1, out);
        }
    }
}

void config_explain(const config_row *rows, size_t count, FILE *out)
{
    explain_level(rows, count, "", 0, 0, out);
}
