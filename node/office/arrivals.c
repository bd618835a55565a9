// SPDX-License-Identifier: Apache-2.0
// Keys: 'c' chart -> 16 times count 4, newest 8; 'r' request's id -> told last 8; 'o' request's id -> "": more came
// since, and is told when the day is over.
#include "node/office/arrivals.h"

#include <string.h>

#include "node/office/notice.h"
#include "node/office/thread.h"

enum { SEEN_BYTES = CARD_CATEGORIES * 12, KEY_CHART = 1 + SSMIX_CHART_MAX, KEY_REQUEST = 1 + REQUEST_ID_BYTES,
       REQUESTS_MOST = 64, OWED_MOST = 64 };

bool arrivals_gained(const arrivals_seen *before, const arrivals_seen *now, uint32_t categories)
{
    for (int bit = 0; bit < CARD_CATEGORIES; bit++)
        if ((categories >> bit & 1) && (now[bit].count > before[bit].count || now[bit].newest > before[bit].newest))
            return true;
    return false;
}

typedef struct counting {
    const book *b;
    day until;
    arrivals_seen *seen;
} counting;

static err count_one(void *ctx, const ssmix_entry *e)
{
    counting *k = ctx;
    int bit = mapping_category(k->b->map, e);
    if (bit < 0 || bit >= CARD_CATEGORIES || (e->date != DAY_FOREVER && e->date > k->until))
        return OK;
    k->seen[bit].count++;
    if (e->time > k->seen[bit].newest)
        k->seen[bit].newest = e->time;
    return OK;
}

static err seen_get(store_txn *t, span key, arrivals_seen *ret)
{
    span v;
    err e = store_get(t, TABLE_ARRIVALS, key, &v);
    if (e == OK && v.len != SEEN_BYTES)
        e = ERR_CORRUPT;
    for (int i = 0; e == OK && i < CARD_CATEGORIES; i++)
        ret[i] = (arrivals_seen){be32_get(v.at + i * 12), (time_ms)be64_get(v.at + i * 12 + 4)};
    return e;
}

static err seen_put(store_txn *t, span key, const arrivals_seen *seen)
{
    uint8_t v[SEEN_BYTES];
    for (int i = 0; i < CARD_CATEGORIES; i++) {
        be32_put(v + i * 12, seen[i].count);
        be64_put(v + i * 12 + 4, (uint64_t)seen[i].newest);
    }
    return store_put(t, TABLE_ARRIVALS, key, span_of(v, sizeof v));
}

static span request_key(char kind, const uint8_t *id, uint8_t out[static KEY_REQUEST])
{
    out[0] = (uint8_t)kind;
    memcpy(out + 1, id, REQUEST_ID_BYTES);
    return span_of(out, KEY_REQUEST);
}

// ---- the hospital tells -----------------------------------------------------------------

static err owed_forget(store_txn *t, const uint8_t *id)
{
    uint8_t key[KEY_REQUEST];
    err e = store_delete(t, TABLE_ARRIVALS, request_key('o', id, key));
    return e == ERR_NOT_FOUND ? OK : e;
}

static err request_tell(job *j, store_txn *t, const request *r)
{
    Tsunagu__ToldBody body = TSUNAGU__TOLD_BODY__INIT;
    uint8_t key[KEY_REQUEST], at[8];
    span v;
    err e = store_get(t, TABLE_ARRIVALS, request_key('r', r->id.data, key), &v);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    time_ms last = e == OK && v.len == 8 ? (time_ms)be64_get(v.at) : 0;
    if (last && last <= j->now && j->now - last < ARRIVALS_QUIET_MS)
        return store_put(t, TABLE_ARRIVALS, request_key('o', r->id.data, key), span_of("", 0));
    be64_put(at, (uint64_t)j->now);
    e = store_put(t, TABLE_ARRIVALS, request_key('r', r->id.data, key), span_of(at, sizeof at));
    if (e == OK)
        e = owed_forget(t, r->id.data);
    body.event = FLOW_EVENT_DOCUMENTS;
    return e ? e : flow_post(j, t, r, LETTER_TOLD, (const ProtobufCMessage *)&body);
}

typedef struct gathering {
    uint8_t ids[REQUESTS_MOST][REQUEST_ID_BYTES];
    size_t count;
} gathering;

static err gather_one(void *ctx, const request *r)
{
    gathering *g = ctx;
    if (r->state != REQUEST_COMPLETED)
        return OK;
    memcpy(g->ids[g->count++], r->id.data, REQUEST_ID_BYTES);
    return g->count == REQUESTS_MOST ? ERR_CLOSED : OK;
}

static err chart_tell(job *j, store_txn *t, const consent *c)
{
    requests q = flow_of(j);
    gathering *g = arena_get(&j->memory, sizeof *g);
    if (!g)
        return ERR_MEM;
    err e = requests_of(&q, t, REQUEST_HOSPITAL, c->card.facility, c->chart, gather_one, g);
    for (size_t i = 0; e == OK && i < g->count; i++) {
        request *r;
        e = requests_get(&q, t, g->ids[i], &j->memory, &r);
        if (e == OK)
            e = request_tell(j, t, r);
        if (e == ERR_NOT_FOUND)
            e = OK; // that clinic left
    }
    uint32_t mine = 1u << FLOW_TO_DISCLOSING;
    return e == OK ? notice_side(j, t, c->card.facility, mine, FLOW_EVENT_DOCUMENTS, c->card.scope.id) : e;
}

typedef struct filed_counting {
    const policy *p;
    const consent *c;
    arrivals_seen *seen;
} filed_counting;

static err filed_one(void *ctx, const shelf_document *d)
{
    filed_counting *k = ctx;
    int bit = policy_category(k->p, d->category);
    if (bit < 0 || bit >= CARD_CATEGORIES || d->state != SHELF_VALID || !pseudonym_same(&d->who, &k->c->card.who))
        return OK;
    k->seen[bit].count++;
    if (d->filed > k->seen[bit].newest)
        k->seen[bit].newest = d->filed;
    return OK;
}

// What is there now, by category: in the storage, or on the shelf.
static err seen_now(job *j, store_txn *t, const consent *c, arrivals_seen *seen)
{
    uint64_t facility;
    const char *number;
    counting k = {j->rules, day_of_time(j->now) + 366, seen};
    filed_counting f = {j->rules->r->p, c, seen};
    if (shelf_chart_read(c->chart, &facility, &number))
        return j->n->papers ? shelf_walk(j->n->papers, t, facility, number, filed_one, &f) : ERR_NOT_FOUND;
    return j->n->index ? ssmix_entries(j->n->index, t, span_str(c->chart), count_one, &k) : ERR_NOT_FOUND;
}

err arrivals_look(job *j, store_txn *t, const consent *c, bool first)
{
    arrivals_seen before[CARD_CATEGORIES] = {0}, now[CARD_CATEGORIES] = {0};
    uint8_t key[KEY_CHART];
    size_t len = strlen(c->chart);
    if (len > SSMIX_CHART_MAX)
        return OK;
    key[0] = 'c';
    memcpy(key + 1, c->chart, len);
    err e = seen_now(j, t, c, now);
    if (e)
        return e == ERR_NOT_FOUND ? OK : e; // nothing is disclosed from here
    e = seen_get(t, span_of(key, len + 1), before);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    bool tell = e == OK && !first && arrivals_gained(before, now, c->card.scope.categories);
    if (e == OK && memcmp(before, now, sizeof now) == 0)
        return OK;
    e = seen_put(t, span_of(key, len + 1), now);
    return e == OK && tell ? chart_tell(j, t, c) : e;
}

static err owed_one(void *ctx, span key, span value)
{
    gathering *g = ctx;
    (void)value;
    if (key.len == KEY_REQUEST)
        memcpy(g->ids[g->count++], key.at + 1, REQUEST_ID_BYTES);
    return g->count == OWED_MOST ? ERR_CLOSED : OK;
}

err arrivals_owed(job *j, store_txn *t)
{
    requests q = flow_of(j);
    gathering *g = arena_get(&j->memory, sizeof *g);
    if (!g)
        return ERR_MEM;
    err e = store_walk(t, TABLE_ARRIVALS, SPAN_LIT("o"), SPAN_LIT("o"), owed_one, g);
    for (size_t i = 0; e == OK && i < g->count; i++) {
        request *r;
        e = requests_get(&q, t, g->ids[i], &j->memory, &r);
        if (e == OK && r->state == REQUEST_COMPLETED)
            e = request_tell(j, t, r);
        else if (e == OK)
            e = owed_forget(t, g->ids[i]);
        if (e == ERR_NOT_FOUND)
            e = owed_forget(t, g->ids[i]);
    }
    return e;
}

// ---- the clinic hears ---------------------------------------------------------------------

err arrivals_take_told(job *j, store_txn *t, const letter *l, flow_event event)
{
    requests q = flow_of(j);
    request *r;
    err e = requests_get(&q, t, l->thread, &j->memory, &r);
    if (e)
        return e;
    if (r->side != REQUEST_CLINIC || r->other != l->from || r->own != l->to || event != FLOW_EVENT_DOCUMENTS)
        return ERR_DENIED;
    if (r->state != REQUEST_COMPLETED && r->state != REQUEST_CHANGED)
        return OK; // it ended meanwhile
    const uint64_t parties[FLOW_AUDIENCES] = {[FLOW_TO_ASKING] = r->own, [FLOW_TO_OWN] = r->own};
    return notice_tell_all(j, t, event, parties, l->thread);
}
