// SPDX-License-Identifier: Apache-2.0
#include "proto/link/ipc_knock.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "proto/base/date.h"

// The greeting of nng's stream transports: "\0SP\0", the protocol, two zeros.
static const uint8_t greeting_req[8] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
static const uint8_t greeting_rep[8] = {0, 'S', 'P', 0, 0, 0x31, 0, 0};

static err err_of(int e)
{
    switch (e) {
    case EACCES:
    case EPERM: return ERR_DENIED;
    case EAGAIN: return ERR_DEADLINE; // nobody empties its queue
    case ENOENT:
    case ECONNREFUSED: return ERR_UNREACHABLE;
    default: return ERR_IO;
    }
}

static err hear(int fd, time_ms until)
{
    uint8_t heard[8];
    size_t n = 0;
    while (n < sizeof heard) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        time_ms left = until - clock_mono_ms();
        if (left <= 0 || poll(&p, 1, (int)left) == 0)
            return ERR_DEADLINE;
        ssize_t got = recv(fd, heard + n, sizeof heard - n, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return ERR_CLOSED;
        n += got > 0 ? (size_t)got : 0;
    }
    return memcmp(heard, greeting_rep, sizeof heard) ? ERR_FORMAT : OK;
}

err ipc_knock_begin(const char *path, int *ret_fd)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path)
        return ERR_LIMIT;
    strcpy(a.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_IO;
    err e = connect(fd, (struct sockaddr *)&a, sizeof a) ? err_of(errno) : OK;
    if (!e && send(fd, greeting_req, sizeof greeting_req, MSG_NOSIGNAL) != sizeof greeting_req)
        e = ERR_CLOSED;
    if (e)
        close(fd);
    else
        *ret_fd = fd;
    return e;
}

err ipc_knock(const char *path, uint32_t timeout_ms, int *ret_fd)
{
    int fd;
    time_ms until = clock_mono_ms() + timeout_ms;
    err e = ipc_knock_begin(path, &fd);
    if (e)
        return e;
    e = hear(fd, until);
    if (e)
        close(fd);
    else
        *ret_fd = fd;
    return e;
}
