// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "node/ssmix/scan_in.h"

enum { OP_PUT = 1, OP_DELETE = 2, NOTE_CHANGED = 3, NOTE_DIRTY = 4 };

struct batch {
    writer_job job; // first: the writer gives this back
    scan *s;
    buf ops, notes;
    batch *next;
    err result;
};

void batch_free(batch *b)
{
    if (!b)
        return;
    buf_done(&b->ops);
    buf_done(&b->notes);
    free(b);
}

static err run(writer_job *j, store_txn *t)
{
    batch *b = (batch *)j;
    reader r = reader_of(buf_span(&b->ops));
    while (r.rest.len) {
        uint8_t op = read_u8(&r), table = read_u8(&r);
        span key = read_bytes(&r, read_u16(&r));
        span value = read_bytes(&r, read_u32(&r));
        err e;
        if (op == OP_PUT) {
            e = store_put(t, table, key, value);
        } else {
            e = store_delete(t, table, key);
            if (e == ERR_NOT_FOUND)
                e = OK;
        }
        if (e != OK)
            return e;
    }
    return OK;
}

static void done(writer_job *j, err e)
{
    batch *b = (batch *)j;
    scan *s = b->s;
    pthread_mutex_lock(&s->mutex);
    b->result = e;
    b->next = NULL;
    *s->finished_end = b;
    s->finished_end = &b->next;
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->mutex);
}

static err opened(worker *w)
{
    if (w->open && w->open->ops.len + w->open->notes.len < SCAN_BATCH_BYTES)
        return OK;
    err e = worker_flush(w);
    if (e != OK)
        return e;
    w->open = calloc(1, sizeof *w->open);
    if (!w->open)
        return ERR_MEM;
    w->open->s = w->s;
    w->open->job = (writer_job){.run = run, .done = done};
    return OK;
}

static void wait_a_little(scan *s, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&s->moved, &s->mutex, &until);
}

err worker_flush(worker *w)
{
    batch *b = w->open;
    scan *s = w->s;
    if (!b)
        return OK;
    err e = b->ops.sticky != OK ? b->ops.sticky : b->notes.sticky;
    if (e != OK)
        return e;
    pthread_mutex_lock(&s->mutex);
    while (s->outstanding >= SCAN_BATCHES_MAX && s->failed == OK) {
        if (w->drains && s->finished)
            scan_drain(s);
        else
            pthread_cond_wait(&s->moved, &s->mutex);
    }
    e = s->failed;
    while (e == OK) {
        s->outstanding++;
        pthread_mutex_unlock(&s->mutex);
        e = writer_submit(s->x->o.write, &b->job);
        pthread_mutex_lock(&s->mutex);
        if (e == OK) {
            w->open = NULL; // the writer's until done, then the finished list's
            break;
        }
        s->outstanding--;
        if (e != ERR_BUSY || s->failed != OK)
            break;
        wait_a_little(s, 10); // other duties keep the writer busy: they go first
        e = s->failed;
    }
    pthread_mutex_unlock(&s->mutex);
    return e;
}

static void put_op(worker *w, uint8_t op, int table, span key, unsigned piece, unsigned total, span value)
{
    buf *ops = &w->open->ops;
    buf_put_u8(ops, op);
    buf_put_u8(ops, (uint8_t)table);
    buf_put_u16(ops, (uint16_t)(key.len + 2));
    buf_put_span(ops, key);
    buf_put_u16(ops, (uint16_t)piece);
    if (op == OP_DELETE) {
        buf_put_u32(ops, 0);
        return;
    }
    buf_put_u32(ops, (uint32_t)value.len + 2);
    buf_put_u16(ops, (uint16_t)total);
    buf_put_span(ops, value);
}

// All pieces of one record in one batch: readers see the old one or the new one.
err worker_put(worker *w, int table, span key, span record, unsigned old_pieces)
{
    err e = opened(w);
    if (e != OK)
        return e;
    size_t total = record.len == 0 ? 1 : (record.len + RECORD_PIECE - 1) / RECORD_PIECE;
    if (total > UINT16_MAX)
        return ERR_LIMIT;
    for (unsigned i = 0; i < total; i++)
        put_op(w, OP_PUT, table, key, i, (unsigned)total, span_cut(record, (size_t)i * RECORD_PIECE, RECORD_PIECE));
    for (unsigned i = (unsigned)total; i < old_pieces; i++)
        put_op(w, OP_DELETE, table, key, i, 0, (span){0});
    return w->open->ops.sticky;
}

err worker_remove(worker *w, int table, span key, unsigned old_pieces)
{
    err e = opened(w);
    if (e != OK)
        return e;
    for (unsigned i = 0; i < (old_pieces ? old_pieces : 1); i++)
        put_op(w, OP_DELETE, table, key, i, 0, (span){0});
    return w->open->ops.sticky;
}

static err note(worker *w, uint8_t kind, span a, span b)
{
    err e = opened(w);
    if (e != OK)
        return e;
    buf *notes = &w->open->notes;
    buf_put_u8(notes, kind);
    buf_put_u16(notes, (uint16_t)a.len);
    buf_put_span(notes, a);
    buf_put_u16(notes, (uint16_t)b.len);
    buf_put_span(notes, b);
    return notes->sticky;
}

err worker_changed(worker *w, span chart)
{
    return note(w, NOTE_CHANGED, chart, (span){0});
}

void worker_dirty(void *ctx, const char *path, const char *why)
{
    worker *w = ctx;
    if (w->s->x->o.dirty) {
        err e = note(w, NOTE_DIRTY, span_str(path), span_str(why));
        if (e != OK)
            scan_fail(w->s, e);
    }
}

void worker_tell(worker *w)
{
    pthread_mutex_lock(&w->s->mutex);
    counts_add(&w->s->counts, &w->counts);
    pthread_mutex_unlock(&w->s->mutex);
    w->counts = (ssmix_counts){0};
}

void scan_fail(scan *s, err e)
{
    pthread_mutex_lock(&s->mutex);
    if (s->failed == OK)
        s->failed = e;
    atomic_store(&s->stop, true);
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->mutex);
}

static void tell_notes(scan *s, batch *b)
{
    const ssmix_options *o = &s->x->o;
    reader r = reader_of(buf_span(&b->notes));
    while (r.rest.len) {
        char path[SSMIX_PATH_MAX], why[16];
        uint8_t kind = read_u8(&r);
        span one = read_bytes(&r, read_u16(&r));
        span two = read_bytes(&r, read_u16(&r));
        if (kind == NOTE_CHANGED && s->changed)
            s->changed(o->ctx, one);
        else if (kind == NOTE_DIRTY && span_to_str(one, path, sizeof path) == OK &&
                 span_to_str(two, why, sizeof why) == OK)
            o->dirty(o->ctx, path, why);
    }
}

void scan_drain(scan *s)
{
    while (s->finished) {
        batch *b = s->finished;
        s->finished = b->next;
        if (!s->finished)
            s->finished_end = &s->finished;
        pthread_mutex_unlock(&s->mutex);
        if (b->result == OK)
            tell_notes(s, b);
        else
            scan_fail(s, b->result);
        batch_free(b);
        pthread_mutex_lock(&s->mutex);
        s->outstanding--;
        pthread_cond_broadcast(&s->moved);
    }
}
