// SPDX-License-Identifier: Apache-2.0
// The asker's side of the control socket. nng would try for ever to reach a
// socket that is not there, and send again what is not answered; a person at a
// command line wants to know at once, and a command is never said twice: without resending, nng
// reports a daemon that hung up instead.
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/util/platform.h>
#include <stdio.h>
#include <unistd.h>
#include "proto/base/date.h"
#include "proto/link/ipc.h"
#include "proto/link/ipc_knock.h"
#include "proto/wire/limits.h"

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

static int exchange(nng_socket s, span request, time_ms until, nng_msg **ret)
{
    nng_msg *m = NULL;
    time_ms left = until - clock_mono_ms();
    int rv = nng_socket_set_ms(s, NNG_OPT_SENDTIMEO, (nng_duration)(left > 1 ? left : 1));
    if (!rv)
        rv = nng_msg_alloc(&m, 0);
    if (!rv)
        rv = nng_msg_append(m, request.at, request.len);
    if (!rv)
        rv = nng_sendmsg(s, m, 0);
    if (rv) {
        nng_msg_free(m);
        return rv;
    }
    left = until - clock_mono_ms();
    rv = nng_socket_set_ms(s, NNG_OPT_RECVTIMEO, (nng_duration)(left > 1 ? left : 1));
    return rv ? rv : nng_recvmsg(s, ret, 0);
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
    snprintf(url, sizeof url, "ipc://%s", socket_path);
    int rv = nng_req0_open(&s);
    if (rv) {
        close(door);
        return err_of(rv);
    }
    // Dialing in the background: the deadline is that of sending, not the dialer's own (none).
    if (!(rv = nng_socket_set_size(s, NNG_OPT_RECVMAXSZ, WIRE_CONTROL_MAX + 64)) &&
        !(rv = nng_socket_set_ms(s, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE)) &&
        !(rv = nng_dial(s, url, NULL, NNG_FLAG_NONBLOCK)))
        rv = exchange(s, request, until, &m);
    nng_close(s);
    close(door);
    e = err_of(rv);
    if (!e)
        e = buf_put(reply, nng_msg_body(m), nng_msg_len(m));
    nng_msg_free(m);
    return e;
}
