// SPDX-License-Identifier: Apache-2.0
#include "node/scanning/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/charts/person.h"
#include "node/scanning/contents.h"
#include "proto/base/log.h"

enum { DIRTY_KEPT = 100, RECHECK_BYTES = 4096, CHARTS_A_TURN = 64 };

typedef struct dirt {
    char path[256], why[24];
    uint8_t id[16]; // of a document, or zeros
} dirt;

struct scanner {
    node *n;
    void (*tell)(node *n, span charts);
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t work; // CLOCK_MONOTONIC
    bool stopping, wanted, full, running;
    bool asked, wants_contents;     // by an operator
    contents *contents;
    ssmix_counts counts;            // of the scan that runs, or ran last
    uint64_t patients, documents;   // as of the last scan that came to its end
    uint64_t identities;
    uint64_t not_hl7;               // ADT-00 of the whole index that cannot be read
    time_ms last;
    err result;
    dirt dirty[DIRTY_KEPT];
    size_t dirty_count; // in all; the last DIRTY_KEPT are kept
    // the scanner's thread only
    person_batch *people;
    buf changed;
};

static void on_progress(void *ctx, const ssmix_counts *now)
{
    scanner *s = ((node *)ctx)->scan;
    pthread_mutex_lock(&s->lock);
    s->counts = *now;
    pthread_mutex_unlock(&s->lock);
}

static size_t dirt_kept(const scanner *s)
{
    return s->dirty_count < DIRTY_KEPT ? s->dirty_count : DIRTY_KEPT;
}

static dirt *dirt_next(scanner *s)
{
    dirt *d = &s->dirty[s->dirty_count++ % DIRTY_KEPT];
    *d = (dirt){.id = {0}};
    return d;
}

static bool dirt_known(const scanner *s, const char *path, const char *why)
{
    for (size_t i = 0; i < dirt_kept(s); i++)
        if (strcmp(s->dirty[i].why, why) == 0 && strncmp(s->dirty[i].path, path, sizeof s->dirty[i].path - 1) == 0)
            return true;
    return false;
}

static void on_lost(void *ctx, const char *path, int why)
{
    (void)ctx;
    log_line(LOG_ERROR, "the storage %s cannot be read: %s; what was known of it stays", path, strerror(why));
}

static void on_dirty(void *ctx, const char *path, const char *why)
{
    scanner *s = ((node *)ctx)->scan;
    pthread_mutex_lock(&s->lock);
    if (strcmp(why, "unreadable") == 0 && dirt_known(s, path, why)) { // every scan says so again
        pthread_mutex_unlock(&s->lock);
        return;
    }
    dirt *d = dirt_next(s);
    snprintf(d->path, sizeof d->path, "%s", path);
    snprintf(d->why, sizeof d->why, "%s", why);
    pthread_mutex_unlock(&s->lock);
}

// A chart in two storages is told twice; masked paths of two charts may be the same.
static void on_damaged(void *ctx, const ssmix_entry *e, const char *why)
{
    scanner *s = ctx;
    bool known = false;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < dirt_kept(s) && !known; i++)
        known = memcmp(s->dirty[i].id, e->id, sizeof e->id) == 0 && strcmp(s->dirty[i].why, why) == 0;
    if (!known) {
        dirt *d = dirt_next(s);
        ssmix_mask(e, d->path, sizeof d->path);
        snprintf(d->why, sizeof d->why, "%s", why);
        memcpy(d->id, e->id, sizeof d->id);
    }
    pthread_mutex_unlock(&s->lock);
}

static void on_unread(void *ctx, const ssmix_entry *e)
{
    on_damaged(ctx, e, "not HL7");
}

static bool on_stop(void *ctx)
{
    scanner *s = ((node *)ctx)->scan;
    pthread_mutex_lock(&s->lock);
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    return stopping;
}

static void recheck_flush(scanner *s)
{
    if (s->changed.len)
        s->tell(s->n, buf_span(&s->changed));
    buf_clear(&s->changed);
}

static void on_changed(void *ctx, span chart)
{
    scanner *s = ((node *)ctx)->scan;
    person_batch_add(s->people, chart);
    contents_changed(s->contents, chart);
    buf_put_span(&s->changed, chart);
    buf_put_u8(&s->changed, 0);
    if (s->changed.len > RECHECK_BYTES)
        recheck_flush(s);
}

// How a scan ended. The last identities are still on their way to the disk then, so a job behind theirs tells
// it: who sees that no scan runs sees all of its figures.
typedef struct ending {
    err result;
    bool counted;         // counts are of the whole index
    ssmix_counts counts;
    uint64_t identities, not_hl7;
    bool not_hl7_known;
} ending;

static void scan_over(scanner *s, const ending *k)
{
    const ssmix_counts *c = &k->counts;
    pthread_mutex_lock(&s->lock);
    s->running = false;
    s->result = k->result;
    s->identities = k->identities;
    if (k->not_hl7_known)
        s->not_hl7 = k->not_hl7;
    if (k->counted) {
        s->counts = *c;
        s->patients = c->patients;
        s->documents = c->live;
    }
    if (k->result == OK)
        s->last = clock_now_ms();
    uint64_t not_hl7 = s->not_hl7;
    pthread_mutex_unlock(&s->lock);
    if (k->counted)
        log_line(LOG_INFO, "scan: %" PRIu64 " files, %" PRIu64 " live, %" PRIu64 " patients, %" PRIu64 " new, %" PRIu64
                 " gone, %" PRIu64 " skipped, %" PRIu64 " not HL7, %" PRId64 " ms", c->files, c->live, c->patients,
                 c->new_entries, c->gone_entries, c->dirty_name + c->dirty_place + c->vanished + c->unreadable, not_hl7,
                 c->took_ms);
    else if (k->result != ERR_CLOSED)
        log_line(LOG_ERROR, "the scan ended early: %s", err_text(k->result));
}

static err figures_run(job *j, store_txn *t)
{
    ending *k = j->state;
    err e = person_unread_count(t, &k->not_hl7);
    k->not_hl7_known = e == OK;
    if (e == OK)
        e = meta_number_put(t, "patients", k->counts.patients);
    if (e == OK)
        e = meta_number_put(t, "documents", k->counts.live);
    if (e == OK && k->result == OK)
        e = meta_number_put(t, "last_scan", (uint64_t)j->now);
    return e;
}

static void figures_answer(job *j, err e)
{
    (void)e; // shown only
    scan_over(j->n->scan, j->state);
}

static err chart_count(void *ctx, span chart)
{
    (void)chart;
    ++*(uint64_t *)ctx;
    return OK;
}

// The scan counts a chart in each of its roots; people ask for people.
static void patients_count(const scanner *s, ssmix_counts *c)
{
    uint64_t charts = 0;
    store_txn *t;
    if (store_read(s->n->keep, &t) != OK)
        return;
    if (ssmix_charts(s->n->index, t, chart_count, &charts) == OK)
        c->patients = charts;
    store_end(t);
}

// An ADT-00 that was written over in place: the folder's time does not tell.
static void people_again(scanner *s)
{
    char last[SSMIX_CHART_MAX + 1] = "";
    buf charts = {0};
    do {
        buf_clear(&charts);
        if (contents_charts(s->n, last, CHARTS_A_TURN, &charts) != OK || on_stop(s->n))
            break;
        for (size_t at = 0; at < charts.len; at += strlen(last) + 1) {
            snprintf(last, sizeof last, "%s", (const char *)charts.at + at);
            person_batch_add(s->people, span_str(last));
        }
    } while (charts.len);
    buf_done(&charts);
}

static void scan_once(scanner *s, bool full, bool asked, bool deep)
{
    ending k = {.counted = false};
    contents_pause(s->contents, true);
    k.result = ssmix_scan(s->n->index, full, on_changed, &k.counts);
    k.counted = k.result == OK || (k.result == ERR_IO && k.counts.lost_roots > 0);
    patients_count(s, &k.counts);
    recheck_flush(s);
    if (k.counted && person_batch_renew(s->people) != OK)
        log_line(LOG_WARN, "patients indexed by an earlier version could not all be read anew; the next scan tries again");
    if (deep && k.counted)
        people_again(s);
    person_batch_flush(s->people, &k.identities);
    if (asked && k.counted) { // counted in any case
        (void)!person_unread_list(s->n, DIRTY_KEPT, on_unread, s);
        (void)!contents_list(s->contents, DIRTY_KEPT);
    }
    contents_pause(s->contents, false);
    job *j = k.counted ? job_with(s->n, sizeof k, figures_run, figures_answer) : NULL;
    if (j) {
        *(ending *)j->state = k;
        job_submit(j);
    } else {
        scan_over(s, &k);
    }
}

static void *scanner_main(void *arg)
{
    scanner *s = arg;
    int64_t every = s->n->config.scan_every;
    pthread_mutex_lock(&s->lock);
    s->wanted = s->wanted || every > 0; // what came while we were away
    while (!s->stopping) {
        if (!s->wanted) {
            struct timespec until;
            clock_gettime(CLOCK_MONOTONIC, &until);
            until.tv_sec += every / 1000;
            until.tv_nsec += (long)(every % 1000) * 1000000L;
            if (until.tv_nsec >= 1000000000L) {
                until.tv_nsec -= 1000000000L;
                until.tv_sec++;
            }
            if (every <= 0)
                pthread_cond_wait(&s->work, &s->lock);
            else if (pthread_cond_timedwait(&s->work, &s->lock, &until) != 0)
                s->wanted = true;
            continue;
        }
        bool full = s->full, asked = s->asked, deep = s->wants_contents;
        s->wanted = s->full = s->asked = s->wants_contents = false;
        s->running = true;
        pthread_mutex_unlock(&s->lock);
        scan_once(s, full, asked, deep);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static err index_open(node *n)
{
    const node_config *c = &n->config;
    ssmix_root roots[SSMIX_ROOTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < c->storages.count; i++)
        roots[count++] = (ssmix_root){c->storages.items[i], SSMIX_STANDARD};
    for (size_t i = 0; i < c->storages_extended.count; i++)
        roots[count++] = (ssmix_root){c->storages_extended.items[i], SSMIX_EXTENDED};
    if (count == 0)
        return OK;
    ssmix_options o = {.roots = roots,
                       .root_count = count,
                       .keep = n->keep,
                       .write = n->write,
                       .table_patient = TABLE_PATIENT,
                       .table_folder = TABLE_FOLDER,
                       .id_of = node_document_id,
                       .progress = on_progress,
                       .dirty = on_dirty,
                       .lost = on_lost,
                       .stop = on_stop,
                       .ctx = n};
    memcpy(o.secret, n->secret, sizeof o.secret);
    err e = ssmix_index_open(&o, &n->index);
    explicit_bzero(o.secret, sizeof o.secret);
    return e;
}

static err figures_read(scanner *s)
{
    store_txn *t;
    uint64_t last = 0;
    err e = store_read(s->n->keep, &t);
    if (e)
        return e;
    e = person_unread_count(t, &s->not_hl7);
    if (e == OK)
        e = meta_number(t, "patients", &s->patients);
    if (e == OK)
        e = meta_number(t, "documents", &s->documents);
    s->counts.patients = s->patients;
    s->counts.live = s->documents;
    if (e == OK)
        e = meta_number(t, "last_scan", &last);
    s->last = (time_ms)last;
    store_end(t);
    return e;
}

err scan_start(node *n, void (*changed)(node *n, span charts), scanner **ret)
{
    pthread_condattr_t attr;
    scanner *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEM;
    s->n = n;
    s->tell = changed;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->work, &attr);
    pthread_condattr_destroy(&attr);
    *ret = s; // the callbacks look for it
    err e = index_open(n);
    if (e == OK)
        e = figures_read(s);
    if (e == OK)
        e = person_batch_new(n, on_unread, s, &s->people);
    if (e == OK && n->index)
        e = contents_start(n, on_damaged, s, &s->contents);
    if (e == OK && n->index) {
        e = pthread_create(&s->thread, NULL, scanner_main, s) == 0 ? OK : ERR_MEM;
        s->started = e == OK;
    }
    return e;
}

void scan_stop(scanner *s)
{
    if (!s)
        return;
    if (s->started) {
        pthread_mutex_lock(&s->lock);
        s->stopping = true;
        pthread_mutex_unlock(&s->lock);
        pthread_cond_signal(&s->work);
        pthread_join(s->thread, NULL);
        s->started = false;
    }
    contents_stop(s->contents);
}

void scan_free(scanner *s)
{
    if (!s)
        return;
    person_batch_free(s->people);
    contents_free(s->contents);
    buf_done(&s->changed);
    pthread_cond_destroy(&s->work);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void scan_released(scanner *s, const ssmix_entry *e)
{
    if (s && s->contents)
        contents_released(s->contents, e);
}

bool scan_ask(scanner *s, bool full, bool deep)
{
    pthread_mutex_lock(&s->lock);
    bool may = !s->running && !s->wanted && s->started;
    bool runs = s->started && !may;
    s->wants_contents |= deep && s->started;
    if (runs && deep) // the one that runs goes first
        s->wanted = s->asked = true;
    if (may) {
        s->wanted = s->running = s->asked = true;
        s->full = full;
        s->dirty_count = 0;
        memset(&s->counts, 0, sizeof s->counts);
    }
    pthread_mutex_unlock(&s->lock);
    if (may)
        contents_pause(s->contents, true);
    if (deep && s->contents)
        contents_all(s->contents);
    pthread_cond_signal(&s->work);
    return may;
}

void scan_show(scanner *s, control_in *in)
{
    contents_numbers k = {.running = false};
    if (s->contents)
        contents_figures(s->contents, &k);
    pthread_mutex_lock(&s->lock);
    const ssmix_counts *c = &s->counts;
    const struct { const char *name; uint64_t value; } rows[] = {
        {"files", c->files},           {"live", c->live},
        {"patients", c->patients},     {"folders", c->folders},
        {"listed", c->listed},         {"history", c->history},
        {"deleted", c->deleted},       {"dirty_name", c->dirty_name},
        {"dirty_place", c->dirty_place}, {"vanished", c->vanished},
        {"unreadable", c->unreadable}, {"new", c->new_entries},
        {"gone", c->gone_entries},     {"took_ms", (uint64_t)c->took_ms},
        {"identities", s->identities}, {"lost_roots", c->lost_roots},
        {"not_hl7", s->not_hl7 + k.not_hl7},
        {"truncated", k.truncated},    {"encoding", k.encoding},
        {"looked_at", k.documents},    {"opened", k.opened},
    };
    control_record(in, "scan");
    control_text(in, "running", s->running ? "yes" : "no");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        control_number(in, rows[i].name, (int64_t)rows[i].value);
    control_text(in, "contents", k.running ? "running" : s->n->config.contents ? "on" : "off");
    control_text(in, "result", s->running ? "" : err_name(s->result));
    size_t from = s->dirty_count > DIRTY_KEPT ? s->dirty_count - DIRTY_KEPT : 0;
    for (size_t i = from; i < s->dirty_count; i++) {
        control_record(in, "dirty");
        control_text(in, "path", s->dirty[i % DIRTY_KEPT].path);
        control_text(in, "why", s->dirty[i % DIRTY_KEPT].why);
    }
    pthread_mutex_unlock(&s->lock);
}

void scan_figures(scanner *s, uint64_t *ret_patients, uint64_t *ret_documents, time_ms *ret_last)
{
    pthread_mutex_lock(&s->lock);
    *ret_patients = s->patients;
    *ret_documents = s->documents;
    *ret_last = s->last;
    pthread_mutex_unlock(&s->lock);
}
