// SPDX-License-Identifier: Apache-2.0
#include "ops/measure/raw.h"

#include <lmdb.h>
#include <stdlib.h>

#include "ops/measure/bench.h"

struct raw {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
};

static void sure(int rc, const char *what)
{
    if (rc)
        die("lmdb: %s: %s", what, mdb_strerror(rc));
}

raw *raw_open(const char *dir, bool read_only, const char *table)
{
    raw *r = calloc(1, sizeof *r);
    if (!r)
        die("out of memory");
    if (!read_only)
        folder_make(dir);
    unsigned flags = MDB_NORDAHEAD | (read_only ? MDB_RDONLY | MDB_NOLOCK : 0);
    sure(mdb_env_create(&r->env), "create");
    sure(mdb_env_set_maxdbs(r->env, 16), "maxdbs");
    sure(mdb_env_set_mapsize(r->env, (size_t)64 << 30), "mapsize");
    sure(mdb_env_open(r->env, dir, flags, 0600), dir);
    sure(mdb_txn_begin(r->env, NULL, read_only ? MDB_RDONLY : 0, &r->txn), "begin");
    sure(mdb_dbi_open(r->txn, table, read_only ? 0 : MDB_CREATE, &r->dbi), "table");
    if (!read_only)
        raw_commit(r);
    return r;
}

void raw_close(raw *r)
{
    if (r->txn)
        mdb_txn_abort(r->txn);
    mdb_env_close(r->env);
    free(r);
}

void raw_begin(raw *r)
{
    sure(mdb_txn_begin(r->env, NULL, 0, &r->txn), "begin");
}

void raw_put(raw *r, span key, span value)
{
    MDB_val k = {key.len, (void *)key.at}, v = {value.len, (void *)value.at};
    sure(mdb_put(r->txn, r->dbi, &k, &v, 0), "put");
}

void raw_commit(raw *r)
{
    sure(mdb_txn_commit(r->txn), "commit");
    r->txn = NULL;
}

bool raw_get(raw *r, span key, size_t *ret_len)
{
    MDB_val k = {key.len, (void *)key.at}, v;
    if (mdb_get(r->txn, r->dbi, &k, &v))
        return false;
    *ret_len = v.mv_size;
    return true;
}

uint64_t raw_walk(raw *r, uint64_t *ret_bytes)
{
    MDB_cursor *c;
    MDB_val k, v;
    uint64_t count = 0, sum = 0;
    sure(mdb_cursor_open(r->txn, r->dbi, &c), "cursor");
    while (mdb_cursor_get(c, &k, &v, MDB_NEXT) == 0) {
        for (size_t i = 0; i < v.mv_size; i += 64) // each line of it is fetched
            sum += ((const uint8_t *)v.mv_data)[i];
        count++;
    }
    mdb_cursor_close(c);
    *ret_bytes += sum;
    return count;
}
