// SPDX-License-Identifier: Apache-2.0
// A record of a request in each state the machine can bring it to, at either end, and letters about it. The path to
// a state is found in the machine's own table. Included after node_kit.h.
// Owner: ends_open/_close. Thread: one. Fails: the test.
#ifndef TSUNAGU_TESTS_REQUEST_KIT_H
#define TSUNAGU_TESTS_REQUEST_KIT_H

#include "node/flow/flow.h"
#include "node/post_rows.h"

// The end that keeps the record: node na of the hospital, or node nb of the clinic. The other one writes.
typedef struct ends {
    world *w;
    request_side side;
    uint64_t own, other;
    const char *own_node, *other_node, *wrong_node; // the last serves the other facility, too
    identity who;
    char sex[2], to[24], *list[1];
    Tsunagu__Person person;
    Tsunagu__ConsentTerms terms;
    Tsunagu__RequestBody form;
    pseudonym patient;
} ends;

static inline book *ends_book(ends *k)
{
    policy_files f = kit_rules();
    kit_node_yaml(&f, "na", "a", "discloses: [\"0110113719\"]\n", 0x10);
    kit_node_yaml(&f, "nb", "b", "", 0x20);
    kit_node_yaml(&f, "nc", k->side == REQUEST_HOSPITAL ? "b" : "a", "", 0x30);
    buf bytes = kit_compile(&f);
    policy_files_done(&f);
    policy_free(k->w->n.book_now->r->p);
    assert_int_equal(policy_open(buf_span(&bytes), &k->w->n.book_now->r->p), OK);
    buf_done(&bytes);
    return k->w->n.book_now;
}

static inline void ends_form(ends *k)
{
    const char *missing;
    k->who = (identity){.birth = day_of(1980, 1, 2), .sex = 'F'};
    strcpy(k->who.kana_family, "ヤマダ");
    strcpy(k->who.kana_given, "ハナコ");
    assert_int_equal(pseudonym_of(&k->w->n.federation, &k->who, &k->patient, &missing), OK);
    request_person(&k->who, &k->person, k->sex);
    tsunagu__consent_terms__init(&k->terms);
    snprintf(k->to, sizeof k->to, "facility:%010llu", (unsigned long long)VIEWER);
    k->list[0] = k->to;
    k->terms.to = k->list;
    k->terms.n_to = 1;
    k->terms.from_day = k->terms.agreed_day = TODAY;
    k->terms.until_day = DAY_FOREVER;
    tsunagu__request_body__init(&k->form);
    k->form.pseudonym = wire_bytes(span_of(k->patient.at, PSEUDONYM_BYTES));
    k->form.person = &k->person;
    k->form.consent = &k->terms;
    k->form.number = (char *)"4711";
    k->form.staff = (char *)"clerk";
}

static inline ends *ends_open(request_side side)
{
    ends *k = calloc(1, sizeof *k);
    bool hospital = side == REQUEST_HOSPITAL;
    k->w = world_open();
    k->side = side;
    k->own = hospital ? SOURCE : VIEWER;
    k->other = hospital ? VIEWER : SOURCE;
    k->own_node = hospital ? "na" : "nb";
    k->other_node = hospital ? "nb" : "na";
    k->wrong_node = "nc";
    k->w->n.config.name = (char *)k->own_node;
    k->w->n.facility = hospital ? SOURCE : 0;
    memset(k->w->n.federation.at, 9, sizeof k->w->n.federation.at);
    k->w->n.federation.epoch = 1;
    ends_book(k);
    ends_form(k);
    assert_int_equal(post_open(&k->w->n, post_rows, post_row_count, &k->w->n.mail), OK);
    return k;
}

static inline void ends_close(ends *k)
{
    post_free(k->w->n.mail);
    world_close(k->w);
    free(k);
}

// How the machine's table comes to a state: the row that leads there and the state before, from the first on.
typedef struct path { request_row row[REQUEST_STATES]; int before[REQUEST_STATES]; bool there[REQUEST_STATES]; } path;

static inline path path_of(request_side side)
{
    path p = {.there = {false}};
    bool more = true;
    p.there[side == REQUEST_CLINIC ? REQUEST_DRAFT : REQUEST_SENT] = true;
    while (more) {
        more = false;
        for (int i = 0; i < request_row_count(); i++) {
            request_row r = request_row_at(i);
            for (int s = 0; s < REQUEST_STATES && r.record == side && r.to != REQUEST_STATES; s++)
                if (p.there[s] && (r.from >> s & 1) && !p.there[r.to]) {
                    p.there[r.to] = more = true;
                    p.row[r.to] = r;
                    p.before[r.to] = s;
                }
        }
    }
    return p;
}

static inline void state_reach(const requests *q, store_txn *t, request *r, const path *p, int s)
{
    if (s == (r->side == REQUEST_CLINIC ? (int)REQUEST_DRAFT : (int)REQUEST_SENT))
        return;
    state_reach(q, t, r, p, p->before[s]);
    assert_int_equal(requests_step(q, t, r, p->row[s].event, p->row[s].by, "", "", NOW), OK);
}

// The record whose id is 16 times this byte, brought to the state; without anybody being told.
static inline void record_make(ends *k, store_txn *t, const path *p, int s, uint8_t no)
{
    uint8_t id[REQUEST_ID_BYTES];
    const requests q = {TABLE_REQUEST, TABLE_REQUEST_LIST, TABLE_REQUEST_PAST, NULL, NULL, NULL};
    request r = TSUNAGU__REQUEST_RECORD__INIT;
    memset(id, no, sizeof id);
    r.id = wire_bytes(span_of(id, sizeof id));
    r.side = k->side;
    r.own = k->own;
    r.other = k->other;
    r.other_node = (char *)k->other_node;
    r.body = &k->form;
    assert_int_equal(requests_add(&q, t, &r, NOW), OK);
    state_reach(&q, t, &r, p, s);
    assert_int_equal(r.state, (uint32_t)s);
}

static inline letter letter_of(const ends *k, letter_kind kind, uint8_t no, span body)
{
    letter l = {.kind = kind, .seq = 1, .from = k->other, .to = k->own, .from_node = k->other_node,
                .to_node = k->own_node, .at = NOW, .body = body};
    memset(l.thread, no, sizeof l.thread);
    return l;
}

// A body as that kind has it, right in every part.
static inline void body_make(ends *k, letter_kind kind, bool held, buf *out)
{
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    Tsunagu__MayHoldBody may = TSUNAGU__MAY_HOLD_BODY__INIT;
    Tsunagu__EnquiryBody ask = TSUNAGU__ENQUIRY_BODY__INIT;
    Tsunagu__AcceptedBody accepted = TSUNAGU__ACCEPTED_BODY__INIT;
    static uint8_t opened_by[16] = {1};
    const void *body = &say;
    say.text = (char *)"said";
    may.held = held;
    ask.pseudonym = k->form.pseudonym;
    accepted.consent = wire_bytes(span_of(opened_by, sizeof opened_by));
    accepted.revision = 1;
    if (kind == LETTER_CHANGE)
        say.form = &k->form;
    else if (kind == LETTER_MAY_HOLD)
        body = &may;
    else if (kind == LETTER_ENQUIRY)
        body = &ask;
    else if (kind == LETTER_REQUEST)
        body = &k->form;
    else if (kind == LETTER_ACCEPTED)
        body = &accepted;
    assert_int_equal(wire_encode(body, out), OK);
}

static inline err (*taker_of(letter_kind kind))(job *, store_txn *, const letter *)
{
    for (size_t i = 0; i < post_row_count; i++)
        if (post_rows[i].kind == kind)
            return post_rows[i].take;
    return NULL;
}

#endif
