// SPDX-License-Identifier: Apache-2.0
// Comparing two identities: every field says what it says by itself, then the
// strength follows from named evidence. No weights, no sums of numbers.
#include "proto/pact/identity.h"

#include <string.h>

#include "proto/base/utf8.h"
#include "proto/crypto/hash.h"
#include "proto/pact/fold.h"

#define GETA 0x25a0u // ■: a character that the storage could not write
#define NAME_CHARS 96

// A name as characters, so that ■ and one slip of the pen can be looked at.
typedef struct name {
    uint32_t at[NAME_CHARS];
    size_t len;
    bool wild;
} name;

typedef err (*fold_function)(span, buf *);

// Several fields folded into one name. False: nothing usable is there.
static bool name_of(fold_function fold, const char *a, const char *b, name *n)
{
    buf folded = {0};
    bool usable = fold(span_str(a), &folded) == OK && (!b || fold(span_str(b), &folded) == OK);
    n->len = 0;
    n->wild = false;
    for (span s = buf_span(&folded); usable && s.len;) {
        uint32_t c = utf8_next(&s);
        n->wild |= c == GETA;
        if (n->len == NAME_CHARS)
            usable = false;
        else
            n->at[n->len++] = c;
    }
    buf_wipe(&folded);
    return usable && n->len;
}

static bool fits(uint32_t a, uint32_t b, bool wild)
{
    return a == b || (wild && (a == GETA || b == GETA));
}

// At most one character changed, missing or too many.
static bool one_slip(const name *a, const name *b)
{
    if (a->len < b->len) {
        const name *swap = a;
        a = b;
        b = swap;
    }
    // In a name of two characters one slip is another name.
    if (b->len < 3 || a->len - b->len > 1)
        return false;
    size_t head = 0, tail = 0;
    while (head < b->len && a->at[head] == b->at[head])
        head++;
    while (tail < b->len - head && a->at[a->len - 1 - tail] == b->at[b->len - 1 - tail])
        tail++;
    return a->len - head - tail <= 1;
}

static evidence compare_names(const name *a, const name *b)
{
    bool wild = a->wild || b->wild;
    bool same = a->len == b->len;
    for (size_t i = 0; same && i < a->len; i++)
        same = fits(a->at[i], b->at[i], wild);
    // ■ may stand for anything, so that it can support but never prove.
    if (same)
        return wild ? EVIDENCE_CLOSE : EVIDENCE_AGREES;
    return !wild && one_slip(a, b) ? EVIDENCE_CLOSE : EVIDENCE_DIFFERS;
}

static evidence names(fold_function fold, const char *a1, const char *a2, const char *b1, const char *b2)
{
    name a, b;
    bool both = name_of(fold, a1, a2, &a);
    both = name_of(fold, b1, b2, &b) && both;
    evidence e = both ? compare_names(&a, &b) : EVIDENCE_ABSENT;
    crypto_wipe(&a, sizeof a);
    crypto_wipe(&b, sizeof b);
    return e;
}

// Close: one part mistyped, or month and day swapped.
static evidence births(day a, day b)
{
    if (a == DAY_NONE || b == DAY_NONE || a == DAY_FOREVER || b == DAY_FOREVER)
        return EVIDENCE_ABSENT;
    if (a == b)
        return EVIDENCE_AGREES;
    int ya, ma, da, yb, mb, db;
    day_split(a, &ya, &ma, &da);
    day_split(b, &yb, &mb, &db);
    int wrong = (ya != yb) + (ma != mb) + (da != db);
    bool swapped = ya == yb && ma == db && da == mb;
    return wrong == 1 || swapped ? EVIDENCE_CLOSE : EVIDENCE_DIFFERS;
}

// U (unknown) and N (not applicable) say nothing about anybody.
static evidence sexes(char a, char b)
{
    if (!a || !b || a == 'U' || b == 'U' || a == 'N' || b == 'N')
        return EVIDENCE_ABSENT;
    return a == b ? EVIDENCE_AGREES : EVIDENCE_DIFFERS;
}

static evidence postals(const char *a, const char *b)
{
    buf x = {0}, y = {0};
    evidence e = EVIDENCE_ABSENT;
    if (identity_postal(span_str(a), &x) == OK && identity_postal(span_str(b), &y) == OK && x.len && y.len)
        e = span_eq(buf_span(&x), buf_span(&y)) ? EVIDENCE_AGREES
            : memcmp(x.at, y.at, 3) == 0        ? EVIDENCE_CLOSE // the same post office's area
                                                : EVIDENCE_DIFFERS;
    buf_wipe(&x);
    buf_wipe(&y);
    return e;
}

typedef struct insurance {
    buf insurer, symbol, number, joined;
} insurance;

static void insurance_done(insurance *n)
{
    buf_wipe(&n->insurer);
    buf_wipe(&n->symbol);
    buf_wipe(&n->number);
    buf_wipe(&n->joined);
}

static bool insurance_of(const identity *i, insurance *n)
{
    return identity_insurer(span_str(i->insurer), &n->insurer) == OK &&
           identity_symbol(span_str(i->symbol), &n->symbol) == OK &&
           identity_symbol(span_str(i->number), &n->number) == OK && n->number.len &&
           buf_put_span(&n->joined, buf_span(&n->symbol)) == OK &&
           buf_put_span(&n->joined, buf_span(&n->number)) == OK;
}

static bool same(const buf *a, const buf *b)
{
    return span_eq(buf_span(a), buf_span(b));
}

static evidence insurances(const identity *a, const identity *b)
{
    insurance x = {0}, y = {0};
    evidence e = EVIDENCE_ABSENT;
    bool usable = insurance_of(a, &x);
    if (insurance_of(b, &y) && usable) {
        bool insurers = x.insurer.len && y.insurer.len;
        // Some senders cut symbol and number elsewhere: joined they are the same.
        if (!same(&x.joined, &y.joined) || (insurers && !same(&x.insurer, &y.insurer)))
            e = EVIDENCE_DIFFERS;
        else
            e = insurers && same(&x.symbol, &y.symbol) ? EVIDENCE_AGREES : EVIDENCE_CLOSE;
    }
    insurance_done(&x);
    insurance_done(&y);
    return e;
}

// The digits alone; `5` and `05` are one 枝番, `+81 11` and `011` one telephone.
static size_t digits(const char *text, char *out, size_t cap)
{
    buf folded = {0};
    size_t n = 0, skip = 0;
    bool usable = identity_symbol(span_str(text), &folded) == OK;
    bool abroad = folded.len > 3 && memcmp(folded.at, "+81", 3) == 0;
    for (size_t i = abroad ? 3 : 0; usable && i < folded.len; i++)
        if (folded.at[i] >= '0' && folded.at[i] <= '9' && n < cap)
            out[n++] = (char)folded.at[i];
    buf_wipe(&folded);
    while (skip < n && out[skip] == '0')
        skip++;
    memmove(out, out + skip, n - skip);
    return n - skip;
}

static evidence numbers(const char *a, const char *b)
{
    char x[32], y[32];
    size_t n = digits(a, x, sizeof x), m = digits(b, y, sizeof y);
    evidence e = !n || !m                              ? EVIDENCE_ABSENT
                 : n == m && memcmp(x, y, n) == 0 ? EVIDENCE_AGREES
                                                       : EVIDENCE_DIFFERS;
    crypto_wipe(x, sizeof x);
    crypto_wipe(y, sizeof y);
    return e;
}

static bool agrees(const evidence *f, identity_field which)
{
    return f[which] == EVIDENCE_AGREES;
}

static match_strength weak_or_none(const evidence *f)
{
    // What a family shares (name, address, card) is no evidence for one person.
    bool person = agrees(f, FIELD_BIRTH) || agrees(f, FIELD_KANA_GIVEN) || agrees(f, FIELD_KANJI);
    int count = 0;
    for (int i = 0; i < FIELD_COUNT; i++)
        if (i != FIELD_SEX && i != FIELD_BRANCH)
            count += f[i] == EVIDENCE_AGREES;
    return person && count >= 2 ? MATCH_WEAK : MATCH_NONE;
}

static match_strength strength_of(const evidence *f)
{
    bool born = agrees(f, FIELD_BIRTH) && agrees(f, FIELD_SEX);
    bool kana = agrees(f, FIELD_KANA_FAMILY) && agrees(f, FIELD_KANA_GIVEN);
    bool card = agrees(f, FIELD_INSURANCE);
    // One card, another branch: the insurer itself says that these are two people.
    bool two_people = card && f[FIELD_BRANCH] == EVIDENCE_DIFFERS;
    bool person = agrees(f, FIELD_BRANCH) || agrees(f, FIELD_KANA_GIVEN);
    if (born && card && person && !two_people && f[FIELD_KANA_GIVEN] != EVIDENCE_DIFFERS)
        return MATCH_STRONG;
    if (!born || !kana)
        return weak_or_none(f);
    if (two_people)
        return MATCH_POSSIBLE;
    bool supported = agrees(f, FIELD_POSTAL) || agrees(f, FIELD_TELEPHONE) || agrees(f, FIELD_KANJI);
    return supported ? MATCH_LIKELY : MATCH_POSSIBLE;
}

void identity_compare(const identity *a, const identity *b, identity_match *ret)
{
    evidence *f = ret->fields;
    f[FIELD_KANA_FAMILY] = names(identity_kana, a->kana_family, NULL, b->kana_family, NULL);
    f[FIELD_KANA_GIVEN] = names(identity_kana, a->kana_given, NULL, b->kana_given, NULL);
    f[FIELD_KANJI] = names(identity_kanji, a->kanji_family, a->kanji_given, b->kanji_family, b->kanji_given);
    f[FIELD_BIRTH] = births(a->birth, b->birth);
    f[FIELD_SEX] = sexes(a->sex, b->sex);
    f[FIELD_POSTAL] = postals(a->postal, b->postal);
    f[FIELD_INSURANCE] = insurances(a, b);
    f[FIELD_BRANCH] = numbers(a->branch, b->branch);
    f[FIELD_TELEPHONE] = numbers(a->telephone, b->telephone);
    ret->strength = strength_of(f);
}
