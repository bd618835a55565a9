// SPDX-License-Identifier: Apache-2.0
// Inside the pact room only: one HPKE message of auth mode, as asks (seal.c) and letters (letter.c) are:
// version 1 | key index 1 | enc 32 | ciphertext; the first two bytes are its aad.
// Owner: buffers are the caller's. Thread: any. Fails: ERR_AUTH, ERR_FORMAT, ERR_LIMIT, ERR_MEM.
#ifndef TSUNAGU_PACT_SEAL_IN_H
#define TSUNAGU_PACT_SEAL_IN_H

#include "proto/pact/seal.h"

#define SEAL_VERSION 1
#define SEAL_HEAD (2 + HPKE_ENC_BYTES) // version, key index, enc

typedef struct seal_reader {
    seal_key *const *own;
    int own_count;
    const uint8_t *const *from;
    int from_count;
} seal_reader;

// ret_context: to export from; hpke_done it. May be NULL.
MUST_CHECK err message_seal(const seal_key *own, const uint8_t to_pub[static KEY_BYTES], span info, span plain,
                            size_t max, buf *sealed, hpke *ret_context);
MUST_CHECK err message_open(const seal_reader *who, span info, span sealed, size_t max, buf *plain,
                            hpke *ret_context, int *ret_from);

#endif
