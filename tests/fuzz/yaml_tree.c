// SPDX-License-Identifier: Apache-2.0
// rooms: yaml
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proto/base/utf8.h"
#include "proto/yaml/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(const yaml_node *n, unsigned depth)
{
    if (depth > YAML_DEPTH || !n->line || !n->col || !utf8_valid(span_str(n->text)))
        abort();
    size_t nodes = 1;
    for (size_t i = 0; i < n->count; i++) {
        if (n->kind == YAML_MAP && yaml_find(n, n->items[i]->key) != n->items[i])
            abort(); // a duplicate key got through
        nodes += walk(n->items[i], depth + 1);
    }
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    diag d = {0};
    yaml_doc *doc = NULL;
    err e = yaml_read(span_of(data, size), "fuzz", 0, &d, &doc);
    if ((e == OK) != (doc != NULL) || (e != OK) != (d.errors > 0))
        abort();
    if (doc && doc->root && walk(doc->root, 0) > YAML_NODES)
        abort();
    static FILE *sink;
    if (!sink)
        sink = fopen("/dev/null", "w");
    if (sink)
        diag_print(&d, sink);
    yaml_free(doc);
    diag_done(&d);
    return 0;
}
