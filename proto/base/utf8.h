// SPDX-License-Identifier: Apache-2.0
// UTF-8 as RFC 3629: validity, stepping, and how wide a character stands in a
// terminal (CJK: two cells).
#ifndef TSUNAGU_BASE_UTF8_H
#define TSUNAGU_BASE_UTF8_H

#include "proto/base/span.h"

bool utf8_valid(span s); // no surrogates, no overlong, at most U+10FFFF
// A NUL-terminated copy that is valid whatever comes in (U+FFFD for what is not), cut between characters to fit.
void utf8_clean(const char *text, char *out, size_t cap);
// Decodes one character and advances; U+FFFD and one byte for anything invalid.
uint32_t utf8_next(span *s);
err utf8_put(buf *b, uint32_t cp);
int utf8_cells(uint32_t cp); // 0, 1 or 2
size_t utf8_width(span s);   // cells

#endif
