// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// Letters about requests, as somebody would write them who means no good: bodies that no clinic's own command
// makes, words for another's request, many at once. And where the answers go.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "node/flow/flow.h"
#include "node/post_rows.h"
#include "tests/unit/node_kit.h"

#define BOTH 1319999999ull // みき, a clinic of both unions: node na and node nb serve it

static uint8_t next_thread;

typedef struct ask {
    identity who;
    Tsunagu__Person person;
    Tsunagu__ConsentTerms consent;
    Tsunagu__RequestBody body;
    char sex[2], to[24], *list[1];
    pseudonym patient;
} ask;

static world *world_with_post(void)
{
    world *w = world_open();
    memset(w->n.federation.at, 9, sizeof w->n.federation.at);
    w->n.federation.epoch = 1;
    assert_int_equal(post_open(&w->n, post_rows, post_row_count, &w->n.mail), OK);
    return w;
}

static void world_post_close(world *w)
{
    post_free(w->n.mail);
    world_close(w);
}

static void ask_make(world *w, ask *a, uint64_t clinic)
{
    const char *missing;
    *a = (ask){.who = {.birth = day_of(1980, 1, 2), .sex = 'F'}};
    strcpy(a->who.kana_family, "ヤマダ");
    strcpy(a->who.kana_given, "ハナコ");
    assert_int_equal(pseudonym_of(&w->n.federation, &a->who, &a->patient, &missing), OK);
    request_person(&a->who, &a->person, a->sex);
    tsunagu__consent_terms__init(&a->consent);
    snprintf(a->to, sizeof a->to, "facility:%010llu", (unsigned long long)clinic);
    a->list[0] = a->to;
    a->consent.to = a->list;
    a->consent.n_to = 1;
    a->consent.from_day = TODAY;
    a->consent.until_day = DAY_FOREVER;
    a->consent.agreed_day = TODAY;
    tsunagu__request_body__init(&a->body);
    a->body.pseudonym = wire_bytes(span_of(a->patient.at, PSEUDONYM_BYTES));
    a->body.person = &a->person;
    a->body.consent = &a->consent;
    a->body.number = (char *)"4711";
    a->body.staff = (char *)"clerk";
}

typedef struct sheet {
    letter l;
    buf bytes;
} sheet;

static sheet sheet_of(letter_kind kind, uint64_t from, const char *by, const void *body)
{
    sheet s = {.l = {.kind = kind, .seq = 1, .from = from, .to = SOURCE, .from_node = by, .to_node = "na", .at = NOW}};
    memset(s.l.thread, ++next_thread, sizeof s.l.thread);
    if (body)
        assert_int_equal(wire_encode(body, &s.bytes), OK);
    s.l.body = buf_span(&s.bytes);
    return s;
}

static err take(world *w, const letter *l)
{
    for (size_t i = 0; i < post_row_count; i++)
        if (post_rows[i].kind == l->kind) {
            stage *s = stage_open(w);
            err e = post_rows[i].take(&s->j, s->t, l);
            stage_close(s, e == OK);
            return e;
        }
    return ERR_UNSUPPORTED;
}

static err sent_by(world *w, uint64_t clinic, const char *by, const ask *a)
{
    sheet s = sheet_of(LETTER_REQUEST, clinic, by, &a->body);
    err e = take(w, &s.l);
    buf_done(&s.bytes);
    return e;
}

typedef struct found { letter_kind kind; char node[40]; int count; } found;
static err found_one(void *ctx, const letter *l, uint64_t order, err why, time_ms next)
{
    found *f = ctx;
    (void)order, (void)why, (void)next;
    f->kind = (letter_kind)l->kind;
    snprintf(f->node, sizeof f->node, "%s", l->to_node);
    f->count++;
    return OK;
}

// What lies in the outbox; and the last of it.
static found outbox_of(world *w)
{
    letters *boxes;
    letters_options o = {TABLE_LETTER_OUT, TABLE_LETTER_STREAM, TABLE_LETTER_IN, TABLE_LETTER_HELD, "na", NULL, NULL, NULL};
    found f = {.count = 0};
    store_txn *t;
    assert_int_equal(letters_open(&o, &boxes), OK);
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(letters_list(boxes, t, found_one, &f), OK);
    store_end(t);
    letters_close(boxes);
    return f;
}

// ---- the answer goes to whoever asked -----------------------------------------------------

static void an_answer_goes_where_the_request_came_from(void **state)
{
    (void)state;
    world *w = world_with_post();
    ask a;
    ask_make(w, &a, BOTH);
    assert_int_equal(sent_by(w, BOTH, "nb", &a), OK);
    found f = outbox_of(w);
    assert_int_equal(f.count, 1);
    assert_int_equal(f.kind, LETTER_RECEIVED);
    assert_string_equal(f.node, "nb"); // na serves that clinic too, but was not asked
    world_post_close(w);
}

// ---- words for another's request ------------------------------------------------------------

static err word(world *w, const sheet *of, letter_kind kind, uint64_t from, const char *by)
{
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    sheet s = sheet_of(kind, from, by, &say);
    memcpy(s.l.thread, of->l.thread, sizeof s.l.thread);
    err e = take(w, &s.l);
    buf_done(&s.bytes);
    return e;
}

static void only_the_node_that_asked_moves_its_request(void **state)
{
    (void)state;
    world *w = world_with_post();
    ask a;
    ask_make(w, &a, BOTH);
    sheet s = sheet_of(LETTER_REQUEST, BOTH, "nb", &a.body);
    assert_int_equal(take(w, &s.l), OK);
    assert_int_equal(word(w, &s, LETTER_CANCELLED, VIEWER, "nb"), ERR_DENIED); // another facility
    assert_int_equal(word(w, &s, LETTER_CANCELLED, BOTH, "na"), ERR_DENIED);   // another node of the same one
    assert_int_equal(word(w, &s, LETTER_ACCEPTED, BOTH, "nb"), ERR_DENIED);    // a hospital's word
    assert_int_equal(word(w, &s, LETTER_OBJECTION, BOTH, "nb"), ERR_DENIED);
    assert_int_equal(take(w, &s.l), ERR_CONFLICT); // the same thread once more
    assert_int_equal(word(w, &s, LETTER_CANCELLED, BOTH, "nb"), OK);
    buf_done(&s.bytes);
    world_post_close(w);
}

// ---- forms that no clinic's command makes ------------------------------------------------------

static void forms_beyond_their_measure_are_refused(void **state)
{
    (void)state;
    world *w = world_with_post();
    static char long_text[4000];
    char *many[65];
    ask a;
    memset(long_text, 'x', sizeof long_text - 1);
    for (size_t i = 0; i < 65; i++)
        many[i] = (char *)"federation";
    for (int i = 0; i < 10; i++) {
        ask_make(w, &a, VIEWER);
        switch (i) {
        case 0: a.body.number = long_text; break;
        case 1: a.body.chart = long_text; break;
        case 2: a.body.staff = long_text; break;
        case 3: a.body.text = long_text; break;
        case 4: a.body.urgency = 255; break;
        case 5: a.consent.to = many, a.consent.n_to = 65; break;
        case 6: a.consent.categories = many, a.consent.n_categories = 65; break;
        case 7: a.consent.proxy = long_text; break;
        case 8: a.consent.paper = wire_bytes(span_of(long_text, 33)); break;
        case 9: a.consent.until_day = TODAY - 1; break;
        default: break;
        }
        assert_int_equal(sent_by(w, VIEWER, "nb", &a), ERR_FORMAT);
    }
    ask_make(w, &a, VIEWER);
    assert_int_equal(sent_by(w, VIEWER, "nb", &a), OK);
    world_post_close(w);
}

// ---- a change, and another one under the hands of whoever looks at it ----------------------------------

static err changed_by(world *w, const sheet *of, const ask *a)
{
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    say.form = (Tsunagu__RequestBody *)&a->body;
    sheet s = sheet_of(LETTER_CHANGE, VIEWER, "nb", &say);
    memcpy(s.l.thread, of->l.thread, sizeof s.l.thread);
    err e = take(w, &s.l);
    buf_done(&s.bytes);
    return e;
}

static void accepted(world *w, const sheet *of)
{
    request *r;
    stage *s = stage_open(w);
    requests q = flow_of(&s->j);
    assert_int_equal(requests_get(&q, s->t, of->l.thread, &s->j.memory, &r), OK);
    r->chart = (char *)CHART;
    r->first = (char *)"liaison";
    assert_int_equal(flow_accept(&s->j, s->t, r, "liaison", false), OK);
    stage_close(s, true);
}

static void a_waiting_change_is_not_exchanged(void **state)
{
    (void)state;
    world *w = world_with_post();
    char *some[2] = {(char *)"basics", (char *)"imaging"};
    ask a;
    ask_make(w, &a, VIEWER);
    a.consent.categories = some;
    a.consent.n_categories = 1;
    sheet s = sheet_of(LETTER_REQUEST, VIEWER, "nb", &a.body);
    assert_int_equal(take(w, &s.l), OK);
    accepted(w, &s);
    a.consent.n_categories = 2;
    assert_int_equal(changed_by(w, &s, &a), OK); // wider: a person is to look
    a.list[0] = (char *)"federation";
    assert_int_equal(changed_by(w, &s, &a), ERR_CONFLICT);
    request *r;
    stage *g = stage_open(w);
    requests q = flow_of(&g->j);
    assert_int_equal(requests_get(&q, g->t, s.l.thread, &g->j.memory, &r), OK);
    assert_int_equal(r->state, REQUEST_CHANGED);
    assert_string_equal(r->proposed->consent->to[0], a.to);
    assert_string_equal(r->first, ""); // nobody has looked at the change yet
    stage_close(g, false);
    assert_int_equal(word(w, &s, LETTER_WITHDRAWAL, VIEWER, "nb"), OK);
    buf_done(&s.bytes);
    world_post_close(w);
}

// ---- a clinic of the hospital's own node ------------------------------------------------------------

static request_state state_of(world *w, uint64_t facility, const char *hex)
{
    requests q = flow_reading();
    request *r;
    store_txn *t;
    arena m;
    (void)facility;
    arena_init(&m, 0);
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(requests_find(&q, t, hex, &m, &r), OK);
    request_state s = (request_state)r->state;
    store_end(t);
    arena_done(&m);
    return s;
}

static void a_clinic_of_the_same_node_is_heard(void **state)
{
    (void)state;
    world *w = world_with_post();
    ask a;
    char hex[33];
    ask_make(w, &a, BOTH);
    // The clinic's own record is in this very store.
    sheet s = sheet_of(LETTER_REQUEST, BOTH, "na", &a.body);
    stage *g = stage_open(w);
    requests q = flow_of(&g->j);
    request r = TSUNAGU__REQUEST_RECORD__INIT;
    r.id = wire_bytes(span_of(s.l.thread, REQUEST_ID_BYTES));
    r.side = REQUEST_CLINIC;
    r.own = BOTH;
    r.other = SOURCE;
    r.body = &a.body;
    assert_int_equal(requests_add(&q, g->t, &r, w->now), OK);
    assert_int_equal(flow_step(&g->j, g->t, &r, REQUEST_SEND, "clerk", "", LETTER_NONE, NULL), OK);
    stage_close(g, true);
    hex_put(hex, span_of(s.l.thread, REQUEST_ID_BYTES));
    assert_int_equal(state_of(w, BOTH, hex), REQUEST_SENT);
    assert_int_equal(take(w, &s.l), OK);
    assert_int_equal(outbox_of(w).kind, LETTER_RECEIVED);
    // The hospital's word comes back under the thread that the clinic knows.
    sheet back = s;
    back.bytes = (buf){0};
    back.l.kind = LETTER_RECEIVED;
    back.l.from = SOURCE;
    back.l.to = BOTH;
    back.l.body = (span){0};
    assert_int_equal(take(w, &back.l), OK);
    assert_int_equal(state_of(w, BOTH, hex), REQUEST_RECEIVED);
    assert_int_equal(word(w, &s, LETTER_CANCELLED, BOTH, "na"), OK);
    assert_int_equal(state_of(w, BOTH, hex), REQUEST_RECEIVED); // that was the hospital's record
    buf_done(&s.bytes);
    world_post_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_goes_where_the_request_came_from),
        cmocka_unit_test(only_the_node_that_asked_moves_its_request),
        cmocka_unit_test(forms_beyond_their_measure_are_refused),
        cmocka_unit_test(a_waiting_change_is_not_exchanged),
        cmocka_unit_test(a_clinic_of_the_same_node_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
