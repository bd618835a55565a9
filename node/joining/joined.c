// SPDX-License-Identifier: Apache-2.0
// After a switch of the rules: who came is entered, and whoever is in no list any more loses what was open.
#include <stdio.h>
#include <string.h>

#include "node/flow/flow.h"
#include "node/joining/joining.h"
#include "node/office/notice.h"
#include "proto/base/log.h"
#include "proto/base/luhn.h"

enum { SWEEP_MOST = 64, SWEEP_LOOK = 500 };
static const char GONE[] = "the facility is in no membership list any more";

typedef struct sweeping {
    const policy *p;
    uint8_t ids[SWEEP_MOST][LETTER_ID_BYTES];
    bool received[SWEEP_MOST];
    size_t count;
    uint64_t codes[SWEEP_MOST]; // named by consents, and gone
    size_t code_count;
    bool more, full;
    size_t looked;
    joining_place *at;
    store_txn *t;
} sweeping;

static bool member(const policy *p, uint64_t code)
{
    int f = policy_facility(p, code);
    return f != POLICY_NONE && policy_facility_at(p, f).unions != 0;
}

static bool member_of(const policy *p, uint64_t code, const char *union_id)
{
    int f = policy_facility(p, code), u = policy_union(p, union_id);
    return f != POLICY_NONE && u != POLICY_NONE && (policy_facility_at(p, f).unions >> u & 1);
}

// ---- applications and leavings that have come true -------------------------------------

static err record_one(void *ctx, const joining *r)
{
    sweeping *s = ctx;
    // Who leaves was a member when it said so: gone is done, decided or not.
    bool open = r->state == JOINING_APPROVED || (r->leaving && r->state <= JOINING_WAITING);
    if (!open || member_of(s->p, r->facility, r->union_id) == r->leaving)
        return OK;
    memcpy(s->ids[s->count], r->id.data, LETTER_ID_BYTES);
    s->received[s->count++] = r->received;
    s->more = s->more || s->count == SWEEP_MOST;
    return s->count == SWEEP_MOST ? ERR_CLOSED : OK;
}

static err records_sweep(job *j, store_txn *t, sweeping *s)
{
    s->count = 0;
    err e = joining_walk(t, record_one, s);
    for (size_t i = 0; e == OK && i < s->count; i++) {
        joining *r;
        e = joining_get(t, s->ids[i], s->received[i], &j->memory, &r);
        if (e)
            break;
        int event = r->leaving ? FLOW_EVENT_LEFT : FLOW_EVENT_JOINED;
        e = joining_move(j, t, r, JOINING_DONE);
        if (e == OK && r->received && (policy_told_of(s->p, (flow_event)event) >> FLOW_TO_SECRETARIAT & 1))
            e = notice_tell(j, t, SECRETARIAT, event, r->id.data);
    }
    return e;
}

// ---- requests of whoever is gone ----------------------------------------------------------

static err request_one(void *ctx, const request *r)
{
    sweeping *s = ctx;
    memcpy(s->at->request, r->id.data, LETTER_ID_BYTES);
    s->at->request_len = LETTER_ID_BYTES;
    if (!request_over((request_state)r->state) && !(member(s->p, r->own) && member(s->p, r->other)))
        memcpy(s->ids[s->count++], r->id.data, LETTER_ID_BYTES);
    return ++s->looked == SWEEP_LOOK || s->count == SWEEP_MOST ? ERR_CLOSED : OK;
}

// Which step of the machine ends it: as if the other side had said so, or by the clock.
static bool ending_of(const request *r, request_event *ret, request_side *ret_by)
{
    static const struct { request_event e; request_side by; } ways[] = {
        {REQUEST_EXPIRE, REQUEST_CLOCK}, {REQUEST_END, REQUEST_CLOCK}, {REQUEST_CANCEL, REQUEST_CLINIC},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (requests_may(r, ways[i].e, ways[i].by) == OK) {
            *ret = ways[i].e;
            *ret_by = ways[i].by;
            return true;
        }
    return false;
}

// What it was disclosed by its own name ends; where a union or the federation was named, others go on.
static err consent_end(job *j, store_txn *t, const request *r)
{
    consent c;
    err e = r->chart[0] && strlen(r->chart) <= SSMIX_CHART_MAX ? consent_get(t, span_str(r->chart), &c) : ERR_NOT_FOUND;
    if (e)
        return e == ERR_NOT_FOUND ? OK : e;
    for (int i = 0; i < c.card.scope.grantee_count && !c.card.scope.withdrawn; i++)
        if (c.card.scope.grantees[i].kind == GRANTEE_FACILITY && c.card.scope.grantees[i].facility == r->other)
            return flow_close(j, t, r, "rules");
    return OK;
}

static err request_end(job *j, store_txn *t, request *r)
{
    const policy *p = j->rules->r->p;
    uint32_t told = 1u << (r->side == REQUEST_HOSPITAL ? FLOW_TO_DISCLOSING : FLOW_TO_ASKING);
    bool disclosed = r->side == REQUEST_HOSPITAL && r->state >= REQUEST_ACCEPTED;
    bool left = member(p, r->own) && (policy_told_of(p, FLOW_EVENT_LEFT) & told);
    requests q = left ? flow_quiet(j) : flow_of(j); // of one thing one notice
    request_event event;
    request_side by;
    if (!ending_of(r, &event, &by))
        return OK;
    uint8_t thread[LETTER_ID_BYTES];
    flow_thread(j, r, thread);
    err e = post_forget(j, t, thread);
    if (e == OK)
        e = requests_step(&q, t, r, event, by, "", GONE, j->now);
    if (e == OK && disclosed && member(p, r->own))
        e = consent_end(j, t, r);
    if (e == OK && left)
        e = notice_tell(j, t, r->own, FLOW_EVENT_LEFT, r->id.data);
    return e;
}

static err requests_sweep(job *j, store_txn *t, sweeping *s)
{
    requests q = flow_of(j);
    uint8_t after[LETTER_ID_BYTES];
    memcpy(after, s->at->request, sizeof after);
    s->count = s->looked = 0;
    err e = requests_behind(&q, t, span_of(after, s->at->request_len), request_one, s);
    s->at->requests_over = s->looked < SWEEP_LOOK && s->count < SWEEP_MOST;
    for (size_t i = 0; e == OK && i < s->count; i++) {
        request *r;
        e = requests_get(&q, t, s->ids[i], &j->memory, &r);
        if (e == OK)
            e = request_end(j, t, r);
    }
    return e;
}

// ---- a hospital that disclosed to it without a request ----------------------------------------

// Of whom it was told that they left: name -> when. Forgotten once they are back.
static const char LEFT[] = "left ";

static void left_name(uint64_t code, char ret[static 24])
{
    snprintf(ret, 24, "%s%010llu", LEFT, (unsigned long long)code);
}

static err consent_one(void *ctx, const consent *c)
{
    sweeping *s = ctx;
    // This one may name so many that they do not fit any more: the next slice begins with it.
    s->full = s->looked++ == SWEEP_LOOK || s->code_count + CARD_GRANTEES > SWEEP_MOST;
    if (s->full)
        return ERR_CLOSED;
    strcpy(s->at->chart, c->chart);
    for (int i = 0; i < c->card.scope.grantee_count && !c->card.scope.withdrawn; i++) {
        const grantee *g = &c->card.scope.grantees[i];
        bool known = g->kind != GRANTEE_FACILITY || member(s->p, g->facility);
        char name[24];
        uint64_t told = 0;
        for (size_t k = 0; k < s->code_count && !known; k++)
            known = s->codes[k] == g->facility;
        left_name(g->facility, name);
        err e = known ? OK : meta_number(s->t, name, &told);
        if (e)
            return e;
        if (known || told)
            continue;
        s->codes[s->code_count++] = g->facility;
    }
    return OK;
}

static err back_one(void *ctx, span key, span value)
{
    sweeping *s = ctx;
    uint64_t code;
    (void)value;
    if (institution_parse(span_from(key, sizeof LEFT - 1), &code) == OK && member(s->p, code))
        s->codes[s->code_count++] = code;
    return s->code_count == SWEEP_MOST ? ERR_CLOSED : OK;
}

// Who came back may leave again, and that is told again.
static err back_sweep(store_txn *t, sweeping *s)
{
    char name[24];
    s->code_count = 0;
    err e = store_walk(t, TABLE_META, span_str(LEFT), (span){0}, back_one, s);
    for (size_t i = 0; e == OK && i < s->code_count; i++) {
        left_name(s->codes[i], name);
        e = store_delete(t, TABLE_META, span_str(name));
    }
    s->more = s->more || s->code_count == SWEEP_MOST;
    s->code_count = 0;
    return e;
}

// Once each: as long as the consent stands it names whoever left, at every switch.
static err consents_sweep(job *j, store_txn *t, sweeping *s)
{
    char after[SSMIX_CHART_MAX + 1];
    s->t = t;
    s->looked = 0;
    strcpy(after, s->at->chart);
    s->at->consents_over = true;
    err e = back_sweep(t, s);
    if (e || !j->n->facility || !(policy_told_of(s->p, FLOW_EVENT_LEFT) >> FLOW_TO_DISCLOSING & 1))
        return e;
    e = consent_walk(t, span_str(after), consent_one, s);
    s->at->consents_over = !s->full;
    for (size_t i = 0; e == OK && i < s->code_count; i++) {
        char name[24];
        uint8_t reference[NOTICE_REFERENCE];
        be64_put(reference, (uint64_t)j->now); // each leaving is one of its own, also if the last was not taken yet
        be64_put(reference + 8, s->codes[i]);
        left_name(s->codes[i], name);
        e = meta_number_put(t, name, (uint64_t)j->now);
        if (e == OK)
            e = j->n->notice ? j->n->notice(j, t, j->n->facility, FLOW_EVENT_LEFT, reference) : OK;
    }
    return e;
}

err joining_look(job *j, store_txn *t, joining_place *at)
{
    sweeping *s = arena_get(&j->memory, sizeof *s);
    if (!s)
        return ERR_MEM;
    s->p = j->rules->r->p;
    s->at = at;
    at->more = false;
    if (j->rules->behind) // under rules of the past nobody is gone
        return OK;
    err e = records_sweep(j, t, s);
    if (e == OK && !at->requests_over)
        e = requests_sweep(j, t, s);
    if (e == OK && at->requests_over && !at->consents_over)
        e = consents_sweep(j, t, s);
    at->more = s->more || !at->requests_over || !at->consents_over;
    return job_store_err(e);
}

static err sweep_run(job *j, store_txn *t)
{
    return joining_look(j, t, j->state);
}

static void sweep_next(node *n, const joining_place *at);

static void sweep_answer(job *j, err e)
{
    const joining_place *at = j->state;
    if (e) {
        log_line(LOG_ERROR, "who joined and who left could not be entered: %s; the next start tries again", err_text(e));
        return;
    }
    post_pump(j->n);
    if (at->more && !__atomic_load_n(&j->n->closing, __ATOMIC_SEQ_CST))
        sweep_next(j->n, at);
}

static void sweep_next(node *n, const joining_place *at)
{
    job *j = n->mail && n->board ? job_with(n, sizeof *at, sweep_run, sweep_answer) : NULL;
    if (!j)
        return;
    *(joining_place *)j->state = *at;
    job_submit(j);
}

void joining_sweep(node *n)
{
    const joining_place start = {.more = true};
    sweep_next(n, &start);
}
