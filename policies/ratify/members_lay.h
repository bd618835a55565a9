// SPDX-License-Identifier: Apache-2.0
// Laying lists over the council's bundle gives NEW BUNDLE BYTES for the engine's own verifier.
// Who says what about a facility (GRAMMAR.md, "Membership lists"):
//   - home is the union that the council's bundle registers it with, as long as it still is
//     there; of a facility unknown to the bundle, the union whose list had it first
//   - with two or more unions in the bundle the bundle's name, ward and kind hold; with one,
//     that union's list says them; whoever else registers it must say the same
//   - another union registers it only if a home list names that union under `also`
//   - it may disclose under its only home, or where the council's bundle says so
// Pure: no files, no clock; the same at a secretariat's desk, the hub and a node. Owner: the
// caller's buf, members_issues_done. Thread: one at a time. Fails: ERR_MEM, ERR_LIMIT (the bundle
// would be too large), ERR_CONFLICT (no facility would be left); refusals are values with a sentence.
#ifndef TSUNAGU_RATIFY_MEMBERS_LAY_H
#define TSUNAGU_RATIFY_MEMBERS_LAY_H

#include "policies/ratify/members.h"

typedef enum members_why {
    MEMBERS_GOOD,
    MEMBERS_UNSIGNED,
    MEMBERS_NO_UNION,       // the rules in force have no such union
    MEMBERS_NO_KEY,         // they name no key for its secretariat
    MEMBERS_OTHER_UNION,    // signed by another union's secretariat
    MEMBERS_WRONG_KEY,
    MEMBERS_FUTURE,
    MEMBERS_SAME,           // the list already in hand
    MEMBERS_ROLLBACK,
    MEMBERS_FORK,
    MEMBERS_GAP,
    MEMBERS_OTHER_PREVIOUS, // follows another list n-1
    MEMBERS_KIND,           // a kind of facility that the rules do not know
    MEMBERS_OTHER_DATA,     // another name, ward or kind than at home
    MEMBERS_ELSEWHERE,      // another union's facility, which did not say `also`
    MEMBERS_TAKES,          // would disclose for another union's facility
    MEMBERS_NODE_NAME,      // another union's node, or two of one name
    MEMBERS_NODE_KEY,       // a key that another machine has
    MEMBERS_NODE_FACILITY,  // a node for a facility that is not this union's, or has a node
    MEMBERS_TOO_MANY,
    MEMBERS_NOBODY,         // no facility would be left at all
    MEMBERS_DISTURBS,       // another union's entry would no longer hold
    MEMBERS_WHYS
} members_why;
const char *members_why_name(members_why w);
const char *members_why_text(members_why w); // a sentence in the asker's tongue

// Whether its own secretariat signed it.
members_why members_whose(const policy *bundle, members *m);
// May `m` follow `before` (NULL: none yet) under these rules? Signature and order only; wrong key first.
// gaps: whoever only follows may take a newer list without those between; whoever publishes may not.
members_why members_step(const policy *bundle, members *before, members *m, day today, bool gaps);

// An entry of a list that has no effect, and why.
typedef struct members_issue {
    members_why why;
    char union_id[BUNDLE_TEXT + 1];
    uint64_t code; // or 0
    char node[BUNDLE_TEXT + 1];
} members_issue;
typedef struct members_issues { members_issue *items; size_t count, cap; } members_issues;
void members_issues_done(members_issues *i);
// "天使病院 0119900058: ..." for people.
MUST_CHECK err members_issue_put(const members_issue *i, buf *out);

// Lays signed lists over the bundle, at most one a union. A list whose union or key the bundle
// no longer has is left out whole; an entry that may not be is left out alone; both are issues. Of two
// lists that contradict each other the earlier in the array keeps its entry.
MUST_CHECK err members_lay(const policy *bundle, members *const *lists, size_t count, members_issues *issues,
                           buf *ret_bytes);
// The whole judgement on a new list: step, then no entry without effect and no other union's
// entry disturbed. MEMBERS_GOOD: ret_bytes are the rules with it. `ret_issue`: where one entry is the reason.
MUST_CHECK err members_accept(const policy *bundle, members *const *lists, size_t count, members *m, day today,
                              bool gaps, members_why *ret, members_issue *ret_issue, buf *ret_bytes);

#endif
