// SPDX-License-Identifier: Apache-2.0
// The population of a seed, whatever book its names are from.
// Owner: plain values. Thread: any. Fails: never.
#ifndef TSUNAGU_SYNTH_PEOPLE_H
#define TSUNAGU_SYNTH_PEOPLE_H

#include "ops/cli/synth/draw.h"
#include "proto/pact/identity.h"

typedef struct name_book {
    void (*family)(draw *d, identity *i);
    void (*given)(draw *d, bool further, identity *i); // for its sex and birth; further: a twin's other name
    day (*boundary)(draw *d); // NULL, or the births of some who are born where an era ends
} name_book;

void people_of(uint64_t seed, uint32_t index, const name_book *book, identity *ret); // without the mark

// The mark of invented names (仮, カリ) before the family name, where there is one.
void people_mark(identity *i);
void people_unmark(identity *i);

#endif
