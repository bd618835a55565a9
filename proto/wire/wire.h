// SPDX-License-Identifier: Apache-2.0
// Protobuf within limits. The only door to protobuf-c: rooms above see the
// generated structs (line.pb-c.h, control.pb-c.h) and these functions.
// Owner: decoded messages live in the arena that was given; nothing else is
// allocated. Thread: any. Fails: ERR_LIMIT before unpacking (size, field count,
// depth, string length), ERR_FORMAT for anything protobuf refuses, a
// non-UTF-8 string, or an unknown enum value.
#ifndef TSUNAGU_WIRE_WIRE_H
#define TSUNAGU_WIRE_WIRE_H

#include "control.pb-c.h"
#include "line.pb-c.h"
#include "proto/base/arena.h"
#include "proto/base/span.h"
#include "proto/wire/limits.h"

// Walks the raw bytes against the message's descriptor, counting, without allocating.
MUST_CHECK err wire_check(span bytes, const ProtobufCMessageDescriptor *d, size_t max_bytes);
// wire_check, then unpack into the arena.
MUST_CHECK err wire_decode(span bytes, const ProtobufCMessageDescriptor *d, size_t max_bytes, arena *a,
                           ProtobufCMessage **ret);
#define WIRE_DECODE(bytes, type, TYPE_descriptor, max, a, ret) \
    wire_decode((bytes), &TYPE_descriptor, (max), (a), (ProtobufCMessage **)(ret))
MUST_CHECK err wire_encode(const ProtobufCMessage *m, buf *out); // appends

static inline ProtobufCBinaryData wire_bytes(span s) { return (ProtobufCBinaryData){s.len, (uint8_t *)s.at}; }
static inline span wire_span(ProtobufCBinaryData b) { return (span){b.data, b.len}; }

// The envelope, without protobuf-c's allocation: `body` and `note` borrow from the input.
typedef struct wire_frame {
    uint32_t version, kind, method, deadline_ms, status, credit;
    uint64_t id;
    span body, note;
} wire_frame;
// One frame after its length word. Same bytes as tsunagu.Frame.
MUST_CHECK err wire_frame_decode(span bytes, wire_frame *ret);
// Appends the 4-byte big-endian length word and the frame.
err wire_frame_encode(const wire_frame *f, buf *out);

// Method numbers of the line.
enum {
    METHOD_HELLO = 1, METHOD_PING = 2,
    METHOD_PUBLISH = 10, METHOD_LOOKUP = 11, METHOD_FETCH = 12, METHOD_WITHDRAW = 13,
    METHOD_RULES = 14,
    METHOD_RELEASE = 20, METHOD_STOP = 21, METHOD_RULES_NEW = 22, METHOD_BACK = 23,
    METHOD_LETTER = 30 // both ways
};

#endif
