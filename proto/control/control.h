// SPDX-License-Identifier: Apache-2.0
// The desk for the operator's hand: commands as a table (name, handler, rights) served
// over ipc, replies built from records that the command line prints as a table or as JSON.
// Owner: control_start/_stop; a control_in belongs to the handler until control_finish.
// Thread: handlers run on ipc's threads, several at once. Fails: a bad request is answered
// with ERR_FORMAT or ERR_LIMIT and never reaches a handler.
#ifndef TSUNAGU_CONTROL_CONTROL_H
#define TSUNAGU_CONTROL_CONTROL_H

#include "proto/base/arena.h"
#include "proto/base/date.h"
#include "proto/link/ipc.h"
#include "proto/wire/wire.h"

typedef struct control control;
typedef struct control_in control_in;

typedef struct control_row {
    const char *command;
    void (*handle)(void *ctx, control_in *in); // must end with control_finish, now or later
    bool owner_only; // only root and the daemon's own user
} control_row;

MUST_CHECK err control_start(const char *socket_path, const control_row *rows, size_t count, void *ctx,
                             control **ret);
// From now on new commands are refused; OK: all others were answered. ERR_DEADLINE: not within ms, and
// whoever answers them yet would touch what control_stop frees.
MUST_CHECK err control_drain(control *c, uint32_t ms);
void control_stop(control *c);

// ---- the request -------------------------------------------------------------
uint32_t control_uid(const control_in *in);
arena *control_arena(control_in *in); // lives until control_finish
bool control_japanese(const control_in *in);
const char *control_arg(const control_in *in, const char *key); // NULL if absent
const char *control_word(const control_in *in, const char *key); // "" if absent
// As a number, within the range; ERR_USAGE and a note otherwise; the fallback if absent.
MUST_CHECK err control_arg_int(control_in *in, const char *key, int64_t least, int64_t most,
                               int64_t fallback, int64_t *ret);
MUST_CHECK err control_arg_day(control_in *in, const char *key, day fallback, day *ret);
span control_data(const control_in *in);

// ---- the reply -----------------------------------------------------------------
// A record of a kind; fields are added to the latest one.
void control_record(control_in *in, const char *kind);
void control_text(control_in *in, const char *key, const char *value);
void control_number(control_in *in, const char *key, int64_t value);
void control_facility(control_in *in, const char *key, uint64_t code);
void control_time(control_in *in, const char *key, time_ms at); // 0: ""
void control_bytes(control_in *in, const char *key, span value); // as hex
void control_note(control_in *in, const char *fmt, ...) PRINTF_LIKE(2, 3);
void control_piece(control_in *in, span data, const char *handle, bool more);
void control_finish(control_in *in, err status); // sends and frees; the note defaults to err_text

#endif
