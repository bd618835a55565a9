// SPDX-License-Identifier: Apache-2.0
// One value of one field, by its type: is it right, and what is its one spelling?
// Owner: the caller's buf. Thread: any. Fails: never; out of memory shows in the buf.
#ifndef TSUNAGU_FORMS_VALUE_H
#define TSUNAGU_FORMS_VALUE_H

#include "policies/engine/flow.h"
#include "policies/engine/forms.h"

typedef enum value_level { VALUE_GOOD, VALUE_WARNED, VALUE_BAD } value_level;
typedef struct value_said {
    value_level level;
    char text[1000]; // "" where it is good
} value_said;

// normal: cleared, then the one spelling unless it is bad. today: no birth after it.
void form_value(const policy *p, int form, int field, const char *text, day today, buf *normal, value_said *ret);

// ---- by kind, inside the room -------------------------------------------------------
void value_bad(value_said *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void value_warn(value_said *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
// Numbers in the widest sense; text is NFKC already. False: not of these types.
bool value_number(const policy_form_field *f, const char *text, day today, buf *normal, value_said *s);

#endif
