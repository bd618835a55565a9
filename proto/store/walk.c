// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include "proto/store/inside.h"

// A cursor on the present snapshot: opened once a transaction, renewed after that.
static err ready_cursor(store_txn *t, int table, MDB_cursor **cursor, bool *fresh)
{
    int rc = 0;
    if (*cursor == NULL)
        rc = mdb_cursor_open(t->mdb, t->s->dbi[table], cursor);
    else if (!*fresh)
        rc = mdb_cursor_renew(t->mdb, *cursor);
    if (rc != 0)
        return txn_err(t, rc);
    *fresh = true;
    return OK;
}

static int place(MDB_cursor *cursor, span from, MDB_val *k, MDB_val *v)
{
    if (from.len == 0)
        return mdb_cursor_get(cursor, k, v, MDB_FIRST);
    *k = val_of(from);
    return mdb_cursor_get(cursor, k, v, MDB_SET_RANGE);
}

static bool starts_with(MDB_val k, span prefix)
{
    return k.mv_size >= prefix.len && (prefix.len == 0 || memcmp(k.mv_data, prefix.at, prefix.len) == 0);
}

static err walk_on(store_txn *t, int table, MDB_cursor *cursor, span prefix, span from, store_visit visit,
                   void *ctx)
{
    MDB_val k, v;
    int rc = place(cursor, from, &k, &v);
    while (rc == 0 && starts_with(k, prefix)) {
        span value;
        err e = record_open(t, table, k, v, &value);
        if (e == OK)
            e = visit(ctx, span_val(k), value);
        if (e != OK)
            return e == ERR_CLOSED ? OK : e;
        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    return rc == 0 || rc == MDB_NOTFOUND ? OK : txn_err(t, rc);
}

err store_walk(store_txn *t, int table, span prefix, span from, store_visit visit, void *ctx)
{
    err e = txn_usable(t, table);
    if (e != OK)
        return e;
    if (prefix.len > STORE_KEY_MAX || from.len > STORE_KEY_MAX)
        return ERR_LIMIT;
    if (span_cmp(from, prefix) < 0)
        from = prefix;
    store_cursor *c = &t->cursors[table];
    if (!c->walk_busy) {
        e = ready_cursor(t, table, &c->walk, &c->walk_fresh);
        if (e != OK)
            return e;
        c->walk_busy = true;
        e = walk_on(t, table, c->walk, prefix, from, visit, ctx);
        c->walk_busy = false;
        return e;
    }
    // A walk inside a walk of the same table.
    MDB_cursor *own;
    int rc = mdb_cursor_open(t->mdb, t->s->dbi[table], &own);
    if (rc != 0)
        return txn_err(t, rc);
    e = walk_on(t, table, own, prefix, from, visit, ctx);
    mdb_cursor_close(own);
    return e;
}

// Remembers the key in write transactions: a put between two nexts may move what LMDB's cursor points
// at, so next then looks the key up again instead of trusting the cursor.
static err found(store_txn *t, int table, MDB_val k, MDB_val v, span *ret_key, span *ret_value)
{
    store_cursor *c = &t->cursors[table];
    if (k.mv_size > STORE_KEY_MAX) {
        c->placed = false;
        return ERR_CORRUPT;
    }
    if (t->writes_allowed) {
        memcpy(c->key, k.mv_data, k.mv_size);
        c->key_len = k.mv_size;
        c->at_writes = t->writes;
    }
    c->placed = true;
    span value;
    err e = record_open(t, table, k, v, &value);
    if (e != OK)
        return e;
    *ret_key = span_val(k);
    *ret_value = value;
    return OK;
}

err store_seek(store_txn *t, int table, span from, span *ret_key, span *ret_value)
{
    err e = txn_usable(t, table);
    if (e != OK)
        return e;
    if (from.len > STORE_KEY_MAX)
        return ERR_LIMIT;
    store_cursor *c = &t->cursors[table];
    c->placed = false;
    e = ready_cursor(t, table, &c->seek, &c->seek_fresh);
    if (e != OK)
        return e;
    MDB_val k, v;
    int rc = place(c->seek, from, &k, &v);
    return rc != 0 ? txn_err(t, rc) : found(t, table, k, v, ret_key, ret_value);
}

static int step_on(store_txn *t, store_cursor *c, MDB_val *k, MDB_val *v)
{
    if (!t->writes_allowed || c->at_writes == t->writes)
        return mdb_cursor_get(c->seek, k, v, MDB_NEXT);
    span last = span_of(c->key, c->key_len);
    int rc = place(c->seek, last, k, v);
    if (rc == 0 && span_eq(span_val(*k), last))
        rc = mdb_cursor_get(c->seek, k, v, MDB_NEXT);
    return rc;
}

err store_next(store_txn *t, int table, span *ret_key, span *ret_value)
{
    err e = txn_usable(t, table);
    if (e != OK)
        return e;
    store_cursor *c = &t->cursors[table];
    if (!c->placed)
        return ERR_NOT_FOUND; // never sought, or already at the end
    MDB_val k, v;
    int rc = step_on(t, c, &k, &v);
    if (rc != 0) {
        c->placed = false;
        return txn_err(t, rc);
    }
    return found(t, table, k, v, ret_key, ret_value);
}

err store_last(store_txn *t, int table, span *ret_key, span *ret_value)
{
    err e = txn_usable(t, table);
    if (e != OK)
        return e;
    store_cursor *c = &t->cursors[table];
    c->placed = false;
    e = ready_cursor(t, table, &c->seek, &c->seek_fresh);
    if (e != OK)
        return e;
    MDB_val k, v;
    int rc = mdb_cursor_get(c->seek, &k, &v, MDB_LAST);
    return rc != 0 ? txn_err(t, rc) : found(t, table, k, v, ret_key, ret_value);
}
