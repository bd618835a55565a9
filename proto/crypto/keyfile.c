// SPDX-License-Identifier: Apache-2.0
#include "proto/crypto/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static err of_errno(void) {
    switch (errno) {
    case ENOENT: return ERR_NOT_FOUND;
    case EEXIST: return ERR_EXISTS;
    case ENOSPC:
    case EDQUOT: return ERR_FULL;
    default: return ERR_IO;
    }
}

static err write_all(int fd, span s) {
    while (s.len > 0) {
        ssize_t n = write(fd, s.at, s.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return of_errno();
        s = span_from(s, (size_t)n);
    }
    return OK;
}

// A new name is durable only when its directory is.
static err sync_dir_of(const char *path) {
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash) {
        strcpy(dir, ".");
    } else {
        size_t len = slash == path ? 1 : (size_t)(slash - path);
        if (len >= sizeof dir)
            return ERR_LIMIT;
        memcpy(dir, path, len);
        dir[len] = '\0';
    }
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return of_errno();
    err e = fsync(fd) == 0 ? OK : of_errno();
    close(fd);
    return e;
}

// Writes path without touching the directory entry's durability.
static err write_new(const char *path, span bytes, mode_t mode) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return of_errno();
    err e = write_all(fd, bytes);
    if (!e && fsync(fd) != 0)
        e = of_errno();
    if (close(fd) != 0 && !e)
        e = of_errno();
    if (e) {
        int saved = errno;
        unlink(path); // ours: O_EXCL made it
        errno = saved;
    }
    return e;
}

err keyfile_create(const char *path, span bytes, mode_t mode) {
    err e = write_new(path, bytes, mode);
    return e ? e : sync_dir_of(path);
}

err keyfile_replace(const char *path, span bytes, mode_t mode) {
    char fresh[PATH_MAX];
    int n = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof fresh)
        return ERR_LIMIT;
    unlink(fresh); // left by a crash before the rename
    err e = write_new(fresh, bytes, mode);
    if (e)
        return e;
    if (rename(fresh, path) != 0) {
        e = of_errno();
        unlink(fresh);
        return e;
    }
    return sync_dir_of(path);
}

static err read_fd(int fd, size_t max, buf *ret) {
    for (;;) {
        uint8_t piece[4096];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        err e = OK;
        if (n < 0)
            e = of_errno();
        else if (ret->len + (size_t)n > max)
            e = ERR_LIMIT;
        else if (n > 0)
            e = buf_put(ret, piece, (size_t)n);
        explicit_bzero(piece, sizeof piece);
        if (e || n == 0)
            return e;
    }
}

err keyfile_read(const char *path, bool secret, buf *ret) {
    size_t max = secret ? KEYFILE_SECRET_MAX : KEYFILE_PUBLIC_MAX;
    struct stat st;
    buf bytes = {0};
    // O_NONBLOCK: a FIFO in the file's place must not hang the daemon.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return of_errno();
    err e = fstat(fd, &st) == 0 ? OK : of_errno();
    if (!e && !S_ISREG(st.st_mode)) {
        errno = EINVAL;
        e = ERR_IO;
    }
    // The open file is asked, not the name: nobody can swap it in between.
    if (!e && secret && (st.st_mode & 077) != 0)
        e = ERR_DENIED;
    if (!e && (uintmax_t)st.st_size > max)
        e = ERR_LIMIT;
    if (!e)
        e = buf_reserve(&bytes, (size_t)st.st_size); // at once: no copies of a secret are left behind
    if (!e)
        e = read_fd(fd, max, &bytes);
    if (!e)
        e = buf_put_span(ret, buf_span(&bytes));
    close(fd);
    buf_wipe(&bytes);
    return e;
}
