// SPDX-License-Identifier: Apache-2.0
// Private keys under a passphrase, as `openssl pkey` reads them too.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include "proto/crypto/key.h"
#include "proto/crypto/keyfile.h"
#include "proto/crypto/pem_in.h"

// 16 MiB and about a tenth of a second for each guess. OpenSSL's own default is a
// PBKDF2 of 2048 rounds, which a stolen file does not withstand.
enum { SCRYPT_N = 1 << 14, SCRYPT_R = 8, SCRYPT_P = 5, SALT_BYTES = 16 };

static X509_SIG *lock(EVP_PKEY *key, span passphrase) {
    uint8_t salt[SALT_BYTES];
    X509_SIG *locked = NULL;
    X509_ALGOR *how = NULL;
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
    if (plain && RAND_bytes(salt, sizeof salt) == 1)
        how = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    if (how)
        locked = PKCS8_set0_pbe((const char *)passphrase.at, (int)passphrase.len, plain, how);
    if (how && !locked)
        X509_ALGOR_free(how); // otherwise `locked` owns it
    PKCS8_PRIV_KEY_INFO_free(plain);
    return locked;
}

err pem_key_create_locked(const char *path, EVP_PKEY *key, span passphrase) {
    if (passphrase.len < PASSPHRASE_LEAST || passphrase.len > PASSPHRASE_MOST)
        return ERR_USAGE;
    err e = ERR_MEM;
    BIO *mem = BIO_new(BIO_s_mem());
    X509_SIG *locked = mem ? lock(key, passphrase) : NULL;
    if (locked && PEM_write_bio_PKCS8(mem, locked) == 1) {
        span text;
        pem_bio_span(mem, &text);
        e = keyfile_create(path, text, 0600);
    }
    X509_SIG_free(locked);
    BIO_free(mem);
    ERR_clear_error();
    return e;
}

err pem_key_read_locked(const char *path, span passphrase, EVP_PKEY **ret) {
    pem p;
    err e = pem_read(path, true, &p);
    if (e)
        return e;
    X509_SIG *locked = PEM_read_bio_PKCS8(p.bio, NULL, pem_no_password, NULL);
    pem_done(&p);
    PKCS8_PRIV_KEY_INFO *plain = NULL;
    EVP_PKEY *key = NULL;
    if (locked && passphrase.len <= PASSPHRASE_MOST)
        plain = PKCS8_decrypt(locked, (const char *)passphrase.at, (int)passphrase.len);
    if (plain)
        key = EVP_PKCS82PKEY(plain);
    PKCS8_PRIV_KEY_INFO_free(plain); // wiped by OpenSSL
    e = !locked ? ERR_FORMAT : key ? OK : ERR_AUTH;
    X509_SIG_free(locked);
    ERR_clear_error();
    if (e == OK)
        *ret = key;
    return e;
}
