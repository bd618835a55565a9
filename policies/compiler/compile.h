// SPDX-License-Identifier: Apache-2.0
// From YAML to the bundle: canonical bytes, same meaning same bytes, whatever
// the files' order, comments and spelling of dates. Reads files only through the
// list it is given; policy_load_dir makes that list from a folder.
// Owner: caller's buf. Thread: one. Fails: every mistake is in the diag; no bytes then.
#ifndef TSUNAGU_COMPILER_COMPILE_H
#define TSUNAGU_COMPILER_COMPILE_H

#include "proto/base/date.h"
#include "proto/base/diag.h"
#include "proto/base/span.h"

typedef struct policy_file {
    char *path;   // as shown in messages
    char *name;   // relative to the policy folder: "unions/tmnit.yaml"
    buf text;
} policy_file;
typedef struct policy_files { policy_file *items; size_t count; } policy_files;

MUST_CHECK err policy_load_dir(const char *dir, diag *d, policy_files *ret);
void policy_files_done(policy_files *f);
MUST_CHECK err policy_compile(const policy_files *files, diag *d, buf *ret_bundle);
// The same; also warns of what is legal but suspicious, and reads tests/*.yaml, whose
// mistakes are errors here. today, for terms that have ended: DAY_NONE if it does not matter.
MUST_CHECK err policy_check(const policy_files *files, day today, diag *d, buf *ret_bundle);

#endif
