// SPDX-License-Identifier: Apache-2.0
#include "node/charts/own.h"

#include <string.h>

static span own_key(uint64_t facility, const char *number, uint8_t out[static 8 + OWN_NUMBER_MAX])
{
    size_t n = strlen(number);
    be64_put(out, facility);
    memcpy(out + 8, number, n);
    return span_of(out, 8 + n);
}

static span back_key(const pseudonym *who, uint64_t facility, uint8_t out[static PSEUDONYM_BYTES + 8])
{
    memcpy(out, who->at, PSEUDONYM_BYTES);
    be64_put(out + PSEUDONYM_BYTES, facility);
    return span_of(out, PSEUDONYM_BYTES + 8);
}

err own_find(store_txn *t, uint64_t facility, const char *number, pseudonym *ret)
{
    uint8_t key[8 + OWN_NUMBER_MAX];
    span value;
    if (!number[0] || strlen(number) > OWN_NUMBER_MAX)
        return ERR_NOT_FOUND;
    err e = store_get(t, TABLE_OWN, own_key(facility, number, key), &value);
    if (e == OK && value.len != PSEUDONYM_BYTES)
        e = ERR_CORRUPT;
    if (e == OK)
        memcpy(ret->at, value.at, PSEUDONYM_BYTES);
    return e;
}

err own_number(store_txn *t, uint64_t facility, const pseudonym *who, char *out, size_t cap)
{
    uint8_t back[PSEUDONYM_BYTES + 8];
    span value;
    err e = store_get(t, TABLE_OWN_BACK, back_key(who, facility, back), &value);
    return e ? e : span_to_str(value, out, cap) == OK ? OK : ERR_CORRUPT;
}

static err own_put(store_txn *t, uint64_t facility, const char *number, const pseudonym *who)
{
    uint8_t key[8 + OWN_NUMBER_MAX], back[PSEUDONYM_BYTES + 8];
    err e = store_put(t, TABLE_OWN, own_key(facility, number, key), span_of(who->at, PSEUDONYM_BYTES));
    return e ? e : store_put(t, TABLE_OWN_BACK, back_key(who, facility, back), span_str(number));
}

err own_link(store_txn *t, uint64_t facility, const char *number, const pseudonym *who)
{
    uint8_t back[PSEUDONYM_BYTES + 8];
    pseudonym old;
    span value;
    if (!number[0] || strlen(number) > OWN_NUMBER_MAX)
        return ERR_USAGE;
    err e = own_find(t, facility, number, &old);
    if (e != ERR_NOT_FOUND)
        return e ? e : pseudonym_same(&old, who) ? OK : ERR_CONFLICT;
    e = store_get(t, TABLE_OWN_BACK, back_key(who, facility, back), &value);
    if (e != ERR_NOT_FOUND)
        return e ? e : ERR_EXISTS;
    return own_put(t, facility, number, who);
}

// Of two numbers with one pseudonym the way back is the other's: it stays.
static err back_drop(store_txn *t, uint64_t facility, const char *number, const pseudonym *old)
{
    uint8_t back[PSEUDONYM_BYTES + 8];
    span value;
    err e = store_get(t, TABLE_OWN_BACK, back_key(old, facility, back), &value);
    if (e == OK && span_eq(value, span_str(number)))
        e = store_delete(t, TABLE_OWN_BACK, span_of(back, sizeof back));
    return e == ERR_NOT_FOUND ? OK : e;
}

err own_set(store_txn *t, uint64_t facility, const char *number, const pseudonym *who, bool also, own_was *ret)
{
    uint8_t back[PSEUDONYM_BYTES + 8];
    pseudonym old;
    span value;
    err e = own_find(t, facility, number, &old);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    own_was was = e ? OWN_NEW : pseudonym_same(&old, who) ? OWN_SAME : OWN_CHANGED;
    e = store_get(t, TABLE_OWN_BACK, back_key(who, facility, back), &value);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == OK && !span_eq(value, span_str(number)) && !also)
        return ERR_CONFLICT;
    e = was == OWN_CHANGED ? back_drop(t, facility, number, &old) : OK;
    if (e == OK && was != OWN_SAME)
        e = own_put(t, facility, number, who);
    if (e == OK)
        *ret = was;
    return e;
}
