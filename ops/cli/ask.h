// SPDX-License-Identifier: Apache-2.0
// One question to a daemon over its control socket.
// Owner: a reply is freed by ask_done. Thread: one.
#ifndef TSUNAGU_CLI_ASK_H
#define TSUNAGU_CLI_ASK_H

#include "ops/cli/command.h"
#include "proto/base/arena.h"
#include "proto/wire/wire.h"

typedef struct ask {
    buf bytes;
    arena memory;
    Tsunagu__ControlReply *reply;
} ask;

typedef struct ask_arg { const char *key, *value; } ask_arg;

// args ends with a NULL key. Complains itself and gives the exit code; EXIT_OK: reply stands.
int ask_daemon(const invocation *v, const char *command, const ask_arg *args, ask *ret);
// The same with bytes beside the arguments (well below WIRE_CONTROL_MAX).
int ask_daemon_with(const invocation *v, const char *command, const ask_arg *args, span data, ask *ret);
// The options of the invocation as arguments; returns how many (room for OPTIONS_MAX + 1).
size_t ask_options(const invocation *v, ask_arg *args);
// What is larger than one message, in pieces; the last one's reply stands. record: how much of its end is that.
int ask_pieces(const invocation *v, const char *command, span all, size_t record, ask *ret);
void ask_done(ask *a);
const char *record_field(const Tsunagu__ControlRecord *r, const char *key); // NULL if absent

#endif
