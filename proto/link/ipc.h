// SPDX-License-Identifier: Apache-2.0
// On one machine: request and reply between the command line (or a guest) and
// its daemon, nng REQ/REP over ipc://. Who may is said by the socket's
// permissions (0660 in a 0750 folder) and the peer's uid (SO_PEERCRED).
// Owner: ipc_serve/_stop; ipc_call's reply is the caller's buf. Thread: the
// handler runs on nng's threads, up to `workers` at once, and answers with ipc_reply
// then or later, exactly once. Fails: larger than WIRE_CONTROL_MAX is refused before reading.
#ifndef TSUNAGU_LINK_IPC_H
#define TSUNAGU_LINK_IPC_H

#include "proto/base/span.h"

typedef struct ipc_server ipc_server;
typedef struct ipc_in ipc_in;

typedef void (*ipc_handler)(void *ctx, ipc_in *call, span request, uint32_t peer_uid);
MUST_CHECK err ipc_serve(const char *socket_path, int workers, ipc_handler h, void *ctx, ipc_server **ret);
void ipc_reply(ipc_in *call, span reply);
void ipc_stop(ipc_server *s);

// One request, one reply. ERR_UNREACHABLE: nobody listens at the path; ERR_DENIED: no permission;
// ERR_DEADLINE: no reply in time; ERR_CLOSED: the daemon hung up before its reply, so whether it did
// what was asked is unknown. A request is never sent twice.
MUST_CHECK err ipc_call(const char *socket_path, span request, uint32_t timeout_ms, buf *reply);

#endif
