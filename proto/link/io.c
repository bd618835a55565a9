// SPDX-License-Identifier: Apache-2.0
// Bytes of a connection: ciphertext in and out, and the TLS session between.
// One recv and one send at a time. While a send is under way frames gather in
// `out`, plain, and leave together in the next; only what is being sent exists
// as ciphertext.
#include <stdlib.h>
#include <string.h>
#include "proto/link/conn.h"

static time_ms now_of(const link_conn *c)
{
    return c->end->port->ops->now(c->end->port);
}

size_t io_waiting(const link_conn *c)
{
    return c->out.len - c->out_at + (c->cipher.len - c->cipher_at);
}

// ---- out ------------------------------------------------------------------------

static void close_stream(link_conn *c)
{
    c->lingering = false;
    c->stream->ops->stream_close(c->stream);
}

static void send_rest(link_conn *c)
{
    c->sending = true;
    atomic_fetch_add(&c->refs, 1);
    c->stream->ops->send(c->stream, c->cipher.at + c->cipher_at, c->cipher.len - c->cipher_at);
}

static void out_took(link_conn *c, size_t n)
{
    c->out_at += n;
    if (c->out_at == c->out.len) {
        if (c->out.cap > 4 * PIECE)
            buf_done(&c->out); // a peer that was slow once does not cost for ever
        buf_clear(&c->out);
        c->out_at = 0;
    } else if (c->out_at >= PIECE && c->out_at > c->out.len / 2) {
        buf_drop_front(&c->out, c->out_at);
        c->out_at = 0;
    }
}

void io_flush(link_conn *c)
{
    if (c->gone || c->sending || !c->tls || (c->phase == PHASE_CLOSED && !c->lingering))
        return;
    size_t waiting = c->out.len - c->out_at;
    if (waiting && !c->tls_dead && (c->phase == PHASE_OPEN || c->lingering)) {
        size_t n = waiting < PIECE ? waiting : PIECE;
        err e = tls_write(c->tls, (span){c->out.at + c->out_at, n});
        if (e) {
            c->tls_dead = true;
            conn_end(c, e, "TLS would not encrypt", false);
            if (c->lingering)
                close_stream(c);
            return;
        }
        out_took(c, n);
    }
    if (c->lingering && !c->bye_said && (c->tls_dead || !c->out.len)) {
        if (!c->tls_dead)
            tls_close(c->tls);
        c->bye_said = true;
    }
    if (tls_drain(c->tls, &c->cipher)) {
        conn_end(c, ERR_MEM, "out of memory", false);
        if (c->lingering)
            close_stream(c);
    } else if (c->cipher.len) {
        c->send_since = now_of(c);
        send_rest(c);
    } else if (c->lingering) {
        close_stream(c);
    }
}

void io_push(link_conn *c)
{
    if (c->running && pthread_equal(c->owner, pthread_self()))
        return;
    if (!gather_takes(c))
        io_flush(c);
}

static void on_sent(void *ctx, err e, size_t n)
{
    link_conn *c = ctx;
    pthread_mutex_lock(&c->lock);
    c->sending = false;
    if (e) {
        conn_end(c, ERR_CLOSED, "the peer is gone", false);
        if (c->lingering)
            close_stream(c);
    } else if (c->cipher_at + n < c->cipher.len) {
        c->cipher_at += n;
        if (c->phase != PHASE_CLOSED || c->lingering)
            send_rest(c);
    } else {
        buf_clear(&c->cipher);
        c->cipher_at = 0;
        io_flush(c);
    }
    if (c->phase == PHASE_OPEN) {
        if (c->stalled && io_waiting(c) < LINK_BYTES_PEER / 2)
            in_room(c);
        if (c->paused)
            io_recv(c);
    }
    strand_leave(c);
    conn_release(c);
}

// ---- in -------------------------------------------------------------------------

void io_recv(link_conn *c)
{
    if (c->receiving || c->phase == PHASE_ADMIT || c->phase == PHASE_CLOSED)
        return;
    // Who does not read the answers is not heard any further: TCP makes him wait.
    size_t held = io_waiting(c) + c->in_bytes;
    c->paused = held > (c->paused ? LINK_BYTES_PEER / 2 : LINK_BYTES_PEER);
    if (c->paused)
        return;
    if (!c->rx && !(c->rx = malloc(c->rx_cap))) {
        conn_end(c, ERR_MEM, "out of memory", false);
        return;
    }
    c->receiving = true;
    atomic_fetch_add(&c->refs, 1);
    c->stream->ops->recv(c->stream, c->rx, c->rx_cap);
}

// A busy peer is read in large pieces, a quiet one waits with a small one. What it says at once should come in
// one piece: its calls are then served together. So the piece stays large until nothing large came for a while.
static void rx_fit(link_conn *c, size_t n)
{
    size_t cap = c->rx_cap;
    time_ms now = now_of(c);
    if (n >= cap / 8)
        c->rx_busy = now;
    if (n == cap && cap < RECV_MOST)
        cap *= 4;
    else if (cap > RECV_LEAST && now - c->rx_busy > TRIM_MS)
        cap = RECV_LEAST;
    if (cap == c->rx_cap)
        return;
    free(c->rx);
    c->rx = NULL;
    c->rx_cap = cap;
}

// The length words are looked at before their frames are waited for.
static void take_frames(link_conn *c)
{
    size_t at = 0;
    bool took = false;
    while (c->in.len - at >= 4) {
        uint32_t len = be32_get(c->in.at + at);
        if (!len || len > WIRE_FRAME_MAX) {
            conn_end(c, ERR_LIMIT, "a frame of no bytes or of too many", true);
            return;
        }
        if (c->in.len - at - 4 < len)
            break;
        if (!frame_take(c, (span){c->in.at + at + 4, len}))
            return;
        at += 4 + len;
        took = true;
    }
    buf_drop_front(&c->in, at);
    if (took)
        c->heard = now_of(c);
    if (!c->in.len)
        c->part_since = 0;
    else if (took || !c->part_since)
        c->part_since = now_of(c);
}

// A dialer is told with the first frame whether it was admitted.
static void take_first(link_conn *c)
{
    uint32_t len = c->in.len >= 4 ? be32_get(c->in.at) : 1;
    wire_frame f;
    if (!len || len > WIRE_FRAME_MAX) {
        conn_end(c, ERR_LIMIT, "a frame of no bytes or of too many", true);
    } else if (c->in.len >= 4 && c->in.len - 4 >= len) {
        if (wire_frame_decode((span){c->in.at + 4, len}, &f)) {
            conn_end(c, ERR_FORMAT, "not a frame", true);
        } else if (f.kind == TSUNAGU__KIND__KIND_GOODBYE) {
            frame_take(c, (span){c->in.at + 4, len});
        } else {
            c->phase = PHASE_ADMIT;
            strand_put(c, &c->admit);
        }
    }
}

void io_read(link_conn *c)
{
    if (c->phase == PHASE_OPEN && c->in.len)
        take_frames(c);
    while (c->phase == PHASE_OPEN || c->phase == PHASE_WAIT) {
        bool eof = false;
        size_t had = c->in.len;
        err e = tls_read(c->tls, &c->in, PIECE, &eof);
        if (e) {
            c->tls_dead = true;
            const char *why = tls_why(c->tls);
            conn_end(c, e, why[0] ? why : "TLS broke", true);
            return;
        }
        bool more = c->in.len > had;
        if (more && c->phase == PHASE_OPEN)
            take_frames(c);
        else if (more)
            take_first(c);
        if (eof)
            conn_end(c, ERR_CLOSED, "the peer closed", true);
        if (!more)
            break;
    }
    io_recv(c);
}

static void shake_hands(link_conn *c)
{
    if (tls_state_of(c->tls) == TLS_CLOSED) {
        conn_end(c, ERR_CLOSED, "the peer closed during the handshake", false);
        return;
    }
    if (tls_state_of(c->tls) != TLS_OPEN) {
        io_flush(c);
        io_recv(c);
        return;
    }
    tls_peer_spki(c->tls, &c->peer.spki);
    tls_peer_name(c->tls, c->peer.name);
    if (c->server) {
        c->phase = PHASE_ADMIT;
        strand_put(c, &c->admit);
    } else {
        c->phase = PHASE_WAIT;
        io_read(c);
    }
}

static void on_cipher(link_conn *c, size_t n)
{
    // Silent connections cost no session: it begins with the first byte.
    if (!c->tls && end_session(c->end, &c->tls)) {
        conn_end(c, ERR_MEM, "no TLS session", false);
        return;
    }
    c->peer.session = c->tls;
    err e = tls_feed(c->tls, (span){c->rx, n});
    rx_fit(c, n);
    if (e) {
        const char *why = tls_why(c->tls);
        c->tls_dead = true;
        if (c->phase == PHASE_HANDSHAKE)
            tls_peer_name(c->tls, c->peer.name);
        conn_end(c, e, why[0] ? why : err_text(e), true);
    } else if (c->phase == PHASE_HANDSHAKE) {
        shake_hands(c);
    } else {
        io_read(c);
    }
}

static void on_received(void *ctx, err e, size_t n)
{
    link_conn *c = ctx;
    pthread_mutex_lock(&c->lock);
    c->receiving = false;
    if (c->phase == PHASE_CLOSED) {
        if (e && c->lingering)
            close_stream(c);
    } else if (e) {
        conn_end(c, ERR_CLOSED, c->admitted ? "the peer is gone" : "gone before it was admitted", false);
    } else {
        on_cipher(c, n);
    }
    strand_leave(c);
    conn_release(c);
}

void io_start(link_conn *c)
{
    c->stream->ops->stream_start(c->stream, on_received, on_sent, c);
    pthread_mutex_lock(&c->lock);
    io_recv(c);
    strand_leave(c); // a dialer speaks first
}
