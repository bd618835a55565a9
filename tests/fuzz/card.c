// SPDX-License-Identifier: Apache-2.0
// rooms: pact
// A card from outside: whatever is accepted is canonical, byte for byte.
#include <stdlib.h>
#include "proto/pact/card.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    card c;
    if (card_unpack(span_of(data, size), &c))
        return 0;
    buf again = {0};
    if (card_pack(&c, &again) || !span_eq(buf_span(&again), span_of(data, size)))
        abort();
    buf_done(&again);
    const char *const unions[] = {"tmnit"};
    consent_covers(&c.scope, 1, unions, 1, c.registered_on);
    // Marking keeps it a card.
    card_mark(&c, (int)(size % CARD_CATEGORIES), (day)(size * 37));
    if (card_pack(&c, &again) == ERR_FORMAT)
        abort();
    buf_done(&again);
    return 0;
}
