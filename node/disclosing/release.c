// SPDX-License-Identifier: Apache-2.0
#include "node/disclosing/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/charts/document.h"
#include "node/charts/person.h"
#include "node/disclosing/emergency.h"
#include "node/disclosing/objection.h"
#include "node/disclosing/stops.h"
#include "node/line/post.h"
#include "policies/engine/emergency.h"

#define ASK_KEY 24 // time, nonce
enum { ASKS_PRUNED = 64 };

// ---- opening: nothing here decides ------------------------------------------------------

static void ask_read(job *j, release *r, span plain)
{
    Tsunagu__SealedAsk *q;
    err e = WIRE_DECODE(plain, Tsunagu__SealedAsk, tsunagu__sealed_ask__descriptor, WIRE_SEALED_MAX, &j->memory, &q);
    bool document = e == OK && q->what == ASK_DOCUMENT;
    if (e == OK && ((q->what != ASK_MANIFEST && !document) || q->nonce.len != sizeof r->nonce ||
                    q->document.len != (document ? sizeof r->document : 0) || strlen(q->words) > OPENING_WORDS_MAX))
        e = ERR_FORMAT;
    r->ask_opened = e;
    if (e)
        return;
    r->what = q->what;
    r->asked_at = q->time_ms;
    memcpy(r->nonce, q->nonce.data, sizeof r->nonce);
    strcpy(r->words, q->words);
    if (document)
        memcpy(r->document, q->document.data, sizeof r->document);
}

static void ask_unseal(job *j, release *r)
{
    const policy *p = j->rules->r->p;
    buf plain = {.max = WIRE_SEALED_MAX};
    int node_no = policy_node(p, r->k.node), from = 0;
    r->ask_opened = ERR_AUTH;
    if (node_no == POLICY_NONE)
        return;
    policy_node_view v = policy_node_at(p, node_no);
    r->ask_opened = ask_open(j->n->seal, j->n->seal_count, v.seal, v.seal_count, r->ticket_bytes, r->sealed, &plain,
                             &r->ask, &from);
    if (r->ask_opened == OK) {
        memcpy(r->to, v.seal[from], KEY_BYTES);
        ask_read(j, r, buf_span(&plain));
    }
    buf_wipe(&plain); // what was said of an emergency
}

typedef struct locating {
    node *n;
    release *r;
    const ssmix_entry *entry;
} locating;

static err locate_part(void *ctx, const char *part, uint64_t bytes)
{
    locating *l = ctx;
    uint8_t id[16];
    (void)bytes;
    document_part_id(l->n, l->entry, part, id);
    if (memcmp(id, l->r->document, sizeof id) != 0 || strlen(part) >= sizeof l->r->part)
        return OK;
    l->r->entry = *l->entry;
    strcpy(l->r->part, part);
    l->r->located = true;
    return ERR_CLOSED;
}

static err locate_one(void *ctx, const ssmix_entry *e)
{
    locating *l = ctx;
    if (e->kind == SSMIX_EXTENDED) {
        l->entry = e;
        (void)!ssmix_parts(l->n->index, e, locate_part, l); // a folder that is gone holds nothing
    } else if (memcmp(e->id, l->r->document, sizeof e->id) == 0) {
        l->r->entry = *e;
        l->r->located = true;
    }
    return l->r->located ? ERR_CLOSED : OK;
}

// Which file is meant: folders are listed here, so that the writer never waits for a disk.
static void document_locate(job *j, release *r)
{
    locating l = {.n = j->n, .r = r};
    store_txn *t;
    consent c;
    uint64_t facility;
    const char *number;
    size_t charts = 1;
    if (store_read(j->n->keep, &t) != OK)
        return;
    err e = ticket_unasked(&r->k) ? person_charts(t, &r->k.who, c.chart, &charts)
                                  : consent_find(t, &r->k.who, r->k.consent_id, &c);
    if (e != OK || charts != 1) {
        store_end(t);
        return;
    }
    if (shelf_chart_read(c.chart, &facility, &number))
        r->located = r->filed = j->n->papers && shelf_get(j->n->papers, t, facility, number, r->document, &r->paper) == OK;
    else if (j->n->index)
        (void)!ssmix_entries(j->n->index, t, span_str(c.chart), locate_one, &l);
    store_end(t);
}

void release_open(job *j, release *r)
{
    const rules *k = j->rules->r;
    r->ticket_opened = ticket_open(r->ticket_bytes, k->hub_keys, k->hub_key_count, j->now, &r->k);
    r->ask_opened = ERR_AUTH;
    if (r->ticket_opened == OK)
        ask_unseal(j, r);
    if (r->ask_opened == OK && r->what == ASK_DOCUMENT)
        document_locate(j, r);
}

// ---- deciding -------------------------------------------------------------------------------

static err refuse(job *j, err e, const char *why)
{
    snprintf(j->note, sizeof j->note, "%s", why);
    return e;
}

// Whose ticket is it, and does it fit who asks?
static err ticket_check(job *j, const release *r)
{
    const ticket *k = &r->k;
    const policy *p = j->rules->r->p;
    if (r->ticket_opened)
        return r->ticket_opened == ERR_EXPIRED ? refuse(j, ERR_EXPIRED, "the ticket has expired: look up again")
                                               : refuse(j, ERR_AUTH, "this is no ticket of the hub");
    if (!node_discloses(j->n, j->rules, k->source))
        return refuse(j, ERR_DENIED, "the ticket is for another hospital");
    if (strcmp(k->node, r->asker) != 0)
        return refuse(j, ERR_DENIED, "the ticket was issued to another node");
    if (j->rules->behind)
        return refuse(j, ERR_STALE, "the hospital has lost rules that were in force, and grants nothing until they "
                                    "are back");
    if (!book_named(j->rules, &k->rules))
        return refuse(j, ERR_STALE, "the hospital holds other rules than those of the ticket: look up again, or have "
                                    "the newest rules installed");
    int node_no = policy_node(p, k->node), asking = policy_facility(p, k->facility);
    if (node_no == POLICY_NONE || asking == POLICY_NONE || !policy_node_serves(p, node_no, asking))
        return refuse(j, ERR_DENIED, "that facility does not ask through that node");
    return OK;
}

static span ask_key(const release *r, uint8_t out[static ASK_KEY])
{
    be64_put(out, (uint64_t)r->asked_at);
    memcpy(out + 8, r->nonce, sizeof r->nonce);
    return span_of(out, ASK_KEY);
}

// An ask counts once. Its time is sealed with it, so what is older than the skew need not be remembered.
static err ask_check(job *j, store_txn *t, const release *r)
{
    uint8_t key[ASK_KEY];
    uint64_t count;
    span value;
    if (r->ask_opened)
        return refuse(j, r->ask_opened == ERR_FORMAT ? ERR_FORMAT : ERR_AUTH, "what was asked cannot be unsealed");
    if (r->asked_at < j->now - TICKET_SKEW_MS || r->asked_at > j->now + TICKET_SKEW_MS)
        return refuse(j, ERR_EXPIRED, "the ask is not of now: are both clocks right?");
    err e = store_get(t, TABLE_ASK, ask_key(r, key), &value);
    if (e == OK)
        return refuse(j, ERR_DENIED, "this was asked before: a copied request");
    if (e == ERR_NOT_FOUND)
        e = store_count(t, TABLE_ASK, &count);
    if (e == OK && count >= RELEASE_ASKS_MAX)
        return refuse(j, ERR_BUSY, "too many documents are asked for at once");
    return e;
}

static err asks_prune(job *j, store_txn *t)
{
    for (int i = 0; i < ASKS_PRUNED; i++) {
        span key, value;
        uint8_t zero = 0, own[ASK_KEY];
        err e = store_seek(t, TABLE_ASK, span_of(&zero, 1), &key, &value);
        if (e)
            return e == ERR_NOT_FOUND ? OK : e;
        if (key.len != ASK_KEY)
            return ERR_CORRUPT;
        if ((time_ms)be64_get(key.at) >= j->now - 2 * TICKET_SKEW_MS)
            return OK;
        memcpy(own, key.at, ASK_KEY);
        e = store_delete(t, TABLE_ASK, span_of(own, ASK_KEY));
        if (e)
            return e;
    }
    return OK;
}

// The patient's objection at this hospital outweighs every consent.
static err objection_check(job *j, store_txn *t, const release *r)
{
    bool stands = false;
    err e = objection_stands(t, r->c.chart, &stands);
    if (e || !stands || (r->emergency && emergency_opens(j->rules->r->p, EMERGENCY_AGAINST)))
        return e;
    return refuse(j, ERR_WITHDRAWN, "the consent was withdrawn or changed"); // an objection is nobody else's business
}

static err consent_check(job *j, store_txn *t, release *r)
{
    const ticket *k = &r->k;
    bool stopped = false;
    if (r->unasked)
        return emergency_patient(j, t, r);
    err e = consent_find(t, &k->who, k->consent_id, &r->c);
    if (e == ERR_NOT_FOUND)
        return refuse(j, ERR_WITHDRAWN, "no such consent stands here");
    if (e)
        return e;
    const consent_scope *s = &r->c.card.scope;
    if (s->withdrawn || s->revision != k->consent_revision || r->c.card.facility != k->source)
        return refuse(j, ERR_WITHDRAWN, "the consent was withdrawn or changed");
    e = stop_covers(t, &k->who, k->facility, s->at, &stopped);
    if (e)
        return e;
    return stopped ? refuse(j, ERR_WITHDRAWN, "the patient withdrew at that facility") : objection_check(j, t, r);
}

// A ticket of the version before, or of one that is about to be in force here, numbers roles, purposes and
// categories as that version does: by their names they are what they are here, or nothing.
static void words_here(const policy *p, const policy *theirs, const ticket *k, policy_question *q)
{
    q->role = policy_role(p, policy_role_text(theirs, k->role).id);
    q->purpose = policy_purpose(p, policy_purpose_text(theirs, k->purpose).id);
    for (int bit = 0; bit < CARD_CATEGORIES; bit++)
        if (strcmp(policy_category_text(p, bit).id, policy_category_text(theirs, bit).id) != 0)
            q->asked &= ~(1u << bit);
}

// The rules once more, over our own record and today; per category the stricter of both.
static err rules_check(job *j, release *r)
{
    const rules *b = j->rules->r, *theirs = book_named(j->rules, &r->k.rules);
    const policy *p = b->p;
    const ticket *k = &r->k;
    consent_scope none = {.categories = UINT16_MAX, .from = day_of_time(j->now), .until = day_of_time(j->now)};
    const consent_scope *s = r->unasked ? &none : &r->c.card.scope;
    int viewer_union = policy_node_at(p, policy_node(p, k->node)).union_no;
    const char *unions[1] = {policy_union_text(p, viewer_union).id};
    day today = day_of_time(j->now);
    policy_answer a;
    policy_question q = {.viewer = policy_facility(p, k->facility),
                         .viewer_union = viewer_union,
                         .source = policy_facility(p, k->source),
                         .asked = r->emergency ? k->categories & r->allowed : k->categories,
                         .today = today,
                         .registered_on = r->c.card.registered_on,
                         .consent_categories = s->categories,
                         .consent_from = s->from,
                         .consent_until = s->until};
    words_here(p, theirs->p, k, &q);
    q.consented = r->unasked || (q.purpose == b->emergency ? s->emergency && today >= s->from && today <= s->until
                                                           : consent_covers(s, k->facility, unions, 1, today));
    policy_decide(p, &q, &a);
    r->granted = a.granted & q.asked;
    for (int bit = 0; bit < CARD_CATEGORIES; bit++)
        r->from[bit] = a.from[bit] > k->from[bit] ? a.from[bit] : k->from[bit];
    return r->granted ? OK : refuse(j, ERR_DENIED, "rules, agreement or consent do not allow it");
}

static err allows(const release *r, int bit, day date)
{
    if (bit < 0 || bit >= CARD_CATEGORIES || !(r->granted >> bit & 1))
        return ERR_DENIED;
    // What has no clinical day describes the present: always within the window.
    return date == DAY_FOREVER || date >= r->from[bit] ? OK : ERR_EXPIRED;
}

err release_allows(const release *r, const book *b, const ssmix_entry *e)
{
    return allows(r, mapping_category(b->map, e), e->date);
}

// Filed under the number when that was another person's registration, it is another person's.
err release_allows_paper(const release *r, const book *b, const shelf_document *d)
{
    if (d->state != SHELF_VALID || !pseudonym_same(&d->who, &r->c.card.who) || d->facility != r->c.card.facility)
        return ERR_NOT_FOUND;
    return allows(r, policy_category(b->r->p, d->category), d->date);
}

static err still_one(void *ctx, const ssmix_entry *e)
{
    const ssmix_entry **want = ctx;
    if (*want && memcmp(e->id, (*want)->id, sizeof e->id) == 0)
        *want = NULL; // there
    return *want ? OK : ERR_CLOSED;
}

static err document_check(job *j, store_txn *t, const release *r)
{
    if (r->what != ASK_DOCUMENT)
        return OK;
    const ssmix_entry *want = &r->entry;
    shelf_document now;
    err may = OK;
    if (r->filed) {
        may = shelf_get(j->n->papers, t, r->paper.facility, r->paper.number, r->document, &now);
        if (may != OK && may != ERR_NOT_FOUND)
            return may;
        if (may == OK)
            may = release_allows_paper(r, j->rules, &now);
        want = may == ERR_NOT_FOUND ? want : NULL;
    } else if (r->located) {
        err e = ssmix_entries(j->n->index, t, span_str(r->c.chart), still_one, &want);
        if (e)
            return e;
    }
    if (!r->located || want)
        return refuse(j, ERR_NOT_FOUND, "no such document, or it was replaced by a newer one");
    err e = r->filed ? may : release_allows(r, j->rules, &r->entry);
    if (e == ERR_EXPIRED)
        return refuse(j, e, "the document is older than the window");
    return e ? refuse(j, e, "documents of this category are not granted") : OK;
}

static err release_log(job *j, store_txn *t, const release *r)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    const rules *theirs = r->ticket_opened == OK ? book_named(j->rules, &r->k.rules) : NULL;
    e.event = EVENT_RELEASE;
    e.status = (uint32_t)r->verdict;
    e.node = (char *)r->asker;
    e.note = r->for_log ? (char *)r->for_log : j->note[0] ? j->note : r->what == ASK_MANIFEST ? "manifest" : "document";
    e.reason = (char *)r->reason;
    e.source = j->n->facility;
    if (r->ticket_opened == OK) { // otherwise nothing in it can be believed
        if (node_discloses(j->n, j->rules, r->k.source))
            e.source = r->k.source;
        e.facility = r->k.facility;
        e.user = wire_bytes(span_of(r->k.user, USER_ID_BYTES));
        e.pseudonym = wire_bytes(span_of(r->k.who.at, PSEUDONYM_BYTES));
        e.ticket = wire_bytes(span_of(r->k.id, TICKET_ID_BYTES));
        e.asked = r->k.categories;
        e.granted = r->verdict == OK ? r->granted : 0;
    }
    if (theirs) {
        e.role = (char *)policy_role_text(theirs->p, r->k.role).id;
        e.purpose = (char *)policy_purpose_text(theirs->p, r->k.purpose).id;
    }
    if (r->ask_opened == OK && r->what == ASK_DOCUMENT)
        e.document = wire_bytes(span_of(r->document, sizeof r->document));
    return job_log(j, t, &e);
}

static bool store_broke(err e)
{
    return e == ERR_CORRUPT || e == ERR_IO || e == ERR_MEM || e == ERR_FULL;
}

err release_decide(job *j, store_txn *t, release *r)
{
    uint8_t key[ASK_KEY];
    err e = ticket_check(j, r);
    if (e == OK)
        e = emergency_gate(j, r);
    if (e == OK)
        e = ask_check(j, t, r);
    if (e == OK)
        e = consent_check(j, t, r);
    if (e == OK)
        e = rules_check(j, r);
    if (e == OK)
        e = document_check(j, t, r);
    if (store_broke(e))
        return e;
    r->verdict = e;
    e = OK;
    if (r->verdict == OK)
        e = asks_prune(j, t);
    if (e == OK && r->verdict == OK)
        e = store_put(t, TABLE_ASK, ask_key(r, key), span_of("", 0));
    if (e == OK && r->verdict == OK && r->emergency)
        e = emergency_opened(j, t, r);
    if (e == OK)
        e = release_log(j, t, r);
    return job_store_err(e);
}

// ---- the duty -----------------------------------------------------------------------------------

static err release_run(job *j, store_txn *t)
{
    return release_decide(j, t, j->state);
}

static void release_answer(job *j, err e)
{
    const release *r = j->state;
    node *n = j->n;
    bool told = e == OK && r->told;
    if (e == OK && r->verdict == OK)
        stream_start(j, r);
    else
        job_reply(j, e ? e : r->verdict, (span){0});
    if (told)
        post_pump(n); // within the minute
}

typedef struct opening {
    pool_task base; // first
    job *j;
} opening;

static void opening_run(pool_task *base)
{
    opening *o = (opening *)base;
    job *j = o->j;
    free(o);
    release_open(j, j->state);
    job_submit(j);
}

void release_begin(job *j)
{
    const Tsunagu__ReleaseRequest *q = j->request;
    release *r = arena_get(&j->memory, sizeof *r);
    opening *o = calloc(1, sizeof *o);
    if (!r || !o) {
        free(o);
        job_reply(j, ERR_MEM, (span){0});
        job_free(j);
        return;
    }
    r->ticket_bytes = wire_span(q->ticket);
    r->sealed = wire_span(q->sealed);
    r->asker = q->asker;
    r->nothing = q->nothing;
    j->state = r;
    j->run = release_run;
    j->answer = release_answer;
    *o = (opening){.base = {.run = opening_run}, .j = j};
    pool_submit(j->n->hands, &o->base);
}
