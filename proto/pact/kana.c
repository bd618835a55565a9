// SPDX-License-Identifier: Apache-2.0
// Kana names as compared. The rules and why each exists: field-facts §7.
#include "proto/pact/identity.h"
#include "proto/pact/fold.h"

#include "proto/base/utf8.h"

#define DAKUTEN 0x3099u
#define HANDAKUTEN 0x309au
#define LONG_VOWEL 0x30fcu

// Small kana stored large is the commonest slip between systems (ショウイチ, シヨウイチ).
static uint32_t large(uint32_t c)
{
    static const uint8_t ainu[16] = {0xaf, 0xb7, 0xb9, 0xc8, 0xcc, 0xcf, 0xd2, 0xd5,
                                     0xd8, 0xdb, 0xe0, 0xe9, 0xea, 0xeb, 0xec, 0xed}; // ㇰ..ㇿ
    switch (c) {
    case 0x30a1: case 0x30a3: case 0x30a5: case 0x30a7: case 0x30a9: // ァィゥェォ
    case 0x30c3:                                                     // ッ
    case 0x30e3: case 0x30e5: case 0x30e7: case 0x30ee:              // ャュョヮ
        return c + 1;
    case 0x30f5: return 0x30ab; // ヵ
    case 0x30f6: return 0x30b1; // ヶ
    default: return c >= 0x31f0 && c <= 0x31ff ? 0x3000u + ainu[c - 0x31f0] : c;
    }
}

// Kana that sound alike and are written either way.
static uint32_t alike(uint32_t c)
{
    switch (c) {
    case 0x30c2: return 0x30b8; // ヂ
    case 0x30c5: return 0x30ba; // ヅ
    case 0x30f2: return 0x30aa; // ヲ
    default: return c;
    }
}

bool fold_is_space(uint32_t c)
{
    return c <= 0x20 || c == 0x7f || c == 0x85 || c == 0xa0 || c == 0xad || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200f) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x2060 || c == 0x3000 || c == 0xfeff;
}

bool fold_is_hyphen(uint32_t c)
{
    return c == '-' || c == LONG_VOWEL || (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x2043 ||
           c == 0x02d7 || c == 0x2500 || c == 0x2501 || c == 0xff70 || c == 0xff0d || c == 0xfe63;
}

static bool is_middle_dot(uint32_t c)
{
    return c == 0x30fb || c == 0xb7 || c == 0x2022 || c == 0x2027 || c == 0x22c5 || c == 0xff65;
}

// A sound mark that stood apart (`タ゛`, which NFKC leaves as タ, space, mark) joins its kana.
static uint32_t voiced(uint32_t c, uint32_t mark)
{
    bool ha_row = c >= 0x30cf && c <= 0x30db && (c - 0x30cf) % 3 == 0;
    if (mark == HANDAKUTEN)
        return ha_row ? c + 2 : c;
    if (c == 0x30a6)
        return 0x30f4; // ウ
    bool ka_to_chi = c >= 0x30ab && c <= 0x30c1 && (c - 0x30ab) % 2 == 0;
    bool tsu_to_to = c >= 0x30c4 && c <= 0x30c8 && c % 2 == 0;
    return ha_row || ka_to_chi || tsu_to_to ? c + 1 : c;
}

static uint32_t katakana(uint32_t c, bool all_large)
{
    if ((c >= 0x3041 && c <= 0x3096) || c == 0x309d || c == 0x309e)
        c += 0x60;
    if (fold_is_hyphen(c))
        return LONG_VOWEL;
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 'A';
    return all_large ? large(c) : c;
}

err fold_kana(span utf8, bool all_large, buf *out)
{
    buf plain = {0};
    size_t before = out->len;
    err e = fold_nfkc(utf8, &plain);
    if (e)
        goto out;
    uint32_t held = 0; // the last kana, until we know that no mark follows it
    for (span s = buf_span(&plain); s.len;) {
        uint32_t c = utf8_next(&s);
        if (fold_is_space(c) || is_middle_dot(c))
            continue;
        if (c == DAKUTEN || c == HANDAKUTEN) {
            held = voiced(held, c);
            continue;
        }
        if (held)
            utf8_put(out, alike(held));
        held = katakana(c, all_large);
    }
    if (held)
        utf8_put(out, alike(held));
    e = out->sticky;
    if (e)
        out->len = before;
out:
    buf_wipe(&plain);
    return e;
}

err identity_kana(span utf8, buf *out)
{
    return fold_kana(utf8, true, out);
}

// ア to ン in the order of the code points, each with its vowel. ン has none.
static char vowel_of(uint32_t c)
{
    static const char vowels[] = "aaiiuueeooaaiiuueeooaaiiuueeooaaiiuuueeooaiueoaaaiiiuuueeeoooaiueoaauuooaiueoaaieo";
    return c >= 0x30a1 && c < 0x30a1 + sizeof vowels - 1 ? vowels[c - 0x30a1] : c == 0x30f4 ? 'u' : '\0';
}

bool fold_lengthens(uint32_t before, uint32_t c)
{
    char v = vowel_of(before);
    switch (c) {
    case LONG_VOWEL: return v != '\0';
    case 0x30a2: return v == 'a';             // ア
    case 0x30a4: return v == 'i' || v == 'e'; // イ: キイチ, ケイコ
    case 0x30a6: return v == 'u' || v == 'o'; // ウ: ユウコ, ヨウコ
    case 0x30a8: return v == 'e';             // エ
    case 0x30aa: return v == 'o';             // オ: オオノ
    default: return false;
    }
}

uint32_t fold_unvoiced(uint32_t c)
{
    if (c >= 0x30ab && c <= 0x30c2) // ガ stands behind カ, up to ヂ
        return c % 2 ? c : c - 1;
    if (c >= 0x30c4 && c <= 0x30c9) // ヅ behind ツ: the small ッ lies between
        return c % 2 ? c - 1 : c;
    if (c >= 0x30cf && c <= 0x30dd)
        return c - (c - 0x30cf) % 3;
    return c == 0x30f4 ? 0x30a6 : c;
}

err identity_heard(span utf8, buf *out)
{
    buf kana = {0};
    uint32_t before = 0;
    size_t start = out->len;
    err e = identity_kana(utf8, &kana);
    for (span s = buf_span(&kana); !e && s.len;) {
        uint32_t c = utf8_next(&s);
        // What lengthens is not left standing as the kana before: オオオカ is heard as オカ.
        if (fold_lengthens(before, c))
            continue;
        before = c;
        e = utf8_put(out, fold_unvoiced(c));
    }
    if (e)
        out->len = start;
    buf_wipe(&kana);
    return e;
}
