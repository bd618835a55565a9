// SPDX-License-Identifier: Apache-2.0
// Inside the letters room: the state, and keys made in one place.
// A stream's key: thread 16 | from 8 | to 8 | first 8 bytes of SHA-256(the other node's name).
// Owner: letters_open. Thread: `lock` guards what is marked L; the rest is the writer's. Fails: see letters.h.
#ifndef TSUNAGU_NODE_LETTERS_INSIDE_H
#define TSUNAGU_NODE_LETTERS_INSIDE_H

#include <pthread.h>

#include "node/letters/letters.h"

enum { NODE_KEY = 8, STREAM_KEY = LETTER_ID_BYTES + 16 + NODE_KEY, SLOT_KEY = STREAM_KEY + 4, OUT_KEY = NODE_KEY + 8,
       LETTERS_NODES = 1024 };

// A node that could not be reached, or has letters on their way.
typedef struct destination {
    uint8_t key[NODE_KEY];
    time_ms next;      // not before
    uint32_t pause_ms; // 0: the last attempt went well
    int flying;
} destination;

struct letters {
    letters_options o;
    pthread_mutex_t lock;
    destination *nodes;        // L
    size_t node_count;         // L
    uint64_t flying[LETTERS_ATTEMPTS]; // L: orders on their way; 0: free
    int flying_count;          // L
    time_ms next;              // L: when letters_due has something to say
    uint64_t dice;             // L
};

void node_key(const char *name, uint8_t ret[static NODE_KEY]);
void stream_key(const letter *l, const char *other_node, uint8_t ret[static STREAM_KEY]);
// Half the pause and a random part of the other half. Under the lock.
time_ms letters_jitter(letters *l, uint32_t pause_ms);
uint32_t pause_next(uint32_t pause_ms);
bool store_failed(err e); // the store's own, not a verdict

#endif
