// SPDX-License-Identifier: Apache-2.0
// Files for the shelf on their way in, piece by piece.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/counter/pieces.h"
#include "proto/base/log.h"

struct filing {
    pthread_mutex_t lock;
    arriving *items; // under lock; one that a piece is just written to is in no list
    size_t count;    // with those
};

err filing_open(node *n, filing **ret)
{
    char dir[4096];
    snprintf(dir, sizeof dir, "%s/shelf", n->config.data);
    shelf_options o = {.dir = dir, .keep = n->keep, .table = TABLE_SHELF, .quota = (uint64_t)n->config.shelf_quota};
    filing *f = calloc(1, sizeof *f);
    err e = f ? shelf_open(&o, &n->papers) : ERR_MEM;
    if (e) {
        log_line(LOG_ERROR, "%s: %s", dir, err_text(e));
        free(f);
        return e;
    }
    pthread_mutex_init(&f->lock, NULL);
    *ret = f;
    return OK;
}

void arriving_free(node *n, arriving *a)
{
    shelf_upload_free(a->u);
    free(a);
    pthread_mutex_lock(&n->files->lock);
    n->files->count--;
    pthread_mutex_unlock(&n->files->lock);
}

void filing_free(filing *f)
{
    if (!f)
        return;
    for (arriving *a = f->items, *next; a; a = next) {
        next = a->next;
        shelf_upload_free(a->u);
        free(a);
    }
    pthread_mutex_destroy(&f->lock);
    free(f);
}

void filing_tick(node *n, time_ms now)
{
    arriving *old = NULL;
    pthread_mutex_lock(&n->files->lock);
    for (arriving **at = &n->files->items; *at;) {
        arriving *a = *at;
        if (now - a->seen <= FILING_IDLE_MS) {
            at = &a->next;
            continue;
        }
        *at = a->next;
        a->next = old;
        old = a;
    }
    pthread_mutex_unlock(&n->files->lock);
    for (arriving *next; old; old = next) {
        next = old->next;
        arriving_free(n, old);
    }
}

// ---- pieces -----------------------------------------------------------------------------------

static err arriving_begin(node *n, const person *who, uint64_t total, arriving **ret)
{
    pthread_mutex_lock(&n->files->lock);
    bool room = n->files->count < FILING_AT_ONCE;
    n->files->count += room;
    pthread_mutex_unlock(&n->files->lock);
    if (!room)
        return ERR_BUSY;
    arriving *a = calloc(1, sizeof *a);
    err e = a ? shelf_upload_new(n->papers, total, &a->u) : ERR_MEM;
    if (e) {
        free(a);
        pthread_mutex_lock(&n->files->lock);
        n->files->count--;
        pthread_mutex_unlock(&n->files->lock);
        return e;
    }
    viewer_handle(a->handle);
    a->facility = who->facility;
    strcpy(a->user, who->user);
    *ret = a;
    return OK;
}

// Out of the list: nobody else writes to it meanwhile.
static arriving *arriving_take(node *n, const person *who, const char *handle)
{
    arriving *a = NULL;
    pthread_mutex_lock(&n->files->lock);
    for (arriving **at = &n->files->items; *at; at = &(*at)->next)
        if (strcmp((*at)->handle, handle) == 0 && (*at)->facility == who->facility &&
            strcmp((*at)->user, who->user) == 0) {
            a = *at;
            *at = a->next;
            break;
        }
    pthread_mutex_unlock(&n->files->lock);
    return a;
}

static void arriving_list(node *n, arriving *a)
{
    a->seen = clock_now_ms();
    pthread_mutex_lock(&n->files->lock);
    a->next = n->files->items;
    n->files->items = a;
    pthread_mutex_unlock(&n->files->lock);
}

static void piece_note(control_in *in, err e)
{
    if (e == ERR_FULL)
        control_note(in, "the node's disk is full: nothing was filed, and nothing filed before is lost");
    else if (e == ERR_LIMIT)
        control_note(in, "a file of 1 byte to %u MiB can be filed", SHELF_FILE_MAX >> 20);
    else if (e == ERR_BUSY)
        control_note(in, "too many files are being filed at once: try again in a minute");
    else if (e == ERR_CONFLICT || e == ERR_NOT_FOUND)
        control_note(in, "a piece of the file is missing: file it again from the start");
}

arriving *piece_take(node *n, control_in *in, const person *who)
{
    const char *handle = control_arg(in, "handle");
    int64_t total = 0, at = 0;
    arriving *a = NULL;
    err e = control_arg_int(in, "total", 0, INT64_MAX, 0, &total);
    if (e == OK)
        e = control_arg_int(in, "at", 0, INT64_MAX, 0, &at);
    if (e == OK && handle)
        e = (a = arriving_take(n, who, handle)) ? OK : ERR_NOT_FOUND;
    else if (e == OK)
        e = arriving_begin(n, who, (uint64_t)total, &a);
    if (e == OK)
        e = shelf_upload_put(a->u, (uint64_t)at, control_data(in));
    if (e == OK && shelf_upload_whole(a->u))
        return a;
    if (e == OK) {
        control_piece(in, (span){0}, a->handle, true);
        arriving_list(n, a);
    } else {
        piece_note(in, e);
        if (a)
            arriving_free(n, a);
    }
    control_finish(in, e);
    return NULL;
}
