// SPDX-License-Identifier: Apache-2.0
// Registration requests as a clinic's clerk handles them, under the clinic's own patient numbers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/charts/charts.h"
#include "node/charts/own.h"
#include "node/flow/flow.h"
#include "node/flow/written.h"
#include "node/rulebook/rulebook.h"
#include "policies/engine/table.h"
#include "proto/base/luhn.h"

enum { HOSPITALS = 64, WORDS = FLOW_WORDS };

// ---- showing ----------------------------------------------------------------------------

static void code_text(control_in *in, const char *key, uint64_t code)
{
    char text[11];
    institution_format(code, text);
    control_text(in, key, text);
}

static void time_text(control_in *in, const char *key, time_ms at)
{
    char text[30] = "";
    if (at)
        time_format(at, text);
    control_text(in, key, text);
}

void flow_show(control_in *in, const policy *p, const request *r, const char *kind)
{
    static const char *const urgency[] = {"usual", "soon", "at once"};
    int f = policy_facility(p, r->other);
    control_record(in, kind);
    control_bytes(in, "id", wire_span(r->id));
    control_text(in, "state", request_state_name(r->state));
    control_text(in, "number", r->body->number);
    control_text(in, "chart", r->chart[0] ? r->chart : r->body->chart);
    code_text(in, "facility", r->own);
    code_text(in, "other", r->other);
    control_text(in, "other_name", f == POLICY_NONE ? "" : policy_facility_at(p, f).name);
    control_text(in, "urgency", urgency[r->body->urgency < 3 ? r->body->urgency : 2]);
    control_text(in, "staff", r->body->staff);
    time_text(in, "at", r->made_ms);
    time_text(in, "since", r->since_ms);
    time_text(in, "due", r->due_ms);
    control_text(in, "overdue", r->overdue ? "yes" : "no");
    control_text(in, "said", r->said);
    control_text(in, "reason", r->reason);
    int reason = policy_reason_find(p, r->reason);
    policy_reason words = reason == POLICY_NONE ? (policy_reason){0} : policy_reason_at(p, reason);
    control_text(in, "reason_words", reason == POLICY_NONE ? "" : control_japanese(in) ? words.label_ja : words.label_en);
    control_text(in, "trouble", r->trouble);
}

// A long list goes out in parts: what is too much for one answer would be no answer at all.
flow_page flow_page_begin(control_in *in, const policy *p, request_side side)
{
    const char *handle = control_arg(in, "handle");
    return (flow_page){.in = in, .p = p, .side = side, .from = handle ? strtoull(handle, NULL, 10) : 0};
}

err flow_page_one(flow_page *l, const request *r)
{
    if (l->at++ < l->from)
        return OK;
    if (l->at > l->from + FLOW_PAGE) {
        l->more = true;
        return ERR_CLOSED;
    }
    flow_show(l->in, l->p, r, "request");
    return OK;
}

void flow_page_end(const flow_page *l)
{
    char next[24];
    if (!l->more)
        return;
    snprintf(next, sizeof next, "%llu", (unsigned long long)(l->from + FLOW_PAGE));
    control_piece(l->in, (span){0}, next, true);
}

static err past_one(void *ctx, const request_past *s)
{
    control_in *in = ctx;
    control_record(in, "step");
    time_text(in, "time", s->at_ms);
    control_text(in, "event", request_event_name(s->event));
    control_text(in, "by", request_side_name(s->by));
    control_text(in, "state", request_state_name(s->to));
    control_text(in, "who", s->who);
    control_text(in, "text", s->text);
    return OK;
}

void flow_history_show(node *n, control_in *in, store_txn *t, const request *r)
{
    requests q = flow_reading();
    (void)n;
    if (requests_history(&q, t, r->id.data, past_one, in) != OK)
        control_note(in, "its history cannot be read");
}

static err list_one(void *ctx, const request *r)
{
    flow_page *l = ctx;
    return l->side != (request_side)r->side || (l->paper && !written_numbered(r->body, l->paper)) ? OK : flow_page_one(ctx, r);
}

void request_list(node *n, control_in *in)
{
    person who;
    arena a;
    request *r;
    store_txn *t;
    requests q = flow_reading();
    const char *id = control_arg(in, "id"), *number = control_arg(in, "number");
    uint8_t paper[FILLED_NUMBER];
    if (!written_number(in, paper) || node_asker(n, in, &who) != OK)
        return;
    book *b = node_book(n);
    flow_page l = flow_page_begin(in, b->r->p, REQUEST_CLINIC);
    l.paper = control_arg(in, "paper") ? paper : NULL;
    arena_init(&a, 0);
    err e = store_read(n->keep, &t);
    if (e == OK) {
        if (id) {
            e = requests_find(&q, t, id, &a, &r);
            if (e == OK && (r->own != who.facility || r->side != REQUEST_CLINIC))
                e = ERR_NOT_FOUND;
            if (e == OK) {
                flow_show(in, b->r->p, r, "request");
                flow_history_show(n, in, t, r);
            }
        } else if (number) {
            e = requests_of(&q, t, REQUEST_CLINIC, who.facility, number, list_one, &l);
        } else {
            e = requests_all(&q, t, who.facility, list_one, &l);
        }
        store_end(t);
    }
    if (e == ERR_CONFLICT)
        control_note(in, "that means several: give more of the id");
    arena_done(&a);
    if (e == OK)
        flow_page_end(&l);
    book_drop(b);
    control_finish(in, e);
}

// ---- a new one ---------------------------------------------------------------------------

typedef struct asking {
    person who;
    Tsunagu__RequestBody body;
    Tsunagu__Person person;
    Tsunagu__ConsentTerms consent;
    identity form;
    char sex[2];
    pseudonym patient;
    uint64_t to[HOSPITALS];
    size_t to_count;
    bool enquire;      // ask first who may hold records
    char *list[WORDS], *categories[WORDS];
    bool form_asks;    // where the form says that it goes
    char **form_to;
    size_t form_to_count;
    request made[HOSPITALS];
    uint8_t ids[HOSPITALS][REQUEST_ID_BYTES], group[REQUEST_ID_BYTES];
} asking;

static const char *arg(control_in *in, const char *key)
{
    const char *v = control_arg(in, key);
    return v ? v : "";
}

err flow_words(job *j, const char *list, char **out, size_t *ret_count)
{
    size_t count = 0;
    while (*list) {
        size_t len = strcspn(list, ",");
        if (len && count == FLOW_WORDS)
            return ERR_LIMIT;
        if (len && !(out[count++] = arena_str(&j->memory, span_of(list, len))))
            return ERR_MEM;
        list += len + (list[len] == ',');
    }
    *ret_count = count;
    return OK;
}

static bool could_disclose(const policy *p, int hospital, int clinic, day today)
{
    return policy_facility_at(p, hospital).discloses && hospital != clinic &&
           policy_related(p, policy_facility_at(p, hospital).unions, policy_facility_at(p, clinic).unions, today) &&
           policy_discloser(p, hospital) != POLICY_NONE;
}

static err hospitals_named(job *j, asking *k, const char *list)
{
    const policy *p = j->rules->r->p;
    char *words[WORDS];
    size_t count = 0;
    err e = flow_words(j, list, words, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        uint64_t code;
        int f = institution_parse(span_str(words[i]), &code) == OK ? policy_facility(p, code) : POLICY_NONE;
        int clinic = policy_facility(p, k->who.facility);
        if (f == POLICY_NONE || clinic == POLICY_NONE || !could_disclose(p, f, clinic, day_of_time(j->now))) {
            snprintf(j->note, sizeof j->note, "to: %.20s is no hospital that discloses to this clinic's unions", words[i]);
            return ERR_USAGE;
        }
        k->to[k->to_count++] = code;
    }
    return e;
}

static err hospitals_all(job *j, asking *k)
{
    const policy *p = j->rules->r->p;
    int clinic = policy_facility(p, k->who.facility);
    for (int f = 0; clinic != POLICY_NONE && f < policy_facility_count(p) && k->to_count < HOSPITALS; f++)
        if (could_disclose(p, f, clinic, day_of_time(j->now)))
            k->to[k->to_count++] = policy_facility_at(p, f).code;
    if (k->to_count)
        return OK;
    snprintf(j->note, sizeof j->note, "no hospital discloses to this clinic's unions");
    return ERR_NOT_FOUND;
}

// A proxy is one of the rules' relations, as on the form; a name alone says nothing.
static err proxy_check(job *j, const Tsunagu__ConsentTerms *c)
{
    const policy *p = j->rules->r->p;
    buf list = {0};
    if (!c->proxy[0] && !c->proxy_name[0])
        return OK;
    if (strlen(c->proxy) < CONSENT_TEXT && policy_relation_find(p, c->proxy) != POLICY_NONE)
        return OK;
    for (int i = 0; i < policy_relation_count(p); i++)
        buf_printf(&list, "%s%s", i ? ", " : "", policy_relation_at(p, i).id);
    snprintf(j->note, sizeof j->note, "proxy: the relation is one of %.120s", list.len ? buf_str(&list) : "none: the rules have none");
    buf_done(&list);
    return ERR_USAGE;
}

static err hospitals_full(job *j)
{
    snprintf(j->note, sizeof j->note, "to more than %d hospitals: ask first who may hold records", HOSPITALS);
    return ERR_LIMIT;
}

// A union on the form stands for its hospitals.
static err hospital_add(job *j, asking *k, const char *word)
{
    const policy *p = j->rules->r->p;
    int clinic = policy_facility(p, k->who.facility);
    bool found = false;
    grantee g;
    if (flow_grantee(word, &g) != OK || g.kind == GRANTEE_FEDERATION || clinic == POLICY_NONE) {
        snprintf(j->note, sizeof j->note, "the form names all as hospitals: let it ask first who may hold records");
        return ERR_USAGE;
    }
    int u = g.kind == GRANTEE_UNION ? policy_union(p, g.union_id) : POLICY_NONE;
    for (int f = 0; f < policy_facility_count(p); f++) {
        policy_facility_view v = policy_facility_at(p, f);
        bool meant = g.kind == GRANTEE_FACILITY ? v.code == g.facility : u != POLICY_NONE && (v.unions >> u & 1);
        bool twice = false;
        for (size_t i = 0; i < k->to_count; i++)
            twice = twice || k->to[i] == v.code;
        if (!meant || !could_disclose(p, f, clinic, day_of_time(j->now)))
            continue;
        found = true;
        if (!twice && k->to_count == HOSPITALS)
            return hospitals_full(j);
        if (!twice)
            k->to[k->to_count++] = v.code;
    }
    if (found)
        return OK;
    snprintf(j->note, sizeof j->note, "hospitals: %.40s is no hospital that discloses to this clinic's unions", word);
    return ERR_USAGE;
}

// Flags say where it goes; without any the form does.
static err hospitals_said(job *j, asking *k, control_in *in)
{
    const char *to = control_arg(in, "to");
    k->enquire = control_arg(in, "ask_all") && strcmp(control_arg(in, "ask_all"), "yes") == 0;
    if (to && !to[0])
        to = NULL;
    if (!to && !k->enquire)
        k->enquire = k->form_asks;
    else
        k->form_to_count = 0;
    if ((to && k->enquire) || (!to && !k->enquire && !k->form_to_count)) {
        snprintf(j->note, sizeof j->note, "say to (which hospitals) or ask_all, one of the two, or let the form say it");
        return ERR_USAGE;
    }
    if (k->enquire)
        return hospitals_all(j, k);
    err e = to ? hospitals_named(j, k, to) : OK;
    for (size_t i = 0; e == OK && i < k->form_to_count; i++)
        e = hospital_add(j, k, k->form_to[i]);
    return e;
}

// What the patient agreed to. Without a word of it: this clinic, everything, until withdrawn.
static err consent_args(job *j, asking *k, control_in *in)
{
    Tsunagu__ConsentTerms *c = &k->consent;
    day today = day_of_time(j->now);
    char own[24];
    size_t to = 0, categories = 0;
    grantee g;
    memcpy(own, "facility:", 9);
    institution_format(k->who.facility, own + 9);
    tsunagu__consent_terms__init(c);
    err e = flow_words(j, control_arg(in, "consent_to") ? control_arg(in, "consent_to") : own, k->list, &to);
    if (e == OK)
        e = flow_words(j, arg(in, "categories"), k->categories, &categories);
    for (size_t i = 0; e == OK && i < to; i++)
        if ((e = flow_grantee(k->list[i], &g)) != OK)
            snprintf(j->note, sizeof j->note, "consent_to: \"%.40s\" is neither facility:CODE, union:ID nor federation",
                     k->list[i]);
    for (size_t i = 0; e == OK && i < categories; i++)
        if (policy_category(j->rules->r->p, k->categories[i]) == POLICY_NONE) {
            snprintf(j->note, sizeof j->note, "the rules know no category \"%.40s\"", k->categories[i]);
            e = ERR_USAGE;
        }
    c->to = k->list;
    c->n_to = to;
    c->categories = k->categories;
    c->n_categories = categories;
    if (e == OK)
        e = control_arg_day(in, "from", today, &c->from_day);
    if (e == OK)
        e = control_arg_day(in, "until", DAY_FOREVER, &c->until_day);
    if (e == OK)
        e = control_arg_day(in, "agreed", today, &c->agreed_day);
    c->emergency = strcmp(arg(in, "emergency"), "yes") == 0;
    c->proxy = (char *)arg(in, "proxy");
    c->proxy_name = (char *)arg(in, "proxy_name");
    c->form = (char *)arg(in, "form");
    c->by = k->who.user;
    return e ? e : proxy_check(j, c);
}

static err paper_arg(job *j, asking *k, control_in *in)
{
    const char *hex = arg(in, "paper");
    uint8_t *sum = arena_get(&j->memory, HASH_BYTES);
    if (!hex[0])
        return OK;
    if (!sum)
        return ERR_MEM;
    if (hex_get(span_str(hex), sum, HASH_BYTES) != OK) {
        snprintf(j->note, sizeof j->note, "paper: the SHA-256 of the scanned form, 64 hexadecimal digits");
        return ERR_USAGE;
    }
    k->consent.paper = wire_bytes(span_of(sum, HASH_BYTES));
    return OK;
}

static err person_args(job *j, asking *k, control_in *in)
{
    const char *missing = "";
    bool any;
    k->form = (identity){.birth = DAY_NONE};
    // `number` is the clinic's patient number; the insured number has a name of its own here.
    err e = identity_args(in, &k->form, &any);
    snprintf(k->form.number, sizeof k->form.number, "%s", arg(in, "insured"));
    if (e == OK)
        e = pseudonym_of(&j->n->federation, &k->form, &k->patient, &missing);
    if (e == ERR_FORMAT) {
        snprintf(j->note, sizeof j->note, "%s is needed, written in full", missing);
        e = ERR_USAGE;
    }
    return e;
}

// The filled form says who it is, what was agreed to and where it goes; flags beside it only add what it leaves out.
// Over the body, person and terms that stand in `asking`.
static err form_args(job *j, asking *k, control_in *in)
{
    static const char *const registration[] = {"registration", NULL}, *const either[] = {"registration", "consent", NULL};
    static const char *const own[] = {"kana_family", "kana_given", "kanji_family", "kanji_given", "birth", "sex", "postal",
                                      "address", "telephone", "insurer", "symbol", "insured", "branch", "consent_to",
                                      "categories", "from", "until", "agreed", "emergency", "proxy", "proxy_name"};
    const char *files[] = {written_file(in, "form"), written_file(in, "consent")}, *missing = "";
    filled f;
    err e = OK;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (control_arg(in, own[i])) {
            snprintf(j->note, sizeof j->note, "%s: the form says it already", own[i]);
            return ERR_USAGE;
        }
    k->body.person = &k->person;
    k->body.consent = &k->consent;
    for (int i = 0; e == OK && i < 2; i++) {
        if (!files[i])
            continue;
        e = written_read(j, files[i], i ? either + 1 : files[1] ? registration : either, &f);
        if (e)
            break;
        e = written_body(j, &f, &k->body);
        if (e == OK)
            e = written_to(j, &f, &k->form_asks, &k->form_to, &k->form_to_count);
        if (e == OK)
            e = written_attach(j, &f, &k->body);
        filled_done(&f);
    }
    k->consent.by = k->who.user;
    if (e == OK)
        e = written_check(j, &k->body, false); // papers that differ are sorted out here, not at the hospital
    if (e == ERR_FORMAT && !j->note[0])
        snprintf(j->note, sizeof j->note, "the registration and the consent form do not say the same");
    if (e == OK && request_identity(&k->person, &k->form) != OK)
        e = ERR_USAGE;
    if (e == OK)
        e = pseudonym_of(&j->n->federation, &k->form, &k->patient, &missing);
    if (e == ERR_FORMAT && missing[0])
        snprintf(j->note, sizeof j->note, "%s is needed, written in full", missing);
    return e == ERR_FORMAT ? ERR_USAGE : e;
}

static err asking_form(job *j, asking *k, control_in *in)
{
    Tsunagu__RequestBody *b = &k->body;
    tsunagu__request_body__init(b);
    tsunagu__consent_terms__init(&k->consent);
    tsunagu__person__init(&k->person);
    err e = form_args(j, k, in);
    if (e)
        return e;
    if (control_arg(in, "number") && b->number[0] && strcmp(b->number, arg(in, "number")) != 0) {
        snprintf(j->note, sizeof j->note, "the form is of another patient number");
        return ERR_USAGE;
    }
    if (!b->number[0])
        b->number = (char *)arg(in, "number");
    if (!b->chart[0])
        b->chart = (char *)arg(in, "chart");
    if (!b->text[0])
        b->text = (char *)arg(in, "text");
    return paper_arg(j, k, in);
}

static err asking_flags(job *j, asking *k, control_in *in)
{
    Tsunagu__RequestBody *b = &k->body;
    err e = person_args(j, k, in);
    if (e == OK)
        e = consent_args(j, k, in);
    if (e == OK)
        e = paper_arg(j, k, in);
    if (e)
        return e;
    tsunagu__request_body__init(b);
    request_person(&k->form, &k->person, k->sex);
    b->person = &k->person;
    b->consent = &k->consent;
    b->number = (char *)arg(in, "number");
    b->chart = (char *)arg(in, "chart");
    b->text = (char *)arg(in, "text");
    return OK;
}

static err asking_args(job *j, asking *k, control_in *in)
{
    Tsunagu__RequestBody *b = &k->body;
    int64_t urgency = 0;
    err e = written_file(in, "form") || written_file(in, "consent") ? asking_form(j, k, in) : asking_flags(j, k, in);
    if (e == OK)
        e = hospitals_said(j, k, in);
    if (e == OK)
        e = control_arg_int(in, "urgency", 0, 2, b->urgency, &urgency);
    if (e)
        return e;
    b->pseudonym = wire_bytes(span_of(k->patient.at, PSEUDONYM_BYTES));
    b->staff = k->who.user;
    b->urgency = (uint32_t)urgency;
    if (flow_until(j->rules->r->p, b) < day_of_time(j->now)) {
        snprintf(j->note, sizeof j->note, "this consent is over already: a new one is needed, of the patient who came "
                                          "of age or for longer");
        return ERR_USAGE;
    }
    if (!b->number[0] || strlen(b->number) > 63 || strlen(b->chart) > 63 || strlen(b->text) > REQUEST_TEXT_MAX) {
        snprintf(j->note, sizeof j->note, "number is needed; number and chart at most 63 bytes, text at most %d",
                 REQUEST_TEXT_MAX);
        return ERR_USAGE;
    }
    if (!flow_form_fits(b)) {
        snprintf(j->note, sizeof j->note, "a name in the form is too long, or the consent ends before it begins");
        return ERR_USAGE;
    }
    return OK;
}

typedef struct rivals {
    uint64_t to;
    bool open;
} rivals;

static err rival_one(void *ctx, const request *r)
{
    rivals *v = ctx;
    if (r->other == v->to && !request_over((request_state)r->state))
        v->open = true;
    return v->open ? ERR_CLOSED : OK;
}

// A second click is no second request.
static err nothing_open(job *j, store_txn *t, const asking *k)
{
    requests q = flow_of(j);
    for (size_t i = 0; i < k->to_count; i++) {
        rivals v = {.to = k->to[i]};
        err e = requests_of(&q, t, REQUEST_CLINIC, k->who.facility, k->body.number, rival_one, &v);
        if (e == OK && v.open && !k->enquire) {
            snprintf(j->note, sizeof j->note, "a request for this number to %010llu is open already",
                     (unsigned long long)k->to[i]);
            e = ERR_EXISTS;
        }
        if (e)
            return e;
    }
    return OK;
}

static err ask_one(job *j, store_txn *t, asking *k, size_t i)
{
    requests q = flow_of(j);
    request *r = &k->made[i];
    Tsunagu__EnquiryBody ask = TSUNAGU__ENQUIRY_BODY__INIT;
    ask.pseudonym = k->body.pseudonym;
    tsunagu__request_record__init(r);
    r->id = wire_bytes(span_of(k->ids[i], REQUEST_ID_BYTES));
    r->group = wire_bytes(span_of(k->group, REQUEST_ID_BYTES));
    r->side = REQUEST_CLINIC;
    r->own = k->who.facility;
    r->other = k->to[i];
    r->body = &k->body;
    err e = requests_add(&q, t, r, j->now);
    if (e == OK && k->enquire)
        e = flow_step(j, t, r, REQUEST_ENQUIRE, k->who.user, "", LETTER_ENQUIRY, (const ProtobufCMessage *)&ask);
    else if (e == OK)
        e = flow_step(j, t, r, REQUEST_SEND, k->who.user, "", LETTER_REQUEST, (const ProtobufCMessage *)&k->body);
    return e;
}

static err asking_run(job *j, store_txn *t)
{
    asking *k = j->state;
    err e = nothing_open(j, t, k);
    for (size_t i = 0; e == OK && i < k->to_count; i++)
        e = crypto_random(k->ids[i], REQUEST_ID_BYTES);
    if (e == OK)
        e = crypto_random(k->group, REQUEST_ID_BYTES);
    if (e == OK)
        e = own_link(t, k->who.facility, k->body.number, &k->patient);
    if (e == ERR_CONFLICT)
        snprintf(j->note, sizeof j->note, "this number is another person here: correct it with `register` first");
    if (e == ERR_EXISTS && !j->note[0])
        snprintf(j->note, sizeof j->note, "another own number has the same name, birth and sex: use that one, or "
                                          "`register --also` this one first");
    if (e)
        return e;
    for (size_t i = 0; e == OK && i < k->to_count; i++)
        e = ask_one(j, t, k, i);
    return job_store_err(e);
}

static void asking_answer(job *j, err e)
{
    asking *k = j->state;
    for (size_t i = 0; e == OK && i < k->to_count; i++)
        flow_show(j->in, j->rules->r->p, &k->made[i], "request");
    if (e == OK)
        post_pump(j->n);
    identity_wipe(&k->form);
    job_finish(j, e);
}

void request_new(node *n, control_in *in)
{
    person who;
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(asking), asking_run, asking_answer);
    asking *k = j ? j->state : NULL;
    if (!k) {
        control_finish(in, ERR_MEM);
        return;
    }
    j->in = in;
    k->who = who;
    err e = rulebook_admits(j->rules, j->now, j->note);
    if (e == OK)
        e = asking_args(j, k, in);
    if (e) {
        identity_wipe(&k->form);
        job_finish(j, e);
        job_free(j);
        return;
    }
    job_submit(j);
}

// ---- a word to one that is on its way -------------------------------------------------------

typedef struct word {
    person who;
    const char *id, *text;
    request_event event;
    letter_kind kind;
    request *made;
    asking *corrected; // the form that goes with it, or NULL
} word;

// A corrected form instead of the one that was sent: of the same number here, though perhaps another name.
static err form_correct(job *j, store_txn *t, word *k)
{
    asking *a = k->corrected;
    Tsunagu__RequestBody *b = &a->body;
    const char *was = k->made->body->number;
    err e = requests_may(k->made, k->event, REQUEST_CLINIC);
    if (e)
        return OK; // the step itself says so
    *b = *k->made->body;
    a->person = *b->person;
    a->consent = *b->consent;
    a->who = k->who;
    e = form_args(j, a, j->in);
    if (e)
        return e;
    if (strcmp(b->number, was) != 0) {
        snprintf(j->note, sizeof j->note, "the form is of another patient number: cancel this request, and make a new one");
        return ERR_USAGE;
    }
    if (flow_until(j->rules->r->p, b) < day_of_time(j->now)) {
        snprintf(j->note, sizeof j->note, "this consent is over already");
        return ERR_USAGE;
    }
    e = own_link(t, k->who.facility, b->number, &a->patient);
    if (e == ERR_CONFLICT)
        snprintf(j->note, sizeof j->note, "this number is another person here: correct it with `register` first");
    if (e == ERR_EXISTS)
        snprintf(j->note, sizeof j->note, "another own number has the same name, birth and sex: `register --also` this "
                                          "one first");
    b->pseudonym = wire_bytes(span_of(a->patient.at, PSEUDONYM_BYTES));
    b->staff = k->who.user;
    k->made->body = b;
    return e;
}

static err word_run(job *j, store_txn *t)
{
    word *k = j->state;
    requests q = flow_of(j);
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    err e = requests_find(&q, t, k->id, &j->memory, &k->made);
    if (e == ERR_CONFLICT)
        snprintf(j->note, sizeof j->note, "that means several: give more of the id");
    if (e == OK && (k->made->own != k->who.facility || k->made->side != REQUEST_CLINIC))
        e = ERR_NOT_FOUND;
    if (e)
        return e;
    say.text = (char *)k->text;
    say.staff = k->who.user;
    if (k->corrected) {
        e = form_correct(j, t, k);
        if (e)
            return e;
        say.form = k->made->body;
    }
    // A hospital that was only asked whether it may hold something has no record to cancel.
    bool unknown = k->made->state == REQUEST_DRAFT || k->made->state == REQUEST_ENQUIRING;
    return flow_step(j, t, k->made, k->event, k->who.user, k->text, unknown ? LETTER_NONE : k->kind,
                     (const ProtobufCMessage *)&say);
}

static void word_answer(job *j, err e)
{
    const word *k = j->state;
    if (k->corrected)
        identity_wipe(&k->corrected->form);
    if (e == OK) {
        flow_show(j->in, j->rules->r->p, k->made, "request");
        post_pump(j->n);
    }
    job_finish(j, e);
}

static void word_begin(node *n, control_in *in, request_event event, letter_kind kind)
{
    person who;
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(word), word_run, word_answer);
    if (!j) {
        control_finish(in, ERR_MEM);
        return;
    }
    word *k = j->state;
    *k = (word){.who = who, .id = arg(in, "id"), .text = arg(in, "text"), .event = event, .kind = kind};
    j->in = in;
    if (event == REQUEST_REPLY && (written_file(in, "form") || written_file(in, "consent"))) {
        k->corrected = arena_get(&j->memory, sizeof *k->corrected);
        if (!k->corrected) {
            job_finish(j, ERR_MEM);
            job_free(j);
            return;
        }
        *k->corrected = (asking){.to_count = 0};
    }
    job_submit(j);
}

void request_cancel(node *n, control_in *in)
{
    word_begin(n, in, REQUEST_CANCEL, LETTER_CANCELLED);
}

void request_reply(node *n, control_in *in)
{
    word_begin(n, in, REQUEST_REPLY, LETTER_REPLY);
}
