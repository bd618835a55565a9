// SPDX-License-Identifier: Apache-2.0
// WITHDRAW at a real hub: it holds from the moment it is acknowledged, and every hospital that
// discloses the patient is told, in order, also after it was away.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/roster.h"
#include "tests/support/world.h"

static world w;
static peer *a, *b; // tmnit asks; shiritsu discloses

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

static pseudonym patient(uint32_t number)
{
    pseudonym who = who_of(number);
    card c = card_of(&w, PLACE_SHIRITSU, &who, 1);
    publish_one(b, &c);
    return who;
}

static bool seen_by(peer *n, uint64_t facility, const pseudonym *who)
{
    reply r;
    question q = {facility, "physician", "treatment", *who, 0, NULL};
    lookup_ask(n, &q, &r);
    const Tsunagu__FacilityAnswer *f = answer_of(&r, w.p.nodes[PLACE_SHIRITSU].discloses);
    bool seen = f != NULL;
    reply_done(&r);
    return seen;
}

static void withdraw(const pseudonym *who)
{
    reply r;
    withdraw_ask(a, w.p.nodes[PLACE_TMNIT].clinic, who, &r);
    assert_int_equal(r.e, OK);
    assert_int_equal(r.status, OK);
    reply_done(&r);
}

static void it_holds_from_its_acknowledgement(void **state)
{
    (void)state;
    entry e;
    pseudonym who = patient(1);
    uint64_t clinic = w.p.nodes[PLACE_TMNIT].clinic;
    assert_true(seen_by(a, clinic, &who));
    withdraw(&who);
    assert_false(seen_by(a, clinic, &who));
    assert_true(seen_by(a, w.p.nodes[PLACE_TMNIT].hospital, &who)); // only that facility
    log_expect(&w, "withdraw", "tmnit", "ok", &e);
    assert_true(e.pseudonym[0] && e.facility[0] && e.user[0]);
    peer_wait_count(b, &b->stop_count, 1);
    assert_int_equal(b->stop_viewer[0], clinic);
    log_await(&w, "stop_told", "shiritsu", "ok", &e);
    assert_string_equal(e.note, "stop 1");
    assert_int_equal(a->stop_count, 0); // tmnit's hospital does not disclose this patient
}

static void a_new_consent_lifts_it(void **state)
{
    (void)state;
    pseudonym who = who_of(1);
    card c = card_of(&w, PLACE_SHIRITSU, &who, 2);
    publish_one(b, &c); // agreed to before
    assert_false(seen_by(a, w.p.nodes[PLACE_TMNIT].clinic, &who));
    c = card_of(&w, PLACE_SHIRITSU, &who, 3);
    c.scope.at = clock_now_ms() + 1000;
    publish_one(b, &c);
    assert_true(seen_by(a, w.p.nodes[PLACE_TMNIT].clinic, &who));
}

// A hospital's clock may be a little ahead: the patient's word still ends what was agreed to before it.
static void a_clock_ahead_does_not_slip_from_under_it(void **state)
{
    (void)state;
    pseudonym who = who_of(2);
    card c = card_of(&w, PLACE_SHIRITSU, &who, 1);
    c.scope.at = clock_now_ms() + 100000;
    publish_one(b, &c);
    assert_true(seen_by(a, w.p.nodes[PLACE_TMNIT].clinic, &who));
    withdraw(&who);
    assert_false(seen_by(a, w.p.nodes[PLACE_TMNIT].clinic, &who));
    peer_wait_count(b, &b->stop_count, 2);
}

static void who_may_not_withdraw_is_refused_and_written_down(void **state)
{
    (void)state;
    reply r;
    pseudonym who = patient(3);
    entry e;
    while (log_find(&w, "withdraw", NULL, &e)) { }
    withdraw_ask(a, 9999999999, &who, &r);
    assert_int_equal(r.status, ERR_DENIED);
    log_expect(&w, "withdraw", "tmnit", "denied", NULL);
    reply_done(&r);
    withdraw_ask(a, w.p.nodes[PLACE_HOKUDAI].discloses, &who, &r);
    assert_int_equal(r.status, ERR_DENIED);
    log_expect(&w, "withdraw", "tmnit", "denied", NULL);
    reply_done(&r);
}

static void they_are_told_in_order_after_an_absence(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    reply r;
    pseudonym who[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        who[i] = patient(100 + i);
    uint64_t last = b->stops[b->stop_count - 1];
    peer_close(b);
    log_await(&w, "disconnect", "shiritsu", "closed", NULL);
    for (int i = 0; i < COUNT; i++)
        withdraw(&who[i]);
    b = peer_open(&w.p, PLACE_SHIRITSU, w.port);
    assert_non_null(b);
    assert_true(peer_quiet(b, &b->stop_count, 1, 300)); // it has not said yet what it knows
    hello_ask(b, "shiritsu", WIRE_VERSION, last, &r);
    assert_int_equal(r.status, OK);
    reply_done(&r);
    peer_wait_count(b, &b->stop_count, COUNT);
    for (uint64_t i = 0; i < COUNT; i++)
        assert_int_equal(b->stops[i], last + 1 + i);
    for (int i = 0; i < COUNT; i++)
        log_await(&w, "stop_told", "shiritsu", "ok", NULL);
}

// What a node could not record it is told again, and nothing behind it before.
static void what_was_not_recorded_is_told_again(void **state)
{
    (void)state;
    pseudonym one = who_of(100), two = who_of(101);
    peer_close(b);
    log_await(&w, "disconnect", "shiritsu", "closed", NULL);
    b = world_peer(&w, PLACE_SHIRITSU); // knows nothing: told all from the beginning
    peer_wait_count(b, &b->stop_count, 14);
    for (size_t i = 0; i < 14; i++)
        assert_int_equal(b->stops[i], i + 1);
    pthread_mutex_lock(&b->lock);
    b->refuse_stops = true;
    b->stop_count = 0;
    pthread_mutex_unlock(&b->lock);
    withdraw(&one);
    peer_wait_count(b, &b->stop_count, 1);
    pthread_mutex_lock(&b->lock);
    b->refuse_stops = false;
    pthread_mutex_unlock(&b->lock);
    // Either the next withdrawal or the minute's round.
    withdraw(&two);
    door_tick(w.h, clock_now_ms() + 120000);
    peer_wait_count(b, &b->stop_count, 3);
    assert_int_equal(b->stops[0], 15);
    assert_int_equal(b->stops[1], 15);
    assert_int_equal(b->stops[2], 16);
}

static void it_outlives_the_hub(void **state)
{
    (void)state;
    pseudonym who = who_of(100), fresh = who_of(500);
    peer_close(a);
    peer_close(b);
    world_reopen(&w);
    a = world_peer(&w, PLACE_TMNIT);
    b = world_peer(&w, PLACE_SHIRITSU);
    assert_false(seen_by(a, w.p.nodes[PLACE_TMNIT].clinic, &who));
    peer_wait_count(b, &b->stop_count, 16);
    card c = card_of(&w, PLACE_SHIRITSU, &fresh, 1);
    publish_one(b, &c);
    withdraw(&fresh);
    peer_wait_count(b, &b->stop_count, 17);
    assert_int_equal(b->stops[16], 17); // the count goes on
    log_verified(&w);
}

// One that had to wait for the hub: what was agreed to since then is not meant, and to be told again changes nothing.
static void one_that_waited_ends_what_stood_then(void **state)
{
    (void)state;
    static const uint64_t hour = 3600000;
    uint64_t clinic = w.p.nodes[PLACE_TMNIT].clinic, seq;
    pseudonym before = who_of(700), since = who_of(701);
    card c = card_of(&w, PLACE_SHIRITSU, &before, 1);
    c.scope.at = clock_now_ms() - (time_ms)(3 * hour);
    publish_one(b, &c);
    c = card_of(&w, PLACE_SHIRITSU, &since, 1);
    c.scope.at = clock_now_ms() - (time_ms)hour;
    publish_one(b, &c);
    const struct { const pseudonym *who; uint64_t age; bool seen; } said[] = {
        {&before, 2 * hour, false}, {&since, 2 * hour, true}, {&since, 2 * hour, true},
        {&since, UINT64_MAX, true}, {&since, 168 * hour, true}, {&since, hour - 60000, false}, {&since, 2 * hour, false},
    };
    seq = 0;
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        reply r;
        assert_true(i > 1 || seen_by(a, clinic, said[i].who));
        withdraw_late(a, clinic, said[i].who, said[i].age, &r);
        assert_int_equal(r.status, OK);
        reply_done(&r);
        if (seen_by(a, clinic, said[i].who) != said[i].seen)
            fail_msg("row %zu: %s", i, said[i].seen ? "it is not seen" : "it is seen");
        uint64_t last = w.h->stop_seq;
        if (i == 2 || i == 3 || i == 4 || i == 6)
            assert_int_equal(last, seq); // nothing new
        else
            assert_true(last > seq);
        seq = last;
    }
}

// Withdrawn, agreed to anew and withdrawn again within moments, all of it told later: the second is no copy of the first.
static void two_within_moments_are_two(void **state)
{
    (void)state;
    static const uint64_t hour = 3600000;
    uint64_t clinic = w.p.nodes[PLACE_TMNIT].clinic;
    pseudonym who = who_of(710);
    reply r;
    withdraw_late(a, clinic, &who, 2 * hour, &r);
    assert_int_equal(r.status, OK);
    reply_done(&r);
    card c = card_of(&w, PLACE_SHIRITSU, &who, 1);
    c.scope.at = clock_now_ms() - (time_ms)(2 * hour) + 2000;
    publish_one(b, &c);
    assert_true(seen_by(a, clinic, &who));
    withdraw_late(a, clinic, &who, 2 * hour - 4000, &r);
    assert_int_equal(r.status, OK);
    reply_done(&r);
    assert_false(seen_by(a, clinic, &who));
}

// What a withdrawal covered stays covered, also when the card that it had to reach is another by now.
static void said_again_it_covers_no_less(void **state)
{
    (void)state;
    static const time_ms ahead = 100000; // no more than clocks may differ by
    uint64_t clinic = w.p.nodes[PLACE_TMNIT].clinic;
    pseudonym who = who_of(711);
    time_ms ats[] = {clock_now_ms() + ahead, clock_now_ms(), clock_now_ms() + ahead / 2};
    for (uint32_t i = 0; i < 3; i++) {
        card c = card_of(&w, PLACE_SHIRITSU, &who, i + 1);
        c.scope.at = ats[i];
        publish_one(b, &c);
        if (i < 2)
            withdraw(&who);
        assert_false(seen_by(a, clinic, &who));
    }
}

// More of them than are looked at in one turn, none of the hospital's concern but the last.
static void many_of_no_concern_do_not_hide_one(void **state)
{
    (void)state;
    uint64_t before = w.h->stop_seq;
    for (uint32_t i = 0; i < 600; i++) {
        pseudonym who = who_of(100000 + i);
        withdraw(&who);
    }
    pseudonym who = patient(600);
    peer_close(b);
    withdraw(&who);
    b = peer_open(&w.p, PLACE_SHIRITSU, w.port);
    assert_non_null(b);
    reply r;
    hello_ask(b, "shiritsu", WIRE_VERSION, before, &r);
    reply_done(&r);
    peer_wait_count(b, &b->stop_count, 1);
    assert_int_equal(b->stops[0], before + 601);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_from_its_acknowledgement),
        cmocka_unit_test(a_new_consent_lifts_it),
        cmocka_unit_test(a_clock_ahead_does_not_slip_from_under_it),
        cmocka_unit_test(who_may_not_withdraw_is_refused_and_written_down),
        cmocka_unit_test(they_are_told_in_order_after_an_absence),
        cmocka_unit_test(what_was_not_recorded_is_told_again),
        cmocka_unit_test(it_outlives_the_hub),
        cmocka_unit_test(one_that_waited_ends_what_stood_then),
        cmocka_unit_test(two_within_moments_are_two),
        cmocka_unit_test(said_again_it_covers_no_less),
        cmocka_unit_test(many_of_no_concern_do_not_hide_one),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
