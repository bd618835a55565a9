// SPDX-License-Identifier: Apache-2.0
// Registration requests in the store, of either side: the record, its history step by step (who, when, why),
// the inbox in order of urgency and arrival, deadlines and reminders. Every change goes through the machine
// of pact/request.h, by requests_step and nothing else.
// A record is a protobuf message in an arena; its strings may be pointed elsewhere before requests_step.
// Owner: requests is a plain value; records live in the arena given. Thread: within transactions; writing on
// the writer's thread. Fails: ERR_NOT_FOUND, ERR_CONFLICT and ERR_DENIED of the machine; a store's errors.
#ifndef TSUNAGU_NODE_REQUESTS_H
#define TSUNAGU_NODE_REQUESTS_H

#include "proto/base/arena.h"
#include "proto/base/date.h"
#include "proto/pact/pseudonym.h"
#include "proto/pact/request.h"
#include "proto/store/store.h"
#include "proto/wire/wire.h"

#define REQUEST_ID_BYTES 16
#define REQUEST_TEXT_MAX 2000 // bytes of a text that people write
typedef Tsunagu__RequestRecord request;
typedef Tsunagu__RequestStep request_past;

// When a state that begins now should be over; 0: whenever. remind: the first reminder; 0: none.
typedef struct request_term { time_ms due, remind; } request_term;

typedef struct requests {
    int table, table_list, table_past; // numbers of the store's tables
    // What the rules say of a state; NULL: no deadlines.
    request_term (*term)(void *ctx, request_side record, request_state s, time_ms now);
    // A step was taken: whom the rules name is told. In the same transaction. NULL: nobody.
    err (*told)(void *ctx, store_txn *t, const request *r, const request_past *step);
    void *ctx;
} requests;

// A new record, in the state it begins with: draft at a clinic, sent at a hospital. ERR_EXISTS: that id is there.
MUST_CHECK err requests_add(const requests *q, store_txn *t, request *r, time_ms now);
// Moves it, writes the step down, and stores the record as it is now in memory. Nothing is written on
// ERR_CONFLICT, ERR_DENIED, ERR_LIMIT and ERR_FORMAT (a text too long, or no UTF-8).
// who: a staff id, or "" ; text: what was said, or "".
MUST_CHECK err requests_step(const requests *q, store_txn *t, request *r, request_event e, request_side by,
                             const char *who, const char *text, time_ms now);
// Would the machine let it?
MUST_CHECK err requests_may(const request *r, request_event e, request_side by);
// Stores what is in memory without a step (what was said last, a reminder). Never to change the state.
MUST_CHECK err requests_keep(const requests *q, store_txn *t, const request *r);

MUST_CHECK err requests_get(const requests *q, store_txn *t, const uint8_t id[static REQUEST_ID_BYTES], arena *a,
                            request **ret);
// By as many hexadecimal digits of the id as are needed to mean one, at least 4. ERR_CONFLICT: several.
MUST_CHECK err requests_find(const requests *q, store_txn *t, const char *hex, arena *a, request **ret);

// Nothing of it stays: record, history, lists.
MUST_CHECK err requests_forget(const requests *q, store_txn *t, const request *r);

// Lists. OK goes on, ERR_CLOSED ends. The visited record lives until the visitor returns; it may not write.
typedef err (*requests_visit)(void *ctx, const request *r);
// The hospital's open requests: most urgent first, then as they arrived.
MUST_CHECK err requests_inbox(const requests *q, store_txn *t, uint64_t facility, requests_visit visit, void *ctx);
// All of a facility's, its own and those it received, newest last. 0: of all facilities here.
MUST_CHECK err requests_all(const requests *q, store_txn *t, uint64_t facility, requests_visit visit, void *ctx);
// By the clinic's own number (side clinic) or the confirmed chart (side hospital).
MUST_CHECK err requests_of(const requests *q, store_txn *t, request_side side, uint64_t facility, const char *number,
                           requests_visit visit, void *ctx);
// Of that patient, of either side and of all facilities here, newest last.
MUST_CHECK err requests_whose(const requests *q, store_txn *t, const pseudonym *who, requests_visit visit, void *ctx);
// Every record by its id, from behind `after` on (empty: from the first): slices of a long walk.
MUST_CHECK err requests_behind(const requests *q, store_txn *t, span after, requests_visit visit, void *ctx);
// In that state (hospital, accepted: what waits for the hub).
MUST_CHECK err requests_in(const requests *q, store_txn *t, request_side side, request_state s, requests_visit visit,
                           void *ctx);
typedef err (*requests_step_visit)(void *ctx, const request_past *step);
MUST_CHECK err requests_history(const requests *q, store_txn *t, const uint8_t id[static REQUEST_ID_BYTES],
                                requests_step_visit visit, void *ctx);
// Those whose deadline or reminder is at or before `now`, soonest first.
MUST_CHECK err requests_due(const requests *q, store_txn *t, time_ms now, requests_visit visit, void *ctx);

// Lists that a store from before they were there lacks are made, in transactions of its own: before anything else
// writes. A kill lets it begin again.
MUST_CHECK err requests_fill(const requests *q, store *s);

// Identity to and from its message. The message borrows from `i`.
void request_person(const identity *i, Tsunagu__Person *ret, char sex[static 2]);
MUST_CHECK err request_identity(const Tsunagu__Person *p, identity *ret); // ERR_FORMAT: too long, no such sex

#endif
