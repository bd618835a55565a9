// SPDX-License-Identifier: Apache-2.0
// The line between machines: TLS 1.3 over nng's TCP byte streams, frames with
// many calls outstanding both ways (architecture §6, PROTOCOL.md).
//
// Owner: link_open/_close; a link_conn is counted: those handed to callbacks are
// borrowed for the callback, link_conn_keep/_drop beyond it. A link_in (a call
// being served) belongs to the callee from `request` until link_reply, which
// must be called exactly once. A link_out (a call made) ends with `done`,
// called exactly once; afterwards the pointer is dead.
// Thread: callbacks come on the link's own threads, one at a time per connection;
// every function but link_close may be called from any thread, also from inside callbacks.
// A callback should not block: what is slow goes to a thread of its own and replies from there.
// Fails: what a peer does wrong cuts that peer off, with a reason in `closed`.
#ifndef TSUNAGU_LINK_LINK_H
#define TSUNAGU_LINK_LINK_H

#include "proto/crypto/tls.h"
#include "proto/wire/limits.h"

typedef struct link_end link_end;   // one listener or one dialer
typedef struct link_conn link_conn;
typedef struct link_in link_in;
typedef struct link_out link_out;

typedef struct link_peer {
    hash32 spki;
    char name[128];      // of the certificate, for logs
    char address[64];    // where it comes from
    const tls *session;  // for tls_peer_is
} link_peer;

typedef struct link_events {
    void *ctx;
    // After the TLS handshake, before the first frame: OK admits, and `opened` and `closed` follow.
    // *ret_user is kept with the connection. On refusal write a reason into why (128 bytes); the
    // peer is told only the error. A dialer asks when the listener has admitted it.
    err (*admit)(void *ctx, const link_peer *peer, void **ret_user, char *why);
    void (*opened)(void *ctx, link_conn *c);
    void (*request)(void *ctx, link_conn *c, link_in *call);
    void (*closed)(void *ctx, link_conn *c, err e, const char *why); // each opened one, once
    // A connection that ended before it was opened: TLS failure, limit, admit's refusal.
    // name: the certificate's name if one was seen, else "".
    void (*refused)(void *ctx, const char *address, const char *name, err e, const char *why);
} link_events;

typedef struct link_options {
    const char *address;  // "host:port" to listen on or to dial
    const char *host;     // dialer: the name the hub's certificate must carry
    tls_ctx *tls;
    link_events events;
    // 0: the default of limits.h
    uint32_t handshake_ms, frame_ms, idle_ms, write_ms;
    uint32_t conns, conns_address, calls_peer;
    uint32_t retry_min_ms, retry_max_ms; // dialer: jittered back-off, for ever
    struct port *port;    // NULL: the real network; else a simulator's (memnet.h)
} link_options;

MUST_CHECK err link_listen(const link_options *o, link_end **ret);
MUST_CHECK err link_dial(const link_options *o, link_end **ret); // returns at once; `opened` tells
uint16_t link_port_of(const link_end *e);                        // the bound port (listen on ":0")
// New connections and calls stop, open calls may end until drain_ms, then everything is closed
// and freed. After it returns no callback runs any more.
void link_close(link_end *e, uint32_t drain_ms);

// New connections use these certificates and this revocation list; those that stand keep theirs (cut
// them to have them checked anew). Returns the former ones, which the caller may free at once.
tls_ctx *link_set_tls(link_end *e, tls_ctx *fresh);

typedef struct link_status {
    bool connected;            // dialer
    uint64_t accepted, refused, open; // connections
    uint64_t attempts;         // dialer
    uint32_t next_retry_ms;    // dialer, 0 when connected or trying
    char last_error[160];
} link_status;
void link_status_of(link_end *e, link_status *ret);

link_conn *link_conn_keep(link_conn *c);
void link_conn_drop(link_conn *c);
void *link_conn_user(const link_conn *c);
const link_peer *link_conn_peer(const link_conn *c);
void link_conn_cut(link_conn *c, const char *why); // closes it now; every call on it ends
size_t link_conn_waiting(const link_conn *c);      // bytes waiting to be sent to it

// ---- calls made --------------------------------------------------------------
typedef struct link_out_events {
    void *ctx;
    void (*chunk)(void *ctx, link_out *call, span data); // NULL: chunks break the protocol
    // e: OK when the peer replied, then status, body and note are the peer's.
    // ERR_DEADLINE, ERR_CLOSED otherwise.
    void (*done)(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note);
} link_out_events;

// window: credit for chunks at first, 0 if none are expected. ret_id may be NULL; it is
// the call's id for link_credit and link_cancel, never 0, written before any event of the
// call can come. (An id, not a pointer: `done` may have run before link_call returns.)
// On failure (ERR_CLOSED, ERR_BUSY, ERR_LIMIT) done is not called.
MUST_CHECK err link_call(link_conn *c, uint32_t method, span body, uint32_t deadline_ms, uint32_t window,
                         const link_out_events *ev, uint64_t *ret_id);
void link_credit(link_conn *c, uint64_t id, uint32_t bytes); // more chunks may come
void link_cancel(link_conn *c, uint64_t id);                 // done comes with ERR_CLOSED
uint64_t link_out_id(const link_out *call);

// ---- calls served --------------------------------------------------------------
uint32_t link_in_method(const link_in *call);
span link_in_body(const link_in *call);       // lives until link_reply
uint32_t link_in_left_ms(const link_in *call); // until its deadline
link_conn *link_in_conn(const link_in *call);
// Inside `request` only, before the reply: another request of this connection follows at once on this
// thread, so that what is done once for many (waking a writer) may wait for the last.
bool link_in_more(const link_in *call);
void *link_in_user(const link_in *call);      // free for the callee
void link_in_set_user(link_in *call, void *user);
// Ends the call. Never blocks; a connection that is gone swallows it. No `credit` or `gone` begins
// after it returned; one that began on the link's thread just before may still be running.
void link_reply(link_in *call, err status, span body, const char *note);
// What this thread sends from here on waits for link_gather_end and leaves in one write a connection:
// for a thread that answers many calls at once. Short work only, and never from inside callbacks.
void link_gather(void);
void link_gather_end(void);
// A piece of a long answer. ERR_BUSY: the caller's credit does not cover it: wait for `credit`.
// ERR_CLOSED / ERR_DEADLINE: nobody waits any more; still call link_reply.
MUST_CHECK err link_chunk(link_in *call, span data);
size_t link_in_credit(const link_in *call);   // bytes that may be sent now
typedef struct link_in_events {
    void *ctx;
    void (*credit)(void *ctx, link_in *call, uint32_t more); // the caller granted more
    void (*gone)(void *ctx, link_in *call, err e);           // cancelled, deadline, connection lost; once
    // Once, after link_reply, when no other event of this call is running or will come: the place to
    // free ctx. May be NULL. (link_reply may come from another thread while `credit` runs.)
    void (*ended)(void *ctx);
} link_in_events;
// Until set, credits add up silently. Set from inside `request` or later, once.
void link_in_watch(link_in *call, const link_in_events *ev);

#endif
