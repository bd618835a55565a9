// SPDX-License-Identifier: Apache-2.0
// The unions' membership lists at the hub: stored, judged and laid over the version in force at once.
// The hub stores and hands out; it can make none.
// Owner: the hub's book. Thread: any; lists_open and lists_effective under book.lock. Fails: a refused
// list changes nothing, and is an entry of the access log.
#ifndef TSUNAGU_HUB_MEMBERS_H
#define TSUNAGU_HUB_MEMBERS_H

#include "hub/hub.h"
#include "proto/control/control.h"
#include "proto/wire/wire.h"

MUST_CHECK err lists_open(hub *h);
// After lists came back from the store at the start: they are in force.
void lists_relaid(hub *h);
// A version with the lists laid over it, and says in the log what of them has no effect there.
MUST_CHECK err lists_effective(hub *h, rules *version, rules **ret);
// The bytes of a list to hand out. ERR_NOT_FOUND.
MUST_CHECK err lists_get(hub *h, const char *union_id, uint64_t serial, buf *out);

// The newest list of each union, as messages name them.
typedef struct list_heads {
    book_list_head of[BUNDLE_UNIONS];
    Tsunagu__ListHead said[BUNDLE_UNIONS], *at[BUNDLE_UNIONS];
    size_t count;
} list_heads;
// NULL: no memory, and nothing is said of lists. The caller frees it after packing.
list_heads *list_heads_new(hub *h);

// The control commands.
void members_publish(hub *h, control_in *in);
void members_list(hub *h, control_in *in);

#endif
