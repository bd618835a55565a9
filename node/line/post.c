// SPDX-License-Identifier: Apache-2.0
#include "node/line/post.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/line/allowance.h"
#include "node/line/uplink.h"
#include "policies/engine/table.h"
#include "proto/base/log.h"
#include "proto/base/luhn.h"

enum { LETTER_DEADLINE_MS = 30000, AT_ONCE = 32 };

struct post {
    const post_row *rows;
    size_t row_count;
    letters *boxes;
    job *running; // W: whose transaction the boxes' callbacks run in
    bool pumping; // atomic: a job that looks for letters is on its way
    allowance may; // W: what each sender may have us take
};

static const post_row *row_of(const post *p, uint32_t kind)
{
    for (size_t i = 0; i < p->row_count; i++)
        if (p->rows[i].kind == kind)
            return &p->rows[i];
    return NULL;
}

static err letter_log(job *j, store_txn *t, const letter *l, err status)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    char text[120];
    Tsunagu__EnquiryBody *asked;
    snprintf(text, sizeof text, "%s from %.32s", letter_kind_name(l->kind), l->from_node);
    // Whom somebody asked after is on record like whom they read: nothing else keeps it.
    if (l->kind == LETTER_ENQUIRY && WIRE_DECODE(l->body, Tsunagu__EnquiryBody, tsunagu__enquiry_body__descriptor,
                                                 LETTER_BODY_MAX, &j->memory, &asked) == OK &&
        asked->pseudonym.len == PSEUDONYM_BYTES)
        e.pseudonym = asked->pseudonym;
    e.event = EVENT_LETTER;
    e.status = (uint32_t)status;
    e.facility = l->from;
    e.source = l->to;
    e.note = text;
    return job_log(j, t, &e);
}

// Each letter comes by here once, whatever the line did to it.
static err on_arrived(void *ctx, store_txn *t, const letter *l, time_ms now)
{
    node *n = ctx;
    job *j = n->mail->running;
    const post_row *r = row_of(n->mail, l->kind);
    bool first;
    if (!allowance_take(&n->mail->may, l, now, &first)) {
        if (first)
            log_line(LOG_WARN, "facility %010llu of node %.32s sends more letters (%s) than are taken in a day: the rest "
                               "waits there", (unsigned long long)l->from, l->from_node, letter_kind_name(l->kind));
        return ERR_BUSY;
    }
    err verdict = r && r->take ? r->take(j, t, l) : ERR_UNSUPPORTED;
    if (verdict == ERR_BUSY || verdict == ERR_IO || verdict == ERR_FULL || verdict == ERR_CORRUPT ||
        verdict == ERR_MEM)
        return verdict;
    err e = letter_log(j, t, l, verdict);
    return e ? job_store_err(e) : verdict;
}

static err on_settled(void *ctx, store_txn *t, const letter *l, err status, time_ms now)
{
    node *n = ctx;
    const post_row *r = row_of(n->mail, l->kind);
    (void)now;
    if (status)
        log_line(LOG_WARN, "a letter (%s) was refused by %s: %s", letter_kind_name(l->kind), l->to_node,
                 err_text(status));
    return r && r->settled ? r->settled(n->mail->running, t, l, status) : OK;
}

err post_open(node *n, const post_row *rows, size_t row_count, post **ret)
{
    post *p = calloc(1, sizeof *p);
    letters_options o = {TABLE_LETTER_OUT, TABLE_LETTER_STREAM, TABLE_LETTER_IN, TABLE_LETTER_HELD, n->config.name,
                         on_arrived, on_settled, n};
    err e = p ? letters_open(&o, &p->boxes) : ERR_MEM;
    if (e) {
        free(p);
        return e;
    }
    p->rows = rows;
    p->row_count = row_count;
    *ret = p;
    return OK;
}

void post_free(post *p)
{
    if (!p)
        return;
    letters_close(p->boxes);
    allowance_done(&p->may);
    free(p);
}

// ---- a letter comes in -----------------------------------------------------------------

typedef struct arriving {
    letter l;
    buf plain;
    hash32 secret;
    err status;
} arriving;

// As the hub checked it; our own rules say so too, or it waits until they do: no receipt.
static err envelope_check(const job *j, const Tsunagu__LetterRequest *q, int *ret_from)
{
    const policy *p = j->rules->r->p;
    int from = policy_node(p, q->from_node), own = policy_node(p, j->n->config.name);
    if (strcmp(q->to_node, j->n->config.name) != 0 || from == POLICY_NONE || own == POLICY_NONE)
        return ERR_DENIED;
    const struct { int node; uint64_t facility; } ends[] = {{from, q->from}, {own, q->to}};
    uint64_t unions[2];
    for (int i = 0; i < 2; i++) {
        int f = ends[i].facility ? policy_facility(p, ends[i].facility) : POLICY_NONE;
        if (ends[i].facility && (f == POLICY_NONE || !policy_node_serves(p, ends[i].node, f)))
            return ERR_DENIED;
        unions[i] = f == POLICY_NONE ? (uint64_t)1 << policy_node_at(p, ends[i].node).union_no
                                     : policy_facility_at(p, f).unions;
    }
    if (!policy_related(p, unions[0], unions[1], day_of_time(j->now)))
        return ERR_DENIED;
    *ret_from = from;
    return OK;
}

static err arrive_run(job *j, store_txn *t)
{
    arriving *a = j->state;
    post *p = j->n->mail;
    p->running = j;
    err e = letters_take(p->boxes, t, &a->l, j->now, &a->status);
    p->running = NULL;
    return job_store_err(e);
}

static void arrive_answer(job *j, err e)
{
    arriving *a = j->state;
    Tsunagu__LetterReply r = TSUNAGU__LETTER_REPLY__INIT;
    uint8_t receipt[LETTER_RECEIPT_BYTES];
    buf body = {0};
    if (e == OK) {
        letter_receipt(&a->secret, a->status, receipt);
        r.receipt = wire_bytes(span_of(receipt, sizeof receipt));
        e = wire_encode((const ProtobufCMessage *)&r, &body);
    }
    job_reply(j, e ? e : a->status, buf_span(&body));
    buf_done(&body);
    buf_wipe(&a->plain);
    crypto_wipe(&a->secret, sizeof a->secret);
    if (e == OK && a->status == OK) {
        post_pump(j->n); // what it made us answer
        uplink_pump(j->n);
    }
}

void letter_begin(job *j)
{
    const Tsunagu__LetterRequest *q = j->request;
    arriving *a = arena_get(&j->memory, sizeof *a);
    int from = 0;
    err e = a ? envelope_check(j, q, &from) : ERR_MEM;
    if (e == OK) {
        policy_node_view v = policy_node_at(j->rules->r->p, from);
        const letter_envelope env = {q->from, q->to, q->from_node, q->to_node};
        e = letter_open(&env, j->n->seal, j->n->seal_count, v.seal, v.seal_count, wire_span(q->letter), &a->plain,
                        &a->l, &a->secret);
    }
    if (e) {
        log_line(LOG_WARN, "a letter from %.32s was not taken: %s", q->from_node, err_text(e));
        job_reply(j, e, (span){0});
        if (a)
            buf_wipe(&a->plain);
        job_free(j);
        return;
    }
    j->state = a;
    j->run = arrive_run;
    j->answer = arrive_answer;
    job_submit(j);
}

void back_begin(job *j)
{
    const Tsunagu__BackRequest *q = j->request;
    node *n = j->n;
    letters_hint(n->mail->boxes, q->node);
    job_reply(j, OK, (span){0});
    job_free(j);
    post_pump(n);
}

// ---- letters go out -----------------------------------------------------------------------

typedef struct sending {
    node *n;
    char to_node[LETTER_NODE_MAX + 1];
    uint64_t order;
    hash32 secret;
} sending;

typedef struct ending {
    char to_node[LETTER_NODE_MAX + 1];
    uint64_t order;
    bool received;
    err status;
} ending;

static err end_run(job *j, store_txn *t)
{
    const ending *k = j->state;
    post *p = j->n->mail;
    p->running = j;
    err e = letters_outcome(p->boxes, t, k->to_node, k->order, k->received, k->status, j->now);
    p->running = NULL;
    return job_store_err(e);
}

static void end_answer(job *j, err e)
{
    const ending *k = j->state;
    if (e)
        letters_undo(j->n->mail->boxes, k->to_node, k->order);
    else
        post_pump(j->n);
}

static void attempt_end(node *n, const char *to_node, uint64_t order, bool received, err status)
{
    job *j = job_with(n, sizeof(ending), end_run, end_answer);
    if (!j) {
        letters_undo(n->mail->boxes, to_node, order);
        return;
    }
    ending *k = j->state;
    *k = (ending){.order = order, .received = received, .status = status};
    snprintf(k->to_node, sizeof k->to_node, "%s", to_node);
    job_submit(j);
}

static void send_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    sending *s = ctx;
    Tsunagu__LetterReply *r;
    arena a;
    err said = ERR_AUTH;
    bool received = false;
    (void)call, (void)note;
    arena_init(&a, 4096);
    // Only what the receiver itself said ends a letter; the hub's own words are reasons to try again.
    if (e == OK && body.len &&
        WIRE_DECODE(body, Tsunagu__LetterReply, tsunagu__letter_reply__descriptor, 256, &a, &r) == OK)
        received = letter_receipt_open(&s->secret, wire_span(r->receipt), &said) == OK;
    if (!received)
        said = e ? e : status != OK && status < ERR_COUNT ? (err)status : ERR_AUTH;
    attempt_end(s->n, s->to_node, s->order, received, said);
    arena_done(&a);
    crypto_wipe(s, sizeof *s);
    free(s);
}

static err seal_for(const job *j, const letter *l, buf *sealed, hash32 *ret_secret)
{
    const policy *p = j->rules->r->p;
    int no = policy_node(p, l->to_node), f = l->to ? policy_facility(p, l->to) : POLICY_NONE;
    if (no == POLICY_NONE || (l->to && (f == POLICY_NONE || !policy_node_serves(p, no, f))))
        return ERR_DENIED; // it left, or moved
    policy_node_view v = policy_node_at(p, no);
    if (v.seal_count == 0)
        return ERR_DENIED;
    return letter_seal(l, j->n->seal[j->n->seal_count - 1], v.seal[v.seal_count - 1], sealed, ret_secret);
}

static void letter_send(job *j, const letters_item *i)
{
    node *n = j->n;
    Tsunagu__LetterRequest q = TSUNAGU__LETTER_REQUEST__INIT;
    buf sealed = {0};
    sending *s = calloc(1, sizeof *s);
    err e = s ? seal_for(j, &i->l, &sealed, &s->secret) : ERR_MEM;
    bool tried = e == OK;
    if (e == OK) {
        s->n = n;
        s->order = i->order;
        snprintf(s->to_node, sizeof s->to_node, "%s", i->l.to_node);
        q.from = i->l.from;
        q.to = i->l.to;
        q.from_node = n->config.name;
        q.to_node = (char *)i->l.to_node;
        q.letter = wire_bytes(buf_span(&sealed));
        link_out_events ev = {.ctx = s, .done = send_done};
        e = uplink_call(n->up, METHOD_LETTER, (const ProtobufCMessage *)&q, LETTER_DEADLINE_MS, 0, &ev, NULL, NULL);
    }
    if (e) {
        free(s);
        if (tried || e == ERR_MEM)
            letters_undo(n->mail->boxes, i->l.to_node, i->order); // our own line: the tick tries again
        else
            attempt_end(n, i->l.to_node, i->order, false, e);
    }
    buf_done(&sealed);
}

typedef struct pumping {
    letters_item *items;
    size_t count;
} pumping;

static err pump_run(job *j, store_txn *t)
{
    pumping *p = j->state;
    return letters_due(j->n->mail->boxes, t, j->now, &j->memory, AT_ONCE, &p->items, &p->count);
}

static void pump_answer(job *j, err e)
{
    const pumping *p = j->state;
    __atomic_store_n(&j->n->mail->pumping, false, __ATOMIC_RELEASE);
    for (size_t i = 0; i < p->count; i++)
        if (e)
            letters_undo(j->n->mail->boxes, p->items[i].l.to_node, p->items[i].order);
        else
            letter_send(j, &p->items[i]);
    if (e == OK && p->count == AT_ONCE)
        letters_wake(j->n->mail->boxes); // there are more
}

static void pump(node *n, time_ms now)
{
    post *p = n->mail;
    link_conn *c = p && letters_next(p->boxes) <= now ? uplink_conn(n->up) : NULL;
    if (!c)
        return;
    link_conn_drop(c);
    if (__atomic_exchange_n(&p->pumping, true, __ATOMIC_ACQ_REL))
        return;
    job *j = job_with(n, sizeof(pumping), pump_run, pump_answer);
    if (j)
        job_submit(j);
    else
        __atomic_store_n(&p->pumping, false, __ATOMIC_RELEASE);
}

void post_pump(node *n)
{
    letters_wake(n->mail->boxes);
    pump(n, clock_now_ms());
}

void post_tick(node *n, time_ms now)
{
    pump(n, now);
}

void post_connected(node *n)
{
    letters_hint_all(n->mail->boxes);
    pump(n, clock_now_ms());
}

// ---- posting ------------------------------------------------------------------------------------

const char *post_node_of(const policy *p, uint64_t facility)
{
    int f = policy_facility(p, facility), no = f == POLICY_NONE ? POLICY_NONE : policy_discloser(p, f);
    for (int i = 0; f != POLICY_NONE && no == POLICY_NONE && i < policy_node_count(p); i++)
        if (policy_node_serves(p, i, f))
            no = i;
    return no == POLICY_NONE ? NULL : policy_node_at(p, no).name;
}

err post_to(job *j, store_txn *t, letter *say)
{
    say->to_node = post_node_of(j->rules->r->p, say->to);
    return say->to_node ? post_back(j, t, say) : ERR_NOT_FOUND;
}

err post_back(job *j, store_txn *t, letter *say)
{
    return letters_post(j->n->mail->boxes, t, say, j->now);
}

err post_forget(job *j, store_txn *t, const uint8_t thread[static LETTER_ID_BYTES])
{
    uint64_t count;
    return letters_forget(j->n->mail->boxes, t, thread, &count);
}

// ---- what waits ------------------------------------------------------------------------------------

void post_show(node *n, control_in *in)
{
    store_txn *t;
    uint64_t count = 0;
    err e = store_read(n->keep, &t);
    if (e == OK) {
        e = letters_waiting(n->mail->boxes, t, &count);
        store_end(t);
    }
    control_number(in, "letters", e ? -1 : (int64_t)count);
}

enum { LETTERS_PAGE = 400 };

typedef struct listing {
    control_in *in;
    size_t count;
} listing;

static err letter_one(void *ctx, const letter *l, uint64_t order, err why, time_ms next)
{
    listing *p = ctx;
    char text[30];
    (void)order;
    if (p->count++ == LETTERS_PAGE)
        return ERR_CLOSED;
    control_record(p->in, "letter");
    control_bytes(p->in, "thread", span_of(l->thread, LETTER_ID_BYTES));
    control_text(p->in, "kind", letter_kind_name(l->kind));
    institution_format(l->from, text);
    control_text(p->in, "from", l->from ? text : "");
    institution_format(l->to, text);
    control_text(p->in, "to", l->to ? text : "");
    control_text(p->in, "node", l->to_node);
    time_format(l->at, text);
    control_text(p->in, "at", text);
    control_text(p->in, "why", why ? err_name(why) : "");
    text[0] = '\0';
    if (next)
        time_format(next, text);
    control_text(p->in, "next", text);
    return OK;
}

void letters_show(node *n, control_in *in)
{
    listing p = {.in = in};
    store_txn *t;
    err e = store_read(n->keep, &t);
    if (e == OK) {
        e = letters_list(n->mail->boxes, t, letter_one, &p);
        store_end(t);
    }
    control_finish(in, e);
}
