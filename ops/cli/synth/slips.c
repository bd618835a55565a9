// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/slips.h"

#include <stdio.h>
#include <string.h>

#include "ops/cli/synth/crowd.h"
#include "ops/cli/synth/draw.h"
#include "ops/cli/synth/house.h"
#include "ops/cli/synth/notation.h"
#include "ops/cli/synth/people.h"
#include "ops/cli/synth/reread.h"
#include "proto/base/utf8.h"

enum { NEIGHBOURS = 10, KANA_CHARS = 48, ELSEWHERE = 1000003 };
#define COPY(to, from) snprintf(to, sizeof(to), "%s", from)

static const char *const names[SLIP_COUNT] = {
    [SLIP_CLEAN] = "clean", [SLIP_SMALL_KANA] = "small_kana", [SLIP_HALF_WIDTH] = "half_width",
    [SLIP_HIRAGANA] = "hiragana", [SLIP_LONG_VOWEL] = "long_vowel", [SLIP_SOUND_MARK] = "sound_mark",
    [SLIP_KANA_SLIP] = "kana_slip", [SLIP_MISREAD] = "misread", [SLIP_NO_KANA] = "no_kana",
    [SLIP_OLD_CHARACTER] = "old_character", [SLIP_GAIJI] = "gaiji", [SLIP_MARRIED] = "married",
    [SLIP_MOVED] = "moved", [SLIP_INSURANCE] = "insurance", [SLIP_NO_INSURANCE] = "no_insurance",
    [SLIP_NO_BRANCH] = "no_branch", [SLIP_CARD_CUT] = "card_cut", [SLIP_CARD_DIGIT] = "card_digit",
    [SLIP_NO_POSTAL] = "no_postal", [SLIP_BIRTH_SWAPPED] = "birth_swapped", [SLIP_BIRTH_DIGIT] = "birth_digit",
    [SLIP_ADDRESS] = "address", [SLIP_ERA] = "era_boundary", [SLIP_IN1] = "in1_layout",
    [SLIP_TWO] = "two_at_once", [SLIP_THREE] = "three_at_once", [SLIP_TWIN] = "twin", [SLIP_FAMILY] = "family",
    [SLIP_NAMESAKE] = "namesake", [SLIP_STRANGER] = "stranger",
};

const char *slip_name(slip_kind k)
{
    return (unsigned)k < SLIP_COUNT ? names[k] : "?";
}

slip_kind slip_find(const char *name)
{
    int k = 0;
    while (k < SLIP_COUNT && strcmp(names[k], name) != 0)
        k++;
    return (slip_kind)k;
}

void slip_person(uint64_t seed, uint32_t index, identity *ret)
{
    static const name_book crowd = {crowd_family, crowd_given, crowd_boundary};
    people_of(seed, index, &crowd, ret);
}

// ---- kana ------------------------------------------------------------------------------

typedef struct letters {
    uint32_t at[KANA_CHARS];
    int count;
} letters;

static letters letters_of(const char *text)
{
    letters l = {.count = 0};
    for (span s = span_str(text); s.len && l.count < KANA_CHARS;)
        l.at[l.count++] = utf8_next(&s);
    return l;
}

static void letters_write(const letters *l, char out[static IDENTITY_TEXT])
{
    buf text = {.max = IDENTITY_TEXT - 1};
    for (int i = 0; i < l->count; i++)
        (void)!utf8_put(&text, l->at[i]);
    snprintf(out, IDENTITY_TEXT, "%s", buf_str(&text));
    buf_done(&text);
}

// From U+30A1 on.
static const char *const half[] = {
    "ｧ", "ｱ", "ｨ", "ｲ", "ｩ", "ｳ", "ｪ", "ｴ", "ｫ", "ｵ", "ｶ", "ｶﾞ", "ｷ", "ｷﾞ",
    "ｸ", "ｸﾞ", "ｹ", "ｹﾞ", "ｺ", "ｺﾞ", "ｻ", "ｻﾞ", "ｼ", "ｼﾞ", "ｽ", "ｽﾞ", "ｾ", "ｾﾞ",
    "ｿ", "ｿﾞ", "ﾀ", "ﾀﾞ", "ﾁ", "ﾁﾞ", "ｯ", "ﾂ", "ﾂﾞ", "ﾃ", "ﾃﾞ", "ﾄ", "ﾄﾞ", "ﾅ",
    "ﾆ", "ﾇ", "ﾈ", "ﾉ", "ﾊ", "ﾊﾞ", "ﾊﾟ", "ﾋ", "ﾋﾞ", "ﾋﾟ", "ﾌ", "ﾌﾞ", "ﾌﾟ", "ﾍ",
    "ﾍﾞ", "ﾍﾟ", "ﾎ", "ﾎﾞ", "ﾎﾟ", "ﾏ", "ﾐ", "ﾑ", "ﾒ", "ﾓ", "ｬ", "ﾔ", "ｭ", "ﾕ",
    "ｮ", "ﾖ", "ﾗ", "ﾘ", "ﾙ", "ﾚ", "ﾛ", "ﾜ", "ﾜ", "ｲ", "ｴ", "ｦ", "ﾝ", "ｳﾞ",
};

static bool half_width(char out[static IDENTITY_TEXT])
{
    letters l = letters_of(out);
    size_t n = 0;
    for (int i = 0; i < l.count; i++)
        if (l.at[i] >= 0x30a1 && l.at[i] < 0x30a1 + sizeof half / sizeof half[0])
            n += (size_t)snprintf(out + n, IDENTITY_TEXT - n, "%s", half[l.at[i] - 0x30a1]);
    return n > 0;
}

static bool hiragana(char out[static IDENTITY_TEXT])
{
    letters l = letters_of(out);
    for (int i = 0; i < l.count; i++)
        if (l.at[i] >= 0x30a1 && l.at[i] <= 0x30f4)
            l.at[i] -= 0x60;
    letters_write(&l, out);
    return l.count > 0;
}

// ウ behind an o or u, mostly: written as a mark, or as what a keyboard has instead.
static bool long_vowel(draw *d, char out[static IDENTITY_TEXT])
{
    static const uint32_t marks[] = {0x30fc, 0x30fc, 0x30fc, '-', 0x2212, 0xff0d};
    letters l = letters_of(out);
    for (int i = 1; i < l.count; i++)
        if (l.at[i] == 0x30a6) {
            l.at[i] = marks[draw_below(d, 6)];
            letters_write(&l, out);
            return true;
        }
    return false;
}

static bool sound_mark(char out[static IDENTITY_TEXT])
{
    letters l = letters_of(out);
    for (int i = 1; i < l.count; i++) {
        uint32_t c = l.at[i];
        bool ga_to_ji = c >= 0x30ac && c <= 0x30c2 && c % 2 == 0, de_do = c == 0x30c7 || c == 0x30c9;
        bool ba = c >= 0x30d0 && c <= 0x30dc && (c - 0x30d0) % 3 == 0;
        if (!ga_to_ji && !de_do && !ba)
            continue;
        l.at[i]--;
        letters_write(&l, out);
        return true;
    }
    return false;
}

static bool kana_slip(draw *d, char out[static IDENTITY_TEXT])
{
    letters l = letters_of(out);
    if (l.count < 2)
        return false;
    int at = (int)draw_below(d, (uint32_t)l.count);
    if (draw_percent(d, 40)) {
        memmove(&l.at[at], &l.at[at + 1], (size_t)(l.count - at - 1) * sizeof l.at[0]);
        l.count--;
    } else {
        uint32_t other = 0x30de + draw_below(d, 4); // マ to メ
        l.at[at] = l.at[at] == other ? other + 1 : other;
    }
    letters_write(&l, out);
    return true;
}

static bool misread(draw *d, identity *i)
{
    identity other = *i;
    do
        crowd_given(d, false, &other);
    while (strcmp(other.kana_given, i->kana_given) == 0);
    COPY(i->kana_given, other.kana_given);
    return true;
}

// ---- the rest of life --------------------------------------------------------------------

static bool old_character(identity *i)
{
    identity before = *i;
    house_spell(&(house){.old_characters = true, .branch = true}, i);
    return strcmp(before.kanji_family, i->kanji_family) != 0 || strcmp(before.kanji_given, i->kanji_given) != 0;
}

static bool small_kana(identity *i)
{
    identity before = *i;
    house_spell(&(house){.large_kana = true, .branch = true}, i);
    return strcmp(before.kana_family, i->kana_family) != 0 || strcmp(before.kana_given, i->kana_given) != 0;
}

static bool gaiji(draw *d, identity *i)
{
    char *name = draw_percent(d, 70) ? i->kanji_family : i->kanji_given;
    letters l = letters_of(name);
    if (!l.count)
        return false;
    l.at[draw_below(d, (uint32_t)l.count)] = 0x25a0;
    letters_write(&l, name);
    return true;
}

static void move(draw *d, uint64_t seed, uint32_t index, identity *i)
{
    identity other;
    slip_person(seed, index + ELSEWHERE, &other);
    COPY(i->postal, other.postal);
    COPY(i->address, other.address);
    if (draw_percent(d, 50)) // who has a mobile telephone keeps it
        COPY(i->telephone, other.telephone);
}

static void insure_anew(uint64_t seed, uint32_t index, identity *i)
{
    identity other;
    slip_person(seed, index + 2 * ELSEWHERE, &other);
    COPY(i->insurer, other.insurer);
    COPY(i->symbol, other.symbol);
    COPY(i->number, other.number);
    COPY(i->branch, other.branch);
}

static bool marry(draw *d, uint64_t seed, uint32_t index, identity *i)
{
    identity spouse;
    do
        crowd_family(d, &spouse);
    while (strcmp(spouse.kana_family, i->kana_family) == 0);
    COPY(i->kana_family, spouse.kana_family);
    COPY(i->kanji_family, spouse.kanji_family);
    insure_anew(seed, index, i);
    if (draw_percent(d, 70))
        move(d, seed, index, i);
    return true;
}

static bool card_cut(identity *i)
{
    size_t symbol = strlen(i->symbol), number = strlen(i->number);
    if (!symbol || symbol + number >= sizeof i->number)
        return false;
    memmove(i->number + symbol, i->number, number + 1);
    memcpy(i->number, i->symbol, symbol);
    i->symbol[0] = '\0';
    i->branch[0] = '\0';
    return true;
}

static void digit_slip(draw *d, char *text)
{
    size_t at = draw_below(d, (uint32_t)strlen(text));
    if (text[at] >= '0' && text[at] <= '9')
        text[at] = (char)('0' + (text[at] - '0' + 1 + (int)draw_below(d, 9)) % 10);
}

static bool birth_swapped(identity *i)
{
    int y, m, d;
    day_split(i->birth, &y, &m, &d);
    if (d > 12 || m == d)
        return false;
    i->birth = day_of(y, d, m);
    return true;
}

static bool birth_digit(draw *d, identity *i)
{
    int y, m, of_month;
    day_split(i->birth, &y, &m, &of_month);
    switch (draw_below(d, 3)) {
    case 0: y += draw_percent(d, 50) ? 10 : -1; break; // 昭和29 as 昭和39, or the year before
    case 1: m = m > 10 ? m - 10 : m == 1 ? 7 : m - 1; break;
    default: of_month = of_month > 20 ? of_month - 10 : of_month + (of_month == 1 ? 6 : -1);
    }
    if (of_month > 28)
        of_month = 28;
    day before = i->birth;
    i->birth = day_of(y, m, of_month);
    return i->birth != before;
}

// 平成31年5月2日 for 令和1年5月2日. What the form refuses (平成1年1月5日) is corrected there; what is left to
// chance is the year, when the era's first is taken for none: 昭和64 as 1988, 令和元年 as 2018.
static bool era_boundary(draw *d, identity *i)
{
    static const struct { int year; char before, after; int tail; } ends[] = {
        {1926, 'T', 'S', 15}, {1989, 'S', 'H', 64}, {2019, 'H', 'R', 31}};
    int y, m, of_month;
    char text[32];
    day read;
    bool later = draw_percent(d, 50), label = draw_percent(d, 60);
    day_split(i->birth, &y, &m, &of_month);
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
        if (ends[k].year != y)
            continue;
        snprintf(text, sizeof text, "%c%d.%d.%d", later ? ends[k].after : ends[k].before, later ? 1 : ends[k].tail, m,
                 of_month);
        i->birth = label && day_parse(span_str(text), &read) == OK ? read : day_of(y - 1, m, of_month);
        return i->birth != DAY_NONE;
    }
    return false;
}

static bool several(draw *d, uint64_t seed, uint32_t index, int wanted, identity *ret);

static bool touch(draw *d, uint64_t seed, uint32_t index, slip_kind kind, identity *i)
{
    char *either = draw_percent(d, 50) ? i->kana_family : i->kana_given;
    char *other = either == i->kana_family ? i->kana_given : i->kana_family;
    switch (kind) {
    case SLIP_SMALL_KANA: return small_kana(i);
    case SLIP_HALF_WIDTH:
        house_spell(&(house){.wide_digits = true, .branch = true}, i);
        return half_width(i->kana_family) && half_width(i->kana_given);
    case SLIP_HIRAGANA: return hiragana(i->kana_family) && hiragana(i->kana_given);
    case SLIP_LONG_VOWEL: return long_vowel(d, either) || long_vowel(d, other);
    case SLIP_SOUND_MARK: return sound_mark(either) || sound_mark(other);
    case SLIP_KANA_SLIP: return kana_slip(d, either);
    case SLIP_MISREAD: return misread(d, i);
    case SLIP_NO_KANA: i->kana_family[0] = i->kana_given[0] = '\0'; return true;
    case SLIP_OLD_CHARACTER: return old_character(i);
    case SLIP_GAIJI: return gaiji(d, i);
    case SLIP_MARRIED: return marry(d, seed, index, i);
    case SLIP_MOVED: move(d, seed, index, i); return true;
    case SLIP_INSURANCE: insure_anew(seed, index, i); return true;
    case SLIP_NO_INSURANCE: i->insurer[0] = i->symbol[0] = i->number[0] = i->branch[0] = '\0'; return true;
    case SLIP_NO_BRANCH: i->branch[0] = '\0'; return true;
    case SLIP_CARD_CUT: return card_cut(i);
    case SLIP_CARD_DIGIT: digit_slip(d, i->number); return true;
    case SLIP_NO_POSTAL: i->postal[0] = '\0'; return true;
    case SLIP_BIRTH_SWAPPED: return birth_swapped(i);
    case SLIP_BIRTH_DIGIT: return birth_digit(d, i);
    case SLIP_ADDRESS: return notation_other(d, i->address);
    case SLIP_ERA: return era_boundary(d, i);
    case SLIP_IN1: return false;
    case SLIP_TWO: return several(d, seed, index, 2, i);
    case SLIP_THREE: return several(d, seed, index, 3, i);
    default: return true;
    }
}

static bool several(draw *d, uint64_t seed, uint32_t index, int wanted, identity *i)
{
    slip_kind done[3] = {0};
    for (int n = 0; n < wanted;) {
        slip_kind kind = (slip_kind)(1 + draw_below(d, SLIP_TWO - 1));
        bool again = false;
        for (int k = 0; k < n; k++)
            again = again || done[k] == kind;
        if (!again && touch(d, seed, index, kind, i))
            done[n++] = kind;
    }
    return true;
}

// The neighbourhoods of people.c: who is a twin, of a family, or has a namesake.
static bool fits(uint32_t index, slip_kind kind)
{
    uint32_t slot = index % NEIGHBOURS, group = index / NEIGHBOURS;
    switch (kind) {
    case SLIP_TWIN: return (slot == 4 || slot == 5) && group % 3 == 0;
    case SLIP_FAMILY: return slot >= 1 && slot <= 3;
    case SLIP_NAMESAKE: return (slot == 0 || slot == 6) && group % 2 == 0;
    default: return true;
    }
}

// Nothing but the address may speak for them.
static void address_alone(identity *i)
{
    i->kanji_family[0] = i->kanji_given[0] = i->postal[0] = i->telephone[0] = '\0';
    i->insurer[0] = i->symbol[0] = i->number[0] = i->branch[0] = '\0';
}

bool slip_put(uint64_t seed, uint32_t index, uint32_t where, slip_kind kind, identity *i)
{
    identity dirty = *i;
    draw d = draw_of(seed, DRAW_SLIP, index, (uint64_t)(where + 1) * 256 + (uint64_t)kind);
    if (kind != SLIP_IN1 && !touch(&d, seed, index, kind, &dirty))
        return false;
    *i = dirty;
    return true;
}

bool slip_form(uint64_t seed, uint32_t index, slip_kind kind, identity *ret)
{
    identity i;
    if (!fits(index, kind))
        return false;
    slip_person(seed, index, &i);
    draw d = draw_of(seed, DRAW_SLIP, index, (uint64_t)kind);
    if (kind == SLIP_IN1 ? reread_split(&i) != OK : !touch(&d, seed, index, kind, &i))
        return false;
    if (kind == SLIP_ADDRESS)
        address_alone(&i);
    if (kind == SLIP_TWIN || kind == SLIP_FAMILY)
        i.branch[0] = '\0';
    *ret = i;
    return true;
}
