// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/pact/ticket.h"
#include "proto/wire/limits.h"

#define NOW 1790000000000
#define HASHES (4 + SIGNATURE_BYTES) // index, count, signature

static sign_key *hub;
static verify_key *hub_public, *old_public;

static verify_key *public_of(const sign_key *k)
{
    uint8_t pub[KEY_BYTES];
    verify_key *v = NULL;
    sign_key_public(k, pub);
    assert_int_equal(verify_key_of(pub, &v), OK);
    return v;
}

static int keys_made(void **state)
{
    (void)state;
    const uint8_t seed[KEY_BYTES] = {1}, old_seed[KEY_BYTES] = {2};
    sign_key *old = NULL;
    assert_int_equal(sign_key_of(seed, &hub), OK);
    assert_int_equal(sign_key_of(old_seed, &old), OK);
    hub_public = public_of(hub);
    old_public = public_of(old);
    sign_key_free(old);
    return 0;
}

static int keys_freed(void **state)
{
    (void)state;
    sign_key_free(hub);
    verify_key_free(hub_public);
    verify_key_free(old_public);
    return 0;
}

static ticket typical(uint8_t number)
{
    ticket t = {.issued = NOW, .expires = NOW + 600000, .node = "tmnit-node", .facility = 110000777,
                .role = 2, .purpose = 1, .source = 110000001, .categories = 0x0115,
                .registered_on = day_of(2026, 10, 1), .consent_revision = 3, .log_seq = 99};
    memset(t.id, number, sizeof t.id);
    memset(t.user, 0x22, sizeof t.user);
    memset(t.who.at, 0x5a, sizeof t.who.at);
    memset(t.consent_id, 0x11, sizeof t.consent_id);
    memset(t.rules.at, 0x44, sizeof t.rules.at);
    for (int c = 0; c < CARD_CATEGORIES; c++)
        t.from[c] = t.categories >> c & 1 ? day_of(2026, 4, 1) + c : DAY_FOREVER;
    t.from[8] = DAY_NONE;
    return t;
}

static err open_it(span bytes, time_ms now, ticket *ret)
{
    verify_key *const keys[] = {old_public, hub_public};
    // An exact copy, so that the sanitizer sees one byte too many.
    uint8_t *copy = malloc(bytes.len ? bytes.len : 1);
    memcpy(copy, bytes.at, bytes.len);
    err e = ticket_open(span_of(copy, bytes.len), keys, 2, now, ret);
    free(copy);
    return e;
}

// The tickets of one batch, each complete.
static void issue(uint32_t count, buf *tickets)
{
    ticket_batch b;
    ticket_batch_init(&b);
    buf *bodies = calloc(count, sizeof *bodies);
    for (uint32_t i = 0; i < count; i++) {
        ticket t = typical((uint8_t)i);
        t.log_seq = i;
        uint32_t index = 0;
        assert_int_equal(ticket_pack(&t, &bodies[i]), OK);
        assert_int_equal(ticket_batch_add(&b, buf_span(&bodies[i]), &index), OK);
        assert_int_equal(index, i);
    }
    assert_int_equal(ticket_batch_sign(&b, hub), OK);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(ticket_batch_take(&b, i, buf_span(&bodies[i]), &tickets[i]), OK);
        buf_done(&bodies[i]);
    }
    free(bodies);
    ticket_batch_done(&b);
    ticket_batch_done(&b);
}

static void same_ticket(const ticket *a, const ticket *b)
{
    assert_memory_equal(a->id, b->id, sizeof a->id);
    assert_true(a->issued == b->issued && a->expires == b->expires && a->facility == b->facility);
    assert_string_equal(a->node, b->node);
    assert_memory_equal(a->user, b->user, sizeof a->user);
    assert_true(a->role == b->role && a->purpose == b->purpose && a->source == b->source);
    assert_true(pseudonym_same(&a->who, &b->who));
    assert_true(a->categories == b->categories && a->registered_on == b->registered_on);
    assert_memory_equal(a->from, b->from, sizeof a->from);
    assert_memory_equal(a->consent_id, b->consent_id, sizeof a->consent_id);
    assert_memory_equal(a->rules.at, b->rules.at, sizeof a->rules.at);
    assert_true(a->consent_revision == b->consent_revision && a->log_seq == b->log_seq);
    assert_int_equal(a->reason, b->reason);
}

static void there_and_back(void **state)
{
    (void)state;
    buf one[1] = {{0}};
    issue(1, one);
    ticket t = typical(0), back;
    t.log_seq = 0;
    assert_int_equal(open_it(buf_span(one), NOW, &back), OK);
    same_ticket(&t, &back);
    assert_int_equal(ticket_peek(buf_span(one), &back), OK);
    same_ticket(&t, &back);
    buf_done(one);
}

static void the_largest_fits(void **state)
{
    (void)state;
    ticket t = typical(1);
    t.categories = 0xffff;
    memset(t.node, 'n', TICKET_NODE_MAX);
    for (int c = 0; c < CARD_CATEGORIES; c++)
        t.from[c] = day_of(2026, 4, 1);
    buf body = {0};
    assert_int_equal(ticket_pack(&t, &body), OK);
    assert_true(body.len < 300);
    assert_true(body.len + HASHES + 10 * HASH_BYTES <= WIRE_TICKET_MAX);
    ticket_batch b;
    ticket_batch_init(&b);
    uint32_t index = 0;
    for (int i = 0; i < TICKET_BATCH; i++)
        assert_int_equal(ticket_batch_add(&b, buf_span(&body), &index), OK);
    assert_int_equal(ticket_batch_add(&b, buf_span(&body), &index), ERR_LIMIT);
    assert_int_equal(ticket_batch_sign(&b, hub), OK);
    buf out = {0};
    ticket back;
    assert_int_equal(ticket_batch_take(&b, 1023, buf_span(&body), &out), OK);
    assert_int_equal(open_it(buf_span(&out), NOW, &back), OK);
    same_ticket(&t, &back);
    ticket_batch_done(&b);
    buf_done(&body);
    buf_done(&out);
}

// RFC 6962 §2.1 as it is written there, recursively: the other way to the same root.
static void merkle(const buf *bodies, uint32_t n, hash32 *ret)
{
    static const uint8_t zero = 0, one = 1;
    if (n == 1) {
        sha256_parts((span[]){{&zero, 1}, buf_span(bodies)}, 2, ret);
        return;
    }
    uint32_t k = 1;
    while (k * 2 < n)
        k *= 2;
    hash32 left, right;
    merkle(bodies, k, &left);
    merkle(bodies + k, n - k, &right);
    sha256_parts((span[]){{&one, 1}, {left.at, HASH_BYTES}, {right.at, HASH_BYTES}}, 3, ret);
}

static void the_tree_is_rfc_6962(void **state)
{
    (void)state;
    buf bodies[70] = {{0}};
    for (int i = 0; i < 70; i++)
        buf_printf(&bodies[i], "body %d", i);
    ticket_batch b;
    ticket_batch_init(&b);
    for (uint32_t n = 1; n <= 70; n++) {
        uint32_t index;
        hash32 root;
        ticket_batch_clear(&b);
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(ticket_batch_add(&b, buf_span(&bodies[i]), &index), OK);
        assert_int_equal(ticket_batch_sign(&b, hub), OK);
        merkle(bodies, n, &root);
        assert_memory_equal(b.root.at, root.at, HASH_BYTES);
        // The signature's message, as the header names it.
        buf message = {0};
        buf_put_str(&message, "tsunagu ticket root v1");
        buf_put(&message, root.at, HASH_BYTES);
        buf_put_u32(&message, n);
        assert_int_equal(verify(hub_public, buf_span(&message), b.signature), OK);
        buf_done(&message);
    }
    ticket_batch_done(&b);
    for (int i = 0; i < 70; i++)
        buf_done(&bodies[i]);
}

static void every_ticket_of_every_batch_opens(void **state)
{
    (void)state;
    buf tickets[33];
    for (uint32_t n = 1; n <= 33; n += n < 9 ? 1 : 6) {
        memset(tickets, 0, sizeof tickets);
        issue(n, tickets);
        for (uint32_t i = 0; i < n; i++) {
            ticket back;
            assert_int_equal(open_it(buf_span(&tickets[i]), NOW, &back), OK);
            assert_true(back.log_seq == i);
            buf_done(&tickets[i]);
        }
    }
}

// In batches with and without odd ends: every bit of a ticket counts.
static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 3, 5};
    for (size_t s = 0; s < 3; s++) {
        uint32_t n = sizes[s], pick = n - 1;
        buf tickets[5] = {{0}};
        issue(n, tickets);
        ticket back = typical(7), before = back;
        uint8_t *at = tickets[pick].at;
        for (size_t bit = 0; bit < tickets[pick].len * 8; bit++) {
            at[bit / 8] ^= (uint8_t)(1u << bit % 8);
            err e = open_it(buf_span(&tickets[pick]), NOW, &back);
            if (e != ERR_AUTH && e != ERR_FORMAT && e != ERR_LIMIT)
                fail_msg("batch of %u, bit %zu: %d", n, bit, e);
            assert_memory_equal(&back, &before, sizeof back);
            at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (uint32_t i = 0; i < n; i++)
            buf_done(&tickets[i]);
    }
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    buf tickets[6] = {{0}};
    issue(6, tickets);
    ticket back = typical(7), before = back;
    for (size_t n = 0; n < tickets[2].len; n++) {
        assert_int_equal(open_it(span_of(tickets[2].at, n), NOW, &back), ERR_FORMAT);
        assert_int_equal(ticket_peek(span_of(tickets[2].at, n), &back), ERR_FORMAT);
    }
    buf_put_u8(&tickets[2], 0);
    assert_int_equal(open_it(buf_span(&tickets[2]), NOW, &back), ERR_FORMAT);
    uint8_t lengthy[2000] = {1};
    assert_int_equal(ticket_peek(span_of(lengthy, sizeof lengthy), &back), ERR_LIMIT);
    assert_memory_equal(&back, &before, sizeof back);
    for (int i = 0; i < 6; i++)
        buf_done(&tickets[i]);
}

static void no_other_place_in_the_batch(void **state)
{
    (void)state;
    buf tickets[6] = {{0}};
    issue(6, tickets);
    ticket back;
    size_t at = tickets[1].len - SIGNATURE_BYTES - 3 * HASH_BYTES - 4;
    assert_int_equal(be16_get(tickets[1].at + at), 1);
    assert_int_equal(be16_get(tickets[1].at + at + 2), 6);
    for (uint16_t count = 0; count < 40; count++)
        for (uint16_t index = 0; index < 40; index++) {
            be16_put(tickets[1].at + at, index);
            be16_put(tickets[1].at + at + 2, count);
            err e = open_it(buf_span(&tickets[1]), NOW, &back);
            assert_int_equal(e == OK, index == 1 && count == 6);
        }
    be16_put(tickets[1].at + at + 2, TICKET_BATCH + 1);
    assert_int_equal(open_it(buf_span(&tickets[1]), NOW, &back), ERR_LIMIT);
    // One ticket's body with another's path.
    memcpy(tickets[2].at, tickets[3].at, at);
    assert_int_equal(open_it(buf_span(&tickets[2]), NOW, &back), ERR_AUTH);
    for (int i = 0; i < 6; i++)
        buf_done(&tickets[i]);
}

static void keys_and_clocks(void **state)
{
    (void)state;
    buf one[1] = {{0}};
    issue(1, one);
    ticket back = typical(7), before = back;
    verify_key *const only_old[] = {old_public}, *const both[] = {hub_public, old_public};
    assert_int_equal(ticket_open(buf_span(one), only_old, 1, NOW, &back), ERR_AUTH);
    assert_int_equal(ticket_open(buf_span(one), NULL, 0, NOW, &back), ERR_AUTH);
    // A forged one is not even told that it is late.
    assert_int_equal(ticket_open(buf_span(one), only_old, 1, NOW + 9999999, &back), ERR_AUTH);
    assert_int_equal(open_it(buf_span(one), NOW + 600000, &back), ERR_EXPIRED);
    assert_int_equal(open_it(buf_span(one), INT64_MAX, &back), ERR_EXPIRED);
    assert_int_equal(open_it(buf_span(one), NOW - TICKET_SKEW_MS - 1, &back), ERR_EXPIRED);
    assert_int_equal(open_it(buf_span(one), INT64_MIN, &back), ERR_EXPIRED);
    assert_memory_equal(&back, &before, sizeof back);
    assert_int_equal(open_it(buf_span(one), NOW + 599999, &back), OK);
    assert_int_equal(open_it(buf_span(one), NOW - TICKET_SKEW_MS, &back), OK);
    assert_int_equal(ticket_open(buf_span(one), both, 2, NOW, &back), OK);
    buf_done(one);
}

static void what_is_out_of_range_is_not_packed(void **state)
{
    (void)state;
    ticket bad[14];
    for (int i = 0; i < 14; i++)
        bad[i] = typical(1);
    bad[0].issued = -1;
    bad[1].expires = bad[1].issued;
    bad[2].expires = bad[2].issued + TICKET_LIFE_MAX_MS + 1;
    bad[3].node[0] = 0;
    memset(bad[4].node, 'n', sizeof bad[4].node);
    strcpy(bad[5].node, "a b");
    bad[6].facility = 0;
    bad[7].source = 0;
    bad[8].facility = 10000000000;
    bad[9].categories = 0;
    bad[10].from[0] = DAY_FOREVER;
    bad[11].registered_on = DAY_NONE;
    bad[12].issued = bad[12].expires = INT64_MAX;
    strcpy(bad[13].node, "ノード");
    for (int i = 0; i < 14; i++) {
        buf out = {0};
        if (ticket_pack(&bad[i], &out) != ERR_FORMAT || out.len)
            fail_msg("%d was packed", i);
    }
}

static void a_batch_used_wrongly(void **state)
{
    (void)state;
    ticket_batch b;
    buf body = {0}, out = {0};
    uint32_t index = 77;
    ticket t = typical(1);
    assert_int_equal(ticket_pack(&t, &body), OK);
    ticket_batch_init(&b);
    assert_int_equal(ticket_batch_sign(&b, hub), ERR_USAGE);
    assert_int_equal(ticket_batch_add(&b, buf_span(&body), &index), OK);
    assert_int_equal(ticket_batch_take(&b, 0, buf_span(&body), &out), ERR_USAGE);
    assert_int_equal(ticket_batch_sign(&b, hub), OK);
    assert_int_equal(ticket_batch_sign(&b, hub), ERR_USAGE);
    index = 77;
    assert_int_equal(ticket_batch_add(&b, buf_span(&body), &index), ERR_USAGE);
    assert_int_equal(index, 77);
    assert_int_equal(ticket_batch_take(&b, 1, buf_span(&body), &out), ERR_USAGE);
    // Cleared, it is as new.
    ticket_batch_clear(&b);
    assert_int_equal(ticket_batch_take(&b, 0, buf_span(&body), &out), ERR_USAGE);
    uint8_t lengthy[300] = {0};
    assert_int_equal(ticket_batch_add(&b, span_of(lengthy, sizeof lengthy), &index), ERR_LIMIT);
    assert_int_equal(ticket_batch_add(&b, buf_span(&body), &index), OK);
    assert_int_equal(index, 0);
    // The body that is taken must be the one that was added, or nobody opens it.
    assert_int_equal(ticket_batch_sign(&b, hub), OK);
    body.at[5] ^= 1;
    assert_int_equal(ticket_batch_take(&b, 0, buf_span(&body), &out), OK);
    ticket back;
    assert_int_equal(open_it(buf_span(&out), NOW, &back), ERR_AUTH);
    ticket_batch_done(&b);
    buf_done(&body);
    buf_done(&out);
}

// Of an emergency: version 2, its reason at the body's end; one value has one spelling.
static void of_an_emergency(void **state)
{
    (void)state;
    for (unsigned reason = 0; reason < 256; reason++) {
        ticket t = typical(1), back;
        buf body = {0}, plain = {0};
        t.reason = (uint8_t)reason;
        assert_int_equal(ticket_pack(&t, &body), OK);
        assert_int_equal(body.at[0], reason ? 2 : 1);
        assert_int_equal(body.len, (size_t)171 + strlen(t.node) + 4 * 4 + (reason ? 1 : 0));
        assert_false(ticket_unasked(&t)); // it names a consent
        ticket_batch b;
        ticket_batch_init(&b);
        uint32_t index = 0;
        assert_int_equal(ticket_batch_add(&b, buf_span(&body), &index), OK);
        assert_int_equal(ticket_batch_sign(&b, hub), OK);
        assert_int_equal(ticket_batch_take(&b, index, buf_span(&body), &plain), OK);
        assert_int_equal(open_it(buf_span(&plain), NOW, &back), OK);
        same_ticket(&t, &back);
        // Cut anywhere, or any byte of the body another: nothing opens.
        for (size_t i = 0; reason == 5 && i < plain.len; i++) {
            assert_true(open_it(span_of(plain.at, i), NOW, &back) != OK);
            plain.at[i] ^= 0x01;
            assert_true(open_it(buf_span(&plain), NOW, &back) != OK);
            plain.at[i] ^= 0x01;
        }
        if (reason == 5) {
            plain.at[body.len - 1] = 0; // an emergency without a reason is none
            assert_int_equal(ticket_peek(buf_span(&plain), &back), ERR_FORMAT);
            plain.at[body.len - 1] = 6;
            assert_int_equal(open_it(buf_span(&plain), NOW, &back), ERR_AUTH);
            plain.at[0] = 1;
            assert_true(open_it(buf_span(&plain), NOW, &back) != OK);
        }
        ticket_batch_done(&b);
        buf_done(&body);
        buf_done(&plain);
    }
}

static void who_did_not_agree(void **state)
{
    (void)state;
    ticket t = typical(1);
    t.reason = 3;
    assert_false(ticket_unasked(&t));
    t.consent_revision = 0;
    assert_false(ticket_unasked(&t)); // it still names one
    memset(t.consent_id, 0, sizeof t.consent_id);
    assert_true(ticket_unasked(&t));
    t.consent_revision = 1;
    assert_false(ticket_unasked(&t));
    t.consent_revision = 0;
    t.reason = 0; // no emergency: naming none opens nothing
    assert_false(ticket_unasked(&t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(the_largest_fits),
        cmocka_unit_test(the_tree_is_rfc_6962),
        cmocka_unit_test(every_ticket_of_every_batch_opens),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(no_other_place_in_the_batch),
        cmocka_unit_test(keys_and_clocks),
        cmocka_unit_test(what_is_out_of_range_is_not_packed),
        cmocka_unit_test(a_batch_used_wrongly),
        cmocka_unit_test(of_an_emergency),
        cmocka_unit_test(who_did_not_agree),
    };
    return cmocka_run_group_tests(tests, keys_made, keys_freed);
}
