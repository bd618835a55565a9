// SPDX-License-Identifier: Apache-2.0
#include "proto/store/inside.h"

// Not store_walk: that ends at the first bad value, here all are counted.
static err verify_table(store_txn *t, int table, uint64_t *values, uint64_t *bad)
{
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(t->mdb, t->s->dbi[table], &cursor);
    if (rc != 0)
        return txn_err(t, rc);
    MDB_val k, v;
    rc = mdb_cursor_get(cursor, &k, &v, MDB_FIRST);
    while (rc == 0) {
        span payload;
        ++*values;
        if (record_open(t, table, k, v, &payload) != OK)
            ++*bad;
        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? OK : txn_err(t, rc);
}

err store_verify(store *s, uint64_t *ret_values, uint64_t *ret_bad)
{
    store_txn *t;
    uint64_t values = 0, bad = 0;
    err e = store_read(s, &t);
    if (e != OK)
        return e;
    // First the pages, so that LMDB does not stumble over them.
    e = guard_pages(t, false);
    for (int table = 0; table < s->tables && e == OK; table++)
        e = verify_table(t, table, &values, &bad);
    store_end(t);
    if (e != OK)
        return e;
    *ret_values = values;
    *ret_bad = bad;
    return OK;
}
