// SPDX-License-Identifier: Apache-2.0
// The number of one paper: random, so that it says nothing of the patient, and short enough to be
// typed. It stands on the paper, in its QR code (with the form's code and version before it:
// "CONS-1-7K3M-9QXD-4N2P-0RX2") and in the filled form. Letters are Crockford's 32: no I, L, O, U.
// Nine random bytes and a check byte. Owner: the caller. Thread: any. Fails: ERR_FORMAT.
#ifndef TSUNAGU_FORMS_NUMBER_H
#define TSUNAGU_FORMS_NUMBER_H

#include "policies/forms/filled.h"

#define FORM_NUMBER_RANDOM (FILLED_NUMBER - 1)
#define FORM_NUMBER_TEXT 20 // "7K3M-9QXD-4N2P-0RX2"

void form_number_seal(uint8_t number[static FILLED_NUMBER]); // the last byte from those before
bool form_numbered(const uint8_t number[static FILLED_NUMBER]); // not all zero
void form_number_format(const uint8_t number[static FILLED_NUMBER], char out[static FORM_NUMBER_TEXT]);
// The number alone or all that the QR code says; hyphens, blanks and small letters as one likes; O is 0, I
// and L are 1. ERR_FORMAT where a character is missing or mistyped; *ret stays as it was.
MUST_CHECK err form_number_parse(const char *text, uint8_t ret[static FILLED_NUMBER]);

#endif
