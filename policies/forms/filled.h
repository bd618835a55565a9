// SPDX-License-Identifier: Apache-2.0
// A filled form: which one, of which version, and what was written where, as text. Nothing
// here is checked (check.h does that); bytes that go into a store or a letter are canonical:
// one filled form has one spelling.
// Owner: filled_done; texts hang on it. Thread: one at a time. Fails: ERR_MEM, ERR_LIMIT.
#ifndef TSUNAGU_FORMS_FILLED_H
#define TSUNAGU_FORMS_FILLED_H

#include "proto/base/arena.h"
#include "proto/base/diag.h"
#include "proto/base/span.h"

#define FILLED_FIELDS 128
#define FILLED_VALUES 128        // of one field
#define FILLED_NAME 63           // bytes of a form's or field's name
#define FILLED_TEXT 4000         // bytes of a value
#define FILLED_BYTES (64u << 10) // packed
#define FILLED_NUMBER 10 // number.h

typedef struct filled_field {
    const char *name;
    const char **values;
    size_t count;
    unsigned line, col; // in the file it was read from; 0: none
} filled_field;

typedef struct filled_place { // in the file it was read from; line 0: none
    const char *name;
    unsigned line, col;
} filled_place;

typedef struct filled {
    arena arena;
    const char *form;            // its short name
    uint32_t version;
    uint8_t number[FILLED_NUMBER]; // this paper's own, as in its QR code; all zero: none yet
    filled_field fields[FILLED_FIELDS]; // by name
    size_t count;
    filled_place title, edition, whole; // "form:", "version:" and "fields:"
    filled_place empty[FILLED_FIELDS]; // keys with nothing behind them; not packed
    size_t empty_count;
} filled;

MUST_CHECK err filled_init(filled *f, const char *form, uint32_t version);
void filled_done(filled *f); // overwrites nothing: wipe what is secret at its source
MUST_CHECK err filled_add(filled *f, const char *name, const char *value); // one more value of the field
const filled_field *filled_find(const filled *f, const char *name);        // NULL: not filled in
// Where the field stands, or its empty key, or where it would be written; line 0: not from a file.
filled_place filled_where(const filled *f, const char *name);
const char *filled_value(const filled *f, const char *name);               // the first, or ""

MUST_CHECK err form_pack(const filled *f, buf *out); // appends
// ERR_FORMAT for every spelling but form_pack's; ERR_LIMIT.
MUST_CHECK err form_unpack(span bytes, filled *ret);

// A filled form as people write it:
//   form: consent
//   version: 1
//   number: 7K3M-9QXD-4N2P-0RX2      (the paper's own, or all that its QR code says; may be left out)
//   fields: {family-name: 山田, categories: [basics, laboratory]}
// ERR_FORMAT: the mistakes are in the diag. What is written in the fields is not judged here.
MUST_CHECK err form_read(span text, const char *file, diag *d, filled *ret);
err form_write(const filled *f, buf *out); // the same, appended: what form_read reads back

#endif
