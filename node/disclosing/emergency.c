// SPDX-License-Identifier: Apache-2.0
#include "node/disclosing/emergency.h"

#include <stdio.h>
#include <string.h>

#include "node/office/notice.h"
#include "node/disclosing/objection.h"
#include "node/charts/person.h"
#include "node/line/post.h"
#include "node/office/secretariat.h"
#include "node/disclosing/stops.h"
#include "node/disclosing/told.h"
#include "policies/engine/emergency.h"
#include "policies/engine/flow.h"
#include "policies/engine/table.h"

static const char NOTHING[] = "this hospital has nothing that may be opened in this emergency";

static err refuse(job *j, err e, const char *why)
{
    snprintf(j->note, sizeof j->note, "%s", why);
    return e;
}

// ---- may it be opened? -----------------------------------------------------------------

err emergency_gate(job *j, release *r)
{
    const rules *theirs = book_named(j->rules, &r->k.rules);
    const policy *p = j->rules->r->p;
    const ticket *k = &r->k;
    uint8_t number;
    if (!theirs)
        return refuse(j, ERR_STALE, "the hospital holds other rules than those of the ticket");
    r->emergency = strcmp(policy_purpose_text(theirs->p, k->purpose).id, "emergency") == 0;
    r->unasked = ticket_unasked(k);
    if (!r->emergency)
        return k->reason ? refuse(j, ERR_DENIED, "a reason for an emergency, and no emergency") : OK;
    const char *reason = emergency_reason_id(theirs->p, k->reason);
    if (!emergency_reason(p, reason, &number) || strlen(reason) >= sizeof r->reason)
        return refuse(j, ERR_DENIED, "the rules know no such reason for an emergency");
    strcpy(r->reason, reason);
    r->allowed = emergency_categories(p, policy_facility(p, k->facility),
                                      policy_role(p, policy_role_text(theirs->p, k->role).id));
    if (!r->allowed)
        return refuse(j, ERR_DENIED, "the rules do not let that role open records in an emergency");
    if (j->now >= k->issued + (time_ms)emergency_ticket_ms(p))
        return refuse(j, ERR_EXPIRED, "the ticket has expired: look up again");
    return OK;
}

// The patient's own word as this hospital knows it.
static err word_of(store_txn *t, const release *r, const char *chart, emergency_word *ret)
{
    consent c;
    emergency_said s = {.lasts = false}; // a ticket that names a consent does not come this way
    err e = objection_stands(t, chart, &s.objected);
    if (e)
        return e;
    e = consent_get(t, span_str(chart), &c);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    s.consent = e == OK;
    s.withdrawn = s.consent && c.card.scope.withdrawn;
    s.includes = s.consent && c.card.scope.emergency;
    e = stop_covers(t, &r->k.who, r->k.facility, s.consent ? c.card.scope.at : INT64_MIN, &s.stopped);
    if (e == OK)
        *ret = emergency_word_of(&s);
    return e;
}

typedef struct others {
    const char *chart;
    uint64_t facility;
    bool any;
} others;

static err other_one(void *ctx, const consent *c)
{
    others *o = ctx;
    o->any = o->any || (c->card.facility == o->facility && strcmp(c->chart, o->chart) != 0);
    return OK;
}

// Exactly one chart: by what the storages say of it, and by no consent of another.
static err chart_find(job *j, store_txn *t, release *r)
{
    size_t charts = 0;
    others o = {r->c.chart, j->n->facility, false};
    err e = person_charts(t, &r->k.who, r->c.chart, &charts);
    if (e == OK && charts)
        e = consent_holders(t, &r->k.who, other_one, &o);
    if (e)
        return e;
    if (charts == 0) {
        r->for_log = "no chart here has this pseudonym";
        return refuse(j, ERR_NOT_FOUND, NOTHING);
    }
    return charts > 1 || o.any ? refuse(j, ERR_CONFLICT, "more than one patient here has this name, birth and sex: "
                                                         "telephone the hospital") : OK;
}

err emergency_patient(job *j, store_txn *t, release *r)
{
    consent *c = &r->c;
    emergency_word word = EMERGENCY_AGAINST;
    memset(c, 0, sizeof *c);
    if (r->k.source != j->n->facility) { // without a consent a shelf opens to nobody; and the charts are the hospital's
        r->for_log = "a shelf opens to nobody without a consent";
        return refuse(j, ERR_NOT_FOUND, NOTHING);
    }
    err e = chart_find(j, t, r);
    if (r->nothing && (e == OK || e == ERR_CONFLICT)) {
        r->for_log = "the hub refused it: by what it was told, the patient's word is against it";
        return refuse(j, ERR_NOT_FOUND, NOTHING);
    }
    if (e == OK)
        e = word_of(t, r, c->chart, &word);
    if (e)
        return e;
    if (!emergency_opens(j->rules->r->p, word)) {
        // That somebody objected would say that there are records.
        r->for_log = word == EMERGENCY_AGAINST ? "the patient's word is against it"
                                               : "the rules do not open who did not agree";
        return refuse(j, ERR_NOT_FOUND, NOTHING);
    }
    c->card.who = r->k.who;
    c->card.facility = j->n->facility;
    c->card.registered_on = day_of_time(j->now);
    r->for_log = r->what == ASK_MANIFEST ? "manifest, without consent" : "document, without consent";
    return OK;
}

// ---- who is told -------------------------------------------------------------------------

static err facility_told(job *j, store_txn *t, uint64_t facility, const uint8_t *reference)
{
    return facility && j->n->notice ? j->n->notice(j, t, facility, FLOW_EVENT_EMERGENCY, reference) : OK;
}

// Does that node speak for the secretariat of one of these unions?
static bool speaks_for(const policy *p, const char *who, uint64_t unions)
{
    for (int u = 0; u < policy_union_count(p); u++) {
        const char *name = unions >> u & 1 ? secretariat_node(p, u) : NULL;
        if (name && strcmp(name, who) == 0)
            return true;
    }
    return false;
}

static uint64_t unions_of(const policy *p, uint64_t facility)
{
    int f = policy_facility(p, facility);
    return f == POLICY_NONE ? 0 : policy_facility_at(p, f).unions;
}

static err office_told(job *j, store_txn *t, const uint8_t *reference)
{
    return notice_tell(j, t, SECRETARIAT, FLOW_EVENT_EMERGENCY, reference);
}

void emergency_mark(const uint8_t thread[static LETTER_ID_BYTES], const uint8_t *who, hash32 *ret)
{
    const span parts[3] = {SPAN_LIT("tsunagu emergency v1"), span_of(thread, LETTER_ID_BYTES),
                           span_of(who, PSEUDONYM_BYTES)};
    sha256_parts(parts, 3, ret);
}

static uint32_t audience(const policy *p)
{
    uint32_t told = policy_emergency(p).told, ret = policy_told_of(p, FLOW_EVENT_EMERGENCY);
    ret |= told >> AUDIENCE_DISCLOSER & 1 ? 1u << FLOW_TO_DISCLOSING : 0;
    ret |= told >> AUDIENCE_SECRETARIAT & 1 ? 1u << FLOW_TO_SECRETARIAT : 0;
    return ret;
}

typedef struct telling {
    emergency_own found[EMERGENCY_FOUND_MAX];
    size_t count;
} telling;

static err own_one(void *ctx, span key, span value)
{
    telling *k = ctx;
    (void)value;
    if (key.len != sizeof(emergency_own))
        return ERR_CORRUPT;
    memcpy(&k->found[k->count++], key.at, key.len);
    return k->count == EMERGENCY_FOUND_MAX ? ERR_CLOSED : OK;
}

err emergency_meant(job *j, store_txn *t, const Tsunagu__EmergencyTold *m, const uint8_t *thread,
                    const emergency_own *found, size_t count)
{
    err e = OK;
    for (size_t i = 0; e == OK && i < count; i++) {
        opening_record o = TSUNAGU__OPENING_RECORD__INIT;
        uint64_t own = be64_get(found[i].facility), number;
        if (own == m->facility)
            continue;
        o.id = wire_bytes(span_of(thread, LETTER_ID_BYTES));
        o.side = OPENING_TOLD;
        o.at_ms = m->at_ms;
        o.facility = m->facility;
        o.source = m->source;
        o.own = own;
        o.pseudonym = wire_bytes(span_of(found[i].who, PSEUDONYM_BYTES));
        e = opening_add(t, &o, &number);
        if (e == OK)
            e = facility_told(j, t, own, thread);
    }
    return e;
}

// Here the pseudonym is known, and looked up.
static err own_told(job *j, store_txn *t, const opening_record *o)
{
    Tsunagu__EmergencyTold m = TSUNAGU__EMERGENCY_TOLD__INIT;
    telling *k = arena_get(&j->memory, sizeof *k);
    if (!k)
        return ERR_MEM;
    m.facility = o->facility;
    m.source = o->source;
    m.at_ms = o->at_ms;
    err e = store_walk(t, TABLE_OWN_BACK, wire_span(o->pseudonym), (span){0}, own_one, k);
    return e ? e : emergency_meant(j, t, &m, o->id.data, k->found, k->count);
}

static err node_tell(job *j, store_txn *t, const opening_record *o, const policy_node_view *to, uint32_t bits)
{
    Tsunagu__EmergencyTold m = TSUNAGU__EMERGENCY_TOLD__INIT;
    letter l = {.kind = LETTER_EMERGENCY_TOLD, .from = o->source, .to = 0, .to_node = to->name};
    hash32 thread, mark;
    buf body = {0};
    // A thread of its own for each node: letters of one thread come in one order.
    const span parts[2] = {wire_span(o->id), span_str(to->name)};
    sha256_parts(parts, 2, &thread);
    memcpy(l.thread, thread.at, sizeof l.thread);
    emergency_mark(l.thread, o->pseudonym.data, &mark);
    m.facility = o->facility;
    m.source = o->source;
    m.at_ms = o->at_ms;
    m.mark = wire_bytes(span_of(mark.at, HASH_BYTES));
    m.to = bits;
    err e = wire_encode((const ProtobufCMessage *)&m, &body);
    l.body = buf_span(&body);
    if (e == OK)
        e = post_back(j, t, &l);
    buf_done(&body);
    return e;
}

// Whom of the audience another node reaches. Whether the patient is registered there, it knows itself.
static uint32_t bits_of(const job *j, const opening_record *o, int no, uint32_t bits)
{
    const policy *p = j->rules->r->p;
    int asker = policy_facility(p, o->facility);
    uint64_t here = unions_of(p, o->source);
    uint64_t there = (uint64_t)1 << policy_node_at(p, no).union_no;
    uint32_t ret = 1u << FLOW_TO_OWN;
    if (asker != POLICY_NONE && policy_node_serves(p, no, asker))
        ret |= 1u << FLOW_TO_ASKING;
    if (speaks_for(p, policy_node_at(p, no).name, here | unions_of(p, o->facility)))
        ret |= 1u << FLOW_TO_SECRETARIAT;
    return policy_related(p, here, there, day_of_time(j->now)) ? ret & bits : 0;
}

static err tell_here(job *j, store_txn *t, const opening_record *o, uint32_t bits)
{
    const policy *p = j->rules->r->p;
    err e = OK;
    if (bits >> FLOW_TO_DISCLOSING & 1)
        e = facility_told(j, t, o->source, o->id.data);
    if (e == OK && (bits >> FLOW_TO_ASKING & 1))
        e = facility_told(j, t, o->facility, o->id.data);
    if (e == OK && (bits >> FLOW_TO_SECRETARIAT & 1) &&
        speaks_for(p, j->n->config.name, unions_of(p, o->source) | unions_of(p, o->facility)))
        e = office_told(j, t, o->id.data);
    if (e == OK && (bits >> FLOW_TO_OWN & 1))
        e = own_told(j, t, o);
    return e;
}

static err tell_all(job *j, store_txn *t, const opening_record *o)
{
    const policy *p = j->rules->r->p;
    uint32_t bits = audience(p);
    err e = tell_here(j, t, o, bits);
    for (int i = 0; e == OK && i < policy_node_count(p); i++) {
        policy_node_view v = policy_node_at(p, i);
        uint32_t theirs = strcmp(v.name, j->n->config.name) == 0 ? 0 : bits_of(j, o, i, bits);
        if (theirs && v.seal_count)
            e = node_tell(j, t, o, &v, theirs);
    }
    return e;
}

err emergency_opened(job *j, store_txn *t, release *r)
{
    opening_record about = TSUNAGU__OPENING_RECORD__INIT, *o;
    const rules *theirs = book_named(j->rules, &r->k.rules);
    uint64_t number;
    bool fresh;
    about.side = OPENING_DISCLOSING;
    about.facility = r->k.facility;
    about.source = about.own = r->k.source; // the hospital, or one with a shelf here
    about.user = wire_bytes(span_of(r->k.user, USER_ID_BYTES));
    about.role = (char *)(theirs ? policy_role_text(theirs->p, r->k.role).id : "");
    about.reason = r->reason;
    about.words = r->words;
    about.pseudonym = wire_bytes(span_of(r->k.who.at, PSEUDONYM_BYTES));
    about.chart = r->c.chart;
    about.granted = r->granted;
    about.ticket = wire_bytes(span_of(r->k.id, TICKET_ID_BYTES));
    about.without_consent = r->unasked;
    err e = opening_begin(j, t, &about, &o, &number, &fresh);
    if (e || !fresh)
        return e;
    r->told = true;
    return tell_all(j, t, o);
}

// ---- told by another hospital ---------------------------------------------------------------

err emergency_take(job *j, store_txn *t, const letter *l)
{
    Tsunagu__EmergencyTold *m;
    if (WIRE_DECODE(l->body, Tsunagu__EmergencyTold, tsunagu__emergency_told__descriptor, 256, &j->memory, &m) != OK ||
        m->mark.len != HASH_BYTES)
        return ERR_FORMAT;
    if (m->source != l->from) // a hospital tells of itself only
        return ERR_DENIED;
    err e = OK;
    if (m->to >> FLOW_TO_ASKING & 1)
        e = facility_told(j, t, m->facility, l->thread);
    if (e == OK && (m->to >> FLOW_TO_SECRETARIAT & 1))
        e = office_told(j, t, l->thread);
    if (e == OK && (m->to >> FLOW_TO_OWN & 1))
        e = told_put(t, l); // told.c finds who is meant
    return job_store_err(e);
}
