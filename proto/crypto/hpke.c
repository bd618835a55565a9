// SPDX-License-Identifier: Apache-2.0
// The names of steps and labels are RFC 9180's, sections 4 and 5.
#include "proto/crypto/hpke.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>
#include "proto/crypto/hash.h"
#include "proto/crypto/key_in.h"

#define NONCE_BYTES 12
#define PSK_MIN 32
#define SUITE_MAX 10
#define INFO_PARTS_MAX 3

typedef enum mode { MODE_BASE, MODE_PSK, MODE_AUTH, MODE_AUTH_PSK } mode;

// "KEM" or "HPKE" and the algorithms: keeps every derivation apart from all others.
static const uint8_t kem_suite[] = {'K', 'E', 'M', 0x00, 0x20};

static span hpke_suite(hpke_aead aead, uint8_t out[static SUITE_MAX]) {
    static const uint8_t head[] = {'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00};
    memcpy(out, head, sizeof head);
    out[sizeof head] = (uint8_t)aead;
    return span_of(out, SUITE_MAX);
}

static void labeled_extract(span salt, span suite, const char *label, span ikm, hash32 *ret) {
    span parts[] = {SPAN_LIT("HPKE-v1"), suite, span_str(label), ikm};
    hmac_sha256(salt, parts, sizeof parts / sizeof *parts, ret);
}

static err labeled_expand(const hash32 *prk, span suite, const char *label, const span *info, size_t count,
                          uint8_t *out, size_t len) {
    uint8_t length[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    span parts[4 + INFO_PARTS_MAX] = {{length, 2}, SPAN_LIT("HPKE-v1"), suite, span_str(label)};
    if (count > INFO_PARTS_MAX || len > 255u * HASH_BYTES)
        return ERR_LIMIT;
    for (size_t i = 0; i < count; i++)
        parts[4 + i] = info[i];
    return hkdf_expand_parts(prk, parts, 4 + count, out, len);
}

err hpke_derive(span ikm, seal_key **ret) {
    span suite = span_of(kem_suite, sizeof kem_suite);
    hash32 prk;
    uint8_t priv[KEY_BYTES];
    labeled_extract((span){0}, suite, "dkp_prk", ikm, &prk);
    err e = labeled_expand(&prk, suite, "sk", NULL, 0, priv, sizeof priv);
    if (!e)
        e = seal_key_of(priv, ret);
    crypto_wipe(&prk, sizeof prk);
    crypto_wipe(priv, sizeof priv);
    return e;
}

// ExtractAndExpand over one or two Diffie-Hellman results.
static err kem_secret(span dh, const uint8_t *enc, const uint8_t *to_pub, const uint8_t *from_pub, hash32 *ret) {
    span suite = span_of(kem_suite, sizeof kem_suite);
    span context[] = {span_of(enc, KEY_BYTES), span_of(to_pub, KEY_BYTES), span_of(from_pub, KEY_BYTES)};
    hash32 prk;
    labeled_extract((span){0}, suite, "eae_prk", dh, &prk);
    err e = labeled_expand(&prk, suite, "shared_secret", context, from_pub ? 3 : 2, ret->at, HASH_BYTES);
    crypto_wipe(&prk, sizeof prk);
    return e;
}

static err psk_check(const hpke_setup *s) {
    if ((s->psk.len == 0) != (s->psk_id.len == 0))
        return ERR_USAGE;
    return s->psk.len > 0 && s->psk.len < PSK_MIN ? ERR_USAGE : OK;
}

static size_t key_bytes(hpke_aead aead) {
    return aead == HPKE_AES128GCM ? 16 : 32;
}

static err cipher_open(hpke *h) {
    const EVP_CIPHER *kind = h->aead == HPKE_AES128GCM ? EVP_aes_128_gcm() : EVP_chacha20_poly1305();
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (!c || EVP_CipherInit_ex(c, kind, NULL, h->key, NULL, h->seals) != 1) {
        EVP_CIPHER_CTX_free(c);
        ERR_clear_error();
        return ERR_MEM;
    }
    h->cipher = c;
    return OK;
}

// KeySchedule. On failure h is wiped.
static err key_schedule(const hpke_setup *s, bool auth, bool seals, const hash32 *shared, hpke *ret) {
    uint8_t suite_bytes[SUITE_MAX];
    hpke h = {.aead = s->aead, .seals = seals};
    span suite = hpke_suite(s->aead, suite_bytes);
    uint8_t number = (uint8_t)((auth ? MODE_AUTH : MODE_BASE) + (s->psk.len > 0 ? MODE_PSK : 0));
    hash32 psk_id, info, secret;
    labeled_extract((span){0}, suite, "psk_id_hash", s->psk_id, &psk_id);
    labeled_extract((span){0}, suite, "info_hash", s->info, &info);
    labeled_extract(span_of(shared->at, HASH_BYTES), suite, "secret", s->psk, &secret);
    span context[] = {{&number, 1}, {psk_id.at, HASH_BYTES}, {info.at, HASH_BYTES}};
    err e = labeled_expand(&secret, suite, "key", context, 3, h.key, key_bytes(s->aead));
    if (!e)
        e = labeled_expand(&secret, suite, "base_nonce", context, 3, h.base_nonce, NONCE_BYTES);
    if (!e)
        e = labeled_expand(&secret, suite, "exp", context, 3, h.exporter, HASH_BYTES);
    if (!e)
        e = cipher_open(&h);
    if (!e)
        *ret = h;
    crypto_wipe(&secret, sizeof secret);
    crypto_wipe(&h, sizeof h);
    return e;
}

static err setup_check(const hpke_setup *s) {
    if (s->aead != HPKE_AES128GCM && s->aead != HPKE_CHACHA20POLY1305)
        return ERR_UNSUPPORTED;
    return psk_check(s);
}

err hpke_sender(const hpke_setup *s, const uint8_t to_pub[static KEY_BYTES],
                uint8_t enc[static HPKE_ENC_BYTES], hpke *ret) {
    seal_key *once = NULL;
    uint8_t dh[2 * KEY_BYTES], once_pub[KEY_BYTES], from_pub[KEY_BYTES];
    hash32 shared = {0};
    err e = setup_check(s);
    if (!e)
        e = s->ephemeral ? hpke_derive(span_of(s->ephemeral, KEY_BYTES), &once) : seal_key_new(&once);
    if (e)
        return e;
    seal_key_public(once, once_pub);
    e = seal_key_shared(once, to_pub, dh);
    if (!e && s->sender) {
        seal_key_public(s->sender, from_pub);
        e = seal_key_shared(s->sender, to_pub, dh + KEY_BYTES);
    }
    if (!e)
        e = kem_secret(span_of(dh, s->sender ? 2 * KEY_BYTES : KEY_BYTES), once_pub, to_pub,
                       s->sender ? from_pub : NULL, &shared);
    if (!e)
        e = key_schedule(s, s->sender != NULL, true, &shared, ret);
    if (!e)
        memcpy(enc, once_pub, KEY_BYTES);
    seal_key_free(once);
    crypto_wipe(dh, sizeof dh);
    crypto_wipe(&shared, sizeof shared);
    return e;
}

err hpke_receiver(const hpke_setup *s, const seal_key *to, const uint8_t enc[static HPKE_ENC_BYTES], hpke *ret) {
    uint8_t dh[2 * KEY_BYTES], to_pub[KEY_BYTES];
    hash32 shared = {0};
    err e = setup_check(s);
    if (e)
        return e;
    seal_key_public(to, to_pub);
    e = seal_key_shared(to, enc, dh);
    if (!e && s->sender_pub)
        e = seal_key_shared(to, s->sender_pub, dh + KEY_BYTES);
    if (!e)
        e = kem_secret(span_of(dh, s->sender_pub ? 2 * KEY_BYTES : KEY_BYTES), enc, to_pub, s->sender_pub,
                       &shared);
    if (!e)
        e = key_schedule(s, s->sender_pub != NULL, false, &shared, ret);
    crypto_wipe(dh, sizeof dh);
    crypto_wipe(&shared, sizeof shared);
    return e;
}

// ComputeNonce: the base with the sequence number added (xor) at its end.
static void nonce_of(const hpke *h, uint8_t out[static NONCE_BYTES]) {
    uint8_t seq[8];
    be64_put(seq, h->seq);
    memcpy(out, h->base_nonce, NONCE_BYTES);
    for (size_t i = 0; i < sizeof seq; i++)
        out[NONCE_BYTES - sizeof seq + i] ^= seq[i];
}

// EVP counts in int: larger data goes in pieces. out NULL: additional data.
static bool update(const hpke *h, span in, uint8_t *out) {
    while (in.len > 0) {
        int part = in.len > INT_MAX / 2 ? INT_MAX / 2 : (int)in.len, n = 0;
        if (EVP_CipherUpdate(h->cipher, out, &n, in.at, part) != 1)
            return false;
        if (out)
            out += part;
        in = span_from(in, (size_t)part);
    }
    return true;
}

static err begin(hpke *h, bool seals, span aad) {
    uint8_t nonce[NONCE_BYTES];
    if (!h->cipher || h->seals != seals)
        return ERR_USAGE;
    if (h->seq == UINT64_MAX)
        return ERR_LIMIT; // the number after the last would be the first again
    nonce_of(h, nonce);
    // Only the nonce is new: the key's schedule is kept.
    if (EVP_CipherInit_ex(h->cipher, NULL, NULL, NULL, nonce, -1) != 1 || !update(h, aad, NULL))
        return ERR_INTERNAL;
    return OK;
}

err hpke_seal(hpke *h, span aad, span plain, uint8_t *out, size_t *ret_len) {
    if (plain.len > SIZE_MAX - HPKE_TAG_BYTES)
        return ERR_LIMIT;
    err e = begin(h, true, aad);
    if (e)
        return e;
    uint8_t tag[HPKE_TAG_BYTES], none[HPKE_TAG_BYTES];
    int n = 0;
    if (!update(h, plain, out) || EVP_CipherFinal_ex(h->cipher, none, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(h->cipher, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) != 1) {
        ERR_clear_error();
        return ERR_INTERNAL;
    }
    memcpy(out + plain.len, tag, sizeof tag);
    h->seq++;
    *ret_len = plain.len + HPKE_TAG_BYTES;
    return OK;
}

err hpke_open(hpke *h, span aad, span sealed, uint8_t *out, size_t *ret_len) {
    if (sealed.len < HPKE_TAG_BYTES)
        return ERR_AUTH;
    err e = begin(h, false, aad);
    if (e)
        return e;
    uint8_t tag[HPKE_TAG_BYTES], none[HPKE_TAG_BYTES];
    size_t len = sealed.len - HPKE_TAG_BYTES;
    int n = 0;
    memcpy(tag, sealed.at + len, sizeof tag);
    if (EVP_CIPHER_CTX_ctrl(h->cipher, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) != 1 ||
        !update(h, span_of(sealed.at, len), out) || EVP_CipherFinal_ex(h->cipher, none, &n) != 1) {
        crypto_wipe(out, len); // decrypted, but nobody vouches for it
        ERR_clear_error();
        return ERR_AUTH;
    }
    h->seq++;
    *ret_len = len;
    return OK;
}

err hpke_export(const hpke *h, span context, uint8_t *out, size_t len) {
    uint8_t suite[SUITE_MAX];
    hash32 prk;
    if (!h->cipher)
        return ERR_USAGE;
    memcpy(prk.at, h->exporter, HASH_BYTES);
    err e = labeled_expand(&prk, hpke_suite(h->aead, suite), "sec", &context, 1, out, len);
    crypto_wipe(&prk, sizeof prk);
    return e;
}

void hpke_done(hpke *h) {
    EVP_CIPHER_CTX_free(h->cipher);
    crypto_wipe(h, sizeof *h);
}
