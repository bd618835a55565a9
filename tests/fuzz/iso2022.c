// SPDX-License-Identifier: Apache-2.0
// rooms: text
#include <stdlib.h>
#include "proto/base/utf8.h"
#include "proto/text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    buf text = {0}, back = {0}, again = {0}, normal = {0}, other = {0};
    iso2022_report r;
    if (iso2022_decode(span_of(data, size), &text, &r) || !utf8_valid(buf_span(&text)))
        abort();
    // Whatever was read can be written, and what is written is clean.
    if (iso2022_encode(buf_span(&text), &back, &r))
        abort();
    if (iso2022_decode(buf_span(&back), &again, &r) || r.bad || r.shifted_at_end)
        abort();
    if (text_nfkc(buf_span(&text), &normal) || !utf8_valid(buf_span(&normal)))
        abort();
    err e = cp932_decode(span_of(data, size), &other);
    if (e == OK ? !utf8_valid(buf_span(&other)) : other.len != 0)
        abort();
    buf_done(&text);
    buf_done(&back);
    buf_done(&again);
    buf_done(&normal);
    buf_done(&other);
    return 0;
}
