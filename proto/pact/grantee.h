// SPDX-License-Identifier: Apache-2.0
// Whom a consent names, as words on a form and in a command: facility:CODE, union:ID, federation.
// Owner: plain values. Thread: any. Fails: as each says.
#ifndef TSUNAGU_PACT_GRANTEE_H
#define TSUNAGU_PACT_GRANTEE_H

#include "proto/pact/card.h"

MUST_CHECK err grantee_parse(const char *word, grantee *ret); // ERR_USAGE
void grantee_put(const grantee *g, buf *out); // what fails sticks to the buf
bool grantee_same(const grantee *a, const grantee *b);
bool scope_has(const consent_scope *s, const grantee *g);
MUST_CHECK err scope_add(consent_scope *s, const grantee *g); // once. ERR_LIMIT

#endif
