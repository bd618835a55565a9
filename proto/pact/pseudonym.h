// SPDX-License-Identifier: Apache-2.0
// A patient's name at the hub: 32 bytes from normalised identity by a keyed
// function whose key the hub does not hold (architecture §4). Everything else
// must not care which function made it; the epoch tells which key did.
// Now: HMAC-SHA256(federation key, "tsunagu pseudonym v1" | epoch | kana family | kana given | birth | sex).
// Kana, birth and sex only: insurance and addresses change. Two people who share
// all three share a pseudonym: which is why a person confirms each candidate.
// Owner: pseudonym_key is wiped by _done. Thread: any.
#ifndef TSUNAGU_PACT_PSEUDONYM_H
#define TSUNAGU_PACT_PSEUDONYM_H

#include "proto/pact/identity.h"

#define PSEUDONYM_BYTES 33 // epoch, then 32
typedef struct pseudonym { uint8_t at[PSEUDONYM_BYTES]; } pseudonym;
typedef struct pseudonym_key { uint8_t epoch, at[32]; } pseudonym_key;

MUST_CHECK err pseudonym_key_load(const char *path, uint8_t epoch, pseudonym_key *ret); // file of mode 0600
void pseudonym_key_done(pseudonym_key *k);
// ERR_FORMAT and the missing field's name: kana, birth and sex are required; ■ in a kana name is refused.
MUST_CHECK err pseudonym_of(const pseudonym_key *k, const identity *i, pseudonym *ret,
                            const char **ret_field);
MUST_CHECK err pseudonym_parse(span bytes, pseudonym *ret); // from the wire
bool pseudonym_same(const pseudonym *a, const pseudonym *b);

// A person's stable id towards others: HMAC(node secret, "tsunagu user v1" | facility | user), 16 bytes.
#define USER_ID_BYTES 16
void user_id_of(const uint8_t node_secret[static 32], uint64_t facility, const char *user,
                uint8_t ret[static USER_ID_BYTES]);

#endif
