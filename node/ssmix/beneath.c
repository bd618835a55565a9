// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "node/ssmix/inside.h"

// One step at a time, each refusing a symbolic link; for kernels or sandboxes without openat2.
int beneath_walk(int dir, const char *path, int flags)
{
    char step[256];
    int at = dir;
    for (;;) {
        const char *slash = strchr(path, '/');
        size_t n = slash ? (size_t)(slash - path) : strlen(path);
        bool bad = n == 0 || n >= sizeof step || (n <= 2 && memcmp(path, "..", n) == 0);
        int next = -1;
        if (bad) {
            errno = EXDEV;
        } else {
            memcpy(step, path, n);
            step[n] = '\0';
            next = openat(at, step, (slash ? O_PATH | O_DIRECTORY : flags) | O_NOFOLLOW | O_CLOEXEC);
        }
        int why = errno;
        if (at != dir)
            close(at);
        errno = why;
        if (next < 0 || !slash)
            return next;
        at = next;
        path = slash + 1;
    }
}

int beneath_open(int dir, const char *path, int flags)
{
    static atomic_bool missing;
    if (!atomic_load(&missing)) {
        struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
                               .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
        for (int tries = 0; tries < 8; tries++) {
            long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
            if (fd >= 0)
                return (int)fd;
            if (errno != EAGAIN && errno != EINTR) // EAGAIN: something was renamed while it looked
                break;
        }
        if (errno != ENOSYS && errno != EPERM)
            return -1;
        if (errno == ENOSYS)
            atomic_store(&missing, true);
    }
    return beneath_walk(dir, path, flags);
}

err folder_open(int dir, const char *path, int *ret)
{
    int fd = beneath_open(dir, path, BENEATH_DIR);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? ERR_NOT_FOUND : ERR_IO;
    *ret = fd;
    return OK;
}

err folder_time(int fd, int64_t recent, int64_t *ret)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    int64_t t = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    *ret = t >= recent ? 0 : t;
    return OK;
}
