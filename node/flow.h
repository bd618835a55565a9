// SPDX-License-Identifier: Apache-2.0
// Registration requests at work: letters that move them (flow.c), what a clinic does (request.c), and what a
// hospital's liaison office does (liaison.c). A step, its letter, and what it means for a consent are one transaction.
// Owner: a control_in given to a command is finished by it. Thread: W: the writer's, inside a job; commands: any.
// Fails: as each says, with a note in the job.
#ifndef TSUNAGU_NODE_FLOW_H
#define TSUNAGU_NODE_FLOW_H

#include "node/disclosure.h"
#include "node/post.h"
#include "node/requests/requests.h"
#include "policies/engine/flow.h"

requests flow_of(job *j);    // for a job that writes: deadlines and notices as its rules say
requests flow_reading(void); // for looking

// W. Moves a record by an event of this side, and posts the letter that tells the other one (LETTER_NONE: none).
// body: SayBody, AcceptedBody, ... ; ERR_CONFLICT: not in this state (said in the note), nothing was written.
MUST_CHECK err flow_step(job *j, store_txn *t, request *r, request_event e, const char *who, const char *text,
                         letter_kind kind, const ProtobufCMessage *body);
MUST_CHECK err flow_post(job *j, store_txn *t, const request *r, letter_kind kind, const ProtobufCMessage *body);
// W. Records the consent of a request on its chart and discloses: card, consent, step, in one. also: as `confirm`.
MUST_CHECK err flow_accept(job *j, store_txn *t, request *r, const char *by, bool also);
// W. The consent that this request opened ends: for its facility alone, if others stand beside it.
MUST_CHECK err flow_close(job *j, store_txn *t, const request *r, const char *by);
// W. Accepted ones whose card the hub has: completion goes back. refused: cards it did not take, in order.
MUST_CHECK err flow_published(job *j, store_txn *t, const uint64_t *refused, char *const *whys, size_t refused_count);
void flow_tick(node *n, time_ms now); // deadlines and reminders, now and then

// One letter kind each (post_rows.c). W.
MUST_CHECK err flow_take_enquiry(job *j, store_txn *t, const letter *l);
MUST_CHECK err flow_take_may_hold(job *j, store_txn *t, const letter *l);
MUST_CHECK err flow_take_request(job *j, store_txn *t, const letter *l);
MUST_CHECK err flow_take_word(job *j, store_txn *t, const letter *l); // all that only say an event and a word
MUST_CHECK err flow_settled(job *j, store_txn *t, const letter *l, err status);

MUST_CHECK err flow_grantee(const char *word, grantee *ret); // ERR_USAGE: facility:CODE, union:ID, federation
void flow_show(control_in *in, const policy *p, const request *r, const char *kind); // a record of that kind
void flow_history_show(node *n, control_in *in, store_txn *t, const request *r);

// ---- commands: the clinic (request.c), the hospital (liaison.c) ---------------------------
void request_new(node *n, control_in *in);
void request_list(node *n, control_in *in);
void request_cancel(node *n, control_in *in);
void request_reply(node *n, control_in *in);
void inbox_list(node *n, control_in *in);
void inbox_show(node *n, control_in *in);
void inbox_accept(node *n, control_in *in);
void inbox_check(node *n, control_in *in);
void inbox_reject(node *n, control_in *in);
void inbox_ask_back(node *n, control_in *in);

#endif
