// SPDX-License-Identifier: Apache-2.0
// The access log's chain: hash n = SHA-256("tsunagu log v1" | hash n-1 | n (8 bytes) | entry).
// Entries are the packed LogEntry of control.proto. The head (n, hash n) is stored
// with the log and given to every node with each answer, so that a log that was cut
// at its end does not fit what the nodes remember.
// Owner: values. Thread: any.
#ifndef TSUNAGU_PACT_CHAIN_H
#define TSUNAGU_PACT_CHAIN_H

#include "proto/crypto/hash.h"

typedef struct chain_head { uint64_t seq; hash32 hash; } chain_head; // {0, zeros}: empty log
void chain_next(chain_head *h, span entry); // advances
// A stored value: hash n then the entry. Gives the entry; ERR_CORRUPT if it does not follow from `before`.
MUST_CHECK err chain_check(const chain_head *before, span stored, span *ret_entry, chain_head *ret_after);

typedef enum log_event {
    EVENT_NONE = 0,
    EVENT_START = 1, EVENT_STOP = 2,          // of the daemon
    EVENT_CONNECT = 3, EVENT_REFUSE = 4,      // a node came; somebody was not let in
    EVENT_DISCONNECT = 5,
    EVENT_PUBLISH = 6, EVENT_TOMBSTONE = 7,   // a card; a withdrawn one
    EVENT_LOOKUP = 8,
    EVENT_FETCH = 9, EVENT_FETCH_END = 10,    // hub: relay began (or was refused), ended
    EVENT_WITHDRAW = 11, EVENT_STOP_TOLD = 12,// from the viewing side; a node recorded it
    EVENT_RULES = 13,                         // rules loaded or refused
    EVENT_RELEASE = 14,                       // node: a manifest or document left, or was refused
    EVENT_CONSENT = 15, EVENT_REGISTER = 16,  // node: consent recorded or changed; own patient linked
    EVENT_READ = 17, EVENT_ASK = 18,          // node, viewing side: opened; asked for a timeline
    EVENT_CONTROL = 19,                       // an operator's command that changes or shows patient data
    EVENT_CUT = 20,                           // a peer was cut off for breaking the protocol
    EVENT_LETTER = 21,                        // a letter between nodes was passed on, or refused
    EVENT_MEMBERS = 22,                       // a union's membership list was taken, or refused
    EVENT_COUNT
} log_event;
const char *log_event_name(uint32_t e); // "lookup"; "?" if unknown

#endif
