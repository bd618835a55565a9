// SPDX-License-Identifier: Apache-2.0
// Invented patients of a federation of any size, each known at two hospitals of two
// unions: computed from their number, so that 10^7 cards need no memory here.
// Pseudonyms rise with the number and look random otherwise: a store can be
// filled in order, and any patient can be asked for.
// Owner: values. Thread: any. Fails: never.
#ifndef TSUNAGU_BENCH_CROWD_H
#define TSUNAGU_BENCH_CROWD_H

#include "proto/pact/card.h"

typedef struct crowd {
    uint64_t count;
    uint64_t hospital[2]; // who discloses: rising codes
} crowd;

void crowd_who(const crowd *p, uint64_t number, pseudonym *ret);
// The patient's card at one of the two hospitals, packed: consent to the federation, all
// categories, two years of months in five of them. Appends.
void crowd_card(const crowd *p, uint64_t number, int hospital, buf *out);
// The numbers in an order that has nothing to do with the pseudonyms': as they come in.
uint64_t crowd_shuffled(const crowd *p, uint64_t place);

#endif
