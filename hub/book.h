// SPDX-License-Identifier: Apache-2.0
// The rules on the move: the chain of versions that the hub holds, which of them is in force,
// and what follows when another takes force. The hub stores and hands out; it can make none.
// Owner: the hub; book_open/_close. Thread: any, but the lock says. Lock order: book.lock, then
// rules_lock; nothing that calls into the line runs under either.
// Fails: a refused version changes nothing, and is an entry of the access log.
#ifndef TSUNAGU_HUB_BOOK_H
#define TSUNAGU_HUB_BOOK_H

#include <pthread.h>

#include "policies/ratify/chain.h"
#include "policies/ratify/members_shelf.h"

typedef struct hub hub;

enum { BOOK_BEFORE = 8 };

typedef struct book_list_head { char union_id[BUNDLE_TEXT + 1]; uint32_t serial; hash32 hash; } book_list_head;

typedef struct book {
    pthread_mutex_t lock;
    chain *versions;     // under lock; NULL: one file by hand
    members_shelf lists; // under lock: the newest membership list of each union (hub/members.c)
    day today;           // under lock: of the last tick
    rules_stale stale;   // under lock: as last told
    // Under rules_lock: what was in force until lately; its tickets are good until they expire.
    struct { hash32 hash; time_ms until; } before[BOOK_BEFORE];
    unsigned before_at;
    uint32_t newest_version; // under rules_lock: of the chain, for those who must not wait
    hash32 newest_hash;
    book_list_head list_heads[BUNDLE_UNIONS]; // under rules_lock, as these
    size_t list_count;
} book;

// Reads and verifies what is in rules_dir (or the one file). Says itself what is wrong.
MUST_CHECK err book_open(hub *h, time_ms now);
void book_close(hub *h);
// What was in force here before must be here still: else the hub does not start, and says what to do. After
// book_open, once the store stands.
MUST_CHECK err book_remembered(hub *h);
void book_remember(hub *h); // what is in force now, in the store
void book_started(hub *h); // once the access log stands: says which versions hold
// Switches where a version has taken force, and tells how stale the rules are.
void book_tick(hub *h, time_ms now);
void book_reload(hub *h, time_ms now);
// Under book.lock, after a list was taken; true: other rules are in force, and book_follow is to be called without it.
bool book_force(hub *h, time_ms now);
void book_follow(hub *h, const char *how);

typedef struct book_verdict {
    chain_verdict v;
    err status;      // ERR_DENIED, ERR_CONFLICT, ERR_FORMAT; ERR_AUTH: it does not name this hub's key
    const char *name;
    const char *text; // in v, or static
    uint32_t in_force;
} book_verdict;
// Verifies, stores, switches if its day has come, tells the nodes. OK: *ret says whether it was taken.
// ERR_FULL, ERR_IO: it could not be stored, and the old version stays. ERR_UNSUPPORTED: one file by hand.
MUST_CHECK err book_publish(hub *h, span bundle, span record, time_ms now, book_verdict *ret);
void book_verdict_note(const book_verdict *b, char out[static 256]); // for the log

void book_newest(hub *h, uint32_t *ret_version, hash32 *ret_hash); // 0: hands out none
// A version to hand out. rules_drop, buf_done. ERR_NOT_FOUND.
MUST_CHECK err book_version(hub *h, uint32_t version, rules **ret, buf *ret_record);
// The rules in force, or in force until lately: their tickets are good.
bool book_honours(hub *h, const hash32 *ticket_rules, time_ms now);

#endif
