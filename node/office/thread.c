// SPDX-License-Identifier: Apache-2.0
#include "node/office/thread.h"

#include <stdio.h>
#include <string.h>

#include "node/office/notice.h"

enum { DAY_MS = 86400000 };

_Static_assert((int)FLOW_STATE_OBJECTED == (int)REQUEST_OBJECTED && (int)FLOW_STATE_COUNT == (int)REQUEST_STATES,
               "the rules name the machine's states in its order");

static request_term term_of(void *ctx, request_side record, request_state s, time_ms now)
{
    const job *j = ctx;
    policy_deadline d = policy_flow_deadline(j->rules->r->p, (flow_state)s);
    (void)record;
    return (request_term){d.days ? now + (time_ms)d.days * DAY_MS : 0, d.remind ? now + (time_ms)d.remind * DAY_MS : 0};
}

// Which event of the rules a step is, for the side that keeps the record.
static flow_event event_of(const request *r, const request_past *s)
{
    bool other = s->by != r->side && s->by != REQUEST_CLOCK;
    switch ((request_event)s->event) {
    case REQUEST_RECEIVE: return r->side == REQUEST_HOSPITAL ? FLOW_EVENT_ARRIVED : FLOW_EVENT_COUNT;
    case REQUEST_ASK_BACK: return other ? FLOW_EVENT_ASKED_BACK : FLOW_EVENT_COUNT;
    case REQUEST_REPLY: return other ? FLOW_EVENT_REPLIED : FLOW_EVENT_COUNT;
    case REQUEST_COMPLETE: return FLOW_EVENT_COMPLETED;
    case REQUEST_REJECT: return other ? FLOW_EVENT_REFUSED : FLOW_EVENT_COUNT;
    case REQUEST_CANCEL:
    case REQUEST_EXPIRE: return FLOW_EVENT_CANCELLED;
    case REQUEST_CHANGE: return FLOW_EVENT_CHANGED;
    case REQUEST_WITHDRAW: return FLOW_EVENT_WITHDRAWN;
    case REQUEST_OBJECT: return FLOW_EVENT_OBJECTED;
    case REQUEST_END: return FLOW_EVENT_ENDED;
    default: return FLOW_EVENT_COUNT;
    }
}

static err tell_of(job *j, store_txn *t, const request *r, flow_event e, const uint8_t *reference)
{
    uint32_t mine = r->side == REQUEST_HOSPITAL ? 1u << FLOW_TO_DISCLOSING : 1u << FLOW_TO_ASKING | 1u << FLOW_TO_OWN;
    return notice_side(j, t, r->own, mine, e, reference);
}

err flow_tell(job *j, store_txn *t, const request *r, flow_event e)
{
    return tell_of(j, t, r, e, r->id.data);
}

typedef struct still {
    const request *r;
    bool asked, open; // one of its form's hospitals has yet to answer; one may hold records
} still;

static err still_one(void *ctx, const request *r)
{
    still *s = ctx;
    if (!span_eq(wire_span(r->group), wire_span(s->r->group)))
        return OK;
    s->asked = r->state == REQUEST_ENQUIRING && !r->held;
    s->open = s->open || !request_over((request_state)r->state);
    return s->asked ? ERR_CLOSED : OK;
}

// One notice when the last hospital has said whether it may hold records, not one for each that does not.
static err enquiry_told(job *j, store_txn *t, const request *r)
{
    requests q = flow_reading();
    still k = {.r = r};
    if (r->group.len != NOTICE_REFERENCE)
        return OK;
    err e = requests_of(&q, t, REQUEST_CLINIC, r->own, r->body->number, still_one, &k);
    if (e || k.asked)
        return e;
    if (policy_told_of(j->rules->r->p, FLOW_EVENT_ENQUIRED))
        return tell_of(j, t, r, FLOW_EVENT_ENQUIRED, r->group.data);
    return k.open ? OK : flow_tell(j, t, r, FLOW_EVENT_REFUSED); // rules from before there was a word for it
}

static err step_log(job *j, store_txn *t, const request *r, const request_past *s)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    char text[160], id[2 * REQUEST_ID_BYTES + 1];
    hex_put(id, span_of(r->id.data, REQUEST_ID_BYTES));
    snprintf(text, sizeof text, "request %.8s: %s, %s%s%.64s", id, request_event_name(s->event),
             request_state_name(r->state), s->who[0] ? ", by " : "", s->who);
    e.event = EVENT_REGISTER;
    e.facility = r->side == REQUEST_CLINIC ? r->own : r->other;
    e.source = r->side == REQUEST_CLINIC ? r->other : r->own;
    e.pseudonym = r->body->pseudonym;
    e.note = text;
    return job_log(j, t, &e);
}

static err told(void *ctx, store_txn *t, const request *r, const request_past *s)
{
    job *j = ctx;
    err e = step_log(j, t, r, s);
    // What only crossed the end of the record changed nothing, and was told when that end came.
    if (e == OK && !request_over((request_state)s->from))
        e = flow_tell(j, t, r, event_of(r, s));
    return e == OK && s->from == REQUEST_ENQUIRING && s->by != r->side ? enquiry_told(j, t, r) : e;
}

err flow_may_hold(job *j, store_txn *t, const request *r)
{
    const request_past seen = {.event = REQUEST_HELD, .who = (char *)""};
    err e = step_log(j, t, r, &seen);
    return e ? e : enquiry_told(j, t, r);
}

static err told_elsewhere(void *ctx, store_txn *t, const request *r, const request_past *s)
{
    return step_log(ctx, t, r, s);
}

requests flow_of(job *j)
{
    return (requests){TABLE_REQUEST, TABLE_REQUEST_LIST, TABLE_REQUEST_PAST, term_of, told, j};
}

requests flow_quiet(job *j)
{
    requests q = flow_of(j);
    q.told = told_elsewhere;
    return q;
}

requests flow_reading(void)
{
    return (requests){TABLE_REQUEST, TABLE_REQUEST_LIST, TABLE_REQUEST_PAST, NULL, NULL, NULL};
}

// ---- letters out -------------------------------------------------------------------------

bool flow_node_speaks(const job *j, const char *name, uint64_t facility)
{
    const policy *p = j->rules->r->p;
    return policy_node_serves(p, policy_node(p, name), policy_facility(p, facility));
}

static bool own_node(const job *j, const char *name)
{
    return name && strcmp(name, j->n->config.name) == 0;
}

// The other one's id is turned by a bit.
static void id_turn(uint8_t id[static REQUEST_ID_BYTES])
{
    id[0] ^= 0x80;
}

void flow_thread(const job *j, const request *r, uint8_t ret[static LETTER_ID_BYTES])
{
    memcpy(ret, r->id.data, REQUEST_ID_BYTES);
    if (r->side == REQUEST_HOSPITAL && own_node(j, r->other_node))
        id_turn(ret);
}

void flow_record(const job *j, const uint8_t thread[static LETTER_ID_BYTES], const char *other_node,
                 uint8_t ret[static REQUEST_ID_BYTES])
{
    memcpy(ret, thread, REQUEST_ID_BYTES);
    if (own_node(j, other_node))
        id_turn(ret);
}

err flow_thread_find(job *j, store_txn *t, const uint8_t thread[static LETTER_ID_BYTES], const char *other_node,
                     uint64_t own, request **ret)
{
    requests q = flow_of(j);
    uint8_t id[REQUEST_ID_BYTES];
    err e = requests_get(&q, t, thread, &j->memory, ret);
    bool others = own_node(j, other_node) && (e == ERR_NOT_FOUND || (e == OK && (*ret)->own != own));
    if (!others)
        return e;
    flow_record(j, thread, other_node, id);
    return requests_get(&q, t, id, &j->memory, ret);
}

err flow_post(job *j, store_txn *t, const request *r, letter_kind kind, const ProtobufCMessage *body)
{
    letter say = {.kind = kind, .from = r->own, .to = r->other, .to_node = r->other_node};
    buf bytes = {.max = LETTER_BODY_MAX};
    flow_thread(j, r, say.thread);
    err e = body ? wire_encode(body, &bytes) : OK;
    say.body = buf_span(&bytes);
    bool known = r->other_node[0] && flow_node_speaks(j, r->other_node, r->other);
    if (e == OK)
        e = known ? post_back(j, t, &say) : post_to(j, t, &say);
    if (e == ERR_NOT_FOUND && r->other_node[0]) {
        say.to_node = r->other_node; // no longer in the list: it waits for the day that it is again
        e = post_back(j, t, &say);
    }
    buf_wipe(&bytes);
    return e;
}
