// SPDX-License-Identifier: Apache-2.0
// What a daemon answered, for people (tables aligned by display width) or for
// machines (one JSON object). Nothing from a daemon or a document can command
// the terminal: control characters are written as spaces.
#ifndef TSUNAGU_CLI_SHOW_H
#define TSUNAGU_CLI_SHOW_H

#include "ops/cli/ask.h"
#include "proto/base/diag.h"

// Records of several replies may be shown in turn; json: one object a reply.
void show_reply(const invocation *v, const Tsunagu__ControlReply *r);
void show_records(const Tsunagu__ControlReply *r, const char *columns);
void show_json(const Tsunagu__ControlReply *r);
// With --json, what failed, unless an object has told it already (show_refused).
void show_failure(err e, const char *note);
void show_refused(void);
// Every mistake in the rules, for people; with --json the first of them with its place. Without any: e about path.
void show_mistakes(const invocation *v, const diag *d, err e, const char *path);
// "1 error, 2 warnings".
#define SHOW_TALLY 160
void show_tally(size_t errors, size_t warnings, char out[static SHOW_TALLY]);
void show_rendering(const char *path, const char *type, const char *text);
void show_safe(FILE *out, const char *text, bool lines); // lines: newlines and tabs may stay

#endif
