// SPDX-License-Identifier: Apache-2.0
// What hpke.c needs of a sealing key beyond key.h. For this room only.
#ifndef TSUNAGU_CRYPTO_KEY_IN_H
#define TSUNAGU_CRYPTO_KEY_IN_H

#include "proto/crypto/key.h"

// X25519. ERR_AUTH when the result is all zero, i.e. pub is a point of small order.
MUST_CHECK err seal_key_shared(const seal_key *k, const uint8_t pub[static KEY_BYTES],
                               uint8_t out[static KEY_BYTES]);

#endif
