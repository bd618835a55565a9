// SPDX-License-Identifier: Apache-2.0
// YAML as a tree with positions, within limits. The only door to libyaml.
// Owner: yaml_free frees the tree and all its strings. Thread: one at a time
// per document. Fails: every mistake goes to the diag with file:line:col.
// Refused: aliases and anchors, tags, duplicate keys, bad UTF-8, NUL, characters
// that hide or reorder text (bare CR, U+2028, bidi controls), more than one
// document, depth over YAML_DEPTH, size over the limit (libyaml is quadratic in
// depth and expands aliases). ERR_FORMAT, or ERR_LIMIT for size, depth, count.
#ifndef TSUNAGU_YAML_YAML_H
#define TSUNAGU_YAML_YAML_H

#include "proto/base/diag.h"
#include "proto/base/span.h"

#define YAML_BYTES (256u << 10)
#define YAML_DEPTH 32
#define YAML_NODES 100000
#define YAML_SCALAR (16u << 10)

typedef enum yaml_kind { YAML_SCALAR_KIND, YAML_LIST, YAML_MAP } yaml_kind;

typedef struct yaml_node yaml_node;
struct yaml_node {
    yaml_kind kind;
    unsigned line, col;    // from 1
    const char *text;      // scalar: NUL-terminated UTF-8; "" otherwise
    bool quoted;           // scalar was quoted or block style
    const char *key;       // of this node in its parent map, or NULL
    unsigned key_line, key_col;
    yaml_node **items;     // list items or map values, in file order
    size_t count;
};

typedef struct yaml_doc {
    yaml_node *root;       // NULL for an empty file
    const char *file;
    span text;             // the whole file (owned by the doc)
} yaml_doc;

// max_bytes 0: YAML_BYTES.
MUST_CHECK err yaml_read(span text, const char *file, size_t max_bytes, diag *d, yaml_doc **ret);
// Reads the file; a missing or unreadable one is a diag at line 0 that names it.
MUST_CHECK err yaml_load(const char *path, size_t max_bytes, diag *d, yaml_doc **ret);
// libyaml exports a yaml_free of its own and would call ours: another link name.
void yaml_free(yaml_doc *doc) __asm__("tsunagu_yaml_free");
const yaml_node *yaml_find(const yaml_node *map, const char *key); // NULL if absent or not a map
// A diag at the node's value; at its key where the value is a map, a list or
// empty; at the whole file for NULL.
void yaml_complain(diag *d, const yaml_doc *doc, const yaml_node *n, diag_level level, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
// The same at the node's key ("unknown key").
void yaml_complain_key(diag *d, const yaml_doc *doc, const yaml_node *n, diag_level level,
                       const char *fmt, ...) PRINTF_LIKE(5, 6);

#endif
