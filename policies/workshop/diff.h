// SPDX-License-Identifier: Apache-2.0
// What a change of the rules does: not lines, but rights. A right is (kind of viewing
// facility, viewing union, role, purpose, disclosing union, category) -> window and
// dates. Complete and exact: what no group covers did not change. Who joined or
// left a union, and from when to when the rules hold, are told apart from it.
// Owner: diff_free; texts point into the two policies, which must outlive it.
// Thread: one. Fails: ERR_MEM.
#ifndef TSUNAGU_WORKSHOP_DIFF_H
#define TSUNAGU_WORKSHOP_DIFF_H

#include "policies/engine/table.h"

// The words of both rules, matched by their short names; numbers of the diff's own.
#define AXIS_MAX 128
typedef struct diff_axis {
    int count;
    policy_text text[AXIS_MAX]; // the new rules' labels where they have it
    int old_no[AXIS_MAX], new_no[AXIS_MAX]; // or POLICY_NONE
} diff_axis;

typedef struct diff_value { // months 0: no right
    int months;
    day from, until; // of the agreement
} diff_value;

typedef struct diff_union_set { uint64_t at[AXIS_MAX / 64]; } diff_union_set;
static inline bool diff_set_has(const diff_union_set *s, int i) { return s->at[i / 64] >> (i % 64) & 1; }

// The changed rights are all of what x who x whom.
typedef struct diff_group {
    diff_value before, after;
    bool dated;                          // the agreement's dates are part of the change
    bool ruled;                          // who: everyone whom both rules allow it; `who` is empty
    uint32_t what[AXIS_MAX / 2];         // by kind: categories
    uint32_t who[AXIS_MAX];              // by role: purposes
    diff_union_set whom[AXIS_MAX];       // by viewing union: disclosing unions
} diff_group;

typedef enum diff_member_change {
    MEMBER_JOINED, MEMBER_JOINED_DISCLOSING, MEMBER_LEFT, MEMBER_DISCLOSES, MEMBER_STOPS_DISCLOSING, MEMBER_KIND,
    MEMBER_CHANGES
} diff_member_change;
typedef struct diff_member {
    diff_member_change change;
    int union_no;           // of the diff's unions; MEMBER_KIND: POLICY_NONE
    uint64_t code;
    const char *name;
    int kind_before, kind_after; // of the diff's kinds, or POLICY_NONE
} diff_member;

typedef struct diff {
    const policy *old_rules, *new_rules;
    diff_axis kinds, roles, purposes, categories, unions;
    diff_group *groups;
    size_t group_count, group_cap;
    diff_member *members; // by change, union, code
    size_t member_count, member_cap;
    bool validity;        // the days between which the rules hold changed
    bool papers;          // forms, or the flow of requests
    bool other;           // the bytes differ, though no right does
} diff;

MUST_CHECK err diff_run(const policy *old_rules, const policy *new_rules, diff **ret);
void diff_free(diff *d);
MUST_CHECK err diff_members(diff *d); // diff_run's second half

typedef struct diff_right { int kind, category, role, purpose, discloser, viewer; } diff_right; // the diff's numbers
bool diff_covers(const diff *d, const diff_group *g, const diff_right *r);
// The first role and purpose of the group for the right's kind and category.
bool diff_who_first(const diff *d, const diff_group *g, diff_right *r);
// One right of the group for which there are facilities now (after; for a loss, before).
typedef struct diff_example { diff_right right; int viewer, source; } diff_example; // facility numbers there
bool diff_example_of(const diff *d, const diff_group *g, diff_example *ret); // false: no facilities; right is set

// Forms and the flow of requests, in words; nothing where nothing changed.
err diff_papers_put(const policy *old_rules, const policy *new_rules, bool japanese, buf *out);

// Lines for people.
err diff_put(const diff *d, bool japanese, buf *out);

#endif
