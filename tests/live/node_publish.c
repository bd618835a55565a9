// SPDX-License-Identifier: Apache-2.0
// A node's cards and a hub that vanishes, loses its history or lies at every point: what was
// recorded arrives, once and in its newest state. And withdrawals told by the hub.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/luhn.h"
#include "tests/support/bed.h"

static bed b;

static int begin(void **state)
{
    (void)state;
    bed_open(&b);
    return 0;
}

static int end(void **state)
{
    (void)state;
    bed_close(&b);
    return 0;
}

static const char *const wait_args[] = {"timeout_ms", "30000", NULL};

static uint64_t publications(void)
{
    pthread_mutex_lock(&b.h.lock);
    uint64_t n = b.h.publications;
    pthread_mutex_unlock(&b.h.lock);
    return n;
}

static uint64_t revision_now(void)
{
    const char *args[] = {"chart", BED_CHART, NULL};
    said s;
    bed_say(&b, "consents", args, &s);
    uint64_t r = strtoull(said_field(&s, "consent", 0, "revision"), NULL, 10);
    said_done(&s);
    return r;
}

// Everything is at the hub, in the state recorded here.
static void expect_there(const pseudonym *who)
{
    assert_int_equal(bed_do(&b, "publish.wait", wait_args), OK);
    const host_card *c = host_card_of(&b.h, who);
    assert_non_null(c);
    assert_int_equal(c->c.scope.revision, revision_now());
}

static void arrives_whatever_becomes_of_the_hub(void **state)
{
    static const host_taking all[] = {TAKE, DIE_BEFORE, DIE_AFTER, SAY_NOTHING, SAY_GAP, SAY_GARBAGE, SAY_FAR,
                                       TAKE};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        size_t applied = b.h.applied, before = publications();
        host_set(&b.h, all[i]);
        pseudonym who = bed_confirm(&b, BED_CHART, "staff");
        host_wait(&b.h, &b.h.publications, before + 1);
        expect_there(&who);
        assert_int_equal(b.h.applied, applied + 1); // not lost, and not written twice
    }
}

static void waits_while_the_hub_is_away(void **state)
{
    static const char *const short_wait[] = {"timeout_ms", "300", NULL};
    (void)state;
    host_vanish(&b.h);
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    bed_confirm(&b, BED_OTHER, "staff");
    assert_int_equal(bed_do(&b, "publish.wait", short_wait), ERR_DEADLINE);
    host_return(&b.h);
    expect_there(&who);
    assert_int_equal(b.h.card_count, 2);
}

static void survives_both_being_away(void **state)
{
    (void)state;
    host_vanish(&b.h);
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    bed_halt(&b);
    host_return(&b.h);
    bed_start(&b);
    expect_there(&who);
}

// The hub was restored from an old back-up, or is new: every card comes again.
static void sends_all_to_a_hub_that_forgot(void **state)
{
    (void)state;
    for (uint64_t to = 0; to <= 1; to++) {
        pseudonym who = bed_confirm(&b, BED_CHART, "staff");
        expect_there(&who);
        host_vanish(&b.h);
        b.h.publish_seq = to;
        b.h.card_count = 0;
        host_return(&b.h);
        host_wait(&b.h, &b.h.card_count, 2);
        expect_there(&who);
    }
}

// The node was restored from an old back-up: it goes on behind what the hub has.
static void goes_on_behind_a_hub_that_is_ahead(void **state)
{
    (void)state;
    host_vanish(&b.h);
    b.h.publish_seq += 1000;
    uint64_t ahead = b.h.publish_seq;
    host_return(&b.h);
    host_wait_seq(&b.h, ahead + 2); // both cards again
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    expect_there(&who);
    assert_true(b.seq > ahead);
}

// Numbers that no hub can mean neither move this node nor crash it.
static void a_hub_out_of_its_mind_is_not_believed(void **state)
{
    (void)state;
    host_vanish(&b.h);
    uint64_t kept = b.h.publish_seq;
    size_t hellos = b.h.hellos;
    b.h.publish_seq = UINT64_MAX;
    b.h.clock_off = INT64_MIN;
    host_return(&b.h);
    host_wait(&b.h, &b.h.hellos, hellos + 1);
    host_vanish(&b.h);
    b.h.publish_seq = kept;
    host_return(&b.h);
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    expect_there(&who);
    b.h.clock_off = 0;
}

static void a_withdrawal_is_a_tombstone(void **state)
{
    static const char *const args[] = {"chart", BED_CHART, "by", "staff", NULL};
    (void)state;
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    host_set(&b.h, DIE_AFTER);
    assert_int_equal(bed_do(&b, "withdraw", args), OK);
    expect_there(&who);
    assert_true(host_card_of(&b.h, &who)->c.scope.withdrawn);
    assert_int_equal(bed_do(&b, "withdraw", args), ERR_WITHDRAWN);
}

// ---- rules change under cards that were sent ----------------------------------------------

static void new_rules_make_cards_anew(void **state)
{
    (void)state;
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    expect_there(&who);
    place_rules(&b.p, 2, -1);
    size_t applied = b.h.applied;
    bed_reload(&b);
    bed_reload(&b);
    pthread_mutex_lock(&b.n->book_lock);
    uint32_t version = policy_version(b.n->book_now->r->p);
    pthread_mutex_unlock(&b.n->book_lock);
    assert_int_equal(version, 2);
    expect_there(&who);
    assert_int_equal(b.h.applied, applied); // the same bytes: nothing goes
}

// Another mapping, known at the next start only: the card shows other categories, and goes again.
static void another_mapping_makes_cards_anew(void **state)
{
    char path[128];
    (void)state;
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    expect_there(&who);
    uint64_t seq = host_card_of(&b.h, &who)->seq;
    int before = host_card_of(&b.h, &who)->c.presence_count;
    bed_halt(&b);
    place_path(&b.p, "node.yaml", path);
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fputs("mapping: {OMP-01: none}\n", f);
    assert_int_equal(fclose(f), 0);
    bed_start(&b);
    host_wait_seq(&b.h, seq + 1);
    expect_there(&who);
    assert_true(host_card_of(&b.h, &who)->c.presence_count < before);
}

// ---- STOP -------------------------------------------------------------------------------------

static err stop_tell(uint64_t seq, const pseudonym *who, uint64_t facility, time_ms at)
{
    Tsunagu__StopRequest q = TSUNAGU__STOP_REQUEST__INIT;
    buf body = {0};
    host_reply r = {0};
    q.stop_seq = seq;
    q.facility = facility;
    q.at_ms = at;
    q.pseudonym = wire_bytes(span_of(who->at, PSEUDONYM_BYTES));
    place_must(wire_encode((const ProtobufCMessage *)&q, &body), "stop");
    host_ask(&b.h, METHOD_STOP, buf_span(&body), 0, &r);
    buf_done(&body);
    assert_int_equal(r.e, OK);
    host_reply_done(&r);
    return (err)r.status;
}

static uint64_t log_seq(void)
{
    said s;
    bed_say(&b, "log.head", NULL, &s);
    uint64_t seq = strtoull(said_field(&s, "head", 0, "seq"), NULL, 10);
    said_done(&s);
    return seq;
}

static void node_again(void)
{
    size_t hellos = b.h.hellos;
    bed_halt(&b);
    bed_start(&b);
    host_wait(&b.h, &b.h.hellos, hellos + 1);
}

static void stops_are_kept_once_and_in_any_order(void **state)
{
    (void)state;
    pseudonym who = {.at = {1, 2, 3}}, bad = {.at = {0}};
    time_ms now = clock_now_ms();
    uint64_t f = b.p.nodes[0].clinic;
    assert_int_equal(stop_tell(7, &who, f, now), OK);
    uint64_t at = log_seq();
    assert_int_equal(stop_tell(7, &who, f, now), OK);
    assert_int_equal(log_seq(), at); // told again: nothing new
    assert_int_equal(stop_tell(5, &who, f + 1, now - 1000), OK);
    assert_int_equal(stop_tell(5, &who, f, now - 1000), OK); // an older one takes nothing back
    (void)stop_tell(8, &bad, f, now);
    assert_true(stop_tell(9, &who, f, INT64_MIN) == OK); // however mad, it is only a time
    node_again();
    assert_true(b.h.stop_seq >= 7);
    store_txn *t;
    bool covers = false;
    span value;
    uint8_t key[PSEUDONYM_BYTES + 8];
    memcpy(key, who.at, PSEUDONYM_BYTES);
    be64_put(key + PSEUDONYM_BYTES, f);
    assert_int_equal(store_read(b.n->keep, &t), OK);
    assert_int_equal(store_get(t, TABLE_STOP, span_of(key, sizeof key), &value), OK);
    covers = (time_ms)be64_get(value.at + 8) >= now;
    store_end(t);
    assert_true(covers);
}

// A later consent would outweigh the withdrawal: a change of scope alone must not, unless it is said.
static void a_stop_is_shown_and_not_undone_unseen(void **state)
{
    (void)state;
    const char *chart[] = {"chart", BED_OTHER, NULL};
    const char *wide[] = {"chart", BED_OTHER, "by", "staff", "to", "federation", NULL};
    const char *also[] = {"chart", BED_OTHER, "by", "staff", "to", "federation", "also", "yes", NULL};
    char to[32], code[11];
    pseudonym who = bed_confirm(&b, BED_OTHER, "staff");
    uint64_t clinic = b.p.nodes[PLACE_TMNIT].clinic;
    said s;
    institution_format(clinic, code);
    assert_int_equal(stop_tell(30, &who, clinic, clock_now_ms() + 60000), OK); // stands after what follows
    bed_say(&b, "consents", chart, &s);
    assert_string_equal(said_field(&s, "consent", 0, "stopped"), code);
    said_done(&s);
    bed_say(&b, "confirm", wide, &s);
    assert_int_equal(s.r->status, ERR_CONFLICT);
    assert_non_null(strstr(s.r->note, code));
    said_done(&s);
    const char *unions[] = {"chart", BED_OTHER, "by", "staff", "to", "union:tmnit", NULL};
    assert_int_equal(bed_do(&b, "confirm", unions), ERR_CONFLICT);
    const char *urgent[] = {"chart", BED_OTHER, "by", "staff", "to", "union:kkr", "emergency", "yes", NULL};
    assert_int_equal(bed_do(&b, "confirm", urgent), ERR_CONFLICT);
    // Whoever it does not reach is no matter.
    snprintf(to, sizeof to, "facility:%010llu", (unsigned long long)b.p.nodes[PLACE_KKR].clinic);
    const char *other[] = {"chart", BED_OTHER, "by", "staff", "to", to, NULL};
    assert_int_equal(bed_do(&b, "confirm", other), OK);
    bed_say(&b, "consents", chart, &s);
    assert_string_equal(said_field(&s, "consent", 0, "stopped"), code);
    said_done(&s);
    assert_int_equal(bed_do(&b, "confirm", wide), ERR_CONFLICT);
    assert_int_equal(bed_do(&b, "confirm", also), OK);
}

// Whoever is like the form in less than the rules ask for is confirmed only on a person's word.
static void less_evidence_needs_a_word(void **state)
{
    (void)state;
    const char *plain[] = {"chart", BED_OTHER, "by", "staff", "to", "federation", "also", "yes", NULL};
    const char *married[] = {"chart", BED_OTHER, "by", "staff", "to", "federation", "also", "yes", "kana_family", "ITO",
                             "kanji_family", "ITO", NULL};
    const char *sure[] = {"chart", BED_OTHER, "by", "staff", "to", "federation", "also", "yes", "kana_family", "ITO",
                          "kanji_family", "ITO", "sure", "yes", NULL};
    const char *same[] = {"chart", BED_OTHER, "by", "staff", "to", "federation", "also", "yes", "kana_family", "sato",
                          NULL};
    said s;
    assert_int_equal(bed_do(&b, "confirm", plain), OK);
    assert_int_equal(bed_do(&b, "confirm", same), OK);
    uint64_t before = log_seq();
    bed_say(&b, "confirm", married, &s);
    assert_int_equal(s.r->status, ERR_CONFLICT);
    assert_non_null(strstr(s.r->note, "say sure"));
    said_done(&s);
    assert_int_equal(log_seq(), before);
    assert_int_equal(bed_do(&b, "confirm", sure), OK);
    assert_true(log_seq() > before);
    bed_say(&b, "log.list", NULL, &s);
    bool told = false;
    for (size_t i = 0; i < said_count(&s, "entry"); i++)
        told = told || strstr(said_field(&s, "entry", i, "note"), "though form and chart differ");
    assert_true(told);
    said_done(&s);
    assert_int_equal(bed_do(&b, "confirm", plain), OK);
}

// The rules show no weak candidates: they are counted, and shown to whoever asks for all.
static void candidates_are_shown_as_the_rules_say(void **state)
{
    (void)state;
    const char *weak[] = {"kana_family", "YAMADA", "kana_given", "TARO", "birth", "1965-01-01", "sex", "F", "postal",
                          "060-0001", NULL};
    const char *all[] = {"kana_family", "YAMADA", "kana_given", "TARO", "birth", "1965-01-01", "sex", "F", "postal",
                         "060-0001", "all", "yes", NULL};
    const char *likely[] = {"kana_family", "yamada", "kana_given", "taro", "birth", "1965-04-15", "sex", "M", "address",
                            "SAPPORO", NULL};
    said s;
    bed_say(&b, "candidates", weak, &s);
    assert_int_equal(s.r->status, OK);
    assert_int_equal(said_count(&s, "candidate"), 0);
    assert_non_null(strstr(s.r->note, "1 more"));
    said_done(&s);
    bed_say(&b, "candidates", all, &s);
    assert_int_equal(said_count(&s, "candidate"), 1);
    assert_string_equal(said_field(&s, "candidate", 0, "strength"), "weak");
    assert_string_equal(said_field(&s, "candidate", 0, "chart"), BED_CHART);
    said_done(&s);
    bed_say(&b, "candidates", likely, &s);
    assert_int_equal(said_count(&s, "candidate"), 1);
    assert_string_equal(said_field(&s, "candidate", 0, "chart"), BED_CHART);
    assert_string_equal(said_field(&s, "candidate", 0, "postal_evidence"), "absent");
    assert_string_equal(said_field(&s, "candidate", 0, "address"), "close");
    assert_non_null(strstr(said_field(&s, "candidate", 0, "remarks"), "address:nearby"));
    said_done(&s);
}

static void a_stop_cut_at_each_byte_harms_nothing(void **state)
{
    (void)state;
    Tsunagu__StopRequest q = TSUNAGU__STOP_REQUEST__INIT;
    buf body = {0};
    pseudonym who = {.at = {1, 9}};
    q.stop_seq = 20;
    q.facility = 119900025;
    q.at_ms = 5;
    q.pseudonym = wire_bytes(span_of(who.at, PSEUDONYM_BYTES));
    place_must(wire_encode((const ProtobufCMessage *)&q, &body), "stop");
    for (size_t i = 0; i < body.len; i++) {
        host_reply r = {0};
        host_ask(&b.h, METHOD_STOP, span_of(body.at, i), 0, &r);
        assert_int_equal(r.e, OK);
        host_reply_done(&r);
    }
    buf_done(&body);
    host_reply r = {0};
    host_ask(&b.h, 999, SPAN_LIT("?"), 0, &r);
    assert_int_equal(r.status, ERR_UNSUPPORTED);
    host_reply_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrives_whatever_becomes_of_the_hub),
        cmocka_unit_test(waits_while_the_hub_is_away),
        cmocka_unit_test(survives_both_being_away),
        cmocka_unit_test(sends_all_to_a_hub_that_forgot),
        cmocka_unit_test(goes_on_behind_a_hub_that_is_ahead),
        cmocka_unit_test(a_hub_out_of_its_mind_is_not_believed),
        cmocka_unit_test(a_withdrawal_is_a_tombstone),
        cmocka_unit_test(stops_are_kept_once_and_in_any_order),
        cmocka_unit_test(a_stop_is_shown_and_not_undone_unseen),
        cmocka_unit_test(less_evidence_needs_a_word),
        cmocka_unit_test(candidates_are_shown_as_the_rules_say),
        cmocka_unit_test(a_stop_cut_at_each_byte_harms_nothing),
        cmocka_unit_test(new_rules_make_cards_anew),
        cmocka_unit_test(another_mapping_makes_cards_anew),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
