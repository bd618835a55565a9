// SPDX-License-Identifier: Apache-2.0
#include "hub/desk.h"

#include "hub/handout.h"

typedef struct duty {
    uint32_t method;
    const ProtobufCMessageDescriptor *message;
    size_t body_max; // bytes
    err (*ready)(job *j);
    duty_run run;
    duty_answer answer;
} duty;

static const duty duties[] = {
    {METHOD_HELLO, &tsunagu__hello_request__descriptor, 1024, NULL, hello_run, hello_answer},
    {METHOD_PUBLISH, &tsunagu__publish_request__descriptor, WIRE_BODY_MAX, NULL, publish_run, publish_answer},
    {METHOD_LOOKUP, &tsunagu__lookup_request__descriptor, 1024, NULL, lookup_run, lookup_answer},
    {METHOD_FETCH, &tsunagu__fetch_request__descriptor, WIRE_TICKET_MAX + WIRE_SEALED_MAX + 64, fetch_ready,
     fetch_run, fetch_answer},
    {METHOD_WITHDRAW, &tsunagu__withdraw_request__descriptor, 1024, NULL, withdraw_run, withdraw_answer},
    {METHOD_LETTER, &tsunagu__letter_request__descriptor, WIRE_LETTER_MAX + 256, NULL, letter_run, letter_answer},
};

static const duty *duty_find(uint32_t method)
{
    for (size_t i = 0; i < sizeof duties / sizeof duties[0]; i++)
        if (duties[i].method == method)
            return &duties[i];
    return NULL;
}

static void serve(hub *h, link_conn *c, link_in *call)
{
    session *s = link_conn_user(c);
    if (link_in_method(call) == METHOD_RULES) {
        handout_serve(h, s, call);
        return;
    }
    const duty *d = duty_find(link_in_method(call));
    if (!d) {
        link_reply(call, ERR_UNSUPPORTED, (span){0}, "the hub does not know this method");
        return;
    }
    job *j = job_new(h, s, call, d->run, d->answer);
    if (!j) {
        link_reply(call, ERR_MEM, (span){0}, NULL);
        return;
    }
    err e = wire_decode(link_in_body(call), d->message, d->body_max, &j->memory,
                        (ProtobufCMessage **)&j->request);
    if (e == OK && d->ready) {
        writer_wake(h->write); // this takes long: nobody before us waits for it
        e = d->ready(j);
    }
    if (e) {
        job_reply(j, e, (span){0});
        job_free(j);
        return;
    }
    job_queue(j);
}

void desk_request(void *ctx, link_conn *c, link_in *call)
{
    hub *h = ctx;
    // Requests that came together go to the writer together: one commit, one signature.
    bool more = link_in_more(call);
    serve(h, c, call);
    if (!more)
        writer_wake(h->write);
}
