// SPDX-License-Identifier: Apache-2.0
// A federation in a temporary folder, for tests of the hub: authority, keys, the
// rules of policies/sapporo with a few nodes, and hub.yaml.
// Owner: place_make/_done; the folder goes with it. Thread: one. Fails: aborts, with a word on standard
// error.
#ifndef TSUNAGU_TESTS_PLACE_H
#define TSUNAGU_TESTS_PLACE_H

#include "policies/rules/rules.h"
#include "proto/base/date.h"
#include "proto/crypto/tls.h"

#define PLACE_HUB_HOST "hub.tsunagu.example"
// Nodes of five unions that disclose and view; one whose certificate is for another host than its place
// in the list says; and one that is in no list.
enum { PLACE_TMNIT, PLACE_SHIRITSU, PLACE_HOKUDAI, PLACE_NTT_EAST, PLACE_KKR, PLACE_ELSEWHERE, PLACE_STRANGER,
       PLACE_NODES };

// A clinic of the union of PLACE_SHIRITSU that files documents on that node's shelf.
#define PLACE_SHELF 119900991ull

typedef struct place_node {
    char name[40], host[80], union_id[20];
    uint64_t discloses, clinic, hospital; // two viewing facilities that ask through it, 0: none
    tls_ctx *tls;
    hash32 spki;
    uint8_t sign[32], seal[32];
} place_node;

typedef struct place {
    char dir[64];
    rules *rules;       // as last written
    sign_key *hub_sign; // what signs tickets
    place_node nodes[PLACE_NODES];
    int more;           // so many hospitals more are disclosed for by PLACE_SHIRITSU's node: set it, then place_rules
} place;
uint64_t place_more_code(int i); // the code of one of them

void place_make(place *p);
void place_done(place *p);
void place_path(const place *p, const char *name, char out[static 128]);
// Writes rules.bundle anew, perhaps without a node (-1: with all).
void place_rules(place *p, int version, int without);
// A version of the rules with seven seats, s0 to s6, whose keys place_seat_key makes.
enum { PLACE_SEATS = 7 };
typedef struct place_version {
    int version, minutes;
    day from, warn, no_registrations, deny; // 0: never
    const hash32 *previous;
    int without;      // this node is not in it; -1: all are
    int lapsed;       // this seat's term ended yesterday; -1: none
    bool other_hub;   // names another key of the hub
    bool presence;    // cards say only that something exists
} place_version;
void place_compile(const place *p, const place_version *v, buf *ret);
sign_key *place_seat_key(int seat);
sign_key *place_secretariat_key(void); // of tmnit, in every version
void place_write(const place *p, const char *name, span bytes);
void place_must(err e, const char *what);

#endif
