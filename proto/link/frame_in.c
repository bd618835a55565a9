// SPDX-License-Identifier: Apache-2.0
// What a peer says, frame by frame. Whatever PROTOCOL.md does not allow cuts
// the peer off; what may cross on the wire (a reply to a call that has just
// ended here) is stepped over.
#include <stdio.h>
#include <string.h>
#include "proto/link/conn.h"

err frame_put(link_conn *c, const wire_frame *f)
{
    wire_frame full = *f;
    full.version = WIRE_VERSION;
    return wire_frame_encode(&full, &c->out);
}

static bool broke(link_conn *c, err e, const char *why)
{
    conn_end(c, e, why, true);
    return false;
}

static void answer(link_conn *c, uint64_t id, err status)
{
    wire_frame f = {.kind = TSUNAGU__KIND__KIND_REPLY, .id = id, .status = status};
    (void)frame_put(c, &f);
}

static bool take_request(link_conn *c, wire_frame *f)
{
    if (f->id <= c->last_in)
        return broke(c, ERR_FORMAT, "a request id that does not rise");
    if (!f->method || !f->deadline_ms)
        return broke(c, ERR_FORMAT, "a request without method or deadline");
    if (f->body.len > WIRE_BODY_MAX)
        return broke(c, ERR_LIMIT, "a request's body is too large");
    c->last_in = f->id;
    if (f->deadline_ms > LINK_DEADLINE_MAX_MS)
        f->deadline_ms = LINK_DEADLINE_MAX_MS;
    if (f->method == METHOD_PING) {
        answer(c, f->id, OK);
        return true;
    }
    if (c->parting) {
        answer(c, f->id, ERR_CLOSED);
        return true;
    }
    if (c->ins >= c->end->o.calls_peer) {
        if (++c->busy_run > BUSY_RUN * c->end->o.calls_peer)
            return broke(c, ERR_BUSY, "it does not respect its budget of calls");
        answer(c, f->id, ERR_BUSY);
        return true;
    }
    c->busy_run = 0;
    in_begin(c, f);
    return c->phase != PHASE_CLOSED;
}

// A reply or a chunk: to a call that is open, or to one that has ended here before it came.
static bool take_answer(link_conn *c, const wire_frame *f)
{
    if (!f->id || f->id > c->last_out)
        return broke(c, ERR_FORMAT, "an answer to a call that was never made");
    link_out *o = out_find(c, f->id);
    if (f->kind == TSUNAGU__KIND__KIND_REPLY) {
        if (f->body.len > WIRE_BODY_MAX)
            return broke(c, ERR_LIMIT, "a reply's body is too large");
        if (o)
            out_finish(c, o, OK, f->status, f->body, f->note);
        return true;
    }
    if (f->body.len > WIRE_CHUNK_MAX + 64)
        return broke(c, ERR_LIMIT, "a chunk is too large");
    if (!o)
        return true;
    if (!o->events.chunk)
        return broke(c, ERR_FORMAT, "a chunk for a call that takes none");
    if (f->body.len > o->window)
        return broke(c, ERR_LIMIT, "a chunk beyond the credit");
    out_chunk(c, o, f->body);
    return c->phase != PHASE_CLOSED;
}

static bool take_goodbye(link_conn *c, const wire_frame *f)
{
    char why[160];
    err e = f->status && f->status < ERR_COUNT ? (err)f->status : ERR_CLOSED;
    c->leaving = true;
    if (f->status || c->phase == PHASE_WAIT) {
        snprintf(why, sizeof why, "the peer says: %.*s", (int)(f->note.len < 140 ? f->note.len : 140),
                 f->note.len ? (const char *)f->note.at : "");
        return broke(c, e, why);
    }
    conn_parted(c);
    return c->phase != PHASE_CLOSED;
}

bool frame_take(link_conn *c, span bytes)
{
    wire_frame f;
    err e = wire_frame_decode(bytes, &f);
    if (e)
        return broke(c, e, "not a frame");
    if (f.version != WIRE_VERSION)
        return broke(c, ERR_UNSUPPORTED, "another version of the protocol");
    link_in *i;
    switch (f.kind) {
    case TSUNAGU__KIND__KIND_REQUEST: return take_request(c, &f);
    case TSUNAGU__KIND__KIND_REPLY:
    case TSUNAGU__KIND__KIND_CHUNK: return take_answer(c, &f);
    case TSUNAGU__KIND__KIND_CREDIT:
    case TSUNAGU__KIND__KIND_CANCEL:
        if (!f.id || f.id > c->last_in)
            return broke(c, ERR_FORMAT, "credit or cancel for a call that was never made");
        i = in_find(c, f.id);
        if (i && f.kind == TSUNAGU__KIND__KIND_CREDIT)
            in_credit(c, i, f.credit);
        else if (i)
            in_lose(c, i, ERR_CLOSED);
        return true;
    case TSUNAGU__KIND__KIND_GOODBYE: return take_goodbye(c, &f);
    default: return broke(c, ERR_FORMAT, "a frame of no kind");
    }
}
