// SPDX-License-Identifier: Apache-2.0
#include "proto/yaml/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proto/base/tongue.h"
#include "proto/yaml/room.h"

#define LEVEL_NAMES 256

typedef struct reading {
    const config_row *rows;
    size_t count;
    uint8_t *out;
    char *folder;
    bool *given; // by row
    const yaml_doc *doc;
    diag *d;
    bool no_memory;
} reading;

static void set_row(reading *r, const config_row *row, const yaml_doc *doc, const yaml_node *n)
{
    size_t errors = r->d->errors;
    // A failure without a complaint can only be memory.
    if (!value_set(row, doc, n, r->folder, r->out + row->offset, r->d) && r->d->errors == errors)
        r->no_memory = true;
}

// Whether a row is `path` itself (2), lies below it (1), or neither (0).
static int relation(const config_row *row, const char *path)
{
    size_t n = strlen(path);
    if (strncmp(row->path, path, n) != 0)
        return 0;
    return row->path[n] == '\0' ? 2 : row->path[n] == '.' ? 1 : 0;
}

// The known key of this level nearest to `word`, as a string to free, or NULL.
static char *nearest_here(const reading *r, const char *prefix, const char *word)
{
    char *names[LEVEL_NAMES] = {0};
    size_t count = 0, skip = strlen(prefix);
    for (size_t i = 0; i < r->count && count < LEVEL_NAMES; i++) {
        if (strncmp(r->rows[i].path, prefix, skip) != 0)
            continue;
        const char *name = r->rows[i].path + skip;
        char *copy = strndup(name, strcspn(name, "."));
        if (copy)
            names[count++] = copy;
    }
    const char *near = diag_nearest(word, (const char *const *)names, count);
    char *found = near ? strdup(near) : NULL;
    while (count)
        free(names[--count]);
    return found;
}

static void unknown(reading *r, const char *prefix, const yaml_node *n)
{
    char *near = nearest_here(r, prefix, n->key);
    if (near)
        yaml_complain_key(r->d, r->doc, n, DIAG_ERROR, _("unknown key \"%s\"; did you mean \"%s\"?"),
                          n->key, near);
    else
        yaml_complain_key(r->d, r->doc, n, DIAG_ERROR, _("unknown key \"%s\""), n->key);
    free(near);
}

static void read_level(reading *r, const char *prefix, const yaml_node *map);

static void read_entry(reading *r, const char *prefix, const yaml_node *n)
{
    char *path = NULL, *below = NULL;
    // A dot in a key would let one option be given twice.
    if (!*n->key || strchr(n->key, '.')) {
        unknown(r, prefix, n);
        return;
    }
    if (asprintf(&path, "%s%s", prefix, n->key) < 0 || asprintf(&below, "%s.", path) < 0) {
        r->no_memory = true;
        return;
    }
    bool group = false;
    size_t exact = r->count;
    for (size_t i = 0; i < r->count; i++) {
        int rel = relation(&r->rows[i], path);
        group |= rel == 1;
        if (rel == 2)
            exact = i;
    }
    if (exact < r->count) {
        r->given[exact] = true;
        set_row(r, &r->rows[exact], r->doc, n);
    } else if (!group) {
        unknown(r, prefix, n);
    } else if (n->kind == YAML_MAP) {
        read_level(r, below, n);
    } else if (n->kind != YAML_SCALAR_KIND || n->quoted || *n->text) {
        yaml_complain(r->d, r->doc, n, DIAG_ERROR, _("\"%s\" must hold further keys (name: value)"), path);
    }
    free(path);
    free(below);
}

// Recursion is as deep as the file, which yaml_read has limited.
static void read_level(reading *r, const char *prefix, const yaml_node *map)
{
    for (size_t i = 0; i < map->count; i++)
        read_entry(r, prefix, map->items[i]);
}

static bool is_listlike(config_type t)
{
    return t == CONFIG_LIST || t == CONFIG_PATHS || t == CONFIG_FILES || t == CONFIG_MAP;
}

// A default is spelled as in the file and read as the file is.
static void set_fallback(reading *r, const config_row *row)
{
    if (!row->fallback)
        return;
    if (!is_listlike(row->type)) {
        yaml_node n = {.kind = YAML_SCALAR_KIND, .text = row->fallback, .quoted = true};
        set_row(r, row, r->doc, &n);
        return;
    }
    yaml_doc *doc = NULL;
    if (yaml_read(span_str(row->fallback), row->path, 0, r->d, &doc))
        return;
    if (doc->root)
        set_row(r, row, doc, doc->root);
    yaml_free(doc);
}

static void read_all(reading *r)
{
    const yaml_node *root = r->doc->root;
    bool empty = !root || (root->kind == YAML_SCALAR_KIND && !root->quoted && !*root->text);
    if (!empty && root->kind == YAML_MAP)
        read_level(r, "", root);
    else if (!empty)
        yaml_complain(r->d, r->doc, root, DIAG_ERROR, _("options (name: value) expected"));
    for (size_t i = 0; i < r->count; i++) {
        if (r->given[i])
            continue;
        if (r->rows[i].required)
            yaml_complain(r->d, r->doc, NULL, DIAG_ERROR, _("the required key \"%s\" is missing"),
                          r->rows[i].path);
        else
            set_fallback(r, &r->rows[i]);
    }
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup("");
    return slash == path ? strdup("/.") : strndup(path, (size_t)(slash - path));
}

err config_read(const char *path, const config_row *rows, size_t count, void *out, diag *d)
{
    yaml_doc *doc = NULL;
    size_t errors = d->errors;
    err e = yaml_load(path, YAML_BYTES, d, &doc);
    if (e)
        return e;
    reading r = {.rows = rows, .count = count, .out = out, .doc = doc, .d = d};
    r.folder = folder_of(path);
    r.given = calloc(count ? count : 1, sizeof *r.given);
    if (r.folder && r.given)
        read_all(&r);
    else
        r.no_memory = true;
    free(r.folder);
    free(r.given);
    yaml_free(doc);
    e = r.no_memory ? ERR_MEM : d->errors > errors ? ERR_FORMAT : OK;
    if (e)
        config_done(rows, count, out);
    return e;
}

void config_done(const config_row *rows, size_t count, void *out)
{
    if (!out)
        return;
    for (size_t i = 0; i < count; i++)
        value_clear(&rows[i], (uint8_t *)out + rows[i].offset);
}
