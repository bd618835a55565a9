// SPDX-License-Identifier: Apache-2.0
// The viewing side: own patient numbers, look-ups, tickets held for their users, manifests
// and documents as they come from the disclosing hospital, sealed until they are here.
// Owner: viewer_new/_free. A control_in given to a function here is finished by it, now or later.
// Thread: any. Fails: into the reply.
#ifndef TSUNAGU_NODE_VIEWING_VIEWER_H
#define TSUNAGU_NODE_VIEWING_VIEWER_H

#include "node/duty/job.h"
#include "proto/pact/seal.h"
#include "proto/pact/ticket.h"

#define HANDLE_MAX 16 // characters

MUST_CHECK err viewer_new(node *n, viewer **ret);
void viewer_free(viewer *v);
void viewer_tick(node *n, time_ms now);   // idle handles expire, what waits for them ends
void viewer_drain(node *n);

// What this facility holds of the patient since before now is read no more: tickets, pages, open documents.
void viewer_end(viewer *v, uint64_t facility, const pseudonym *who);
void viewer_ends_free(viewer *v);
// The patient changed what was agreed to: pages and open documents from before now are asked for anew, since what they
// were gathered under may be settled, and no longer narrowed by us (narrowed.h), before they are told to their end.
void viewer_change(viewer *v, uint64_t facility, const pseudonym *who);
bool viewer_changed(viewer *v, uint64_t facility, const pseudonym *who, time_ms since);
// May this facility go on reading what it got at `since` (by clock_mono_ms; INT64_MAX: only now) of this patient?
// ERR_WITHDRAWN: no. In an emergency it may where the rules open against the patient's word.
MUST_CHECK err viewer_lets(node *n, const policy *p, uint64_t facility, const pseudonym *who, time_ms since,
                           bool emergency);
void viewer_handle(char out[static HANDLE_MAX + 1]); // a new random one

void own_register(node *n, control_in *in); // register.c

// ---- tickets (tickets.c) ------------------------------------------------------------
// Kept for this user until some time after it ends; gives the handle.
// words: what goes with it to the hospital, or NULL.
MUST_CHECK err tickets_keep(node *n, const person *who, span bytes, const char *words,
                            char ret[static HANDLE_MAX + 1]);
// What was kept with it, copied into the arena; NULL: nothing.
const char *tickets_words(node *n, const person *who, const char *text, arena *a);
// By handle (of this user only) or as hex from elsewhere; copied into the arena.
MUST_CHECK err tickets_find(node *n, const person *who, const char *text, arena *a, span *ret, ticket *ret_says);
void tickets_show(node *n, control_in *in); // the `ticket` command

// ---- fetching (fetch.c) ----------------------------------------------------------------
typedef struct fetch fetch;
typedef struct fetch_events {
    void *ctx;
    // On the line's thread, in order. `cost` bytes of credit are used up until fetch_credit gives them back.
    void (*plain)(void *ctx, span plain, uint32_t cost);
    void (*done)(void *ctx, err e, const char *note); // once
} fetch_events;
// document: 16 bytes, or NULL for the manifest; words: what is said to the hospital in an emergency, or NULL. ret is counted for the caller; written before any event comes.
MUST_CHECK err fetch_start(node *n, const book *b, span bytes, const ticket *says, const uint8_t *document,
                           const char *words, const fetch_events *ev, fetch **ret);
void fetch_credit(fetch *f, uint32_t bytes);
void fetch_cancel(fetch *f); // done comes
void fetch_drop(fetch *f);

// ---- sheets (lookup.c, sheet.c): lookup, manifest, timeline; documents (reading.c) ------------
void sheet_lookup(node *n, control_in *in, bool manifests);
void sheet_manifest(node *n, control_in *in);
void sheets_tick(node *n, time_ms now);
void reading_open(node *n, control_in *in);
void reading_read(node *n, control_in *in);
void readings_tick(node *n, time_ms now);
// An entry of our own log about what a user here asked for.
void viewer_entry(Tsunagu__LogEntry *e, const person *who, const uint8_t *user_id, const ticket *k);

typedef struct kept_ticket kept_ticket;
typedef struct ended ended;
typedef struct sheet sheet;
typedef struct reading reading;
struct viewer {
    pthread_mutex_t lock;  // the lists; a reading's own lock is taken inside it, so it is never taken inside that
    kept_ticket *tickets;
    sheet *sheets;         // only those with pages to come
    reading *readings;
    pthread_mutex_t ends_lock; // a leaf: what is read asks under its own lock whether it may go on
    ended *ends;           // under ends_lock: whose handles ended by a withdrawal or a change here, newest first
};
enum { HANDLE_IDLE_MS = 60000 };

#endif
