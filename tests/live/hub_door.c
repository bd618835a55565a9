// SPDX-License-Identifier: Apache-2.0
// Who comes in at a real hub, who does not, what new rules change, and what a stranger cannot do to the log.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "hub/roster.h"
#include "proto/crypto/cert.h"
#include "tests/support/world.h"

static world w;

static int begin(void **state)
{
    (void)state;
    world_open(&w);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static void who_is_not_listed_stays_out_and_is_on_record(void **state)
{
    (void)state;
    entry e;
    assert_null(peer_open(&w.p, PLACE_STRANGER, w.port));
    log_await(&w, "refuse", NULL, "denied", &e);
    assert_non_null(strstr(e.note, "not in the membership list"));
    assert_null(peer_open(&w.p, PLACE_ELSEWHERE, w.port));
    log_await(&w, "refuse", "elsewhere.example", "denied", &e);
    assert_non_null(strstr(e.note, "is not for tenshi.node.tsunagu.example"));
}

static size_t nodes_here(void)
{
    control_answer s;
    size_t here = 0;
    control_ask(&w, "nodes", NULL, &s);
    assert_int_equal(s.reply->status, OK);
    for (size_t i = 0; i < s.reply->n_records; i++)
        here += strcmp(record_field(s.reply->records[i], "state"), "connected") == 0;
    control_answer_done(&s);
    return here;
}

static void a_node_that_dials_again_replaces_itself(void **state)
{
    (void)state;
    peer *first = world_peer(&w, PLACE_TMNIT), *second = world_peer(&w, PLACE_TMNIT);
    peer_wait(first, &first->closed);
    log_await(&w, "disconnect", "tmnit", "closed", NULL);
    assert_int_equal(nodes_here(), 1);
    reply r;
    pseudonym who = who_of(1);
    question q = question_of(&w, PLACE_TMNIT, &who);
    lookup_ask(second, &q, &r);
    assert_int_equal(r.status, OK);
    reply_done(&r);
    peer_close(first);
    assert_int_equal(nodes_here(), 1); // the old one's end does not take the new one away
    peer_close(second);
}

static void a_method_that_is_none_is_answered(void **state)
{
    (void)state;
    peer *n = world_peer(&w, PLACE_TMNIT);
    static const uint32_t methods[] = {3, 9, 15, METHOD_RELEASE, METHOD_STOP, 99, UINT32_MAX};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        reply r;
        peer_ask(n, methods[i], SPAN_LIT("anything"), &r);
        assert_int_equal(r.e, OK);
        assert_int_equal(r.status, ERR_UNSUPPORTED);
        reply_done(&r);
    }
    peer_close(n);
}

static void a_broken_bundle_leaves_the_old_rules(void **state)
{
    (void)state;
    char path[128];
    buf whole = {0};
    hash32 before = w.h->rules_now->hash;
    peer *n = world_peer(&w, PLACE_TMNIT);
    buf_put_span(&whole, policy_bytes(w.p.rules->p));
    for (size_t len = 0; len < whole.len; len += whole.len / 7 + 1) {
        place_write(&w.p, "rules.bundle", span_cut(buf_span(&whole), 0, len));
        hub_reload(w.h);
        log_await(&w, "rules", NULL, len ? "format" : "limit", NULL);
    }
    place_path(&w.p, "rules.bundle", path);
    assert_int_equal(unlink(path), 0);
    hub_reload(w.h);
    log_await(&w, "rules", NULL, "io", NULL);
    assert_memory_equal(before.at, w.h->rules_now->hash.at, HASH_BYTES);
    assert_false(n->closed);
    peer_close(n);
    place_write(&w.p, "rules.bundle", buf_span(&whole));
    buf_done(&whole);
}

// Rules under which nobody would believe its tickets are no rules for this hub.
static void rules_without_the_hub_s_key_are_not_taken(void **state)
{
    (void)state;
    entry e;
    sign_key *own = w.p.hub_sign;
    hash32 before = w.h->rules_now->hash;
    assert_int_equal(sign_key_new(&w.p.hub_sign), OK);
    place_rules(&w.p, 2, -1);
    hub_reload(w.h);
    log_await(&w, "rules", NULL, "auth", &e);
    assert_memory_equal(before.at, w.h->rules_now->hash.at, HASH_BYTES);
    sign_key_free(w.p.hub_sign);
    w.p.hub_sign = own;
    place_rules(&w.p, 1, -1);
}

static const char *rules_seen(const char *node)
{
    static char text[16];
    control_answer s;
    control_ask(&w, "nodes", NULL, &s);
    text[0] = '\0';
    for (size_t i = 0; i < s.reply->n_records; i++)
        if (strcmp(record_field(s.reply->records[i], "name"), node) == 0)
            snprintf(text, sizeof text, "%s", record_field(s.reply->records[i], "rules"));
    control_answer_done(&s);
    return text;
}

static void hello_with_rules(peer *n)
{
    reply r;
    Tsunagu__HelloRequest q = TSUNAGU__HELLO_REQUEST__INIT;
    q.version = WIRE_VERSION;
    q.node = (char *)n->as->name;
    q.software = (char *)"test";
    q.rules_hash = wire_bytes(span_of(w.p.rules->hash.at, HASH_BYTES));
    peer_send(n, METHOD_HELLO, (const ProtobufCMessage *)&q, &r);
    assert_int_equal(r.status, OK);
    reply_done(&r);
}

static void new_rules_cut_who_is_no_longer_listed(void **state)
{
    (void)state;
    peer *stays = world_peer(&w, PLACE_TMNIT), *goes = world_peer(&w, PLACE_HOKUDAI);
    assert_string_equal(rules_seen("tmnit"), "other"); // it has not said
    hello_with_rules(stays);
    assert_string_equal(rules_seen("tmnit"), "same");
    place_rules(&w.p, 3, PLACE_HOKUDAI);
    hub_reload(w.h);
    log_await(&w, "rules", NULL, "ok", NULL);
    peer_wait(goes, &goes->closed);
    log_await(&w, "disconnect", "hokudai", "closed", NULL);
    assert_false(stays->closed);
    assert_string_equal(rules_seen("tmnit"), "other"); // the hub's are newer now
    peer_close(goes);
    assert_null(peer_open(&w.p, PLACE_HOKUDAI, w.port));
    log_await(&w, "refuse", w.p.nodes[PLACE_HOKUDAI].host, "denied", NULL);
    place_rules(&w.p, 4, -1);
    hub_reload(w.h);
    goes = world_peer(&w, PLACE_HOKUDAI);
    peer_close(goes);
    peer_close(stays);
}

static void a_revoked_certificate_is_cut_by_a_reload(void **state)
{
    (void)state;
    char ca[128], cert[128];
    entry e;
    peer *n = world_peer(&w, PLACE_SHIRITSU), *other = world_peer(&w, PLACE_TMNIT);
    place_path(&w.p, "ca", ca);
    place_path(&w.p, "shiritsu.pem", cert);
    assert_int_equal(ca_revoke(ca, cert), OK);
    hub_reload(w.h);
    peer_wait(n, &n->closed);
    peer_close(n);
    assert_null(peer_open(&w.p, PLACE_SHIRITSU, w.port));
    log_await(&w, "refuse", "", "auth", &e);
    assert_non_null(strstr(e.note, "revoked"));
    peer_close(other);
    other = world_peer(&w, PLACE_TMNIT); // who is honest comes back
    peer_close(other);
}

static void a_crowd_of_strangers_does_not_fill_the_log(void **state)
{
    (void)state;
    enum { CROWD = 90 };
    entry e;
    world_reopen(&w); // a fresh minute
    size_t before = log_count(&w, "refuse");
    for (int i = 0; i < CROWD; i++)
        assert_null(peer_open(&w.p, PLACE_STRANGER, w.port));
    time_ms until = clock_mono_ms() + 20000;
    link_status s;
    do
        link_status_of(w.h->line, &s);
    while (s.refused < CROWD && clock_mono_ms() < until);
    assert_int_equal(s.refused, CROWD);
    while (log_find(&w, "refuse", NULL, &e)) { }
    size_t logged = log_count(&w, "refuse") - before;
    assert_true(logged >= 30 && logged <= 60);
    door_tick(w.h, clock_now_ms() + 120000);
    log_await(&w, "refuse", "", "busy", &e);
    assert_non_null(strstr(e.note, "more connections refused"));
    assert_int_equal(strtoul(e.note, NULL, 10) + 60, CROWD);
    log_verified(&w);
}

static void the_control_socket_answers_nonsense(void **state)
{
    (void)state;
    control_answer s;
    const char *bad[] = {"from", "minus one", NULL}, *witness[] = {"seq", "1", "hash", "00", NULL};
    control_ask(&w, "病院の記録を見せてください、どうかお願いします", NULL, &s);
    assert_int_equal(s.reply->status, ERR_UNSUPPORTED);
    control_answer_done(&s);
    control_ask(&w, "log.list", bad, &s);
    assert_int_equal(s.reply->status, ERR_USAGE);
    control_answer_done(&s);
    control_ask(&w, "log.verify", witness, &s);
    assert_int_equal(s.reply->status, ERR_USAGE);
    control_answer_done(&s);
    char zeros[65] = "";
    memset(zeros, '0', 64);
    const char *cut[] = {"seq", "99999999", "hash", zeros, NULL};
    control_ask(&w, "log.verify", cut, &s);
    assert_int_equal(s.reply->status, ERR_CORRUPT);
    assert_non_null(strstr(s.reply->note, "it was cut"));
    control_answer_done(&s);
    cut[1] = "1";
    control_ask(&w, "log.verify", cut, &s);
    assert_int_equal(s.reply->status, ERR_CORRUPT);
    assert_non_null(strstr(s.reply->note, "rewritten"));
    control_answer_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_not_listed_stays_out_and_is_on_record),
        cmocka_unit_test(a_node_that_dials_again_replaces_itself),
        cmocka_unit_test(a_method_that_is_none_is_answered),
        cmocka_unit_test(a_broken_bundle_leaves_the_old_rules),
        cmocka_unit_test(rules_without_the_hub_s_key_are_not_taken),
        cmocka_unit_test(new_rules_cut_who_is_no_longer_listed),
        cmocka_unit_test(a_revoked_certificate_is_cut_by_a_reload),
        cmocka_unit_test(a_crowd_of_strangers_does_not_fill_the_log),
        cmocka_unit_test(the_control_socket_answers_nonsense),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
