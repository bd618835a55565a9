// SPDX-License-Identifier: Apache-2.0
// Signs a batch's tickets while the disk takes the batch: a signature costs about half a sync.
// Owner: signer_start/_stop. Thread: one writer calls begin, wait and drop; a thread of its own
// works between begin and the other two, and until then the tickets are its alone.
#ifndef TSUNAGU_HUB_SIGNER_H
#define TSUNAGU_HUB_SIGNER_H

#include "proto/pact/ticket.h"

typedef struct signer signer;

MUST_CHECK err signer_start(const sign_key *key, signer **ret); // the key outlives it
void signer_stop(signer *s);
void signer_begin(signer *s, ticket_batch *list, int count); // empty ones are passed over
// OK: all are signed (also when nothing was begun).
MUST_CHECK err signer_wait(signer *s);
void signer_drop(signer *s); // the same for a batch that failed: the tickets are the caller's again

#endif
