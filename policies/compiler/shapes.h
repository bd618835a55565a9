// SPDX-License-Identifier: Apache-2.0
// What may stand in which file, as tables: the checker refuses by them, and the
// editors' schema (schema.c) is written from them, so that the two cannot differ.
// Owner: constants. Thread: any. Fails: never.
#ifndef TSUNAGU_COMPILER_SHAPES_H
#define TSUNAGU_COMPILER_SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum field_type {
    FIELD_TEXT,     // one line
    FIELD_TEXTS,    // a list of them
    FIELD_ID,       // a-z 0-9 -
    FIELD_HOST,
    FIELD_NUMBER,   // least to most
    FIELD_DATE,
    FIELD_DATE_NEVER, // or the word never
    FIELD_DURATION,
    FIELD_CODE,     // ten digits
    FIELD_CODES,
    FIELD_CODES_ALL, // or the word all
    FIELD_PLACE,    // a code, or a facility's name
    FIELD_FRACTION, // 3/4
    FIELD_YES,      // はい, いいえ, yes, no
    FIELD_CONSENT,  // the same, or a map of the shape
    FIELD_HEX,      // 64 hexadecimal digits
    FIELD_HEXES,    // one or two of them
    FIELD_WORD,     // one of the words
    FIELD_WORDS,    // one, several, or all
    FIELD_LABEL,    // one of the words, or its label
    FIELD_LABELS,   // one or several
    FIELD_CHOICE,   // one of the choices
    FIELD_CHOICES,  // a list of them
    FIELD_MAP,      // of the shape
    FIELD_LIST,     // of entries of the shape
    FIELD_WINDOWS,  // category: duration
    FIELD_LONG,     // sentences
    FIELD_NEED,     // yes, no, or a map of the shape
    FIELD_CHOICE_SETS, // a list of lists of choices
} field_type;

typedef enum field_words {
    WORDS_CATEGORIES, WORDS_KINDS, WORDS_ROLES, WORDS_PURPOSES, WORDS_UNIONS, WORDS_COUNT
} field_words;

typedef struct draft_choice { const char *name, *ja; } draft_choice; // ja may be written too; or NULL
typedef struct draft_choices { const draft_choice *items; size_t count; } draft_choices;
typedef struct draft_shape draft_shape;
typedef struct draft_field {
    const char *name;
    field_type type;
    bool required;
    field_words words;
    int64_t least, most;
    const draft_choices *choices;
    const draft_shape *shape;
} draft_field;
struct draft_shape {
    const draft_field *fields;
    size_t count;
};
const draft_field *shape_field(const draft_shape *s, const char *name); // NULL: none

// One file of the rules, or the files of one folder.
typedef struct file_shape {
    const char *name;   // "council": for the schema
    const char *file;   // "council.yaml", "unions/"
    bool required;
    const draft_shape *shape;
} file_shape;
extern const file_shape FILE_SHAPES[];
extern const size_t FILE_SHAPE_COUNT;

extern const draft_choices CHOICES_REASONS, CHOICES_GRAINS, CHOICES_AUDIENCES, CHOICES_TYPES, CHOICES_HANDS,
    CHOICES_STATES, CHOICES_SECOND, CHOICES_STRENGTHS, CHOICES_EVIDENCE, CHOICES_TOLD;
extern const draft_shape SHAPE_COUNCIL, SHAPE_SEAT, SHAPE_MEETINGS, SHAPE_INDEX, SHAPE_HUB, SHAPE_HUB_KEYS,
    SHAPE_HUB_KEY_LISTS, SHAPE_CATEGORIES, SHAPE_CATEGORY, SHAPE_KINDS, SHAPE_ROLES, SHAPE_PURPOSES, SHAPE_TERM,
    SHAPE_RULES, SHAPE_RULE, SHAPE_UNION, SHAPE_FACILITY, SHAPE_AGREEMENT, SHAPE_ONE_WAY, SHAPE_NODE,
    SHAPE_NODE_KEYS, SHAPE_EMERGENCY, SHAPE_TESTS, SHAPE_GIVEN, SHAPE_TEST, SHAPE_CONSENT,
    SHAPE_FORM, SHAPE_FORM_SECTION, SHAPE_FORM_FIELD, SHAPE_FORM_NEED, SHAPE_FORM_SENTENCE, SHAPE_REQUESTS,
    SHAPE_DEADLINE, SHAPE_REASON, SHAPE_RELATION, SHAPE_MATCHING, SHAPE_TOLD, SHAPE_REQUESTS_EMERGENCY;

#endif
