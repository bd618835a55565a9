// SPDX-License-Identifier: Apache-2.0
// Registration requests as a clinic's clerk handles them, under the clinic's own patient numbers.
#include <stdio.h>
#include <string.h>

#include "node/charts/own.h"
#include "node/clinic/asking.h"
#include "node/clinic/clinic.h"
#include "node/flow/show.h"
#include "node/flow/written.h"
#include "node/rulebook/rulebook.h"

// ---- looking --------------------------------------------------------------------------------

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
    l.group = control_arg(in, "group");
    arena_init(&a, 0);
    err e = store_read(n->keep, &t);
    if (e == OK) {
        if (id) {
            e = requests_find(&q, t, id, &a, &r);
            if (e == OK && (r->own != who.facility || r->side != REQUEST_CLINIC))
                e = ERR_NOT_FOUND;
            if (e == OK) {
                flow_show(in, b->r->p, r, "request");
                flow_history_show(in, t, r);
            }
        } else if (number) {
            e = requests_of(&q, t, REQUEST_CLINIC, who.facility, number, flow_page_pick, &l);
        } else {
            e = requests_all(&q, t, who.facility, flow_page_pick, &l);
        }
        store_end(t);
    }
    if (e == ERR_CONFLICT)
        control_note(in, "that means several: give more of the id");
    arena_done(&a);
    if (e == OK && !id)
        e = flow_page_end(&l);
    book_drop(b);
    control_finish(in, e);
}

// ---- a new one ------------------------------------------------------------------------------

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
    r->ask_first = k->ask_first;
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
    e = asking_forms(j, a, j->in);
    if (e)
        return e;
    if (strcmp(b->number, was) != 0) {
        snprintf(j->note, sizeof j->note, "the form is of another patient number: cancel this request, and make a new one");
        return ERR_USAGE;
    }
    if (terms_until(j->rules->r->p, b) < day_of_time(j->now)) {
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
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    err e = flow_find(j, t, k->id, REQUEST_CLINIC, k->who.facility, &k->made);
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
    *k = (word){.who = who, .id = control_word(in, "id"), .text = control_word(in, "text"), .event = event, .kind = kind};
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
