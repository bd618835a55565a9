// SPDX-License-Identifier: Apache-2.0
// Inside the rulebook: shared by rulebook.c (what is held and in force) and follow.c (asking the hub).
// Owner, thread: `lock` guards everything below it; `turning` is taken before it.
#ifndef TSUNAGU_NODE_RULEBOOK_RULEBOOK_IN_H
#define TSUNAGU_NODE_RULEBOOK_RULEBOOK_IN_H

#include "node/rulebook/members.h"
#include "node/rulebook/rulebook.h"
#include "policies/ratify/chain.h"
#include "policies/rules/floor.h"

enum { TROUBLE_BYTES = 256 };

struct rulebook {
    node *n;
    void (*switched)(node *n, bool other);
    pthread_mutex_t turning; // one switch at a time
    pthread_mutex_t lock;
    chain *held;             // NULL: a single file
    char trouble[TROUBLE_BYTES]; // what was refused last, or ""
    err trouble_why;
    hash32 trouble_hash;     // of what was refused: the same again is not told again
    rules_stale stale;       // the step told of, and on which day
    day stale_told;
    node_lists lists;
    rules_floor floor;       // set at the start: what was in force here; version 0: nothing binds
    // following
    uint32_t hub_newest;
    hash32 hub_hash;
    bool asking;             // a call is on its way or its answer is being judged
    bool tell;               // the hub is to hear what stands here
    backoff again;           // for versions; each union's lists have their own
};

// At the start, before anybody else looks: what today asks for is the book.
MUST_CHECK err rulebook_first(node *n);
// Puts in force what that time's day asks for; renew: the mapping may be another.
void rulebook_turn(node *n, time_ms at, bool renew);
void rulebook_refused(node *n, err e, uint32_t version, const char *name, const char *text, const hash32 *what);
bool rulebook_behind(node *n);   // what was in force here is not held
void rulebook_remember(node *n); // what is in force now, in the store
err rulebook_err(const chain_verdict *v);
void follow_tick(node *n); // asks the hub, if there is anything to ask for

#endif
