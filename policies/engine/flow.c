// SPDX-License-Identifier: Apache-2.0
// The request flow's part of the bundle.
#include "policies/engine/flow.h"

#include <string.h>

#include "policies/engine/members.h"

#define BITS(n) ((1u << (n)) - 1)

static err deadlines_read(reader *r, flow_table *t)
{
    int count = read_u8(r), last = -1;
    for (int i = 0; i < count; i++) {
        int state = read_u8(r), days = read_u16(r), remind = read_u16(r), cancels = read_u8(r);
        if (r->bad || state <= last || state >= FLOW_STATE_COUNT || days == 0 || days > BUNDLE_DEADLINE_DAYS ||
            remind >= days || cancels > 1)
            return ERR_FORMAT;
        t->deadlines[state] = (policy_deadline){days, remind, cancels};
        last = state;
    }
    return OK;
}

// The order is the file's, so that "other" can stand at the end; a name stands once.
static err reasons_read(reader *r, arena *a, policy_reason **ret, int *ret_count)
{
    int count = read_u8(r);
    if (r->bad || count > BUNDLE_REASONS)
        return ERR_FORMAT;
    policy_reason *list = arena_get(a, (size_t)(count ? count : 1) * sizeof *list);
    if (!list)
        return ERR_MEM;
    for (int i = 0; i < count; i++) {
        list[i].id = bundle_word(r);
        list[i].label_ja = bundle_word(r);
        list[i].label_en = bundle_word(r);
        uint8_t flag = read_u8(r);
        list[i].explain = flag;
        if (r->bad || flag > 1)
            return ERR_FORMAT;
        for (int k = 0; k < i; k++)
            if (strcmp(list[k].id, list[i].id) == 0)
                return ERR_FORMAT;
    }
    *ret = list;
    *ret_count = count;
    return OK;
}

// The same bytes, another flag.
static err relations_read(reader *r, arena *a, flow_table *t)
{
    policy_reason *rows = NULL;
    err e = reasons_read(r, a, &rows, &t->relation_count);
    if (e)
        return e;
    t->relations = arena_get(a, (size_t)(t->relation_count ? t->relation_count : 1) * sizeof *t->relations);
    if (!t->relations)
        return ERR_MEM;
    for (int i = 0; i < t->relation_count; i++)
        t->relations[i] = (policy_relation){rows[i].id, rows[i].label_ja, rows[i].label_en, rows[i].explain};
    return OK;
}

static err matching_read(reader *r, flow_table *t)
{
    t->view.second_check = read_u8(r);
    t->view.shown = read_u8(r);
    t->accept_count = read_u8(r);
    if (r->bad || t->view.second_check >> SECOND_COUNT || t->view.shown == 0 || t->view.shown >> FLOW_STRENGTHS ||
        ((t->view.second_check & 1u << SECOND_ALWAYS) && t->view.second_check != 1u << SECOND_ALWAYS) ||
        t->accept_count > BUNDLE_ACCEPT_SETS)
        return ERR_FORMAT;
    for (int i = 0; i < t->accept_count; i++) {
        uint16_t set = read_u16(r);
        if (r->bad || set == 0 || set & ~BITS(FLOW_EVIDENCES) || (i && t->accept[i - 1] >= set))
            return ERR_FORMAT;
        for (int k = 0; k < i; k++) // more than another set asks for changes nothing
            if ((t->accept[k] & set) == t->accept[k] || (t->accept[k] & set) == set)
                return ERR_FORMAT;
        t->accept[i] = set;
    }
    return OK;
}

static err numbers_read(reader *r, const policy *p, flow_table *t)
{
    policy_flow_view *v = &t->view;
    v->retention_months = read_u16(r);
    v->valid_months = read_u16(r);
    v->notice_days = read_u16(r);
    v->majority_age = read_u8(r);
    v->review_roles = read_u64(r);
    v->review_by = read_u8(r);
    v->consent_days = read_u16(r);
    if (r->bad || v->retention_months < BUNDLE_RETENTION_MIN || v->retention_months > BUNDLE_MONTHS ||
        v->valid_months > BUNDLE_MONTHS || v->notice_days > BUNDLE_DEADLINE_DAYS ||
        v->majority_age < BUNDLE_AGE_MIN || v->majority_age > BUNDLE_AGE_MAX ||
        (p->roles.count < 64 && v->review_roles >> p->roles.count) || v->review_by >> FLOW_AUDIENCES ||
        v->consent_days > BUNDLE_CONSENT_DAYS)
        return ERR_FORMAT;
    return OK;
}

static bool more_follows(const reader *r) { return r->rest.len && *r->rest.at == BUNDLE_FLOW_MORE; }

// Events that came later are only there where somebody is told of them: older rules keep their bytes.
static err told_read(reader *r, flow_table *t)
{
    int i = 0;
    for (; i < FLOW_EVENT_COUNT && (i < BUNDLE_EVENTS_FIRST || (r->rest.len && !more_follows(r))); i++) {
        t->told[i] = read_u8(r);
        if (r->bad || t->told[i] >> FLOW_AUDIENCES)
            return ERR_FORMAT;
    }
    return i > BUNDLE_EVENTS_FIRST && !t->told[i - 1] ? ERR_FORMAT : OK;
}

// Lists that came later, likewise: an empty one does not stand here.
static err more_read(reader *r, policy *p, flow_table *t)
{
    if (!more_follows(r))
        return OK;
    (void)read_u8(r);
    err e = reasons_read(r, &p->papers, &t->join_reasons, &t->join_reason_count);
    return e ? e : t->join_reason_count ? OK : ERR_FORMAT;
}

static void defaults(flow_table *t)
{
    t->view = (policy_flow_view){.second_check = 1u << SECOND_ALWAYS,
                                 .shown = 1u << FLOW_POSSIBLE | 1u << FLOW_LIKELY | 1u << FLOW_STRONG,
                                 .retention_months = 60, .notice_days = 30, .majority_age = 18,
                                 .review_by = 1u << FLOW_TO_DISCLOSING | 1u << FLOW_TO_SECRETARIAT,
                                 .consent_days = 1};
    memset(t->told, 1 << FLOW_TO_ASKING | 1 << FLOW_TO_DISCLOSING | 1 << FLOW_TO_OWN, sizeof t->told);
}

err flow_read(reader *r, policy *p)
{
    flow_table *t = &p->flow;
    if (r->rest.len == 0) {
        defaults(t);
        return OK;
    }
    t->view.present = true;
    err e = deadlines_read(r, t);
    if (!e)
        e = reasons_read(r, &p->papers, &t->reasons, &t->reason_count);
    if (!e)
        e = relations_read(r, &p->papers, t);
    if (!e)
        e = reasons_read(r, &p->papers, &t->emergency_reasons, &t->emergency_reason_count);
    if (!e)
        e = matching_read(r, t);
    if (!e)
        e = numbers_read(r, p, t);
    if (!e)
        e = told_read(r, t);
    return e ? e : more_read(r, p, t);
}

// ---- looking ---------------------------------------------------------------------

policy_flow_view policy_flow(const policy *p) { return p->flow.view; }

policy_deadline policy_flow_deadline(const policy *p, flow_state s)
{
    return (unsigned)s < FLOW_STATE_COUNT ? p->flow.deadlines[s] : (policy_deadline){0};
}

static policy_reason reason_of(const policy_reason *list, int count, int i)
{
    return i >= 0 && i < count ? list[i] : (policy_reason){"", "", "", false};
}

static int reason_find(const policy_reason *list, int count, const char *id)
{
    for (int i = 0; id && i < count; i++)
        if (strcmp(list[i].id, id) == 0)
            return i;
    return POLICY_NONE;
}

int policy_reason_count(const policy *p) { return p->flow.reason_count; }

policy_reason policy_reason_at(const policy *p, int reason)
{
    return reason_of(p->flow.reasons, p->flow.reason_count, reason);
}

int policy_reason_find(const policy *p, const char *id)
{
    return reason_find(p->flow.reasons, p->flow.reason_count, id);
}

int policy_join_reason_count(const policy *p) { return p->flow.join_reason_count; }

policy_reason policy_join_reason_at(const policy *p, int reason)
{
    return reason_of(p->flow.join_reasons, p->flow.join_reason_count, reason);
}

int policy_join_reason_find(const policy *p, const char *id)
{
    return reason_find(p->flow.join_reasons, p->flow.join_reason_count, id);
}

int policy_emergency_reason_count(const policy *p) { return p->flow.emergency_reason_count; }

policy_reason policy_emergency_reason_at(const policy *p, int reason)
{
    return reason_of(p->flow.emergency_reasons, p->flow.emergency_reason_count, reason);
}

int policy_emergency_reason_find(const policy *p, const char *id)
{
    return reason_find(p->flow.emergency_reasons, p->flow.emergency_reason_count, id);
}

int policy_relation_count(const policy *p) { return p->flow.relation_count; }

policy_relation policy_relation_at(const policy *p, int relation)
{
    return relation >= 0 && relation < p->flow.relation_count ? p->flow.relations[relation]
                                                              : (policy_relation){"", "", "", false};
}

int policy_relation_find(const policy *p, const char *id)
{
    for (int i = 0; id && i < p->flow.relation_count; i++)
        if (strcmp(p->flow.relations[i].id, id) == 0)
            return i;
    return POLICY_NONE;
}

int policy_accept_count(const policy *p) { return p->flow.accept_count; }

uint32_t policy_accept_at(const policy *p, int set)
{
    return set >= 0 && set < p->flow.accept_count ? p->flow.accept[set] : 0;
}

uint32_t policy_told_of(const policy *p, flow_event e)
{
    return (unsigned)e < FLOW_EVENT_COUNT ? p->flow.told[e] : 0;
}

// ---- names -----------------------------------------------------------------------

const char *policy_flow_state_name(flow_state s)
{
    static const char *const NAMES[FLOW_STATE_COUNT] = {
        "draft", "enquiring", "sent", "received", "asked-back", "checking", "accepted", "disclosed", "completed",
        "rejected", "cancelled", "changed", "withdrawn", "ended", "objected",
    };
    return (unsigned)s < FLOW_STATE_COUNT ? NAMES[s] : "";
}

const char *policy_flow_strength_name(flow_strength s)
{
    static const char *const NAMES[FLOW_STRENGTHS] = {"weak", "possible", "likely", "strong"};
    return (unsigned)s < FLOW_STRENGTHS ? NAMES[s] : "";
}

const char *policy_flow_evidence_name(flow_evidence e)
{
    static const char *const NAMES[FLOW_EVIDENCES] = {
        "kana_family", "kana_given", "kanji", "birth", "sex", "postal", "insurance", "branch", "telephone", "address",
    };
    return (unsigned)e < FLOW_EVIDENCES ? NAMES[e] : "";
}

const char *policy_flow_second_name(flow_second s)
{
    static const char *const NAMES[SECOND_COUNT] = {"always", "weak", "proxy", "minor"};
    return (unsigned)s < SECOND_COUNT ? NAMES[s] : "";
}

const char *policy_flow_event_name(flow_event e)
{
    static const char *const NAMES[FLOW_EVENT_COUNT] = {
        "arrived", "asked-back", "replied", "completed", "refused", "cancelled", "overdue", "documents", "changed",
        "withdrawn", "objected", "emergency", "review-due", "consent-due", "expiring", "ended", "majority",
        "applied", "joined", "left", "enquired",
    };
    return (unsigned)e < FLOW_EVENT_COUNT ? NAMES[e] : "";
}

const char *policy_flow_audience_name(flow_audience a)
{
    static const char *const NAMES[FLOW_AUDIENCES] = {"asking", "disclosing", "own", "secretariat", "council",
                                                      "patient"};
    return (unsigned)a < FLOW_AUDIENCES ? NAMES[a] : "";
}
