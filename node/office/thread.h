// SPDX-License-Identifier: Apache-2.0
// The thread of a request: the records as this node keeps them, with deadlines by its rules and whom a step is told,
// and the letters that go to the other side.
// Owner: nothing. Thread: W: the writer's, inside a job. Fails: a store's errors.
#ifndef TSUNAGU_NODE_OFFICE_THREAD_H
#define TSUNAGU_NODE_OFFICE_THREAD_H

#include "node/line/post.h"
#include "node/requests/requests.h"
#include "policies/engine/flow.h"

requests flow_of(job *j);    // for a job that writes: deadlines and notices as its rules say
requests flow_quiet(job *j); // the same where something else tells the facility of it: logged, no notice
requests flow_reading(void); // for looking
// W. Tells whom the rules name of what happened to this record.
MUST_CHECK err flow_tell(job *j, store_txn *t, const request *r, flow_event e);
// W. A hospital answered that it may hold records, and the form waits for a person: logged, and told when all answered.
MUST_CHECK err flow_may_hold(job *j, store_txn *t, const request *r);
// W. A letter to the other side. ERR_NOT_FOUND: no node speaks for it.
MUST_CHECK err flow_post(job *j, store_txn *t, const request *r, letter_kind kind, const ProtobufCMessage *body);
// What its letters are numbered under.
void flow_thread(const job *j, const request *r, uint8_t ret[static LETTER_ID_BYTES]);
// The other way, for the side that was asked: under which id it keeps what came so. Both records of a request
// between facilities of one node lie in one store, so that neither takes the other's place.
void flow_record(const job *j, const uint8_t thread[static LETTER_ID_BYTES], const char *other_node,
                 uint8_t ret[static REQUEST_ID_BYTES]);
// The record of our facility that a thread with that node is about. ERR_NOT_FOUND.
MUST_CHECK err flow_thread_find(job *j, store_txn *t, const uint8_t thread[static LETTER_ID_BYTES],
                                const char *other_node, uint64_t own, request **ret);
// A facility of several unions has several nodes: the one that the request came from has the record.
bool flow_node_speaks(const job *j, const char *name, uint64_t facility);

#endif
