// SPDX-License-Identifier: Apache-2.0
// The folder: opened, swept, and read from.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/shelf/inside.h"

void shelf_path(const hash32 *h, char out[static SHELF_PATH])
{
    hex_put(out + 3, span_of(h->at, HASH_BYTES));
    out[0] = out[3];
    out[1] = out[4];
    out[2] = '/';
}

static int folder_open(int at, const char *path)
{
    if (mkdirat(at, path, 0700) != 0 && errno != EEXIST)
        return -1;
    return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

err shelf_open(const shelf_options *o, shelf **ret)
{
    shelf *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEM;
    *s = (shelf){.keep = o->keep, .table = o->table, .quota = o->quota, .incoming = -1};
    s->dir = folder_open(AT_FDCWD, o->dir);
    if (s->dir >= 0)
        s->incoming = folder_open(s->dir, "incoming");
    err e = s->incoming >= 0 ? shelf_sweep(s) : shelf_errno();
    if (e) {
        shelf_close(s);
        return e;
    }
    *ret = s;
    return OK;
}

void shelf_close(shelf *s)
{
    if (!s)
        return;
    if (s->incoming >= 0)
        close(s->incoming);
    if (s->dir >= 0)
        close(s->dir);
    free(s);
}

// ---- what a kill left behind -----------------------------------------------------------

typedef struct known {
    hash32 *items;
    size_t count, cap;
} known;

static err known_one(void *ctx, span key, span value)
{
    known *k = ctx;
    shelf_document d;
    if (key.len > 8 && key.at[8] == 0)
        return OK; // what a facility uses
    err e = shelf_document_unpack(key, value, &d);
    if (e)
        return e;
    if (k->count == k->cap) {
        size_t cap = k->cap ? k->cap * 2 : 256;
        hash32 *items = realloc(k->items, cap * sizeof *items);
        if (!items)
            return ERR_MEM;
        k->items = items;
        k->cap = cap;
    }
    k->items[k->count++] = d.hash;
    return OK;
}

static int hash_cmp(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES);
}

// Calls unwanted for each plain name of the folder; what it wants away goes.
static err folder_sweep(int at, const char *path, const known *k)
{
    int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        err e = errno == ENOENT ? OK : ERR_IO;
        if (fd >= 0)
            close(fd);
        return e;
    }
    for (const struct dirent *n; (n = readdir(d));) {
        hash32 h;
        if (n->d_name[0] == '.')
            continue;
        bool hash = strlen(n->d_name) == 2 * HASH_BYTES && hex_get(span_str(n->d_name), h.at, HASH_BYTES) == OK;
        // What we did not name, we do not take away; but in `incoming` (k NULL) nothing may stay.
        if (!k || (hash && !(k->count && bsearch(&h, k->items, k->count, sizeof h, hash_cmp))))
            (void)unlinkat(fd, n->d_name, 0);
    }
    closedir(d);
    return OK;
}

err shelf_sweep(shelf *s)
{
    known k = {0};
    store_txn *t;
    err e = store_read(s->keep, &t);
    if (e)
        return e;
    e = store_walk(t, s->table, (span){0}, (span){0}, known_one, &k);
    store_end(t);
    if (k.count > 1)
        qsort(k.items, k.count, sizeof *k.items, hash_cmp);
    if (e == OK)
        e = folder_sweep(s->dir, "incoming", NULL);
    for (int i = 0; e == OK && i < 256; i++) {
        char name[3];
        uint8_t byte = (uint8_t)i;
        hex_put(name, span_of(&byte, 1));
        e = folder_sweep(s->dir, name, &k);
    }
    free(k.items);
    return e;
}

// ---- reading -----------------------------------------------------------------------------

static err file_verify(int fd, const shelf_document *d)
{
    uint8_t *piece = malloc(1 << 16);
    sha256_run run;
    hash32 h;
    uint64_t have = 0;
    if (!piece)
        return ERR_MEM;
    sha256_begin(&run);
    ssize_t n;
    while ((n = read(fd, piece, 1 << 16)) > 0 || (n < 0 && errno == EINTR)) {
        if (n < 0)
            continue;
        sha256_add(&run, span_of(piece, (size_t)n));
        have += (uint64_t)n;
    }
    sha256_end(&run, &h);
    crypto_wipe(piece, 1 << 16);
    free(piece);
    if (n < 0)
        return ERR_IO;
    return have == d->bytes && memcmp(h.at, d->hash.at, HASH_BYTES) == 0 ? OK : ERR_CORRUPT;
}

err shelf_read(shelf *s, const shelf_document *d, int *ret_fd)
{
    char path[SHELF_PATH];
    shelf_path(&d->hash, path);
    int fd = openat(s->dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return shelf_errno();
    err e = file_verify(fd, d);
    if (e == OK && lseek(fd, 0, SEEK_SET) != 0)
        e = ERR_IO;
    if (e) {
        close(fd);
        return e;
    }
    *ret_fd = fd;
    return OK;
}

// ---- charts --------------------------------------------------------------------------------

bool shelf_chart(uint64_t facility, const char *number, char *out, size_t cap)
{
    if (!number[0] || strlen(number) + 12 > cap || facility > 9999999999u)
        return false;
    snprintf(out, cap, "%010llu_%s", (unsigned long long)facility, number);
    return true;
}

bool shelf_chart_read(const char *chart, uint64_t *ret_facility, const char **ret_number)
{
    uint64_t code = 0;
    for (int i = 0; i < 10; i++) {
        if (chart[i] < '0' || chart[i] > '9')
            return false;
        code = code * 10 + (uint64_t)(chart[i] - '0');
    }
    if (chart[10] != '_' || !chart[11] || strlen(chart + 11) > SHELF_NUMBER_MAX)
        return false;
    *ret_facility = code;
    *ret_number = chart + 11;
    return true;
}
