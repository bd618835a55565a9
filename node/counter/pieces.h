// SPDX-License-Identifier: Apache-2.0
// Inside the filing: a file that comes in pieces.
// Owner: the list between two pieces; whoever took the last one, until arriving_free. Thread: any.
#ifndef TSUNAGU_NODE_COUNTER_PIECES_H
#define TSUNAGU_NODE_COUNTER_PIECES_H

#include "node/counter/filing.h"
#include "node/viewing/viewer.h"

typedef struct arriving {
    struct arriving *next;
    char handle[HANDLE_MAX + 1];
    uint64_t facility;
    char user[PEOPLE_TEXT];
    shelf_upload *u;
    time_ms seen;
} arriving;

// One piece more. NULL: `in` has been answered; else the file is whole.
arriving *piece_take(node *n, control_in *in, const person *who);
void arriving_free(node *n, arriving *a);

#endif
