// SPDX-License-Identifier: Apache-2.0
// A network in memory with its own clock and seeded dice: every piece, delay
// and order comes from the seed, and nothing happens but in memnet_step.
// Owner: memnet_new/_free, after every end on it is closed. Thread: steps by one thread at a
// time; the link's functions from any. Fails: ERR_MEM.
#ifndef TSUNAGU_LINK_MEMNET_H
#define TSUNAGU_LINK_MEMNET_H

#include "proto/link/port.h"

typedef struct memnet memnet;
MUST_CHECK err memnet_new(uint64_t seed, memnet **ret);
void memnet_free(memnet *n);
port *memnet_port(memnet *n);
// Runs the next event, moving the clock to it. False: nothing is left to happen.
bool memnet_step(memnet *n);
// Every connection between dialers and this address breaks; `refuse`: until told otherwise
// nobody gets through to it.
void memnet_partition(memnet *n, const char *address, bool refuse);
void memnet_delay(memnet *n, uint32_t min_ms, uint32_t max_ms); // of each piece; 0 to 2 at first

#endif
