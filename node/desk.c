// SPDX-License-Identifier: Apache-2.0
#include "node/desk.h"

#include "node/disclosing/release.h"
#include "node/flow/flow.h"
#include "node/line/post.h"
#include "node/rulebook/rulebook.h"

typedef struct duty {
    uint32_t method;
    const ProtobufCMessageDescriptor *message;
    size_t body_max; // bytes
    void (*begin)(job *j);
} duty;

static const duty duties[] = {
    {METHOD_RELEASE, &tsunagu__release_request__descriptor, WIRE_TICKET_MAX + WIRE_SEALED_MAX + 128, release_begin},
    {METHOD_STOP, &tsunagu__stop_request__descriptor, 1024, stop_begin},
    {METHOD_LETTER, &tsunagu__letter_request__descriptor, WIRE_LETTER_MAX + 256, letter_begin},
    {METHOD_BACK, &tsunagu__back_request__descriptor, 256, back_begin},
    {METHOD_RULES_NEW, &tsunagu__rules_new_request__descriptor, 1 << 16, rules_new_begin},
};

void desk_request(void *ctx, link_conn *c, link_in *call)
{
    node *n = ctx;
    const duty *d = NULL;
    (void)c;
    for (size_t i = 0; i < sizeof duties / sizeof duties[0]; i++)
        if (duties[i].method == link_in_method(call))
            d = &duties[i];
    if (!d) {
        link_reply(call, ERR_UNSUPPORTED, (span){0}, "the node does not know this method");
        return;
    }
    job *j = job_new(n, NULL, NULL);
    if (!j) {
        link_reply(call, ERR_MEM, (span){0}, NULL);
        return;
    }
    j->call = call;
    err e = wire_decode(link_in_body(call), d->message, d->body_max, &j->memory, (ProtobufCMessage **)&j->request);
    if (e) {
        job_reply(j, e, (span){0});
        job_free(j);
        return;
    }
    d->begin(j);
}
