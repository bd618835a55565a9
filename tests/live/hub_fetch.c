// SPDX-License-Identifier: Apache-2.0
// FETCH at a real hub: which tickets still hold, and ciphertext passed on with credit from end to end.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/pact/ticket.h"
#include "tests/support/world.h"

enum { WINDOW = 64 << 10 };
static world w;
static peer *a, *b, *c; // tmnit asks; shiritsu discloses; hokudai is a third
static pseudonym who;

static int begin(void **state)
{
    (void)state;
    world_open(&w);
    a = world_peer(&w, PLACE_TMNIT);
    b = world_peer(&w, PLACE_SHIRITSU);
    c = world_peer(&w, PLACE_HOKUDAI);
    who = who_of(1);
    card k = card_of(&w, PLACE_SHIRITSU, &who, 1);
    publish_one(b, &k);
    return 0;
}

static int end(void **state)
{
    (void)state;
    peer_close(a);
    peer_close(b);
    peer_close(c);
    world_close(&w);
    return 0;
}

static void plan(release_plan p)
{
    pthread_mutex_lock(&b->lock);
    b->plan = p;
    b->releases = b->released = b->gone = b->sent = 0;
    pthread_mutex_unlock(&b->lock);
}

static buf ticket_now(void)
{
    reply r;
    buf kept = {0};
    buf_put_span(&kept, ticket_for(&w, a, PLACE_TMNIT, PLACE_SHIRITSU, &who, &r));
    reply_done(&r);
    log_expect(&w, "lookup", "tmnit", "ok", NULL);
    return kept;
}

// The ticket is refused with that status, the entry says so, and the hospital hears nothing of it.
static void refused(peer *asker, span bytes, err status)
{
    fetching f;
    plan((release_plan){.chunks = 1, .chunk_bytes = 10});
    assert_int_equal(fetch_begin(&f, asker, bytes, SPAN_LIT("sealed"), WINDOW, false), OK);
    fetch_wait(&f);
    assert_int_equal(f.end.e, OK);
    assert_int_equal(f.end.status, status);
    assert_int_equal(f.got, 0);
    log_expect(&w, "fetch", asker->as->name, err_name(status), NULL);
    reply_done(&f.end);
    assert_int_equal(b->releases, 0);
}

static void ciphertext_passes_whole(void **state)
{
    (void)state;
    fetching f;
    entry e;
    buf t = ticket_now();
    plan((release_plan){.chunks = 40, .chunk_bytes = 10000});
    assert_int_equal(fetch_begin(&f, a, buf_span(&t), SPAN_LIT("sealed ask"), WINDOW, false), OK);
    fetch_wait(&f);
    assert_int_equal(f.end.e, OK);
    assert_int_equal(f.end.status, OK);
    assert_int_equal(f.got, 400000);
    assert_string_equal(f.end.note, "as planned");
    assert_true(span_eq(buf_span(&f.end.body), SPAN_LIT("end")));
    assert_string_equal(b->asker, "tmnit");
    assert_true(span_eq(buf_span(&b->sealed), SPAN_LIT("sealed ask")));
    log_expect(&w, "fetch", "tmnit", "ok", &e);
    assert_true(e.ticket[0] && e.pseudonym[0] && e.user[0] && e.source[0] && e.granted);
    log_await(&w, "fetch_end", "tmnit", "ok", &e);
    assert_string_equal(e.note, "400000 sealed bytes");
    reply_done(&f.end);
    buf_done(&t);
}

static void the_hospital_s_refusal_reaches_the_asker(void **state)
{
    (void)state;
    fetching f;
    buf t = ticket_now();
    plan((release_plan){.status = ERR_DENIED});
    assert_int_equal(fetch_begin(&f, a, buf_span(&t), (span){0}, WINDOW, false), OK);
    fetch_wait(&f);
    assert_int_equal(f.end.status, ERR_DENIED);
    log_expect(&w, "fetch", "tmnit", "ok", NULL);
    log_await(&w, "fetch_end", "tmnit", "denied", NULL);
    reply_done(&f.end);
    buf_done(&t);
}

static void a_copied_ticket_is_refused(void **state)
{
    (void)state;
    buf t = ticket_now();
    refused(c, buf_span(&t), ERR_DENIED);
    refused(b, buf_span(&t), ERR_DENIED);
    buf_done(&t);
}

static buf forge(const ticket *k, const sign_key *with)
{
    ticket_batch batch;
    buf body = {0}, out = {0};
    uint32_t at;
    ticket_batch_init(&batch);
    assert_int_equal(ticket_pack(k, &body), OK);
    assert_int_equal(ticket_batch_add(&batch, buf_span(&body), &at), OK);
    assert_int_equal(ticket_batch_sign(&batch, with), OK);
    assert_int_equal(ticket_batch_take(&batch, at, buf_span(&body), &out), OK);
    ticket_batch_done(&batch);
    buf_done(&body);
    return out;
}

static void what_was_not_signed_or_has_expired_is_refused(void **state)
{
    (void)state;
    buf good = ticket_now();
    ticket k;
    sign_key *stranger;
    assert_int_equal(ticket_peek(buf_span(&good), &k), OK);
    assert_int_equal(sign_key_new(&stranger), OK);
    buf forged = forge(&k, stranger);
    refused(a, buf_span(&forged), ERR_AUTH);
    buf_done(&forged);
    k.issued -= 3600000;
    k.expires -= 3600000;
    forged = forge(&k, w.p.hub_sign);
    refused(a, buf_span(&forged), ERR_EXPIRED);
    buf_done(&forged);
    sign_key_free(stranger);
    // Every byte counts.
    for (size_t i = 0; i < good.len; i++) {
        fetching f;
        good.at[i] ^= 1;
        assert_int_equal(fetch_begin(&f, a, buf_span(&good), (span){0}, WINDOW, false), OK);
        fetch_wait(&f);
        assert_int_equal(f.end.e, OK);
        assert_true(f.end.status == ERR_AUTH || f.end.status == ERR_EXPIRED);
        assert_int_equal(f.got, 0);
        reply_done(&f.end);
        good.at[i] ^= 1;
    }
    refused(a, span_cut(buf_span(&good), 0, good.len - 1), ERR_AUTH);
    refused(a, (span){0}, ERR_AUTH);
    assert_int_equal(b->releases, 0);
    buf_done(&good);
    entry e;
    while (log_find(&w, "fetch", "tmnit", &e)) { }
}

static void a_changed_or_withdrawn_consent_ends_the_ticket(void **state)
{
    (void)state;
    pseudonym before = who;
    who = who_of(2);
    card k = card_of(&w, PLACE_SHIRITSU, &who, 1);
    publish_one(b, &k);
    buf t = ticket_now();
    k = card_of(&w, PLACE_SHIRITSU, &who, 2);
    publish_one(b, &k);
    refused(a, buf_span(&t), ERR_WITHDRAWN);
    buf_done(&t);
    t = ticket_now();
    k.scope.revision = 3;
    k.scope.withdrawn = true;
    publish_one(b, &k);
    refused(a, buf_span(&t), ERR_WITHDRAWN);
    buf_done(&t);
    who = before;
}

static void a_stop_ends_the_tickets_that_are_out(void **state)
{
    (void)state;
    reply r;
    pseudonym before = who;
    who = who_of(3);
    card k = card_of(&w, PLACE_SHIRITSU, &who, 1);
    publish_one(b, &k);
    buf t = ticket_now();
    withdraw_ask(a, w.p.nodes[PLACE_TMNIT].clinic, &who, &r);
    assert_int_equal(r.status, OK);
    reply_done(&r);
    refused(a, buf_span(&t), ERR_WITHDRAWN);
    buf_done(&t);
    who = before;
}

// The hospital decides by its own rules; a ticket from before a switch is not lost.
static void tickets_that_are_out_outlive_a_switch_of_rules(void **state)
{
    (void)state;
    buf t = ticket_now();
    place_rules(&w.p, 2, -1);
    hub_reload(w.h);
    plan((release_plan){.chunks = 1, .chunk_bytes = 10});
    fetching f;
    assert_int_equal(fetch_begin(&f, a, buf_span(&t), (span){0}, WINDOW, false), OK);
    fetch_wait(&f);
    assert_int_equal(f.end.status, OK);
    reply_done(&f.end);
    buf_done(&t);
}

static void a_hospital_that_is_away_is_unreachable(void **state)
{
    (void)state;
    buf t = ticket_now();
    peer_close(b);
    log_await(&w, "disconnect", "shiritsu", "closed", NULL);
    fetching f;
    assert_int_equal(fetch_begin(&f, a, buf_span(&t), (span){0}, WINDOW, false), OK);
    fetch_wait(&f);
    assert_int_equal(f.end.status, ERR_UNREACHABLE);
    log_expect(&w, "fetch", "tmnit", "unreachable", NULL);
    reply_done(&f.end);
    buf_done(&t);
    b = world_peer(&w, PLACE_SHIRITSU);
}

static void a_hospital_that_dies_in_the_middle_is_told(void **state)
{
    (void)state;
    fetching f;
    buf t = ticket_now();
    plan((release_plan){.chunks = 100, .chunk_bytes = 1000, .die_after = 5});
    assert_int_equal(fetch_begin(&f, a, buf_span(&t), (span){0}, WINDOW, false), OK);
    fetch_wait(&f);
    assert_int_equal(f.end.e, OK);
    assert_int_equal(f.end.status, ERR_UNREACHABLE);
    assert_true(f.got <= 5000);
    log_expect(&w, "fetch", "tmnit", "ok", NULL);
    log_await(&w, "fetch_end", "tmnit", "unreachable", NULL);
    reply_done(&f.end);
    buf_done(&t);
    peer_close(b);
    b = world_peer(&w, PLACE_SHIRITSU);
}

static void who_no_longer_wants_it_stops_the_hospital(void **state)
{
    (void)state;
    fetching f;
    buf t = ticket_now();
    plan((release_plan){.chunks = 1000, .chunk_bytes = 1000, .hold = true});
    assert_int_equal(fetch_begin(&f, a, buf_span(&t), (span){0}, 4000, true), OK);
    fetch_wait_bytes(&f, 4000);
    link_cancel(a->conn, f.id);
    fetch_wait(&f);
    assert_int_equal(f.end.e, ERR_CLOSED);
    peer_wait_count(b, &b->gone, 1);
    log_await(&w, "fetch_end", "tmnit", "closed", NULL);
    reply_done(&f.end);
    buf_done(&t);
}

// Cancelled before, while and after the hub has passed it on: nothing hangs, nothing is left.
static void cancels_at_any_moment(void **state)
{
    (void)state;
    buf t = ticket_now();
    plan((release_plan){.chunks = 3, .chunk_bytes = 100, .hold = true});
    for (int i = 0; i < 60; i++) {
        fetching f;
        assert_int_equal(fetch_begin(&f, a, buf_span(&t), (span){0}, 1000, true), OK);
        for (int spin = 0; spin < i * 2000; spin++)
            __asm__ volatile("" ::: "memory");
        if (i % 3 == 0)
            link_credit(a->conn, f.id, 5000);
        link_cancel(a->conn, f.id);
        fetch_wait(&f);
        reply_done(&f.end);
    }
    peer_wait_count(b, &b->gone, b->releases);
    buf_done(&t);
    log_verified(&w);
}

static void an_asker_that_leaves_stops_the_hospital(void **state)
{
    (void)state;
    fetching f;
    buf t = ticket_now();
    plan((release_plan){.chunks = 1000, .chunk_bytes = 1000, .hold = true});
    assert_int_equal(fetch_begin(&f, a, buf_span(&t), (span){0}, 4000, true), OK);
    fetch_wait_bytes(&f, 4000);
    entry e;
    while (log_find(&w, "fetch_end", "tmnit", &e)) { }
    peer_close(a);
    reply_done(&f.end);
    peer_wait_count(b, &b->gone, 1);
    buf_done(&t);
    a = world_peer(&w, PLACE_TMNIT);
    log_await(&w, "fetch_end", "tmnit", "closed", NULL);
}

// Who takes nothing holds up only itself: at most its own window is ever under way.
static void a_slow_asker_does_not_make_another_wait(void **state)
{
    (void)state;
    fetching slow, fast;
    buf t = ticket_now();
    plan((release_plan){.chunks = 64, .chunk_bytes = 16384}); // 1 MiB
    assert_int_equal(fetch_begin(&slow, a, buf_span(&t), (span){0}, WINDOW, true), OK);
    fetch_wait_bytes(&slow, WINDOW);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fetch_begin(&fast, a, buf_span(&t), (span){0}, WINDOW, false), OK);
        fetch_wait(&fast);
        assert_int_equal(fast.end.status, OK);
        assert_int_equal(fast.got, 1 << 20);
        reply_done(&fast.end);
    }
    assert_false(slow.over);
    assert_int_equal(slow.got, WINDOW);
    pthread_mutex_lock(&b->lock);
    assert_int_equal(b->sent, 3 * (1 << 20) + WINDOW); // what nobody gave credit for never left the hospital
    pthread_mutex_unlock(&b->lock);
    for (uint64_t seen = WINDOW; seen < 1 << 20; seen += WINDOW) {
        link_credit(a->conn, slow.id, WINDOW);
        fetch_wait_bytes(&slow, seen + WINDOW);
    }
    fetch_wait(&slow);
    assert_int_equal(slow.end.status, OK);
    assert_int_equal(slow.got, 1 << 20);
    reply_done(&slow.end);
    buf_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ciphertext_passes_whole),
        cmocka_unit_test(the_hospital_s_refusal_reaches_the_asker),
        cmocka_unit_test(a_copied_ticket_is_refused),
        cmocka_unit_test(what_was_not_signed_or_has_expired_is_refused),
        cmocka_unit_test(a_changed_or_withdrawn_consent_ends_the_ticket),
        cmocka_unit_test(a_stop_ends_the_tickets_that_are_out),
        cmocka_unit_test(tickets_that_are_out_outlive_a_switch_of_rules),
        cmocka_unit_test(a_hospital_that_is_away_is_unreachable),
        cmocka_unit_test(a_hospital_that_dies_in_the_middle_is_told),
        cmocka_unit_test(who_no_longer_wants_it_stops_the_hospital),
        cmocka_unit_test(cancels_at_any_moment),
        cmocka_unit_test(an_asker_that_leaves_stops_the_hospital),
        cmocka_unit_test(a_slow_asker_does_not_make_another_wait),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
