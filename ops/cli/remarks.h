// SPDX-License-Identifier: Apache-2.0
// What a person should know of a candidate, field by field: "kana_given:small_kana,postal:moved" in words.
// Owner: the buf is the caller's. Thread: one. Fails: ERR_MEM.
#ifndef TSUNAGU_CLI_REMARKS_H
#define TSUNAGU_CLI_REMARKS_H

#include "proto/base/span.h"

// Appends the remarks in words; what is not known, as it came.
MUST_CHECK err remarks_put(buf *out, const char *remarks);

#endif
