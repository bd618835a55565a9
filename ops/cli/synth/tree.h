// SPDX-License-Identifier: Apache-2.0
// Files into a storage: PID[0:3]/PID[3:6]/PID/day/type/name (field-facts §1.1).
// Owner: the caller (tree_close). Thread: one. Fails: ERR_EXISTS, ERR_IO, ERR_FULL, ERR_LIMIT.
#ifndef TSUNAGU_SYNTH_TREE_H
#define TSUNAGU_SYNTH_TREE_H

#include "proto/base/date.h"
#include "proto/base/span.h"

typedef struct tree {
    int root;    // -1: none
    int patient; // the folder that was used last, or -1
    char chart[16];
} tree;

// The name of one file, or of one folder of the extended storage.
typedef struct tree_name {
    const char *chart;      // six characters at least
    day clinical;           // DAY_NONE: "-"
    const char *type;       // OMP-01; extended: the level-5 folder's name
    const char *code;       // in the name; NULL: type
    const char *order;
    day sent;
    uint32_t sent_ms;       // of that day
    const char *department; // or "-"
    char flag;              // '1', '2', '0'
} tree_name;

MUST_CHECK err tree_open(const char *parent, const char *name, tree *ret);
void tree_close(tree *t);
MUST_CHECK err tree_put(tree *t, const tree_name *name, span bytes);
// Extended storage: the name is a folder, the bytes are one file in it.
MUST_CHECK err tree_put_in(tree *t, const tree_name *name, const char *file, span bytes);

void tree_stamp(day d, uint32_t ms, char out[static 18]); // YYYYMMDDHHMMSSFFF
void tree_day(day d, char out[static 9]);                 // YYYYMMDD, "-" for DAY_NONE

#endif
