// SPDX-License-Identifier: Apache-2.0
// Publishing a crowd through the line, as their two hospitals would.
// Owner: caller's. Thread: one. Fails: die, also when the hub refuses a card.
#ifndef TSUNAGU_BENCH_PUBLISH_H
#define TSUNAGU_BENCH_PUBLISH_H

#include "ops/measure/line.h"

// Places from..until of the shuffled order, their cards at one hospital, `window` publications
// of WIRE_CARDS_MAX outstanding; goes on at l->publish_seq and advances it. Durable when it returns.
void publish_range(line *l, const crowd *who, int hospital, uint64_t from, uint64_t until, int window);
// Everybody, at both.
void publish_all(line *const lines[2], const crowd *who);

#endif
