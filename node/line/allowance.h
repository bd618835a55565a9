// SPDX-License-Identifier: Apache-2.0
// How many letters a facility of another node may have us take: so many at once, and as many again in a day,
// evenly. What is beyond waits at its sender, which sees why. It bounds what one sender makes us keep for ever,
// and how many patients somebody can ask after who only wants to know where they are known.
// Owner: allowance_init/_done. Thread: the writer's. Fails: without memory it allows nothing.
#ifndef TSUNAGU_NODE_LINE_ALLOWANCE_H
#define TSUNAGU_NODE_LINE_ALLOWANCE_H

#include "proto/pact/letter.h"

enum {
    ALLOWANCE_ENQUIRIES = 300, // patients asked after
    ALLOWANCE_REQUESTS = 300,
    ALLOWANCE_ALARMS = 300,    // emergencies told
    ALLOWANCE_WORDS = 20000,   // all others: a hospital that leaves has much to say
    ALLOWANCE_SENDERS = 4096   // remembered; beyond them, whoever was silent longest is forgotten
};

typedef struct allowance_sender allowance_sender;
typedef struct allowance {
    allowance_sender *senders;
    size_t count, cap;
} allowance;

void allowance_done(allowance *a);
// May this letter be taken now? Counts it. ret_first: it may not, and the last one of its kind might.
bool allowance_take(allowance *a, const letter *l, time_ms now, bool *ret_first);

#endif
