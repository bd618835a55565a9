// SPDX-License-Identifier: Apache-2.0
// Table: facility 8 | number 8 -> event 2 | reference 16 | at 8 | taken 8.
// Marks: 'c' facility -> last number; 'd' facility event reference -> number; 't' taken facility number -> "";
// 'w' -> how many were not taken; 'o' ... belongs to deliver.c.
#include "node/notices/notices.h"

#include <stdlib.h>
#include <string.h>

enum { NOTICE_KEY = 16, NOTICE_BYTES = 2 + NOTICE_REFERENCE + 16, SAME_KEY = 1 + 8 + 2 + NOTICE_REFERENCE,
       TAKEN_KEY = 1 + 8 + 8 + 8, PURGE_PAGE = 256 };

struct notices {
    notices_options o;
    bool fresh;    // writer's thread: this batch holds new ones
    uint64_t seen; // atomic
};

err notices_open(const notices_options *o, notices **ret)
{
    notices *n = calloc(1, sizeof *n);
    if (!n)
        return ERR_MEM;
    n->o = *o;
    *ret = n;
    return OK;
}

void notices_close(notices *n)
{
    free(n);
}

// ---- keys and values -------------------------------------------------------------------------

static span notice_key(uint64_t facility, uint64_t number, uint8_t out[static NOTICE_KEY])
{
    be64_put(out, facility);
    be64_put(out + 8, number);
    return span_of(out, NOTICE_KEY);
}

static span same_key(uint64_t facility, notice_event e, const uint8_t *reference, uint8_t out[static SAME_KEY])
{
    out[0] = 'd';
    be64_put(out + 1, facility);
    be16_put(out + 9, (uint16_t)e);
    memcpy(out + 11, reference, NOTICE_REFERENCE);
    return span_of(out, SAME_KEY);
}

static span taken_key(const notice *k, uint8_t out[static TAKEN_KEY])
{
    out[0] = 't';
    be64_put(out + 1, (uint64_t)k->taken);
    be64_put(out + 9, k->facility);
    be64_put(out + 17, k->number);
    return span_of(out, TAKEN_KEY);
}

static err notice_unpack(span key, span value, notice *ret)
{
    if (key.len != NOTICE_KEY || value.len != NOTICE_BYTES)
        return ERR_CORRUPT;
    notice k = {.facility = be64_get(key.at), .number = be64_get(key.at + 8),
                .event = (notice_event)be16_get(value.at)};
    memcpy(k.reference, value.at + 2, NOTICE_REFERENCE);
    k.at = (time_ms)be64_get(value.at + 2 + NOTICE_REFERENCE);
    k.taken = (time_ms)be64_get(value.at + 10 + NOTICE_REFERENCE);
    *ret = k;
    return OK;
}

static err notice_put(notices *n, store_txn *t, const notice *k)
{
    uint8_t key[NOTICE_KEY], value[NOTICE_BYTES];
    be16_put(value, (uint16_t)k->event);
    memcpy(value + 2, k->reference, NOTICE_REFERENCE);
    be64_put(value + 2 + NOTICE_REFERENCE, (uint64_t)k->at);
    be64_put(value + 10 + NOTICE_REFERENCE, (uint64_t)k->taken);
    return store_put(t, n->o.table, notice_key(k->facility, k->number, key), span_of(value, sizeof value));
}

static err number_get(notices *n, store_txn *t, span key, uint64_t *ret)
{
    span value;
    err e = store_get(t, n->o.table_marks, key, &value);
    if (e == OK && value.len != 8)
        e = ERR_CORRUPT;
    if (e == OK)
        *ret = be64_get(value.at);
    return e;
}

static err number_put(notices *n, store_txn *t, span key, uint64_t number)
{
    uint8_t value[8];
    be64_put(value, number);
    return store_put(t, n->o.table_marks, key, span_of(value, sizeof value));
}

static span counter_key(uint64_t facility, uint8_t out[static 9])
{
    out[0] = 'c';
    be64_put(out + 1, facility);
    return span_of(out, 9);
}

static const span WAITING = {(const uint8_t *)"w", 1};

static err waiting_add(notices *n, store_txn *t, int64_t by)
{
    uint64_t count;
    err e = notices_waiting(n, t, &count);
    return e ? e : number_put(n, t, WAITING, count + (uint64_t)by);
}

// ---- writing -----------------------------------------------------------------------------------

// The one that says the same; ERR_NOT_FOUND: it is to be told.
static err same_find(notices *n, store_txn *t, uint64_t facility, notice_event e, const uint8_t *reference,
                     time_ms now, uint64_t *ret)
{
    uint8_t key[SAME_KEY];
    uint64_t number = 0;
    notice old;
    err x = number_get(n, t, same_key(facility, e, reference, key), &number);
    if (x == OK)
        x = notices_get(n, t, facility, number, &old);
    if (x == OK && old.taken && old.at != now)
        return ERR_NOT_FOUND; // it was seen, and this is another time
    if (x == OK)
        *ret = number;
    return x;
}

err notices_add(notices *n, store_txn *t, uint64_t facility, notice_event e,
                const uint8_t reference[static NOTICE_REFERENCE], time_ms now, uint64_t *ret_number)
{
    uint8_t counter[9], same[SAME_KEY];
    notice k = {.facility = facility, .event = e, .at = now};
    if ((unsigned)e >= FLOW_EVENT_COUNT)
        return ERR_USAGE;
    memcpy(k.reference, reference, NOTICE_REFERENCE);
    err x = same_find(n, t, facility, e, reference, now, &k.number);
    if (x == ERR_NOT_FOUND) {
        x = notices_last(n, t, facility, &k.number);
        k.number++;
        if (x == OK)
            x = number_put(n, t, counter_key(facility, counter), k.number);
        if (x == OK)
            x = number_put(n, t, same_key(facility, e, reference, same), k.number);
        if (x == OK)
            x = notice_put(n, t, &k);
        if (x == OK)
            x = waiting_add(n, t, 1);
        n->fresh = n->fresh || x == OK;
    }
    if (x == OK && ret_number)
        *ret_number = k.number;
    return x;
}

static err take(notices *n, store_txn *t, notice *k, time_ms now)
{
    uint8_t key[TAKEN_KEY];
    k->taken = now > 0 ? now : 1;
    err e = notice_put(n, t, k);
    if (e == OK)
        e = store_put(t, n->o.table_marks, taken_key(k, key), (span){0});
    return e ? e : waiting_add(n, t, -1);
}

err notices_take(notices *n, store_txn *t, uint64_t facility, uint64_t number, time_ms now)
{
    notice k;
    err e = notices_get(n, t, facility, number, &k);
    return e || k.taken ? e : take(n, t, &k, now);
}

err notices_take_all(notices *n, store_txn *t, uint64_t facility, uint64_t up_to, time_ms now, uint64_t *ret_count)
{
    uint8_t from[NOTICE_KEY];
    uint64_t count = 0;
    span key, value;
    notice k;
    err e = store_seek(t, n->o.table, notice_key(facility, 0, from), &key, &value);
    while (e == OK) {
        e = notice_unpack(key, value, &k);
        if (e || k.facility != facility || k.number > up_to)
            break;
        if (!k.taken) {
            e = take(n, t, &k, now);
            count++;
        }
        if (e == OK)
            e = store_next(t, n->o.table, &key, &value);
    }
    if (e == OK || e == ERR_NOT_FOUND)
        *ret_count = count;
    return e == ERR_NOT_FOUND ? OK : e;
}

static err forget(notices *n, store_txn *t, const notice *k)
{
    uint8_t key[TAKEN_KEY], at[NOTICE_KEY], same[SAME_KEY];
    uint64_t number = 0;
    err e = store_delete(t, n->o.table, notice_key(k->facility, k->number, at));
    if (e == OK)
        e = store_delete(t, n->o.table_marks, taken_key(k, key));
    if (e == OK)
        e = number_get(n, t, same_key(k->facility, k->event, k->reference, same), &number);
    if (e == OK && number == k->number) // a later one may say the same
        e = store_delete(t, n->o.table_marks, span_of(same, sizeof same));
    return e == ERR_NOT_FOUND ? OK : e;
}

err notices_purge(notices *n, store_txn *t, time_ms before, size_t most, uint64_t *ret_count)
{
    uint64_t count = 0;
    span key, value;
    err e = OK;
    while (e == OK && count < most) {
        notice k;
        e = store_seek(t, n->o.table_marks, SPAN_LIT("t"), &key, &value);
        if (e || key.len != TAKEN_KEY || key.at[0] != 't')
            break;
        time_ms taken = (time_ms)be64_get(key.at + 1);
        if (taken >= before)
            break;
        e = notices_get(n, t, be64_get(key.at + 9), be64_get(key.at + 17), &k);
        if (e == OK && k.taken != taken)
            e = ERR_CORRUPT;
        if (e == OK)
            e = forget(n, t, &k);
        count += e == OK;
    }
    if (e == OK || e == ERR_NOT_FOUND)
        *ret_count = count;
    return e == ERR_NOT_FOUND ? OK : e;
}

// ---- reading -------------------------------------------------------------------------------------

err notices_get(notices *n, store_txn *t, uint64_t facility, uint64_t number, notice *ret)
{
    uint8_t key[NOTICE_KEY];
    span value;
    err e = store_get(t, n->o.table, notice_key(facility, number, key), &value);
    return e ? e : notice_unpack(span_of(key, sizeof key), value, ret);
}

typedef struct walking {
    notices_visit visit;
    void *ctx;
} walking;

static err walk_one(void *ctx, span key, span value)
{
    const walking *w = ctx;
    notice k;
    err e = notice_unpack(key, value, &k);
    return e ? e : w->visit(w->ctx, &k);
}

err notices_walk(notices *n, store_txn *t, uint64_t facility, uint64_t after, notices_visit visit, void *ctx)
{
    uint8_t prefix[NOTICE_KEY], from[NOTICE_KEY];
    walking w = {visit, ctx};
    if (after == UINT64_MAX)
        return OK;
    notice_key(facility, 0, prefix);
    return store_walk(t, n->o.table, span_of(prefix, 8), notice_key(facility, after + 1, from), walk_one, &w);
}

err notices_last(notices *n, store_txn *t, uint64_t facility, uint64_t *ret)
{
    uint8_t key[9];
    err e = number_get(n, t, counter_key(facility, key), ret);
    if (e == ERR_NOT_FOUND)
        *ret = 0;
    return e == ERR_NOT_FOUND ? OK : e;
}

err notices_waiting(notices *n, store_txn *t, uint64_t *ret)
{
    err e = number_get(n, t, WAITING, ret);
    if (e == ERR_NOT_FOUND)
        *ret = 0;
    return e == ERR_NOT_FOUND ? OK : e;
}

bool notices_committed(notices *n)
{
    bool fresh = n->fresh;
    n->fresh = false;
    if (fresh)
        __atomic_add_fetch(&n->seen, 1, __ATOMIC_RELEASE);
    return fresh;
}

uint64_t notices_seen(const notices *n)
{
    return __atomic_load_n(&n->seen, __ATOMIC_ACQUIRE);
}
