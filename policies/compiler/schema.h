// SPDX-License-Identifier: Apache-2.0
// JSON Schema (draft-07) for editors, from the tables that check (shapes.h). The words
// that may stand somewhere are those of the rules given.
// Owner: the caller's buf. Thread: one. Fails: ERR_NOT_FOUND for a name no file has, ERR_MEM.
#ifndef TSUNAGU_COMPILER_SCHEMA_H
#define TSUNAGU_COMPILER_SCHEMA_H

#include "policies/compiler/compile.h"

// file: "council", "rules", "union", ...; NULL: all of them, any of which may fit.
MUST_CHECK err schema_write(const policy_files *files, const char *file, buf *ret);
size_t schema_names(const char *ret[], size_t max);

#endif
