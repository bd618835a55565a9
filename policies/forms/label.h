// SPDX-License-Identifier: Apache-2.0
// A value as people read it: the other way round from form_value.
// Owner: the rules' memory, or `value` itself. Thread: any. Fails: never; what is not known stays as it is written.
#ifndef TSUNAGU_FORMS_LABEL_H
#define TSUNAGU_FORMS_LABEL_H

#include <stdbool.h>

#include "policies/engine/forms.h"
#include "policies/forms/filled.h"

const char *form_value_label(const policy *p, int form, int field, const char *value, bool japanese);
// The filled fields as the form asks them, then those that it does not know: numbers of f->fields.
void form_order(const policy *p, int form, const filled *f, size_t ret[static FILLED_FIELDS]);

#endif
