// SPDX-License-Identifier: Apache-2.0
// Look-ups, manifests, and a timeline (both in one). Everything asked for is gathered
// first, sorted by day, and told in pages; a manifest is a list, not the documents.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/charts/document.h"
#include "node/charts/own.h"
#include "node/line/uplink.h"
#include "node/openings/reviews.h"
#include "node/ssmix/render.h"
#include "node/viewing/narrowed.h"
#include "node/viewing/viewer.h"
#include "proto/base/log.h"
#include "proto/base/luhn.h"

enum { LOOKUP_DEADLINE_MS = 30000, SHEET_ARENA = 64 << 20, MANIFEST_MAX = 16 << 20, PLAIN_MAX = 64 << 20,
       SOURCES_MAX = 1024, SHEETS_MAX = 64 };

// What a page may hold, and what each record costs of it at most: its reader refuses what is larger.
enum { PAGE_DOCUMENTS = 200, PAGE_FIELDS = WIRE_FIELDS_MAX - 500, PAGE_BYTES = WIRE_CONTROL_MAX / 4 * 3,
       FACILITY_FIELDS = 30, FACILITY_BYTES = 1200, CATEGORY_FIELDS = 30, CATEGORY_BYTES = 400, PERIOD_BYTES = 11,
       FACTS_FIELDS = 50, FACTS_BYTES = 4000, DOCUMENT_FIELDS = 60, DOCUMENT_BYTES = 3000 };

typedef struct page {
    size_t fields, bytes, documents;
} page;

// One disclosing facility's manifest as it comes.
typedef struct source {
    sheet *s;
    uint64_t facility;
    fetch *f;
    buf plain;
    err result;
    char note[160];
    Tsunagu__PatientFacts *facts;
    bool older;
} source;

typedef struct item {
    uint64_t facility;
    const Tsunagu__ManifestEntry *m;
} item;

struct sheet {
    sheet *next;
    node *n;
    book *rules;
    control_in *in;      // until the first page is told
    person who;
    uint8_t user_id[USER_ID_BYTES];
    bool timeline, manifest;
    char handle[HANDLE_MAX + 1];
    time_ms used, since; // since: when it was asked; both by clock_mono_ms
    narrowed left;       // what the patient's newest word at this facility leaves of it
    int waiting;         // atomic: fetches not yet done, and one for starting them
    arena memory;
    Tsunagu__LookupRequest q;
    span ticket;         // of a manifest
    const char *words;   // to the hospital, in an emergency; or NULL
    uint64_t opening;    // its number here, or 0
    Tsunagu__LookupReply *reply;
    char tickets[SOURCES_MAX][HANDLE_MAX + 1];
    err refused[SOURCES_MAX]; // why its ticket is none for us
    size_t held;         // atomic: bytes of all manifests together
    ticket says[SOURCES_MAX];
    source sources[SOURCES_MAX];
    size_t source_count;
    item *items;
    size_t item_count, item_room;
    size_t told_facilities, told_facts, told; // where the next page begins
};

static sheet *sheet_new(node *n, control_in *in, const person *who)
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

static void sheet_free(sheet *s)
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

static void sheet_refuse(sheet *s, err e, const char *note)
{
    if (note && note[0])
        control_note(s->in, "%s", note);
    control_finish(s->in, e);
    sheet_free(s);
}

// Does the patient, by the newest word here, let it be seen? And what of it? Asked before anything is told.
static err sheet_look(sheet *s)
{
    const policy *p = s->rules->r->p;
    bool emergency = s->manifest ? s->says[0].reason != 0 : s->q.reason && s->q.reason[0];
    pseudonym who = s->says[0].who;
    err e = s->manifest ? OK : pseudonym_parse(wire_span(s->q.pseudonym), &who);
    if (e == OK)
        e = viewer_lets(s->n, p, s->who.facility, &who, s->since, emergency);
    return e ? e : narrowed_read(s->n, p, s->who.facility, &who, emergency, &s->left);
}

// ---- telling ------------------------------------------------------------------------------

static const char *facility_name(const policy *p, uint64_t code)
{
    int f = policy_facility(p, code);
    return f == POLICY_NONE ? "" : policy_facility_at(p, f).name;
}

static void periods_show(control_in *in, const Tsunagu__CategoryAnswer *c)
{
    buf out = {0};
    for (size_t i = 0; c->grain && i < c->periods.len * 8; i++) {
        char text[11];
        if (!(c->periods.data[i / 8] >> i % 8 & 1))
            continue;
        uint32_t period = c->first_period + (uint32_t)i;
        day_format(c->grain == GRAIN_MONTH ? month_first((int)period) : (day)period, text);
        buf_printf(&out, "%s%.*s", out.len ? "," : "", c->grain == GRAIN_MONTH ? 7 : 10, text);
    }
    control_text(in, "periods", buf_str(&out));
    buf_done(&out);
}

static void facility_show(const sheet *s, control_in *in, size_t i)
{
    const policy *p = s->rules->r->p;
    const Tsunagu__FacilityAnswer *f = s->reply->facilities[i];
    bool ja = control_japanese(in);
    char text[30] = "";
    buf granted = {0};
    err status = s->refused[i] ? s->refused[i] : (err)f->status;
    uint32_t left = narrowed_to(&s->left, f->facility);
    bool none = f->granted && !(f->granted & left);
    if (none && status == OK)
        status = ERR_DENIED;
    for (size_t k = 0; k < s->source_count; k++) // what its own node said counts
        if (s->sources[k].facility == f->facility && status == OK)
            status = s->sources[k].result;
    for (uint32_t bit = 0; bit < CARD_CATEGORIES; bit++)
        if ((f->granted & left) >> bit & 1)
            buf_printf(&granted, "%s%s", granted.len ? "," : "", document_category(p, bit, ja, true));
    control_record(in, "facility");
    control_facility(in, "facility", f->facility);
    control_text(in, "name", facility_name(p, f->facility));
    control_text(in, "status", err_name(status));
    control_text(in, "ticket", none ? "" : s->tickets[i]);
    control_text(in, "granted", s->refused[i] ? "" : buf_str(&granted));
    if (s->tickets[i][0] && !none)
        time_format(s->says[i].expires, text);
    control_text(in, "until", text);
    buf_done(&granted);
    for (size_t k = 0; k < f->n_categories; k++) {
        const Tsunagu__CategoryAnswer *c = f->categories[k];
        control_record(in, "category");
        control_facility(in, "facility", f->facility);
        control_text(in, "category", document_category(p, c->category, ja, true));
        control_text(in, "label", document_category(p, c->category, ja, false));
        bool ours = c->category < 32 && !(left >> c->category & 1); // the patient's word here, not yet known there
        policy_why why = ours && c->why == WHY_GRANTED ? WHY_CONSENT : (policy_why)c->why;
        control_text(in, "why", policy_why_name(why));
        if (why == WHY_GRANTED)
            day_format(c->from_day, text);
        control_text(in, "from", why == WHY_GRANTED ? text : "");
        if (ours)
            control_text(in, "periods", "");
        else
            periods_show(in, c);
    }
}

// Who the patient is stands among the basics.
static bool facts_left(const source *k)
{
    int basics = policy_category(k->s->rules->r->p, "basics");
    return basics == POLICY_NONE || (narrowed_to(&k->s->left, k->facility) >> basics & 1);
}

static void facts_show(control_in *in, const source *k)
{
    const Tsunagu__PatientFacts *f = k->facts;
    if (f && facts_left(k)) {
        control_record(in, "patient");
        control_facility(in, "facility", k->facility);
        control_text(in, "name", f->kanji);
        control_text(in, "kana", f->kana);
        control_text(in, "birth", f->birth);
        control_text(in, "sex", f->sex);
        control_text(in, "postal", f->postal);
    }
    if (k->older) {
        control_record(in, "withheld");
        control_facility(in, "facility", k->facility);
        control_text(in, "older", "yes");
    }
}

// Keeps a sheet for its next page. ret_oldest: one that has to go for it, or NULL.
static void sheet_keep(viewer *v, sheet *s, sheet **ret_oldest)
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

static bool page_takes(page *g, size_t fields, size_t bytes)
{
    if (g->fields && (g->fields + fields > PAGE_FIELDS || g->bytes + bytes > PAGE_BYTES))
        return false;
    g->fields += fields;
    g->bytes += bytes;
    return true;
}

static bool facility_fits(const sheet *s, page *g)
{
    const Tsunagu__FacilityAnswer *f = s->reply->facilities[s->told_facilities];
    size_t bytes = FACILITY_BYTES;
    for (size_t k = 0; k < f->n_categories; k++)
        bytes += CATEGORY_BYTES + f->categories[k]->periods.len * 8 * PERIOD_BYTES;
    return page_takes(g, FACILITY_FIELDS + f->n_categories * CATEGORY_FIELDS, bytes);
}

// First which hospitals, then who the patient is there, then the documents. True if that was the last of it.
static bool page_fill(sheet *s, control_in *in)
{
    page g = {.fields = 0};
    size_t facilities = s->reply ? s->reply->n_facilities : 0;
    for (; s->told_facilities < facilities; s->told_facilities++) {
        if (!facility_fits(s, &g))
            return false;
        facility_show(s, in, s->told_facilities);
    }
    for (; s->told_facts < s->source_count; s->told_facts++) {
        if (!page_takes(&g, FACTS_FIELDS, FACTS_BYTES))
            return false;
        facts_show(in, &s->sources[s->told_facts]);
    }
    for (; s->told < s->item_count; s->told++) {
        const item *i = &s->items[s->told];
        uint32_t left = narrowed_to(&s->left, i->facility);
        if (left != UINT32_MAX && (i->m->category >= 32 || !(left >> i->m->category & 1)))
            continue;
        if (g.documents == PAGE_DOCUMENTS || !page_takes(&g, DOCUMENT_FIELDS, DOCUMENT_BYTES))
            return false;
        document_show(in, s->rules->r->p, s->items[s->told].facility, s->items[s->told].m);
        g.documents++;
    }
    return true;
}

// The next page into `in`; the sheet ends with the last one.
static void page_show(sheet *s, control_in *in, err status)
{
    viewer *v = s->n->view;
    sheet *oldest;
    err may = sheet_look(s);
    if (may) {
        if (may == ERR_WITHDRAWN)
            control_note(in, "the patient withdrew at this facility");
        control_finish(in, may);
        sheet_free(s);
        return;
    }
    if (page_fill(s, in)) {
        control_finish(in, status);
        sheet_free(s);
        return;
    }
    control_piece(in, (span){0}, s->handle, true);
    s->used = clock_mono_ms();
    s->in = NULL;
    sheet_keep(v, s, &oldest); // before the reply: the next page may be asked for at once
    control_finish(in, status);
    if (oldest)
        sheet_free(oldest);
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

static void sheet_end(sheet *s)
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

static void source_start(sheet *s, span bytes, const ticket *says)
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

static void page_next(node *n, control_in *in, const char *handle);

// ---- lookup ------------------------------------------------------------------------------------------

// The hub's signature, and that it is what this user asked for: a ticket for another patient would put a
// stranger's documents under this number.
static err ticket_fits(const sheet *s, const Tsunagu__FacilityAnswer *f, ticket *ret)
{
    const rules *k = s->rules->r;
    ticket t;
    err e = ticket_open(wire_span(f->ticket), k->hub_keys, k->hub_key_count, clock_now_ms(), &t);
    if (e)
        return e == ERR_EXPIRED ? e : ERR_AUTH;
    if (f->status != OK || t.source != f->facility || t.facility != s->who.facility ||
        strcmp(t.node, s->n->config.name) != 0 || memcmp(t.user, s->user_id, USER_ID_BYTES) != 0 ||
        !span_eq(span_of(t.who.at, PSEUDONYM_BYTES), wire_span(s->q.pseudonym)))
        return ERR_AUTH;
    // What the user asked as treatment the hub cannot make an emergency that opens without a consent.
    if ((t.reason != 0) != (s->q.reason && s->q.reason[0]))
        return ERR_AUTH;
    const rules *theirs = book_named(s->rules, &t.rules);
    if (theirs && (strcmp(policy_purpose_text(theirs->p, t.purpose).id, s->q.purpose) != 0 ||
                   strcmp(policy_role_text(theirs->p, t.role).id, s->q.role) != 0 ||
                   (t.reason && strcmp(emergency_reason_of(s->rules, &t), s->q.reason) != 0)))
        return ERR_AUTH;
    *ret = t;
    return OK;
}

static err reply_check(const Tsunagu__LookupReply *r)
{
    if (r->n_facilities > SOURCES_MAX)
        return ERR_LIMIT; // a list that leaves one out is no answer
    for (size_t i = 0; i < r->n_facilities; i++)
        for (size_t k = 0; k < i; k++)
            if (r->facilities[i]->facility == r->facilities[k]->facility)
                return ERR_FORMAT;
    return OK;
}

static void lookup_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    sheet *s = ctx;
    (void)call;
    if (e == OK && status != OK)
        e = status < ERR_COUNT ? (err)status : ERR_FORMAT;
    if (e == OK)
        e = WIRE_DECODE(body, Tsunagu__LookupReply, tsunagu__lookup_reply__descriptor, WIRE_BODY_MAX, &s->memory,
                        &s->reply);
    if (e == OK)
        e = reply_check(s->reply);
    if (e == OK)
        e = sheet_look(s); // withdrawn while the hub answered: its tickets are not even kept
    if (e) {
        sheet_refuse(s, e, note);
        return;
    }
    uplink_witness(s->n, s->reply->head);
    s->waiting = 1;
    bool unasked = false;
    for (size_t i = 0; i < s->reply->n_facilities; i++) {
        const Tsunagu__FacilityAnswer *f = s->reply->facilities[i];
        if (f->ticket.len == 0)
            continue;
        s->refused[i] = ticket_fits(s, f, &s->says[i]);
        if (s->refused[i] == OK)
            s->refused[i] = tickets_keep(s->n, &s->who, wire_span(f->ticket), s->words, s->tickets[i]);
        if (s->refused[i]) {
            log_line(LOG_WARN, "the hub gave a ticket that is none for who asked: %s", err_text(s->refused[i]));
            continue;
        }
        if (!(f->granted & narrowed_to(&s->left, f->facility)))
            continue;
        unasked = unasked || ticket_unasked(&s->says[i]);
        if (s->timeline)
            source_start(s, wire_span(f->ticket), &s->says[i]);
    }
    if (unasked && s->opening)
        reviews_unasked(s->n, s->opening);
    sheet_end(s);
}

// Both sides keep who opened what in an emergency: here before it is asked.
static err ask_opening(job *j, store_txn *t, sheet *s)
{
    opening_record about = TSUNAGU__OPENING_RECORD__INIT, *o;
    bool fresh;
    about.side = OPENING_ASKING;
    about.facility = about.own = s->who.facility;
    about.user = wire_bytes(span_of(s->user_id, USER_ID_BYTES));
    about.user_name = s->who.user;
    about.role = s->who.role;
    about.reason = s->q.reason;
    about.pseudonym = s->q.pseudonym;
    return opening_begin(j, t, &about, &o, &s->opening, &fresh);
}

static err ask_run(job *j, store_txn *t)
{
    sheet *s = *(sheet **)j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    viewer_entry(&e, &s->who, s->user_id, s->manifest ? &s->says[0] : NULL);
    e.event = EVENT_ASK;
    e.reason = s->manifest ? (char *)emergency_reason_of(s->rules, &s->says[0]) : s->q.reason;
    if (s->manifest) {
        e.note = (char *)"manifest";
    } else {
        e.purpose = s->q.purpose;
        e.pseudonym = s->q.pseudonym;
        e.asked = s->q.categories;
        e.note = (char *)(s->timeline ? "timeline" : "lookup");
    }
    err failed = s->q.reason && s->q.reason[0] ? ask_opening(j, t, s) : OK;
    return failed ? job_store_err(failed) : job_log(j, t, &e);
}

static void ask_answer(job *j, err e)
{
    sheet *s = *(sheet **)j->state;
    if (e) {
        sheet_refuse(s, e, NULL);
        return;
    }
    if (s->manifest) {
        s->waiting = 1;
        source_start(s, s->ticket, &s->says[0]);
        sheet_end(s);
        return;
    }
    link_out_events ev = {.ctx = s, .done = lookup_done};
    e = uplink_call(j->n->up, METHOD_LOOKUP, (const ProtobufCMessage *)&s->q, LOOKUP_DEADLINE_MS, 0, &ev, NULL, NULL);
    if (e)
        sheet_refuse(s, e, e == ERR_UNREACHABLE ? "the hub is not connected" : NULL);
}

static void ask_submit(sheet *s)
{
    job *j = job_with(s->n, sizeof(sheet *), ask_run, ask_answer);
    if (!j) {
        sheet_refuse(s, ERR_MEM, NULL);
        return;
    }
    *(sheet **)j->state = s;
    job_submit(j);
}

static err categories_arg(sheet *s, const char *list, uint32_t *ret)
{
    char word[64];
    *ret = 0;
    while (list && *list) {
        size_t len = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word - 1), list);
        int bit = policy_category(s->rules->r->p, word);
        if (bit == POLICY_NONE) {
            control_note(s->in, "the rules know no category \"%s\"", word);
            return ERR_USAGE;
        }
        *ret |= 1u << bit;
        list += len + (list[len] == ',');
    }
    return OK;
}

static err lookup_prepare(sheet *s)
{
    pseudonym who;
    store_txn *t;
    const char *number = control_arg(s->in, "number"), *purpose = control_arg(s->in, "purpose");
    const char *reason = control_arg(s->in, "reason"), *words = control_arg(s->in, "words");
    if (!number) {
        control_note(s->in, "say whom: number");
        return ERR_USAGE;
    }
    err e = store_read(s->n->keep, &t);
    if (e)
        return e;
    e = own_find(t, s->who.facility, number, &who);
    store_end(t);
    if (e) {
        control_note(s->in, "this number is not registered here: register it first");
        return e;
    }
    purpose = purpose ? purpose : "treatment";
    if (!emergency_asked(s->in, s->rules->r->p, purpose, reason, words))
        return ERR_USAGE;
    tsunagu__lookup_request__init(&s->q);
    s->q.reason = arena_str(&s->memory, span_str(reason ? reason : ""));
    s->words = words ? arena_str(&s->memory, span_str(words)) : NULL;
    e = categories_arg(s, control_arg(s->in, "categories"), &s->q.categories);
    s->q.facility = s->who.facility;
    s->q.user = wire_bytes(span_of(s->user_id, USER_ID_BYTES));
    s->q.role = s->who.role;
    s->q.purpose = arena_str(&s->memory, span_str(purpose));
    s->q.pseudonym = wire_bytes(arena_copy(&s->memory, span_of(who.at, PSEUDONYM_BYTES)));
    if (e == OK) {
        e = viewer_lets(s->n, s->rules->r->p, s->who.facility, &who, INT64_MAX, reason && reason[0]);
        if (e == ERR_WITHDRAWN)
            control_note(s->in, "the patient withdrew at this facility; the hub has not yet confirmed it");
    }
    return e ? e : s->q.purpose && s->q.reason && s->q.pseudonym.data && (s->words || !words) ? OK : ERR_MEM;
}

void sheet_lookup(node *n, control_in *in, bool manifests)
{
    person who;
    const char *handle = control_arg(in, "handle");
    if (handle && handle[0]) {
        page_next(n, in, handle);
        return;
    }
    if (node_asker(n, in, &who) != OK)
        return;
    sheet *s = sheet_new(n, in, &who);
    if (!s) {
        control_finish(in, ERR_MEM);
        return;
    }
    s->timeline = manifests;
    err e = lookup_prepare(s);
    if (e)
        sheet_refuse(s, e, NULL);
    else
        ask_submit(s);
}

// ---- manifest, and further pages --------------------------------------------------------------------------

static sheet *sheet_take(viewer *v, const char *handle)
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

static void page_next(node *n, control_in *in, const char *handle)
{
    person who;
    sheet *s = sheet_take(n->view, handle);
    if (!s || node_person(n, s->who.user, control_uid(in), &who) != OK) {
        if (s)
            sheet_free(s);
        control_note(in, "no such handle: ask again from the start");
        control_finish(in, ERR_NOT_FOUND);
        return;
    }
    page_show(s, in, OK);
}

void sheet_manifest(node *n, control_in *in)
{
    person who;
    span bytes;
    const char *handle = control_arg(in, "handle");
    if (handle && handle[0]) {
        page_next(n, in, handle);
        return;
    }
    if (node_asker(n, in, &who) != OK)
        return;
    sheet *s = sheet_new(n, in, &who);
    if (!s) {
        control_finish(in, ERR_MEM);
        return;
    }
    s->manifest = true;
    err e = tickets_find(n, &who, control_arg(in, "ticket"), &s->memory, &bytes, &s->says[0]);
    if (e) {
        sheet_refuse(s, e, e == ERR_WITHDRAWN ? "the patient withdrew at this facility" : "no such ticket: look up again");
        return;
    }
    s->ticket = bytes;
    s->words = tickets_words(n, &who, control_arg(in, "ticket"), &s->memory);
    ask_submit(s);
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
