// SPDX-License-Identifier: Apache-2.0
// SHA-256, HMAC, HKDF, randomness, comparison and wiping (OpenSSL 3).
// Owner: nothing allocated. Thread: any. Fails: crypto_random (ERR_IO) and
// hkdf_expand beyond 255 blocks (ERR_LIMIT).
#ifndef TSUNAGU_CRYPTO_HASH_H
#define TSUNAGU_CRYPTO_HASH_H

#include "proto/base/span.h"

#define HASH_BYTES 32
typedef struct hash32 { uint8_t at[HASH_BYTES]; } hash32;

void sha256(span a, hash32 *ret);
void sha256_parts(const span *parts, size_t count, hash32 *ret); // concatenated, no copying
// The same over bytes that come one after the other, in memory of the caller's.
typedef struct sha256_run { uint64_t inside[16]; } sha256_run;
void sha256_begin(sha256_run *r);
void sha256_add(sha256_run *r, span a);
void sha256_end(sha256_run *r, hash32 *ret); // wipes r
void hmac_sha256(span key, const span *parts, size_t count, hash32 *ret);
void hkdf_extract(span salt, span ikm, hash32 *ret);                       // RFC 5869
MUST_CHECK err hkdf_expand(const hash32 *prk, span info, uint8_t *out, size_t len);
// The same with an info in parts (concatenated, no copying).
MUST_CHECK err hkdf_expand_parts(const hash32 *prk, const span *info, size_t count, uint8_t *out, size_t len);
MUST_CHECK err crypto_random(void *out, size_t len);
bool crypto_same(const void *a, const void *b, size_t len); // constant time
void crypto_wipe(void *at, size_t len);                     // not optimised away

#endif
