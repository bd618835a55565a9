// SPDX-License-Identifier: Apache-2.0
// A value of a filled form in words for people: labels for short names, names for codes, days by era.
// Owner: the caller's buf. Thread: any. Fails: in the buf; what is not known is said as it was written.
#ifndef TSUNAGU_FORMS_WORDS_H
#define TSUNAGU_FORMS_WORDS_H

#include "policies/engine/forms.h"

// field POLICY_NONE: one that the form no longer has.
void form_words(const policy *p, int form, int field, const char *value, bool japanese, buf *out);

#endif
