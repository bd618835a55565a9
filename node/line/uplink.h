// SPDX-License-Identifier: Apache-2.0
// The one connection, to the hub: dialled, never listened for. It says hello, hands
// over the outbox, receives what the hub asks, and carries the viewing side's calls.
// Owner: uplink_open/_close. Thread: any, but what the header of a function says.
// Fails: not being connected is a state, shown by uplink_show.
#ifndef TSUNAGU_NODE_LINE_UPLINK_H
#define TSUNAGU_NODE_LINE_UPLINK_H

#include "node/duty/job.h"
#include "proto/pact/chain.h"

// What the rooms above hear of the line. j, t: on the writer's thread, in that job's transaction, so that what the
// hub said and what follows from it are durable together.
typedef struct uplink_hears {
    void (*request)(void *n, link_conn *c, link_in *call);      // the hub asks; the line's thread (desk.h)
    uint32_t (*rules_held)(node *n);                            // for hello: the newest version here. Any thread
    void (*said)(node *n, const Tsunagu__HelloReply *r);        // its hello came; the line's thread
    // That hello is durable: calls may go out. newest: the version of the rules that the hub holds, 0: it did not
    // say. The writer's thread, behind the commit
    void (*greeted)(node *n, uint32_t newest, const hash32 *hash);
    // The hub has what the outbox no longer holds, but refused these cards (in order). W
    err (*published)(job *j, store_txn *t, const uint64_t *refused, char *const *whys, size_t refused_count);
    err (*resync_begin)(job *j, store_txn *t, uint64_t hub);    // every card again, numbered on from `hub`. W
    void (*resync_go)(node *n);                                 // goes on with it, if one was begun. Any thread
} uplink_hears;

MUST_CHECK err uplink_open(node *n, const uplink_hears *hears, uplink **ret); // returns at once; it connects by itself
void uplink_drain(uplink *u);                      // no new calls, open ones may end
void uplink_close(uplink *u); // no callback runs any more
void uplink_free(uplink *u);  // after the writer stopped: jobs refer to it
// Certificates and revocation list anew, by a new connection. ERR_*: the old ones stay, `why` (256 bytes) says why.
MUST_CHECK err uplink_renew(uplink *u, char *why);

// Other rules are in force: a hub whose key they do not name is cut off, and dialled anew.
void uplink_recheck(node *n);

// Sends what waits in the outbox, if anything can be sent. Cheap; any thread.
void uplink_pump(node *n);
void uplink_tick(node *n, time_ms now); // about five times a second

// The connection, counted (link_conn_drop), or NULL when the hub has not said hello.
link_conn *uplink_conn(uplink *u);
// A call to the hub. ERR_UNREACHABLE when there is no connection; then `done` is not called.
// ret_conn (may be NULL) is counted: for link_credit and link_cancel.
MUST_CHECK err uplink_call(uplink *u, uint32_t method, const ProtobufCMessage *m, uint32_t deadline_ms, uint32_t window,
                           const link_out_events *ev, link_conn **ret_conn, uint64_t *ret_id);
// A head of the hub's log that came with a reply: kept as a witness, not oftener than every few seconds.
void uplink_witness(node *n, const Tsunagu__LogHead *head);

void uplink_show(node *n, control_in *in); // adds to the `status` record: state, hub, detail
// publish.wait: finishes `in` when everything up to seq (0: all that is there now) is at the hub.
void uplink_wait(node *n, control_in *in, uint64_t seq, time_ms until);
// `resync`: every card again.
void uplink_resync(node *n, control_in *in);
err witness_get(store_txn *t, chain_head *ret, time_ms *ret_at); // ERR_NOT_FOUND

#endif
