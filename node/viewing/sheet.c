// SPDX-License-Identifier: Apache-2.0
// Look-ups, manifests, and a timeline (both in one). Everything asked for is gathered
// first, sorted by day, and told in pages; a manifest is a list, not the documents.
#include <stdlib.h>
#include <string.h>

#include "node/viewing/sheet_in.h"

enum { SHEET_ARENA = 64 << 20, MANIFEST_MAX = 16 << 20, PLAIN_MAX = 64 << 20, SHEETS_MAX = 64 };

sheet *sheet_new(node *n, control_in *in, const person *who)
{
    sheet *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    arena_init(&s->memory, SHEET_ARENA);
    s->n = n;
    s->rules = node_book(n);
    s->in = in;
    s->who = *who;
    s->since = clock_mono_ms();
    user_id_of(n->secret, who->facility, who->user, s->user_id);
    viewer_handle(s->handle);
    __atomic_add_fetch(&n->jobs_open, 1, __ATOMIC_RELAXED);
    return s;
}

void sheet_free(sheet *s)
{
    for (size_t i = 0; i < s->source_count; i++) {
        fetch_drop(s->sources[i].f);
        buf_wipe(&s->sources[i].plain);
    }
    free(s->items);
    arena_done(&s->memory);
    book_drop(s->rules);
    __atomic_sub_fetch(&s->n->jobs_open, 1, __ATOMIC_RELEASE);
    free(s);
}

void sheet_refuse(sheet *s, err e, const char *note)
{
    if (note && note[0])
        control_note(s->in, "%s", note);
    control_finish(s->in, e);
    sheet_free(s);
}

err sheet_look(sheet *s)
{
    const policy *p = s->rules->r->p;
    bool emergency = s->manifest ? s->says[0].reason != 0 : s->q.reason && s->q.reason[0];
    pseudonym who = s->says[0].who;
    err e = s->manifest ? OK : pseudonym_parse(wire_span(s->q.pseudonym), &who);
    if (e == OK)
        e = viewer_lets(s->n, p, s->who.facility, &who, s->since, emergency);
    if (e == OK && viewer_changed(s->n->view, s->who.facility, &who, s->since))
        e = ERR_NOT_FOUND;
    return e ? e : narrowed_read(s->n, p, s->who.facility, &who, emergency, &s->left);
}

// ---- gathering ----------------------------------------------------------------------------------

static int item_cmp(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->m->day != y->m->day)
        return x->m->day < y->m->day ? -1 : 1;
    if (x->m->time_ms != y->m->time_ms)
        return x->m->time_ms < y->m->time_ms ? -1 : 1;
    return (x->facility > y->facility) - (x->facility < y->facility);
}

static err items_add(sheet *s, uint64_t facility, const Tsunagu__Manifest *m)
{
    if (s->item_count + m->n_entries > s->item_room) {
        size_t room = (s->item_count + m->n_entries) * 2;
        item *grown = realloc(s->items, room * sizeof *grown);
        if (!grown)
            return ERR_MEM;
        s->items = grown;
        s->item_room = room;
    }
    for (size_t i = 0; i < m->n_entries; i++)
        s->items[s->item_count++] = (item){facility, m->entries[i]};
    return OK;
}

static err manifest_read(sheet *s, source *k)
{
    reader r = reader_of(buf_span(&k->plain));
    bool more = true;
    while (more && r.rest.len) {
        Tsunagu__Manifest *m;
        span bytes = read_bytes(&r, read_u32(&r));
        if (r.bad)
            return ERR_FORMAT;
        err e = WIRE_DECODE(bytes, Tsunagu__Manifest, tsunagu__manifest__descriptor, 1 << 20, &s->memory, &m);
        if (e == OK)
            e = items_add(s, k->facility, m);
        if (e)
            return e;
        if (m->patient)
            k->facts = m->patient;
        k->older = k->older || m->older_withheld;
        more = m->more;
    }
    return more || r.rest.len ? ERR_FORMAT : OK;
}

void sheet_end(sheet *s)
{
    err status = OK;
    if (__atomic_sub_fetch(&s->waiting, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < s->source_count; i++) {
        source *k = &s->sources[i];
        size_t before = s->item_count;
        if (k->result == OK && (k->result = manifest_read(s, k)) != OK) {
            s->item_count = before; // the half of a list would look like a short one
            k->facts = NULL;
            k->older = false;
        }
        buf_wipe(&k->plain);
        if (k->result && s->manifest) {
            status = k->result;
            if (k->note[0])
                control_note(s->in, "%s", k->note);
        }
    }
    if (s->reply && !s->reply->n_facilities)
        control_note(s->in, "no hospital discloses this patient to this facility");
    if (s->item_count)
        qsort(s->items, s->item_count, sizeof *s->items, item_cmp);
    page_show(s, s->in, status);
}

static void on_plain(void *ctx, span plain, uint32_t cost)
{
    source *k = ctx;
    k->plain.max = MANIFEST_MAX;
    if (__atomic_add_fetch(&k->s->held, plain.len, __ATOMIC_RELAXED) > PLAIN_MAX ||
        (k->result == OK && buf_put_span(&k->plain, plain) != OK))
        k->result = ERR_LIMIT;
    if (k->result)
        fetch_cancel(k->f);
    else
        fetch_credit(k->f, cost);
}

static void on_done(void *ctx, err e, const char *note)
{
    source *k = ctx;
    k->result = k->result ? k->result : e;
    if (note)
        strncpy(k->note, note, sizeof k->note - 1);
    sheet_end(k->s);
}

void source_start(sheet *s, span bytes, const ticket *says)
{
    source *k = &s->sources[s->source_count++];
    fetch_events ev = {k, on_plain, on_done};
    k->s = s;
    k->facility = says->source;
    __atomic_add_fetch(&s->waiting, 1, __ATOMIC_RELAXED);
    err e = fetch_start(s->n, s->rules, bytes, says, NULL, s->words, &ev, &k->f);
    if (e)
        on_done(k, e, e == ERR_UNREACHABLE ? "the hub is not connected" : NULL);
}

// ---- between two pages -------------------------------------------------------------------

sheet *sheet_take(viewer *v, const char *handle)
{
    sheet *found = NULL;
    pthread_mutex_lock(&v->lock);
    for (sheet **at = &v->sheets; *at; at = &(*at)->next)
        if (strcmp((*at)->handle, handle) == 0) {
            found = *at;
            *at = found->next;
            break;
        }
    pthread_mutex_unlock(&v->lock);
    return found;
}

// Keeps a sheet for its next page. ret_oldest: one that has to go for it, or NULL.
void sheet_keep(viewer *v, sheet *s, sheet **ret_oldest)
{
    size_t count = 0;
    *ret_oldest = NULL;
    pthread_mutex_lock(&v->lock);
    s->next = v->sheets;
    v->sheets = s;
    for (sheet **at = &v->sheets; *at; at = &(*at)->next)
        if (++count > SHEETS_MAX) {
            *ret_oldest = *at;
            *at = NULL; // it is the last of the list
            break;
        }
    pthread_mutex_unlock(&v->lock);
}

void sheets_tick(node *n, time_ms now)
{
    viewer *v = n->view;
    time_ms mono = clock_mono_ms();
    sheet *gone = NULL;
    pthread_mutex_lock(&v->lock);
    for (sheet **at = &v->sheets; *at;) {
        sheet *s = *at;
        if (now != INT64_MAX && mono - s->used <= HANDLE_IDLE_MS) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        s->next = gone;
        gone = s;
    }
    pthread_mutex_unlock(&v->lock);
    while (gone) {
        sheet *s = gone;
        gone = s->next;
        sheet_free(s);
    }
}
