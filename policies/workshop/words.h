// SPDX-License-Identifier: Apache-2.0
// Text in columns, by the width that a terminal shows.
// Owner: the caller's buf. Thread: any. Fails: into the buf's sticky error.
#ifndef TSUNAGU_WORKSHOP_WORDS_H
#define TSUNAGU_WORKSHOP_WORDS_H

#include "proto/base/span.h"

void words_column(const char *text, size_t width, buf *out); // at least one blank behind it

#endif
