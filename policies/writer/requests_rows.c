// SPDX-License-Identifier: Apache-2.0
// requests.yaml: how a request goes its way. What holds by default is written too, so that a
// later default changes nothing.
#include <string.h>

#include "policies/writer/page.h"

// ---- deadlines: the entry's number among the states that have one ---------------------

static int deadline_state(const page *g)
{
    int entry = page_entry(g);
    for (int s = 0; s < FLOW_STATE_COUNT; s++)
        if (policy_flow_deadline(g->p, (flow_state)s).days && entry-- == 0)
            return s;
    return FLOW_STATE_COUNT;
}

static value deadlines(page *g)
{
    int count = 0;
    for (int s = 0; s < FLOW_STATE_COUNT; s++)
        count += policy_flow_deadline(g->p, (flow_state)s).days > 0;
    return (value){.set = count > 0, .number = count};
}

static policy_deadline deadline(const page *g) { return policy_flow_deadline(g->p, (flow_state)deadline_state(g)); }
static value state(page *g) { return said_number(deadline_state(g)); }
static value days(page *g) { return said_number(deadline(g).days); }
static value remind(page *g) { return (value){.set = deadline(g).remind > 0, .number = deadline(g).remind}; }
static value cancels(page *g) { return said_yes(deadline(g).cancels); }

// ---- lists with words ------------------------------------------------------------

static value refusals(page *g) { return said_number(policy_reason_count(g->p)); }
static value join_refusals(page *g)
{
    int count = policy_join_reason_count(g->p);
    return (value){.set = count > 0, .number = count};
}

static value relations(page *g) { return said_number(policy_relation_count(g->p)); }
static value reasons(page *g) { return said_number(policy_emergency_reason_count(g->p)); }

static policy_reason reason(const page *g)
{
    int i = page_entry(g);
    return strcmp(g->list, "refusals") == 0 ? policy_reason_at(g->p, i)
           : strcmp(g->list, "join_refusals") == 0 ? policy_join_reason_at(g->p, i) : policy_emergency_reason_at(g->p, i);
}

static value reason_id(page *g) { return said_text(reason(g).id); }
static value reason_ja(page *g) { return said_text(reason(g).label_ja); }
static value reason_en(page *g) { return said_text(reason(g).label_en); }
static value explain(page *g) { return said_yes(reason(g).explain); }

static policy_relation relation(const page *g) { return policy_relation_at(g->p, page_entry(g)); }
static value relation_id(page *g) { return said_text(relation(g).id); }
static value relation_ja(page *g) { return said_text(relation(g).label_ja); }
static value relation_en(page *g) { return said_text(relation(g).label_en); }
static value until_majority(page *g) { return said_yes(relation(g).until_majority); }

// ---- matching, numbers -----------------------------------------------------------

static value second_check(page *g) { return said_mask(policy_flow(g->p).second_check, UINT64_MAX); }
static value matching(page *g) { return (value){.set = policy_flow(g->p).present}; }
static value show(page *g) { return said_mask(policy_flow(g->p).shown, UINT64_MAX); }

static value accept(page *g)
{
    int count = policy_accept_count(g->p);
    return (value){.set = count > 0, .number = count, .mask_at = policy_accept_at};
}

static value retention(page *g) { return said_number(policy_flow(g->p).retention_months); }

static value valid(page *g)
{
    int months = policy_flow(g->p).valid_months;
    return (value){.set = months > 0, .number = months};
}

static value notice_days(page *g) { return said_number(policy_flow(g->p).notice_days); }
static value majority_age(page *g) { return said_number(policy_flow(g->p).majority_age); }

// ---- emergencies: whoever speaks of them names who closes the review -------------------

static value emergency(page *g) { return (value){.set = policy_flow(g->p).review_roles != 0}; }

static value review_roles(page *g)
{
    int count = policy_role_count(g->p);
    return said_mask(policy_flow(g->p).review_roles, count >= 64 ? UINT64_MAX : (1ull << count) - 1);
}

static value review_by(page *g) { return said_mask(policy_flow(g->p).review_by, UINT64_MAX); }
static value consent_days(page *g) { return said_number(policy_flow(g->p).consent_days); }

// ---- who is told ------------------------------------------------------------------

static value told(page *g) { return (value){.set = policy_flow(g->p).present}; }

static value told_of(page *g, flow_event event)
{
    uint32_t mask = policy_told_of(g->p, event);
    return (value){.set = mask != 0, .mask = mask};
}

#define TOLD(name, event) static value name(page *g) { return told_of(g, event); }
TOLD(arrived, FLOW_EVENT_ARRIVED)
TOLD(asked_back, FLOW_EVENT_ASKED_BACK)
TOLD(replied, FLOW_EVENT_REPLIED)
TOLD(completed, FLOW_EVENT_COMPLETED)
TOLD(refused, FLOW_EVENT_REFUSED)
TOLD(cancelled, FLOW_EVENT_CANCELLED)
TOLD(overdue, FLOW_EVENT_OVERDUE)
TOLD(documents, FLOW_EVENT_DOCUMENTS)
TOLD(changed, FLOW_EVENT_CHANGED)
TOLD(withdrawn, FLOW_EVENT_WITHDRAWN)
TOLD(objected, FLOW_EVENT_OBJECTED)
TOLD(opened, FLOW_EVENT_EMERGENCY)
TOLD(review_due, FLOW_EVENT_REVIEW_DUE)
TOLD(consent_due, FLOW_EVENT_CONSENT_DUE)
TOLD(expiring, FLOW_EVENT_EXPIRING)
TOLD(ended, FLOW_EVENT_ENDED)
TOLD(majority, FLOW_EVENT_MAJORITY)
TOLD(applied, FLOW_EVENT_APPLIED)
TOLD(joined, FLOW_EVENT_JOINED)
TOLD(left, FLOW_EVENT_LEFT)
TOLD(enquired, FLOW_EVENT_ENQUIRED)

static const value_row ROWS[] = {
    {&SHAPE_REQUESTS, "deadlines", deadlines, NULL},
    {&SHAPE_REQUESTS, "refusals", refusals, NULL},
    {&SHAPE_REQUESTS, "join_refusals", join_refusals, NULL},
    {&SHAPE_REQUESTS, "relations", relations, NULL},
    {&SHAPE_REQUESTS, "second_check", second_check, NULL},
    {&SHAPE_REQUESTS, "matching", matching, NULL},
    {&SHAPE_REQUESTS, "retention", retention, NULL},
    {&SHAPE_REQUESTS, "valid", valid, NULL},
    {&SHAPE_REQUESTS, "notice_days", notice_days, NULL},
    {&SHAPE_REQUESTS, "majority_age", majority_age, NULL},
    {&SHAPE_REQUESTS, "told", told, NULL},
    {&SHAPE_REQUESTS, "emergency", emergency, NULL},
    {&SHAPE_REQUESTS, "note", NULL, "a note is for people and is no part of a version"},
    {&SHAPE_DEADLINE, "state", state, NULL},
    {&SHAPE_DEADLINE, "days", days, NULL},
    {&SHAPE_DEADLINE, "remind", remind, NULL},
    {&SHAPE_DEADLINE, "cancels", cancels, NULL},
    {&SHAPE_REASON, "id", reason_id, NULL},
    {&SHAPE_REASON, "ja", reason_ja, NULL},
    {&SHAPE_REASON, "en", reason_en, NULL},
    {&SHAPE_REASON, "explain", explain, NULL},
    {&SHAPE_RELATION, "id", relation_id, NULL},
    {&SHAPE_RELATION, "ja", relation_ja, NULL},
    {&SHAPE_RELATION, "en", relation_en, NULL},
    {&SHAPE_RELATION, "until_majority", until_majority, NULL},
    {&SHAPE_MATCHING, "show", show, NULL},
    {&SHAPE_MATCHING, "accept", accept, NULL},
    {&SHAPE_REQUESTS_EMERGENCY, "reasons", reasons, NULL},
    {&SHAPE_REQUESTS_EMERGENCY, "review_roles", review_roles, NULL},
    {&SHAPE_REQUESTS_EMERGENCY, "review_by", review_by, NULL},
    {&SHAPE_REQUESTS_EMERGENCY, "consent_days", consent_days, NULL},
    {&SHAPE_TOLD, "arrived", arrived, NULL},
    {&SHAPE_TOLD, "asked-back", asked_back, NULL},
    {&SHAPE_TOLD, "replied", replied, NULL},
    {&SHAPE_TOLD, "completed", completed, NULL},
    {&SHAPE_TOLD, "refused", refused, NULL},
    {&SHAPE_TOLD, "cancelled", cancelled, NULL},
    {&SHAPE_TOLD, "overdue", overdue, NULL},
    {&SHAPE_TOLD, "documents", documents, NULL},
    {&SHAPE_TOLD, "changed", changed, NULL},
    {&SHAPE_TOLD, "withdrawn", withdrawn, NULL},
    {&SHAPE_TOLD, "objected", objected, NULL},
    {&SHAPE_TOLD, "emergency", opened, NULL},
    {&SHAPE_TOLD, "review-due", review_due, NULL},
    {&SHAPE_TOLD, "consent-due", consent_due, NULL},
    {&SHAPE_TOLD, "expiring", expiring, NULL},
    {&SHAPE_TOLD, "ended", ended, NULL},
    {&SHAPE_TOLD, "majority", majority, NULL},
    {&SHAPE_TOLD, "applied", applied, NULL},
    {&SHAPE_TOLD, "joined", joined, NULL},
    {&SHAPE_TOLD, "left", left, NULL},
    {&SHAPE_TOLD, "enquired", enquired, NULL},
};
const value_rows REQUESTS_ROWS = {ROWS, sizeof ROWS / sizeof *ROWS};
