// SPDX-License-Identifier: Apache-2.0
// SHA-256, HMAC (RFC 4231), HKDF (RFC 5869), comparison, wiping, randomness.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "proto/crypto/hash.h"

static size_t unhex(const char *hex, uint8_t *out) {
    size_t len = strlen(hex) / 2;
    assert_int_equal(hex_get(span_str(hex), out, len), OK);
    return len;
}

static void assert_hash(const hash32 *h, const char *hex) {
    uint8_t want[HASH_BYTES];
    assert_int_equal(unhex(hex, want), HASH_BYTES);
    assert_memory_equal(h->at, want, HASH_BYTES);
}

static void sha256_known(void **state) {
    (void)state;
    hash32 h;
    sha256(SPAN_LIT("abc"), &h);
    assert_hash(&h, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256((span){0}, &h);
    assert_hash(&h, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256(SPAN_LIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), &h);
    assert_hash(&h, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void sha256_parts_are_one(void **state) {
    (void)state;
    uint8_t data[300];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    hash32 whole, parts;
    sha256(span_of(data, sizeof data), &whole);
    for (size_t cut = 0; cut <= sizeof data; cut++) {
        span p[] = {span_of(data, cut), {0}, span_of(data + cut, sizeof data - cut)};
        sha256_parts(p, 3, &parts);
        assert_memory_equal(whole.at, parts.at, HASH_BYTES);
    }
}

typedef struct hmac_case {
    const char *key, *data, *tag;
} hmac_case;

#define AA20 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AA131 AA20 AA20 AA20 AA20 AA20 AA20 "aaaaaaaaaaaaaaaaaaaaaa"
#define DD10 "dddddddddddddddddddd"
#define CD10 "cdcdcdcdcdcdcdcdcdcd"

// RFC 4231 §4.2-4.8; case 5 gives its first 16 bytes only.
static const hmac_case hmac_cases[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {AA20, DD10 DD10 DD10 DD10 DD10, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"0102030405060708090a0b0c0d0e0f10111213141516171819", CD10 CD10 CD10 CD10 CD10,
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {"0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c", "546573742057697468205472756e636174696f6e",
     "a3b6167473100ee06e0c796c2955552b"},
    {AA131, "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b"
            "6579204669727374",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {AA131, "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a6520"
            "6b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579"
            "206e6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d"
            "414320616c676f726974686d2e",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void hmac_rfc4231(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof hmac_cases / sizeof *hmac_cases; i++) {
        uint8_t key[200], data[200], tag[32];
        size_t key_len = unhex(hmac_cases[i].key, key), len = unhex(hmac_cases[i].data, data);
        size_t tag_len = unhex(hmac_cases[i].tag, tag);
        for (size_t cut = 0; cut <= len; cut += len / 3 + 1) {
            hash32 got;
            span parts[] = {span_of(data, cut), span_of(data + cut, len - cut)};
            hmac_sha256(span_of(key, key_len), parts, 2, &got);
            assert_memory_equal(got.at, tag, tag_len);
        }
    }
}

typedef struct hkdf_case {
    const char *ikm, *salt, *info, *prk, *okm;
} hkdf_case;

// RFC 5869 appendix A.1-A.3 (SHA-256).
static const hkdf_case hkdf_cases[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
     "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
     "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
     "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
     "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
     "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
};

static void hkdf_rfc5869(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof hkdf_cases / sizeof *hkdf_cases; i++) {
        const hkdf_case *c = &hkdf_cases[i];
        uint8_t ikm[80], salt[80], info[80], okm[82], got[82];
        size_t ikm_len = unhex(c->ikm, ikm), salt_len = unhex(c->salt, salt);
        size_t info_len = unhex(c->info, info), len = unhex(c->okm, okm);
        hash32 prk;
        hkdf_extract(span_of(salt, salt_len), span_of(ikm, ikm_len), &prk);
        assert_hash(&prk, c->prk);
        assert_int_equal(hkdf_expand(&prk, span_of(info, info_len), got, len), OK);
        assert_memory_equal(got, okm, len);
        span parts[] = {span_of(info, info_len / 2), span_of(info + info_len / 2, info_len - info_len / 2)};
        memset(got, 0, sizeof got);
        assert_int_equal(hkdf_expand_parts(&prk, parts, 2, got, len), OK);
        assert_memory_equal(got, okm, len);
    }
}

static void hkdf_limit(void **state) {
    (void)state;
    static uint8_t out[255 * HASH_BYTES + 1];
    hash32 prk = {{1}};
    assert_int_equal(hkdf_expand(&prk, (span){0}, out, sizeof out - 1), OK);
    assert_int_equal(hkdf_expand(&prk, (span){0}, out, sizeof out), ERR_LIMIT);
    assert_int_equal(hkdf_expand(&prk, (span){0}, out, 0), OK);
}

static void same(void **state) {
    (void)state;
    uint8_t a[64], b[64];
    memset(a, 5, sizeof a);
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        memcpy(b, a, sizeof a);
        assert_true(crypto_same(a, b, sizeof a));
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(crypto_same(a, b, sizeof a));
        assert_true(crypto_same(a, b, bit / 8));
    }
    assert_true(crypto_same(NULL, NULL, 0));
}

static void random_and_wipe(void **state) {
    (void)state;
    uint8_t a[64] = {0}, b[64] = {0}, zero[64] = {0};
    assert_int_equal(crypto_random(a, sizeof a), OK);
    assert_int_equal(crypto_random(b, sizeof b), OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a, zero, sizeof a);
    assert_int_equal(crypto_random(a, 0), OK);
    crypto_wipe(a, sizeof a);
    assert_memory_equal(a, zero, sizeof a);
    crypto_wipe(NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_known), cmocka_unit_test(sha256_parts_are_one),
        cmocka_unit_test(hmac_rfc4231), cmocka_unit_test(hkdf_rfc5869),
        cmocka_unit_test(hkdf_limit),   cmocka_unit_test(same),
        cmocka_unit_test(random_and_wipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
