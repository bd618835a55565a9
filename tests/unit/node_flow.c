// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// What becomes of a consent that requests opened: two clinics on one chart, changes, withdrawals from either side,
// refusals of the hub, the calendar, and papers whose time is over. Jobs run by hand, at any day.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "node/flow/flow.h"
#include "node/post_rows.h"
#include "node/counter/objections.h"
#include "node/joining/joining.h"
#include "tests/unit/node_kit.h"

#define CLINIC_B 1319999999ull
#define DAY_LONG 86400000ll
#define TO_VIEWER "facility:0119900025"
#define TO_B "facility:1319999999"

static struct { uint64_t facility; int event; } notices[64];
static int notice_count;

static err notice_note(job *j, store_txn *t, uint64_t facility, int event, const uint8_t *reference)
{
    (void)j, (void)t, (void)reference;
    notices[notice_count].facility = facility;
    notices[notice_count++].event = event;
    return OK;
}

static int told(int event)
{
    int n = 0;
    for (int i = 0; i < notice_count; i++)
        n += notices[i].event == event;
    return n;
}

// members: the clinics of union b, as a list of its file.
static void rules_take(world *w, const char *members)
{
    policy_files f = kit_rules();
    if (members) {
        char text[600];
        snprintf(text, sizeof text, "union: b\nja: 乙\nen: B\nsecretariat: 乙病院\ndiscloses:\n"
                                    "  - {code: 0119900017, name: 乙病院, kind: hospital}\nviews:\n%s", members);
        kit_put(&f, "unions/b.yaml", text);
    }
    kit_put(&f, "requests.yaml", "refusals:\n  - {id: other, ja: その他, en: other}\nsecond_check: [weak]\n"
                                 "relations:\n  - {id: parent, ja: 親, en: parent, until_majority: はい}\n"
                                 "  - {id: spouse, ja: 配偶者, en: spouse}\nmajority_age: 18\nretention: 5年\n"
                                 "deadlines:\n  - {state: received, days: 3, remind: 1}\n"
                                 "  - {state: changed, days: 3, remind: 1}\n"
                                 "  - {state: asked-back, days: 14, remind: 3, cancels: はい}\n"
                                 "notice_days: 30\ntold:\n  overdue: [disclosing]\n  objected: [asking, disclosing]\n"
                                 "  expiring: [asking, disclosing]\n  ended: [asking, disclosing]\n"
                                 "  majority: [asking, disclosing]\n  withdrawn: [asking, disclosing]\n"
                                 "  enquired: [asking]\n  left: [disclosing]\n");
    kit_node_yaml(&f, "na", "a", "discloses: [\"0110113719\"]\n", 0x10);
    kit_node_yaml(&f, "nb", "b", "", 0x20);
    buf bytes = kit_compile(&f);
    policy_files_done(&f);
    policy_free(w->n.book_now->r->p);
    assert_int_equal(policy_open(buf_span(&bytes), &w->n.book_now->r->p), OK);
    buf_done(&bytes);
}

static world *scene(void)
{
    world *w = world_open();
    rules_take(w, NULL);
    w->n.notice = notice_note;
    notice_count = 0;
    assert_int_equal(post_open(&w->n, post_rows, post_row_count, &w->n.mail), OK);
    return w;
}

static void scene_end(world *w)
{
    post_free(w->n.mail);
    world_close(w);
}

// ---- records as letters would have made them ------------------------------------------------

typedef struct form {
    Tsunagu__RequestBody body;
    Tsunagu__Person person;
    Tsunagu__ConsentTerms terms;
    char *to[4];
    char *categories[4];
    pseudonym who;
} form;

static form *form_make(const char *to, const char *categories)
{
    form *f = calloc(1, sizeof *f);
    tsunagu__request_body__init(&f->body);
    tsunagu__person__init(&f->person);
    tsunagu__consent_terms__init(&f->terms);
    f->who = kit_who(0x42);
    f->body.pseudonym = wire_bytes(span_of(f->who.at, PSEUDONYM_BYTES));
    f->body.person = &f->person;
    f->body.consent = &f->terms;
    f->body.number = (char *)"C-1";
    f->person.birth_day = day_of(1965, 4, 15);
    f->terms.from_day = f->terms.agreed_day = TODAY;
    f->terms.until_day = DAY_FOREVER;
    f->terms.to = f->to;
    f->terms.categories = f->categories;
    f->to[f->terms.n_to++] = (char *)to;
    while (categories && *categories) { // up to four short ids, joined by commas
        size_t n = strcspn(categories, ",");
        f->categories[f->terms.n_categories++] = strndup(categories, n);
        categories += n + (categories[n] == ',');
    }
    return f;
}

static void form_free(form *f)
{
    for (size_t i = 0; i < f->terms.n_categories; i++)
        free(f->categories[i]);
    free(f);
}

static void id_fill(uint8_t id[16], uint8_t no)
{
    memset(id, no, 16);
}

static void arrived(world *w, stage *s, uint8_t no, uint64_t clinic, form *f, request *r)
{
    static uint8_t id[16];
    requests q = flow_of(&s->j);
    tsunagu__request_record__init(r);
    id_fill(id, no);
    r->id = wire_bytes(span_of(id, 16));
    r->side = REQUEST_HOSPITAL;
    r->own = SOURCE;
    r->other = clinic;
    r->other_node = (char *)"nb";
    r->body = &f->body;
    assert_int_equal(requests_add(&q, s->t, r, w->now), OK);
    assert_int_equal(requests_step(&q, s->t, r, REQUEST_RECEIVE, REQUEST_HOSPITAL, "", "", w->now), OK);
}

static err accept(world *w, uint8_t no, uint64_t clinic, form *f)
{
    request r;
    stage *s = stage_open(w);
    arrived(w, s, no, clinic, f, &r);
    r.chart = (char *)CHART;
    err e = flow_accept(&s->j, s->t, &r, "liaison", false);
    if (e)
        printf("    accept: %s\n", s->j.note);
    stage_close(s, e == OK);
    return e;
}

// The hub has everything, or refused one.
static void published(world *w, uint64_t refused)
{
    char *why = (char *)"finer than the council allows";
    uint64_t seq;
    stage *s = stage_open(w);
    assert_int_equal(outbox_seq(s->t, &seq), OK);
    assert_int_equal(outbox_acked(s->t, seq), OK);
    assert_int_equal(flow_published(&s->j, s->t, &refused, &why, refused ? 1 : 0), OK);
    stage_close(s, true);
}

static void settled(world *w, uint8_t no) // the clinic has the completion
{
    letter l = {.kind = LETTER_ACCEPTED, .from = SOURCE};
    stage *s = stage_open(w);
    id_fill(l.thread, no);
    assert_int_equal(flow_settled(&s->j, s->t, &l, OK), OK);
    stage_close(s, true);
}

static const char *state(world *w, uint8_t no)
{
    uint8_t id[16];
    request *r;
    const char *name = "gone";
    stage *s = stage_open(w);
    requests q = flow_of(&s->j);
    id_fill(id, no);
    if (requests_get(&q, s->t, id, &s->j.memory, &r) == OK)
        name = request_state_name(r->state);
    stage_close(s, false);
    return name;
}

static consent held(world *w)
{
    consent c;
    store_txn *t;
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(consent_get(t, span_str(CHART), &c), OK);
    store_end(t);
    return c;
}

static void opened(world *w, uint8_t no, uint64_t clinic, form *f)
{
    assert_int_equal(accept(w, no, clinic, f), OK);
    published(w, 0);
    settled(w, no);
    assert_string_equal(state(w, no), "completed");
}

static err change(world *w, uint8_t no, uint64_t clinic, form *f)
{
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    buf bytes = {0};
    letter l = {.kind = LETTER_CHANGE, .from = clinic, .to = SOURCE, .from_node = "nb", .to_node = "na"};
    stage *s = stage_open(w);
    request *r;
    uint8_t id[16];
    requests q = flow_of(&s->j);
    id_fill(id, no);
    (void)l, (void)say;
    assert_int_equal(requests_get(&q, s->t, id, &s->j.memory, &r), OK);
    err e = change_check(&s->j, r, &f->body);
    r->proposed = &f->body;
    if (e == OK)
        e = requests_step(&q, s->t, r, REQUEST_CHANGE, REQUEST_CLINIC, "", "", w->now);
    if (e == OK)
        e = change_arrived(&s->j, s->t, r);
    stage_close(s, e == OK);
    buf_done(&bytes);
    return e;
}

// A letter of the clinic that says an event and nothing else.
static err word_of(world *w, uint8_t no, letter_kind kind)
{
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    buf bytes = {0};
    letter l = {.kind = kind, .from = VIEWER, .to = SOURCE, .from_node = "nb", .to_node = "na"};
    stage *s = stage_open(w);
    id_fill(l.thread, no);
    assert_int_equal(wire_encode((const ProtobufCMessage *)&say, &bytes), OK);
    l.body = buf_span(&bytes);
    err e = flow_take_word(&s->j, s->t, &l);
    stage_close(s, e == OK);
    buf_done(&bytes);
    return e;
}

static void stop(world *w, uint64_t seq, uint64_t facility)
{
    stage *s = stage_open(w);
    pseudonym who = kit_who(0x42);
    assert_int_equal(stop_record(&s->j, s->t, seq, &who, facility, w->now), OK);
    stage_close(s, true);
}

typedef struct post_count {
    letter_kind kind; // LETTER_NONE: any
    int count;
} post_count;

static err post_one(void *ctx, const letter *l, uint64_t order, err why, time_ms next)
{
    post_count *c = ctx;
    (void)order, (void)why, (void)next;
    c->count += c->kind == LETTER_NONE || l->kind == c->kind;
    return OK;
}

// Letters of the kind that wait in the outbox.
static int posted(world *w, letter_kind kind)
{
    post_count c = {kind, 0};
    const letters_options o = {TABLE_LETTER_OUT, TABLE_LETTER_STREAM, TABLE_LETTER_IN, TABLE_LETTER_HELD, "na", NULL,
                               NULL, NULL};
    letters *boxes; // other eyes on the same tables
    store_txn *t;
    assert_int_equal(letters_open(&o, &boxes), OK);
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(letters_list(boxes, t, post_one, &c), OK);
    store_end(t);
    letters_close(boxes);
    return c.count;
}

static void day_pass(world *w, int days)
{
    const daily_slice all = {.looks = 1000, .acts = 200};
    bool more;
    w->now += days * DAY_LONG;
    stage *s = stage_open(w);
    assert_int_equal(daily_step(&s->j, s->t, &all, &more), OK);
    stage_close(s, true);
    assert_false(more);
}

// ---- what is told ------------------------------------------------------------------------------

static void two_clinics_stand_on_one_chart(void **unused)
{
    (void)unused;
    world *w = scene();
    form *a = form_make(TO_VIEWER, ""), *b = form_make(TO_B, "");
    opened(w, 1, VIEWER, a);
    time_ms agreed = held(w).card.scope.at;
    w->now += 1000;
    opened(w, 2, CLINIC_B, b);
    assert_int_equal(held(w).card.scope.grantee_count, 2);
    agreed = held(w).card.scope.at;
    // One of them tells of a withdrawal: the other's stands, and is not made any younger.
    w->now += 1000;
    stage *s = stage_open(w);
    pseudonym who = kit_who(0x42);
    assert_int_equal(stop_record(&s->j, s->t, 1, &who, VIEWER, w->now), OK);
    stage_close(s, true);
    assert_string_equal(state(w, 1), "withdrawn");
    assert_string_equal(state(w, 2), "completed");
    consent c = held(w);
    assert_false(c.card.scope.withdrawn);
    assert_int_equal(c.card.scope.grantee_count, 1);
    assert_int_equal(c.card.scope.grantees[0].facility, CLINIC_B);
    assert_int_equal(c.card.scope.at, agreed);
    // The hospital ends what is left.
    withdrawal k = {.chart = CHART, .by = "staff"};
    s = stage_open(w);
    assert_int_equal(disclosure_withdraw(&s->j, s->t, &k, FLOW_EVENT_WITHDRAWN), OK);
    assert_int_equal(flow_chart_end(&s->j, s->t, CHART, REQUEST_WITHDRAW, REQUEST_HOSPITAL, "staff", true), OK);
    stage_close(s, true);
    assert_string_equal(state(w, 2), "withdrawn");
    form_free(a);
    form_free(b);
    scene_end(w);
}

static void a_withdrawal_before_the_consent_ends_nothing(void **unused)
{
    (void)unused;
    world *w = scene();
    form *a = form_make(TO_VIEWER, "");
    pseudonym who = kit_who(0x42);
    opened(w, 1, VIEWER, a);
    stage *s = stage_open(w);
    assert_int_equal(stop_record(&s->j, s->t, 1, &who, VIEWER, w->now - 5000), OK);
    stage_close(s, true);
    assert_string_equal(state(w, 1), "completed");
    assert_false(held(w).card.scope.withdrawn);
    form_free(a);
    scene_end(w);
}

static void narrower_holds_at_once_wider_waits(void **unused)
{
    (void)unused;
    world *w = scene();
    const policy *p = w->n.book_now->r->p;
    form *a = form_make(TO_VIEWER, "basics,imaging"), *narrow = form_make(TO_VIEWER, "basics"),
         *other = form_make(TO_VIEWER, "basics,reports"), *away = form_make(TO_B, "reports");
    uint16_t basics = (uint16_t)(1u << policy_category(p, "basics")),
             reports = (uint16_t)(1u << policy_category(p, "reports"));
    opened(w, 1, VIEWER, a);
    time_ms agreed = held(w).card.scope.at;
    w->now += 1000;
    assert_int_equal(change(w, 1, VIEWER, narrow), OK);
    assert_int_equal(held(w).card.scope.categories, basics); // nobody was asked
    assert_int_equal(held(w).card.scope.at, agreed);
    assert_string_equal(state(w, 1), "changed"); // until the hub has it
    published(w, 0);
    settled(w, 1);
    assert_string_equal(state(w, 1), "completed");
    // Wider: what was stays, and a person decides.
    assert_int_equal(change(w, 1, VIEWER, other), OK);
    assert_int_equal(held(w).card.scope.categories, basics);
    published(w, 0);
    assert_string_equal(state(w, 1), "changed");
    // Something else altogether while that waits: nothing of the old holds.
    assert_int_equal(change(w, 1, VIEWER, away), OK);
    assert_true(held(w).card.scope.withdrawn);
    published(w, 0);
    assert_string_equal(state(w, 1), "changed");
    (void)reports;
    form *bad = form_make(TO_VIEWER, "diagnoses");
    assert_int_not_equal(change(w, 1, VIEWER, bad), OK);
    form_free(bad);
    form_free(a);
    form_free(narrow);
    form_free(other);
    form_free(away);
    scene_end(w);
}

// From everybody to one, and back: who is in the wider word needs nobody, whom it adds needs a person.
static void everybody_holds_each_of_them(void **unused)
{
    (void)unused;
    static const char *const wide[] = {"federation", "union:b"};
    for (int i = 0; i < 2; i++) {
        world *w = scene();
        form *all = form_make(wide[i], ""), *one = form_make(TO_VIEWER, ""), *again = form_make(wide[i], "");
        opened(w, 1, VIEWER, all);
        w->now += 1000;
        assert_int_equal(change(w, 1, VIEWER, one), OK);
        consent c = held(w);
        assert_false(c.card.scope.withdrawn);
        assert_int_equal(c.card.scope.grantee_count, 1);
        assert_int_equal(c.card.scope.grantees[0].facility, VIEWER);
        published(w, 0);
        settled(w, 1);
        assert_string_equal(state(w, 1), "completed"); // nobody was asked
        assert_int_equal(change(w, 1, VIEWER, again), OK);
        published(w, 0);
        assert_string_equal(state(w, 1), "changed"); // somebody is
        c = held(w);
        assert_false(c.card.scope.withdrawn); // meanwhile the one still reads
        assert_int_equal(c.card.scope.grantee_count, 1);
        assert_int_equal(c.card.scope.grantees[0].facility, VIEWER);
        form_free(all);
        form_free(one);
        form_free(again);
        scene_end(w);
    }
}

static void a_refused_card_discloses_nothing(void **unused)
{
    (void)unused;
    world *w = scene();
    form *a = form_make(TO_VIEWER, "");
    uint64_t seq;
    assert_int_equal(accept(w, 1, VIEWER, a), OK);
    stage *s = stage_open(w);
    assert_int_equal(outbox_seq(s->t, &seq), OK);
    stage_close(s, false);
    published(w, seq);
    assert_string_equal(state(w, 1), "accepted");
    published(w, 0); // every later acknowledgement says nothing of it any more
    assert_string_equal(state(w, 1), "accepted");
    consent c = held(w);
    s = stage_open(w); // sent again, and taken
    assert_int_equal(disclosure_send(&w->n, s->j.rules, s->t, &c, w->now, true, NULL), OK);
    stage_close(s, true);
    published(w, 0);
    assert_string_equal(state(w, 1), "disclosed");
    form_free(a);
    scene_end(w);
}

static void consents_end_by_the_calendar(void **unused)
{
    (void)unused;
    world *w = scene();
    form *a = form_make(TO_VIEWER, "");
    a->terms.until_day = TODAY + 40;
    day_pass(w, 0);
    opened(w, 1, VIEWER, a);
    notice_count = 0;
    day_pass(w, 9);
    assert_int_equal(told(FLOW_EVENT_EXPIRING), 0);
    day_pass(w, 4); // away for some days: still told, once
    assert_int_equal(told(FLOW_EVENT_EXPIRING), 1);
    day_pass(w, 0);
    day_pass(w, 27);
    assert_int_equal(told(FLOW_EVENT_EXPIRING), 1);
    assert_string_equal(state(w, 1), "completed"); // its last day
    assert_false(held(w).card.scope.withdrawn);
    day_pass(w, 1);
    assert_string_equal(state(w, 1), "ended");
    assert_true(held(w).card.scope.withdrawn);
    assert_int_equal(told(FLOW_EVENT_ENDED), 1);
    assert_int_equal(told(FLOW_EVENT_WITHDRAWN), 0);
    form_free(a);
    scene_end(w);
}

static void a_child_comes_of_age(void **unused)
{
    (void)unused;
    world *w = scene();
    form *a = form_make(TO_VIEWER, "");
    a->person.birth_day = day_of(2008, 12, 31); // 18 on 2026-12-31, forty days on
    a->terms.proxy = (char *)"parent";
    day_pass(w, 0);
    opened(w, 1, VIEWER, a);
    assert_int_equal(held(w).card.scope.until, day_of(2026, 12, 30));
    day_pass(w, 12);
    assert_int_equal(told(FLOW_EVENT_MAJORITY), 1);
    day_pass(w, 28);
    assert_string_equal(state(w, 1), "ended");
    // And a parent can no longer agree.
    assert_int_equal(accept(w, 2, VIEWER, a), ERR_EXPIRED);
    a->terms.proxy = (char *)"spouse";
    assert_int_equal(accept(w, 3, VIEWER, a), OK);
    form_free(a);
    scene_end(w);
}

// The stop and the letter of one withdrawal, in either order, and a consent that no request opened.
static void a_withdrawal_is_told_once(void **unused)
{
    (void)unused;
    for (int letter_first = 0; letter_first < 2; letter_first++) {
        world *w = scene();
        form *a = form_make(TO_VIEWER, "");
        opened(w, 1, VIEWER, a);
        w->now += 1000;
        notice_count = 0;
        if (letter_first)
            assert_int_equal(word_of(w, 1, LETTER_WITHDRAWAL), OK);
        stop(w, 1, VIEWER);
        if (!letter_first)
            assert_int_equal(word_of(w, 1, LETTER_WITHDRAWAL), OK); // it crossed
        assert_string_equal(state(w, 1), "withdrawn");
        assert_true(held(w).card.scope.withdrawn);
        assert_int_equal(told(FLOW_EVENT_WITHDRAWN), 1);
        form_free(a);
        scene_end(w);
    }
    world *w = scene();
    confirmation c = kit_confirmation(w, CHART, 0x42);
    assert_int_equal(kit_confirm(w, &c), OK);
    w->now += 1000;
    notice_count = 0;
    stop(w, 1, CLINIC_B); // whom nobody let in
    assert_int_equal(told(FLOW_EVENT_WITHDRAWN), 0);
    stop(w, 2, VIEWER);
    stop(w, 2, VIEWER); // told again
    assert_int_equal(told(FLOW_EVENT_WITHDRAWN), 1);
    scene_end(w);
}

// At the desk a person withdraws a consent that two requests opened.
static void a_withdrawal_at_the_desk_is_told_once(void **unused)
{
    (void)unused;
    world *w = scene();
    form *a = form_make(TO_VIEWER, ""), *b = form_make(TO_B, "");
    withdrawal k = {.chart = CHART, .by = "staff"};
    opened(w, 1, VIEWER, a);
    opened(w, 2, CLINIC_B, b);
    w->now += 1000;
    notice_count = 0;
    stage *s = stage_open(w);
    assert_int_equal(disclosure_withdraw(&s->j, s->t, &k, FLOW_EVENT_WITHDRAWN), OK);
    assert_int_equal(flow_chart_end(&s->j, s->t, CHART, REQUEST_WITHDRAW, REQUEST_HOSPITAL, "staff", true), OK);
    stage_close(s, true);
    assert_string_equal(state(w, 1), "withdrawn");
    assert_string_equal(state(w, 2), "withdrawn");
    assert_int_equal(notice_count, 1);
    assert_int_equal(told(FLOW_EVENT_WITHDRAWN), 1);
    assert_int_equal(notices[0].facility, SOURCE);
    assert_int_equal(posted(w, LETTER_WITHDRAWAL), 2); // and each clinic hears of it
    form_free(a);
    form_free(b);
    scene_end(w);
}

// A clinic's record, as if this node were that clinic's.
static void asked(world *w, uint8_t no, uint64_t hospital, form *f)
{
    static uint8_t id[16], group[16] = {0x77};
    stage *s = stage_open(w);
    requests q = flow_of(&s->j);
    request r;
    tsunagu__request_record__init(&r);
    id_fill(id, no);
    r.id = wire_bytes(span_of(id, 16));
    r.group = wire_bytes(span_of(group, 16));
    r.side = REQUEST_CLINIC;
    r.own = SOURCE;
    r.other = hospital;
    r.body = &f->body;
    assert_int_equal(requests_add(&q, s->t, &r, w->now), OK);
    assert_int_equal(requests_step(&q, s->t, &r, REQUEST_ENQUIRE, REQUEST_CLINIC, "clerk", "", w->now), OK);
    stage_close(s, true);
}

static void answered(world *w, uint8_t no, request_event e)
{
    stage *s = stage_open(w);
    requests q = flow_of(&s->j);
    uint8_t id[16];
    request *r;
    id_fill(id, no);
    assert_int_equal(requests_get(&q, s->t, id, &s->j.memory, &r), OK);
    assert_int_equal(requests_step(&q, s->t, r, e, REQUEST_HOSPITAL, "", "", w->now), OK);
    stage_close(s, true);
}

// All are asked who may hold records: one notice when the last has answered, whatever they say.
static void an_enquiry_is_told_once(void **unused)
{
    (void)unused;
    static const request_event lasts[] = {REQUEST_NONE_HELD, REQUEST_HELD};
    for (size_t i = 0; i < 2; i++) {
        world *w = scene();
        form *a = form_make(TO_VIEWER, "");
        for (uint8_t no = 1; no <= 3; no++)
            asked(w, no, CLINIC_B + no, a);
        answered(w, 1, REQUEST_NONE_HELD);
        answered(w, 2, REQUEST_NONE_HELD);
        assert_int_equal(notice_count, 0);
        answered(w, 3, lasts[i]);
        assert_int_equal(notice_count, 1);
        assert_int_equal(notices[0].event, FLOW_EVENT_ENQUIRED);
        answered(w, 1, REQUEST_NONE_HELD); // said again
        assert_int_equal(notice_count, 1);
        form_free(a);
        scene_end(w);
    }
}

static void switched(world *w, const char *members)
{
    joining_place at = {.more = true};
    rules_take(w, members);
    w->now += 1000;
    stage *s = stage_open(w);
    while (at.more)
        assert_int_equal(joining_look(&s->j, s->t, &at), OK);
    stage_close(s, true);
}

static void who_leaves_twice_is_told_twice(void **unused)
{
    (void)unused;
    static const char WITH[] = "  - {code: 1319999999, name: みき, ward: 東区, kind: clinic}\n"
                               "  - {code: 0119900025, name: 丙医院, kind: clinic}\n",
                      WITHOUT[] = "  - {code: 1319999999, name: みき, ward: 東区, kind: clinic}\n";
    world *w = scene();
    confirmation c = kit_confirmation(w, CHART, 0x42); // of which nobody asked by a request
    assert_int_equal(kit_confirm(w, &c), OK);
    notice_count = 0;
    switched(w, WITH);
    assert_int_equal(notice_count, 0);
    for (int times = 1; times <= 3; times++) {
        switched(w, WITHOUT);
        assert_int_equal(told(FLOW_EVENT_LEFT), times);
        switched(w, WITHOUT); // another switch, and still gone
        assert_int_equal(told(FLOW_EVENT_LEFT), times);
        switched(w, WITH);
        assert_int_equal(told(FLOW_EVENT_LEFT), times);
    }
    scene_end(w);
}

static void object_say(world *w, bool stands)
{
    stage *s = stage_open(w);
    assert_int_equal(objection_put(&s->j, s->t, CHART, "desk", stands), OK);
    stage_close(s, true);
}

static void an_objection_ends_all_and_blocks_acceptance(void **unused)
{
    (void)unused;
    world *w = scene();
    form *a = form_make(TO_VIEWER, ""), *b = form_make(TO_B, "");
    opened(w, 1, VIEWER, a);
    opened(w, 2, CLINIC_B, b);
    assert_int_equal(posted(w, LETTER_OBJECTION), 0);
    w->now += 1000;
    notice_count = 0;
    object_say(w, true);
    assert_string_equal(state(w, 1), "objected");
    assert_string_equal(state(w, 2), "objected");
    assert_int_equal(told(FLOW_EVENT_OBJECTED), 1); // however many requests it ends
    assert_int_equal(told(FLOW_EVENT_WITHDRAWN), 0);
    assert_true(held(w).card.scope.withdrawn); // the hub's card goes
    assert_int_equal(posted(w, LETTER_OBJECTION), 2);
    assert_int_equal(accept(w, 3, VIEWER, a), ERR_DENIED);
    assert_string_equal(state(w, 3), "gone"); // not a trace of what was refused
    assert_int_equal(change(w, 1, VIEWER, b), OK); // it crossed: written down, and nothing opens
    assert_true(held(w).card.scope.withdrawn);
    object_say(w, false);
    assert_true(held(w).card.scope.withdrawn); // lifting alone opens nothing
    assert_int_equal(accept(w, 3, VIEWER, a), OK);
    assert_false(held(w).card.scope.withdrawn);
    form_free(a);
    form_free(b);
    scene_end(w);
}

static void minutes_pass(world *w, int64_t minutes)
{
    bool more = true;
    w->now += minutes * 60000;
    stage *s = stage_open(w);
    assert_int_equal(flow_round(&s->j, s->t, &more), OK);
    assert_false(more);
    stage_close(s, true);
}

static void deadlines_remind_and_cancel(void **unused)
{
    (void)unused;
    world *w = scene();
    form *a = form_make(TO_VIEWER, "");
    request r;
    stage *s = stage_open(w);
    arrived(w, s, 1, VIEWER, a, &r);
    stage_close(s, true);
    notice_count = 0;
    minutes_pass(w, 24 * 60 - 1);
    assert_int_equal(told(FLOW_EVENT_OVERDUE), 0);
    minutes_pass(w, 1);
    minutes_pass(w, 1); // once a day, not once a round
    assert_int_equal(told(FLOW_EVENT_OVERDUE), 1);
    minutes_pass(w, 24 * 60);
    assert_int_equal(told(FLOW_EVENT_OVERDUE), 2);
    assert_string_equal(state(w, 1), "received");
    minutes_pass(w, 24 * 60); // the third day: overdue, and it waits on
    uint8_t id[16];
    request *got;
    id_fill(id, 1);
    s = stage_open(w);
    requests q = flow_of(&s->j);
    assert_int_equal(requests_get(&q, s->t, id, &s->j.memory, &got), OK);
    assert_true(got->overdue);
    assert_int_equal(requests_step(&q, s->t, got, REQUEST_ASK_BACK, REQUEST_HOSPITAL, "liaison", "who?", w->now), OK);
    assert_false(got->overdue); // another state, another term
    stage_close(s, true);
    minutes_pass(w, 13 * 24 * 60);
    assert_string_equal(state(w, 1), "asked-back");
    minutes_pass(w, 24 * 60);
    // Only the clinic may give a request up; at the hospital it stands there as overdue.
    assert_string_equal(state(w, 1), "asked-back");
    form_free(a);
    scene_end(w);
}

// A wider consent that nobody decides on is reminded of, then late; it is not taken back by a deadline.
static void a_change_that_nobody_decides_is_late(void **unused)
{
    (void)unused;
    world *w = scene();
    form *a = form_make(TO_VIEWER, "basics"), *wide = form_make(TO_VIEWER, "basics,reports");
    opened(w, 1, VIEWER, a);
    assert_int_equal(change(w, 1, VIEWER, wide), OK);
    notice_count = 0;
    minutes_pass(w, 24 * 60 - 1);
    assert_int_equal(told(FLOW_EVENT_OVERDUE), 0);
    minutes_pass(w, 1);
    assert_int_equal(told(FLOW_EVENT_OVERDUE), 1);
    minutes_pass(w, 2 * 24 * 60);
    assert_int_equal(told(FLOW_EVENT_OVERDUE), 2);
    assert_string_equal(state(w, 1), "changed");
    uint8_t id[16];
    request *r;
    stage *s = stage_open(w);
    requests q = flow_of(&s->j);
    id_fill(id, 1);
    assert_int_equal(requests_get(&q, s->t, id, &s->j.memory, &r), OK);
    assert_true(r->overdue && r->proposed);
    r->proposed = NULL; // decided
    assert_int_equal(requests_step(&q, s->t, r, REQUEST_KEEP, REQUEST_HOSPITAL, "liaison", "", w->now), OK);
    assert_false(r->overdue);
    stage_close(s, true);
    minutes_pass(w, 3 * 24 * 60); // completed has no term
    assert_int_equal(told(FLOW_EVENT_OVERDUE), 2);
    form_free(a);
    form_free(wide);
    scene_end(w);
}

// The clinic's record of the same: there the rules cancel it, and the hospital is told.
static void what_nobody_answers_is_cancelled(void **unused)
{
    (void)unused;
    world *w = scene();
    form *a = form_make(TO_VIEWER, "");
    uint8_t id[16];
    request r = TSUNAGU__REQUEST_RECORD__INIT;
    stage *s = stage_open(w);
    requests q = flow_of(&s->j);
    id_fill(id, 1);
    r.id = wire_bytes(span_of(id, 16));
    r.side = REQUEST_CLINIC;
    r.own = VIEWER;
    r.other = SOURCE;
    r.other_node = (char *)"na";
    r.body = &a->body;
    assert_int_equal(requests_add(&q, s->t, &r, w->now), OK);
    assert_int_equal(requests_step(&q, s->t, &r, REQUEST_SEND, REQUEST_CLINIC, "", "", w->now), OK);
    assert_int_equal(requests_step(&q, s->t, &r, REQUEST_RECEIVE, REQUEST_HOSPITAL, "", "", w->now), OK);
    assert_int_equal(requests_step(&q, s->t, &r, REQUEST_ASK_BACK, REQUEST_HOSPITAL, "", "who?", w->now), OK);
    stage_close(s, true);
    minutes_pass(w, 14 * 24 * 60 - 1);
    assert_string_equal(state(w, 1), "asked-back");
    minutes_pass(w, 1);
    assert_string_equal(state(w, 1), "cancelled");
    assert_int_equal(posted(w, LETTER_CANCELLED), 1);
    minutes_pass(w, 24 * 60); // over is over
    assert_int_equal(posted(w, LETTER_CANCELLED), 1);
    form_free(a);
    scene_end(w);
}

static void papers_are_kept_and_then_purged(void **unused)
{
    (void)unused;
    world *w = scene();
    form *a = form_make(TO_VIEWER, "");
    withdrawal k = {.chart = CHART, .by = "staff"};
    consent c;
    store_txn *t;
    day_pass(w, 0);
    opened(w, 1, VIEWER, a);
    stage *s = stage_open(w);
    assert_int_equal(disclosure_withdraw(&s->j, s->t, &k, FLOW_EVENT_WITHDRAWN), OK);
    assert_int_equal(flow_chart_end(&s->j, s->t, CHART, REQUEST_WITHDRAW, REQUEST_HOSPITAL, "staff", true), OK);
    stage_close(s, true);
    uint64_t revision = held(w).card.scope.revision;
    w->now = NOW + (day_minus_months(TODAY, -60) - TODAY - 1) * DAY_LONG;
    day_pass(w, 0);
    assert_string_equal(state(w, 1), "withdrawn");
    assert_true(held(w).card.scope.withdrawn);
    assert_true(posted(w, LETTER_NONE) > 0); // a clinic that was away all these years
    day_pass(w, 1);
    assert_string_equal(state(w, 1), "gone");
    assert_int_equal(posted(w, LETTER_NONE), 0);
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(consent_get(t, span_str(CHART), &c), ERR_NOT_FOUND);
    uint64_t left;
    assert_int_equal(store_count(t, TABLE_REQUEST_LIST, &left), OK);
    assert_int_equal(left, 0);
    assert_int_equal(store_count(t, TABLE_REQUEST_PAST, &left), OK);
    assert_int_equal(left, 0);
    store_end(t);
    // The hub still holds the tombstone: what begins anew is later than it.
    form *again = form_make(TO_VIEWER, "");
    assert_int_equal(accept(w, 2, VIEWER, again), OK);
    assert_true(held(w).card.scope.revision > revision);
    form_free(again);
    form_free(a);
    scene_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_clinics_stand_on_one_chart),
        cmocka_unit_test(a_withdrawal_before_the_consent_ends_nothing),
        cmocka_unit_test(narrower_holds_at_once_wider_waits),
        cmocka_unit_test(everybody_holds_each_of_them),
        cmocka_unit_test(a_refused_card_discloses_nothing),
        cmocka_unit_test(consents_end_by_the_calendar),
        cmocka_unit_test(a_child_comes_of_age),
        cmocka_unit_test(a_withdrawal_is_told_once),
        cmocka_unit_test(a_withdrawal_at_the_desk_is_told_once),
        cmocka_unit_test(an_enquiry_is_told_once),
        cmocka_unit_test(who_leaves_twice_is_told_twice),
        cmocka_unit_test(an_objection_ends_all_and_blocks_acceptance),
        cmocka_unit_test(deadlines_remind_and_cancel),
        cmocka_unit_test(a_change_that_nobody_decides_is_late),
        cmocka_unit_test(what_nobody_answers_is_cancelled),
        cmocka_unit_test(papers_are_kept_and_then_purged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
