// SPDX-License-Identifier: Apache-2.0
#include "node/requests/inside.h"

#include <string.h>

static uint8_t *key_new(list_keys *k, char kind)
{
    uint8_t *p = k->at[k->count];
    p[0] = (uint8_t)kind;
    return p + 1;
}

static void key_end(list_keys *k, uint8_t *p, const request *r)
{
    memcpy(p, r->id.data, REQUEST_ID_BYTES);
    k->len[k->count] = (size_t)(p - k->at[k->count]) + REQUEST_ID_BYTES;
    k->count++;
}

static uint8_t *put64(uint8_t *p, uint64_t v)
{
    be64_put(p, v);
    return p + 8;
}

static size_t number_put(uint8_t *p, const char *number)
{
    size_t n = strnlen(number, NUMBER_ROOM);
    memcpy(p, number, n);
    p[n] = 0;
    return n + 1;
}

// Waiting for somebody at the hospital: what an inbox shows.
static bool in_inbox(const request *r)
{
    return r->side == REQUEST_HOSPITAL &&
           (r->state == REQUEST_SENT || r->state == REQUEST_RECEIVED || r->state == REQUEST_ASKED_BACK ||
            r->state == REQUEST_CHECKING || r->state == REQUEST_CHANGED);
}

static time_ms sooner(time_ms a, time_ms b)
{
    return a && (!b || a < b) ? a : b;
}

void list_keys_of(const request *r, list_keys *ret)
{
    *ret = (list_keys){.count = 0};
    uint8_t *p;
    uint32_t urgency = r->body->urgency > 255 ? 255 : r->body->urgency;
    if (in_inbox(r)) {
        p = put64(key_new(ret, 'I'), r->own);
        *p++ = (uint8_t)(255 - urgency);
        key_end(ret, put64(p, (uint64_t)r->made_ms), r);
    }
    key_end(ret, put64(put64(key_new(ret, 'F'), r->own), (uint64_t)r->made_ms), r);
    const char *number = r->side == REQUEST_CLINIC ? r->body->number : r->chart;
    if (number[0]) {
        p = key_new(ret, 'N');
        *p++ = (uint8_t)r->side;
        p = put64(p, r->own);
        key_end(ret, p + number_put(p, number), r);
    }
    p = key_new(ret, 'S');
    *p++ = (uint8_t)r->side;
    *p++ = (uint8_t)r->state;
    key_end(ret, p, r);
    time_ms when = sooner(r->due_ms, r->remind_ms);
    if (when)
        key_end(ret, put64(key_new(ret, 'D'), (uint64_t)when), r);
    if (r->body->pseudonym.len == PSEUDONYM_BYTES) {
        p = key_new(ret, 'P');
        memcpy(p, r->body->pseudonym.data, PSEUDONYM_BYTES);
        key_end(ret, put64(p + PSEUDONYM_BYTES, (uint64_t)r->made_ms), r);
    }
}

static bool holds(const list_keys *k, const uint8_t *at, size_t len)
{
    for (int i = 0; i < k->count; i++)
        if (k->len[i] == len && memcmp(k->at[i], at, len) == 0)
            return true;
    return false;
}

err list_move(const requests *q, store_txn *t, const list_keys *old, const list_keys *now)
{
    err e = OK;
    for (int i = 0; old && e == OK && i < old->count; i++)
        if (!holds(now, old->at[i], old->len[i])) {
            e = store_delete(t, q->table_list, span_of(old->at[i], old->len[i]));
            if (e == ERR_NOT_FOUND)
                e = ERR_CORRUPT;
        }
    for (int i = 0; e == OK && i < now->count; i++)
        if (!old || !holds(old, now->at[i], now->len[i]))
            e = store_put(t, q->table_list, span_of(now->at[i], now->len[i]), span_of("", 0));
    return e;
}

// ---- walking ---------------------------------------------------------------------------

typedef struct walking {
    const requests *q;
    store_txn *t;
    requests_visit visit;
    void *ctx;
    time_ms until; // D only
} walking;

static err walk_one(void *ctx, span key, span value)
{
    walking *w = ctx;
    arena a;
    request *r;
    (void)value;
    if (key.len < 1 + REQUEST_ID_BYTES)
        return ERR_CORRUPT;
    if (key.at[0] == 'D' && (time_ms)be64_get(key.at + 1) > w->until)
        return ERR_CLOSED;
    arena_init(&a, 0);
    err e = requests_get(w->q, w->t, key.at + key.len - REQUEST_ID_BYTES, &a, &r);
    if (e == ERR_NOT_FOUND)
        e = ERR_CORRUPT;
    if (e == OK)
        e = w->visit(w->ctx, r);
    arena_done(&a);
    return e;
}

static err walk(const requests *q, store_txn *t, const uint8_t *prefix, size_t len, time_ms until,
                requests_visit visit, void *ctx)
{
    walking w = {q, t, visit, ctx, until};
    return store_walk(t, q->table_list, span_of(prefix, len), (span){0}, walk_one, &w);
}

err requests_inbox(const requests *q, store_txn *t, uint64_t facility, requests_visit visit, void *ctx)
{
    uint8_t prefix[9] = {'I'};
    be64_put(prefix + 1, facility);
    return walk(q, t, prefix, sizeof prefix, 0, visit, ctx);
}

err requests_all(const requests *q, store_txn *t, uint64_t facility, requests_visit visit, void *ctx)
{
    uint8_t prefix[9] = {'F'};
    be64_put(prefix + 1, facility);
    return walk(q, t, prefix, facility ? sizeof prefix : 1, 0, visit, ctx);
}

err requests_of(const requests *q, store_txn *t, request_side side, uint64_t facility, const char *number,
                requests_visit visit, void *ctx)
{
    uint8_t prefix[LIST_KEY] = {'N', (uint8_t)side};
    if (strlen(number) > NUMBER_ROOM)
        return OK;
    be64_put(prefix + 2, facility);
    return walk(q, t, prefix, 10 + number_put(prefix + 10, number), 0, visit, ctx);
}

err requests_in(const requests *q, store_txn *t, request_side side, request_state s, requests_visit visit, void *ctx)
{
    const uint8_t prefix[] = {'S', (uint8_t)side, (uint8_t)s};
    return walk(q, t, prefix, sizeof prefix, 0, visit, ctx);
}

err requests_due(const requests *q, store_txn *t, time_ms now, requests_visit visit, void *ctx)
{
    return walk(q, t, (const uint8_t *)"D", 1, now, visit, ctx);
}

err requests_whose(const requests *q, store_txn *t, const pseudonym *who, requests_visit visit, void *ctx)
{
    uint8_t prefix[1 + PSEUDONYM_BYTES] = {'P'};
    memcpy(prefix + 1, who->at, PSEUDONYM_BYTES);
    return walk(q, t, prefix, sizeof prefix, 0, visit, ctx);
}

typedef struct recalling {
    requests_step_visit visit;
    void *ctx;
} recalling;

static err recall_one(void *ctx, span key, span value)
{
    recalling *w = ctx;
    arena a;
    request_past *s;
    (void)key;
    arena_init(&a, 0);
    err e = WIRE_DECODE(value, request_past, tsunagu__request_step__descriptor, 1 << 16, &a, &s);
    e = e ? ERR_CORRUPT : w->visit(w->ctx, s);
    arena_done(&a);
    return e;
}

err requests_history(const requests *q, store_txn *t, const uint8_t id[static REQUEST_ID_BYTES],
                     requests_step_visit visit, void *ctx)
{
    recalling w = {visit, ctx};
    return store_walk(t, q->table_past, span_of(id, REQUEST_ID_BYTES), (span){0}, recall_one, &w);
}
