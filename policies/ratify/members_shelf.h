// SPDX-License-Identifier: Apache-2.0
// The newest list of each union, by the union's id: the same order everywhere, so that the
// same lists over the same bundle give the same bytes at hub and nodes.
// Owner: the shelf owns the lists it took; shelf_done. Thread: one at a time. Fails: as members_accept.
#ifndef TSUNAGU_RATIFY_MEMBERS_SHELF_H
#define TSUNAGU_RATIFY_MEMBERS_SHELF_H

#include "policies/ratify/members_lay.h"
#include "policies/rules/rules.h"

typedef struct members_shelf {
    members *lists[BUNDLE_UNIONS];
    size_t count;
} members_shelf;

members *shelf_find(const members_shelf *s, const char *union_id); // or NULL
// Judges `m` (members_accept); if it is good, it moves onto the shelf and *m is empty.
MUST_CHECK err shelf_take(members_shelf *s, const policy *bundle, members *m, day today, bool gaps,
                          members_why *ret, members_issue *ret_issue, buf *ret_bytes);
// Without judging: a list that was taken before, read again from the disk.
MUST_CHECK err shelf_put(members_shelf *s, members *m);
// The newest list of each union in a folder of rules (policies/rules/folder.h). What is no list is left out.
MUST_CHECK err shelf_load(members_shelf *s, const char *dir);
// The rules with these lists laid over; without any, the same rules, counted once more.
MUST_CHECK err shelf_rules(const members_shelf *s, rules *version, members_issues *issues, rules **ret);
void shelf_done(members_shelf *s);

#endif
