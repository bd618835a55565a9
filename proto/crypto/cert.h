// SPDX-License-Identifier: Apache-2.0
// A small certificate authority: for the demo, the tests, and a federation
// that has none. ECDSA P-256 keys, X.509 v3, SAN dNSName, CRL v2 (RFC 5280).
// A revocation list stays current until the authority's own end, so that a
// quiet federation does not stop; each revocation makes a newer one.
// Owner: files on disk; keys with mode 0600; nothing is ever overwritten but
// the revocation list. Thread: one a directory. Reads the clock (start of the
// authority, dates of the lists).
// Fails: ERR_IO, ERR_FULL, ERR_NOT_FOUND, ERR_EXISTS, ERR_DENIED (ca.key may be
// read by others), ERR_FORMAT (a file is not what it should be), ERR_USAGE (a
// name that is not a DNS name of at most 64 characters, no use, a validity that
// ends before it starts), ERR_AUTH (not of this authority).
#ifndef TSUNAGU_CRYPTO_CERT_H
#define TSUNAGU_CRYPTO_CERT_H

#include "proto/base/date.h"
#include "proto/crypto/hash.h"

// Writes DIR/ca.pem, DIR/ca.key and an empty DIR/crl.pem; makes DIR (0700) if need be.
MUST_CHECK err ca_new(const char *dir, const char *name, int days);
typedef struct cert_request {
    const char *name;       // CN and SAN dNSName
    const char *cert_path;  // PEM out
    const char *key_path;   // PEM out, 0600; created
    bool server, client;    // extendedKeyUsage
    time_ms from, until;
} cert_request;
MUST_CHECK err ca_issue(const char *dir, const cert_request *r);
// Adds the certificate to DIR/crl.pem (a new CRL replaces the file atomically).
// Revoking twice is OK and changes nothing.
MUST_CHECK err ca_revoke(const char *dir, const char *cert_path);
MUST_CHECK err cert_spki(const char *cert_path, hash32 *ret);
// Not-after of a certificate, for warnings before it ends.
MUST_CHECK err cert_until(const char *cert_path, time_ms *ret);

#endif
