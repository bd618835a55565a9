// SPDX-License-Identifier: Apache-2.0
// Inside the engine room only: the verified bundle as tables. Strings and keys
// point into the policy's own copy of the bytes.
// Owner: policy_open makes it, policy_free frees it. Thread: read-only, any. Fails: never.
#ifndef TSUNAGU_ENGINE_POLICY_H
#define TSUNAGU_ENGINE_POLICY_H

#include "policies/engine/bundle.h"
#include "policies/engine/decide.h"
#include "policies/engine/flow.h"
#include "policies/engine/forms.h"
#include "proto/base/arena.h"

typedef struct term_table {
    policy_text *items;
    int count;
} term_table;

typedef struct facility_row {
    uint64_t code;
    const char *name, *ward;
    uint64_t unions, discloses; // bits by union
    int kind;
} facility_row;

// What the viewing union gets to see of the disclosing one. The diagonal is the
// union itself: everything, at the council's windows, for ever.
typedef struct pact_cell {
    uint32_t categories, kinds;
    day from, until;
    uint16_t months[POLICY_CATEGORIES];
} pact_cell;

typedef struct key_set {
    int count;
    const uint8_t *at[BUNDLE_KEYS];
} key_set;

typedef struct node_row {
    const char *name, *host;
    int union_no;
    uint32_t *discloses, *views; // facility numbers, rising
    size_t disclose_count, view_count;
    key_set tls, sign, seal;
} node_row;

typedef struct tls_row {
    const uint8_t *key;
    int node; // POLICY_NONE: the hub
} tls_row;

typedef struct field_row {
    policy_form_field view;
    const policy_text *choices;
} field_row;

typedef struct form_row {
    policy_form view;
    policy_form_section *sections;
    field_row *fields;
    policy_sentence *sentences;
} form_row;

typedef struct flow_table {
    policy_flow_view view;
    policy_deadline deadlines[FLOW_STATE_COUNT];
    policy_reason *reasons, *emergency_reasons, *join_reasons;
    policy_relation *relations;
    int reason_count, emergency_reason_count, join_reason_count, relation_count, accept_count;
    uint16_t accept[BUNDLE_ACCEPT_SETS];
    uint8_t told[FLOW_EVENT_COUNT];
} flow_table;

struct policy {
    uint8_t *bytes;
    size_t len;
    uint8_t hash[32];
    uint32_t version, ticket_ms, told;
    day effective_from, stale_after;
    policy_grain grain;
    const char *hub_name, *hub_host;
    key_set hub_tls, hub_sign;
    uint32_t used; // categories that exist
    int category_top; // highest used bit + 1
    policy_text categories[POLICY_CATEGORIES];
    uint16_t windows[POLICY_CATEGORIES];
    term_table kinds, roles, purposes, unions;
    const char **secretariats;
    const uint8_t *union_keys[BUNDLE_UNIONS]; // of the secretariats; NULL: none yet
    uint16_t *allow;    // [kind][role][purpose]
    pact_cell *pacts;   // [disclosing union][viewing union]
    facility_row *facilities;
    int facility_count;
    node_row *nodes;
    int node_count;
    int *discloser;     // node by facility, or POLICY_NONE
    tls_row *tls;       // sorted by key
    size_t tls_count;
    policy_fraction quorum;
    day warn_after, no_registrations_after;
    policy_meetings meetings;
    const uint8_t *previous; // NULL: none
    const char **observers;
    int observer_count;
    policy_seat *seats;
    int seat_count;
    policy_emergency_view emergency;
    arena papers; // what forms and flow hang on
    form_row *forms;
    int form_count;
    flow_table flow;
};

#endif
