// SPDX-License-Identifier: Apache-2.0
// How a disclosure that a request opened ends, or changes, for other reasons than its own letters: at the
// hospital's desk, at the hub's word, by the calendar. Consent and requests end together; the clinics hear of it.
#include <string.h>

#include "node/flow/flow.h"

// Ids first, steps afterwards: a visitor may not write.
typedef struct gathered {
    buf ids;
    const uint8_t *except;
    const pseudonym *who; // or NULL: any
    uint64_t other;       // or 0
    request_side side;
} gathered;

static err gather_one(void *ctx, const request *r)
{
    gathered *g = ctx;
    pseudonym p;
    if (r->side != g->side || request_over((request_state)r->state) || (g->other && r->other != g->other) ||
        (g->except && memcmp(g->except, r->id.data, REQUEST_ID_BYTES) == 0))
        return OK;
    if (g->who && (pseudonym_parse(wire_span(r->body->pseudonym), &p) != OK || !pseudonym_same(&p, g->who)))
        return OK;
    return buf_put_span(&g->ids, span_of(r->id.data, REQUEST_ID_BYTES));
}

static letter_kind letter_of(request_event e)
{
    return e == REQUEST_WITHDRAW ? LETTER_WITHDRAWAL : e == REQUEST_OBJECT ? LETTER_OBJECTION :
           e == REQUEST_CHANGE   ? LETTER_CHANGE     : LETTER_ENDED;
}

static err step_told(job *j, store_txn *t, request *r, request_event e, request_side by, const char *who,
                     const char *text)
{
    requests q = flow_of(j);
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    say.text = (char *)text;
    say.staff = (char *)who;
    err x = requests_step(&q, t, r, e, by, who, text, j->now);
    return x ? x : flow_post(j, t, r, letter_of(e), (const ProtobufCMessage *)&say);
}

static err each_told(job *j, store_txn *t, const gathered *g, request_event e, request_side by, const char *who,
                     const char *text)
{
    requests q = flow_of(j);
    err x = OK;
    for (size_t i = 0; x == OK && i + REQUEST_ID_BYTES <= g->ids.len; i += REQUEST_ID_BYTES) {
        request *r;
        x = requests_get(&q, t, g->ids.at + i, &j->memory, &r);
        if (x == OK && requests_may(r, e, by) == OK)
            x = step_told(j, t, r, e, by, who, text);
    }
    return x;
}

err flow_chart_end(job *j, store_txn *t, const char *chart, request_event e, request_side by, const char *who,
                   const char *text)
{
    requests q = flow_of(j);
    gathered g = {.side = REQUEST_HOSPITAL};
    err x = requests_of(&q, t, REQUEST_HOSPITAL, j->n->facility, chart, gather_one, &g);
    if (x == OK)
        x = each_told(j, t, &g, e, by, who, text);
    buf_done(&g.ids);
    return x;
}

err flow_chart_changed(job *j, store_txn *t, const char *chart, const uint8_t *except, const char *who)
{
    requests q = flow_of(j);
    gathered g = {.side = REQUEST_HOSPITAL, .except = except};
    err x = requests_of(&q, t, REQUEST_HOSPITAL, j->n->facility, chart, gather_one, &g);
    for (size_t i = 0; x == OK && i + REQUEST_ID_BYTES <= g.ids.len; i += REQUEST_ID_BYTES) {
        request *r;
        x = requests_get(&q, t, g.ids.at + i, &j->memory, &r);
        // One that waits for a person, or for the hub, says what holds when it comes to its end.
        if (x == OK && (r->state == REQUEST_DISCLOSED || r->state == REQUEST_COMPLETED))
            x = step_told(j, t, r, REQUEST_CHANGE, REQUEST_HOSPITAL, who, "");
    }
    buf_done(&g.ids);
    return x;
}

// Agreed to after the withdrawal: it is not meant.
static err stopped_one(job *j, store_txn *t, request *r, time_ms at, size_t *ended)
{
    consent c;
    err e = r->chart[0] ? consent_get(t, span_str(r->chart), &c) : ERR_NOT_FOUND;
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    time_ms agreed = e == OK && !c.card.scope.withdrawn && r->consent.len ? c.card.scope.at : r->made_ms;
    if (agreed > at || requests_may(r, REQUEST_WITHDRAW, REQUEST_CLINIC) != OK)
        return OK;
    e = step_told(j, t, r, REQUEST_WITHDRAW, REQUEST_CLINIC, "", "");
    ++*ended;
    return e ? e : flow_close(j, t, r, "clinic");
}

err flow_stopped(job *j, store_txn *t, const pseudonym *who, uint64_t facility, time_ms at, size_t *ret_ended)
{
    size_t ended = 0;
    requests q = flow_of(j);
    gathered g = {.side = REQUEST_HOSPITAL, .who = who, .other = facility};
    err x = j->n->facility ? requests_all(&q, t, j->n->facility, gather_one, &g) : OK;
    for (size_t i = 0; x == OK && i + REQUEST_ID_BYTES <= g.ids.len; i += REQUEST_ID_BYTES) {
        request *r;
        x = requests_get(&q, t, g.ids.at + i, &j->memory, &r);
        if (x == OK)
            x = stopped_one(j, t, r, at, &ended);
    }
    buf_done(&g.ids);
    if (x == OK)
        *ret_ended = ended;
    return x;
}

err flow_own_withdrawn(job *j, store_txn *t, uint64_t facility, const pseudonym *who, const char *staff)
{
    requests q = flow_of(j);
    gathered g = {.side = REQUEST_CLINIC, .who = who};
    err x = requests_all(&q, t, facility, gather_one, &g);
    for (size_t i = 0; x == OK && i + REQUEST_ID_BYTES <= g.ids.len; i += REQUEST_ID_BYTES) {
        request *r;
        x = requests_get(&q, t, g.ids.at + i, &j->memory, &r);
        if (x == OK && requests_may(r, REQUEST_WITHDRAW, REQUEST_CLINIC) == OK)
            x = step_told(j, t, r, REQUEST_WITHDRAW, REQUEST_CLINIC, staff, "");
        else if (x == OK && requests_may(r, REQUEST_CANCEL, REQUEST_CLINIC) == OK) // nobody knows of it yet
            x = requests_step(&q, t, r, REQUEST_CANCEL, REQUEST_CLINIC, staff, "", j->now);
    }
    buf_done(&g.ids);
    return x;
}
