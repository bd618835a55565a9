// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include "node/ssmix/ssmix.h"

// Bytes that may stand in a part of a name: no controls, no separators of paths. High bytes are left to
// those parts that may carry Japanese (local codes).
static bool plain(span s, bool high)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.at[i];
        if (c < 0x21 || c == '/' || c == 0x7F || (c >= 0x80 && !high))
            return false;
    }
    return true;
}

static bool digits(span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return s.len > 0;
}

static int number(const uint8_t *p, size_t n)
{
    int v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (p[i] - '0');
    return v;
}

// YYYYMMDDHH[MM[SS[FFF]]] on Japan's clock; 0 if it is not that.
static time_ms time_of(span s)
{
    if (!digits(s) || s.len < 8 || s.len > 20)
        return 0;
    day d = day_of(number(s.at, 4), number(s.at + 4, 2), number(s.at + 6, 2));
    int part[3] = {0, 0, 0}; // hour, minute, second
    for (size_t i = 0; i < 3 && s.len >= 10 + 2 * i; i++)
        part[i] = number(s.at + 8 + 2 * i, 2);
    if (d == DAY_NONE || part[0] > 23 || part[1] > 59 || part[2] > 60)
        return 0;
    int milli = 0;
    if (s.len > 14) {
        size_t n = s.len - 14 > 3 ? 3 : s.len - 14;
        milli = number(s.at + 14, n) * (n == 1 ? 100 : n == 2 ? 10 : 1);
    }
    time_ms seconds = (time_ms)d * 86400 + part[0] * 3600 + part[1] * 60 + part[2] - 9 * 3600;
    return seconds * 1000 + milli;
}

static bool date_of(span s, day *ret)
{
    if (s.len == 1 && s.at[0] == '-') {
        *ret = DAY_FOREVER;
        return true;
    }
    if (s.len != 8 || !digits(s))
        return false;
    *ret = day_of(number(s.at, 4), number(s.at + 4, 2), number(s.at + 6, 2));
    return *ret != DAY_NONE;
}

bool ssmix_undated(ssmix_kind kind, span type)
{
    return kind == SSMIX_STANDARD && (span_eq(type, SPAN_LIT("ADT-00")) || span_eq(type, SPAN_LIT("ADT-01")) ||
                                      span_eq(type, SPAN_LIT("ADT-61")) || span_eq(type, SPAN_LIT("PPR-01")));
}

// The part up to the next `_`, or from the last one, cut off `rest`.
static bool take_front(span *rest, span *ret)
{
    const uint8_t *bar = rest->len ? memchr(rest->at, '_', rest->len) : NULL;
    if (!bar)
        return false;
    *ret = span_of(rest->at, (size_t)(bar - rest->at));
    *rest = span_from(*rest, ret->len + 1);
    return true;
}

static bool take_back(span *rest, span *ret)
{
    const uint8_t *bar = rest->len ? memrchr(rest->at, '_', rest->len) : NULL;
    if (!bar)
        return false;
    size_t at = (size_t)(bar - rest->at);
    *ret = span_from(*rest, at + 1);
    rest->len = at;
    return true;
}

err ssmix_name_parse(span name, ssmix_name *ret)
{
    ssmix_name n = {0};
    span rest = name, date, time, flag;
    if (name.len > 255 || !take_front(&rest, &n.chart) || !take_front(&rest, &date) ||
        !take_front(&rest, &n.type) || !take_back(&rest, &flag) || !take_back(&rest, &n.department) ||
        !take_back(&rest, &time))
        return ERR_FORMAT;
    n.order = rest;
    if (n.chart.len == 0 || n.chart.len > SSMIX_CHART_MAX || n.type.len == 0 || !plain(n.chart, false) ||
        !plain(n.type, true) || !plain(n.order, true) || !plain(time, false) || !plain(n.department, false))
        return ERR_FORMAT;
    if (flag.len != 1 || flag.at[0] < '0' || flag.at[0] > '2' || !date_of(date, &n.date))
        return ERR_FORMAT;
    n.flag = flag.at[0] - '0';
    n.time = time_of(time);
    // A `_` inside the order number is believed only where the parts after it are what they must be.
    if (n.order.len && memchr(n.order.at, '_', n.order.len) && n.time == 0)
        return ERR_FORMAT;
    *ret = n;
    return OK;
}

err ssmix_extended_parse(span name, ssmix_extended *ret)
{
    span part[6] = {{0}};
    span rest = name;
    if (name.len == 0 || name.len > 255 || memchr(name.at, '/', name.len))
        return ERR_FORMAT;
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] < 0x20 || name.at[i] == 0x7F)
            return ERR_FORMAT;
    for (int i = 0; i < 6; i++) {
        const uint8_t *hat = rest.len ? memchr(rest.at, '^', rest.len) : NULL;
        if (i == 5 && hat)
            return ERR_FORMAT;
        part[i] = hat ? span_of(rest.at, (size_t)(hat - rest.at)) : rest;
        rest = hat ? span_from(rest, part[i].len + 1) : span_of(rest.at + rest.len, 0);
    }
    if (part[0].len == 0 && part[3].len == 0) // nothing to map by
        return ERR_FORMAT;
    *ret = (ssmix_extended){part[0], part[1], part[2], part[3], part[4], part[5]};
    return OK;
}
