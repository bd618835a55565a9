// SPDX-License-Identifier: Apache-2.0
#include "node/post_rows.h"

#include "node/disclosing/emergency.h"
#include "node/flow/flow.h"
#include "node/joining/joining.h"

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
    {LETTER_JOIN, joining_take_join, joining_settled},
    {LETTER_JOIN_ANSWER, joining_take_answer, NULL},
    {LETTER_LEAVE, joining_take_leave, joining_settled},
    {LETTER_TOLD, secretariat_take_told, NULL},
};
const size_t post_row_count = sizeof post_rows / sizeof post_rows[0];
