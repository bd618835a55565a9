// SPDX-License-Identifier: Apache-2.0
// Joining a union and leaving it: the filled form travels as a letter to the node of the union's secretariat, is
// decided there by a person, and holds when the union's next signed list is in force. A record of each stands
// at both nodes (also where they are one).
// Owner: records live in the job's arena. Thread: W: the writer's, inside a job; commands: any. A control_in given
// to a command is finished by it. Fails: a store's errors, and as each says with a note.
#ifndef TSUNAGU_NODE_JOINING_JOINING_H
#define TSUNAGU_NODE_JOINING_JOINING_H

#include "node/office/secretariat.h"
#include "policies/forms/filled.h"

typedef Tsunagu__JoiningRecord joining;
// Stored: only append.
typedef enum joining_state {
    JOINING_FILED,    // on its way to the secretariat
    JOINING_WAITING,  // it stands in the secretariat's list
    JOINING_APPROVED, // to be in the next signed list
    JOINING_REFUSED,
    JOINING_DONE,     // the list in force says so
    JOINING_STATES
} joining_state;
const char *joining_state_name(uint32_t s); // "filed", ...

enum { JOINING_WAITING_MOST = 2000 }; // undecided at one secretariat

// W. Files it: the record here, and the letter. ERR_NOT_FOUND: that union's secretariat has no node.
MUST_CHECK err joining_file(job *j, store_txn *t, joining *r);
// W. The secretariat's decision, told to the applicant. ERR_CONFLICT: decided already.
MUST_CHECK err joining_decide(job *j, store_txn *t, joining *r, bool approve);
MUST_CHECK err joining_move(job *j, store_txn *t, joining *r, joining_state to); // W. Without a letter
MUST_CHECK err joining_get(store_txn *t, const uint8_t *id, bool received, arena *a, joining **ret);
MUST_CHECK err joining_find(store_txn *t, uint64_t number, arena *a, joining **ret); // ERR_NOT_FOUND
typedef err (*joining_visit)(void *ctx, const joining *r);
MUST_CHECK err joining_walk(store_txn *t, joining_visit visit, void *ctx); // by number
// Other rules are in force, or the node begins: who came is entered, who is gone loses what was still open with
// us, and whom it concerns is told. Nothing to do: nothing is written.
void joining_sweep(node *n);
// W. A slice of that: so much of it as the writer may be held for. at: zeroes, then as the last one left it, while
// it says there is more. A kill begins anew: what is done is not found again.
typedef struct joining_place {
    bool more, requests_over, consents_over;
    uint8_t request[LETTER_ID_BYTES];
    size_t request_len;
    char chart[SSMIX_CHART_MAX + 1];
} joining_place;
MUST_CHECK err joining_look(job *j, store_txn *t, joining_place *at);

// What the forms say, into the record. ERR_FORMAT with the mistakes in the note; ERR_DENIED: of another facility.
MUST_CHECK err joining_read(job *j, joining *r, span form, span pledge);

// One letter kind each (post_rows.c). W.
MUST_CHECK err joining_take_join(job *j, store_txn *t, const letter *l);
MUST_CHECK err joining_take_leave(job *j, store_txn *t, const letter *l);
MUST_CHECK err joining_take_answer(job *j, store_txn *t, const letter *l);
MUST_CHECK err joining_settled(job *j, store_txn *t, const letter *l, err status);

// ---- commands (applications.c) ----------------------------------------------------------
void join_file(node *n, control_in *in);
void leave_file(node *n, control_in *in);
void applications_list(node *n, control_in *in);
void applications_show(node *n, control_in *in);
void applications_decide(node *n, control_in *in);
void applications_draft(node *n, control_in *in);

#endif
