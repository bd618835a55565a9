// SPDX-License-Identifier: Apache-2.0
#include "proto/pact/request.h"

#define IN(s) (1u << REQUEST_##s)
#define OVER (IN(REJECTED) | IN(CANCELLED) | IN(WITHDRAWN) | IN(ENDED) | IN(OBJECTED))
#define ROW(record, by, event, from, to) {REQUEST_##record, REQUEST_##by, REQUEST_##event, from, REQUEST_##to}

static const request_row rows[] = {
    // ---- the clinic's record ----
    ROW(CLINIC, CLINIC, ENQUIRE, IN(DRAFT), ENQUIRING),
    ROW(CLINIC, HOSPITAL, HELD, IN(ENQUIRING), SENT),
    ROW(CLINIC, HOSPITAL, NONE_HELD, IN(ENQUIRING), REJECTED),
    ROW(CLINIC, CLINIC, SEND, IN(DRAFT) | IN(ENQUIRING), SENT),
    ROW(CLINIC, HOSPITAL, RECEIVE, IN(SENT), RECEIVED),
    ROW(CLINIC, HOSPITAL, ASK_BACK, IN(RECEIVED), ASKED_BACK),
    ROW(CLINIC, CLINIC, REPLY, IN(ASKED_BACK), RECEIVED),
    ROW(CLINIC, HOSPITAL, COMPLETE, IN(SENT) | IN(RECEIVED) | IN(ASKED_BACK) | IN(CHANGED) | IN(COMPLETED), COMPLETED),
    ROW(CLINIC, HOSPITAL, REJECT, IN(SENT) | IN(RECEIVED) | IN(ASKED_BACK), REJECTED),
    ROW(CLINIC, CLINIC, CANCEL, IN(DRAFT) | IN(ENQUIRING) | IN(SENT) | IN(RECEIVED) | IN(ASKED_BACK), CANCELLED),
    ROW(CLINIC, CLOCK, EXPIRE, IN(DRAFT) | IN(ENQUIRING) | IN(SENT) | IN(RECEIVED) | IN(ASKED_BACK), CANCELLED),
    ROW(CLINIC, CLINIC, CHANGE, IN(COMPLETED), CHANGED),
    ROW(CLINIC, HOSPITAL, CHANGE, IN(COMPLETED) | IN(CHANGED), CHANGED),
    ROW(CLINIC, HOSPITAL, KEEP, IN(CHANGED), COMPLETED),
    ROW(CLINIC, CLINIC, WITHDRAW, IN(SENT) | IN(RECEIVED) | IN(ASKED_BACK) | IN(COMPLETED) | IN(CHANGED), WITHDRAWN),
    ROW(CLINIC, HOSPITAL, WITHDRAW, IN(SENT) | IN(RECEIVED) | IN(ASKED_BACK) | IN(COMPLETED) | IN(CHANGED), WITHDRAWN),
    ROW(CLINIC, HOSPITAL, OBJECT, IN(SENT) | IN(RECEIVED) | IN(ASKED_BACK) | IN(COMPLETED) | IN(CHANGED), OBJECTED),
    ROW(CLINIC, HOSPITAL, END, IN(COMPLETED) | IN(CHANGED), ENDED),
    ROW(CLINIC, CLOCK, END, IN(COMPLETED) | IN(CHANGED), ENDED),
    // It crossed what ended the record here.
    ROW(CLINIC, HOSPITAL, HELD, OVER, STATES),
    ROW(CLINIC, HOSPITAL, NONE_HELD, OVER, STATES),
    ROW(CLINIC, HOSPITAL, RECEIVE, OVER, STATES),
    ROW(CLINIC, HOSPITAL, ASK_BACK, OVER, STATES),
    ROW(CLINIC, HOSPITAL, COMPLETE, OVER, STATES),
    ROW(CLINIC, HOSPITAL, REJECT, OVER, STATES),
    ROW(CLINIC, HOSPITAL, CHANGE, OVER, STATES),
    ROW(CLINIC, HOSPITAL, KEEP, OVER, STATES),
    ROW(CLINIC, HOSPITAL, WITHDRAW, OVER, STATES),
    ROW(CLINIC, HOSPITAL, OBJECT, OVER, STATES),
    ROW(CLINIC, HOSPITAL, END, OVER, STATES),
    // ---- the hospital's record: it begins in "sent", when the form arrives ----
    ROW(HOSPITAL, HOSPITAL, RECEIVE, IN(SENT), RECEIVED),
    ROW(HOSPITAL, HOSPITAL, ASK_BACK, IN(RECEIVED), ASKED_BACK),
    ROW(HOSPITAL, CLINIC, REPLY, IN(ASKED_BACK), RECEIVED),
    ROW(HOSPITAL, HOSPITAL, PROPOSE, IN(RECEIVED), CHECKING),
    ROW(HOSPITAL, HOSPITAL, RETURN, IN(CHECKING), RECEIVED),
    ROW(HOSPITAL, HOSPITAL, ACCEPT, IN(RECEIVED) | IN(CHECKING), ACCEPTED),
    ROW(HOSPITAL, HOSPITAL, PUBLISH, IN(ACCEPTED) | IN(CHANGED), DISCLOSED),
    ROW(HOSPITAL, HOSPITAL, COMPLETE, IN(DISCLOSED), COMPLETED),
    ROW(HOSPITAL, HOSPITAL, REJECT, IN(RECEIVED) | IN(ASKED_BACK) | IN(CHECKING), REJECTED),
    ROW(HOSPITAL, CLINIC, CANCEL, IN(RECEIVED) | IN(ASKED_BACK) | IN(CHECKING), CANCELLED),
    // It crossed the acceptance: what was opened is closed again.
    ROW(HOSPITAL, CLINIC, CANCEL, IN(ACCEPTED) | IN(DISCLOSED) | IN(COMPLETED) | IN(CHANGED), WITHDRAWN),
    ROW(HOSPITAL, CLINIC, CHANGE, IN(ACCEPTED) | IN(DISCLOSED) | IN(COMPLETED) | IN(CHANGED), CHANGED),
    ROW(HOSPITAL, HOSPITAL, CHANGE, IN(DISCLOSED) | IN(COMPLETED) | IN(CHANGED), CHANGED),
    ROW(HOSPITAL, HOSPITAL, KEEP, IN(CHANGED), COMPLETED),
    ROW(HOSPITAL, CLINIC, WITHDRAW,
        IN(RECEIVED) | IN(ASKED_BACK) | IN(CHECKING) | IN(ACCEPTED) | IN(DISCLOSED) | IN(COMPLETED) | IN(CHANGED),
        WITHDRAWN),
    ROW(HOSPITAL, HOSPITAL, WITHDRAW, IN(ACCEPTED) | IN(DISCLOSED) | IN(COMPLETED) | IN(CHANGED), WITHDRAWN),
    ROW(HOSPITAL, HOSPITAL, OBJECT,
        IN(RECEIVED) | IN(ASKED_BACK) | IN(CHECKING) | IN(ACCEPTED) | IN(DISCLOSED) | IN(COMPLETED) | IN(CHANGED),
        OBJECTED),
    ROW(HOSPITAL, CLOCK, END, IN(ACCEPTED) | IN(DISCLOSED) | IN(COMPLETED) | IN(CHANGED), ENDED),
    ROW(HOSPITAL, CLINIC, REPLY, OVER, STATES),
    ROW(HOSPITAL, CLINIC, CANCEL, OVER, STATES),
    ROW(HOSPITAL, CLINIC, CHANGE, OVER, STATES),
    ROW(HOSPITAL, CLINIC, WITHDRAW, OVER, STATES),
};

const char *request_state_name(uint32_t s)
{
    static const char *const names[REQUEST_STATES] = {
        "draft",     "enquiring", "sent",      "received", "asked-back", "checking", "accepted", "disclosed",
        "completed", "rejected",  "cancelled", "changed",  "withdrawn",  "ended",    "objected"};
    return s < REQUEST_STATES ? names[s] : "?";
}

const char *request_event_name(uint32_t e)
{
    static const char *const names[REQUEST_EVENTS] = {
        "enquire", "held",   "none-held", "send",     "receive", "ask-back", "reply",  "propose",  "return", "accept",
        "publish", "complete", "reject",  "cancel",   "change",  "keep",     "withdraw", "object", "end",    "expire"};
    return e < REQUEST_EVENTS ? names[e] : "?";
}

const char *request_side_name(uint32_t s)
{
    static const char *const names[REQUEST_SIDES] = {"clinic", "hospital", "clock"};
    return s < REQUEST_SIDES ? names[s] : "?";
}

err request_step(request_side record, request_state now, request_event e, request_side by, request_state *ret)
{
    bool ever = false;
    if ((uint32_t)now >= REQUEST_STATES || (uint32_t)e >= REQUEST_EVENTS)
        return ERR_CONFLICT;
    for (int i = 0; i < request_row_count(); i++) {
        const request_row *r = &rows[i];
        if (r->record != record || r->event != e || r->by != by)
            continue;
        ever = true;
        if (r->from >> now & 1) {
            *ret = r->to == REQUEST_STATES ? now : r->to;
            return OK;
        }
    }
    return ever ? ERR_CONFLICT : ERR_DENIED;
}

bool request_over(request_state s)
{
    return (uint32_t)s < REQUEST_STATES && (OVER >> s & 1);
}

int request_row_count(void)
{
    return (int)(sizeof rows / sizeof rows[0]);
}

request_row request_row_at(int i)
{
    return rows[i];
}
