// SPDX-License-Identifier: Apache-2.0
// What a change of the rules would have meant for look-ups that were recorded: each is
// decided under both. The log knows neither the consent nor the registration day, so:
// what was granted then was consented to; what the old rules would have granted and
// was not, was not consented to; what the old rules refuse may have been. Windows
// count from the day of the look-up.
// Owner: impact_free; the two policies must outlive it. Thread: one. Fails: ERR_MEM.
#ifndef TSUNAGU_WORKSHOP_IMPACT_H
#define TSUNAGU_WORKSHOP_IMPACT_H

#include "policies/engine/decide.h"

typedef enum impact_outcome { OUTCOME_ANSWERED, OUTCOME_DENIED, OUTCOME_WITHDRAWN, OUTCOME_UNREACHABLE } impact_outcome;
typedef struct impact_source {
    uint64_t source;
    impact_outcome outcome;
    uint32_t granted;
} impact_source;
typedef struct impact_lookup {
    uint64_t seq, facility;
    day today;
    const char *node, *role, *purpose;
    uint32_t asked; // 0: all
    const impact_source *sources;
    size_t count;
} impact_lookup;

typedef enum impact_effect { EFFECT_REFUSED, EFFECT_ALLOWED, EFFECT_SHORTER, EFFECT_LONGER, EFFECT_COUNT } impact_effect;
typedef struct impact_cell {
    uint64_t count[EFFECT_COUNT];
    uint64_t first; // the sequence of the first look-up concerned
} impact_cell;

#define IMPACT_UNIONS 128
typedef struct impact {
    const policy *old_rules, *new_rules;
    policy_text unions[IMPACT_UNIONS]; // of both, by short name
    int union_count;
    impact_cell *cells;  // [viewing union][disclosing union][category]
    uint64_t lookups, answers, changed; // look-ups; their sources; look-ups with any effect
    uint64_t otherwise;  // answers that the old rules would not have given: the log was under others
    uint64_t unknown;    // look-ups by a facility, role or purpose that neither rules know
} impact;

MUST_CHECK err impact_new(const policy *old_rules, const policy *new_rules, impact **ret);
void impact_free(impact *m);
void impact_add(impact *m, const impact_lookup *l);
impact_cell *impact_at(const impact *m, int viewer, int discloser, int category);
err impact_put(const impact *m, bool japanese, buf *out);

#endif
