// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_CAP 640

static err from_errno(void)
{
    return errno == ENOSPC || errno == EDQUOT ? ERR_FULL : errno == EEXIST ? ERR_EXISTS : ERR_IO;
}

void tree_day(day d, char out[static 9])
{
    int y, m, dom;
    if (d == DAY_NONE) {
        strcpy(out, "-");
        return;
    }
    day_split(d, &y, &m, &dom);
    snprintf(out, 9, "%04u%02u%02u", (unsigned)y % 10000, (unsigned)m % 100, (unsigned)dom % 100);
}

void tree_stamp(day d, uint32_t ms, char out[static 18])
{
    char text[9];
    tree_day(d, text);
    uint32_t s = ms / 1000 % 86400;
    snprintf(out, 18, "%s%02u%02u%02u%03u", text, s / 3600 % 24, s / 60 % 60, s % 60, ms % 1000);
}

err tree_open(const char *parent, const char *name, tree *ret)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", parent, name) >= (int)sizeof path)
        return ERR_LIMIT;
    if (mkdir(parent, 0777) && errno != EEXIST)
        return from_errno();
    if (mkdir(path, 0777)) // an older storage is never written into
        return from_errno();
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return from_errno();
    *ret = (tree){.root = fd, .patient = -1};
    return OK;
}

void tree_close(tree *t)
{
    if (t->patient >= 0)
        close(t->patient);
    if (t->root >= 0)
        close(t->root);
    *t = (tree){.root = -1, .patient = -1};
}

static err make(int at, const char *path)
{
    return mkdirat(at, path, 0777) && errno != EEXIST ? from_errno() : OK;
}

static err enter(tree *t, const char *chart)
{
    if (t->patient >= 0 && !strcmp(t->chart, chart))
        return OK;
    size_t len = strlen(chart);
    if (len < 6 || len >= sizeof t->chart)
        return ERR_LIMIT;
    char path[32];
    snprintf(path, sizeof path, "%.3s", chart);
    err e = make(t->root, path);
    snprintf(path, sizeof path, "%.3s/%.3s", chart, chart + 3);
    e = e ? e : make(t->root, path);
    snprintf(path, sizeof path, "%.3s/%.3s/%.15s", chart, chart + 3, chart);
    e = e ? e : make(t->root, path);
    if (e)
        return e;
    int fd = openat(t->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return from_errno();
    if (t->patient >= 0)
        close(t->patient);
    t->patient = fd;
    memcpy(t->chart, chart, len + 1);
    return OK;
}

static err put_all(int at, const char *path, span bytes)
{
    int fd = openat(at, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : from_errno();
    err e = OK;
    for (size_t done = 0; !e && done < bytes.len;) {
        ssize_t n = write(fd, bytes.at + done, bytes.len - done);
        if (n < 0 && errno != EINTR)
            e = from_errno();
        done += n > 0 ? (size_t)n : 0;
    }
    if (close(fd) && !e)
        e = from_errno();
    return e;
}

// Every folder on the way to the last component.
static err make_way(int at, char *path)
{
    err e = OK;
    for (char *p = strchr(path, '/'); p && !e; p = strchr(p + 1, '/')) {
        *p = '\0';
        e = make(at, path);
        *p = '/';
    }
    return e;
}

static err put_at(tree *t, const tree_name *n, const char *file, span bytes)
{
    char path[PATH_CAP], clinical[9], stamp[18];
    tree_day(n->clinical, clinical);
    tree_stamp(n->sent, n->sent_ms, stamp);
    int len = snprintf(path, sizeof path, "%s/%s/%s_%s_%s_%s_%s_%s_%c%s%s", clinical, n->type, n->chart,
                       clinical, n->code ? n->code : n->type, n->order, stamp, n->department, n->flag,
                       file ? "/" : "", file ? file : "");
    if (len < 0 || len >= (int)sizeof path)
        return ERR_LIMIT;
    err e = enter(t, n->chart);
    if (e)
        return e;
    // Most files find their folder there already: make it only when it is missed.
    e = put_all(t->patient, path, bytes);
    if (e != ERR_NOT_FOUND)
        return e;
    e = make_way(t->patient, path);
    e = e ? e : put_all(t->patient, path, bytes);
    return e == ERR_NOT_FOUND ? ERR_IO : e;
}

err tree_put(tree *t, const tree_name *name, span bytes)
{
    return put_at(t, name, NULL, bytes);
}

err tree_put_in(tree *t, const tree_name *name, const char *file, span bytes)
{
    return put_at(t, name, file, bytes);
}
