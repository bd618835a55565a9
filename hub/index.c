// SPDX-License-Identifier: Apache-2.0
#include "hub/index.h"

#include <string.h>

#include "proto/store/number.h"

enum { STOP_VALUE = 16, STOP_ORDER_VALUE = CARD_KEY_BYTES + 8 };

typedef struct cards {
    index_visit visit;
    void *ctx;
} cards;

// A value that passed its check but is no card is as bad as a failed check.
static err card_one(void *ctx, span key, span value)
{
    const cards *all = ctx;
    card c;
    return key.len == CARD_KEY_BYTES && card_unpack(value, &c) == OK ? all->visit(all->ctx, &c) : ERR_CORRUPT;
}

// What lies behind a patient's cards is not even looked at: another's broken card is no matter of his.
err index_cards(store_txn *t, const pseudonym *who, index_visit visit, void *ctx)
{
    cards all = {visit, ctx};
    span prefix = span_of(who->at, PSEUDONYM_BYTES);
    return store_walk(t, TABLE_CARD, prefix, prefix, card_one, &all);
}

err index_card(store_txn *t, const pseudonym *who, uint64_t facility, card *ret)
{
    uint8_t key[CARD_KEY_BYTES];
    span value;
    card_key(who, facility, key);
    err e = store_get(t, TABLE_CARD, span_of(key, sizeof key), &value);
    if (e)
        return e;
    return card_unpack(value, ret) == OK ? OK : ERR_CORRUPT;
}

err index_stop(store_txn *t, const pseudonym *who, uint64_t viewer, stop_record *ret)
{
    uint8_t key[CARD_KEY_BYTES];
    span value;
    card_key(who, viewer, key);
    err e = store_get(t, TABLE_STOP, span_of(key, sizeof key), &value);
    if (e)
        return e;
    if (value.len != STOP_VALUE)
        return ERR_CORRUPT;
    *ret = (stop_record){be64_get(value.at), (time_ms)be64_get(value.at + 8)};
    return OK;
}

bool stop_covers(const stop_record *stop, const card *c)
{
    return c->scope.at <= stop->at;
}

err index_stop_last(store_txn *t, uint64_t *ret_seq)
{
    span key, value;
    err e = store_last(t, TABLE_STOP_ORDER, &key, &value);
    if (e == ERR_NOT_FOUND) {
        *ret_seq = 0;
        return OK;
    }
    if (e == OK && key.len != 8)
        e = ERR_CORRUPT;
    if (e == OK)
        *ret_seq = be64_get(key.at);
    return e;
}

err index_stop_put(hub *h, store_txn *t, const pseudonym *who, uint64_t viewer, time_ms at, uint64_t *ret_seq)
{
    uint8_t key[CARD_KEY_BYTES], order[8], value[STOP_VALUE], notice[STOP_ORDER_VALUE];
    uint64_t seq = h->stop_seq + 1;
    card_key(who, viewer, key);
    be64_put(order, seq);
    be64_put(value, seq);
    be64_put(value + 8, (uint64_t)at);
    memcpy(notice, key, sizeof key);
    be64_put(notice + sizeof key, (uint64_t)at);
    err e = store_put(t, TABLE_STOP, span_of(key, sizeof key), span_of(value, sizeof value));
    if (e == OK)
        e = store_put(t, TABLE_STOP_ORDER, span_of(order, 8), span_of(notice, sizeof notice));
    if (e == OK)
        *ret_seq = seq;
    return e;
}

typedef struct concern {
    const policy *p;
    int node;
    bool yes;
} concern;

static err concern_one(void *ctx, const card *c)
{
    concern *k = ctx;
    int facility = policy_facility(k->p, c->facility);
    if (facility != POLICY_NONE && policy_discloser(k->p, facility) == k->node)
        k->yes = true;
    return OK;
}

static err stop_notice_read(span key, span value, stop_notice *ret)
{
    if (key.len != 8 || value.len != STOP_ORDER_VALUE)
        return ERR_CORRUPT;
    ret->seq = be64_get(key.at);
    memcpy(ret->who.at, value.at, PSEUDONYM_BYTES);
    ret->viewer = be64_get(value.at + PSEUDONYM_BYTES);
    ret->at = (time_ms)be64_get(value.at + CARD_KEY_BYTES);
    return OK;
}

err index_stop_next(store_txn *t, const policy *p, int node, uint64_t after, stop_notice *ret,
                    uint64_t *ret_seen)
{
    uint8_t order[8];
    stop_notice n;
    *ret_seen = after;
    // A few at a time: the writer's thread is everybody's.
    for (int looked = 0; *ret_seen < UINT64_MAX; looked++) {
        span key, value;
        be64_put(order, *ret_seen + 1);
        err e = store_seek(t, TABLE_STOP_ORDER, span_of(order, 8), &key, &value);
        if (e == OK && looked == INDEX_STOPS)
            return ERR_BUSY;
        if (e == OK)
            e = stop_notice_read(key, value, &n);
        concern k = {.p = p, .node = node};
        if (e == OK)
            e = index_cards(t, &n.who, concern_one, &k);
        if (e)
            return e;
        *ret_seen = n.seq;
        if (k.yes) {
            *ret = n;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

static err agreed_one(void *ctx, const card *c)
{
    time_ms *last = ctx;
    if (c->scope.at > *last)
        *last = c->scope.at;
    return OK;
}

err index_agreed_last(store_txn *t, const pseudonym *who, time_ms *ret)
{
    *ret = 0;
    return index_cards(t, who, agreed_one, ret);
}

err index_sequence(store_txn *t, const char *node, uint64_t *ret)
{
    return store_number(t, TABLE_SEQUENCE, node, ret);
}

err index_sequence_put(store_txn *t, const char *node, uint64_t seq)
{
    return store_number_put(t, TABLE_SEQUENCE, node, seq);
}

// ---- cards that were not taken -----------------------------------------------------

enum { REFUSED_NODE = 64, REFUSED_KEY = REFUSED_NODE + 1 + 8 };

static size_t refused_prefix(const char *node, uint8_t out[static REFUSED_KEY])
{
    size_t n = strnlen(node, REFUSED_NODE);
    memcpy(out, node, n);
    out[n] = 0;
    return n + 1;
}

err index_refused_put(store_txn *t, const char *node, uint64_t seq, const char *why)
{
    uint8_t key[REFUSED_KEY];
    size_t n = refused_prefix(node, key);
    be64_put(key + n, seq);
    return store_put(t, TABLE_REFUSED, span_of(key, n + 8), span_str(why));
}

typedef struct refusing {
    size_t prefix;
    refused_visit visit;
    void *ctx;
} refusing;

static err refused_one(void *ctx, span key, span value)
{
    const refusing *r = ctx;
    return key.len != r->prefix + 8 ? ERR_CORRUPT : r->visit(r->ctx, be64_get(key.at + r->prefix), value);
}

err index_refused(store_txn *t, const char *node, uint64_t from, refused_visit visit, void *ctx)
{
    uint8_t key[REFUSED_KEY];
    refusing r = {refused_prefix(node, key), visit, ctx};
    be64_put(key + r.prefix, from);
    return store_walk(t, TABLE_REFUSED, span_of(key, r.prefix), span_of(key, r.prefix + 8), refused_one, &r);
}

err index_refused_forget(store_txn *t, const char *node, uint64_t before)
{
    uint8_t first[REFUSED_KEY];
    size_t n = refused_prefix(node, first);
    span key, value;
    err e;
    be64_put(first + n, 0);
    while ((e = store_seek(t, TABLE_REFUSED, span_of(first, n + 8), &key, &value)) == OK) {
        uint8_t gone[REFUSED_KEY];
        if (key.len != n + 8 || memcmp(key.at, first, n) != 0 || be64_get(key.at + n) >= before)
            return OK;
        memcpy(gone, key.at, key.len);
        e = store_delete(t, TABLE_REFUSED, span_of(gone, n + 8));
        if (e)
            return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
    }
    return e == ERR_NOT_FOUND ? OK : e;
}
