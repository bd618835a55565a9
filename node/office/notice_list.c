// SPDX-License-Identifier: Apache-2.0
// Notices as their facility's people read, follow and take them.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/office/notice_in.h"
#include "node/office/secretariat.h"
#include "node/office/thread.h"
#include "proto/base/luhn.h"

enum { NOTICES_PAGE = 200, FOLLOW_MS = 60000 };

// A person of the people file sees their facility's; whoever runs the node may name any of its facilities.
static err asker(node *n, control_in *in, uint64_t *ret)
{
    const char *as = control_arg(in, "as"), *code = control_arg(in, "facility");
    uint32_t uid = control_uid(in);
    person who;
    if (as) {
        err e = node_asker(n, in, &who);
        if (e == OK)
            *ret = who.facility;
        return e;
    }
    err e = uid == 0 || uid == geteuid() ? OK : ERR_DENIED;
    if (e)
        control_note(in, "%s", "say who asks: --as USER; only the node's own user may name a facility instead");
    else if (code && strcmp(code, "secretariat") == 0)
        *ret = SECRETARIAT;
    else if (code)
        e = institution_parse(span_str(code), ret);
    else if (n->facility)
        *ret = n->facility;
    else
        e = ERR_USAGE;
    if (e == ERR_USAGE || e == ERR_FORMAT)
        control_note(in, "%s", "whose notices? --as USER, or --facility CODE (10 digits)");
    if (e)
        control_finish(in, e == ERR_FORMAT ? ERR_USAGE : e);
    return e;
}

typedef struct listing {
    node *n;
    control_in *in;
    store_txn *t;
    bool all;
    size_t shown;
    uint64_t last;
    bool more;
} listing;

// A request is looked at where this facility has it: in its inbox, or among those it sent.
static bool look_request(const listing *l, const notice *k, const char *id)
{
    const requests q = flow_reading();
    request *r;
    char text[64];
    arena a;
    arena_init(&a, 1 << 20);
    bool found = requests_get(&q, l->t, k->reference, &a, &r) == OK;
    if (found) {
        snprintf(text, sizeof text, r->side == REQUEST_HOSPITAL ? "tsunagu inbox show %s" : "tsunagu requests %s", id);
        control_text(l->in, "look", text);
    }
    arena_done(&a);
    return found;
}

// Where it can be seen: only ids that say nothing by themselves.
static void look_put(const listing *l, const notice *k)
{
    char id[9], text[64];
    hex_put(id, span_of(k->reference, 4));
    if (look_request(l, k, id))
        return;
    switch (k->event) {
    case FLOW_EVENT_ARRIVED: case FLOW_EVENT_REPLIED: case FLOW_EVENT_OVERDUE: case FLOW_EVENT_CANCELLED:
        snprintf(text, sizeof text, "tsunagu inbox show %s", id);
        break;
    case FLOW_EVENT_ASKED_BACK: case FLOW_EVENT_COMPLETED: case FLOW_EVENT_REFUSED: case FLOW_EVENT_DOCUMENTS:
        snprintf(text, sizeof text, "tsunagu requests %s", id);
        break;
    case FLOW_EVENT_ENQUIRED:
        snprintf(text, sizeof text, "tsunagu requests --group %s", id);
        break;
    case FLOW_EVENT_CHANGED: case FLOW_EVENT_WITHDRAWN: case FLOW_EVENT_OBJECTED: case FLOW_EVENT_EXPIRING:
    case FLOW_EVENT_ENDED: case FLOW_EVENT_MAJORITY:
        snprintf(text, sizeof text, "tsunagu consents --id %s", id);
        break;
    case FLOW_EVENT_EMERGENCY: case FLOW_EVENT_REVIEW_DUE: case FLOW_EVENT_CONSENT_DUE:
        snprintf(text, sizeof text, "tsunagu reviews --all");
        break;
    case FLOW_EVENT_APPLIED: case FLOW_EVENT_JOINED: case FLOW_EVENT_LEFT:
        snprintf(text, sizeof text, k->facility == SECRETARIAT ? "tsunagu applications --all" : "tsunagu status");
        break;
    default:
        snprintf(text, sizeof text, "tsunagu status");
    }
    control_text(l->in, "look", text);
}

// Whom the rules name and who has no inbox: somebody who reads this tells them.
static void tell_put(const listing *l, const notice *k)
{
    book *b = node_book(l->n);
    uint32_t told = policy_told_of(b->r->p, k->event);
    bool council = told >> FLOW_TO_COUNCIL & 1 && k->facility == SECRETARIAT;
    bool patient = told >> FLOW_TO_PATIENT & 1 && k->facility && k->facility == l->n->facility;
    control_text(l->in, "tell", council ? "council" : patient ? "patient" : "");
    book_drop(b);
}

static err list_one(void *ctx, const notice *k)
{
    listing *l = ctx;
    char when[30], code[11];
    if (k->taken && !l->all) {
        l->last = k->number;
        return OK;
    }
    if (l->shown++ == NOTICES_PAGE) {
        l->more = true;
        return ERR_CLOSED;
    }
    l->last = k->number;
    control_record(l->in, "notice");
    control_number(l->in, "number", (int64_t)k->number);
    control_text(l->in, "event", policy_flow_event_name(k->event));
    control_text(l->in, "what", notice_words(k->event, control_japanese(l->in)));
    time_format(k->at, when);
    control_text(l->in, "at", when);
    look_put(l, k);
    tell_put(l, k);
    control_bytes(l->in, "reference", span_of(k->reference, NOTICE_REFERENCE));
    institution_format(k->facility, code);
    control_text(l->in, "facility", code);
    when[0] = '\0';
    if (k->taken)
        time_format(k->taken, when);
    control_text(l->in, "taken", when);
    return OK;
}

// Everything behind `after`, as records; `upto` says how far they go, also if nothing was shown.
static err list_put(node *n, control_in *in, uint64_t facility, uint64_t after, listing *ret)
{
    const char *all = control_arg(in, "all");
    listing l = {.n = n, .in = in, .all = all && strcmp(all, "yes") == 0, .last = after};
    err e = store_read(n->keep, &l.t);
    if (e)
        return e;
    e = notices_walk(n->board->all, l.t, facility, after, list_one, &l);
    store_end(l.t);
    *ret = l;
    return e;
}

static void list_finish(control_in *in, const listing *l, err e)
{
    char handle[24];
    if (e == OK) {
        control_record(in, "upto");
        control_number(in, "number", (int64_t)l->last);
        snprintf(handle, sizeof handle, "%" PRIu64, l->last);
        if (l->more)
            control_piece(in, (span){0}, handle, true);
    }
    control_finish(in, e);
}

static bool follow(node *n, const follower *f)
{
    noticeboard *b = n->board;
    bool taken = false;
    pthread_mutex_lock(&b->lock);
    for (int i = 0; i < FOLLOWERS && !taken && !b->closing; i++)
        if (!b->waiting[i].in) {
            b->waiting[i] = *f;
            taken = true;
        }
    pthread_mutex_unlock(&b->lock);
    return taken;
}

static void list_number(node *n, control_in *in, uint64_t facility, uint64_t number)
{
    listing l = {.n = n, .in = in, .all = true};
    notice k;
    err e = store_read(n->keep, &l.t);
    if (e == OK) {
        e = notices_get(n->board->all, l.t, facility, number, &k);
        if (e == OK)
            e = list_one(&l, &k);
        store_end(l.t);
    }
    control_finish(in, e);
}

void notice_list(node *n, control_in *in)
{
    int64_t after, wait, number;
    uint64_t facility;
    listing l = {0};
    const char *handle = control_arg(in, "handle");
    if (asker(n, in, &facility) != OK)
        return;
    err e = control_arg_int(in, handle && handle[0] ? "handle" : "after", 0, INT64_MAX, 0, &after);
    if (e == OK)
        e = control_arg_int(in, "wait_ms", 0, FOLLOW_MS, 0, &wait);
    if (e == OK)
        e = control_arg_int(in, "number", 1, INT64_MAX, 0, &number);
    if (e) {
        control_finish(in, e);
        return;
    }
    if (number) {
        list_number(n, in, facility, (uint64_t)number);
        return;
    }
    uint64_t seen = notices_seen(n->board->all); // before reading: what comes between is not missed
    e = list_put(n, in, facility, (uint64_t)after, &l);
    const follower f = {in, facility, l.last, seen, clock_mono_ms() + wait};
    if (e == OK && wait && !l.shown && follow(n, &f))
        return;
    list_finish(in, &l, e);
}

// now INT64_MAX: all are told to go.
void followers_tell(node *n, time_ms now)
{
    noticeboard *b = n->board;
    uint64_t seen = notices_seen(b->all);
    time_ms mono = now == INT64_MAX ? INT64_MAX : clock_mono_ms();
    for (int i = 0; i < FOLLOWERS; i++) {
        pthread_mutex_lock(&b->lock);
        follower f = b->waiting[i];
        bool look = f.in && (f.seen != seen || mono >= f.until);
        if (look)
            b->waiting[i].in = NULL;
        pthread_mutex_unlock(&b->lock);
        if (!look)
            continue;
        listing l = {0};
        f.seen = seen;
        err e = list_put(n, f.in, f.facility, f.after, &l);
        f.after = l.last;
        // Another facility's news are no reason to bother this one.
        if (e == OK && !l.shown && mono < f.until && follow(n, &f))
            continue;
        list_finish(f.in, &l, e);
    }
}

// ---- taking ---------------------------------------------------------------------------------------------------

typedef struct taking {
    uint64_t facility, number, count;
    bool all;
} taking;

static err take_run(job *j, store_txn *t)
{
    taking *k = j->state;
    notices *all = j->n->board->all;
    err e = k->all ? notices_take_all(all, t, k->facility, k->number, j->now, &k->count)
                   : notices_take(all, t, k->facility, k->number, j->now);
    if (!k->all)
        k->count = e == OK;
    return e == ERR_NOT_FOUND ? e : job_store_err(e);
}

static void take_answer(job *j, err e)
{
    const taking *k = j->state;
    if (e == OK) {
        control_record(j->in, "taken");
        control_number(j->in, "count", (int64_t)k->count);
    } else if (e == ERR_NOT_FOUND) {
        snprintf(j->note, sizeof j->note, "there is no notice %" PRIu64, k->number);
    }
    job_finish(j, e);
}

void notice_take(node *n, control_in *in)
{
    int64_t number, up_to;
    uint64_t facility;
    if (asker(n, in, &facility) != OK)
        return;
    err e = control_arg_int(in, "number", 1, INT64_MAX, 0, &number);
    if (e == OK)
        e = control_arg_int(in, "up_to", 1, INT64_MAX, 0, &up_to);
    if (e == OK && !number == !up_to) {
        control_note(in, "%s", "which ones? number, or up_to");
        e = ERR_USAGE;
    }
    job *j = e == OK ? job_with(n, sizeof(taking), take_run, take_answer) : NULL;
    if (!j) {
        control_finish(in, e ? e : ERR_MEM);
        return;
    }
    *(taking *)j->state = (taking){.facility = facility, .number = (uint64_t)(number ? number : up_to), .all = up_to != 0};
    j->in = in;
    job_submit(j);
}
