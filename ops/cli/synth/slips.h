// SPDX-License-Identifier: Apache-2.0
// What happens to a person's data between two hospitals: one kind of mistake or change of life on
// one form. For measuring how many people a comparison still finds (accuracy.h).
// Owner: plain values. Thread: any. Fails: never; false: this person has nothing that the kind could touch.
#ifndef TSUNAGU_SYNTH_SLIPS_H
#define TSUNAGU_SYNTH_SLIPS_H

#include "proto/pact/identity.h"

typedef enum slip_kind {
    SLIP_CLEAN,
    SLIP_SMALL_KANA,    // ショウイチ as シヨウイチ
    SLIP_HALF_WIDTH,    // kana half-width, digits full-width
    SLIP_HIRAGANA,
    SLIP_LONG_VOWEL,    // ユウコ as ユーコ, the mark perhaps a hyphen
    SLIP_SOUND_MARK,    // タカダ as タカタ
    SLIP_KANA_SLIP,     // one kana left out or another
    SLIP_MISREAD,       // another reading of the given name altogether
    SLIP_NO_KANA,       // the form has kanji only
    SLIP_OLD_CHARACTER, // 高 as 髙
    SLIP_GAIJI,         // ■ in the kanji name
    SLIP_MARRIED,       // another family name and insurance, perhaps another address
    SLIP_MOVED,         // another address, telephone and often area
    SLIP_INSURANCE,     // another insurance
    SLIP_NO_INSURANCE,  // no card at hand
    SLIP_NO_BRANCH,
    SLIP_CARD_CUT,      // symbol and number in one field, as other systems send it
    SLIP_CARD_DIGIT,    // one digit of the number
    SLIP_NO_POSTAL,
    SLIP_BIRTH_SWAPPED, // month and day
    SLIP_BIRTH_DIGIT,   // one digit of the day, the month or the year
    SLIP_ADDRESS,       // the address in another notation; on a form, with kana, birth and sex alone
    SLIP_ERA,           // born where an era ends: the other era's label, or its first year counted wrong
    SLIP_IN1,           // read from an ADT-00 with the number in IN1-11 (field-facts §1.4)
    SLIP_TWO,           // two of the above at once
    SLIP_THREE,         // three
    SLIP_TWIN,          // a twin, without branch: the other one must not be taken for them
    SLIP_FAMILY,        // of a family, without branch
    SLIP_NAMESAKE,      // somebody whose name another one has
    SLIP_STRANGER,      // nobody here: whoever is shown is wrong
    SLIP_COUNT
} slip_kind;
const char *slip_name(slip_kind k); // "small_kana"
slip_kind slip_find(const char *name); // SLIP_COUNT: none

// Person `index` of the seed, named as frequently as people are (crowd.h), without the mark of invented
// names (仮, カリ), which would make every family name longer than people's are.
void slip_person(uint64_t seed, uint32_t index, identity *ret);
// Their form with this kind of dirt, the same at every call.
bool slip_form(uint64_t seed, uint32_t index, slip_kind kind, identity *ret);
// The dirt on a given person, unmarked; `where` tells one hospital's draw from another's. SLIP_IN1 changes
// nothing here: it is the message that differs.
bool slip_put(uint64_t seed, uint32_t index, uint32_t where, slip_kind kind, identity *i);

#endif
