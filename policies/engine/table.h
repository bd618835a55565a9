// SPDX-License-Identifier: Apache-2.0
// The rules as tables, to be read by tools that tell people what they mean
// (policies/workshop). Whoever decides uses policy_decide, never these.
// Owner: the policy. Thread: read-only, any. Fails: never; numbers out of range show nothing.
#ifndef TSUNAGU_ENGINE_TABLE_H
#define TSUNAGU_ENGINE_TABLE_H

#include "policies/engine/decide.h"

// Categories that the council's rules allow, whatever the agreements say.
uint32_t policy_allowed(const policy *p, int kind, int role, int purpose);

// What a viewing union gets of a disclosing one, agreement by agreement in the order of
// time; no day is in two of them. A union with itself: one, with everything, for ever.
typedef struct policy_pact_view {
    uint32_t categories, kinds; // 0: there is none of this number
    day from, until;
    const uint16_t *months;     // by category bit
} policy_pact_view;
int policy_pact_count(const policy *p, int discloser, int viewer);
policy_pact_view policy_pact_at(const policy *p, int discloser, int viewer, int number);

uint64_t policy_discloses(const policy *p, int facility); // the unions it discloses under
bool policy_node_views(const policy *p, int node, int facility); // listed as one it views for
// All of them, rising by number.
size_t policy_node_views_all(const policy *p, int node, const uint32_t **ret);
uint32_t policy_categories(const policy *p);              // bits that exist

// Do these unions (bits) have to do with each other on that day: one in common, or an agreement in force, in
// either direction?
bool policy_related(const policy *p, uint64_t a, uint64_t b, day today);

#endif
