// SPDX-License-Identifier: Apache-2.0
// Who may: one pure function over verified bytes, the same at hub and nodes.
// Effective right = rule ∩ agreement ∩ consent ∩ window; anything unknown is
// denied (architecture §3).
// Owner: policy_open copies the bytes; policy_free. Thread: a policy is never
// written after policy_open: any number of threads. Fails: policy_open on bytes that
// are no bundle; policy_decide cannot fail, it denies. No I/O, no clock, no
// logging, no allocation in a decision.
#ifndef TSUNAGU_ENGINE_DECIDE_H
#define TSUNAGU_ENGINE_DECIDE_H

#include "proto/base/date.h"
#include "proto/base/span.h"

#define POLICY_CATEGORIES 16 // bits of a category mask; the council uses 8
#define POLICY_NONE (-1)

typedef struct policy policy;
MUST_CHECK err policy_open(span bytes, policy **ret); // verifies every offset and count once. ERR_FORMAT
void policy_free(policy *p);
span policy_bytes(const policy *p);
// SHA-256 of the bytes is computed by the caller (crypto is not this room's): set once after open.
void policy_set_hash(policy *p, const uint8_t hash[static 32]);
const uint8_t *policy_hash(const policy *p);

// ---- names to numbers; POLICY_NONE if unknown --------------------------------
int policy_category(const policy *p, const char *name); // bit number
int policy_kind(const policy *p, const char *name);
int policy_role(const policy *p, const char *name);
int policy_purpose(const policy *p, const char *name);
int policy_union(const policy *p, const char *name);
int policy_facility(const policy *p, uint64_t code);
int policy_node(const policy *p, const char *name);
int policy_node_by_tls(const policy *p, const uint8_t spki[static 32]);

typedef struct policy_text { const char *id, *label_ja, *label_en; } policy_text;
int policy_category_count(const policy *p);
policy_text policy_category_text(const policy *p, int bit); // unused bits: ids ""
int policy_category_window(const policy *p, int bit);       // months
int policy_role_count(const policy *p);
policy_text policy_role_text(const policy *p, int role);
int policy_purpose_count(const policy *p);
policy_text policy_purpose_text(const policy *p, int purpose);
int policy_kind_count(const policy *p);
policy_text policy_kind_text(const policy *p, int kind);
int policy_union_count(const policy *p);
policy_text policy_union_text(const policy *p, int u);
const char *policy_union_secretariat(const policy *p, int u); // or ""
// The Ed25519 key its membership lists are signed with, 32 bytes; NULL: none is named.
const uint8_t *policy_union_key(const policy *p, int u);

typedef struct policy_facility_view {
    uint64_t code;
    const char *name;   // UTF-8
    const char *ward;   // or ""
    int kind;
    bool discloses;
    uint64_t unions;    // bit per union number: a facility may be in several (at most 64 unions)
} policy_facility_view;
int policy_facility_count(const policy *p);
policy_facility_view policy_facility_at(const policy *p, int facility);

// A node of the membership list: two of each key while one is being replaced.
typedef struct policy_node_view {
    const char *name, *host; // host: the dNSName its certificate must carry
    int union_no;
    int tls_count, sign_count, seal_count;
    const uint8_t *tls[2], *sign[2], *seal[2]; // 32 bytes each: SPKI SHA-256, Ed25519, X25519
} policy_node_view;
int policy_node_count(const policy *p);
policy_node_view policy_node_at(const policy *p, int node);
bool policy_node_serves(const policy *p, int node, int facility); // discloses or views for it
int policy_discloser(const policy *p, int facility); // the node that discloses for it, or POLICY_NONE

typedef struct policy_hub_view {
    const char *name, *host;
    int tls_count, sign_count;
    const uint8_t *tls[2], *sign[2];
} policy_hub_view;
policy_hub_view policy_hub(const policy *p);

typedef enum policy_grain { GRAIN_PRESENCE = 0, GRAIN_MONTH = 1, GRAIN_DAY = 2 } policy_grain;
policy_grain policy_index_grain(const policy *p); // the finest that cards may have
uint32_t policy_version(const policy *p);
uint32_t policy_ticket_ms(const policy *p);       // a ticket's life, at most 600,000
day policy_effective_from(const policy *p);
day policy_stale_after(const policy *p);          // DAY_FOREVER if none
// Which reasons a clinic may be told (bit per policy_why); others become WHY_NOT_AVAILABLE.
uint32_t policy_told(const policy *p);

// ---- the council ------------------------------------------------------------------
typedef struct policy_seat {
    const char *id, *institution, *office; // a seat, never a person
    day term_from, term_until;             // the last day
    const uint8_t *key;                    // Ed25519 public key, 32 bytes; NULL: not yet
} policy_seat;
int policy_seat_count(const policy *p);
policy_seat policy_seat_at(const policy *p, int seat);   // by id; unknown: id ""
int policy_seat_find(const policy *p, const char *id);   // or POLICY_NONE
int policy_observer_count(const policy *p);
const char *policy_observer_at(const policy *p, int observer); // or ""
typedef struct policy_fraction { uint32_t numerator, denominator; } policy_fraction;
policy_fraction policy_quorum(const policy *p); // of all seats
const uint8_t *policy_previous_hash(const policy *p); // of version n-1; NULL if none is named
// The last day of each step; DAY_FOREVER: never. warn <= no_registrations <= deny = policy_stale_after.
typedef struct policy_stale_days { day warn, no_registrations, deny; } policy_stale_days;
policy_stale_days policy_stale(const policy *p);
typedef struct policy_meetings { int a_year, year_begins; } policy_meetings; // 0: not said; month 1-12
policy_meetings policy_council_meetings(const policy *p);

// What the council says about emergencies. The rules (purpose emergency) still decide
// who sees what; this is what else holds.
typedef enum policy_audience {
    AUDIENCE_PATIENT, AUDIENCE_DISCLOSER, AUDIENCE_SECRETARIAT, AUDIENCE_COUNCIL, AUDIENCE_COUNT
} policy_audience;
const char *policy_audience_name(policy_audience a); // "patient", "discloser", ...
typedef struct policy_emergency_view {
    bool present; // false: emergency.yaml says nothing, all else is 0
    uint32_t kinds, categories, told; // told: bit per policy_audience
    uint64_t roles;
    int minutes, review_hours;
    bool without_consent, despite_objection; // whether such a patient may be opened
} policy_emergency_view;
policy_emergency_view policy_emergency(const policy *p);

// ---- the decision ---------------------------------------------------------------
typedef enum policy_why {
    WHY_GRANTED = 0,
    WHY_RULE = 1,          // no rule allows it for this kind, role and purpose, or a rule denies it
    WHY_AGREEMENT = 2,     // the unions' agreement does not cover it, or there is none in force
    WHY_CONSENT = 3,       // the consent does not cover it (grantee, category, period)
    WHY_WINDOW = 4,        // the window holds nothing (only the window is told; documents decide)
    WHY_MEMBER = 5,        // asking or disclosing facility is not in the membership list as needed
    WHY_UNKNOWN = 6,       // unknown category, kind, role, purpose
    WHY_NOT_ASKED = 7,     // not among the wanted categories
    WHY_RULES_STALE = 8,   // the rules themselves are not in force (not yet, or stale)
    WHY_NOT_AVAILABLE = 9, // what a clinic is told where it may not be told which
    WHY_COUNT
} policy_why;
const char *policy_why_name(policy_why w); // "rule", "agreement", ...

typedef struct policy_question {
    int viewer, viewer_union;  // facility number; the union it asks through
    int role, purpose;
    int source;                // disclosing facility
    uint32_t asked;            // category mask
    day today, registered_on;  // the disclosure's registration day: windows count back from it
    // from the consent (pact/consent.h), already matched against the viewer:
    // consented: a grantee covers the viewer (or the purpose is emergency and the consent includes those)
    bool consented;
    uint32_t consent_categories;
    day consent_from, consent_until;
} policy_question;

typedef struct policy_answer {
    uint32_t granted;                 // category mask
    day from[POLICY_CATEGORIES];      // granted: the first day visible
    uint8_t why[POLICY_CATEGORIES];   // policy_why
} policy_answer;

// The first layer that refuses is told: rules in force, known words, members, the
// consent as a whole (grantee, period), then per category rule, agreement,
// consent, window. A source that discloses under several unions is asked under
// all of them: per category the most generous agreement counts. Within one
// union no agreement is needed.
void policy_decide(const policy *p, const policy_question *q, policy_answer *ret);

#endif
