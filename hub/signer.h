// SPDX-License-Identifier: Apache-2.0
// Signs a batch's tickets while the disk takes the batch: a signature costs about half a sync. What else can
// be made ready meanwhile (the answers, which carry the signatures) is made ready behind it.
// Owner: signer_start/_stop. Thread: one writer calls begin, wait and drop; a thread of its own
// works between begin and the other two, and until then the tickets, and what `then` touches, are its alone.
#ifndef TSUNAGU_HUB_SIGNER_H
#define TSUNAGU_HUB_SIGNER_H

#include "proto/pact/ticket.h"

typedef struct signer signer;

MUST_CHECK err signer_start(const sign_key *key, signer **ret); // the key outlives it
void signer_stop(signer *s);
// Empty ones are passed over. `then` is called once all are signed, on the thread that signed; NULL: nothing.
void signer_begin(signer *s, ticket_batch *list, int count, void (*then)(void *ctx), void *ctx);
// OK: all are signed and `then` is through (also when nothing was begun).
MUST_CHECK err signer_wait(signer *s);
void signer_drop(signer *s); // the same for a batch that failed: the tickets are the caller's again

#endif
