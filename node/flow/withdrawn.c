// SPDX-License-Identifier: Apache-2.0
// The patient withdrew at a viewing facility, and the hub says so: what this hospital disclosed to it ends.
#include <string.h>

#include "node/disclosing/stops.h"
#include "node/flow/flow.h"
#include "node/line/uplink.h"
#include "node/notices/notices.h"
#include "node/office/notice.h"

static err stop_log(job *j, store_txn *t, const pseudonym *who, uint64_t facility)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    e.event = EVENT_STOP_TOLD;
    e.facility = facility;
    e.source = j->n->facility;
    e.pseudonym = wire_bytes(span_of(who->at, PSEUDONYM_BYTES));
    return job_log(j, t, &e);
}

typedef struct concern {
    const policy *p;
    uint64_t facility;
    time_ms at;
    size_t count;
    struct { uint64_t source; uint8_t reference[NOTICE_REFERENCE]; } items[FLOW_ENDED];
} concern;

// Which consents it is about, one of each facility here: the notices lead there.
static err concerned_one(void *ctx, const consent *c)
{
    concern *k = ctx;
    const consent_scope *s = &c->card.scope;
    if (s->withdrawn || s->at > k->at || !consent_reaches(k->p, s, k->facility))
        return OK;
    for (size_t i = 0; i < k->count; i++)
        if (k->items[i].source == c->card.facility)
            return OK;
    k->items[k->count].source = c->card.facility;
    memcpy(k->items[k->count++].reference, s->id, NOTICE_REFERENCE);
    return k->count == FLOW_ENDED ? ERR_CLOSED : OK;
}

// One notice each: where it ended requests, they told of it.
static err stop_end(job *j, store_txn *t, const pseudonym *who, uint64_t facility, time_ms at)
{
    const uint32_t mine = 1u << FLOW_TO_DISCLOSING;
    concern k = {.p = j->rules->r->p, .facility = facility, .at = at};
    flow_ended ended;
    err e = consent_holders(t, who, concerned_one, &k);
    if (e == OK)
        e = flow_stopped(j, t, who, facility, at, &ended);
    for (size_t i = 0; e == OK && i < k.count; i++)
        if (!flow_has_ended(&ended, k.items[i].source))
            e = notice_side(j, t, k.items[i].source, mine, FLOW_EVENT_WITHDRAWN, k.items[i].reference);
    return e;
}

err stop_record(job *j, store_txn *t, uint64_t seq, const pseudonym *who, uint64_t facility, time_ms at)
{
    bool fresh;
    err e = stop_put(t, seq, who, facility, at, &fresh);
    if (e == OK && fresh)
        e = stop_log(j, t, who, facility);
    if (e == OK && fresh)
        e = stop_end(j, t, who, facility, at);
    return job_store_err(e);
}

static err stop_run(job *j, store_txn *t)
{
    const Tsunagu__StopRequest *q = j->request;
    pseudonym who;
    if (pseudonym_parse(wire_span(q->pseudonym), &who) != OK)
        return ERR_FORMAT;
    return stop_record(j, t, q->stop_seq, &who, q->facility, q->at_ms);
}

static void stop_answer(job *j, err e)
{
    job_reply(j, e, (span){0}); // StopReply has no fields: no bytes
    if (e == OK) {
        uplink_pump(j->n);
        post_pump(j->n);
    }
}

void stop_begin(job *j)
{
    j->run = stop_run;
    j->answer = stop_answer;
    job_submit(j);
}
