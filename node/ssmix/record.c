// SPDX-License-Identifier: Apache-2.0
// A chart's record: version, kind, counts, the chart folder's time;
// then its days, each a name, a time and its types (name, time, live files);
// then all live files in that order. So a rescan reads the front only.
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "node/ssmix/inside.h"

#define RECORD_VERSION 1

void pack_number(buf *b, uint64_t v)
{
    uint8_t out[10];
    size_t n = 0;
    do {
        out[n] = (uint8_t)((v & 0x7F) | (v > 0x7F ? 0x80 : 0));
        v >>= 7;
        n++;
    } while (v);
    buf_put_span(b, span_of(out, n));
}

uint64_t unpack_number(reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t c = read_u8(r);
        v |= (uint64_t)(c & 0x7F) << shift;
        if (!(c & 0x80))
            return v;
    }
    r->bad = true;
    return 0;
}

// Most pieces of a name are digits: up to 19 of them become a number of fixed length.
static size_t digit_bytes(size_t digits)
{
    return (digits * 10 + 23) / 24;
}

void pack_text(buf *b, span s)
{
    uint8_t out[264];
    uint64_t v = 0;
    size_t i = 0;
    if (s.len <= 19)
        for (; i < s.len && s.at[i] >= '0' && s.at[i] <= '9'; i++)
            v = v * 10 + (s.at[i] - '0');
    if (i == s.len && s.len > 0) {
        size_t n = digit_bytes(s.len);
        out[0] = (uint8_t)s.len;
        for (i = 0; i < n; i++)
            out[1 + i] = (uint8_t)(v >> (8 * i));
        buf_put_span(b, span_of(out, 1 + n));
        return;
    }
    out[0] = 0x80;
    out[1] = (uint8_t)s.len; // names are at most 255 bytes
    if (s.len)
        memcpy(out + 2, s.at, s.len);
    buf_put_span(b, span_of(out, 2 + s.len));
}

span unpack_text(reader *r, char room[static 256])
{
    uint8_t tag = read_u8(r);
    if (tag == 0x80)
        return read_bytes(r, read_u8(r));
    if (tag == 0 || tag > 19) {
        r->bad = true;
        return (span){0};
    }
    span raw = read_bytes(r, digit_bytes(tag));
    uint64_t v = 0;
    for (size_t i = 0; i < raw.len; i++)
        v |= (uint64_t)raw.at[i] << (8 * i);
    for (size_t i = tag; i-- > 0; v /= 10)
        room[i] = (char)('0' + v % 10);
    return span_of(room, tag);
}

void pack_counts(buf *b, const ssmix_counts *c)
{
    const uint64_t list[] = {c->files, c->live, c->history, c->deleted, c->folders, c->dirty_name, c->dirty_place};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        pack_number(b, list[i]);
}

void unpack_counts(reader *r, ssmix_counts *c)
{
    *c = (ssmix_counts){0};
    uint64_t *const list[] = {&c->files, &c->live, &c->history, &c->deleted, &c->folders, &c->dirty_name,
                              &c->dirty_place};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        *list[i] = unpack_number(r);
    c->patients = c->live > 0;
}

void counts_add(ssmix_counts *to, const ssmix_counts *c)
{
    to->files += c->files, to->live += c->live, to->history += c->history, to->deleted += c->deleted;
    to->patients += c->patients, to->folders += c->folders, to->listed += c->listed;
    to->dirty_name += c->dirty_name, to->dirty_place += c->dirty_place;
    to->vanished += c->vanished, to->unreadable += c->unreadable;
    to->new_entries += c->new_entries, to->gone_entries += c->gone_entries;
}

static void pack_folders(const tree *t, buf *out)
{
    pack_number(out, t->day_count);
    for (size_t d = 0; d < t->day_count; d++) {
        const tree_folder *f = &t->days[d];
        pack_text(out, span_of(t->text.at + f->name, f->len));
        buf_put_u64(out, (uint64_t)f->mtime);
        pack_number(out, f->count);
        for (size_t i = f->first; i < (size_t)f->first + f->count; i++) {
            const tree_folder *type = &t->types[i];
            pack_text(out, span_of(t->text.at + type->name, type->len));
            buf_put_u64(out, (uint64_t)type->mtime);
            pack_number(out, type->count);
        }
    }
}

err tree_pack(const tree *t, ssmix_kind kind, buf *out)
{
    buf_put_u8(out, RECORD_VERSION);
    buf_put_u8(out, (uint8_t)kind);
    pack_counts(out, &t->counts);
    buf_put_u64(out, (uint64_t)t->mtime);
    pack_folders(t, out);
    for (size_t i = 0; i < t->file_count; i++) {
        const tree_file *f = &t->files[i];
        span rest = span_of(t->text.at + f->at, (size_t)f->type + f->order + f->time + f->department);
        if (kind == SSMIX_EXTENDED)
            pack_text(out, span_cut(rest, 0, f->type));
        pack_text(out, span_cut(rest, f->type, f->order));
        pack_text(out, span_cut(rest, (size_t)f->type + f->order, f->time));
        pack_text(out, span_from(rest, (size_t)f->type + f->order + f->time));
    }
    return out->sticky;
}

static reader head(span record, ssmix_kind kind, ssmix_counts *counts, int64_t *mtime)
{
    reader r = reader_of(record);
    if (read_u8(&r) != RECORD_VERSION || read_u8(&r) != (uint8_t)kind)
        r.bad = true;
    unpack_counts(&r, counts);
    *mtime = (int64_t)read_u64(&r);
    return r;
}

err record_counts(span record, ssmix_kind kind, ssmix_counts *ret)
{
    ssmix_counts c;
    int64_t mtime;
    reader r = head(record, kind, &c, &mtime);
    if (r.bad)
        return ERR_CORRUPT;
    *ret = c;
    return OK;
}

// Passes over the folders to where the files begin.
static void skip_folders(reader *r)
{
    char room[256];
    for (uint64_t days = unpack_number(r); days > 0 && !r->bad; days--) {
        (void)unpack_text(r, room);
        (void)read_u64(r);
        for (uint64_t types = unpack_number(r); types > 0 && !r->bad; types--) {
            (void)unpack_text(r, room);
            (void)read_u64(r);
            (void)unpack_number(r);
        }
    }
}

static err visit_files(reader *files, ssmix_kind kind, uint64_t count, span day_name, span folder, record_visit visit,
                       void *ctx)
{
    char type[256], order[256], time[256], department[256];
    for (; count > 0 && !files->bad; count--) {
        record_entry x = {.day = day_name, .folder = folder, .type = folder};
        if (kind == SSMIX_EXTENDED)
            x.type = unpack_text(files, type);
        x.order = unpack_text(files, order);
        x.time = unpack_text(files, time);
        x.department = unpack_text(files, department);
        err e = files->bad ? ERR_CORRUPT : visit(ctx, &x);
        if (e != OK)
            return e;
    }
    return files->bad ? ERR_CORRUPT : OK;
}

err record_entries(span record, ssmix_kind kind, record_visit visit, void *ctx)
{
    ssmix_counts c;
    int64_t mtime;
    char day_room[256], type_room[256];
    reader folders = head(record, kind, &c, &mtime);
    reader files = folders;
    skip_folders(&files);
    for (uint64_t days = unpack_number(&folders); days > 0 && !folders.bad; days--) {
        span day_name = unpack_text(&folders, day_room);
        (void)read_u64(&folders);
        for (uint64_t types = unpack_number(&folders); types > 0 && !folders.bad; types--) {
            span folder = unpack_text(&folders, type_room);
            (void)read_u64(&folders);
            uint64_t count = unpack_number(&folders);
            err e = folders.bad ? ERR_CORRUPT : visit_files(&files, kind, count, day_name, folder, visit, ctx);
            if (e != OK)
                return e;
        }
    }
    return folders.bad || !read_at_end(&files) ? ERR_CORRUPT : OK;
}

static bool same_time(int dir, const char *path, int64_t mtime)
{
    struct stat st;
    return mtime != 0 && fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
           (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec == mtime;
}

// Adding a file changes the time of its own folder only, so every folder is asked.
static bool folders_fresh(reader *r, int chart_fd)
{
    char path[512], room[256];
    for (uint64_t days = unpack_number(r); days > 0; days--) {
        span day_name = unpack_text(r, room);
        int64_t mtime = (int64_t)read_u64(r);
        uint64_t types = unpack_number(r);
        if (r->bad || span_to_str(day_name, path, 256) != OK || !same_time(chart_fd, path, mtime))
            return false;
        size_t at = strlen(path);
        path[at++] = '/';
        for (; types > 0; types--) {
            span name = unpack_text(r, room);
            mtime = (int64_t)read_u64(r);
            (void)unpack_number(r);
            if (r->bad || span_to_str(name, path + at, 256) != OK || !same_time(chart_fd, path, mtime))
                return false;
        }
    }
    return !r->bad;
}

bool record_fresh(span record, ssmix_kind kind, int parent, span chart)
{
    ssmix_counts c;
    int64_t mtime, now;
    char name[SSMIX_CHART_MAX + 1];
    reader r = head(record, kind, &c, &mtime);
    int fd;
    if (r.bad || mtime == 0 || span_to_str(chart, name, sizeof name) != OK || folder_open(parent, name, &fd) != OK)
        return false;
    bool fresh = folder_time(fd, INT64_MAX, &now) == OK && now == mtime && folders_fresh(&r, fd);
    close(fd);
    return fresh;
}

size_t key_patient(span chart, int root, uint8_t out[static RECORD_KEY_MAX])
{
    size_t n = chart.len < SSMIX_CHART_MAX ? chart.len : SSMIX_CHART_MAX;
    if (n)
        memcpy(out, chart.at, n);
    out[n] = 0;
    out[n + 1] = (uint8_t)root;
    return n + 2;
}

size_t key_root(int root, uint8_t out[static RECORD_KEY_MAX])
{
    out[0] = (uint8_t)root;
    out[1] = 'R';
    return 2;
}

size_t key_second(int root, const char *first, const char *second, uint8_t out[static RECORD_KEY_MAX])
{
    size_t a = strlen(first), b = strlen(second);
    out[0] = (uint8_t)root;
    out[1] = '2';
    memcpy(out + 2, first, a);
    out[2 + a] = '/';
    memcpy(out + 3 + a, second, b);
    return 3 + a + b;
}

err record_load(store_txn *t, int table, span key, buf *out, unsigned *ret_pieces)
{
    uint8_t full[RECORD_KEY_MAX + 2];
    if (key.len > RECORD_KEY_MAX)
        return ERR_USAGE;
    memcpy(full, key.at, key.len);
    unsigned pieces = 1;
    for (unsigned i = 0; i < pieces; i++) {
        span value;
        be16_put(full + key.len, (uint16_t)i);
        err e = store_get(t, table, span_of(full, key.len + 2), &value);
        if (e == ERR_NOT_FOUND && i > 0)
            e = ERR_CORRUPT;
        if (e == OK && value.len < 2)
            e = ERR_CORRUPT;
        if (e != OK)
            return e;
        if (i == 0)
            pieces = be16_get(value.at);
        e = buf_put_span(out, span_from(value, 2));
        if (e != OK)
            return e;
    }
    *ret_pieces = pieces;
    return OK;
}
