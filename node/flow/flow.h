// SPDX-License-Identifier: Apache-2.0
// Registration requests at work: steps and deadlines (flow.c), letters that come in (letters.c), and the consents
// that follow (agreed.c). A step, its letter, and what it means for a consent are one transaction.
// Owner: a control_in given to a command is finished by it. Thread: W: the writer's, inside a job; commands: any.
// Fails: as each says, with a note in the job.
#ifndef TSUNAGU_NODE_FLOW_FLOW_H
#define TSUNAGU_NODE_FLOW_FLOW_H

#include "node/disclosing/disclosure.h"
#include "node/flow/scope.h"
#include "node/office/thread.h"

// W. Moves a record by an event of this side, and posts the letter that tells the other one (LETTER_NONE: none).
// body: SayBody, AcceptedBody, ... ; ERR_CONFLICT: not in this state (said in the note), nothing was written.
MUST_CHECK err flow_step(job *j, store_txn *t, request *r, request_event e, const char *who, const char *text,
                         letter_kind kind, const ProtobufCMessage *body);
// The record of one side that this id means, and no other; own: of that facility alone, or 0. ERR_NOT_FOUND;
// ERR_CONFLICT: several, said in the note.
MUST_CHECK err flow_find(job *j, store_txn *t, const char *id, request_side side, uint64_t own, request **ret);

// W. (agreed.c) Records the consent of a request on its chart and discloses: card, consent, step, in one. also: as `confirm`.
MUST_CHECK err flow_accept(job *j, store_txn *t, request *r, const char *by, bool also);
// W. The consent that this request opened ends: for its facility alone, if others stand beside it.
MUST_CHECK err flow_close(job *j, store_txn *t, const request *r, const char *by);
// The scope without those that only this request named; but: except who is named here, too (or NULL).
MUST_CHECK err flow_without(job *j, store_txn *t, const request *r, const consent_scope *s,
                            const Tsunagu__ConsentTerms *but, consent_scope *ret);
// The chart's consent as a change shall have it: others who stand on it keep what they were named for.
MUST_CHECK err flow_wanted(job *j, store_txn *t, const request *r, const consent_scope *now, consent_scope *ret);
// W. The chart's consent with a narrower scope. It stays as old as it is.
MUST_CHECK err flow_narrow(job *j, store_txn *t, const consent *c, const consent_scope *s, const char *by);

// W. (ending.c) All requests of a chart that may end by this event do, and their clinics are told. Not the consent.
// quiet: the consent ends, too, and its one notice is all that the disclosing facility is told.
MUST_CHECK err flow_chart_end(job *j, store_txn *t, const char *chart, request_event e, request_side by,
                              const char *who, bool quiet);
// W. The consent on this chart has another scope now: the clinics hear so once the hub has it. except: or NULL.
MUST_CHECK err flow_chart_changed(job *j, store_txn *t, const char *chart, const uint8_t *except, const char *who);
// W. The hub told that the patient withdrew at a facility: what that facility asked for ends here. ret: which of
// ours it was asked of, and was told.
enum { FLOW_ENDED = 32 };
typedef struct flow_ended { uint64_t own[FLOW_ENDED]; size_t count; } flow_ended;
bool flow_has_ended(const flow_ended *k, uint64_t facility);
MUST_CHECK err flow_stopped(job *j, store_txn *t, const pseudonym *who, uint64_t facility, time_ms at,
                            flow_ended *ret);
// W. At the clinic, once the hub has the withdrawal: its requests for this patient end.
MUST_CHECK err flow_own_withdrawn(job *j, store_txn *t, uint64_t facility, const pseudonym *who, const char *staff);

// W. (withdrawn.c) The hub tells a withdrawal: recorded before it is answered, obeyed from then on, whatever the hub
// says later. Telling it again changes nothing.
MUST_CHECK err stop_record(job *j, store_txn *t, uint64_t seq, const pseudonym *who, uint64_t facility, time_ms at);
void stop_begin(job *j);                    // the hub's call (desk.h)

// W. (change.c) A change on its way in: may it be asked at all, and what of it holds at once.
MUST_CHECK err change_check(job *j, const request *r, const Tsunagu__RequestBody *proposed);
MUST_CHECK err change_arrived(job *j, store_txn *t, request *r);

// W. (daily.c) Once a day: consents that end by themselves, notices beforehand, papers whose time is over. A slice of
// it: at most so many rows are looked at, and so much is done about them. ret_more: another one is due at once.
typedef struct daily_slice { size_t looks, acts; } daily_slice; // both at least 1
extern const daily_slice daily_usual; // holds the writer for a few milliseconds
MUST_CHECK err daily_step(job *j, store_txn *t, const daily_slice *most, bool *ret_more);
void daily_tick(node *n, time_ms now);

// W. Accepted ones whose card the hub has: completion goes back. refused: cards it did not take, in order.
MUST_CHECK err flow_published(job *j, store_txn *t, const uint64_t *refused, char *const *whys, size_t refused_count);
// W. Deadlines and reminders that are due by now, and what a kill left undone. ret_more: there are more.
MUST_CHECK err flow_round(job *j, store_txn *t, bool *ret_more);
void flow_tick(node *n, time_ms now); // that, now and then

// One letter kind each (post_rows.c). W.
MUST_CHECK err flow_take_enquiry(job *j, store_txn *t, const letter *l);
MUST_CHECK err flow_take_may_hold(job *j, store_txn *t, const letter *l);
MUST_CHECK err flow_take_request(job *j, store_txn *t, const letter *l);
MUST_CHECK err flow_take_word(job *j, store_txn *t, const letter *l); // all that only say an event and a word
MUST_CHECK err flow_settled(job *j, store_txn *t, const letter *l, err status);

// The measures of a form, at both ends: nobody's may fill what the other side's people read.
bool flow_form_fits(const Tsunagu__RequestBody *b);
enum { FLOW_WORDS = 32 };
// A comma list as words in the job's memory; out holds FLOW_WORDS.
MUST_CHECK err flow_words(job *j, const char *list, char **out, size_t *ret_count);

#endif
