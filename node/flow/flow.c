// SPDX-License-Identifier: Apache-2.0
#include "node/flow/flow.h"

#include <stdio.h>
#include <string.h>

#include "node/line/outbox.h"
#include "node/office/arrivals.h"
#include "proto/base/log.h"

enum { DAY_MS = 86400000, ROUND_MS = 30000, ROUND_MOST = 64 };

err flow_step(job *j, store_txn *t, request *r, request_event e, const char *who, const char *text, letter_kind kind,
              const ProtobufCMessage *body)
{
    requests q = flow_of(j);
    err x = requests_step(&q, t, r, e, (request_side)r->side, who, text, j->now);
    if (x == ERR_CONFLICT || x == ERR_DENIED)
        snprintf(j->note, sizeof j->note, "it is %s: \"%s\" is not possible now", request_state_name(r->state),
                 request_event_name(e));
    if (x)
        return x;
    x = kind == LETTER_NONE ? OK : flow_post(j, t, r, kind, body);
    return job_store_err(x);
}

err flow_find(job *j, store_txn *t, const char *id, request_side side, uint64_t own, request **ret)
{
    requests q = flow_of(j);
    err e = requests_find(&q, t, id, &j->memory, ret);
    if (e == ERR_CONFLICT)
        snprintf(j->note, sizeof j->note, "that means several: give more of the id");
    return e == OK && ((*ret)->side != side || (own && (*ret)->own != own)) ? ERR_NOT_FOUND : e;
}

err flow_words(job *j, const char *list, char **out, size_t *ret_count)
{
    size_t count = 0;
    while (*list) {
        size_t len = strcspn(list, ",");
        if (len && count == FLOW_WORDS)
            return ERR_LIMIT;
        if (len && !(out[count++] = arena_str(&j->memory, span_of(list, len))))
            return ERR_MEM;
        list += len + (list[len] == ',');
    }
    *ret_count = count;
    return OK;
}

// ---- the hub has the card -------------------------------------------------------------------------

typedef struct gathering {
    uint8_t ids[ROUND_MOST][REQUEST_ID_BYTES];
    size_t count;
} gathering;

static err gather_one(void *ctx, const request *r)
{
    gathering *g = ctx;
    memcpy(g->ids[g->count++], r->id.data, REQUEST_ID_BYTES);
    return g->count == ROUND_MOST ? ERR_CLOSED : OK;
}

// A change that a person has yet to decide waits for that, not for the hub.
static err gather_waiting(void *ctx, const request *r)
{
    return r->proposed ? OK : gather_one(ctx, r);
}

static err publish_one(job *j, store_txn *t, request *r, const uint64_t *refused, char *const *whys, size_t count)
{
    requests q = flow_of(j);
    Tsunagu__AcceptedBody say = TSUNAGU__ACCEPTED_BODY__INIT;
    sent s;
    consent c;
    bool there = false;
    err e = sent_get(t, span_str(r->chart), &s);
    if (e == OK)
        e = consent_get(t, span_str(r->chart), &c);
    for (size_t i = 0; e == OK && i < count; i++)
        if (refused[i] == s.seq) {
            r->trouble = whys[i];
            r->trouble_seq = s.seq;
            return requests_keep(&q, t, r);
        }
    if (e == OK && r->trouble[0] && r->trouble_seq == s.seq)
        return OK; // refused, and not sent again since
    if (e == OK)
        e = outbox_published(t, s.seq, &there);
    if (e || !there)
        return e == ERR_NOT_FOUND ? OK : e;
    say.consent = wire_bytes(span_of(c.card.scope.id, sizeof c.card.scope.id));
    say.revision = c.card.scope.revision;
    say.registered_on = c.card.registered_on;
    say.categories = c.card.scope.categories;
    say.staff = r->second[0] ? r->second : r->first;
    say.until_day = c.card.scope.until;
    say.terms = r->body->consent;
    r->trouble = (char *)"";
    return flow_step(j, t, r, REQUEST_PUBLISH, "", "", LETTER_ACCEPTED, (const ProtobufCMessage *)&say);
}

err flow_published(job *j, store_txn *t, const uint64_t *refused, char *const *whys, size_t refused_count)
{
    requests q = flow_of(j);
    gathering *g = arena_get(&j->memory, sizeof *g);
    if (!g)
        return ERR_MEM;
    err e = requests_in(&q, t, REQUEST_HOSPITAL, REQUEST_ACCEPTED, gather_waiting, g);
    if (e == OK && g->count < ROUND_MOST)
        e = requests_in(&q, t, REQUEST_HOSPITAL, REQUEST_CHANGED, gather_waiting, g);
    for (size_t i = 0; e == OK && i < g->count; i++) {
        request *r;
        e = requests_get(&q, t, g->ids[i], &j->memory, &r);
        if (e == OK)
            e = publish_one(j, t, r, refused, whys, refused_count);
    }
    return job_store_err(e);
}

// ---- deadlines --------------------------------------------------------------------------------------

static err due_one(job *j, store_txn *t, request *r)
{
    requests q = flow_of(j);
    policy_deadline d = policy_flow_deadline(j->rules->r->p, (flow_state)r->state);
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    bool over = r->due_ms && r->due_ms <= j->now;
    if (over && d.cancels && requests_may(r, REQUEST_EXPIRE, REQUEST_CLOCK) == OK) {
        bool known = r->state != REQUEST_DRAFT && r->state != REQUEST_ENQUIRING;
        err e = requests_step(&q, t, r, REQUEST_EXPIRE, REQUEST_CLOCK, "", "", j->now);
        return e == OK && known ? flow_post(j, t, r, LETTER_CANCELLED, (const ProtobufCMessage *)&say) : e;
    }
    if (over) {
        r->overdue = true;
        r->due_ms = 0;
    }
    if (r->remind_ms && r->remind_ms <= j->now)
        r->remind_ms = d.remind ? j->now + (time_ms)d.remind * DAY_MS : 0;
    err e = requests_keep(&q, t, r);
    return e ? e : flow_tell(j, t, r, FLOW_EVENT_OVERDUE);
}

err flow_round(job *j, store_txn *t, bool *ret_more)
{
    requests q = flow_of(j);
    gathering *g = arena_get(&j->memory, sizeof *g);
    if (!g)
        return ERR_MEM;
    err e = requests_due(&q, t, j->now, gather_one, g);
    for (size_t i = 0; e == OK && i < g->count; i++) {
        request *r;
        e = requests_get(&q, t, g->ids[i], &j->memory, &r);
        if (e == OK)
            e = due_one(j, t, r);
    }
    if (e == OK)
        e = flow_published(j, t, NULL, NULL, 0); // what a kill left between the hub's answer and ours
    if (e == OK)
        e = arrivals_owed(j, t);
    if (e == OK)
        *ret_more = g->count == ROUND_MOST;
    return job_store_err(e);
}

static err round_run(job *j, store_txn *t)
{
    return flow_round(j, t, j->state);
}

static void round_answer(job *j, err e)
{
    const bool *more = j->state;
    if (e)
        log_line(LOG_ERROR, "deadlines of requests could not be kept: %s", err_text(e));
    else
        post_pump(j->n);
    if (e == OK && *more)
        __atomic_store_n(&j->n->flow_at, 0, __ATOMIC_RELAXED); // there are more
}

void flow_tick(node *n, time_ms now)
{
    time_ms at = __atomic_load_n(&n->flow_at, __ATOMIC_RELAXED);
    if (now < at && at <= now + ROUND_MS) // a clock that was set back does not stop it
        return;
    __atomic_store_n(&n->flow_at, now + ROUND_MS, __ATOMIC_RELAXED);
    daily_tick(n, now);
    job *j = job_with(n, sizeof(bool), round_run, round_answer);
    if (j)
        job_submit(j);
}
