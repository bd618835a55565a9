// SPDX-License-Identifier: Apache-2.0
// The two upper levels: PID[0:3] and PID[3:6]. Few folders, found by the caller's thread before the workers start.
// A root's record: version, kind, path, time, dirt, then each first-level folder with time and second-level names.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "node/ssmix/scan_in.h"

#define ROOT_VERSION 1

void root_state_done(root_state *r)
{
    names_done(&r->firsts);
    names_done(&r->seconds);
    free(r->times);
    free(r->starts);
    *r = (root_state){0};
}

static err add_first(root_state *r, span name, int64_t mtime)
{
    size_t n = r->firsts.count;
    int64_t *times = realloc(r->times, (n + 1) * sizeof *times);
    if (times)
        r->times = times;
    size_t *starts = realloc(r->starts, (n + 2) * sizeof *starts);
    if (starts)
        r->starts = starts;
    if (!times || !starts)
        return ERR_MEM;
    r->times[n] = mtime;
    r->starts[n] = r->starts[n + 1] = r->seconds.count;
    return names_add(&r->firsts, name, DT_DIR);
}

static err add_second(root_state *r, span first, span second)
{
    char path[8];
    if (first.len != 3 || second.len < 1 || second.len > 3)
        return ERR_CORRUPT;
    memcpy(path, first.at, 3);
    path[3] = '/';
    memcpy(path + 4, second.at, second.len);
    err e = names_add(&r->seconds, span_of(path, 4 + second.len), DT_DIR);
    r->starts[r->firsts.count] = r->seconds.count;
    return e;
}

static err load_root(worker *w, int root, root_state *old)
{
    uint8_t key[RECORD_KEY_MAX];
    buf b = {0};
    err e = record_load(w->txn, w->s->x->o.table_folder, span_of(key, key_root(root, key)), &b, &old->pieces);
    old->had_record = e == OK;
    if (e == ERR_NOT_FOUND || e == ERR_CORRUPT)
        e = OK;
    else if (e == OK) {
        char room[256];
        reader r = reader_of(buf_span(&b));
        bool ours = read_u8(&r) == ROOT_VERSION;
        const ssmix_root *now = root < (int)w->s->x->o.root_count ? &w->s->x->roots[root] : NULL;
        uint8_t kind = read_u8(&r);
        span path = read_bytes(&r, read_u16(&r));
        old->mtime = (int64_t)read_u64(&r);
        unpack_counts(&r, &old->dirt);
        for (uint64_t n = ours ? unpack_number(&r) : 0; n > 0 && !r.bad && e == OK; n--) {
            span first = unpack_text(&r, room);
            e = add_first(old, first, (int64_t)read_u64(&r));
            for (uint64_t m = unpack_number(&r); m > 0 && !r.bad && e == OK; m--) {
                char second[256];
                e = add_second(old, names_at(&old->firsts, old->firsts.count - 1), unpack_text(&r, second));
            }
        }
        if (e == ERR_CORRUPT) // only an unreadable record: list everything
            e = OK, r.bad = true;
        old->believed = e == OK && ours && !r.bad && now && kind == (uint8_t)now->kind &&
                        span_eq(path, span_str(now->path));
    }
    buf_done(&b);
    return e;
}

static bool step_by_rule(span s, size_t least)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= 0x20 || s.at[i] >= 0x7F || s.at[i] == '_')
            return false;
    return s.len >= least && s.len <= 3;
}

static void dirty_here(worker *w, root_state *now, const names_item *item, span name, const char *where)
{
    bool place = item->type != DT_DIR;
    now->dirt.files += place;
    now->dirt.dirty_place += place;
    now->dirt.dirty_name += !place;
    memcpy(w->lister.where, where, strlen(where) + 1);
    lister_dirty(&w->lister, (span){0}, (span){0}, name, place ? "place" : "name");
}

// The second level below one first-level folder, by its record if its time is the same, else listed.
static err find_seconds(worker *w, int dir, root_state *old, root_state *now, span first, bool believed)
{
    char name[4] = {0};
    memcpy(name, first.at, 3);
    size_t at = 0;
    while (at < old->firsts.count && !span_eq(names_at(&old->firsts, at), first))
        at++;
    bool was = at < old->firsts.count;
    int64_t mtime = 0;
    int fd = -1;
    err e = folder_open(dir, name, &fd);
    if (e == OK)
        e = folder_time(fd, w->s->recent, &mtime);
    bool same = e == OK && believed && was && mtime != 0 && old->times[at] == mtime;
    if (e == OK && !same) {
        e = names_read(fd, &w->lister.types);
        w->counts.listed += e == OK;
    }
    if (fd >= 0)
        close(fd);
    if (e == ERR_NOT_FOUND) {
        w->counts.vanished++;
        return OK;
    }
    bool kept = same || e == ERR_IO; // not readable now: what was known below stays
    if (e == ERR_IO) {
        w->counts.unreadable++;
        mtime = 0;
    } else if (e != OK) {
        return e;
    }
    w->counts.folders++;
    e = add_first(now, first, mtime);
    for (size_t i = kept && was ? old->starts[at] : 0; kept && was && i < old->starts[at + 1] && e == OK; i++)
        e = add_second(now, first, span_from(names_at(&old->seconds, i), 4));
    for (size_t i = 0; !kept && i < w->lister.types.count && e == OK; i++) {
        span second = names_at(&w->lister.types, i);
        if (w->lister.types.items[i].type == DT_DIR && step_by_rule(second, 1))
            e = add_second(now, first, second);
        else
            dirty_here(w, now, &w->lister.types.items[i], second, "***");
    }
    return e;
}

static err add_unit(scan *s, int root, span path, bool gone)
{
    if (s->unit_count == s->unit_cap) {
        size_t cap = s->unit_cap ? s->unit_cap * 2 : 256;
        unit *grown = realloc(s->units, cap * sizeof *grown);
        if (!grown)
            return ERR_MEM;
        s->units = grown;
        s->unit_cap = cap;
    }
    unit u = {.root = root, .gone = gone};
    memcpy(u.first, path.at, 3);
    memcpy(u.second, path.at + 4, path.len - 4);
    s->units[s->unit_count++] = u;
    return OK;
}

static err add_units(scan *s, int root, root_state *old, root_state *now)
{
    err e = OK;
    names_sort(&now->seconds); // already in order but for what a file system's order of bytes may do
    for (size_t i = 0; i < now->seconds.count && e == OK; i++)
        e = add_unit(s, root, names_at(&now->seconds, i), false);
    for (size_t i = 0; i < old->seconds.count && e == OK; i++)
        if (!names_has(&now->seconds, names_at(&old->seconds, i)))
            e = add_unit(s, root, names_at(&old->seconds, i), true);
    return e;
}

static err find_firsts(worker *w, int root, root_state *old, root_state *now)
{
    scan *s = w->s;
    int dir = s->root_fd[root];
    bool believed = !s->full && old->believed;
    err e = folder_time(dir, s->recent, &now->mtime);
    if (e != OK)
        return e;
    bool same = believed && now->mtime != 0 && old->mtime == now->mtime;
    // Dirt of folders that are not listed again is still there, but no record says which folder's it was: so
    // either both upper levels are believed whole, or all of them are listed.
    for (size_t i = 0; same && i < old->firsts.count; i++) {
        struct stat st;
        char name[4] = {0};
        memcpy(name, names_at(&old->firsts, i).at, 3);
        same = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
               (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec == old->times[i];
    }
    w->counts.folders++;
    names *list = &w->lister.days;
    names_clear(list);
    if (same) {
        now->dirt = old->dirt;
        for (size_t i = 0; i < old->firsts.count && e == OK; i++)
            e = names_add(list, names_at(&old->firsts, i), DT_DIR);
    } else {
        e = names_read(dir, list);
        w->counts.listed++;
    }
    for (size_t i = 0; i < list->count && e == OK; i++) {
        span first = names_at(list, i);
        if (list->items[i].type == DT_DIR && step_by_rule(first, 3))
            e = find_seconds(w, dir, old, now, first, same);
        else
            dirty_here(w, now, &list->items[i], first, ".");
    }
    return e == ERR_NOT_FOUND ? ERR_IO : e;
}

// What the last scan knew, whatever the configuration calls the root now: it is only put aside, not forgotten.
static err keep_root(scan *s, int root, const root_state *old)
{
    err e = OK;
    s->found[root].dirt = old->dirt;
    for (size_t i = 0; i < old->seconds.count && e == OK; i++)
        e = add_unit(s, root, names_at(&old->seconds, i), false);
    return e;
}

static err find_root(worker *w, int root, root_state *old)
{
    scan *s = w->s;
    root_state *now = &s->found[root];
    if (root >= (int)s->x->o.root_count)
        return add_units(s, root, old, now); // no longer configured: all gone
    err e = OK;
    if (!s->root_lost[root]) {
        errno = 0;
        e = find_firsts(w, root, old, now);
        if (e == ERR_IO) { // opened, and then not read
            s->root_lost[root] = errno ? errno : EIO;
            root_state_done(now);
            e = OK;
        }
    }
    if (e != OK)
        return e;
    return s->root_lost[root] ? keep_root(s, root, old) : add_units(s, root, old, now);
}

err roots_find(worker *w)
{
    scan *s = w->s;
    err e = OK;
    for (int root = 0; root < SSMIX_ROOTS_MAX && e == OK; root++) {
        root_state old = {0};
        e = load_root(w, root, &old);
        s->old_pieces[root] = old.pieces;
        s->root_full[root] = !old.believed;
        w->lister.kind = root < (int)s->x->o.root_count ? s->x->roots[root].kind : SSMIX_STANDARD;
        if (e == OK)
            e = find_root(w, root, &old);
        s->found[root].had_record = old.had_record;
        counts_add(&w->counts, &s->found[root].dirt);
        root_state_done(&old);
    }
    return e;
}

static err write_root(worker *w, int root, const root_state *r)
{
    uint8_t key[RECORD_KEY_MAX];
    buf b = {0};
    span path = span_str(w->s->x->roots[root].path);
    buf_put_u8(&b, ROOT_VERSION);
    buf_put_u8(&b, (uint8_t)w->s->x->roots[root].kind);
    buf_put_u16(&b, (uint16_t)path.len);
    buf_put_span(&b, path);
    buf_put_u64(&b, (uint64_t)r->mtime);
    pack_counts(&b, &r->dirt);
    pack_number(&b, r->firsts.count);
    for (size_t i = 0; i < r->firsts.count; i++) {
        pack_text(&b, names_at(&r->firsts, i));
        buf_put_u64(&b, (uint64_t)r->times[i]);
        pack_number(&b, r->starts[i + 1] - r->starts[i]);
        for (size_t k = r->starts[i]; k < r->starts[i + 1]; k++)
            pack_text(&b, span_from(names_at(&r->seconds, k), 4));
    }
    err e = b.sticky;
    if (e == OK)
        e = worker_put(w, w->s->x->o.table_folder, span_of(key, key_root(root, key)), buf_span(&b),
                       w->s->old_pieces[root]);
    buf_done(&b);
    return e;
}

err roots_write(worker *w)
{
    uint8_t key[RECORD_KEY_MAX];
    err e = OK;
    for (int root = 0; root < SSMIX_ROOTS_MAX && e == OK; root++) {
        if (w->s->root_lost[root])
            continue; // its record stands
        if (root < (int)w->s->x->o.root_count)
            e = write_root(w, root, &w->s->found[root]);
        else if (w->s->found[root].had_record)
            e = worker_remove(w, w->s->x->o.table_folder, span_of(key, key_root(root, key)), w->s->old_pieces[root]);
    }
    return e;
}
