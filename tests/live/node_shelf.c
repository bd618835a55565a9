// SPDX-License-Identifier: Apache-2.0
// A clinic without a storage files documents on its union node's shelf, and another node reads them: under the
// clinic's own consent, categories and windows, sealed, until they are replaced, taken back or withdrawn.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/link/ipc.h"
#include "tests/support/bed.h"

enum { WINDOW = 512 << 10 };
static bed b;
static uint8_t nonces;

// One piece, as `shelf add` sends it.
static err piece(const char *command, const char *const *args, span bytes, said *ret)
{
    Tsunagu__ControlRequest q = TSUNAGU__CONTROL_REQUEST__INIT;
    Tsunagu__ControlField fields[16], *list[16];
    buf body = {0};
    char path[128];
    *ret = (said){0};
    arena_init(&ret->memory, 0);
    q.version = WIRE_VERSION;
    q.command = (char *)command;
    q.args = list;
    q.data = wire_bytes(bytes);
    for (; args[q.n_args * 2]; q.n_args++) {
        tsunagu__control_field__init(&fields[q.n_args]);
        fields[q.n_args].key = (char *)args[q.n_args * 2];
        fields[q.n_args].value = (char *)args[q.n_args * 2 + 1];
        list[q.n_args] = &fields[q.n_args];
    }
    assert_int_equal(wire_encode((const ProtobufCMessage *)&q, &body), OK);
    place_path(&b.p, "node.sock", path);
    assert_int_equal(ipc_call(path, buf_span(&body), 30000, &ret->bytes), OK);
    buf_done(&body);
    assert_int_equal(WIRE_DECODE(buf_span(&ret->bytes), Tsunagu__ControlReply, tsunagu__control_reply__descriptor,
                                 WIRE_CONTROL_MAX, &ret->memory, &ret->r), OK);
    return (err)ret->r->status;
}

typedef struct paper {
    const char *as, *number, *category, *day, *replaces;
    span bytes;
    size_t step; // bytes a piece; 0: all
} paper;

static err filed(const paper *p, char ret_id[33])
{
    char total[24], at[24], handle[64] = "";
    snprintf(total, sizeof total, "%zu", p->bytes.len);
    for (size_t sent = 0;;) {
        said s;
        span part = span_cut(p->bytes, sent, p->step ? p->step : p->bytes.len);
        snprintf(at, sizeof at, "%zu", sent);
        const char *args[24] = {"as", p->as ? p->as : "filer", "number", p->number, "category", p->category, "title",
                                "所見", "total", total, "at", at};
        size_t n = 12;
        if (p->day)
            args[n++] = "day", args[n++] = p->day;
        if (p->replaces)
            args[n++] = "document", args[n++] = p->replaces;
        if (handle[0])
            args[n++] = "handle", args[n++] = handle;
        err e = piece(p->replaces ? "shelf.replace" : "shelf.add", args, part, &s);
        bool more = s.r->more;
        snprintf(handle, sizeof handle, "%s", more ? s.r->handle : "");
        if (ret_id && e == OK && !more)
            snprintf(ret_id, 33, "%s", said_field(&s, "document", 0, "document"));
        if (e && !s.r->note[0])
            fail_msg("no word why: %s", err_name(e));
        said_done(&s);
        sent += part.len;
        if (e || !more)
            return e;
    }
}

static err add(const char *number, const char *category, const char *text, char id[33])
{
    paper p = {.number = number, .category = category, .bytes = span_str(text)};
    return filed(&p, id);
}

static void registered(const char *number, const char *given)
{
    const char *args[] = {"as", "filer", "number", number, "kana_family", "タナ", "kana_given", given, "birth", "1960-01-02",
                          "sex", "M", NULL};
    assert_int_equal(bed_do(&b, "register", args), OK);
}

// What the clinic recorded; waits until the hub has the card, and gives it.
static host_card consented(const char *number, const char *categories)
{
    const char *args[] = {"as", "filer", "number", number, "to", "federation", "categories", categories, NULL};
    said s;
    host_card found = {.seq = 0};
    bed_say(&b, "shelf.consent", args, &s);
    if (s.r->status)
        fail_msg("%s", s.r->note);
    char chart[40];
    snprintf(chart, sizeof chart, "%010llu_%s", PLACE_SHELF, number);
    assert_string_equal(said_field(&s, "consent", 0, "chart"), chart);
    uint64_t seq = strtoull(said_field(&s, "consent", 0, "seq"), NULL, 10);
    said_done(&s);
    host_wait_seq(&b.h, seq);
    pthread_mutex_lock(&b.h.lock);
    for (size_t i = 0; i < b.h.card_count; i++)
        if (b.h.cards[i].seq == seq)
            found = b.h.cards[i];
    pthread_mutex_unlock(&b.h.lock);
    assert_int_equal(found.seq, seq);
    assert_int_equal(found.c.facility, PLACE_SHELF);
    return found;
}

// Asks as tmnit's clinic would: the verdict, and what came, unsealed.
static err asked(const host_card *hc, const char *id, buf *plain)
{
    buf bytes = {0}, body = {0};
    uint8_t document[16];
    host_reply r = {0};
    bed_ask a = {.nonce = ++nonces};
    ticket k = bed_ticket(&b, &hc->c.who, PLACE_TMNIT);
    if (id) {
        assert_int_equal(hex_get(span_str(id), document, 16), OK);
        a.document = document;
    }
    bed_sign(&k, b.p.hub_sign, &bytes);
    bed_request(&b, buf_span(&bytes), &a, &body);
    host_ask(&b.h, METHOD_RELEASE, buf_span(&body), WINDOW, &r);
    assert_int_equal(r.e, OK);
    err e = (err)r.status;
    if (e == OK)
        assert_int_equal(bed_unseal(&b, buf_span(&bytes), &a.ask, &r, plain), OK);
    else
        assert_int_equal(r.count, 0);
    host_reply_done(&r);
    buf_done(&bytes);
    buf_done(&body);
    return e;
}

// How many documents the list shows, and whether it shows this one.
static size_t listed(const host_card *hc, const char *id)
{
    buf plain = {0};
    arena mem;
    Tsunagu__Manifest *m;
    uint8_t want[16];
    size_t found = 0;
    arena_init(&mem, 0);
    assert_int_equal(asked(hc, NULL, &plain), OK);
    assert_int_equal(WIRE_DECODE(span_from(buf_span(&plain), 4), Tsunagu__Manifest, tsunagu__manifest__descriptor, 1 << 20,
                                 &mem, &m), OK);
    assert_null(m->patient); // the clinic's node knows a pseudonym, not a person
    assert_int_equal(hex_get(span_str(id), want, 16), OK);
    for (size_t i = 0; i < m->n_entries; i++)
        found += memcmp(m->entries[i]->document.data, want, 16) == 0;
    size_t n = m->n_entries;
    assert_true(found <= 1);
    arena_done(&mem);
    buf_done(&plain);
    return found ? n : n + 100;
}

static bool ends_with(const buf *plain, const char *text)
{
    size_t n = strlen(text);
    return plain->len > n && memcmp(plain->at + plain->len - n, text, n) == 0;
}

static void filed_and_read_at_another_node(void **state)
{
    (void)state;
    char id[33], second[33];
    buf plain = {0};
    registered("K-1", "イチ");
    assert_int_equal(add("K-1", "reports", "経過良好。", id), OK);
    host_card hc = consented("K-1", "reports");
    assert_true(hc.c.presence_count > 0);
    assert_int_equal(listed(&hc, id), 1);
    assert_int_equal(asked(&hc, id, &plain), OK);
    assert_true(ends_with(&plain, "経過良好。"));
    // Replaced: the old one no longer leaves, the new one does.
    paper p = {.number = "K-1", .category = "reports", .replaces = id, .bytes = span_str("経過不良。")};
    assert_int_equal(filed(&p, second), OK);
    assert_int_equal(asked(&hc, id, &plain), ERR_NOT_FOUND);
    assert_int_equal(listed(&hc, second), 1);
    buf_clear(&plain);
    assert_int_equal(asked(&hc, second, &plain), OK);
    assert_true(ends_with(&plain, "経過不良。"));
    // Taken back.
    const char *args[] = {"as", "filer", "number", "K-1", "document", second, NULL};
    assert_int_equal(bed_do(&b, "shelf.retract", args), OK);
    assert_int_equal(bed_do(&b, "shelf.retract", args), ERR_NOT_FOUND);
    assert_int_equal(asked(&hc, second, &plain), ERR_NOT_FOUND);
    assert_int_equal(listed(&hc, second), 100);
    buf_done(&plain);
}

static void categories_windows_and_withdrawal_hold(void **state)
{
    (void)state;
    char old[33], other[33], now[33];
    buf plain = {0};
    registered("K-2", "ニ");
    paper p = {.number = "K-2", .category = "reports", .day = "1999-01-01", .bytes = SPAN_LIT("long ago")};
    assert_int_equal(filed(&p, old), OK);
    assert_int_equal(add("K-2", "imaging", "not agreed to", other), OK);
    assert_int_equal(add("K-2", "reports", "today", now), OK);
    host_card hc = consented("K-2", "reports");
    assert_int_equal(listed(&hc, now), 1);
    assert_int_equal(asked(&hc, old, &plain), ERR_EXPIRED);
    assert_int_equal(asked(&hc, other, &plain), ERR_DENIED);
    assert_int_equal(asked(&hc, now, &plain), OK);
    const char *args[] = {"as", "filer", "number", "K-2", NULL};
    assert_int_equal(bed_do(&b, "shelf.withdraw", args), OK);
    assert_int_equal(asked(&hc, now, &plain), ERR_WITHDRAWN);
    buf_done(&plain);
}

// The patient objects here: closed, and no consent reopens it before the objection is lifted.
static void an_objection_closes_a_shelf(void **state)
{
    (void)state;
    char now[33];
    buf plain = {0};
    const char *object[] = {"as", "filer", "number", "K-21", NULL};
    const char *lift[] = {"as", "filer", "number", "K-21", "lift", "yes", NULL};
    const char *consent[] = {"as", "filer", "number", "K-21", "to", "federation", "categories", "reports", NULL};
    const char *nobody[] = {"as", "filer", "number", "K-none", NULL};
    registered("K-21", "ニジュウイチ");
    assert_int_equal(add("K-21", "reports", "objected to", now), OK);
    host_card hc = consented("K-21", "reports");
    assert_int_equal(asked(&hc, now, &plain), OK);
    assert_int_equal(bed_do(&b, "shelf.objection", nobody), ERR_NOT_FOUND);
    assert_int_equal(bed_do(&b, "shelf.objection", lift), ERR_NOT_FOUND);
    assert_int_equal(bed_do(&b, "shelf.objection", object), OK);
    assert_int_equal(asked(&hc, now, &plain), ERR_WITHDRAWN);
    assert_int_not_equal(bed_do(&b, "shelf.consent", consent), OK);
    assert_int_equal(bed_do(&b, "shelf.objection", lift), OK);
    hc = consented("K-21", "reports");
    assert_int_equal(asked(&hc, now, &plain), OK);
    buf_done(&plain);
}

static void another_persons_documents_stay(void **state)
{
    (void)state;
    char first[33], second[33];
    buf plain = {0};
    registered("K-3", "サン");
    assert_int_equal(add("K-3", "reports", "of the first", first), OK);
    registered("K-3", "シ"); // the number now leads to somebody else
    assert_int_equal(add("K-3", "reports", "of the second", second), OK);
    host_card hc = consented("K-3", "reports");
    assert_int_equal(listed(&hc, second), 1);
    assert_int_equal(asked(&hc, first, &plain), ERR_NOT_FOUND);
    assert_int_equal(asked(&hc, second, &plain), OK);
    buf_done(&plain);
}

static void what_is_refused(void **state)
{
    (void)state;
    char id[33];
    registered("K-4", "ゴ");
    assert_int_equal(add("K-0", "reports", "x", NULL), ERR_NOT_FOUND);
    assert_int_equal(add("K-4", "gossip", "x", NULL), ERR_USAGE);
    assert_int_equal(add("K-4", "reports", "\x1b[2J", NULL), ERR_FORMAT);
    assert_int_equal(add("K-4", "reports", "<html></html>", NULL), ERR_FORMAT);
    paper p = {.number = "K-4", .category = "reports", .day = "2999-01-01", .bytes = SPAN_LIT("x")};
    assert_int_equal(filed(&p, NULL), ERR_USAGE);
    // A clinic that only views has no shelf.
    p = (paper){.as = "dr", .number = "K-4", .category = "reports", .bytes = SPAN_LIT("x")};
    assert_int_equal(filed(&p, NULL), ERR_DENIED);
    assert_int_equal(add("K-4", "reports", "once", id), OK);
    assert_int_equal(add("K-4", "reports", "once", NULL), ERR_EXISTS);
}

static void pieces_and_a_restart(void **state)
{
    (void)state;
    char id[33];
    enum { LONG = 700000 };
    buf bytes = {0}, plain = {0};
    for (int i = 0; bytes.len < LONG; i++)
        buf_printf(&bytes, "line %d\n", i);
    registered("K-5", "ロク");
    paper p = {.number = "K-5", .category = "reports", .bytes = buf_span(&bytes), .step = 100001};
    assert_int_equal(filed(&p, id), OK);
    bed_halt(&b);
    bed_start(&b);
    host_wait(&b.h, &b.h.hellos, 2);
    host_card hc = consented("K-5", "reports");
    assert_int_equal(asked(&hc, id, &plain), OK);
    assert_true(plain.len > LONG && memcmp(plain.at + plain.len - bytes.len, bytes.at, bytes.len) == 0);
    buf_done(&bytes);
    buf_done(&plain);
}

// The hospital of the same node knows the same person: two cards, none in the other's way.
static void hospital_and_shelf_beside_each_other(void **state)
{
    (void)state;
    char id[33];
    buf plain = {0};
    said s;
    const char *chart[] = {"chart", BED_CHART, NULL};
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    host_wait_seq(&b.h, b.seq);
    bed_say(&b, "identity", chart, &s);
    const char *args[] = {"as", "filer", "number", "K-6", "kana_family", said_field(&s, "identity", 0, "kana_family"),
                          "kana_given", said_field(&s, "identity", 0, "kana_given"), "birth",
                          said_field(&s, "identity", 0, "birth"), "sex", said_field(&s, "identity", 0, "sex"), NULL};
    assert_int_equal(bed_do(&b, "register", args), OK);
    said_done(&s);
    assert_int_equal(add("K-6", "reports", "beside", id), OK);
    host_card hc = consented("K-6", "reports");
    assert_true(pseudonym_same(&hc.c.who, &who));
    assert_int_equal(asked(&hc, id, &plain), OK);
    bed_say(&b, "consents", chart, &s); // and the hospital's stands
    assert_string_equal(said_field(&s, "consent", 0, "withdrawn"), "no");
    said_done(&s);
    buf_done(&plain);
}

// In an emergency the hub may sign tickets without a consent: one that names the shelf's facility opens neither
// the shelf nor the charts of the hospital whose node it is.
static void an_emergency_opens_no_shelf_without_consent(void **state)
{
    (void)state;
    buf bytes = {0}, body = {0};
    host_reply r = {0};
    bed_ask a = {.nonce = ++nonces};
    const policy *p = b.p.rules->p;
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    host_wait_seq(&b.h, b.seq);
    ticket k = bed_ticket(&b, &who, PLACE_TMNIT);
    k.source = PLACE_SHELF;
    k.purpose = (uint8_t)policy_purpose(p, "emergency");
    k.reason = 1;
    k.consent_revision = 0;
    memset(k.consent_id, 0, sizeof k.consent_id);
    assert_true(ticket_unasked(&k));
    bed_sign(&k, b.p.hub_sign, &bytes);
    bed_request(&b, buf_span(&bytes), &a, &body);
    host_ask(&b.h, METHOD_RELEASE, buf_span(&body), WINDOW, &r);
    assert_int_equal(r.e, OK);
    assert_int_equal(r.status, ERR_NOT_FOUND);
    assert_int_equal(r.count, 0);
    host_reply_done(&r);
    buf_done(&bytes);
    buf_done(&body);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filed_and_read_at_another_node),
        cmocka_unit_test(categories_windows_and_withdrawal_hold),
        cmocka_unit_test(an_objection_closes_a_shelf),
        cmocka_unit_test(another_persons_documents_stay),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(pieces_and_a_restart),
        cmocka_unit_test(hospital_and_shelf_beside_each_other),
        cmocka_unit_test(an_emergency_opens_no_shelf_without_consent),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
