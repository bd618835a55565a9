// SPDX-License-Identifier: Apache-2.0
// Whether a filled form is right: every field by its type, what is required when, and what must make
// sense between fields (a birth before the consent, a period that ends after it begins). A check
// digit that does not fit warns and never refuses: real codes fail it. A form filled on an older version
// is judged mildly: what that version did not ask may be missing.
// Owner: form_report_done. Thread: one. Fails: ERR_MEM. Messages are in the tongue of the program.
#ifndef TSUNAGU_FORMS_CHECK_H
#define TSUNAGU_FORMS_CHECK_H

#include "policies/engine/forms.h"
#include "policies/forms/filled.h"

typedef struct form_message {
    int field;         // of the policy's form; POLICY_NONE: the form as a whole, or a field it does not have
    bool warning;      // else an error
    unsigned line, col; // of the file it was read from: the value, the empty key, or "fields:"; 0: from no file
    char text[1000];
} form_message;

typedef struct form_report {
    form_message *items; // in the order of the form; first what concerns the whole
    size_t count, errors, warnings;
} form_report;

#define FORM_ALL_HANDS ((1u << HAND_COUNT) - 1)

// hands: whose part is meant to be complete by now (bit per form_hand); what others fill in later
// may be missing. today: the day it is handed in, for who is of age.
// ret_normal (or NULL): the same form with every good value in its one spelling: dates as 2026-04-01,
// codes as digits, words by their short names, lists rising; to be filled_done'd.
MUST_CHECK err form_check(const policy *p, const filled *f, day today, uint32_t hands, filled *ret_normal,
                          form_report *ret);
void form_report_done(form_report *r);
// As lines with a caret, each with its field's label: file:line:col: error: 生年月日 (birth): ...
void form_report_tell(const form_report *r, const policy *p, const char *form_id, bool japanese, const char *file, span text,
                      diag *d);

// The first day on which a person born then is of age (a birthday; of 29 February: 1 March).
day form_majority_day(day birth, int years);

#endif
