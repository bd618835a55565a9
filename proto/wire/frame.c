// SPDX-License-Identifier: Apache-2.0
// The envelope by hand: one frame is parsed without a single allocation,
// because every call crosses here twice. Stricter than protobuf-c where it is
// lax (a number wider than its field, a field said twice), otherwise the same bytes.
#include <string.h>
#include "proto/base/utf8.h"
#include "proto/wire/wire.h"

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };
enum { F_VERSION = 1, F_KIND, F_ID, F_METHOD, F_DEADLINE, F_STATUS, F_CREDIT, F_BODY, F_NOTE };
#define FRAME_FIELDS_MAX 64 // nine are known; the rest is room for later versions

static bool varint(span *s, uint64_t *ret)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 10 && i < s->len; i++) {
        uint8_t b = s->at[i];
        if (i == 9 && b > 1)
            return false;
        v |= (uint64_t)(b & 0x7f) << (7 * i);
        if (!(b & 0x80)) {
            *s = (span){s->at + i + 1, s->len - i - 1};
            *ret = v;
            return true;
        }
    }
    return false;
}

static bool take(span *s, size_t n, span *ret)
{
    if (n > s->len)
        return false;
    *ret = (span){s->at, n};
    *s = (span){s->at + n, s->len - n};
    return true;
}

static bool set_number(wire_frame *f, uint64_t field, uint64_t v)
{
    if (field == F_ID) {
        f->id = v;
        return true;
    }
    if (v > UINT32_MAX)
        return false;
    uint32_t n = (uint32_t)v;
    switch (field) {
    case F_VERSION: f->version = n; return true;
    case F_KIND: f->kind = n; return n <= TSUNAGU__KIND__KIND_GOODBYE;
    case F_METHOD: f->method = n; return true;
    case F_DEADLINE: f->deadline_ms = n; return true;
    case F_STATUS: f->status = n; return true;
    case F_CREDIT: f->credit = n; return true;
    default: return false;
    }
}

// One field behind its tag. Unknown ones are stepped over: a later version may add some.
static bool field_get(span *rest, uint64_t field, unsigned type, wire_frame *f)
{
    uint64_t v;
    span piece;
    if (field >= F_VERSION && field <= F_CREDIT)
        return type == VARINT && varint(rest, &v) && set_number(f, field, v);
    switch (type) {
    case VARINT: return field > F_NOTE && varint(rest, &v);
    case FIXED64: return field > F_NOTE && take(rest, 8, &piece);
    case FIXED32: return field > F_NOTE && take(rest, 4, &piece);
    case BYTES: break;
    default: return false;
    }
    if (!varint(rest, &v) || v > rest->len || !take(rest, (size_t)v, &piece))
        return false;
    if (field == F_BODY)
        f->body = piece;
    else if (field == F_NOTE)
        f->note = piece;
    return true;
}

err wire_frame_decode(span bytes, wire_frame *ret)
{
    if (bytes.len > WIRE_FRAME_MAX)
        return ERR_LIMIT;
    wire_frame f = {0};
    span rest = bytes;
    unsigned seen = 0;
    for (unsigned fields = 0; rest.len; fields++) {
        uint64_t tag;
        size_t before = rest.len;
        if (fields == FRAME_FIELDS_MAX)
            return ERR_LIMIT;
        if (!varint(&rest, &tag) || tag > UINT32_MAX || tag >> 3 == 0 || before - rest.len > 5)
            return ERR_FORMAT; // padded tags too: protobuf-c refuses them
        if (tag >> 3 <= F_NOTE) {
            if (seen & 1u << (tag >> 3))
                return ERR_FORMAT; // said twice: two readers might believe two different things
            seen |= 1u << (tag >> 3);
        }
        if (!field_get(&rest, tag >> 3, (unsigned)(tag & 7), &f))
            return ERR_FORMAT;
    }
    if (f.note.len > WIRE_NOTE_MAX)
        return ERR_LIMIT;
    if (f.note.len && (!utf8_valid(f.note) || memchr(f.note.at, 0, f.note.len)))
        return ERR_FORMAT;
    *ret = f;
    return OK;
}

static uint8_t *varint_put(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static uint8_t *number_put(uint8_t *p, unsigned field, uint64_t v)
{
    if (!v) // proto3: a zero is not sent
        return p;
    *p++ = (uint8_t)(field << 3 | VARINT);
    return varint_put(p, v);
}

static uint8_t *bytes_put(uint8_t *p, unsigned field, span s)
{
    if (!s.len)
        return p;
    *p++ = (uint8_t)(field << 3 | BYTES);
    p = varint_put(p, s.len);
    memcpy(p, s.at, s.len);
    return p + s.len;
}

err wire_frame_encode(const wire_frame *f, buf *out)
{
    // Seven numbers of at most 11 bytes and two lengths of at most 6 with their tags.
    size_t most = 4 + 7 * 11 + 2 * 6;
    if (f->body.len > WIRE_FRAME_MAX || f->note.len > WIRE_NOTE_MAX)
        return ERR_LIMIT;
    err e = buf_reserve(out, most + f->body.len + f->note.len);
    if (e)
        return e;
    uint8_t *start = out->at + out->len, *p = start + 4;
    p = number_put(p, F_VERSION, f->version);
    p = number_put(p, F_KIND, f->kind);
    p = number_put(p, F_ID, f->id);
    p = number_put(p, F_METHOD, f->method);
    p = number_put(p, F_DEADLINE, f->deadline_ms);
    p = number_put(p, F_STATUS, f->status);
    p = number_put(p, F_CREDIT, f->credit);
    p = bytes_put(p, F_BODY, f->body);
    p = bytes_put(p, F_NOTE, f->note);
    size_t len = (size_t)(p - start) - 4;
    if (len > WIRE_FRAME_MAX)
        return ERR_LIMIT; // nothing appended: out->len has not moved
    be32_put(start, (uint32_t)len);
    out->len += len + 4;
    return OK;
}
