// SPDX-License-Identifier: Apache-2.0
// Who minds which letter, on one page.
#include "node/emergency.h"
#include "node/flow.h"

const post_row post_rows[] = {
    {LETTER_ENQUIRY, flow_take_enquiry, flow_settled},
    {LETTER_MAY_HOLD, flow_take_may_hold, NULL},
    {LETTER_REQUEST, flow_take_request, flow_settled},
    {LETTER_RECEIVED, flow_take_word, NULL},
    {LETTER_ASK_BACK, flow_take_word, flow_settled},
    {LETTER_REPLY, flow_take_word, flow_settled},
    {LETTER_ACCEPTED, flow_take_word, flow_settled},
    {LETTER_REJECTED, flow_take_word, flow_settled},
    {LETTER_CANCELLED, flow_take_word, flow_settled},
    {LETTER_CHANGE, flow_take_word, flow_settled},
    {LETTER_WITHDRAWAL, flow_take_word, flow_settled},
    {LETTER_OBJECTION, flow_take_word, flow_settled},
    {LETTER_ENDED, flow_take_word, flow_settled},
    {LETTER_EMERGENCY_TOLD, emergency_take, NULL},
};
const size_t post_row_count = sizeof post_rows / sizeof post_rows[0];
