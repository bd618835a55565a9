// SPDX-License-Identifier: Apache-2.0
// The post of this node: takes letters that the hub passes on to whoever minds that kind, sends what waits
// in the outbox whenever the hub is there, and says afterwards what became of each.
// Owner: post_open/_free. Thread: as marked; W: the writer's, inside a job.
// Fails: not being connected is no failure: letters wait.
#ifndef TSUNAGU_NODE_LINE_POST_H
#define TSUNAGU_NODE_LINE_POST_H

#include "node/duty/job.h"
#include "node/letters/letters.h"

// Who minds a kind of letter. `take` as letters_arrived says: a refusal is final and must have written
// nothing; `settled` (may be NULL) hears of our own. Both run on the writer's thread with the job's rules.
typedef struct post_row {
    letter_kind kind;
    err (*take)(job *j, store_txn *t, const letter *l);
    err (*settled)(job *j, store_txn *t, const letter *l, err status);
} post_row;

// rows: who minds which (node/post_rows.h); they stay.
MUST_CHECK err post_open(node *n, const post_row *rows, size_t row_count, post **ret);
void post_free(post *p);
void post_tick(node *n, time_ms now); // about five times a second
void post_connected(node *n);         // the hub said hello
void post_pump(node *n);              // after a commit that posted something. Cheap; any thread

// W. Posts `say` to a facility: finds the node that discloses for it, or else one that serves it.
// ERR_NOT_FOUND: no node serves it.
MUST_CHECK err post_to(job *j, store_txn *t, letter *say);
// The same where the node is known (say->to_node): an answer goes back where the letter came from.
MUST_CHECK err post_back(job *j, store_txn *t, letter *say);
MUST_CHECK err post_forget(job *j, store_txn *t, const uint8_t thread[static LETTER_ID_BYTES]);
// The node that a letter to this facility would go to; NULL if there is none.
const char *post_node_of(const policy *p, uint64_t facility);

// For the hub's calls (desk.h): a letter from another node; a node that letters wait for is back.
void letter_begin(job *j);
void back_begin(job *j);

void post_show(node *n, control_in *in);  // adds to the `status` record: letters
void letters_show(node *n, control_in *in); // `letters`: what waits, and why

#endif
