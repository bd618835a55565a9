// SPDX-License-Identifier: Apache-2.0
// The index of traits, and the search in it.
#include "node/trait/trait.h"

#include <stdlib.h>
#include <string.h>

// Of one trait at most so many are looked at: a card that a whole ward shares by mistake, or
// everybody of unknown name born on the first of January, says nothing about anybody.
enum { ROWS_MAX = 500, HITS_MAX = TRAIT_MAX * ROWS_MAX };

static span row_key(const traits *k, int at, const char *chart, uint8_t out[static TRAIT_BYTES_MAX + TRAIT_CHART_MAX])
{
    size_t n = strnlen(chart, TRAIT_CHART_MAX);
    memcpy(out, k->at[at], k->bytes);
    memcpy(out + k->bytes, chart, n);
    return span_of(out, k->bytes + n);
}

err traits_put(store_txn *t, int table, const traits *k, const char *chart)
{
    uint8_t key[TRAIT_BYTES_MAX + TRAIT_CHART_MAX];
    err e = OK;
    for (int i = 0; e == OK && i < k->count; i++)
        e = store_put(t, table, row_key(k, i, chart, key), span_of("", 0));
    return e;
}

err traits_drop(store_txn *t, int table, const traits *k, const char *chart)
{
    uint8_t key[TRAIT_BYTES_MAX + TRAIT_CHART_MAX];
    err e = OK;
    for (int i = 0; e == OK && i < k->count; i++) {
        e = store_delete(t, table, row_key(k, i, chart, key));
        if (e == ERR_NOT_FOUND)
            e = OK;
    }
    return e;
}

typedef struct gathering {
    trait_hit *hits;
    size_t count, bytes, rows;
} gathering;

static err gather(void *ctx, span key, span value)
{
    gathering *g = ctx;
    trait_hit *h = &g->hits[g->count];
    (void)value;
    h->shared = 1;
    if (span_to_str(span_from(key, g->bytes), h->chart, sizeof h->chart) != OK)
        return ERR_CORRUPT;
    g->count++;
    return ++g->rows == ROWS_MAX ? ERR_CLOSED : OK;
}

static int by_chart(const void *a, const void *b)
{
    return strcmp(((const trait_hit *)a)->chart, ((const trait_hit *)b)->chart);
}

static int by_shared(const void *a, const void *b)
{
    const trait_hit *x = a, *y = b;
    return x->shared != y->shared ? (x->shared > y->shared ? -1 : 1) : by_chart(a, b);
}

// One hit a chart, with how often it came.
static size_t merged(trait_hit *hits, size_t count)
{
    size_t kept = 0;
    qsort(hits, count, sizeof *hits, by_chart);
    for (size_t i = 0; i < count; i++)
        if (kept && by_chart(&hits[kept - 1], &hits[i]) == 0)
            hits[kept - 1].shared++;
        else
            hits[kept++] = hits[i];
    qsort(hits, kept, sizeof *hits, by_shared);
    return kept;
}

err traits_search(store_txn *t, int table, const traits *k, trait_hit *hits, size_t max, size_t *ret_count)
{
    gathering g = {.hits = malloc(HITS_MAX * sizeof *g.hits), .bytes = k->bytes};
    err e = g.hits ? OK : ERR_MEM;
    for (int i = 0; e == OK && i < k->count; i++) {
        g.rows = 0;
        e = store_walk(t, table, span_of(k->at[i], k->bytes), (span){0}, gather, &g);
    }
    if (e == OK && g.count)
        g.count = merged(g.hits, g.count);
    if (e == OK) {
        *ret_count = g.count < max ? g.count : max;
        memcpy(hits, g.hits, *ret_count * sizeof *hits);
    }
    free(g.hits);
    return e;
}
