// SPDX-License-Identifier: Apache-2.0
// The outbox on its way: one publication at a time, deleted here when it is durable there.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/line/outbox.h"
#include "node/line/post.h"
#include "node/line/uplink_in.h"
#include "proto/base/log.h"

enum { PUBLISH_DEADLINE_MS = 60000, AGAIN_MS = 1000 };

struct publish_wait {
    publish_wait *next;
    control_in *in;
    uint64_t seq;
    time_ms until;
};

static void turn_give_back(uplink *u)
{
    pthread_mutex_lock(&u->lock);
    u->busy = false;
    pthread_mutex_unlock(&u->lock);
}

// ---- the hub's answer ---------------------------------------------------------------

typedef struct acknowledgement {
    uint64_t publish_seq;
    bool gap, resync, moved;
    uint64_t *refused; // in the job's memory
    char **whys;
    size_t refused_count;
} acknowledgement;

static err ack_run(job *j, store_txn *t)
{
    acknowledgement *k = j->state;
    uint64_t first, mine;
    err e = outbox_first(t, &first);
    if (e == OK)
        e = outbox_seq(t, &mine);
    if (e)
        return e == ERR_NOT_FOUND ? OK : e;
    k->moved = k->publish_seq >= first;
    if (k->gap || k->publish_seq > mine || k->publish_seq + 1 < first)
        e = outbox_meet(t, k->publish_seq, &k->resync);
    if (e)
        return e;
    e = k->resync ? j->n->up->hears->resync_begin(j, t, k->publish_seq) : outbox_acked(t, k->publish_seq);
    if (e == OK && !k->resync)
        e = j->n->up->hears->published(j, t, k->refused, k->whys, k->refused_count);
    if (e == OK)
        publish_waits_check(j->n, t, j->now);
    return job_store_err(e);
}

static void ack_answer(job *j, err e)
{
    const acknowledgement *k = j->state;
    turn_give_back(j->n->up);
    if (e)
        return;
    if (k->resync) {
        log_line(LOG_WARN, "the hub lost or gained publications of this node: every card is sent again");
        j->n->up->hears->resync_go(j->n);
    } else if (k->moved) {
        uplink_pump(j->n);
        post_pump(j->n); // what the hub now has may complete a request
    } // else the tick tries again
}

static void refusals_tell(node *n, const Tsunagu__PublishReply *r)
{
    for (size_t i = 0; i < r->n_refused_seq && i < r->n_refused_why && i < 8; i++) {
        char text[160];
        snprintf(text, sizeof text, "the hub refused card %llu: %.100s", (unsigned long long)r->refused_seq[i],
                 r->refused_why[i]);
        log_line(LOG_WARN, "%s", text);
        node_note(n, EVENT_PUBLISH, ERR_DENIED, text);
    }
}

// A card that the hub refused completes no request.
static void refusals_copy(job *j, acknowledgement *k, const Tsunagu__PublishReply *r)
{
    size_t n = r->n_refused_seq < r->n_refused_why ? r->n_refused_seq : r->n_refused_why;
    k->refused = arena_get(&j->memory, (n + 1) * sizeof *k->refused);
    k->whys = arena_get(&j->memory, (n + 1) * sizeof *k->whys);
    for (size_t i = 0; k->refused && k->whys && i < n; i++) {
        k->refused[i] = r->refused_seq[i];
        k->whys[i] = arena_str(&j->memory, span_str(r->refused_why[i]));
        if (!k->whys[i])
            return;
        k->refused_count = i + 1;
    }
}

static void publish_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    node *n = ctx;
    arena a;
    Tsunagu__PublishReply *r;
    (void)call;
    if (e == OK && status != OK && status != ERR_CONFLICT)
        e = status < ERR_COUNT ? (err)status : ERR_FORMAT;
    arena_init(&a, 1 << 20);
    if (e == OK)
        e = WIRE_DECODE(body, Tsunagu__PublishReply, tsunagu__publish_reply__descriptor, WIRE_BODY_MAX, &a, &r);
    if (e == OK && r->publish_seq > PUBLISH_SEQ_MAX)
        e = ERR_FORMAT;
    job *j = e == OK ? job_with(n, sizeof(acknowledgement), ack_run, ack_answer) : NULL;
    if (j) {
        acknowledgement *k = j->state;
        k->publish_seq = r->publish_seq;
        k->gap = status == ERR_CONFLICT;
        refusals_copy(j, k, r);
        refusals_tell(n, r);
        job_submit(j);
    } else {
        if (e != ERR_CLOSED)
            uplink_fail(n->up, "the hub did not take the cards", e ? e : ERR_MEM, note);
        turn_give_back(n->up);
    }
    arena_done(&a);
}

// ---- sending ----------------------------------------------------------------------------

typedef struct pumping {
    Tsunagu__PublishRequest q;
    bool found;
} pumping;

static err pump_run(job *j, store_txn *t)
{
    pumping *p = j->state;
    uplink *u = j->n->up;
    pthread_mutex_lock(&u->lock);
    bool turn = u->greeted && !u->busy && !u->closing;
    pthread_mutex_unlock(&u->lock);
    if (!turn)
        return OK;
    err e = outbox_batch(t, &j->memory, &p->q);
    p->found = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

static void pump_answer(job *j, err e)
{
    pumping *p = j->state;
    uplink *u = j->n->up;
    if (e || !p->found)
        return;
    // Two pumps of one batch both found the same: the first one here has the turn.
    pthread_mutex_lock(&u->lock);
    bool turn = u->greeted && !u->busy;
    u->busy = u->busy || turn;
    pthread_mutex_unlock(&u->lock);
    if (!turn)
        return;
    link_out_events ev = {.ctx = j->n, .done = publish_done};
    e = uplink_call(u, METHOD_PUBLISH, (const ProtobufCMessage *)&p->q, PUBLISH_DEADLINE_MS, 0, &ev, NULL, NULL);
    if (e) {
        turn_give_back(u);
        if (e != ERR_UNREACHABLE)
            uplink_fail(u, "cards could not be sent", e, NULL);
    }
}

void uplink_pump(node *n)
{
    uplink *u = n->up;
    if (!u)
        return;
    pthread_mutex_lock(&u->lock);
    bool now = u->greeted && !u->busy && !u->closing;
    pthread_mutex_unlock(&u->lock);
    job *j = now ? job_with(n, sizeof(pumping), pump_run, pump_answer) : NULL;
    if (j)
        job_submit(j);
}

// ---- publish.wait ---------------------------------------------------------------------------

static void wait_end(uplink *u, publish_wait *w, err e)
{
    __atomic_sub_fetch(&u->waiting, 1, __ATOMIC_RELAXED);
    if (e == ERR_DEADLINE)
        control_note(w->in, "%s", "the hub has not acknowledged it yet: it stays in the outbox "
                                  "and is sent when the hub is reached");
    control_finish(w->in, e);
    free(w);
}

void publish_waits_check(node *n, store_txn *t, time_ms now)
{
    uplink *u = n->up;
    pthread_mutex_lock(&u->lock);
    bool closing = u->closing;
    pthread_mutex_unlock(&u->lock);
    for (publish_wait **at = &u->waits; *at;) {
        publish_wait *w = *at;
        bool there = false;
        err e = outbox_published(t, w->seq, &there);
        if (e == OK && !there && !closing && now < w->until) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        wait_end(u, w, e ? e : there ? OK : closing ? ERR_CLOSED : ERR_DEADLINE);
    }
}

static err wait_run(job *j, store_txn *t)
{
    publish_wait *w = j->state ? *(publish_wait **)j->state : NULL;
    uplink *u = j->n->up;
    if (w && w->seq == 0) {
        err e = outbox_seq(t, &w->seq);
        if (e)
            return e;
    }
    if (w) {
        w->next = u->waits;
        u->waits = w;
        *(publish_wait **)j->state = NULL;
    }
    publish_waits_check(j->n, t, j->now);
    return OK;
}

static void wait_answer(job *j, err e)
{
    publish_wait *w = j->state ? *(publish_wait **)j->state : NULL;
    if (w)
        wait_end(j->n->up, w, e ? e : ERR_INTERNAL);
}

static void waits_visit(node *n, publish_wait *w)
{
    job *j = job_with(n, sizeof(publish_wait *), wait_run, wait_answer);
    if (j) {
        *(publish_wait **)j->state = w;
        job_submit(j);
    } else if (w) {
        wait_end(n->up, w, ERR_MEM);
    }
}

void uplink_wait(node *n, control_in *in, uint64_t seq, time_ms until)
{
    publish_wait *w = calloc(1, sizeof *w);
    if (!w) {
        control_finish(in, ERR_MEM);
        return;
    }
    *w = (publish_wait){.in = in, .seq = seq, .until = until};
    __atomic_add_fetch(&n->up->waiting, 1, __ATOMIC_RELAXED);
    waits_visit(n, w);
}

void publish_drain(node *n)
{
    waits_visit(n, NULL);
}

void publish_tick(node *n, time_ms now)
{
    uplink *u = n->up;
    (void)now;
    time_ms mono = clock_mono_ms();
    if (__atomic_load_n(&u->waiting, __ATOMIC_RELAXED))
        waits_visit(n, NULL);
    pthread_mutex_lock(&u->lock);
    bool due = mono >= u->pump_at;
    if (due)
        u->pump_at = mono + AGAIN_MS;
    pthread_mutex_unlock(&u->lock);
    if (due)
        uplink_pump(n);
}

// ---- resync -------------------------------------------------------------------------------------

typedef struct again {
    uint64_t cards;
} again;

static err again_run(job *j, store_txn *t)
{
    again *k = j->state;
    uint64_t seq;
    err e = outbox_seq(t, &seq);
    if (e)
        return e;
    e = store_count(t, TABLE_CONSENT, &k->cards);
    // What waits already stays: everything comes again behind it.
    if (e == OK)
        e = store_put(t, TABLE_META, SPAN_LIT("resync"), span_of("", 0));
    return job_store_err(e);
}

static void again_answer(job *j, err e)
{
    const again *k = j->state;
    if (e == OK) {
        control_record(j->in, "resync");
        control_number(j->in, "cards", (int64_t)k->cards);
        j->n->up->hears->resync_go(j->n);
    }
    job_finish(j, e);
}

void uplink_resync(node *n, control_in *in)
{
    job *j = job_with(n, sizeof(again), again_run, again_answer);
    if (!j) {
        control_finish(in, ERR_MEM);
        return;
    }
    j->in = in;
    job_submit(j);
}
