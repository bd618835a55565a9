// SPDX-License-Identifier: Apache-2.0
// Emergencies at a real node, before a hub that signs whatever it likes: who did not agree is opened only as the
// node's own rules say, only if it is one patient, never against that patient's word, and never without a trace.
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/openings/openings.h"
#include "node/charts/person.h"
#include "policies/engine/emergency.h"
#include "tests/support/bed.h"

enum { WINDOW = 512 << 10 };
static bed b;
static pseudonym agreed, unasked; // BED_CHART, BED_OTHER
static uint8_t nonces;

static pseudonym pseudonym_of_chart(const char *chart)
{
    store_txn *t;
    person_record p;
    place_must(store_read(b.n->keep, &t), "read");
    place_must(person_get(t, chart, &p), "person");
    store_end(t);
    assert_true(p.named);
    return p.who;
}

static int begin(void **state)
{
    (void)state;
    bed_open(&b);
    agreed = bed_confirm(&b, BED_CHART, "staff");
    host_wait_seq(&b.h, b.seq);
    unasked = pseudonym_of_chart(BED_OTHER);
    return 0;
}

static int end(void **state)
{
    (void)state;
    bed_close(&b);
    return 0;
}

static ticket urgent(void)
{
    const policy *p = b.p.rules->p;
    ticket k = bed_ticket(&b, &agreed, PLACE_TMNIT);
    k.who = unasked;
    k.purpose = (uint8_t)policy_purpose(p, "emergency");
    assert_true(emergency_reason(p, "unconscious", &k.reason));
    memset(k.consent_id, 0, sizeof k.consent_id);
    k.consent_revision = 0;
    k.registered_on = day_of_time(k.issued);
    return k;
}

static err asked_with(const ticket *k, uint8_t nonce, host_reply *r, bed_ask *a, buf *t)
{
    buf body = {0};
    *a = (bed_ask){.nonce = nonce};
    buf_clear(t);
    bed_sign(k, b.p.hub_sign, t);
    bed_request(&b, buf_span(t), a, &body);
    *r = (host_reply){0};
    host_ask(&b.h, METHOD_RELEASE, buf_span(&body), WINDOW, r);
    buf_done(&body);
    assert_int_equal(r->e, OK);
    return (err)r->status;
}

static void refused(const ticket *k, err status)
{
    host_reply r;
    bed_ask a;
    buf t = {0};
    err e = asked_with(k, ++nonces, &r, &a, &t);
    if (e != status)
        fail_msg("%s instead of %s: %s", err_name(e), err_name(status), r.note);
    assert_int_equal(r.count, 0);
    host_reply_done(&r);
    buf_done(&t);
}

static void opened(const ticket *k)
{
    host_reply r;
    bed_ask a;
    buf t = {0}, plain = {0};
    err e = asked_with(k, ++nonces, &r, &a, &t);
    if (e)
        fail_msg("%s: %s", err_name(e), r.note);
    assert_int_equal(bed_unseal(&b, buf_span(&t), &a.ask, &r, &plain), OK);
    assert_true(plain.len > 10);
    buf_done(&plain);
    host_reply_done(&r);
    buf_done(&t);
}

static size_t counted(bool waiting)
{
    uint64_t n;
    store_txn *t;
    place_must(store_read(b.n->keep, &t), "read");
    place_must(store_count(t, waiting ? TABLE_OPENING_WAITS : TABLE_OPENING, &n), "count");
    store_end(t);
    return n;
}

// The last entry of the log.
static void last_entry(const char *key, char out[static 300])
{
    said s;
    char from[24];
    bed_say(&b, "log.head", NULL, &s);
    snprintf(from, sizeof from, "%s", said_field(&s, "head", 0, "seq"));
    said_done(&s);
    const char *args[] = {"from", from, NULL};
    bed_say(&b, "log.list", args, &s);
    snprintf(out, 300, "%s", said_field(&s, "entry", 0, key));
    said_done(&s);
}

static void whom_nothing_is_known_of(ticket *k) { k->who.at[PSEUDONYM_BYTES - 1] ^= 1; }
static void of_a_clerk(ticket *k) { k->role = (uint8_t)policy_role(b.p.rules->p, "clerk"); }
static void without_a_reason(ticket *k) { k->reason = 0; }
static void for_an_unknown_reason(ticket *k) { k->reason = 200; }
static void for_treatment(ticket *k) { k->purpose = (uint8_t)policy_purpose(b.p.rules->p, "treatment"); }

static void what_the_rules_do_not_say_is_refused(void **state)
{
    static const struct { void (*change)(ticket *k); err status; } cases[] = {
        {whom_nothing_is_known_of, ERR_NOT_FOUND}, {of_a_clerk, ERR_DENIED},   {without_a_reason, ERR_DENIED},
        {for_an_unknown_reason, ERR_DENIED},       {for_treatment, ERR_DENIED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ticket k = urgent();
        cases[i].change(&k);
        refused(&k, cases[i].status);
    }
    assert_int_equal(counted(false), 0);
}

// The hub's own limit is not the node's: a ticket that the hub made too long ends when ours would.
static void a_ticket_lasts_as_long_as_our_rules_say(void **state)
{
    ticket k = urgent();
    (void)state;
    k.issued -= emergency_ticket_ms(b.p.rules->p) + 1000;
    k.expires = k.issued + 600000;
    refused(&k, ERR_EXPIRED);
}

static void opened_on_record_and_told(void **state)
{
    char text[300];
    said s;
    ticket k = urgent();
    static const char *const form[] = {"as", "dr", "number", "77-009", "kana_family", "SATO",
                                       "kana_given", "HANA", "birth", "1970-01-01", "sex", "F", NULL};
    (void)state;
    assert_int_equal(bed_do(&b, "register", form), OK); // our own clinic knows this patient
    opened(&k);
    last_entry("reason", text);
    assert_string_equal(text, "unconscious");
    last_entry("note", text);
    assert_string_equal(text, "manifest, without consent");
    // The hospital's, and our clinic's that was told; again within the hour it is the same opening.
    assert_int_equal(counted(false), 2);
    assert_int_equal(counted(true), 1);
    opened(&k);
    assert_int_equal(counted(false), 2);
    // Letters wait for every other node: who has this patient registered knows it by the mark.
    bed_say(&b, "letters", NULL, &s);
    assert_true(said_count(&s, "letter") >= 3);
    assert_string_equal(said_field(&s, "letter", 0, "kind"), "emergency_told");
    said_done(&s);
    static const char *const list[] = {"as", "dr", "all", "yes", NULL};
    bed_say(&b, "reviews", list, &s);
    assert_int_equal(s.r->status, OK);
    assert_int_equal(said_count(&s, "opening"), 1); // the clinic's physician sees the clinic's
    assert_string_equal(said_field(&s, "opening", 0, "side"), "told");
    assert_string_equal(said_field(&s, "opening", 0, "patient"), "77-009");
    said_done(&s);
}

static void a_copied_ask_is_none(void **state)
{
    host_reply r;
    bed_ask a;
    buf t = {0};
    ticket k = urgent();
    (void)state;
    uint8_t nonce = ++nonces;
    assert_int_equal(asked_with(&k, nonce, &r, &a, &t), OK);
    host_reply_done(&r);
    buf body = {0};
    bed_request(&b, buf_span(&t), &a, &body);
    for (int i = 0; i < 2; i++) {
        r = (host_reply){0};
        host_ask(&b.h, METHOD_RELEASE, buf_span(&body), WINDOW, &r);
        assert_int_equal(r.status, i || r.status ? ERR_DENIED : OK);
        host_reply_done(&r);
    }
    buf_done(&body);
    buf_done(&t);
}

static void an_objection_is_kept(void **state)
{
    static const char *const object[] = {"chart", BED_OTHER, "by", "staff", NULL};
    static const char *const lift[] = {"chart", BED_OTHER, "by", "staff", "lift", "yes", NULL};
    char text[300];
    ticket k = urgent();
    (void)state;
    assert_int_equal(bed_do(&b, "objection", lift), ERR_NOT_FOUND);
    const char *mistyped[] = {"chart", "no-such-chart", "by", "staff-1", NULL};
    assert_int_equal(bed_do(&b, "objection", mistyped), ERR_NOT_FOUND);
    assert_int_equal(bed_do(&b, "objection", object), OK);
    refused(&k, ERR_NOT_FOUND); // as if there were no records
    last_entry("note", text);
    assert_string_equal(text, "the patient's word is against it");
    assert_int_equal(bed_do(&b, "objection", lift), OK);
    opened(&k);
}

// The hub has heard the patient's word, and it has not come here: nothing is opened, as of nobody; a wrong ask is told
// as ever.
static void what_the_hub_refuses_opens_nothing(void **state)
{
    char text[300];
    host_reply r;
    bed_ask a = {.nonce = ++nonces, .nothing = true};
    buf t = {0}, body = {0};
    ticket k = urgent();
    size_t before = counted(false);
    (void)state;
    bed_sign(&k, b.p.hub_sign, &t);
    for (int i = 0; i < 2; i++) {
        r = (host_reply){0};
        a.off = i ? 3600000 : 0;
        buf_clear(&body);
        bed_request(&b, buf_span(&t), &a, &body);
        host_ask(&b.h, METHOD_RELEASE, buf_span(&body), WINDOW, &r);
        assert_int_equal(r.e, OK);
        assert_int_equal(r.status, i ? ERR_EXPIRED : ERR_NOT_FOUND);
        assert_int_equal(r.count, 0);
        last_entry("note", text);
        assert_string_equal(text, i ? r.note
                                    : "the hub refused it: by what it was told, the patient's word is against it");
        if (!i)
            assert_string_equal(r.note, "this hospital has nothing that may be opened in this emergency");
        host_reply_done(&r);
    }
    assert_int_equal(counted(false), before);
    opened(&k);
    buf_done(&body);
    buf_done(&t);
}

// A consent confirmed afterwards closes what was to be sought; one that is withdrawn is a word against.
static void consent_afterwards(void **state)
{
    ticket k = urgent();
    static const char *const end_it[] = {"chart", BED_OTHER, "by", "staff", NULL};
    store_txn *t;
    (void)state;
    (void)bed_confirm(&b, BED_OTHER, "staff");
    host_wait_seq(&b.h, b.seq);
    opened(&k);
    assert_int_equal(bed_do(&b, "withdraw", end_it), OK);
    refused(&k, ERR_NOT_FOUND);
    arena m;
    opening_record *o;
    arena_init(&m, 1 << 16);
    place_must(store_read(b.n->keep, &t), "read");
    place_must(opening_get(t, 1, &m, &o), "opening");
    store_end(t);
    assert_string_equal(o->consent, "given");
    assert_string_equal(o->chart, BED_OTHER);
    assert_true(o->without_consent);
    assert_true(opening_review_waits(o));
    arena_done(&m);
}

static void two_charts_are_none(void **state)
{
    ticket k = urgent();
    char text[300];
    static const char *const body = "MSH|^~\\&|HIS|S|G|R|20260101000000||ADT^A08^ADT_A01|1|P|2.5||||||~ISO IR87||"
                                    "ISO 2022-1994|SS\rEVN||20260101\r"
                                    "PID|0001||55555555^^^^PI||SATO^HANA^^^^^L^I~SATO^HANA^^^^^L^P||19700101|F\r";
    (void)state;
    bed_file(&b, "55555555", "-", "ADT-00", "999999999999999", span_str(body));
    bed_scan(&b);
    refused(&k, ERR_CONFLICT);
    last_entry("note", text);
    assert_string_equal(text, "more than one patient here has this name, birth and sex: telephone the hospital");
}

static void without_a_reason_the_list_is_told(void **state)
{
    static const char *const none[] = {"as", "dr", "number", "77-009", "purpose", "emergency", NULL};
    static const char *const other[] = {"as", "dr", "number", "77-009", "purpose", "emergency", "reason", "other", NULL};
    static const char *const idle[] = {"as", "dr", "number", "77-009", "reason", "other", NULL};
    said s;
    (void)state;
    bed_say(&b, "lookup", none, &s);
    assert_int_equal(s.r->status, ERR_USAGE);
    assert_non_null(strstr(s.r->note, "unconscious, arrest"));
    assert_true(said_count(&s, "reason") >= 5);
    said_done(&s);
    assert_int_equal(bed_do(&b, "timeline", other), ERR_USAGE); // to be explained
    assert_int_equal(bed_do(&b, "lookup", idle), ERR_USAGE);
}

// What was asked here stands here too, and nobody reviews what they opened.
static void the_asking_side(void **state)
{
    static const char *const ask[] = {"as", "dr", "number", "77-009", "purpose", "emergency", "reason", "arrest",
                                      "words", "found in the street", NULL};
    static const char *const list[] = {"as", "dr", NULL};
    size_t before = counted(false);
    char number[24], text[300];
    said s;
    (void)state;
    assert_int_equal(bed_do(&b, "lookup", ask), OK);
    assert_int_equal(counted(false), before + 1);
    last_entry("reason", text);
    assert_string_equal(text, "arrest");
    snprintf(number, sizeof number, "%zu", before + 1);
    const char *review[] = {"number", number, "by", "dr", "finding", "ok", NULL};
    assert_int_equal(bed_do(&b, "review", review), ERR_DENIED);
    const char *unknown[] = {"number", "999", "by", "dr", "finding", "ok", NULL};
    assert_int_equal(bed_do(&b, "review", unknown), ERR_NOT_FOUND);
    bed_say(&b, "reviews", list, &s);
    assert_int_equal(s.r->status, OK);
    said_done(&s);
}

// ---- what time does -----------------------------------------------------------------------

// A job of the test's own: changes one record as if time had passed.
static void (*ageing)(opening_record *o, time_ms now);
static uint64_t aged;
static volatile int aged_over;

static err age_run(job *j, store_txn *t)
{
    opening_record *o;
    err e = opening_get(t, aged, &j->memory, &o);
    if (e)
        return e;
    ageing(o, j->now);
    return opening_put(t, aged, o);
}

static void age_answer(job *j, err e)
{
    (void)j;
    __atomic_store_n(&aged_over, e == OK ? 1 : -1, __ATOMIC_SEQ_CST);
}

static void age(uint64_t number, void (*how)(opening_record *o, time_ms now))
{
    ageing = how;
    aged = number;
    __atomic_store_n(&aged_over, 0, __ATOMIC_SEQ_CST);
    job *j = job_new(b.n, age_run, age_answer);
    assert_non_null(j);
    job_submit(j);
    while (!__atomic_load_n(&aged_over, __ATOMIC_SEQ_CST))
        sched_yield();
    assert_int_equal(aged_over, 1);
    __atomic_store_n(&b.n->reviews_at, 0, __ATOMIC_RELAXED); // look at once
}

static err record_of(uint64_t number, arena *m, opening_record **ret)
{
    store_txn *t;
    place_must(store_read(b.n->keep, &t), "read");
    err e = opening_get(t, number, m, ret);
    store_end(t);
    return e;
}

static void to_yesterday(opening_record *o, time_ms now)
{
    o->review_ms = now - 1000;
    o->closed_ms = 0;
    o->reminded = false;
}

static void to_six_years_ago(opening_record *o, time_ms now)
{
    o->at_ms = now - (time_ms)6 * 366 * 86400000;
    if (o->review_ms)
        o->review_ms = o->at_ms, o->reminded = true;
    o->consent_day = 0;
}

static void and_reviewed(opening_record *o, time_ms now)
{
    to_six_years_ago(o, now);
    o->closed_ms = o->consent_ms = o->at_ms + 1000;
    o->finding = (char *)"ok";
}

static void who_is_late_is_reminded_once(void **state)
{
    (void)state;
    time_ms until = clock_mono_ms() + 20000;
    bool reminded = false;
    age(1, to_yesterday);
    while (!reminded) {
        arena m;
        opening_record *o;
        arena_init(&m, 1 << 16);
        assert_int_equal(record_of(1, &m, &o), OK);
        reminded = o->reminded;
        assert_true(opening_review_waits(o)); // reminded, not closed
        arena_done(&m);
        assert_true(clock_mono_ms() < until);
    }
}

// Six years on the papers may go; one that nobody reviewed stays until somebody does.
static void old_ones_go_unless_they_wait(void **state)
{
    arena m;
    opening_record *o;
    time_ms until = clock_mono_ms() + 20000;
    (void)state;
    arena_init(&m, 1 << 16);
    size_t before = counted(false);
    age(1, to_six_years_ago);
    age(2, and_reviewed);
    while (counted(false) == before)
        assert_true(clock_mono_ms() < until);
    assert_int_equal(record_of(2, &m, &o), ERR_NOT_FOUND);
    assert_int_equal(record_of(1, &m, &o), OK);
    age(1, and_reviewed);
    while (record_of(1, &m, &o) == OK) {
        arena_clear(&m);
        assert_true(clock_mono_ms() < until);
    }
    arena_done(&m);
}

// A store from before there was a way from the pseudonym to the chart, and one that a kill left half filled.
static err empty_run(job *j, store_txn *t)
{
    err e = store_delete(t, TABLE_KNOWN, *(span *)j->state);
    return e ? e : meta_number_put(t, "known_filled", 0);
}

static err first_key(void *ctx, span key, span value)
{
    buf *out = ctx;
    (void)value;
    return buf_put_span(out, key) ? ERR_MEM : ERR_CLOSED;
}

static uint64_t known(void)
{
    uint64_t n;
    store_txn *t;
    place_must(store_read(b.n->keep, &t), "read");
    place_must(store_count(t, TABLE_KNOWN, &n), "count");
    store_end(t);
    return n;
}

static void older_stores_are_filled(void **state)
{
    (void)state;
    uint64_t all = known();
    buf key = {0};
    store_txn *t;
    time_ms until = clock_mono_ms() + 20000;
    assert_true(all > 0);
    place_must(store_read(b.n->keep, &t), "read");
    place_must(store_walk(t, TABLE_KNOWN, (span){0}, (span){0}, first_key, &key), "walk");
    store_end(t);
    __atomic_store_n(&aged_over, 0, __ATOMIC_SEQ_CST);
    job *j = job_with(b.n, sizeof(span), empty_run, age_answer);
    assert_non_null(j);
    *(span *)j->state = buf_span(&key);
    job_submit(j);
    while (!__atomic_load_n(&aged_over, __ATOMIC_SEQ_CST))
        sched_yield();
    assert_int_equal(aged_over, 1);
    assert_int_equal(known(), all - 1);
    person_known_begin(b.n);
    while (known() != all)
        assert_true(clock_mono_ms() < until);
    buf_done(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_rules_do_not_say_is_refused),
        cmocka_unit_test(a_ticket_lasts_as_long_as_our_rules_say),
        cmocka_unit_test(opened_on_record_and_told),
        cmocka_unit_test(a_copied_ask_is_none),
        cmocka_unit_test(an_objection_is_kept),
        cmocka_unit_test(what_the_hub_refuses_opens_nothing),
        cmocka_unit_test(without_a_reason_the_list_is_told),
        cmocka_unit_test(the_asking_side),
        cmocka_unit_test(consent_afterwards),
        cmocka_unit_test(two_charts_are_none),
        cmocka_unit_test(who_is_late_is_reminded_once),
        cmocka_unit_test(old_ones_go_unless_they_wait),
        cmocka_unit_test(older_stores_are_filled),
    };
    return cmocka_run_group_tests_name("node_emergency", tests, begin, end);
}
