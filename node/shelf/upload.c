// SPDX-License-Identifier: Apache-2.0
// A file comes in: written under a passing name, made durable, recognised, and only then named by its content.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/shelf/inside.h"

enum { ENDS = 2048 };

// No room on the disk, in the quota, or by the limit of the process.
static bool no_room(int failed)
{
    return failed == ENOSPC || failed == EDQUOT || failed == EFBIG;
}

err shelf_errno(void)
{
    return no_room(errno) ? ERR_FULL : errno == ENOENT ? ERR_NOT_FOUND : errno == ENOMEM ? ERR_MEM : ERR_IO;
}

err shelf_upload_new(shelf *s, uint64_t total, shelf_upload **ret)
{
    uint8_t dice[16];
    if (total == 0 || total > SHELF_FILE_MAX)
        return ERR_LIMIT;
    err e = crypto_random(dice, sizeof dice);
    shelf_upload *u = e ? NULL : calloc(1, sizeof *u);
    if (!u)
        return e ? e : ERR_MEM;
    u->s = s;
    u->total = total;
    hex_put(u->name, span_of(dice, sizeof dice));
    sha256_begin(&u->run);
    u->fd = openat(s->incoming, u->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (u->fd < 0) {
        e = shelf_errno();
        free(u);
        return e;
    }
    // Better told now than after most of it came.
    if (no_room(posix_fallocate(u->fd, 0, (off_t)total))) {
        shelf_upload_free(u);
        return ERR_FULL;
    }
    *ret = u;
    return OK;
}

err shelf_upload_put(shelf_upload *u, uint64_t at, span piece)
{
    if (at != u->have || u->sealed)
        return ERR_CONFLICT;
    if (piece.len == 0 || piece.len > u->total - u->have)
        return ERR_LIMIT;
    for (size_t done = 0; done < piece.len;) {
        ssize_t n = pwrite(u->fd, piece.at + done, piece.len - done, (off_t)(u->have + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? shelf_errno() : ERR_IO;
        done += (size_t)n;
    }
    sha256_add(&u->run, piece);
    u->have += piece.len;
    return OK;
}

bool shelf_upload_whole(const shelf_upload *u)
{
    return u->have == u->total;
}

static err bytes_read(int fd, uint64_t from, size_t n, buf *out)
{
    err e = buf_reserve(out, n);
    while (e == OK && out->len < n) {
        ssize_t got = pread(fd, out->at + out->len, n - out->len, (off_t)(from + out->len));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERR_IO;
        out->len += (size_t)got;
    }
    return e;
}

static err recognise(shelf_upload *u, const char **ret_why)
{
    buf head = {0}, more = {0};
    size_t ends = u->total < ENDS ? (size_t)u->total : ENDS;
    err e = bytes_read(u->fd, 0, ends, &head);
    shelf_media m = e == OK ? shelf_media_head(buf_span(&head)) : SHELF_UNKNOWN;
    if (e == OK && m != SHELF_UNKNOWN) {
        e = bytes_read(u->fd, u->total - ends, ends, &more);
        if (e == OK && !shelf_media_ends(m, buf_span(&more))) {
            *ret_why = "the file is cut off: its end is missing";
            e = ERR_FORMAT;
        }
    } else if (e == OK && u->total > SHELF_TEXT_MAX) {
        *ret_why = "neither PDF, JPEG nor PNG, and too long for text";
        e = ERR_FORMAT;
    } else if (e == OK) {
        e = bytes_read(u->fd, 0, (size_t)u->total, &more);
        m = e == OK ? shelf_media_text(buf_span(&more), ret_why) : SHELF_UNKNOWN;
        if (e == OK && m == SHELF_UNKNOWN)
            e = ERR_FORMAT;
    }
    buf_wipe(&head);
    buf_wipe(&more);
    if (e == OK)
        u->media = m;
    return e;
}

err shelf_upload_seal(shelf_upload *u, const char **ret_why)
{
    *ret_why = "";
    if (!shelf_upload_whole(u) || u->sealed)
        return ERR_CONFLICT;
    err e = recognise(u, ret_why);
    if (e)
        return e;
    if (fsync(u->fd) != 0)
        return shelf_errno();
    sha256_end(&u->run, &u->hash);
    u->sealed = true;
    return OK;
}

shelf_media shelf_upload_media(const shelf_upload *u)
{
    return u->media;
}

bool shelf_upload_filed(const shelf_upload *u)
{
    return u->filed;
}

// A file under the name of its content may stand there already, from another patient or an older version. Only
// whole files are ever named so.
err shelf_upload_place(shelf_upload *u)
{
    char path[SHELF_PATH], folder[3];
    struct stat st;
    shelf_path(&u->hash, path);
    memcpy(folder, path, 2);
    folder[2] = '\0';
    bool fresh = mkdirat(u->s->dir, folder, 0700) == 0;
    if (!fresh && errno != EEXIST)
        return shelf_errno();
    if (fresh && fsync(u->s->dir) != 0)
        return shelf_errno();
    if (fstatat(u->s->dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
        (uint64_t)st.st_size == u->total) {
        u->filed = true; // the passing one goes with the upload
        return OK;
    }
    if (renameat(u->s->incoming, u->name, u->s->dir, path) != 0)
        return shelf_errno();
    u->filed = u->made = true;
    int fd = openat(u->s->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    err e = fd >= 0 && fsync(fd) == 0 ? OK : shelf_errno();
    if (fd >= 0)
        close(fd);
    return e;
}

void shelf_unfile(shelf_upload *u)
{
    char path[SHELF_PATH];
    shelf_path(&u->hash, path);
    if (u->made)
        (void)unlinkat(u->s->dir, path, 0);
    u->filed = u->made = false;
}

void shelf_upload_free(shelf_upload *u)
{
    if (!u)
        return;
    close(u->fd);
    if (!u->made)
        (void)unlinkat(u->s->incoming, u->name, 0);
    free(u);
}
