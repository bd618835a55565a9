// SPDX-License-Identifier: Apache-2.0
// A ticket: the hub's signed word that this asker may read this patient's
// granted categories at that facility, for ten minutes. Bound to asking node,
// facility, user, role, patient, disclosing facility, categories, windows, purpose,
// rule version, consent revision, reason in an emergency, log entry and expiry. One Ed25519 signature serves a
// batch: it signs the root of a SHA-256 tree over the batch's ticket bodies
// (RFC 6962 hashing: 0x00 leaf, 0x01 node), and each ticket carries its path.
// Owner: plain values and the caller's bufs. Thread: any.
// Fails: ticket_open: ERR_FORMAT, ERR_LIMIT, ERR_AUTH (signature or path), ERR_EXPIRED.
#ifndef TSUNAGU_PACT_TICKET_H
#define TSUNAGU_PACT_TICKET_H

#include "proto/crypto/hash.h"
#include "proto/crypto/key.h"
#include "proto/pact/card.h"

#define TICKET_ID_BYTES 16
#define TICKET_NODE_MAX 32 // characters
#define TICKET_BATCH 1024  // tickets under one signature
#define TICKET_SKEW_MS 120000 // clocks of hub and node may differ by this much: issued in the future
#define TICKET_LIFE_MAX_MS 600000 // a longer one is no ticket

typedef struct ticket {
    uint8_t id[TICKET_ID_BYTES];
    time_ms issued, expires;
    char node[TICKET_NODE_MAX + 1]; // asking node
    uint64_t facility;              // asking facility
    uint8_t user[USER_ID_BYTES];
    uint8_t role, purpose;          // numbers in the rules named below
    pseudonym who;
    uint64_t source;                // disclosing facility
    uint16_t categories;
    day from[CARD_CATEGORIES];      // first day visible (DAY_NONE: all); only granted categories are written,
                                    // of others one reads DAY_FOREVER
    day registered_on;
    uint8_t consent_id[16];
    uint64_t consent_revision;
    hash32 rules;                   // hash of the rules it was decided under
    uint64_t log_seq;               // its entry in the hub's access log
    uint8_t reason;                 // 0: no emergency; else the number of its reason in the rules named, from 1
} ticket;
// Issued in an emergency, for a patient of whose consent the hub knows nothing: it names none.
bool ticket_unasked(const ticket *t);

MUST_CHECK err ticket_pack(const ticket *t, buf *body); // ERR_FORMAT on values out of range; body < 300 bytes

// A batch: add bodies, sign once, take each ticket with its path.
typedef struct ticket_batch {
    hash32 *levels; // leaves first, then each level above; made by sign
    uint32_t count, cap;
    bool is_signed; // nothing can be added until it is cleared
    uint8_t signature[SIGNATURE_BYTES];
    hash32 root;
} ticket_batch;
void ticket_batch_init(ticket_batch *b);
void ticket_batch_done(ticket_batch *b);
void ticket_batch_clear(ticket_batch *b);
MUST_CHECK err ticket_batch_add(ticket_batch *b, span body, uint32_t *ret_index);
MUST_CHECK err ticket_batch_sign(ticket_batch *b, const sign_key *k);
MUST_CHECK err ticket_batch_take(const ticket_batch *b, uint32_t index, span body,
                                 buf *out); // body + path + signature

// keys: the hub's signing keys as the membership list names them (one or two).
MUST_CHECK err ticket_open(span bytes, verify_key *const *keys, int key_count, time_ms now, ticket *ret);
// Without signature and time: to show what a ticket says.
MUST_CHECK err ticket_peek(span bytes, ticket *ret);

#endif
