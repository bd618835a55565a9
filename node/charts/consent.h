// SPDX-License-Identifier: Apache-2.0
// Consents as this hospital records them: one a chart, with its scope as the card
// carries it, and what stays here: who recorded it, and which proxy gave it.
// Owner: plain values. Thread: within a transaction. Fails: ERR_NOT_FOUND, ERR_CORRUPT.
#ifndef TSUNAGU_NODE_CHARTS_CONSENT_H
#define TSUNAGU_NODE_CHARTS_CONSENT_H

#include "node/duty/node.h"
#include "proto/pact/card.h"

#define CONSENT_TEXT 64

typedef struct consent {
    char chart[SSMIX_CHART_MAX + 1];
    card card; // without presences: who, facility, registered_on, scope
    char by[CONSENT_TEXT], proxy[CONSENT_TEXT];
} consent;

MUST_CHECK err consent_get(store_txn *t, span chart, consent *ret);
// Also keeps the way from pseudonym to chart.
MUST_CHECK err consent_put(store_txn *t, const consent *c);
// Of all charts under this pseudonym the one with this consent id. ERR_NOT_FOUND.
MUST_CHECK err consent_find(store_txn *t, const pseudonym *who, const uint8_t id[static 16], consent *ret);
typedef err (*consent_visit)(void *ctx, const consent *c);
MUST_CHECK err consent_holders(store_txn *t, const pseudonym *who, consent_visit visit, void *ctx);
// All of them, from a chart on (after it, if `after`).
MUST_CHECK err consent_walk(store_txn *t, span after, consent_visit visit, void *ctx);

// Its papers' time is over: nothing of it stays but the highest revision of all, which the hub goes on holding.
#define CONSENT_FLOOR "revision_floor"
MUST_CHECK err consent_forget(store_txn *t, const consent *c);

// What was last handed to the outbox for a chart.
typedef struct sent { hash32 card; uint64_t seq; } sent;
MUST_CHECK err sent_get(store_txn *t, span chart, sent *ret); // ERR_NOT_FOUND
MUST_CHECK err sent_put(store_txn *t, span chart, const sent *s);

#endif
