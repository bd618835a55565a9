// SPDX-License-Identifier: Apache-2.0
// A folder of rules as a list of files: NAME.yaml at the top and in the folders
// right below. Hidden files and editors' leavings are not looked at.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policies/compiler/draft.h"

static bool name_is_yaml(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static void complain(diag *d, const char *path, const char *why)
{
    diag_add(d, DIAG_ERROR, path, span_str(""), 0, 0, _("cannot read: %s"), why);
}

static err file_read(int fd, const char *path, diag *d, buf *ret)
{
    uint8_t piece[16384];
    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            complain(d, path, strerror(errno));
            return OK;
        }
        if (n == 0)
            return OK;
        if (ret->len + (size_t)n > COMPILE_FILE_BYTES) {
            complain(d, path, _("larger than 4 MiB"));
            return OK;
        }
        if (buf_put(ret, piece, (size_t)n))
            return ERR_MEM;
    }
}

static err file_add(policy_files *f, const char *dir, const char *name, diag *d)
{
    char *path = NULL;
    if (f->count >= COMPILE_FILES) {
        complain(d, dir, _("too many files"));
        return ERR_LIMIT;
    }
    policy_file *items = realloc(f->items, (f->count + 1) * sizeof *items);
    if (!items)
        return ERR_MEM;
    f->items = items;
    if (asprintf(&path, "%s/%s", dir, name) < 0)
        return ERR_MEM;
    policy_file *file = &items[f->count];
    *file = (policy_file){.path = path, .name = strdup(name)};
    f->count++;
    if (!file->name)
        return ERR_MEM;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        complain(d, path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        complain(d, path, _("not an ordinary file"));
    } else {
        err e = file_read(fd, path, d, &file->text);
        close(fd);
        return e;
    }
    if (fd >= 0)
        close(fd);
    return OK;
}

static err folder_add(policy_files *f, const char *dir, const char *sub, diag *d)
{
    char path[4096], name[1024];
    snprintf(path, sizeof path, "%s%s%s", dir, *sub ? "/" : "", sub);
    DIR *at = opendir(path);
    if (!at) {
        complain(d, path, strerror(errno));
        return OK;
    }
    err e = OK;
    for (struct dirent *entry; !e && (entry = readdir(at));) {
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s%s%s", sub, *sub ? "/" : "", entry->d_name);
        if (name_is_yaml(name))
            e = file_add(f, dir, name, d);
        else if (!*sub && fstatat(dirfd(at), entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode))
            e = folder_add(f, dir, entry->d_name, d);
    }
    closedir(at);
    return e;
}

static int name_cmp(const void *a, const void *b)
{
    return strcmp(((const policy_file *)a)->name, ((const policy_file *)b)->name);
}

err policy_load_dir(const char *dir, diag *d, policy_files *ret)
{
    policy_files f = {0};
    size_t errors = d->errors;
    err e = folder_add(&f, dir, "", d);
    if (!e && d->errors > errors)
        e = ERR_IO;
    if (e) {
        policy_files_done(&f);
        return e;
    }
    if (f.count > 1)
        qsort(f.items, f.count, sizeof *f.items, name_cmp);
    *ret = f;
    return OK;
}

void policy_files_done(policy_files *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->items[i].path);
        free(f->items[i].name);
        buf_done(&f->items[i].text);
    }
    free(f->items);
    *f = (policy_files){0};
}
