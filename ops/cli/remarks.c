// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/remarks.h"

#include <string.h>

#include "proto/base/tongue.h"
#include "proto/pact/identity.h"

static const char *const fields[FIELD_COUNT] = {
    [FIELD_KANA_FAMILY] = N_("family name in kana"), [FIELD_KANA_GIVEN] = N_("given name in kana"),
    [FIELD_KANJI] = N_("name in kanji"), [FIELD_BIRTH] = N_("birth"), [FIELD_SEX] = N_("sex"),
    [FIELD_POSTAL] = N_("postal code"), [FIELD_INSURANCE] = N_("insurance"),
    [FIELD_BRANCH] = N_("branch"), [FIELD_TELEPHONE] = N_("telephone"),
    [FIELD_ADDRESS] = N_("address"),
};

static const char *const reasons[REASON_COUNT] = {
    [REASON_ONE_SIDE] = N_("only one side knows it"),
    [REASON_WRITTEN] = N_("the same, written otherwise"),
    [REASON_SMALL_KANA] = N_("small kana written large"),
    [REASON_OLD_CHARACTER] = N_("an old character or a variant"),
    [REASON_GAIJI] = N_("■ for a character that could not be written"),
    [REASON_LONG_VOWEL] = N_("a long vowel written otherwise"),
    [REASON_SOUND_MARK] = N_("sound marks differ"),
    [REASON_ONE_SLIP] = N_("one character or digit differs"),
    [REASON_OTHER_NAME] = N_("another name"),
    [REASON_FAMILY_NAME] = N_("another family name (married?)"),
    [REASON_SAME_CARD] = N_("another given name under the same insurance (family?)"),
    [REASON_TWIN] = N_("another given name under the same insurance, born the same day (a twin?)"),
    [REASON_TWIN_SLIP] = N_("one character differs under the same insurance, born the same day (a slip, or a twin?)"),
    [REASON_SAME_SOUND] = N_("other kanji of the same sound (a namesake?)"),
    [REASON_YEAR] = N_("only the year differs"),
    [REASON_MONTH] = N_("only the month differs"),
    [REASON_DAY] = N_("only the day differs"),
    [REASON_SWAPPED] = N_("month and day swapped"),
    [REASON_OTHER_BIRTH] = N_("another day of birth"),
    [REASON_NEARBY] = N_("the same area (moved nearby?)"),
    [REASON_MOVED] = N_("another area (moved?)"),
    [REASON_INSURER] = N_("the insurer is known to one side only"),
    [REASON_CUT] = N_("symbol and number divided elsewhere"),
    [REASON_INSURANCE] = N_("another insurance (changed?)"),
    [REASON_BRANCH] = N_("another branch of the same insurance: another person"),
    [REASON_NOTATION] = N_("the same address in another notation"),
    [REASON_LOT] = N_("a lot number and a house number (the same place?)"),
    [REASON_ROOM] = N_("another room of the same house"),
};

static bool word_is(span word, const char *name)
{
    return name[0] && span_eq(word, span_str(name));
}

static void field_put(buf *out, span word)
{
    for (int f = 0; f < FIELD_COUNT; f++)
        if (word_is(word, identity_field_name((identity_field)f))) {
            buf_put_str(out, _(fields[f]));
            return;
        }
    buf_put_span(out, word);
}

static void reason_put(buf *out, span word)
{
    for (int r = 1; r < REASON_COUNT; r++)
        if (word_is(word, identity_reason_name((identity_reason)r))) {
            buf_put_str(out, _(reasons[r]));
            return;
        }
    buf_put_span(out, word);
}

err remarks_put(buf *out, const char *remarks)
{
    while (*remarks) {
        size_t len = strcspn(remarks, ","), cut = strcspn(remarks, ":,");
        field_put(out, span_of(remarks, cut));
        if (cut < len) {
            buf_put_str(out, _(": "));
            reason_put(out, span_of(remarks + cut + 1, len - cut - 1));
        }
        remarks += len;
        if (*remarks) {
            buf_put_str(out, _("; "));
            remarks++;
        }
    }
    return out->sticky;
}
