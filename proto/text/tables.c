// SPDX-License-Identifier: Apache-2.0
#include "proto/text/tables.h"

#include <iconv.h>
#include <pthread.h>
#include "proto/text/text.h"

static tables the_tables;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static err made = ERR_UNSUPPORTED;

// One character of `len` bytes as a BMP code point, or 0.
static uint16_t convert(iconv_t cd, const uint8_t *bytes, size_t len)
{
    uint8_t out[8];
    char *in = (char *)bytes, *to = (char *)out;
    size_t in_left = len, out_left = sizeof out;
    if (iconv(cd, &in, &in_left, &to, &out_left) == (size_t)-1 || in_left || out_left != 6) {
        iconv(cd, NULL, NULL, NULL, NULL);
        return 0;
    }
    return (uint16_t)(out[0] << 8 | out[1]);
}

static bool is_private(uint16_t cp)
{
    return cp >= 0xe000 && cp <= 0xf8ff;
}

// Rows 89-92, where Windows (cp50220) puts IBM's kanji, are user-defined in
// EUC-JP-MS: here cp932 has the word.
static uint16_t windows_cell(iconv_t cp932, int row, int cell)
{
    int lead = (row - 0x21) / 2 + (row < 0x5f ? 0x81 : 0xc1);
    int trail = row % 2 ? cell + 0x1f + (cell > 0x5f) : cell + 0x7e;
    uint8_t bytes[2] = {(uint8_t)lead, (uint8_t)trail};
    return convert(cp932, bytes, 2);
}

static void fill(iconv_t euc, iconv_t cp932)
{
    for (int row = 0x21; row <= 0x7e; row++)
        for (int cell = 0x21; cell <= 0x7e; cell++) {
            uint8_t bytes[3] = {0x8f, (uint8_t)(row | 0x80), (uint8_t)(cell | 0x80)};
            uint16_t a = convert(euc, bytes + 1, 2), b = convert(euc, bytes, 3);
            if (row >= 0x79 && row <= 0x7c) {
                uint16_t w = windows_cell(cp932, row, cell);
                a = w && !is_private(w) ? w : BLACK_SQUARE;
            }
            the_tables.cp[0][row - 0x21][cell - 0x21] = is_private(a) ? BLACK_SQUARE : a;
            the_tables.cp[1][row - 0x21][cell - 0x21] = is_private(b) ? BLACK_SQUARE : b;
        }
}

static void offer(uint32_t cp, uint32_t pair)
{
    if (cp && pair && !the_tables.pair[cp])
        the_tables.pair[cp] = (uint16_t)pair;
}

// The first home of a character wins: JIS X 0208, NEC row 13, JIS X 0212 and
// IBM's rows there, and only then Windows' rows.
static void fill_back(void)
{
    for (uint32_t plane = 0; plane < 2; plane++)
        for (uint32_t row = 0x21; row <= 0x74; row++)
            for (uint32_t cell = 0x21; cell <= 0x7e; cell++)
                offer(the_tables.cp[plane][row - 0x21][cell - 0x21],
                      row << 8 | cell | (plane ? PLANE_0212 : 0));
    for (uint32_t row = 0x79; row <= 0x7c; row++)
        for (uint32_t cell = 0x21; cell <= 0x7e; cell++)
            if (the_tables.cp[0][row - 0x21][cell - 0x21] != BLACK_SQUARE)
                offer(the_tables.cp[0][row - 0x21][cell - 0x21], row << 8 | cell);
    // The same sign under its two Unicode names (JIS's and Microsoft's).
    static const uint16_t twins[][2] = {
        {0x301c, 0x2141}, {0xff5e, 0x2141}, {0x2016, 0x2142}, {0x2225, 0x2142}, {0x2212, 0x215d},
        {0xff0d, 0x215d}, {0x2014, 0x213d}, {0x2015, 0x213d}, {0x00a2, 0x2171}, {0xffe0, 0x2171},
        {0x00a3, 0x2172}, {0xffe1, 0x2172}, {0x00ac, 0x224c}, {0xffe2, 0x224c}, {0x00a5, 0x216f},
        {0xffe5, 0x216f}, {0x203e, 0x2131}, {0xffe3, 0x2131}, {0x3099, 0x212b}, {0x309a, 0x212c},
    };
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++)
        the_tables.pair[twins[i][0]] = twins[i][1];
}

static void make(void)
{
    iconv_t euc = iconv_open("UTF-16BE", "EUC-JP-MS");
    iconv_t cp932 = iconv_open("UTF-16BE", "CP932");
    if (euc != (iconv_t)-1 && cp932 != (iconv_t)-1) {
        fill(euc, cp932);
        fill_back();
        made = OK;
    }
    if (euc != (iconv_t)-1)
        iconv_close(euc);
    if (cp932 != (iconv_t)-1)
        iconv_close(cp932);
}

err tables_get(const tables **ret)
{
    pthread_once(&once, make);
    if (made)
        return made;
    *ret = &the_tables;
    return OK;
}

err text_ready(void)
{
    const tables *t;
    return tables_get(&t);
}
