// SPDX-License-Identifier: Apache-2.0
// A document being read: `open` waits for its head, `read` takes what has come. At
// most one window of it is here at a time, whatever its size: credit goes back as
// bytes are taken.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/charts/document.h"
#include "node/openings/reviews.h"
#include "node/viewing/narrowed.h"
#include "node/viewing/viewer.h"

enum { PIECE_MAX = 256 << 10, HEAD_MAX = 16 << 10, READINGS_MAX = 64 };

struct reading {
    reading *next;       // in the viewer's list
    node *n;
    int count;           // references: the list, and the fetch
    char handle[HANDLE_MAX + 1];
    person who;
    uint64_t source;
    pseudonym patient;
    bool emergency;
    time_ms since;       // by clock_mono_ms
    time_ms used;        // under lock, all below
    pthread_mutex_t lock;
    fetch *f;
    control_in *in;      // waits for the head (opening) or for bytes
    bool opening, done;
    bool started;        // f is set, and was before this was seen
    err result;
    char note[160];
    buf plain;           // not yet taken
    uint32_t owed;       // credit not yet given back
    book *rules;
};

// What a waiting command is told; collected under the lock, said outside it.
typedef struct telling {
    control_in *in;
    err e;
    uint32_t credit;
    bool over;           // the handle ends
} telling;

static void reading_drop(reading *r)
{
    if (__atomic_sub_fetch(&r->count, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    fetch_drop(r->f);
    buf_wipe(&r->plain);
    book_drop(r->rules);
    pthread_mutex_destroy(&r->lock);
    __atomic_sub_fetch(&r->n->jobs_open, 1, __ATOMIC_RELEASE);
    free(r);
}

static void reading_unlist(reading *r)
{
    viewer *v = r->n->view;
    bool found = false;
    pthread_mutex_lock(&v->lock);
    for (reading **at = &v->readings; *at && !found; at = &(*at)->next)
        if (*at == r) {
            *at = r->next;
            found = true;
            break;
        }
    pthread_mutex_unlock(&v->lock);
    if (found)
        reading_drop(r);
}

// A category that the patient took back here is not shown, though the hospital may not know it yet.
static err head_lets(reading *r, const Tsunagu__ManifestEntry *m)
{
    narrowed left;
    err e = narrowed_read(r->n, r->rules->r->p, r->who.facility, &r->patient, r->emergency, &left);
    if (e)
        return e;
    uint32_t mask = narrowed_to(&left, r->source);
    return mask == UINT32_MAX || (m->category < 32 && (mask >> m->category & 1)) ? OK : ERR_WITHDRAWN;
}

// The head has come whole: shows it and takes it off. ERR_BUSY: not yet.
static err head_take(reading *r)
{
    arena a;
    Tsunagu__DocumentHead *h;
    if (r->plain.len < 4)
        return ERR_BUSY;
    size_t len = be32_get(r->plain.at);
    if (len > HEAD_MAX)
        return ERR_FORMAT;
    if (r->plain.len < 4 + len)
        return ERR_BUSY;
    arena_init(&a, 1 << 17);
    err e = WIRE_DECODE(span_of(r->plain.at + 4, len), Tsunagu__DocumentHead, tsunagu__document_head__descriptor,
                        HEAD_MAX, &a, &h);
    if (e == OK && !h->entry)
        e = ERR_FORMAT;
    if (e == OK)
        e = head_lets(r, h->entry);
    if (e == OK) {
        document_show(r->in, r->rules->r->p, r->source, h->entry);
        buf_drop_front(&r->plain, 4 + len);
    }
    arena_done(&a);
    return e;
}

static uint32_t credit_take(reading *r, size_t taken)
{
    uint32_t back = r->plain.len == 0 || taken > r->owed ? r->owed : (uint32_t)taken;
    r->owed -= back;
    return back;
}

// Locked. Answers the command that waits, if it can be answered now.
static telling reading_answer(reading *r)
{
    telling t = {0};
    if (!r->in)
        return t;
    err may = viewer_lets(r->n, r->rules->r->p, r->who.facility, &r->patient, r->since, r->emergency);
    if (may) {
        t.e = may;
        t.over = true;
        if (may == ERR_WITHDRAWN)
            snprintf(r->note, sizeof r->note, "the patient withdrew at this facility");
    } else if (viewer_changed(r->n->view, r->who.facility, &r->patient, r->since)) {
        t.e = ERR_NOT_FOUND;
        t.over = true;
        snprintf(r->note, sizeof r->note, "no such handle: open the document again");
    } else if (r->opening) {
        t.e = r->done && r->result ? r->result : head_take(r);
        if (t.e == ERR_BUSY && !r->done)
            return (telling){0};
        if (t.e == ERR_BUSY)
            t.e = ERR_FORMAT;
        t.over = t.e != OK;
        if (t.e == OK)
            control_piece(r->in, (span){0}, r->handle, true);
    } else if (r->plain.len) {
        size_t n = r->plain.len < PIECE_MAX ? r->plain.len : PIECE_MAX;
        bool end = r->done && r->result == OK && n == r->plain.len;
        control_piece(r->in, span_of(r->plain.at, n), end ? "" : r->handle, !end);
        buf_drop_front(&r->plain, n);
        t.credit = credit_take(r, n);
        t.over = end;
    } else if (r->done) {
        t.e = r->result;
        t.over = true;
    } else {
        return t;
    }
    if (t.e && r->note[0])
        control_note(r->in, "%s", r->note);
    t.in = r->in;
    r->in = NULL;
    r->opening = false;
    r->used = clock_mono_ms();
    return t;
}

static void reading_tell(reading *r, telling t)
{
    fetch *f = r->f;
    // Before the answer: whoever has heard the end may open the next, and finds the place free.
    if (t.over)
        reading_unlist(r);
    if (t.in)
        control_finish(t.in, t.e);
    if (t.credit && f)
        fetch_credit(f, t.credit);
    if (t.over && f)
        fetch_cancel(f); // what still comes is wanted by nobody; nothing, if all came
}

static void on_plain(void *ctx, span plain, uint32_t cost)
{
    reading *r = ctx;
    pthread_mutex_lock(&r->lock);
    r->owed += cost;
    if (buf_put_span(&r->plain, plain) != OK && r->result == OK)
        r->result = ERR_MEM;
    telling t = reading_answer(r);
    pthread_mutex_unlock(&r->lock);
    reading_tell(r, t);
}

static void on_done(void *ctx, err e, const char *note)
{
    reading *r = ctx;
    pthread_mutex_lock(&r->lock);
    r->done = true;
    r->result = r->result ? r->result : e;
    if (e && note)
        strncpy(r->note, note, sizeof r->note - 1);
    telling t = reading_answer(r);
    pthread_mutex_unlock(&r->lock);
    reading_tell(r, t);
    reading_drop(r);
}

// ---- open -------------------------------------------------------------------------------

typedef struct opening {
    reading *r;
    span ticket;
    ticket k;
    uint8_t document[16], user_id[USER_ID_BYTES];
} opening;

// The reader's own hospital keeps its own record of who opened what, before it is asked for.
static err open_run(job *j, store_txn *t)
{
    opening *o = j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    viewer_entry(&e, &o->r->who, o->user_id, &o->k);
    e.event = EVENT_READ;
    e.reason = (char *)emergency_reason_of(j->rules, &o->k);
    e.document = wire_bytes(span_of(o->document, sizeof o->document));
    return job_log(j, t, &e);
}

static void open_answer(job *j, err e)
{
    opening *o = j->state;
    reading *r = o->r;
    viewer *v = j->n->view;
    if (e == OK) {
        fetch_events ev = {r, on_plain, on_done};
        // The list's reference goes with the handle; the fetch's ends with done; one is ours.
        __atomic_add_fetch(&r->count, 2, __ATOMIC_RELAXED);
        pthread_mutex_lock(&v->lock);
        r->next = v->readings;
        v->readings = r;
        pthread_mutex_unlock(&v->lock);
        e = fetch_start(j->n, j->rules, o->ticket, &o->k, o->document, NULL, &ev, &r->f);
        pthread_mutex_lock(&r->lock);
        r->started = e == OK;
        pthread_mutex_unlock(&r->lock);
        if (e == OK) {
            reading_drop(r);
            return;
        }
        control_note(r->in, "%s", e == ERR_UNREACHABLE ? "the hub is not connected" : err_text(e));
        control_finish(r->in, e);
        reading_unlist(r);
        reading_drop(r);
        reading_drop(r);
        return;
    }
    control_finish(r->in, e);
    reading_drop(r);
}

static size_t readings_count(viewer *v)
{
    size_t count = 0;
    pthread_mutex_lock(&v->lock);
    for (reading *r = v->readings; r; r = r->next)
        count++;
    pthread_mutex_unlock(&v->lock);
    return count;
}

void reading_open(node *n, control_in *in)
{
    person who;
    span bytes;
    const char *document = control_arg(in, "document");
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(opening), open_run, open_answer);
    opening *o = j ? j->state : NULL;
    reading *r = o ? calloc(1, sizeof *r) : NULL;
    err e = r ? tickets_find(n, &who, control_arg(in, "ticket"), &j->memory, &bytes, &o->k) : ERR_MEM;
    if (e == ERR_NOT_FOUND || e == ERR_USAGE)
        control_note(in, "no such ticket: look up again");
    else if (e == ERR_WITHDRAWN)
        control_note(in, "the patient withdrew at this facility");
    if (e == OK && (!document || hex_get(span_str(document), o->document, sizeof o->document) != OK)) {
        control_note(in, "document: 32 hex digits from a manifest are needed");
        e = ERR_USAGE;
    }
    if (e == OK && readings_count(n->view) >= READINGS_MAX)
        e = ERR_BUSY;
    if (e) {
        free(r);
        job_free(j);
        control_finish(in, e);
        return;
    }
    __atomic_add_fetch(&n->jobs_open, 1, __ATOMIC_RELAXED);
    *r = (reading){.n = n, .count = 1, .who = who, .source = o->k.source, .used = clock_mono_ms(), .in = in,
                   .opening = true, .rules = book_keep(j->rules), .patient = o->k.who, .emergency = o->k.reason != 0,
                   .since = clock_mono_ms()};
    pthread_mutex_init(&r->lock, NULL);
    viewer_handle(r->handle);
    o->r = r;
    o->ticket = bytes;
    user_id_of(n->secret, who.facility, who.user, o->user_id);
    job_submit(j);
}

// ---- read ------------------------------------------------------------------------------------

static reading *reading_find(node *n, const char *handle)
{
    viewer *v = n->view;
    reading *found = NULL;
    pthread_mutex_lock(&v->lock);
    for (reading *r = v->readings; r && handle && !found; r = r->next)
        if (strcmp(r->handle, handle) == 0) {
            found = r;
            __atomic_add_fetch(&r->count, 1, __ATOMIC_RELAXED);
        }
    pthread_mutex_unlock(&v->lock);
    return found;
}

void reading_read(node *n, control_in *in)
{
    person who;
    reading *r = reading_find(n, control_arg(in, "handle"));
    // The handle is a secret of who opened it; still, the login must be one that may act for that user.
    if (!r || node_person(n, r->who.user, control_uid(in), &who) != OK) {
        control_note(in, "no such handle: open the document again");
        control_finish(in, ERR_NOT_FOUND);
        if (r)
            reading_drop(r);
        return;
    }
    pthread_mutex_lock(&r->lock);
    telling t = {0};
    bool busy = r->in != NULL;
    if (!busy) {
        r->in = in;
        r->used = clock_mono_ms();
        t = reading_answer(r);
    }
    pthread_mutex_unlock(&r->lock);
    if (busy)
        control_finish(in, ERR_BUSY);
    else
        reading_tell(r, t);
    reading_drop(r);
}

void readings_tick(node *n, time_ms now)
{
    viewer *v = n->view;
    time_ms mono = now == INT64_MAX ? INT64_MAX : clock_mono_ms();
    for (;;) {
        reading *idle = NULL;
        bool cancel = false;
        pthread_mutex_lock(&v->lock);
        for (reading *r = v->readings; r && !idle; r = r->next) {
            pthread_mutex_lock(&r->lock);
            if ((!r->in || now == INT64_MAX) && mono - r->used > HANDLE_IDLE_MS) {
                idle = r;
                cancel = r->started; // one that is just being started ends with the line
                __atomic_add_fetch(&r->count, 1, __ATOMIC_RELAXED);
            }
            pthread_mutex_unlock(&r->lock);
        }
        pthread_mutex_unlock(&v->lock);
        if (!idle)
            return;
        reading_unlist(idle);
        if (cancel)
            fetch_cancel(idle->f);
        reading_drop(idle);
    }
}
