// SPDX-License-Identifier: Apache-2.0
// What the form commands share. Owner: as said. Thread: one. Fails: complains itself.
#ifndef TSUNAGU_CLI_FORM_H
#define TSUNAGU_CLI_FORM_H

#include "ops/cli/command.h"
#include "policies/engine/forms.h"
#include "policies/forms/filled.h"

// --rules, or TSUNAGU_RULES: a folder of YAML or a bundle.
MUST_CHECK err form_rules(const invocation *v, policy **ret);
// By short name, code, or label in either language; ERR_NOT_FOUND says which there are.
MUST_CHECK err form_named(const invocation *v, const policy *p, const char *name, int *ret);
// `file` is kept with the mistakes; they are shown. ret_text (or NULL): the file's bytes, the caller's.
MUST_CHECK err form_file(const invocation *v, const char *file, buf *ret_text, filled *ret);

#endif
