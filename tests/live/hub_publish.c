// SPDX-License-Identifier: Apache-2.0
// HELLO and PUBLISH at a real hub: who may put which cards, in which order, and what the log says of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/index.h"
#include "tests/support/world.h"

static world w;
static peer *a; // tmnit's node

static int begin(void **state)
{
    (void)state;
    world_open(&w);
    a = world_peer(&w, PLACE_TMNIT);
    return 0;
}

static int end(void **state)
{
    (void)state;
    peer_close(a);
    world_close(&w);
    return 0;
}

static const Tsunagu__PublishReply *published(reply *r)
{
    assert_int_equal(r->e, OK);
    const Tsunagu__PublishReply *p = REPLY_AS(r, Tsunagu__PublishReply, tsunagu__publish_reply__descriptor);
    assert_non_null(p);
    return p;
}

static uint64_t cards_held(void)
{
    control_answer s;
    control_ask(&w, "status", NULL, &s);
    uint64_t n = strtoull(record_field(s.reply->records[0], "cards"), NULL, 10);
    control_answer_done(&s);
    return n;
}

static void a_greeting_must_name_the_session_s_own_node(void **state)
{
    (void)state;
    reply r;
    log_expect(&w, "connect", "tmnit", "ok", NULL);
    hello_ask(a, "shiritsu", WIRE_VERSION, 0, &r);
    assert_int_equal(r.status, ERR_AUTH);
    assert_int_equal(r.body.len, 0);
    log_expect(&w, "refuse", "tmnit", "auth", NULL);
    reply_done(&r);
    hello_ask(a, "", WIRE_VERSION, 0, &r);
    assert_int_equal(r.status, ERR_AUTH);
    reply_done(&r);
}

static void another_version_is_refused_by_name(void **state)
{
    (void)state;
    reply r;
    hello_ask(a, "tmnit", WIRE_VERSION + 1, 0, &r);
    assert_int_equal(r.status, ERR_UNSUPPORTED);
    assert_non_null(strstr(r.note, "version 1"));
    log_expect(&w, "refuse", "tmnit", "auth", NULL); // the empty name
    log_expect(&w, "refuse", "tmnit", "unsupported", NULL);
    reply_done(&r);
}

// What the node calls its software ends up in the log, cut; the log must stay readable.
static void no_greeting_can_spoil_the_log(void **state)
{
    (void)state;
    for (int shift = 0; shift < 3; shift++) {
        reply r;
        char software[200] = "";
        Tsunagu__HelloRequest q = TSUNAGU__HELLO_REQUEST__INIT;
        memset(software, 'x', (size_t)shift);
        for (int i = 0; i < 50; i++)
            strcat(software, "病");
        q.version = WIRE_VERSION;
        q.node = (char *)"tmnit";
        q.software = software;
        peer_send(a, METHOD_HELLO, (const ProtobufCMessage *)&q, &r);
        assert_int_equal(r.status, OK);
        log_expect(&w, "connect", "tmnit", "ok", NULL);
        reply_done(&r);
    }
}

static void a_publication_twice_is_taken_once(void **state)
{
    (void)state;
    reply r;
    pseudonym who = who_of(1);
    card c = card_of(&w, PLACE_TMNIT, &who, 1);
    uint64_t before = cards_held();
    for (int i = 0; i < 3; i++) {
        publish_ask(a, 1, &c, 1, &r);
        assert_int_equal(r.status, OK);
        assert_int_equal(published(&r)->publish_seq, 1);
        assert_int_equal(published(&r)->n_refused_seq, 0);
        reply_done(&r);
    }
    assert_int_equal(cards_held(), before + 1);
    log_expect(&w, "publish", "tmnit", "ok", NULL);
    entry e;
    assert_false(log_find(&w, "publish", "tmnit", &e));
}

// What overlaps is skipped, what is new is taken.
static void an_overlap_is_taken_from_where_it_is_new(void **state)
{
    (void)state;
    reply r;
    card c[3];
    for (int i = 0; i < 3; i++) {
        pseudonym who = who_of(1 + (uint32_t)i);
        c[i] = card_of(&w, PLACE_TMNIT, &who, 1);
    }
    c[0].scope.withdrawn = true; // a sequence that is held: whatever it says now, it was said before
    publish_ask(a, 1, c, 3, &r);
    assert_int_equal(published(&r)->publish_seq, 3);
    reply_done(&r);
    entry e;
    log_expect(&w, "publish", "tmnit", "ok", &e);
    assert_non_null(strstr(e.note, "cards 2..3"));
    assert_false(log_find(&w, "tombstone", "tmnit", &e));
}

static void a_gap_tells_where_to_go_on(void **state)
{
    (void)state;
    reply r;
    pseudonym who = who_of(9);
    card c = card_of(&w, PLACE_TMNIT, &who, 1);
    publish_ask(a, 5, &c, 1, &r);
    assert_int_equal(r.status, ERR_CONFLICT);
    assert_int_equal(published(&r)->publish_seq, 3);
    reply_done(&r);
    publish_ask(a, UINT64_MAX, &c, 1, &r);
    assert_int_equal(r.status, ERR_LIMIT);
    reply_done(&r);
    publish_ask(a, 0, &c, 1, &r);
    assert_int_equal(r.status, ERR_LIMIT);
    reply_done(&r);
    a->publish_seq = 3;
}

static void refused(const card *c, const char *why)
{
    reply r;
    uint64_t seq = ++a->publish_seq;
    publish_ask(a, seq, c, 1, &r);
    const Tsunagu__PublishReply *p = published(&r);
    assert_int_equal(r.status, OK);
    assert_int_equal(p->publish_seq, seq); // it is answered for: the node need not send it again
    assert_int_equal(p->n_refused_seq, 1);
    assert_int_equal(p->refused_seq[0], seq);
    if (!strstr(p->refused_why[0], why))
        fail_msg("\"%s\" does not say \"%s\"", p->refused_why[0], why);
    reply_done(&r);
    log_expect(&w, "publish", "tmnit", "denied", NULL);
    // The reply was lost: what is sent again is answered as before, and nothing new is written down.
    entry e;
    publish_ask(a, seq, c, 1, &r);
    p = published(&r);
    assert_int_equal(p->publish_seq, seq);
    assert_int_equal(p->n_refused_seq, 1);
    assert_int_equal(p->refused_seq[0], seq);
    assert_non_null(strstr(p->refused_why[0], why));
    reply_done(&r);
    assert_false(log_find(&w, "publish", "tmnit", &e));
}

static card held_of(const pseudonym *who, uint64_t facility)
{
    card c;
    store_txn *t;
    assert_int_equal(store_read(w.h->keep, &t), OK);
    assert_int_equal(index_card(t, who, facility, &c), OK);
    store_end(t);
    return c;
}

static void cards_that_may_not_stand_are_refused_by_name(void **state)
{
    (void)state;
    pseudonym who = who_of(20);
    uint64_t before = cards_held();
    card c = card_of(&w, PLACE_SHIRITSU, &who, 1);
    refused(&c, "does not disclose for that facility");
    c.facility = w.p.nodes[PLACE_TMNIT].clinic; // its own, but one that only views
    refused(&c, "does not disclose for that facility");
    c.facility = 9999999999;
    refused(&c, "does not disclose for that facility");
    c = card_of(&w, PLACE_TMNIT, &who, 1);
    c.grain = GRAIN_DAY;
    refused(&c, "finer than the council allows");
    c = card_of(&w, PLACE_TMNIT, &who, 1);
    c.scope.at = clock_now_ms() + 3600000;
    refused(&c, "in the future");
    assert_int_equal(cards_held(), before);
}

static void an_older_revision_does_not_come_back(void **state)
{
    (void)state;
    pseudonym who = who_of(21);
    card c = card_of(&w, PLACE_TMNIT, &who, 5);
    publish_one(a, &c);
    log_expect(&w, "publish", "tmnit", "ok", NULL);
    c.scope.revision = 4;
    refused(&c, "a later revision is held");
    c.scope.revision = 5;
    memset(c.scope.id, 0x77, sizeof c.scope.id);
    refused(&c, "another consent has this revision");
    c = card_of(&w, PLACE_TMNIT, &who, 5);
    c.scope.at += 1000;
    refused(&c, "another scope has this revision");
    c = card_of(&w, PLACE_TMNIT, &who, 5);
    c.scope.grantees[0] = (grantee){.kind = GRANTEE_UNION, .union_id = "kkr"};
    refused(&c, "another scope has this revision");
}

// New documents show in the card without a new consent.
static void presence_may_change_within_a_revision(void **state)
{
    (void)state;
    pseudonym who = who_of(22);
    card c = card_of(&w, PLACE_TMNIT, &who, 1);
    time_ms at = c.scope.at;
    publish_one(a, &c);
    card_mark(&c, c.presence[0].category, c.registered_on - 90);
    c.scope.at = at;
    publish_one(a, &c);
    log_expect(&w, "publish", "tmnit", "ok", NULL);
}

static void a_tombstone_outlives_replays(void **state)
{
    (void)state;
    pseudonym who = who_of(23);
    reply r;
    entry e;
    card c = card_of(&w, PLACE_TMNIT, &who, 1);
    publish_one(a, &c);
    assert_true(held_of(&who, c.facility).presence_count > 0);
    card gone = c;
    gone.scope.revision = 2;
    gone.scope.withdrawn = true;
    assert_true(gone.presence_count > 0);
    publish_one(a, &gone);
    card bare = held_of(&who, c.facility); // whatever the node sent, what existed when is gone
    assert_true(bare.scope.withdrawn);
    assert_int_equal(bare.presence_count, 0);
    log_expect(&w, "tombstone", "tmnit", "ok", &e);
    assert_true(e.pseudonym[0] && e.source[0]);
    log_expect(&w, "publish", "tmnit", "ok", NULL);
    refused(&c, "a later revision is held");
    c.scope.revision = 2;
    refused(&c, "this revision was withdrawn");
    question q = question_of(&w, PLACE_TMNIT, &who);
    lookup_ask(a, &q, &r);
    assert_null(answer_of(&r, c.facility));
    reply_done(&r);
    log_expect(&w, "lookup", "tmnit", "denied", &e);
    assert_non_null(strstr(e.sources, "withdrawn"));
}

static void as_many_cards_as_allowed_and_no_more(void **state)
{
    (void)state;
    reply r;
    card *c = calloc(WIRE_CARDS_MAX + 1, sizeof *c);
    assert_non_null(c);
    for (uint32_t i = 0; i <= WIRE_CARDS_MAX; i++) {
        pseudonym who = who_of(1000 + i);
        c[i] = card_of(&w, PLACE_TMNIT, &who, 1);
    }
    uint64_t before = cards_held();
    publish_ask(a, a->publish_seq + 1, c, WIRE_CARDS_MAX + 1, &r);
    assert_int_equal(r.status, ERR_LIMIT);
    reply_done(&r);
    assert_int_equal(cards_held(), before);
    publish_ask(a, a->publish_seq + 1, c, WIRE_CARDS_MAX, &r);
    assert_int_equal(r.status, OK);
    a->publish_seq = published(&r)->publish_seq;
    reply_done(&r);
    assert_int_equal(cards_held(), before + WIRE_CARDS_MAX);
    publish_ask(a, a->publish_seq + 1, c, 0, &r);
    assert_int_equal(r.status, ERR_LIMIT);
    reply_done(&r);
    free(c);
}

// Garbage among good cards costs only itself.
static void garbage_is_refused_card_by_card(void **state)
{
    (void)state;
    pseudonym who = who_of(30);
    card c = card_of(&w, PLACE_TMNIT, &who, 1);
    buf good = {0};
    reply r;
    uint8_t junk[WIRE_CARD_MAX];
    ProtobufCBinaryData list[64];
    Tsunagu__PublishRequest q = TSUNAGU__PUBLISH_REQUEST__INIT;
    memset(junk, 0xa5, sizeof junk);
    assert_int_equal(card_pack(&c, &good), OK);
    for (size_t i = 0; i < 62; i++) // truncations, from nothing on
        list[i] = wire_bytes(span_cut(buf_span(&good), 0, i * good.len / 62));
    list[62] = wire_bytes(span_of(junk, sizeof junk));
    list[63] = wire_bytes(buf_span(&good));
    q.first_seq = a->publish_seq + 1;
    q.cards = list;
    q.n_cards = 64;
    peer_send(a, METHOD_PUBLISH, (const ProtobufCMessage *)&q, &r);
    assert_int_equal(r.status, OK);
    assert_int_equal(published(&r)->n_refused_seq, 63);
    assert_string_equal(published(&r)->refused_why[0], "these bytes are no card");
    a->publish_seq = published(&r)->publish_seq;
    reply_done(&r);
    buf_done(&good);
    log_expect(&w, "publish", "tmnit", "ok", NULL); // the 512
    log_expect(&w, "publish", "tmnit", "denied", NULL);
}

static void all_of_it_outlives_the_hub(void **state)
{
    (void)state;
    uint64_t cards = cards_held(), seq = a->publish_seq;
    peer_close(a);
    world_reopen(&w);
    a = world_peer(&w, PLACE_TMNIT);
    assert_int_equal(a->publish_seq, seq);
    assert_int_equal(cards_held(), cards);
    log_expect(&w, "disconnect", "tmnit", "closed", NULL);
    log_expect(&w, "stop", NULL, "ok", NULL);
    log_expect(&w, "start", NULL, "ok", NULL);
    log_expect(&w, "connect", "tmnit", "ok", NULL);
    log_verified(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_greeting_must_name_the_session_s_own_node),
        cmocka_unit_test(another_version_is_refused_by_name),
        cmocka_unit_test(no_greeting_can_spoil_the_log),
        cmocka_unit_test(a_publication_twice_is_taken_once),
        cmocka_unit_test(an_overlap_is_taken_from_where_it_is_new),
        cmocka_unit_test(a_gap_tells_where_to_go_on),
        cmocka_unit_test(cards_that_may_not_stand_are_refused_by_name),
        cmocka_unit_test(an_older_revision_does_not_come_back),
        cmocka_unit_test(presence_may_change_within_a_revision),
        cmocka_unit_test(a_tombstone_outlives_replays),
        cmocka_unit_test(as_many_cards_as_allowed_and_no_more),
        cmocka_unit_test(garbage_is_refused_card_by_card),
        cmocka_unit_test(all_of_it_outlives_the_hub),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
