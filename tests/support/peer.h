// SPDX-License-Identifier: Apache-2.0
// A node as the hub sees one, over real TLS: asks and waits, answers STOP and RELEASE as it is told to.
// Owner: peer_open/_close; replies by reply_done. Thread: the test's one, but serve_* run on the line's.
// Fails: peer_open NULL when it was not let in; what takes too long aborts.
#ifndef TSUNAGU_TESTS_PEER_H
#define TSUNAGU_TESTS_PEER_H

#include <pthread.h>

#include "proto/link/link.h"
#include "proto/pact/card.h"
#include "proto/wire/wire.h"
#include "tests/support/place.h"

#define PEER_STOPS 64

// How RELEASE is answered: `chunks` of `chunk_bytes` as credit allows, then the reply.
typedef struct release_plan {
    size_t chunks, chunk_bytes;
    err status;
    size_t die_after;   // cuts its connection after so many chunks; 0: does not
    bool hold;          // no reply after the chunks
} release_plan;

typedef struct peer {
    const place_node *as;
    link_end *end;
    link_conn *conn;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool opened, closed, refused;
    uint64_t publish_seq; // the last that the hub has
    release_plan plan;
    bool refuse_stops;
    bool mute_letters;   // does not answer them
    err letter_status;   // answers with it, and the receipt "taken"
    // What it was asked: under lock.
    uint64_t stops[PEER_STOPS], stop_viewer[PEER_STOPS];
    size_t stop_count, releases, released, gone;
    size_t hints;    // RULES_NEW
    uint32_t hinted; // the version it named last
    size_t sent; // bytes of chunks that left
    char asker[64];
    bool nothing;    // the last release was marked so
    buf sealed;
    size_t letters, backs;
    char letter_from[64], back[64];
    uint64_t letter_facility[2]; // from, to
    buf letter;
} peer;

typedef struct reply {
    err e;            // of the line
    uint32_t status;
    buf body;
    char note[WIRE_NOTE_MAX + 1];
    arena memory;     // of what is decoded
} reply;

peer *peer_open(const place *p, int node, uint16_t port); // NULL: refused
void peer_close(peer *n);
void peer_wait(peer *n, const bool *what);                 // until it is true
void peer_wait_count(peer *n, const size_t *what, size_t least);
bool peer_quiet(peer *n, const size_t *what, size_t least, int ms); // it does not come to `least` within ms

void peer_ask(peer *n, uint32_t method, span body, reply *ret);
void peer_send(peer *n, uint32_t method, const ProtobufCMessage *m, reply *ret);
void reply_done(reply *r);
#define REPLY_AS(r, type, descriptor) ((type *)reply_decode((r), &(descriptor)))
void *reply_decode(reply *r, const ProtobufCMessageDescriptor *d); // NULL: it is no such message

// A fetch that goes on while the test does something else.
typedef struct fetching {
    peer *n;
    uint64_t id, got;
    size_t chunks;
    bool thrifty;  // gives no credit beyond the window
    bool over;
    buf *keep;     // gets the bytes, or NULL
    reply end;
} fetching;
err stream_begin(fetching *f, peer *n, uint32_t method, const ProtobufCMessage *m, uint32_t window, bool thrifty,
                 buf *keep);
err fetch_begin(fetching *f, peer *n, span ticket, span sealed, uint32_t window, bool thrifty);
void fetch_wait(fetching *f);
void fetch_wait_bytes(fetching *f, uint64_t least);

#endif
