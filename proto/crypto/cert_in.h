// SPDX-License-Identifier: Apache-2.0
// What tls.c and cert.c both ask of a certificate. For this room only.
#ifndef TSUNAGU_CRYPTO_CERT_IN_H
#define TSUNAGU_CRYPTO_CERT_IN_H

#include <openssl/x509.h>
#include "proto/crypto/hash.h"

MUST_CHECK err x509_spki(const X509 *x, hash32 *ret);

#endif
