// SPDX-License-Identifier: Apache-2.0
#include "policies/workshop/words.h"

#include "proto/base/utf8.h"

void words_column(const char *text, size_t width, buf *out)
{
    size_t w = utf8_width(span_str(text));
    buf_put_str(out, text);
    do
        buf_put_u8(out, ' ');
    while (++w < width);
}
