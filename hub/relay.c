// SPDX-License-Identifier: Apache-2.0
// A fetch: the hub checks the ticket again (whose is it, is the card still the
// same, did the patient withdraw), logs, and then passes ciphertext from the
// disclosing node to the asker. Credit goes end to end, so at most one window
// of a call is ever held here, whatever the document's size.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/desk.h"
#include "hub/index.h"
#include "policies/engine/emergency.h"
#include "proto/base/log.h"

enum { RELAY_DEADLINE_MS = 300000 };

#define NOTHING "this hospital has nothing that may be opened in this emergency"

typedef struct relay {
    hub *h;
    link_in *in;         // the asker's call; ended by relay_end only
    session *asker;      // counted
    pthread_mutex_t lock;
    link_conn *out;      // kept; the disclosing node's
    uint64_t out_id;     // 0 until the call is made
    uint32_t early;      // credit that came before that
    bool gone;           // the asker left
    bool slow;           // the asker does not take what it gave credit for; the answer's strand only
    bool nothing;        // whatever comes, none of it is passed on
    bool opened;         // and yet the hospital opened something; the answer's strand only
    uint8_t ticket_id[TICKET_ID_BYTES];
    uint64_t source, facility, bytes;
    uint32_t window;
    int count;           // references: the asker's watch and the relay itself
} relay;

typedef struct fetch {
    ticket k;
    err opened;          // what ticket_open said
    relay *r;
    err verdict;
    bool nothing;        // refused, and asked for all the same: only the hospital's answer looks like the hospital's
    char node[TICKET_NODE_MAX + 1]; // disclosing
} fetch;

static void relay_drop(relay *r)
{
    if (__atomic_sub_fetch(&r->count, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (r->out)
        link_conn_drop(r->out);
    session_drop(r->asker);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static void relay_credit(void *ctx, link_in *call, uint32_t more)
{
    relay *r = ctx;
    (void)call;
    pthread_mutex_lock(&r->lock);
    uint64_t id = r->out_id;
    link_conn *out = r->out;
    if (!id)
        r->early = more > UINT32_MAX - r->early ? UINT32_MAX : r->early + more;
    pthread_mutex_unlock(&r->lock);
    if (id)
        link_credit(out, id, more);
}

static void relay_gone(void *ctx, link_in *call, err e)
{
    relay *r = ctx;
    (void)call;
    (void)e;
    pthread_mutex_lock(&r->lock);
    r->gone = true;
    uint64_t id = r->out_id;
    link_conn *out = r->out;
    pthread_mutex_unlock(&r->lock);
    if (id)
        link_cancel(out, id);
}

static void relay_ended(void *ctx)
{
    relay_drop(ctx);
}

static void fetch_unsent(job *j)
{
    const fetch *f = j->state;
    relay_drop(f->r); // the other reference goes with the asker's call
}

// Verifying a signature takes longer than all the rest: here, off the writer's thread.
err fetch_ready(job *j)
{
    const Tsunagu__FetchRequest *q = j->request;
    fetch *f = arena_get(&j->memory, sizeof *f);
    // No window: either none was offered, or the asker has let so much wait that nothing can be sent to
    // it. It would wait for its deadline; better to tell it now.
    if (link_in_credit(j->call) == 0) {
        snprintf(j->note, sizeof j->note, "read what was sent first: there is no room for a further answer");
        return ERR_BUSY;
    }
    relay *r = calloc(1, sizeof *r);
    if (!f || !r) {
        free(r);
        return ERR_MEM;
    }
    j->state = f;
    j->unsent = fetch_unsent;
    f->r = r;
    pthread_mutex_init(&r->lock, NULL);
    r->h = j->h;
    r->in = j->call;
    r->asker = session_keep(j->caller);
    r->count = 2;
    f->opened = ticket_open(wire_span(q->ticket), j->rules->hub_keys, j->rules->hub_key_count, j->now, &f->k);
    // Watching and reading the window must not be torn apart by a credit: on this thread they are not.
    link_in_events ev = {.ctx = r, .credit = relay_credit, .gone = relay_gone, .ended = relay_ended};
    r->window = (uint32_t)link_in_credit(j->call);
    link_in_watch(j->call, &ev);
    return OK;
}

// A ticket that names no consent, of an emergency: the patient may have said something since.
static err unasked_check(job *j, store_txn *t, fetch *f)
{
    const ticket *k = &f->k;
    card c;
    stop_record stop;
    day today = day_of_time(j->now);
    err e = index_card(t, &k->who, k->source, &c), stopped = index_stop(t, &k->who, k->facility, &stop);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (stopped != OK && stopped != ERR_NOT_FOUND)
        return stopped;
    emergency_said s = {.consent = e == OK};
    if (s.consent) {
        s.withdrawn = c.scope.withdrawn;
        s.includes = c.scope.emergency;
        s.lasts = today >= c.scope.from && today <= c.scope.until;
    }
    s.stopped = stopped == OK && (!s.consent || stop_covers(&stop, &c));
    if (emergency_opens(j->rules->p, emergency_word_of(&s)))
        return OK;
    f->nothing = true;
    snprintf(j->note, sizeof j->note, NOTHING);
    return ERR_NOT_FOUND;
}

static err consent_check(job *j, store_txn *t, const fetch *f)
{
    const ticket *k = &f->k;
    card c;
    stop_record stop;
    err e = index_card(t, &k->who, k->source, &c);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_WITHDRAWN : e;
    if (c.scope.withdrawn || c.scope.revision != k->consent_revision ||
        memcmp(c.scope.id, k->consent_id, sizeof k->consent_id) != 0) {
        snprintf(j->note, sizeof j->note, "the consent was withdrawn or changed");
        return ERR_WITHDRAWN;
    }
    e = index_stop(t, &k->who, k->facility, &stop);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == OK && stop_covers(&stop, &c)) {
        snprintf(j->note, sizeof j->note, "the patient withdrew at this facility");
        return ERR_WITHDRAWN;
    }
    return OK;
}

static err source_check(job *j, fetch *f)
{
    const ticket *k = &f->k;
    const policy *p = j->rules->p;
    int source = policy_facility(p, k->source);
    int node = source == POLICY_NONE ? POLICY_NONE : policy_discloser(p, source);
    if (node == POLICY_NONE)
        return ERR_UNREACHABLE;
    strncpy(f->node, policy_node_at(p, node).name, sizeof f->node - 1);
    if (!roster_has(j->h, f->node)) {
        snprintf(j->note, sizeof j->note, "the hospital is not connected");
        return ERR_UNREACHABLE;
    }
    return OK;
}

// Every reason why this ticket may not be used now, though it is a good one.
static err fetch_check(job *j, store_txn *t, fetch *f)
{
    const ticket *k = &f->k;
    if (f->opened) {
        snprintf(j->note, sizeof j->note, "ticket: %s", err_text(f->opened));
        return f->opened == ERR_EXPIRED ? ERR_EXPIRED : ERR_AUTH;
    }
    if (strcmp(k->node, j->caller->node) != 0) {
        snprintf(j->note, sizeof j->note, "the ticket was issued to another node");
        return ERR_DENIED;
    }
    if (!book_honours(j->h, &k->rules, j->now)) {
        snprintf(j->note, sizeof j->note, "the rules have changed since: look up again");
        return ERR_STALE;
    }
    // Without a consent the hospital's absence is said first: whether it was there must tell nothing of the patient.
    if (ticket_unasked(k)) {
        err e = source_check(j, f);
        return e ? e : unasked_check(j, t, f);
    }
    err e = consent_check(j, t, f);
    return e ? e : source_check(j, f);
}

static void fetch_entry(const fetch *f, Tsunagu__LogEntry *e)
{
    if (f->opened != OK && f->opened != ERR_EXPIRED)
        return; // nothing in it can be believed
    e->facility = f->k.facility;
    e->user = wire_bytes(span_of(f->k.user, USER_ID_BYTES));
    e->pseudonym = wire_bytes(span_of(f->k.who.at, PSEUDONYM_BYTES));
    e->source = f->k.source;
    e->granted = f->k.categories;
    e->ticket = wire_bytes(span_of(f->k.id, TICKET_ID_BYTES));
}

err fetch_run(job *j, store_txn *t)
{
    fetch *f = j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    f->verdict = fetch_check(j, t, f);
    if (f->verdict == ERR_CORRUPT || f->verdict == ERR_IO)
        return f->verdict;
    e.event = EVENT_FETCH;
    e.status = (uint32_t)f->verdict;
    e.note = j->note;
    fetch_entry(f, &e);
    return job_log(j, t, &e, NULL);
}

static void relay_chunk(void *ctx, link_out *call, span data)
{
    relay *r = ctx;
    (void)call;
    r->opened = r->opened || r->nothing;
    err e = r->nothing ? ERR_DENIED : link_chunk(r->in, data);
    if (e == OK) {
        r->bytes += data.len;
        return;
    }
    // The disclosing node kept to its credit (the line checks that): the asker is gone, or so much
    // waits for it already that its own credit cannot be honoured.
    r->slow = e == ERR_BUSY;
    pthread_mutex_lock(&r->lock);
    uint64_t id = r->out_id;
    pthread_mutex_unlock(&r->lock);
    if (id)
        link_cancel(r->out, id);
}

static err end_run(job *j, store_txn *t)
{
    Tsunagu__LogEntry *e = j->state;
    return job_log(j, t, e, NULL);
}

static void end_answer(job *j, err e)
{
    (void)j;
    if (e)
        log_line(LOG_ERROR, "access log: the end of a relay could not be kept: %s", err_text(e));
}

static void relay_log(const relay *r, err status)
{
    job *j = job_new(r->h, r->asker, NULL, end_run, end_answer);
    Tsunagu__LogEntry *e = j ? arena_get(&j->memory, sizeof *e) : NULL;
    char *text = e ? arena_get(&j->memory, 64) : NULL;
    if (!text) {
        job_free(j);
        return;
    }
    tsunagu__log_entry__init(e);
    snprintf(text, 64, "%llu sealed bytes", (unsigned long long)r->bytes);
    e->event = EVENT_FETCH_END;
    e->status = (uint32_t)status;
    e->facility = r->facility;
    e->source = r->source;
    e->ticket = wire_bytes(arena_copy(&j->memory, span_of(r->ticket_id, TICKET_ID_BYTES)));
    e->note = text;
    j->state = e;
    job_submit(j);
}

static void relay_end(relay *r, err status, span body, const char *note)
{
    relay_log(r, status);
    link_reply(r->in, status, body, note);
    relay_drop(r);
}

static void relay_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    relay *r = ctx;
    (void)call;
    pthread_mutex_lock(&r->lock);
    bool gone = r->gone;
    pthread_mutex_unlock(&r->lock);
    if (r->opened || (r->nothing && e == OK && status == OK))
        relay_end(ctx, ERR_NOT_FOUND, (span){0}, NOTHING);
    else if (e && gone)
        relay_end(ctx, ERR_CLOSED, (span){0}, "the asker did not wait"); // only the log will hear it
    else if (e && r->slow)
        relay_end(ctx, ERR_BUSY, (span){0}, "too much waits to be read on your side");
    else if (e)
        relay_end(ctx, e == ERR_CLOSED ? ERR_UNREACHABLE : e, (span){0},
                  "the hospital did not finish its answer");
    else
        relay_end(ctx, status < ERR_COUNT ? (err)status : ERR_FORMAT, body, note);
}

static void relay_start(job *j, fetch *f)
{
    relay *r = f->r;
    const Tsunagu__FetchRequest *q = j->request;
    Tsunagu__ReleaseRequest out = TSUNAGU__RELEASE_REQUEST__INIT;
    buf body = {0};
    uint64_t id = 0;
    session *s = roster_find(j->h, f->node);
    link_conn *found = s ? session_conn(s) : NULL;
    pthread_mutex_lock(&r->lock);
    r->out = found;
    pthread_mutex_unlock(&r->lock);
    session_drop(s);
    memcpy(r->ticket_id, f->k.id, TICKET_ID_BYTES);
    r->source = f->k.source;
    r->facility = f->k.facility;
    out.ticket = q->ticket;
    out.sealed = q->sealed;
    out.asker = j->caller->node;
    out.nothing = r->nothing = f->nothing;
    uint32_t left = link_in_left_ms(r->in);
    err e = found ? OK : ERR_UNREACHABLE;
    if (e == OK)
        e = left ? wire_encode((const ProtobufCMessage *)&out, &body) : ERR_DEADLINE; // nobody waits any more
    if (e == OK) {
        link_out_events ev = {.ctx = r, .chunk = relay_chunk, .done = relay_done};
        relay *held = r;
        // The answer may be over before the id is noted.
        __atomic_add_fetch(&held->count, 1, __ATOMIC_RELAXED);
        e = link_call(r->out, METHOD_RELEASE, buf_span(&body),
                      left < RELAY_DEADLINE_MS ? left : RELAY_DEADLINE_MS, r->window, &ev, &id);
        if (e == OK) {
            pthread_mutex_lock(&held->lock);
            held->out_id = id;
            uint32_t early = held->early;
            bool gone = held->gone;
            link_conn *conn = held->out;
            pthread_mutex_unlock(&held->lock);
            if (early)
                link_credit(conn, id, early);
            if (gone)
                link_cancel(conn, id);
        }
        relay_drop(held);
    }
    buf_done(&body);
    if (e)
        relay_end(r, e == ERR_CLOSED ? ERR_UNREACHABLE : e, (span){0}, "the hospital cannot be asked now");
}

void fetch_answer(job *j, err e)
{
    fetch *f = j->state;
    // Refused here, the time it takes and what is said of a wrong ask would tell who objected from who is not known.
    if (e == OK && (f->verdict == OK || f->nothing)) {
        j->call = NULL; // the relay answers
        relay_start(j, f);
        return;
    }
    job_reply(j, e ? e : f->verdict, (span){0});
    relay_drop(f->r);
}
