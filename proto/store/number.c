// SPDX-License-Identifier: Apache-2.0
#include "proto/store/number.h"

err store_number(store_txn *t, int table, const char *name, uint64_t *ret)
{
    span value;
    err e = store_get(t, table, span_str(name), &value);
    if (e == ERR_NOT_FOUND) {
        *ret = 0;
        return OK;
    }
    if (e == OK && value.len != 8)
        e = ERR_CORRUPT;
    if (e == OK)
        *ret = be64_get(value.at);
    return e;
}

err store_number_put(store_txn *t, int table, const char *name, uint64_t v)
{
    uint8_t value[8];
    be64_put(value, v);
    return store_put(t, table, span_str(name), span_of(value, 8));
}
