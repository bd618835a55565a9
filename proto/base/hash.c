// SPDX-License-Identifier: Apache-2.0
#include "proto/base/hash.h"

#include <endian.h>
#include <string.h>

typedef struct sip {
    uint64_t a, b, c, d;
} sip;

static uint64_t le64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v); // one load; a loop of bytes stays one
    return le64toh(v);
}

static uint64_t rotl(uint64_t v, int n)
{
    return v << n | v >> (64 - n);
}

static void rounds(sip *s, int n)
{
    for (int i = 0; i < n; i++) {
        s->a += s->b;
        s->c += s->d;
        s->b = rotl(s->b, 13) ^ s->a;
        s->d = rotl(s->d, 16) ^ s->c;
        s->a = rotl(s->a, 32);
        s->c += s->b;
        s->a += s->d;
        s->b = rotl(s->b, 17) ^ s->c;
        s->d = rotl(s->d, 21) ^ s->a;
        s->c = rotl(s->c, 32);
    }
}

static void absorb(sip *s, uint64_t word)
{
    s->d ^= word;
    rounds(s, 2);
    s->a ^= word;
}

uint64_t siphash(const uint8_t key[static 16], span data)
{
    uint64_t k0 = le64(key), k1 = le64(key + 8);
    sip s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
             k1 ^ 0x7465646279746573u};
    size_t whole = data.len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8)
        absorb(&s, le64(data.at + i));
    uint64_t last = (uint64_t)(data.len & 0xff) << 56;
    for (size_t i = whole; i < data.len; i++)
        last |= (uint64_t)data.at[i] << (8 * (i - whole));
    absorb(&s, last);
    s.c ^= 0xff;
    rounds(&s, 4);
    return s.a ^ s.b ^ s.c ^ s.d;
}
