// SPDX-License-Identifier: Apache-2.0
// Inside the compiler room only: the rules as read, before they become bytes.
// Texts belong to the YAML documents or to the arena; all live as long as the
// draft. Owner: policy_compile. Thread: one. Fails: mistakes go to the diag and
// reading goes on, so that one run shows them all; `broken` is for memory only.
#ifndef TSUNAGU_COMPILER_DRAFT_H
#define TSUNAGU_COMPILER_DRAFT_H

#include "policies/compiler/compile.h"
#include "policies/compiler/shapes.h"
#include "policies/engine/bundle.h"
#include "policies/engine/decide.h"
#include "policies/engine/flow.h"
#include "policies/engine/forms.h"
#include "proto/base/arena.h"
#include "proto/base/tongue.h"
#include "proto/yaml/yaml.h"

typedef struct draft draft;

#define COMPILE_FILE_BYTES (4u << 20)
#define COMPILE_FILES 4096
#define COUNT_OF(a) (sizeof(a) / sizeof *(a))

typedef struct draft_place {
    const yaml_doc *doc;
    const yaml_node *node;
} draft_place;

// A word of the rules: a category, kind, role, purpose or union.
typedef struct draft_term {
    const char *id, *ja, *en, *secretariat;
    int bit;    // its number: a category's is written in the file, others are counted by id
    int months; // categories
    bool has_key; // a union's secretariat
    uint8_t key[32];
    draft_place place;
} draft_term;

typedef struct draft_terms {
    const char *noun; // for messages, marked with N_()
    draft_term *items;
    const char **ids; // the same order: for "did you mean"
    size_t count, max;
    bool partial; // an entry could not be read: a word may be unknown for that alone
} draft_terms;

typedef struct draft_facility {
    uint64_t code;
    const char *name, *ward;
    int kind;
    uint64_t unions, discloses;
    draft_place place;
} draft_facility;

typedef struct draft_agreement { // one direction
    bool set;
    day from, until;
    uint32_t categories, kinds;
    uint16_t months[POLICY_CATEGORIES];
    draft_place place;
} draft_agreement;

typedef struct draft_keys {
    int count;
    uint8_t at[BUNDLE_KEYS][32];
    draft_place place;
} draft_keys;

typedef struct draft_node {
    const char *name, *host;
    int union_no;
    uint32_t *discloses, *views; // facility numbers, rising
    size_t disclose_count, view_count;
    draft_keys tls, sign, seal;
    draft_place place;
} draft_node;

// A rule as written; what it does not name is meant for all.
typedef struct draft_rule {
    bool allow;
    uint8_t named; // one more than how many of the four it names
    uint64_t kinds, roles, purposes, categories;
    draft_place place;
} draft_rule;

typedef struct draft_seat {
    const char *id, *institution, *office;
    day from, until;
    bool has_key;
    uint8_t key[32];
    draft_place place;
} draft_seat;

typedef struct draft_emergency {
    bool set, without_consent, despite_objection;
    uint64_t kinds, roles, categories;
    int64_t minutes, review_hours;
    uint32_t told;
    draft_place place;
} draft_emergency;

typedef struct draft_choice_row { const char *id, *ja, *en; } draft_choice_row;

typedef struct draft_form_field {
    const char *id, *ja, *en, *hint_ja, *hint_en;
    form_type type;
    uint32_t by;
    form_need need;
    int when; // number of an earlier field
    const char *is;
    int64_t max;
    draft_choice_row *choices;
    size_t choice_count;
    draft_place place;
} draft_form_field;

typedef struct draft_form_section {
    const char *id, *ja, *en;
    size_t field_count;
    draft_place place;
} draft_form_section;

typedef struct draft_sentence { const char *ja, *en; } draft_sentence;

typedef struct draft_form {
    const char *id, *ja, *en, *code;
    int64_t version;
    uint32_t filed_by;
    draft_form_section *sections;
    draft_form_field *fields; // of all sections, one after the other
    draft_sentence *sentences;
    size_t section_count, field_count, sentence_count;
    draft_place place;
} draft_form;

typedef struct draft_reason { // also a relation: flag is until_majority then
    const char *id, *ja, *en;
    bool flag;
    draft_place place;
} draft_reason;
typedef struct draft_reasons {
    draft_reason *items;
    size_t count;
} draft_reasons;

typedef struct draft_deadline {
    bool set, cancels;
    int64_t days, remind;
} draft_deadline;

typedef struct draft_requests { // what requests.yaml says
    bool set;
    draft_deadline deadlines[FLOW_STATE_COUNT];
    draft_reasons refusals, relations, emergencies, join_refusals;
    uint32_t second_check, shown;
    uint16_t accept[BUNDLE_ACCEPT_SETS]; // rising
    size_t accept_count;
    int retention_months, valid_months;
    int64_t notice_days, majority_age, consent_days;
    uint64_t review_roles;
    uint32_t review_by;
    uint32_t told[FLOW_EVENT_COUNT];
    draft_place place;
} draft_requests;

typedef struct draft_file {
    const char *name;
    yaml_doc *doc; // NULL: could not be read (already said)
} draft_file;

struct draft {
    diag *diag;
    arena arena;
    bool broken; // out of memory
    size_t errors; // of the diag before this compilation
    draft_file *files; // by name
    size_t file_count;
    int64_t version, ticket_minutes;
    day effective_from, stale_after;
    uint32_t told;
    policy_grain grain;
    const char *hub_name, *hub_host;
    draft_keys hub_tls, hub_sign;
    draft_terms categories, kinds, roles, purposes, unions;
    uint16_t *allow; // [kind][role][purpose]
    draft_facility *facilities;
    size_t facility_count, facility_cap;
    bool facilities_partial;
    draft_agreement *agreements; // [disclosing union][viewing union]
    draft_node *nodes;
    size_t node_count;
    draft_rule *rules; // in the order of the file
    size_t rule_count;
    day warn_after, no_registrations_after;
    policy_fraction quorum;
    int64_t meetings_a_year, meetings_begin;
    bool has_previous;
    uint8_t previous[32];
    const char **observers; // rising
    size_t observer_count;
    draft_seat *seats; // by id
    size_t seat_count;
    draft_emergency emergency;
    draft_requests requests;
    draft_form *forms; // by id
    size_t form_count;
};

// All files, every mistake said. ERR_FORMAT: there were mistakes; `ret` is to be freed all the same.
MUST_CHECK err draft_read(const policy_files *files, diag *diagnosis, draft *ret);
void draft_done(draft *d);

void *draft_get(draft *d, size_t count, size_t size); // NULL sets broken

// ---- files ---------------------------------------------------------------
const yaml_doc *draft_doc(draft *d, const char *name, bool required); // NULL: absent or unreadable
bool draft_in_folder(const draft_file *f, const char *folder);
size_t draft_folder_count(const draft *d, const char *folder);

// ---- values of a map (draft.c) --------------------------------------------
void draft_error(draft *d, draft_place at, const char *fmt, ...) PRINTF_LIKE(3, 4);
void draft_warn(draft *d, draft_place at, const char *fmt, ...) PRINTF_LIKE(3, 4);
draft_place draft_at(const yaml_doc *doc, const yaml_node *n);
// False (and said) unless it is a map. Unknown keys are said with the nearest known one,
// needed ones that are absent too.
bool draft_map(draft *d, draft_place map, const draft_shape *shape);
bool draft_map_of(draft *d, draft_place map, const char *const *known, size_t count);
draft_place draft_may(draft_place map, const char *key); // node NULL if absent
// The list's entries; 0 if it is absent or no list (said, with the first key of an entry).
size_t draft_list(draft *d, draft_place list, const draft_shape *entry);
draft_place draft_item(draft_place list, size_t i);
const char *draft_text(draft *d, draft_place value);                // NULL and said; NULL node: NULL
const char *draft_long(draft *d, draft_place value);                // sentences; blanks between kanji go
const char *draft_id(draft *d, draft_place value);                  // a-z 0-9 -
const char *draft_host(draft *d, draft_place value);
// The number of a map's key, within the shape's range.
bool draft_number(draft *d, draft_place map, const draft_shape *shape, const char *key, int64_t *ret);
bool draft_yes(draft *d, draft_place value, bool *ret); // はい いいえ yes no
bool draft_key(draft *d, draft_place value, uint8_t ret[static 32]);
int draft_choice_of(draft *d, draft_place value, const draft_choices *c, const char *noun); // or POLICY_NONE
uint32_t draft_choices_of(draft *d, draft_place value, const draft_choices *c, const char *noun);
bool draft_date_never(draft *d, draft_place value, day *ret);
bool draft_date(draft *d, draft_place value, day *ret);
bool draft_months(draft *d, draft_place value, int *ret); // 6か月 1年 P6M
bool draft_code(draft *d, draft_place value, uint64_t *ret);       // ten digits
void draft_check_digit(draft *d, draft_place value, uint64_t code); // warns
// A word, a list of words, or `all`. ret_named: something other than all.
bool draft_words(draft *d, draft_place value, const draft_terms *t, uint64_t *ret, bool *ret_named);
int draft_word(draft *d, draft_place value, const draft_terms *t); // its number or POLICY_NONE
uint64_t draft_all(const draft_terms *t);
bool draft_wide(draft *d, draft_place at, const char *text); // whether a full-width sign was the mistake; said
void draft_names(char *out, size_t cap, const char *const *names, size_t count); // "a, b, c", for a message
const draft_term *draft_term_of(const draft_terms *t, int bit);
bool duration_parse(const char *text, int *ret_months);
void digits_narrow(const char *text, char *out, size_t cap); // full-width digits to ASCII

// ---- one concern a file -----------------------------------------------------
void council_draft(draft *d);
void seats_draft(draft *d, draft_place map);
void emergency_draft(draft *d);
void requests_draft(draft *d);
void forms_draft(draft *d);
void hub_draft(draft *d);
void terms_draft(draft *d);
void rules_draft(draft *d);
void unions_draft(draft *d);
void agreements_draft(draft *d);
void nodes_draft(draft *d);
void hub_keys_draft(draft *d);
void keys_check(draft *d); // one key, one machine
int draft_facility_of(const draft *d, uint64_t code);
void keys_draft(draft *d, draft_place value, draft_keys *ret);

// What decides one right: the strongest rule of each side, the first of equals; POLICY_NONE: none.
void draft_deciding(const draft *d, int kind, int role, int purpose, int category, int *ret_allow, int *ret_deny);

// Legal, but suspicious: warnings. today may be DAY_NONE.
void rules_suspect(draft *d);
void members_suspect(draft *d);
void forms_suspect(draft *d);
void seats_suspect(draft *d, day today);

MUST_CHECK err draft_emit(const draft *d, buf *ret);
void draft_text_put(buf *b, const char *s);
void forms_put(buf *b, const draft *d);
void requests_put(buf *b, const draft *d);

#endif
