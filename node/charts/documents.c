// SPDX-License-Identifier: Apache-2.0
// What the storages hold of a chart, by day.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/charts/charts.h"
#include "node/charts/document.h"

enum { DOCUMENTS_PAGE = 400, DOCUMENTS_MAX = 100000 };

typedef struct own_document {
    day day;
    time_ms time;
    uint64_t bytes;
    int category;
    size_t text; // in the buf: type, title, department, part, each ended by NUL
    uint8_t id[16];
    ssmix_kind kind;
} own_document;

typedef struct gathering {
    node *n;
    const book *b;
    const ssmix_entry *at;
    own_document *items;
    size_t count, room;
    buf text;
} gathering;

static err document_put(void *ctx, const char *part, uint64_t bytes)
{
    gathering *g = ctx;
    const ssmix_entry *e = g->at;
    if (g->count == DOCUMENTS_MAX)
        return ERR_LIMIT;
    if (g->count == g->room) {
        size_t room = g->room ? g->room * 2 : 256;
        own_document *grown = realloc(g->items, room * sizeof *grown);
        if (!grown)
            return ERR_MEM;
        g->items = grown;
        g->room = room;
    }
    own_document *d = &g->items[g->count++];
    *d = (own_document){.day = e->date, .time = e->time, .bytes = bytes, .category = mapping_category(g->b->map, e),
                        .text = g->text.len, .kind = e->kind};
    memcpy(d->id, e->id, sizeof d->id);
    if (e->kind == SSMIX_EXTENDED)
        document_part_id(g->n, e, part, d->id);
    const char *words[] = {e->type, e->title, e->department, part};
    for (int i = 0; i < 4; i++)
        buf_put(&g->text, words[i], strlen(words[i]) + 1);
    return g->text.sticky;
}

static err document_one(void *ctx, const ssmix_entry *e)
{
    gathering *g = ctx;
    uint64_t bytes = 0;
    int fd;
    g->at = e;
    if (e->kind == SSMIX_EXTENDED) {
        err failed = ssmix_parts(g->n->index, e, document_put, g);
        return failed == ERR_MEM || failed == ERR_LIMIT ? failed : OK;
    }
    if (ssmix_file_open(g->n->index, e, "", &fd, &bytes) != OK)
        return OK; // gone since the scan
    close(fd);
    return document_put(g, "", bytes);
}

static int own_document_cmp(const void *a, const void *b)
{
    const own_document *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return memcmp(x->id, y->id, sizeof x->id);
}

static void own_document_show(control_in *in, const gathering *g, const own_document *d)
{
    Tsunagu__ManifestEntry m = TSUNAGU__MANIFEST_ENTRY__INIT;
    m.type = (char *)g->text.at + d->text;
    m.title = m.type + strlen(m.type) + 1;
    m.department = m.title + strlen(m.title) + 1;
    m.part = m.department + strlen(m.department) + 1;
    m.document = wire_bytes(span_of(d->id, sizeof d->id));
    m.category = d->category < 0 ? DOCUMENT_UNMAPPED : (uint32_t)d->category;
    m.day = d->day;
    m.time_ms = d->time;
    m.bytes = d->bytes;
    m.media = (char *)document_media(d->kind, m.part);
    document_show(in, g->b->r->p, g->n->facility, &m);
}

static err documents_look(job *j, control_in *in)
{
    const char *chart = control_arg(in, "chart"), *handle = control_arg(in, "handle");
    gathering g = {.n = j->n, .b = j->rules};
    size_t from = handle ? strtoul(handle, NULL, 10) : 0;
    char next[24];
    store_txn *t;
    if (!chart) {
        control_note(in, "say which chart");
        return ERR_USAGE;
    }
    err e = store_read(j->n->keep, &t);
    if (e)
        return e;
    e = j->n->index ? ssmix_entries(j->n->index, t, span_str(chart), document_one, &g) : OK;
    store_end(t);
    if (e == OK && g.count == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        qsort(g.items, g.count, sizeof *g.items, own_document_cmp);
    size_t i = from;
    for (; e == OK && i < g.count && i < from + DOCUMENTS_PAGE; i++)
        own_document_show(in, &g, &g.items[i]);
    if (e == OK && i < g.count) {
        snprintf(next, sizeof next, "%zu", i);
        control_piece(in, (span){0}, next, true);
    }
    free(g.items);
    buf_done(&g.text);
    return e;
}

void charts_documents(node *n, control_in *in)
{
    look_begin(n, in, "documents listed", documents_look);
}
