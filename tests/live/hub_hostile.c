// SPDX-License-Identifier: Apache-2.0
// A member that sends anything: every method with its body cut at each byte and with bits turned, at a
// real hub that goes on serving, and whose log stays whole.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/world.h"

static world w;
static peer *a, *b;
static pseudonym who;

static int begin(void **state)
{
    (void)state;
    world_open(&w);
    a = world_peer(&w, PLACE_TMNIT);
    b = world_peer(&w, PLACE_SHIRITSU);
    who = who_of(1);
    card c = card_of(&w, PLACE_SHIRITSU, &who, 1);
    publish_one(b, &c);
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

static uint32_t dice(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void send_any(uint32_t method, span body)
{
    reply r;
    peer_ask(a, method, body, &r);
    assert_int_equal(r.e, OK); // answered, not cut off: within the line's own limits
    assert_true(r.status < ERR_COUNT);
    assert_true(r.status != ERR_INTERNAL && r.status != ERR_IO && r.status != ERR_CORRUPT &&
                r.status != ERR_MEM);
    reply_done(&r);
}

static void torture(uint32_t method, const ProtobufCMessage *m, int flips)
{
    buf body = {0};
    uint32_t seed = 20261121u + method;
    assert_int_equal(wire_encode(m, &body), OK);
    for (size_t len = 0; len <= body.len; len++)
        send_any(method, span_cut(buf_span(&body), 0, len));
    for (int i = 0; i < flips; i++) {
        size_t at[3];
        for (int k = 0; k < 3; k++) {
            at[k] = dice(&seed) % body.len;
            body.at[at[k]] ^= (uint8_t)(1u << dice(&seed) % 8);
        }
        buf changed = {0};
        buf_put_span(&changed, buf_span(&body));
        if (i % 4 == 0)
            buf_put_span(&changed, SPAN_LIT("\xff\x01\x80\x00trailing"));
        send_any(method, buf_span(&changed));
        buf_done(&changed);
        if (i % 16 == 0) { // from the beginning again, or nothing of it would be left
            buf_clear(&body);
            assert_int_equal(wire_encode(m, &body), OK);
        }
    }
    buf_done(&body);
}

static void still_serves(void)
{
    reply r;
    question q = question_of(&w, PLACE_SHIRITSU, &who);
    lookup_ask(b, &q, &r);
    assert_non_null(answer_of(&r, w.p.nodes[PLACE_SHIRITSU].discloses));
    reply_done(&r);
    log_count(&w, "lookup"); // every page of the log can be read
    log_verified(&w);
}

static void hello(void **state)
{
    (void)state;
    Tsunagu__HelloRequest q = TSUNAGU__HELLO_REQUEST__INIT;
    q.version = WIRE_VERSION;
    q.node = (char *)"tmnit";
    q.software = (char *)"病院の情報システム 1.0";
    q.rules_hash = wire_bytes(span_of(w.p.rules->hash.at, HASH_BYTES));
    q.stop_seq = 3;
    torture(METHOD_HELLO, (const ProtobufCMessage *)&q, 400);
    still_serves();
}

static void publish(void **state)
{
    (void)state;
    Tsunagu__PublishRequest q = TSUNAGU__PUBLISH_REQUEST__INIT;
    buf bytes[2] = {{0}, {0}};
    ProtobufCBinaryData list[2];
    for (uint32_t i = 0; i < 2; i++) {
        pseudonym one = who_of(50 + i);
        card c = card_of(&w, PLACE_TMNIT, &one, 1);
        assert_int_equal(card_pack(&c, &bytes[i]), OK);
        list[i] = wire_bytes(buf_span(&bytes[i]));
    }
    q.first_seq = 1;
    q.cards = list;
    q.n_cards = 2;
    torture(METHOD_PUBLISH, (const ProtobufCMessage *)&q, 200);
    for (uint64_t seq = 1; seq < 200; seq++) { // each in its turn, so that the cards themselves are read
        uint32_t seed = (uint32_t)seq;
        reply r;
        hello_ask(a, "tmnit", WIRE_VERSION, 0, &r);
        const Tsunagu__HelloReply *h = REPLY_AS(&r, Tsunagu__HelloReply, tsunagu__hello_reply__descriptor);
        assert_non_null(h);
        q.first_seq = h->publish_seq + 1;
        reply_done(&r);
        uint8_t *at = &bytes[seq % 2].at[dice(&seed) % bytes[seq % 2].len];
        *at ^= (uint8_t)(1u << seq % 8);
        buf body = {0};
        assert_int_equal(wire_encode((const ProtobufCMessage *)&q, &body), OK);
        send_any(METHOD_PUBLISH, buf_span(&body));
        buf_done(&body);
        *at ^= (uint8_t)(1u << seq % 8);
    }
    buf_done(&bytes[0]);
    buf_done(&bytes[1]);
    still_serves();
}

static void lookup(void **state)
{
    (void)state;
    Tsunagu__LookupRequest q = TSUNAGU__LOOKUP_REQUEST__INIT;
    q.facility = w.p.nodes[PLACE_TMNIT].clinic;
    q.user = wire_bytes(SPAN_LIT("user of a clinic"));
    q.role = (char *)"physician";
    q.purpose = (char *)"treatment";
    q.pseudonym = wire_bytes(span_of(who.at, PSEUDONYM_BYTES));
    q.categories = 0x1fe;
    torture(METHOD_LOOKUP, (const ProtobufCMessage *)&q, 400);
    still_serves();
}

static void withdraw(void **state)
{
    (void)state;
    Tsunagu__WithdrawRequest q = TSUNAGU__WITHDRAW_REQUEST__INIT;
    pseudonym other = who_of(77);
    q.facility = w.p.nodes[PLACE_TMNIT].clinic;
    q.user = wire_bytes(SPAN_LIT("user of a clinic"));
    q.role = (char *)"physician";
    q.pseudonym = wire_bytes(span_of(other.at, PSEUDONYM_BYTES));
    torture(METHOD_WITHDRAW, (const ProtobufCMessage *)&q, 400);
    still_serves();
}

static void fetch(void **state)
{
    (void)state;
    Tsunagu__FetchRequest q = TSUNAGU__FETCH_REQUEST__INIT;
    reply r;
    question ask = question_of(&w, PLACE_TMNIT, &who);
    lookup_ask(a, &ask, &r);
    const Tsunagu__FacilityAnswer *f = answer_of(&r, w.p.nodes[PLACE_SHIRITSU].discloses);
    assert_non_null(f);
    q.ticket = f->ticket;
    q.sealed = wire_bytes(SPAN_LIT("sealed to the hospital"));
    torture(METHOD_FETCH, (const ProtobufCMessage *)&q, 400);
    reply_done(&r);
    still_serves();
}

// More than the method's own limit, and as much as the line takes at all.
static void sizes(void **state)
{
    (void)state;
    static const uint32_t methods[] = {METHOD_HELLO, METHOD_PUBLISH, METHOD_LOOKUP, METHOD_FETCH,
                                       METHOD_WITHDRAW};
    uint8_t *bytes = malloc(WIRE_BODY_MAX);
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        for (int fill = 0; fill < 3; fill++) {
            memset(bytes, fill == 0 ? 0 : fill == 1 ? 0x0a : 0xff, WIRE_BODY_MAX);
            for (size_t len = 0; len <= WIRE_BODY_MAX; len = len ? len * 3 : 1)
                send_any(methods[i], span_of(bytes, len));
            send_any(methods[i], span_of(bytes, WIRE_BODY_MAX));
        }
    free(bytes);
    still_serves();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello),    cmocka_unit_test(publish), cmocka_unit_test(lookup),
        cmocka_unit_test(withdraw), cmocka_unit_test(fetch),   cmocka_unit_test(sizes),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
