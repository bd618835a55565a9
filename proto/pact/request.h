// SPDX-License-Identifier: Apache-2.0
// One registration request as both ends see it: a pure machine. Each end keeps a record of its own; an event
// is raised at one side (or by the clock of the side that keeps the record) and travels as a letter to the
// other. What crossed on the way is legal where it says so: a record that is over stays as it is. Everything
// else is refused, by both ends alike. The table is printed in PROTOCOL.md, and a test compares them.
// Owner: none. Thread: any. Fails: ERR_CONFLICT: not in this state; ERR_DENIED: never by this side.
#ifndef TSUNAGU_PACT_REQUEST_H
#define TSUNAGU_PACT_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include "proto/base/err.h"

// Stored: only append.
typedef enum request_state {
    REQUEST_DRAFT, REQUEST_ENQUIRING, REQUEST_SENT, REQUEST_RECEIVED, REQUEST_ASKED_BACK,
    REQUEST_CHECKING,  // a second person looks
    REQUEST_ACCEPTED,  // consent and card are recorded
    REQUEST_DISCLOSED, // the hub has the card
    REQUEST_COMPLETED, // and the clinic knows
    REQUEST_REJECTED, REQUEST_CANCELLED,
    REQUEST_CHANGED,   // a change waits; back in disclosed afterwards
    REQUEST_WITHDRAWN, REQUEST_ENDED, REQUEST_OBJECTED,
    REQUEST_STATES
} request_state;
const char *request_state_name(uint32_t s); // "asked-back"; "?"

typedef enum request_event {
    REQUEST_ENQUIRE, REQUEST_HELD, REQUEST_NONE_HELD, REQUEST_SEND, REQUEST_RECEIVE, REQUEST_ASK_BACK, REQUEST_REPLY,
    REQUEST_PROPOSE, // accepted by a first person; a second one is needed
    REQUEST_RETURN,  // the second one does not agree
    REQUEST_ACCEPT, REQUEST_PUBLISH, REQUEST_COMPLETE, REQUEST_REJECT, REQUEST_CANCEL, REQUEST_CHANGE,
    REQUEST_KEEP,    // a change is not made
    REQUEST_WITHDRAW, REQUEST_OBJECT, REQUEST_END, REQUEST_EXPIRE, // a deadline passed
    REQUEST_EVENTS
} request_event;
const char *request_event_name(uint32_t e); // "ask-back"; "?"

typedef enum request_side { REQUEST_CLINIC, REQUEST_HOSPITAL, REQUEST_CLOCK, REQUEST_SIDES } request_side;
const char *request_side_name(uint32_t s); // "clinic", "hospital", "clock"

// record: whose record it is (never the clock); by: who raised the event.
MUST_CHECK err request_step(request_side record, request_state now, request_event e, request_side by,
                            request_state *ret);
bool request_over(request_state s); // nothing more can come of it

// The table, row by row, as PROTOCOL.md prints it; from: a mask of states.
typedef struct request_row {
    request_side record, by;
    request_event event;
    uint32_t from;
    request_state to; // REQUEST_STATES: stays as it is
} request_row;
int request_row_count(void);
request_row request_row_at(int i);

#endif
