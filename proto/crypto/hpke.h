// SPDX-License-Identifier: Apache-2.0
// HPKE (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 with
// ChaCha20Poly1305 (the project's choice) or AES-128-GCM (for the vectors).
// Modes base (0), psk (1), auth (2), auth_psk (3).
// Owner: hpke is the caller's memory, wiped by hpke_done. Thread: one at a time.
// Sequence numbers advance by themselves; both ends must seal and open in order.
// The sender's end only seals and the receiver's only opens (ERR_USAGE): the
// other way round would use a nonce twice. Answers need a context of their own.
// Fails: ERR_AUTH (not sealed for us, changed, out of order, a bad public key),
// ERR_LIMIT (sequence used up, export too long), ERR_USAGE (a psk without its
// id, or shorter than 32 bytes).
#ifndef TSUNAGU_CRYPTO_HPKE_H
#define TSUNAGU_CRYPTO_HPKE_H

#include "proto/crypto/key.h"

#define HPKE_ENC_BYTES 32
#define HPKE_TAG_BYTES 16
typedef enum hpke_aead { HPKE_AES128GCM = 1, HPKE_CHACHA20POLY1305 = 3 } hpke_aead;

typedef struct hpke {
    uint8_t key[32], base_nonce[12], exporter[32];
    uint64_t seq;
    hpke_aead aead;
    bool seals;   // set at the sender's end
    void *cipher; // EVP_CIPHER_CTX, kept between messages
} hpke;

typedef struct hpke_setup {
    hpke_aead aead;
    span info;
    span psk, psk_id;          // both empty: no psk
    const seal_key *sender;    // sealing, auth modes: our static key; NULL: none
    const uint8_t *sender_pub; // opening, auth modes: who must have sealed; NULL: none
    const uint8_t *ephemeral;  // test vectors only: ikmE (32 bytes) for DeriveKeyPair; NULL: random
} hpke_setup;

MUST_CHECK err hpke_sender(const hpke_setup *s, const uint8_t to_pub[static KEY_BYTES],
                           uint8_t enc[static HPKE_ENC_BYTES], hpke *ret);
MUST_CHECK err hpke_receiver(const hpke_setup *s, const seal_key *to, const uint8_t enc[static HPKE_ENC_BYTES],
                             hpke *ret);
// out must have room for plain.len + HPKE_TAG_BYTES; in place is allowed.
// After ERR_AUTH out is zeroed (plain.len bytes) and the sequence stands still.
MUST_CHECK err hpke_seal(hpke *h, span aad, span plain, uint8_t *out, size_t *ret_len);
MUST_CHECK err hpke_open(hpke *h, span aad, span sealed, uint8_t *out, size_t *ret_len); // ERR_AUTH
MUST_CHECK err hpke_export(const hpke *h, span context, uint8_t *out, size_t len);
void hpke_done(hpke *h);
// DeriveKeyPair (RFC 9180 §7.1.3): for the vectors.
MUST_CHECK err hpke_derive(span ikm, seal_key **ret);

#endif
