// SPDX-License-Identifier: Apache-2.0
// TABLE_WITHDRAWAL: facility | pseudonym -> at 8 | user id | length 1 and the role | length 1 and who recorded it.
#include "node/charts/withdrawn.h"

#include <string.h>

#define ROW_KEY (8 + PSEUDONYM_BYTES)

static span row_key(uint64_t facility, const pseudonym *who, uint8_t out[static ROW_KEY])
{
    be64_put(out, facility);
    memcpy(out + 8, who->at, PSEUDONYM_BYTES);
    return span_of(out, ROW_KEY);
}

err withdrawn_read(span key, span value, withdrawn *ret)
{
    withdrawn w = {.facility = 0};
    reader r = reader_of(value);
    if (key.len != ROW_KEY)
        return ERR_CORRUPT;
    w.facility = be64_get(key.at);
    memcpy(w.who.at, key.at + 8, PSEUDONYM_BYTES);
    w.at = (time_ms)read_u64(&r);
    span user = read_bytes(&r, USER_ID_BYTES), role = read_bytes(&r, read_u8(&r)), staff = read_bytes(&r, read_u8(&r));
    if (!read_at_end(&r) || span_to_str(role, w.role, sizeof w.role) != OK ||
        span_to_str(staff, w.staff, sizeof w.staff) != OK)
        return ERR_CORRUPT;
    memcpy(w.user_id, user.at, USER_ID_BYTES);
    *ret = w;
    return OK;
}

err withdrawn_put(store_txn *t, const withdrawn *w)
{
    uint8_t key[ROW_KEY];
    buf value = {.max = 1024};
    size_t role = strlen(w->role), staff = strlen(w->staff);
    buf_put_u64(&value, (uint64_t)w->at);
    (void)buf_put(&value, w->user_id, USER_ID_BYTES);
    buf_put_u8(&value, (uint8_t)role);
    (void)buf_put(&value, w->role, role);
    buf_put_u8(&value, (uint8_t)staff);
    err e = buf_put(&value, w->staff, staff);
    if (e == OK)
        e = store_put(t, TABLE_WITHDRAWAL, row_key(w->facility, &w->who, key), buf_span(&value));
    buf_done(&value);
    return e;
}

err withdrawn_get(store_txn *t, uint64_t facility, const pseudonym *who, withdrawn *ret)
{
    uint8_t key[ROW_KEY];
    span value;
    err e = store_get(t, TABLE_WITHDRAWAL, row_key(facility, who, key), &value);
    return e ? e : withdrawn_read(span_of(key, sizeof key), value, ret);
}

err withdrawn_waits(store_txn *t, uint64_t facility, const pseudonym *who, time_ms agreed, bool *ret)
{
    withdrawn w;
    err e = withdrawn_get(t, facility, who, &w);
    if (e == OK || e == ERR_NOT_FOUND)
        *ret = e == OK && w.at >= agreed;
    return e == ERR_NOT_FOUND ? OK : e;
}

err withdrawn_delete(store_txn *t, const withdrawn *w)
{
    uint8_t key[ROW_KEY];
    return store_delete(t, TABLE_WITHDRAWAL, row_key(w->facility, &w->who, key));
}
