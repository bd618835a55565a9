// rooms: node compiler
// SPDX-License-Identifier: Apache-2.0
// A letter about a request, as whoever holds a node's keys might write it, to a record in any state at either end:
// the handlers of flow.c behind post_rows. What is refused has written nothing; a record stays one the machine knows.
// Input: which end 1 | kind 1 | state of the record it is about 1 | who it comes from, and where to 1 | body.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(x) do { if (!(x)) abort(); } while (0)
#define assert_int_equal(a, b) MUST((a) == (b))
#define assert_non_null(a) MUST((a) != NULL)
#define assert_true(a) MUST(a)
#define assert_false(a) MUST(!(a))
#define assert_string_equal(a, b) MUST(strcmp(a, b) == 0)
#define fail_msg(...) abort()

#include "tests/unit/node_kit.h"
#include "tests/unit/request_kit.h"

enum { FIRST = 0x40 }; // the record in state s has the id 16 times FIRST + s

static ends *sides[2];

static void closed(void)
{
    for (int i = 0; i < 2; i++)
        ends_close(sides[i]);
}

static void opened(void)
{
    for (int i = 0; i < 2; i++) {
        ends *k = sides[i] = ends_open((request_side)i);
        path p = path_of(k->side);
        stage *s = stage_open(k->w);
        for (int n = 0; n < REQUEST_STATES; n++)
            if (p.there[n])
                record_make(k, s->t, &p, n, (uint8_t)(FIRST + n));
        stage_close(s, true);
    }
    atexit(closed);
}

static err count_one(void *ctx, span key, span value)
{
    hash32 *sum = ctx;
    span parts[3] = {span_of(sum->at, sizeof sum->at), key, value};
    hash32 next;
    hmac_sha256(SPAN_LIT("all of it"), parts, 3, &next);
    *sum = next;
    return OK;
}

static hash32 store_sum(store_txn *t)
{
    static const int tables[] = {TABLE_REQUEST, TABLE_REQUEST_PAST, TABLE_REQUEST_LIST, TABLE_LETTER_OUT, TABLE_CONSENT,
                                 TABLE_OUTBOX};
    hash32 sum = {{0}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        MUST(store_walk(t, tables[i], (span){0}, (span){0}, count_one, &sum) == OK);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!sides[0])
        opened();
    if (size < 4 || size > LETTER_BODY_MAX)
        return 0;
    ends *k = sides[data[0] & 1];
    letter l = letter_of(k, (letter_kind)(data[1] % LETTER_KIND_COUNT), (uint8_t)(FIRST + data[2] % (REQUEST_STATES + 1)),
                         span_of(data + 4, size - 4));
    if (data[3] & 1)
        l.from = 1319999999;
    if (data[3] & 2)
        l.from_node = k->wrong_node;
    if (data[3] & 4)
        l.to = 1319999999;
    err (*take)(job *, store_txn *, const letter *) = taker_of((letter_kind)l.kind);
    if (!take || l.kind >= LETTER_EMERGENCY_TOLD)
        return 0; // other rooms'
    stage *s = stage_open(k->w);
    hash32 before = store_sum(s->t);
    err e = take(&s->j, s->t, &l);
    hash32 after = store_sum(s->t);
    if (e != OK && memcmp(&before, &after, sizeof before) != 0)
        abort(); // refused, and yet something was written
    if (e == OK && (data[3] & 7) && l.kind != LETTER_REQUEST && l.kind != LETTER_ENQUIRY)
        abort(); // whom it does not concern
    const requests q = flow_reading();
    request *r;
    if (requests_get(&q, s->t, l.thread, &s->j.memory, &r) == OK)
        MUST(r->state < REQUEST_STATES && r->side == k->side && r->own == k->own);
    stage_close(s, false);
    return 0;
}
