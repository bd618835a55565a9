// SPDX-License-Identifier: Apache-2.0
// The common forms (共通様式) of the rules, as people fill them in: what is asked, in
// what order, of whom, and the sentences they sign. Sections, fields, choices and
// sentences stand in the order of the paper; forms are numbered by their short names.
// Owner: the policy; texts live as long as it. Thread: read-only, any.
// Fails: never; a number or name that does not exist shows an empty row (texts "").
#ifndef TSUNAGU_ENGINE_FORMS_H
#define TSUNAGU_ENGINE_FORMS_H

#include "policies/engine/decide.h"

typedef enum form_type { // how a value is written and checked (policies/forms)
    FORM_TEXT,        // one line
    FORM_NOTE,        // several lines
    FORM_NAME,        // a person's name, as written
    FORM_KANA,        // a person's name in kana
    FORM_DATE,        // 2026-04-01, 令和8年4月1日
    FORM_COUNT_OF,    // a whole number (terminals, users)
    FORM_YES,         // yes, no
    FORM_SIGNATURE,   // a box on paper; in a file: whether it is signed
    FORM_CHOICE,      // one of the field's choices
    FORM_RELATION,    // one of the proxy relations (flow.h)
    FORM_REASON,      // one of the reasons for refusal (flow.h)
    FORM_CATEGORIES,  // categories of the rules; or all
    FORM_GRANTEES,    // facilities (code) and unions (short name); or all
    FORM_FACILITY,    // a facility of the membership list, by its code
    FORM_UNION,       // a union, by its short name
    FORM_KIND,        // a kind of facility
    FORM_INSTITUTION, // institution code, ten digits; perhaps of no member
    FORM_INSURER,     // insurer number (保険者番号), 8 or 6 digits
    FORM_SYMBOL,      // insured symbol (記号)
    FORM_NUMBER,      // insured number (番号), perhaps with a branch (枝番): 187 or 187-05
    FORM_PHONE,
    FORM_POSTAL,      // postal code, seven digits
    FORM_CHART,       // the facility's own patient number
    FORM_HASH,        // SHA-256 of a scanned paper, 64 hexadecimal digits
    FORM_TYPES
} form_type;
const char *policy_form_type_name(form_type t); // "text", ... "hash"
int policy_form_type_max(form_type t);          // the largest `max` of a field; 0: it has none

typedef enum form_hand { // who writes it, or hands the form in
    HAND_PATIENT, HAND_PROXY, HAND_CLINIC, HAND_HOSPITAL, HAND_SECRETARIAT, HAND_COUNT
} form_hand;
const char *policy_form_hand_name(form_hand h); // "patient", ...

typedef enum form_need {
    NEED_NEVER, NEED_ALWAYS,
    NEED_FILLED, // when field `when` has any value
    NEED_IS,     // when field `when` has (or its list holds) the value `is`
    NEED_MINOR,  // when the person born on the date in `when` is under age (flow.h)
    NEED_COUNT
} form_need;

typedef struct policy_form {
    const char *id, *label_ja, *label_en;
    const char *code;        // of the QR code: A-Z 0-9, one to eight; no two forms have the same
    uint32_t version;        // of this form; rises when its meaning does
    uint32_t filed_by;       // who may hand it in: bit per form_hand
    int section_count, field_count, sentence_count;
} policy_form;

typedef struct policy_form_section {
    const char *id, *label_ja, *label_en;
    int field_first, field_count; // of the form's fields
} policy_form_section;

typedef struct policy_form_field {
    const char *name, *label_ja, *label_en;
    const char *hint_ja, *hint_en;   // or ""
    form_type type;
    int section;
    uint32_t filled_by;              // bit per form_hand
    form_need need;
    int when;                        // an earlier field's number, or POLICY_NONE
    const char *is;                  // NEED_IS: the value as written in a filled form, else ""
    int max;                         // characters of a value (of each, in a list); COUNT_OF: the largest number
    int choice_count;                // FORM_CHOICE
} policy_form_field;

typedef struct policy_sentence { const char *ja, *en; } policy_sentence;

int policy_form_count(const policy *p);
policy_form policy_form_at(const policy *p, int form);
int policy_form_find(const policy *p, const char *id);        // or POLICY_NONE
int policy_form_by_code(const policy *p, const char *code);   // or POLICY_NONE
policy_form_section policy_form_section_at(const policy *p, int form, int section);
policy_form_field policy_form_field_at(const policy *p, int form, int field);
int policy_form_field_find(const policy *p, int form, const char *name); // or POLICY_NONE
policy_text policy_form_choice_at(const policy *p, int form, int field, int choice);
int policy_form_choice_find(const policy *p, int form, int field, const char *id); // or POLICY_NONE
policy_sentence policy_form_sentence_at(const policy *p, int form, int sentence); // what is agreed to

#endif
