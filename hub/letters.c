// SPDX-License-Identifier: Apache-2.0
// A letter from node to node: the hub sees who writes to whom, checks that they may, logs it, and passes on
// what it cannot read. It keeps none: the sender does, until the receiver has it. Nobody waits for a slow
// receiver but the letters to it, and nobody for a sender that has too much to say but itself.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/desk.h"
#include "hub/letters.h"
#include "policies/engine/table.h"
#include "proto/base/log.h"

enum { PASS_DEADLINE_MS = 30000, BACK_DEADLINE_MS = 10000, BURST = 256, A_SECOND = 32, FLYING = 16,
       WAITING_BYTES = 1 << 20, RECEIPT_MOST = 64 };

typedef struct passage {
    err verdict;
    session *to; // counted; NULL unless the verdict is OK
} passage;

typedef struct passing {
    link_in *in;
    session *to;
} passing;

// So many at once, and then so many a second.
static bool budget_spend(session *s, time_ms now)
{
    if (now < s->letters_at || now - s->letters_at > 1000 * BURST / A_SECOND) {
        s->letters_left = BURST;
        s->letters_at = now;
    }
    time_ms more = (now - s->letters_at) * A_SECOND / 1000;
    if (more) {
        s->letters_left = s->letters_left + more > BURST ? BURST : s->letters_left + (uint32_t)more;
        s->letters_at += more * 1000 / A_SECOND;
    }
    if (!s->letters_left)
        return false;
    s->letters_left--;
    return true;
}

// The unions a facility speaks under; for 0, those of the node that speaks for its union itself.
static bool unions_of(const policy *p, int node, uint64_t facility, uint64_t *ret)
{
    int f = facility ? policy_facility(p, facility) : POLICY_NONE;
    if (facility && (f == POLICY_NONE || !policy_node_serves(p, node, f)))
        return false;
    *ret = facility ? policy_facility_at(p, f).unions : (uint64_t)1 << policy_node_at(p, node).union_no;
    return true;
}

static err may_write(job *j, const Tsunagu__LetterRequest *q, int *ret_to)
{
    const policy *p = j->rules->p;
    int from = policy_node(p, j->caller->node), to = policy_node(p, q->to_node);
    uint64_t here, there;
    if (from == POLICY_NONE || (q->from_node[0] && strcmp(q->from_node, j->caller->node) != 0) ||
        !unions_of(p, from, q->from, &here)) {
        snprintf(j->note, sizeof j->note, "that facility does not write through this node");
        return ERR_DENIED;
    }
    if (to == POLICY_NONE || !unions_of(p, to, q->to, &there)) {
        snprintf(j->note, sizeof j->note, "no node of that name serves the facility written to");
        return ERR_DENIED;
    }
    if (!policy_related(p, here, there, day_of_time(j->now))) {
        snprintf(j->note, sizeof j->note, "no agreement between their unions is in force");
        return ERR_DENIED;
    }
    *ret_to = to;
    return OK;
}

// Whether it can be passed on now; what cannot is the sender's to keep, and no entry: nothing has passed.
static err receiver_find(job *j, const char *node, int number, session **ret)
{
    session *s = roster_find(j->h, node);
    if (!s) {
        j->caller->awaits[number / 8] |= (uint8_t)(1u << number % 8); // it is told when that node is back
        snprintf(j->note, sizeof j->note, "%.32s is not connected", node);
        return ERR_UNREACHABLE;
    }
    link_conn *c = session_conn(s);
    bool slow = !c || __atomic_load_n(&s->letters_flying, __ATOMIC_RELAXED) >= FLYING ||
                link_conn_waiting(c) > WAITING_BYTES;
    if (c)
        link_conn_drop(c);
    if (slow) {
        session_drop(s);
        snprintf(j->note, sizeof j->note, "%.32s has not yet taken what was sent before", node);
        return ERR_BUSY;
    }
    *ret = s;
    return OK;
}

err letter_run(job *j, store_txn *t)
{
    const Tsunagu__LetterRequest *q = j->request;
    passage *p = arena_get(&j->memory, sizeof *p);
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    char text[120];
    int to = POLICY_NONE;
    if (!p)
        return ERR_MEM;
    j->state = p;
    if (q->letter.len == 0)
        return ERR_FORMAT;
    if (!budget_spend(j->caller, j->now)) {
        snprintf(j->note, sizeof j->note, "too many letters at once");
        return ERR_BUSY;
    }
    p->verdict = may_write(j, q, &to);
    if (p->verdict == OK) {
        err e_to = receiver_find(j, q->to_node, to, &p->to);
        if (e_to)
            return e_to;
    }
    e.event = EVENT_LETTER;
    e.status = (uint32_t)p->verdict;
    e.facility = q->from;
    e.source = q->to;
    snprintf(text, sizeof text, "to %.32s, %zu sealed bytes%s%.60s", q->to_node, q->letter.len,
             j->note[0] ? ": " : "", j->note);
    e.note = text;
    return job_log(j, t, &e, NULL);
}

static void pass_end(passing *p, err status, span body, const char *note)
{
    __atomic_sub_fetch(&p->to->letters_flying, 1, __ATOMIC_RELAXED);
    link_reply(p->in, status, body, note);
    session_drop(p->to);
    free(p);
}

static void pass_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    (void)call;
    if (e)
        pass_end(ctx, e == ERR_CLOSED ? ERR_UNREACHABLE : e, (span){0}, "the receiver did not acknowledge it");
    else if (status >= ERR_COUNT || body.len > RECEIPT_MOST)
        pass_end(ctx, ERR_FORMAT, (span){0}, "the receiver's answer is no receipt");
    else
        pass_end(ctx, (err)status, body, note);
}

static err pass_on(job *j, session *to)
{
    const Tsunagu__LetterRequest *q = j->request;
    Tsunagu__LetterRequest out = *q;
    passing *p = malloc(sizeof *p);
    link_conn *c = session_conn(to);
    uint32_t left = link_in_left_ms(j->call);
    buf body = {0};
    out.from_node = j->caller->node;
    err e = !p ? ERR_MEM : !c ? ERR_UNREACHABLE : left == 0 ? ERR_DEADLINE
            : wire_encode((const ProtobufCMessage *)&out, &body);
    if (e == OK) {
        link_out_events ev = {.ctx = p, .done = pass_done};
        *p = (passing){j->call, session_keep(to)};
        __atomic_add_fetch(&to->letters_flying, 1, __ATOMIC_RELAXED);
        e = link_call(c, METHOD_LETTER, buf_span(&body), left < PASS_DEADLINE_MS ? left : PASS_DEADLINE_MS, 0, &ev,
                      NULL);
        if (e == OK)
            j->call = NULL; // it is answered when the receiver is through
        else
            __atomic_sub_fetch(&to->letters_flying, 1, __ATOMIC_RELAXED);
        if (e)
            session_drop(to);
    }
    if (e)
        free(p);
    if (c)
        link_conn_drop(c);
    buf_done(&body);
    return e == ERR_CLOSED ? ERR_UNREACHABLE : e;
}

void letter_answer(job *j, err e)
{
    passage *p = j->state;
    if (e == OK && p->verdict == OK)
        e = pass_on(j, p->to);
    else if (e == OK)
        e = p->verdict;
    if (p && p->to)
        session_drop(p->to);
    if (j->call)
        job_reply(j, e ? e : ERR_INTERNAL, (span){0});
}

// ---- a node is back ------------------------------------------------------------------

static void back_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    // Only a hint: who missed it tries again by itself.
    (void)ctx, (void)call, (void)e, (void)status, (void)body, (void)note;
}

static void back_tell(session *s, const char *node)
{
    Tsunagu__BackRequest q = TSUNAGU__BACK_REQUEST__INIT;
    link_conn *c = session_conn(s);
    buf body = {0};
    q.node = (char *)node;
    if (c && wire_encode((const ProtobufCMessage *)&q, &body) == OK) {
        link_out_events ev = {.done = back_done};
        err e = link_call(c, METHOD_BACK, buf_span(&body), BACK_DEADLINE_MS, 0, &ev, NULL);
        if (e)
            log_line(LOG_DEBUG, "node %s was not told that %s is back: %s", s->node, node, err_text(e));
    }
    if (c)
        link_conn_drop(c);
    buf_done(&body);
}

void letters_back(job *j)
{
    hub *h = j->h;
    int number = policy_node(j->rules->p, j->caller->node);
    size_t count = 0;
    if (number == POLICY_NONE)
        return;
    pthread_mutex_lock(&h->roster_lock);
    session **list = calloc(h->session_count + 1, sizeof(session *));
    for (size_t i = 0; list && i < h->session_count; i++)
        if (h->sessions[i]->awaits[number / 8] >> number % 8 & 1)
            list[count++] = session_keep(h->sessions[i]);
    pthread_mutex_unlock(&h->roster_lock);
    for (size_t i = 0; i < count; i++) {
        list[i]->awaits[number / 8] &= (uint8_t)~(1u << number % 8);
        back_tell(list[i], j->caller->node);
        session_drop(list[i]);
    }
    free(list);
}
