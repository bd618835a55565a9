// SPDX-License-Identifier: Apache-2.0
// Comparing two identities: every field says what it says by itself, then the
// strength follows from named evidence. No weights, no sums of numbers.
#include "proto/pact/identity.h"

#include <string.h>

#include "proto/base/utf8.h"
#include "proto/crypto/hash.h"
#include "proto/pact/fold.h"
#include "proto/pact/place.h"

#define GETA 0x25a0u // ■: a character that the storage could not write
#define NAME_CHARS 96

// What one field says, and what a person should know of it.
typedef struct verdict {
    evidence says;
    identity_reason why;
} verdict;

static verdict absent(bool a, bool b)
{
    return (verdict){EVIDENCE_ABSENT, a != b ? REASON_ONE_SIDE : REASON_NONE};
}

// ---- names ------------------------------------------------------------------------

// A name as characters, so that ■ and one slip of the pen can be looked at.
typedef struct name {
    uint32_t at[NAME_CHARS];
    size_t len;
    bool wild;
} name;

// fold_kana or fold_kanji: with their last step, or without.
typedef err (*fold_function)(span, bool, buf *);

// One field, or two as one name. False: nothing usable is there.
static bool name_of(fold_function fold, bool whole, const char *const *texts, int count, name *n)
{
    buf folded = {0};
    bool usable = true;
    for (int i = 0; usable && i < count; i++)
        usable = fold(span_str(texts[i]), whole, &folded) == OK;
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

static bool equal(const name *a, const name *b)
{
    return a->len == b->len && memcmp(a->at, b->at, a->len * sizeof *a->at) == 0;
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

static bool may_be(uint32_t a, uint32_t b)
{
    return a == b || a == GETA || b == GETA;
}

// Place by place: how far two names of one length are from each other.
static identity_reason near(const name *a, const name *b, bool kana)
{
    bool gaiji = true, vowels = kana, marks = kana;
    for (size_t i = 0; i < a->len; i++) {
        uint32_t x = a->at[i], y = b->at[i];
        bool same = x == y;
        gaiji = gaiji && may_be(x, y);
        vowels = vowels && (same || (i && fold_lengthens(a->at[i - 1], x) && fold_lengthens(b->at[i - 1], y)));
        marks = marks && (same || fold_unvoiced(x) == fold_unvoiced(y));
    }
    // ■ may stand for anything, so that it can support but never prove.
    if (a->wild || b->wild)
        return gaiji ? REASON_GAIJI : REASON_NONE;
    return vowels ? REASON_LONG_VOWEL : marks ? REASON_SOUND_MARK : REASON_NONE;
}

static verdict compare_names(const name *a, const name *b, bool kana)
{
    bool wild = a->wild || b->wild;
    if (!wild && equal(a, b))
        return (verdict){EVIDENCE_AGREES, REASON_NONE};
    identity_reason why = a->len == b->len ? near(a, b, kana) : REASON_NONE;
    if (why == REASON_NONE && !wild && one_slip(a, b))
        why = REASON_ONE_SLIP;
    return why == REASON_NONE ? (verdict){EVIDENCE_DIFFERS, REASON_OTHER_NAME} : (verdict){EVIDENCE_CLOSE, why};
}

// Which step of the folding made them meet.
static identity_reason met_by(fold_function fold, const char *const *x, const char *const *y, int count)
{
    name a, b;
    bool alike = true;
    for (int i = 0; i < count; i++)
        alike = alike && strcmp(x[i], y[i]) == 0;
    if (alike)
        return REASON_NONE;
    bool both = name_of(fold, false, x, count, &a) && name_of(fold, false, y, count, &b);
    bool last_step = both && !equal(&a, &b);
    crypto_wipe(&a, sizeof a);
    crypto_wipe(&b, sizeof b);
    return !last_step ? REASON_WRITTEN : fold == fold_kana ? REASON_SMALL_KANA : REASON_OLD_CHARACTER;
}

static verdict names(fold_function fold, const char *const *x, const char *const *y, int count)
{
    name a, b;
    bool has_a = name_of(fold, true, x, count, &a), has_b = name_of(fold, true, y, count, &b);
    verdict v = has_a && has_b ? compare_names(&a, &b, fold == fold_kana) : absent(has_a, has_b);
    crypto_wipe(&a, sizeof a);
    crypto_wipe(&b, sizeof b);
    if (v.says == EVIDENCE_AGREES)
        v.why = met_by(fold, x, y, count);
    return v;
}

static verdict kana(const char *a, const char *b)
{
    return names(fold_kana, &a, &b, 1);
}

static verdict kanji(const identity *a, const identity *b)
{
    return names(fold_kanji, (const char *const[]){a->kanji_family, a->kanji_given},
                 (const char *const[]){b->kanji_family, b->kanji_given}, 2);
}

// ---- birth, sex, postal code ----------------------------------------------------------

static bool is_day(day d)
{
    return d != DAY_NONE && d != DAY_FOREVER;
}

// Close: one part mistyped, or month and day swapped.
static verdict births(day a, day b)
{
    if (!is_day(a) || !is_day(b))
        return absent(is_day(a), is_day(b));
    if (a == b)
        return (verdict){EVIDENCE_AGREES, REASON_NONE};
    int ya, ma, da, yb, mb, db;
    day_split(a, &ya, &ma, &da);
    day_split(b, &yb, &mb, &db);
    if (ya == yb && ma == db && da == mb)
        return (verdict){EVIDENCE_CLOSE, REASON_SWAPPED};
    if ((ya != yb) + (ma != mb) + (da != db) > 1)
        return (verdict){EVIDENCE_DIFFERS, REASON_OTHER_BIRTH};
    return (verdict){EVIDENCE_CLOSE, ya != yb ? REASON_YEAR : ma != mb ? REASON_MONTH : REASON_DAY};
}

// U (unknown) and N (not applicable) say nothing about anybody.
static bool is_sex(char c)
{
    return c && c != 'U' && c != 'N';
}

static verdict sexes(char a, char b)
{
    if (!is_sex(a) || !is_sex(b))
        return absent(is_sex(a), is_sex(b));
    return (verdict){a == b ? EVIDENCE_AGREES : EVIDENCE_DIFFERS, REASON_NONE};
}

static identity_reason written(const char *a, const char *b)
{
    return strcmp(a, b) == 0 ? REASON_NONE : REASON_WRITTEN;
}

static verdict postals(const char *a, const char *b)
{
    buf x = {0}, y = {0};
    bool has_a = identity_postal(span_str(a), &x) == OK && x.len, has_b = identity_postal(span_str(b), &y) == OK && y.len;
    verdict v = absent(has_a, has_b);
    if (has_a && has_b)
        v = span_eq(buf_span(&x), buf_span(&y)) ? (verdict){EVIDENCE_AGREES, written(a, b)}
            : memcmp(x.at, y.at, 3) == 0        ? (verdict){EVIDENCE_CLOSE, REASON_NEARBY}
                                                : (verdict){EVIDENCE_DIFFERS, REASON_MOVED};
    buf_wipe(&x);
    buf_wipe(&y);
    return v;
}

static verdict addresses(const char *a, const char *b)
{
    place x, y;
    bool has_a = place_of(a, &x), has_b = place_of(b, &y);
    verdict v = absent(has_a, has_b);
    if (has_a && has_b)
        v.says = place_compare(&x, &y, &v.why);
    if (v.says == EVIDENCE_AGREES && written(a, b) == REASON_NONE)
        v.why = REASON_NONE;
    crypto_wipe(&x, sizeof x);
    crypto_wipe(&y, sizeof y);
    return v;
}

// ---- numbers ----------------------------------------------------------------------------

// One digit wrong, or two beside each other swapped.
static bool one_digit(span a, span b)
{
    size_t i = 0, end = a.len;
    if (a.len != b.len || a.len < 4)
        return false;
    while (i < end && a.at[i] == b.at[i])
        i++;
    while (end > i && a.at[end - 1] == b.at[end - 1])
        end--;
    return end - i == 1 || (end - i == 2 && a.at[i] == b.at[i + 1] && a.at[i + 1] == b.at[i]);
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

static bool card_written_alike(const identity *a, const identity *b)
{
    return strcmp(a->insurer, b->insurer) == 0 && strcmp(a->symbol, b->symbol) == 0 && strcmp(a->number, b->number) == 0;
}

static verdict cards(const identity *a, const identity *b, const insurance *x, const insurance *y)
{
    bool insurers = x->insurer.len && y->insurer.len, insurer = insurers && same(&x->insurer, &y->insurer);
    // Some senders cut symbol and number elsewhere: joined they are the same.
    if (!same(&x->joined, &y->joined))
        return (verdict){EVIDENCE_DIFFERS, insurer && one_digit(buf_span(&x->joined), buf_span(&y->joined))
                                               ? REASON_ONE_SLIP : REASON_INSURANCE};
    if (insurers && !insurer)
        return (verdict){EVIDENCE_DIFFERS, one_digit(buf_span(&x->insurer), buf_span(&y->insurer))
                                               ? REASON_ONE_SLIP : REASON_INSURANCE};
    if (!insurers)
        return (verdict){EVIDENCE_CLOSE, REASON_INSURER};
    if (!same(&x->symbol, &y->symbol))
        return (verdict){EVIDENCE_CLOSE, REASON_CUT};
    return (verdict){EVIDENCE_AGREES, card_written_alike(a, b) ? REASON_NONE : REASON_WRITTEN};
}

static verdict insurances(const identity *a, const identity *b)
{
    insurance x = {0}, y = {0};
    bool has_a = insurance_of(a, &x), has_b = insurance_of(b, &y);
    verdict v = has_a && has_b ? cards(a, b, &x, &y) : absent(has_a, has_b);
    insurance_done(&x);
    insurance_done(&y);
    return v;
}

// The digits alone: `5` and `05` are one 枝番, `+81 11` and `011` one telephone.
static verdict numbers(const char *a, const char *b)
{
    buf x = {0}, y = {0};
    bool has_a = identity_telephone(span_str(a), &x) == OK && x.len, has_b = identity_telephone(span_str(b), &y) == OK && y.len;
    verdict v = absent(has_a, has_b);
    if (has_a && has_b)
        v = same(&x, &y) ? (verdict){EVIDENCE_AGREES, written(a, b)}
                         : (verdict){EVIDENCE_DIFFERS,
                                     one_digit(buf_span(&x), buf_span(&y)) ? REASON_ONE_SLIP : REASON_NONE};
    buf_wipe(&x);
    buf_wipe(&y);
    return v;
}

// ---- all together ------------------------------------------------------------------------

static bool agrees(const evidence *f, identity_field which)
{
    return f[which] == EVIDENCE_AGREES;
}

// The address is most of the postal code said again: together they are one thing.
static bool home(const evidence *f)
{
    return agrees(f, FIELD_POSTAL) || agrees(f, FIELD_ADDRESS);
}

static match_strength weak_or_none(const evidence *f)
{
    // What a family shares (name, address, card) is no evidence for one person.
    bool person = agrees(f, FIELD_BIRTH) || agrees(f, FIELD_KANA_GIVEN) || agrees(f, FIELD_KANJI);
    int count = home(f);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (i != FIELD_SEX && i != FIELD_BRANCH && i != FIELD_POSTAL && i != FIELD_ADDRESS)
            count += f[i] == EVIDENCE_AGREES;
    return person && count >= 2 ? MATCH_WEAK : MATCH_NONE;
}

// How many of what a person keeps besides name, birth and sex agree.
static int support(const evidence *f)
{
    return agrees(f, FIELD_INSURANCE) + agrees(f, FIELD_KANJI) + home(f) + agrees(f, FIELD_TELEPHONE);
}

// One of kana family, kana given and birth is close, the others agree, and so does the sex. A given name
// that is only near is a twin's more often than a slip: there the kanji must speak for it.
static bool nearly(const evidence *f)
{
    static const identity_field own[] = {FIELD_KANA_FAMILY, FIELD_KANA_GIVEN, FIELD_BIRTH};
    int good = 0, close = 0;
    for (int i = 0; i < 3; i++) {
        good += agrees(f, own[i]);
        close += f[own[i]] == EVIDENCE_CLOSE;
    }
    bool given = agrees(f, FIELD_KANA_GIVEN) || agrees(f, FIELD_KANJI);
    return agrees(f, FIELD_SEX) && good == 2 && close == 1 && given;
}

// given_kanji: the given name agrees in kanji as well, whatever became of the family name.
static match_strength strength_of(const evidence *f, bool given_kanji)
{
    bool born = agrees(f, FIELD_BIRTH) && agrees(f, FIELD_SEX);
    bool kana_agrees = agrees(f, FIELD_KANA_FAMILY) && agrees(f, FIELD_KANA_GIVEN);
    bool card = agrees(f, FIELD_INSURANCE);
    // One card, another branch: the insurer itself says that these are two people.
    bool two_people = card && f[FIELD_BRANCH] == EVIDENCE_DIFFERS;
    bool person = agrees(f, FIELD_BRANCH) || agrees(f, FIELD_KANA_GIVEN);
    if (born && card && person && !two_people && f[FIELD_KANA_GIVEN] != EVIDENCE_DIFFERS)
        return MATCH_STRONG;
    if (born && kana_agrees && two_people)
        return MATCH_POSSIBLE;
    if (born && kana_agrees) {
        bool supported = home(f) || agrees(f, FIELD_TELEPHONE) || agrees(f, FIELD_KANJI);
        return supported ? MATCH_LIKELY : MATCH_POSSIBLE;
    }
    if (nearly(f) && !two_people && support(f))
        return support(f) >= 2 ? MATCH_LIKELY : MATCH_POSSIBLE;
    if (!born || two_people)
        return weak_or_none(f);
    // Read otherwise, or no kana at all: the kanji are whole. Twins never share them.
    if (agrees(f, FIELD_KANJI))
        return support(f) >= 2 ? MATCH_LIKELY : MATCH_POSSIBLE;
    // Married: the given name stays, perhaps with the telephone or the address.
    bool married = agrees(f, FIELD_KANA_GIVEN) &&
                   (given_kanji || agrees(f, FIELD_TELEPHONE) || home(f));
    return married ? MATCH_POSSIBLE : weak_or_none(f);
}

// What a field means beside the others.
static void reasons_together(const evidence *f, identity_reason *why)
{
    bool born = agrees(f, FIELD_BIRTH) && f[FIELD_SEX] != EVIDENCE_DIFFERS;
    bool card = agrees(f, FIELD_INSURANCE);
    if (f[FIELD_KANA_FAMILY] == EVIDENCE_DIFFERS && agrees(f, FIELD_KANA_GIVEN) && born)
        why[FIELD_KANA_FAMILY] = REASON_FAMILY_NAME;
    if (f[FIELD_KANA_GIVEN] == EVIDENCE_DIFFERS && card)
        why[FIELD_KANA_GIVEN] = born ? REASON_TWIN : REASON_SAME_CARD;
    if (why[FIELD_KANA_GIVEN] == REASON_ONE_SLIP && card && born && !agrees(f, FIELD_BRANCH))
        why[FIELD_KANA_GIVEN] = REASON_TWIN_SLIP;
    if (f[FIELD_KANJI] == EVIDENCE_DIFFERS && agrees(f, FIELD_KANA_FAMILY) && agrees(f, FIELD_KANA_GIVEN))
        why[FIELD_KANJI] = REASON_SAME_SOUND;
    if (f[FIELD_BRANCH] == EVIDENCE_DIFFERS)
        why[FIELD_BRANCH] = card ? REASON_BRANCH : REASON_NONE; // on another card it says nothing
}

void identity_compare(const identity *a, const identity *b, identity_match *ret)
{
    const verdict all[FIELD_COUNT] = {
        [FIELD_KANA_FAMILY] = kana(a->kana_family, b->kana_family),
        [FIELD_KANA_GIVEN] = kana(a->kana_given, b->kana_given),
        [FIELD_KANJI] = kanji(a, b),
        [FIELD_BIRTH] = births(a->birth, b->birth),
        [FIELD_SEX] = sexes(a->sex, b->sex),
        [FIELD_POSTAL] = postals(a->postal, b->postal),
        [FIELD_INSURANCE] = insurances(a, b),
        [FIELD_BRANCH] = numbers(a->branch, b->branch),
        [FIELD_TELEPHONE] = numbers(a->telephone, b->telephone),
        [FIELD_ADDRESS] = addresses(a->address, b->address),
    };
    for (int i = 0; i < FIELD_COUNT; i++) {
        ret->fields[i] = all[i].says;
        ret->reasons[i] = all[i].why;
    }
    reasons_together(ret->fields, ret->reasons);
    verdict given = names(fold_kanji, (const char *const[]){a->kanji_given}, (const char *const[]){b->kanji_given}, 1);
    ret->strength = strength_of(ret->fields, given.says == EVIDENCE_AGREES);
}
