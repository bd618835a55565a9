// SPDX-License-Identifier: Apache-2.0
// Values made of digits: dates, codes, telephones. What comes in is NFKC already, so that
// full-width digits are digits.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/forms/value.h"
#include "proto/base/date.h"
#include "proto/base/luhn.h"
#include "proto/base/tongue.h"

#define DIGITS 32

// Digits, without what people write between them. -1: something else stands there.
static int digits_of(const char *s, const char *between, char out[DIGITS])
{
    int n = 0;
    for (; *s; s++) {
        if (*s >= '0' && *s <= '9') {
            if (n == DIGITS - 1)
                return -1;
            out[n++] = *s;
        } else if (!strchr(between, *s)) {
            return -1;
        }
    }
    out[n] = '\0';
    return n;
}

// Hyphens and long vowels that a keyboard puts between digits become "-".
static void hyphens(const char *s, char *out, size_t cap)
{
    static const char *const LINES[] = {"‐", "‑", "–", "—", "―", "−", "ー", "-"};
    size_t n = 0;
    while (*s && n + 1 < cap) {
        size_t take = 0;
        for (size_t i = 0; i < sizeof LINES / sizeof *LINES && !take; i++)
            if (strncmp(s, LINES[i], strlen(LINES[i])) == 0)
                take = strlen(LINES[i]);
        out[n++] = take ? '-' : *s;
        s += take ? take : 1;
    }
    out[n] = '\0';
}

static bool eat(const char **s, const char *word)
{
    bool there = strncmp(*s, word, strlen(word)) == 0;
    *s += there ? strlen(word) : 0;
    return there;
}

static int eat_number(const char **s, size_t least, size_t most)
{
    size_t n = strspn(*s, "0123456789");
    int v = n >= least && n <= most ? atoi(*s) : 0;
    *s += v ? n : 0;
    return v;
}

// As clerks write western dates: 2026年4月1日, 2026/4/1, 2026.4.1, 2026-4-1. Else it stays as it is.
static void western(const char *s, char *out, size_t cap)
{
    static const char *const BETWEEN[][3] = {{"年", "月", "日"}, {"/", "/", ""}, {".", ".", ""}, {"-", "-", ""}};
    for (size_t i = 0; i < sizeof BETWEEN / sizeof *BETWEEN; i++) {
        const char *at = s;
        int year = eat_number(&at, 4, 4), month = 0, dom = 0;
        if (year && eat(&at, BETWEEN[i][0]) && (month = eat_number(&at, 1, 2)) && eat(&at, BETWEEN[i][1]) &&
            (dom = eat_number(&at, 1, 2)) && eat(&at, BETWEEN[i][2]) && !*at) {
            snprintf(out, cap, "%04d-%02d-%02d", year, month, dom);
            return;
        }
    }
    snprintf(out, cap, "%s", s);
}

static bool two_digit_year(const char *s)
{
    size_t n = strspn(s, "0123456789");
    return n >= 1 && n <= 2 && s[n] && (strchr("./-", s[n]) || strncmp(s + n, "年", 3) == 0);
}

static void date_flaw(day_flaw flaw, const char *s, day d, value_said *said)
{
    char era[DAY_ERA_BYTES];
    switch (flaw) {
    case DAY_FLAW_NONE:
        value_bad(said, _("\"%.60s\" is no day of the calendar; compare month and day"), s);
        break;
    case DAY_FLAW_EARLY:
        day_format_era(d, era);
        value_bad(said, _("\"%.60s\" is before that era began; that day is %s"), s, era);
        break;
    case DAY_FLAW_LATE:
        day_format_era(d, era);
        value_bad(said, _("\"%.60s\" is after that era's end; that day is %s"), s, era);
        break;
    case DAY_FLAW_TAIL:
        day_format_era(d, era);
        value_warn(said, _("\"%.60s\" is after that era's end; it is taken as %s"), s, era);
        break;
    case DAY_FLAW_LUNAR:
        value_bad(said, _("\"%.60s\" is of the old calendar; write the western date"), s);
        break;
    default:
        if (two_digit_year(s))
            value_bad(said, _("\"%.60s\": which era? write 2026-04-01 or 令和8年4月1日"), s);
        else
            value_bad(said, _("\"%.60s\" is no date; write 2026-04-01 or 令和8年4月1日"), s);
    }
}

static void date_value(const policy_form_field *f, const char *s, day today, buf *normal, value_said *said)
{
    day d = DAY_NONE;
    char text[11], plain[300];
    western(s, plain, sizeof plain);
    day_flaw flaw = day_judge(span_str(plain), &d);
    if (flaw != DAY_SOUND)
        date_flaw(flaw, s, d, said);
    if (said->level == VALUE_BAD)
        return;
    bool birth = strcmp(f->name, "birth") == 0;
    if (birth && d > today)
        value_bad(said, _("this birth lies in the future: compare era and year"));
    else if (birth && d < day_minus_months(today, 12 * 125))
        value_warn(said, _("this birth is more than 125 years ago: compare era and year"));
    day_format(d, text);
    buf_put_str(normal, text);
}

static void count_value(const policy_form_field *f, const char *s, buf *normal, value_said *said)
{
    char digits[DIGITS];
    int n = digits_of(s, ",", digits);
    long v = n > 0 && n < 10 ? strtol(digits, NULL, 10) : -1;
    if (v < 0 || v > f->max)
        value_bad(said, _("\"%.60s\" is no whole number from 0 to %d; write digits only"), s, f->max);
    else
        buf_printf(normal, "%ld", v);
}

static void checked_value(const char *digits, buf *normal, value_said *said)
{
    size_t n = strlen(digits);
    if (!luhn_ok(span_str(digits)))
        value_warn(said, _("the check digit of %s does not fit; with the digits before it, it would be %c"), digits,
                   luhn_digit(span_of(digits, n - 1)));
    buf_put_str(normal, digits);
}

static bool prefecture(const char *digits)
{
    int n = (digits[0] - '0') * 10 + digits[1] - '0';
    return n >= 1 && n <= 47;
}

static void institution_value(const char *s, buf *normal, value_said *said)
{
    char digits[DIGITS];
    int n = digits_of(s, "-, ", digits);
    if (n == 9)
        value_bad(said, _("\"%s\" has nine digits; was a leading zero lost? then write 0%s"), digits, digits);
    else if (n != 10)
        value_bad(said, _("\"%.60s\" is no institution code; it has exactly ten digits"), s);
    else
        checked_value(digits, normal, said);
    // 9 and the telephone's last nine digits: a facility without insurance treatment.
    if (said->level == VALUE_GOOD && digits[0] != '9' && !prefecture(digits))
        value_warn(said, _("\"%s\": no prefecture has the number %.2s (01 to 47)"), digits, digits);
    else if (said->level == VALUE_GOOD && digits[0] != '9' && !strchr("13456", digits[2]))
        value_warn(said, _("\"%s\": the third digit says the kind: 1 medical, 3 dental, 4 pharmacy, 6 visiting nurses"), digits);
}

static void insurer_value(const char *s, buf *normal, value_said *said)
{
    char digits[DIGITS];
    int n = digits_of(s, "- ", digits);
    if (n == 5 || n == 7)
        value_bad(said, _("\"%s\" has %d digits; was a leading zero lost? then write 0%s"), digits, n, digits);
    else if (n != 6 && n != 8)
        value_bad(said, _("\"%.60s\" is no insurer number; it has eight digits, or six"), s);
    else
        checked_value(digits, normal, said);
    if (said->level == VALUE_GOOD && !prefecture(n == 8 ? digits + 2 : digits))
        value_warn(said, _("\"%s\": no prefecture has the number %.2s (01 to 47)"), digits, n == 8 ? digits + 2 : digits);
}

// 187, 187-05, 187(枝番)05.
static void insured_value(const policy_form_field *f, const char *s, buf *normal, value_said *said)
{
    char line[200], digits[DIGITS], branch[DIGITS] = "";
    hyphens(s, line, sizeof line);
    char *cut = strstr(line, "(枝番)");
    size_t skip = cut ? strlen("(枝番)") : 1;
    if (!cut)
        cut = strpbrk(line, "- :");
    if (cut) {
        *cut = '\0';
        int n = digits_of(cut + skip, " ", branch);
        if (n != 2) {
            value_bad(said, _("the branch number (枝番) has two digits: 187-05"));
            return;
        }
    }
    int n = digits_of(line, " ", digits);
    if (n <= 0 || n > f->max)
        value_bad(said, _("\"%.60s\" is no insured number; write 187, or with the branch 187-05"), s);
    else
        buf_printf(normal, "%s%s%s", digits, *branch ? "-" : "", branch);
}

static void phone_value(const char *s, buf *normal, value_said *said)
{
    char line[200], digits[DIGITS];
    hyphens(s, line, sizeof line);
    bool abroad = line[0] == '+';
    int n = digits_of(abroad ? line + 1 : line, "-() .", digits);
    if (abroad && n >= 8 && n <= 15)
        buf_printf(normal, "+%s", digits);
    else if (!abroad && (n == 10 || n == 11) && digits[0] == '0')
        buf_put_str(normal, digits);
    else
        value_bad(said, _("\"%.60s\" is no telephone number; it begins with 0 and has ten or eleven digits"), s);
    if (!abroad && n == 10 && digits[2] == '0' && strchr("56789", digits[1]))
        value_warn(said, _("\"%.60s\": a number that begins with %.3s has eleven digits"), s, digits);
    else if (!abroad && n == 11 && digits[0] == '0' && digits[2] != '0')
        value_warn(said, _("\"%.60s\": eleven digits have only numbers that begin with 050, 060, 070, 080 or 090"), s);
}

static void postal_value(const char *s, buf *normal, value_said *said)
{
    char line[200], digits[DIGITS];
    hyphens(strncmp(s, "〒", strlen("〒")) == 0 ? s + strlen("〒") : s, line, sizeof line);
    if (digits_of(line, "- ", digits) != 7)
        value_bad(said, _("\"%.60s\" is no postal code; it has seven digits: 060-8543"), s);
    else
        buf_printf(normal, "%.3s-%s", digits, digits + 3);
}

static void hash_value(const char *s, buf *normal, value_said *said)
{
    uint8_t hash[32];
    if (strlen(s) != 64 || hex_get(span_str(s), hash, sizeof hash))
        value_bad(said, _("a hash has 64 digits, 0-9 and a-f; copy it whole from the scanner, or from sha256sum"));
    else
        buf_put_hex(normal, span_of(hash, sizeof hash));
}

bool value_number(const policy_form_field *f, const char *text, day today, buf *normal, value_said *s)
{
    switch (f->type) {
    case FORM_DATE:
        date_value(f, text, today, normal, s);
        return true;
    case FORM_COUNT_OF:
        count_value(f, text, normal, s);
        return true;
    case FORM_INSTITUTION:
        institution_value(text, normal, s);
        return true;
    case FORM_INSURER:
        insurer_value(text, normal, s);
        return true;
    case FORM_NUMBER:
        insured_value(f, text, normal, s);
        return true;
    case FORM_PHONE:
        phone_value(text, normal, s);
        return true;
    case FORM_POSTAL:
        postal_value(text, normal, s);
        return true;
    case FORM_HASH:
        hash_value(text, normal, s);
        return true;
    default:
        return false;
    }
}
