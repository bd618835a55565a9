// SPDX-License-Identifier: Apache-2.0
#include "node/joining/joining.h"

#include <stdio.h>
#include <string.h>

#include "node/office/notice.h"
#include "policies/engine/table.h"
#include "policies/forms/check.h"
#include "proto/base/luhn.h"

enum { KEY_BYTES_JOINING = LETTER_ID_BYTES + 1, RECORD_MAX = 2 * FILLED_BYTES + 16384, TEXT_MOST = 2000, NAME_MOST = 255 };
static const char NUMBERED[] = "joining"; // the last number given

const char *joining_state_name(uint32_t s)
{
    static const char *const names[JOINING_STATES] = {"filed", "waiting", "approved", "refused", "done"};
    return s < JOINING_STATES ? names[s] : "?";
}

// ---- the store ----------------------------------------------------------------------------

static span joining_key(const uint8_t *id, bool received, uint8_t out[static KEY_BYTES_JOINING])
{
    memcpy(out, id, LETTER_ID_BYTES);
    out[LETTER_ID_BYTES] = received;
    return span_of(out, KEY_BYTES_JOINING);
}

static err joining_put(store_txn *t, const joining *r)
{
    uint8_t key[KEY_BYTES_JOINING];
    buf bytes = {.max = RECORD_MAX};
    err e = wire_encode((const ProtobufCMessage *)r, &bytes);
    if (e == OK)
        e = store_put(t, TABLE_JOINING, joining_key(r->id.data, r->received, key), buf_span(&bytes));
    buf_done(&bytes);
    return e;
}

static err joining_decode(span value, arena *a, joining **ret)
{
    err e = WIRE_DECODE(value, joining, tsunagu__joining_record__descriptor, RECORD_MAX, a, ret);
    return e == OK && (*ret)->id.len == LETTER_ID_BYTES ? OK : e == ERR_MEM ? e : ERR_CORRUPT;
}

err joining_get(store_txn *t, const uint8_t *id, bool received, arena *a, joining **ret)
{
    uint8_t key[KEY_BYTES_JOINING];
    span v;
    err e = store_get(t, TABLE_JOINING, joining_key(id, received, key), &v);
    return e ? e : joining_decode(v, a, ret);
}

typedef struct walking {
    joining_visit visit;
    void *ctx;
} walking;

static err walk_one(void *ctx, span key, span value)
{
    walking *w = ctx;
    joining *r;
    arena a;
    (void)key;
    arena_init(&a, 1 << 20);
    err e = joining_decode(value, &a, &r);
    if (e == OK)
        e = w->visit(w->ctx, r);
    arena_done(&a);
    return e;
}

err joining_walk(store_txn *t, joining_visit visit, void *ctx)
{
    walking w = {visit, ctx};
    return store_walk(t, TABLE_JOINING, (span){0}, (span){0}, walk_one, &w);
}

typedef struct finding {
    uint64_t number;
    uint8_t id[LETTER_ID_BYTES];
    bool received, found;
} finding;

static err find_one(void *ctx, const joining *r)
{
    finding *f = ctx;
    if (r->number != f->number)
        return OK;
    memcpy(f->id, r->id.data, sizeof f->id);
    f->received = r->received;
    f->found = true;
    return ERR_CLOSED;
}

err joining_find(store_txn *t, uint64_t number, arena *a, joining **ret)
{
    finding f = {.number = number};
    err e = joining_walk(t, find_one, &f);
    return e ? e : f.found ? joining_get(t, f.id, f.received, a, ret) : ERR_NOT_FOUND;
}

static err joining_add(job *j, store_txn *t, joining *r)
{
    uint64_t last;
    err e = meta_number(t, NUMBERED, &last);
    r->number = last + 1;
    r->filed_ms = r->since_ms = j->now;
    if (e == OK)
        e = meta_number_put(t, NUMBERED, r->number);
    return e ? e : joining_put(t, r);
}

static err joining_log(job *j, store_txn *t, const joining *r, const char *what)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    char text[200];
    snprintf(text, sizeof text, "%s %llu, %s: %s%s%.64s", r->leaving ? "leaving" : "application",
             (unsigned long long)r->number, r->union_id, what, r->by[0] ? ", by " : "", r->by);
    e.event = EVENT_MEMBERS;
    e.facility = r->facility;
    e.note = text;
    return job_log(j, t, &e);
}

err joining_move(job *j, store_txn *t, joining *r, joining_state to)
{
    r->state = to;
    r->since_ms = j->now;
    err e = joining_put(t, r);
    return e ? e : joining_log(j, t, r, joining_state_name(to));
}

// ---- what the forms say ------------------------------------------------------------------

// Checked by the rules' own forms; the secretariat's part may be empty.
static err form_take(job *j, span bytes, const char *form, filled *ret)
{
    filled said;
    form_report report = {0};
    err e = form_unpack(bytes, &said);
    if (e == OK && strcmp(said.form, form) != 0) {
        snprintf(j->note, sizeof j->note, "it is no form \"%s\"", form);
        e = ERR_FORMAT;
        filled_done(&said);
    }
    if (e)
        return e;
    e = form_check(j->rules->r->p, &said, day_of_time(j->now), FORM_ALL_HANDS & ~(1u << HAND_SECRETARIAT), ret, &report);
    filled_done(&said);
    if (e)
        return e;
    for (size_t i = 0; i < report.count && report.errors; i++)
        if (!report.items[i].warning) {
            int f = policy_form_find(j->rules->r->p, form);
            snprintf(j->note, sizeof j->note, "%s: %s: %.100s", form,
                     f == POLICY_NONE || report.items[i].field == POLICY_NONE
                         ? "-" : policy_form_field_at(j->rules->r->p, f, report.items[i].field).name, report.items[i].text);
            break;
        }
    e = report.errors ? ERR_FORMAT : OK;
    form_report_done(&report);
    if (e)
        filled_done(ret);
    return e;
}

static char *kept(job *j, const filled *f, const char *name, err *e)
{
    char *s = arena_str(&j->memory, span_str(filled_value(f, name)));
    if (!s)
        *e = ERR_MEM;
    return s;
}

static err form_keep(job *j, const filled *f, ProtobufCBinaryData *ret)
{
    buf bytes = {.max = FILLED_BYTES};
    err e = form_pack(f, &bytes);
    if (e == OK)
        *ret = wire_bytes(arena_copy(&j->memory, buf_span(&bytes)));
    buf_done(&bytes);
    return e;
}

static err pledge_read(job *j, joining *r, span pledge)
{
    filled f;
    uint64_t code = 0;
    err e = form_take(j, pledge, "pledge", &f);
    if (e)
        return e;
    if (institution_parse(span_str(filled_value(&f, "facility-code")), &code) != OK || code != r->facility ||
        strcmp(filled_value(&f, "union"), r->union_id) != 0) {
        snprintf(j->note, sizeof j->note, "the pledge is another facility's, or for another union");
        e = ERR_FORMAT;
    }
    if (e == OK)
        e = form_keep(j, &f, &r->pledge);
    filled_done(&f);
    return e;
}

err joining_read(job *j, joining *r, span form, span pledge)
{
    filled f;
    err e = form_take(j, form, r->leaving ? "leaving" : "application", &f);
    if (e)
        return e;
    r->name = kept(j, &f, "facility-name", &e);
    r->union_id = kept(j, &f, "union", &e);
    r->kind = kept(j, &f, "kind", &e);
    r->discloses = !r->leaving && strcmp(filled_value(&f, "way"), "view") != 0; // its records, or its shelf
    if (e == OK && institution_parse(span_str(filled_value(&f, "facility-code")), &r->facility) != OK)
        e = ERR_FORMAT;
    if (e == OK && strlen(r->name) > NAME_MOST) {
        snprintf(j->note, sizeof j->note, "the facility's name is too long for a membership list");
        e = ERR_FORMAT;
    }
    if (e == OK)
        e = form_keep(j, &f, &r->form);
    filled_done(&f);
    return e == OK && !r->leaving ? pledge_read(j, r, pledge) : e;
}

// ---- filing ---------------------------------------------------------------------------------

static err body_post(job *j, store_txn *t, letter *say, const joining *r, const ProtobufCMessage *body)
{
    buf bytes = {.max = LETTER_BODY_MAX};
    memcpy(say->thread, r->id.data, LETTER_ID_BYTES);
    say->to = SECRETARIAT;
    say->to_node = r->node;
    err e = wire_encode(body, &bytes);
    say->body = buf_span(&bytes);
    if (e == OK)
        e = post_back(j, t, say);
    buf_done(&bytes);
    return e;
}

static err under_way_one(void *ctx, const joining *r)
{
    joining *asked = ctx;
    if (r->received || r->state > JOINING_APPROVED || r->facility != asked->facility || r->leaving != asked->leaving ||
        strcmp(r->union_id, asked->union_id) != 0)
        return OK;
    asked->number = r->number;
    return ERR_CLOSED;
}

// The same paper handed in twice would be two lines in the secretariat's list, and two decisions.
static err under_way(job *j, store_txn *t, joining *r)
{
    r->number = 0;
    err e = joining_walk(t, under_way_one, r);
    if (e || !r->number)
        return e;
    snprintf(j->note, sizeof j->note, "such an application is under way already: number %llu",
             (unsigned long long)r->number);
    return ERR_EXISTS;
}

err joining_file(job *j, store_txn *t, joining *r)
{
    const policy *p = j->rules->r->p;
    int u = policy_union(p, r->union_id);
    const char *place = u == POLICY_NONE ? NULL : secretariat_node(p, u);
    uint8_t *id = arena_get(&j->memory, LETTER_ID_BYTES);
    letter say = {.kind = r->leaving ? LETTER_LEAVE : LETTER_JOIN, .from = r->leaving ? r->facility : 0};
    if (!place) {
        snprintf(j->note, sizeof j->note, "no node speaks for the secretariat of \"%.40s\" (one named like the union, or "
                                          "its only one): hand the form in on paper", r->union_id);
        return ERR_NOT_FOUND;
    }
    err e = id ? under_way(j, t, r) : ERR_MEM;
    if (e == OK)
        e = crypto_random(id, LETTER_ID_BYTES);
    if (e)
        return e;
    r->id = wire_bytes(span_of(id, LETTER_ID_BYTES));
    r->node = (char *)place;
    e = joining_add(j, t, r);
    if (e == OK)
        e = joining_log(j, t, r, "filed");
    if (e == OK && r->leaving) {
        Tsunagu__LeaveBody b = TSUNAGU__LEAVE_BODY__INIT;
        b.form = r->form;
        b.staff = r->staff;
        e = body_post(j, t, &say, r, (const ProtobufCMessage *)&b);
    } else if (e == OK) {
        Tsunagu__JoinBody b = TSUNAGU__JOIN_BODY__INIT;
        b.union_id = r->union_id;
        b.application = r->form;
        b.pledge = r->pledge;
        b.staff = r->staff;
        e = body_post(j, t, &say, r, (const ProtobufCMessage *)&b);
    }
    return job_store_err(e);
}

// ---- at the secretariat -----------------------------------------------------------------------

static err waiting_one(void *ctx, const joining *r)
{
    *(size_t *)ctx += r->received && r->state == JOINING_WAITING;
    return OK;
}

// Its own union's, or it is not for us.
static err received(job *j, store_txn *t, const letter *l, joining *r)
{
    const policy *p = j->rules->r->p;
    int u = policy_union(p, r->union_id);
    const char *place = u == POLICY_NONE ? NULL : secretariat_node(p, u);
    size_t waiting = 0;
    joining *same;
    if (l->to != SECRETARIAT || !place || strcmp(place, j->n->config.name) != 0)
        return ERR_DENIED;
    err e = joining_get(t, l->thread, true, &j->memory, &same);
    if (e != ERR_NOT_FOUND)
        return e; // it is here already
    e = joining_walk(t, waiting_one, &waiting);
    if (e)
        return e;
    if (waiting >= JOINING_WAITING_MOST)
        return ERR_LIMIT;
    r->id = wire_bytes(span_of(l->thread, LETTER_ID_BYTES));
    r->received = true;
    r->state = JOINING_WAITING;
    r->node = (char *)l->from_node;
    e = joining_add(j, t, r);
    if (e == OK)
        e = joining_log(j, t, r, "arrived");
    if (e == OK && (policy_told_of(p, FLOW_EVENT_APPLIED) >> FLOW_TO_SECRETARIAT & 1))
        e = notice_tell(j, t, SECRETARIAT, FLOW_EVENT_APPLIED, r->id.data);
    return job_store_err(e);
}

err joining_take_join(job *j, store_txn *t, const letter *l)
{
    Tsunagu__JoinBody *b;
    joining r = TSUNAGU__JOINING_RECORD__INIT;
    if (WIRE_DECODE(l->body, Tsunagu__JoinBody, tsunagu__join_body__descriptor, LETTER_BODY_MAX, &j->memory, &b) != OK ||
        strlen(b->staff) > 64)
        return ERR_FORMAT;
    r.staff = b->staff;
    err e = joining_read(j, &r, wire_span(b->application), wire_span(b->pledge));
    if (e)
        return e == ERR_MEM ? e : ERR_FORMAT;
    return strcmp(r.union_id, b->union_id) == 0 ? received(j, t, l, &r) : ERR_FORMAT;
}

err joining_take_leave(job *j, store_txn *t, const letter *l)
{
    Tsunagu__LeaveBody *b;
    joining r = TSUNAGU__JOINING_RECORD__INIT;
    if (WIRE_DECODE(l->body, Tsunagu__LeaveBody, tsunagu__leave_body__descriptor, LETTER_BODY_MAX, &j->memory, &b) != OK ||
        strlen(b->staff) > 64)
        return ERR_FORMAT;
    r.leaving = true;
    r.staff = b->staff;
    err e = joining_read(j, &r, wire_span(b->form), (span){0});
    if (e)
        return e == ERR_MEM ? e : ERR_FORMAT;
    if (l->from != r.facility) // only a facility itself says that it leaves
        return ERR_DENIED;
    return received(j, t, l, &r);
}

err joining_decide(job *j, store_txn *t, joining *r, bool approve)
{
    Tsunagu__JoinAnswerBody b = TSUNAGU__JOIN_ANSWER_BODY__INIT;
    letter say = {.kind = LETTER_JOIN_ANSWER};
    if (!r->received || r->state != JOINING_WAITING) {
        snprintf(j->note, sizeof j->note, "it is %s: there is nothing to decide here", joining_state_name(r->state));
        return ERR_CONFLICT;
    }
    err e = joining_move(j, t, r, approve ? JOINING_APPROVED : JOINING_REFUSED);
    b.approved = approve;
    b.reason = r->reason;
    b.text = r->text;
    return job_store_err(e ? e : body_post(j, t, &say, r, (const ProtobufCMessage *)&b));
}

// ---- back at the applicant ----------------------------------------------------------------------

err joining_take_answer(job *j, store_txn *t, const letter *l)
{
    Tsunagu__JoinAnswerBody *b;
    joining *r;
    if (WIRE_DECODE(l->body, Tsunagu__JoinAnswerBody, tsunagu__join_answer_body__descriptor, LETTER_BODY_MAX, &j->memory,
                    &b) != OK || strlen(b->reason) > 64 || strlen(b->text) > TEXT_MOST)
        return ERR_FORMAT;
    err e = joining_get(t, l->thread, false, &j->memory, &r);
    if (e)
        return e;
    if (strcmp(r->node, l->from_node) != 0)
        return ERR_DENIED;
    if (r->state != JOINING_FILED && r->state != JOINING_WAITING)
        return OK;
    r->reason = b->reason;
    r->text = b->text;
    return job_store_err(joining_move(j, t, r, b->approved ? JOINING_APPROVED : JOINING_REFUSED));
}

err joining_settled(job *j, store_txn *t, const letter *l, err status)
{
    joining *r;
    err e = joining_get(t, l->thread, false, &j->memory, &r);
    if (e)
        return e == ERR_NOT_FOUND ? OK : e;
    if (r->state != JOINING_FILED || l->kind == LETTER_JOIN_ANSWER)
        return OK;
    if (status)
        r->text = (char *)err_text(status); // its node does not take it
    return joining_move(j, t, r, status ? JOINING_REFUSED : JOINING_WAITING);
}
