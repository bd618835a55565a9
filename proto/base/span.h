// SPDX-License-Identifier: Apache-2.0
// Bytes: a span borrows, a buf owns.
// Owner: a span never owns; whoever handed it says how long it lives. A buf is
// freed by buf_done. Thread: values, any. Fails: growth (ERR_MEM, ERR_LIMIT).
#ifndef TSUNAGU_BASE_SPAN_H
#define TSUNAGU_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "proto/base/err.h"

typedef struct span {
    const uint8_t *at;
    size_t len;
} span;

#define SPAN_LIT(s) ((span){(const uint8_t *)(s), sizeof(s) - 1})
span span_of(const void *at, size_t len);
span span_str(const char *s); // borrows; NULL gives an empty span
bool span_eq(span a, span b); // not constant-time: crypto_same for secrets
int span_cmp(span a, span b); // memcmp order, shorter first
span span_from(span s, size_t skip);           // beyond the end: empty
span span_cut(span s, size_t from, size_t len); // clamped
// Copies as a NUL-terminated string. ERR_LIMIT if it does not fit, ERR_FORMAT on an inner NUL.
MUST_CHECK err span_to_str(span s, char *out, size_t cap);

// A growing byte array. {0} is a valid empty one. `sticky` keeps the first
// failure, so that an encoder may write ten things and check once.
typedef struct buf {
    uint8_t *at;
    size_t len, cap;
    size_t max; // 0: BUF_MAX_DEFAULT
    err sticky;
} buf;

#define BUF_MAX_DEFAULT (256u << 20)
void buf_done(buf *b);  // frees, leaves {0}
void buf_wipe(buf *b);  // the same for secrets: overwritten first
void buf_clear(buf *b); // keeps the memory
span buf_span(const buf *b);
// All buf_put* record failure in b->sticky and return it.
err buf_reserve(buf *b, size_t more);
err buf_put(buf *b, const void *at, size_t len);
err buf_put_span(buf *b, span s);
err buf_put_str(buf *b, const char *s);
err buf_printf(buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
err buf_put_u8(buf *b, uint8_t v);
err buf_put_u16(buf *b, uint16_t v); // big-endian, all of them
err buf_put_u32(buf *b, uint32_t v);
err buf_put_u64(buf *b, uint64_t v);
err buf_put_hex(buf *b, span s);
void buf_drop_front(buf *b, size_t n);
// NUL-terminates (the NUL is not counted in len) and returns the string, or "" after a failure.
const char *buf_str(buf *b);

// A reader over borrowed bytes, sticky too: after the first short read every
// get returns 0 and r->bad stays true.
typedef struct reader {
    span rest;
    bool bad;
} reader;
reader reader_of(span s);
uint8_t read_u8(reader *r);
uint16_t read_u16(reader *r);
uint32_t read_u32(reader *r);
uint64_t read_u64(reader *r);
span read_bytes(reader *r, size_t n);
void read_into(reader *r, void *out, size_t n); // zero-fills when short
bool read_at_end(const reader *r);              // everything read and nothing bad

void be16_put(uint8_t *p, uint16_t v);
void be32_put(uint8_t *p, uint32_t v);
void be64_put(uint8_t *p, uint64_t v);
uint16_t be16_get(const uint8_t *p);
uint32_t be32_get(const uint8_t *p);
uint64_t be64_get(const uint8_t *p);

void hex_put(char *out, span s); // writes 2*len+1 bytes
// Reads exactly 2*len hex digits. ERR_FORMAT otherwise.
MUST_CHECK err hex_get(span hex, uint8_t *out, size_t len);

#endif
