// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <utf8proc.h>
#include "proto/base/utf8.h"
#include "proto/text/text.h"

static bool is_ascii(span s)
{
    uint8_t any = 0;
    for (size_t i = 0; i < s.len; i++)
        any |= s.at[i];
    return any < 0x80;
}

err text_nfkc(span utf8, buf *out)
{
    if (is_ascii(utf8))
        return buf_put_span(out, utf8);
    if (!utf8_valid(utf8))
        return ERR_FORMAT;
    utf8proc_uint8_t *normal = NULL;
    utf8proc_ssize_t n = utf8proc_map(utf8.at, (utf8proc_ssize_t)utf8.len, &normal,
                                      UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    if (n < 0)
        return n == UTF8PROC_ERROR_NOMEM ? ERR_MEM : n == UTF8PROC_ERROR_OVERFLOW ? ERR_LIMIT : ERR_FORMAT;
    err e = buf_put(out, normal, (size_t)n);
    free(normal);
    return e;
}
