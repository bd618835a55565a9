// SPDX-License-Identifier: Apache-2.0
#include "proto/base/span.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_done(buf *b)
{
    if (!b)
        return;
    free(b->at);
    *b = (buf){0};
}

void buf_wipe(buf *b)
{
    if (b && b->at)
        explicit_bzero(b->at, b->cap);
    buf_done(b);
}

void buf_clear(buf *b)
{
    b->len = 0;
    b->sticky = OK;
}

span buf_span(const buf *b)
{
    return (span){b->at, b->len};
}

static err fail(buf *b, err e)
{
    if (!b->sticky)
        b->sticky = e;
    return b->sticky;
}

err buf_reserve(buf *b, size_t more)
{
    if (b->sticky)
        return b->sticky;
    if (more <= b->cap - b->len)
        return OK;
    size_t max = b->max ? b->max : BUF_MAX_DEFAULT;
    if (max > SIZE_MAX / 4)
        max = SIZE_MAX / 4; // so that doubling cannot wrap
    if (b->len > max || more > max - b->len)
        return fail(b, ERR_LIMIT);
    size_t need = b->len + more;
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap < need)
        cap *= 2;
    if (cap > max)
        cap = max;
    // One byte beyond the capacity is always there for the NUL of buf_str.
    uint8_t *at = realloc(b->at, cap + 1);
    if (!at)
        return fail(b, ERR_MEM);
    b->at = at;
    b->cap = cap;
    return OK;
}

err buf_put(buf *b, const void *at, size_t len)
{
    err e = buf_reserve(b, len);
    if (e || len == 0)
        return e;
    memcpy(b->at + b->len, at, len);
    b->len += len;
    return OK;
}

err buf_put_span(buf *b, span s)
{
    return buf_put(b, s.at, s.len);
}

err buf_put_str(buf *b, const char *s)
{
    return buf_put_span(b, span_str(s));
}

err buf_printf(buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    err e = n < 0 ? fail(b, ERR_INTERNAL) : buf_reserve(b, (size_t)n);
    if (!e && n > 0) {
        // The spare byte beyond the capacity takes vsnprintf's NUL.
        vsnprintf((char *)b->at + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
    return e;
}

err buf_put_u8(buf *b, uint8_t v)
{
    return buf_put(b, &v, 1);
}

err buf_put_u16(buf *b, uint16_t v)
{
    uint8_t bytes[2];
    be16_put(bytes, v);
    return buf_put(b, bytes, sizeof bytes);
}

err buf_put_u32(buf *b, uint32_t v)
{
    uint8_t bytes[4];
    be32_put(bytes, v);
    return buf_put(b, bytes, sizeof bytes);
}

err buf_put_u64(buf *b, uint64_t v)
{
    uint8_t bytes[8];
    be64_put(bytes, v);
    return buf_put(b, bytes, sizeof bytes);
}

err buf_put_hex(buf *b, span s)
{
    if (s.len > SIZE_MAX / 2)
        return fail(b, ERR_LIMIT);
    err e = buf_reserve(b, 2 * s.len);
    if (e || s.len == 0)
        return e;
    hex_put((char *)b->at + b->len, s);
    b->len += 2 * s.len;
    return OK;
}

void buf_drop_front(buf *b, size_t n)
{
    if (n >= b->len) {
        b->len = 0;
        return;
    }
    memmove(b->at, b->at + n, b->len - n);
    b->len -= n;
}

const char *buf_str(buf *b)
{
    if (b->sticky || !b->at)
        return "";
    b->at[b->len] = '\0';
    return (const char *)b->at;
}
