// SPDX-License-Identifier: Apache-2.0
// shelf add, shelf replace: a file goes to the node in pieces.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/cli/ask.h"
#include "ops/cli/show.h"
#include "proto/base/tongue.h"

enum { PIECE_BYTES = 512 << 10, TOLD_FROM = 4 << 20 }; // what is smaller is there before one could read of it

static err piece_read(int fd, uint64_t at, size_t n, uint8_t *out)
{
    for (size_t have = 0; have < n;) {
        ssize_t got = pread(fd, out + have, n - have, (off_t)(at + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERR_IO;
        have += (size_t)got;
    }
    return OK;
}

static void progress(const invocation *v, uint64_t done, uint64_t total)
{
    if (total >= TOLD_FROM && !v->json && isatty(STDERR_FILENO))
        fprintf(stderr, _("\r%llu of %llu MiB%s"), (unsigned long long)(done >> 20), (unsigned long long)(total >> 20),
                done == total ? "\n" : " ");
}

static int pieces_send(const invocation *v, int fd, uint64_t total, uint8_t *piece, ask *ret)
{
    char whole[24], at[24], handle[64] = "";
    ask_arg args[OPTIONS_MAX + 4];
    size_t n = ask_options(v, args);
    snprintf(whole, sizeof whole, "%" PRIu64, total);
    for (uint64_t sent = 0;;) {
        size_t len = total - sent < PIECE_BYTES ? (size_t)(total - sent) : PIECE_BYTES, k = n;
        snprintf(at, sizeof at, "%" PRIu64, sent);
        args[k++] = (ask_arg){"total", whole};
        args[k++] = (ask_arg){"at", at};
        if (handle[0])
            args[k++] = (ask_arg){"handle", handle};
        args[k] = (ask_arg){NULL, NULL};
        err e = piece_read(fd, sent, len, piece);
        if (e) {
            complain(v, e, option_value(v, "@FILE"));
            return EXIT_FAILED;
        }
        int code = ask_daemon_with(v, v->row->control, args, span_of(piece, len), ret);
        if (code != EXIT_OK)
            return code;
        sent += len;
        progress(v, sent, total);
        if (!ret->reply->more || sent >= total)
            return EXIT_OK;
        snprintf(handle, sizeof handle, "%s", ret->reply->handle);
        ask_done(ret);
    }
}

int shelf_put_run(invocation *v)
{
    const char *path = option_value(v, "@FILE");
    struct stat st;
    ask a;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        complain(v, fd < 0 && errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, path);
        if (fd >= 0)
            close(fd);
        return EXIT_FAILED;
    }
    uint8_t *piece = malloc(PIECE_BYTES);
    int code = piece ? pieces_send(v, fd, (uint64_t)st.st_size, piece, &a) : EXIT_FAILED;
    if (piece)
        explicit_bzero(piece, PIECE_BYTES);
    free(piece);
    close(fd);
    if (code != EXIT_OK)
        return code;
    err e = a.reply->status < ERR_COUNT ? (err)a.reply->status : ERR_INTERNAL;
    if (e == OK || v->json)
        show_reply(v, a.reply);
    if (e && !v->json)
        complain(v, e, a.reply->note);
    ask_done(&a);
    return exit_of(e);
}
