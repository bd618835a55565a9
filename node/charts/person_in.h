// SPDX-License-Identifier: Apache-2.0
// Inside the persons: shared by adt.c (whom a file names), person.c (the index) and refresh.c (what changes it).
// Owner: plain values. Thread: as person.h says.
#ifndef TSUNAGU_NODE_CHARTS_PERSON_IN_H
#define TSUNAGU_NODE_CHARTS_PERSON_IN_H

#include "node/charts/person.h"

enum { BATCH = 64 }; // records a job

MUST_CHECK err adt_find(node *n, store_txn *t, span chart, ssmix_entry *ret);
MUST_CHECK err adt_read(node *n, const ssmix_entry *entry, identity *ret);
// Which file this is: one written over in place keeps its name, length and time tell that it is another.
MUST_CHECK err adt_mark(node *n, const ssmix_entry *entry, uint8_t ret[static 16]);
MUST_CHECK err person_unpack(span value, person_record *ret);

#endif
