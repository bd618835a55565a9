// SPDX-License-Identifier: Apache-2.0
// Inside the room: a form on its way to the page. Lengths are hundredths of a millimetre.
// Owner: sheet_done. Thread: one. Fails: in the bufs (sticky), told by sheet_plan.
#ifndef TSUNAGU_PAGE_SHEET_H
#define TSUNAGU_PAGE_SHEET_H

#include "policies/engine/bundle.h"
#include "policies/page/page.h"

enum {
    SHEET_COLUMNS = 12, SHEET_WIDTH = 18200, SHEET_HEIGHT = 27700, // within the margins of @page (style.c)
    SHEET_CELLS = 6
};

typedef struct sheet_cell {
    buf html;
    int columns;
    bool label;
} sheet_cell;

typedef struct sheet_row {
    sheet_cell cells[SHEET_CELLS];
    int count, used; // columns
    int tall;        // room to write in, where there is room
    int least;       // room that must be
} sheet_row;

typedef struct sheet_table { // a section
    buf heading;
    int first, count; // rows
    bool office;      // filled in by those who receive it
} sheet_table;

typedef struct sheet {
    const policy *p;
    page_ask ask;
    policy_form form;
    sheet_row rows[BUNDLE_FORM_FIELDS + 2]; // and one for the office, one of an older version
    sheet_table tables[BUNDLE_FORM_FIELDS + 2];
    int row_count, table_count;
    int signing;     // the sentences stand before this table
    buf head;        // what stands below the title: where to send it, how to fill it in
    int font, row, tall; // chosen: type size, least height of a row, percent of `tall`
    int sentences;   // chosen: type size of the sentences
    bool columns;    // the sentences in two columns
} sheet;

// cell.c: what stands in a field's cell
void cell_label(const sheet *s, const policy_form_field *f, buf *out);
void cell_value(const sheet *s, int field, buf *out);
bool cell_empty(const sheet *s, int field);
void cell_handling(const sheet *s, sheet_row *r); // a row for the office where the form has none
bool cell_older(const sheet *s, sheet_row *r); // what was filled in that the form no longer asks; false: nothing

// words.c: in the tongue of the page, or in both
void words_put(const sheet *s, const char *ja, const char *en, buf *out); // our own words
void words_label(const sheet *s, const char *ja, const char *en, buf *out); // of the rules
const char *words_pick(const sheet *s, const char *ja, const char *en);
void words_head(const sheet *s, buf *out);

// plan.c
MUST_CHECK err sheet_plan(sheet *s);
void sheet_done(sheet *s);

// style.c
extern const char PAGE_STYLE[];

#endif
