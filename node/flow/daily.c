// SPDX-License-Identifier: Apache-2.0
// Once a day: consents that ended by themselves are closed, those that soon will are told beforehand, and papers
// whose time is over are purged, by count only. All are gone through in slices of one job each, so that whatever
// else the node writes goes between; where the next slice begins is kept with what the last one did, so that
// after a kill nothing is done twice and nothing is left out.
#include <stdio.h>
#include <string.h>

#include "node/flow/flow.h"
#include "node/line/uplink.h"
#include "node/office/notice.h"
#include "policies/forms/check.h"
#include "proto/base/log.h"

static const char DAY_DONE[] = "daily_day", DAY_AT[] = "daily_at";
const daily_slice daily_usual = {.looks = 500, .acts = 32};
enum { ACTS_MOST = 256, PLACE_HEAD = 25 };

typedef enum phase { PHASE_CONSENTS, PHASE_REQUESTS, PHASES } phase;
typedef enum act { ACT_NONE, ACT_TELL, ACT_END, ACT_PURGE } act;

// Where a day's work stands. DAY_AT: last 4 | today 4 | phase 1 | consents 8 | papers 8 | after.
typedef struct place {
    day last, today;           // what was looked at before, and now
    phase at;
    uint64_t consents, papers; // purged so far
    uint8_t after[SSMIX_CHART_MAX];
    size_t after_len;          // 0: the phase begins
} place;

// One slice.
typedef struct calendar {
    const policy *p;
    policy_flow_view v;
    daily_slice left;
    place k;
    size_t count;
    struct {
        act what;
        uint8_t len, key[SSMIX_CHART_MAX]; // a chart, or an id
    } found[ACTS_MOST];
} calendar;

static err place_get(store_txn *t, day today, place *ret)
{
    uint64_t done;
    span value;
    err e = store_get(t, TABLE_META, span_str(DAY_AT), &value);
    if (e == OK) {
        reader r = reader_of(value);
        place k = {.last = (day)read_u32(&r)};
        k.today = (day)read_u32(&r);
        k.at = (phase)read_u8(&r);
        k.consents = read_u64(&r);
        k.papers = read_u64(&r);
        if (r.bad || k.at >= PHASES || r.rest.len > sizeof k.after)
            return ERR_CORRUPT;
        k.after_len = r.rest.len;
        if (k.after_len)
            memcpy(k.after, r.rest.at, k.after_len);
        *ret = k;
        return OK;
    }
    if (e == ERR_NOT_FOUND)
        e = meta_number(t, DAY_DONE, &done);
    if (e == OK)
        *ret = (place){.last = done ? (day)done : today - 1, .today = today};
    return e;
}

static err place_put(store_txn *t, const place *k)
{
    uint8_t value[PLACE_HEAD + SSMIX_CHART_MAX];
    be32_put(value, (uint32_t)k->last);
    be32_put(value + 4, (uint32_t)k->today);
    value[8] = (uint8_t)k->at;
    be64_put(value + 9, k->consents);
    be64_put(value + 17, k->papers);
    memcpy(value + PLACE_HEAD, k->after, k->after_len);
    return store_put(t, TABLE_META, span_str(DAY_AT), span_of(value, PLACE_HEAD + k->after_len));
}

// ---- what falls due ------------------------------------------------------------------------------

// Days are counted forward from a day that was: a node that was away for a week still tells.
static bool falls_due(const calendar *c, day on)
{
    return on > c->k.last && on <= c->k.today;
}

static bool told_soon(const calendar *c, day until, day since)
{
    day on = until == DAY_FOREVER ? DAY_FOREVER : until - c->v.notice_days;
    return on != DAY_FOREVER && falls_due(c, on > since + 1 ? on : since + 1);
}

static bool kept_long_enough(const calendar *c, time_ms over)
{
    return day_minus_months(day_of_time(over), -c->v.retention_months) <= c->k.today;
}

static act consent_due(const calendar *c, const consent_scope *s)
{
    if (s->withdrawn)
        return kept_long_enough(c, s->at) ? ACT_PURGE : ACT_NONE;
    if (s->until < c->k.today)
        return ACT_END;
    return told_soon(c, s->until, day_of_time(s->at)) ? ACT_TELL : ACT_NONE;
}

static act request_due(const calendar *c, const request *r)
{
    if (request_over((request_state)r->state))
        return kept_long_enough(c, r->since_ms) ? ACT_PURGE : ACT_NONE;
    if (r->side != REQUEST_CLINIC || !r->until_day ||
        (r->state != REQUEST_COMPLETED && r->state != REQUEST_CHANGED))
        return ACT_NONE;
    if (r->until_day < c->k.today)
        return ACT_END;
    return told_soon(c, r->until_day, day_of_time(r->since_ms)) ? ACT_TELL : ACT_NONE;
}

static err row_seen(calendar *c, act what, span key)
{
    memcpy(c->k.after, key.at, key.len);
    c->k.after_len = key.len;
    c->left.looks--;
    if (what != ACT_NONE) {
        c->found[c->count].what = what;
        c->found[c->count].len = (uint8_t)key.len;
        memcpy(c->found[c->count++].key, key.at, key.len);
        c->left.acts--;
    }
    return c->left.looks && c->left.acts ? OK : ERR_CLOSED;
}

static err consent_one(void *ctx, const consent *k)
{
    return row_seen(ctx, consent_due(ctx, &k->card.scope), span_str(k->chart));
}

static err request_one(void *ctx, const request *r)
{
    return row_seen(ctx, request_due(ctx, r), wire_span(r->id));
}

// ---- and is done --------------------------------------------------------------------------------

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

static err consent_end(job *j, store_txn *t, const consent *k)
{
    withdrawal *w = arena_get(&j->memory, sizeof *w);
    if (!w)
        return ERR_MEM;
    snprintf(w->chart, sizeof w->chart, "%s", k->chart);
    strcpy(w->by, "clock");
    err e = flow_chart_end(j, t, k->chart, REQUEST_END, REQUEST_CLOCK, "", true);
    return e ? e : disclosure_withdraw(j, t, w, FLOW_EVENT_ENDED);
}

static err consent_act(job *j, store_txn *t, calendar *c, act what, span chart)
{
    consent k;
    err e = consent_get(t, chart, &k);
    if (e)
        return e;
    switch (what) {
    case ACT_TELL:
        return tell(j, t, k.card.facility, true, soon_event(c->p, k.proxy, NULL, k.card.scope.until),
                    k.card.scope.id);
    case ACT_END:
        return consent_end(j, t, &k);
    case ACT_PURGE:
        c->k.consents++;
        return consent_forget(t, &k);
    case ACT_NONE:
        break;
    }
    return OK;
}

static err request_act(job *j, store_txn *t, calendar *c, act what, span id)
{
    requests q = flow_of(j);
    request *r;
    arena a; // there may be many
    arena_init(&a, 0);
    err e = requests_get(&q, t, id.at, &a, &r);
    if (e == OK && what == ACT_TELL)
        e = tell(j, t, r->own, false, soon_event(c->p, r->body->consent->proxy, r->body, r->until_day), r->id.data);
    if (e == OK && what == ACT_END)
        e = requests_step(&q, t, r, REQUEST_END, REQUEST_CLOCK, "", "", j->now);
    if (e == OK && what == ACT_PURGE) {
        c->k.papers++;
        e = post_forget(j, t, r->id.data); // its letters are papers, too
        if (e == OK)
            e = requests_forget(&q, t, r);
    }
    arena_done(&a);
    return e;
}

// As much of a phase as is left of the slice.
static err phase_work(job *j, store_txn *t, calendar *c)
{
    requests q = flow_of(j);
    phase at = c->k.at;
    uint8_t from[SSMIX_CHART_MAX]; // `after` moves while they walk
    span after = span_of(from, c->k.after_len);
    memcpy(from, c->k.after, c->k.after_len);
    c->count = 0;
    err e = at == PHASE_CONSENTS ? consent_walk(t, after, consent_one, c)
                                 : requests_behind(&q, t, after, request_one, c);
    for (size_t i = 0; e == OK && i < c->count; i++) {
        span key = span_of(c->found[i].key, c->found[i].len);
        e = at == PHASE_CONSENTS ? consent_act(j, t, c, c->found[i].what, key)
                                 : request_act(j, t, c, c->found[i].what, key);
    }
    if (e == OK && c->left.looks && c->left.acts) { // it came to its end
        c->k.at++;
        c->k.after_len = 0;
    }
    return e;
}

static err day_over(job *j, store_txn *t, const place *k)
{
    Tsunagu__LogEntry entry = TSUNAGU__LOG_ENTRY__INIT;
    char text[120];
    err e = meta_number_put(t, DAY_DONE, (uint64_t)k->today);
    if (e == OK)
        e = store_delete(t, TABLE_META, span_str(DAY_AT));
    if (e == ERR_NOT_FOUND) // one slice was enough
        e = OK;
    if (e || k->consents + k->papers == 0)
        return e;
    snprintf(text, sizeof text, "papers purged, their time is over: %llu consents, %llu requests",
             (unsigned long long)k->consents, (unsigned long long)k->papers);
    log_line(LOG_INFO, "%s", text);
    entry.event = EVENT_CONSENT;
    entry.note = text;
    return job_log(j, t, &entry);
}

err daily_step(job *j, store_txn *t, const daily_slice *most, bool *ret_more)
{
    calendar *c = arena_get(&j->memory, sizeof *c);
    day today = day_of_time(j->now);
    if (!c)
        return ERR_MEM;
    c->p = j->rules->r->p;
    c->v = policy_flow(c->p);
    c->left = *most;
    if (c->left.acts > ACTS_MOST)
        c->left.acts = ACTS_MOST;
    err e = place_get(t, today, &c->k);
    if (e == OK && c->k.last >= c->k.today) {
        *ret_more = false;
        return OK;
    }
    while (e == OK && c->k.at < PHASES && c->left.looks && c->left.acts)
        e = phase_work(j, t, c);
    bool over = c->k.at == PHASES;
    if (e == OK)
        e = over ? day_over(j, t, &c->k) : place_put(t, &c->k);
    if (e == OK)
        *ret_more = !over || c->k.today < today; // a day's work that midnight came upon is followed by the next's
    return job_store_err(e);
}

static err daily_run(job *j, store_txn *t)
{
    return daily_step(j, t, &daily_usual, j->state);
}

static void daily_submit(node *n);

static void daily_answer(job *j, err e)
{
    node *n = j->n;
    const bool *more = j->state;
    if (e) {
        log_line(LOG_ERROR, "the day's work on consents and papers failed, and is tried again: %s", err_text(e));
        __atomic_store_n(&n->daily, 0, __ATOMIC_RELAXED);
        return;
    }
    uplink_pump(n);
    post_pump(n);
    if (*more && !__atomic_load_n(&n->closing, __ATOMIC_SEQ_CST))
        daily_submit(n); // behind whatever waits already
}

static void daily_submit(node *n)
{
    job *j = job_with(n, sizeof(bool), daily_run, daily_answer);
    if (j)
        job_submit(j);
    else
        __atomic_store_n(&n->daily, 0, __ATOMIC_RELAXED);
}

void daily_tick(node *n, time_ms now)
{
    day today = day_of_time(now);
    if (__atomic_exchange_n(&n->daily, today, __ATOMIC_RELAXED) != today)
        daily_submit(n);
}
