// SPDX-License-Identifier: Apache-2.0
// The identity index after a scan: charts that changed are read anew, in batches.
#include <stdlib.h>
#include <string.h>

#include "node/charts/person_in.h"
#include "proto/base/log.h"

static const char RENEWED[] = "trait_version"; // all records are of this version

typedef struct refresh {
    person_record items[BATCH];
    size_t count;
} refresh;

struct person_batch {
    node *n;
    job *open;
    uint64_t read;
    person_unread unread;
    void *ctx;
};

static err refresh_run(job *j, store_txn *t)
{
    const refresh *r = j->state;
    for (size_t i = 0; i < r->count; i++) {
        err e = person_put(t, &r->items[i]);
        if (e)
            return job_store_err(e);
    }
    return OK;
}

static void refresh_answer(job *j, err e)
{
    (void)j;
    if (e)
        log_line(LOG_ERROR, "the identity index could not be written: %s", err_text(e));
}

err person_batch_new(node *n, person_unread unread, void *ctx, person_batch **ret)
{
    person_batch *b = calloc(1, sizeof *b);
    if (!b)
        return ERR_MEM;
    b->n = n;
    b->unread = unread;
    b->ctx = ctx;
    *ret = b;
    return OK;
}

static void batch_submit(person_batch *b)
{
    if (b->open)
        job_submit(b->open);
    b->open = NULL;
}

// True if the record must be written.
static bool record_make(person_batch *b, person_record *p)
{
    person_record old;
    ssmix_entry entry;
    identity who;
    store_txn *t;
    if (store_read(b->n->keep, &t) != OK)
        return false;
    err had = person_get(t, p->chart, &old);
    err e = adt_find(b->n, t, span_str(p->chart), &entry);
    store_end(t);
    if (e == ERR_NOT_FOUND)
        return had == OK;
    if (e == OK)
        e = adt_mark(b->n, &entry, p->adt); // before it is read: a change meanwhile is seen the next time
    if (e != OK || (had == OK && memcmp(old.adt, p->adt, sizeof old.adt) == 0 && old.adt_time == entry.time &&
                    old.keys.version == TRAIT_VERSION))
        return false;
    p->present = true;
    p->adt_time = entry.time;
    p->keys = (traits){.version = TRAIT_VERSION};
    // One that cannot be read is remembered without traits: it is read again when a newer one comes.
    e = adt_read(b->n, &entry, &who);
    if (e == ERR_NOT_FOUND || e == ERR_IO || e == ERR_MEM)
        return false;
    p->unread = e != OK;
    if (e == OK) {
        person_traits(b->n, &who, p);
        identity_wipe(&who);
        b->read++;
    } else if (b->unread) {
        b->unread(b->ctx, &entry);
    }
    return true;
}

void person_batch_add(person_batch *b, span chart)
{
    person_record p = {.present = false};
    if (span_to_str(chart, p.chart, sizeof p.chart) != OK || !record_make(b, &p))
        return;
    if (!b->open)
        b->open = job_with(b->n, sizeof(refresh), refresh_run, refresh_answer);
    if (!b->open)
        return;
    refresh *r = b->open->state;
    r->items[r->count++] = p;
    if (r->count == BATCH)
        batch_submit(b);
}

void person_batch_flush(person_batch *b, uint64_t *ret_read)
{
    batch_submit(b);
    *ret_read = b->read;
    b->read = 0;
}

void person_batch_free(person_batch *b)
{
    if (!b)
        return;
    batch_submit(b);
    free(b);
}

// ---- traits of an older version ----------------------------------------------------------------

typedef struct older {
    char charts[BATCH][SSMIX_CHART_MAX + 1];
    size_t count;
} older;

static err older_one(void *ctx, span key, span value)
{
    older *o = ctx;
    person_record p = {.present = false};
    err e = person_unpack(value, &p);
    if (e == OK && p.keys.version != TRAIT_VERSION)
        e = span_to_str(key, o->charts[o->count++], sizeof *o->charts);
    return e ? e : o->count == BATCH ? ERR_CLOSED : OK;
}

static err renewed_run(job *j, store_txn *t)
{
    (void)j;
    return meta_number_put(t, RENEWED, TRAIT_VERSION);
}

static void renewed_answer(job *j, err e)
{
    (void)j, (void)e; // if it is not kept, the next scan looks once more
}

err person_batch_renew(person_batch *b)
{
    older page = {.count = 0};
    char last[SSMIX_CHART_MAX + 1];
    span from = {0};
    uint64_t version = 0;
    bool any = false;
    err e;
    do {
        store_txn *t;
        page.count = 0;
        e = store_read(b->n->keep, &t);
        if (e)
            return e;
        e = meta_number(t, RENEWED, &version);
        if (e == OK && version != TRAIT_VERSION)
            e = store_walk(t, TABLE_PERSON, (span){0}, from, older_one, &page);
        store_end(t);
        for (size_t i = 0; e == OK && i < page.count; i++)
            person_batch_add(b, span_str(page.charts[i]));
        any = any || page.count;
        if (page.count) {
            strcpy(last, page.charts[page.count - 1]);
            from = span_of(last, strlen(last) + 1); // with its NUL: the first key that can stand behind it
        }
    } while (e == OK && page.count == BATCH);
    if (e || any || version == TRAIT_VERSION)
        return e;
    job *j = job_with(b->n, 0, renewed_run, renewed_answer);
    if (!j)
        return ERR_MEM;
    job_submit(j);
    return OK;
}

// ---- those that cannot be read ------------------------------------------------------------------------

typedef struct unread_walk {
    node *n;
    store_txn *t;
    size_t left;
    person_unread tell;
    void *ctx;
} unread_walk;

static err unread_one(void *ctx, span key, span value)
{
    unread_walk *w = ctx;
    person_record p = {.present = false};
    ssmix_entry entry;
    uint8_t now[16];
    err e = person_unpack(value, &p);
    if (e || !p.unread)
        return e;
    // One that was replaced meanwhile is another file, told when that was read.
    if (adt_find(w->n, w->t, key, &entry) != OK || adt_mark(w->n, &entry, now) != OK ||
        memcmp(now, p.adt, sizeof now) != 0)
        return OK;
    w->tell(w->ctx, &entry);
    return --w->left ? OK : ERR_CLOSED;
}

err person_unread_list(node *n, size_t max, person_unread unread, void *ctx)
{
    unread_walk w = {.n = n, .left = max, .tell = unread, .ctx = ctx};
    uint64_t count = 0;
    err e = store_read(n->keep, &w.t);
    if (e)
        return e;
    e = person_unread_count(w.t, &count);
    if (e == OK && count && max)
        e = store_walk(w.t, TABLE_PERSON, (span){0}, (span){0}, unread_one, &w);
    store_end(w.t);
    return e;
}
