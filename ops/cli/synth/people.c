// SPDX-License-Identifier: Apache-2.0
// The population of a seed. Ten indexes make a neighbourhood:
//   0 single   1-3 parents and child on one insurance   4,5 twins (every third
//   neighbourhood; else a couple)   6 namesake of 0 (every second; else single)
//   7,8 single   9 aged, insured as such
#include <stdio.h>
#include <string.h>

#include "ops/cli/synth/draw.h"
#include "ops/cli/synth/house.h"
#include "ops/cli/synth/names.h"
#include "ops/cli/synth/people.h"
#include "ops/cli/synth/synth.h"
#include "proto/base/luhn.h"
#include "proto/base/utf8.h"

#define NEIGHBOURS 10
#define COPY(to, from) snprintf(to, sizeof(to), "%s", from)

typedef struct place {
    uint32_t group, slot, household;
} place;

static place place_of(uint32_t index)
{
    place p = {index / NEIGHBOURS, index % NEIGHBOURS, 0};
    uint32_t head = p.slot >= 1 && p.slot <= 3 ? 1 : p.slot == 5 ? 4 : p.slot;
    p.household = p.group * NEIGHBOURS + head;
    return p;
}

static bool is_twin(place p)
{
    return (p.slot == 4 || p.slot == 5) && p.group % 3 == 0;
}

static bool is_namesake(place p)
{
    return p.slot == 6 && p.group % 2 == 0;
}

// A body of digits and its check digit, as the insurers' numbers are built.
static void insurer_number(draw *d, const char *prefix, identity *i)
{
    char body[12];
    snprintf(body, sizeof body, "%s01%03u", prefix, draw_below(d, 1000));
    snprintf(i->insurer, sizeof i->insurer, "%s%c", body, luhn_digit(span_str(body)));
}

static void insure(draw *d, identity *i, bool aged)
{
    unsigned kind = aged ? 3 : draw_below(d, 3);
    static const char *const prefix[] = {"", "06", "01", "39"};
    insurer_number(d, prefix[kind], i);
    switch (kind) {
    case 0: // municipal: the symbol is often letters
        snprintf(i->symbol, sizeof i->symbol, "札%u", draw_between(d, 1, 99));
        break;
    case 3: // the aged have a number only
        break;
    default:
        snprintf(i->symbol, sizeof i->symbol, "%u", draw_between(d, 10, 99999999));
    }
    snprintf(i->number, sizeof i->number, "%u", draw_between(d, kind == 3 ? 10000000 : 1000, 99999999));
}

static void plain_family(draw *d, identity *i)
{
    const synth_name *family = &names_family[draw_below(d, (uint32_t)names_family_count)];
    COPY(i->kanji_family, family->kanji);
    COPY(i->kana_family, family->kana);
}

// Wards are real so that the postal code means something; there is no 97th to
// 99th block in any of them, and no telephone exchange that begins with zero.
static void settle(uint64_t seed, place p, identity *ret)
{
    draw d = draw_of(seed, DRAW_HOUSEHOLD, p.household, 0);
    const synth_ward *w = &names_wards[draw_below(&d, (uint32_t)names_ward_count)];
    const char *town = w->towns[draw_below(&d, 4)];
    snprintf(ret->postal, sizeof ret->postal, "%s-%04u", w->postal, draw_below(&d, 100) * 10 + 9000);
    // One draw a statement: C leaves the order of a call's arguments open.
    int block = draw_between(&d, 97, 99);
    int plot = draw_between(&d, 1, 30);
    int door = draw_between(&d, 1, 40);
    snprintf(ret->address, sizeof ret->address, "北海道札幌市%s%s%d丁目%d番%d号", w->name, town, block, plot, door);
    uint32_t exchange = draw_below(&d, 100);
    uint32_t line = draw_below(&d, 10000);
    snprintf(ret->telephone, sizeof ret->telephone, "011-0%02u-%04u", exchange, line);
    insure(&d, ret, p.slot == 9);
}

static day birth_between(draw *d, int first, int last)
{
    day new_year = day_of(draw_between(d, first, last), 1, 1);
    return new_year + draw_between(d, 0, 364);
}

static day birth_of(uint64_t seed, uint32_t index, place p, const name_book *book)
{
    draw d = draw_of(seed, DRAW_PERSON, is_twin(p) ? p.household : index, 2);
    if (book->boundary && p.slot == 8 && p.group % 2)
        return book->boundary(&d);
    switch (p.slot) {
    case 1:
    case 2:
        return birth_between(&d, 1968, 1988);
    case 3: // old enough to be somebody's child, young enough to be on the card
        return birth_between(&d, 2008, 2023);
    case 4:
    case 5:
        return is_twin(p) ? birth_between(&d, 2000, 2018) : birth_between(&d, 1952, 1975);
    case 9:
        return birth_between(&d, 1930, 1949);
    default:
        return birth_between(&d, 1952, 1998);
    }
}

static char sex_of(uint64_t seed, uint32_t index, place p)
{
    if (is_namesake(p)) // a namesake of the other sex would fool nobody
        return sex_of(seed, index - 6, place_of(index - 6));
    draw d = draw_of(seed, DRAW_PERSON, is_twin(p) ? p.household : index, 3);
    bool male = draw_percent(&d, 49);
    if (p.slot == 1 || (p.slot == 4 && !is_twin(p)))
        male = true;
    if (p.slot == 2 || (p.slot == 5 && !is_twin(p)))
        male = false;
    return male ? 'M' : 'F';
}

static void plain_given(draw *d, bool further, identity *i)
{
    const synth_name *table = i->sex == 'M' ? names_male : names_female;
    uint32_t count = (uint32_t)(i->sex == 'M' ? names_male_count : names_female_count), at = draw_below(d, count);
    // Five rows further is never the same kana: spellings of one name stand side by side.
    const synth_name *given = &table[(at + (further ? 5 : 0)) % count];
    COPY(i->kanji_given, given->kanji);
    COPY(i->kana_given, given->kana);
}

// Whose name it is: a namesake has that of the first in the neighbourhood, which is of that one's years.
static void name_them(uint64_t seed, uint32_t index, place p, const name_book *book, identity *i)
{
    uint32_t back = is_namesake(p) ? 6 : 0;
    day birth = i->birth;
    draw family = draw_of(seed, DRAW_HOUSEHOLD, p.household - back, 1);
    draw given = draw_of(seed, DRAW_PERSON, is_twin(p) ? p.household : index - back, 4);
    book->family(&family, i);
    if (back)
        i->birth = birth_of(seed, index - back, place_of(index - back), book);
    book->given(&given, is_twin(p) && p.slot == 5, i);
    i->birth = birth;
}

static void put_before(const char *mark, char text[static IDENTITY_TEXT])
{
    size_t len = strlen(mark), had = strlen(text);
    if (!had || len + had >= IDENTITY_TEXT)
        return;
    memmove(text + len, text, had + 1);
    memcpy(text, mark, len);
}

// In the kana that the name is written in.
void people_mark(identity *i)
{
    span s = span_str(i->kana_family);
    uint32_t first = utf8_next(&s);
    put_before("仮", i->kanji_family);
    put_before(first >= 0xff61 && first <= 0xff9f ? "ｶﾘ" : first >= 0x3041 && first <= 0x3096 ? "かり" : "カリ",
               i->kana_family);
}

void people_unmark(identity *i)
{
    static const size_t kanji = sizeof "仮" - 1, kana = sizeof "カリ" - 1;
    if (!strncmp(i->kanji_family, "仮", kanji))
        memmove(i->kanji_family, i->kanji_family + kanji, strlen(i->kanji_family + kanji) + 1);
    if (!strncmp(i->kana_family, "カリ", kana))
        memmove(i->kana_family, i->kana_family + kana, strlen(i->kana_family + kana) + 1);
}

void people_of(uint64_t seed, uint32_t index, const name_book *book, identity *ret)
{
    place p = place_of(index);
    memset(ret, 0, sizeof *ret);
    settle(seed, p, ret);
    ret->sex = sex_of(seed, index, p);
    ret->birth = birth_of(seed, index, p, book);
    name_them(seed, index, p, book, ret);
    unsigned branch = p.slot == 2 || p.slot == 5 ? 2 : p.slot == 3 ? 3 : 1;
    if (is_twin(p)) // children on somebody's card
        branch = p.slot - 1;
    if (p.slot != 9)
        snprintf(ret->branch, sizeof ret->branch, "%02u", branch);
}

void synth_person(uint64_t seed, uint32_t index, identity *ret)
{
    static const name_book plain = {plain_family, plain_given, NULL};
    people_of(seed, index, &plain, ret);
    people_mark(ret);
}

void synth_person_at(uint64_t seed, uint32_t index, uint32_t hospital, identity *ret)
{
    synth_person(seed, index, ret);
    house_spell(house_of(hospital), ret);
}

// Seven points, seven lines: any two points are together off exactly two lines
// (the complements of the Fano plane). So the first seven shared people give
// every two of the seven hospitals two people in common.
static unsigned fano_mask(uint64_t seed, uint32_t line)
{
    static const uint8_t lines[7][3] = {{0, 1, 2}, {0, 3, 4}, {0, 5, 6}, {1, 3, 5},
                                        {1, 4, 6}, {2, 3, 6}, {2, 4, 5}};
    uint8_t point[7] = {0, 1, 2, 3, 4, 5, 6};
    draw d = draw_of(seed, DRAW_POINTS, 0, 0);
    for (uint32_t k = 6; k > 0; k--) {
        uint32_t j = draw_below(&d, k + 1);
        uint8_t t = point[k];
        point[k] = point[j];
        point[j] = t;
    }
    unsigned mask = 0x7f;
    for (int k = 0; k < 3; k++)
        mask &= ~(1u << point[lines[line][k]]);
    return mask;
}

static unsigned shared_mask(uint64_t seed, uint32_t index)
{
    if (index < 7)
        return fano_mask(seed, index);
    draw d = draw_of(seed, DRAW_MEMBER, index, 0);
    int want = draw_between(&d, 2, 4);
    unsigned mask = 0;
    for (int have = 0; have < want;) {
        unsigned bit = 1u << draw_below(&d, SYNTH_FEDERATION);
        if (!(mask & bit)) {
            mask |= bit;
            have++;
        }
    }
    return mask;
}

bool synth_known(uint64_t seed, uint32_t shared, uint32_t index, uint32_t hospital)
{
    if (index >= shared) // neighbours go to one hospital: families and namesakes meet there
        return index / NEIGHBOURS % SYNTH_HOSPITALS == hospital;
    if (hospital >= SYNTH_FEDERATION)
        return false;
    return shared_mask(seed, index) >> hospital & 1;
}

static void chart_format(uint64_t seed, uint64_t ordinal, uint32_t hospital, char out[static SYNTH_CHART])
{
    const house *h = house_of(hospital);
    draw d = draw_of(seed, DRAW_CHART, hospital, 0);
    uint64_t factor = 1 + draw_u64(&d) % (h->modulus - 1), offset = draw_u64(&d) % h->modulus;
    uint64_t number = (ordinal % h->modulus * factor + offset) % h->modulus;
    snprintf(out, SYNTH_CHART, "%0*u", (int)h->digits, (unsigned)number);
}

void synth_chart(uint64_t seed, uint32_t index, uint32_t hospital, char out[static SYNTH_CHART])
{
    chart_format(seed, index, hospital, out);
}

// Counted from the far end of the numbers, where no index of the seed comes.
void synth_extra_chart(uint64_t seed, uint32_t line, uint32_t hospital, char out[static SYNTH_CHART])
{
    chart_format(seed, house_of(hospital)->modulus - 1 - (uint64_t)line, hospital, out);
}
