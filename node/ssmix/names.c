// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "node/ssmix/inside.h"

void names_clear(names *n)
{
    n->len = n->count = 0;
}

void names_done(names *n)
{
    free(n->bytes);
    free(n->items);
    *n = (names){0};
}

err names_add(names *n, span name, uint8_t type)
{
    if (name.len > 255 || n->len > UINT32_MAX - 512)
        return ERR_LIMIT;
    if (n->len + name.len + 1 > n->cap) {
        size_t cap = n->cap ? n->cap * 2 : 4096;
        char *grown = realloc(n->bytes, cap);
        if (!grown)
            return ERR_MEM;
        n->bytes = grown;
        n->cap = cap;
    }
    if (n->count == n->items_cap) {
        size_t cap = n->items_cap ? n->items_cap * 2 : 128;
        names_item *grown = realloc(n->items, cap * sizeof *grown);
        if (!grown)
            return ERR_MEM;
        n->items = grown;
        n->items_cap = cap;
    }
    if (name.len)
        memcpy(n->bytes + n->len, name.at, name.len);
    n->bytes[n->len + name.len] = '\0';
    n->items[n->count++] = (names_item){(uint32_t)n->len, (uint8_t)name.len, type};
    n->len += name.len + 1;
    return OK;
}

static int by_name(const void *a, const void *b, void *bytes)
{
    const names_item *x = a, *y = b;
    return strcmp((char *)bytes + x->at, (char *)bytes + y->at);
}

void names_sort(names *n)
{
    if (n->count > 1)
        qsort_r(n->items, n->count, sizeof *n->items, by_name, n->bytes);
}

span names_at(const names *n, size_t i)
{
    return span_of(n->bytes + n->items[i].at, n->items[i].len);
}

bool names_has(const names *n, span name)
{
    size_t low = 0, high = n->count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        span s = names_at(n, mid);
        size_t least = s.len < name.len ? s.len : name.len;
        int c = least ? memcmp(name.at, s.at, least) : 0;
        if (c == 0)
            c = (name.len > s.len) - (name.len < s.len);
        if (c == 0)
            return true;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return false;
}

static uint8_t type_of(int dir, const char *name)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return DT_UNKNOWN;
    return S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR : DT_LNK;
}

static err add_entry(int dir, const struct dirent64 *d, names *n)
{
    const char *name = d->d_name;
    if (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
        return OK;
    uint8_t type = d->d_type == DT_UNKNOWN ? type_of(dir, name) : d->d_type;
    return names_add(n, span_str(name), type);
}

// getdents64 itself: readdir's opening and its 32 KiB of fresh memory would double the cost of a small folder.
err names_read(int dir, names *n)
{
    _Alignas(struct dirent64) char room[32768];
    names_clear(n);
    for (;;) {
        ssize_t got = getdents64(dir, room, sizeof room);
        if (got == 0)
            break;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *d = (const struct dirent64 *)(room + at);
            err e = add_entry(dir, d, n);
            if (e != OK)
                return e;
            at += d->d_reclen;
        }
    }
    names_sort(n);
    return OK;
}
