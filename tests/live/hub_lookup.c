// SPDX-License-Identifier: Apache-2.0
// LOOKUP at a real hub: whom it answers, what it grants, what it does not let slip, what it writes down.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static uint32_t bit_of(const char *category)
{
    int bit = policy_category(w.p.rules->p, category);
    assert_true(bit >= 0);
    return 1u << bit;
}

static pseudonym one_card(uint32_t number, void (*change)(card *c))
{
    pseudonym who = who_of(number);
    card c = card_of(&w, PLACE_SHIRITSU, &who, 1);
    if (change)
        change(&c);
    publish_one(b, &c);
    return who;
}

// The status of shiritsu's hospital in the answer to tmnit's clinic; -1: it is not in it.
static int status_of(const question *q)
{
    reply r;
    lookup_ask(a, q, &r);
    const Tsunagu__FacilityAnswer *f = answer_of(&r, w.p.nodes[PLACE_SHIRITSU].discloses);
    int status = f ? (int)f->status : -1;
    reply_done(&r);
    return status;
}

static void granted_with_ticket_presence_and_entry(void **state)
{
    (void)state;
    reply r;
    entry e;
    ticket k;
    pseudonym who = one_card(1, NULL);
    question q = question_of(&w, PLACE_TMNIT, &who);
    lookup_ask(a, &q, &r);
    const Tsunagu__FacilityAnswer *f = answer_of(&r, w.p.nodes[PLACE_SHIRITSU].discloses);
    assert_non_null(f);
    assert_int_equal(f->status, OK);
    assert_int_equal(f->granted & bit_of("prescriptions"), bit_of("prescriptions"));
    assert_int_equal(ticket_open(wire_span(f->ticket), w.p.rules->hub_keys, w.p.rules->hub_key_count,
                                 clock_now_ms(), &k), OK);
    assert_string_equal(k.node, "tmnit");
    assert_int_equal(k.facility, w.p.nodes[PLACE_TMNIT].clinic);
    assert_memory_equal(k.user, "user of a clinic", USER_ID_BYTES);
    assert_int_equal(k.role, policy_role(w.p.rules->p, "physician"));
    assert_int_equal(k.purpose, policy_purpose(w.p.rules->p, "treatment"));
    assert_true(pseudonym_same(&k.who, &who));
    assert_int_equal(k.source, w.p.nodes[PLACE_SHIRITSU].discloses);
    assert_int_equal(k.categories, f->granted);
    assert_int_equal(k.consent_revision, 1);
    assert_memory_equal(k.rules.at, w.p.rules->hash.at, HASH_BYTES);
    assert_true(k.expires - k.issued == policy_ticket_ms(w.p.rules->p));
    day today = day_of_time(clock_now_ms());
    assert_int_equal(k.from[policy_category(w.p.rules->p, "prescriptions")], day_minus_months(today, 6));
    assert_int_equal(k.from[policy_category(w.p.rules->p, "imaging")], day_minus_months(today, 12));
    // On record before the answer came, under the number that the ticket names.
    log_expect(&w, "lookup", "tmnit", "ok", &e);
    assert_int_equal(e.seq, k.log_seq);
    assert_int_equal(e.granted, f->granted);
    assert_string_equal(e.role, "physician");
    assert_string_equal(e.purpose, "treatment");
    assert_non_null(strstr(e.sources, ":ok:"));
    for (size_t i = 0; i < f->n_categories; i++)
        assert_true(!(f->granted >> f->categories[i]->category & 1) || f->categories[i]->periods.len > 0);
    reply_done(&r);
}

static void to_union(card *c)
{
    c->scope.grantees[0] = (grantee){.kind = GRANTEE_UNION, .union_id = "tmnit"};
}

static void to_other_union(card *c)
{
    c->scope.grantees[0] = (grantee){.kind = GRANTEE_UNION, .union_id = "kkr"};
}

static void to_clinic(card *c)
{
    c->scope.grantees[0] = (grantee){.kind = GRANTEE_FACILITY, .facility = w.p.nodes[PLACE_TMNIT].clinic};
}

static void to_other_clinic(card *c)
{
    c->scope.grantees[0] = (grantee){.kind = GRANTEE_FACILITY, .facility = w.p.nodes[PLACE_TMNIT].hospital};
}

static void over(card *c)
{
    c->scope.until = day_of_time(clock_now_ms()) - 1;
}

static void not_yet(card *c)
{
    c->scope.from = day_of_time(clock_now_ms()) + 1;
}

static void for_emergencies(card *c)
{
    c->scope.emergency = true;
    c->scope.grantee_count = 0;
}

static void only_basics(card *c)
{
    c->scope.categories = (uint16_t)bit_of("basics");
}

static void a_consent_holds_for_whom_it_names(void **state)
{
    (void)state;
    static const struct {
        void (*change)(card *c);
        int status;
    } rows[] = {{to_union, OK}, {to_other_union, -1}, {to_clinic, OK}, {to_other_clinic, -1}, {over, -1},
                {not_yet, -1}};
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pseudonym who = one_card(100 + i, rows[i].change);
        question q = question_of(&w, PLACE_TMNIT, &who);
        int status = status_of(&q);
        if (status != rows[i].status)
            fail_msg("row %u: %d", i, status);
        log_expect(&w, "lookup", "tmnit", rows[i].status == OK ? "ok" : "denied", NULL);
    }
}

static void emergencies_need_a_consent_that_includes_them(void **state)
{
    (void)state;
    entry e;
    pseudonym with = one_card(200, for_emergencies), without = one_card(201, NULL);
    question q = question_of(&w, PLACE_TMNIT, &with);
    assert_int_equal(status_of(&q), -1); // for treatment nobody was named
    q.purpose = "emergency";
    q.reason = "arrest";
    assert_int_equal(status_of(&q), OK);
    q.who = without; // agreed, but not to that: told like a hospital that knows nobody, and its ticket opens nothing
    assert_int_equal(status_of(&q), OK);
    log_expect(&w, "lookup", "tmnit", "denied", NULL);
    log_expect(&w, "lookup", "tmnit", "ok", NULL);
    log_expect(&w, "lookup", "tmnit", "ok", &e); // other hospitals, without a consent
    assert_non_null(strstr(e.sources, ":without-consent"));
}

static void wrong_asker(const question *q, const char *note)
{
    reply r;
    entry e;
    lookup_ask(a, q, &r);
    assert_int_equal(r.status, ERR_DENIED);
    assert_int_equal(r.body.len, 0);
    assert_non_null(strstr(r.note, note));
    log_expect(&w, "lookup", "tmnit", "denied", &e);
    assert_non_null(strstr(e.note, note));
    assert_string_equal(e.sources, "");
    reply_done(&r);
}

// A clinic may be a member of several unions: one that this node does not serve is looked for.
static uint64_t foreign_clinic(const char *node)
{
    const policy *p = w.p.rules->p;
    for (int i = 0; i < policy_facility_count(p); i++)
        if (!policy_node_serves(p, policy_node(p, node), i))
            return policy_facility_at(p, i).code;
    fail_msg("%s serves everybody", node);
    return 0;
}

static void who_may_not_ask_is_told_and_written_down(void **state)
{
    (void)state;
    pseudonym who = who_of(1);
    question q = question_of(&w, PLACE_TMNIT, &who);
    q.facility = foreign_clinic("tmnit");
    wrong_asker(&q, "does not ask through this node");
    q.facility = 9999999999;
    wrong_asker(&q, "does not ask through this node");
    q = question_of(&w, PLACE_TMNIT, &who);
    q.role = "surgeon general";
    wrong_asker(&q, "role or purpose");
    q.role = "";
    wrong_asker(&q, "role or purpose");
    q = question_of(&w, PLACE_TMNIT, &who);
    q.purpose = "curiosity";
    wrong_asker(&q, "role or purpose");
}

static void a_nurse_does_not_see_reports(void **state)
{
    (void)state;
    reply r;
    pseudonym who = who_of(1);
    question q = question_of(&w, PLACE_TMNIT, &who);
    q.role = "nurse";
    lookup_ask(a, &q, &r);
    const Tsunagu__FacilityAnswer *f = answer_of(&r, w.p.nodes[PLACE_SHIRITSU].discloses);
    assert_non_null(f);
    assert_int_equal(f->status, OK);
    assert_int_equal(f->granted & (bit_of("reports") | bit_of("imaging")), 0);
    assert_true(f->granted & bit_of("nursing"));
    for (size_t i = 0; i < f->n_categories; i++)
        if (1u << f->categories[i]->category == bit_of("reports")) {
            assert_int_equal(f->categories[i]->why, WHY_RULE);
            assert_int_equal(f->categories[i]->periods.len, 0); // nor whether there are any
        }
    reply_done(&r);
    q.categories = bit_of("reports");
    assert_int_equal(status_of(&q), ERR_DENIED);
    log_expect(&w, "lookup", "tmnit", "ok", NULL);
    log_expect(&w, "lookup", "tmnit", "denied", NULL);
}

static void only_what_is_asked_and_agreed_to_is_granted(void **state)
{
    (void)state;
    reply r;
    pseudonym who = who_of(1), basics = one_card(300, only_basics);
    question q = question_of(&w, PLACE_TMNIT, &who);
    q.categories = bit_of("laboratory") | 1u << 31 | 1u << 15;
    lookup_ask(a, &q, &r);
    const Tsunagu__FacilityAnswer *f = answer_of(&r, w.p.nodes[PLACE_SHIRITSU].discloses);
    assert_non_null(f);
    assert_int_equal(f->granted, bit_of("laboratory"));
    assert_int_equal(f->n_categories, 1);
    reply_done(&r);
    q = question_of(&w, PLACE_TMNIT, &basics);
    lookup_ask(a, &q, &r);
    f = answer_of(&r, w.p.nodes[PLACE_SHIRITSU].discloses);
    assert_non_null(f);
    assert_int_equal(f->granted, bit_of("basics"));
    // That the consent is what is missing may not be told.
    for (size_t i = 0; i < f->n_categories; i++)
        assert_true(f->categories[i]->why != WHY_CONSENT);
    reply_done(&r);
}

// The reply without the log's head, which moves with every call.
static buf without_head(reply *r)
{
    Tsunagu__LookupReply *l = REPLY_AS(r, Tsunagu__LookupReply, tsunagu__lookup_reply__descriptor);
    buf out = {0};
    assert_non_null(l);
    assert_non_null(l->head);
    l->head = NULL;
    assert_int_equal(wire_encode((const ProtobufCMessage *)l, &out), OK);
    return out;
}

static void nothing_known_and_nothing_agreed_look_alike(void **state)
{
    (void)state;
    pseudonym unknown = who_of(9999), others = one_card(400, to_other_clinic), gone = who_of(401);
    card c = card_of(&w, PLACE_SHIRITSU, &gone, 2);
    c.scope.withdrawn = true;
    publish_one(b, &c);
    const pseudonym *who[] = {&unknown, &others, &gone};
    reply r[3];
    buf body[3];
    for (int i = 0; i < 3; i++) {
        question q = question_of(&w, PLACE_TMNIT, who[i]);
        lookup_ask(a, &q, &r[i]);
        body[i] = without_head(&r[i]);
    }
    for (int i = 1; i < 3; i++) {
        assert_int_equal(r[0].status, r[i].status);
        assert_string_equal(r[0].note, r[i].note);
        assert_int_equal(r[0].body.len, r[i].body.len);
        assert_true(span_eq(buf_span(&body[0]), buf_span(&body[i])));
    }
    for (int i = 0; i < 3; i++) {
        buf_done(&body[i]);
        reply_done(&r[i]);
    }
}

static void the_log_tells_apart_what_the_clinic_may_not(void **state)
{
    (void)state;
    entry e;
    log_expect(&w, "publish", "shiritsu", "ok", NULL); // of 300
    log_expect(&w, "publish", "shiritsu", "ok", NULL); // of 400
    log_expect(&w, "publish", "shiritsu", "ok", NULL); // of 401
    log_expect(&w, "lookup", "tmnit", "not_found", NULL);
    log_expect(&w, "lookup", "tmnit", "denied", &e);
    assert_non_null(strstr(e.sources, "denied"));
    log_expect(&w, "lookup", "tmnit", "denied", &e);
    assert_non_null(strstr(e.sources, "withdrawn"));
}

static void bytes_that_are_no_question_are_no_lookup(void **state)
{
    (void)state;
    Tsunagu__LookupRequest q = TSUNAGU__LOOKUP_REQUEST__INIT;
    uint8_t bytes[40] = {0};
    q.facility = w.p.nodes[PLACE_TMNIT].clinic;
    q.role = (char *)"physician";
    q.purpose = (char *)"treatment";
    for (size_t user = 0; user <= 32; user += 8)
        for (size_t who = 0; who <= 40; who += 8) { // never 33
            reply r;
            q.user = wire_bytes(span_of(bytes, user));
            q.pseudonym = wire_bytes(span_of(bytes, who));
            peer_send(a, METHOD_LOOKUP, (const ProtobufCMessage *)&q, &r);
            assert_int_equal(r.status, ERR_FORMAT);
            reply_done(&r);
        }
}

static void who_should_have_answered_is_named(void **state)
{
    (void)state;
    reply r;
    entry e;
    pseudonym who = who_of(1);
    question q = question_of(&w, PLACE_TMNIT, &who);
    peer_close(b);
    log_await(&w, "disconnect", "shiritsu", "closed", NULL);
    lookup_ask(a, &q, &r);
    const Tsunagu__FacilityAnswer *f = answer_of(&r, w.p.nodes[PLACE_SHIRITSU].discloses);
    assert_non_null(f);
    assert_int_equal(f->status, ERR_UNREACHABLE);
    assert_int_equal(f->granted, 0);
    assert_int_equal(f->n_categories, 0);
    assert_int_equal(f->ticket.len, 0);
    log_expect(&w, "lookup", "tmnit", "denied", &e);
    assert_non_null(strstr(e.sources, "unreachable"));
    reply_done(&r);
    b = world_peer(&w, PLACE_SHIRITSU);
    assert_int_equal(status_of(&q), OK);
}

// More tickets in a commit than one signature serves: every one must verify by itself.
enum { HOSPITALS = 5, BURST = 250 };
typedef struct burst {
    peer *n;
    size_t over, good;
} burst;

static void burst_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    burst *s = ctx;
    Tsunagu__LookupReply *l;
    ticket k;
    arena m;
    (void)call, (void)note;
    arena_init(&m, 0);
    bool good = e == OK && status == OK &&
                WIRE_DECODE(body, Tsunagu__LookupReply, tsunagu__lookup_reply__descriptor, WIRE_BODY_MAX,
                            &m, &l) == OK &&
                l->n_facilities == HOSPITALS;
    for (size_t i = 0; good && i < l->n_facilities; i++)
        good = ticket_open(wire_span(l->facilities[i]->ticket), w.p.rules->hub_keys, w.p.rules->hub_key_count,
                           clock_now_ms(), &k) == OK && k.source == l->facilities[i]->facility;
    arena_done(&m);
    pthread_mutex_lock(&s->n->lock);
    s->good += good;
    s->over++;
    pthread_cond_broadcast(&s->n->changed);
    pthread_mutex_unlock(&s->n->lock);
}

static void burst_begin(burst *s, int node, const pseudonym *who)
{
    Tsunagu__LookupRequest q = TSUNAGU__LOOKUP_REQUEST__INIT;
    q.facility = w.p.nodes[node].clinic;
    q.user = wire_bytes(SPAN_LIT("user of a clinic"));
    q.role = (char *)"physician";
    q.purpose = (char *)"treatment";
    q.pseudonym = wire_bytes(span_of(who->at, PSEUDONYM_BYTES));
    buf body = {0};
    link_out_events ev = {.ctx = s, .done = burst_done};
    assert_int_equal(wire_encode((const ProtobufCMessage *)&q, &body), OK);
    for (int i = 0; i < BURST; i++)
        assert_int_equal(link_call(s->n->conn, METHOD_LOOKUP, buf_span(&body), 60000, 0, &ev, NULL), OK);
    buf_done(&body);
}

static void lookups_of_one_commit_each_get_their_tickets(void **state)
{
    (void)state;
    peer *all[HOSPITALS] = {a, b};
    burst s[HOSPITALS] = {{0}};
    pseudonym who = who_of(500);
    size_t before = log_count(&w, "lookup");
    for (int i = 0; i < HOSPITALS; i++) {
        card c = card_of(&w, i, &who, 1);
        if (!all[i])
            all[i] = world_peer(&w, i);
        publish_one(all[i], &c);
        s[i].n = all[i];
    }
    for (int i = 0; i < HOSPITALS; i++)
        burst_begin(&s[i], i, &who);
    for (int i = 0; i < HOSPITALS; i++) {
        peer_wait_count(s[i].n, &s[i].over, BURST);
        assert_int_equal(s[i].good, BURST);
    }
    assert_int_equal(log_count(&w, "lookup"), before + HOSPITALS * BURST);
    for (int i = 2; i < HOSPITALS; i++)
        peer_close(all[i]);
    log_verified(&w);
}

// An operator asks for as much as a page may hold.
static void a_full_page_of_the_log_can_be_read(void **state)
{
    (void)state;
    control_answer s;
    const char *args[] = {"from", "1", "limit", "500", NULL};
    for (uint32_t i = 0; i < 300; i++) {
        pseudonym who = who_of(i);
        question q = question_of(&w, PLACE_TMNIT, &who);
        status_of(&q);
    }
    control_ask(&w, "log.list", args, &s);
    assert_int_equal(s.reply->status, OK);
    assert_true(s.reply->n_records >= 200);
    assert_true(s.reply->more);
    control_answer_done(&s);
    control_ask(&w, "log.raw", args, &s);
    assert_int_equal(s.reply->status, OK);
    assert_int_equal(s.reply->n_records, 500);
    control_answer_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(granted_with_ticket_presence_and_entry),
        cmocka_unit_test(a_consent_holds_for_whom_it_names),
        cmocka_unit_test(emergencies_need_a_consent_that_includes_them),
        cmocka_unit_test(who_may_not_ask_is_told_and_written_down),
        cmocka_unit_test(a_nurse_does_not_see_reports),
        cmocka_unit_test(only_what_is_asked_and_agreed_to_is_granted),
        cmocka_unit_test(nothing_known_and_nothing_agreed_look_alike),
        cmocka_unit_test(the_log_tells_apart_what_the_clinic_may_not),
        cmocka_unit_test(bytes_that_are_no_question_are_no_lookup),
        cmocka_unit_test(who_should_have_answered_is_named),
        cmocka_unit_test(lookups_of_one_commit_each_get_their_tickets),
        cmocka_unit_test(a_full_page_of_the_log_can_be_read),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
