// SPDX-License-Identifier: Apache-2.0
#include "policies/rules/floor.h"

#include <string.h>

static const char NAME[] = "rules_floor";
enum { FLOOR_BYTES = 4 + 2 * HASH_BYTES };

err floor_get(store_txn *t, int table, rules_floor *ret)
{
    span value;
    err e = store_get(t, table, span_str(NAME), &value);
    if (e)
        return e;
    if (value.len != FLOOR_BYTES || be32_get(value.at) == 0)
        return ERR_CORRUPT;
    ret->version = be32_get(value.at);
    memcpy(ret->hash.at, value.at + 4, HASH_BYTES);
    memcpy(ret->first.at, value.at + 4 + HASH_BYTES, HASH_BYTES);
    return OK;
}

err floor_put(store_txn *t, int table, const rules_floor *f)
{
    uint8_t value[FLOOR_BYTES];
    rules_floor old = {0};
    err e = floor_get(t, table, &old);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (!f->version || (e == OK && floor_binds(&old, &f->first) && old.version >= f->version))
        return OK;
    be32_put(value, f->version);
    memcpy(value + 4, f->hash.at, HASH_BYTES);
    memcpy(value + 4 + HASH_BYTES, f->first.at, HASH_BYTES);
    return store_put(t, table, span_str(NAME), span_of(value, sizeof value));
}
