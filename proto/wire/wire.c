// SPDX-License-Identifier: Apache-2.0
// protobuf-c behind limits. It has no recursion guard, counts nothing, and
// takes any bytes for a string; so the raw bytes are walked first against the
// descriptor, and only what fits is unpacked.
#include <string.h>
#include "proto/base/utf8.h"
#include "proto/wire/wire.h"

typedef struct walk {
    size_t fields;
} walk;

// Bytes fields whose limit is not that of an identifier, and repeated ones with a limit of their own.
static const struct {
    const char *name;
    size_t bytes, count;
} special[] = {
    {"cards", WIRE_CARD_MAX, WIRE_CARDS_MAX},
    {"ticket", WIRE_TICKET_MAX, 0},
    {"sealed", WIRE_SEALED_MAX, 0},
    {"letter", WIRE_LETTER_MAX, 0},
    {"entries", 0, WIRE_MANIFEST_ENTRIES},
    {"lists", 0, WIRE_LISTS_MAX},
    {"data", WIRE_CONTROL_MAX, 0},
    {"body", WIRE_BODY_MAX, 0},
};

static size_t bytes_most(const ProtobufCFieldDescriptor *f)
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (special[i].bytes && !strcmp(f->name, special[i].name))
            return special[i].bytes;
    return WIRE_STRING_MAX;
}

static size_t count_most(const ProtobufCFieldDescriptor *f)
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (special[i].count && !strcmp(f->name, special[i].name))
            return special[i].count;
    return WIRE_FIELDS_MAX;
}

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

static unsigned wire_type_of(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT: return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE: return PROTOBUF_C_WIRE_TYPE_64BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE: return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    default: return PROTOBUF_C_WIRE_TYPE_VARINT;
    }
}

static err number_check(const ProtobufCFieldDescriptor *f, uint64_t v)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_ENUM:
        if (v > INT32_MAX || !protobuf_c_enum_descriptor_get_value(f->descriptor, (int)v))
            return ERR_FORMAT;
        return OK;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_SINT32: return v > UINT32_MAX ? ERR_FORMAT : OK; // would be cut silently
    case PROTOBUF_C_TYPE_BOOL: return v > 1 ? ERR_FORMAT : OK;
    default: return OK;
    }
}

// What a daemon tells of itself may be a long line; what anyone else says may not.
static size_t string_most(const ProtobufCFieldDescriptor *f)
{
    return f == protobuf_c_message_descriptor_get_field_by_name(&tsunagu__control_field__descriptor, "value")
               ? WIRE_VALUE_MAX : WIRE_STRING_MAX;
}

static err string_check(const ProtobufCFieldDescriptor *f, span s)
{
    if (f->type == PROTOBUF_C_TYPE_BYTES)
        return s.len > bytes_most(f) ? ERR_LIMIT : OK;
    if (s.len > WIRE_STRING_MAX && s.len > string_most(f))
        return ERR_LIMIT;
    // protobuf-c hands out C strings: a NUL inside would show one thing and mean another.
    return !s.len || (utf8_valid(s) && !memchr(s.at, 0, s.len)) ? OK : ERR_FORMAT;
}

// Numbers packed into one run of bytes; each counts as a field.
static err packed_check(walk *w, const ProtobufCFieldDescriptor *f, span s)
{
    unsigned type = wire_type_of(f);
    while (s.len) {
        uint64_t v;
        if (++w->fields > WIRE_FIELDS_MAX)
            return ERR_LIMIT;
        if (type == PROTOBUF_C_WIRE_TYPE_VARINT) {
            if (!varint(&s, &v))
                return ERR_FORMAT;
            err e = number_check(f, v);
            if (e)
                return e;
        } else {
            size_t n = type == PROTOBUF_C_WIRE_TYPE_32BIT ? 4 : 8;
            if (s.len < n)
                return ERR_FORMAT;
            s = span_from(s, n);
        }
    }
    return OK;
}

static err message_check(walk *w, span s, const ProtobufCMessageDescriptor *d, unsigned depth);

// The value behind a tag; f is NULL for a field this version does not know.
static err value_check(walk *w, span *s, const ProtobufCFieldDescriptor *f, unsigned type, unsigned depth)
{
    uint64_t v;
    switch (type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        if (!varint(s, &v))
            return ERR_FORMAT;
        return f ? number_check(f, v) : OK;
    case PROTOBUF_C_WIRE_TYPE_64BIT:
    case PROTOBUF_C_WIRE_TYPE_32BIT: {
        size_t n = type == PROTOBUF_C_WIRE_TYPE_32BIT ? 4 : 8;
        if (s->len < n)
            return ERR_FORMAT;
        *s = span_from(*s, n);
        return OK;
    }
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED: break;
    default: return ERR_FORMAT; // groups
    }
    if (!varint(s, &v) || v > s->len)
        return ERR_FORMAT;
    span piece = {s->at, (size_t)v};
    *s = (span){s->at + v, s->len - (size_t)v};
    if (!f)
        return OK;
    if (f->type == PROTOBUF_C_TYPE_MESSAGE)
        return message_check(w, piece, f->descriptor, depth + 1);
    if (f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_BYTES)
        return string_check(f, piece);
    return packed_check(w, f, piece);
}

static err message_check(walk *w, span s, const ProtobufCMessageDescriptor *d, unsigned depth)
{
    if (depth > WIRE_DEPTH_MAX)
        return ERR_LIMIT;
    enum { COUNTED = 32 };
    size_t seen[COUNTED] = {0};
    while (s.len) {
        uint64_t tag;
        if (++w->fields > WIRE_FIELDS_MAX)
            return ERR_LIMIT;
        if (!varint(&s, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
            return ERR_FORMAT;
        unsigned type = (unsigned)(tag & 7);
        const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(d, (unsigned)(tag >> 3));
        if (f) {
            bool list = f->label == PROTOBUF_C_LABEL_REPEATED;
            bool packed = list && type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
            if (type != wire_type_of(f) && !packed)
                return ERR_FORMAT;
            size_t at = (size_t)(f - d->fields);
            if (at < COUNTED && ++seen[at] > (list ? count_most(f) : 1))
                return list ? ERR_LIMIT : ERR_FORMAT; // a value said twice is a trick, not a message
        }
        err e = value_check(w, &s, f, type, depth);
        if (e)
            return e;
    }
    return OK;
}

err wire_check(span bytes, const ProtobufCMessageDescriptor *d, size_t max_bytes)
{
    if (bytes.len > max_bytes)
        return ERR_LIMIT;
    walk w = {0};
    return message_check(&w, bytes, d, 1);
}

// ---- protobuf-c's allocator on an arena ---------------------------------------

typedef struct arena_door {
    arena *a;
    bool full;
} arena_door;

static void *door_alloc(void *ctx, size_t size)
{
    arena_door *door = ctx;
    void *p = arena_get(door->a, size ? size : 1);
    if (!p)
        door->full = true;
    return p;
}

static void door_free(void *ctx, void *p)
{
    (void)ctx;
    (void)p; // all of it goes with the arena
}

err wire_decode(span bytes, const ProtobufCMessageDescriptor *d, size_t max_bytes, arena *a,
                ProtobufCMessage **ret)
{
    err e = wire_check(bytes, d, max_bytes);
    if (e)
        return e;
    arena_door door = {.a = a};
    ProtobufCAllocator allocator = {door_alloc, door_free, &door};
    static const uint8_t none[1];
    ProtobufCMessage *m = protobuf_c_message_unpack(d, &allocator, bytes.len, bytes.at ? bytes.at : none);
    if (!m)
        return !door.full ? ERR_FORMAT : a->limit ? ERR_LIMIT : ERR_MEM;
    *ret = m;
    return OK;
}

err wire_encode(const ProtobufCMessage *m, buf *out)
{
    size_t len = protobuf_c_message_get_packed_size(m);
    err e = buf_reserve(out, len);
    if (e)
        return e;
    out->len += protobuf_c_message_pack(m, out->at + out->len);
    return OK;
}
