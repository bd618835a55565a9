// SPDX-License-Identifier: Apache-2.0
// Is a daemon answering at this socket? Internal to proto/link/ipc*.c.
//
// nng 1.5.2 takes no more clients for good when one hangs up before its greeting was read (nng issue
// 1518, repaired in 1.6). So nobody may merely connect and close, and a daemon must look after its
// own door. Thread: any. Owner: the caller closes *ret_fd, once the daemon must have read the greeting.
#ifndef TSUNAGU_LINK_IPC_KNOCK_H
#define TSUNAGU_LINK_IPC_KNOCK_H

#include "proto/base/span.h"

// Connects and exchanges nng's greeting. ERR_UNREACHABLE: nobody listens; ERR_DENIED;
// ERR_DEADLINE: somebody listens but does not greet; ERR_CLOSED: and hung up.
MUST_CHECK err ipc_knock(const char *path, uint32_t timeout_ms, int *ret_fd);
// The first half of it, which never waits: connects and says our greeting, hears none.
MUST_CHECK err ipc_knock_begin(const char *path, int *ret_fd);

#endif
