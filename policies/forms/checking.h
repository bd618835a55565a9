// SPDX-License-Identifier: Apache-2.0
// Inside the room: one check of one filled form on its way. Each field alone is check.c's,
// what must make sense between fields is sense.c's.
// Owner: form_check. Thread: one. Fails: in `broken`, which ends the check.
#ifndef TSUNAGU_FORMS_CHECKING_H
#define TSUNAGU_FORMS_CHECKING_H

#include "policies/forms/check.h"
#include "proto/base/date.h"

typedef struct checking {
    const policy *p;
    int form;
    policy_form view;
    const filled *f;
    filled *normal;
    form_report *report;
    day today;
    uint32_t hands;
    err broken;
    bool bad[FILLED_FIELDS]; // by the policy's field number: written, but wrong
} checking;

// One more message. at: where in the file.
void checking_say(checking *c, int field, bool warning, filled_place at, const char *fmt, ...) PRINTF_LIKE(5, 6);
bool checking_holds(const filled_field *w, const char *value); // one of its values, or "all"
void form_sense(checking *c);

#endif
