// SPDX-License-Identifier: Apache-2.0
// Who sees what from whom, on one page: unions by unions with what their agreements
// leave out, and roles by categories. For the eye, for a spreadsheet, for paper.
// Owner: the caller's buf. Thread: one. Fails: ERR_MEM.
#ifndef TSUNAGU_WORKSHOP_MATRIX_H
#define TSUNAGU_WORKSHOP_MATRIX_H

#include "policies/engine/table.h"

MUST_CHECK err matrix_text(const policy *p, day today, bool japanese, buf *out);
// Every right, a line each: UTF-8 with a mark at the front and CRLF, as spreadsheets want it.
MUST_CHECK err matrix_csv(const policy *p, bool japanese, buf *out);
MUST_CHECK err matrix_html(const policy *p, day today, bool japanese, buf *out);

// ---- what the three are made of ------------------------------------------------
#define MATRIX_NOTES 512
typedef struct matrix_note { char text[400]; } matrix_note;
enum { MATRIX_FULL = 0, MATRIX_NONE = -1, MATRIX_OWN = -2 }; // or the number of a note, from 1
typedef struct matrix_row { // a role, at some kinds, for some purposes
    int role;
    uint32_t kinds, purposes, categories;
} matrix_row;
typedef struct matrix {
    int unions;
    int16_t cell[64][64]; // [viewing][disclosing]
    matrix_note *notes;
    int note_count;
    matrix_row *rows;
    size_t row_count;
} matrix;
MUST_CHECK err matrix_make(const policy *p, day today, bool japanese, matrix **ret);
void matrix_free(matrix *m);
const char *matrix_union(const policy *p, int u, bool japanese); // as people call it

#endif
