// SPDX-License-Identifier: Apache-2.0
// A lookup: for each card of the patient, the rules decide; what is granted
// gets a ticket; all of it is one entry of the access log, durable before the answer leaves.
//
// A facility without a consent that covers the asker is not in the answer at all:
// "no record" and "no consent" must look alike to a clinic. The log tells them apart.
#include <stdio.h>
#include <string.h>

#include "hub/desk.h"
#include "hub/index.h"

enum { ANSWERS_MAX = HUB_ANSWERS };

typedef struct answer {
    uint64_t source;
    err status;          // what the log says
    bool told;           // is it in the reply?
    policy_answer right;
    uint8_t grain;
    uint8_t ticket_id[TICKET_ID_BYTES];
    size_t body_at, body_len; // the ticket's, in the job's scratch, until it is signed; 0: none
    const ticket_batch *batch; // where its signature will be
    uint32_t batch_index;
    card_presence presence[CARD_CATEGORIES]; // of granted categories, by bit
    bool present[CARD_CATEGORIES];
} answer;

typedef struct lookup {
    const Tsunagu__LookupRequest *q;
    job *j;
    pseudonym who;
    int viewer, viewer_union, role, purpose;
    const char *unions[32];
    int union_count;
    bool stopped;
    stop_record stop;
    uint64_t log_seq;
    day today;
    answer *answers[ANSWERS_MAX]; // in the job's memory
    size_t count;
} lookup;

// The asker as the membership list knows it: nothing the call claims is taken on trust.
static err asker_check(lookup *l)
{
    const policy *p = l->j->rules->p;
    int node = policy_node(p, l->j->caller->node);
    l->viewer = policy_facility(p, l->q->facility);
    if (node == POLICY_NONE || l->viewer == POLICY_NONE || !policy_node_serves(p, node, l->viewer)) {
        snprintf(l->j->note, sizeof l->j->note, "that facility does not ask through this node");
        return ERR_DENIED;
    }
    l->viewer_union = policy_node_at(p, node).union_no;
    l->role = policy_role(p, l->q->role);
    l->purpose = policy_purpose(p, l->q->purpose);
    if (l->role == POLICY_NONE || l->purpose == POLICY_NONE) {
        snprintf(l->j->note, sizeof l->j->note, "the rules do not know that role or purpose");
        return ERR_DENIED;
    }
    if (l->q->user.len != USER_ID_BYTES || pseudonym_parse(wire_span(l->q->pseudonym), &l->who) != OK)
        return ERR_FORMAT;
    // A consent given to a union holds for the union that the asker asks through.
    l->unions[l->union_count++] = policy_union_text(p, l->viewer_union).id;
    return OK;
}

static span body_of(const lookup *l, const answer *a)
{
    return span_cut(buf_span(&l->j->scratch), a->body_at, a->body_len);
}

static bool consent_holds(const lookup *l, const card *c)
{
    if (c->scope.withdrawn)
        return false;
    if (l->stopped && stop_covers(&l->stop, c))
        return false;
    if (l->purpose == l->j->rules->emergency)
        return c->scope.emergency && l->today >= c->scope.from && l->today <= c->scope.until;
    return consent_covers(&c->scope, l->q->facility, l->unions, l->union_count, l->today);
}

static void presence_take(answer *a, const card *c)
{
    for (int i = 0; i < c->presence_count; i++) {
        int bit = c->presence[i].category;
        if (a->right.granted & (1u << bit)) {
            a->presence[bit] = c->presence[i];
            a->present[bit] = true;
        }
    }
    a->grain = c->grain;
}

// The ticket's id is its place in the log and the source: unique, and it leads an auditor to the entry.
static err ticket_make(const lookup *l, answer *a, const card *c)
{
    job *j = l->j;
    ticket k = {.issued = j->now,
                .expires = j->now + policy_ticket_ms(j->rules->p),
                .facility = l->q->facility,
                .role = (uint8_t)l->role,
                .purpose = (uint8_t)l->purpose,
                .who = l->who,
                .source = c->facility,
                .categories = (uint16_t)a->right.granted,
                .registered_on = c->registered_on,
                .consent_revision = c->scope.revision,
                .rules = j->rules->hash,
                .log_seq = l->log_seq};
    be64_put(k.id, l->log_seq);
    be64_put(k.id + 8, c->facility);
    memcpy(k.node, j->caller->node, sizeof k.node);
    memcpy(k.user, l->q->user.data, USER_ID_BYTES);
    memcpy(k.consent_id, c->scope.id, sizeof k.consent_id);
    for (int bit = 0; bit < CARD_CATEGORIES; bit++)
        k.from[bit] = a->right.from[bit];
    memcpy(a->ticket_id, k.id, TICKET_ID_BYTES);
    a->body_at = j->scratch.len;
    err e = ticket_pack(&k, &j->scratch);
    a->body_len = j->scratch.len - a->body_at;
    hub *h = j->h;
    if (h->tickets[h->tickets_at].count == TICKET_BATCH && h->tickets_at + 1 < HUB_TICKETS)
        h->tickets_at++;
    a->batch = &h->tickets[h->tickets_at];
    return e ? e : ticket_batch_add(&h->tickets[h->tickets_at], body_of(l, a), &a->batch_index);
}

static err card_answer(void *ctx, const card *c)
{
    lookup *l = ctx;
    const policy *p = l->j->rules->p;
    if (l->count == ANSWERS_MAX)
        return ERR_LIMIT;
    answer *a = arena_get(&l->j->memory, sizeof *a);
    if (!a)
        return ERR_MEM;
    l->answers[l->count++] = a;
    a->source = c->facility;
    int source = policy_facility(p, c->facility);
    bool consented = consent_holds(l, c);
    policy_question q = {.viewer = l->viewer,
                         .viewer_union = l->viewer_union,
                         .role = l->role,
                         .purpose = l->purpose,
                         .source = source,
                         .asked = l->q->categories ? l->q->categories : UINT32_MAX,
                         .today = l->today,
                         .registered_on = c->registered_on,
                         .consented = consented,
                         .consent_categories = c->scope.categories,
                         .consent_from = c->scope.from,
                         .consent_until = c->scope.until};
    policy_decide(p, &q, &a->right);
    a->told = consented && source != POLICY_NONE;
    int node = source == POLICY_NONE ? POLICY_NONE : policy_discloser(p, source);
    if (c->scope.withdrawn)
        a->status = ERR_WITHDRAWN;
    else if (!a->right.granted)
        a->status = ERR_DENIED;
    else if (node == POLICY_NONE || !roster_has(l->j->h, policy_node_at(p, node).name))
        a->status = ERR_UNREACHABLE;
    if (a->status == ERR_UNREACHABLE)
        return OK; // named, but nothing of it is shown: it could not decide for itself
    if (a->status)
        return OK;
    presence_take(a, c);
    return ticket_make(l, a, c);
}

static err lookup_log(lookup *l, store_txn *t, err status)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    Tsunagu__LogSource *sources = arena_get(&l->j->memory, l->count * sizeof *sources);
    Tsunagu__LogSource **list = arena_get(&l->j->memory, l->count * sizeof *list);
    if (!sources || !list)
        return ERR_MEM;
    for (size_t i = 0; i < l->count; i++) {
        const answer *a = l->answers[i];
        tsunagu__log_source__init(&sources[i]);
        sources[i].source = a->source;
        sources[i].status = (uint32_t)a->status;
        sources[i].granted = a->status == OK ? a->right.granted : 0;
        if (a->body_len)
            sources[i].ticket = wire_bytes(span_of(a->ticket_id, TICKET_ID_BYTES));
        list[i] = &sources[i];
        if (a->status == OK)
            e.granted |= a->right.granted;
    }
    e.event = EVENT_LOOKUP;
    e.status = (uint32_t)status;
    e.facility = l->q->facility;
    e.user = l->q->user;
    e.role = l->q->role;
    e.purpose = l->q->purpose;
    e.pseudonym = l->q->pseudonym;
    e.asked = l->q->categories;
    e.sources = list;
    e.n_sources = l->count;
    e.note = l->j->note;
    uint64_t seq;
    err failed = job_log(l->j, t, &e, &seq);
    // The tickets name this entry; nothing else may have slipped in between.
    if (failed == OK && l->count && seq != l->log_seq)
        return ERR_CORRUPT;
    return failed;
}

err lookup_run(job *j, store_txn *t)
{
    lookup *l = arena_get(&j->memory, sizeof *l);
    if (!l)
        return ERR_MEM;
    l->q = j->request;
    l->j = j;
    l->today = day_of_time(j->now);
    j->state = l;
    err status = asker_check(l);
    if (status == ERR_FORMAT)
        return status; // nothing that could be put on record: not a lookup at all
    if (status == OK) {
        // Most federations have none: then there is nothing to look for.
        err e = j->h->stop_seq ? index_stop(t, &l->who, l->q->facility, &l->stop) : ERR_NOT_FOUND;
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
        l->stopped = e == OK;
        l->log_seq = j->h->log.open.seq + 1;
        e = index_cards(t, &l->who, card_answer, l);
        if (e)
            return e;
        bool any = false;
        for (size_t i = 0; i < l->count; i++)
            any = any || l->answers[i]->status == OK;
        if (l->count && !any)
            status = ERR_DENIED;
        else if (!l->count)
            status = ERR_NOT_FOUND;
    }
    // The clinic hears "nothing" for "not found" and "not permitted" alike; a wrong asker is told so.
    return lookup_log(l, t, status);
}

// What a clinic may be told of a reason is the council's to say.
static uint8_t why_told(const policy *p, uint8_t why)
{
    return why == WHY_GRANTED || (policy_told(p) >> why) & 1 ? why : WHY_NOT_AVAILABLE;
}

static err facility_fill(job *j, const answer *a, Tsunagu__FacilityAnswer *f)
{
    const policy *p = j->rules->p;
    int categories = policy_category_count(p), n = 0;
    if (categories > CARD_CATEGORIES)
        categories = CARD_CATEGORIES;
    Tsunagu__CategoryAnswer *rows = arena_get(&j->memory, (size_t)categories * sizeof *rows);
    Tsunagu__CategoryAnswer **list = arena_get(&j->memory, (size_t)categories * sizeof *list);
    if (!rows || !list)
        return ERR_MEM;
    tsunagu__facility_answer__init(f);
    f->facility = a->source;
    f->status = (uint32_t)a->status;
    f->granted = a->status == OK ? a->right.granted : 0;
    for (int bit = 0; bit < categories; bit++) {
        if (a->status == ERR_UNREACHABLE || a->right.why[bit] == WHY_NOT_ASKED ||
            !policy_category_text(p, bit).id[0])
            continue;
        Tsunagu__CategoryAnswer *c = list[n] = &rows[n];
        n++;
        tsunagu__category_answer__init(c);
        c->category = (uint32_t)bit;
        c->why = why_told(p, a->right.why[bit]);
        c->from_day = a->right.from[bit];
        c->grain = a->grain;
        if (a->present[bit]) {
            c->first_period = a->presence[bit].base;
            c->periods = wire_bytes(span_of(a->presence[bit].bits, a->presence[bit].bytes));
        }
    }
    f->categories = list;
    f->n_categories = (size_t)n;
    return OK;
}

// In the job's `tickets`, which has room for all of them: none moves when the next is put behind it.
static err ticket_fill(const lookup *l, const answer *a, Tsunagu__FacilityAnswer *f)
{
    buf *out = &l->j->tickets;
    size_t at = out->len;
    if (!a->body_len)
        return OK;
    err e = ticket_batch_take(a->batch, a->batch_index, body_of(l, a), out);
    if (e == OK)
        f->ticket = wire_bytes(span_from(buf_span(out), at));
    return e;
}

static err facilities_fill(lookup *l, Tsunagu__LookupReply *reply)
{
    job *j = l->j;
    Tsunagu__FacilityAnswer *rows = arena_get(&j->memory, l->count * sizeof *rows);
    Tsunagu__FacilityAnswer **list = arena_get(&j->memory, l->count * sizeof *list);
    if (!rows || !list)
        return ERR_MEM;
    size_t n = 0;
    err e = buf_reserve(&j->tickets, l->count * WIRE_TICKET_MAX);
    for (size_t i = 0; e == OK && i < l->count; i++) {
        if (!l->answers[i]->told)
            continue;
        list[n] = &rows[n];
        e = facility_fill(j, l->answers[i], list[n]);
        if (e == OK)
            e = ticket_fill(l, l->answers[i], list[n]);
        n++;
    }
    reply->facilities = list;
    reply->n_facilities = n;
    return e;
}

void lookup_answer(job *j, err e)
{
    Tsunagu__LookupReply reply = TSUNAGU__LOOKUP_REPLY__INIT;
    Tsunagu__LogHead head = TSUNAGU__LOG_HEAD__INIT;
    bool wrong_asker = e == OK && j->note[0];
    if (e == OK && !wrong_asker)
        e = facilities_fill(j->state, &reply);
    if (e == OK && !wrong_asker) {
        head.seq = j->h->log.head.seq;
        head.hash = wire_bytes(span_of(j->h->log.head.hash.at, HASH_BYTES));
        reply.head = &head;
        e = wire_encode((const ProtobufCMessage *)&reply, &j->reply);
    }
    job_reply(j, e ? e : wrong_asker ? ERR_DENIED : OK, e || wrong_asker ? (span){0} : buf_span(&j->reply));
}
