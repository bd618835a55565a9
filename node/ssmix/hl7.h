// SPDX-License-Identifier: Apache-2.0
// HL7 v2.5 as SS-MIX2 storages hold it: decoded from ISO-2022-JP before
// splitting (a double-byte trail may be `|`, `^`, `~`, `&` or `\`), segments ended by CR (LF and CRLF
// tolerated), a final 0x1C dropped, delimiters from MSH-1/2, escapes (\F\ \S\ \R\ \E\ \T\ \.br\ \Xhh\) undone.
// Owner: hl7_free; spans borrow from the message. Thread: one at a time.
// Fails: ERR_FORMAT (not HL7: no MSH), ERR_LIMIT (8 MiB, 20,000 segments). Dirt is tolerated and counted.
#ifndef TSUNAGU_SSMIX_HL7_H
#define TSUNAGU_SSMIX_HL7_H

#include "proto/base/span.h"

typedef struct hl7 hl7;
// shifted: it ended amid double-byte text.
typedef struct hl7_dirt { size_t bad_characters, unknown_segments, trailing; bool shifted; } hl7_dirt;

MUST_CHECK err hl7_read(span bytes, hl7 **ret, hl7_dirt *ret_dirt); // bytes as in the file
void hl7_free(hl7 *m);
span hl7_text(const hl7 *m); // the whole message in UTF-8, segments separated by '\n'
size_t hl7_count(const hl7 *m);                      // segments
span hl7_name(const hl7 *m, size_t segment);         // "PID"
// Field, repetition (from 0), component (from 1), subcomponent (from 1); 0: the whole level above. Empty if absent.
// MSH counts as the standard does (MSH-1 is the separator). Escapes are not undone here.
span hl7_field(const hl7 *m, size_t segment, int field, int rep, int component, int sub);
int hl7_reps(const hl7 *m, size_t segment, int field); // at most HL7_REPS_MAX are told
#define HL7_REPS_MAX 1000 // finding the n-th costs n: a field of nothing but `~` must not take hours
size_t hl7_find(const hl7 *m, const char *name, size_t from); // index or SIZE_MAX
err hl7_unescape(const hl7 *m, span raw, buf *out);  // UTF-8 out

#endif
