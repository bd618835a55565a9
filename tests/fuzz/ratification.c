// SPDX-License-Identifier: Apache-2.0
// rooms: ratify
// A record from outside: what can be read writes itself again, once sorted, byte for byte.
#include <stdlib.h>

#include "policies/ratify/ratify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ratification r, again;
    buf once = {0}, twice = {0};
    if (ratification_read(span_of(data, size), &r))
        return 0;
    if (!ratification_is(span_of(data, size)) || ratification_put(&r, &once) || once.len != size)
        abort(); // only the order may differ
    if (ratification_read(buf_span(&once), &again) || ratification_put(&again, &twice) ||
        !span_eq(buf_span(&once), buf_span(&twice)) || again.count != r.count)
        abort();
    ratification_done(&r);
    ratification_done(&again);
    buf_done(&once);
    buf_done(&twice);
    return 0;
}
