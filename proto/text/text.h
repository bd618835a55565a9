// SPDX-License-Identifier: Apache-2.0
// Character sets. The door to utf8proc (NFKC) and to glibc's iconv tables.
// Owner: outputs are the caller's buf, appended to. Thread: any (the tables are
// built once, then only read). Fails: ERR_UNSUPPORTED without glibc's converters.
#ifndef TSUNAGU_TEXT_TEXT_H
#define TSUNAGU_TEXT_TEXT_H

#include "proto/base/span.h"

// NFKC (UAX #15) with half-width dakuten composed: `ﾔﾏﾀﾞ　Ｔａｒｏ㈱①` → `ヤマダ Taro(株)1`.
// ERR_FORMAT on bad UTF-8.
MUST_CHECK err text_nfkc(span utf8, buf *out);

typedef struct iso2022_report {
    size_t bad;     // bytes or pairs that stand for nothing: written as U+FFFD
    size_t gaiji;   // ■ (JIS 0x2223) met, or user-defined rows written as ■
    bool escapes;   // any escape sequence seen
    bool shifted_at_end; // ended outside ASCII
} iso2022_report;

// Builds the tables now. To be called before a sandbox takes the file system
// away (glibc loads its converters as files); otherwise the first use does it.
MUST_CHECK err text_ready(void);

// Shift-state-aware ISO-2022-JP (SS-MIX2 1.2g §1.3.4; field-facts §1.2) to UTF-8:
// ESC ( B, ESC ( J, ESC ( I (half-width kana), ESC $ B, ESC $ @, ESC $ ( D, ESC $ ( B; NEC and IBM
// characters (`髙﨑①`) by EUC-JP-MS, and by cp932 where Windows writes them (rows 89-92). ESC ( J is
// read as ASCII: `\` and `~` are HL7's delimiters. CR and LF end a shift. Never fails on content:
// what cannot be read becomes U+FFFD and is counted. Bytes that are no ISO-2022-JP but valid UTF-8
// or Shift_JIS are NOT guessed here. `ret` may be NULL.
MUST_CHECK err iso2022_decode(span bytes, buf *out, iso2022_report *ret);
// UTF-8 to ISO-2022-JP as the storages write it (ends in ASCII), half-width kana as full-width;
// characters beyond JIS X 0208 and NEC row 13 by ESC $ ( D; unmappable → ■, counted in bad.
MUST_CHECK err iso2022_encode(span utf8, buf *out, iso2022_report *ret);
// cp932 (files of vendors that do not follow the guideline) to UTF-8; ERR_FORMAT if it is not.
MUST_CHECK err cp932_decode(span bytes, buf *out);

#endif
