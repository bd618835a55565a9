// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/ask.h"

#include <string.h>

#include "proto/base/tongue.h"
#include "proto/link/ipc.h"

enum { ASK_TIMEOUT_MS = 330000, ASK_MEMORY = 64 << 20 };

size_t ask_options(const invocation *v, ask_arg *args)
{
    size_t n = 0;
    for (size_t i = 0; v->row->options && v->row->options[i].name; i++) {
        const option_row *o = &v->row->options[i];
        if (o->key && v->values[i])
            args[n++] = (ask_arg){o->key, o->arg ? v->values[i] : "yes"};
    }
    args[n] = (ask_arg){NULL, NULL};
    return n;
}

static err request_pack(const invocation *v, const char *command, const ask_arg *args, span data, buf *out)
{
    Tsunagu__ControlRequest q = TSUNAGU__CONTROL_REQUEST__INIT;
    Tsunagu__ControlField fields[OPTIONS_MAX + 4], *list[OPTIONS_MAX + 4];
    size_t n = 0;
    for (; args && args[n].key && n < OPTIONS_MAX + 2; n++) {
        tsunagu__control_field__init(&fields[n]);
        fields[n].key = (char *)args[n].key;
        fields[n].value = (char *)args[n].value;
        list[n] = &fields[n];
    }
    tsunagu__control_field__init(&fields[n]);
    fields[n].key = (char *)"lang";
    fields[n].value = (char *)(v->japanese ? "ja" : "en");
    list[n] = &fields[n];
    q.version = WIRE_VERSION;
    q.command = (char *)command;
    q.args = list;
    q.n_args = n + 1;
    q.data = wire_bytes(data);
    return wire_encode((const ProtobufCMessage *)&q, out);
}

int ask_daemon(const invocation *v, const char *command, const ask_arg *args, ask *ret)
{
    return ask_daemon_with(v, command, args, (span){0}, ret);
}

int ask_daemon_with(const invocation *v, const char *command, const ask_arg *args, span data, ask *ret)
{
    buf request = {0};
    *ret = (ask){0};
    arena_init(&ret->memory, ASK_MEMORY);
    if (!v->socket) {
        fprintf(stderr, "tsunagu: %s\n",
                _("which daemon? say --socket PATH, or set TSUNAGU_SOCKET"));
        ask_done(ret);
        return EXIT_USAGE;
    }
    err e = request_pack(v, command, args, data, &request);
    if (e == OK)
        e = ipc_call(v->socket, buf_span(&request), ASK_TIMEOUT_MS, &ret->bytes);
    buf_done(&request);
    if (e) {
        char note[256];
        snprintf(note, sizeof note,
                 e == ERR_UNREACHABLE ? _("no daemon answers at %s") : e == ERR_DENIED
                     ? _("%s may not be used by this user") : "%s", v->socket);
        complain(v, e, note);
        ask_done(ret);
        return exit_of(e);
    }
    e = WIRE_DECODE(buf_span(&ret->bytes), Tsunagu__ControlReply, tsunagu__control_reply__descriptor,
                    WIRE_CONTROL_MAX, &ret->memory, &ret->reply);
    if (e) {
        complain(v, e, _("the daemon's answer cannot be read: are both of the same version?"));
        ask_done(ret);
        return EXIT_FAILED;
    }
    return EXIT_OK;
}

void ask_done(ask *a)
{
    buf_done(&a->bytes);
    arena_done(&a->memory);
    a->reply = NULL;
}

const char *record_field(const Tsunagu__ControlRecord *r, const char *key)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (strcmp(r->fields[i]->key, key) == 0)
            return r->fields[i]->value;
    return NULL;
}
