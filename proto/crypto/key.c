// SPDX-License-Identifier: Apache-2.0
#include "proto/crypto/key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include "proto/crypto/hash.h"
#include "proto/crypto/key_in.h"
#include "proto/crypto/keyfile.h"
#include "proto/crypto/pem_in.h"

// The private bytes stay inside the EVP_PKEY, which wipes them when freed.
// `ready` is never used itself, only copied: a copy costs 0.3 us, a start 4 us,
// and copying leaves a key usable from several threads.
struct sign_key {
    EVP_PKEY *pkey;
    EVP_MD_CTX *ready;
    uint8_t pub[KEY_BYTES];
};
struct verify_key {
    EVP_PKEY *pkey;
    EVP_MD_CTX *ready;
};
struct seal_key {
    EVP_PKEY *pkey;
    uint8_t pub[KEY_BYTES];
};

static err random_secret(uint8_t out[static KEY_BYTES]) {
    return RAND_priv_bytes(out, KEY_BYTES) == 1 ? OK : ERR_IO;
}

static err pkey_of(int type, const uint8_t priv[static KEY_BYTES], EVP_PKEY **ret) {
    EVP_PKEY *p = EVP_PKEY_new_raw_private_key(type, NULL, priv, KEY_BYTES);
    ERR_clear_error();
    if (!p)
        return ERR_MEM; // any 32 bytes are a key
    *ret = p;
    return OK;
}

static err pkey_new(int type, EVP_PKEY **ret) {
    uint8_t priv[KEY_BYTES];
    err e = random_secret(priv);
    if (!e)
        e = pkey_of(type, priv, ret);
    crypto_wipe(priv, sizeof priv);
    return e;
}

static err pkey_public(const EVP_PKEY *p, uint8_t out[static KEY_BYTES]) {
    size_t len = KEY_BYTES;
    return EVP_PKEY_get_raw_public_key(p, out, &len) == 1 && len == KEY_BYTES ? OK : ERR_INTERNAL;
}

// Takes pkey over, also when it fails.
static err sign_key_wrap(EVP_PKEY *pkey, sign_key **ret) {
    sign_key *k = calloc(1, sizeof *k);
    if (!k) {
        EVP_PKEY_free(pkey);
        return ERR_MEM;
    }
    k->pkey = pkey;
    k->ready = EVP_MD_CTX_new();
    err e = pkey_public(pkey, k->pub);
    if (!e && (!k->ready || EVP_DigestSignInit(k->ready, NULL, NULL, NULL, pkey) != 1))
        e = ERR_MEM;
    if (e) {
        sign_key_free(k);
        ERR_clear_error();
        return e;
    }
    *ret = k;
    return OK;
}

err sign_key_new(sign_key **ret) {
    EVP_PKEY *p;
    err e = pkey_new(EVP_PKEY_ED25519, &p);
    return e ? e : sign_key_wrap(p, ret);
}

err sign_key_of(const uint8_t seed[static KEY_BYTES], sign_key **ret) {
    EVP_PKEY *p;
    err e = pkey_of(EVP_PKEY_ED25519, seed, &p);
    return e ? e : sign_key_wrap(p, ret);
}

void sign_key_free(sign_key *k) {
    if (!k)
        return;
    EVP_MD_CTX_free(k->ready);
    EVP_PKEY_free(k->pkey);
    free(k);
}

void sign_key_public(const sign_key *k, uint8_t out[static KEY_BYTES]) {
    memcpy(out, k->pub, KEY_BYTES);
}

err sign(const sign_key *k, span message, uint8_t out[static SIGNATURE_BYTES]) {
    uint8_t sig[SIGNATURE_BYTES];
    size_t len = sizeof sig;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c)
        return ERR_MEM;
    bool done = EVP_MD_CTX_copy_ex(c, k->ready) == 1 &&
                EVP_DigestSign(c, sig, &len, message.at, message.len) == 1 && len == sizeof sig;
    EVP_MD_CTX_free(c);
    if (!done) {
        ERR_clear_error();
        return ERR_MEM;
    }
    memcpy(out, sig, sizeof sig);
    return OK;
}

// The points of small order (top bit left out): under such a key one signature
// fits every message, so a list that names one must not be believed.
static const uint8_t small_order[][KEY_BYTES] = {
    {0},
    {1},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

err verify_key_of(const uint8_t pub[static KEY_BYTES], verify_key **ret) {
    uint8_t y[KEY_BYTES];
    memcpy(y, pub, sizeof y);
    y[KEY_BYTES - 1] &= 0x7f;
    for (size_t i = 0; i < sizeof small_order / sizeof *small_order; i++)
        if (memcmp(y, small_order[i], KEY_BYTES) == 0)
            return ERR_AUTH;
    verify_key *k = calloc(1, sizeof *k);
    if (!k)
        return ERR_MEM;
    k->pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub, KEY_BYTES);
    k->ready = EVP_MD_CTX_new();
    if (!k->pkey || !k->ready || EVP_DigestVerifyInit(k->ready, NULL, NULL, NULL, k->pkey) != 1) {
        ERR_clear_error();
        verify_key_free(k);
        return ERR_MEM;
    }
    *ret = k;
    return OK;
}

void verify_key_free(verify_key *k) {
    if (!k)
        return;
    EVP_MD_CTX_free(k->ready);
    EVP_PKEY_free(k->pkey);
    free(k);
}

err verify(const verify_key *k, span message, const uint8_t sig[static SIGNATURE_BYTES]) {
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c)
        return ERR_MEM;
    err e = ERR_MEM;
    if (EVP_MD_CTX_copy_ex(c, k->ready) == 1)
        e = EVP_DigestVerify(c, sig, SIGNATURE_BYTES, message.at, message.len) == 1 ? OK : ERR_AUTH;
    EVP_MD_CTX_free(c);
    if (e)
        ERR_clear_error();
    return e;
}

static err seal_key_wrap(EVP_PKEY *pkey, seal_key **ret) {
    seal_key *k = calloc(1, sizeof *k);
    err e = k ? pkey_public(pkey, k->pub) : ERR_MEM;
    if (e) {
        EVP_PKEY_free(pkey);
        free(k);
        return e;
    }
    k->pkey = pkey;
    *ret = k;
    return OK;
}

err seal_key_new(seal_key **ret) {
    EVP_PKEY *p;
    err e = pkey_new(EVP_PKEY_X25519, &p);
    return e ? e : seal_key_wrap(p, ret);
}

err seal_key_of(const uint8_t priv[static KEY_BYTES], seal_key **ret) {
    EVP_PKEY *p;
    err e = pkey_of(EVP_PKEY_X25519, priv, &p);
    return e ? e : seal_key_wrap(p, ret);
}

void seal_key_free(seal_key *k) {
    if (!k)
        return;
    EVP_PKEY_free(k->pkey);
    free(k);
}

void seal_key_public(const seal_key *k, uint8_t out[static KEY_BYTES]) {
    memcpy(out, k->pub, KEY_BYTES);
}

err seal_key_shared(const seal_key *k, const uint8_t pub[static KEY_BYTES], uint8_t out[static KEY_BYTES]) {
    static const uint8_t zero[KEY_BYTES];
    uint8_t shared[KEY_BYTES] = {0};
    size_t len = sizeof shared;
    err e = ERR_MEM;
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, pub, KEY_BYTES);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    if (peer && c && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer_ex(c, peer, 0) == 1) {
        // OpenSSL refuses the zero result itself; so do we, whatever its version does.
        bool done = EVP_PKEY_derive(c, shared, &len) == 1 && len == KEY_BYTES;
        e = done && !crypto_same(shared, zero, KEY_BYTES) ? OK : ERR_AUTH;
    }
    if (!e)
        memcpy(out, shared, KEY_BYTES);
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(peer);
    crypto_wipe(shared, sizeof shared);
    ERR_clear_error();
    return e;
}

err sign_key_save(const sign_key *k, const char *path) {
    return pem_key_create(path, k->pkey);
}

err seal_key_save(const seal_key *k, const char *path) {
    return pem_key_create(path, k->pkey);
}

static err load_of_type(const char *path, int type, EVP_PKEY **ret) {
    EVP_PKEY *p;
    err e = pem_key_read(path, &p);
    if (e)
        return e;
    if (EVP_PKEY_get_base_id(p) != type) {
        EVP_PKEY_free(p);
        return ERR_FORMAT; // a key, but for another use
    }
    *ret = p;
    return OK;
}

err sign_key_load(const char *path, sign_key **ret) {
    EVP_PKEY *p;
    err e = load_of_type(path, EVP_PKEY_ED25519, &p);
    return e ? e : sign_key_wrap(p, ret);
}

err seal_key_load(const char *path, seal_key **ret) {
    EVP_PKEY *p;
    err e = load_of_type(path, EVP_PKEY_X25519, &p);
    return e ? e : seal_key_wrap(p, ret);
}

err sign_key_save_locked(const sign_key *k, span passphrase, const char *path) {
    return pem_key_create_locked(path, k->pkey, passphrase);
}

err sign_key_load_locked(const char *path, span passphrase, sign_key **ret) {
    EVP_PKEY *p;
    err e = pem_key_read_locked(path, passphrase, &p);
    if (e)
        return e;
    if (EVP_PKEY_get_base_id(p) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(p);
        return ERR_FORMAT;
    }
    return sign_key_wrap(p, ret);
}

err secret_new(const char *path, uint8_t out[static KEY_BYTES]) {
    uint8_t secret[KEY_BYTES];
    char hex[2 * KEY_BYTES + 1];
    err e = random_secret(secret);
    if (e)
        return e;
    hex_put(hex, span_of(secret, KEY_BYTES));
    hex[2 * KEY_BYTES] = '\n'; // a line, for whoever looks at it
    e = keyfile_create(path, span_of(hex, sizeof hex), 0600);
    if (!e)
        memcpy(out, secret, KEY_BYTES);
    crypto_wipe(secret, sizeof secret);
    crypto_wipe(hex, sizeof hex);
    return e;
}

err secret_load(const char *path, uint8_t out[static KEY_BYTES]) {
    uint8_t secret[KEY_BYTES];
    buf text = {0};
    err e = keyfile_read(path, true, &text);
    if (!e) {
        span s = buf_span(&text);
        while (s.len > 0 && (s.at[s.len - 1] == '\n' || s.at[s.len - 1] == '\r'))
            s.len--;
        e = hex_get(s, secret, KEY_BYTES);
    }
    if (!e)
        memcpy(out, secret, KEY_BYTES);
    crypto_wipe(secret, sizeof secret);
    buf_wipe(&text);
    return e;
}
