// SPDX-License-Identifier: Apache-2.0
// What emergency.yaml and the reasons of requests.yaml say of one ask, the same at hub and nodes. The rules
// (policy_decide) still decide who sees what; this only takes away.
// Owner: plain values. Thread: any. Fails: never, it denies.
#ifndef TSUNAGU_ENGINE_EMERGENCY_H
#define TSUNAGU_ENGINE_EMERGENCY_H

#include "policies/engine/decide.h"

// What is known of the patient's own word.
typedef enum emergency_word {
    EMERGENCY_AGREED,  // a consent in force includes emergencies
    EMERGENCY_UNASKED, // there is none, or it ended by itself
    EMERGENCY_AGAINST  // withdrawn, given without emergencies, or an objection stands
} emergency_word;
typedef struct emergency_said {
    bool consent;   // one was recorded, and of it:
    bool withdrawn;
    bool includes;  // emergencies
    bool lasts;     // its time has begun and is not over
    bool stopped;   // withdrawn at the asking facility, for what was agreed to until then
    bool objected;  // at the source
} emergency_said;
emergency_word emergency_word_of(const emergency_said *s);
// May such a patient be opened at all?
bool emergency_opens(const policy *p, emergency_word w);

// The categories that a facility's kind and this role may open in any emergency; 0: none.
uint32_t emergency_categories(const policy *p, int facility, int role);
// Whether a reason of that id is in the list; ret_number counts from 1. No list, no emergencies.
bool emergency_reason(const policy *p, const char *id, uint8_t *ret_number);
const char *emergency_reason_id(const policy *p, uint8_t number); // or ""
uint32_t emergency_ticket_ms(const policy *p); // a ticket's life; the shorter of both
int emergency_minutes(const policy *p);        // one opening lasts so long
int emergency_review_hours(const policy *p);

#endif
