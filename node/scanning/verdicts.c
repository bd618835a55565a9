// SPDX-License-Identifier: Apache-2.0
#include "node/scanning/verdicts.h"

#include <stdlib.h>
#include <string.h>

static const char SUMS[] = "contents"; // in TABLE_META
enum { VERDICT_BYTES = 26 };

// ---- a chart's --------------------------------------------------------------------------------------

void verdicts_done(verdicts *v)
{
    free(v->items);
    *v = (verdicts){0};
}

err verdicts_add(verdicts *v, const verdict *one)
{
    if (v->count == v->cap) {
        size_t cap = v->cap ? v->cap * 2 : 64;
        verdict *grown = realloc(v->items, cap * sizeof *grown);
        if (!grown)
            return ERR_MEM;
        v->items = grown;
        v->cap = cap;
    }
    v->items[v->count++] = *one;
    return OK;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(((const verdict *)a)->id, ((const verdict *)b)->id, 16);
}

void verdicts_sort(verdicts *v)
{
    size_t kept = 0;
    if (v->count)
        qsort(v->items, v->count, sizeof *v->items, by_id);
    for (size_t i = 0; i < v->count; i++)
        if (kept == 0 || by_id(&v->items[kept - 1], &v->items[i]) != 0)
            v->items[kept++] = v->items[i];
    v->count = kept;
}

const verdict *verdicts_find(const verdicts *v, const uint8_t id[static 16])
{
    verdict key = {.mark = 0};
    memcpy(key.id, id, sizeof key.id);
    return v->count ? bsearch(&key, v->items, v->count, sizeof *v->items, by_id) : NULL;
}

static err unpack(span value, verdicts *ret)
{
    verdicts v = {0};
    reader r = reader_of(value);
    err e = value.len % VERDICT_BYTES ? ERR_CORRUPT : OK;
    while (e == OK && r.rest.len) {
        verdict one;
        read_into(&r, one.id, sizeof one.id);
        one.mark = read_u64(&r);
        one.bits = read_u8(&r);
        one.root = read_u8(&r);
        e = one.root < SSMIX_ROOTS_MAX ? verdicts_add(&v, &one) : ERR_CORRUPT;
    }
    if (e) {
        verdicts_done(&v);
        return e;
    }
    *ret = v;
    return OK;
}

err verdicts_get(store_txn *t, span chart, verdicts *ret)
{
    span value;
    err e = store_get(t, TABLE_CONTENT, chart, &value);
    if (e == ERR_NOT_FOUND) {
        *ret = (verdicts){0};
        return OK;
    }
    return e ? e : unpack(value, ret);
}

typedef struct walking {
    err (*visit)(void *ctx, span chart, const verdicts *v);
    void *ctx;
} walking;

static err walk_one(void *ctx, span key, span value)
{
    walking *w = ctx;
    verdicts v = {0};
    err e = unpack(value, &v);
    if (e == OK)
        e = w->visit(w->ctx, key, &v);
    verdicts_done(&v);
    return e;
}

err verdicts_walk(store_txn *t, span after, err (*visit)(void *ctx, span chart, const verdicts *v), void *ctx)
{
    uint8_t from[SSMIX_CHART_MAX + 1] = {0};
    walking w = {visit, ctx};
    if (after.len > SSMIX_CHART_MAX)
        return ERR_USAGE;
    if (after.len)
        memcpy(from, after.at, after.len); // a 0 behind it: the least that is greater
    return store_walk(t, TABLE_CONTENT, (span){0}, span_of(from, after.len ? after.len + 1 : 0), walk_one, &w);
}

// ---- sums -------------------------------------------------------------------------------------------

err verdict_sums_get(store_txn *t, verdict_sums *ret)
{
    verdict_sums s = {0};
    span value;
    err e = store_get(t, TABLE_META, span_str(SUMS), &value);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == OK) {
        reader r = reader_of(value);
        uint64_t *const to[] = {&s.documents, &s.encoding, &s.not_hl7, &s.cut, &s.unreadable};
        for (size_t i = 0; i < sizeof to / sizeof *to; i++)
            *to[i] = read_u64(&r);
        for (int i = 0; i < SSMIX_ROOTS_MAX * END_KINDS; i++)
            s.ends[i / END_KINDS][i % END_KINDS] = read_u64(&r);
        if (!read_at_end(&r))
            return ERR_CORRUPT;
    }
    *ret = s;
    return OK;
}

static err sums_put(store_txn *t, const verdict_sums *s)
{
    buf b = {0};
    const uint64_t from[] = {s->documents, s->encoding, s->not_hl7, s->cut, s->unreadable};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        buf_put_u64(&b, from[i]);
    for (int i = 0; i < SSMIX_ROOTS_MAX * END_KINDS; i++)
        buf_put_u64(&b, s->ends[i / END_KINDS][i % END_KINDS]);
    err e = b.sticky ? b.sticky : store_put(t, TABLE_META, span_str(SUMS), buf_span(&b));
    buf_done(&b);
    return e;
}

static uint8_t end_of(const verdict *v)
{
    return (v->bits >> FOUND_END) % END_KINDS;
}

static void sums_add(verdict_sums *s, const verdicts *v, uint64_t one)
{
    for (size_t i = 0; i < v->count; i++) {
        const verdict *d = &v->items[i];
        s->documents += one;
        s->encoding += d->bits & FOUND_ENCODING ? one : 0;
        s->not_hl7 += (d->bits & (FOUND_NOT_HL7 | FOUND_ELSEWHERE)) == FOUND_NOT_HL7 ? one : 0;
        s->cut += d->bits & FOUND_CUT ? one : 0;
        s->unreadable += d->bits & FOUND_UNREADABLE ? one : 0;
        s->ends[d->root][end_of(d)] += one;
    }
}

err verdicts_put(store_txn *t, span chart, const verdicts *v)
{
    verdict_sums s;
    verdicts old = {0};
    buf b = {0};
    err e = verdict_sums_get(t, &s);
    if (e == OK)
        e = verdicts_get(t, chart, &old);
    if (e)
        goto out;
    sums_add(&s, &old, UINT64_MAX); // minus one
    sums_add(&s, v, 1);
    for (size_t i = 0; i < v->count; i++) {
        buf_put(&b, v->items[i].id, sizeof v->items[i].id);
        buf_put_u64(&b, v->items[i].mark);
        buf_put_u8(&b, v->items[i].bits);
        buf_put_u8(&b, v->items[i].root);
    }
    e = b.sticky;
    if (e == OK && v->count)
        e = store_put(t, TABLE_CONTENT, chart, buf_span(&b));
    else if (e == OK && old.count)
        e = store_delete(t, TABLE_CONTENT, chart);
    if (e == OK && (v->count || old.count))
        e = sums_put(t, &s);
out:
    verdicts_done(&old);
    buf_done(&b);
    return e;
}

bool verdict_truncated(const verdict_sums *s, const verdict *v)
{
    uint8_t end = end_of(v);
    return v->bits & FOUND_CUT || (end != END_UNTOLD && end < content_habit(s->ends[v->root]));
}

uint64_t verdict_sums_truncated(const verdict_sums *s)
{
    uint64_t n = s->cut;
    for (int r = 0; r < SSMIX_ROOTS_MAX; r++)
        for (int end = END_NONE; end < content_habit(s->ends[r]); end++)
            n += s->ends[r][end];
    return n;
}
