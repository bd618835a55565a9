// SPDX-License-Identifier: Apache-2.0
#include "proto/store/owner.h"

#include <stdio.h>
#include <string.h>

static const span OWNER = SPAN_LIT("owner");

static err owner_keep(store *s, int table, const char *name)
{
    store_txn *t;
    err e = store_write(s, &t);
    if (e)
        return e;
    e = store_put(t, table, OWNER, span_str(name));
    if (e == OK)
        return store_commit(t);
    store_end(t);
    return e;
}

err store_owner(store *s, int table, const char *name, char ret_other[static STORE_OWNER_MAX + 1])
{
    char mine[STORE_OWNER_MAX + 1];
    store_txn *t;
    span value;
    snprintf(mine, sizeof mine, "%s", name);
    err e = store_read(s, &t);
    if (e)
        return e;
    e = store_get(t, table, OWNER, &value);
    if (e == OK && !span_eq(value, span_str(mine))) {
        e = span_to_str(value, ret_other, STORE_OWNER_MAX + 1);
        e = e ? ERR_CORRUPT : ERR_CONFLICT;
    }
    store_end(t);
    return e == ERR_NOT_FOUND ? owner_keep(s, table, mine) : e;
}
