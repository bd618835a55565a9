// SPDX-License-Identifier: Apache-2.0
// A hub without honour, for tests of the node: over real TLS it greets, takes cards, answers
// look-ups and passes documents on just as it is told to, and asks the node whatever a test likes.
// Owner: host_open/_close. Thread: the test's one; its events run on the line's. Fails: aborts.
#ifndef TSUNAGU_TESTS_HOST_H
#define TSUNAGU_TESTS_HOST_H

#include <pthread.h>

#include "proto/link/link.h"
#include "proto/pact/card.h"
#include "proto/pact/ticket.h"
#include "proto/wire/wire.h"
#include "tests/support/place.h"

enum { HOST_CARDS = 64, HOST_PIECES = 64 };

// What becomes of the next publication; afterwards it is TAKE again.
typedef enum host_taking { TAKE, DIE_BEFORE, DIE_AFTER, SAY_NOTHING, SAY_GAP, SAY_GARBAGE,
                           SAY_FAR } host_taking;
// How a document's pieces go on to who asked.
typedef enum host_passing { PASS, PASS_CUT, PASS_SWAPPED, PASS_TWICE, PASS_OTHER, PASS_TAIL, PASS_FLIPPED,
                            PASS_NOTHING, PASS_HOLD } host_passing;

typedef struct host_card {
    card c;
    uint64_t seq;
} host_card;

typedef struct host {
    const place *p;
    const place_node *of;    // the node that it expects
    tls_ctx *tls;
    link_end *line;
    uint16_t port;
    pthread_mutex_t lock;
    pthread_cond_t changed;  // everything below, under lock
    link_conn *conn;
    size_t opened, closed, hellos, publications;
    uint64_t publish_seq;
    uint64_t stop_seq;       // as the node said hello
    int64_t clock_off;
    host_taking taking;
    host_card cards[HOST_CARDS];
    size_t card_count, applied; // applied: cards written, an upsert counts
    buf lookup;              // the body of every LookupReply
    host_passing passing;
    buf last[HOST_PIECES];   // the pieces of the last document passed, for PASS_OTHER
    size_t last_count;
    uint32_t newest;         // version of the rules that it says it holds; 0: none
    hash32 newest_hash;
    // The whole stream of a version, right or wrong; or why there is none.
    err (*hand)(void *ctx, uint32_t version, buf *out);
    void *hand_ctx;
    size_t handed, told;     // how often it was asked for a version, and told what stands there
    uint32_t held;           // as it was told last
    size_t fetches, let_go;  // let_go: held ones that the node gave up
} host;

void host_open(host *h, const place *p, int node, const char *cert); // cert: "hub", or another of the place's
void host_vanish(host *h);        // stops listening; every connection ends
void host_return(host *h);        // on the same port
void host_close(host *h);
void host_wait(host *h, const size_t *what, size_t least);
void host_wait_seq(host *h, uint64_t least);
const host_card *host_card_of(host *h, const pseudonym *who); // NULL: none
void host_set(host *h, host_taking taking);

// A call to the node: everything that came, and how it ended.
typedef struct host_reply {
    err e;
    uint32_t status;
    char note[WIRE_NOTE_MAX + 1];
    buf pieces[HOST_PIECES];
    size_t count, bytes;
    bool over, thrifty; // thrifty: no credit beyond the window
    host *h;
    uint64_t id;
} host_reply;
void host_ask(host *h, uint32_t method, span body, uint32_t window, host_reply *ret); // and waits
void host_begin(host *h, uint32_t method, span body, uint32_t deadline_ms, uint32_t window, host_reply *ret);
void host_end(host_reply *r); // waits
void host_reply_done(host_reply *r);

#endif
