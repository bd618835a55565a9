// SPDX-License-Identifier: Apache-2.0
// What a daemon notes beside its answer, in the reader's tongue.
// Owner: the buf is the caller's. Thread: one. Fails: ERR_MEM.
#ifndef TSUNAGU_CLI_NOTES_H
#define TSUNAGU_CLI_NOTES_H

#include "proto/base/err.h"
#include "proto/base/span.h"

// Appends the note in words; as it came where it is not known.
MUST_CHECK err note_put(buf *out, const char *note);

#endif
