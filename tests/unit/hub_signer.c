// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/signer.h"

enum { BATCHES = 3, ROUNDS = 200 };

typedef struct scene {
    sign_key *key;
    signer *s;
    ticket_batch list[BATCHES];
    int behind; // how often it was called
} scene;

// Behind the signatures, never before.
static void behind(void *ctx)
{
    scene *c = ctx;
    for (int i = 0; i < BATCHES; i++)
        assert_int_equal(c->list[i].is_signed, c->list[i].count > 0);
    c->behind++;
}

static void scene_open(scene *c)
{
    assert_int_equal(sign_key_new(&c->key), OK);
    assert_int_equal(signer_start(c->key, &c->s), OK);
    for (int i = 0; i < BATCHES; i++)
        ticket_batch_init(&c->list[i]);
}

static void scene_close(scene *c)
{
    signer_stop(c->s);
    for (int i = 0; i < BATCHES; i++)
        ticket_batch_done(&c->list[i]);
    sign_key_free(c->key);
}

// What the hub does at the opening of a batch, and then its look-ups.
static void fill(scene *c, uint8_t mark, const uint32_t counts[static BATCHES])
{
    uint32_t index;
    for (int i = 0; i < BATCHES; i++) {
        ticket_batch_clear(&c->list[i]);
        for (uint32_t n = 0; n < counts[i]; n++) {
            uint8_t body[3] = {mark, (uint8_t)i, (uint8_t)n};
            assert_int_equal(ticket_batch_add(&c->list[i], span_of(body, sizeof body), &index), OK);
        }
    }
}

static void all_are_signed_after_the_wait(void **state)
{
    (void)state;
    scene c;
    scene_open(&c);
    for (int r = 0; r < ROUNDS; r++) {
        const uint32_t counts[BATCHES] = {1 + (uint32_t)r % 5, r % 2 ? 0 : 7, 2};
        fill(&c, (uint8_t)r, counts);
        c.behind = 0;
        signer_begin(c.s, c.list, BATCHES, behind, &c);
        assert_int_equal(signer_wait(c.s), OK);
        assert_int_equal(c.behind, 1);
        for (int i = 0; i < BATCHES; i++)
            assert_int_equal(c.list[i].is_signed, counts[i] > 0);
    }
    scene_close(&c);
}

static void a_dropped_batch_is_the_callers_again(void **state)
{
    (void)state;
    scene c;
    const uint32_t counts[BATCHES] = {9, 0, 3};
    scene_open(&c);
    for (int r = 0; r < ROUNDS; r++) {
        fill(&c, 1, counts);
        signer_begin(c.s, c.list, BATCHES, behind, &c);
        signer_drop(c.s);
        c.behind = 0; // and so would this
        fill(&c, 2, counts); // would race, and be refused, if the signer were still at it
        assert_false(c.list[0].is_signed);
        assert_int_equal(signer_wait(c.s), OK); // nothing was begun since
        assert_false(c.list[0].is_signed);
    }
    scene_close(&c);
}

static void what_cannot_be_signed_is_told(void **state)
{
    (void)state;
    scene c;
    const uint32_t counts[BATCHES] = {1, 1, 1};
    scene_open(&c);
    fill(&c, 1, counts);
    signer_begin(c.s, c.list, BATCHES, NULL, NULL);
    assert_int_equal(signer_wait(c.s), OK);
    c.behind = 0;
    for (int r = 0; r < ROUNDS; r++) {
        signer_begin(c.s, c.list, BATCHES, behind, &c); // signed already
        assert_int_equal(signer_wait(c.s), ERR_USAGE);
    }
    assert_int_equal(signer_wait(c.s), OK); // it does not linger
    assert_int_equal(c.behind, 0);          // nor goes on
    scene_close(&c);
}

static void it_stops_with_work_waiting(void **state)
{
    (void)state;
    const uint32_t counts[BATCHES] = {5, 5, 5};
    for (int r = 0; r < ROUNDS; r++) {
        scene c;
        scene_open(&c);
        if (r % 2) {
            fill(&c, 1, counts);
            signer_begin(c.s, c.list, BATCHES, NULL, NULL);
        }
        scene_close(&c);
    }
    signer_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_signed_after_the_wait),
        cmocka_unit_test(a_dropped_batch_is_the_callers_again),
        cmocka_unit_test(what_cannot_be_signed_is_told),
        cmocka_unit_test(it_stops_with_work_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
