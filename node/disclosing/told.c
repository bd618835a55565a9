// SPDX-License-Identifier: Apache-2.0
// TABLE_TOLD: thread -> the letter's body.
#include "node/disclosing/told.h"

#include <stdlib.h>
#include <string.h>

#include "node/disclosing/emergency.h"
#include "proto/base/log.h"

enum { SLICE = 4000, AT_ONCE = 16, LOOK_MS = 1000, BODY_MAX = 256 };

typedef struct meant {
    uint8_t thread[LETTER_ID_BYTES];
    hash32 mark;
    emergency_own found[EMERGENCY_FOUND_MAX];
    size_t count;
} meant;

typedef struct search {
    pool_task base; // first
    node *n;
    meant items[AT_ONCE];
    size_t count, looked;
    uint8_t last[sizeof(emergency_own) + 1]; // where the next slice begins
    bool begun, more;
} search;

err told_put(store_txn *t, const letter *l)
{
    return store_put(t, TABLE_TOLD, span_of(l->thread, LETTER_ID_BYTES), l->body);
}

static void search_over(search *s)
{
    node *n = s->n;
    free(s);
    __atomic_store_n(&n->telling, false, __ATOMIC_RELEASE);
    __atomic_sub_fetch(&n->jobs_open, 1, __ATOMIC_RELEASE);
}

// ---- what was found ------------------------------------------------------------------------

static err found_one(job *j, store_txn *t, const meant *m)
{
    Tsunagu__EmergencyTold *told;
    span value, key = span_of(m->thread, LETTER_ID_BYTES);
    err e = store_get(t, TABLE_TOLD, key, &value);
    if (e)
        return e == ERR_NOT_FOUND ? OK : e;
    if (WIRE_DECODE(value, Tsunagu__EmergencyTold, tsunagu__emergency_told__descriptor, BODY_MAX, &j->memory, &told) != OK)
        return ERR_CORRUPT;
    e = emergency_meant(j, t, told, m->thread, m->found, m->count);
    return e ? e : store_delete(t, TABLE_TOLD, key);
}

static err found_run(job *j, store_txn *t)
{
    const search *s = *(search **)j->state;
    err e = OK;
    for (size_t i = 0; e == OK && i < s->count; i++)
        e = found_one(j, t, &s->items[i]);
    return job_store_err(e);
}

static void found_answer(job *j, err e)
{
    if (e)
        log_line(LOG_ERROR, "whom an emergency elsewhere concerns could not be noted: %s", err_text(e));
    search_over(*(search **)j->state); // if it is not kept, the next look begins again
}

// ---- a slice -----------------------------------------------------------------------------------

static err slice_one(void *ctx, span key, span value)
{
    search *s = ctx;
    (void)value;
    if (key.len != sizeof(emergency_own))
        return ERR_CORRUPT;
    for (size_t i = 0; i < s->count; i++) {
        meant *m = &s->items[i];
        hash32 mark;
        emergency_mark(m->thread, key.at, &mark);
        if (crypto_same(mark.at, m->mark.at, HASH_BYTES) && m->count < EMERGENCY_FOUND_MAX)
            memcpy(&m->found[m->count++], key.at, key.len);
    }
    memcpy(s->last, key.at, key.len); // and a zero behind it: the first key that can follow
    s->begun = true;
    s->more = ++s->looked == SLICE;
    return s->more ? ERR_CLOSED : OK;
}

static void slice_run(pool_task *task)
{
    search *s = (search *)task;
    node *n = s->n;
    store_txn *t;
    s->more = false;
    s->looked = 0;
    err e = __atomic_load_n(&n->closing, __ATOMIC_SEQ_CST) ? ERR_CLOSED : store_read(n->keep, &t);
    if (e == OK) {
        e = store_walk(t, TABLE_OWN_BACK, (span){0}, s->begun ? span_of(s->last, sizeof s->last) : (span){0}, slice_one, s);
        store_end(t);
    }
    if (e == OK && s->more) {
        pool_submit(n->hands, &s->base); // behind what waits for a disk
        return;
    }
    job *j = e == OK ? job_with(n, sizeof(search *), found_run, found_answer) : NULL;
    if (!j) {
        if (e != OK && e != ERR_CLOSED)
            log_line(LOG_ERROR, "own numbers could not be gone through: %s", err_text(e));
        search_over(s);
        return;
    }
    *(search **)j->state = s;
    job_submit(j);
}

// ---- what waits ----------------------------------------------------------------------------------

static err waiting_one(void *ctx, span key, span value)
{
    search *s = ctx;
    meant *m = &s->items[s->count];
    Tsunagu__EmergencyTold *told;
    arena a;
    arena_init(&a, 0);
    err e = key.len == LETTER_ID_BYTES ? WIRE_DECODE(value, Tsunagu__EmergencyTold, tsunagu__emergency_told__descriptor,
                                                     BODY_MAX, &a, &told) : ERR_CORRUPT;
    if (e == OK && told->mark.len == HASH_BYTES) {
        memcpy(m->thread, key.at, LETTER_ID_BYTES);
        memcpy(m->mark.at, told->mark.data, HASH_BYTES);
        s->count++;
    }
    arena_done(&a);
    return e ? ERR_CORRUPT : s->count == AT_ONCE ? ERR_CLOSED : OK;
}

void told_tick(node *n, time_ms now)
{
    store_txn *t;
    uint64_t count = 0;
    if ((now < n->told_at && n->told_at <= now + LOOK_MS) || __atomic_load_n(&n->telling, __ATOMIC_ACQUIRE))
        return;
    n->told_at = now + LOOK_MS;
    if (store_read(n->keep, &t) != OK)
        return;
    err e = store_count(t, TABLE_TOLD, &count);
    search *s = e == OK && count ? calloc(1, sizeof *s) : NULL;
    if (s)
        e = store_walk(t, TABLE_TOLD, (span){0}, (span){0}, waiting_one, s);
    store_end(t);
    if (e != OK || !s || s->count == 0) {
        free(s);
        return;
    }
    s->n = n;
    s->base.run = slice_run;
    __atomic_add_fetch(&n->jobs_open, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&n->telling, true, __ATOMIC_RELEASE);
    pool_submit(n->hands, &s->base);
}
