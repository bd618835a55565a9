// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/house.h"

#include <string.h>

#define BLANK "ISO 2022-1994"
#define CLOSE "ISO2022-1994"

// The moduli are primes: a chart number is a multiple of something modulo one,
// so two people never get the same.
static const house houses[] = {
    {.digits = 10, .modulus = 99999989, .branch = true, .subdivisions = true, .msh20 = BLANK,
     .maker = "HIS001"},
    {.digits = 7, .modulus = 9999991, .branch = true, .large_kana = true, .id_type = true, .msh20 = CLOSE,
     .maker = "HIS002"},
    {.digits = 8, .modulus = 9999991, .branch = false, .split_in1 = true, .wide_digits = true,
     .subdivisions = true, .msh20 = BLANK, .maker = "EGMAIN"},
    {.digits = 10, .modulus = 99999989, .branch = true, .plain_zu = true, .wide_digits = true, .msh20 = CLOSE,
     .maker = "HIS004"},
    {.digits = 8, .modulus = 99999989, .branch = true, .old_characters = true, .subdivisions = true,
     .msh20 = BLANK, .maker = "HIS005"},
    {.digits = 7, .modulus = 9999991, .branch = false, .id_type = true, .msh20 = BLANK, .maker = "HIS006"},
    {.digits = 10, .modulus = 99999989, .branch = false, .split_in1 = true, .large_kana = true,
     .subdivisions = true, .msh20 = BLANK, .maker = "MIRAIS"},
};

const house *house_of(uint32_t hospital)
{
    return &houses[hospital % (sizeof houses / sizeof *houses)];
}

typedef struct swap {
    const char *from, *to;
} swap;

// All pairs are three bytes of UTF-8 on both sides: rewriting is in place.
static const swap kana_large[] = {
    {"ァ", "ア"}, {"ィ", "イ"}, {"ゥ", "ウ"}, {"ェ", "エ"}, {"ォ", "オ"}, {"ッ", "ツ"}, {"ャ", "ヤ"},
    {"ュ", "ユ"}, {"ョ", "ヨ"}, {NULL, NULL}};
static const swap kana_zu[] = {{"ヅ", "ズ"}, {"ヂ", "ジ"}, {NULL, NULL}};
static const swap kanji_old[] = {{"高", "髙"}, {"辺", "邊"}, {"崎", "﨑"}, {"斉", "齋"}, {"沢", "澤"}, {NULL, NULL}};

static void swap_all(char *s, const swap *table)
{
    for (const swap *w = table; w->from; w++)
        for (char *p = s; (p = strstr(p, w->from)) != NULL; p += 3)
            memcpy(p, w->to, 3);
}

static void widen(char *s, size_t cap)
{
    char out[IDENTITY_TEXT * 2];
    size_t n = 0;
    for (const char *p = s; *p && n + 4 < sizeof out && n + 4 < cap; p++) {
        if (*p >= '0' && *p <= '9') {
            out[n++] = '\xef';
            out[n++] = '\xbc';
            out[n++] = (char)(0x90 + (*p - '0'));
        } else {
            out[n++] = *p;
        }
    }
    out[n] = '\0';
    memcpy(s, out, n + 1);
}

void house_spell(const house *h, identity *i)
{
    if (h->large_kana) {
        swap_all(i->kana_family, kana_large);
        swap_all(i->kana_given, kana_large);
    }
    if (h->plain_zu) {
        swap_all(i->kana_family, kana_zu);
        swap_all(i->kana_given, kana_zu);
    }
    if (h->old_characters) {
        swap_all(i->kanji_family, kanji_old);
        swap_all(i->kanji_given, kanji_old);
    }
    if (h->wide_digits) {
        widen(i->symbol, sizeof i->symbol);
        widen(i->number, sizeof i->number);
        widen(i->address, sizeof i->address);
    }
    if (!h->branch)
        i->branch[0] = '\0';
}
