// SPDX-License-Identifier: Apache-2.0
// A record: stands 1 | at 8 | length 1 and who recorded it.
#include "node/disclosing/objection.h"

#include <string.h>

err objection_get(store_txn *t, const char *chart, objection *ret)
{
    span value;
    objection o = {.stands = false};
    if (!chart[0] || strlen(chart) > SSMIX_CHART_MAX)
        return ERR_NOT_FOUND;
    err e = store_get(t, TABLE_OBJECTION, span_str(chart), &value);
    if (e)
        return e;
    reader r = reader_of(value);
    uint8_t stands = read_u8(&r);
    o.stands = stands != 0; // what cannot be told stands
    o.at = (time_ms)read_u64(&r);
    span by = read_bytes(&r, read_u8(&r));
    if (!read_at_end(&r) || stands > 1 || span_to_str(by, o.by, sizeof o.by) != OK)
        return ERR_CORRUPT;
    *ret = o;
    return OK;
}

err objection_stands(store_txn *t, const char *chart, bool *ret)
{
    objection o = {.stands = false};
    err e = objection_get(t, chart, &o);
    if (e == OK || e == ERR_NOT_FOUND)
        *ret = o.stands;
    return e == ERR_NOT_FOUND ? OK : e;
}

err objection_keep(store_txn *t, const char *chart, const char *by, bool stands, time_ms at)
{
    buf value = {0};
    buf_put_u8(&value, stands);
    buf_put_u64(&value, (uint64_t)at);
    buf_put_u8(&value, (uint8_t)strlen(by));
    buf_put_str(&value, by);
    err e = value.sticky;
    if (e == OK)
        e = store_put(t, TABLE_OBJECTION, span_str(chart), buf_span(&value));
    buf_done(&value);
    return e;
}
