// SPDX-License-Identifier: Apache-2.0
// Inside this room only: the tables while lists are laid over a bundle.
// Owner: members_lay; lay_done. Thread: one. Fails: ERR_MEM, ERR_LIMIT.
#ifndef TSUNAGU_RATIFY_MEMBERS_ROWS_H
#define TSUNAGU_RATIFY_MEMBERS_ROWS_H

#include "policies/ratify/members_lay.h"

typedef struct lay_row { // a facility
    uint64_t code, unions, discloses;
    const char *name, *ward;
    int kind;
    int facility; // its number in the bundle, or POLICY_NONE: set by lay_nodes
} lay_row;

// A machine. Keys: three lists, tls, sign, seal.
typedef struct lay_node {
    const char *name, *host;
    int union_no, list;  // list: POLICY_NONE if it is the bundle's
    int of_bundle;       // its number there
    const member_node *of_list;
    int key_count[3];
    const uint8_t *keys[3][BUNDLE_KEYS];
    uint32_t *discloses, *views; // rows, rising
    size_t disclose_count, view_count;
    bool gone;
} lay_node;

typedef struct lay {
    const policy *bundle;
    members *const *lists;
    size_t list_count;
    int union_of[BUNDLE_UNIONS]; // by list; POLICY_NONE: left out whole
    uint64_t listed;             // unions that a list speaks for
    members_issues *issues;
    lay_row *rows;
    size_t row_count;
    lay_node *nodes; // by name, at last
    size_t node_count;
} lay;

MUST_CHECK err lay_issue(lay *l, members_why why, int list, uint64_t code, const char *node);
int lay_find(const lay *l, uint64_t code); // row, or POLICY_NONE
MUST_CHECK err lay_nodes(lay *l);
void lay_nodes_put(const lay *l, buf *b);
void lay_done(lay *l);

#endif
