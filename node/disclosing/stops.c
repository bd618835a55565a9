// SPDX-License-Identifier: Apache-2.0
#include "node/disclosing/stops.h"

#include <string.h>

#include "node/disclosing/disclosure.h"
#include "node/flow/flow.h"
#include "node/line/uplink.h"
#include "node/office/notice.h"

#define KEY_BYTES_STOP (PSEUDONYM_BYTES + 8)
enum { VALUE_BYTES = 16 };

static span stop_key(const pseudonym *who, uint64_t facility, uint8_t out[static KEY_BYTES_STOP])
{
    memcpy(out, who->at, PSEUDONYM_BYTES);
    be64_put(out + PSEUDONYM_BYTES, facility);
    return span_of(out, KEY_BYTES_STOP);
}

static err stop_get(store_txn *t, const pseudonym *who, uint64_t facility, uint64_t *ret_seq, time_ms *ret_at)
{
    uint8_t key[KEY_BYTES_STOP];
    span value;
    err e = store_get(t, TABLE_STOP, stop_key(who, facility, key), &value);
    if (e == OK && value.len != VALUE_BYTES)
        e = ERR_CORRUPT;
    if (e == OK) {
        *ret_seq = be64_get(value.at);
        *ret_at = (time_ms)be64_get(value.at + 8);
    }
    return e;
}

err stop_covers(store_txn *t, const pseudonym *who, uint64_t facility, time_ms agreed, bool *ret)
{
    uint64_t seq;
    time_ms at;
    err e = stop_get(t, who, facility, &seq, &at);
    if (e == OK || e == ERR_NOT_FOUND)
        *ret = e == OK && at >= agreed;
    return e == ERR_NOT_FOUND ? OK : e;
}

typedef struct since {
    time_ms agreed;
    stop_visit visit;
    void *ctx;
} since;

static err since_one(void *ctx, span key, span value)
{
    const since *s = ctx;
    if (key.len != KEY_BYTES_STOP || value.len != VALUE_BYTES)
        return ERR_CORRUPT;
    if ((time_ms)be64_get(value.at + 8) < s->agreed)
        return OK;
    return s->visit(s->ctx, be64_get(key.at + PSEUDONYM_BYTES));
}

err stops_since(store_txn *t, const pseudonym *who, time_ms agreed, stop_visit visit, void *ctx)
{
    since s = {agreed, visit, ctx};
    return store_walk(t, TABLE_STOP, span_of(who->at, PSEUDONYM_BYTES), (span){0}, since_one, &s);
}

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
    bool any;
    uint8_t reference[NOTICE_REFERENCE];
} concern;

// Which consent it is about: the notice leads there.
static err concerned_one(void *ctx, const consent *c)
{
    concern *k = ctx;
    const consent_scope *s = &c->card.scope;
    if (s->withdrawn || s->at > k->at || !consent_reaches(k->p, s, k->facility))
        return OK;
    k->any = true;
    memcpy(k->reference, s->id, NOTICE_REFERENCE);
    return ERR_CLOSED;
}

// One notice: where it ended requests, they told of it.
static err stop_end(job *j, store_txn *t, const pseudonym *who, uint64_t facility, time_ms at)
{
    concern k = {.p = j->rules->r->p, .facility = facility, .at = at};
    size_t ended = 0;
    err e = j->n->facility ? consent_holders(t, who, concerned_one, &k) : OK;
    if (e == OK)
        e = flow_stopped(j, t, who, facility, at, &ended);
    if (e == OK && k.any && !ended && j->n->notice)
        e = j->n->notice(j, t, j->n->facility, FLOW_EVENT_WITHDRAWN, k.reference);
    return e;
}

err stop_record(job *j, store_txn *t, uint64_t seq, const pseudonym *who, uint64_t facility, time_ms at)
{
    uint8_t key[KEY_BYTES_STOP], value[VALUE_BYTES];
    uint64_t last, old_seq = 0;
    time_ms old_at = INT64_MIN;
    err e = meta_number(t, "stop_seq", &last);
    if (e == OK)
        e = stop_get(t, who, facility, &old_seq, &old_at);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == OK && old_seq == seq && old_at == at && last >= seq)
        return OK; // told again
    // Of two the later one counts: it covers more.
    be64_put(value, seq);
    be64_put(value + 8, (uint64_t)(at > old_at ? at : old_at));
    e = store_put(t, TABLE_STOP, stop_key(who, facility, key), span_of(value, sizeof value));
    if (e == OK && seq > last)
        e = meta_number_put(t, "stop_seq", seq);
    if (e == OK)
        e = stop_log(j, t, who, facility);
    if (e == OK)
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
