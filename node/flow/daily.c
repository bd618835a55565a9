// SPDX-License-Identifier: Apache-2.0
// Once a day, in one transaction: consents that ended by themselves are closed, those that soon will are told
// beforehand, and papers whose time is over are purged, here and there by count only.
#include <stdio.h>
#include <string.h>

#include "node/flow/flow.h"
#include "node/line/uplink.h"
#include "node/office/notice.h"
#include "policies/forms/check.h"
#include "proto/base/log.h"

static const char DAY_DONE[] = "daily_day";

typedef struct calendar {
    const policy *p;
    policy_flow_view v;
    day last, today;  // what was looked at before, and now
    buf ended, soon, old;          // charts, each with a NUL
    buf requests_ended, requests_soon, requests_old; // ids
} calendar;

// Days are counted forward from a day that was: a node that was away for a week still tells.
static bool falls_due(const calendar *c, day on)
{
    return on > c->last && on <= c->today;
}

static bool told_soon(const calendar *c, day until, day since)
{
    day on = until == DAY_FOREVER ? DAY_FOREVER : until - c->v.notice_days;
    return on != DAY_FOREVER && falls_due(c, on > since + 1 ? on : since + 1);
}

static bool kept_long_enough(const calendar *c, time_ms over)
{
    return day_minus_months(day_of_time(over), -c->v.retention_months) <= c->today;
}

static err consent_one(void *ctx, const consent *k)
{
    calendar *c = ctx;
    const consent_scope *s = &k->card.scope;
    span chart = span_of(k->chart, strlen(k->chart) + 1);
    if (s->withdrawn)
        return kept_long_enough(c, s->at) ? buf_put_span(&c->old, chart) : OK;
    if (s->until < c->today)
        return buf_put_span(&c->ended, chart);
    return told_soon(c, s->until, day_of_time(s->at)) ? buf_put_span(&c->soon, chart) : OK;
}

static err request_one(void *ctx, const request *r)
{
    calendar *c = ctx;
    span id = span_of(r->id.data, REQUEST_ID_BYTES);
    if (request_over((request_state)r->state))
        return kept_long_enough(c, r->since_ms) ? buf_put_span(&c->requests_old, id) : OK;
    if (r->side != REQUEST_CLINIC || !r->until_day ||
        (r->state != REQUEST_COMPLETED && r->state != REQUEST_CHANGED))
        return OK;
    if (r->until_day < c->today)
        return buf_put_span(&c->requests_ended, id);
    return told_soon(c, r->until_day, day_of_time(r->since_ms)) ? buf_put_span(&c->requests_soon, id) : OK;
}

// Does it end because the patient comes of age?
static flow_event soon_event(const policy *p, const char *proxy, const Tsunagu__RequestBody *b, day until)
{
    int no = proxy[0] ? policy_relation_find(p, proxy) : POLICY_NONE;
    bool grown = no != POLICY_NONE && policy_relation_at(p, no).until_majority;
    if (grown && b && b->person && b->person->birth_day != DAY_NONE)
        grown = form_majority_day(b->person->birth_day, policy_flow(p).majority_age) - 1 <= until;
    return grown ? FLOW_EVENT_MAJORITY : FLOW_EVENT_EXPIRING;
}

static err tell(job *j, store_txn *t, uint64_t facility, bool hospital, flow_event e, const uint8_t *reference)
{
    uint32_t mine = hospital ? 1u << FLOW_TO_DISCLOSING : 1u << FLOW_TO_ASKING | 1u << FLOW_TO_OWN;
    return notice_side(j, t, facility, mine, e, reference);
}

static const char *chart_next(const buf *charts, size_t *at)
{
    const char *chart = *at < charts->len ? (const char *)charts->at + *at : NULL;
    *at += chart ? strlen(chart) + 1 : 0;
    return chart;
}

static err consents_end(job *j, store_txn *t, const calendar *c)
{
    err e = OK;
    size_t at = 0;
    for (const char *chart; e == OK && (chart = chart_next(&c->ended, &at)); ) {
        withdrawal *w = arena_get(&j->memory, sizeof *w);
        if (!w)
            return ERR_MEM;
        snprintf(w->chart, sizeof w->chart, "%s", chart);
        strcpy(w->by, "clock");
        e = flow_chart_end(j, t, chart, REQUEST_END, REQUEST_CLOCK, "", true);
        if (e == OK)
            e = disclosure_withdraw(j, t, w, FLOW_EVENT_ENDED);
    }
    return e;
}

static err consents_tell(job *j, store_txn *t, const calendar *c)
{
    err e = OK;
    size_t at = 0;
    for (const char *chart; e == OK && (chart = chart_next(&c->soon, &at)); ) {
        consent k;
        e = consent_get(t, span_str(chart), &k);
        if (e == OK)
            e = tell(j, t, k.card.facility, true, soon_event(c->p, k.proxy, NULL, k.card.scope.until),
                     k.card.scope.id);
    }
    return e;
}

static err requests_pass(job *j, store_txn *t, const calendar *c)
{
    requests q = flow_of(j);
    request *r;
    err e = OK;
    for (size_t i = 0; e == OK && i < c->requests_ended.len; i += REQUEST_ID_BYTES) {
        e = requests_get(&q, t, c->requests_ended.at + i, &j->memory, &r);
        if (e == OK)
            e = requests_step(&q, t, r, REQUEST_END, REQUEST_CLOCK, "", "", j->now);
    }
    for (size_t i = 0; e == OK && i < c->requests_soon.len; i += REQUEST_ID_BYTES) {
        e = requests_get(&q, t, c->requests_soon.at + i, &j->memory, &r);
        if (e == OK)
            e = tell(j, t, r->own, false, soon_event(c->p, r->body->consent->proxy, r->body, r->until_day), r->id.data);
    }
    return e;
}

static err purge(job *j, store_txn *t, const calendar *c)
{
    requests q = flow_of(j);
    Tsunagu__LogEntry entry = TSUNAGU__LOG_ENTRY__INIT;
    char text[120];
    size_t at = 0, consents = 0, papers = c->requests_old.len / REQUEST_ID_BYTES;
    err e = OK;
    for (const char *chart; e == OK && (chart = chart_next(&c->old, &at)); consents++) {
        consent k;
        e = consent_get(t, span_str(chart), &k);
        if (e == OK)
            e = consent_forget(t, &k);
    }
    for (size_t i = 0; e == OK && i < c->requests_old.len; i += REQUEST_ID_BYTES) {
        request *r;
        arena a; // there may be many
        arena_init(&a, 0);
        e = requests_get(&q, t, c->requests_old.at + i, &a, &r);
        if (e == OK)
            e = post_forget(j, t, r->id.data); // its letters are papers, too
        if (e == OK)
            e = requests_forget(&q, t, r);
        arena_done(&a);
    }
    if (e || consents + papers == 0)
        return e;
    snprintf(text, sizeof text, "papers purged, their time is over: %zu consents, %zu requests", consents, papers);
    log_line(LOG_INFO, "%s", text);
    entry.event = EVENT_CONSENT;
    entry.note = text;
    return job_log(j, t, &entry);
}

static err daily_work(job *j, store_txn *t, calendar *c)
{
    requests q = flow_of(j);
    err e = consent_walk(t, (span){0}, consent_one, c);
    if (e == OK)
        e = requests_all(&q, t, 0, request_one, c);
    if (e == OK)
        e = consents_tell(j, t, c);
    if (e == OK)
        e = consents_end(j, t, c);
    if (e == OK)
        e = requests_pass(j, t, c);
    return e ? e : purge(j, t, c);
}

err daily_run(job *j, store_txn *t)
{
    calendar c = {.p = j->rules->r->p, .v = policy_flow(j->rules->r->p), .today = day_of_time(j->now)};
    uint64_t done;
    err e = meta_number(t, DAY_DONE, &done);
    if (e)
        return e;
    c.last = done ? (day)done : c.today - 1;
    if (c.last >= c.today)
        return OK;
    e = daily_work(j, t, &c);
    if (e == OK)
        e = meta_number_put(t, DAY_DONE, (uint64_t)c.today);
    buf *const lists[] = {&c.ended, &c.soon, &c.old, &c.requests_ended, &c.requests_soon, &c.requests_old};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        buf_done(lists[i]);
    return job_store_err(e);
}

static void daily_answer(job *j, err e)
{
    if (e) {
        log_line(LOG_ERROR, "the day's work on consents and papers failed, and is tried again: %s", err_text(e));
        __atomic_store_n(&j->n->daily, 0, __ATOMIC_RELAXED);
        return;
    }
    uplink_pump(j->n);
    post_pump(j->n);
}

void daily_tick(node *n, time_ms now)
{
    day today = day_of_time(now);
    if (__atomic_exchange_n(&n->daily, today, __ATOMIC_RELAXED) == today)
        return;
    job *j = job_new(n, daily_run, daily_answer);
    if (j)
        job_submit(j);
}
