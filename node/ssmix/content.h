// SPDX-License-Identifier: Apache-2.0
// Whether a document is whole, without making it readable: opened, looked at, closed.
// What is sane but odd (LF endings, no end mark, text pasted behind it) is no damage.
// Owner: plain values. Thread: any. Fails: ERR_NOT_FOUND (gone, or no plain file any more), ERR_IO, ERR_MEM.
#ifndef TSUNAGU_SSMIX_CONTENT_H
#define TSUNAGU_SSMIX_CONTENT_H

#include "node/ssmix/ssmix.h"

// How an HL7 file ends. Writers differ: some end each segment, some only part them, some add the mark 0x1C. So
// the lack of an end is a sign only in a storage whose other files have one (content_habit).
enum { END_NONE, END_LINE, END_MARK, END_UNTOLD, END_KINDS }; // untold: not HL7, or known to be cut

typedef struct content {
    bool not_hl7;  // or a PDF or XML by name that is none
    bool encoding; // characters had to be mended
    bool cut;      // empty, or ends where nothing ends
    uint8_t end;
} content;

MUST_CHECK err content_hl7(span bytes, content *ret); // a whole file
// A file of the extended storage by its name's ending: .hl7 .xml .pdf, of others only whether it is empty. Head
// and tail may be the same bytes; whole: they are all of it.
MUST_CHECK err content_part(const char *name, span head, span tail, bool whole, content *ret);
// A storage's way of ending files, after how many ended how: at least this much is to be expected of one.
int content_habit(const uint64_t ends[static END_KINDS]);

// Length and time of the entry's files: another value, other contents. Opens none of them. ERR_CLOSED: the whole
// storage is away.
MUST_CHECK err content_mark(ssmix_index *x, const ssmix_entry *e, uint64_t *ret);
MUST_CHECK err content_read(ssmix_index *x, const ssmix_entry *e, content *ret);

#endif
