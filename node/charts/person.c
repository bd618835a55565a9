// SPDX-License-Identifier: Apache-2.0
#include "node/charts/person.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/log.h"

static_assert(SSMIX_CHART_MAX == TRAIT_CHART_MAX, "a chart fits into a row of traits");
enum { ADT_MAX = 1 << 20, BATCH = 64 };
enum { MARK_NAMED = 1, MARK_UNREAD = 2 }; // bits in a record
static const char UNREAD[] = "not_hl7";   // how many records are marked so
static const char RENEWED[] = "trait_version"; // all records are of this version

// ---- reading ----------------------------------------------------------------------------

typedef struct newest {
    ssmix_entry entry;
    bool found;
} newest;

static err adt_one(void *ctx, const ssmix_entry *e)
{
    newest *n = ctx;
    if (e->kind == SSMIX_STANDARD && strcmp(e->type, "ADT-00") == 0 && (!n->found || e->time >= n->entry.time)) {
        n->entry = *e;
        n->found = true;
    }
    return OK;
}

static err adt_find(node *n, store_txn *t, span chart, ssmix_entry *ret)
{
    newest found = {.found = false};
    err e = n->index ? ssmix_entries(n->index, t, chart, adt_one, &found) : OK;
    if (e == OK && !found.found)
        e = ERR_NOT_FOUND;
    if (e == OK)
        *ret = found.entry;
    return e;
}

static err file_read(node *n, const ssmix_entry *entry, buf *out)
{
    int fd;
    uint64_t bytes;
    err e = ssmix_file_open(n->index, entry, "", &fd, &bytes);
    if (e)
        return e;
    if (bytes > ADT_MAX)
        e = ERR_LIMIT;
    if (e == OK)
        e = buf_reserve(out, (size_t)bytes);
    while (e == OK && out->len < bytes) {
        ssize_t got = read(fd, out->at + out->len, (size_t)bytes - out->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            e = ERR_IO;
        else
            out->len += (size_t)got;
    }
    close(fd);
    return e;
}

static err adt_read(node *n, const ssmix_entry *entry, identity *ret)
{
    buf bytes = {.max = ADT_MAX + 1};
    hl7 *m = NULL;
    hl7_dirt dirt;
    char chart[128];
    err e = file_read(n, entry, &bytes);
    if (e == OK)
        e = hl7_read(buf_span(&bytes), &m, &dirt);
    if (e == OK)
        e = patient_of(m, ret, chart, sizeof chart);
    if (e)
        identity_wipe(ret); // what was read until then is somebody's
    hl7_free(m);
    buf_wipe(&bytes);
    return e;
}

err person_identity(node *n, store_txn *t, const char *chart, identity *ret, ssmix_entry *ret_entry)
{
    ssmix_entry entry;
    err e = adt_find(n, t, span_str(chart), &entry);
    if (e == OK)
        e = adt_read(n, &entry, ret);
    if (e == OK && ret_entry)
        *ret_entry = entry;
    return e;
}

void person_name(const char *family, const char *given, char out[static IDENTITY_TEXT * 2 + 2])
{
    snprintf(out, IDENTITY_TEXT * 2 + 2, "%s%s%s", family, family[0] && given[0] ? " " : "", given);
}

// ---- traits -----------------------------------------------------------------------------------

void person_traits(const node *n, const identity *i, person_record *ret)
{
    const char *missing;
    traits_of(n->secret, i, &ret->keys);
    ret->named = pseudonym_of(&n->federation, i, &ret->who, &missing) == OK;
}

// ---- the index ------------------------------------------------------------------------------------

static err record_unpack(span value, person_record *ret)
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
        e = record_unpack(value, &p);
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
    err e = record_unpack(value, &p);
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

// ---- after a scan ------------------------------------------------------------------------------------

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

// A file written over in place keeps its name: length and time tell that it is another.
static err adt_mark(node *n, const ssmix_entry *entry, uint8_t ret[static 16])
{
    struct stat st;
    uint64_t bytes;
    hash32 h;
    uint8_t about[24];
    int fd;
    err e = ssmix_file_open(n->index, entry, "", &fd, &bytes);
    if (e)
        return e;
    e = fstat(fd, &st) == 0 ? OK : ERR_IO;
    close(fd);
    if (e)
        return e;
    be64_put(about, (uint64_t)st.st_size);
    be64_put(about + 8, (uint64_t)st.st_mtim.tv_sec);
    be64_put(about + 16, (uint64_t)st.st_mtim.tv_nsec);
    span parts[2] = {span_of(entry->id, sizeof entry->id), span_of(about, sizeof about)};
    sha256_parts(parts, 2, &h);
    memcpy(ret, h.at, 16);
    return OK;
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
    err e = record_unpack(value, &p);
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
    err e = record_unpack(value, &p);
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
