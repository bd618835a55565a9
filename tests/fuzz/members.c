// SPDX-License-Identifier: Apache-2.0
// rooms: ratify
// A membership list from anybody: what is read is written again as the same bytes.
#include <stdlib.h>

#include "policies/ratify/members.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    members m;
    hash32 hash;
    buf again = {0};
    if (members_read(span_of(data, size), &m))
        return 0;
    if (members_put(&m, &again) != OK || !span_eq(buf_span(&again), span_of(data, size)))
        abort(); // a second spelling
    if (members_hash(&m, &hash) != OK)
        abort();
    buf_done(&again);
    members_done(&m);
    return 0;
}
