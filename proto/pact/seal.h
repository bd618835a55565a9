// SPDX-License-Identifier: Apache-2.0
// What nodes say to each other through the hub. An ask is one HPKE message
// (auth mode: the asker's static key, as the membership list names it) to the disclosing
// node; its answer is one HPKE context (auth mode, the discloser's static key)
// whose messages are the stream's chunks, each saying whether it is the last, so that a cut is seen.
// Both are bound to the ticket: info = label | SHA-256(ticket); the answer also to SHA-256(ask).
// Layout of an ask: version 1 | key index 1 | enc 32 | ciphertext; the first two bytes are its aad.
// Labels: "tsunagu ask v1", "tsunagu answer v1". The key index names the receiver's key.
// Layout of an answer's first chunk: version 1 | key index 1 | enc 32 | piece; further ones: piece.
// A piece: type 1 (0 more, 1 last) is authenticated as aad and sent before the ciphertext.
// Owner: seal_stream in the caller's memory, seal_stream_done wipes. Thread: one.
// Fails: ERR_AUTH, ERR_FORMAT, ERR_LIMIT; ERR_CLOSED for pieces after the last.
#ifndef TSUNAGU_PACT_SEAL_H
#define TSUNAGU_PACT_SEAL_H

#include "proto/crypto/hpke.h"
#include "proto/crypto/hash.h"

#define SEAL_OVERHEAD 64 // at most, a piece's bytes beyond its plain ones

typedef struct seal_stream {
    hpke context;
    bool first, ended; // ended: the last piece was put or taken; a stream without it was cut
    err failed;        // a piece that did not fit ends the stream for good
    uint8_t key_index;
    uint8_t enc[HPKE_ENC_BYTES];
    hash32 ask;
} seal_stream;

// Key lists: one or two keys, the newest last; a message names which one
// it is for by the first byte of SHA-256(public key).
MUST_CHECK err ask_seal(const seal_key *own, const uint8_t to_pub[static KEY_BYTES], span ticket, span plain,
                        buf *sealed, hash32 *ret_ask);
MUST_CHECK err ask_open(seal_key *const *own, int own_count, const uint8_t *const *from_pubs, int from_count,
                        span ticket, span sealed, buf *plain, hash32 *ret_ask,
                        int *ret_from); // which sender key it was

MUST_CHECK err seal_stream_begin(seal_stream *s, const seal_key *own, const uint8_t to_pub[static KEY_BYTES],
                                 span ticket, const hash32 *ask);
// Appends one chunk for the line.
MUST_CHECK err seal_stream_put(seal_stream *s, span plain, bool last, buf *out);
void seal_stream_done(seal_stream *s);

MUST_CHECK err open_stream_begin(seal_stream *s, const hash32 *ask);
// Takes one chunk as it came; appends its plain bytes. The first one sets the context up.
MUST_CHECK err open_stream_take(seal_stream *s, seal_key *const *own, int own_count,
                                const uint8_t *const *from_pubs, int from_count, span ticket, span chunk,
                                buf *plain, bool *ret_last);

#endif
