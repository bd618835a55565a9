// SPDX-License-Identifier: Apache-2.0
// Marks: 'o' | first 8 bytes of SHA-256(name) | facility 8 -> upto 8 | next 8 | since 8 | pause 4 | fails 4 | why.
#include "node/notices/deliver.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/notices/attempt.h"
#include "proto/crypto/hash.h"

enum { LANE_KEY = 17, LANE_HEAD = 32, IDLE_MS = 60000, BROKEN_MS = 1000 };

// One target, and how far it is.
typedef struct lane {
    const notify_target *t;
    uint64_t upto;
    time_ms next, since;
    uint32_t pause_ms, fails;
    char why[ATTEMPT_WHY];
    bool idle;        // nothing waits, until there is something new
    attempt *now;     // under way
    uint64_t flying;  // its notice; 0: a trial
    bool trial;       // one is asked for, or under way
    deliver_done done;
    void *done_ctx;
} lane;

struct deliver {
    deliver_options o;
    pthread_t thread;
    pthread_mutex_t lock; // lanes' figures and trials, `fresh`, `replaced`
    CURLM *multi;
    notify targets, fresh;
    bool replaced;
    lane *lanes;          // as many as targets; their set changes only under the lock
    size_t count, turn;
    int flying;
    uint64_t dice, seen;
    bool stopping;        // atomic
};

// ---- keeping ------------------------------------------------------------------------------------

static void lane_key(const notify_target *t, uint8_t out[static LANE_KEY])
{
    hash32 h;
    sha256(span_str(t->name), &h);
    out[0] = 'o';
    memcpy(out + 1, h.at, 8);
    be64_put(out + 9, t->facility);
}

typedef struct saving {
    writer_job base;
    int table;
    uint8_t key[LANE_KEY], value[LANE_HEAD + ATTEMPT_WHY];
    size_t len;
} saving;

static err save_run(writer_job *j, store_txn *t)
{
    const saving *s = (saving *)j;
    return store_put(t, s->table, span_of(s->key, LANE_KEY), span_of(s->value, s->len));
}

static void save_done(writer_job *j, err e)
{
    (void)e; // it is told again at the next attempt; at worst a message comes twice
    free(j);
}

static void lane_save(deliver *d, const lane *l)
{
    saving *s = calloc(1, sizeof *s);
    if (!s)
        return;
    s->base.run = save_run;
    s->base.done = save_done;
    s->table = d->o.table_marks;
    lane_key(l->t, s->key);
    be64_put(s->value, l->upto);
    be64_put(s->value + 8, (uint64_t)l->next);
    be64_put(s->value + 16, (uint64_t)l->since);
    be32_put(s->value + 24, l->pause_ms);
    be32_put(s->value + 28, l->fails);
    s->len = LANE_HEAD + strlen(l->why);
    memcpy(s->value + LANE_HEAD, l->why, strlen(l->why));
    if (writer_submit(d->o.write, &s->base) != OK)
        free(s);
}

// A target that was never seen begins with what comes from now on.
static err lane_load(deliver *d, store_txn *t, lane *l, time_ms now)
{
    uint8_t key[LANE_KEY];
    span value;
    lane_key(l->t, key);
    err e = store_get(t, d->o.table_marks, span_of(key, sizeof key), &value);
    if (e == ERR_NOT_FOUND) {
        e = notices_last(d->o.notices, t, l->t->facility, &l->upto);
        if (e == OK)
            lane_save(d, l);
        return e;
    }
    if (e == OK && (value.len < LANE_HEAD || value.len >= LANE_HEAD + ATTEMPT_WHY))
        e = ERR_CORRUPT;
    if (e)
        return e;
    l->upto = be64_get(value.at);
    l->next = (time_ms)be64_get(value.at + 8);
    l->since = (time_ms)be64_get(value.at + 16);
    l->pause_ms = be32_get(value.at + 24);
    l->fails = be32_get(value.at + 28);
    memcpy(l->why, value.at + LANE_HEAD, value.len - LANE_HEAD);
    if (l->next > now + DELIVER_RETRY_MAX_MS) // the clock was elsewhere
        l->next = now;
    return OK;
}

// ---- lanes -----------------------------------------------------------------------------------------

static void trial_end(lane *l, err e, const char *why)
{
    deliver_done done = l->done;
    l->trial = false;
    l->done = NULL;
    if (done)
        done(l->done_ctx, e, why);
}

static void lane_break(deliver *d, lane *l)
{
    if (!l->now)
        return;
    curl_multi_remove_handle(d->multi, attempt_handle(l->now));
    attempt_free(l->now);
    l->now = NULL;
    d->flying--;
}

static void lanes_end(deliver *d)
{
    for (size_t i = 0; i < d->count; i++) {
        lane_break(d, &d->lanes[i]);
        trial_end(&d->lanes[i], ERR_CLOSED, "");
    }
    free(d->lanes);
    d->lanes = NULL;
    d->count = 0;
    notify_done(&d->targets);
}

// The lanes of the targets as they are now. Under the lock.
static err lanes_begin(deliver *d, notify *targets, bool at_once)
{
    store_txn *t;
    time_ms now = clock_now_ms();
    lane *lanes = calloc(targets->count ? targets->count : 1, sizeof *lanes);
    err e = lanes ? store_read(d->o.keep, &t) : ERR_MEM;
    if (e) {
        free(lanes);
        return e;
    }
    for (size_t i = 0; e == OK && i < targets->count; i++) {
        lanes[i].t = &targets->items[i];
        e = lane_load(d, t, &lanes[i], now);
        if (at_once)
            lanes[i].next = 0; // whoever changed something wants to see whether it works
    }
    store_end(t);
    if (e) {
        free(lanes);
        return e;
    }
    d->targets = *targets;
    *targets = (notify){0};
    d->lanes = lanes;
    d->count = d->targets.count;
    d->turn = 0;
    return OK;
}

static void lanes_replace(deliver *d)
{
    pthread_mutex_lock(&d->lock);
    if (d->replaced) {
        d->replaced = false;
        lanes_end(d);
        if (lanes_begin(d, &d->fresh, true) != OK) {
            d->replaced = true; // the store is out of reach: again with the next round
        }
    }
    pthread_mutex_unlock(&d->lock);
}

typedef struct finding {
    lane *l;
    notice found;
    bool any;
} finding;

static err find_one(void *ctx, const notice *k)
{
    finding *f = ctx;
    if (!k->taken && f->l->t->events >> k->event & 1) {
        f->found = *k;
        f->any = true;
        return ERR_CLOSED;
    }
    f->l->upto = k->number;
    return OK;
}

// Its next notice; idle if there is none.
static err lane_find(deliver *d, lane *l, finding *ret)
{
    store_txn *t;
    err e = store_read(d->o.keep, &t);
    if (e)
        return e;
    *ret = (finding){.l = l};
    e = notices_walk(d->o.notices, t, l->t->facility, l->upto, find_one, ret);
    store_end(t);
    return e;
}

static uint32_t jitter(deliver *d, uint32_t ms)
{
    d->dice = d->dice * 6364136223846793005u + 1442695040888963407u; // no secret: only apart from each other
    return ms / 2 + (uint32_t)((d->dice >> 33) % (ms / 2 + 1));
}

// ---- attempts ------------------------------------------------------------------------------------------

static void lane_failed(deliver *d, lane *l, const char *why, time_ms wait, time_ms now)
{
    bool first = l->fails++ == 0;
    if (first)
        l->since = now;
    l->pause_ms = !l->pause_ms ? DELIVER_RETRY_MS
                : l->pause_ms >= DELIVER_RETRY_MAX_MS / 2 ? DELIVER_RETRY_MAX_MS : l->pause_ms * 2;
    time_ms pause = jitter(d, l->pause_ms);
    if (wait > pause)
        pause = wait < DELIVER_RETRY_MAX_MS ? wait : DELIVER_RETRY_MAX_MS;
    l->next = now + pause;
    snprintf(l->why, sizeof l->why, "%s", why);
    lane_save(d, l);
    if (first && d->o.told)
        d->o.told(d->o.ctx, l->t->name, l->why);
}

static void lane_worked(deliver *d, lane *l, time_ms now)
{
    bool failed = l->fails > 0;
    l->upto = l->flying;
    l->fails = l->pause_ms = 0;
    l->since = 0;
    l->next = now + DELIVER_PACE_MS;
    l->why[0] = '\0';
    lane_save(d, l);
    if (failed && d->o.told)
        d->o.told(d->o.ctx, l->t->name, "");
}

// Under the lock.
static void lane_begin(deliver *d, lane *l, const notice *k, time_ms now)
{
    err e = attempt_open(l->t, k, now, &l->now);
    if (e == OK) {
        curl_easy_setopt(attempt_handle(l->now), CURLOPT_PRIVATE, l);
        if (curl_multi_add_handle(d->multi, attempt_handle(l->now)) != CURLM_OK) {
            attempt_free(l->now);
            l->now = NULL;
            e = ERR_MEM;
        }
    }
    l->flying = k ? k->number : 0;
    if (e == OK)
        d->flying++;
    else if (!k)
        trial_end(l, e, err_text(e));
    else
        lane_failed(d, l, err_text(e), 0, now);
}

static void lane_end(deliver *d, lane *l, CURLcode code, time_ms now)
{
    char why[ATTEMPT_WHY];
    time_ms wait;
    err e = attempt_outcome(l->now, code, why, &wait);
    lane_break(d, l);
    if (l->flying == 0)
        trial_end(l, e, why);
    else if (e)
        lane_failed(d, l, why, wait, now);
    else
        lane_worked(d, l, now);
}

// Begins what is due, by turns, so that no target keeps the others out. Gives when to look again.
static time_ms lanes_step(deliver *d, time_ms now)
{
    time_ms next = now + IDLE_MS;
    uint64_t seen = notices_seen(d->o.notices);
    bool news = seen != d->seen;
    d->seen = seen;
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < d->count; i++) {
        lane *l = &d->lanes[(d->turn + i) % d->count];
        finding f;
        l->idle = l->idle && !news;
        if (l->now || d->flying >= DELIVER_PARALLEL)
            continue;
        if (l->trial) {
            lane_begin(d, l, NULL, now);
        } else if (!l->idle && l->next <= now) {
            err e = lane_find(d, l, &f);
            if (e)
                l->next = now + BROKEN_MS;
            else if (f.any)
                lane_begin(d, l, &f.found, now);
            else
                l->idle = true;
        }
        if (!l->now && !l->idle && l->next < next)
            next = l->next > now ? l->next : now;
    }
    if (d->count)
        d->turn = (d->turn + 1) % d->count;
    pthread_mutex_unlock(&d->lock);
    return next;
}

static void ends_gather(deliver *d, time_ms now)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(d->multi, &left));) {
        lane *l = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result; // the message dies with the handle
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&l);
        pthread_mutex_lock(&d->lock);
        lane_end(d, l, code, now);
        pthread_mutex_unlock(&d->lock);
    }
}

static void *deliver_run(void *arg)
{
    deliver *d = arg;
    while (!__atomic_load_n(&d->stopping, __ATOMIC_ACQUIRE)) {
        int running;
        lanes_replace(d);
        time_ms now = clock_now_ms(), next = lanes_step(d, now);
        (void)curl_multi_perform(d->multi, &running);
        ends_gather(d, clock_now_ms());
        now = clock_now_ms();
        time_ms pause = running < d->flying ? 0 : next > now ? next - now : d->flying >= DELIVER_PARALLEL ? 100 : 1;
        (void)curl_multi_poll(d->multi, NULL, 0, (int)(pause < IDLE_MS ? pause : IDLE_MS), NULL);
    }
    pthread_mutex_lock(&d->lock);
    lanes_end(d);
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

// ---- from outside ----------------------------------------------------------------------------------------

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_begin(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

err deliver_start(const deliver_options *o, notify *targets, deliver **ret)
{
    deliver *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_MEM;
    pthread_once(&curl_once, curl_begin);
    d->o = *o;
    pthread_mutex_init(&d->lock, NULL);
    err e = crypto_random(&d->dice, sizeof d->dice);
    d->multi = e == OK ? curl_multi_init() : NULL;
    if (e == OK && !d->multi)
        e = ERR_MEM;
    if (e == OK)
        e = lanes_begin(d, targets, false);
    if (e == OK && pthread_create(&d->thread, NULL, deliver_run, d) != 0) {
        e = ERR_MEM;
        lanes_end(d);
    }
    if (e) {
        curl_multi_cleanup(d->multi);
        pthread_mutex_destroy(&d->lock);
        free(d);
        return e;
    }
    *ret = d;
    return OK;
}

void deliver_halt(deliver *d)
{
    if (!d || __atomic_exchange_n(&d->stopping, true, __ATOMIC_ACQ_REL))
        return;
    curl_multi_wakeup(d->multi);
    pthread_join(d->thread, NULL);
}

void deliver_stop(deliver *d)
{
    if (!d)
        return;
    deliver_halt(d);
    curl_multi_cleanup(d->multi);
    notify_done(&d->fresh);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

void deliver_replace(deliver *d, notify *targets)
{
    pthread_mutex_lock(&d->lock);
    notify_done(&d->fresh);
    d->fresh = *targets;
    *targets = (notify){0};
    d->replaced = true;
    pthread_mutex_unlock(&d->lock);
    curl_multi_wakeup(d->multi);
}

void deliver_wake(deliver *d)
{
    curl_multi_wakeup(d->multi);
}

err deliver_trial(deliver *d, const char *name, deliver_done done, void *ctx)
{
    err e = ERR_NOT_FOUND;
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < d->count; i++) {
        lane *l = &d->lanes[i];
        if (strcmp(l->t->name, name) != 0)
            continue;
        e = l->trial ? ERR_BUSY : OK;
        if (e == OK) {
            l->trial = true;
            l->done = done;
            l->done_ctx = ctx;
        }
    }
    pthread_mutex_unlock(&d->lock);
    curl_multi_wakeup(d->multi);
    return e;
}

void deliver_list(deliver *d, void (*visit)(void *ctx, const deliver_figures *f), void *ctx)
{
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < d->count; i++) {
        const lane *l = &d->lanes[i];
        const deliver_figures f = {.name = l->t->name, .why = l->why, .kind = l->t->kind, .facility = l->t->facility,
                                   .upto = l->upto, .fails = l->fails, .since = l->since,
                                   .next = l->idle ? 0 : l->next};
        visit(ctx, &f);
    }
    pthread_mutex_unlock(&d->lock);
}
