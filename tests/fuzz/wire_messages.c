// SPDX-License-Identifier: Apache-2.0
// rooms: wire base
// Every message that comes from outside: the first byte chooses which.
#include <stdlib.h>
#include "proto/wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const kinds[] = {
    &tsunagu__hello_request__descriptor,    &tsunagu__hello_reply__descriptor,
    &tsunagu__publish_request__descriptor,  &tsunagu__publish_reply__descriptor,
    &tsunagu__lookup_request__descriptor,   &tsunagu__lookup_reply__descriptor,
    &tsunagu__fetch_request__descriptor,    &tsunagu__withdraw_request__descriptor,
    &tsunagu__withdraw_reply__descriptor,   &tsunagu__release_request__descriptor,
    &tsunagu__stop_request__descriptor,     &tsunagu__stop_reply__descriptor,
    &tsunagu__sealed_ask__descriptor,       &tsunagu__manifest__descriptor,
    &tsunagu__document_head__descriptor,    &tsunagu__control_request__descriptor,
    &tsunagu__control_reply__descriptor,    &tsunagu__log_entry__descriptor,
    &tsunagu__frame__descriptor,            &tsunagu__rules_request__descriptor,
    &tsunagu__rules_reply__descriptor,      &tsunagu__rules_new_request__descriptor,
    &tsunagu__letter_request__descriptor,   &tsunagu__letter_reply__descriptor,
    &tsunagu__back_request__descriptor,     &tsunagu__back_reply__descriptor,
    // What is in a letter, as another node wrote it.
    &tsunagu__request_body__descriptor,     &tsunagu__enquiry_body__descriptor,
    &tsunagu__may_hold_body__descriptor,    &tsunagu__say_body__descriptor,
    &tsunagu__accepted_body__descriptor,    &tsunagu__emergency_told__descriptor,
    &tsunagu__join_body__descriptor,        &tsunagu__join_answer_body__descriptor,
    &tsunagu__leave_body__descriptor,       &tsunagu__told_body__descriptor,
    // What a node keeps of it.
    &tsunagu__filled_form__descriptor,      &tsunagu__request_record__descriptor,
    &tsunagu__request_step__descriptor,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    const ProtobufCMessageDescriptor *d = kinds[data[0] % (sizeof kinds / sizeof *kinds)];
    span bytes = {data + 1, size - 1};
    arena a;
    arena_init(&a, 16u << 20);
    ProtobufCMessage *m = NULL;
    if (wire_decode(bytes, d, WIRE_CONTROL_MAX, &a, &m) == OK) {
        // What was accepted can be written, and is accepted again.
        buf out = {0};
        ProtobufCMessage *again = NULL;
        if (wire_encode(m, &out) != OK || wire_decode(buf_span(&out), d, SIZE_MAX, &a, &again) != OK)
            abort();
        buf_done(&out);
    }
    arena_done(&a);
    return 0;
}
