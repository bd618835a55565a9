// SPDX-License-Identifier: Apache-2.0
// A real hub in this process over a place, and what tests ask of it: publications, look-ups, its log.
// Owner: world_open/_close. Thread: one. Fails: aborts or fails the cmocka test that called.
#ifndef TSUNAGU_TESTS_WORLD_H
#define TSUNAGU_TESTS_WORLD_H

#include "hub/hub.h"
#include "tests/support/peer.h"

typedef struct world {
    place p;
    hub *h;
    uint16_t port;
    uint64_t seen; // the last entry of the log that a test has looked at
} world;

void world_open(world *w);
// The same after `prepare` has changed what lies in the place (say, hub.yaml).
void world_open_with(world *w, void (*prepare)(place *p));
void world_reopen(world *w); // closes the hub and opens it again over the same store
void world_close(world *w);
peer *world_peer(world *w, int node); // connected, and has said hello

// ---- messages ----------------------------------------------------------------------
pseudonym who_of(uint32_t number);
// Agreed to an hour ago, for the federation, all categories, something in each of this and the last month.
card card_of(const world *w, int node, const pseudonym *who, uint64_t revision);
void hello_ask(peer *n, const char *name, uint32_t version, uint64_t stop_seq, reply *ret);
void publish_ask(peer *n, uint64_t first_seq, const card *cards, size_t count, reply *ret);
// Publishes one card with the node's next sequence; it must be taken.
void publish_one(peer *n, const card *c);
typedef struct question {
    uint64_t facility;
    const char *role, *purpose;
    pseudonym who;
    uint32_t categories;
    const char *reason; // of an emergency, or NULL
} question;
void lookup_ask(peer *n, const question *q, reply *ret);
// its clinic's physician, treatment, all
question question_of(const world *w, int node, const pseudonym *who);
// The answer of one facility, or NULL. fails the test if the reply is no good.
const Tsunagu__FacilityAnswer *answer_of(reply *r, uint64_t facility);
// Looks up and gives the ticket for that node's hospital; the test fails if there is none.
span ticket_for(world *w, peer *asker, int asking, int disclosing, const pseudonym *who, reply *keep);
void withdraw_ask(peer *n, uint64_t facility, const pseudonym *who, reply *ret);
void withdraw_late(peer *n, uint64_t facility, const pseudonym *who, uint64_t age_ms, reply *ret); // said so long ago

// ---- the control socket and the log --------------------------------------------------
typedef struct control_answer {
    buf bytes;
    arena memory;
    Tsunagu__ControlReply *reply;
} control_answer;
// args: key, value, ..., NULL.
void control_ask(const world *w, const char *command, const char *const *args, control_answer *ret);
// The same with bytes.
void control_send(const world *w, const char *command, const char *const *args, span data, control_answer *ret);
void control_answer_done(control_answer *a);
const char *record_field(const Tsunagu__ControlRecord *r, const char *key); // "" if absent

// The next entry (after `seen`) of this event by this node; the test fails if it has not
// this status (its name: "ok", "denied"...). Entries before it are passed over..
typedef struct entry {
    char status[32], note[300], facility[16], source[16], sources[1200], ticket[64], pseudonym[80], user[64],
        role[64], purpose[64], reason[64];
    uint32_t asked, granted;
    uint64_t seq;
} entry;
bool log_find(world *w, const char *event, const char *node, entry *ret);
void log_expect(world *w, const char *event, const char *node, const char *status, entry *ret);
// The same for what is written after the fact, not before a reply: waits for it.
void log_await(world *w, const char *event, const char *node, const char *status, entry *ret);
size_t log_count(world *w, const char *event);
void log_verified(world *w); // log.verify says yes

#endif
