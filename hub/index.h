// SPDX-License-Identifier: Apache-2.0
// The index: cards by pseudonym and facility, stops by pseudonym and viewing
// facility, publication sequences by node. Within a transaction of the writer.
#ifndef TSUNAGU_HUB_INDEX_H
#define TSUNAGU_HUB_INDEX_H

#include "hub/hub.h"

// Walks a patient's cards. visit: OK goes on. The card is valid during the call.
typedef err (*index_visit)(void *ctx, const card *c);
MUST_CHECK err index_cards(store_txn *t, const pseudonym *who, index_visit visit, void *ctx);
MUST_CHECK err index_card(store_txn *t, const pseudonym *who, uint64_t facility, card *ret);

typedef struct stop_record { uint64_t seq; time_ms at; } stop_record;
// The patient withdrew from this viewing facility at that time: cards agreed to before are not shown
// to it. ERR_NOT_FOUND.
MUST_CHECK err index_stop(store_txn *t, const pseudonym *who, uint64_t viewer, stop_record *ret);
MUST_CHECK err index_stop_put(hub *h, store_txn *t, const pseudonym *who, uint64_t viewer, time_ms at,
                              uint64_t *ret_seq);
bool stop_covers(const stop_record *stop, const card *c);
MUST_CHECK err index_stop_last(store_txn *t, uint64_t *ret_seq);

// The next stop after `after` of a patient for whom `node` holds a card; ERR_NOT_FOUND if there is none.
typedef struct stop_notice { uint64_t seq; pseudonym who; uint64_t viewer; time_ms at; } stop_notice;
// Looks at INDEX_STOPS at most: *ret_seen is the last it looked at; ERR_BUSY: there are more behind.
enum { INDEX_STOPS = 256 };
MUST_CHECK err index_stop_next(store_txn *t, const policy *p, int node, uint64_t after, stop_notice *ret,
                               uint64_t *ret_seen);
// When a patient's cards were agreed to, at the latest; 0 without a card.
MUST_CHECK err index_agreed_last(store_txn *t, const pseudonym *who, time_ms *ret);

MUST_CHECK err index_sequence(store_txn *t, const char *node, uint64_t *ret); // 0 if never
MUST_CHECK err index_sequence_put(store_txn *t, const char *node, uint64_t seq);

// Cards that were not taken are remembered until the node goes on behind them: a lost reply is told again.
MUST_CHECK err index_refused_put(store_txn *t, const char *node, uint64_t seq, const char *why);
typedef err (*refused_visit)(void *ctx, uint64_t seq, span why);
MUST_CHECK err index_refused(store_txn *t, const char *node, uint64_t from, refused_visit visit, void *ctx);
MUST_CHECK err index_refused_forget(store_txn *t, const char *node, uint64_t before);

#endif
