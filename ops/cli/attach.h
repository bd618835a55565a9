// SPDX-License-Identifier: Apache-2.0
// Options that name a file: a daemon is sent what is in it, or its hash, never its path.
// Owner: attached_done. Thread: one. Fails: complains itself.
#ifndef TSUNAGU_CLI_ATTACH_H
#define TSUNAGU_CLI_ATTACH_H

#include "ops/cli/ask.h"

// What keys in the table of commands mean: "file:NAME" is sent beside the arguments, as NAME, NUL, content, NUL;
// "hash:NAME" is the argument NAME, the SHA-256 of the file (or 64 hexadecimal digits as they are).
typedef struct attached {
    buf data;
    char hash[2 * 32 + 1];
} attached;
// Rewrites the arguments in place. An exit code.
int attach(const invocation *v, ask_arg *args, attached *ret);
void attached_done(attached *a);

#endif
