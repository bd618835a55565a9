// SPDX-License-Identifier: Apache-2.0
// Civil dates and times. A day is days since 1970-01-01 (Gregorian, Japan's
// calendar day); a time is milliseconds since the epoch, UTC. Nothing here
// reads a clock except clock_now_ms.
#ifndef TSUNAGU_BASE_DATE_H
#define TSUNAGU_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>
#include "proto/base/span.h"

typedef int32_t day;     // days since 1970-01-01
typedef int64_t time_ms; // milliseconds since the epoch, UTC
#define DAY_NONE INT32_MIN
#define DAY_FOREVER INT32_MAX

day day_of(int year, int month, int dom);           // DAY_NONE if there is no such date
void day_split(day d, int *year, int *month, int *dom);
// "2026-04-01", "20260401" and eras ("令和8年4月1日", "R8.4.1", "R080401"; full-width
// digits too). Meiji before 1873 is lunar and refused. ERR_FORMAT.
MUST_CHECK err day_parse(span s, day *ret);
// Why it is no date, or is an odd one, for a message that helps. *ret: the day that is meant, where there is one.
typedef enum day_flaw {
    DAY_SOUND,
    DAY_FLAW_SHAPE, // not written as a date
    DAY_FLAW_NONE,  // no calendar has this day: 2026-02-30
    DAY_FLAW_EARLY, // before its era began; *ret is that day
    DAY_FLAW_LATE,  // after its era's end; *ret is that day
    DAY_FLAW_LUNAR, // Meiji before 1873
    DAY_FLAW_TAIL,  // taken, but the era had ended: of a form printed in advance
} day_flaw;
day_flaw day_judge(span s, day *ret);
// "2026-04-01"; "-" for DAY_NONE, "forever" for DAY_FOREVER.
void day_format(day d, char out[static 11]);
// "令和8年4月1日", "令和元年5月1日"; before 1873 "1872年1月1日". The later era on a day that has two.
#define DAY_ERA_BYTES 40
void day_format_era(day d, char out[static DAY_ERA_BYTES]);
day day_minus_months(day d, int months);            // clamps to the month's last day
int month_of(day d);                                // months since 1970-01
day month_first(int month);
day day_of_time(time_ms t);                         // the calendar day in Japan (UTC+9, no DST)
void time_format(time_ms t, char out[static 30]);   // "2026-11-21T09:30:00.123+09:00"
MUST_CHECK err time_parse(span s, time_ms *ret);    // the same form
time_ms clock_now_ms(void);                         // wall clock
time_ms clock_mono_ms(void);                        // for deadlines; never jumps

#endif
