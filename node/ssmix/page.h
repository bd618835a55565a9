// SPDX-License-Identifier: Apache-2.0
// What the renderings are written with: labelled lines and aligned tables.
// Owner: a page borrows message and buf; a table is the caller's (table_done). Thread: one.
// Fails: sticks in out.
#ifndef TSUNAGU_SSMIX_PAGE_H
#define TSUNAGU_SSMIX_PAGE_H

#include "node/ssmix/hl7.h"

typedef struct page {
    const hl7 *m;
    bool japanese;
    buf *out;
} page;

// One of two words.
const char *page_word(const page *p, const char *japanese, const char *english);
void page_heading(page *p, const char *japanese, const char *english);
void page_line(page *p, const char *japanese, const char *english, span utf8); // nothing if the value is empty
void page_note(page *p, const char *text);
// Adds bytes to be shown: control characters gone, line ends kept.
void page_clean(buf *out, span utf8);

// Values of fields, escapes undone, cleaned; each appends to out and says whether there was something.
bool value_text(const page *p, size_t seg, int field, int rep, int component, int sub, buf *out);
bool value_coded(const page *p, size_t seg, int field, int rep, buf *out); // the text of a code, else the code
bool value_person(const page *p, size_t seg, int field, int rep, buf *out);
bool value_time(const page *p, size_t seg, int field, buf *out);           // 2026-07-16 06:00
bool value_place(const page *p, size_t seg, int field, buf *out);          // ward, room, bed
bool value_amount(const page *p, size_t seg, int number, int unit, buf *out);
void time_text(span hl7_time, buf *out);
bool value_raw(const page *p, span raw, buf *out);

// Lines straight from a field.
void line_text(page *p, const char *ja, const char *en, size_t seg, int field, int component);
void line_coded(page *p, const char *ja, const char *en, size_t seg, int field);
void line_person(page *p, const char *ja, const char *en, size_t seg, int field);
void line_time(page *p, const char *ja, const char *en, size_t seg, int field);
void line_place(page *p, const char *ja, const char *en, size_t seg, int field);

#define TABLE_COLUMNS 8
typedef struct table {
    int columns;
    buf text;        // cells, one after the other
    size_t *ends;    // where each ends
    size_t count, cap;
    err failed;
} table;
void table_init(table *t, int columns);
void table_cell(table *t, span utf8); // row by row; line ends become spaces
void table_cell_str(table *t, const char *s);
void table_put(page *p, table *t);     // the first row is the heading; columns that are empty throughout are left out
void table_done(table *t);

// The views: false if the message has nothing of the kind.
bool view_basics(page *p);
bool view_stay(page *p, bool discharge);
bool view_prescription(page *p);
bool view_injection(page *p);
bool view_laboratory(page *p);
bool view_problems(page *p);
bool view_exam(page *p, bool findings);
void view_patient(page *p);
void view_allergies(page *p);
void view_order(page *p, size_t from); // who ordered, which department, when

#endif
