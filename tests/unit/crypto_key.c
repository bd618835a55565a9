// SPDX-License-Identifier: Apache-2.0
// Signing and sealing keys, their files, and secret files.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "proto/crypto/hash.h"
#include "proto/crypto/key.h"
#include "proto/crypto/key_in.h"

static char dir[64];

static const char *in_dir(const char *name) {
    static char path[2][160];
    static int turn;
    turn ^= 1;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

static void put_file(const char *path, const void *at, size_t len, mode_t mode) {
    unlink(path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(at, 1, len, f), len);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

static void unhex(const char *hex, uint8_t *out, size_t len) {
    assert_int_equal(hex_get(span_str(hex), out, len), OK);
}

// RFC 8032 §7.1, tests 1 to 3.
static const char *const rfc8032[][4] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
};

static void ed25519_rfc8032(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        uint8_t seed[32], pub[32], msg[2], want[64], got[64];
        size_t len = strlen(rfc8032[i][2]) / 2;
        sign_key *k;
        verify_key *v;
        unhex(rfc8032[i][0], seed, 32);
        unhex(rfc8032[i][1], pub, 32);
        unhex(rfc8032[i][2], msg, len);
        unhex(rfc8032[i][3], want, 64);
        assert_int_equal(sign_key_of(seed, &k), OK);
        sign_key_public(k, got);
        assert_memory_equal(got, pub, 32);
        assert_int_equal(sign(k, span_of(msg, len), got), OK);
        assert_memory_equal(got, want, 64);
        assert_int_equal(verify_key_of(pub, &v), OK);
        assert_int_equal(verify(v, span_of(msg, len), want), OK);
        sign_key_free(k);
        verify_key_free(v);
    }
}

static void signature_refused(void **state) {
    (void)state;
    sign_key *k, *other;
    verify_key *v, *v2;
    uint8_t pub[32], sig[64], msg[] = "card";
    assert_int_equal(sign_key_new(&k), OK);
    assert_int_equal(sign_key_new(&other), OK);
    sign_key_public(k, pub);
    assert_int_equal(verify_key_of(pub, &v), OK);
    sign_key_public(other, pub);
    assert_int_equal(verify_key_of(pub, &v2), OK);
    assert_int_equal(sign(k, span_of(msg, 4), sig), OK);
    for (int round = 0; round < 2; round++) // a key serves many times
        assert_int_equal(verify(v, span_of(msg, 4), sig), OK);
    assert_int_equal(verify(v2, span_of(msg, 4), sig), ERR_AUTH);
    assert_int_equal(verify(v, span_of(msg, 3), sig), ERR_AUTH);
    assert_int_equal(verify(v, (span){0}, sig), ERR_AUTH);
    for (size_t bit = 0; bit < 512; bit++) {
        sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(verify(v, span_of(msg, 4), sig), ERR_AUTH);
        sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t bit = 0; bit < 32; bit++) {
        msg[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(verify(v, span_of(msg, 4), sig), ERR_AUTH);
        msg[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    sign_key_free(k);
    sign_key_free(other);
    verify_key_free(v);
    verify_key_free(v2);
}

static void public_key_of_small_order(void **state) {
    (void)state;
    verify_key *v = NULL;
    uint8_t pub[32] = {1}; // the neutral element: R = it, S = 0 would sign anything
    assert_int_equal(verify_key_of(pub, &v), ERR_AUTH);
    pub[31] = 0x80;
    assert_int_equal(verify_key_of(pub, &v), ERR_AUTH);
    memset(pub, 0, sizeof pub);
    assert_int_equal(verify_key_of(pub, &v), ERR_AUTH);
    unhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", pub, 32);
    assert_int_equal(verify_key_of(pub, &v), ERR_AUTH);
    assert_null(v);
}

// RFC 7748 §5.2 (one step and a thousand), and points that give nothing secret (§6.1).
static void x25519(void **state) {
    (void)state;
    uint8_t scalar[32] = {9}, point[32] = {9}, want[32], got[32], b_pub[32];
    seal_key *k;
    for (int i = 1; i <= 1000; i++) {
        assert_int_equal(seal_key_of(scalar, &k), OK);
        assert_int_equal(seal_key_shared(k, point, got), OK);
        seal_key_free(k);
        memcpy(point, scalar, 32);
        memcpy(scalar, got, 32);
        if (i == 1) {
            unhex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079", want, 32);
            assert_memory_equal(got, want, 32);
        }
    }
    unhex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", want, 32);
    assert_memory_equal(got, want, 32);
    assert_int_equal(seal_key_of(scalar, &k), OK);
    static const char *const bad[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    memset(got, 7, sizeof got);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        unhex(bad[i], b_pub, 32);
        assert_int_equal(seal_key_shared(k, b_pub, got), ERR_AUTH);
        assert_int_equal(got[0], 7);
    }
    seal_key_free(k);
}

static void files_round(void **state) {
    (void)state;
    sign_key *k, *k2;
    seal_key *s, *s2;
    uint8_t a[32], b[32];
    struct stat st;
    assert_int_equal(sign_key_new(&k), OK);
    assert_int_equal(seal_key_new(&s), OK);
    assert_int_equal(sign_key_save(k, in_dir("sign.key")), OK);
    assert_int_equal(seal_key_save(s, in_dir("seal.key")), OK);
    assert_int_equal(stat(in_dir("sign.key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(sign_key_save(k, in_dir("sign.key")), ERR_EXISTS);
    assert_int_equal(seal_key_save(s, in_dir("sign.key")), ERR_EXISTS);
    assert_int_equal(sign_key_load(in_dir("sign.key"), &k2), OK);
    assert_int_equal(seal_key_load(in_dir("seal.key"), &s2), OK);
    sign_key_public(k, a);
    sign_key_public(k2, b);
    assert_memory_equal(a, b, 32);
    seal_key_public(s, a);
    seal_key_public(s2, b);
    assert_memory_equal(a, b, 32);
    sign_key_free(k2);
    seal_key_free(s2);
    k2 = NULL;
    s2 = NULL;
    // The one in the other's place.
    assert_int_equal(sign_key_load(in_dir("seal.key"), &k2), ERR_FORMAT);
    assert_int_equal(seal_key_load(in_dir("sign.key"), &s2), ERR_FORMAT);
    assert_null(k2);
    assert_null(s2);
    sign_key_free(k);
    seal_key_free(s);
}

static void files_refused(void **state) {
    (void)state;
    static const mode_t loose[] = {0640, 0604, 0620, 0602, 0610, 0644, 0666, 0777};
    sign_key *k, *got = NULL;
    uint8_t secret[32];
    assert_int_equal(sign_key_new(&k), OK);
    assert_int_equal(sign_key_save(k, in_dir("loose.key")), OK);
    for (size_t i = 0; i < sizeof loose / sizeof *loose; i++) {
        assert_int_equal(chmod(in_dir("loose.key"), loose[i]), 0);
        assert_int_equal(sign_key_load(in_dir("loose.key"), &got), ERR_DENIED);
    }
    assert_int_equal(chmod(in_dir("loose.key"), 0400), 0);
    assert_int_equal(sign_key_load(in_dir("loose.key"), &got), OK);
    sign_key_free(got);
    got = NULL;
    assert_int_equal(sign_key_load(in_dir("no.key"), &got), ERR_NOT_FOUND);
    assert_int_equal(sign_key_load(dir, &got), ERR_IO);
    assert_int_equal(sign_key_save(k, in_dir("none/of.key")), ERR_NOT_FOUND);
    assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
    assert_int_equal(sign_key_load(in_dir("fifo"), &got), ERR_IO);
    assert_int_equal(secret_load(in_dir("fifo"), secret), ERR_IO);
    // A name that points elsewhere is not written through.
    assert_int_equal(symlink("target", in_dir("link.key")), 0);
    assert_int_equal(sign_key_save(k, in_dir("link.key")), ERR_EXISTS);
    assert_int_not_equal(access(in_dir("target"), F_OK), 0);
    assert_null(got);
    sign_key_free(k);
}

static void files_garbage(void **state) {
    (void)state;
    sign_key *k, *got = NULL;
    char text[400], locked[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                               "MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBDy\n"
                               "-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_int_equal(sign_key_new(&k), OK);
    assert_int_equal(sign_key_save(k, in_dir("whole.key")), OK);
    FILE *f = fopen(in_dir("whole.key"), "r");
    size_t len = fread(text, 1, sizeof text, f);
    fclose(f);
    for (size_t cut = 0; cut < len - 1; cut++) { // the last newline is not missed
        put_file(in_dir("cut.key"), text, cut, 0600);
        assert_int_equal(sign_key_load(in_dir("cut.key"), &got), ERR_FORMAT);
    }
    put_file(in_dir("locked.key"), locked, sizeof locked - 1, 0600); // must not ask at the terminal
    assert_int_equal(sign_key_load(in_dir("locked.key"), &got), ERR_FORMAT);
    char *large = calloc(1, 70000);
    put_file(in_dir("large.key"), large, 70000, 0600);
    assert_int_equal(sign_key_load(in_dir("large.key"), &got), ERR_LIMIT);
    free(large);
    assert_null(got);
    sign_key_free(k);
}

static void secrets(void **state) {
    (void)state;
    uint8_t a[32], b[32], c[32];
    char text[80];
    struct stat st;
    assert_int_equal(secret_new(in_dir("fed.key"), a), OK);
    assert_int_equal(stat(in_dir("fed.key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 65);
    assert_int_equal(secret_load(in_dir("fed.key"), b), OK);
    assert_memory_equal(a, b, 32);
    memset(c, 9, 32);
    assert_int_equal(secret_new(in_dir("fed.key"), c), ERR_EXISTS);
    assert_int_equal(c[0], 9);
    assert_int_equal(secret_load(in_dir("fed.key"), b), OK);
    assert_memory_equal(a, b, 32);
    assert_int_equal(chmod(in_dir("fed.key"), 0640), 0);
    assert_int_equal(secret_load(in_dir("fed.key"), c), ERR_DENIED);
    memset(text, 'a', sizeof text);
    for (size_t len = 0; len < sizeof text; len++) {
        put_file(in_dir("hex"), text, len, 0600);
        assert_int_equal(secret_load(in_dir("hex"), b), len == 64 ? OK : ERR_FORMAT);
    }
    text[10] = 'g';
    put_file(in_dir("hex"), text, 64, 0600);
    assert_int_equal(secret_load(in_dir("hex"), c), ERR_FORMAT);
    assert_int_equal(c[0], 9);
}

static void nothing_freed(void **state) {
    (void)state;
    sign_key_free(NULL);
    verify_key_free(NULL);
    seal_key_free(NULL);
}

static int make_dir(void **state) {
    (void)state;
    strcpy(dir, "/tmp/tsunagu-key-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ed25519_rfc8032), cmocka_unit_test(signature_refused),
        cmocka_unit_test(public_key_of_small_order), cmocka_unit_test(x25519),
        cmocka_unit_test(files_round),     cmocka_unit_test(files_refused),
        cmocka_unit_test(files_garbage),   cmocka_unit_test(secrets),
        cmocka_unit_test(nothing_freed),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
