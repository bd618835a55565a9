// SPDX-License-Identifier: Apache-2.0
#include "node/counter/pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/charts/own.h"
#include "node/counter/consents.h"
#include "node/counter/objections.h"
#include "node/disclosing/disclosure.h"
#include "node/line/post.h"
#include "node/line/uplink.h"
#include "node/office/arrivals.h"
#include "node/viewing/viewer.h"
#include "proto/base/utf8.h"

// What a command says, checked.
typedef struct slip {
    person who;
    uint8_t user_id[USER_ID_BYTES];
    shelf_document d;
    char chart[SSMIX_CHART_MAX + 1];
    bool replaces;
    uint8_t old[SHELF_ID];
} slip;

typedef struct putting {
    pool_task base; // first
    job *j;
    slip s;
    arriving *a;
    err status;      // a refusal: nothing was written
} putting;

// ---- what is said -----------------------------------------------------------------------

static bool line_of_text(const char *text)
{
    for (const uint8_t *c = (const uint8_t *)text; *c; c++)
        if (*c < 0x20 || *c == 0x7f)
            return false;
    return utf8_valid(span_str(text));
}

// The person, the facility's number and the patient it leads to. Finishes `in` on refusal.
static bool patient_take(node *n, control_in *in, const book *b, slip *s)
{
    const char *number = control_arg(in, "number");
    store_txn *t;
    if (node_asker(n, in, &s->who) != OK)
        return false;
    err e = OK;
    if (!number || !number[0] || strlen(number) > SHELF_NUMBER_MAX) {
        control_note(in, "say the facility's own number: number (at most %d bytes)", SHELF_NUMBER_MAX);
        e = ERR_USAGE;
    } else if (!node_discloses(n, b, s->who.facility) || s->who.facility == n->facility) {
        control_note(in, "by the rules this facility has no shelf on this node");
        e = ERR_DENIED;
    } else if (!shelf_chart(s->who.facility, number, s->chart, sizeof s->chart)) {
        control_note(in, "number: too long for the shelf, at most %d bytes", SSMIX_CHART_MAX - 11);
        e = ERR_LIMIT;
    }
    if (e == OK)
        e = store_read(n->keep, &t);
    if (e == OK) {
        e = own_find(t, s->who.facility, number, &s->d.who);
        store_end(t);
        if (e == ERR_NOT_FOUND)
            control_note(in, "this number is not registered here: register it first");
    }
    if (e) {
        control_finish(in, e);
        return false;
    }
    s->d.facility = s->who.facility;
    strcpy(s->d.number, number);
    user_id_of(n->secret, s->who.facility, s->who.user, s->user_id);
    snprintf(s->d.by, sizeof s->d.by, "%s", s->who.user);
    return true;
}

static err document_arg(control_in *in, uint8_t ret[static SHELF_ID])
{
    const char *text = control_arg(in, "document");
    if (text && strlen(text) == 2 * SHELF_ID && hex_get(span_str(text), ret, SHELF_ID) == OK)
        return OK;
    control_note(in, "document: 32 hex digits from the list are needed");
    return ERR_USAGE;
}

// Category, title and day; no category that the council does not name, and no day to come.
static err words_take(control_in *in, const book *b, time_ms now, slip *s)
{
    const char *category = control_arg(in, "category"), *title = control_arg(in, "title");
    day today = day_of_time(now);
    if (!category || policy_category(b->r->p, category) == POLICY_NONE || strlen(category) >= sizeof s->d.category) {
        control_note(in, "the rules know no category \"%.40s\"", category ? category : "");
        return ERR_USAGE;
    }
    strcpy(s->d.category, category);
    if (!title || !title[0] || strlen(title) >= sizeof s->d.title || !line_of_text(title)) {
        control_note(in, "title: one line of at most %zu bytes is needed", sizeof s->d.title - 1);
        return ERR_USAGE;
    }
    strcpy(s->d.title, title);
    err e = control_arg_day(in, "day", today, &s->d.date);
    if (e == OK && s->d.date > today) {
        control_note(in, "day: it is yet to come");
        e = ERR_USAGE;
    }
    s->d.filed = now;
    if (e == OK && s->replaces)
        e = document_arg(in, s->old);
    return e;
}

// ---- filing --------------------------------------------------------------------------------------

static err filing_log(job *j, store_txn *t, const slip *s, const char *what)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    char text[160];
    viewer_entry(&e, &s->who, s->user_id, NULL);
    snprintf(text, sizeof text, "shelf: %s, revision %u, %.60s", what, (unsigned)s->d.revision, s->d.category);
    e.event = EVENT_CONTROL;
    e.source = s->d.facility;
    e.pseudonym = wire_bytes(span_of(s->d.who.at, PSEUDONYM_BYTES));
    e.document = wire_bytes(span_of(s->d.id, SHELF_ID));
    e.note = text;
    return job_log(j, t, &e);
}

// The card shows in which months something exists: it may have become another. And whom the rules name is told of
// what is new.
static err card_again(job *j, store_txn *t, const slip *s)
{
    consent c;
    err e = consent_get(t, span_str(s->chart), &c);
    if (e == OK && !c.card.scope.withdrawn)
        e = disclosure_send(j->n, j->rules, t, &c, j->now, false, NULL);
    if ((e == OK || e == ERR_LIMIT || e == ERR_FORMAT) && !c.card.scope.withdrawn)
        e = arrivals_look(j, t, &c, false);
    return e == ERR_NOT_FOUND || e == ERR_LIMIT || e == ERR_FORMAT ? OK : e;
}

static err filed_run(job *j, store_txn *t)
{
    putting *k = j->state;
    pseudonym who;
    // The number may have been registered for another person while the file came.
    err e = own_find(t, k->s.d.facility, k->s.d.number, &who);
    if (e == OK && !pseudonym_same(&who, &k->s.d.who))
        e = ERR_CONFLICT;
    if (e == OK)
        e = shelf_file(j->n->papers, t, k->a->u, k->s.replaces ? k->s.old : NULL, &k->s.d);
    if (e && !shelf_upload_filed(k->a->u)) {
        k->status = e; // others in this batch must not suffer for it
        return OK;
    }
    if (e == OK)
        e = card_again(j, t, &k->s);
    if (e == OK)
        e = filing_log(j, t, &k->s, k->s.replaces ? "replaced" : "filed");
    return job_store_err(e);
}

static void paper_show(control_in *in, const shelf_document *d, bool same_person)
{
    static const char *const states[] = {"taken_back", "valid", "history"};
    char text[30];
    control_record(in, "document");
    control_bytes(in, "document", span_of(d->id, SHELF_ID));
    control_bytes(in, "first", span_of(d->first, SHELF_ID));
    control_number(in, "revision", d->revision);
    control_text(in, "state", d->state == SHELF_VALID && !same_person ? "other_person" : states[d->state]);
    control_text(in, "category", d->category);
    day_format(d->date, text);
    control_text(in, "day", text);
    control_text(in, "title", d->title);
    control_text(in, "media", shelf_media_name(d->media));
    control_number(in, "bytes", (int64_t)d->bytes);
    time_format(d->filed, text);
    control_text(in, "filed", text);
    control_text(in, "by", d->by);
    if (d->ended)
        time_format(d->ended, text);
    control_text(in, "ended", d->ended ? text : "");
    control_text(in, "ended_by", d->ended_by);
}

static const char *refused_note(err e)
{
    switch (e) {
    case ERR_EXISTS: return "this very file is on the patient's shelf already";
    case ERR_LIMIT: return "the facility's shelf, or this patient's, is full: nothing was filed";
    case ERR_NOT_FOUND: return "no such document, or it is valid no more";
    case ERR_FULL: return "the node's disk is full: nothing was filed, and nothing filed before is lost";
    case ERR_CONFLICT: return "this number was registered for another person meanwhile";
    default: return "";
    }
}

static void filed_answer(job *j, err e)
{
    putting *k = j->state;
    if (e) // nobody has the row: the file must not stay
        shelf_unfile(k->a->u);
    e = e ? e : k->status;
    if (e == OK || e == ERR_EXISTS)
        paper_show(j->in, &k->s.d, true);
    if (e) {
        snprintf(j->note, sizeof j->note, "%s", refused_note(e));
    } else {
        uplink_pump(j->n);
        post_pump(j->n); // whom it concerns is told
    }
    arriving_free(j->n, k->a);
    job_finish(j, e);
}

// Durable and recognised first, on a thread that may wait for the disk.
static void putting_run(pool_task *base)
{
    putting *k = (putting *)base;
    job *j = k->j;
    const char *why;
    err e = shelf_upload_seal(k->a->u, &why);
    if (e == OK) {
        job_submit(j);
        return;
    }
    snprintf(j->note, sizeof j->note, "%s", e == ERR_FORMAT ? why : refused_note(e));
    arriving_free(j->n, k->a);
    job_finish(j, e);
    job_free(j);
}

static void put_begin(node *n, control_in *in, bool replaces)
{
    job *j = job_with(n, sizeof(putting), filed_run, filed_answer);
    if (!j) {
        control_finish(in, ERR_MEM);
        return;
    }
    putting *k = j->state;
    k->s.replaces = replaces;
    if (!patient_take(n, in, j->rules, &k->s)) {
        job_free(j);
        return;
    }
    err e = words_take(in, j->rules, j->now, &k->s);
    if (e)
        control_finish(in, e);
    else
        k->a = piece_take(n, in, &k->s.who);
    if (e || !k->a) {
        job_free(j);
        return;
    }
    k->base.run = putting_run;
    k->j = j;
    j->in = in;
    pool_submit(n->hands, &k->base);
}

void filing_add(node *n, control_in *in)
{
    put_begin(n, in, false);
}

void filing_replace(node *n, control_in *in)
{
    put_begin(n, in, true);
}

// ---- taking back ---------------------------------------------------------------------------------

static err retract_run(job *j, store_txn *t)
{
    slip *s = j->state;
    err e = shelf_retract(j->n->papers, t, s->old, s->who.user, j->now, &s->d);
    if (e)
        return e;
    e = card_again(j, t, s);
    if (e == OK)
        e = filing_log(j, t, s, "taken back");
    return job_store_err(e);
}

static void retract_answer(job *j, err e)
{
    const slip *s = j->state;
    if (e == OK) {
        paper_show(j->in, &s->d, true);
        uplink_pump(j->n);
    } else {
        snprintf(j->note, sizeof j->note, "%s", refused_note(e));
    }
    job_finish(j, e);
}

void filing_retract(node *n, control_in *in)
{
    job *j = job_with(n, sizeof(slip), retract_run, retract_answer);
    if (!j) {
        control_finish(in, ERR_MEM);
        return;
    }
    slip *s = j->state;
    if (!patient_take(n, in, j->rules, s)) {
        job_free(j);
        return;
    }
    err e = document_arg(in, s->old);
    if (e) {
        control_finish(in, e);
        job_free(j);
        return;
    }
    j->in = in;
    job_submit(j);
}

// ---- listing ---------------------------------------------------------------------------------------

typedef struct listing {
    control_in *in;
    const slip *s;
    bool all;
} listing;

static err list_one(void *ctx, const shelf_document *d)
{
    const listing *l = ctx;
    if (l->all || d->state == SHELF_VALID)
        paper_show(l->in, d, pseudonym_same(&d->who, &l->s->d.who));
    return OK;
}

void filing_list(node *n, control_in *in)
{
    const char *all = control_arg(in, "all");
    slip s = {0};
    shelf_use use;
    store_txn *t;
    book *b = node_book(n);
    bool may = patient_take(n, in, b, &s);
    book_drop(b);
    if (!may)
        return;
    listing l = {in, &s, all && strcmp(all, "yes") == 0};
    err e = store_read(n->keep, &t);
    if (e == OK) {
        e = shelf_walk(n->papers, t, s.d.facility, s.d.number, list_one, &l);
        if (e == OK)
            e = shelf_used(n->papers, t, s.d.facility, &use);
        store_end(t);
    }
    if (e == OK) {
        control_record(in, "shelf");
        control_number(in, "used", (int64_t)use.bytes);
        control_number(in, "quota", n->config.shelf_quota);
        control_number(in, "documents", (int64_t)use.documents);
    }
    control_finish(in, e);
}

// ---- the consent, at the facility's own number -------------------------------------------------------

static bool chart_take(node *n, control_in *in, slip *s)
{
    book *b = node_book(n);
    bool may = patient_take(n, in, b, s);
    book_drop(b);
    return may;
}

void filing_consent(node *n, control_in *in)
{
    slip s = {0};
    if (chart_take(n, in, &s))
        consent_confirm_as(n, in, s.chart, s.d.by);
}

void filing_withdraw(node *n, control_in *in)
{
    slip s = {0};
    if (chart_take(n, in, &s))
        consent_withdraw_as(n, in, s.chart, s.d.by);
}

// The patient's objection at this source: nothing of the number's shelf leaves, whatever was agreed.
void filing_objection(node *n, control_in *in)
{
    slip s = {0};
    if (chart_take(n, in, &s))
        objection_say_as(n, in, s.chart, s.d.by);
}
