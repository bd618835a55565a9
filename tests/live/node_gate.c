// SPDX-License-Identifier: Apache-2.0
// The gate documents leave by, before a hub that forges, copies, mixes up, cuts and floods: only the true
// ask of the true node is answered, sealed, whole, within its credit.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/bed.h"

enum { WINDOW = 512 << 10, DEADLINE = 30000 };
static bed b;
static pseudonym who;
static buf good;          // a ticket that holds
static uint8_t document[16];
static uint8_t nonces;

static int begin(void **state)
{
    (void)state;
    bed_open(&b);
    who = bed_confirm(&b, BED_CHART, "staff");
    host_wait_seq(&b.h, b.seq);
    ticket k = bed_ticket(&b, &who, PLACE_TMNIT);
    bed_sign(&k, b.p.hub_sign, &good);
    bed_document(&b, BED_CHART, "OMP-01", BED_LONG, document);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_done(&good);
    bed_close(&b);
    return 0;
}

static bed_ask ask_of(const uint8_t *doc)
{
    return (bed_ask){.document = doc, .nonce = ++nonces};
}

static err released(span bytes, bed_ask *a, host_reply *r)
{
    buf body = {0};
    bed_request(&b, bytes, a, &body);
    *r = (host_reply){0};
    host_ask(&b.h, METHOD_RELEASE, buf_span(&body), WINDOW, r);
    buf_done(&body);
    assert_int_equal(r->e, OK);
    return (err)r->status;
}

// Not a byte leaves.
static void refused(span bytes, bed_ask a, err status)
{
    host_reply r;
    err e = released(bytes, &a, &r);
    if (e != status)
        fail_msg("%s instead of %s: %s", err_name(e), err_name(status), r.note);
    assert_int_equal(r.count, 0);
    host_reply_done(&r);
}

static void whole(bed_ask a)
{
    host_reply r;
    buf plain = {0};
    assert_int_equal(released(buf_span(&good), &a, &r), OK);
    assert_int_equal(bed_unseal(&b, buf_span(&good), &a.ask, &r, &plain), OK);
    assert_true(plain.len > (a.document ? BED_LONG - 2 : 10));
    buf_done(&plain);
    host_reply_done(&r);
}

static void the_true_ask_is_answered(void **state)
{
    (void)state;
    whole(ask_of(NULL));
    whole(ask_of(document));
}

static void forgeries_are_refused(void **state)
{
    sign_key *other;
    buf t = {0};
    ticket k = bed_ticket(&b, &who, PLACE_TMNIT);
    (void)state;
    place_must(sign_key_new(&other), "key");
    bed_sign(&k, other, &t);
    refused(buf_span(&t), ask_of(NULL), ERR_AUTH);
    sign_key_free(other);
    // One that was signed, with a word changed.
    for (size_t i = 0; i < good.len; i += 13) {
        buf_clear(&t);
        buf_put_span(&t, buf_span(&good));
        t.at[i] ^= 0x40;
        refused(buf_span(&t), ask_of(NULL), ERR_AUTH);
    }
    buf_done(&t);
}

static void misused(void (*change)(ticket *k), bed_ask a, err status)
{
    buf t = {0};
    ticket k = bed_ticket(&b, &who, PLACE_TMNIT);
    change(&k);
    bed_sign(&k, b.p.hub_sign, &t);
    refused(buf_span(&t), a, status);
    buf_done(&t);
}

static void for_another_hospital(ticket *k) { k->source = b.p.nodes[PLACE_HOKUDAI].discloses; }
static void of_another_node(ticket *k) { strcpy(k->node, b.p.nodes[PLACE_HOKUDAI].name); }
static void of_a_stranger(ticket *k) { strcpy(k->node, "nobody"); }
static void of_an_older_consent(ticket *k) { k->consent_revision--; }
static void of_another_consent(ticket *k) { k->consent_id[0] ^= 1; }
static void of_another_patient(ticket *k) { k->who.at[5] ^= 1; }
static void under_other_rules(ticket *k) { k->rules.at[0] ^= 1; }
static void from_long_ago(ticket *k) { k->issued -= 3600000, k->expires -= 3600000; }
static void from_the_future(ticket *k) { k->issued += 3600000, k->expires += 3600000; }
static void as_it_is(ticket *k) { (void)k; }

static void signed_for_something_else(void **state)
{
    bed_ask a = ask_of(NULL);
    (void)state;
    misused(for_another_hospital, ask_of(NULL), ERR_DENIED);
    misused(of_another_node, ask_of(NULL), ERR_DENIED);
    a.asker = "hokudai"; // the session's name swapped by the hub
    misused(as_it_is, a, ERR_DENIED);
    a = ask_of(NULL);
    a.asker = "hokudai"; // and the ticket with it: the seal is still tmnit's
    misused(of_another_node, a, ERR_DENIED); // hokudai does not serve that clinic
    a = ask_of(NULL);
    a.asker = "nobody";
    misused(of_a_stranger, a, ERR_DENIED);
    misused(of_another_consent, ask_of(NULL), ERR_WITHDRAWN);
    misused(of_an_older_consent, ask_of(NULL), ERR_WITHDRAWN);
    misused(of_another_patient, ask_of(NULL), ERR_WITHDRAWN);
    misused(under_other_rules, ask_of(NULL), ERR_STALE);
    misused(from_long_ago, ask_of(NULL), ERR_EXPIRED);
    misused(from_the_future, ask_of(NULL), ERR_EXPIRED);
}

static void seals_that_do_not_fit(void **state)
{
    seal_key *other;
    uint8_t unknown[16] = {1};
    bed_ask a = ask_of(NULL);
    (void)state;
    place_must(seal_key_new(&other), "key");
    a.from = other; // the hub asks in tmnit's name
    refused(buf_span(&good), a, ERR_AUTH);
    a = ask_of(NULL);
    a.to = b.p.nodes[PLACE_HOKUDAI].seal; // sealed for another hospital
    refused(buf_span(&good), a, ERR_AUTH);
    seal_key_free(other);
    a = ask_of(NULL);
    a.off = -3600000;
    refused(buf_span(&good), a, ERR_EXPIRED);
    a.off = 3600000;
    refused(buf_span(&good), a, ERR_EXPIRED);
    refused(buf_span(&good), ask_of(unknown), ERR_NOT_FOUND);
}

static void a_copied_ask_is_refused(void **state)
{
    buf body = {0};
    bed_ask a = ask_of(NULL);
    (void)state;
    bed_request(&b, buf_span(&good), &a, &body);
    for (int i = 0; i < 3; i++) {
        host_reply r = {0};
        host_ask(&b.h, METHOD_RELEASE, buf_span(&body), WINDOW, &r);
        assert_int_equal(r.status, i ? ERR_DENIED : OK);
        assert_true(i ? r.count == 0 : r.count > 0);
        host_reply_done(&r);
    }
    buf_done(&body);
}

static void a_body_cut_at_each_byte(void **state)
{
    buf body = {0};
    bed_ask a = ask_of(NULL);
    (void)state;
    bed_request(&b, buf_span(&good), &a, &body);
    for (size_t i = 0; i < body.len; i += i < 40 || i + 40 > body.len ? 1 : 7) {
        host_reply r = {0};
        host_ask(&b.h, METHOD_RELEASE, span_of(body.at, i), WINDOW, &r);
        assert_int_equal(r.e, OK);
        assert_int_not_equal(r.status, OK);
        assert_int_equal(r.count, 0);
        host_reply_done(&r);
    }
    for (size_t i = 0; i < body.len; i += 11) { // and with a byte flipped
        host_reply r = {0};
        body.at[i] ^= 0x81;
        host_ask(&b.h, METHOD_RELEASE, buf_span(&body), WINDOW, &r);
        assert_int_equal(r.count, 0);
        assert_int_not_equal(r.status, OK);
        host_reply_done(&r);
        body.at[i] ^= 0x81;
    }
    buf_done(&body);
    whole(ask_of(NULL));
}

// ---- credit ---------------------------------------------------------------------------------

static void streamed(uint32_t window, uint32_t deadline, bool thrifty, host_reply *r, bed_ask *a)
{
    buf body = {0};
    *a = ask_of(document);
    bed_request(&b, buf_span(&good), a, &body);
    *r = (host_reply){.thrifty = thrifty};
    host_begin(&b.h, METHOD_RELEASE, buf_span(&body), deadline, window, r);
    buf_done(&body);
}

static void tiny_windows_are_kept(void **state)
{
    static const uint32_t windows[] = {0, 1, 100, 5000, 70000};
    host_reply r;
    bed_ask a;
    (void)state;
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        streamed(windows[i], 700, true, &r, &a);
        host_end(&r); // no more credit ever comes: the deadline ends it, here and there
        assert_int_equal(r.e, ERR_DEADLINE);
        assert_true(r.bytes <= windows[i]);
        host_reply_done(&r);
    }
    streamed(5000, DEADLINE, false, &r, &a); // small, but given back each time
    host_end(&r);
    assert_int_equal(r.status, OK);
    assert_true(r.bytes > BED_LONG);
    host_reply_done(&r);
}

static link_conn *conn_now(void)
{
    pthread_mutex_lock(&b.h.lock);
    link_conn *c = link_conn_keep(b.h.conn);
    pthread_mutex_unlock(&b.h.lock);
    return c;
}

static void credit_floods_and_cancels(void **state)
{
    host_reply r;
    bed_ask a;
    (void)state;
    streamed(1, DEADLINE, true, &r, &a);
    link_conn *c = conn_now();
    for (int i = 0; i < 3000; i++)
        link_credit(c, r.id, 60);
    host_end(&r);
    assert_int_equal(r.status, OK);
    host_reply_done(&r);
    for (int i = 0; i < 40; i++) { // given up at every moment
        streamed(i * 4000, DEADLINE, true, &r, &a);
        for (int k = 0; k < i; k++)
            link_credit(c, r.id, 100);
        link_cancel(c, r.id);
        host_end(&r);
        assert_true(r.e == ERR_CLOSED || r.e == OK);
        host_reply_done(&r);
    }
    link_conn_drop(c);
    whole(ask_of(document));
}

static void many_at_once_do_not_starve_each_other(void **state)
{
    static host_reply idle[60];
    bed_ask a;
    (void)state;
    for (int i = 0; i < 60; i++)
        streamed(100, DEADLINE, true, &idle[i], &a); // nobody reads these
    whole(ask_of(document)); // and this one is served
    link_conn *c = conn_now();
    for (int i = 0; i < 60; i++) {
        link_cancel(c, idle[i].id);
        host_end(&idle[i]);
        host_reply_done(&idle[i]);
    }
    link_conn_drop(c);
}

// ---- files that do not hold still -----------------------------------------------------------------

static void changed_midway(void (*change)(const char *path), err least)
{
    char path[400];
    host_reply r;
    bed_ask a;
    bed_path(&b, BED_CHART, "today", "OMP-01", "000000000000001", path);
    bed_document(&b, BED_CHART, "OMP-01", BED_LONG, document);
    streamed(70000, DEADLINE, true, &r, &a);
    host_wait(&b.h, &r.count, 1);
    change(path);
    link_conn *c = conn_now();
    link_credit(c, r.id, WINDOW);
    link_conn_drop(c);
    host_end(&r);
    assert_int_equal(r.status, least);
    buf plain = {0};
    assert_int_equal(bed_unseal(&b, buf_span(&good), &a.ask, &r, &plain), least ? ERR_CLOSED : OK);
    buf_done(&plain);
    host_reply_done(&r);
}

static void shrink(const char *path) { assert_int_equal(truncate(path, 80000), 0); }
static void vanish(const char *path) { assert_int_equal(unlink(path), 0); }

static void rewrite(const char *path)
{
    const struct timespec beat = {0, 20000000}; // coarser than a file's time
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    nanosleep(&beat, NULL);
    assert_int_equal(fseek(f, 140000, SEEK_SET), 0);
    fputs("another patient's words", f);
    assert_int_equal(fclose(f), 0);
}

static void restore(void)
{
    static uint8_t bytes[BED_LONG];
    memset(bytes, 'r', sizeof bytes);
    bed_file(&b, BED_CHART, "today", "OMP-01", "000000000000001", span_of(bytes, sizeof bytes));
}

static void documents_that_change_midway_do_not_pass_for_whole(void **state)
{
    (void)state;
    changed_midway(rewrite, ERR_IO);
    restore();
    changed_midway(shrink, ERR_IO);
    restore();
    changed_midway(vanish, OK); // what was opened is still whole
    host_reply r;
    bed_ask a = ask_of(document);
    assert_int_equal(released(buf_span(&good), &a, &r), ERR_NOT_FOUND); // but not found again
    host_reply_done(&r);
    restore();
    whole(ask_of(document));
}

static void a_stop_ends_what_a_ticket_still_allows(void **state)
{
    Tsunagu__StopRequest q = TSUNAGU__STOP_REQUEST__INIT;
    buf body = {0};
    host_reply r = {0};
    (void)state;
    whole(ask_of(NULL));
    q.stop_seq = 1;
    q.facility = b.p.nodes[PLACE_TMNIT].clinic;
    q.at_ms = clock_now_ms();
    q.pseudonym = wire_bytes(span_of(who.at, PSEUDONYM_BYTES));
    place_must(wire_encode((const ProtobufCMessage *)&q, &body), "stop");
    host_ask(&b.h, METHOD_STOP, buf_span(&body), 0, &r);
    assert_int_equal(r.status, OK);
    refused(buf_span(&good), ask_of(NULL), ERR_WITHDRAWN);
    refused(buf_span(&good), ask_of(document), ERR_WITHDRAWN);
    buf_done(&body);
    host_reply_done(&r);
}

// With a stream that nobody reads, and one just begun.
static void closes_in_the_middle_of_it(void **state)
{
    static host_reply idle[4];
    bed_ask a;
    (void)state;
    for (int i = 0; i < 4; i++)
        streamed(100 + i * 30000, DEADLINE, true, &idle[i], &a);
    bed_halt(&b);
    for (int i = 0; i < 4; i++) {
        host_end(&idle[i]);
        host_reply_done(&idle[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_true_ask_is_answered),
        cmocka_unit_test(forgeries_are_refused),
        cmocka_unit_test(signed_for_something_else),
        cmocka_unit_test(seals_that_do_not_fit),
        cmocka_unit_test(a_copied_ask_is_refused),
        cmocka_unit_test(a_body_cut_at_each_byte),
        cmocka_unit_test(tiny_windows_are_kept),
        cmocka_unit_test(credit_floods_and_cancels),
        cmocka_unit_test(many_at_once_do_not_starve_each_other),
        cmocka_unit_test(documents_that_change_midway_do_not_pass_for_whole),
        cmocka_unit_test(a_stop_ends_what_a_ticket_still_allows),
        cmocka_unit_test(closes_in_the_middle_of_it),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
