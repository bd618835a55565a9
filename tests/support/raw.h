// SPDX-License-Identifier: Apache-2.0
// A peer without manners, for tests of the line: blocking sockets, TLS by hand,
// whatever bytes one likes. Owner: raw_open/_close. Thread: one.
#ifndef TSUNAGU_TESTS_RAW_H
#define TSUNAGU_TESTS_RAW_H

#include <stddef.h>
#include "proto/crypto/tls.h"
#include "proto/wire/wire.h"

typedef struct raw {
    int fd;
    tls *session; // NULL: no TLS
    buf in;       // plain bytes heard
} raw;

// Connects; a ctx: and shakes hands and waits for the listener's first frame. False: refused.
bool raw_open(raw *r, uint16_t port, tls_ctx *ctx, const char *host);
void raw_close(raw *r);
bool raw_cipher(raw *r, span bytes);         // straight to the socket
bool raw_plain(raw *r, span bytes);          // encrypted
bool raw_frame(raw *r, const wire_frame *f); // with the version unless it has one
// The ciphertext that raw_plain would send, without sending it.
bool raw_encrypt(raw *r, span bytes, buf *out);
// Waits for the next frame; its spans live until the next call. False: closed, or nothing for ms.
bool raw_hear(raw *r, int ms, wire_frame *ret);
bool raw_closed(raw *r, int ms); // the other side hangs up within ms; what it says before is dropped

#endif
