// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "node/ssmix/inside.h"

static err why_not(void)
{
    switch (errno) {
    case ENOENT: case ENOTDIR: case ELOOP: case EXDEV: // gone, or no longer inside the root
        return ERR_NOT_FOUND;
    case ENXIO: // a socket
        return ERR_NOT_FOUND;
    default:
        return ERR_IO;
    }
}

static err open_root(const ssmix_index *x, const ssmix_entry *e, int *ret)
{
    if (e->root < 0 || e->root >= (int)x->o.root_count || memchr(e->folder, '\0', sizeof e->folder) == NULL)
        return ERR_USAGE;
    int fd = open(x->roots[e->root].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    *ret = fd;
    return OK;
}

// Only a plain file is handed out: no device, no pipe that would make the reader wait.
static err open_regular(int dir, const char *path, int *ret, uint64_t *ret_bytes)
{
    struct stat st;
    int fd = beneath_open(dir, path, O_RDONLY | O_NONBLOCK);
    if (fd < 0)
        return why_not();
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return ERR_NOT_FOUND;
    }
    *ret = fd;
    *ret_bytes = (uint64_t)st.st_size;
    return OK;
}

// Renamed while we looked (1 to 2, a new 1 written): the folder says whether this very file is live after all.
static err live_in_folder(int root, const char *path)
{
    char folder[SSMIX_PATH_MAX];
    const char *name = strrchr(path, '/');
    if (!name)
        return ERR_NOT_FOUND;
    memcpy(folder, path, (size_t)(name - path));
    folder[name - path] = '\0';
    names list = {0};
    int fd = -1;
    err e = folder_open(root, folder, &fd);
    if (e == OK)
        e = names_read(fd, &list);
    if (e == OK && !names_has(&list, span_str(name + 1)))
        e = ERR_NOT_FOUND;
    if (fd >= 0)
        close(fd);
    names_done(&list);
    return e;
}

// The one file of a folder. ERR_CONFLICT: there are several, and the caller must name one.
static err only_part(int dir, char *out, size_t cap)
{
    names list = {0};
    size_t found = 0;
    err e = names_read(dir, &list);
    for (size_t i = 0; e == OK && i < list.count; i++)
        if (list.items[i].type == DT_REG && ++found == 1)
            e = span_to_str(names_at(&list, i), out, cap);
    names_done(&list);
    if (e == OK && found != 1)
        e = found == 0 ? ERR_NOT_FOUND : ERR_CONFLICT;
    return e;
}

static err open_part(int root, const char *folder, const char *part, int *ret, uint64_t *ret_bytes)
{
    char own[256];
    int dir = -1;
    if (strchr(part, '/') || strcmp(part, ".") == 0 || strcmp(part, "..") == 0)
        return ERR_NOT_FOUND;
    err e = folder_open(root, folder, &dir);
    if (e == OK && part[0] == '\0') {
        e = only_part(dir, own, sizeof own);
        part = own;
    }
    if (e == OK)
        e = open_regular(dir, part, ret, ret_bytes);
    if (dir >= 0)
        close(dir);
    return e;
}

static err open_either(int root, const ssmix_entry *e, const char *part, int *ret, uint64_t *ret_bytes)
{
    if (e->kind == SSMIX_EXTENDED)
        return open_part(root, e->folder, part ? part : "", ret, ret_bytes);
    return open_regular(root, e->folder, ret, ret_bytes);
}

err ssmix_file_open(ssmix_index *x, const ssmix_entry *e, const char *part, int *ret_fd, uint64_t *ret_bytes)
{
    int root;
    err why = open_root(x, e, &root);
    if (why != OK)
        return why;
    why = open_either(root, e, part, ret_fd, ret_bytes);
    for (int tries = 0; why == ERR_NOT_FOUND && tries < 2; tries++) {
        if (live_in_folder(root, e->folder) != OK)
            break;
        why = open_either(root, e, part, ret_fd, ret_bytes);
    }
    close(root);
    return why;
}

err ssmix_parts(ssmix_index *x, const ssmix_entry *e, err (*visit)(void *ctx, const char *part, uint64_t bytes),
                void *ctx)
{
    int root, dir = -1;
    names list = {0};
    if (e->kind != SSMIX_EXTENDED)
        return ERR_USAGE;
    err why = open_root(x, e, &root);
    if (why != OK)
        return why;
    why = folder_open(root, e->folder, &dir);
    if (why == OK)
        why = names_read(dir, &list);
    for (size_t i = 0; why == OK && i < list.count; i++) {
        struct stat st;
        char name[256];
        if (list.items[i].type != DT_REG)
            continue;
        why = span_to_str(names_at(&list, i), name, sizeof name);
        if (why == OK && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            why = visit(ctx, name, (uint64_t)st.st_size);
    }
    if (dir >= 0)
        close(dir);
    close(root);
    names_done(&list);
    return why == ERR_CLOSED ? OK : why;
}
