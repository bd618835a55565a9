// SPDX-License-Identifier: Apache-2.0
// Dates as people in Japan write them, read, and written on papers for people: what is
// stored and sent is Gregorian.
#include <stdio.h>
#include <string.h>
#include "proto/base/date.h"
#include "proto/base/utf8.h"

typedef struct ymd {
    int year, month, dom;
} ymd;

static const struct era {
    const char *kanji; // two characters; the first alone is an abbreviation
    char letter;
    uint32_t ligature; // ㍾ and its kind
    int before;        // Gregorian year = before + era year
    ymd first, last;   // both accepted
} ERAS[] = {
    // Before 1873 Meiji dates are lunar: no arithmetic gives their day.
    {"明治", 'M', 0x337e, 1867, {1873, 1, 1}, {1912, 7, 30}},
    // The days 1912-07-30 and 1926-12-25 carry two labels.
    {"大正", 'T', 0x337d, 1911, {1912, 7, 30}, {1926, 12, 25}},
    // Forms printed in advance run on to the year's end: 昭和64 and 平成31 are
    // read to 12-31, because their day is beyond doubt.
    {"昭和", 'S', 0x337c, 1925, {1926, 12, 25}, {1989, 12, 31}},
    {"平成", 'H', 0x337b, 1988, {1989, 1, 8}, {2019, 12, 31}},
    {"令和", 'R', 0x32ff, 2018, {2019, 5, 1}, {9999, 12, 31}},
};

// The next character, with full-width letters and digits as ASCII.
static uint32_t next(span *s)
{
    uint32_t cp = utf8_next(s);
    return cp >= 0xff01 && cp <= 0xff5e ? cp - 0xfee0 : cp;
}

static bool eat(span *s, uint32_t want)
{
    span rest = *s;
    if (!rest.len || next(&rest) != want)
        return false;
    *s = rest;
    return true;
}

// One to `most` digits; false if there is none.
static bool eat_number(span *s, int least, int most, int *ret)
{
    int v = 0, n = 0;
    while (n < most && s->len) {
        span rest = *s;
        uint32_t cp = next(&rest);
        if (cp < '0' || cp > '9')
            break;
        v = v * 10 + (int)(cp - '0');
        n++;
        *s = rest;
    }
    if (n < least)
        return false;
    *ret = v;
    return true;
}

static const struct era *eat_era(span *s)
{
    for (size_t i = 0; i < sizeof ERAS / sizeof *ERAS; i++) {
        const struct era *e = &ERAS[i];
        span name = span_str(e->kanji);
        if (span_eq(span_cut(*s, 0, name.len), name)) {
            *s = span_from(*s, name.len);
            return e;
        }
        if (eat(s, e->ligature) || eat(s, (uint32_t)e->letter) || eat(s, (uint32_t)e->letter + 32))
            return e;
    }
    return NULL;
}

// "8年4月1日", "元年5月1日", "8.4.1" (or / or -), "080401".
static bool eat_date(span *s, ymd *ret)
{
    span whole = *s;
    if (eat_number(s, 2, 2, &ret->year) && eat_number(s, 2, 2, &ret->month) &&
        eat_number(s, 2, 2, &ret->dom) && s->len == 0)
        return true;
    *s = whole;
    if (eat(s, 0x5143)) // 元
        ret->year = 1;
    else if (!eat_number(s, 1, 2, &ret->year))
        return false;
    if (eat(s, 0x5e74)) // 年 月 日
        return eat_number(s, 1, 2, &ret->month) && eat(s, 0x6708) &&
               eat_number(s, 1, 2, &ret->dom) && eat(s, 0x65e5) && s->len == 0;
    span rest = *s;
    uint32_t dot = rest.len ? next(&rest) : 0;
    if (dot != '.' && dot != '/' && dot != '-')
        return false;
    *s = rest;
    return eat_number(s, 1, 2, &ret->month) && eat(s, dot) && eat_number(s, 1, 2, &ret->dom) &&
           s->len == 0;
}

static bool parse_gregorian(span s, ymd *ret)
{
    bool dashed = s.len == 10 && s.at[4] == '-' && s.at[7] == '-';
    if (!dashed && s.len != 8)
        return false;
    return eat_number(&s, 4, 4, &ret->year) && (!dashed || eat(&s, '-')) &&
           eat_number(&s, 2, 2, &ret->month) && (!dashed || eat(&s, '-')) &&
           eat_number(&s, 2, 2, &ret->dom) && s.len == 0;
}

static day day_at(ymd at) { return day_of(at.year, at.month, at.dom); }

day_flaw day_judge(span s, day *ret)
{
    ymd at;
    const struct era *e = NULL;
    if (!parse_gregorian(s, &at)) {
        e = eat_era(&s);
        if (!e || !eat_date(&s, &at))
            return DAY_FLAW_SHAPE;
        if (at.year < 1)
            return DAY_FLAW_NONE;
        at.year += e->before;
    }
    day d = day_at(at);
    if (d == DAY_NONE)
        return DAY_FLAW_NONE;
    if (e == ERAS && d < day_at(e->first))
        return DAY_FLAW_LUNAR;
    *ret = d;
    if (e && d < day_at(e->first))
        return DAY_FLAW_EARLY;
    if (e && d > day_at(e->last))
        return DAY_FLAW_LATE;
    bool last = !e || e == &ERAS[sizeof ERAS / sizeof *ERAS - 1];
    return !last && d > day_at(e[1].first) ? DAY_FLAW_TAIL : DAY_SOUND;
}

err day_parse(span s, day *ret)
{
    day d;
    day_flaw flaw = day_judge(s, &d);
    if (flaw != DAY_SOUND && flaw != DAY_FLAW_TAIL)
        return ERR_FORMAT;
    *ret = d;
    return OK;
}

void day_format_era(day d, char out[static DAY_ERA_BYTES])
{
    const struct era *era = NULL;
    int year, month, dom;
    day_split(d, &year, &month, &dom);
    for (size_t i = 0; i < sizeof ERAS / sizeof *ERAS; i++)
        if (d >= day_of(ERAS[i].first.year, ERAS[i].first.month, ERAS[i].first.dom))
            era = &ERAS[i];
    if (era && year - era->before == 1)
        snprintf(out, DAY_ERA_BYTES, "%s元年%d月%d日", era->kanji, month, dom);
    else
        snprintf(out, DAY_ERA_BYTES, "%s%d年%d月%d日", era ? era->kanji : "", era ? year - era->before : year, month, dom);
}
