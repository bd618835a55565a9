// SPDX-License-Identifier: Apache-2.0
// Notices: that something happened, for the people of one facility. A notice is a number, an event, a
// reference (the id of a request, a consent: a way to it, for whoever may look) and a time. There is no
// field for text, so that none can ever carry a person's data.
// The number counts within the facility and means nothing outside. A notice is kept until somebody takes
// it, and for some days more. While one is not taken, the same event with the same reference is not told
// again; nor is one of the very same moment, ever: what is replayed changes nothing.
// Owner: notices_open/_close. Thread: reading in any transaction; writing on the writer's thread;
// notices_committed and notices_seen from any. Fails: a store's errors.
#ifndef TSUNAGU_NODE_NOTICES_H
#define TSUNAGU_NODE_NOTICES_H

#include "policies/engine/flow.h"
#include "proto/base/date.h"
#include "proto/store/store.h"

#define NOTICE_REFERENCE 16
typedef flow_event notice_event; // its numbers are stored: they may only be added to

typedef struct notices_options {
    int table;       // facility | number -> notice
    int table_marks; // counters, what was told already, what was taken when, how far each delivery is
} notices_options;

typedef struct notice {
    uint64_t facility, number; // number from 1
    notice_event event;
    uint8_t reference[NOTICE_REFERENCE];
    time_ms at, taken;         // taken: 0: nobody has
} notice;

typedef struct notices notices;
MUST_CHECK err notices_open(const notices_options *o, notices **ret);
void notices_close(notices *n);

// Durable with t. *ret_number (may be NULL): its number, or that of the one which says the same already.
MUST_CHECK err notices_add(notices *n, store_txn *t, uint64_t facility, notice_event e,
                           const uint8_t reference[static NOTICE_REFERENCE], time_ms now, uint64_t *ret_number);
// Taken already: OK. ERR_NOT_FOUND: that facility has no such notice.
MUST_CHECK err notices_take(notices *n, store_txn *t, uint64_t facility, uint64_t number, time_ms now);
// All up to this number; *ret_count: how many were not taken before.
MUST_CHECK err notices_take_all(notices *n, store_txn *t, uint64_t facility, uint64_t up_to, time_ms now,
                                uint64_t *ret_count);
// Forgets what was taken before that time, at most `most` of them; *ret_count: how many it were.
MUST_CHECK err notices_purge(notices *n, store_txn *t, time_ms before, size_t most, uint64_t *ret_count);

MUST_CHECK err notices_get(notices *n, store_txn *t, uint64_t facility, uint64_t number, notice *ret);
// A facility's, in order, those with a number greater than `after`. OK goes on, ERR_CLOSED ends.
typedef err (*notices_visit)(void *ctx, const notice *k);
MUST_CHECK err notices_walk(notices *n, store_txn *t, uint64_t facility, uint64_t after, notices_visit visit,
                            void *ctx);
MUST_CHECK err notices_last(notices *n, store_txn *t, uint64_t facility, uint64_t *ret); // the last number given
MUST_CHECK err notices_waiting(notices *n, store_txn *t, uint64_t *ret); // not taken, of all facilities

// After a commit: true if it held new notices. notices_seen: a number that grew with each such commit.
bool notices_committed(notices *n);
uint64_t notices_seen(const notices *n);

// ---- words.c ----------------------------------------------------------------------
const char *notice_words(notice_event e, bool japanese); // "依頼が届きました"; for people
err notice_event_find(const char *name, notice_event *ret); // by the rules' name for it; ERR_NOT_FOUND

#endif
