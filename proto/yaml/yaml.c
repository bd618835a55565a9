// SPDX-License-Identifier: Apache-2.0
#include "proto/yaml/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proto/yaml/room.h"

// The tree is some tens of times the text; beyond this something is wrong.
#define TREE_BYTES ((size_t)64 << 20)

err yaml_read(span text, const char *file, size_t max_bytes, diag *d, yaml_doc **ret)
{
    file = file ? file : "";
    err e = bytes_check(text, file, max_bytes ? max_bytes : YAML_BYTES, d);
    if (e)
        return e;
    // The mark that Windows' editor puts at the beginning: libyaml counts it as a column, and then
    // finds the second line indented otherwise than the first.
    if (span_eq(span_cut(text, 0, 3), SPAN_LIT("\xef\xbb\xbf")))
        text = span_from(text, 3);
    yaml_owned *own = calloc(1, sizeof *own);
    if (!own)
        return ERR_MEM;
    arena_init(&own->mem, TREE_BYTES);
    own->doc.file = arena_str(&own->mem, span_str(file));
    own->doc.text = arena_copy(&own->mem, text);
    if (!own->doc.file || !own->doc.text.at)
        e = ERR_MEM;
    else
        e = tree_build(own, d);
    if (e)
        yaml_free(&own->doc);
    else
        *ret = &own->doc;
    return e;
}

void yaml_free(yaml_doc *doc)
{
    if (!doc)
        return;
    yaml_owned *own = (yaml_owned *)doc;
    arena_done(&own->mem);
    free(own);
}

const yaml_node *yaml_find(const yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->items[i]->key, key) == 0)
            return map->items[i];
    return NULL;
}

__attribute__((format(printf, 6, 0)))
static void complain(diag *d, const yaml_doc *doc, unsigned line, unsigned col, diag_level level,
                     const char *fmt, va_list args)
{
    char *message = NULL;
    if (vasprintf(&message, fmt, args) < 0)
        message = NULL;
    diag_add(d, level, doc ? doc->file : "", doc ? doc->text : (span){0}, line, col, "%s",
             message ? message : fmt);
    free(message);
}

void yaml_complain(diag *d, const yaml_doc *doc, const yaml_node *n, diag_level level, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    bool at_key = n && n->key && (n->kind != YAML_SCALAR_KIND || (!n->quoted && !*n->text));
    complain(d, doc, !n ? 0 : at_key ? n->key_line : n->line, !n ? 0 : at_key ? n->key_col : n->col,
             level, fmt, args);
    va_end(args);
}

void yaml_complain_key(diag *d, const yaml_doc *doc, const yaml_node *n, diag_level level,
                       const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    bool at_key = n && n->key;
    complain(d, doc, !n ? 0 : at_key ? n->key_line : n->line, !n ? 0 : at_key ? n->key_col : n->col,
             level, fmt, args);
    va_end(args);
}
