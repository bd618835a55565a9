// SPDX-License-Identifier: Apache-2.0
// A passphrase: from the terminal without echo, or the first line of an open file
// (--passphrase-fd N), never from the command line, which everyone on the machine can read.
// Owner: buf_wipe. Thread: one. Fails: says why itself.
#ifndef TSUNAGU_CLI_PASSPHRASE_H
#define TSUNAGU_CLI_PASSPHRASE_H

#include "ops/cli/command.h"
#include "proto/crypto/key.h"

// twice: asks again, for a new one. fd: -1 for the terminal.
MUST_CHECK err passphrase_read(const invocation *v, int fd, bool twice, buf *ret);

bool passphrase_fd(const invocation *v, int *ret); // --passphrase-fd; false: complained
// The key file of a seat or a secretariat.
MUST_CHECK err locked_key_open(const invocation *v, const char *path, sign_key **ret);

#endif
