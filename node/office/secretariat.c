// SPDX-License-Identifier: Apache-2.0
#include "node/office/secretariat.h"

#include <string.h>

#include "node/office/arrivals.h"
#include "node/office/notice.h"

const char *secretariat_node(const policy *p, int union_no)
{
    const char *id = policy_union_text(p, union_no).id, *only = NULL;
    int count = 0;
    for (int i = 0; id[0] && i < policy_node_count(p); i++) {
        policy_node_view v = policy_node_at(p, i);
        if (v.union_no != union_no)
            continue;
        if (strcmp(v.name, id) == 0)
            return v.name;
        only = v.name;
        count++;
    }
    return count == 1 ? only : NULL;
}

static err tell_one(job *j, store_txn *t, const char *name, uint64_t facility, int event, const uint8_t *reference)
{
    Tsunagu__ToldBody body = TSUNAGU__TOLD_BODY__INIT;
    letter say = {.kind = LETTER_TOLD, .from = facility, .to = SECRETARIAT, .to_node = name};
    buf bytes = {.max = LETTER_BODY_MAX};
    if (strcmp(name, j->n->config.name) == 0)
        return notice_tell(j, t, SECRETARIAT, event, reference);
    memcpy(say.thread, reference, LETTER_ID_BYTES);
    body.event = (uint32_t)event;
    err e = wire_encode((const ProtobufCMessage *)&body, &bytes);
    say.body = buf_span(&bytes);
    if (e == OK)
        e = post_back(j, t, &say);
    buf_done(&bytes);
    return e;
}

err secretariat_tell(job *j, store_txn *t, uint64_t facility, int event, const uint8_t *reference)
{
    const policy *p = j->rules->r->p;
    int f = policy_facility(p, facility);
    err e = OK;
    for (int u = 0; f != POLICY_NONE && e == OK && u < policy_union_count(p); u++) {
        const char *name = policy_facility_at(p, f).unions >> u & 1 ? secretariat_node(p, u) : NULL;
        if (name)
            e = tell_one(j, t, name, facility, event, reference);
    }
    return e;
}

err secretariat_take_told(job *j, store_txn *t, const letter *l)
{
    Tsunagu__ToldBody *b;
    if (WIRE_DECODE(l->body, Tsunagu__ToldBody, tsunagu__told_body__descriptor, LETTER_BODY_MAX, &j->memory, &b) != OK ||
        b->event >= FLOW_EVENT_COUNT)
        return ERR_FORMAT;
    if (l->to != SECRETARIAT)
        return arrivals_take_told(j, t, l, (flow_event)b->event);
    if (!(policy_told_of(j->rules->r->p, (flow_event)b->event) >> FLOW_TO_SECRETARIAT & 1))
        return ERR_DENIED; // nothing that a secretariat is told of
    return notice_tell(j, t, SECRETARIAT, (int)b->event, l->thread);
}
