// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "proto/base/date.h"

// Every day of 1900-2100, against the C library's own calendar.
static void each_day_round_trips(void **state)
{
    (void)state;
    day last = day_of(2100, 12, 31);
    day d = day_of(1900, 1, 1);
    assert_int_equal(d, -25567);
    for (; d <= last; d++) {
        int gy, gm, gd;
        day_split(d, &gy, &gm, &gd);
        struct tm tm;
        time_t t = (time_t)d * 86400;
        gmtime_r(&t, &tm);
        assert_int_equal(gy, tm.tm_year + 1900);
        assert_int_equal(gm, tm.tm_mon + 1);
        assert_int_equal(gd, tm.tm_mday);
        assert_int_equal(day_of(gy, gm, gd), d);
        char text[11], plain[9];
        day back = 0;
        day_format(d, text);
        assert_int_equal(day_parse(span_str(text), &back), OK);
        assert_int_equal(back, d);
        snprintf(plain, sizeof plain, "%.4s%.2s%.2s", text, text + 5, text + 8);
        assert_int_equal(day_parse(span_str(plain), &back), OK);
        assert_int_equal(back, d);
    }
}

static void the_calendar_has_ends(void **state)
{
    (void)state;
    int y, m, d;
    day first = day_of(1, 1, 1), last = day_of(9999, 12, 31);
    day_split(first, &y, &m, &d);
    assert_true(y == 1 && m == 1 && d == 1);
    day_split(last, &y, &m, &d);
    assert_true(y == 9999 && m == 12 && d == 31);
    assert_int_equal(day_of(0, 12, 31), DAY_NONE);
    assert_int_equal(day_of(10000, 1, 1), DAY_NONE);
    assert_int_equal(day_of(2023, 2, 29), DAY_NONE);
    assert_int_equal(day_of(1900, 2, 29), DAY_NONE);
    assert_int_not_equal(day_of(2000, 2, 29), DAY_NONE);
    assert_int_equal(day_of(2024, 13, 1), DAY_NONE);
    assert_int_equal(day_of(2024, 0, 1), DAY_NONE);
    assert_int_equal(day_of(2024, 4, 31), DAY_NONE);
    assert_int_equal(day_of(2024, 4, 0), DAY_NONE);
    assert_int_equal(day_of(INT32_MAX, 1, 1), DAY_NONE);
    char text[11];
    day_format(DAY_NONE, text);
    assert_string_equal(text, "-");
    day_format(DAY_FOREVER, text);
    assert_string_equal(text, "forever");
    day_format(last + 1, text);
    assert_string_equal(text, "-");
    day_format(first, text);
    assert_string_equal(text, "0001-01-01");
}

static const struct {
    const char *written, *means; // NULL: refused
} DATES[] = {
    {"令和8年4月1日", "2026-04-01"},
    {"R8.4.1", "2026-04-01"},
    {"r8.4.1", "2026-04-01"},
    {"R8/4/1", "2026-04-01"},
    {"R8-04-01", "2026-04-01"},
    {"R080401", "2026-04-01"},
    {"令和８年４月１日", "2026-04-01"},
    {"Ｒ８．４．１", "2026-04-01"},
    {"㋿8年4月1日", "2026-04-01"},
    {"㍻31年4月30日", "2019-04-30"},
    {"㍼1.12.25", "1926-12-25"},
    {"㍽1.7.30", "1912-07-30"},
    {"㍾45.7.30", "1912-07-30"},
    {"令和元年5月1日", "2019-05-01"},
    {"令和1年5月1日", "2019-05-01"},
    {"平成元年1月8日", "1989-01-08"},
    {"昭和64年1月7日", "1989-01-07"},
    // Days with two labels.
    {"明治45年7月30日", "1912-07-30"},
    {"大正元年7月30日", "1912-07-30"},
    {"大正15年12月25日", "1926-12-25"},
    {"昭和元年12月25日", "1926-12-25"},
    {"昭和64年1月8日", "1989-01-08"},
    // Tails.
    {"昭和64年12月31日", "1989-12-31"},
    {"S64.4.1", "1989-04-01"},
    {"平成31年5月1日", "2019-05-01"},
    {"H31.12.31", "2019-12-31"},
    {"昭和65年1月1日", NULL},
    {"平成32年1月1日", NULL},
    // Before and after an era.
    {"令和元年4月30日", NULL},
    {"平成元年1月7日", NULL},
    {"昭和元年12月24日", NULL},
    {"大正元年7月29日", NULL},
    {"明治45年7月31日", NULL},
    {"大正15年12月26日", NULL},
    // Meiji before 1873 is lunar.
    {"明治6年1月1日", "1873-01-01"},
    {"明治5年12月2日", NULL},
    {"明治元年10月23日", NULL},
    // No such dates, no such forms.
    {"令和8年2月29日", NULL},
    {"令和6年2月29日", "2024-02-29"},
    {"令和0年5月1日", NULL},
    {"令和8年13月1日", NULL},
    {"令和8年4月1", NULL},
    {"令和8年4月1日 ", NULL},
    {"令和8年4月1日x", NULL},
    {"令和8", NULL},
    {"令和", NULL},
    {"令", NULL},
    {"R8.4/1", NULL},
    {"R8.4.1.", NULL},
    {"R", NULL},
    {"R08040", NULL},
    {"R0804011", NULL},
    {"X8.4.1", NULL},
    {"8.4.1", NULL},
    {"2026-4-1", NULL},
    {"2026-02-30", NULL},
    {"20260230", NULL},
    {"2026-04-0a", NULL},
    {"2026/04/01", NULL},
    {" 2026-04-01", NULL},
    {"-0260401", NULL},
    {"+0260401", NULL},
    {"00000101", NULL},
    {"0001-01-01", "0001-01-01"},
    {"", NULL},
    {"-", NULL},
};

static void eras_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof DATES / sizeof *DATES; i++) {
        day d = 12345;
        char text[11];
        err e = day_parse(span_str(DATES[i].written), &d);
        if (!DATES[i].means) {
            if (e != ERR_FORMAT)
                fail_msg("%s was read", DATES[i].written);
            assert_int_equal(d, 12345);
            continue;
        }
        if (e)
            fail_msg("%s was refused", DATES[i].written);
        day_format(d, text);
        assert_string_equal(text, DATES[i].means);
    }
}

// Each day of Reiwa and Showa written in its era gives the same day.
static void era_days_agree(void **state)
{
    (void)state;
    for (day d = day_of(1926, 12, 25); d <= day_of(2040, 1, 1); d++) {
        int y, m, dom;
        char text[64];
        day back = 0;
        day_split(d, &y, &m, &dom);
        const char *era = d >= day_of(2019, 5, 1) ? "令和" : d >= day_of(1989, 1, 8) ? "平成" : "昭和";
        int zero = d >= day_of(2019, 5, 1) ? 2018 : d >= day_of(1989, 1, 8) ? 1988 : 1925;
        snprintf(text, sizeof text, "%s%d年%d月%d日", era, y - zero, m, dom);
        assert_int_equal(day_parse(span_str(text), &back), OK);
        assert_int_equal(back, d);
    }
}

static void cut_anywhere_is_refused(void **state)
{
    (void)state;
    const char *forms[] = {"令和8年4月1日", "2026-04-01", "㋿元年5月1日", "R080401"};
    for (size_t i = 0; i < 4; i++)
        for (size_t n = 0; n < strlen(forms[i]); n++) {
            day d = 7;
            // An exact copy, so that the sanitizer sees one byte too many.
            uint8_t *copy = test_malloc(n + 1);
            memcpy(copy, forms[i], n);
            assert_int_equal(day_parse(span_of(copy, n), &d), ERR_FORMAT);
            assert_int_equal(d, 7);
            test_free(copy);
        }
}

static void months_are_counted(void **state)
{
    (void)state;
    assert_int_equal(day_minus_months(day_of(2026, 3, 31), 1), day_of(2026, 2, 28));
    assert_int_equal(day_minus_months(day_of(2024, 3, 31), 1), day_of(2024, 2, 29));
    assert_int_equal(day_minus_months(day_of(2026, 1, 31), 2), day_of(2025, 11, 30));
    assert_int_equal(day_minus_months(day_of(2026, 4, 15), 0), day_of(2026, 4, 15));
    assert_int_equal(day_minus_months(day_of(2026, 4, 15), 60), day_of(2021, 4, 15));
    assert_int_equal(day_minus_months(day_of(2024, 2, 29), 12), day_of(2023, 2, 28));
    assert_int_equal(day_minus_months(day_of(2026, 1, 31), -1), day_of(2026, 2, 28));
    assert_int_equal(day_minus_months(day_of(1, 1, 1), 1), DAY_NONE);
    assert_int_equal(day_minus_months(day_of(2026, 1, 1), INT32_MAX), DAY_NONE);
    assert_int_equal(day_minus_months(day_of(2026, 1, 1), INT32_MIN), DAY_NONE);
    assert_int_equal(day_minus_months(DAY_NONE, 3), DAY_NONE);
    assert_int_equal(day_minus_months(DAY_FOREVER, 3), DAY_FOREVER);
    assert_int_equal(month_of(day_of(1970, 1, 31)), 0);
    assert_int_equal(month_of(day_of(1969, 12, 31)), -1);
    assert_int_equal(month_first(-1), day_of(1969, 12, 1));
    assert_int_equal(month_first(INT32_MAX), DAY_NONE);
    assert_int_equal(month_first(INT32_MIN), DAY_NONE);
    for (int month = -1900 * 12; month < 1000 * 12; month++) {
        day first = month_first(month);
        assert_int_equal(month_of(first), month);
        assert_int_equal(month_of(first - 1), month - 1);
    }
}

static void times_are_japans(void **state)
{
    (void)state;
    char text[30];
    time_ms t = 0;
    time_format(0, text);
    assert_string_equal(text, "1970-01-01T09:00:00.000+09:00");
    time_format(-1, text);
    assert_string_equal(text, "1970-01-01T08:59:59.999+09:00");
    assert_int_equal(time_parse(span_str("2026-11-21T09:30:00.123+09:00"), &t), OK);
    assert_int_equal(t, 1795221000123);
    time_format(t, text);
    assert_string_equal(text, "2026-11-21T09:30:00.123+09:00");
    // Midnight in Japan is 15:00 UTC the day before.
    assert_int_equal(day_of_time((time_ms)15 * 3600000 - 1), 0);
    assert_int_equal(day_of_time((time_ms)15 * 3600000), 1);
    assert_int_equal(day_of_time((time_ms)-9 * 3600000), 0);
    assert_int_equal(day_of_time((time_ms)-9 * 3600000 - 1), -1);
    assert_int_equal(day_of_time(INT64_MIN), DAY_NONE);
    assert_int_equal(day_of_time(INT64_MAX), DAY_FOREVER);
    time_format(INT64_MAX, text);
    assert_string_equal(text, "-");
    uint64_t seed = 42;
    for (int i = 0; i < 100000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        time_ms v = (time_ms)(seed >> 16) % 250000000000000, back = 0;
        v -= 60000000000000;
        time_format(v, text);
        assert_int_equal(time_parse(span_str(text), &back), OK);
        assert_int_equal(back, v);
    }
}

static void bad_times_are_refused(void **state)
{
    (void)state;
    const char *bad[] = {
        "2026-11-21T24:00:00.000+09:00", "2026-11-21T09:60:00.000+09:00",
        "2026-11-21T09:00:60.000+09:00", "2026-11-31T09:00:00.000+09:00",
        "2026-11-21T09:00:00.000+00:00", "2026-11-21T09:00:00.000Z",
        "2026-11-21 09:00:00.000+09:00", "2026-11-21T09:00:00,000+09:00",
        "2026-11-21T09:00:00.00+09:00",  "2026-11-21T-1:00:00.000+09:00",
        "2026-11-21T09:00:00.000+09:001", "",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        time_ms t = 5;
        assert_int_equal(time_parse(span_str(bad[i]), &t), ERR_FORMAT);
        assert_int_equal(t, 5);
    }
}

static void clocks_run(void **state)
{
    (void)state;
    time_ms a = clock_mono_ms(), b = clock_mono_ms();
    assert_true(b >= a);
    assert_true(clock_now_ms() > (time_ms)1600000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_day_round_trips), cmocka_unit_test(the_calendar_has_ends),
        cmocka_unit_test(eras_are_read),        cmocka_unit_test(era_days_agree),
        cmocka_unit_test(cut_anywhere_is_refused), cmocka_unit_test(months_are_counted),
        cmocka_unit_test(times_are_japans),     cmocka_unit_test(bad_times_are_refused),
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
