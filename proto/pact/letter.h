// SPDX-License-Identifier: Apache-2.0
// Letters: what one node tells another for good, kept by the sender until the receiver has
// it durably (node/letters). A letter is one HPKE message (auth mode: the sender node's static
// key, as the membership list names it) to the receiver's node. The hub sees the envelope
// (facilities, nodes, size) and nothing else; the seal is bound to it:
// info = "tsunagu letter v1" | SHA-256(envelope).
// Sealed: version 1 | key index 1 | enc 32 | ciphertext; the first two bytes are its aad.
// Plain: version 1 | id 16 | thread 16 | seq 4 | kind 2 | from 8 | to 8 | at 8 | body length 4 | body.
// The receiver's answer is a receipt: status 2 | HMAC 32 with a secret that only the two ends of the
// seal have, so that nobody between them can say "taken" or "refused".
// Owner: a letter borrows its strings and body. Thread: any.
// Fails: ERR_AUTH (not for us, not from there, changed), ERR_FORMAT, ERR_LIMIT.
#ifndef TSUNAGU_PACT_LETTER_H
#define TSUNAGU_PACT_LETTER_H

#include "proto/base/date.h"
#include "proto/crypto/hash.h"
#include "proto/crypto/key.h"

#define LETTER_ID_BYTES 16
#define LETTER_NODE_MAX 32          // characters of a node's name
#define LETTER_BODY_MAX (128u << 10)
#define LETTER_SEALED_MAX (LETTER_BODY_MAX + 256)
#define LETTER_RECEIPT_BYTES 34

// What it is about. The numbers travel: only append.
typedef enum letter_kind {
    LETTER_NONE = 0,
    LETTER_ENQUIRY = 1,         // a pseudonym only: may you hold records?
    LETTER_MAY_HOLD = 2,
    LETTER_REQUEST = 3,         // the registration form with the consent
    LETTER_RECEIVED = 4,        // it stands in the inbox
    LETTER_ASK_BACK = 5,
    LETTER_REPLY = 6,
    LETTER_ACCEPTED = 7,        // disclosed: the hub has the card
    LETTER_REJECTED = 8,
    LETTER_CANCELLED = 9,
    LETTER_CHANGE = 10,
    LETTER_WITHDRAWAL = 11,
    LETTER_OBJECTION = 12,
    LETTER_ENDED = 13,          // its validity is over
    LETTER_EMERGENCY_TOLD = 14,
    LETTER_JOIN = 15,
    LETTER_JOIN_ANSWER = 16,
    LETTER_LEAVE = 17,
    LETTER_TOLD = 18,           // a notice for a facility of another node
    LETTER_KIND_COUNT
} letter_kind;
const char *letter_kind_name(uint32_t kind); // "enquiry"; "?" if unknown

typedef struct letter {
    uint8_t id[LETTER_ID_BYTES];     // random, made by letters_post
    uint8_t thread[LETTER_ID_BYTES]; // what it belongs to: a request's id
    uint32_t seq;                    // 1, 2, ... per (thread, from, to): given by letters_post
    uint32_t kind;                   // letter_kind
    uint64_t from, to;               // facilities; 0: the node's union itself (its secretariat)
    const char *from_node, *to_node;
    time_ms at;
    span body;                       // packed protobuf of that kind
} letter;

MUST_CHECK err letter_pack(const letter *l, buf *out); // appends; ERR_LIMIT, ERR_USAGE
// l->from_node and to_node stay as they are; the body borrows.
MUST_CHECK err letter_unpack(span bytes, letter *l);

// Key lists: one or two keys, the newest last. ret_secret: for the receipt.
MUST_CHECK err letter_seal(const letter *l, const seal_key *own, const uint8_t to_pub[static KEY_BYTES],
                           buf *sealed, hash32 *ret_secret);
// The envelope as the hub told it; what is inside must say the same. *ret borrows from envelope and plain.
typedef struct letter_envelope {
    uint64_t from, to;
    const char *from_node, *to_node;
} letter_envelope;
MUST_CHECK err letter_open(const letter_envelope *env, seal_key *const *own, int own_count,
                           const uint8_t *const *from_pubs, int from_count, span sealed, buf *plain, letter *ret,
                           hash32 *ret_secret);

void letter_receipt(const hash32 *secret, err status, uint8_t ret[static LETTER_RECEIPT_BYTES]);
// ERR_AUTH: nobody who could open the letter said so.
MUST_CHECK err letter_receipt_open(const hash32 *secret, span receipt, err *ret_status);

#endif
