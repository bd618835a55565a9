// SPDX-License-Identifier: Apache-2.0
// What the line stands on: byte streams, timers, a clock, dice. Two of them:
// the real network (nng) and one in memory for tests and a simulator
// (memnet.h). Internal to proto/link, but for choosing one in link_options.
//
// Owner: whoever got a handle closes it with the call named beside it. Thread: callbacks come
// on the port's own threads, never from inside a call into the port, so a caller may hold its
// locks while calling. Fails: by the callback; `close` ends what is outstanding with ERR_CLOSED.
#ifndef TSUNAGU_LINK_PORT_H
#define TSUNAGU_LINK_PORT_H

#include <pthread.h>
#include "proto/base/date.h"
#include "proto/base/span.h"

typedef struct port port;
typedef struct port_listener port_listener;
typedef struct port_dialer port_dialer;
typedef struct port_stream port_stream;
typedef struct port_timer port_timer;

typedef void (*port_accepted)(void *ctx, port_stream *s, const char *address);       // s is the callee's
typedef void (*port_dialed)(void *ctx, err e, port_stream *s, const char *address);  // failed: s is NULL
typedef void (*port_moved)(void *ctx, err e, size_t n);                              // a recv or send ended
typedef void (*port_rang)(void *ctx);

typedef struct port_ops {
    err (*listen)(port *p, const char *address, port_accepted f, void *ctx, port_listener **ret);
    uint16_t (*listener_port)(port_listener *l);
    void (*listener_close)(port_listener *l); // afterwards f runs no more; not from inside f

    err (*dialer_open)(port *p, const char *address, port_dialed f, void *ctx, port_dialer **ret);
    void (*dialer_dial)(port_dialer *d, uint32_t timeout_ms); // one at a time
    void (*dialer_close)(port_dialer *d);                     // afterwards f runs no more; not from inside f

    // At most one recv and one send outstanding; the memory stays the caller's until its callback.
    void (*stream_start)(port_stream *s, port_moved received, port_moved sent, void *ctx);
    void (*recv)(port_stream *s, void *at, size_t cap); // OK: 1 to cap bytes; ERR_CLOSED: the end
    void (*send)(port_stream *s, const void *at, size_t len); // OK: 1 to len bytes went
    void (*stream_close)(port_stream *s);
    void (*stream_free)(port_stream *s); // nothing outstanding; allowed from inside its last callback

    err (*timer_open)(port *p, port_rang f, void *ctx, port_timer **ret);
    void (*timer_set)(port_timer *t, uint32_t ms); // once; only while not set
    void (*timer_wake)(port_timer *t);             // rings soon instead of later, if set
    void (*timer_close)(port_timer *t);            // afterwards f runs no more; not from inside f

    time_ms (*now)(port *p);
    uint64_t (*dice)(port *p);
    // Waits for cond, or a little; the caller checks again. In memory: does a piece of work.
    void (*wait)(port *p, pthread_mutex_t *lock, pthread_cond_t *cond);
} port_ops;

// Each implementation's struct begins with one of these.
struct port { const port_ops *ops; };
struct port_listener { const port_ops *ops; };
struct port_dialer { const port_ops *ops; };
struct port_stream { const port_ops *ops; };
struct port_timer { const port_ops *ops; };

port *port_real(void); // nng; never freed

#endif
