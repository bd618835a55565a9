// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>
#include <openssl/pem.h>
#include "proto/crypto/keyfile.h"
#include "proto/crypto/pem_in.h"

int pem_no_password(char *out, int size, int writing, void *arg) {
    (void)out, (void)size, (void)writing, (void)arg;
    return -1;
}

err pem_read(const char *path, bool secret, pem *ret) {
    pem p = {0};
    err e = keyfile_read(path, secret, &p.bytes);
    if (!e && p.bytes.len == 0)
        e = ERR_FORMAT;
    if (!e) {
        p.bio = BIO_new_mem_buf(p.bytes.at, (int)p.bytes.len); // at most KEYFILE_PUBLIC_MAX
        if (!p.bio)
            e = ERR_MEM;
    }
    if (e) {
        pem_done(&p);
        return e;
    }
    *ret = p;
    return OK;
}

void pem_done(pem *p) {
    BIO_free(p->bio);
    p->bio = NULL;
    buf_wipe(&p->bytes);
}

bool pem_at_end(void) {
    unsigned long e = ERR_peek_last_error();
    ERR_clear_error();
    return ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

err pem_cert_read(const char *path, X509 **ret) {
    pem p;
    err e = pem_read(path, false, &p);
    if (e)
        return e;
    X509 *x = PEM_read_bio_X509(p.bio, NULL, pem_no_password, NULL);
    pem_done(&p);
    ERR_clear_error();
    if (!x)
        return ERR_FORMAT;
    *ret = x;
    return OK;
}

err pem_key_read(const char *path, EVP_PKEY **ret) {
    pem p;
    err e = pem_read(path, true, &p);
    if (e)
        return e;
    EVP_PKEY *k = PEM_read_bio_PrivateKey(p.bio, NULL, pem_no_password, NULL);
    pem_done(&p);
    ERR_clear_error();
    if (!k)
        return ERR_FORMAT;
    *ret = k;
    return OK;
}

void pem_bio_span(BIO *mem, span *ret) {
    char *at = NULL;
    long len = BIO_get_mem_data(mem, &at);
    *ret = span_of(at, len > 0 ? (size_t)len : 0);
}

err pem_key_create(const char *path, EVP_PKEY *key) {
    err e = ERR_MEM;
    BIO *mem = BIO_new(BIO_s_mem()); // its memory is wiped when freed
    if (mem && PEM_write_bio_PKCS8PrivateKey(mem, key, NULL, NULL, 0, NULL, NULL) == 1) {
        span text;
        pem_bio_span(mem, &text);
        e = keyfile_create(path, text, 0600);
    }
    BIO_free(mem);
    ERR_clear_error();
    return e;
}
