// SPDX-License-Identifier: Apache-2.0
// Durations as people write them: 6か月 (also ヶ月 ヵ月 カ月 ケ月 箇月 ヵ月), 1年, 1年6か月,
// and ISO 8601's P6M, P1Y, P1Y6M. Full-width digits are what a Japanese keyboard
// gives by default, so they count as digits.
#include <string.h>

#include "policies/compiler/draft.h"

void digits_narrow(const char *text, char *out, size_t cap)
{
    size_t n = 0;
    while (*text && n + 1 < cap) {
        const unsigned char *t = (const unsigned char *)text;
        if (t[0] == 0xEF && t[1] == 0xBC && t[2] >= 0x90 && t[2] <= 0x99) {
            out[n++] = (char)('0' + (t[2] - 0x90));
            text += 3;
        } else {
            out[n++] = *text++;
        }
    }
    out[n] = '\0';
}

// A number of at most four digits; -1 if there is none.
static int number_take(const char **at)
{
    int v = 0, digits = 0;
    while (**at >= '0' && **at <= '9' && digits < 5) {
        v = v * 10 + (**at - '0');
        digits++;
        ++*at;
    }
    return digits == 0 || digits > 4 ? -1 : v;
}

static bool word_take(const char **at, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0)
        return false;
    *at += len;
    return true;
}

static bool month_word_take(const char **at)
{
    static const char *const SPELLINGS[] = {"か月", "ヶ月", "ヵ月", "カ月", "ケ月", "箇月", "ｶ月", "M"};
    for (size_t i = 0; i < COUNT_OF(SPELLINGS); i++)
        if (word_take(at, SPELLINGS[i]))
            return true;
    return false;
}

bool duration_parse(const char *text, int *ret_months)
{
    char narrow[64];
    if (strlen(text) >= sizeof narrow)
        return false;
    digits_narrow(text, narrow, sizeof narrow);
    const char *at = narrow;
    bool iso = word_take(&at, "P");
    int n = number_take(&at), months = 0;
    if (n < 0)
        return false;
    if (word_take(&at, iso ? "Y" : "年")) {
        months = 12 * n;
        if (*at) {
            n = number_take(&at);
            if (n < 0 || n > 11)
                return false;
        } else {
            n = -1;
        }
    }
    if (n >= 0) {
        // P6M has no か月 and 6か月 no M.
        if ((*at == 'M') != iso || !month_word_take(&at))
            return false;
        months += n;
    }
    if (*at || months < 1 || months > BUNDLE_MONTHS)
        return false;
    *ret_months = months;
    return true;
}
