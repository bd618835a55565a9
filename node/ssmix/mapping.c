// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include "node/ssmix/mapping.h"

typedef struct row { char *code; int category; int kind; } row; // kind: an ssmix_kind, or -1 for either
struct mapping { row *rows; size_t count; };

// field-facts §1.3. What is not here is not disclosed: orders of laboratory and of meals, reception, images,
// discharge summaries, charts. The names are those of the council's categories.
static const char *const BUILT_IN[][2] = {
    {"ADT-00", "basics"}, {"ADT-01", "basics"}, {"ADT-61", "basics"}, {"PPR-01", "basics"},
    {"ADT-21", "stays"}, {"ADT-22", "stays"}, {"ADT-31", "stays"}, {"ADT-32", "stays"}, {"ADT-41", "stays"},
    {"ADT-42", "stays"}, {"ADT-51", "stays"}, {"ADT-52", "stays"},
    {"OMP-01", "prescriptions"}, {"OMP-11", "prescriptions"}, {"OMP-02", "prescriptions"},
    {"OMP-12", "prescriptions"},
    {"OML-11", "laboratory"},
    {"OMG-01", "imaging"}, {"OMG-11", "imaging"}, {"OMG-02", "imaging"}, {"OMG-12", "imaging"},
    {"OMG-03", "imaging"}, {"OMG-13", "imaging"},
    {"47045-0", "reports"}, {"18748-4", "reports"}, {"18747-6", "reports"}, {"18755-9", "reports"},
    {"17787-3", "reports"}, {"18758-3", "reports"}, {"47048-4", "reports"}, {"12132-7", "reports"},
    {"59281-6", "reports"}, {"28010-7", "reports"}, {"19805-1", "reports"}, {"18751-8", "reports"},
    {"18746-8", "reports"}, {"28018-0", "reports"}, {"28016-4", "reports"}, {"18744-3", "reports"},
    {"11526-1", "reports"}, {"47526-9", "reports"}, {"11502-2", "reports"},
    {"57133-1", "referrals"},
    {"34746-8", "nursing"},
};

static int by_code(const void *a, const void *b)
{
    return strcmp(((const row *)a)->code, ((const row *)b)->code);
}

static row *find(row *rows, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].code, code) == 0)
            return &rows[i];
    return NULL;
}

// The later word wins: a hospital's own over the built-in one.
static err set(mapping *m, const char *code, int category, int kind)
{
    row *r = find(m->rows, m->count, code);
    if (r) {
        r->category = category;
        r->kind = kind;
        return OK;
    }
    char *own = strdup(code);
    if (!own)
        return ERR_MEM;
    m->rows[m->count++] = (row){own, category, kind};
    return OK;
}

err mapping_new(const char *const *pairs, size_t pair_count, int (*category_of)(void *ctx, const char *name),
                void *ctx, size_t *ret_bad, mapping **ret)
{
    size_t built_in = sizeof BUILT_IN / sizeof BUILT_IN[0];
    if (pair_count > 10000)
        return ERR_LIMIT;
    mapping *m = calloc(1, sizeof *m);
    if (!m)
        return ERR_MEM;
    err e = OK;
    size_t bad = 0;
    m->rows = calloc(built_in + pair_count, sizeof *m->rows);
    if (!m->rows)
        e = ERR_MEM;
    for (size_t i = 0; i < built_in && e == OK; i++) // a council without this category: not disclosed
        e = set(m, BUILT_IN[i][0], category_of(ctx, BUILT_IN[i][1]),
                BUILT_IN[i][0][0] >= 'A' ? SSMIX_STANDARD : SSMIX_EXTENDED);
    for (size_t i = 0; i < pair_count && e == OK; i++) {
        const char *name = pairs[2 * i + 1];
        int category = strcmp(name, "none") == 0 ? -1 : category_of(ctx, name);
        bad = i;
        e = category < 0 && strcmp(name, "none") != 0 ? ERR_FORMAT : set(m, pairs[2 * i], category, -1);
    }
    if (e == ERR_FORMAT && ret_bad)
        *ret_bad = bad;
    if (e == OK) {
        qsort(m->rows, m->count, sizeof *m->rows, by_code);
        *ret = m;
        m = NULL;
    }
    mapping_free(m);
    return e;
}

void mapping_free(mapping *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->count; i++)
        free(m->rows[i].code);
    free(m->rows);
    free(m);
}

int mapping_category(const mapping *m, const ssmix_entry *e)
{
    row key = {(char *)e->type, 0, 0};
    const row *r = bsearch(&key, m->rows, m->count, sizeof *m->rows, by_code);
    // A built-in code of one storage means nothing in the other: `OMP-01` as a document code stays unknown.
    if (!r || (r->kind >= 0 && r->kind != (int)e->kind))
        return -1;
    return r->category;
}
