// SPDX-License-Identifier: Apache-2.0
// rooms: forms
// A packed filled form from outside: what can be unpacked packs to the same bytes, and comes
// back from its file the same; else it may be a file itself.
#include <stdlib.h>
#include <string.h>

#include "policies/forms/filled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    filled f;
    buf again = {0};
    diag d = {0};
    if (form_unpack(span_of(data, size), &f) == OK) {
        if (form_pack(&f, &again) || !span_eq(buf_span(&again), span_of(data, size)))
            abort();
        filled_done(&f);
    } else if (form_read(span_of(data, size), "-", &d, &f) == OK) {
        buf packed = {0};
        filled back;
        if (form_pack(&f, &packed) == OK) {
            if (form_unpack(buf_span(&packed), &back))
                abort(); // what was packed here must be taken
            filled_done(&back);
        }
        buf_done(&packed);
        filled_done(&f);
    }
    diag_done(&d);
    buf_done(&again);
    return 0;
}
