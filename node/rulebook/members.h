// SPDX-License-Identifier: Apache-2.0
// Inside the rulebook: the unions' membership lists at this node, laid over whichever version is in force. The
// hub says which ones it holds and hands them out; each is verified here.
// Owner: the rulebook; everything under its lock. Thread: any. Fails: a list that does not verify is
// refused with its reason in the access log, and the one before stays.
#ifndef TSUNAGU_NODE_RULEBOOK_MEMBERS_H
#define TSUNAGU_NODE_RULEBOOK_MEMBERS_H

#include "node/duty/node.h"
#include "policies/ratify/members_shelf.h"
#include "proto/wire/wire.h"

typedef struct list_want {
    char union_id[BUNDLE_TEXT + 1];
    uint32_t serial; // 0: nothing
} list_want;

// After a failure one waits, longer each time.
enum { AGAIN_MIN_MS = 1000, AGAIN_MAX_MS = 600000 };
typedef struct backoff {
    uint32_t fails;
    time_ms at; // monotonic
} backoff;
void backoff_count(backoff *w, bool good, time_ms now);

enum { LISTS_LAID = 4 };
typedef struct node_lists {
    members_shelf shelf;
    struct { rules *base, *over; } laid[LISTS_LAID]; // versions with these lists over them
    unsigned laid_at;
    list_want said[BUNDLE_UNIONS]; // what the hub says it holds
    size_t said_count, next;       // next: whose turn it is to be asked for
    struct { char union_id[BUNDLE_TEXT + 1]; backoff again; } waits[BUNDLE_UNIONS]; // "": free
    hash32 refused;                // the same bytes again are not told again
} node_lists;

void lists_done(node_lists *l);
// A version with the lists over it, counted; NULL: they cannot be laid over it (said in the log).
rules *lists_over(node_lists *l, rules *base);
void lists_laid_forget(node_lists *l); // the shelf has changed
// Takes turns, so that one refused list holds up no other; one that failed is left out until its time.
bool lists_behind(node_lists *l, time_ms now, list_want *ret);
void lists_waited(node_lists *l, const list_want *want, bool good, time_ms now); // how asking for it ended
void lists_try(node_lists *l);                                                    // all of them may be asked for again
// What the hub says. Any thread, without the lock.
void lists_hear(node *n, Tsunagu__ListHead *const *lists, size_t count);
// A draft that follows the newest list held of this union, or begins with the council's bundle; and where the
// bundle and the lists that hold lie on the disk (joined by commas), for whoever signs. ERR_NOT_FOUND: no such union.
MUST_CHECK err lists_draft(node *n, const char *union_id, members *ret, buf *ret_bundle, buf *ret_held);
// What came for `want`. Without the lock. false: refused.
bool lists_judge(node *n, const list_want *want, span bytes);

#endif
