// SPDX-License-Identifier: Apache-2.0
// The files into a folder of their own. Everything is opened below the folder that was looked
// at, so that nobody who swaps a name meanwhile makes us write elsewhere.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policies/writer/writer.h"

static err err_of(int number)
{
    if (number == EEXIST || number == ENOTEMPTY || number == ENOTDIR)
        return ERR_EXISTS;
    return number == ENOSPC || number == EDQUOT ? ERR_FULL : ERR_IO;
}

static bool is_empty(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *at = copy < 0 ? NULL : fdopendir(copy);
    if (!at) {
        if (copy >= 0)
            close(copy);
        return false;
    }
    int count = 0;
    for (struct dirent *e; (e = readdir(at));)
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(at);
    return count == 0;
}

static err text_put(int dir, const char *name, span text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_of(errno);
    err e = OK;
    while (e == OK && text.len) {
        ssize_t n = write(fd, text.at, text.len);
        if (n > 0)
            text = span_from(text, (size_t)n);
        else if (n == 0 || errno != EINTR)
            e = n == 0 ? ERR_IO : err_of(errno);
    }
    if (e == OK && fsync(fd) != 0)
        e = err_of(errno);
    if (close(fd) != 0 && e == OK)
        e = err_of(errno);
    return e;
}

// "unions/kkr.yaml": the folder is made where it is not there yet.
static err file_put(int dir, const policy_file *f)
{
    char folder[64];
    const char *slash = strchr(f->name, '/');
    if (!slash)
        return text_put(dir, f->name, buf_span(&f->text));
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - f->name), f->name);
    if (mkdirat(dir, folder, 0755) != 0 && errno != EEXIST)
        return err_of(errno);
    int sub = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (sub < 0)
        return err_of(errno);
    err e = strchr(slash + 1, '/') ? ERR_INTERNAL : text_put(sub, slash + 1, buf_span(&f->text));
    close(sub);
    return e;
}

err policy_write_folder(const policy_files *f, const char *dir)
{
    if (mkdir(dir, 0755) != 0 && errno != EEXIST)
        return err_of(errno);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_of(errno);
    err e = is_empty(fd) ? OK : ERR_EXISTS;
    for (size_t i = 0; e == OK && i < f->count; i++)
        e = file_put(fd, &f->items[i]);
    close(fd);
    return e;
}
