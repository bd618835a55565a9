// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// The gate: every reason to refuse, one at a time, and each of them on record.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/node_kit.h"
#include "node/flow/flow.h"

typedef struct attempt {
    world *w;
    consent c;
    ticket k;
    uint32_t what;
    uint8_t document[16], nonce[16];
    time_ms asked_at;
    const char *asker;
    bool forged, other_seal, cut;
} attempt;

static uint8_t next_nonce;

typedef struct pick { const char *type; day date; uint8_t *out; } pick;
static err pick_one(void *ctx, const ssmix_entry *e)
{
    pick *p = ctx;
    if (strcmp(e->type, p->type) == 0 && (p->date == 0 || e->date == p->date))
        memcpy(p->out, e->id, 16);
    return OK;
}

static void document_of(attempt *a, const char *type, day date)
{
    store_txn *t;
    pick p = {type, date, a->document};
    a->what = ASK_DOCUMENT;
    assert_int_equal(store_read(a->w->n.keep, &t), OK);
    assert_int_equal(ssmix_entries(a->w->n.index, t, span_str(CHART), pick_one, &p), OK);
    store_end(t);
}

static attempt good(world *w)
{
    attempt a = {.w = w, .what = ASK_MANIFEST, .asker = "nb", .asked_at = w->now};
    store_txn *t;
    const policy *p = w->n.book_now->r->p;
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(consent_get(t, span_str(CHART), &a.c), OK);
    store_end(t);
    memset(a.nonce, ++next_nonce, sizeof a.nonce);
    a.k = (ticket){.issued = w->now, .expires = w->now + 600000, .facility = VIEWER, .source = SOURCE,
                   .who = a.c.card.who,
                   .role = (uint8_t)policy_role(p, "physician"), .purpose = (uint8_t)policy_purpose(p, "treatment"),
                   .registered_on = TODAY, .consent_revision = a.c.card.scope.revision, .log_seq = 9,
                   .rules = w->n.book_now->r->hash};
    strcpy(a.k.node, "nb");
    memcpy(a.k.consent_id, a.c.card.scope.id, sizeof a.k.consent_id);
    a.k.categories = (uint16_t)(1u << policy_category(p, "basics") | 1u << policy_category(p, "imaging"));
    for (int i = 0; i < CARD_CATEGORIES; i++)
        a.k.from[i] = day_of(2026, 5, 21);
    return a;
}

static void ask_bytes(attempt *a, span bytes, buf *sealed)
{
    Tsunagu__SealedAsk q = TSUNAGU__SEALED_ASK__INIT;
    uint8_t pub[KEY_BYTES], seed[32];
    buf plain = {0};
    hash32 ask;
    seal_key *other;
    memset(seed, 0x55, sizeof seed);
    assert_int_equal(seal_key_of(seed, &other), OK);
    q.what = a->what;
    if (a->what == ASK_DOCUMENT)
        q.document = wire_bytes(span_of(a->document, 16));
    q.nonce = wire_bytes(span_of(a->nonce, 16));
    q.time_ms = a->asked_at;
    assert_int_equal(wire_encode((const ProtobufCMessage *)&q, &plain), OK);
    seal_key_public(a->w->n.seal[0], pub);
    assert_int_equal(ask_seal(a->other_seal ? other : a->w->asker, pub, bytes, buf_span(&plain), sealed, &ask), OK);
    seal_key_free(other);
    buf_done(&plain);
}

static err last_status(world *w)
{
    store_txn *t;
    span key, value;
    arena m;
    Tsunagu__LogEntry *e;
    arena_init(&m, 0);
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(store_last(t, TABLE_LOG, &key, &value), OK);
    assert_int_equal(WIRE_DECODE(span_from(value, HASH_BYTES), Tsunagu__LogEntry, tsunagu__log_entry__descriptor, 4096,
                                 &m, &e), OK);
    assert_int_equal(e->event, EVENT_RELEASE);
    err status = (err)e->status;
    store_end(t);
    arena_done(&m);
    return status;
}

// The verdict; and that it is the log's last entry.
static err try(attempt *a)
{
    buf body = {0}, ticket_out = {0}, sealed = {0};
    uint32_t index;
    uint64_t before = a->w->n.log.head.seq;
    assert_int_equal(ticket_pack(&a->k, &body), OK);
    ticket_batch_clear(&a->w->batch);
    assert_int_equal(ticket_batch_add(&a->w->batch, buf_span(&body), &index), OK);
    assert_int_equal(ticket_batch_sign(&a->w->batch, a->w->hub), OK);
    assert_int_equal(ticket_batch_take(&a->w->batch, index, buf_span(&body), &ticket_out), OK);
    if (a->forged)
        ticket_out.at[20] ^= 1;
    ask_bytes(a, buf_span(&ticket_out), &sealed);
    if (a->cut)
        sealed.len -= 1;
    stage *s = stage_open(a->w);
    release *r = arena_get(&s->j.memory, sizeof *r);
    r->ticket_bytes = buf_span(&ticket_out);
    r->sealed = buf_span(&sealed);
    r->asker = a->asker;
    release_open(&s->j, r);
    assert_int_equal(release_decide(&s->j, s->t, r), OK);
    err verdict = r->verdict;
    if (verdict)
        assert_true(s->j.note[0] != '\0');
    stage_close(s, true);
    assert_int_equal(a->w->n.log.head.seq, before + 1);
    assert_int_equal(last_status(a->w), verdict);
    buf_done(&body);
    buf_done(&ticket_out);
    buf_done(&sealed);
    return verdict;
}

static void set_copied(attempt *a) { a->asker = "na"; }
static void set_expired(attempt *a) { a->w->now = a->asked_at = NOW + 600001; }
static void set_source(attempt *a) { a->k.source = 119900017; }
static void set_rules(attempt *a) { a->k.rules.at[0] ^= 1; }
static void set_forged(attempt *a) { a->forged = true; }
static void set_seal(attempt *a) { a->other_seal = true; }
static void set_cut(attempt *a) { a->cut = true; }
static void set_old_ask(attempt *a) { a->asked_at = NOW - TICKET_SKEW_MS - 1; }
static void set_future_ask(attempt *a) { a->asked_at = NOW + TICKET_SKEW_MS + 1; }
static void set_revision(attempt *a) { a->k.consent_revision++; }
static void set_consent(attempt *a) { a->k.consent_id[0] ^= 1; }
static void set_person(attempt *a) { a->k.who.at[5] ^= 1; }
static void set_facility(attempt *a) { a->k.facility = 119900041; } // of union c: not through this node
static void set_nothing_left(attempt *a)
{
    a->k.categories = (uint16_t)(1u << policy_category(a->w->n.book_now->r->p, "reports")); // not agreed
}
static void set_nurse(attempt *a)
{
    const policy *p = a->w->n.book_now->r->p;
    a->k.role = (uint8_t)policy_role(p, "nurse");
    a->k.categories = (uint16_t)(1u << policy_category(p, "imaging"));
}
static void set_document(attempt *a) { document_of(a, "OMG-11", day_of(2026, 11, 1)); }
static void set_basics(attempt *a) { document_of(a, "ADT-00", 0); }
static void set_category(attempt *a) { document_of(a, "OMP-01", 0); }
static void set_older(attempt *a) { document_of(a, "OMG-11", day_of(2026, 1, 10)); }
static void set_ticket_stricter(attempt *a)
{
    document_of(a, "OMG-11", day_of(2026, 11, 1));
    for (int i = 0; i < CARD_CATEGORIES; i++)
        a->k.from[i] = day_of(2026, 11, 2);
}
static void set_own_stricter(attempt *a) // the agreement allows three months, whatever the ticket says
{
    document_of(a, "OMG-11", day_of(2026, 1, 10));
    for (int i = 0; i < CARD_CATEGORIES; i++)
        a->k.from[i] = day_of(2025, 1, 1);
}
static void set_unknown(attempt *a)
{
    a->what = ASK_DOCUMENT;
    memset(a->document, 3, sizeof a->document);
}
static void set_superseded(attempt *a)
{
    uint8_t none[32] = {0};
    a->what = ASK_DOCUMENT; // the id that the file had while it was live
    node_document_id(none, SPAN_LIT("0/123/456/12345678/20261101/OMG-11/"
                                    "12345678_20261101_OMG-11_000000000000003_20261101101600000_01"), a->document);
}

static const struct { const char *name; void (*set)(attempt *a); err want; } cases[] = {
    {"a manifest", NULL, OK},
    {"a document within the window", set_document, OK},
    {"what has no day", set_basics, OK},
    {"a copied ticket", set_copied, ERR_DENIED},
    {"an expired ticket", set_expired, ERR_EXPIRED},
    {"another hospital's ticket", set_source, ERR_DENIED},
    {"other rules", set_rules, ERR_STALE},
    {"a changed ticket", set_forged, ERR_AUTH},
    {"an ask by another key", set_seal, ERR_AUTH},
    {"a cut ask", set_cut, ERR_AUTH},
    {"an ask of the past", set_old_ask, ERR_EXPIRED},
    {"an ask of the future", set_future_ask, ERR_EXPIRED},
    {"another revision", set_revision, ERR_WITHDRAWN},
    {"another consent", set_consent, ERR_WITHDRAWN},
    {"another person", set_person, ERR_WITHDRAWN},
    {"a facility of another node", set_facility, ERR_DENIED},
    {"a category that is not agreed", set_nothing_left, ERR_DENIED},
    {"a role that may not", set_nurse, ERR_DENIED},
    {"a document of a category not granted", set_category, ERR_DENIED},
    {"a document older than the window", set_older, ERR_EXPIRED},
    {"the ticket is stricter", set_ticket_stricter, ERR_EXPIRED},
    {"our own rules are stricter", set_own_stricter, ERR_EXPIRED},
    {"an unknown document", set_unknown, ERR_NOT_FOUND},
    {"a superseded document", set_superseded, ERR_NOT_FOUND},
};

static world *agreed(void)
{
    world *w = world_open();
    confirmation c = kit_confirmation(w, CHART, 0x42);
    assert_int_equal(kit_confirm(w, &c), OK);
    return w;
}

static void each_reason(void **state)
{
    (void)state;
    world *w = agreed();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        w->now = NOW;
        attempt a = good(w);
        if (cases[i].set)
            cases[i].set(&a);
        err got = try(&a);
        if (got != cases[i].want)
            fail_msg("%s: %s instead of %s", cases[i].name, err_name(got), err_name(cases[i].want));
    }
    world_close(w);
}

static void an_ask_counts_once(void **state)
{
    (void)state;
    world *w = agreed();
    attempt a = good(w);
    assert_int_equal(try(&a), OK);
    assert_int_equal(try(&a), ERR_DENIED);
    w->now += 1000; // the same nonce at another time is another ask
    a.asked_at = w->now;
    assert_int_equal(try(&a), OK);
    // What is too old to be accepted is forgotten.
    w->now = NOW + 5 * TICKET_SKEW_MS;
    attempt later = good(w);
    assert_int_equal(try(&later), OK);
    store_txn *t;
    uint64_t count;
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(store_count(t, TABLE_ASK, &count), OK);
    store_end(t);
    assert_int_equal(count, 1);
    world_close(w);
}

static void stop_at(world *w, uint64_t seq, uint64_t facility, time_ms at)
{
    stage *s = stage_open(w);
    pseudonym who = kit_who(0x42);
    assert_int_equal(stop_record(&s->j, s->t, seq, &who, facility, at), OK);
    stage_close(s, true);
}

static void a_stop_covers_what_was_agreed_before(void **state)
{
    (void)state;
    world *w = agreed();
    stop_at(w, 3, VIEWER, NOW - 1);
    attempt a = good(w);
    assert_int_equal(try(&a), OK); // agreed to afterwards
    stop_at(w, 4, 1319999999, NOW + 5);
    a = good(w);
    assert_int_equal(try(&a), OK); // another facility's
    stop_at(w, 5, VIEWER, NOW);
    a = good(w);
    assert_int_equal(try(&a), ERR_WITHDRAWN);
    uint64_t before = w->n.log.head.seq;
    stop_at(w, 5, VIEWER, NOW); // told again
    assert_int_equal(w->n.log.head.seq, before);
    stop_at(w, 4, VIEWER, NOW - 10); // an older one, late
    a = good(w);
    assert_int_equal(try(&a), ERR_WITHDRAWN);
    w->now = NOW + 60000; // and then the patient agreed anew
    confirmation c = kit_confirmation(w, CHART, 0x42);
    assert_int_equal(kit_confirm(w, &c), OK);
    a = good(w);
    assert_int_equal(try(&a), OK);
    world_close(w);
}

static void a_withdrawal_holds_at_once(void **state)
{
    (void)state;
    world *w = agreed();
    attempt a = good(w);
    withdrawal d = {.chart = CHART, .by = "staff-2"};
    stage *s = stage_open(w);
    assert_int_equal(disclosure_withdraw(&s->j, s->t, &d, FLOW_EVENT_WITHDRAWN), OK);
    stage_close(s, true);
    assert_int_equal(try(&a), ERR_WITHDRAWN);
    a.k.consent_revision = d.made.card.scope.revision; // even a ticket that knows the tombstone's revision
    memset(a.nonce, ++next_nonce, sizeof a.nonce);
    assert_int_equal(try(&a), ERR_WITHDRAWN);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason),
        cmocka_unit_test(an_ask_counts_once),
        cmocka_unit_test(a_stop_covers_what_was_agreed_before),
        cmocka_unit_test(a_withdrawal_holds_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
