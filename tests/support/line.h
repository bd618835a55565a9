// SPDX-License-Identifier: Apache-2.0
// A certificate authority in a temporary folder, for tests of the line.
// Owner: line_ca_new/_free. Thread: one. Fails: aborts, with a word on standard error.
#ifndef TSUNAGU_TESTS_LINE_H
#define TSUNAGU_TESTS_LINE_H

#include "proto/crypto/tls.h"
#include "proto/base/date.h"

typedef struct line_ca {
    char dir[64];
} line_ca;

void line_ca_new(line_ca *ca);
void line_ca_free(line_ca *ca); // removes the folder
// A certificate valid from..until days from today, and a context with it. `trust`: whose CA and CRL
// it believes in (NULL: its own).
tls_ctx *line_ctx(const line_ca *ca, const line_ca *trust, const char *name, bool server, int from, int until);
void line_revoke(const line_ca *ca, const char *name);

#endif
