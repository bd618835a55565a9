// SPDX-License-Identifier: Apache-2.0
// The two planes of 94 x 94 as code points, made once from glibc's converters
// and then only read. A table, because a call of iconv for each short field of
// a message costs more than the message.
#ifndef TSUNAGU_TEXT_TABLES_H
#define TSUNAGU_TEXT_TABLES_H

#include "proto/base/span.h"

#define BLACK_SQUARE 0x25a0u // ■: what the guideline writes for a character it cannot
#define PLANE_0212 0x8000u   // flag in a pair: of ESC $ ( D, not ESC $ B

typedef struct tables {
    // [plane][row-0x21][cell-0x21]; 0: stands for nothing. User-defined rows hold BLACK_SQUARE.
    uint16_t cp[2][94][94];
    uint16_t pair[65536]; // the way back: row << 8 | cell | plane flag; 0: none
} tables;

MUST_CHECK err tables_get(const tables **ret);

#endif
