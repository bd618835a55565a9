// SPDX-License-Identifier: Apache-2.0
// Inside a connection. Internal to proto/link.
//
// One mutex (`lock`) guards everything but what is said otherwise; the TLS session is touched only
// under it. User callbacks run without it, one at a time: they wait as events in a queue, and one
// thread at a time (`running`, `owner`) works the queue off: the strand.
// Owner: counted by `refs`: the end's list, each outstanding recv or send, each link_in, each keep.
// Lock order: never two of {conn->lock, end->lock} at once.
#ifndef TSUNAGU_LINK_CONN_H
#define TSUNAGU_LINK_CONN_H

#include <stdatomic.h>
#include "proto/link/link.h"
#include "proto/link/port.h"
#include "proto/wire/wire.h"

enum {
    BUCKETS = 64,           // of a call table; chains beyond
    SMALL_BODY = 512,       // a body that needs no memory of its own
    SPARE_CALLS = 64,       // call objects kept for reuse
    PIECE = 64 << 10,       // plain bytes encrypted for one send
    RECV_LEAST = 1 << 10,   // an idle connection waits with this little
    RECV_MOST = 64 << 10,
    TICK_MS = 100,
    LINGER_MS = 2000,       // for the last words (an alert, GOODBYE) to leave
    TRIM_MS = 1000,         // silent this long: buffers are given back
    BUSY_RUN = 4,           // refusals in a row, times the budget: then the peer is cut off
};

typedef enum phase { PHASE_HANDSHAKE, PHASE_WAIT, PHASE_ADMIT, PHASE_OPEN, PHASE_CLOSED } phase;

typedef enum event_kind { EV_ADMIT, EV_REQUEST, EV_CHUNK, EV_DONE, EV_CREDIT, EV_GONE, EV_ENDED,
                          EV_END } event_kind;
typedef struct event {
    struct event *next;
    event_kind kind;
    bool queued;
} event;

struct link_in {
    event request, more, lost;
    link_conn *conn;
    link_in *next; // in the bucket, or among the spare
    uint64_t id, credit;
    time_ms due;
    uint32_t method, news; // news: credit not yet told
    unsigned holds;        // the callee's, and one an event
    err gone;
    bool replied, watched, told, stalled, listed;
    void *user;
    link_in_events events;
    span body;
    uint8_t *large, small[SMALL_BODY];
};

struct link_out {
    event done;
    link_conn *conn;
    link_out *next;
    uint64_t id, window;
    time_ms due;
    link_out_events events;
    err e;
    uint32_t status;
    span body;
    const char *note;
    uint8_t *large, small[SMALL_BODY];
};

typedef struct chunk_event {
    event base;
    link_out *call; // alive: its done comes behind in the queue
    size_t len;
    uint8_t bytes[];
} chunk_event;

struct link_conn {
    atomic_uint refs;
    link_end *end;         // gone with the end: only while !gone
    link_conn *prev, *next; // end->lock
    bool half;              // not yet admitted, counted per address; end->lock
    pthread_mutex_t lock;
    phase phase;
    bool server, receiving, sending, paused, running, lingering, gone, admitted, leaving, parting,
        tls_dead, bye_said, gathered;
    pthread_t owner;
    event *head, **tail;
    event admit, finish;

    port_stream *stream;
    tls *tls;
    link_peer peer;
    void *user;
    uint8_t *rx; // ciphertext in
    size_t rx_cap;
    time_ms rx_busy; // when it was last filled to a good part
    buf in;      // plain bytes in, less than a frame between calls
    buf out;     // plain frames waiting
    size_t out_at;
    buf cipher;  // being sent
    size_t cipher_at;

    uint64_t last_in, last_out; // ids
    unsigned ins, outs, busy_run, stalled;
    size_t in_bytes;            // bodies of calls being served
    time_ms next_due;
    link_in *in_table[BUCKETS], *in_spare;
    link_out *out_table[BUCKETS], *out_spare;
    unsigned in_spares, out_spares;

    time_ms born, heard, part_since, send_since, pinged, ended;
    err end_err;
    char end_why[160];
};

struct link_end {
    port *port;
    link_options o; // with the defaults filled in
    char *address, *host;
    pthread_mutex_t lock;
    pthread_mutex_t tls_lock; // o.tls only; a leaf: may be taken under any other lock
    pthread_cond_t changed;
    link_conn *conns;
    size_t count;
    bool closing, dialing;
    atomic_bool wake;
    port_listener *listener;
    port_dialer *dialer;
    port_timer *tick;
    time_ms dial_at;
    uint32_t backoff;
    link_status status;
};

// end.c
err end_session(link_end *e, tls **ret); // a TLS session under the certificates of now
// conn.c: life
err conn_new(link_end *e, port_stream *s, const char *address);
void conn_tick(link_conn *c, time_ms now);
void conn_end(link_conn *c, err e, const char *why, bool politely); // locked
void conn_part(link_conn *c);                                       // drain: GOODBYE, then the open calls
void conn_parted(link_conn *c);                                     // locked; closes when the last call ended
void conn_bury(link_conn *c);    // once, when nothing can call into it any more
void conn_release(link_conn *c); // one reference less
// io.c: bytes
void io_start(link_conn *c);
void io_recv(link_conn *c);  // locked
void io_flush(link_conn *c); // locked
void io_push(link_conn *c);  // locked; the same, unless a round of callbacks will do it
void io_read(link_conn *c);  // locked; decrypts, takes frames, asks for more
size_t io_waiting(const link_conn *c);
// strand.c: callbacks
void strand_put(link_conn *c, event *ev);  // locked
void strand_leave(link_conn *c);           // locked: works the queue off, unlocks
void strand_poke(link_conn *c);            // locked, from a user's thread: another one works it off; unlocks
bool gather_takes(link_conn *c);           // locked; gather.c: true: it will be sent with others
// frame_in.c: what a peer says
bool frame_take(link_conn *c, span bytes); // locked; false: the connection ended
// call_in.c, call_out.c
link_in *in_find(link_conn *c, uint64_t id);
void in_begin(link_conn *c, const wire_frame *f);
void in_lose(link_conn *c, link_in *i, err e);
void in_credit(link_conn *c, link_in *i, uint32_t more);
void in_room(link_conn *c);               // the peer read: stalled chunks may go on
void in_unhold(link_conn *c, link_in *i); // locked
void in_free(link_conn *c, link_in *i);   // locked
void in_run_more(link_conn *c, link_in *i);
void in_run_lost(link_conn *c, link_in *i);
link_out *out_find(link_conn *c, uint64_t id);
void out_finish(link_conn *c, link_out *o, err e, uint32_t status, span body, span note);
void out_chunk(link_conn *c, link_out *o, span data);
void out_free(link_conn *c, link_out *o);
void calls_tick(link_conn *c, time_ms now);
void calls_end(link_conn *c);
void calls_trim(link_conn *c);
err frame_put(link_conn *c, const wire_frame *f); // locked; appends
// end.c
void end_refused(link_end *e, const char *address, const char *name, err why_e, const char *why);
void end_opened(link_end *e, link_conn *c);
void end_forget(link_end *e, link_conn *c);
void end_failed(link_end *e, const char *why);
void end_kick(link_end *e);

#endif
