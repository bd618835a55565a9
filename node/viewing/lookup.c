// SPDX-License-Identifier: Apache-2.0
// Asking the hub who discloses a patient, and a hospital for its manifest.
#include <stdio.h>
#include <string.h>

#include "node/charts/own.h"
#include "node/line/uplink.h"
#include "node/openings/reviews.h"
#include "node/viewing/sheet_in.h"
#include "proto/base/log.h"

enum { LOOKUP_DEADLINE_MS = 30000 };

// The hub's signature, and that it is what this user asked for: a ticket for another patient would put a
// stranger's documents under this number.
static err ticket_fits(const sheet *s, const Tsunagu__FacilityAnswer *f, ticket *ret)
{
    const rules *k = s->rules->r;
    ticket t;
    err e = ticket_open(wire_span(f->ticket), k->hub_keys, k->hub_key_count, clock_now_ms(), &t);
    if (e)
        return e == ERR_EXPIRED ? e : ERR_AUTH;
    if (f->status != OK || t.source != f->facility || t.facility != s->who.facility ||
        strcmp(t.node, s->n->config.name) != 0 || memcmp(t.user, s->user_id, USER_ID_BYTES) != 0 ||
        !span_eq(span_of(t.who.at, PSEUDONYM_BYTES), wire_span(s->q.pseudonym)))
        return ERR_AUTH;
    // What the user asked as treatment the hub cannot make an emergency that opens without a consent.
    if ((t.reason != 0) != (s->q.reason && s->q.reason[0]))
        return ERR_AUTH;
    const rules *theirs = book_named(s->rules, &t.rules);
    if (theirs && (strcmp(policy_purpose_text(theirs->p, t.purpose).id, s->q.purpose) != 0 ||
                   strcmp(policy_role_text(theirs->p, t.role).id, s->q.role) != 0 ||
                   (t.reason && strcmp(emergency_reason_of(s->rules, &t), s->q.reason) != 0)))
        return ERR_AUTH;
    *ret = t;
    return OK;
}

static err reply_check(const Tsunagu__LookupReply *r)
{
    if (r->n_facilities > SOURCES_MAX)
        return ERR_LIMIT; // a list that leaves one out is no answer
    for (size_t i = 0; i < r->n_facilities; i++)
        for (size_t k = 0; k < i; k++)
            if (r->facilities[i]->facility == r->facilities[k]->facility)
                return ERR_FORMAT;
    return OK;
}

static void lookup_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    sheet *s = ctx;
    (void)call;
    if (e == OK && status != OK)
        e = status < ERR_COUNT ? (err)status : ERR_FORMAT;
    if (e == OK)
        e = WIRE_DECODE(body, Tsunagu__LookupReply, tsunagu__lookup_reply__descriptor, WIRE_BODY_MAX, &s->memory,
                        &s->reply);
    if (e == OK)
        e = reply_check(s->reply);
    if (e == OK && (e = sheet_look(s)) == ERR_NOT_FOUND) // changed or withdrawn while the hub answered: its tickets
        note = "no such handle: ask again from the start"; // are not even kept
    if (e) {
        sheet_refuse(s, e, note);
        return;
    }
    uplink_witness(s->n, s->reply->head);
    s->waiting = 1;
    bool unasked = false;
    for (size_t i = 0; i < s->reply->n_facilities; i++) {
        const Tsunagu__FacilityAnswer *f = s->reply->facilities[i];
        if (f->ticket.len == 0)
            continue;
        s->refused[i] = ticket_fits(s, f, &s->says[i]);
        if (s->refused[i] == OK)
            s->refused[i] = tickets_keep(s->n, &s->who, wire_span(f->ticket), s->words, s->tickets[i]);
        if (s->refused[i]) {
            log_line(LOG_WARN, "the hub gave a ticket that is none for who asked: %s", err_text(s->refused[i]));
            continue;
        }
        if (!(f->granted & narrowed_to(&s->left, f->facility)))
            continue;
        unasked = unasked || ticket_unasked(&s->says[i]);
        if (s->timeline)
            source_start(s, wire_span(f->ticket), &s->says[i]);
    }
    if (unasked && s->opening)
        reviews_unasked(s->n, s->opening);
    sheet_end(s);
}

// Both sides keep who opened what in an emergency: here before it is asked.
static err ask_opening(job *j, store_txn *t, sheet *s)
{
    opening_record about = TSUNAGU__OPENING_RECORD__INIT, *o;
    bool fresh;
    about.side = OPENING_ASKING;
    about.facility = about.own = s->who.facility;
    about.user = wire_bytes(span_of(s->user_id, USER_ID_BYTES));
    about.user_name = s->who.user;
    about.role = s->who.role;
    about.reason = s->q.reason;
    about.pseudonym = s->q.pseudonym;
    return opening_begin(j, t, &about, &o, &s->opening, &fresh);
}

static err ask_run(job *j, store_txn *t)
{
    sheet *s = *(sheet **)j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    viewer_entry(&e, &s->who, s->user_id, s->manifest ? &s->says[0] : NULL);
    e.event = EVENT_ASK;
    e.reason = s->manifest ? (char *)emergency_reason_of(s->rules, &s->says[0]) : s->q.reason;
    if (s->manifest) {
        e.note = (char *)"manifest";
    } else {
        e.purpose = s->q.purpose;
        e.pseudonym = s->q.pseudonym;
        e.asked = s->q.categories;
        e.note = (char *)(s->timeline ? "timeline" : "lookup");
    }
    err failed = s->q.reason && s->q.reason[0] ? ask_opening(j, t, s) : OK;
    return failed ? job_store_err(failed) : job_log(j, t, &e);
}

static void ask_answer(job *j, err e)
{
    sheet *s = *(sheet **)j->state;
    if (e) {
        sheet_refuse(s, e, NULL);
        return;
    }
    if (s->manifest) {
        s->waiting = 1;
        source_start(s, s->ticket, &s->says[0]);
        sheet_end(s);
        return;
    }
    link_out_events ev = {.ctx = s, .done = lookup_done};
    e = uplink_call(j->n->up, METHOD_LOOKUP, (const ProtobufCMessage *)&s->q, LOOKUP_DEADLINE_MS, 0, &ev, NULL, NULL);
    if (e)
        sheet_refuse(s, e, e == ERR_UNREACHABLE ? "the hub is not connected" : NULL);
}

static void ask_submit(sheet *s)
{
    job *j = job_with(s->n, sizeof(sheet *), ask_run, ask_answer);
    if (!j) {
        sheet_refuse(s, ERR_MEM, NULL);
        return;
    }
    *(sheet **)j->state = s;
    job_submit(j);
}

static err categories_arg(sheet *s, const char *list, uint32_t *ret)
{
    char word[64];
    *ret = 0;
    while (list && *list) {
        size_t len = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word - 1), list);
        int bit = policy_category(s->rules->r->p, word);
        if (bit == POLICY_NONE) {
            control_note(s->in, "the rules know no category \"%s\"", word);
            return ERR_USAGE;
        }
        *ret |= 1u << bit;
        list += len + (list[len] == ',');
    }
    return OK;
}

static err lookup_prepare(sheet *s)
{
    pseudonym who;
    store_txn *t;
    const char *number = control_arg(s->in, "number"), *purpose = control_arg(s->in, "purpose");
    const char *reason = control_arg(s->in, "reason"), *words = control_arg(s->in, "words");
    if (!number) {
        control_note(s->in, "say whom: number");
        return ERR_USAGE;
    }
    err e = store_read(s->n->keep, &t);
    if (e)
        return e;
    e = own_find(t, s->who.facility, number, &who);
    store_end(t);
    if (e) {
        control_note(s->in, "this number is not registered here: register it first");
        return e;
    }
    purpose = purpose ? purpose : "treatment";
    if (!emergency_asked(s->in, s->rules->r->p, purpose, reason, words))
        return ERR_USAGE;
    tsunagu__lookup_request__init(&s->q);
    s->q.reason = arena_str(&s->memory, span_str(reason ? reason : ""));
    s->words = words ? arena_str(&s->memory, span_str(words)) : NULL;
    e = categories_arg(s, control_arg(s->in, "categories"), &s->q.categories);
    s->q.facility = s->who.facility;
    s->q.user = wire_bytes(span_of(s->user_id, USER_ID_BYTES));
    s->q.role = s->who.role;
    s->q.purpose = arena_str(&s->memory, span_str(purpose));
    s->q.pseudonym = wire_bytes(arena_copy(&s->memory, span_of(who.at, PSEUDONYM_BYTES)));
    if (e == OK) {
        e = viewer_lets(s->n, s->rules->r->p, s->who.facility, &who, INT64_MAX, reason && reason[0]);
        if (e == ERR_WITHDRAWN)
            control_note(s->in, "the patient withdrew at this facility; the hub has not yet confirmed it");
    }
    return e ? e : s->q.purpose && s->q.reason && s->q.pseudonym.data && (s->words || !words) ? OK : ERR_MEM;
}

// A handle goes on with the next page; else a new sheet for whoever asks. NULL: the command is answered or will be.
static sheet *sheet_begin(node *n, control_in *in, person *ret_who)
{
    const char *handle = control_arg(in, "handle");
    if (handle && handle[0]) {
        page_next(n, in, handle);
        return NULL;
    }
    if (node_asker(n, in, ret_who) != OK)
        return NULL;
    sheet *s = sheet_new(n, in, ret_who);
    if (!s)
        control_finish(in, ERR_MEM);
    return s;
}

void sheet_lookup(node *n, control_in *in, bool manifests)
{
    person who;
    sheet *s = sheet_begin(n, in, &who);
    if (!s)
        return;
    s->timeline = manifests;
    err e = lookup_prepare(s);
    if (e)
        sheet_refuse(s, e, NULL);
    else
        ask_submit(s);
}

void sheet_manifest(node *n, control_in *in)
{
    person who;
    span bytes;
    sheet *s = sheet_begin(n, in, &who);
    if (!s)
        return;
    s->manifest = true;
    err e = tickets_find(n, &who, control_arg(in, "ticket"), &s->memory, &bytes, &s->says[0]);
    if (e) {
        sheet_refuse(s, e, e == ERR_WITHDRAWN ? "the patient withdrew at this facility" : "no such ticket: look up again");
        return;
    }
    s->ticket = bytes;
    s->words = tickets_words(n, &who, control_arg(in, "ticket"), &s->memory);
    ask_submit(s);
}
