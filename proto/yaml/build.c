// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>
#include "proto/base/tongue.h"
#include "proto/yaml/room.h"

// An open list or map. A map's key waits in it for its value.
typedef struct frame {
    yaml_node *node, **items;
    size_t cap;
    bool has_key;
    const char *key;
    unsigned key_line, key_col;
} frame;

typedef struct builder {
    yaml_owned *own;
    diag *d;
    frame stack[YAML_DEPTH];
    size_t depth, nodes, documents;
    err refused; // the kind of the first complaint
} builder;

static err complain(builder *b, err kind, yaml_mark_t mark, const char *message)
{
    if (!b->refused)
        b->refused = kind;
    diag_add(b->d, DIAG_ERROR, b->own->doc.file, b->own->doc.text, (unsigned)mark.line + 1,
             (unsigned)mark.column + 1, "%s", message);
    return kind;
}

static err add_item(frame *f, yaml_node *n)
{
    if (f->node->count == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 8;
        yaml_node **items = realloc(f->items, cap * sizeof *items);
        if (!items)
            return ERR_MEM;
        f->items = items;
        f->cap = cap;
    }
    if (f->node->kind == YAML_MAP) {
        n->key = f->key;
        n->key_line = f->key_line;
        n->key_col = f->key_col;
        f->has_key = false;
    }
    f->items[f->node->count++] = n;
    return OK;
}

// A node in its place: a key, a value, an item or the root.
static err attach(builder *b, yaml_node *n, yaml_mark_t mark)
{
    if (!b->depth) {
        b->own->doc.root = n;
        return OK;
    }
    frame *f = &b->stack[b->depth - 1];
    if (f->node->kind != YAML_MAP || f->has_key)
        return add_item(f, n);
    if (n->kind != YAML_SCALAR_KIND)
        return complain(b, ERR_FORMAT, mark, _("a list or a map cannot be a key"));
    f->has_key = true;
    f->key = n->text;
    f->key_line = n->line;
    f->key_col = n->col;
    return OK;
}

static err new_node(builder *b, yaml_kind kind, yaml_mark_t mark, yaml_node **ret)
{
    if (++b->nodes > YAML_NODES)
        return complain(b, ERR_LIMIT, mark, _("too many entries in one file"));
    yaml_node *n = arena_get(&b->own->mem, sizeof *n);
    if (!n)
        return ERR_MEM;
    n->kind = kind;
    n->line = (unsigned)mark.line + 1;
    n->col = (unsigned)mark.column + 1;
    n->text = "";
    *ret = n;
    return OK;
}

static err on_scalar(builder *b, const yaml_event_t *ev)
{
    size_t len = ev->data.scalar.length;
    if (len > YAML_SCALAR)
        return complain(b, ERR_LIMIT, ev->start_mark, _("a value is too long"));
    // "\0" in double quotes: the bytes had no NUL, the value would.
    if (len && memchr(ev->data.scalar.value, 0, len))
        return complain(b, ERR_FORMAT, ev->start_mark, _("a value cannot hold a NUL character"));
    yaml_node *n;
    err e = new_node(b, YAML_SCALAR_KIND, ev->start_mark, &n);
    if (e)
        return e;
    n->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    n->text = arena_str(&b->own->mem, span_of(ev->data.scalar.value, len));
    if (!n->text)
        return ERR_MEM;
    return attach(b, n, ev->start_mark);
}

static err on_open(builder *b, yaml_kind kind, const yaml_event_t *ev)
{
    if (b->depth == YAML_DEPTH)
        return complain(b, ERR_LIMIT, ev->start_mark, _("nested too deeply"));
    yaml_node *n;
    err e = new_node(b, kind, ev->start_mark, &n);
    if (!e)
        e = attach(b, n, ev->start_mark);
    if (!e)
        b->stack[b->depth++] = (frame){.node = n};
    return e;
}

static int by_key(const void *a, const void *b)
{
    const yaml_node *x = *(yaml_node *const *)a, *y = *(yaml_node *const *)b;
    int order = strcmp(x->key, y->key);
    if (order)
        return order;
    if (x->key_line != y->key_line)
        return x->key_line < y->key_line ? -1 : 1;
    return (x->key_col > y->key_col) - (x->key_col < y->key_col);
}

// Sorted, because comparing each with each is quadratic and the file is a stranger's.
static err find_duplicates(builder *b, const frame *f)
{
    size_t n = f->node->count;
    if (n < 2)
        return OK;
    yaml_node **sorted = malloc(n * sizeof *sorted);
    if (!sorted)
        return ERR_MEM;
    memcpy(sorted, f->items, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_key);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) != 0)
            continue;
        if (!b->refused)
            b->refused = ERR_FORMAT;
        diag_add(b->d, DIAG_ERROR, b->own->doc.file, b->own->doc.text, sorted[i]->key_line,
                 sorted[i]->key_col, _("the key \"%s\" is already given in line %u"), sorted[i]->key,
                 sorted[i - 1]->key_line);
    }
    free(sorted);
    return OK;
}

static err on_close(builder *b)
{
    frame *f = &b->stack[b->depth - 1];
    err e = f->node->kind == YAML_MAP ? find_duplicates(b, f) : OK;
    if (!e && f->node->count) {
        size_t bytes = f->node->count * sizeof *f->items;
        f->node->items = arena_get(&b->own->mem, bytes);
        if (f->node->items)
            memcpy(f->node->items, f->items, bytes);
        else
            e = ERR_MEM;
    }
    free(f->items);
    b->depth--;
    return e;
}

// Anchors and tags are complained about and read past, so that one run shows
// every one of them.
static void refuse_decoration(builder *b, const yaml_event_t *ev)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (ev->type == YAML_SCALAR_EVENT) {
        anchor = ev->data.scalar.anchor;
        tag = ev->data.scalar.tag;
    } else if (ev->type == YAML_SEQUENCE_START_EVENT) {
        anchor = ev->data.sequence_start.anchor;
        tag = ev->data.sequence_start.tag;
    } else if (ev->type == YAML_MAPPING_START_EVENT) {
        anchor = ev->data.mapping_start.anchor;
        tag = ev->data.mapping_start.tag;
    }
    if (anchor)
        complain(b, ERR_FORMAT, ev->start_mark, _("anchors (&name) are not used here; write the value out"));
    if (tag)
        complain(b, ERR_FORMAT, ev->start_mark,
                 _("tags (!name) are not used here; quote the value if it begins with \"!\""));
}

static err on_alias(builder *b, const yaml_event_t *ev)
{
    complain(b, ERR_FORMAT, ev->start_mark,
             _("aliases (*name) are not used here; quote the value if it begins with \"*\""));
    yaml_node *n;
    err e = new_node(b, YAML_SCALAR_KIND, ev->start_mark, &n);
    return e ? e : attach(b, n, ev->start_mark);
}

static err on_event(builder *b, const yaml_event_t *ev)
{
    refuse_decoration(b, ev);
    switch (ev->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++b->documents > 1)
            return complain(b, ERR_FORMAT, ev->start_mark, _("only one document (---) in a file"));
        if (ev->data.document_start.tag_directives.start != ev->data.document_start.tag_directives.end)
            return complain(b, ERR_FORMAT, ev->start_mark, _("%TAG is not used here"));
        return OK;
    case YAML_SCALAR_EVENT:
        return on_scalar(b, ev);
    case YAML_ALIAS_EVENT:
        return on_alias(b, ev);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(b, YAML_LIST, ev);
    case YAML_MAPPING_START_EVENT:
        return on_open(b, YAML_MAP, ev);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_close(b);
    default:
        return OK;
    }
}

static err parser_failed(builder *b, const yaml_parser_t *p)
{
    if (p->error == YAML_MEMORY_ERROR)
        return ERR_MEM;
    char message[400];
    const char *problem = p->problem ? p->problem : "";
    yaml_mark_t at = p->problem_mark;
    const char *slip = slip_of(b->own->doc.text, problem, p->context ? p->context_mark : at, &at);
    snprintf(message, sizeof message, _("not valid YAML: %s"), slip ? slip : problem);
    return complain(b, ERR_FORMAT, at, message);
}

err tree_build(yaml_owned *own, diag *d)
{
    builder b = {.own = own, .d = d};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return ERR_MEM;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, own->doc.text.at, own->doc.text.len);
    err e = OK;
    for (bool ended = false; !e && !ended;) {
        yaml_event_t ev;
        if (!yaml_parser_parse(&parser, &ev)) {
            e = parser_failed(&b, &parser);
            break;
        }
        ended = ev.type == YAML_STREAM_END_EVENT;
        e = on_event(&b, &ev);
        yaml_event_delete(&ev);
    }
    while (b.depth)
        free(b.stack[--b.depth].items);
    yaml_parser_delete(&parser);
    return e ? e : b.refused;
}
