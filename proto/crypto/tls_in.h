// SPDX-License-Identifier: Apache-2.0
// What the three files of TLS share. For this room only.
#ifndef TSUNAGU_CRYPTO_TLS_IN_H
#define TSUNAGU_CRYPTO_TLS_IN_H

#include <openssl/ssl.h>
#include "proto/crypto/tls.h"

struct tls_ctx {
    SSL_CTX *ssl; // counted: every session holds one more
    bool server;
};

struct tls {
    SSL *ssl;
    buf in;       // ciphertext from the wire, from in_at on not yet used
    size_t in_at;
    buf out;      // ciphertext for the wire
    tls_state state;
    err failed;
    const char *why; // never freed: constants of ours or of OpenSSL
    bool peer_closed, we_closed, deaf, server;
    uint32_t strikes;   // messages without data since the peer last sent some
    uint32_t rewarded;  // bytes of data towards forgiving them
    uint32_t records;   // written under the present key
};

void tls_note_message(int writing, int version, int kind, const void *at, size_t len, SSL *ssl, void *arg);

// In words. Never NULL.
const char *why_of_verify(long x509_verify_result);
const char *why_of_alert(int alert, err *ret); // an alert that the peer sent
const char *why_of_error(unsigned long ssl_error, err *ret);

#endif
