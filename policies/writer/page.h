// SPDX-License-Identifier: Apache-2.0
// Inside the writer room only: a page is a file being written; a row says where a field's
// value stands in the policy. The layout (layout.c) knows shapes and types, the rows know
// meanings, and spelling is spell.c's.
// Owner: policy_write. Thread: one. Fails: memory is sticky in `out`; `broken` tells a row that is missing.
#ifndef TSUNAGU_WRITER_PAGE_H
#define TSUNAGU_WRITER_PAGE_H

#include "policies/engine/flow.h"
#include "policies/engine/forms.h"
#include "policies/engine/table.h"
#include "policies/writer/writer.h"

#define PAGE_LEVELS 6
#define PAGE_WIDTH 110

// The rules as boxes: everyone of these kinds, roles and purposes may see these categories.
typedef struct rule_box {
    uint32_t kinds, purposes, categories;
    uint64_t roles;
} rule_box;

typedef struct page {
    const policy *p;
    int file;                // number of the union, form, node, ... that the file is about
    int other;               // agreements: the second union
    int entry[PAGE_LEVELS];  // where in the lists, from the outermost
    int level;               // lists open
    const char *list;        // name of the innermost one
    int *rows;               // facilities of the list being written: as many as there are
    const rule_box *boxes;
    int box_count;
    bool tall;               // what was to stand on one line cannot
    bool broken;
} page;
int page_entry(const page *g); // in the innermost list; 0 outside

// What a field holds; which member counts is said by its type.
typedef struct value {
    bool set;               // false: the field is not written
    const char *text;       // TEXT, ID, HOST, LONG, FRACTION
    int64_t number;         // NUMBER, DATE, DURATION (months), YES, CODE; CHOICE and WORD: which; LIST and TEXTS: how many
    uint64_t mask;          // WORDS, CHOICES
    bool all;               // WORDS, CODES_ALL: the word
    const uint8_t *keys[2]; // HEX, HEXES
    const char *(*text_at)(const policy *p, int i); // TEXTS
    uint32_t (*mask_at)(const policy *p, int i);    // CHOICE_SETS
    const uint16_t *months; // WINDOWS: by category, of the mask
} value;
#define NOTHING ((value){.set = false})
value said_text(const char *s);      // "" and NULL: not written
value said_number(int64_t n);
value said_yes(bool yes);            // no: not written
value said_day(day d);
value said_mask(uint64_t mask, uint64_t all); // the whole: "all"
value said_keys(int count, const uint8_t *const keys[2]);

typedef struct value_row {
    const draft_shape *shape;
    const char *field;
    value (*of)(page *g);
    const char *never;      // of is NULL: why it is not written
} value_row;
typedef struct value_rows { const value_row *rows; size_t count; } value_rows;
extern const value_rows COUNCIL_ROWS, WORDS_ROWS, UNIONS_ROWS, AGREEMENTS_ROWS, FORMS_ROWS, REQUESTS_ROWS;
const value_row *row_find(const draft_shape *shape, const char *field);

void layout_put(page *g, const draft_shape *shape, buf *out); // the whole file, block style
void page_rules(page *g, rule_box **ret, buf *memory);        // the rules as boxes, in memory

// ---- spelling -----------------------------------------------------------------
void spell_text(buf *out, const char *s); // plain where nobody could misread it, else in double quotes
void spell_months(buf *out, int64_t months);
void spell_day(buf *out, day d);

#endif
