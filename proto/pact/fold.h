// SPDX-License-Identifier: Apache-2.0
// What the identity functions share among themselves. Not for other rooms.
// Owner: outputs are the caller's buf. Thread: any.
#ifndef TSUNAGU_PACT_FOLD_H
#define TSUNAGU_PACT_FOLD_H

#include "proto/base/span.h"

#define FOLD_INPUT_MAX 1024 // bytes: no name or number is longer

MUST_CHECK err fold_nfkc(span utf8, buf *out); // ERR_LIMIT, ERR_FORMAT
bool fold_is_space(uint32_t c);                // spaces, controls and invisible characters
bool fold_is_hyphen(uint32_t c);               // anything written for a hyphen or a long vowel
// identity_kana and identity_kanji, and the same without their step from small to large kana and
// from variants to one: what that step alone brings together is told as such.
MUST_CHECK err fold_kana(span utf8, bool all_large, buf *out);
MUST_CHECK err fold_kanji(span utf8, bool variants, buf *out);
// Of folded katakana: does `c` only lengthen the vowel of `before`; the kana without its sound mark.
bool fold_lengthens(uint32_t before, uint32_t c);
uint32_t fold_unvoiced(uint32_t c);

#endif
