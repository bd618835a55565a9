// SPDX-License-Identifier: Apache-2.0
// Ed25519 (RFC 8032) and X25519 (RFC 7748) keys, and secret files.
// Owner: sign_key and seal_key are opaque heap objects, wiped by _free.
// Thread: a key may be used from several threads at once.
// Fails: ERR_MEM; ERR_AUTH for a signature that does not fit and for a public
// key of small order; for files as said below.
#ifndef TSUNAGU_CRYPTO_KEY_H
#define TSUNAGU_CRYPTO_KEY_H

#include "proto/base/span.h"

#define KEY_BYTES 32
#define SIGNATURE_BYTES 64
typedef struct sign_key sign_key;     // Ed25519 private
typedef struct verify_key verify_key; // Ed25519 public, prepared for many verifications
typedef struct seal_key seal_key;     // X25519 private

MUST_CHECK err sign_key_new(sign_key **ret);
MUST_CHECK err sign_key_of(const uint8_t seed[static KEY_BYTES], sign_key **ret);
void sign_key_free(sign_key *k);
void sign_key_public(const sign_key *k, uint8_t out[static KEY_BYTES]);
MUST_CHECK err sign(const sign_key *k, span message, uint8_t out[static SIGNATURE_BYTES]);
MUST_CHECK err verify_key_of(const uint8_t pub[static KEY_BYTES], verify_key **ret);
void verify_key_free(verify_key *k);
MUST_CHECK err verify(const verify_key *k, span message, const uint8_t sig[static SIGNATURE_BYTES]); // ERR_AUTH

MUST_CHECK err seal_key_new(seal_key **ret);
MUST_CHECK err seal_key_of(const uint8_t priv[static KEY_BYTES], seal_key **ret);
void seal_key_free(seal_key *k);
void seal_key_public(const seal_key *k, uint8_t out[static KEY_BYTES]);

// Key files: PEM (PKCS#8). Saving creates with mode 0600 and never overwrites
// (ERR_EXISTS). Loading refuses a file that group or others may read or change
// (ERR_DENIED), one that is not there (ERR_NOT_FOUND), and one that is not such a
// key, or a locked one (ERR_FORMAT).
MUST_CHECK err sign_key_save(const sign_key *k, const char *path);
MUST_CHECK err sign_key_load(const char *path, sign_key **ret);
// The same under a passphrase (PKCS#8 PBES2: scrypt, AES-256), for keys that lie on a person's
// own machine. ERR_AUTH for another passphrase, ERR_FORMAT for a key that is not locked.
#define PASSPHRASE_LEAST 8 // bytes; saving with fewer is ERR_USAGE
#define PASSPHRASE_MOST 1024
MUST_CHECK err sign_key_save_locked(const sign_key *k, span passphrase, const char *path);
MUST_CHECK err sign_key_load_locked(const char *path, span passphrase, sign_key **ret);
MUST_CHECK err seal_key_save(const seal_key *k, const char *path);
MUST_CHECK err seal_key_load(const char *path, seal_key **ret);
// 32 secret bytes as 64 hex digits in a file of mode 0600 (the federation key, a node's secret).
MUST_CHECK err secret_new(const char *path, uint8_t out[static KEY_BYTES]);
MUST_CHECK err secret_load(const char *path, uint8_t out[static KEY_BYTES]);

#endif
