// SPDX-License-Identifier: Apache-2.0
// Who a patient is, normalised so that two institutions that wrote the same
// person differently come to the same bytes (field-facts §7), and a comparison by
// named evidence. Originals are kept by whoever had them.
// Owner: an identity is a plain value; identity_wipe after use. Thread: any.
// Fails: ERR_FORMAT with the field's name in ret_field where something required is missing or bad.
#ifndef TSUNAGU_PACT_IDENTITY_H
#define TSUNAGU_PACT_IDENTITY_H

#include "proto/base/date.h"
#include "proto/base/span.h"

#define IDENTITY_TEXT 160 // bytes, UTF-8, NUL-terminated

// As written by an institution. Empty strings: not known.
typedef struct identity {
    char kanji_family[IDENTITY_TEXT], kanji_given[IDENTITY_TEXT];
    char kana_family[IDENTITY_TEXT], kana_given[IDENTITY_TEXT];
    day birth;             // DAY_NONE: not known
    char sex;              // 'M', 'F', 'O', 'U', 'A', 'N'; 0: not known
    char postal[32];       // as written, perhaps full-width: three bytes a digit
    char address[IDENTITY_TEXT * 2];
    char telephone[64];
    char insurer[32];      // 保険者番号
    char symbol[64], number[64], branch[8]; // 記号, 番号, 枝番
} identity;
void identity_wipe(identity *i);

// One kana name as compared: NFKC, hiragana to katakana, small to large kana, ヂ→ジ ヅ→ズ ヲ→オ,
// long-vowel and hyphen characters to one, spaces and middle dots dropped, Latin letters large. ■ stays ■.
MUST_CHECK err identity_kana(span utf8, buf *out);
// A kana name as heard, for finding only: identity_kana without long vowels (ユウコ, ユーコ) and sound
// marks (ナカジマ, ナカシマ). Different people may sound alike, so that nothing is ever judged by this.
MUST_CHECK err identity_heard(span utf8, buf *out);
// Kanji for scoring only: NFKC, spaces dropped, variants (異体字: 邊邉辺, 髙高, 﨑崎, 齋斎斉…) to one.
MUST_CHECK err identity_kanji(span utf8, buf *out);
// Digits of a postal code, an insurer number (zero-padded to 8), a symbol or number (NFKC, no spaces or
// hyphens). Nothing in, nothing out; ERR_FORMAT unless 7 digits, at most 8 digits.
MUST_CHECK err identity_postal(span utf8, buf *out);
MUST_CHECK err identity_insurer(span utf8, buf *out);
MUST_CHECK err identity_symbol(span utf8, buf *out);
// The digits of a telephone number, without marks, leading zeros and Japan's +81.
MUST_CHECK err identity_telephone(span utf8, buf *out);

// Evidence of one comparison, by name, never a bare number.
typedef enum evidence { EVIDENCE_ABSENT, EVIDENCE_AGREES, EVIDENCE_CLOSE, EVIDENCE_DIFFERS } evidence;
typedef enum identity_field {
    FIELD_KANA_FAMILY, FIELD_KANA_GIVEN, FIELD_KANJI, FIELD_BIRTH, FIELD_SEX, FIELD_POSTAL,
    FIELD_INSURANCE,  // insurer + symbol + number
    FIELD_BRANCH, FIELD_TELEPHONE,
    FIELD_ADDRESS, // without the building's name
    FIELD_COUNT
} identity_field;
// CLOSE: names with ■ that may be the same, a long vowel or sound marks written otherwise, or one slip in
// three or more characters; a birth with one part wrong or month and day swapped; the same postal area (3
// digits); the same symbol and number where an insurer is not known or the cut between them differs; an address
// in the same area, or in the same house with another room.
const char *identity_field_name(identity_field f); // "kana_family"

// What a person who compares the two should know of a field: how it agrees, or what differs.
typedef enum identity_reason {
    REASON_NONE,         // nothing to say: written alike, or known to neither
    REASON_ONE_SIDE,     // absent: only one of the two knows it
    REASON_WRITTEN,      // agrees: in another width or kana, with other hyphens, spaces or zeros
    REASON_SMALL_KANA,   // agrees: small kana written large (ショウ, シヨウ)
    REASON_OLD_CHARACTER,// agrees: a variant (渡邊, 渡辺)
    REASON_GAIJI,        // close: ■ stands for a character
    REASON_LONG_VOWEL,   // close: ユウコ, ユーコ
    REASON_SOUND_MARK,   // close: ナカジマ, ナカシマ
    REASON_ONE_SLIP,     // close: one character; of a number, which differs: one digit, or two swapped
    REASON_OTHER_NAME,   // differs
    REASON_FAMILY_NAME,  // family name differs, given name, birth and sex agree: married, perhaps
    REASON_SAME_CARD,    // given name and birth or sex differ under one insurance: another of the family
    REASON_SAME_SOUND,   // kanji differ, kana agree: a namesake, or written otherwise
    REASON_YEAR, REASON_MONTH, REASON_DAY, // of birth: only this part differs
    REASON_SWAPPED,      // month and day of birth
    REASON_OTHER_BIRTH,
    REASON_NEARBY,       // close: postal code or address in the same area
    REASON_MOVED,        // differs: postal code or address in another area
    REASON_INSURER,      // the insurer is not known on one side
    REASON_CUT,          // symbol and number are cut in another place
    REASON_INSURANCE,    // another insurance: changed, perhaps
    REASON_BRANCH,       // another branch on the same card: the insurer says another person
    REASON_NOTATION,     // address agrees: 九条西10丁目3番5号, 9条西10-3-5; prefecture, city or building left out
    REASON_LOT,          // address close: a lot (番地) and a house number (番, 号) in one area: the same, perhaps
    REASON_ROOM,         // address close: another room of the same house
    REASON_TWIN,         // given name differs under one insurance, birth and sex agree: a twin
    REASON_TWIN_SLIP,    // the same, but only one character differs: a slip of the pen, or a twin
    REASON_COUNT
} identity_reason;
const char *identity_reason_name(identity_reason r); // "small_kana"; REASON_NONE: ""

typedef enum match_strength {
    MATCH_NONE,
    MATCH_WEAK,     // two fields agree, one the person's own (birth, given kana, kanji); shown when asked for
    MATCH_POSSIBLE, // kana, birth and sex agree and nothing else supports it; or one of the three is close
                    // and something else does; or birth and sex, and the kanji or the given name in full
    MATCH_LIKELY,   // kana, birth and sex agree, and home (postal code or address), telephone or kanji; or one
                    // is close, and two of insurance, kanji, home and telephone agree; or kanji, birth and sex, and a
                    // third of these (the kana are read otherwise, or missing)
    MATCH_STRONG // insurance (with branch or kana given name), birth and sex agree: twins and families told
                 // apart: another branch or given name on the same card is another person
} match_strength;
const char *match_strength_name(match_strength m);

typedef struct identity_match {
    evidence fields[FIELD_COUNT];
    identity_reason reasons[FIELD_COUNT];
    match_strength strength;
} identity_match;
void identity_compare(const identity *a, const identity *b, identity_match *ret);

#endif
