// SPDX-License-Identifier: Apache-2.0
// Inside the uplink: shared by uplink.c (the connection), hello.c, witness.c and publish.c (the outbox).
// Owner, thread: `lock` guards everything but what is marked W.
#ifndef TSUNAGU_NODE_LINE_UPLINK_IN_H
#define TSUNAGU_NODE_LINE_UPLINK_IN_H

#include "node/line/uplink.h"

typedef struct publish_wait publish_wait;
#define PUBLISH_SEQ_MAX (UINT64_MAX / 2) // no hub has seen more; behind it the numbering could not go on

struct uplink {
    node *n;
    const uplink_hears *hears;
    pthread_mutex_t lock;
    link_end *line;
    tls_ctx *tls;
    hash32 files;          // digest of the TLS files in use
    link_conn *conn;       // kept while open
    uint64_t generation;   // of the connection
    bool greeted, busy, closing; // busy: a publication is on its way
    bool resync_held;      // a resync was wanted while a publication was on its way
    time_ms hello_at, pump_at, since;
    char detail[160];      // what went wrong last
    chain_head seen;       // the newest head of the hub's log
    chain_head kept;       // the one stored
    time_ms kept_at;
    int waiting;           // atomic: how many publish.wait there are
    publish_wait *waits;   // W
};

void hello_send(node *n, link_conn *c);
void witness_keep(node *n, time_ms now, bool at_once);
void witness_compare(node *n, const Tsunagu__LogHead *head);
void uplink_fail(uplink *u, const char *what, err e, const char *note); // remembers and logs
void publish_waits_check(node *n, store_txn *t, time_ms now);           // W
void publish_tick(node *n, time_ms now);
void publish_drain(node *n);

#endif
