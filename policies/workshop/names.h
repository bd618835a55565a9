// SPDX-License-Identifier: Apache-2.0
// What a person types for something of the rules: its short name, its label in
// either language, a part of a label that fits one thing only, a facility's code.
// Owner: answers are numbers; `why` is the caller's. Thread: any. Fails: ERR_NOT_FOUND
// with a sentence in `why` that names what was probably meant.
#ifndef TSUNAGU_WORKSHOP_NAMES_H
#define TSUNAGU_WORKSHOP_NAMES_H

#include "policies/engine/decide.h"

typedef enum name_noun {
    NAME_FACILITY, NAME_KIND, NAME_ROLE, NAME_PURPOSE, NAME_CATEGORY, NAME_UNION
} name_noun;

MUST_CHECK err name_find(const policy *p, name_noun noun, const char *text, buf *why, int *ret);
int name_count(const policy *p, name_noun noun);
policy_text name_text(const policy *p, name_noun noun, int number); // a facility: its name thrice
const char *name_label(policy_text t, bool japanese);
// The labels of a mask, with commas.
void name_list(const policy *p, name_noun noun, uint64_t mask, bool japanese, buf *out);
// "6 months", "1 year": as the rules say it, in the reader's tongue.
void months_put(int months, buf *out);

#endif
