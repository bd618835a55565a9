// SPDX-License-Identifier: Apache-2.0
#include "proto/crypto/cert.h"

#include <openssl/err.h>
#include <time.h>
#include "proto/crypto/cert_in.h"
#include "proto/crypto/pem_in.h"

err x509_spki(const X509 *x, hash32 *ret) {
    uint8_t *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
    if (len <= 0) {
        ERR_clear_error();
        return ERR_FORMAT;
    }
    sha256(span_of(der, (size_t)len), ret);
    OPENSSL_free(der);
    return OK;
}

err cert_spki(const char *cert_path, hash32 *ret) {
    X509 *x;
    err e = pem_cert_read(cert_path, &x);
    if (e)
        return e;
    e = x509_spki(x, ret);
    X509_free(x);
    return e;
}

err cert_until(const char *cert_path, time_ms *ret) {
    X509 *x;
    struct tm tm = {0};
    err e = pem_cert_read(cert_path, &x);
    if (e)
        return e;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1)
        *ret = (time_ms)timegm(&tm) * 1000;
    else
        e = ERR_FORMAT;
    X509_free(x);
    ERR_clear_error();
    return e;
}
