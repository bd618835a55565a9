// SPDX-License-Identifier: Apache-2.0
#include "node/disclosing/disclosure.h"

#include <stdio.h>
#include <string.h>

#include "node/charts/own.h"
#include "node/disclosing/objection.h"
#include "node/line/outbox.h"
#include "node/line/uplink.h"
#include "node/office/arrivals.h"
#include "node/office/notice.h"
#include "node/openings/reviews.h"
#include "proto/base/log.h"

enum { RESYNC_STEP = 256, AHEAD_DAYS = 366 };
static const char RESYNC[] = "resync"; // present while a resync runs: the chart it has come to

typedef struct marking {
    const book *b;
    const consent *c;
    card *card;
    day from[CARD_CATEGORIES];
    day until; // a card has room for a span of months only: one absurd date must not push all others out of it
} marking;

static err mark_one(void *ctx, const ssmix_entry *e)
{
    marking *m = ctx;
    int bit = mapping_category(m->b->map, e);
    if (bit < 0 || bit >= CARD_CATEGORIES || !(m->c->card.scope.categories >> bit & 1))
        return OK;
    if (e->date == DAY_FOREVER)
        card_mark(m->card, bit, DAY_NONE); // it describes the present: it exists, when is not said
    else if (e->date >= m->from[bit] && e->date <= m->until)
        card_mark(m->card, bit, e->date);
    return OK;
}

typedef struct papered {
    marking *m;
    const policy *p;
} papered;

static err filed_one(void *ctx, const shelf_document *d)
{
    const papered *f = ctx;
    const card *c = &f->m->c->card;
    int bit = d->state == SHELF_VALID && pseudonym_same(&d->who, &c->who) ? policy_category(f->p, d->category) : POLICY_NONE;
    if (bit >= 0 && bit < CARD_CATEGORIES && (c->scope.categories >> bit & 1) && d->date >= f->m->from[bit] &&
        d->date <= f->m->until)
        card_mark(f->m->card, bit, d->date);
    return OK;
}

err disclosure_card(node *n, const book *b, store_txn *t, const consent *c, time_ms at, card *ret)
{
    *ret = c->card;
    ret->presence_count = 0;
    ret->grain = (uint8_t)policy_index_grain(b->r->p);
    uint64_t facility;
    const char *number;
    bool filed_here = shelf_chart_read(c->chart, &facility, &number);
    if (c->card.scope.withdrawn || (filed_here ? !n->papers : !n->index))
        return OK;
    marking m = {.b = b, .c = c, .card = ret, .until = day_of_time(at) + AHEAD_DAYS};
    for (int bit = 0; bit < CARD_CATEGORIES; bit++)
        m.from[bit] = day_minus_months(c->card.registered_on, policy_category_window(b->r->p, bit));
    papered f = {&m, b->r->p};
    return filed_here ? shelf_walk(n->papers, t, facility, number, filed_one, &f)
                      : ssmix_entries(n->index, t, span_str(c->chart), mark_one, &m);
}

err disclosure_send(node *n, const book *b, store_txn *t, const consent *c, time_ms at, bool always,
                    uint64_t *ret_seq)
{
    card k;
    sent old = {.seq = 0}, now = {.seq = 0};
    buf bytes = {0};
    err e = disclosure_card(n, b, t, c, at, &k);
    if (e == OK)
        e = card_pack(&k, &bytes);
    if (e)
        goto out;
    sha256(buf_span(&bytes), &now.card);
    e = sent_get(t, span_str(c->chart), &old);
    if (e == OK && !always && memcmp(old.card.at, now.card.at, HASH_BYTES) == 0) {
        if (ret_seq)
            *ret_seq = old.seq;
        goto out;
    }
    if (e == ERR_NOT_FOUND)
        e = OK;
    if (e == OK)
        e = outbox_put(t, buf_span(&bytes), &now.seq);
    if (e == OK)
        e = sent_put(t, span_str(c->chart), &now);
    if (e == OK && ret_seq)
        *ret_seq = now.seq;
out:
    buf_done(&bytes);
    return e;
}

// ---- confirming ------------------------------------------------------------------

typedef struct rivals {
    const confirmation *c;
    uint64_t facility, revision; // a card is one facility's: others' here have their own
    char live[SSMIX_CHART_MAX + 1]; // a chart, not this one, whose consent is live
} rivals;

static err rival_one(void *ctx, const consent *c)
{
    rivals *r = ctx;
    if (c->card.facility != r->facility)
        return OK;
    if (c->card.scope.revision > r->revision)
        r->revision = c->card.scope.revision;
    if (strcmp(c->chart, r->c->chart) != 0 && !c->card.scope.withdrawn)
        strcpy(r->live, c->chart);
    return OK;
}

static err seen_one(void *ctx, const ssmix_entry *e)
{
    (void)e;
    *(bool *)ctx = true;
    return ERR_CLOSED;
}

static err chart_exists(node *n, store_txn *t, const char *chart)
{
    bool seen = false;
    pseudonym who;
    uint64_t facility;
    const char *number;
    if (shelf_chart_read(chart, &facility, &number))
        return own_find(t, facility, number, &who);
    err e = n->index ? ssmix_entries(n->index, t, span_str(chart), seen_one, &seen) : OK;
    return e ? e : seen ? OK : ERR_NOT_FOUND;
}

// Whose patient the chart is: our hospital's, or one of a facility that has a shelf here.
static err source_of(job *j, const char *chart, uint64_t *ret)
{
    uint64_t facility = j->n->facility;
    const char *number;
    bool filed = shelf_chart_read(chart, &facility, &number);
    if (filed && !node_discloses(j->n, j->rules, facility)) {
        snprintf(j->note, sizeof j->note, "the rules do not let this node disclose for facility %010llu",
                 (unsigned long long)facility);
        return ERR_DENIED;
    }
    if (facility == 0) {
        snprintf(j->note, sizeof j->note, "this node discloses for no hospital");
        return ERR_USAGE;
    }
    *ret = facility;
    return OK;
}

static err scope_check(job *j, const confirmation *c)
{
    const policy *p = j->rules->r->p;
    if (!c->by[0]) {
        snprintf(j->note, sizeof j->note, "say who confirms: by");
        return ERR_USAGE;
    }
    if (c->scope.grantee_count == 0 || c->scope.categories == 0) {
        snprintf(j->note, sizeof j->note, "a consent needs somebody to disclose to, and a category");
        return ERR_USAGE;
    }
    if (c->scope.until < c->scope.from) {
        snprintf(j->note, sizeof j->note, "until: before it begins");
        return ERR_USAGE;
    }
    for (int i = 0; i < c->scope.grantee_count; i++) {
        const grantee *g = &c->scope.grantees[i];
        if (g->kind == GRANTEE_FACILITY && policy_facility(p, g->facility) == POLICY_NONE) {
            snprintf(j->note, sizeof j->note, "to: %010llu is registered with no union",
                     (unsigned long long)g->facility);
            return ERR_USAGE;
        }
        if (g->kind == GRANTEE_UNION && policy_union(p, g->union_id) == POLICY_NONE) {
            snprintf(j->note, sizeof j->note, "to: the rules know no union \"%s\"", g->union_id);
            return ERR_USAGE;
        }
    }
    return OK;
}

static err consent_log(job *j, store_txn *t, const consent *c, const char *by, const char *what)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    char text[160];
    snprintf(text, sizeof text, "%s, revision %llu, by %s", what, (unsigned long long)c->card.scope.revision, by);
    e.event = EVENT_CONSENT;
    e.status = c->card.scope.withdrawn ? ERR_WITHDRAWN : OK;
    e.pseudonym = wire_bytes(span_of(c->card.who.at, PSEUDONYM_BYTES));
    e.source = c->card.facility;
    e.granted = c->card.scope.withdrawn ? 0 : c->card.scope.categories;
    e.note = text;
    return job_log(j, t, &e);
}

// The consent of another chart ends where this one takes its place: the hub holds one card a pseudonym.
static err rival_end(job *j, store_txn *t, const char *chart, const char *by)
{
    consent c;
    err e = consent_get(t, span_str(chart), &c);
    if (e)
        return e;
    c.card.scope.withdrawn = true;
    c.card.scope.at = j->now;
    e = consent_put(t, &c);
    return e ? e : consent_log(j, t, &c, by, "ended for another chart");
}

// A corrected identity moves the disclosure to another pseudonym: the old card must go.
static err moved_end(job *j, store_txn *t, const consent *old, uint64_t revision)
{
    consent gone = *old;
    buf bytes = {0};
    uint64_t seq;
    gone.card.scope.withdrawn = true;
    gone.card.scope.revision = revision;
    gone.card.scope.at = j->now;
    gone.card.presence_count = 0;
    err e = card_pack(&gone.card, &bytes);
    if (e == OK)
        e = outbox_put(t, buf_span(&bytes), &seq);
    buf_done(&bytes);
    return e;
}

// Whether this chart may be disclosed so: by whom, to whom, and against nobody's word. Finds rivals.
static err confirm_allowed(job *j, store_txn *t, const confirmation *c, rivals *r)
{
    bool against = false;
    err e = source_of(j, c->chart, &r->facility);
    if (e == OK)
        e = scope_check(j, c);
    if (e == OK)
        e = chart_exists(j->n, t, c->chart);
    if (e == OK)
        e = consent_holders(t, &c->who, rival_one, r);
    if (e)
        return e;
    if (r->live[0] && !c->also) {
        snprintf(j->note, sizeof j->note, "another chart here discloses under the same name, birth and sex; say also "
                                          "if this one is to take its place");
        return ERR_CONFLICT;
    }
    e = objection_stands(t, c->chart, &against);
    if (e == OK && against && !c->agreed) { // what only narrows goes on
        snprintf(j->note, sizeof j->note, "the patient objects to disclosure of this chart: lift the objection first");
        return ERR_DENIED;
    }
    return e;
}

// The consent as it will be recorded. old: NULL if the chart has none. Nothing is written before its card is
// known to fit.
static err consent_make(job *j, store_txn *t, confirmation *c, const consent *old, const rivals *r)
{
    consent *now = &c->made;
    bool standing = old && !old->card.scope.withdrawn;
    card k;
    buf bytes = {0};
    err e = OK;
    memset(now, 0, sizeof *now);
    strcpy(now->chart, c->chart);
    strcpy(now->by, c->by);
    strcpy(now->proxy, c->proxy);
    now->card = (card){.who = c->who, .facility = r->facility, .scope = c->scope};
    now->card.registered_on = c->registered_on != DAY_NONE ? c->registered_on
                              : standing ? old->card.registered_on : day_of_time(j->now);
    now->card.scope.revision = r->revision + 1;
    now->card.scope.at = c->agreed ? c->agreed : j->now;
    now->card.scope.proxy = c->proxy[0] != '\0';
    now->card.scope.withdrawn = false;
    // A changed scope is the same consent; after a withdrawal, or for another person, it is a new one.
    if (standing && pseudonym_same(&old->card.who, &c->who))
        memcpy(now->card.scope.id, old->card.scope.id, sizeof now->card.scope.id);
    else
        e = crypto_random(now->card.scope.id, sizeof now->card.scope.id);
    if (e == OK)
        e = disclosure_card(j->n, j->rules, t, now, j->now, &k);
    if (e == OK)
        e = card_pack(&k, &bytes);
    if (e == ERR_LIMIT || e == ERR_FORMAT)
        snprintf(j->note, sizeof j->note, "this consent does not fit a card: name fewer facilities, or a union");
    buf_done(&bytes);
    return e;
}

err disclosure_confirm(job *j, store_txn *t, confirmation *c)
{
    consent old, *now = &c->made;
    rivals r = {.c = c};
    uint64_t floor = 0;
    err e = confirm_allowed(j, t, c, &r);
    if (e)
        return e;
    e = consent_get(t, span_str(c->chart), &old);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    bool had = e == OK;
    if (had && old.card.scope.revision > r.revision)
        r.revision = old.card.scope.revision;
    // The hub remembers revisions for ever, also of consents whose papers are purged here.
    e = meta_number(t, CONSENT_FLOOR, &floor);
    if (e)
        return e;
    if (floor > r.revision)
        r.revision = floor;
    e = consent_make(j, t, c, had ? &old : NULL, &r);
    if (e)
        return e;
    if (r.live[0])
        e = rival_end(j, t, r.live, c->by);
    if (e == OK && had && !pseudonym_same(&old.card.who, &c->who))
        e = moved_end(j, t, &old, r.revision + 1);
    if (e == OK)
        e = consent_put(t, now);
    if (e == OK)
        e = disclosure_send(j->n, j->rules, t, now, j->now, true, &c->seq);
    if (e == OK)
        e = consent_log(j, t, now, c->by,
                        c->unlike ? had ? "changed though form and chart differ" : "recorded though form and chart differ"
                        : had ? "changed" : "recorded");
    if (e == OK)
        e = reviews_consented(j, t, now->chart, now->by);
    if (e == OK)
        e = arrivals_look(j, t, now, true);
    return job_store_err(e);
}

err disclosure_withdraw(job *j, store_txn *t, withdrawal *w, flow_event told)
{
    consent *c = &w->made;
    err e = consent_get(t, span_str(w->chart), c);
    if (e) {
        if (e == ERR_NOT_FOUND)
            snprintf(j->note, sizeof j->note, "no consent is recorded for this chart");
        return e;
    }
    if (c->card.scope.withdrawn) {
        snprintf(j->note, sizeof j->note, "it was withdrawn before");
        return ERR_WITHDRAWN;
    }
    if (!w->by[0]) {
        snprintf(j->note, sizeof j->note, "say who records it: by");
        return ERR_USAGE;
    }
    c->card.scope.withdrawn = true;
    c->card.scope.revision++;
    c->card.scope.at = j->now;
    strcpy(c->by, w->by);
    e = consent_put(t, c);
    if (e == OK)
        e = disclosure_send(j->n, j->rules, t, c, j->now, true, &w->seq);
    if (e == OK)
        e = consent_log(j, t, c, w->by, "withdrawn");
    if (e == OK)
        e = notice_side(j, t, c->card.facility, 1u << FLOW_TO_DISCLOSING, told, c->card.scope.id);
    return job_store_err(e);
}

// ---- after a scan, and all over again ----------------------------------------------

static err recheck_run(job *j, store_txn *t)
{
    span rest = *(const span *)j->state;
    while (rest.len) {
        size_t len = strnlen((const char *)rest.at, rest.len);
        consent c;
        err e = consent_get(t, span_cut(rest, 0, len), &c);
        if (e == OK && !c.card.scope.withdrawn)
            e = disclosure_send(j->n, j->rules, t, &c, j->now, false, NULL);
        if (e == OK && !c.card.scope.withdrawn)
            e = arrivals_look(j, t, &c, false);
        // A card that has grown beyond its limit stays as it was: no reason to stop the scan.
        if (e != OK && e != ERR_NOT_FOUND && e != ERR_LIMIT && e != ERR_FORMAT)
            return job_store_err(e);
        rest = span_from(rest, len + 1);
    }
    return OK;
}

static void recheck_answer(job *j, err e)
{
    if (e) {
        log_line(LOG_ERROR, "cards after a scan could not be renewed: %s", err_text(e));
    } else {
        uplink_pump(j->n);
        post_pump(j->n);
    }
}

void disclosure_recheck(node *n, span charts)
{
    job *j = job_with(n, sizeof(span), recheck_run, recheck_answer);
    if (!j)
        return;
    *(span *)j->state = arena_copy(&j->memory, charts);
    job_submit(j);
}

err disclosure_resync_begin(job *j, store_txn *t, uint64_t hub)
{
    (void)j;
    err e = outbox_restart(t, hub);
    return e ? e : store_put(t, TABLE_META, span_str(RESYNC), span_of("", 0));
}

typedef struct stepping {
    char charts[RESYNC_STEP][SSMIX_CHART_MAX + 1];
    size_t count;
} stepping;

static err step_one(void *ctx, const consent *c)
{
    stepping *s = ctx;
    strcpy(s->charts[s->count++], c->chart);
    return s->count == RESYNC_STEP ? ERR_CLOSED : OK;
}

err disclosure_resync_step(job *j, store_txn *t, bool *ret_more)
{
    span value;
    char after[SSMIX_CHART_MAX + 1];
    stepping *s = arena_get(&j->memory, sizeof *s);
    err e = store_get(t, TABLE_META, span_str(RESYNC), &value);
    *ret_more = false;
    if (e == ERR_NOT_FOUND)
        return OK;
    if (e == OK)
        e = s ? span_to_str(value, after, sizeof after) : ERR_MEM;
    if (e == OK)
        e = consent_walk(t, span_str(after), step_one, s);
    for (size_t i = 0; e == OK && i < s->count; i++) {
        consent c;
        e = consent_get(t, span_str(s->charts[i]), &c);
        if (e == OK)
            e = disclosure_send(j->n, j->rules, t, &c, j->now, true, NULL);
        if (e == ERR_LIMIT || e == ERR_FORMAT)
            e = OK;
    }
    if (e == OK && s->count == RESYNC_STEP) {
        *ret_more = true;
        e = store_put(t, TABLE_META, span_str(RESYNC), span_str(s->charts[s->count - 1]));
    } else if (e == OK) {
        e = store_delete(t, TABLE_META, span_str(RESYNC));
    }
    return job_store_err(e);
}

static err resync_run(job *j, store_txn *t)
{
    return disclosure_resync_step(j, t, j->state);
}

static void resync_answer(job *j, err e)
{
    if (e) {
        log_line(LOG_ERROR, "sending all cards again stopped: %s; it goes on with the next connection", err_text(e));
        return;
    }
    uplink_pump(j->n);
    if (*(bool *)j->state)
        disclosure_resync_go(j->n);
}

void disclosure_resync_go(node *n)
{
    job *j = job_with(n, sizeof(bool), resync_run, resync_answer);
    if (j)
        job_submit(j);
}
