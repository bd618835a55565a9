// SPDX-License-Identifier: Apache-2.0
// What a form says as the scope of a consent, by the rules in force, and one scope beside another.
// Owner: plain values. Thread: any. Fails: as each says.
#ifndef TSUNAGU_NODE_FLOW_SCOPE_H
#define TSUNAGU_NODE_FLOW_SCOPE_H

#include "node/charts/terms.h"
#include "node/duty/job.h"
#include "proto/pact/grantee.h"

// What the form asks for, by the rules: grantees, categories, and until when at most. ERR_USAGE, with a note.
MUST_CHECK err flow_scope(job *j, const Tsunagu__RequestBody *b, consent_scope *ret);
bool flow_names(const Tsunagu__ConsentTerms *c, const grantee *g);

// Whoever is in a union was named with it, and everybody with the federation.
bool scope_covers(const policy *p, const consent_scope *s, const grantee *g);
bool scope_within(const policy *p, const consent_scope *wide, const consent_scope *s);
MUST_CHECK err scope_both(const policy *p, const consent_scope *a, const consent_scope *b, consent_scope *ret); // ERR_LIMIT

#endif
