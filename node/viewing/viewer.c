// SPDX-License-Identifier: Apache-2.0
#include "node/viewing/viewer.h"

#include <stdlib.h>

#include "node/charts/withdrawn.h"
#include "policies/engine/emergency.h"

err viewer_new(node *n, viewer **ret)
{
    (void)n;
    viewer *v = calloc(1, sizeof *v);
    if (!v)
        return ERR_MEM;
    pthread_mutex_init(&v->lock, NULL);
    pthread_mutex_init(&v->ends_lock, NULL);
    *ret = v;
    return OK;
}

void viewer_tick(node *n, time_ms now)
{
    sheets_tick(n, now);
    readings_tick(n, now);
}

// Everything is idle for ever so long: all handles end.
void viewer_drain(node *n)
{
    if (n->view)
        viewer_tick(n, INT64_MAX);
}

void viewer_handle(char out[static HANDLE_MAX + 1])
{
    uint8_t dice[6];
    if (crypto_random(dice, sizeof dice) != OK)
        abort(); // without randomness nothing here may go on
    hex_put(out, span_of(dice, sizeof dice));
}

// Kept as long as any ticket could be used; tickets, pages and open documents are in memory, too.
enum { ENDS_KEPT_MS = 86400000 };

struct ended {
    ended *next;
    uint64_t facility;
    pseudonym who;
    time_ms at; // by clock_mono_ms
    bool changed; // not ended: agreed to otherwise
};

static void ends_prune(ended **list, time_ms now)
{
    while (*list) {
        ended *k = *list;
        if (now - k->at <= ENDS_KEPT_MS) {
            list = &k->next;
            continue;
        }
        *list = k->next;
        free(k);
    }
}

static void end_put(viewer *v, uint64_t facility, const pseudonym *who, bool changed)
{
    ended *k = calloc(1, sizeof *k);
    if (!k)
        abort(); // what the patient ended must not go on
    *k = (ended){.facility = facility, .who = *who, .at = clock_mono_ms(), .changed = changed};
    pthread_mutex_lock(&v->ends_lock);
    ends_prune(&v->ends, k->at);
    k->next = v->ends;
    v->ends = k;
    pthread_mutex_unlock(&v->ends_lock);
}

void viewer_end(viewer *v, uint64_t facility, const pseudonym *who)
{
    end_put(v, facility, who, false);
}

void viewer_change(viewer *v, uint64_t facility, const pseudonym *who)
{
    end_put(v, facility, who, true);
}

static bool end_find(viewer *v, uint64_t facility, const pseudonym *who, time_ms since, bool changed)
{
    bool found = false;
    pthread_mutex_lock(&v->ends_lock);
    for (const ended *k = v->ends; k && !found; k = k->next)
        found = k->changed == changed && k->facility == facility && since <= k->at && pseudonym_same(&k->who, who);
    pthread_mutex_unlock(&v->ends_lock);
    return found;
}

bool viewer_changed(viewer *v, uint64_t facility, const pseudonym *who, time_ms since)
{
    return end_find(v, facility, who, since, true);
}

err viewer_lets(node *n, const policy *p, uint64_t facility, const pseudonym *who, time_ms since, bool emergency)
{
    store_txn *t;
    bool waits = false;
    if (emergency && emergency_opens(p, EMERGENCY_AGAINST))
        return OK;
    if (end_find(n->view, facility, who, since, false))
        return ERR_WITHDRAWN;
    err e = store_read(n->keep, &t);
    if (e)
        return e;
    e = withdrawn_waits(t, facility, who, INT64_MIN, &waits);
    store_end(t);
    return e ? e : waits ? ERR_WITHDRAWN : OK;
}

void viewer_ends_free(viewer *v)
{
    ends_prune(&v->ends, INT64_MAX);
}

void viewer_entry(Tsunagu__LogEntry *e, const person *who, const uint8_t *user_id, const ticket *k)
{
    e->facility = who->facility;
    e->role = (char *)who->role;
    e->user = wire_bytes(span_of(user_id, USER_ID_BYTES));
    if (!k)
        return;
    e->pseudonym = wire_bytes(span_of(k->who.at, PSEUDONYM_BYTES));
    e->source = k->source;
    e->ticket = wire_bytes(span_of(k->id, TICKET_ID_BYTES));
}
