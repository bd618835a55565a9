// SPDX-License-Identifier: Apache-2.0
// From a bundle back to the council's YAML: one concern a file, in the order of
// policies/compiler/shapes.h, and what is written compiles to the same bytes.
// Owner: the files are the caller's (policy_files_done). Thread: one.
// Fails: ERR_UNSUPPORTED where no YAML has this meaning (a bundle that no compiler
// wrote); ERR_INTERNAL where a field of the language has no row here.
#ifndef TSUNAGU_WRITER_WRITER_H
#define TSUNAGU_WRITER_WRITER_H

#include "policies/compiler/compile.h"
#include "policies/compiler/shapes.h"
#include "policies/engine/decide.h"

// Compiled again and compared before it is handed out.
MUST_CHECK err policy_write(const policy *p, policy_files *ret);
// Into a folder that is empty or does not exist yet: ERR_EXISTS where something stands in it. Never follows
// a link, never writes over a file. What was written before a failure is left.
MUST_CHECK err policy_write_folder(const policy_files *f, const char *dir);

// For the test that no field is forgotten: whether a field has its row, and why it is never
// written (NULL: it is), in English.
bool writer_knows(const draft_shape *shape, const char *field, const char **ret_never);

#endif
