// SPDX-License-Identifier: Apache-2.0
#include "proto/control/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/luhn.h"
#include "proto/base/utf8.h"

enum { ARENA_MAX = 4 << 20, RECORDS_MAX = 20000, FIELDS_MAX = 40 };

struct control {
    const control_row *rows;
    size_t count;
    void *ctx;
    ipc_server *server;
    atomic_int open; // commands that are not answered yet
    atomic_bool draining;
};

typedef struct record {
    Tsunagu__ControlRecord head;
    Tsunagu__ControlField *fields[FIELDS_MAX];
} record;

struct control_in {
    control *desk;
    ipc_in *call;
    uint32_t uid;
    arena memory;
    Tsunagu__ControlRequest *request;
    Tsunagu__ControlReply reply;
    Tsunagu__ControlRecord **records;
    size_t room;
    char note[WIRE_NOTE_MAX];
    bool overflow;
};

static const control_row *row_find(const control *c, const char *command)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->rows[i].command, command) == 0)
            return &c->rows[i];
    return NULL;
}

static void on_request(void *ctx, ipc_in *call, span request, uint32_t peer_uid)
{
    control *c = ctx;
    control_in *in = calloc(1, sizeof *in);
    if (!in) {
        ipc_reply(call, (span){0});
        return;
    }
    atomic_fetch_add(&c->open, 1); // before the look at `draining`: who drains sees it, or it sees him
    in->desk = c;
    in->call = call;
    in->uid = peer_uid;
    tsunagu__control_reply__init(&in->reply);
    arena_init(&in->memory, ARENA_MAX);
    err e = WIRE_DECODE(request, Tsunagu__ControlRequest, tsunagu__control_request__descriptor,
                        WIRE_CONTROL_MAX,
                        &in->memory, &in->request);
    if (e) {
        control_finish(in, e);
        return;
    }
    if (atomic_load(&c->draining)) {
        control_finish(in, ERR_CLOSED);
        return;
    }
    const control_row *row = row_find(c, in->request->command);
    if (in->request->version != WIRE_VERSION || !row) {
        control_note(in, "this daemon does not know the command \"%.40s\"", in->request->command);
        control_finish(in, ERR_UNSUPPORTED);
        return;
    }
    if (row->owner_only && peer_uid != 0 && peer_uid != geteuid()) {
        control_note(in, "only root and the daemon's own user may do this");
        control_finish(in, ERR_DENIED);
        return;
    }
    row->handle(c->ctx, in);
}

err control_start(const char *socket_path, const control_row *rows, size_t count, void *ctx, control **ret)
{
    control *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_MEM;
    c->rows = rows;
    c->count = count;
    c->ctx = ctx;
    err e = ipc_serve(socket_path, 8, on_request, c, &c->server);
    if (e) {
        free(c);
        return e;
    }
    *ret = c;
    return OK;
}

err control_drain(control *c, uint32_t ms)
{
    const struct timespec beat = {0, 10000000};
    time_ms until = clock_mono_ms() + ms;
    atomic_store(&c->draining, true);
    while (atomic_load(&c->open) > 0) {
        if (clock_mono_ms() >= until)
            return ERR_DEADLINE;
        nanosleep(&beat, NULL);
    }
    return OK;
}

void control_stop(control *c)
{
    if (!c)
        return;
    ipc_stop(c->server);
    free(c);
}

uint32_t control_uid(const control_in *in)
{
    return in->uid;
}

arena *control_arena(control_in *in)
{
    return &in->memory;
}

const char *control_arg(const control_in *in, const char *key)
{
    for (size_t i = 0; i < in->request->n_args; i++)
        if (strcmp(in->request->args[i]->key, key) == 0)
            return in->request->args[i]->value;
    return NULL;
}

const char *control_word(const control_in *in, const char *key)
{
    const char *v = control_arg(in, key);
    return v ? v : "";
}

bool control_japanese(const control_in *in)
{
    const char *lang = control_arg(in, "lang");
    return lang && strcmp(lang, "ja") == 0;
}

err control_arg_int(control_in *in, const char *key, int64_t least, int64_t most, int64_t fallback,
                    int64_t *ret)
{
    const char *text = control_arg(in, key);
    if (!text) {
        *ret = fallback;
        return OK;
    }
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno || end == text || *end || v < least || v > most) {
        control_note(in, "%s: a number from %lld to %lld is needed", key, (long long)least, (long long)most);
        return ERR_USAGE;
    }
    *ret = v;
    return OK;
}

err control_arg_day(control_in *in, const char *key, day fallback, day *ret)
{
    const char *text = control_arg(in, key);
    if (!text) {
        *ret = fallback;
        return OK;
    }
    err e = day_parse(span_str(text), ret);
    if (e)
        control_note(in, "%s: \"%.40s\" is no date (write 2026-04-01)", key, text);
    return e ? ERR_USAGE : OK;
}

span control_data(const control_in *in)
{
    return wire_span(in->request->data);
}

void control_record(control_in *in, const char *kind)
{
    if (in->reply.n_records == in->room) {
        size_t more = in->room ? in->room * 2 : 16;
        Tsunagu__ControlRecord **grown =
            more <= RECORDS_MAX * 2 ? arena_get(&in->memory, more * sizeof *grown) : NULL;
        if (!grown) {
            in->overflow = true;
            return;
        }
        if (in->room)
            memcpy(grown, in->records, in->room * sizeof *grown);
        in->records = grown;
        in->room = more;
    }
    record *r = arena_get(&in->memory, sizeof *r);
    char *name = arena_str(&in->memory, span_str(kind));
    if (!r || !name) {
        in->overflow = true;
        return;
    }
    tsunagu__control_record__init(&r->head);
    r->head.kind = name;
    r->head.fields = r->fields;
    in->records[in->reply.n_records++] = &r->head;
    in->reply.records = in->records;
}

static void field_add(control_in *in, const char *key, const char *value, bool number)
{
    if (in->overflow || in->reply.n_records == 0)
        return;
    Tsunagu__ControlRecord *r = in->records[in->reply.n_records - 1];
    Tsunagu__ControlField *f = arena_get(&in->memory, sizeof *f);
    char *k = arena_str(&in->memory, span_str(key)), *v = arena_str(&in->memory, span_str(value));
    if (!f || !k || !v || r->n_fields == FIELDS_MAX) {
        in->overflow = true;
        return;
    }
    tsunagu__control_field__init(f);
    f->key = k;
    f->value = v;
    f->number = number;
    r->fields[r->n_fields++] = f;
}

void control_text(control_in *in, const char *key, const char *value)
{
    field_add(in, key, value ? value : "", false);
}

void control_number(control_in *in, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    field_add(in, key, text, true);
}

void control_facility(control_in *in, const char *key, uint64_t code)
{
    char text[11];
    institution_format(code, text);
    control_text(in, key, text);
}

void control_time(control_in *in, const char *key, time_ms at)
{
    char text[30] = "";
    if (at)
        time_format(at, text);
    control_text(in, key, text);
}

void control_bytes(control_in *in, const char *key, span value)
{
    char *text = arena_get(&in->memory, value.len * 2 + 1);
    if (!text) {
        in->overflow = true;
        return;
    }
    hex_put(text, value);
    field_add(in, key, text, false);
}

void control_note(control_in *in, const char *fmt, ...)
{
    va_list args;
    char text[WIRE_NOTE_MAX];
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    // A precision counts bytes: cut within a character, the whole reply would be refused by its reader.
    utf8_clean(text, in->note, sizeof in->note);
}

void control_piece(control_in *in, span data, const char *handle, bool more)
{
    in->reply.data = wire_bytes(arena_copy(&in->memory, data));
    in->reply.handle = arena_str(&in->memory, span_str(handle));
    in->reply.more = more;
    if ((data.len && !in->reply.data.data) || !in->reply.handle)
        in->overflow = true;
}

void control_finish(control_in *in, err status)
{
    buf out = {.max = WIRE_CONTROL_MAX};
    if (in->overflow) {
        in->reply.n_records = 0;
        in->reply.data = (ProtobufCBinaryData){0};
        in->reply.more = false;
        status = ERR_LIMIT;
        control_note(in, "the answer is too long: ask for less at a time");
    }
    if (!in->reply.handle)
        in->reply.handle = (char *)"";
    in->reply.status = (uint32_t)status;
    in->reply.note = in->note[0] ? in->note : (char *)(status ? err_text(status) : "");
    // What its reader would refuse is not sent: it would look like a broken daemon.
    if (wire_encode((const ProtobufCMessage *)&in->reply, &out) != OK ||
        wire_check(buf_span(&out), &tsunagu__control_reply__descriptor, WIRE_CONTROL_MAX) != OK) {
        Tsunagu__ControlReply sorry = TSUNAGU__CONTROL_REPLY__INIT;
        buf_clear(&out);
        out.sticky = OK;
        sorry.status = ERR_LIMIT;
        sorry.note = (char *)"the answer is too long: ask for less at a time";
        if (wire_encode((const ProtobufCMessage *)&sorry, &out) != OK)
            buf_clear(&out);
    }
    control *desk = in->desk;
    ipc_reply(in->call, buf_span(&out));
    buf_done(&out);
    arena_done(&in->memory);
    free(in);
    atomic_fetch_sub(&desk->open, 1); // the last look at it
}
