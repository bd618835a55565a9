// SPDX-License-Identifier: Apache-2.0
#include "node/charts/person_in.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/log.h"

static_assert(SSMIX_CHART_MAX == TRAIT_CHART_MAX, "a chart fits into a row of traits");
enum { MARK_NAMED = 1, MARK_UNREAD = 2 }; // bits in a record
static const char UNREAD[] = "not_hl7";   // how many records are marked so

void person_traits(const node *n, const identity *i, person_record *ret)
{
    const char *missing;
    traits_of(n->secret, i, &ret->keys);
    ret->named = pseudonym_of(&n->federation, i, &ret->who, &missing) == OK;
}

// ---- the index ------------------------------------------------------------------------------------

err person_unpack(span value, person_record *ret)
{
    reader r = reader_of(value);
    read_into(&r, ret->adt, sizeof ret->adt);
    ret->adt_time = (time_ms)read_u64(&r);
    err e = traits_unpack(&r, &ret->keys);
    if (e)
        return e;
    uint8_t marks = read_u8(&r);
    ret->named = marks & MARK_NAMED;
    ret->unread = marks & MARK_UNREAD;
    if (ret->named)
        read_into(&r, ret->who.at, PSEUDONYM_BYTES);
    ret->present = true;
    return read_at_end(&r) ? OK : ERR_CORRUPT;
}

err person_get(store_txn *t, const char *chart, person_record *ret)
{
    span value;
    person_record p = {.present = false};
    if (!chart[0] || strlen(chart) > SSMIX_CHART_MAX)
        return ERR_NOT_FOUND;
    err e = store_get(t, TABLE_PERSON, span_str(chart), &value);
    if (e == OK)
        e = person_unpack(value, &p);
    if (e)
        return e;
    strcpy(p.chart, chart);
    *ret = p;
    return OK;
}

static err record_pack(const person_record *p, buf *value)
{
    buf_put(value, p->adt, sizeof p->adt);
    buf_put_u64(value, (uint64_t)p->adt_time);
    err e = traits_pack(&p->keys, value);
    if (e)
        return e;
    buf_put_u8(value, (uint8_t)((p->named ? MARK_NAMED : 0) | (p->unread ? MARK_UNREAD : 0)));
    if (p->named)
        buf_put(value, p->who.at, PSEUDONYM_BYTES);
    return value->sticky;
}

// Counted with the records themselves: exact whatever is aborted or told twice.
static err unread_count(store_txn *t, bool was, bool is)
{
    uint64_t n;
    if (was == is)
        return OK;
    err e = meta_number(t, UNREAD, &n);
    return e ? e : meta_number_put(t, UNREAD, is ? n + 1 : n ? n - 1 : 0);
}

err person_unread_count(store_txn *t, uint64_t *ret)
{
    return meta_number(t, UNREAD, ret);
}

static span known_key(const pseudonym *who, const char *chart, uint8_t out[static PSEUDONYM_BYTES + SSMIX_CHART_MAX])
{
    size_t n = strlen(chart);
    memcpy(out, who->at, PSEUDONYM_BYTES);
    memcpy(out + PSEUDONYM_BYTES, chart, n);
    return span_of(out, PSEUDONYM_BYTES + n);
}

// Whom an enquiry may mean: pseudonyms of all charts, whether anything was agreed to or not.
static err known_move(store_txn *t, const person_record *old, const person_record *now)
{
    uint8_t key[PSEUDONYM_BYTES + SSMIX_CHART_MAX];
    bool was = old && old->named, is = now->present && now->named;
    err e = OK;
    if (was && !(is && pseudonym_same(&old->who, &now->who)))
        e = store_delete(t, TABLE_KNOWN, known_key(&old->who, now->chart, key));
    if (e == ERR_NOT_FOUND)
        e = OK;
    return e == OK && is ? store_put(t, TABLE_KNOWN, known_key(&now->who, now->chart, key), span_of("", 0)) : e;
}

static err known_one(void *ctx, span key, span value)
{
    (void)key, (void)value;
    *(bool *)ctx = true;
    return ERR_CLOSED;
}

err person_known(store_txn *t, const pseudonym *who, bool *ret)
{
    *ret = false;
    return store_walk(t, TABLE_KNOWN, span_of(who->at, PSEUDONYM_BYTES), (span){0}, known_one, ret);
}

// ---- stores from before there was TABLE_KNOWN --------------------------------------------

static const char KNOWN_FILLED[] = "known_filled";

typedef struct filling {
    char from[SSMIX_CHART_MAX + 2]; // the last chart's name with its NUL: the first key that can stand behind it
    size_t from_len, count;
    struct { char chart[SSMIX_CHART_MAX + 1]; pseudonym who; } items[BATCH];
    size_t looked;
    bool over;
} filling;

static err filling_one(void *ctx, span key, span value)
{
    filling *f = ctx;
    person_record p = {.present = false};
    err e = person_unpack(value, &p);
    if (e == OK)
        e = span_to_str(key, f->from, SSMIX_CHART_MAX + 1);
    if (e)
        return ERR_CORRUPT;
    f->from_len = key.len + 1;
    if (p.named) {
        strcpy(f->items[f->count].chart, f->from);
        f->items[f->count++].who = p.who;
    }
    return ++f->looked == BATCH ? ERR_CLOSED : OK;
}

static err filling_run(job *j, store_txn *t)
{
    filling *f = j->state;
    uint8_t key[PSEUDONYM_BYTES + SSMIX_CHART_MAX];
    uint64_t filled = 0;
    err e = meta_number(t, KNOWN_FILLED, &filled);
    f->over = filled != 0;
    if (e || f->over)
        return e;
    e = store_walk(t, TABLE_PERSON, (span){0}, span_of(f->from, f->from_len), filling_one, f);
    for (size_t i = 0; e == OK && i < f->count; i++)
        e = store_put(t, TABLE_KNOWN, known_key(&f->items[i].who, f->items[i].chart, key), span_of("", 0));
    f->over = f->looked < BATCH;
    if (e == OK && f->over)
        e = meta_number_put(t, KNOWN_FILLED, 1);
    return job_store_err(e);
}

static void filling_answer(job *j, err e);

static void filling_submit(node *n, const filling *before)
{
    job *j = job_with(n, sizeof(filling), filling_run, filling_answer);
    if (!j)
        return;
    filling *f = j->state;
    if (before) {
        memcpy(f->from, before->from, sizeof f->from);
        f->from_len = before->from_len;
    }
    job_submit(j);
}

static void filling_answer(job *j, err e)
{
    const filling *f = j->state;
    if (e)
        log_line(LOG_ERROR, "pseudonyms of patients indexed earlier could not be filled in; the next start tries again: %s",
                 err_text(e));
    else if (!f->over && !__atomic_load_n(&j->n->closing, __ATOMIC_SEQ_CST))
        filling_submit(j->n, f);
}

void person_known_begin(node *n)
{
    filling_submit(n, NULL);
}

typedef struct charts_of {
    char *chart;
    size_t count;
} charts_of;

static err charts_one(void *ctx, span key, span value)
{
    charts_of *c = ctx;
    (void)value;
    err e = span_to_str(span_from(key, PSEUDONYM_BYTES), c->chart, SSMIX_CHART_MAX + 1);
    return e ? ERR_CORRUPT : ++c->count == 2 ? ERR_CLOSED : OK;
}

err person_charts(store_txn *t, const pseudonym *who, char ret[static SSMIX_CHART_MAX + 1], size_t *ret_count)
{
    charts_of c = {ret, 0};
    err e = store_walk(t, TABLE_KNOWN, span_of(who->at, PSEUDONYM_BYTES), (span){0}, charts_one, &c);
    if (e == OK)
        *ret_count = c.count;
    return e;
}

err person_put(store_txn *t, const person_record *p)
{
    person_record old;
    buf value = {0};
    err e = person_get(t, p->chart, &old);
    bool had = e == OK;
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    e = had ? traits_drop(t, TABLE_TRAIT, &old.keys, p->chart) : OK;
    if (e == OK)
        e = known_move(t, had ? &old : NULL, p);
    if (e == OK)
        e = unread_count(t, had && old.unread, p->present && p->unread);
    if (e == OK && !p->present)
        return had ? store_delete(t, TABLE_PERSON, span_str(p->chart)) : OK;
    if (e == OK)
        e = record_pack(p, &value);
    if (e == OK)
        e = store_put(t, TABLE_PERSON, span_str(p->chart), buf_span(&value));
    if (e == OK)
        e = traits_put(t, TABLE_TRAIT, &p->keys, p->chart);
    buf_done(&value);
    return e;
}

err person_search(const node *n, store_txn *t, const identity *i, char (*charts)[SSMIX_CHART_MAX + 1], size_t max,
                  size_t *ret_count)
{
    traits keys;
    trait_hit *hits = calloc(max + 1, sizeof *hits);
    size_t count = 0;
    err e = hits ? OK : ERR_MEM;
    traits_asked(n->secret, i, &keys);
    if (e == OK)
        e = traits_search(t, TABLE_TRAIT, &keys, hits, max, &count);
    for (size_t k = 0; e == OK && k < count; k++)
        strcpy(charts[k], hits[k].chart);
    if (e == OK)
        *ret_count = count;
    free(hits);
    return e;
}
