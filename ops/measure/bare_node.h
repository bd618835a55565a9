// SPDX-License-Identifier: Apache-2.0
// A node's store, rules and letter boxes without its sockets and threads, for what is measured inside one.
// Owner: bare_node_open/_close. Thread: one. Fails: die.
#ifndef TSUNAGU_BENCH_BARE_NODE_H
#define TSUNAGU_BENCH_BARE_NODE_H

#include "node/duty/job.h"
#include "ops/measure/bench.h"

#define BARE_FACILITY 110113719ull
#define BARE_OTHER 119900025ull

typedef struct bare_node {
    node n;
    char dir[1100];
} bare_node;

void bare_node_open(const bench *b, const char *name, bare_node *ret); // an empty store below b->data
void bare_node_close(bare_node *b); // and it is gone

// Rows in batches of one transaction each.
typedef void (*bare_row)(bare_node *b, store_txn *t, uint64_t i);
void bare_node_fill(bare_node *b, uint64_t count, bare_row row);

#endif
