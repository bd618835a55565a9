// SPDX-License-Identifier: Apache-2.0
#include "policies/ratify/members_kept.h"

#include <string.h>

static const char NAME[] = "members:";
enum { HEAD_BYTES = HASH_BYTES + 4 };

static bool head_read(span value, const hash32 *first, bool *ret_binds, uint32_t *ret_serial)
{
    if (value.len <= HEAD_BYTES)
        return false;
    *ret_binds = memcmp(value.at, first->at, HASH_BYTES) == 0;
    *ret_serial = be32_get(value.at + HASH_BYTES);
    return true;
}

static err list_keep(store_txn *t, int table, const hash32 *first, members *m)
{
    buf key = {0}, value = {0};
    uint8_t serial[4];
    uint32_t kept = 0;
    bool binds = false;
    span old;
    buf_printf(&key, "%s%s", NAME, m->union_id);
    err e = store_get(t, table, buf_span(&key), &old);
    if (e == OK && !head_read(old, first, &binds, &kept))
        e = ERR_CORRUPT;
    if ((e != OK && e != ERR_NOT_FOUND) || (binds && kept >= m->serial))
        goto out;
    be32_put(serial, m->serial);
    buf_put_span(&value, span_of(first->at, HASH_BYTES));
    buf_put_span(&value, span_of(serial, sizeof serial));
    e = members_put(m, &value);
    if (e == OK)
        e = value.sticky;
    if (e == OK)
        e = store_put(t, table, buf_span(&key), buf_span(&value));
out:
    buf_done(&key);
    buf_done(&value);
    return e;
}

err members_keep(store_txn *t, int table, const hash32 *first, const members_shelf *s)
{
    err e = OK;
    for (size_t i = 0; e == OK && i < s->count; i++)
        e = list_keep(t, table, first, s->lists[i]);
    return e;
}

typedef struct recalling {
    const hash32 *first;
    members_shelf *s;
    members_recalled tell;
    void *ctx;
} recalling;

static err list_recall(void *ctx, span key, span value)
{
    recalling *r = ctx;
    uint32_t serial;
    bool binds;
    members m;
    if (!head_read(value, r->first, &binds, &serial))
        return ERR_CORRUPT;
    if (!binds)
        return OK;
    span bytes = span_from(value, HEAD_BYTES), name = span_from(key, sizeof NAME - 1);
    err e = members_read(bytes, &m);
    if (e)
        return e == ERR_MEM ? e : ERR_CORRUPT;
    const members *have = shelf_find(r->s, m.union_id);
    if (m.serial != serial || !span_eq(span_str(m.union_id), name))
        e = ERR_CORRUPT;
    else if (!have || have->serial < serial) {
        r->tell(r->ctx, &m, bytes);
        e = shelf_put(r->s, &m);
    }
    members_done(&m);
    return e;
}

err members_recall(store_txn *t, int table, const hash32 *first, members_shelf *s, members_recalled tell, void *ctx)
{
    recalling r = {first, s, tell, ctx};
    return store_walk(t, table, span_str(NAME), (span){0}, list_recall, &r);
}
