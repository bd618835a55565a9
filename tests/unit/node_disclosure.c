// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// Consents and their revisions, and the outbox against every place a hub may stand at.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/node_kit.h"

static uint64_t outbox_size(world *w)
{
    store_txn *t;
    uint64_t n;
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(outbox_count(t, &n), OK);
    store_end(t);
    return n;
}

static card card_at(world *w, uint64_t seq)
{
    store_txn *t;
    span value;
    uint8_t key[8];
    card c;
    be64_put(key, seq);
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(store_get(t, TABLE_OUTBOX, span_of(key, 8), &value), OK);
    assert_int_equal(card_unpack(value, &c), OK);
    store_end(t);
    return c;
}

static void a_consent_becomes_a_card(void **state)
{
    (void)state;
    world *w = world_open();
    const policy *p = w->n.book_now->r->p;
    confirmation c = kit_confirmation(w, CHART, 0x42);
    assert_int_equal(kit_confirm(w, &c), OK);
    assert_int_equal(c.seq, 1);
    assert_int_equal(c.made.card.scope.revision, 1);
    card k = card_at(w, 1);
    assert_int_equal(k.facility, SOURCE);
    assert_int_equal(k.presence_count, 3); // basics without a day, imaging, reports
    for (int i = 0; i < k.presence_count; i++) {
        if (k.presence[i].category == policy_category(p, "basics"))
            assert_int_equal(k.presence[i].bytes, 0);
        if (k.presence[i].category == policy_category(p, "imaging")) {
            // The council's year reaches back to January; the agreement's three months are the decision's.
            assert_int_equal(k.presence[i].base, month_of(day_of(2026, 1, 10)));
            assert_int_equal(k.presence[i].bytes, 2);
        }
    }
    world_close(w);
}

// One mistyped year must not hide the others: a card's months reach a fixed span back from the newest.
static void an_absurd_date_hides_no_month(void **state)
{
    (void)state;
    world *w = world_open();
    int imaging = policy_category(w->n.book_now->r->p, "imaging");
    kit_file(w, CHART, "99991231", "OMG-11", "000000000000011_20261101101500000_01_1");
    kit_file(w, CHART, "20271123", "OMG-11", "000000000000012_20261101101500000_01_1"); // 367 days ahead
    kit_file(w, CHART, "20270301", "OMG-11", "000000000000013_20261101101500000_01_1"); // planned
    kit_scan(w);
    confirmation c = kit_confirmation(w, CHART, 0x42);
    assert_int_equal(kit_confirm(w, &c), OK);
    card k = card_at(w, 1);
    assert_int_equal(k.presence_count, 3);
    for (int i = 0; i < k.presence_count; i++)
        if (k.presence[i].category == imaging) {
            assert_int_equal(k.presence[i].base, month_of(day_of(2026, 1, 10)));
            assert_int_equal(k.presence[i].bytes, 2); // January 2026 to March 2027
            assert_int_equal(k.presence[i].bits[1], 0x40 | 0x04);
        }
    world_close(w);
}

static void revisions_rise_and_the_consent_stays(void **state)
{
    (void)state;
    world *w = world_open();
    confirmation a = kit_confirmation(w, CHART, 0x42), b = a, c = a;
    withdrawal d = {.chart = CHART, .by = "staff-2"};
    assert_int_equal(kit_confirm(w, &a), OK);
    b.scope.grantees[0] = (grantee){.kind = GRANTEE_FEDERATION};
    assert_int_equal(kit_confirm(w, &b), OK);
    assert_int_equal(b.made.card.scope.revision, 2);
    assert_memory_equal(a.made.card.scope.id, b.made.card.scope.id, 16);
    stage *s = stage_open(w);
    assert_int_equal(disclosure_withdraw(&s->j, s->t, &d, FLOW_EVENT_WITHDRAWN), OK);
    stage_close(s, true);
    assert_int_equal(d.made.card.scope.revision, 3);
    card tomb = card_at(w, 3);
    assert_true(tomb.scope.withdrawn);
    assert_int_equal(tomb.presence_count, 0);
    s = stage_open(w);
    assert_int_equal(disclosure_withdraw(&s->j, s->t, &d, FLOW_EVENT_WITHDRAWN), ERR_WITHDRAWN);
    stage_close(s, false);
    assert_int_equal(kit_confirm(w, &c), OK); // agreed anew: another consent, a higher revision
    assert_int_equal(c.made.card.scope.revision, 4);
    assert_memory_not_equal(c.made.card.scope.id, b.made.card.scope.id, 16);
    world_close(w);
}

static void what_cannot_be_confirmed(void **state)
{
    (void)state;
    world *w = world_open();
    confirmation c = kit_confirmation(w, "99999999", 0x42);
    assert_int_equal(kit_confirm(w, &c), ERR_NOT_FOUND);
    c = kit_confirmation(w, CHART, 0x42);
    c.by[0] = '\0';
    assert_int_equal(kit_confirm(w, &c), ERR_USAGE);
    c = kit_confirmation(w, CHART, 0x42);
    c.scope.grantee_count = 0;
    assert_int_equal(kit_confirm(w, &c), ERR_USAGE);
    c = kit_confirmation(w, CHART, 0x42);
    c.scope.grantees[0].facility = 5;
    assert_int_equal(kit_confirm(w, &c), ERR_USAGE);
    c = kit_confirmation(w, CHART, 0x42);
    c.scope.grantees[0] = (grantee){.kind = GRANTEE_UNION, .union_id = "nowhere"};
    assert_int_equal(kit_confirm(w, &c), ERR_USAGE);
    c = kit_confirmation(w, CHART, 0x42);
    c.scope.until = c.scope.from - 1;
    assert_int_equal(kit_confirm(w, &c), ERR_USAGE);
    assert_int_equal(outbox_size(w), 0);
    assert_int_equal(w->n.log.head.seq, 0);
    world_close(w);
}

static void two_charts_under_one_pseudonym(void **state)
{
    (void)state;
    world *w = world_open();
    confirmation a = kit_confirmation(w, CHART, 0x42), b = kit_confirmation(w, "87654321", 0x42);
    store_txn *t;
    consent c;
    assert_int_equal(kit_confirm(w, &a), OK);
    assert_int_equal(kit_confirm(w, &b), ERR_CONFLICT);
    b.also = true;
    assert_int_equal(kit_confirm(w, &b), OK);
    assert_int_equal(b.made.card.scope.revision, 2); // above the other's: the hub holds one card for both
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(consent_get(t, span_str(CHART), &c), OK);
    assert_true(c.card.scope.withdrawn);
    store_end(t);
    world_close(w);
}

static void a_corrected_person_takes_the_old_card_along(void **state)
{
    (void)state;
    world *w = world_open();
    confirmation a = kit_confirmation(w, CHART, 0x42), b = kit_confirmation(w, CHART, 0x43);
    assert_int_equal(kit_confirm(w, &a), OK);
    assert_int_equal(kit_confirm(w, &b), OK);
    assert_int_equal(outbox_size(w), 3);
    card gone = card_at(w, 2), now = card_at(w, 3);
    pseudonym old = kit_who(0x42), fresh = kit_who(0x43);
    assert_true(gone.scope.withdrawn && pseudonym_same(&gone.who, &old));
    assert_true(!now.scope.withdrawn && pseudonym_same(&now.who, &fresh));
    world_close(w);
}

static void only_what_changed_is_sent_again(void **state)
{
    (void)state;
    world *w = world_open();
    confirmation a = kit_confirmation(w, CHART, 0x42);
    uint64_t seq;
    assert_int_equal(kit_confirm(w, &a), OK);
    stage *s = stage_open(w);
    assert_int_equal(disclosure_send(&w->n, w->n.book_now, s->t, &a.made, w->now, false, &seq), OK);
    stage_close(s, true);
    assert_int_equal(seq, 1);
    kit_file(w, CHART, "20261120", "OMG-11", "000000000000009_20261120101500000_01_1");
    kit_scan(w);
    s = stage_open(w);
    assert_int_equal(disclosure_send(&w->n, w->n.book_now, s->t, &a.made, w->now, false, &seq), OK);
    stage_close(s, true);
    assert_int_equal(seq, 1); // the same month: the same card
    kit_file(w, CHART, "20261020", "OMG-11", "000000000000010_20261020101500000_01_1");
    kit_scan(w);
    s = stage_open(w);
    assert_int_equal(disclosure_send(&w->n, w->n.book_now, s->t, &a.made, w->now, false, &seq), OK);
    stage_close(s, true);
    assert_int_equal(seq, 2);
    assert_int_equal(card_at(w, 2).scope.revision, 1);
    world_close(w);
}

// Our last sequence, what still waits (from..), where the hub stands, and what follows.
static const struct { uint64_t mine, acked, hub; bool resync; } places[] = {
    {0, 0, 0, false}, {5, 5, 5, false}, {5, 2, 2, false},
    {5, 2, 4, false},  // its answer was lost on the way
    {5, 2, 5, false},
    {5, 5, 3, true},   // the hub lost what we no longer hold
    {5, 2, 1, true},   // a gap before the oldest that waits
    {5, 5, 9, true},   // we were restored from a back-up
    {5, 2, 9, true},   {0, 0, 7, true}, {5, 0, 0, false},
};

static void wherever_the_hub_stands(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        world *w = world_open();
        bool resync = !places[i].resync;
        uint64_t seq;
        stage *s = stage_open(w);
        for (uint64_t k = 0; k < places[i].mine; k++)
            assert_int_equal(outbox_put(s->t, SPAN_LIT("card"), &seq), OK);
        assert_int_equal(outbox_acked(s->t, places[i].acked), OK);
        assert_int_equal(outbox_meet(s->t, places[i].hub, &resync), OK);
        stage_close(s, true);
        if (resync != places[i].resync)
            fail_msg("mine %d acked %d hub %d", (int)places[i].mine, (int)places[i].acked, (int)places[i].hub);
        world_close(w);
    }
}

static void a_batch_is_whole_and_within_limits(void **state)
{
    (void)state;
    world *w = world_open();
    static uint8_t bytes[1000];
    Tsunagu__PublishRequest q;
    buf out = {0};
    uint64_t seq, first;
    stage *s = stage_open(w);
    assert_int_equal(outbox_batch(s->t, &s->j.memory, &q), ERR_NOT_FOUND);
    for (int i = 0; i < 600; i++)
        assert_int_equal(outbox_put(s->t, span_of(bytes, sizeof bytes), &seq), OK);
    assert_int_equal(outbox_acked(s->t, 10), OK);
    assert_int_equal(outbox_batch(s->t, &s->j.memory, &q), OK);
    assert_int_equal(q.first_seq, 11);
    assert_in_range(q.n_cards, 100, WIRE_CARDS_MAX);
    assert_int_equal(wire_encode((const ProtobufCMessage *)&q, &out), OK);
    assert_in_range(out.len, 1, WIRE_BODY_MAX);
    assert_int_equal(outbox_first(s->t, &first), OK);
    assert_int_equal(first, 11); // sending takes nothing away
    stage_close(s, true);
    buf_done(&out);
    world_close(w);
}

static void a_resync_sends_every_card(void **state)
{
    (void)state;
    world *w = world_open();
    confirmation a = kit_confirmation(w, CHART, 0x42), b = kit_confirmation(w, "87654321", 0x43);
    withdrawal d = {.chart = "87654321", .by = "staff-2"};
    bool more = true;
    assert_int_equal(kit_confirm(w, &a), OK);
    assert_int_equal(kit_confirm(w, &b), OK);
    stage *s = stage_open(w);
    assert_int_equal(disclosure_withdraw(&s->j, s->t, &d, FLOW_EVENT_WITHDRAWN), OK);
    assert_int_equal(outbox_acked(s->t, 3), OK);
    stage_close(s, true);
    s = stage_open(w);
    assert_int_equal(disclosure_resync_begin(&s->j, s->t, 40), OK);
    stage_close(s, true);
    s = stage_open(w); // as after a restart: what was begun is known
    assert_int_equal(disclosure_resync_step(&s->j, s->t, &more), OK);
    stage_close(s, true);
    assert_false(more);
    assert_int_equal(outbox_size(w), 2);
    assert_false(card_at(w, 41).scope.withdrawn);
    assert_true(card_at(w, 42).scope.withdrawn); // a tombstone is a card
    s = stage_open(w);
    assert_int_equal(disclosure_resync_step(&s->j, s->t, &more), OK);
    stage_close(s, false);
    assert_int_equal(outbox_size(w), 2);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_consent_becomes_a_card),
        cmocka_unit_test(an_absurd_date_hides_no_month),
        cmocka_unit_test(revisions_rise_and_the_consent_stays),
        cmocka_unit_test(what_cannot_be_confirmed),
        cmocka_unit_test(two_charts_under_one_pseudonym),
        cmocka_unit_test(a_corrected_person_takes_the_old_card_along),
        cmocka_unit_test(only_what_changed_is_sent_again),
        cmocka_unit_test(wherever_the_hub_stands),
        cmocka_unit_test(a_batch_is_whole_and_within_limits),
        cmocka_unit_test(a_resync_sends_every_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
