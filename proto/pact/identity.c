// SPDX-License-Identifier: Apache-2.0
#include "proto/pact/identity.h"

#include <string.h>

#include "proto/base/utf8.h"
#include "proto/crypto/hash.h"
#include "proto/pact/fold.h"
#include "proto/text/text.h"

#define INSURER_DIGITS 8
#define POSTAL_DIGITS 7

void identity_wipe(identity *i)
{
    crypto_wipe(i, sizeof *i);
    i->birth = DAY_NONE;
}

err fold_nfkc(span utf8, buf *out)
{
    if (utf8.len > FOLD_INPUT_MAX)
        return ERR_LIMIT;
    return utf8.len ? text_nfkc(utf8, out) : OK;
}

// The digits of a number that people write with marks around them. Spaces and
// hyphens go, and `extra` (〒) too; anything else is not a number.
static err digits_of(span utf8, uint32_t extra, char *out, size_t cap, size_t *ret_len)
{
    buf plain = {0};
    size_t n = 0;
    err e = fold_nfkc(utf8, &plain);
    for (span s = buf_span(&plain); !e && s.len;) {
        uint32_t c = utf8_next(&s);
        if (fold_is_space(c) || fold_is_hyphen(c) || (extra && c == extra))
            continue;
        if (c < '0' || c > '9' || n == cap)
            e = ERR_FORMAT;
        else
            out[n++] = (char)c;
    }
    if (!e)
        *ret_len = n;
    buf_wipe(&plain);
    return e;
}

err identity_postal(span utf8, buf *out)
{
    char digits[POSTAL_DIGITS];
    size_t n = 0;
    err e = digits_of(utf8, 0x3012, digits, sizeof digits, &n);
    if (!e && n && n != POSTAL_DIGITS)
        e = ERR_FORMAT;
    if (!e)
        e = buf_put(out, digits, n);
    crypto_wipe(digits, sizeof digits);
    return e;
}

err identity_insurer(span utf8, buf *out)
{
    char digits[INSURER_DIGITS];
    size_t n = 0;
    err e = digits_of(utf8, 0, digits, sizeof digits, &n);
    if (e || n == 0)
        return e;
    // 国保 has six digits and no 法別: the same insurer is written with and without the zeros.
    char padded[INSURER_DIGITS];
    memset(padded, '0', sizeof padded);
    memcpy(padded + sizeof padded - n, digits, n);
    return buf_put(out, padded, sizeof padded);
}

err identity_symbol(span utf8, buf *out)
{
    buf plain = {0};
    size_t before = out->len;
    err e = fold_nfkc(utf8, &plain);
    for (span s = buf_span(&plain); !e && s.len;) {
        uint32_t c = utf8_next(&s);
        if (!fold_is_space(c) && !fold_is_hyphen(c))
            e = utf8_put(out, c);
    }
    if (e)
        out->len = before;
    buf_wipe(&plain);
    return e;
}

err identity_telephone(span utf8, buf *out)
{
    buf folded = {0};
    err e = identity_symbol(utf8, &folded);
    bool abroad = folded.len > 3 && memcmp(folded.at, "+81", 3) == 0, zeros = true;
    for (size_t i = abroad ? 3 : 0; !e && i < folded.len; i++) {
        uint8_t c = folded.at[i];
        zeros = zeros && (c < '1' || c > '9');
        if (!zeros && c >= '0' && c <= '9')
            e = buf_put_u8(out, c);
    }
    buf_wipe(&folded);
    return e;
}

static const char *const FIELD_NAMES[FIELD_COUNT] = {
    [FIELD_KANA_FAMILY] = "kana_family", [FIELD_KANA_GIVEN] = "kana_given", [FIELD_KANJI] = "kanji",
    [FIELD_BIRTH] = "birth",             [FIELD_SEX] = "sex",               [FIELD_POSTAL] = "postal",
    [FIELD_INSURANCE] = "insurance",     [FIELD_BRANCH] = "branch",         [FIELD_TELEPHONE] = "telephone",
    [FIELD_ADDRESS] = "address",
};

const char *identity_field_name(identity_field f)
{
    return (unsigned)f < FIELD_COUNT ? FIELD_NAMES[f] : "?";
}

const char *identity_reason_name(identity_reason r)
{
    static const char *const names[REASON_COUNT] = {
        [REASON_NONE] = "", [REASON_ONE_SIDE] = "one_side", [REASON_WRITTEN] = "written",
        [REASON_SMALL_KANA] = "small_kana", [REASON_OLD_CHARACTER] = "old_character", [REASON_GAIJI] = "gaiji",
        [REASON_LONG_VOWEL] = "long_vowel", [REASON_SOUND_MARK] = "sound_mark", [REASON_ONE_SLIP] = "one_slip",
        [REASON_OTHER_NAME] = "other_name", [REASON_FAMILY_NAME] = "family_name", [REASON_SAME_CARD] = "same_card",
        [REASON_TWIN] = "twin", [REASON_TWIN_SLIP] = "twin_slip",
        [REASON_SAME_SOUND] = "same_sound", [REASON_YEAR] = "year", [REASON_MONTH] = "month", [REASON_DAY] = "day",
        [REASON_SWAPPED] = "swapped", [REASON_OTHER_BIRTH] = "other_birth", [REASON_NEARBY] = "nearby",
        [REASON_MOVED] = "moved", [REASON_INSURER] = "insurer", [REASON_CUT] = "cut",
        [REASON_INSURANCE] = "insurance", [REASON_BRANCH] = "branch",
        [REASON_NOTATION] = "notation", [REASON_LOT] = "lot", [REASON_ROOM] = "room",
    };
    return (unsigned)r < REASON_COUNT ? names[r] : "?";
}

const char *match_strength_name(match_strength m)
{
    static const char *const names[] = {"none", "weak", "possible", "likely", "strong"};
    return (unsigned)m < sizeof names / sizeof *names ? names[m] : "?";
}
