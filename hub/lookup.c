// SPDX-License-Identifier: Apache-2.0
// A lookup: for each card of the patient, the rules decide; what is granted
// gets a ticket; all of it is one entry of the access log, durable before the answer leaves.
//
// A facility without a consent that covers the asker is not in the answer at all:
// "no record" and "no consent" must look alike to a clinic. The log tells them apart.
//
// In an emergency the rules may let a patient be opened who agreed to nothing. The hub does not know who holds
// records: there is a ticket then for every hospital that rules and agreements would let this asker see, whoever
// the patient is, and each hospital decides for itself.
#include <stdio.h>
#include <string.h>

#include "hub/desk.h"
#include "hub/index.h"
#include "policies/engine/emergency.h"
#include "proto/wire/limits.h"

// A reply has room for the tickets of HUB_ANSWERS hospitals at most, fewer where much is told of each. Those
// beyond are named, without a ticket: who asks for fewer categories has room for more.
enum {
    ANSWERS_MAX = 1024, ANSWERS_FIRST = 4, // the one a power of four times the other
    NAME_BYTES = 24, NAME_FIELDS = 4,     // of one that is only named
    TICKET_BYTES = 720, TICKET_FIELDS = 4,
    ROW_BYTES = 26, ROW_FIELDS = 7,       // of a category, without what exists
    REPLY_BYTES = WIRE_BODY_MAX - 512 - ANSWERS_MAX * NAME_BYTES,
    REPLY_FIELDS = WIRE_FIELDS_MAX - 16 - ANSWERS_MAX * NAME_FIELDS,
};

typedef struct answer {
    uint64_t source;
    err status;          // what the log says
    bool told;           // is it in the reply?
    bool bare;           // only by name
    policy_answer right;
    uint8_t grain;
    uint8_t ticket_id[TICKET_ID_BYTES];
    size_t body_at, body_len; // the ticket's, in the job's scratch, until it is signed; 0: none
    bool unasked;              // in an emergency, without a consent
    const ticket_batch *batch; // where its signature will be
    uint32_t batch_index;
    const card_presence *presence[CARD_CATEGORIES]; // of granted categories, by bit; NULL: nothing is known
} answer;

typedef struct lookup {
    const Tsunagu__LookupRequest *q;
    job *j;
    pseudonym who;
    int viewer, viewer_union, role, purpose;
    const char *unions[32];
    int union_count;
    uint8_t reason;   // of an emergency, from 1; 0: it is none
    uint32_t allowed; // in an emergency: what emergency.yaml leaves to this asker
    bool stopped;
    stop_record stop;
    uint64_t log_seq;
    day today;
    err packed; // whether the reply could be written
    answer **answers; // in the job's memory, as the list is
    size_t count, room;
    size_t tickets, bytes, fields; // that the reply will hold, beside names
} lookup;

static void lookup_prepare(job *j);

// Who opens records in an emergency says why, in a word of the rules' list: other words are not for the hub.
static err emergency_check(lookup *l)
{
    const policy *p = l->j->rules->p;
    if (!emergency_reason(p, l->q->reason, &l->reason)) {
        snprintf(l->j->note, sizeof l->j->note, l->q->reason[0] ? "the rules know no such reason for an emergency"
                                                                : "an emergency needs a reason of the rules' list");
        return ERR_DENIED;
    }
    l->allowed = emergency_categories(p, l->viewer, l->role);
    if (!l->allowed) {
        snprintf(l->j->note, sizeof l->j->note, "the rules do not let that role open records in an emergency");
        return ERR_DENIED;
    }
    return OK;
}

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
    return l->purpose == l->j->rules->emergency ? emergency_check(l) : OK;
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
    return consent_covers(&c->scope, l->q->facility, l->unions, l->union_count, l->today);
}

// What the patient's own word is, as far as the hub has heard it. c: NULL without a card.
static emergency_word word_of(const lookup *l, const card *c)
{
    emergency_said s = {.stopped = l->stopped};
    if (c)
        s = (emergency_said){.consent = true,
                             .withdrawn = c->scope.withdrawn,
                             .includes = c->scope.emergency,
                             .lasts = l->today >= c->scope.from && l->today <= c->scope.until,
                             .stopped = l->stopped && stop_covers(&l->stop, c)};
    return emergency_word_of(&s);
}

static err presence_take(lookup *l, answer *a, const card *c)
{
    for (int i = 0; i < c->presence_count; i++) {
        int bit = c->presence[i].category;
        if (!(a->right.granted & (1u << bit)))
            continue;
        card_presence *copy = arena_get(&l->j->memory, sizeof *copy);
        if (!copy)
            return ERR_MEM;
        *copy = c->presence[i];
        a->presence[bit] = copy;
    }
    a->grain = c->grain;
    return OK;
}

// Is there room for all that is told of this one? If not, it is named and no more.
static void room_take(lookup *l, answer *a)
{
    bool granted = a->status == OK;
    size_t bytes = granted ? TICKET_BYTES : 0, fields = granted ? TICKET_FIELDS : 0;
    for (int bit = 0; bit < CARD_CATEGORIES; bit++) {
        if (a->right.why[bit] == WHY_NOT_ASKED)
            continue;
        bytes += ROW_BYTES + (a->presence[bit] ? a->presence[bit]->bytes : 0u);
        fields += ROW_FIELDS;
    }
    a->bare = l->bytes + bytes > REPLY_BYTES || l->fields + fields > REPLY_FIELDS ||
              (granted && l->tickets == HUB_ANSWERS);
    if (a->bare) {
        a->status = granted ? ERR_LIMIT : a->status;
        return;
    }
    l->bytes += bytes;
    l->fields += fields;
    l->tickets += granted;
}

// The ticket's id is its place in the log and the source: unique, and it leads an auditor to the entry.
static err ticket_make(const lookup *l, answer *a, const card *c)
{
    job *j = l->j;
    ticket k = {.issued = j->now,
                .expires = j->now + (l->reason ? emergency_ticket_ms(j->rules->p) : policy_ticket_ms(j->rules->p)),
                .facility = l->q->facility,
                .role = (uint8_t)l->role,
                .purpose = (uint8_t)l->purpose,
                .who = l->who,
                .source = a->source,
                .categories = (uint16_t)a->right.granted,
                .registered_on = a->unasked ? l->today : c->registered_on,
                .consent_revision = a->unasked ? 0 : c->scope.revision,
                .rules = j->rules->hash,
                .log_seq = l->log_seq,
                .reason = l->reason};
    be64_put(k.id, l->log_seq);
    be64_put(k.id + 8, a->source);
    memcpy(k.node, j->caller->node, sizeof k.node);
    memcpy(k.user, l->q->user.data, USER_ID_BYTES);
    if (!a->unasked)
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

// Most patients have cards at a few hospitals: the list is short, and grows.
static err answers_room(lookup *l)
{
    if (l->count < l->room)
        return OK;
    if (l->count == ANSWERS_MAX)
        return ERR_LIMIT;
    size_t room = l->room ? l->room * 4 : ANSWERS_FIRST;
    answer **list = arena_get(&l->j->memory, room * sizeof *list);
    if (!list)
        return ERR_MEM;
    if (l->count)
        memcpy(list, l->answers, l->count * sizeof *list);
    l->answers = list;
    l->room = room;
    return OK;
}

static err answer_new(lookup *l, uint64_t source, answer **ret)
{
    err e = answers_room(l);
    if (e)
        return e;
    answer *a = arena_get(&l->j->memory, sizeof *a);
    if (!a)
        return ERR_MEM;
    l->answers[l->count++] = a;
    a->source = source;
    *ret = a;
    return OK;
}

// What rules, agreement and consent grant; c: the patient's card there, or NULL without a consent.
static void right_find(const lookup *l, answer *a, const card *c, bool consented)
{
    const policy *p = l->j->rules->p;
    uint32_t asked = l->q->categories ? l->q->categories : UINT32_MAX;
    policy_question q = {.viewer = l->viewer,
                         .viewer_union = l->viewer_union,
                         .role = l->role,
                         .purpose = l->purpose,
                         .source = policy_facility(p, a->source),
                         .asked = l->reason ? asked & l->allowed : asked,
                         .today = l->today,
                         .registered_on = c ? c->registered_on : l->today,
                         .consented = consented,
                         .consent_categories = c ? c->scope.categories : UINT32_MAX,
                         .consent_from = c ? c->scope.from : l->today,
                         .consent_until = c ? c->scope.until : l->today};
    policy_decide(p, &q, &a->right);
}

static bool asked_node_there(const lookup *l, uint64_t facility)
{
    const policy *p = l->j->rules->p;
    int source = policy_facility(p, facility);
    int node = source == POLICY_NONE ? POLICY_NONE : policy_discloser(p, source);
    return node != POLICY_NONE && roster_has(l->j->h, policy_node_at(p, node).name);
}

// Where the rules open patients who said nothing, a hospital left out because of an objection would tell
// that it has records. It is answered like one that told the hub nothing; its ticket opens nothing (relay.c).
static bool told_as_unknown(const lookup *l, emergency_word word)
{
    const policy *p = l->j->rules->p;
    return word != EMERGENCY_AGREED && !emergency_opens(p, word) && emergency_opens(p, word_of(l, NULL));
}

static err card_answer(void *ctx, const card *c)
{
    lookup *l = ctx;
    answer *a;
    emergency_word word = l->reason ? word_of(l, c) : EMERGENCY_AGREED;
    if (told_as_unknown(l, word))
        return OK;
    err e = answer_new(l, c->facility, &a);
    if (e)
        return e;
    bool consented = l->reason ? word == EMERGENCY_AGREED : consent_holds(l, c);
    // A card without a word for emergencies counts as none where the rules open such a patient.
    a->unasked = word != EMERGENCY_AGREED && emergency_opens(l->j->rules->p, word);
    right_find(l, a, a->unasked ? NULL : c, consented || a->unasked);
    a->told = (consented || a->unasked) && policy_facility(l->j->rules->p, c->facility) != POLICY_NONE;
    if (c->scope.withdrawn && !a->unasked)
        a->status = ERR_WITHDRAWN;
    else if (!a->right.granted)
        a->status = ERR_DENIED;
    else if (!asked_node_there(l, c->facility))
        a->status = ERR_UNREACHABLE; // named, but nothing of it is shown: it could not decide for itself
    if (a->status == OK && !a->unasked)
        e = presence_take(l, a, c);
    if (e)
        return e;
    if (a->told)
        room_take(l, a);
    return a->status ? OK : ticket_make(l, a, c);
}

static bool answered(const lookup *l, uint64_t facility)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->answers[i]->source == facility)
            return true;
    return false;
}

// Hospitals that have told the hub nothing of this patient. Those that rules or agreements shut are no answer
// at all: they say nothing of the patient.
static err unasked_answers(lookup *l)
{
    const policy *p = l->j->rules->p;
    if (!l->reason || !emergency_opens(p, word_of(l, NULL)))
        return OK;
    for (int f = 0; f < policy_facility_count(p); f++) {
        policy_facility_view v = policy_facility_at(p, f);
        answer *a, maybe = {.source = v.code};
        if (!v.discloses || v.code == l->q->facility || policy_discloser(p, f) == POLICY_NONE || answered(l, v.code))
            continue;
        right_find(l, &maybe, NULL, true);
        if (!maybe.right.granted)
            continue;
        err e = answer_new(l, v.code, &a);
        if (e)
            return e;
        *a = maybe;
        a->told = a->unasked = true;
        a->status = asked_node_there(l, v.code) ? OK : ERR_UNREACHABLE;
        room_take(l, a);
        e = a->status ? OK : ticket_make(l, a, NULL);
        if (e)
            return e;
    }
    return OK;
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
        sources[i].without_consent = a->unasked;
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
    e.reason = (char *)emergency_reason_id(l->j->rules->p, l->reason); // a word of the list, or none
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
        if (e == OK)
            e = unasked_answers(l);
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
    if (!j->note[0])
        j->prepare = lookup_prepare;
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
    int categories = a->bare ? 0 : policy_category_count(p), n = 0;
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
        if (a->presence[bit]) {
            c->first_period = a->presence[bit]->base;
            c->periods = wire_bytes(span_of(a->presence[bit]->bits, a->presence[bit]->bytes));
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
    err e = buf_reserve(&j->tickets, l->tickets * WIRE_TICKET_MAX);
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

static err reply_pack(job *j)
{
    Tsunagu__LookupReply reply = TSUNAGU__LOOKUP_REPLY__INIT;
    Tsunagu__LogHead head = TSUNAGU__LOG_HEAD__INIT;
    const chain_head *at = &j->h->log.open; // what the batch's commit makes the head
    err e = facilities_fill(j->state, &reply);
    if (e)
        return e;
    head.seq = at->seq;
    head.hash = wire_bytes(span_of(at->hash.at, HASH_BYTES));
    reply.head = &head;
    return wire_encode((const ProtobufCMessage *)&reply, &j->reply);
}

// Not yet told: the entry may still fail to be kept.
static void lookup_prepare(job *j)
{
    lookup *l = j->state;
    l->packed = reply_pack(j);
}

void lookup_answer(job *j, err e)
{
    bool wrong_asker = e == OK && j->note[0];
    if (e == OK && !wrong_asker) {
        lookup *l = j->state;
        if (!j->prepared)
            lookup_prepare(j); // without a ticket in the batch nobody was asked to
        e = l->packed;
    }
    job_reply(j, e ? e : wrong_asker ? ERR_DENIED : OK, e || wrong_asker ? (span){0} : buf_span(&j->reply));
}
