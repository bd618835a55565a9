// SPDX-License-Identifier: Apache-2.0
// The low-level SHA-256 calls are used on purpose: they live on the stack and
// cannot fail, as hash.h promises. The EVP ones allocate and look up a provider.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "proto/crypto/hash.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

#define BLOCK_BYTES 64

typedef struct hmac {
    SHA256_CTX inner;
    uint8_t key[BLOCK_BYTES];
} hmac;

void sha256(span a, hash32 *ret) {
    sha256_parts(&a, 1, ret);
}

void sha256_parts(const span *parts, size_t count, hash32 *ret) {
    SHA256_CTX c;
    SHA256_Init(&c);
    for (size_t i = 0; i < count; i++)
        SHA256_Update(&c, parts[i].at, parts[i].len);
    SHA256_Final(ret->at, &c); // wipes c
}

_Static_assert(sizeof(SHA256_CTX) <= sizeof(sha256_run), "hash.h gives it too little room");

void sha256_begin(sha256_run *r) {
    SHA256_Init((SHA256_CTX *)(void *)r->inside);
}

void sha256_add(sha256_run *r, span a) {
    SHA256_Update((SHA256_CTX *)(void *)r->inside, a.at, a.len);
}

void sha256_end(sha256_run *r, hash32 *ret) {
    SHA256_Final(ret->at, (SHA256_CTX *)(void *)r->inside);
}

static void hmac_begin(hmac *h, span key) {
    uint8_t pad[BLOCK_BYTES];
    memset(h->key, 0, sizeof h->key);
    if (key.len > BLOCK_BYTES) {
        hash32 short_key;
        sha256(key, &short_key);
        memcpy(h->key, short_key.at, HASH_BYTES);
        crypto_wipe(&short_key, sizeof short_key);
    } else if (key.len > 0) {
        memcpy(h->key, key.at, key.len);
    }
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        pad[i] = h->key[i] ^ 0x36;
    SHA256_Init(&h->inner);
    SHA256_Update(&h->inner, pad, sizeof pad);
    crypto_wipe(pad, sizeof pad);
}

static void hmac_add(hmac *h, const span *parts, size_t count) {
    for (size_t i = 0; i < count; i++)
        SHA256_Update(&h->inner, parts[i].at, parts[i].len);
}

static void hmac_end(hmac *h, hash32 *ret) {
    SHA256_CTX outer;
    hash32 inner;
    SHA256_Final(inner.at, &h->inner);
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        h->key[i] ^= 0x5c;
    SHA256_Init(&outer);
    SHA256_Update(&outer, h->key, BLOCK_BYTES);
    SHA256_Update(&outer, inner.at, HASH_BYTES);
    SHA256_Final(ret->at, &outer);
    crypto_wipe(&inner, sizeof inner);
    crypto_wipe(h, sizeof *h);
}

void hmac_sha256(span key, const span *parts, size_t count, hash32 *ret) {
    hmac h;
    hmac_begin(&h, key);
    hmac_add(&h, parts, count);
    hmac_end(&h, ret);
}

void hkdf_extract(span salt, span ikm, hash32 *ret) {
    hmac_sha256(salt, &ikm, 1, ret); // an empty salt pads to the RFC's zeros
}

err hkdf_expand(const hash32 *prk, span info, uint8_t *out, size_t len) {
    return hkdf_expand_parts(prk, &info, 1, out, len);
}

err hkdf_expand_parts(const hash32 *prk, const span *info, size_t count, uint8_t *out, size_t len) {
    if (len > 255u * HASH_BYTES)
        return ERR_LIMIT;
    hash32 t;
    span before = {t.at, 0}; // T(0) is empty
    uint8_t n = 1;
    for (size_t done = 0; done < len; n++) {
        hmac h;
        span counter = {&n, 1};
        hmac_begin(&h, span_of(prk->at, HASH_BYTES));
        hmac_add(&h, &before, 1);
        hmac_add(&h, info, count);
        hmac_add(&h, &counter, 1);
        hmac_end(&h, &t);
        size_t part = len - done < HASH_BYTES ? len - done : HASH_BYTES;
        memcpy(out + done, t.at, part);
        done += part;
        before.len = HASH_BYTES;
    }
    crypto_wipe(&t, sizeof t);
    return OK;
}

err crypto_random(void *out, size_t len) {
    uint8_t *at = out;
    while (len > 0) {
        int part = len > INT_MAX ? INT_MAX : (int)len;
        if (RAND_bytes(at, part) != 1)
            return ERR_IO;
        at += part;
        len -= (size_t)part;
    }
    return OK;
}

bool crypto_same(const void *a, const void *b, size_t len) {
    return len == 0 || CRYPTO_memcmp(a, b, len) == 0;
}

void crypto_wipe(void *at, size_t len) {
    if (len > 0)
        OPENSSL_cleanse(at, len);
}
