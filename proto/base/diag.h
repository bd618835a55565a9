// SPDX-License-Identifier: Apache-2.0
// What is wrong with a file a person wrote: file:line:col, the line, a caret,
// what and what to do. A diag collects all of them; nothing is printed here.
// Owner: the caller (diag_done). Thread: one. Fails: silently beyond DIAG_MAX
// (the count still rises).
#ifndef TSUNAGU_BASE_DIAG_H
#define TSUNAGU_BASE_DIAG_H

#include <stdio.h>
#include "proto/base/span.h"

#define DIAG_MAX 1000

typedef enum diag_level { DIAG_ERROR, DIAG_WARNING } diag_level;

typedef struct diag_item {
    diag_level level;
    char *file, *message, *source; // source: the line's text, may be NULL
    unsigned line, col;            // from 1; 0: the whole file. col counts characters
} diag_item;

typedef struct diag {
    diag_item *items;
    size_t count, kept, errors, warnings;
} diag;

void diag_done(diag *d);
// `text` is the whole file (to cut the line from) or empty.
void diag_add(diag *d, diag_level level, const char *file, span text, unsigned line, unsigned col,
              const char *fmt, ...) PRINTF_LIKE(7, 8);
// file:line:col: error: message / the line / a caret under the column, with
// wide (CJK) characters counted as two cells.
void diag_print(const diag *d, FILE *out);
// The closest of `options` to `word`, or NULL: for "did you mean". Edits at most 1 in a
// word of three letters, 2 up to eight, a third of it beyond; two neighbours swapped are one.
const char *diag_nearest(const char *word, const char *const *options, size_t count);

#endif
