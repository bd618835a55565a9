// SPDX-License-Identifier: Apache-2.0
// Inside the requests room: keys of the lists, made in one place.
// Table `list`: kind 1 | what orders it | id 16 -> "".
//   I facility 8, 255 - urgency 1, made 8     the hospital's open ones
//   F facility 8, made 8                      all of a facility
//   N side 1, facility 8, number, NUL         by the clinic's number or the chart
//   S side 1, state 1                         by state
//   D due or remind, whichever is first 8     deadlines
//   P pseudonym 33, made 8                    all of a patient
// and V -> which kinds the lists have (filling.c).
// Owner: none. Thread: any. Fails: a store's errors.
#ifndef TSUNAGU_NODE_REQUESTS_INSIDE_H
#define TSUNAGU_NODE_REQUESTS_INSIDE_H

#include "node/requests/requests.h"

enum { LIST_KEYS = 6, LIST_KEY = 160, NUMBER_ROOM = 100 };
typedef struct list_keys {
    uint8_t at[LIST_KEYS][LIST_KEY];
    size_t len[LIST_KEYS];
    int count;
} list_keys;
void list_keys_of(const request *r, list_keys *ret);
MUST_CHECK err list_move(const requests *q, store_txn *t, const list_keys *old, const list_keys *now);

#endif
