// SPDX-License-Identifier: Apache-2.0
// How a disclosure that a request opened ends, or changes, for other reasons than its own letters: at the
// hospital's desk, at the hub's word, by the calendar. Consent and requests end together; the clinics hear of it.
#include <string.h>

#include "node/flow/patient.h"
#include "node/flow/flow.h"
#include "node/office/notice.h"

// Ids first, steps afterwards: a visitor may not write.
typedef struct gathered {
    buf ids;
    const uint8_t *except;
    uint64_t own, other; // or 0: any
    request_side side;
} gathered;

static err gather_one(void *ctx, const request *r)
{
    gathered *g = ctx;
    if (r->side != g->side || request_over((request_state)r->state) || (g->other && r->other != g->other) ||
        (g->own && r->own != g->own) || (g->except && memcmp(g->except, r->id.data, REQUEST_ID_BYTES) == 0))
        return OK;
    return buf_put_span(&g->ids, span_of(r->id.data, REQUEST_ID_BYTES));
}

static letter_kind letter_of(request_event e)
{
    return e == REQUEST_WITHDRAW ? LETTER_WITHDRAWAL : e == REQUEST_OBJECT ? LETTER_OBJECTION :
           e == REQUEST_CHANGE   ? LETTER_CHANGE     : LETTER_ENDED;
}

// The other side is told by a letter; this one by a notice for each, or by one of the caller's for all of them.
static err step_told(job *j, store_txn *t, const requests *q, request *r, request_event e, request_side by,
                     const char *who, const char *text)
{
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    say.text = (char *)text;
    say.staff = (char *)who;
    err x = requests_step(q, t, r, e, by, who, text, j->now);
    return x ? x : flow_post(j, t, r, letter_of(e), (const ProtobufCMessage *)&say);
}

static err each_told(job *j, store_txn *t, const requests *q, const gathered *g, request_event e, request_side by,
                     const char *who, const char *text)
{
    err x = OK;
    for (size_t i = 0; x == OK && i + REQUEST_ID_BYTES <= g->ids.len; i += REQUEST_ID_BYTES) {
        request *r;
        x = requests_get(q, t, g->ids.at + i, &j->memory, &r);
        if (x == OK && requests_may(r, e, by) == OK)
            x = step_told(j, t, q, r, e, by, who, text);
    }
    return x;
}

err flow_chart_end(job *j, store_txn *t, const char *chart, request_event e, request_side by, const char *who,
                   bool quiet)
{
    requests q = quiet ? flow_quiet(j) : flow_of(j);
    gathered g = {.side = REQUEST_HOSPITAL};
    err x = requests_of(&q, t, REQUEST_HOSPITAL, patient_owner(j->n, chart), chart, gather_one, &g);
    if (x == OK)
        x = each_told(j, t, &q, &g, e, by, who, "");
    buf_done(&g.ids);
    return x;
}

err flow_chart_changed(job *j, store_txn *t, const char *chart, const uint8_t *except, const char *who)
{
    requests q = flow_quiet(j);
    gathered g = {.side = REQUEST_HOSPITAL, .except = except};
    size_t changed = 0;
    consent c;
    err x = requests_of(&q, t, REQUEST_HOSPITAL, patient_owner(j->n, chart), chart, gather_one, &g);
    for (size_t i = 0; x == OK && i + REQUEST_ID_BYTES <= g.ids.len; i += REQUEST_ID_BYTES) {
        request *r;
        x = requests_get(&q, t, g.ids.at + i, &j->memory, &r);
        // One that waits for a person, or for the hub, says what holds when it comes to its end.
        if (x != OK || (r->state != REQUEST_DISCLOSED && r->state != REQUEST_COMPLETED))
            continue;
        x = step_told(j, t, &q, r, REQUEST_CHANGE, REQUEST_HOSPITAL, who, "");
        changed++;
    }
    buf_done(&g.ids);
    if (x || except || !changed) // `except` told of the change by itself
        return x;
    x = consent_get(t, span_str(chart), &c);
    return x ? x : notice_side(j, t, c.card.facility, 1u << FLOW_TO_DISCLOSING, FLOW_EVENT_CHANGED, c.card.scope.id);
}

// Agreed to after the withdrawal: it is not meant.
static err stopped_one(job *j, store_txn *t, const requests *q, request *r, time_ms at, flow_ended *ended)
{
    consent c;
    err e = r->chart[0] ? consent_get(t, span_str(r->chart), &c) : ERR_NOT_FOUND;
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    time_ms agreed = e == OK && !c.card.scope.withdrawn && r->consent.len ? c.card.scope.at : r->made_ms;
    if (agreed > at || requests_may(r, REQUEST_WITHDRAW, REQUEST_CLINIC) != OK)
        return OK;
    e = step_told(j, t, q, r, REQUEST_WITHDRAW, REQUEST_CLINIC, "", "");
    if (!flow_has_ended(ended, r->own) && ended->count < FLOW_ENDED)
        ended->own[ended->count++] = r->own;
    return e ? e : flow_close(j, t, r, "clinic");
}

bool flow_has_ended(const flow_ended *k, uint64_t facility)
{
    for (size_t i = 0; i < k->count; i++)
        if (k->own[i] == facility)
            return true;
    return false;
}

err flow_stopped(job *j, store_txn *t, const pseudonym *who, uint64_t facility, time_ms at, flow_ended *ret)
{
    flow_ended ended = {.count = 0};
    requests q = flow_of(j);
    gathered g = {.side = REQUEST_HOSPITAL, .other = facility};
    err x = requests_whose(&q, t, who, gather_one, &g);
    for (size_t i = 0; x == OK && i + REQUEST_ID_BYTES <= g.ids.len; i += REQUEST_ID_BYTES) {
        request *r;
        x = requests_get(&q, t, g.ids.at + i, &j->memory, &r);
        if (x == OK)
            x = stopped_one(j, t, &q, r, at, &ended);
    }
    buf_done(&g.ids);
    if (x == OK)
        *ret = ended;
    return x;
}

err flow_own_withdrawn(job *j, store_txn *t, uint64_t facility, const pseudonym *who, const char *staff)
{
    requests q = flow_quiet(j);
    gathered g = {.side = REQUEST_CLINIC, .own = facility};
    const uint8_t *first = NULL;
    err x = requests_whose(&q, t, who, gather_one, &g);
    for (size_t i = 0; x == OK && i + REQUEST_ID_BYTES <= g.ids.len; i += REQUEST_ID_BYTES) {
        request *r;
        x = requests_get(&q, t, g.ids.at + i, &j->memory, &r);
        if (x == OK && requests_may(r, REQUEST_WITHDRAW, REQUEST_CLINIC) == OK) {
            x = step_told(j, t, &q, r, REQUEST_WITHDRAW, REQUEST_CLINIC, staff, "");
            first = first ? first : r->id.data;
        } else if (x == OK && requests_may(r, REQUEST_CANCEL, REQUEST_CLINIC) == OK) // nobody knows of it yet
            x = requests_step(&q, t, r, REQUEST_CANCEL, REQUEST_CLINIC, staff, "", j->now);
    }
    buf_done(&g.ids);
    // However many hospitals it was agreed with, it is one withdrawal.
    uint32_t mine = 1u << FLOW_TO_ASKING | 1u << FLOW_TO_OWN;
    return x == OK && first ? notice_side(j, t, facility, mine, FLOW_EVENT_WITHDRAWN, first) : x;
}
