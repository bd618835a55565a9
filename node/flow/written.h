// SPDX-License-Identifier: Apache-2.0
// The common forms as a request carries them: a filled registration or consent form becomes the person and the
// terms of a RequestBody, the same way at both ends, so that neither can say something the paper does not.
// Owner: the job's memory. Thread: any. Fails: ERR_USAGE with a note in the job; ERR_FORMAT.
#ifndef TSUNAGU_NODE_FLOW_WRITTEN_H
#define TSUNAGU_NODE_FLOW_WRITTEN_H

#include "node/duty/job.h"
#include "policies/forms/filled.h"

// A form as people wrote it, checked against the rules in force; ret_normal is to be filled_done'd.
// wanted: short names of the forms that will do, NULL behind the last. Every mistake but the first is counted only.
MUST_CHECK err written_read(job *j, const char *yaml, const char *const *wanted, filled *ret_normal);
// What came beside a command under that name (NAME, NUL, text, NUL, ...); NULL: nothing.
const char *written_file(const control_in *in, const char *name);
// Person, terms, numbers and words of a good registration or consent form. What it does not say stays.
MUST_CHECK err written_body(job *j, const filled *f, Tsunagu__RequestBody *b);
// Where a registration form goes: to ask all, or grantees as a consent names them. Nothing for other forms.
MUST_CHECK err written_to(job *j, const filled *f, bool *ret_ask_all, char ***ret_to, size_t *ret_count);
// A change form over the terms that stand.
MUST_CHECK err written_change(job *j, const filled *f, Tsunagu__ConsentTerms *terms);
// Packs it into the body's forms, in the place of one of the same name.
MUST_CHECK err written_attach(job *j, const filled *f, Tsunagu__RequestBody *b);
// The other end: every form is one, is good under the rules in force if they have that version of it, and the
// last consent or registration says what the body says. ERR_FORMAT.
// changed: the terms were changed since, with or without a paper of their own, and need not be those.
MUST_CHECK err written_check(job *j, const Tsunagu__RequestBody *b, bool changed);
// Is one of its forms the paper of this number?
bool written_numbered(const Tsunagu__RequestBody *b, const uint8_t number[static FILLED_NUMBER]);
// The argument `paper`; untouched without it. false: `in` is finished.
bool written_number(control_in *in, uint8_t ret[static FILLED_NUMBER]);
void written_show(control_in *in, const policy *p, const Tsunagu__RequestBody *b); // `paper` and `filled` records

#endif
