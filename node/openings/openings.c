// SPDX-License-Identifier: Apache-2.0
#include "node/openings/openings.h"

#include <string.h>

#include "policies/engine/emergency.h"
#include "policies/engine/flow.h"

enum { RECORD_MAX = 16 << 10, WALK_ARENA = 64 << 10 };
#define LAST_KEY (1 + PSEUDONYM_BYTES + 8 + USER_ID_BYTES)

bool opening_review_waits(const opening_record *o)
{
    return o->review_ms && !o->closed_ms;
}

bool opening_consent_waits(const opening_record *o)
{
    return o->consent_day && !o->consent[0];
}

static span number_key(uint64_t number, uint8_t out[static 8])
{
    be64_put(out, number);
    return span_of(out, 8);
}

err opening_get(store_txn *t, uint64_t number, arena *a, opening_record **ret)
{
    uint8_t key[8];
    span value;
    err e = store_get(t, TABLE_OPENING, number_key(number, key), &value);
    if (e == OK && WIRE_DECODE(value, Tsunagu__OpeningRecord, tsunagu__opening_record__descriptor, RECORD_MAX, a,
                               ret) != OK)
        e = ERR_CORRUPT;
    return e;
}

err opening_put(store_txn *t, uint64_t number, const opening_record *o)
{
    uint8_t key[8];
    buf value = {.max = RECORD_MAX};
    err e = wire_encode((const ProtobufCMessage *)o, &value);
    if (e == OK)
        e = store_put(t, TABLE_OPENING, number_key(number, key), buf_span(&value));
    buf_done(&value);
    if (e)
        return e;
    if (opening_review_waits(o) || opening_consent_waits(o))
        return store_put(t, TABLE_OPENING_WAITS, span_of(key, 8), span_of("", 0));
    e = store_delete(t, TABLE_OPENING_WAITS, span_of(key, 8));
    return e == ERR_NOT_FOUND ? OK : e;
}

static span last_key(const opening_record *o, uint8_t out[static LAST_KEY])
{
    memset(out, 0, LAST_KEY);
    out[0] = (uint8_t)o->side;
    if (o->pseudonym.len == PSEUDONYM_BYTES)
        memcpy(out + 1, o->pseudonym.data, PSEUDONYM_BYTES);
    be64_put(out + 1 + PSEUDONYM_BYTES, o->facility);
    if (o->user.len == USER_ID_BYTES)
        memcpy(out + 9 + PSEUDONYM_BYTES, o->user.data, USER_ID_BYTES);
    return span_of(out, LAST_KEY);
}

// One that still lasts, for the same reason.
static err opening_lasting(job *j, store_txn *t, const opening_record *about, uint64_t *ret_number, opening_record **ret)
{
    uint8_t key[LAST_KEY];
    span value;
    opening_record *o;
    err e = store_get(t, TABLE_OPENING_LAST, last_key(about, key), &value);
    if (e == OK && value.len != 8)
        e = ERR_CORRUPT;
    if (e)
        return e;
    uint64_t number = be64_get(value.at);
    e = opening_get(t, number, &j->memory, &o);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
    time_ms lasts = (time_ms)emergency_minutes(j->rules->r->p) * 60000;
    if (j->now < o->at_ms || j->now >= o->at_ms + lasts || strcmp(o->reason, about->reason) != 0 ||
        o->source != about->source || o->closed_ms || (about->without_consent && !o->without_consent))
        return ERR_NOT_FOUND;
    *ret_number = number;
    *ret = o;
    return OK;
}

static void consent_due(const job *j, opening_record *o)
{
    policy_flow_view v = policy_flow(j->rules->r->p);
    if (o->without_consent && v.consent_days > 0)
        o->consent_day = day_of_time(j->now) + v.consent_days;
}

static void duties_of(const job *j, opening_record *o)
{
    const policy *p = j->rules->r->p;
    uint32_t here = o->side == OPENING_DISCLOSING ? 1u << FLOW_TO_DISCLOSING : 1u << FLOW_TO_ASKING;
    if (policy_flow(p).review_by & here)
        o->review_ms = j->now + (time_ms)emergency_review_hours(p) * 3600000;
    o->tell_patient = o->side == OPENING_DISCLOSING &&
                      ((policy_told_of(p, FLOW_EVENT_EMERGENCY) >> FLOW_TO_PATIENT & 1) ||
                       (policy_emergency(p).told >> AUDIENCE_PATIENT & 1));
    consent_due(j, o);
}

err opening_add(store_txn *t, const opening_record *o, uint64_t *ret_number)
{
    uint64_t number;
    err e = meta_number(t, "openings", &number);
    if (e == OK)
        e = meta_number_put(t, "openings", ++number);
    if (e == OK)
        e = opening_put(t, number, o);
    if (e == OK)
        *ret_number = number;
    return e;
}

err opening_begin(job *j, store_txn *t, const opening_record *about, opening_record **ret, uint64_t *ret_number, bool *ret_new)
{
    uint8_t key[LAST_KEY], value[8], id[OPENING_ID_BYTES];
    err e = opening_lasting(j, t, about, ret_number, ret);
    *ret_new = e == ERR_NOT_FOUND;
    if (e != ERR_NOT_FOUND)
        return e;
    opening_record *o = arena_get(&j->memory, sizeof *o);
    if (!o)
        return ERR_MEM;
    *o = *about;
    o->at_ms = j->now;
    e = crypto_random(id, sizeof id);
    o->id = wire_bytes(arena_copy(&j->memory, span_of(id, sizeof id)));
    if (e == OK && !o->id.data)
        e = ERR_MEM;
    if (e)
        return e;
    duties_of(j, o);
    e = opening_add(t, o, ret_number);
    if (e == OK)
        e = store_put(t, TABLE_OPENING_LAST, last_key(o, key), number_key(*ret_number, value));
    if (e == OK)
        *ret = o;
    return e;
}

err opening_unasked(job *j, store_txn *t, uint64_t number)
{
    opening_record *o;
    err e = opening_get(t, number, &j->memory, &o);
    if (e || o->without_consent)
        return e;
    o->without_consent = true;
    consent_due(j, o);
    return opening_put(t, number, o);
}

typedef struct walking {
    store_txn *t;
    opening_visit visit;
    void *ctx;
    arena memory;
} walking;

static err walk_one(void *ctx, span key, span value)
{
    walking *w = ctx;
    opening_record *o;
    (void)value;
    if (key.len != 8)
        return ERR_CORRUPT;
    arena_clear(&w->memory);
    err e = opening_get(w->t, be64_get(key.at), &w->memory, &o);
    return e == ERR_NOT_FOUND ? ERR_CORRUPT : e ? e : w->visit(w->ctx, be64_get(key.at), o);
}

err openings_walk(store_txn *t, bool waiting, uint64_t from, opening_visit visit, void *ctx)
{
    uint8_t key[8];
    walking w = {.t = t, .visit = visit, .ctx = ctx};
    arena_init(&w.memory, WALK_ARENA);
    err e = store_walk(t, waiting ? TABLE_OPENING_WAITS : TABLE_OPENING, (span){0}, number_key(from, key), walk_one,
                       &w);
    arena_done(&w.memory);
    return e;
}

// ---- after the rules' retention ------------------------------------------------------------

enum { FORGET_AT_ONCE = 32 };

typedef struct forgetting {
    day before;
    uint64_t numbers[FORGET_AT_ONCE];
    size_t count;
} forgetting;

static time_ms later(time_ms a, time_ms b)
{
    return a > b ? a : b;
}

// Numbers rise with time: behind the first that is young there is none to forget.
static err forget_one(void *ctx, uint64_t number, const opening_record *o)
{
    forgetting *f = ctx;
    if (day_of_time(o->at_ms) >= f->before)
        return ERR_CLOSED;
    if (!opening_review_waits(o) && !opening_consent_waits(o) &&
        day_of_time(later(o->at_ms, later(o->closed_ms, o->consent_ms))) < f->before)
        f->numbers[f->count++] = number;
    return f->count == FORGET_AT_ONCE ? ERR_CLOSED : OK;
}

static err opening_drop(job *j, store_txn *t, uint64_t number)
{
    uint8_t key[LAST_KEY], at[8];
    opening_record *o;
    span value;
    err e = opening_get(t, number, &j->memory, &o);
    if (e)
        return e;
    e = store_get(t, TABLE_OPENING_LAST, last_key(o, key), &value);
    if (e == OK && value.len == 8 && be64_get(value.at) == number)
        e = store_delete(t, TABLE_OPENING_LAST, span_of(key, LAST_KEY));
    if (e == OK || e == ERR_NOT_FOUND)
        e = store_delete(t, TABLE_OPENING, number_key(number, at));
    return e;
}

err openings_forget(job *j, store_txn *t)
{
    forgetting f = {.before = day_minus_months(day_of_time(j->now), policy_flow(j->rules->r->p).retention_months)};
    err e = openings_walk(t, false, 1, forget_one, &f);
    for (size_t i = 0; e == OK && i < f.count; i++)
        e = opening_drop(j, t, f.numbers[i]);
    return e;
}
