// SPDX-License-Identifier: Apache-2.0
// Tickets in memory, each for the user who got it, under a short handle.
#include <stdlib.h>
#include <string.h>

#include "node/openings/reviews.h"
#include "node/viewing/viewer.h"

enum { TICKETS_MAX = 20000, KEPT_AFTER_MS = 600000 };

struct kept_ticket {
    kept_ticket *next;
    char handle[HANDLE_MAX + 1], user[PEOPLE_TEXT];
    uint64_t facility;
    time_ms expires, since; // since: by clock_mono_ms
    char *words;      // behind the bytes, or NULL
    size_t len;
    uint8_t bytes[];
};

// Kept a little beyond their end, so that "expired" is said and not "unknown". Locked.
static void tickets_prune(viewer *v, time_ms now)
{
    size_t count = 0;
    for (kept_ticket **at = &v->tickets; *at;) {
        kept_ticket *k = *at;
        if (k->expires + KEPT_AFTER_MS < now || ++count >= TICKETS_MAX) {
            *at = k->next;
            free(k);
        } else {
            at = &k->next;
        }
    }
}

err tickets_keep(node *n, const person *who, span bytes, const char *words, char ret[static HANDLE_MAX + 1])
{
    ticket says;
    viewer *v = n->view;
    err e = ticket_peek(bytes, &says);
    if (e)
        return e;
    kept_ticket *k = calloc(1, sizeof *k + bytes.len + (words ? strlen(words) + 1 : 0));
    if (!k)
        return ERR_MEM;
    viewer_handle(k->handle);
    strcpy(k->user, who->user);
    k->facility = who->facility;
    k->expires = says.expires;
    k->since = clock_mono_ms();
    k->len = bytes.len;
    memcpy(k->bytes, bytes.at, bytes.len);
    if (words)
        k->words = strcpy((char *)k->bytes + bytes.len, words);
    strcpy(ret, k->handle);
    pthread_mutex_lock(&v->lock);
    tickets_prune(v, clock_now_ms());
    k->next = v->tickets;
    v->tickets = k;
    pthread_mutex_unlock(&v->lock);
    return OK;
}

static err hex_find(const char *text, arena *a, span *ret)
{
    size_t len = strlen(text);
    if (len % 2 || len / 2 > WIRE_TICKET_MAX)
        return ERR_NOT_FOUND;
    uint8_t *bytes = arena_get(a, len / 2 + 1);
    if (!bytes)
        return ERR_MEM;
    if (hex_get(span_str(text), bytes, len / 2) != OK)
        return ERR_NOT_FOUND;
    *ret = span_of(bytes, len / 2);
    return OK;
}

err tickets_find(node *n, const person *who, const char *text, arena *a, span *ret, ticket *ret_says)
{
    viewer *v = n->view;
    span bytes = {0};
    time_ms since = INT64_MAX; // one from elsewhere: nobody here knows since when
    err e = ERR_NOT_FOUND;
    if (!text)
        return ERR_USAGE;
    if (strlen(text) > HANDLE_MAX) {
        e = hex_find(text, a, &bytes);
    } else {
        pthread_mutex_lock(&v->lock);
        for (kept_ticket *k = v->tickets; k; k = k->next)
            if (strcmp(k->handle, text) == 0 && strcmp(k->user, who->user) == 0 && k->facility == who->facility) {
                bytes = arena_copy(a, span_of(k->bytes, k->len));
                since = k->since;
                e = bytes.at ? OK : ERR_MEM;
            }
        pthread_mutex_unlock(&v->lock);
    }
    if (e == OK)
        e = ticket_peek(bytes, ret_says);
    if (e == OK) {
        book *b = node_book(n);
        e = viewer_lets(n, b->r->p, who->facility, &ret_says->who, since, ret_says->reason != 0);
        book_drop(b);
    }
    if (e == OK)
        *ret = bytes;
    return e;
}

const char *tickets_words(node *n, const person *who, const char *text, arena *a)
{
    viewer *v = n->view;
    const char *ret = NULL;
    pthread_mutex_lock(&v->lock);
    for (kept_ticket *k = v->tickets; text && k; k = k->next)
        if (k->words && strcmp(k->handle, text) == 0 && strcmp(k->user, who->user) == 0 && k->facility == who->facility)
            ret = arena_str(a, span_str(k->words));
    pthread_mutex_unlock(&v->lock);
    return ret;
}

static void says_show(control_in *in, const book *b, span bytes, const ticket *k)
{
    const policy *p = b->r->p;
    char when[30], day_text[11];
    buf list = {0};
    control_record(in, "ticket");
    control_bytes(in, "bytes", bytes);
    control_text(in, "node", k->node);
    control_facility(in, "facility", k->facility);
    control_bytes(in, "user", span_of(k->user, USER_ID_BYTES));
    control_text(in, "role", k->role < policy_role_count(p) ? policy_role_text(p, k->role).id : "?");
    control_text(in, "reason", emergency_reason_of(b, k));
    control_text(in, "purpose", k->purpose < policy_purpose_count(p) ? policy_purpose_text(p, k->purpose).id : "?");
    control_facility(in, "source", k->source);
    for (int bit = 0; bit < CARD_CATEGORIES; bit++)
        if (k->categories >> bit & 1) {
            day_format(k->from[bit], day_text);
            buf_printf(&list, "%s%s:%s", list.len ? "," : "",
                       bit < policy_category_count(p) ? policy_category_text(p, bit).id : "?", day_text);
        }
    control_text(in, "categories", buf_str(&list));
    time_format(k->issued, when);
    control_text(in, "issued", when);
    time_format(k->expires, when);
    control_text(in, "expires", when);
    control_bytes(in, "rules", span_of(k->rules.at, HASH_BYTES));
    control_number(in, "log_seq", (int64_t)k->log_seq);
    buf_done(&list);
}

typedef struct showing {
    person who;
    uint8_t user_id[USER_ID_BYTES];
    ticket k;
} showing;

static err show_run(job *j, store_txn *t)
{
    showing *s = j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    viewer_entry(&e, &s->who, s->user_id, &s->k);
    e.event = EVENT_CONTROL;
    e.note = (char *)"ticket shown";
    return job_log(j, t, &e);
}

static void show_answer(job *j, err e)
{
    job_finish(j, e);
}

void tickets_show(node *n, control_in *in)
{
    person who;
    span bytes;
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(showing), show_run, show_answer);
    showing *s = j ? j->state : NULL;
    err e = s ? tickets_find(n, &who, control_arg(in, "ticket"), control_arena(in), &bytes, &s->k) : ERR_MEM;
    if (e) {
        job_free(j);
        control_note(in, "%s", e == ERR_WITHDRAWN ? "the patient withdrew at this facility"
                                                  : "no such ticket: look up again");
        control_finish(in, e);
        return;
    }
    s->who = who;
    user_id_of(n->secret, who.facility, who.user, s->user_id);
    says_show(in, j->rules, bytes, &s->k);
    j->in = in;
    job_submit(j);
}

void viewer_free(viewer *v)
{
    if (!v)
        return;
    while (v->tickets) {
        kept_ticket *k = v->tickets;
        v->tickets = k->next;
        free(k);
    }
    viewer_ends_free(v);
    pthread_mutex_destroy(&v->ends_lock);
    pthread_mutex_destroy(&v->lock);
    free(v);
}
