// SPDX-License-Identifier: Apache-2.0
#include "node/requests/requests.h"

#include <string.h>

#include "node/requests/inside.h"

enum { RECORD_MAX = 256 << 10 };

static bool sound(const request *r)
{
    return r->id.len == REQUEST_ID_BYTES && r->side < REQUEST_CLOCK && r->state < REQUEST_STATES && r->body;
}

static err record_decode(span value, arena *a, request **ret)
{
    request *r;
    if (WIRE_DECODE(value, request, tsunagu__request_record__descriptor, RECORD_MAX, a, &r) != OK || !sound(r))
        return ERR_CORRUPT;
    *ret = r;
    return OK;
}

static span id_of(const request *r)
{
    return span_of(r->id.data, REQUEST_ID_BYTES);
}

// What could not be read back may not be written: a text too long, or no UTF-8.
static err record_pack(const request *r, buf *out)
{
    err e = wire_encode((const ProtobufCMessage *)r, out);
    return e ? e : wire_check(buf_span(out), &tsunagu__request_record__descriptor, RECORD_MAX);
}

static err record_check(const request *r)
{
    buf bytes = {.max = RECORD_MAX};
    err e = record_pack(r, &bytes);
    buf_wipe(&bytes);
    return e;
}

static err record_put(const requests *q, store_txn *t, const request *r)
{
    buf bytes = {.max = RECORD_MAX};
    err e = record_pack(r, &bytes);
    if (e == OK)
        e = store_put(t, q->table, id_of(r), buf_span(&bytes));
    buf_wipe(&bytes);
    return e;
}

static err step_put(const requests *q, store_txn *t, const request *r, const request_past *s)
{
    uint8_t key[REQUEST_ID_BYTES + 4];
    buf bytes = {0};
    memcpy(key, r->id.data, REQUEST_ID_BYTES);
    be32_put(key + REQUEST_ID_BYTES, r->steps);
    err e = wire_encode((const ProtobufCMessage *)s, &bytes);
    if (e == OK)
        e = store_put(t, q->table_past, span_of(key, sizeof key), buf_span(&bytes));
    buf_wipe(&bytes);
    return e;
}

static void term_set(const requests *q, request *r, time_ms now)
{
    request_term k = {0};
    if (q->term && !request_over((request_state)r->state))
        k = q->term(q->ctx, (request_side)r->side, (request_state)r->state, now);
    r->since_ms = now;
    r->due_ms = k.due;
    r->remind_ms = k.remind;
    r->overdue = false;
}

err requests_add(const requests *q, store_txn *t, request *r, time_ms now)
{
    span value;
    list_keys keys;
    if (!sound(r))
        return ERR_USAGE;
    err e = store_get(t, q->table, id_of(r), &value);
    if (e != ERR_NOT_FOUND)
        return e ? e : ERR_EXISTS;
    r->state = r->side == REQUEST_CLINIC ? REQUEST_DRAFT : REQUEST_SENT;
    r->made_ms = now;
    r->steps = 0;
    term_set(q, r, now);
    e = record_check(r);
    if (e)
        return e;
    list_keys_of(r, &keys);
    e = record_put(q, t, r);
    return e ? e : list_move(q, t, NULL, &keys);
}

// The lists as the stored record has them: memory may have changed meanwhile.
static err stored_keys(const requests *q, store_txn *t, const request *r, list_keys *ret)
{
    arena a;
    request *old;
    span value;
    err e = store_get(t, q->table, id_of(r), &value);
    if (e)
        return e;
    arena_init(&a, 0);
    e = record_decode(value, &a, &old);
    if (e == OK)
        list_keys_of(old, ret);
    arena_done(&a);
    return e;
}

err requests_keep(const requests *q, store_txn *t, const request *r)
{
    list_keys old, now;
    err e = record_check(r);
    if (e == OK)
        e = stored_keys(q, t, r, &old);
    if (e)
        return e;
    list_keys_of(r, &now);
    e = record_put(q, t, r);
    return e ? e : list_move(q, t, &old, &now);
}

err requests_may(const request *r, request_event e, request_side by)
{
    request_state next;
    return request_step((request_side)r->side, (request_state)r->state, e, by, &next);
}

err requests_step(const requests *q, store_txn *t, request *r, request_event e, request_side by, const char *who,
                  const char *text, time_ms now)
{
    request_state next;
    request_past s = TSUNAGU__REQUEST_STEP__INIT;
    err x = request_step((request_side)r->side, (request_state)r->state, e, by, &next);
    if (x)
        return x;
    if (strlen(text) > REQUEST_TEXT_MAX)
        return ERR_LIMIT;
    s.event = e;
    s.by = by;
    s.from = r->state;
    s.to = next;
    s.at_ms = now;
    s.who = (char *)who;
    s.text = (char *)text;
    request before = *r;
    r->steps++;
    // What only crossed on its way is written down, and nothing else happens.
    if (!request_over((request_state)s.from)) {
        r->state = next;
        term_set(q, r, now);
    }
    x = record_check(r);
    if (x) {
        *r = before;
        return x;
    }
    x = step_put(q, t, r, &s);
    if (x == OK)
        x = requests_keep(q, t, r);
    if (x == OK && q->told)
        x = q->told(q->ctx, t, r, &s);
    return x;
}

err requests_forget(const requests *q, store_txn *t, const request *r)
{
    uint8_t key[REQUEST_ID_BYTES + 4];
    const list_keys none = {.count = 0};
    list_keys old;
    err e = stored_keys(q, t, r, &old);
    if (e == OK)
        e = list_move(q, t, &old, &none);
    memcpy(key, r->id.data, REQUEST_ID_BYTES);
    for (uint32_t i = 1; e == OK && i <= r->steps; i++) {
        be32_put(key + REQUEST_ID_BYTES, i);
        e = store_delete(t, q->table_past, span_of(key, sizeof key));
        e = e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
    }
    return e ? e : store_delete(t, q->table, id_of(r));
}

err requests_get(const requests *q, store_txn *t, const uint8_t id[static REQUEST_ID_BYTES], arena *a, request **ret)
{
    span value;
    err e = store_get(t, q->table, span_of(id, REQUEST_ID_BYTES), &value);
    return e ? e : record_decode(value, a, ret);
}

typedef struct passing {
    requests_visit visit;
    void *ctx;
} passing;

static err pass_one(void *ctx, span key, span value)
{
    passing *w = ctx;
    arena a;
    request *r;
    (void)key;
    arena_init(&a, 0);
    err e = record_decode(value, &a, &r);
    if (e == OK)
        e = w->visit(w->ctx, r);
    arena_done(&a);
    return e;
}

err requests_behind(const requests *q, store_txn *t, span after, requests_visit visit, void *ctx)
{
    passing w = {visit, ctx};
    uint8_t from[REQUEST_ID_BYTES + 1] = {0}; // a zero behind an id: the first key that can follow
    if (after.len > REQUEST_ID_BYTES)
        return ERR_USAGE;
    if (after.len)
        memcpy(from, after.at, after.len);
    return store_walk(t, q->table, (span){0}, span_of(from, after.len ? after.len + 1 : 0), pass_one, &w);
}

typedef struct finding {
    char hex[2 * REQUEST_ID_BYTES + 1];
    uint8_t id[REQUEST_ID_BYTES];
    int count;
} finding;

static err find_one(void *ctx, span key, span value)
{
    finding *f = ctx;
    char hex[2 * REQUEST_ID_BYTES + 1];
    (void)value;
    if (key.len != REQUEST_ID_BYTES)
        return ERR_CORRUPT;
    hex_put(hex, key);
    int order = strncmp(hex, f->hex, strlen(f->hex));
    if (order)
        return order > 0 ? ERR_CLOSED : OK;
    memcpy(f->id, key.at, REQUEST_ID_BYTES);
    return ++f->count > 1 ? ERR_CLOSED : OK;
}

err requests_find(const requests *q, store_txn *t, const char *hex, arena *a, request **ret)
{
    finding f = {.count = 0};
    uint8_t from[REQUEST_ID_BYTES] = {0};
    size_t len = strlen(hex);
    if (len < 4 || len > 2 * REQUEST_ID_BYTES)
        return ERR_NOT_FOUND;
    for (size_t i = 0; i < len; i++)
        f.hex[i] = (char)(hex[i] >= 'A' && hex[i] <= 'F' ? hex[i] + 32 : hex[i]);
    if (hex_get(span_of(f.hex, len / 2 * 2), from, len / 2) != OK)
        return ERR_NOT_FOUND;
    err e = store_walk(t, q->table, (span){0}, span_of(from, sizeof from), find_one, &f);
    if (e)
        return e;
    if (f.count != 1)
        return f.count ? ERR_CONFLICT : ERR_NOT_FOUND;
    return requests_get(q, t, f.id, a, ret);
}

// ---- identity -----------------------------------------------------------------------

void request_person(const identity *i, Tsunagu__Person *ret, char sex[static 2])
{
    tsunagu__person__init(ret);
    sex[0] = i->sex;
    sex[1] = '\0';
    ret->kanji_family = (char *)i->kanji_family;
    ret->kanji_given = (char *)i->kanji_given;
    ret->kana_family = (char *)i->kana_family;
    ret->kana_given = (char *)i->kana_given;
    ret->birth_day = i->birth;
    ret->sex = sex;
    ret->postal = (char *)i->postal;
    ret->address = (char *)i->address;
    ret->telephone = (char *)i->telephone;
    ret->insurer = (char *)i->insurer;
    ret->symbol = (char *)i->symbol;
    ret->number = (char *)i->number;
    ret->branch = (char *)i->branch;
}

err request_identity(const Tsunagu__Person *p, identity *ret)
{
    identity i = {.birth = p->birth_day, .sex = p->sex[0]};
    const struct { const char *text; char *to; size_t cap; } fields[] = {
        {p->kanji_family, i.kanji_family, sizeof i.kanji_family},
        {p->kanji_given, i.kanji_given, sizeof i.kanji_given},
        {p->kana_family, i.kana_family, sizeof i.kana_family},
        {p->kana_given, i.kana_given, sizeof i.kana_given},
        {p->postal, i.postal, sizeof i.postal},
        {p->address, i.address, sizeof i.address},
        {p->telephone, i.telephone, sizeof i.telephone},
        {p->insurer, i.insurer, sizeof i.insurer},
        {p->symbol, i.symbol, sizeof i.symbol},
        {p->number, i.number, sizeof i.number},
        {p->branch, i.branch, sizeof i.branch},
    };
    err e = p->sex[0] && (p->sex[1] || !strchr("MFOUAN", p->sex[0])) ? ERR_FORMAT : OK;
    for (size_t k = 0; e == OK && k < sizeof fields / sizeof fields[0]; k++) {
        if (strlen(fields[k].text) >= fields[k].cap)
            e = ERR_FORMAT;
        else
            strcpy(fields[k].to, fields[k].text);
    }
    if (e == OK)
        *ret = i;
    identity_wipe(&i);
    return e;
}
