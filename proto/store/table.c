// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include "proto/store/inside.h"

static err check_key(span key)
{
    if (key.len == 0)
        return ERR_USAGE;
    return key.len > STORE_KEY_MAX ? ERR_LIMIT : OK;
}

err store_get(store_txn *t, int table, span key, span *ret)
{
    err e = txn_usable(t, table);
    if (e == OK)
        e = check_key(key);
    if (e != OK)
        return e;
    MDB_val k = val_of(key), v;
    int rc = mdb_get(t->mdb, t->s->dbi[table], &k, &v);
    if (rc != 0)
        return txn_err(t, rc);
    return record_open(t, table, k, v, ret);
}

static err check_write(store_txn *t, int table, span key, size_t len)
{
    if (!t->writes_allowed)
        return ERR_USAGE;
    err e = txn_usable(t, table);
    if (e == OK)
        e = check_key(key);
    if (e == OK && len > STORE_VALUE_MAX)
        e = ERR_LIMIT;
    return e;
}

// A ceiling: each level of a tree copied and split, and the value's own overflow pages.
static void count_write(store_txn *t, size_t len)
{
    t->writes++;
    t->pages += 8 + len / t->s->psize;
    t->lent = false;
}

static err stage_grow(store *s, size_t len)
{
    if (len <= s->stage_cap)
        return OK;
    size_t cap = len < 65536 ? 65536 : len;
    uint8_t *at = realloc(s->stage, cap);
    if (at == NULL)
        return ERR_MEM;
    s->stage = at;
    s->stage_cap = cap;
    return OK;
}

// The value may be bytes of this transaction's own pages, which the put moves about: then it is copied
// out first. Otherwise it is written once, straight into its page.
static err put(store_txn *t, int table, span key, span value, unsigned flags)
{
    store *s = t->s;
    uint8_t held[STORE_KEY_MAX];
    err e = check_write(t, table, key, value.len);
    if (e != OK)
        return e;
    memcpy(held, key.at, key.len);
    span own_key = span_of(held, key.len);
    MDB_val k = val_of(own_key);
    MDB_val v = {value.len + STORE_CHECK_LEN, NULL};
    bool staged = t->lent;
    if (staged) {
        e = stage_grow(s, v.mv_size);
        if (e != OK)
            return t->failed = e;
        record_seal(s->stage, table, own_key, value);
        v.mv_data = s->stage;
    }
    int rc = mdb_put(t->mdb, s->dbi[table], &k, &v, flags | (staged ? 0 : MDB_RESERVE));
    if (rc != 0)
        return txn_err(t, rc);
    if (!staged)
        record_seal(v.mv_data, table, own_key, value);
    count_write(t, value.len);
    return OK;
}

err store_put(store_txn *t, int table, span key, span value)
{
    return put(t, table, key, value, 0);
}

err store_append(store_txn *t, int table, span key, span value)
{
    return put(t, table, key, value, MDB_APPEND);
}

err store_delete(store_txn *t, int table, span key)
{
    err e = check_write(t, table, key, 0);
    if (e != OK)
        return e;
    MDB_val k = val_of(key);
    int rc = mdb_del(t->mdb, t->s->dbi[table], &k, NULL);
    if (rc != 0)
        return txn_err(t, rc);
    count_write(t, 0);
    return OK;
}

err store_count(store_txn *t, int table, uint64_t *ret)
{
    err e = txn_usable(t, table);
    if (e != OK)
        return e;
    MDB_stat stat;
    int rc = mdb_stat(t->mdb, t->s->dbi[table], &stat);
    if (rc != 0)
        return txn_err(t, rc);
    *ret = stat.ms_entries;
    return OK;
}
