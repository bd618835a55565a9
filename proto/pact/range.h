// SPDX-License-Identifier: Apache-2.0
// Which values a field of a card or a ticket may have. Not for other rooms.
// Owner: none. Thread: any. Fails: never; questions only.
#ifndef TSUNAGU_PACT_RANGE_H
#define TSUNAGU_PACT_RANGE_H

#include "proto/base/date.h"

#define RANGE_DAY_MIN (-135140)           // 1600-01-01
#define RANGE_DAY_MAX 2932896             // 9999-12-31
#define RANGE_TIME_MAX 253402300799999LL  // the last millisecond of 9999
#define RANGE_PERIOD_MAX 2932896u
#define RANGE_FACILITY_MAX 9999999999ull  // ten digits

static inline bool range_day(day d) { return d >= RANGE_DAY_MIN && d <= RANGE_DAY_MAX; }
static inline bool range_time(time_ms t) { return t >= 0 && t <= RANGE_TIME_MAX; }
static inline bool range_facility(uint64_t f) { return f > 0 && f <= RANGE_FACILITY_MAX; }

// A name of a union or node: printable ASCII, no spaces, not empty.
static inline bool range_word(span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || s.at[i] > '~')
            return false;
    return s.len > 0;
}

#endif
