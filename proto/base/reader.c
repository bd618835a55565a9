// SPDX-License-Identifier: Apache-2.0
#include "proto/base/span.h"

#include <string.h>

reader reader_of(span s)
{
    return (reader){.rest = s};
}

span read_bytes(reader *r, size_t n)
{
    if (r->bad || n > r->rest.len) {
        r->bad = true;
        return (span){0};
    }
    span got = {r->rest.at, n};
    r->rest = span_from(r->rest, n);
    return got;
}

uint8_t read_u8(reader *r)
{
    span s = read_bytes(r, 1);
    return s.len ? s.at[0] : 0;
}

uint16_t read_u16(reader *r)
{
    span s = read_bytes(r, 2);
    return s.len ? be16_get(s.at) : 0;
}

uint32_t read_u32(reader *r)
{
    span s = read_bytes(r, 4);
    return s.len ? be32_get(s.at) : 0;
}

uint64_t read_u64(reader *r)
{
    span s = read_bytes(r, 8);
    return s.len ? be64_get(s.at) : 0;
}

void read_into(reader *r, void *out, size_t n)
{
    if (n == 0)
        return;
    span s = read_bytes(r, n);
    if (s.len)
        memcpy(out, s.at, n);
    else
        memset(out, 0, n);
}

bool read_at_end(const reader *r)
{
    return !r->bad && r->rest.len == 0;
}

void be16_put(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void be32_put(uint8_t *p, uint32_t v)
{
    be16_put(p, (uint16_t)(v >> 16));
    be16_put(p + 2, (uint16_t)v);
}

void be64_put(uint8_t *p, uint64_t v)
{
    be32_put(p, (uint32_t)(v >> 32));
    be32_put(p + 4, (uint32_t)v);
}

uint16_t be16_get(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t be32_get(const uint8_t *p)
{
    return (uint32_t)be16_get(p) << 16 | be16_get(p + 2);
}

uint64_t be64_get(const uint8_t *p)
{
    return (uint64_t)be32_get(p) << 32 | be32_get(p + 4);
}
