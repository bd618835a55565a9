// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "proto/base/tongue.h"
#include "proto/yaml/room.h"

// Reads at most one byte beyond the limit, so that the limit can be told.
static err read_file(const char *path, size_t max, buf *out)
{
    // A FIFO would let us wait for ever, already in open.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    err e = fstat(fd, &st) != 0 ? ERR_IO : OK;
    if (e == OK && !S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : ENXIO;
        e = ERR_IO;
    }
    while (!e && out->len <= max) {
        size_t want = max + 1 - out->len;
        if (want > 65536)
            want = 65536;
        e = buf_reserve(out, want);
        if (e)
            break;
        ssize_t n = read(fd, out->at + out->len, want);
        if (n == 0)
            break;
        if (n > 0)
            out->len += (size_t)n;
        else if (errno != EINTR)
            e = ERR_IO;
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return e;
}

err yaml_load(const char *path, size_t max_bytes, diag *d, yaml_doc **ret)
{
    buf text = {0};
    size_t max = max_bytes ? max_bytes : YAML_BYTES;
    err e = read_file(path, max, &text);
    if (e == ERR_IO && errno == ENXIO)
        diag_add(d, DIAG_ERROR, path, (span){0}, 0, 0, "%s",
                 _("cannot read the file: this is a FIFO, a socket or a device, not a plain file"));
    else if (e == ERR_NOT_FOUND || e == ERR_IO)
        diag_add(d, DIAG_ERROR, path, (span){0}, 0, 0, _("cannot read the file: %s"), strerror(errno));
    else if (!e)
        e = yaml_read(buf_span(&text), path, max, d, ret);
    buf_done(&text);
    return e;
}
