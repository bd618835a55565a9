// SPDX-License-Identifier: Apache-2.0
// TLS 1.3 as bytes in, bytes out: OpenSSL over memory BIOs. No sockets here.
// TLS 1.3 only, a certificate from both sides, chain and CRL checked, the
// server's host name checked by the client. No session resumption, no 0-RTT,
// no renegotiation: every connection proves itself anew.
//
// What TLS 1.3 does not give: a client is done (TLS_OPEN) before the server has
// judged the client's certificate. A refusal comes afterwards, as an alert that
// the next tls_feed meets (ERR_AUTH). Only the server's first answer tells a
// client that it was let in.
//
// The end of a connection: TLS_CLOSED and *ret_eof when the peer said
// close_notify. When the socket ends without it, somebody cut the line.
//
// Owner: tls_ctx outlives its sessions (reference counted inside). Thread: a
// session by one thread at a time; a ctx by any. OpenSSL reads the clock for
// the validity of certificates and lists.
#ifndef TSUNAGU_CRYPTO_TLS_H
#define TSUNAGU_CRYPTO_TLS_H

#include "proto/base/span.h"
#include "proto/crypto/hash.h"

typedef struct tls_ctx tls_ctx;
typedef struct tls tls;

typedef struct tls_files {
    const char *ca;   // PEM: the federation's CA certificates
    const char *crl;  // PEM: its revocation list; required (NULL is ERR_USAGE)
    const char *cert; // PEM: own certificate (and intermediates)
    const char *key;  // PEM, mode 0600
} tls_files;

#define TLS_WHY_BYTES 256
// `why` (at least TLS_WHY_BYTES) says in words which file and what is wrong with it.
// ERR_DENIED: the key may be read by others. ERR_AUTH: the files do not belong
// together. Every CA in `ca` needs its own current list in `crl`. A new list
// needs a new ctx; sessions keep the old one.
MUST_CHECK err tls_ctx_new(const tls_files *f, bool server, char *why, tls_ctx **ret);
void tls_ctx_free(tls_ctx *c);

// host: the name the server's certificate must carry (client); NULL on the server side.
// Client: the first tls_drain already gives the hello.
MUST_CHECK err tls_new(tls_ctx *c, const char *host, tls **ret);
void tls_free(tls *t);

// TLS_CLOSED: either side said close_notify. After our own tls_close the peer's
// data may still be fed and read, until *ret_eof.
typedef enum tls_state { TLS_HANDSHAKE, TLS_OPEN, TLS_CLOSED, TLS_FAILED } tls_state;
tls_state tls_state_of(const tls *t);
// Hands in ciphertext from the wire and advances the handshake. OK also when more is needed.
// ERR_AUTH: certificate trouble; ERR_FORMAT: not TLS. tls_why then says which;
// what tls_drain still gives (an alert) should go out before the socket is closed.
// ERR_CLOSED: the peer said close_notify before. ERR_LIMIT: a storm of messages
// without data. ERR_BUSY: nothing taken, more than TLS_UNREAD_MAX waits for tls_read.
#define TLS_UNREAD_MAX (1u << 20)
MUST_CHECK err tls_feed(tls *t, span ciphertext);
// Appends whatever must go to the wire (handshake, records, alerts) to out.
MUST_CHECK err tls_drain(tls *t, buf *out);
// Encrypts plain; ERR_BUSY before the handshake ended, ERR_CLOSED after the end.
MUST_CHECK err tls_write(tls *t, span plain);
// Appends decrypted bytes to out, at most `max`; *ret_eof when the peer said close_notify
// and everything before it was read. What came before a failure is still given.
MUST_CHECK err tls_read(tls *t, buf *out, size_t max, bool *ret_eof);
void tls_close(tls *t);              // queues close_notify
const char *tls_why(const tls *t);   // the reason of a failure in words (no patient data in it), "" if none
// After TLS_OPEN:
bool tls_peer_spki(const tls *t, hash32 *ret);         // SHA-256 of the peer's SubjectPublicKeyInfo
bool tls_peer_is(const tls *t, const char *dns_name);  // subjectAltName dNSName match (RFC 6125), no wildcards
void tls_peer_name(const tls *t, char out[static 128]); // subject CN, printable ASCII only, for logs

#endif
