// SPDX-License-Identifier: Apache-2.0
#include "hub/upload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void upload_init(upload *u)
{
    *u = (upload){0};
    pthread_mutex_init(&u->lock, NULL);
}

void upload_done(upload *u)
{
    buf_done(&u->bytes);
    pthread_mutex_destroy(&u->lock);
}

// Under lock.
static err piece_put(upload *u, control_in *in, size_t total, const char *handle, size_t at)
{
    span piece = control_data(in);
    if (!handle) {
        buf_done(&u->bytes);
        u->number++;
        u->want = total;
    } else if (strtoull(handle, NULL, 10) != u->number || total != u->want || at != u->bytes.len) {
        control_note(in, "another upload began meanwhile: begin again");
        return ERR_CONFLICT;
    }
    if (piece.len == 0 || piece.len > u->want - u->bytes.len) {
        control_note(in, "a piece that does not fit what was announced");
        return ERR_FORMAT;
    }
    return buf_put_span(&u->bytes, piece);
}

bool upload_take(upload *u, control_in *in, size_t most, buf *ret)
{
    int64_t total = 0, at = 0;
    char handle[24] = "";
    bool whole = false;
    err e = control_arg_int(in, "total", 1, (int64_t)most, 0, &total);
    if (e == OK)
        e = control_arg_int(in, "at", 0, (int64_t)most, 0, &at);
    if (e == OK && total == 0) {
        control_note(in, "total: how many bytes will come");
        e = ERR_USAGE;
    }
    if (e == OK) {
        pthread_mutex_lock(&u->lock);
        e = piece_put(u, in, (size_t)total, control_arg(in, "handle"), (size_t)at);
        whole = e == OK && u->bytes.len == u->want;
        if (whole) {
            *ret = u->bytes;
            u->bytes = (buf){0};
            u->number++; // no further piece belongs to it
        }
        snprintf(handle, sizeof handle, "%" PRIu64, u->number);
        pthread_mutex_unlock(&u->lock);
    }
    if (whole)
        return true;
    if (e == OK)
        control_piece(in, (span){0}, handle, true);
    control_finish(in, e);
    return false;
}
