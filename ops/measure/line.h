// SPDX-License-Identifier: Apache-2.0
// A node of the bench: dials, says HELLO, asks.
// Owner: line_open/_close. Thread: line_ask blocks its caller; not from callbacks. Fails: die.
#ifndef TSUNAGU_BENCH_LINE_H
#define TSUNAGU_BENCH_LINE_H

#include <pthread.h>

#include "ops/measure/place.h"
#include "proto/link/link.h"
#include "proto/wire/wire.h"

typedef struct line {
    const place_node *node;
    link_end *end;
    link_conn *conn;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t publish_seq;                    // as the hub told in HELLO
    void (*serve)(void *ctx, link_in *call); // what the hub asks of us; NULL: refused
    void *ctx;
} line;

line *line_dial(const place *p, int node, const char *address); // waits until it is open
line *line_open(const place *p, int node, const char *address); // and until HELLO is answered
void line_close(line *l);
err line_ask(line *l, uint32_t method, span body, buf *ret_body); // the peer's status
// An encoded look-up as this node's clinic makes it, and where in it the pseudonym stands.
size_t line_lookup(const line *l, buf *out);

#endif
