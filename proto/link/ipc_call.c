// SPDX-License-Identifier: Apache-2.0
// The asker's side of the control socket. nng would try for ever to reach a
// socket that is not there, and send again what is not answered; a person at a
// command line wants to know at once, and a command is never said twice: without resending, nng
// reports a daemon that hung up instead.
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/util/platform.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "proto/base/date.h"
#include "proto/link/ipc.h"
#include "proto/link/ipc_knock.h"
#include "proto/wire/limits.h"

enum { LAST_MOMENT_MS = 300 };

static err err_of(int rv)
{
    switch (rv) {
    case 0: return OK;
    case NNG_ENOMEM: return ERR_MEM;
    case NNG_ETIMEDOUT: return ERR_DEADLINE;
    case NNG_EPERM: return ERR_DENIED;
    case NNG_ECLOSED:
    case NNG_ECONNRESET:
    case NNG_ECONNSHUT: return ERR_CLOSED;
    case NNG_ECONNREFUSED:
    case NNG_ENOENT: return ERR_UNREACHABLE;
    default: return ERR_IO;
    }
}

// An operation under way, and what says that it is over.
typedef struct wait {
    nng_aio *aio;
    int over; // eventfd, told by the operation's end
    int door; // a connection of our own to the daemon: the kernel ends it when the daemon dies
} wait;

static void on_over(void *arg)
{
    wait *w = arg;
    uint64_t one = 1;
    (void)!write(w->over, &one, sizeof one);
}

// nng goes on dialing a daemon that died in between, for as long as it is let. So the door is watched
// too: nothing is ever said on it, it can only end. Then a last moment for an answer on its way.
static int wait_out(wait *w, time_ms until)
{
    bool dead = false;
    for (;;) {
        struct pollfd p[2] = {{.fd = w->over, .events = POLLIN}, {.fd = w->door, .events = POLLIN | POLLRDHUP}};
        time_ms left = until - clock_mono_ms();
        int n = left > 0 ? poll(p, dead ? 1 : 2, (int)left) : 0;
        if (n < 0)
            continue;
        if (n == 0 || (p[0].revents & POLLIN)) {
            nng_aio_cancel(w->aio); // does nothing to one that is over
            nng_aio_wait(w->aio);
            int rv = nng_aio_result(w->aio);
            return rv && n == 0 ? (dead ? NNG_ECONNSHUT : NNG_ETIMEDOUT) : rv;
        }
        dead = true;
        time_ms last = clock_mono_ms() + LAST_MOMENT_MS;
        until = until < last ? until : last;
    }
}

static int exchange(nng_socket s, wait *w, span request, time_ms until, nng_msg **ret)
{
    nng_msg *m = NULL;
    uint64_t told;
    int rv = nng_msg_alloc(&m, 0);
    if (!rv)
        rv = nng_msg_append(m, request.at, request.len);
    if (!rv) {
        nng_aio_set_msg(w->aio, m);
        nng_send_aio(s, w->aio);
        rv = wait_out(w, until);
    }
    if (rv) {
        nng_msg_free(m);
        return rv;
    }
    (void)!read(w->over, &told, sizeof told);
    nng_recv_aio(s, w->aio);
    rv = wait_out(w, until);
    if (!rv)
        *ret = nng_aio_get_msg(w->aio);
    return rv;
}

// Tells at once what dialing would only retry for ever. A daemon that replaces its door hangs up on
// those who wait and is without one for a moment: then it is worth looking again.
static err knock(const char *path, time_ms until, int *ret_fd)
{
    err e = ERR_UNREACHABLE;
    int looks = 3;
    for (int i = 0; i < looks; i++) {
        if (i)
            nng_msleep(100);
        time_ms left = until - clock_mono_ms();
        e = ipc_knock(path, left > 1 ? (uint32_t)left : 1, ret_fd);
        if (e == ERR_CLOSED)
            looks = 20;
        else if (e != ERR_UNREACHABLE)
            return e;
    }
    return ERR_UNREACHABLE;
}

err ipc_call(const char *socket_path, span request, uint32_t timeout_ms, buf *reply)
{
    if (request.len > WIRE_CONTROL_MAX)
        return ERR_LIMIT;
    time_ms until = clock_mono_ms() + timeout_ms;
    int door;
    err e = knock(socket_path, until, &door);
    if (e)
        return e;
    char url[200];
    nng_socket s;
    nng_msg *m = NULL;
    wait w = {.over = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .door = door};
    snprintf(url, sizeof url, "ipc://%s", socket_path);
    int rv = w.over < 0 ? NNG_ENOMEM : nng_aio_alloc(&w.aio, on_over, &w);
    if (!rv)
        rv = nng_req0_open(&s);
    if (rv) {
        nng_aio_free(w.aio);
        if (w.over >= 0)
            close(w.over);
        close(door);
        return err_of(rv);
    }
    // Dialing in the background: the deadline is ours, the dialer itself has none.
    if (!(rv = nng_socket_set_size(s, NNG_OPT_RECVMAXSZ, WIRE_CONTROL_MAX + 64)) &&
        !(rv = nng_socket_set_ms(s, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE)) &&
        !(rv = nng_dial(s, url, NULL, NNG_FLAG_NONBLOCK)))
        rv = exchange(s, &w, request, until, &m);
    nng_close(s);
    nng_aio_free(w.aio);
    close(w.over);
    close(door);
    e = err_of(rv);
    if (!e)
        e = buf_put(reply, nng_msg_body(m), nng_msg_len(m));
    nng_msg_free(m);
    return e;
}
