// SPDX-License-Identifier: Apache-2.0
// rooms: pact
// A ticket from outside: what can be read packs to the same body, and nothing opens
// under a key that signed nothing.
#include <stdlib.h>
#include "proto/pact/ticket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static verify_key *key;
    if (!key) {
        const uint8_t seed[KEY_BYTES] = {42};
        uint8_t pub[KEY_BYTES];
        sign_key *made = NULL;
        if (sign_key_of(seed, &made))
            abort();
        sign_key_public(made, pub);
        sign_key_free(made);
        if (verify_key_of(pub, &key))
            abort();
    }
    ticket t;
    if (ticket_peek(span_of(data, size), &t))
        return 0;
    buf body = {0};
    if (ticket_pack(&t, &body) || body.len > size || !span_eq(buf_span(&body), span_of(data, body.len)))
        abort();
    buf_done(&body);
    verify_key *const keys[] = {key};
    if (ticket_open(span_of(data, size), keys, 1, t.issued, &t) != ERR_AUTH)
        abort();
    return 0;
}
