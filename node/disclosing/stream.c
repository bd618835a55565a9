// SPDX-License-Identifier: Apache-2.0
// What a release allows, sealed to the asker and sent within the asker's credit. A
// stream holds no more than one piece of a file; when credit is used up it holds nothing
// and no thread.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/disclosing/release.h"
#include "node/scanning/scan.h"
#include "proto/base/log.h"

enum { LEAST_PIECE = 4096, PIECES_A_TURN = 16, HEAD_MAX = 64 << 20 };

typedef struct stream {
    pool_task base; // first
    node *n;
    link_in *call;
    book *rules;    // counted
    span ticket;    // copied behind the struct
    release *r;     // only until the stream is open
    seal_stream seal;
    bool sealing;
    buf head;       // a document's head, or a whole manifest
    size_t head_at;
    int fd;
    uint64_t left;  // of the file
    off_t size;     // and its time, when it was opened
    struct timespec changed;
    buf sealed;     // a piece that found no room
    bool over;      // the last piece is sealed

    pthread_mutex_t lock;
    bool idle, poked, gone;
    int count;      // references: the line's watch, and the work itself
} stream;

static void stream_drop(stream *s)
{
    if (__atomic_sub_fetch(&s->count, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (s->sealing)
        seal_stream_done(&s->seal);
    if (s->fd >= 0)
        close(s->fd);
    buf_wipe(&s->head);
    buf_done(&s->sealed);
    book_drop(s->rules);
    pthread_mutex_destroy(&s->lock);
    free(s->r);
    free(s);
}

static void stream_end(stream *s, err e, const char *note)
{
    if (e != OK && e != ERR_CLOSED && e != ERR_DEADLINE)
        log_line(LOG_WARN, "a document did not leave whole: %s", err_text(e));
    link_reply(s->call, e, (span){0}, note);
    stream_drop(s);
}

static void stream_wake(stream *s)
{
    pthread_mutex_lock(&s->lock);
    bool go = s->idle;
    s->poked = !go;
    s->idle = false;
    pthread_mutex_unlock(&s->lock);
    if (go)
        pool_submit(s->n->hands, &s->base);
}

static void on_credit(void *ctx, link_in *call, uint32_t more)
{
    (void)call;
    (void)more;
    stream_wake(ctx);
}

static void on_gone(void *ctx, link_in *call, err e)
{
    stream *s = ctx;
    (void)call;
    (void)e;
    pthread_mutex_lock(&s->lock);
    s->gone = true;
    pthread_mutex_unlock(&s->lock);
    stream_wake(s);
}

static void on_ended(void *ctx)
{
    stream_drop(ctx);
}

// ---- what is sent --------------------------------------------------------------------------

// Written to while it was sent, a document would arrive as a mixture that never was.
static bool file_same(const stream *s)
{
    struct stat st;
    return fstat(s->fd, &st) == 0 && st.st_size == s->size && st.st_mtim.tv_sec == s->changed.tv_sec &&
           st.st_mtim.tv_nsec == s->changed.tv_nsec;
}

static err document_head(stream *s)
{
    struct stat st;
    Tsunagu__ManifestEntry entry;
    Tsunagu__DocumentHead head = TSUNAGU__DOCUMENT_HEAD__INIT;
    arena a;
    arena_init(&a, 1 << 16);
    bool filed = s->r->filed;
    err e = filed ? shelf_read(s->n->papers, &s->r->paper, &s->fd)
                  : ssmix_file_open(s->n->index, &s->r->entry, s->r->part, &s->fd, &s->left);
    if (e == OK && filed)
        s->left = s->r->paper.bytes;
    if (e == OK && fstat(s->fd, &st) != 0)
        e = ERR_IO;
    if (e == OK) {
        s->size = st.st_size;
        s->changed = st.st_mtim;
        if ((uint64_t)st.st_size != s->left)
            e = ERR_IO;
    }
    if (e == OK && filed)
        e = manifest_paper(s->rules, &s->r->paper, &a, &entry);
    else if (e == OK)
        e = manifest_entry(s->n, s->rules, &s->r->entry, s->r->part, s->left, &a, &entry);
    if (e == OK) {
        head.entry = &entry;
        e = message_put((const ProtobufCMessage *)&head, &s->head);
    }
    arena_done(&a);
    return e;
}

// Our key, as the membership list names it: with two in hand the other side may know only one.
static const seal_key *own_key(const stream *s)
{
    const policy *p = s->rules->r->p;
    int no = policy_node(p, s->n->config.name);
    for (int i = 0; no != POLICY_NONE && i < s->n->seal_count; i++) {
        uint8_t pub[KEY_BYTES];
        policy_node_view v = policy_node_at(p, no);
        seal_key_public(s->n->seal[i], pub);
        for (int k = 0; k < v.seal_count; k++)
            if (memcmp(v.seal[k], pub, KEY_BYTES) == 0)
                return s->n->seal[i];
    }
    return s->n->seal[0];
}

static err stream_open(stream *s)
{
    s->head.max = HEAD_MAX;
    bool list = s->r->what == ASK_MANIFEST;
    err e = list ? manifest_write(s->n, s->rules, s->r, &s->head) : document_head(s);
    if (!list && !s->r->filed) // whole or not, it leaves now; if not, somebody here should hear of it
        scan_released(s->n->scan, &s->r->entry);
    if (e == OK)
        e = seal_stream_begin(&s->seal, own_key(s), s->r->to, s->ticket, &s->r->ask);
    s->sealing = e == OK;
    free(s->r);
    s->r = NULL;
    return e;
}

// Reads exactly n bytes of what comes next. ERR_IO: the file is shorter than it was.
static err plain_take(stream *s, uint8_t *out, size_t n)
{
    size_t from_head = s->head.len - s->head_at < n ? s->head.len - s->head_at : n;
    if (from_head)
        memcpy(out, s->head.at + s->head_at, from_head);
    s->head_at += from_head;
    if (s->head_at == s->head.len) { // a long list need not wait with its reader
        buf_wipe(&s->head);
        s->head_at = 0;
    }
    for (size_t at = from_head; at < n;) {
        ssize_t got = read(s->fd, out + at, n - at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERR_IO;
        at += (size_t)got;
        s->left -= (uint64_t)got;
    }
    return OK;
}

static err piece_seal(stream *s, size_t room, uint8_t *plain)
{
    uint64_t rest = s->head.len - s->head_at + s->left;
    size_t n = room - SEAL_OVERHEAD < WIRE_CHUNK_MAX ? room - SEAL_OVERHEAD : WIRE_CHUNK_MAX;
    if (rest < n)
        n = (size_t)rest;
    err e = plain_take(s, plain, n);
    s->over = n == rest;
    if (e == OK && s->over && s->fd >= 0 && !file_same(s))
        e = ERR_IO;
    if (e == OK)
        e = seal_stream_put(&s->seal, span_of(plain, n), s->over, &s->sealed);
    return e;
}

// OK: a piece went (or all is over); ERR_BUSY: no credit now.
static err piece_send(stream *s, uint8_t *plain)
{
    if (s->sealed.len == 0) {
        uint64_t rest = s->head.len - s->head_at + s->left;
        size_t room = link_in_credit(s->call), least = rest < LEAST_PIECE ? (size_t)rest : LEAST_PIECE;
        if (room < least + SEAL_OVERHEAD)
            return ERR_BUSY;
        err e = piece_seal(s, room, plain);
        if (e)
            return e;
    }
    err e = link_chunk(s->call, buf_span(&s->sealed));
    if (e == OK)
        buf_clear(&s->sealed);
    return e;
}

static const char *end_note(err e)
{
    switch (e) {
    case ERR_NOT_FOUND: return "the document is gone or was replaced";
    case ERR_IO: return "the document changed or could not be read while it was sent";
    default: return NULL;
    }
}

static void stream_run(pool_task *base)
{
    stream *s = (stream *)base;
    uint8_t *plain = malloc(WIRE_CHUNK_MAX);
    err e = !plain ? ERR_MEM : s->sealing ? OK : stream_open(s);
    bool sleep = false;
    for (int i = 0; e == OK && !(s->over && s->sealed.len == 0) && i < PIECES_A_TURN && !sleep; i++) {
        pthread_mutex_lock(&s->lock);
        s->poked = false;
        bool gone = s->gone;
        pthread_mutex_unlock(&s->lock);
        e = gone ? ERR_CLOSED : piece_send(s, plain);
        if (e == ERR_BUSY) {
            e = OK;
            sleep = true;
        }
    }
    if (plain)
        explicit_bzero(plain, WIRE_CHUNK_MAX);
    free(plain);
    if (e || (s->over && s->sealed.len == 0)) {
        stream_end(s, e, end_note(e));
        return;
    }
    if (sleep && s->sealed.len == 0)
        buf_done(&s->sealed); // nothing is held while waiting
    pthread_mutex_lock(&s->lock);
    s->idle = sleep && !s->poked;
    bool wait = s->idle;
    pthread_mutex_unlock(&s->lock);
    if (!wait)
        pool_submit(s->n->hands, &s->base); // credit came meanwhile, or it is others' turn
}

void stream_start(job *j, const release *r)
{
    stream *s = calloc(1, sizeof *s + r->ticket_bytes.len);
    release *copy = s ? malloc(sizeof *copy) : NULL;
    if (!copy) {
        free(s);
        job_reply(j, ERR_MEM, (span){0});
        return;
    }
    *copy = *r;
    *s = (stream){.base = {.run = stream_run}, .n = j->n, .call = j->call, .rules = book_keep(j->rules), .r = copy,
                  .fd = -1, .count = 2};
    memcpy(s + 1, r->ticket_bytes.at, r->ticket_bytes.len);
    s->ticket = span_of(s + 1, r->ticket_bytes.len);
    pthread_mutex_init(&s->lock, NULL);
    j->call = NULL; // the stream answers
    link_in_events ev = {.ctx = s, .credit = on_credit, .gone = on_gone, .ended = on_ended};
    link_in_watch(s->call, &ev);
    pool_submit(j->n->hands, &s->base);
}
