// SPDX-License-Identifier: Apache-2.0
// The rules of the request flow (requests.yaml): deadlines, reasons, second checks, what a
// match needs, how long papers are kept, who is told of what. Names that belong to other
// rooms (states, strengths, fields of evidence) are told here by name, so that nobody's
// numbers depend on anybody's.
// Owner: the policy; texts live as long as it. Thread: read-only, any.
// Fails: never; what the rules leave out has the defaults said below.
#ifndef TSUNAGU_ENGINE_FLOW_H
#define TSUNAGU_ENGINE_FLOW_H

#include "policies/engine/decide.h"

// ---- deadlines -------------------------------------------------------------------
typedef enum flow_state { // the states of the request machine
    FLOW_STATE_DRAFT, FLOW_STATE_ENQUIRING, FLOW_STATE_SENT, FLOW_STATE_RECEIVED, FLOW_STATE_ASKED_BACK,
    FLOW_STATE_CHECKING, FLOW_STATE_ACCEPTED, FLOW_STATE_DISCLOSED, FLOW_STATE_COMPLETED, FLOW_STATE_REJECTED,
    FLOW_STATE_CANCELLED, FLOW_STATE_CHANGED, FLOW_STATE_WITHDRAWN, FLOW_STATE_ENDED, FLOW_STATE_OBJECTED,
    FLOW_STATE_COUNT
} flow_state;
const char *policy_flow_state_name(flow_state s); // "draft", "asked-back", ...

typedef struct policy_deadline {
    int days;     // a request may stay in this state so long; 0: no deadline
    int remind;   // a reminder each so many days before that; 0: none
    bool cancels; // at the deadline the request is cancelled; else it is overdue and told as such
} policy_deadline;
policy_deadline policy_flow_deadline(const policy *p, flow_state s);

// ---- lists with words, in the order of the file -------------------------------------
typedef struct policy_reason {
    const char *id, *label_ja, *label_en;
    bool explain; // to be explained in words
} policy_reason;
int policy_reason_count(const policy *p); // for refusing a request
policy_reason policy_reason_at(const policy *p, int reason);
int policy_reason_find(const policy *p, const char *id); // or POLICY_NONE

int policy_join_reason_count(const policy *p); // for refusing an application to join, or a notice of leaving
policy_reason policy_join_reason_at(const policy *p, int reason);
int policy_join_reason_find(const policy *p, const char *id); // or POLICY_NONE

typedef struct policy_relation {
    const char *id, *label_ja, *label_en;
    bool until_majority; // ends when the patient comes of age (a parent)
} policy_relation;
int policy_relation_count(const policy *p); // of a proxy to the patient
policy_relation policy_relation_at(const policy *p, int relation);
int policy_relation_find(const policy *p, const char *id); // or POLICY_NONE

int policy_emergency_reason_count(const policy *p); // coded, for opening a record in an emergency
policy_reason policy_emergency_reason_at(const policy *p, int reason);
int policy_emergency_reason_find(const policy *p, const char *id); // or POLICY_NONE

// ---- matching ---------------------------------------------------------------------
typedef enum flow_strength { // a comparison's strength, by pact's name for it
    FLOW_WEAK, FLOW_POSSIBLE, FLOW_LIKELY, FLOW_STRONG, FLOW_STRENGTHS
} flow_strength;
const char *policy_flow_strength_name(flow_strength s); // "weak", "possible", "likely", "strong"
typedef enum flow_evidence { // a compared field, by pact's name for it
    FLOW_KANA_FAMILY, FLOW_KANA_GIVEN, FLOW_KANJI, FLOW_BIRTH, FLOW_SEX, FLOW_POSTAL, FLOW_INSURANCE, FLOW_BRANCH,
    FLOW_TELEPHONE, FLOW_ADDRESS, FLOW_EVIDENCES
} flow_evidence;
const char *policy_flow_evidence_name(flow_evidence e); // "kana_family", "kana_given", "kanji", ...
// A request may be accepted where all fields of at least one of these sets agree (bit per
// flow_evidence); count 0: a person decides alone.
int policy_accept_count(const policy *p);
uint32_t policy_accept_at(const policy *p, int set);

// ---- numbers and choices ------------------------------------------------------------
typedef enum flow_second { // when a second person checks an acceptance
    SECOND_ALWAYS, SECOND_WEAK /* less than strong */, SECOND_PROXY, SECOND_MINOR, SECOND_COUNT
} flow_second;
typedef struct policy_flow_view {
    bool present;           // requests.yaml is there; without it what stands in brackets holds
    uint32_t second_check;  // bit per flow_second; 0: never [SECOND_ALWAYS]
    uint32_t shown;         // strengths shown as candidates: bit per flow_strength [possible, likely, strong]
    int retention_months;   // of papers after the end, at least 36 [60]
    int valid_months;       // a consent ends by itself after so long; 0: not [0]
    int notice_days;        // before an end by itself [30]
    int majority_age;       // years [18]
    // emergencies
    uint64_t review_roles;  // who may close a review: bit per role number [none]
    uint32_t review_by;     // at whose place: bit per flow_audience [disclosing, secretariat]
    int consent_days;       // consent is sought within so many days after; 0: not [1]
} policy_flow_view;
policy_flow_view policy_flow(const policy *p);
const char *policy_flow_second_name(flow_second s); // "always", "weak", "proxy", "minor"

// ---- who is told ---------------------------------------------------------------------
typedef enum flow_event {
    FLOW_EVENT_ARRIVED,     // a request is in the inbox
    FLOW_EVENT_ASKED_BACK, FLOW_EVENT_REPLIED,
    FLOW_EVENT_COMPLETED, FLOW_EVENT_REFUSED, FLOW_EVENT_CANCELLED,
    FLOW_EVENT_OVERDUE,     // a reminder, or a deadline has passed
    FLOW_EVENT_DOCUMENTS,   // new documents
    FLOW_EVENT_CHANGED, FLOW_EVENT_WITHDRAWN, FLOW_EVENT_OBJECTED,
    FLOW_EVENT_EMERGENCY,   // a record was opened in an emergency
    FLOW_EVENT_REVIEW_DUE,  // the review of one waits
    FLOW_EVENT_CONSENT_DUE, // the consent after one is to be sought
    FLOW_EVENT_EXPIRING,    // a consent will end by itself
    FLOW_EVENT_ENDED,       // it did
    FLOW_EVENT_MAJORITY,    // a patient whose proxy signed comes of age
    FLOW_EVENT_APPLIED, FLOW_EVENT_JOINED, FLOW_EVENT_LEFT, // facilities
    FLOW_EVENT_ENQUIRED,    // all that were asked have said whether they may hold records, or their time is over
    FLOW_EVENT_COUNT
} flow_event;
const char *policy_flow_event_name(flow_event e); // "arrived", "asked-back", ... "review-due", ... "left"
typedef enum flow_audience {
    FLOW_TO_ASKING,      // the facility that asked
    FLOW_TO_DISCLOSING,  // the hospital concerned
    FLOW_TO_OWN,         // the patient's own clinic: the one that recorded the consent
    FLOW_TO_SECRETARIAT, // of the unions concerned
    FLOW_TO_COUNCIL, FLOW_TO_PATIENT, FLOW_AUDIENCES
} flow_audience;
const char *policy_flow_audience_name(flow_audience a); // "asking", "disclosing", "own", ...
uint32_t policy_told_of(const policy *p, flow_event e); // bit per flow_audience; not said: nobody
                                                        // (no requests.yaml: asking, disclosing and own)
#endif
