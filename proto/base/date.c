// SPDX-License-Identifier: Apache-2.0
#include "proto/base/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS ((time_ms)86400000)
#define JAPAN_MS ((time_ms)9 * 3600 * 1000)
#define DAY_FIRST (-719162) // 0001-01-01
#define DAY_LAST 2932896    // 9999-12-31

static bool in_calendar(day d)
{
    return d >= DAY_FIRST && d <= DAY_LAST;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

// Counting years from March puts the leap day last, so that a day of the year
// is one linear formula (Hinnant, "chrono-compatible low-level date algorithms").
day day_of(int year, int month, int dom)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || dom < 1 || dom > month_days(year, month))
        return DAY_NONE;
    int y = year - (month <= 2);
    int era = y / 400, yoe = y % 400;
    int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + dom - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

void day_split(day d, int *year, int *month, int *dom)
{
    if (!in_calendar(d)) {
        *year = *month = *dom = 0;
        return;
    }
    int z = d + 719468;
    int era = z / 146097, doe = z % 146097;
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;
    *dom = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

// Two digits at a fixed place, without sign or space as strtol would allow.
static void two(char *p, int v)
{
    p[0] = (char)('0' + v / 10 % 10);
    p[1] = (char)('0' + v % 10);
}

void day_format(day d, char out[static 11])
{
    if (!in_calendar(d)) {
        strcpy(out, d == DAY_FOREVER ? "forever" : "-");
        return;
    }
    int y, m, dom;
    day_split(d, &y, &m, &dom);
    two(out, y / 100);
    two(out + 2, y);
    out[4] = out[7] = '-';
    two(out + 5, m);
    two(out + 8, dom);
    out[10] = '\0';
}

int month_of(day d)
{
    if (!in_calendar(d))
        return d < 0 ? INT32_MIN : INT32_MAX;
    int y, m, dom;
    day_split(d, &y, &m, &dom);
    return (y - 1970) * 12 + m - 1;
}

day month_first(int month)
{
    if (month < (1 - 1970) * 12 || month > (9999 - 1970) * 12 + 11)
        return DAY_NONE;
    int since_zero = month + 1970 * 12;
    return day_of(since_zero / 12, since_zero % 12 + 1, 1);
}

day day_minus_months(day d, int months)
{
    if (!in_calendar(d))
        return d;
    int y, m, dom;
    day_split(d, &y, &m, &dom);
    int64_t target = (int64_t)month_of(d) - months;
    if (target < (1 - 1970) * 12 || target > (9999 - 1970) * 12 + 11)
        return DAY_NONE;
    day_split(month_first((int)target), &y, &m, &(int){0});
    int last = month_days(y, m);
    return day_of(y, m, dom < last ? dom : last);
}

static time_ms floor_div(time_ms a, time_ms b)
{
    return a / b - (a % b < 0);
}

day day_of_time(time_ms t)
{
    // Out of the calendar first, so that adding nine hours cannot overflow.
    if (t < DAY_FIRST * DAY_MS - JAPAN_MS || t >= (DAY_LAST + 1) * DAY_MS - JAPAN_MS)
        return t < 0 ? DAY_NONE : DAY_FOREVER;
    return (day)floor_div(t + JAPAN_MS, DAY_MS);
}

void time_format(time_ms t, char out[static 30])
{
    day d = day_of_time(t);
    if (!in_calendar(d)) {
        strcpy(out, "-");
        return;
    }
    int ms = (int)(t + JAPAN_MS - d * DAY_MS);
    day_format(d, out);
    out[10] = 'T';
    two(out + 11, ms / 3600000);
    out[13] = ':';
    two(out + 14, ms / 60000 % 60);
    out[16] = ':';
    two(out + 17, ms / 1000 % 60);
    out[19] = '.';
    out[20] = (char)('0' + ms / 100 % 10);
    two(out + 21, ms);
    strcpy(out + 23, "+09:00");
}

static int digits(const uint8_t *p, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

err time_parse(span s, time_ms *ret)
{
    if (s.len != 29 || s.at[4] != '-' || s.at[7] != '-' || s.at[10] != 'T' || s.at[13] != ':' ||
        s.at[16] != ':' || s.at[19] != '.' || memcmp(s.at + 23, "+09:00", 6) != 0)
        return ERR_FORMAT;
    day d = day_of(digits(s.at, 4), digits(s.at + 5, 2), digits(s.at + 8, 2));
    int h = digits(s.at + 11, 2), m = digits(s.at + 14, 2), sec = digits(s.at + 17, 2);
    int ms = digits(s.at + 20, 3);
    if (d == DAY_NONE || h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 59 || ms < 0)
        return ERR_FORMAT;
    *ret = d * DAY_MS + ((h * 60 + m) * 60 + sec) * (time_ms)1000 + ms - JAPAN_MS;
    return OK;
}

static time_ms clock_ms(clockid_t id)
{
    struct timespec ts = {0};
    clock_gettime(id, &ts);
    return (time_ms)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

time_ms clock_now_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

time_ms clock_mono_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}
