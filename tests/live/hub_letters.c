// SPDX-License-Identifier: Apache-2.0
// LETTER at a real hub: who may write to whom, the entry before anything is passed on, the receipt that comes
// back untouched, and nobody who waits for a slow receiver.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/roster.h"
#include "tests/support/world.h"

static world w;
static peer *a, *b; // tmnit writes; shiritsu receives

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

static err write_to(peer *n, uint64_t from, const char *from_node, uint64_t to, const char *to_node, span letter,
                    reply *ret)
{
    Tsunagu__LetterRequest q = TSUNAGU__LETTER_REQUEST__INIT;
    q.from = from;
    q.to = to;
    q.from_node = (char *)from_node;
    q.to_node = (char *)to_node;
    q.letter = wire_bytes(letter);
    peer_send(n, METHOD_LETTER, (const ProtobufCMessage *)&q, ret);
    return ret->e ? ret->e : (err)ret->status;
}

static err say(peer *n, uint64_t from, const char *from_node, uint64_t to, const char *to_node)
{
    reply r;
    err e = write_to(n, from, from_node, to, to_node, SPAN_LIT("sealed"), &r);
    reply_done(&r);
    return e;
}

#define CLINIC w.p.nodes[PLACE_TMNIT].clinic
#define HOSPITAL w.p.nodes[PLACE_SHIRITSU].discloses

static void it_is_logged_and_passed_on(void **state)
{
    (void)state;
    reply r;
    entry e;
    assert_int_equal(write_to(a, CLINIC, "", HOSPITAL, "shiritsu", SPAN_LIT("sealed"), &r), OK);
    assert_true(span_eq(buf_span(&r.body), SPAN_LIT("taken")));
    reply_done(&r);
    assert_int_equal(b->letters, 1);
    assert_string_equal(b->letter_from, "tmnit"); // the hub says so, whatever the sender said
    assert_true(b->letter_facility[0] == CLINIC && b->letter_facility[1] == HOSPITAL);
    assert_true(span_eq(buf_span(&b->letter), SPAN_LIT("sealed")));
    log_expect(&w, "letter", "tmnit", "ok", &e);
    assert_string_equal(e.note, "to shiritsu, 6 sealed bytes");
    assert_true(e.facility[0] && e.source[0] && !e.pseudonym[0]);
    // A refusal of the receiver's goes back as it is.
    b->letter_status = ERR_CONFLICT;
    assert_int_equal(write_to(a, CLINIC, "tmnit", HOSPITAL, "shiritsu", SPAN_LIT("x"), &r), ERR_CONFLICT);
    assert_true(span_eq(buf_span(&r.body), SPAN_LIT("taken")));
    reply_done(&r);
    b->letter_status = OK;
    log_expect(&w, "letter", "tmnit", "ok", &e); // that it passed is what the hub knows
}

static void who_may_write_to_whom(void **state)
{
    (void)state;
    entry e;
    size_t before = b->letters;
    assert_int_equal(say(a, HOSPITAL, "", HOSPITAL, "shiritsu"), ERR_DENIED); // not served by tmnit
    log_expect(&w, "letter", "tmnit", "denied", &e);
    assert_int_equal(say(a, CLINIC, "shiritsu", HOSPITAL, "shiritsu"), ERR_DENIED);
    assert_int_equal(say(a, CLINIC, "", CLINIC, "shiritsu"), ERR_DENIED);
    assert_int_equal(say(a, CLINIC, "", HOSPITAL, "nobody"), ERR_DENIED);
    assert_int_equal(say(a, CLINIC, "", 42, "shiritsu"), ERR_DENIED);
    assert_int_equal(say(a, 42, "", HOSPITAL, "shiritsu"), ERR_DENIED);
    assert_int_equal(b->letters, before);
    // The nodes' own unions, one to another.
    assert_int_equal(say(a, 0, "", 0, "shiritsu"), OK);
    assert_int_equal(say(a, CLINIC, "", CLINIC, "tmnit"), OK); // to oneself is no exception
    assert_int_equal(a->letters, 1);
    reply r;
    assert_int_equal(write_to(a, CLINIC, "", HOSPITAL, "shiritsu", (span){0}, &r), ERR_FORMAT);
    reply_done(&r);
    uint8_t *large = calloc(1, WIRE_LETTER_MAX + 1);
    assert_int_equal(write_to(a, CLINIC, "", HOSPITAL, "shiritsu", span_of(large, WIRE_LETTER_MAX), &r), OK);
    reply_done(&r);
    assert_int_equal(write_to(a, CLINIC, "", HOSPITAL, "shiritsu", span_of(large, WIRE_LETTER_MAX + 1), &r),
                     ERR_LIMIT);
    reply_done(&r);
    free(large);
}

static void a_receiver_that_is_away(void **state)
{
    (void)state;
    size_t entries = log_count(&w, "letter");
    const place_node *h = &w.p.nodes[PLACE_HOKUDAI];
    assert_int_equal(say(a, CLINIC, "", h->discloses, "hokudai"), ERR_UNREACHABLE);
    assert_int_equal(log_count(&w, "letter"), entries); // nothing has passed
    assert_int_equal(a->backs, 0);
    peer *c = world_peer(&w, PLACE_HOKUDAI);
    peer_wait_count(a, &a->backs, 1);
    assert_string_equal(a->back, "hokudai");
    assert_int_equal(b->backs, 0); // who had nothing for it hears nothing
    assert_int_equal(say(a, CLINIC, "", h->discloses, "hokudai"), OK);
    peer_close(c);
}

typedef struct going {
    bool over;
    err e;
    uint32_t status;
} going;

static void going_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    going *g = ctx;
    (void)call, (void)body, (void)note;
    pthread_mutex_lock(&a->lock);
    g->e = e;
    g->status = status;
    g->over = true;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

static void letter_go(going *g)
{
    Tsunagu__LetterRequest q = TSUNAGU__LETTER_REQUEST__INIT;
    buf body = {0};
    link_out_events ev = {.ctx = g, .done = going_done};
    *g = (going){0};
    q.from = CLINIC;
    q.to = HOSPITAL;
    q.to_node = (char *)"shiritsu";
    q.letter = wire_bytes(SPAN_LIT("sealed"));
    assert_int_equal(wire_encode((const ProtobufCMessage *)&q, &body), OK);
    assert_int_equal(link_call(a->conn, METHOD_LETTER, buf_span(&body), 20000, 0, &ev, NULL), OK);
    buf_done(&body);
}

static void nobody_waits_for_a_slow_receiver(void **state)
{
    (void)state;
    enum { FLYING = 16 };
    going g[FLYING], more;
    size_t before = b->letters;
    b->mute_letters = true;
    for (int i = 0; i < FLYING; i++)
        letter_go(&g[i]);
    peer_wait_count(b, &b->letters, before + FLYING);
    letter_go(&more);
    peer_wait(a, &more.over);
    assert_int_equal(more.status, ERR_BUSY); // told at once
    assert_int_equal(say(a, CLINIC, "", CLINIC, "tmnit"), OK); // and others are as quick as ever
    peer_close(b); // the slow one leaves: each is told
    for (int i = 0; i < FLYING; i++) {
        peer_wait(a, &g[i].over);
        assert_int_equal(g[i].status, ERR_UNREACHABLE);
    }
    b = world_peer(&w, PLACE_SHIRITSU);
    assert_int_equal(say(a, CLINIC, "", HOSPITAL, "shiritsu"), OK);
}

static void a_sender_has_a_budget(void **state)
{
    (void)state;
    err e = OK;
    int sent = 0;
    while (e == OK && sent < 3000) {
        e = say(a, CLINIC, "", CLINIC, "tmnit");
        sent++;
    }
    assert_int_equal(e, ERR_BUSY);
    assert_true(sent > 100);
    assert_int_equal(say(b, w.p.nodes[PLACE_SHIRITSU].clinic, "", HOSPITAL, "shiritsu"), OK); // others have their own
    log_verified(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_logged_and_passed_on),
        cmocka_unit_test(who_may_write_to_whom),
        cmocka_unit_test(a_receiver_that_is_away),
        cmocka_unit_test(nobody_waits_for_a_slow_receiver),
        cmocka_unit_test(a_sender_has_a_budget),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
