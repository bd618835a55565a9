// SPDX-License-Identifier: Apache-2.0
// rooms: pact
// A letter from a relay that is not trusted, the same bytes as its plain content, and a receipt.
// Nothing made without the keys opens; what is a letter is written back as it was.
#include <stdlib.h>
#include "proto/pact/letter.h"

static seal_key *key_of(uint8_t second)
{
    const uint8_t priv[KEY_BYTES] = {0, second};
    seal_key *k = NULL;
    if (seal_key_of(priv, &k))
        abort();
    return k;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static seal_key *own[1];
    static uint8_t pub[KEY_BYTES];
    if (!own[0]) {
        seal_key *other = key_of(2);
        seal_key_public(other, pub);
        seal_key_free(other);
        own[0] = key_of(1);
    }
    const uint8_t *const from[] = {pub};
    const letter_envelope env = {1, 2, "a", "b"};
    span bytes = span_of(data, size);
    buf plain = {0}, again = {0};
    letter l = {.from_node = "a"};
    hash32 secret = {{0}};
    err status;
    if (letter_open(&env, own, 1, from, 1, bytes, &plain, &l, &secret) == OK ||
        letter_receipt_open(&secret, bytes, &status) == OK)
        abort();
    if (letter_unpack(bytes, &l) == OK && (letter_pack(&l, &again) != OK || !span_eq(buf_span(&again), bytes)))
        abort();
    buf_done(&plain);
    buf_done(&again);
    return 0;
}
