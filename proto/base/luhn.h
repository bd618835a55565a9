// SPDX-License-Identifier: Apache-2.0
// The check digit of institution codes (10 digits) and insurer numbers (8 or
// 6): weights 2,1 from the right (診療報酬 設定要領; field-facts §3). Real
// codes fail it, so callers warn and never reject on it alone.
#ifndef TSUNAGU_BASE_LUHN_H
#define TSUNAGU_BASE_LUHN_H

#include "proto/base/span.h"

bool luhn_ok(span digits);         // false also for anything but digits
char luhn_digit(span body_digits); // the digit to append; '\0' if not digits
// A 10-digit institution code as a number. ERR_FORMAT unless exactly ten digits.
MUST_CHECK err institution_parse(span s, uint64_t *ret);
void institution_format(uint64_t code, char out[static 11]);

#endif
