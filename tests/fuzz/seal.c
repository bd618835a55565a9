// SPDX-License-Identifier: Apache-2.0
// rooms: pact
// A sealed ask and the pieces of an answer, from a relay that is not trusted. The first byte
// chooses: an ask, or pieces with two-byte lengths. Nothing made without the keys opens.
#include <stdlib.h>
#include "proto/pact/seal.h"

static seal_key *key_of(uint8_t second)
{
    const uint8_t priv[KEY_BYTES] = {0, second}; // the first byte has bits that are ignored
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
    reader r = reader_of(span_of(data, size));
    buf plain = {0};
    hash32 ask = {{0}};
    if (read_u8(&r) == 0) {
        int which = 0;
        if (ask_open(own, 1, from, 1, SPAN_LIT("ticket"), r.rest, &plain, &ask, &which) == OK)
            abort();
    } else {
        seal_stream s;
        bool last = false;
        if (open_stream_begin(&s, &ask))
            abort();
        for (int i = 0; i < 8 && r.rest.len && !r.bad; i++) {
            span piece = read_bytes(&r, read_u16(&r));
            if (open_stream_take(&s, own, 1, from, 1, SPAN_LIT("ticket"), piece, &plain, &last) == OK)
                abort();
        }
        seal_stream_done(&s);
    }
    if (plain.len)
        abort();
    buf_done(&plain);
    return 0;
}
