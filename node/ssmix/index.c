// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node/ssmix/inside.h"
#include "proto/base/utf8.h"
#include "proto/text/text.h"

err ssmix_index_open(const ssmix_options *o, ssmix_index **ret)
{
    if (o->root_count == 0 || o->root_count > SSMIX_ROOTS_MAX || !o->keep || !o->id_of)
        return ERR_USAGE;
    for (size_t i = 0; i < o->root_count; i++)
        if (!o->roots[i].path || strlen(o->roots[i].path) > 4096)
            return ERR_USAGE;
    ssmix_index *x = calloc(1, sizeof *x);
    if (!x)
        return ERR_MEM;
    err e = OK;
    x->o = *o;
    x->roots = calloc(o->root_count, sizeof *x->roots);
    if (!x->roots)
        e = ERR_MEM;
    for (size_t i = 0; i < o->root_count && e == OK; i++) {
        x->roots[i] = (ssmix_root){strdup(o->roots[i].path), o->roots[i].kind};
        if (!x->roots[i].path)
            e = ERR_MEM;
    }
    x->o.roots = x->roots;
    if (e == OK) {
        *ret = x;
        x = NULL;
    }
    ssmix_index_close(x);
    return e;
}

void ssmix_index_close(ssmix_index *x)
{
    if (!x)
        return;
    for (size_t i = 0; x->roots && i < x->o.root_count; i++)
        free((char *)x->roots[i].path);
    free(x->roots);
    explicit_bzero(x->o.secret, sizeof x->o.secret);
    free(x);
}

typedef struct visiting {
    ssmix_index *x;
    int root;
    span chart;
    ssmix_visit visit;
    void *ctx;
} visiting;

// As much of the text as fits, never half a character.
static void put_cut(char *out, size_t cap, span s)
{
    size_t n = 0;
    while (n < s.len) {
        span rest = span_from(s, n);
        size_t before = rest.len;
        (void)utf8_next(&rest);
        size_t step = before - rest.len;
        if (n + step >= cap)
            break;
        n += step;
    }
    if (n)
        memcpy(out, s.at, n);
    out[n] = '\0';
}

// A title for people: the code's name, else the local one. Shares of Windows servers may hand out cp932 names.
static void put_title(ssmix_entry *e, const ssmix_extended *x)
{
    span name = x->code_name.len ? x->code_name : x->local_name;
    buf b = {0};
    if (!utf8_valid(name) && cp932_decode(name, &b) == OK)
        name = buf_span(&b);
    if (utf8_valid(name))
        put_cut(e->title, sizeof e->title, name);
    buf_done(&b);
}

// YYYYMMDD... of the record once more through the name parser: one reading of times in one place.
static err put_entry(const visiting *v, const record_entry *r, ssmix_entry *e)
{
    char name[512];
    ssmix_name n;
    int len = snprintf(name, sizeof name, "%.*s_%.*s_%.*s_%.*s_%.*s_%.*s_1", (int)v->chart.len, v->chart.at,
                       (int)r->day.len, r->day.at, (int)r->type.len, r->type.at, (int)r->order.len, r->order.at,
                       (int)r->time.len, r->time.at, (int)r->department.len, r->department.at);
    if (len < 0 || (size_t)len >= sizeof name || ssmix_name_parse(span_of(name, (size_t)len), &n) != OK)
        return ERR_CORRUPT;
    size_t second = v->chart.len < 6 ? v->chart.len - 3 : 3;
    int at = snprintf(e->folder, sizeof e->folder, "%.3s/%.*s/%.*s/%.*s/%.*s/%s", (const char *)v->chart.at,
                      (int)second, v->chart.at + 3, (int)v->chart.len, v->chart.at, (int)r->day.len, r->day.at,
                      (int)r->folder.len, r->folder.at, name);
    if (at < 0 || (size_t)at >= sizeof e->folder)
        return ERR_CORRUPT;
    e->date = n.date;
    e->time = n.time;
    put_cut(e->order, sizeof e->order, n.order);
    put_cut(e->department, sizeof e->department, n.department);
    return OK;
}

static void put_id(const visiting *v, ssmix_entry *e)
{
    char place[SSMIX_PATH_MAX + 16];
    int n = snprintf(place, sizeof place, "%d/%s", v->root, e->folder);
    v->x->o.id_of(v->x->o.secret, span_of(place, (size_t)n - 2), e->id); // without "_1"
}

static err visit_one(void *ctx, const record_entry *r)
{
    visiting *v = ctx;
    ssmix_entry e = {.root = v->root, .kind = v->x->roots[v->root].kind};
    if (v->chart.len <= 3 || v->chart.len > SSMIX_CHART_MAX)
        return ERR_CORRUPT;
    err why = put_entry(v, r, &e);
    if (why != OK)
        return why;
    if (e.date == DAY_FOREVER && !ssmix_undated(e.kind, r->folder))
        return OK; // from a record older than this rule
    if (e.kind == SSMIX_STANDARD) {
        put_cut(e.type, sizeof e.type, r->folder);
    } else {
        ssmix_extended x;
        if (ssmix_extended_parse(r->folder, &x) != OK)
            return ERR_CORRUPT;
        // A code that does not fit whole must not be taken for another one: it stays without a category.
        span code = x.code.len ? x.code : x.local_code;
        if (code.len + (x.code.len ? 0 : 6) <= SSMIX_TYPE_MAX)
            snprintf(e.type, sizeof e.type, "%s%.*s", x.code.len ? "" : "local:", (int)code.len, code.at);
        put_title(&e, &x);
    }
    put_id(v, &e);
    return v->visit(v->ctx, &e);
}

err ssmix_entries(ssmix_index *x, store_txn *t, span chart, ssmix_visit visit, void *ctx)
{
    if (chart.len == 0 || chart.len > SSMIX_CHART_MAX)
        return OK; // nobody has such a number
    buf record = {0};
    err e = OK;
    for (int root = 0; root < (int)x->o.root_count && e == OK; root++) {
        uint8_t key[RECORD_KEY_MAX];
        unsigned pieces;
        buf_clear(&record);
        e = record_load(t, x->o.table_patient, span_of(key, key_patient(chart, root, key)), &record, &pieces);
        visiting v = {x, root, chart, visit, ctx};
        // The kind of a root was changed and not yet scanned: its old records say nothing.
        ssmix_counts c;
        bool ours = e == OK && record_counts(buf_span(&record), x->roots[root].kind, &c) == OK;
        if (ours)
            e = record_entries(buf_span(&record), x->roots[root].kind, visit_one, &v);
        else if (e == ERR_NOT_FOUND)
            e = OK;
    }
    buf_done(&record);
    return e == ERR_CLOSED ? OK : e;
}

typedef struct charting {
    ssmix_index *x;
    char last[SSMIX_CHART_MAX + 1];
    size_t last_len;
    err (*visit)(void *ctx, span chart);
    void *ctx;
} charting;

static err visit_chart(void *ctx, span key, span value)
{
    charting *c = ctx;
    ssmix_counts counts;
    if (key.len < 5 || key.len > SSMIX_CHART_MAX + 4)
        return OK;
    span chart = span_cut(key, 0, key.len - 4);
    int root = key.at[key.len - 3];
    if (be16_get(key.at + key.len - 2) != 0 || root >= (int)c->x->o.root_count)
        return OK; // a further piece, or a root no longer configured
    if (span_eq(chart, span_of(c->last, c->last_len)))
        return OK;
    if (record_counts(span_from(value, 2), c->x->roots[root].kind, &counts) != OK || counts.live == 0)
        return OK;
    memcpy(c->last, chart.at, chart.len);
    c->last_len = chart.len;
    return c->visit(c->ctx, chart);
}

err ssmix_charts(ssmix_index *x, store_txn *t, err (*visit)(void *ctx, span chart), void *ctx)
{
    return ssmix_charts_after(x, t, (span){0}, visit, ctx);
}

err ssmix_charts_after(ssmix_index *x, store_txn *t, span after, err (*visit)(void *ctx, span chart), void *ctx)
{
    charting c = {.x = x, .visit = visit, .ctx = ctx};
    uint8_t from[SSMIX_CHART_MAX + 1];
    if (after.len > SSMIX_CHART_MAX)
        return ERR_USAGE;
    if (after.len)
        memcpy(from, after.at, after.len);
    from[after.len] = 1; // behind all of its records, whose keys go on with 0
    return store_walk(t, x->o.table_patient, (span){0}, span_of(from, after.len ? after.len + 1 : 0), visit_chart, &c);
}
