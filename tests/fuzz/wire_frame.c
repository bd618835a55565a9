// SPDX-License-Identifier: Apache-2.0
// rooms: wire base
// What our decoder of the envelope accepts, protobuf-c must accept with the
// same values; and written again it must be the same frame.
#include <stdlib.h>
#include <string.h>
#include "proto/wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool yes)
{
    if (!yes)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wire_frame f, again;
    if (wire_frame_decode((span){data, size}, &f))
        return 0;
    Tsunagu__Frame *m = tsunagu__frame__unpack(NULL, size, data);
    must(m != NULL);
    must(m->version == f.version && (uint32_t)m->kind == f.kind && m->id == f.id && m->method == f.method);
    must(m->deadline_ms == f.deadline_ms && m->status == f.status && m->credit == f.credit);
    must(span_eq(wire_span(m->body), f.body) && span_eq(span_str(m->note), f.note));
    tsunagu__frame__free_unpacked(m, NULL);
    buf out = {0};
    must(wire_frame_encode(&f, &out) == OK);
    must(wire_frame_decode(span_from(buf_span(&out), 4), &again) == OK);
    must(again.version == f.version && again.kind == f.kind && again.id == f.id && again.method == f.method);
    must(again.deadline_ms == f.deadline_ms && again.status == f.status && again.credit == f.credit);
    must(span_eq(again.body, f.body) && span_eq(again.note, f.note));
    buf_done(&out);
    return 0;
}
