// SPDX-License-Identifier: Apache-2.0
// The daemon's side of the control socket: one REP socket, a context a worker.
// A context goes receive, handler, reply, and round again; whichever thread
// answers only starts the next step, nng carries it out.
#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "proto/link/ipc.h"
#include "proto/link/ipc_knock.h"
#include "proto/link/port.h"
#include "proto/wire/limits.h"

enum { WORKERS_MOST = 256, LOOK_MS = 1000, KNOCK_MS = 500, VERIFY_MS = 100, REPAIR_MS = 50,
       DOUBTS_MOST = 30 }; // of VERIFY_MS each: a busy machine is no stuck door

struct ipc_in {
    ipc_server *server;
    nng_ctx ctx;
    nng_aio *aio;
    nng_msg *request;  // lives until the reply
    atomic_bool sending; // what the aio is doing
};

struct ipc_server {
    nng_socket socket;
    nng_listener listener;
    ipc_handler handler;
    void *handler_ctx;
    char *path;
    port_timer *timer;
    bool open, door; // the socket; its listener
    unsigned doubts; // how long the door has let nobody in
    int knock;       // our own, to see whether the door lets anyone in; -1: none
    atomic_bool stopping, came_in;
    int workers;
    ipc_in in[];
};

static err err_of(int rv)
{
    switch (rv) {
    case 0: return OK;
    case NNG_ENOMEM: return ERR_MEM;
    case NNG_EADDRINUSE: return ERR_EXISTS;
    case NNG_EPERM: return ERR_DENIED;
    default: return ERR_IO;
    }
}

static void listen_on(ipc_in *in)
{
    atomic_store(&in->sending, false);
    nng_ctx_recv(in->ctx, in->aio);
}

static void send_reply(ipc_in *in, nng_msg *m)
{
    nng_msg_free(in->request);
    in->request = NULL;
    atomic_store(&in->sending, true);
    nng_aio_set_msg(in->aio, m);
    nng_ctx_send(in->ctx, in->aio);
}

static void worker_step(void *arg)
{
    ipc_in *in = arg;
    int rv = nng_aio_result(in->aio);
    if (atomic_load(&in->server->stopping))
        return; // ipc_stop frees what is left
    if (atomic_load(&in->sending)) {
        if (rv) // the asker has left: the reply is still ours
            nng_msg_free(nng_aio_get_msg(in->aio));
        nng_aio_set_msg(in->aio, NULL);
        listen_on(in);
        return;
    }
    if (rv) {
        if (rv != NNG_ECLOSED && rv != NNG_ECANCELED)
            listen_on(in);
        return;
    }
    in->request = nng_aio_get_msg(in->aio);
    nng_aio_set_msg(in->aio, NULL);
    uint64_t uid = UINT32_MAX; // nobody
    if (nng_pipe_get_uint64(nng_msg_get_pipe(in->request), NNG_OPT_IPC_PEER_UID, &uid))
        uid = UINT32_MAX;
    span body = {nng_msg_body(in->request), nng_msg_len(in->request)};
    in->server->handler(in->server->handler_ctx, in, body, (uint32_t)uid);
}

void ipc_reply(ipc_in *in, span reply)
{
    nng_msg *m = NULL;
    if (reply.len > WIRE_CONTROL_MAX || nng_msg_alloc(&m, 0) || nng_msg_append(m, reply.at, reply.len)) {
        // An empty reply is no ControlReply: the asker sees a format error instead of waiting.
        if (m)
            nng_msg_clear(m);
        else if (nng_msg_alloc(&m, 0))
            abort(); // not even a message header: nothing can be promised any more
    }
    send_reply(in, m);
}

// A socket file that nobody listens on any more is removed; one in use is not.
static err clear_stale(const char *path)
{
    struct stat st;
    int fd = -1;
    if (lstat(path, &st))
        return errno == ENOENT ? OK : ERR_IO;
    if (!S_ISSOCK(st.st_mode))
        return ERR_EXISTS;
    err e = ipc_knock(path, KNOCK_MS, &fd);
    if (!e) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        poll(&p, 1, VERIFY_MS); // it has surely read the greeting by then
        close(fd);
    }
    if (e != ERR_UNREACHABLE)
        return ERR_EXISTS; // somebody is there, be it a stuck one
    return unlink(path) ? ERR_IO : OK;
}

static int open_door(ipc_server *s)
{
    char url[200];
    snprintf(url, sizeof url, "ipc://%s", s->path);
    int rv = nng_listener_create(&s->listener, s->socket, url);
    if (rv)
        return rv;
    if (!(rv = nng_listener_set_int(s->listener, NNG_OPT_IPC_PERMISSIONS, 0660)))
        rv = nng_listener_start(s->listener, 0);
    if (rv)
        nng_listener_close(s->listener);
    s->door = !rv;
    return rv;
}

// A connection of our own that came in all the way.
static void came_in(nng_pipe p, nng_pipe_ev ev, void *arg)
{
    ipc_server *s = arg;
    uint64_t pid = 0;
    (void)ev;
    if (!nng_pipe_get_uint64(p, NNG_OPT_IPC_PEER_PID, &pid) && pid == (uint64_t)getpid())
        atomic_store(&s->came_in, true);
}

// Looks after the door (see ipc_knock.h): knocks, and a little later asks whether the knock came
// in. A door that lets nobody in for three seconds is taken out and, when nng has let go of the path,
// replaced: not sooner, because that hangs up on those who wait for an answer. A knock is not given up
// before: where all is merely slow, hanging up would make the door stuck. And it is looked at in rounds, each
// of which takes its turn among nng's other work: a busy daemon has fewer of them.
static void look(void *arg)
{
    ipc_server *s = arg;
    uint32_t next = REPAIR_MS;
    bool stuck = false;
    if (!s->door) {
        (void)open_door(s);
    } else if (s->knock >= 0) {
        bool in = atomic_load(&s->came_in);
        s->doubts = in ? 0 : s->doubts + 1;
        stuck = s->doubts >= DOUBTS_MOST;
        next = in ? LOOK_MS : VERIFY_MS;
        if (in || stuck) {
            close(s->knock);
            s->knock = -1;
        }
    } else {
        atomic_store(&s->came_in, false);
        if (ipc_knock_begin(s->path, &s->knock) != OK)
            s->doubts++;
        stuck = s->doubts >= DOUBTS_MOST;
        next = VERIFY_MS;
    }
    if (stuck) {
        nng_listener_close(s->listener);
        s->door = false;
        s->doubts = 0;
        next = REPAIR_MS;
    }
    s->timer->ops->timer_set(s->timer, next);
}

static err start(ipc_server *s)
{
    int rv = nng_rep0_open(&s->socket);
    if (rv)
        return err_of(rv);
    s->open = true;
    // Before listening: a limit set later would not hold for the first to come. nng counts its own
    // header, too.
    if (!(rv = nng_pipe_notify(s->socket, NNG_PIPE_EV_ADD_POST, came_in, s)) &&
        !(rv = nng_socket_set_size(s->socket, NNG_OPT_RECVMAXSZ, WIRE_CONTROL_MAX + 64)))
        rv = open_door(s);
    for (; !rv && s->in[s->workers].server; s->workers++) {
        ipc_in *in = &s->in[s->workers];
        if ((rv = nng_ctx_open(&in->ctx, s->socket)))
            break;
        if ((rv = nng_aio_alloc(&in->aio, worker_step, in))) {
            nng_ctx_close(in->ctx);
            break;
        }
    }
    return rv ? err_of(rv) : port_real()->ops->timer_open(port_real(), look, s, &s->timer);
}

err ipc_serve(const char *socket_path, int workers, ipc_handler h, void *ctx, ipc_server **ret)
{
    if (workers < 1 || workers > WORKERS_MOST || !h)
        return ERR_USAGE;
    err e = clear_stale(socket_path);
    if (e)
        return e;
    // One more than there are: the empty one ends the walk.
    ipc_server *s = calloc(1, sizeof *s + ((size_t)workers + 1) * sizeof s->in[0]);
    if (!s || !(s->path = strdup(socket_path))) {
        free(s);
        return ERR_MEM;
    }
    s->knock = -1;
    s->handler = h;
    s->handler_ctx = ctx;
    for (int i = 0; i < workers; i++)
        s->in[i].server = s;
    if ((e = start(s))) {
        ipc_stop(s);
        return e;
    }
    for (int i = 0; i < workers; i++)
        listen_on(&s->in[i]);
    s->timer->ops->timer_set(s->timer, LOOK_MS);
    *ret = s;
    return OK;
}

void ipc_stop(ipc_server *s)
{
    if (!s)
        return;
    atomic_store(&s->stopping, true);
    if (s->timer)
        s->timer->ops->timer_close(s->timer);
    if (s->knock >= 0)
        close(s->knock);
    for (int i = 0; i < s->workers; i++)
        nng_aio_stop(s->in[i].aio);
    if (s->open)
        nng_close(s->socket);
    for (int i = 0; i < s->workers; i++) {
        nng_msg *left = nng_aio_get_msg(s->in[i].aio);
        if (left && (nng_aio_result(s->in[i].aio) || !atomic_load(&s->in[i].sending)))
            nng_msg_free(left); // a reply that did not leave, or a request that nobody took
        nng_msg_free(s->in[i].request);
        nng_aio_free(s->in[i].aio);
    }
    free(s->path);
    free(s);
}
