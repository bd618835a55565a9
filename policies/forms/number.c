// SPDX-License-Identifier: Apache-2.0
#include "policies/forms/number.h"

#include <string.h>

enum { LETTERS = FILLED_NUMBER * 8 / 5 };

static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// CRC-8 (0x07): finds every single mistyped letter and nearly every two swapped ones.
static uint8_t check_of(const uint8_t *at)
{
    uint8_t crc = 0x5a; // so that all zeroes is no number
    for (size_t i = 0; i < FORM_NUMBER_RANDOM; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint8_t)(crc & 0x80 ? (unsigned)crc << 1 ^ 0x07u : (unsigned)crc << 1);
    }
    return crc;
}

void form_number_seal(uint8_t number[static FILLED_NUMBER])
{
    number[FORM_NUMBER_RANDOM] = check_of(number);
}

bool form_numbered(const uint8_t number[static FILLED_NUMBER])
{
    static const uint8_t NONE[FILLED_NUMBER];
    return memcmp(number, NONE, sizeof NONE) != 0;
}

void form_number_format(const uint8_t number[static FILLED_NUMBER], char out[static FORM_NUMBER_TEXT])
{
    size_t at = 0;
    for (size_t i = 0; i < LETTERS; i++) {
        unsigned bits = 0;
        for (size_t k = 0; k < 5; k++)
            bits = bits << 1 | (number[(5 * i + k) / 8] >> (7 - (5 * i + k) % 8) & 1u);
        if (i && i % 4 == 0)
            out[at++] = '-';
        out[at++] = ALPHABET[bits];
    }
    out[at] = '\0';
}

// 0 to 31, or -1.
static int letter_of(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 32);
    c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
    const char *at = c ? strchr(ALPHABET, c) : NULL;
    return at ? (int)(at - ALPHABET) : -1;
}

err form_number_parse(const char *text, uint8_t ret[static FILLED_NUMBER])
{
    uint8_t number[FILLED_NUMBER] = {0};
    size_t n = LETTERS, len = strlen(text);
    // From behind: what stands before the sixteen letters is the form's code and version.
    while (n && len) {
        char c = text[--len];
        if (c == '-' || c == ' ')
            continue;
        int bits = letter_of(c);
        if (bits < 0)
            return ERR_FORMAT;
        n--;
        for (size_t k = 0; k < 5; k++)
            if (bits >> (4 - k) & 1)
                number[(5 * n + k) / 8] |= (uint8_t)(1u << (7 - (5 * n + k) % 8));
    }
    if (n || number[FORM_NUMBER_RANDOM] != check_of(number) || (len && text[len - 1] != '-'))
        return ERR_FORMAT;
    memcpy(ret, number, sizeof number);
    return OK;
}
