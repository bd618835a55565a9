// SPDX-License-Identifier: Apache-2.0
// Emergencies at a real hub: a coded reason or nothing, tickets where no consent is known, and the patient's
// own word, which it does not go around.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policies/engine/emergency.h"
#include "proto/pact/ticket.h"
#include "tests/support/world.h"

static world w;
static peer *a, *b; // tmnit's node, shiritsu's node

static int begin(void **state)
{
    (void)state;
    world_open(&w);
    a = world_peer(&w, PLACE_TMNIT);
    b = world_peer(&w, PLACE_SHIRITSU);
    return 0;
}

static int end(void **state)
{
    (void)state;
    peer_close(a);
    peer_close(b);
    world_close(&w);
    return 0;
}

static question urgent(const pseudonym *who)
{
    question q = question_of(&w, PLACE_TMNIT, who);
    q.purpose = "emergency";
    q.reason = "unconscious";
    return q;
}

static uint64_t hospital(void)
{
    return w.p.nodes[PLACE_SHIRITSU].discloses;
}

static void published(uint32_t number, void (*change)(card *c))
{
    pseudonym who = who_of(number);
    card c = card_of(&w, PLACE_SHIRITSU, &who, 1);
    change(&c);
    publish_one(b, &c);
}

static void denied(const question *q, const char *note, const char *reason)
{
    reply r;
    entry e;
    lookup_ask(a, q, &r);
    assert_int_equal(r.status, ERR_DENIED);
    assert_string_equal(r.note, note);
    assert_int_equal(r.body.len, 0);
    log_expect(&w, "lookup", "tmnit", "denied", &e);
    assert_string_equal(e.reason, reason);
    assert_string_equal(e.sources, "");
    reply_done(&r);
}

// Words that are in no list stand nowhere at the hub.
static void without_a_reason_of_the_list_nothing(void **state)
{
    pseudonym who = who_of(1);
    question q = urgent(&who);
    (void)state;
    q.reason = NULL;
    denied(&q, "an emergency needs a reason of the rules' list", "");
    q.reason = "Mr. Yamada collapsed";
    denied(&q, "the rules know no such reason for an emergency", "");
}

static void roles_that_may_not(void **state)
{
    static const char *const roles[] = {"clerk", "dentist", "care-worker"};
    pseudonym who = who_of(1);
    question q = urgent(&who);
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        q.role = (char *)roles[i];
        denied(&q, "the rules do not let that role open records in an emergency", "unconscious");
    }
}

static const Tsunagu__FacilityAnswer *asked(const question *q, reply *r, ticket *k)
{
    lookup_ask(a, q, r);
    const Tsunagu__FacilityAnswer *f = answer_of(r, hospital());
    if (f && f->ticket.len)
        assert_int_equal(ticket_open(wire_span(f->ticket), w.p.rules->hub_keys, w.p.rules->hub_key_count,
                                     clock_now_ms(), k), OK);
    return f;
}

static void who_did_not_agree_is_opened_as_the_rules_say(void **state)
{
    reply r;
    entry e;
    ticket k;
    const policy *p = w.p.rules->p;
    pseudonym who = who_of(1);
    question q = urgent(&who);
    (void)state;
    const Tsunagu__FacilityAnswer *f = asked(&q, &r, &k);
    assert_non_null(f);
    assert_int_equal(f->status, OK);
    assert_int_equal(f->granted & ~policy_emergency(p).categories, 0);
    assert_true(f->granted != 0);
    for (size_t i = 0; i < f->n_categories; i++)
        assert_int_equal(f->categories[i]->periods.len, 0);
    assert_true(ticket_unasked(&k));
    assert_string_equal(emergency_reason_id(p, k.reason), "unconscious");
    assert_int_equal(k.registered_on, day_of_time(clock_now_ms()));
    assert_true(k.expires - k.issued == emergency_ticket_ms(p));
    assert_true(pseudonym_same(&k.who, &who));
    log_expect(&w, "lookup", "tmnit", "ok", &e);
    assert_string_equal(e.reason, "unconscious");
    assert_string_equal(e.purpose, "emergency");
    assert_int_equal(e.seq, k.log_seq);
    assert_non_null(strstr(e.sources, ":without-consent"));
    reply_done(&r);
    // The same patient for treatment: no word of any hospital.
    q = question_of(&w, PLACE_TMNIT, &who);
    lookup_ask(a, &q, &r);
    assert_null(answer_of(&r, hospital()));
    log_expect(&w, "lookup", "tmnit", "not_found", &e);
    reply_done(&r);
}

static void nurses_see_less(void **state)
{
    reply r;
    ticket k;
    pseudonym who = who_of(1);
    question q = urgent(&who);
    int imaging = policy_category(w.p.rules->p, "imaging"), basics = policy_category(w.p.rules->p, "basics");
    (void)state;
    q.role = "nurse";
    const Tsunagu__FacilityAnswer *f = asked(&q, &r, &k);
    assert_non_null(f);
    assert_int_equal(f->granted >> imaging & 1, 0);
    assert_int_equal(f->granted >> basics & 1, 1);
    assert_int_equal(k.categories, f->granted);
    reply_done(&r);
}

static void including(card *c) { c->scope.emergency = true; }
static void excluding(card *c) { c->scope.emergency = false; }
static void withdrawn(card *c) { c->scope.emergency = c->scope.withdrawn = true; }
static void over(card *c)
{
    c->scope.emergency = true;
    c->scope.from = c->scope.until = day_of_time(clock_now_ms()) - 1;
}

static void who_agreed_is_opened_by_the_consent(void **state)
{
    reply r;
    ticket k;
    pseudonym who = who_of(10);
    question q = urgent(&who);
    (void)state;
    published(10, including);
    const Tsunagu__FacilityAnswer *f = asked(&q, &r, &k);
    assert_non_null(f);
    assert_false(ticket_unasked(&k));
    assert_int_equal(k.consent_revision, 1);
    assert_string_equal(emergency_reason_id(w.p.rules->p, k.reason), "unconscious");
    reply_done(&r);
}

static void a_consent_that_ended_is_none(void **state)
{
    reply r;
    ticket k;
    pseudonym who = who_of(13);
    question q = urgent(&who);
    (void)state;
    published(13, over);
    assert_non_null(asked(&q, &r, &k));
    assert_true(ticket_unasked(&k));
    reply_done(&r);
}

// What a fetch ends with when the hospital answers by this plan.
static void fetched(span bytes, release_plan plan, bool nothing, reply *ret)
{
    fetching f;
    pthread_mutex_lock(&b->lock);
    size_t before = b->releases;
    b->plan = plan;
    b->nothing = !nothing;
    pthread_mutex_unlock(&b->lock);
    assert_int_equal(fetch_begin(&f, a, bytes, SPAN_LIT("sealed"), 64 << 10, false), OK);
    fetch_wait(&f);
    assert_int_equal(f.end.e, OK);
    assert_int_equal(f.got, f.end.status == OK ? plan.chunks * plan.chunk_bytes : 0);
    pthread_mutex_lock(&b->lock);
    assert_int_equal(b->releases, before + 1);
    assert_int_equal(b->nothing, nothing);
    pthread_mutex_unlock(&b->lock);
    *ret = f.end;
}

// What the ticket opens: nothing, though the hospital would, and the log has it. The hospital is asked all the same:
// what it says of a wrong ask, or of a patient it does not know, is said in its words, at its time.
static void opens_nothing(span bytes, span unknown)
{
    static const release_plan opens[] = {{.chunks = 2, .chunk_bytes = 100}, {.chunks = 0},
                                         {.chunks = 1, .chunk_bytes = 100, .status = ERR_CORRUPT}};
    static const err says[] = {ERR_NOT_FOUND, ERR_AUTH, ERR_DENIED, ERR_STALE, ERR_BUSY};
    entry e;
    reply r, other;
    for (size_t i = 0; i < 3; i++) {
        fetched(bytes, opens[i], true, &r);
        assert_int_equal(r.status, ERR_NOT_FOUND);
        assert_string_equal(r.note, "this hospital has nothing that may be opened in this emergency");
        assert_int_equal(r.body.len, 0);
        log_expect(&w, "fetch", "tmnit", "not_found", &e);
        log_await(&w, "fetch_end", "tmnit", "not_found", &e);
        reply_done(&r);
    }
    for (size_t i = 0; i < 5; i++) {
        const release_plan plan = {.status = says[i]};
        fetched(bytes, plan, true, &r);
        log_expect(&w, "fetch", "tmnit", "not_found", &e);
        log_await(&w, "fetch_end", "tmnit", err_name(says[i]), &e);
        fetched(unknown, plan, false, &other);
        log_expect(&w, "fetch", "tmnit", "ok", &e);
        log_await(&w, "fetch_end", "tmnit", err_name(says[i]), &e);
        assert_int_equal(r.status, says[i]);
        assert_int_equal(r.status, other.status);
        assert_string_equal(r.note, other.note);
        assert_int_equal(r.body.len, other.body.len);
        reply_done(&r);
        reply_done(&other);
    }
}

// Left out of the consent, withdrawn at the hospital, withdrawn at the clinic: each is a word against it.
// The first two are answered like a patient of whom the hub heard nothing: who was left out would be told
// to have records there.
static void the_patients_word_is_kept(void **state)
{
    static void (*const changes[])(card *c) = {excluding, withdrawn};
    reply r, none;
    ticket k;
    pseudonym nobody = who_of(15);
    question q = urgent(&nobody);
    (void)state;
    const Tsunagu__FacilityAnswer *f, *unknown = asked(&q, &none, &k);
    assert_non_null(unknown);
    for (uint32_t i = 0; i < 2; i++) {
        pseudonym who = who_of(11 + i);
        q = urgent(&who);
        published(11 + i, changes[i]);
        f = asked(&q, &r, &k);
        assert_non_null(f);
        assert_int_equal(f->status, unknown->status);
        assert_int_equal(f->granted, unknown->granted);
        assert_int_equal(f->n_categories, unknown->n_categories);
        for (size_t j = 0; j < f->n_categories; j++)
            assert_int_equal(protobuf_c_message_get_packed_size(&f->categories[j]->base),
                             protobuf_c_message_get_packed_size(&unknown->categories[j]->base));
        assert_int_equal(f->ticket.len, unknown->ticket.len);
        assert_true(ticket_unasked(&k));
        log_expect(&w, "lookup", "tmnit", "ok", NULL);
        opens_nothing(wire_span(f->ticket), wire_span(unknown->ticket));
        reply_done(&r);
    }
    reply_done(&none);
    pseudonym who = who_of(14);
    q = urgent(&who);
    withdraw_ask(a, q.facility, &who, &r);
    assert_int_equal(r.status, OK);
    reply_done(&r);
    lookup_ask(a, &q, &r);
    assert_null(answer_of(&r, hospital()));
    reply_done(&r);
}

static void the_log_holds(void **state)
{
    (void)state;
    log_verified(&w);
}

// Many hospitals: all of them are named, as many with a ticket as a reply has room for, and the log tells
// which. Who asks for less has room for more.
static size_t named(const question *q, size_t *ret_tickets)
{
    reply r;
    entry e;
    size_t n, granted = 0;
    uint64_t last;
    lookup_ask(a, q, &r);
    assert_int_equal(r.status, OK);
    assert_true(r.body.len <= WIRE_BODY_MAX);
    Tsunagu__LookupReply *l = REPLY_AS(&r, Tsunagu__LookupReply, tsunagu__lookup_reply__descriptor);
    assert_non_null(l);
    last = l->head->seq;
    n = l->n_facilities;
    *ret_tickets = 0;
    for (size_t i = 0; i < n; i++) {
        const Tsunagu__FacilityAnswer *f = l->facilities[i];
        ticket k;
        granted += f->status == OK;
        if (f->status == OK)
            assert_int_equal(ticket_open(wire_span(f->ticket), w.p.rules->hub_keys, w.p.rules->hub_key_count,
                                         clock_now_ms(), &k), OK);
        else
            assert_true(f->ticket.len == 0 && f->granted == 0);
        *ret_tickets += f->ticket.len > 0;
        assert_true(f->status == OK || f->status == ERR_LIMIT || f->status == ERR_UNREACHABLE);
    }
    assert_int_equal(granted, *ret_tickets);
    reply_done(&r);
    log_await(&w, "lookup", "tmnit", "ok", &e);
    while (e.seq < last)
        log_await(&w, "lookup", "tmnit", "ok", &e);
    assert_int_equal(e.seq, last);
    return n;
}

static void many_places(place *p)
{
    p->more = 300;
    place_rules(p, 1, -1);
}

static void many_hospitals_are_all_named(void **state)
{
    size_t all, few, tickets, more;
    pseudonym who = who_of(1);
    (void)state;
    peer_close(a);
    peer_close(b);
    world_close(&w);
    world_open_with(&w, many_places);
    a = world_peer(&w, PLACE_TMNIT);
    b = world_peer(&w, PLACE_SHIRITSU);
    question q = urgent(&who);
    all = named(&q, &tickets);
    assert_true(all > 300);
    assert_true(tickets > 128);
    q.categories = 1u << policy_category(w.p.rules->p, "basics");
    few = named(&q, &more);
    assert_int_equal(few, all);
    assert_true(more >= tickets);
    log_verified(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_reason_of_the_list_nothing),
        cmocka_unit_test(roles_that_may_not),
        cmocka_unit_test(who_did_not_agree_is_opened_as_the_rules_say),
        cmocka_unit_test(nurses_see_less),
        cmocka_unit_test(who_agreed_is_opened_by_the_consent),
        cmocka_unit_test(a_consent_that_ended_is_none),
        cmocka_unit_test(the_patients_word_is_kept),
        cmocka_unit_test(the_log_holds),
        cmocka_unit_test(many_hospitals_are_all_named),
    };
    return cmocka_run_group_tests_name("hub_emergency", tests, begin, end);
}
