// SPDX-License-Identifier: Apache-2.0
#include "proto/base/html.h"

#include "proto/base/utf8.h"

// What would let a text change the direction of what stands around it.
static bool turns(uint32_t c)
{
    return c == 0x200e || c == 0x200f || c == 0x061c || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

err html_text(buf *out, const char *text)
{
    for (span rest = span_str(text); rest.len;) {
        uint32_t c = utf8_next(&rest);
        switch (c) {
        case '&': buf_put_str(out, "&amp;"); break;
        case '<': buf_put_str(out, "&lt;"); break;
        case '>': buf_put_str(out, "&gt;"); break;
        case '"': buf_put_str(out, "&quot;"); break;
        case '\'': buf_put_str(out, "&#39;"); break;
        default:
            if (!turns(c))
                utf8_put(out, c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ? ' ' : c);
        }
    }
    return out->sticky;
}

err html_element(buf *out, const char *open, const char *text, const char *close)
{
    buf_put_str(out, open);
    html_text(out, text);
    return buf_put_str(out, close);
}
