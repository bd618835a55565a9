// SPDX-License-Identifier: Apache-2.0
// The newest list of each union in the daemon's own store, beside the files of its folder: whoever takes
// the newest file away must not bring a facility back that has left. What is kept belongs to the pinned
// first version it came from: an operator who pins another chain begins anew.
// Key "members:UNION"; value: 32 bytes hash of the first version, u32 serial, the list's bytes.
// Owner: none. Thread: the transaction's, and whoever may use the shelf. Fails: ERR_CORRUPT, ERR_MEM, the store's.
#ifndef TSUNAGU_RATIFY_MEMBERS_KEPT_H
#define TSUNAGU_RATIFY_MEMBERS_KEPT_H

#include "policies/ratify/members_shelf.h"
#include "proto/store/store.h"

// Every list of the shelf that is newer than what is kept. What is kept of the same chain is never lowered.
MUST_CHECK err members_keep(store_txn *t, int table, const hash32 *first, const members_shelf *s);
// Puts onto the shelf what is kept and newer than what stands there; tells of each.
typedef void (*members_recalled)(void *ctx, const members *m, span bytes);
MUST_CHECK err members_recall(store_txn *t, int table, const hash32 *first, members_shelf *s,
                              members_recalled tell, void *ctx);

#endif
