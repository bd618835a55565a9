// SPDX-License-Identifier: Apache-2.0
#include "hub/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/desk.h"
#include "hub/handout.h"
#include "policies/rules/folder.h"
#include "proto/base/log.h"

// Under book.lock: for those who must not wait for it.
static void heads_set(hub *h)
{
    const members_shelf *s = &h->book.lists;
    pthread_mutex_lock(&h->rules_lock);
    h->book.list_count = 0;
    for (size_t i = 0; i < s->count; i++) {
        book_list_head *head = &h->book.list_heads[h->book.list_count];
        *head = (book_list_head){.serial = s->lists[i]->serial};
        snprintf(head->union_id, sizeof head->union_id, "%s", s->lists[i]->union_id);
        h->book.list_count += members_hash(s->lists[i], &head->hash) == OK;
    }
    pthread_mutex_unlock(&h->rules_lock);
}

err lists_open(hub *h)
{
    err e = shelf_load(&h->book.lists, h->config.rules_dir);
    if (e)
        log_line(LOG_ERROR, "%s/members: %s", h->config.rules_dir, err_text(e));
    else
        heads_set(h);
    return e;
}

void lists_relaid(hub *h)
{
    pthread_mutex_lock(&h->book.lock);
    heads_set(h);
    book_force(h, clock_now_ms());
    pthread_mutex_unlock(&h->book.lock);
}

err lists_effective(hub *h, rules *version, rules **ret)
{
    members_issues issues = {0};
    err e = shelf_rules(&h->book.lists, version, &issues, ret);
    for (size_t i = 0; e == OK && i < issues.count; i++) {
        buf text = {0};
        if (members_issue_put(&issues.items[i], &text) == OK)
            log_line(LOG_WARN, "members, under rules version %u without effect: %s", policy_version(version->p),
                     buf_str(&text));
        buf_done(&text);
    }
    members_issues_done(&issues);
    return e;
}

err lists_get(hub *h, const char *union_id, uint64_t serial, buf *out)
{
    return h->config.rules_dir && serial <= UINT32_MAX
               ? folder_get_list(h->config.rules_dir, union_id, (uint32_t)serial, out) : ERR_NOT_FOUND;
}

list_heads *list_heads_new(hub *h)
{
    list_heads *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    pthread_mutex_lock(&h->rules_lock);
    l->count = h->book.list_count;
    memcpy(l->of, h->book.list_heads, l->count * sizeof *l->of);
    pthread_mutex_unlock(&h->rules_lock);
    for (size_t i = 0; i < l->count; i++) {
        l->said[i] = (Tsunagu__ListHead)TSUNAGU__LIST_HEAD__INIT;
        l->said[i].union_id = l->of[i].union_id;
        l->said[i].serial = l->of[i].serial;
        l->said[i].hash = wire_bytes(span_of(l->of[i].hash.at, HASH_BYTES));
        l->at[i] = &l->said[i];
    }
    return l;
}

// ---- publishing ----------------------------------------------------------------------

typedef struct listing {
    control_in *in;
    members_why why;
    members_issue issue;
    char union_id[BUNDLE_TEXT + 1], text[512], note[256];
    uint32_t serial;
    hash32 hash;
    bool read; // false: it is no list
} listing;

static const char *name_of(const listing *l)
{
    return l->read ? members_why_name(l->why) : "bytes";
}

static err status_of(const listing *l)
{
    if (!l->read)
        return ERR_FORMAT;
    switch (l->why) {
    case MEMBERS_GOOD:
    case MEMBERS_SAME: return OK;
    case MEMBERS_UNSIGNED:
    case MEMBERS_OTHER_UNION:
    case MEMBERS_WRONG_KEY: return ERR_AUTH;
    case MEMBERS_ROLLBACK:
    case MEMBERS_FORK:
    case MEMBERS_GAP:
    case MEMBERS_OTHER_PREVIOUS: return ERR_CONFLICT;
    default: return ERR_DENIED;
    }
}

static err listing_log(job *j, store_txn *t)
{
    const listing *l = j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    e.event = EVENT_MEMBERS;
    e.status = (uint32_t)status_of(l);
    e.node = j->h->config.name;
    e.note = (char *)l->note;
    return job_log(j, t, &e, NULL);
}

// The operator hears of it once the entry is durable.
static void listing_answer(job *j, err e)
{
    const listing *l = j->state;
    control_in *in = l->in;
    err status = status_of(l);
    if (e == OK) {
        control_record(in, "members");
        control_text(in, "state", status ? "refused" : "accepted");
        control_text(in, "why", name_of(l));
        control_text(in, "text", l->text);
        control_text(in, "union", l->union_id);
        control_number(in, "serial", l->serial);
        control_bytes(in, "hash", span_of(l->hash.at, HASH_BYTES));
    }
    control_finish(in, e ? e : status);
}

static void listing_unsent(job *j)
{
    const listing *l = j->state;
    control_finish(l->in, ERR_BUSY);
}

static void listing_tell(hub *h, const listing *said)
{
    job *j = job_new(h, NULL, NULL, listing_log, listing_answer);
    listing *l = j ? arena_get(&j->memory, sizeof *l) : NULL;
    if (!l) {
        job_free(j);
        control_finish(said->in, ERR_MEM);
        return;
    }
    *l = *said;
    snprintf(l->note, sizeof l->note, "%s: list %u of %.60s: %s: %.120s", status_of(l) ? "refused" : "accepted",
             l->serial, l->union_id, name_of(l), l->text);
    j->state = l;
    j->unsent = listing_unsent;
    job_submit(j);
}

// Judged over the version in force, kept on the disk, then in force; under book.lock.
static err list_take(hub *h, members *m, span bytes, time_ms now, listing *l, bool *ret_other)
{
    buf laid = {0};
    const chain_version *base = chain_find(h->book.versions, policy_version(h->rules_now->p));
    err e = base ? members_accept(base->r->p, h->book.lists.lists, h->book.lists.count, m, day_of_time(now), false,
                                  &l->why, &l->issue, &laid)
                 : ERR_INTERNAL;
    buf_done(&laid);
    if (e == OK && l->why == MEMBERS_GOOD) {
        e = folder_put_list(h->config.rules_dir, m->union_id, m->serial, bytes);
        if (e == OK)
            e = shelf_put(&h->book.lists, m);
        if (e == OK) {
            heads_set(h);
            *ret_other = book_force(h, now);
        }
    }
    return e;
}

static void reason_put(listing *l)
{
    buf text = {0};
    if (l->why == MEMBERS_DISTURBS)
        buf_printf(&text, "%s: ", members_why_text(l->why));
    if (l->issue.why)
        (void)(members_issue_put(&l->issue, &text) == OK); // sticky
    else
        buf_put_str(&text, members_why_text(l->why));
    snprintf(l->text, sizeof l->text, "%s", buf_str(&text));
    buf_done(&text);
}

static err list_judge(hub *h, span bytes, listing *l)
{
    members m;
    bool other = false;
    time_ms now = clock_now_ms();
    err e = members_read(bytes, &m);
    if (e) {
        snprintf(l->text, sizeof l->text, "it is no membership list");
        return e == ERR_MEM ? e : OK;
    }
    l->read = true;
    l->serial = m.serial;
    snprintf(l->union_id, sizeof l->union_id, "%s", m.union_id);
    e = members_hash(&m, &l->hash);
    pthread_mutex_lock(&h->book.lock);
    if (e == OK)
        e = list_take(h, &m, bytes, now, l, &other);
    pthread_mutex_unlock(&h->book.lock);
    members_done(&m);
    if (e == OK)
        reason_put(l);
    if (other)
        book_follow(h, "with another membership list");
    if (e == OK && l->why == MEMBERS_GOOD) {
        book_remember(h);
        handout_hint(h);
    }
    return e;
}

void members_publish(hub *h, control_in *in)
{
    buf all = {0};
    listing l = {.in = in};
    if (!h->config.rules_dir) {
        control_note(in, "this hub reads its rules from one file: it needs rules_dir to take lists");
        control_finish(in, ERR_UNSUPPORTED);
        return;
    }
    if (!upload_take(&h->upload, in, MEMBERS_BYTES, &all))
        return;
    err e = list_judge(h, buf_span(&all), &l);
    buf_done(&all);
    if (e) {
        char text[160];
        snprintf(text, sizeof text, "%s: a list could not be stored: %s", err_name(e), err_text(e));
        hub_note(h, EVENT_MEMBERS, e, h->config.name, text);
        control_note(in, "it could not be stored (%s); the list held before stays", err_text(e));
        control_finish(in, e);
        return;
    }
    listing_tell(h, &l);
}

void members_list(hub *h, control_in *in)
{
    pthread_mutex_lock(&h->book.lock);
    for (size_t i = 0; i < h->book.lists.count; i++) {
        members *m = h->book.lists.lists[i];
        hash32 hash = {{0}};
        char on[11];
        day_format(m->on, on);
        if (members_hash(m, &hash))
            continue;
        control_record(in, "list");
        control_text(in, "union", m->union_id);
        control_number(in, "serial", m->serial);
        control_text(in, "on", on);
        control_number(in, "facilities", (int64_t)m->facility_count);
        control_number(in, "nodes", (int64_t)m->node_count);
        control_text(in, "why", members_why_name(members_whose(h->rules_now->p, m)));
        control_bytes(in, "hash", span_of(hash.at, HASH_BYTES));
    }
    pthread_mutex_unlock(&h->book.lock);
    control_finish(in, OK);
}
