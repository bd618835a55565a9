// SPDX-License-Identifier: Apache-2.0
// ISO-2022-JP fast enough for a million files: each character is asked of
// proto/text once and remembered.
// Owner: the caller (jis_free). Thread: one. Fails: ERR_MEM, ERR_FORMAT (no UTF-8).
#ifndef TSUNAGU_SYNTH_JIS_H
#define TSUNAGU_SYNTH_JIS_H

#include "proto/base/span.h"

typedef struct jis jis;
MUST_CHECK err jis_new(jis **ret);
void jis_free(jis *j);
MUST_CHECK err jis_encode(jis *j, span utf8, buf *out); // appends; ends in ASCII

#endif
