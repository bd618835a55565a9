// SPDX-License-Identifier: Apache-2.0
#include "policies/rules/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policies/rules/rules.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 320 };
static const char NEW[] = ".new";

static err failed(void)
{
    return errno == ENOENT                        ? ERR_NOT_FOUND
           : errno == ENOSPC || errno == EDQUOT ? ERR_FULL
                                                  : ERR_IO;
}

static err fd_read(int fd, size_t max, buf *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size > max)
        return ERR_LIMIT;
    buf_clear(out);
    err e = buf_reserve(out, (size_t)st.st_size);
    while (e == OK && out->len < (size_t)st.st_size) {
        ssize_t n = read(fd, out->at + out->len, (size_t)st.st_size - out->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_IO;
        out->len += (size_t)n;
    }
    return e;
}

err folder_get(const char *dir, uint32_t version, const char *what, buf *out)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%u.%s", dir, version, what);
    // Not blocking: a pipe in a bundle's place must not hold anything up.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return failed();
    err e = fd_read(fd, strcmp(what, FOLDER_BUNDLE) == 0 ? RULES_BYTES_MAX : FOLDER_RECORD_MAX, out);
    close(fd);
    return e;
}

// ---- writing -----------------------------------------------------------------------------

static err fd_write(int fd, span bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        ssize_t n = write(fd, bytes.at + at, bytes.len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failed();
        at += (size_t)n;
    }
    return fsync(fd) == 0 ? OK : failed();
}

static err file_put(int at, const char *name, span bytes)
{
    char beside[NAME_BYTES];
    snprintf(beside, sizeof beside, "%s%s", name, NEW);
    int fd = openat(at, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return failed();
    err e = fd_write(fd, bytes);
    if (close(fd) != 0 && e == OK)
        e = failed();
    if (e == OK && renameat(at, beside, at, name) != 0)
        e = failed();
    if (e)
        (void)unlinkat(at, beside, 0);
    return e;
}

err folder_put(const char *dir, uint32_t version, span bundle, span record)
{
    char name[NAME_BYTES];
    int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0)
        return failed();
    err e = OK;
    if (record.len) {
        snprintf(name, sizeof name, "%u.%s", version, FOLDER_RECORD);
        e = file_put(at, name, record);
        if (e == OK && fsync(at) != 0) // the order holds even where the disk reorders
            e = failed();
    }
    snprintf(name, sizeof name, "%u.%s", version, FOLDER_BUNDLE);
    if (e == OK)
        e = file_put(at, name, bundle);
    if (e == OK && fsync(at) != 0)
        e = failed();
    close(at);
    return e;
}

// ---- looking around ------------------------------------------------------------------------

// "12.bundle" -> 12; 0: another file.
static uint32_t version_of(const char *name)
{
    char *end, back[NAME_BYTES];
    unsigned long v = strtoul(name, &end, 10);
    snprintf(back, sizeof back, "%lu.%s", v, FOLDER_BUNDLE);
    return v && v <= UINT32_MAX && strcmp(back, name) == 0 ? (uint32_t)v : 0;
}

err folder_find(const char *dir, const hash32 *pin, uint32_t *ret_version, buf *out)
{
    DIR *d = opendir(dir);
    const struct dirent *each;
    if (!d)
        return failed();
    err found = ERR_NOT_FOUND;
    while (found == ERR_NOT_FOUND && (each = readdir(d))) {
        uint32_t v = version_of(each->d_name);
        hash32 h;
        if (!v || folder_get(dir, v, FOLDER_BUNDLE, out) != OK)
            continue;
        sha256(buf_span(out), &h);
        if (!crypto_same(h.at, pin->at, HASH_BYTES))
            continue;
        *ret_version = v;
        found = OK;
    }
    closedir(d);
    return found;
}

// ---- membership lists ------------------------------------------------------------------------

static const char LISTS[] = "members", LIST[] = ".list";

static bool id_fits(const char *id)
{
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n <= 200 && !id[n];
}

err folder_put_list(const char *dir, const char *union_id, uint32_t serial, span list)
{
    char name[NAME_BYTES];
    if (!id_fits(union_id))
        return ERR_USAGE;
    int top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (top < 0)
        return failed();
    err e = mkdirat(top, LISTS, 0755) == 0 || errno == EEXIST ? OK : failed();
    int at = e ? -1 : openat(top, LISTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (e == OK && (at < 0 || fsync(top) != 0))
        e = failed();
    snprintf(name, sizeof name, "%s-%u%s", union_id, serial, LIST);
    if (e == OK)
        e = file_put(at, name, list);
    if (e == OK && fsync(at) != 0)
        e = failed();
    if (at >= 0)
        close(at);
    close(top);
    return e;
}

err folder_get_list(const char *dir, const char *union_id, uint32_t serial, buf *out)
{
    char path[PATH_BYTES];
    if (!id_fits(union_id))
        return ERR_USAGE;
    snprintf(path, sizeof path, "%s/%s/%s-%u%s", dir, LISTS, union_id, serial, LIST);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return failed();
    err e = fd_read(fd, FOLDER_LIST_MAX, out);
    close(fd);
    return e;
}

// "kkr-12.list" -> "kkr", 12.
static bool list_name_cut(const char *name, char id[static NAME_BYTES], uint32_t *ret)
{
    char back[NAME_BYTES + 40];
    const char *dash = strrchr(name, '-');
    size_t len = dash ? (size_t)(dash - name) : 0;
    if (!dash || len > 200)
        return false;
    memcpy(id, name, len);
    id[len] = '\0';
    unsigned long v = strtoul(dash + 1, NULL, 10);
    snprintf(back, sizeof back, "%s-%lu%s", id, v, LIST);
    *ret = (uint32_t)v;
    return v && v <= UINT32_MAX && id_fits(id) && strcmp(back, name) == 0;
}

err folder_each_list(const char *dir, err (*each)(void *ctx, const char *union_id, uint32_t serial), void *ctx)
{
    char path[PATH_BYTES], id[NAME_BYTES];
    uint32_t serial;
    const struct dirent *entry;
    err e = OK;
    snprintf(path, sizeof path, "%s/%s", dir, LISTS);
    DIR *d = opendir(path);
    if (!d)
        return errno == ENOENT ? OK : failed();
    while (e == OK && (entry = readdir(d)))
        if (list_name_cut(entry->d_name, id, &serial))
            e = each(ctx, id, serial);
    closedir(d);
    return e;
}

void folder_tidy(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *each;
    if (!d)
        return;
    while ((each = readdir(d))) {
        size_t len = strlen(each->d_name), tail = sizeof NEW - 1;
        if (each->d_name[0] >= '0' && each->d_name[0] <= '9' && len > tail &&
            strcmp(each->d_name + len - tail, NEW) == 0)
            (void)unlinkat(dirfd(d), each->d_name, 0);
    }
    closedir(d);
}
