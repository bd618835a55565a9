// SPDX-License-Identifier: Apache-2.0
#include "node/flow/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node/flow/written.h"
#include "node/office/thread.h"

void flow_show(control_in *in, const policy *p, const request *r, const char *kind)
{
    static const char *const urgency[] = {"usual", "soon", "at once"};
    int f = policy_facility(p, r->other);
    control_record(in, kind);
    control_bytes(in, "id", wire_span(r->id));
    control_text(in, "state", request_state_name(r->state));
    control_text(in, "number", r->body->number);
    control_text(in, "chart", r->chart[0] ? r->chart : r->body->chart);
    control_facility(in, "facility", r->own);
    control_facility(in, "other", r->other);
    if (f == POLICY_NONE)
        control_facility(in, "other_name", r->other); // it has left: its number is what is left of it
    else
        control_text(in, "other_name", policy_facility_at(p, f).name);
    control_text(in, "urgency", urgency[r->body->urgency < 3 ? r->body->urgency : 2]);
    control_text(in, "staff", r->body->staff);
    control_time(in, "at", r->made_ms);
    control_time(in, "since", r->since_ms);
    control_time(in, "due", r->due_ms);
    control_text(in, "overdue", r->overdue ? "yes" : "no");
    control_text(in, "held", !r->ask_first || r->state != REQUEST_ENQUIRING ? "" : r->held ? "yes" : "unanswered");
    control_text(in, "said", r->said);
    control_text(in, "reason", r->reason);
    int reason = policy_reason_find(p, r->reason);
    policy_reason words = reason == POLICY_NONE ? (policy_reason){0} : policy_reason_at(p, reason);
    control_text(in, "reason_words", reason == POLICY_NONE ? "" : control_japanese(in) ? words.label_ja : words.label_en);
    control_text(in, "trouble", r->trouble);
}

// A long list goes out in parts: what is too much for one answer would be no answer at all.
flow_page flow_page_begin(control_in *in, const policy *p, request_side side)
{
    const char *handle = control_arg(in, "handle");
    return (flow_page){.in = in, .p = p, .side = side, .from = handle ? strtoull(handle, NULL, 10) : 0};
}

err flow_page_one(flow_page *l, const request *r)
{
    if (l->at++ < l->from)
        return OK;
    if (l->at > l->from + FLOW_PAGE) {
        l->more = true;
        return ERR_CLOSED;
    }
    flow_show(l->in, l->p, r, "request");
    return OK;
}

err flow_page_end(const flow_page *l)
{
    char next[24];
    if (l->paper && l->at == 0) {
        control_note(l->in, "no request here came with that paper");
        return ERR_NOT_FOUND;
    }
    if (!l->more)
        return OK;
    snprintf(next, sizeof next, "%llu", (unsigned long long)(l->from + FLOW_PAGE));
    control_piece(l->in, (span){0}, next, true);
    return OK;
}

static bool in_group(const flow_page *l, const request *r)
{
    char id[2 * REQUEST_ID_BYTES + 1] = "";
    if (r->group.len == REQUEST_ID_BYTES)
        hex_put(id, wire_span(r->group));
    return !l->group || strncasecmp(id, l->group, strlen(l->group)) == 0;
}

err flow_page_pick(void *ctx, const request *r)
{
    flow_page *l = ctx;
    if (!in_group(l, r))
        return OK;
    return l->side != (request_side)r->side || (l->paper && !written_numbered(r->body, l->paper)) ? OK : flow_page_one(ctx, r);
}

static err past_one(void *ctx, const request_past *s)
{
    control_in *in = ctx;
    control_record(in, "step");
    control_time(in, "time", s->at_ms);
    control_text(in, "event", request_event_name(s->event));
    control_text(in, "by", request_side_name(s->by));
    control_text(in, "state", request_state_name(s->to));
    control_text(in, "who", s->who);
    control_text(in, "text", s->text);
    return OK;
}

void flow_history_show(control_in *in, store_txn *t, const request *r)
{
    requests q = flow_reading();
    if (requests_history(&q, t, r->id.data, past_one, in) != OK)
        control_note(in, "its history cannot be read");
}
