// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include "node/ssmix/patient.h"
#include "proto/base/utf8.h"
#include "proto/text/text.h"

// A piece of a field, unescaped and trimmed, cut at a character's end if it does not fit.
static err copy(const hl7 *m, span raw, char *out, size_t cap)
{
    buf b = {0};
    err e = hl7_unescape(m, raw, &b);
    if (e == OK) {
        span s = buf_span(&b);
        while (s.len && s.at[0] <= ' ')
            s = span_from(s, 1);
        while (s.len && s.at[s.len - 1] <= ' ')
            s.len--;
        size_t kept = 0;
        for (span rest = s; rest.len;) {
            span before = rest;
            uint32_t c = utf8_next(&rest);
            size_t n = before.len - rest.len;
            if (kept + n >= cap)
                break;
            if (c >= 0x20 && c != 0x7F && !(c >= 0x80 && c < 0xA0)) {
                memcpy(out + kept, before.at, n);
                kept += n;
            }
        }
        out[kept] = '\0';
    }
    buf_wipe(&b);
    return e;
}

static bool all_kana(span s)
{
    size_t kana = 0;
    while (s.len) {
        uint32_t c = utf8_next(&s);
        bool is_kana = (c >= 0x3040 && c <= 0x30FF) || (c >= 0xFF61 && c <= 0xFF9F);
        if (!is_kana && c != ' ' && c != 0x3000)
            return false;
        kana += is_kana;
    }
    return kana > 0;
}

// PID-5: which repetition is kanji (I) and which kana (P); without XPN-8 the characters tell.
static err names(const hl7 *m, size_t pid, identity *i)
{
    int reps = hl7_reps(m, pid, 5);
    err e = OK;
    for (int r = 0; r < reps && e == OK; r++) {
        span family = hl7_field(m, pid, 5, r, 1, 1), given = hl7_field(m, pid, 5, r, 2, 0);
        span code = hl7_field(m, pid, 5, r, 8, 0);
        char kind = code.len == 1 ? (char)code.at[0] : 0;
        if (kind == 0)
            kind = all_kana(family) ? 'P' : 'I';
        if (kind == 'P' && i->kana_family[0] == '\0') {
            e = copy(m, family, i->kana_family, sizeof i->kana_family);
            if (e == OK)
                e = copy(m, given, i->kana_given, sizeof i->kana_given);
        } else if ((kind == 'I' || kind == 'A') && i->kanji_family[0] == '\0') {
            // A name in letters (A) stands where there is no ideographic one: foreigners have only that.
            e = copy(m, family, i->kanji_family, sizeof i->kanji_family);
            if (e == OK)
                e = copy(m, given, i->kanji_given, sizeof i->kanji_given);
        }
    }
    return e;
}

static bool sex_code(span s)
{
    return s.len == 1 && memchr("MFOUAN", s.at[0], 6);
}

// PID-7 birth, PID-8 sex; some senders swap them or shift both by one field, so the shape decides.
static void birth_and_sex(const hl7 *m, size_t pid, identity *i)
{
    static const int places[] = {7, 8, 9};
    for (size_t n = 0; n < sizeof places / sizeof places[0]; n++) {
        span s = hl7_field(m, pid, places[n], 0, 1, 0);
        day d;
        if (i->birth == DAY_NONE && s.len >= 8 && day_parse(span_cut(s, 0, 8), &d) == OK)
            i->birth = d;
        else if (i->birth == DAY_NONE && s.len >= 8 && day_parse(s, &d) == OK)
            i->birth = d;
        else if (i->sex == 0 && sex_code(s))
            i->sex = (char)s.at[0];
    }
}

// XAD: .5 postal code, .8 the text in one piece; or prefecture .4, city .3, street .1, building .2.
static err address(const hl7 *m, size_t pid, identity *i)
{
    int reps = hl7_reps(m, pid, 11);
    for (int r = 0; r < reps; r++) {
        span text = hl7_field(m, pid, 11, r, 8, 0), postal = hl7_field(m, pid, 11, r, 5, 0);
        static const int pieces[] = {4, 3, 1, 2};
        buf b = {0};
        if (text.len) {
            buf_put_span(&b, text);
        } else {
            for (size_t n = 0; n < 4; n++)
                buf_put_span(&b, hl7_field(m, pid, 11, r, pieces[n], 1));
        }
        err e = b.sticky;
        if (e == OK && (b.len || postal.len)) {
            e = copy(m, postal, i->postal, sizeof i->postal);
            if (e == OK)
                e = copy(m, buf_span(&b), i->address, sizeof i->address);
            buf_wipe(&b);
            return e;
        }
        buf_wipe(&b);
        if (e != OK)
            return e;
    }
    return OK;
}

// XTN: .12 unformatted; or .6 area and .7 local number; or .9, or the old .1.
static err telephone_of(const hl7 *m, size_t pid, int field, identity *i)
{
    for (int r = 0; r < hl7_reps(m, pid, field) && i->telephone[0] == '\0'; r++) {
        buf b = {0};
        span whole = hl7_field(m, pid, field, r, 12, 0);
        span area = hl7_field(m, pid, field, r, 6, 0), local = hl7_field(m, pid, field, r, 7, 0);
        if (whole.len) {
            buf_put_span(&b, whole);
        } else if (local.len) {
            buf_put_span(&b, area);
            if (area.len)
                buf_put_u8(&b, '-');
            buf_put_span(&b, local);
        } else {
            whole = hl7_field(m, pid, field, r, 9, 0);
            buf_put_span(&b, whole.len ? whole : hl7_field(m, pid, field, r, 1, 0));
        }
        err e = b.sticky;
        if (e == OK)
            e = copy(m, buf_span(&b), i->telephone, sizeof i->telephone);
        buf_wipe(&b);
        if (e != OK)
            return e;
    }
    return OK;
}

static bool number_like(const char *s)
{
    buf b = {0};
    bool yes = text_nfkc(span_str(s), &b) == OK && b.len > 0;
    for (size_t n = 0; yes && n < b.len; n++)
        yes = (b.at[n] >= '0' && b.at[n] <= '9') || b.at[n] == '-' || b.at[n] == ' ';
    buf_wipe(&b);
    return yes;
}

// IN1-10 is `symbol~number~branch`; some senders put the number alone into IN1-11, where the guideline has the
// group's name.
static err policy_of(const hl7 *m, size_t in1, identity *i)
{
    char next[sizeof i->number];
    err e = copy(m, hl7_field(m, in1, 10, 0, 1, 0), i->symbol, sizeof i->symbol);
    if (e == OK && hl7_reps(m, in1, 10) >= 2) {
        e = copy(m, hl7_field(m, in1, 10, 1, 1, 0), i->number, sizeof i->number);
        if (e == OK)
            e = copy(m, hl7_field(m, in1, 10, 2, 1, 0), i->branch, sizeof i->branch);
        return e;
    }
    if (e == OK)
        e = copy(m, hl7_field(m, in1, 11, 0, 1, 0), next, sizeof next);
    if (e != OK)
        return e;
    if (number_like(next)) {
        memcpy(i->number, next, sizeof next);
    } else { // one number and no symbol, as the insurance of the elderly has it
        memcpy(i->number, i->symbol, sizeof i->number);
        i->symbol[0] = '\0';
    }
    return OK;
}

// The first IN1 that names an insurer and an insured person; failing that, the first that names an insurer.
static err insurance(const hl7 *m, identity *i)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t s = hl7_find(m, "IN1", 0); s != SIZE_MAX; s = hl7_find(m, "IN1", s + 1)) {
            span insurer = hl7_field(m, s, 3, 0, 1, 0);
            bool person = hl7_field(m, s, 10, 0, 0, 0).len || hl7_reps(m, s, 10) > 1;
            if (insurer.len == 0 || (pass == 0 && !person))
                continue;
            err e = copy(m, insurer, i->insurer, sizeof i->insurer);
            return e == OK ? policy_of(m, s, i) : e;
        }
    return OK;
}

err patient_of(const hl7 *m, identity *ret, char *ret_chart, size_t chart_cap)
{
    size_t pid = hl7_find(m, "PID", 0);
    if (pid == SIZE_MAX)
        return ERR_FORMAT;
    if (chart_cap == 0)
        return ERR_USAGE;
    identity i = {.birth = DAY_NONE};
    char chart[128];
    span id = hl7_field(m, pid, 3, 0, 1, 0);
    err e = copy(m, id, chart, sizeof chart);
    if (e == OK && strlen(chart) >= chart_cap)
        e = ERR_LIMIT;
    if (e == OK)
        e = names(m, pid, &i);
    if (e == OK)
        birth_and_sex(m, pid, &i);
    if (e == OK)
        e = address(m, pid, &i);
    if (e == OK)
        e = telephone_of(m, pid, 13, &i);
    if (e == OK)
        e = telephone_of(m, pid, 14, &i);
    if (e == OK)
        e = insurance(m, &i);
    if (e == OK) {
        *ret = i;
        memcpy(ret_chart, chart, strlen(chart) + 1);
    }
    identity_wipe(&i);
    return e;
}
