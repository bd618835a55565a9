// SPDX-License-Identifier: Apache-2.0
// A Japanese address taken apart as far as two spellings of it can be compared: the area (without
// prefecture, 大字 and spelling variants), the numbers behind it (丁目, 番, 号, 番地 or hyphens), the room.
// Not for other rooms. Owner: plain values; wipe after use. Thread: any.
// Fails: place_of says false where nothing usable is written.
#ifndef TSUNAGU_PACT_PLACE_H
#define TSUNAGU_PACT_PLACE_H

#include "proto/pact/identity.h"

enum { PLACE_CHARS = 160, PLACE_NUMBERS = 6 };

typedef struct place {
    uint32_t area[PLACE_CHARS];
    size_t len;
    uint32_t numbers[PLACE_NUMBERS];
    int count;
    bool wild;         // ■ in the area
    bool lot;          // 番地: a lot of land
    bool house;        // 号: a house in a block
    uint32_t room;     // in the building; 0: not said
} place;

bool place_of(const char *address, place *ret);
evidence place_compare(const place *a, const place *b, identity_reason *ret_why);

#endif
