// SPDX-License-Identifier: Apache-2.0
// A federation on this machine, for measuring: authority, keys, the rules of
// policies/sapporo with eight nodes (one a union, and a second one of the first), and hubs.
// Owner: place_make/_done; the folder goes with it. Thread: one. Fails: die.
#ifndef TSUNAGU_BENCH_PLACE_H
#define TSUNAGU_BENCH_PLACE_H

#include <sys/types.h>

#include "ops/measure/bench.h"
#include "ops/measure/crowd.h"
#include "policies/rules/rules.h"
#include "proto/crypto/tls.h"

#define PLACE_NODES 8
#define PLACE_HUB_HOST "hub.tsunagu.example"

typedef struct place_node {
    char name[40], host[80];
    uint64_t viewer;    // a clinic that asks through it
    uint64_t discloses; // 0: nothing
    tls_ctx *tls;
} place_node;

typedef struct place {
    const bench *b;
    char dir[1100];
    rules *rules;
    tls_ctx *server; // the hub's, for the echo
    place_node nodes[PLACE_NODES];
    int discloser[2]; // the nodes of crowd.hospital
} place;

// A hub process over a store of its own.
typedef struct hub_proc {
    char name[40], data[1200], config[1200], address[40];
    pid_t pid;
} hub_proc;

void place_make(const bench *b, const char *name, place *ret);
void place_done(place *p);
crowd place_crowd(const place *p, uint64_t count);

void hub_make(const place *p, const char *name, hub_proc *ret); // writes its configuration
// Fills the stopped hub's store through proto/store with the same keys and bytes that publishing
// them would have left, in the order of the keys: minutes instead of hours at 10^7.
void hub_fill(const hub_proc *h, const crowd *who);
void hub_start(const place *p, hub_proc *h);
void hub_stop(hub_proc *h);
// Resident memory of a process without its data.mdb, MiB. < 0: may not be read.
double process_rss(pid_t pid);
double process_cpu(pid_t pid); // seconds of processor time so far
pid_t process_start(const char *const *argv, const char *log_path, int *ret_stdout);
void process_end(pid_t pid);

#endif
