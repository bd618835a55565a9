// SPDX-License-Identifier: Apache-2.0
// PEM files to OpenSSL objects and back. For this room only.
// Owner: what is returned is the caller's. Thread: any. Fails: as keyfile.h,
// and ERR_FORMAT for a file that does not hold what it should.
#ifndef TSUNAGU_CRYPTO_PEM_IN_H
#define TSUNAGU_CRYPTO_PEM_IN_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "proto/base/span.h"

typedef struct pem {
    buf bytes;
    BIO *bio; // reads from bytes
} pem;

MUST_CHECK err pem_read(const char *path, bool secret, pem *ret);
void pem_done(pem *p); // wipes

// Stands in for OpenSSL's own, which would ask at the terminal.
int pem_no_password(char *out, int size, int writing, void *arg);
// True when the last PEM_read_bio_* stopped because the file was at its end. Clears the errors.
bool pem_at_end(void);

MUST_CHECK err pem_cert_read(const char *path, X509 **ret); // the first in the file
MUST_CHECK err pem_key_read(const char *path, EVP_PKEY **ret); // secret: mode checked
MUST_CHECK err pem_key_create(const char *path, EVP_PKEY *key); // PKCS#8, 0600
// The same under a passphrase. ERR_AUTH: another passphrase. ERR_USAGE: too short, too long.
MUST_CHECK err pem_key_create_locked(const char *path, EVP_PKEY *key, span passphrase);
MUST_CHECK err pem_key_read_locked(const char *path, span passphrase, EVP_PKEY **ret);
void pem_bio_span(BIO *mem, span *ret); // borrows what a memory BIO holds

#endif
