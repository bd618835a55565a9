// SPDX-License-Identifier: Apache-2.0
// One second-level folder: its charts, each listed anew only if one of its folders has another time.
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "node/ssmix/scan_in.h"
#include "proto/base/hash.h"

#define UNIT_VERSION 1

typedef struct hashes { uint64_t *at; size_t count, cap; } hashes;

static err add_hash(void *ctx, const record_entry *e)
{
    static const uint8_t key[16] = {0}; // compared within one run only
    hashes *h = ctx;
    const span pieces[] = {e->day, e->folder, e->type, e->order, e->time, e->department};
    uint8_t all[6 * 256];
    size_t n = 0;
    for (size_t i = 0; i < 6; i++) {
        if (pieces[i].len)
            memcpy(all + n, pieces[i].at, pieces[i].len);
        n += pieces[i].len;
        all[n++] = '/';
    }
    if (h->count == h->cap) {
        size_t cap = h->cap ? h->cap * 2 : 256;
        uint64_t *grown = realloc(h->at, cap * sizeof *grown);
        if (!grown)
            return ERR_MEM;
        h->at = grown;
        h->cap = cap;
    }
    h->at[h->count++] = siphash(key, span_of(all, n));
    return OK;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void count_differences(hashes *old, hashes *now, ssmix_counts *c)
{
    if (old->count)
        qsort(old->at, old->count, sizeof *old->at, by_value);
    if (now->count)
        qsort(now->at, now->count, sizeof *now->at, by_value);
    size_t i = 0, j = 0;
    while (i < old->count || j < now->count) {
        if (j == now->count || (i < old->count && old->at[i] < now->at[j])) {
            c->gone_entries++;
            i++;
        } else if (i == old->count || now->at[j] < old->at[i]) {
            c->new_entries++;
            j++;
        } else {
            i++;
            j++;
        }
    }
}

// What became new or gone between two records; an empty one has nothing. An unreadable old one is as none.
static err compare(worker *w, ssmix_kind kind, span chart, span old_record, span new_record)
{
    hashes old = {0}, now = {0};
    ssmix_counts c = {0};
    err e = OK;
    if (old_record.len)
        e = record_entries(old_record, kind, add_hash, &old);
    if (e == ERR_CORRUPT)
        e = OK;
    if (e == OK && new_record.len)
        e = record_entries(new_record, kind, add_hash, &now);
    if (e == OK) {
        count_differences(&old, &now, &c);
        counts_add(&w->counts, &c);
        if (c.new_entries || c.gone_entries)
            e = worker_changed(w, chart);
    }
    free(old.at);
    free(now.at);
    return e;
}

// The chart's record as kept, or empty. A damaged one is listed anew and written over.
static err load_old(worker *w, const unit *u, span chart, unsigned *ret_pieces)
{
    uint8_t key[RECORD_KEY_MAX];
    size_t n = key_patient(chart, u->root, key);
    buf_clear(&w->old);
    *ret_pieces = 0;
    err e = record_load(w->txn, w->s->x->o.table_patient, span_of(key, n), &w->old, ret_pieces);
    if (e == ERR_NOT_FOUND || e == ERR_CORRUPT) {
        buf_clear(&w->old);
        e = OK;
    }
    return e;
}

static err remove_chart(worker *w, const unit *u, ssmix_kind kind, span chart)
{
    uint8_t key[RECORD_KEY_MAX];
    unsigned pieces;
    err e = load_old(w, u, chart, &pieces);
    if (e == OK)
        e = compare(w, kind, chart, buf_span(&w->old), (span){0});
    if (e == OK)
        e = worker_remove(w, w->s->x->o.table_patient, span_of(key, key_patient(chart, u->root, key)), pieces);
    return e;
}

static void keep_chart(worker *w, ssmix_kind kind)
{
    ssmix_counts c;
    if (w->old.len && record_counts(buf_span(&w->old), kind, &c) == OK)
        counts_add(&w->counts, &c);
}

static err write_chart(worker *w, const unit *u, ssmix_kind kind, span chart, unsigned pieces)
{
    uint8_t key[RECORD_KEY_MAX];
    buf_clear(&w->packed);
    err e = tree_pack(&w->tree, kind, &w->packed);
    if (e != OK)
        return e;
    ssmix_counts c = w->tree.counts;
    c.patients = c.live > 0;
    counts_add(&w->counts, &c);
    if (span_eq(buf_span(&w->old), buf_span(&w->packed)))
        return OK;
    if (w->old.len == 0) {
        w->counts.new_entries += c.live;
        if (c.live)
            e = worker_changed(w, chart);
    } else {
        e = compare(w, kind, chart, buf_span(&w->old), buf_span(&w->packed));
    }
    if (e == OK)
        e = worker_put(w, w->s->x->o.table_patient, span_of(key, key_patient(chart, u->root, key)),
                       buf_span(&w->packed), pieces);
    return e;
}

static err scan_chart(worker *w, const unit *u, ssmix_kind kind, int dir, span chart)
{
    unsigned pieces;
    err e = load_old(w, u, chart, &pieces);
    if (e != OK)
        return e;
    bool believed = !w->s->full && !w->s->root_full[u->root] && w->old.len;
    if (believed && record_fresh(buf_span(&w->old), kind, dir, chart)) {
        keep_chart(w, kind);
        return OK;
    }
    e = tree_read(&w->lister, dir, chart, &w->tree);
    if (e == OK)
        return write_chart(w, u, kind, chart, pieces);
    if (e == ERR_NOT_FOUND) {
        w->counts.vanished++;
        lister_dirty(&w->lister, (span){0}, (span){0}, (span){0}, "vanished");
        return remove_chart(w, u, kind, chart);
    }
    if (e == ERR_IO) { // what was known of it stays: the disk or the rights may come back
        w->counts.unreadable++;
        lister_dirty(&w->lister, (span){0}, (span){0}, (span){0}, "unreadable");
        keep_chart(w, kind);
        return OK;
    }
    return e;
}

bool chart_steps(span name, const char *first, const char *second)
{
    size_t n = strlen(second);
    if (name.len <= 3 || name.len > SSMIX_CHART_MAX || memcmp(name.at, first, 3) != 0)
        return false;
    return n == (name.len < 6 ? name.len - 3 : 3) && memcmp(name.at + 3, second, n) == 0;
}

static bool chart_by_rule(span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= 0x20 || s.at[i] >= 0x7F || s.at[i] == '_')
            return false;
    return s.len > 0 && s.len <= SSMIX_CHART_MAX;
}

// Keeps only what can be a chart here; the rest is dirt of this folder.
static err take_charts(worker *w, const unit *u, int dir, ssmix_counts *dirt)
{
    names *all = &w->lister.files; // free while no chart is being listed
    err e = names_read(dir, all);
    if (e != OK)
        return e;
    w->counts.listed++;
    names_clear(&w->charts);
    for (size_t i = 0; i < all->count && e == OK; i++) {
        span name = names_at(all, i);
        bool by_rule = chart_by_rule(name), folder = all->items[i].type == DT_DIR;
        if (folder && by_rule && chart_steps(name, u->first, u->second)) {
            e = names_add(&w->charts, name, DT_DIR);
            continue;
        }
        bool place = !folder || by_rule;
        dirt->files += !folder;
        dirt->dirty_place += place;
        dirt->dirty_name += !place;
        lister_dirty(&w->lister, (span){0}, (span){0}, name, place ? "place" : "name");
    }
    return e;
}

// A second-level folder's record: version, time, dirt, charts.
static err read_unit(worker *w, const unit *u, int64_t *mtime, ssmix_counts *dirt, unsigned *pieces)
{
    uint8_t key[RECORD_KEY_MAX];
    size_t n = key_second(u->root, u->first, u->second, key);
    buf_clear(&w->old_unit);
    names_clear(&w->old_charts);
    *mtime = 0;
    *pieces = 0;
    err e = record_load(w->txn, w->s->x->o.table_folder, span_of(key, n), &w->old_unit, pieces);
    if (e == ERR_NOT_FOUND || e == ERR_CORRUPT) {
        buf_clear(&w->old_unit);
        return OK;
    }
    if (e != OK)
        return e;
    char room[256];
    reader r = reader_of(buf_span(&w->old_unit));
    bool ours = read_u8(&r) == UNIT_VERSION;
    int64_t when = (int64_t)read_u64(&r);
    unpack_counts(&r, dirt);
    for (uint64_t count = ours ? unpack_number(&r) : 0; count > 0 && !r.bad && e == OK; count--)
        e = names_add(&w->old_charts, unpack_text(&r, room), DT_DIR);
    *mtime = ours && !r.bad ? when : 0;
    return e;
}

static err write_unit(worker *w, const unit *u, int64_t mtime, const ssmix_counts *dirt, unsigned pieces)
{
    uint8_t key[RECORD_KEY_MAX];
    buf *b = &w->unit_record;
    buf_clear(b);
    buf_put_u8(b, UNIT_VERSION);
    buf_put_u64(b, (uint64_t)mtime);
    pack_counts(b, dirt);
    pack_number(b, w->charts.count);
    for (size_t i = 0; i < w->charts.count; i++)
        pack_text(b, names_at(&w->charts, i));
    if (b->sticky != OK || span_eq(buf_span(b), buf_span(&w->old_unit)))
        return b->sticky;
    return worker_put(w, w->s->x->o.table_folder, span_of(key, key_second(u->root, u->first, u->second, key)),
                      buf_span(b), pieces);
}

static err remove_unit(worker *w, const unit *u, ssmix_kind kind, unsigned pieces)
{
    uint8_t key[RECORD_KEY_MAX];
    err e = OK;
    for (size_t i = 0; i < w->old_charts.count && e == OK; i++)
        e = remove_chart(w, u, kind, names_at(&w->old_charts, i));
    if (e == OK && pieces)
        e = worker_remove(w, w->s->x->o.table_folder, span_of(key, key_second(u->root, u->first, u->second, key)),
                          pieces);
    return e;
}

static err keep_unit(worker *w, const unit *u, ssmix_kind kind, const ssmix_counts *dirt)
{
    err e = OK;
    counts_add(&w->counts, dirt);
    if (!w->s->root_lost[u->root]) { // a whole root is told once, at the end
        w->counts.unreadable++;
        lister_dirty(&w->lister, (span){0}, (span){0}, (span){0}, "unreadable");
    }
    for (size_t i = 0; i < w->old_charts.count && e == OK; i++) {
        unsigned pieces;
        e = load_old(w, u, names_at(&w->old_charts, i), &pieces);
        if (e == OK)
            keep_chart(w, kind);
    }
    return e;
}

static err scan_charts(worker *w, const unit *u, ssmix_kind kind, int dir)
{
    err e = OK;
    for (size_t i = 0; i < w->charts.count && e == OK && !atomic_load(&w->s->stop); i++) {
        e = scan_chart(w, u, kind, dir, names_at(&w->charts, i));
        worker_tell(w);
    }
    for (size_t i = 0; i < w->old_charts.count && e == OK && !atomic_load(&w->s->stop); i++)
        if (!names_has(&w->charts, names_at(&w->old_charts, i)))
            e = remove_chart(w, u, kind, names_at(&w->old_charts, i));
    return e;
}

static err open_unit(worker *w, const unit *u, int64_t *mtime, int *ret)
{
    char path[8];
    memcpy(path, u->first, 3);
    path[3] = '/';
    memcpy(path + 4, u->second, sizeof u->second);
    int dir = -1;
    err e = folder_open(w->s->root_fd[u->root], path, &dir);
    if (e == OK)
        e = folder_time(dir, w->s->recent, mtime);
    if (e == OK)
        *ret = dir;
    else if (dir >= 0)
        close(dir);
    return e;
}

err unit_scan(worker *w, const unit *u)
{
    ssmix_kind kind = u->root < (int)w->s->x->o.root_count ? w->s->x->roots[u->root].kind : SSMIX_STANDARD;
    ssmix_counts old_dirt = {0}, dirt = {0};
    int64_t old_time = 0, mtime = 0;
    unsigned pieces = 0;
    int dir = -1;
    err e = store_renew(w->txn);
    if (e == OK)
        e = read_unit(w, u, &old_time, &old_dirt, &pieces);
    if (e != OK)
        return e;
    w->lister.kind = kind;
    memcpy(w->lister.where, "***/***", 8);
    if (w->s->root_lost[u->root])
        e = ERR_IO;
    else
        e = u->gone ? ERR_NOT_FOUND : open_unit(w, u, &mtime, &dir);
    if (e == OK) {
        w->counts.folders++;
        bool believed = !w->s->full && !w->s->root_full[u->root] && old_time != 0 && old_time == mtime;
        if (believed) {
            names kept = w->charts;
            w->charts = w->old_charts;
            w->old_charts = kept;
            names_clear(&w->old_charts);
            dirt = old_dirt;
        } else {
            e = take_charts(w, u, dir, &dirt);
        }
    }
    if (e == ERR_NOT_FOUND) {
        e = remove_unit(w, u, kind, pieces);
    } else if (e == ERR_IO) {
        e = keep_unit(w, u, kind, &old_dirt);
    } else if (e == OK) {
        counts_add(&w->counts, &dirt);
        e = scan_charts(w, u, kind, dir);
        if (e == OK && !atomic_load(&w->s->stop))
            e = write_unit(w, u, mtime, &dirt, pieces);
    }
    if (dir >= 0)
        close(dir);
    worker_tell(w);
    return e;
}
