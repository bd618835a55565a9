// SPDX-License-Identifier: Apache-2.0
// The versions of the rules at this node: a folder of them that follows from the pinned first one, the
// one in force by today's date, and asking the hub for what comes next. The hub only hands versions
// out: each is verified here against the chain, kept (synced and renamed) and put in force at 00:00
// Japan time of its day. With a single file instead of a folder nothing moves.
// Owner: rulebook_open/_free, after the last job. Thread: any. Fails: what does not verify is refused with a
// reason in the access log, and the old rules stay in force.
#ifndef TSUNAGU_NODE_RULEBOOK_RULEBOOK_H
#define TSUNAGU_NODE_RULEBOOK_RULEBOOK_H

#include "node/duty/job.h"

// Also sets the node's book; complains in words. switched: other rules (other), or only another mapping, were put in
// force: what hangs on them above looks again. Called on the thread that switched, never twice at once.
MUST_CHECK err rulebook_open(node *n, void (*switched)(node *n, bool other), rulebook **ret);
// What was in force here before, from the store. Is it lost, nothing is granted or registered until it is back:
// the hub hands it out. Before any job runs.
MUST_CHECK err rulebook_remembered(node *n);
void rulebook_free(rulebook *b);
void rulebook_begin(node *n);  // the access log is there: what opening met is written down
void rulebook_reload(node *n); // folder, file and mapping anew; what does not verify leaves the old in force
void rulebook_tick(node *n, time_ms now); // switches, grows stale, asks again

// What the hub says that it holds (hello, a hint, a reply). met: it is a new connection.
void rulebook_hear(node *n, uint32_t newest, span hash, bool met);
void rules_new_begin(job *j);   // the hub's call (desk.h): it holds newer rules
uint32_t rulebook_held(node *n); // the newest version held; 0: a single file

void rulebook_show(node *n, control_in *in); // adds to the `status` record
void rulebook_list(node *n, control_in *in); // the command rules.list
// May anything new be registered under these rules? ERR_STALE: no (too old, or newer ones are lost), and `note` (160 bytes) says so.
MUST_CHECK err rulebook_admits(const book *b, time_ms now, char *note);

#endif
