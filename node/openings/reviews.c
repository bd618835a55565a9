// SPDX-License-Identifier: Apache-2.0
#include "node/openings/reviews.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/office/secretariat.h"
#include "policies/engine/emergency.h"
#include "policies/engine/flow.h"
#include "proto/base/log.h"
#include "proto/base/luhn.h"

enum { PAGE_ROWS = 200, ROUND_MS = 20000, AT_ONCE = 32 };

// ---- asking -----------------------------------------------------------------------------

bool emergency_asked(control_in *in, const policy *p, const char *purpose, const char *reason, const char *words)
{
    uint8_t number;
    bool ja = control_japanese(in);
    if (strcmp(purpose, "emergency") != 0) {
        if (reason)
            control_note(in, "a reason belongs to the purpose emergency");
        return !reason;
    }
    if (words && strlen(words) > OPENING_WORDS_MAX) {
        control_note(in, "words: at most %d bytes", OPENING_WORDS_MAX);
        return false;
    }
    if (emergency_reason(p, reason, &number)) {
        if (!policy_emergency_reason_at(p, number - 1).explain || (words && words[0]))
            return true;
        control_note(in, "this reason is to be explained: say words; they go sealed to the hospital");
        return false;
    }
    buf list = {0};
    for (int i = 0; i < policy_emergency_reason_count(p); i++) {
        policy_reason r = policy_emergency_reason_at(p, i);
        control_record(in, "reason");
        control_text(in, "reason", r.id);
        control_text(in, "label", ja ? r.label_ja : r.label_en);
        control_text(in, "reason_words", ja ? r.label_ja : r.label_en);
        control_text(in, "explain", r.explain ? "yes" : "no");
        buf_printf(&list, "%s%s", i ? ", " : "", r.id);
    }
    control_note(in, "an emergency needs a reason, one of: %s", list.len ? buf_str(&list) : "(the rules have none)");
    buf_done(&list);
    return false;
}

const char *emergency_reason_of(const book *b, const ticket *k)
{
    const rules *theirs = book_named(b, &k->rules);
    return theirs ? emergency_reason_id(theirs->p, k->reason) : "";
}

static err unasked_run(job *j, store_txn *t)
{
    return job_store_err(opening_unasked(j, t, *(const uint64_t *)j->state));
}

static void unasked_answer(job *j, err e)
{
    (void)j;
    if (e)
        log_line(LOG_ERROR, "that consent is to be sought could not be noted: %s", err_text(e));
}

void reviews_unasked(node *n, uint64_t number)
{
    job *j = job_with(n, sizeof number, unasked_run, unasked_answer);
    if (!j)
        return;
    *(uint64_t *)j->state = number;
    job_submit(j);
}

// ---- the list ---------------------------------------------------------------------------

static bool has_duty(const policy *p, const person *who)
{
    int role = policy_role(p, who->role);
    return role != POLICY_NONE && (policy_flow(p).review_roles >> role & 1);
}

static void code_show(control_in *in, const char *key, const policy *p, uint64_t code)
{
    char text[30] = "";
    int f = code ? policy_facility(p, code) : POLICY_NONE;
    if (code)
        institution_format(code, text);
    control_text(in, key, text);
    snprintf(text, sizeof text, "%s_name", key);
    control_text(in, text, f == POLICY_NONE ? "" : policy_facility_at(p, f).name);
}

static void patient_show(control_in *in, store_txn *t, const opening_record *o)
{
    uint8_t key[PSEUDONYM_BYTES + 8];
    char number[64] = "";
    span value;
    if (o->side != OPENING_DISCLOSING && o->pseudonym.len == PSEUDONYM_BYTES) {
        memcpy(key, o->pseudonym.data, PSEUDONYM_BYTES);
        be64_put(key + PSEUDONYM_BYTES, o->own);
        if (store_get(t, TABLE_OWN_BACK, span_of(key, sizeof key), &value) == OK)
            (void)!span_to_str(value, number, sizeof number);
    }
    control_text(in, "patient", o->side == OPENING_DISCLOSING ? o->chart : number);
}

static void opening_show(control_in *in, const policy *p, store_txn *t, uint64_t number, const opening_record *o,
                         time_ms now)
{
    static const char *const sides[] = {"?", "disclosing", "asking", "told"};
    char text[30] = "";
    int reason = policy_emergency_reason_find(p, o->reason);
    policy_reason r = policy_emergency_reason_at(p, reason);
    bool ja = control_japanese(in), late = o->consent_day && day_of_time(now) > o->consent_day;
    control_record(in, "opening");
    control_number(in, "number", (int64_t)number);
    control_bytes(in, "id", wire_span(o->id));
    control_text(in, "side", sides[o->side < 4 ? o->side : 0]);
    control_time(in, "at", o->at_ms);
    patient_show(in, t, o);
    code_show(in, "facility", p, o->facility);
    code_show(in, "source", p, o->source);
    control_text(in, "user", o->user_name);
    control_text(in, "role", o->role);
    int role = policy_role(p, o->role);
    policy_text named = role == POLICY_NONE ? (policy_text){0} : policy_role_text(p, role);
    control_text(in, "role_name", !named.id ? o->role : ja ? named.label_ja : named.label_en);
    control_text(in, "reason", o->reason);
    control_text(in, "label", ja ? r.label_ja : r.label_en);
    control_text(in, "reason_words", reason == POLICY_NONE ? o->reason : ja ? r.label_ja : r.label_en);
    control_text(in, "words", o->words);
    control_text(in, "agreed", o->side == OPENING_TOLD ? "" : o->without_consent ? "no" : "yes");
    control_text(in, "review", !o->review_ms ? "" : o->closed_ms ? o->finding : now >= o->review_ms ? "overdue" : "waits");
    control_time(in, "due", o->review_ms);
    control_text(in, "by", o->closed_by);
    control_time(in, "closed", o->closed_ms);
    control_text(in, "said", o->closed_words);
    control_text(in, "consent", !o->consent_day ? "" : o->consent[0] ? o->consent : late ? "overdue" : "waits");
    if (o->consent_day)
        day_format(o->consent_day, text);
    control_text(in, "consent_due", text);
    control_text(in, "consent_by", o->consent_by);
    control_text(in, "tell_patient", o->tell_patient ? "yes" : "no");
}

typedef struct listing {
    control_in *in;
    const policy *p;
    store_txn *t;
    person who;
    bool duty, overdue;
    time_ms now;
    size_t shown;
    uint64_t next;
} listing;

static err list_one(void *ctx, uint64_t number, const opening_record *o)
{
    listing *l = ctx;
    bool own = o->side == OPENING_ASKING && strcmp(o->user_name, l->who.user) == 0;
    if (o->own != l->who.facility || !(l->duty || own))
        return OK;
    if (l->overdue && !(opening_review_waits(o) && l->now >= o->review_ms) &&
        !(opening_consent_waits(o) && day_of_time(l->now) > o->consent_day))
        return OK;
    if (l->shown++ == PAGE_ROWS) {
        l->next = number;
        return ERR_CLOSED;
    }
    opening_show(l->in, l->p, l->t, number, o, l->now);
    return OK;
}

static bool yes(control_in *in, const char *key)
{
    const char *v = control_arg(in, key);
    return v && strcmp(v, "yes") == 0;
}

void reviews_list(node *n, control_in *in)
{
    listing l = {.in = in, .now = clock_now_ms()};
    const char *handle = control_arg(in, "handle");
    if (node_asker(n, in, &l.who) != OK)
        return;
    book *b = node_book(n);
    l.p = b->r->p;
    l.duty = has_duty(l.p, &l.who);
    l.overdue = yes(in, "overdue");
    err e = store_read(n->keep, &l.t);
    if (e == OK) {
        e = openings_walk(l.t, !yes(in, "all"), handle ? strtoull(handle, NULL, 10) : 1, list_one, &l);
        store_end(l.t);
    }
    if (e == OK && l.next) {
        char next[24];
        snprintf(next, sizeof next, "%llu", (unsigned long long)l.next);
        control_piece(in, (span){0}, next, true);
    }
    book_drop(b);
    control_finish(in, e);
}

// ---- closing ------------------------------------------------------------------------------

typedef struct closing {
    uint64_t number;
    person who;
    char finding[16], consent[16], words[OPENING_WORDS_MAX + 1];
    opening_record *o;
} closing;

static err refuse(job *j, err e, const char *why)
{
    snprintf(j->note, sizeof j->note, "%s", why);
    return e;
}

static err closing_check(job *j, const closing *c, const opening_record *o)
{
    bool opened = o->side == OPENING_ASKING && strcmp(o->user_name, c->who.user) == 0;
    bool duty = has_duty(j->rules->r->p, &c->who);
    if (o->own != c->who.facility)
        return refuse(j, ERR_NOT_FOUND, "no such opening here");
    if (c->finding[0] && !duty)
        return refuse(j, ERR_DENIED, "the rules do not give this role the duty to review");
    if (c->finding[0] && opened)
        return refuse(j, ERR_DENIED, "nobody reviews what they opened themselves");
    if (c->finding[0] && !o->review_ms)
        return refuse(j, ERR_DENIED, "the rules give the review to another place");
    if (c->finding[0] && o->closed_ms)
        return refuse(j, ERR_CONFLICT, "it was reviewed before");
    if (c->consent[0] && !duty && !opened)
        return refuse(j, ERR_DENIED, "the rules do not give this role the duty to review");
    if (c->consent[0] && !opening_consent_waits(o))
        return refuse(j, ERR_CONFLICT, "no consent is waited for");
    return OK;
}

static err closing_log(job *j, store_txn *t, const closing *c, const opening_record *o)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    char text[160];
    snprintf(text, sizeof text, "emergency %llu: %s%s%s%s by %s", (unsigned long long)c->number,
             c->finding[0] ? "review " : "", c->finding, c->consent[0] ? " consent " : "", c->consent, c->who.user);
    e.event = EVENT_CONTROL;
    e.facility = o->facility;
    e.source = o->source;
    e.role = (char *)c->who.role;
    e.pseudonym = o->pseudonym;
    e.ticket = o->ticket;
    e.reason = o->reason;
    e.note = text;
    return job_log(j, t, &e);
}

static err close_run(job *j, store_txn *t)
{
    closing *c = j->state;
    opening_record *o;
    err e = opening_get(t, c->number, &j->memory, &o);
    if (e == ERR_NOT_FOUND)
        return refuse(j, e, "no such opening here");
    if (e == OK)
        e = closing_check(j, c, o);
    if (e)
        return e;
    if (c->finding[0]) {
        o->finding = c->finding;
        o->closed_by = c->who.user;
        o->closed_ms = j->now;
        o->closed_words = c->words;
    }
    if (c->consent[0]) {
        o->consent = c->consent;
        o->consent_by = c->who.user;
        o->consent_ms = j->now;
    }
    c->o = o;
    e = opening_put(t, c->number, o);
    if (e == OK)
        e = closing_log(j, t, c, o);
    return job_store_err(e);
}

static void close_answer(job *j, err e)
{
    closing *c = j->state;
    store_txn *t;
    if (e == OK && store_read(j->n->keep, &t) == OK) {
        opening_show(j->in, j->rules->r->p, t, c->number, c->o, j->now);
        store_end(t);
    }
    job_finish(j, e);
}

static bool one_of(const char *word, const char *a, const char *b)
{
    return !word || strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static err closing_args(control_in *in, closing *c)
{
    const char *finding = control_arg(in, "finding"), *agreed = control_arg(in, "consent");
    const char *words = control_arg(in, "words");
    int64_t number;
    err e = control_arg_int(in, "number", 1, INT64_MAX, 0, &number);
    if (e)
        return e;
    if (!one_of(finding, "ok", "not-justified") || !one_of(agreed, "given", "refused") || (!finding && !agreed) ||
        number == 0 || (words && strlen(words) > OPENING_WORDS_MAX)) {
        control_note(in, "say number, and finding (ok, not-justified) or consent (given, refused), or both");
        return ERR_USAGE;
    }
    c->number = (uint64_t)number;
    snprintf(c->finding, sizeof c->finding, "%s", finding ? finding : "");
    snprintf(c->consent, sizeof c->consent, "%s", agreed ? agreed : "");
    snprintf(c->words, sizeof c->words, "%s", words ? words : "");
    return OK;
}

void review_close(node *n, control_in *in)
{
    const char *by = control_arg(in, "by");
    job *j = job_with(n, sizeof(closing), close_run, close_answer);
    closing *c = j ? j->state : NULL;
    err e = c ? closing_args(in, c) : ERR_MEM;
    if (e == OK)
        e = by ? node_person(n, by, control_uid(in), &c->who) : ERR_USAGE;
    if (e) {
        if (e == ERR_NOT_FOUND || e == ERR_DENIED || !by)
            control_note(in, "by: a user of the people file, for whom you may speak");
        job_free(j);
        control_finish(in, e);
        return;
    }
    j->in = in;
    job_submit(j);
}

// ---- a consent came -------------------------------------------------------------------------

typedef struct gathering {
    const char *chart;
    time_ms now;
    uint64_t numbers[AT_ONCE];
    size_t count;
} gathering;

static err consented_one(void *ctx, uint64_t number, const opening_record *o)
{
    gathering *g = ctx;
    if (opening_consent_waits(o) && o->side == OPENING_DISCLOSING && strcmp(o->chart, g->chart) == 0)
        g->numbers[g->count++] = number;
    return g->count == AT_ONCE ? ERR_CLOSED : OK;
}

err reviews_consented(job *j, store_txn *t, const char *chart, const char *by)
{
    gathering g = {.chart = chart};
    err e = openings_walk(t, true, 1, consented_one, &g);
    for (size_t i = 0; e == OK && i < g.count; i++) {
        opening_record *o;
        e = opening_get(t, g.numbers[i], &j->memory, &o);
        if (e)
            break;
        o->consent = (char *)"given";
        o->consent_by = (char *)by;
        o->consent_ms = j->now;
        e = opening_put(t, g.numbers[i], o);
    }
    return e;
}

// ---- reminders --------------------------------------------------------------------------------

static bool review_late(const opening_record *o, time_ms now)
{
    return opening_review_waits(o) && !o->reminded && now >= o->review_ms;
}

static bool consent_late(const opening_record *o, time_ms now)
{
    return opening_consent_waits(o) && !o->consent_reminded && day_of_time(now) >= o->consent_day;
}

static err late_one(void *ctx, uint64_t number, const opening_record *o)
{
    gathering *g = ctx;
    if (review_late(o, g->now) || consent_late(o, g->now))
        g->numbers[g->count++] = number;
    return g->count == AT_ONCE ? ERR_CLOSED : OK;
}

static err remind(job *j, store_txn *t, const opening_record *o, flow_event event)
{
    const policy *p = j->rules->r->p;
    uint32_t told = policy_told_of(p, event);
    uint32_t here = o->side == OPENING_DISCLOSING ? 1u << FLOW_TO_DISCLOSING : 1u << FLOW_TO_ASKING;
    err e = OK;
    if (!j->n->notice)
        return OK;
    if (told & here)
        e = j->n->notice(j, t, o->own, event, o->id.data);
    if (e == OK && (told >> FLOW_TO_SECRETARIAT & 1))
        e = secretariat_tell(j, t, o->own, event, o->id.data);
    return e;
}

static err round_run(job *j, store_txn *t)
{
    gathering *g = j->state;
    g->now = j->now;
    err e = openings_walk(t, true, 1, late_one, g);
    for (size_t i = 0; e == OK && i < g->count; i++) {
        opening_record *o;
        e = opening_get(t, g->numbers[i], &j->memory, &o);
        if (e == OK && review_late(o, j->now)) {
            e = remind(j, t, o, FLOW_EVENT_REVIEW_DUE);
            o->reminded = true;
        }
        if (e == OK && consent_late(o, j->now)) {
            e = remind(j, t, o, FLOW_EVENT_CONSENT_DUE);
            o->consent_reminded = true;
        }
        if (e == OK)
            e = opening_put(t, g->numbers[i], o);
    }
    if (e == OK)
        e = openings_forget(j, t);
    return job_store_err(e);
}

static void round_answer(job *j, err e)
{
    (void)j;
    if (e)
        log_line(LOG_ERROR, "reviews of emergencies could not be looked at: %s", err_text(e));
}

void reviews_tick(node *n, time_ms now)
{
    time_ms at = __atomic_load_n(&n->reviews_at, __ATOMIC_RELAXED);
    if (now < at && at <= now + ROUND_MS) // a clock that was set back does not stop it
        return;
    __atomic_store_n(&n->reviews_at, now + ROUND_MS, __ATOMIC_RELAXED);
    job *j = job_with(n, sizeof(gathering), round_run, round_answer);
    if (j)
        job_submit(j);
}
