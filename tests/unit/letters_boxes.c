// SPDX-License-Identifier: Apache-2.0
// rooms: store
// Two nodes' boxes over two stores, and a line between them that loses, doubles, delays and mixes up.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node/letters/letters.h"
#include "tests/unit/store_place.h"

enum { SEEN = 4096 };
static const char *const tables[] = {"out", "stream", "in", "held", "seen", NULL};

typedef struct box {
    place at;
    const char *name;
    store *keep;
    letters *l;
    char seen[SEEN][24]; // what arrived, in order: the body
    size_t seen_count;
    char told[SEEN][24];
    err told_as[SEEN];
    size_t told_count;
    err refuse;          // the next arrival is answered with this
    err refuse_always;
} box;

static err arrived(void *ctx, store_txn *t, const letter *l, time_ms now)
{
    box *b = ctx;
    (void)now;
    err verdict = b->refuse ? b->refuse : b->refuse_always;
    b->refuse = OK;
    if (verdict)
        return verdict;
    uint8_t key[8];
    uint64_t count;
    assert_int_equal(store_count(t, 4, &count), OK);
    be64_put(key, count + 1);
    snprintf(b->seen[b->seen_count++], 24, "%.*s", (int)l->body.len, (const char *)l->body.at);
    return store_put(t, 4, span_of(key, 8), l->body);
}

static err settled(void *ctx, store_txn *t, const letter *l, err status, time_ms now)
{
    box *b = ctx;
    (void)t, (void)now;
    snprintf(b->told[b->told_count], 24, "%.*s", (int)l->body.len, (const char *)l->body.at);
    b->told_as[b->told_count++] = status;
    return OK;
}

static void box_start(box *b)
{
    store_options so = {.dir = b->at.dir, .tables = tables, .map_bytes = 64 << 20};
    letters_options lo = {0, 1, 2, 3, b->name, arrived, settled, b};
    assert_int_equal(store_open(&so, &b->keep), OK);
    assert_int_equal(letters_open(&lo, &b->l), OK);
}

static void box_stop(box *b) // as a kill leaves it: what was not committed is gone
{
    letters_close(b->l);
    store_close(b->keep);
}

static box *box_new(const char *name)
{
    box *b = calloc(1, sizeof *b);
    b->name = name;
    b->at = place_new();
    box_start(b);
    return b;
}

static void box_free(box *b)
{
    box_stop(b);
    place_remove(&b->at);
    free(b);
}

static letter say(const char *thread, uint64_t from, uint64_t to, const char *node, const char *body)
{
    letter l = {.kind = LETTER_REPLY, .from = from, .to = to, .to_node = node, .body = span_str(body)};
    memcpy(l.thread, thread, strlen(thread));
    return l;
}

static void post(box *b, const char *thread, const char *node, const char *body, time_ms now)
{
    store_txn *t;
    letter l = say(thread, 1, 2, node, body);
    assert_int_equal(store_write(b->keep, &t), OK);
    assert_int_equal(letters_post(b->l, t, &l, now), OK);
    assert_int_equal(store_commit(t), OK);
    letters_wake(b->l);
}

static size_t due(box *b, time_ms now, arena *a, letters_item **ret)
{
    store_txn *t;
    size_t count;
    assert_int_equal(store_write(b->keep, &t), OK);
    assert_int_equal(letters_due(b->l, t, now, a, 32, ret, &count), OK);
    store_end(t);
    return count;
}

static err take(box *b, const letter *in, time_ms now, bool commit)
{
    store_txn *t;
    err status = ERR_INTERNAL;
    size_t before = b->seen_count;
    assert_int_equal(store_write(b->keep, &t), OK);
    assert_int_equal(letters_take(b->l, t, in, now, &status), OK);
    if (commit) {
        assert_int_equal(store_commit(t), OK);
    } else {
        store_end(t); // killed before its commit
        b->seen_count = before;
    }
    return status;
}

static void outcome(box *b, const letters_item *i, bool received, err status, time_ms now)
{
    store_txn *t;
    assert_int_equal(store_write(b->keep, &t), OK);
    assert_int_equal(letters_outcome(b->l, t, i->l.to_node, i->order, received, status, now), OK);
    assert_int_equal(store_commit(t), OK);
}

static uint64_t waiting(box *b)
{
    store_txn *t;
    uint64_t n;
    assert_int_equal(store_read(b->keep, &t), OK);
    assert_int_equal(letters_waiting(b->l, t, &n), OK);
    store_end(t);
    return n;
}

// Delivers everything, once over.
static size_t deliver(box *from, box *to, time_ms now)
{
    arena a;
    letters_item *list;
    arena_init(&a, 0);
    size_t count = due(from, now, &a, &list);
    for (size_t i = 0; i < count; i++)
        outcome(from, &list[i], true, take(to, &list[i].l, now, true), now);
    arena_done(&a);
    return count;
}

static void in_order_and_once(void **state)
{
    (void)state;
    box *a = box_new("a"), *b = box_new("b");
    post(a, "t1", "b", "one", 1000);
    post(a, "t1", "b", "two", 1000);
    post(a, "t2", "b", "other", 1000);
    post(a, "t1", "b", "three", 1000);
    arena m;
    letters_item *list;
    arena_init(&m, 0);
    assert_int_equal(due(a, 1000, &m, &list), 2); // the heads of two threads
    assert_int_equal(list[0].l.seq, 1);
    assert_true(span_eq(list[0].l.body, SPAN_LIT("one")) && span_eq(list[1].l.body, SPAN_LIT("other")));
    assert_string_equal(list[0].l.from_node, "a");
    letters_item *again;
    assert_int_equal(due(a, 1000, &m, &again), 0); // they are on their way
    // A copy of what was taken is told the same, and does nothing.
    assert_int_equal(take(b, &list[0].l, 1001, true), OK);
    assert_int_equal(take(b, &list[0].l, 1002, true), OK);
    assert_int_equal(b->seen_count, 1);
    outcome(a, &list[0], true, OK, 1003);
    outcome(a, &list[1], true, take(b, &list[1].l, 1003, true), 1003);
    assert_int_equal(letters_next(a->l), 0);
    while (deliver(a, b, 1004))
        ;
    assert_int_equal(waiting(a), 0);
    assert_int_equal(b->seen_count, 4);
    assert_string_equal(b->seen[2], "two");
    assert_string_equal(b->seen[3], "three");
    assert_int_equal(a->told_count, 4);
    assert_true(letters_next(a->l) == INT64_MAX);
    arena_done(&m);
    box_free(a);
    box_free(b);
}

static void early_ones_are_held(void **state)
{
    (void)state;
    box *b = box_new("b");
    letter l[4];
    char text[4][8];
    for (uint32_t i = 0; i < 4; i++) {
        snprintf(text[i], 8, "no%u", i + 1);
        l[i] = say("t", 1, 2, "b", text[i]);
        l[i].from_node = "a";
        l[i].seq = i + 1;
        l[i].id[0] = (uint8_t)(i + 1);
    }
    assert_int_equal(take(b, &l[2], 1, true), ERR_BUSY);
    assert_int_equal(take(b, &l[1], 1, true), ERR_BUSY);
    assert_int_equal(take(b, &l[2], 1, true), ERR_BUSY);
    assert_int_equal(b->seen_count, 0);
    box_stop(b);
    box_start(b); // they are durable
    assert_int_equal(take(b, &l[0], 2, true), OK);
    assert_int_equal(b->seen_count, 3);
    assert_string_equal(b->seen[0], "no1");
    assert_string_equal(b->seen[2], "no3");
    assert_int_equal(take(b, &l[2], 3, true), OK); // now its sender is told
    assert_int_equal(take(b, &l[3], 3, true), OK);
    assert_int_equal(b->seen_count, 4);
    // Another letter under a number that was used: its sender was restored from an old back-up.
    l[1].id[5] = 9;
    assert_int_equal(take(b, &l[1], 4, true), ERR_CONFLICT);
    // The same thread under another sender's name is another stream.
    l[1].from_node = "c";
    assert_int_equal(take(b, &l[1], 4, true), ERR_BUSY);
    // Too far ahead is not held.
    l[3].seq = 4 + LETTERS_AHEAD + 1;
    assert_int_equal(take(b, &l[3], 4, true), ERR_BUSY);
    store_txn *t;
    uint64_t held;
    assert_int_equal(store_read(b->keep, &t), OK);
    assert_int_equal(store_count(t, 3, &held), OK);
    store_end(t);
    assert_int_equal(held, 1); // the one of c
    box_free(b);
}

static void holding_is_bounded(void **state)
{
    (void)state;
    box *b = box_new("b");
    store_txn *t;
    uint64_t held;
    assert_int_equal(store_write(b->keep, &t), OK);
    for (uint32_t i = 0; i < LETTERS_HELD + 50; i++) {
        letter l = say("", 1, 2, "b", "x");
        err status;
        be32_put(l.thread, i);
        l.from_node = "a";
        l.seq = 2;
        assert_int_equal(letters_take(b->l, t, &l, 1, &status), OK);
        assert_int_equal(status, ERR_BUSY);
    }
    assert_int_equal(store_count(t, 3, &held), OK);
    assert_int_equal(held, LETTERS_HELD);
    assert_int_equal(store_commit(t), OK);
    box_free(b);
}

static void a_long_letter_waits_at_its_sender(void **state)
{
    (void)state;
    static const char longest[LETTERS_HELD_BODY + 1] = {1};
    box *b = box_new("b");
    store_txn *t;
    uint64_t held;
    assert_int_equal(store_write(b->keep, &t), OK);
    for (uint32_t i = 0; i < 2; i++) {
        letter l = say("", 1, 2, "b", "x");
        err status;
        be32_put(l.thread, i);
        l.from_node = "a";
        l.seq = 2;
        l.body = span_of(longest, LETTERS_HELD_BODY + i);
        assert_int_equal(letters_take(b->l, t, &l, 1, &status), OK);
        assert_int_equal(status, ERR_BUSY);
    }
    assert_int_equal(store_count(t, 3, &held), OK);
    assert_int_equal(held, 1);
    assert_int_equal(store_commit(t), OK);
    box_free(b);
}

static void a_refusal_is_final_and_told(void **state)
{
    (void)state;
    box *a = box_new("a"), *b = box_new("b");
    post(a, "t", "b", "bad", 1);
    post(a, "t", "b", "good", 1);
    b->refuse = ERR_CONFLICT;
    while (deliver(a, b, 2))
        ;
    assert_int_equal(a->told_count, 2);
    assert_int_equal(a->told_as[0], ERR_CONFLICT);
    assert_string_equal(a->told[0], "bad");
    assert_int_equal(a->told_as[1], OK); // it does not stop what comes behind
    assert_int_equal(b->seen_count, 1);
    // "Not now" is no refusal: it comes again, after a pause.
    post(a, "t", "b", "later", 10);
    b->refuse = ERR_BUSY;
    assert_int_equal(deliver(a, b, 10), 1);
    assert_int_equal(waiting(a), 1);
    assert_int_equal(deliver(a, b, 10), 0);
    time_ms next = letters_next(a->l);
    assert_true(next > 10 && next <= 10 + LETTERS_RETRY_MS);
    assert_int_equal(deliver(a, b, next), 1);
    assert_int_equal(waiting(a), 0);
    box_free(a);
    box_free(b);
}

static void a_node_that_is_away(void **state)
{
    (void)state;
    box *a = box_new("a"), *b = box_new("b");
    arena m;
    letters_item *list;
    char thread[8];
    arena_init(&m, 0);
    for (int i = 0; i < 20; i++) {
        snprintf(thread, sizeof thread, "t%d", i);
        post(a, thread, "b", thread, 1);
        post(a, thread, "c", thread, 1);
    }
    size_t count = due(a, 1, &m, &list), to_c = 0;
    assert_int_equal(count, 2 * LETTERS_PARALLEL);
    for (size_t i = 0; i < count; i++) {
        bool c = strcmp(list[i].l.to_node, "c") == 0;
        to_c += c;
        outcome(a, &list[i], c, c ? OK : ERR_UNREACHABLE, 1);
    }
    assert_int_equal(to_c, LETTERS_PARALLEL);
    count = due(a, 1, &m, &list);
    assert_int_equal(count, LETTERS_PARALLEL); // c goes on, b is left alone
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(list[i].l.to_node, "c");
        outcome(a, &list[i], true, OK, 1);
    }
    count = due(a, 1, &m, &list);
    for (size_t i = 0; i < count; i++)
        outcome(a, &list[i], true, OK, 1);
    // The pause doubles up to its most, with one letter to try with.
    time_ms now = 1, longest = 0;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(due(a, now, &m, &list), 0);
        time_ms next = letters_next(a->l);
        assert_true(next > now && next - now <= LETTERS_RETRY_MAX_MS);
        longest = next - now > longest ? next - now : longest;
        now = next;
        assert_int_equal(due(a, now, &m, &list), 1);
        outcome(a, &list[0], false, ERR_UNREACHABLE, now);
    }
    assert_true(longest >= LETTERS_RETRY_MAX_MS / 2);
    assert_int_equal(due(a, now, &m, &list), 0);
    letters_hint(a->l, "nobody");
    assert_int_equal(due(a, now, &m, &list), 0);
    letters_hint(a->l, "b"); // it is back
    while (deliver(a, b, now))
        ;
    assert_int_equal(waiting(a), 0);
    assert_int_equal(b->seen_count, 20);
    arena_done(&m);
    box_free(a);
    box_free(b);
}

static void one_letter_that_nobody_passes_on_stops_no_other(void **state)
{
    (void)state;
    box *a = box_new("a"), *b = box_new("b");
    arena m;
    letters_item *list;
    char thread[8];
    arena_init(&m, 0);
    for (int i = 0; i < 3 * LETTERS_PARALLEL; i++) {
        snprintf(thread, sizeof thread, "t%d", i);
        post(a, thread, "b", thread, 1);
    }
    // The first ones are denied by the hub, without a receipt: each waits by itself.
    size_t count = due(a, 1, &m, &list);
    for (size_t i = 0; i < count; i++)
        outcome(a, &list[i], false, ERR_DENIED, 1);
    while (deliver(a, b, 1))
        ;
    assert_int_equal(b->seen_count, 2 * LETTERS_PARALLEL);
    assert_int_equal(waiting(a), LETTERS_PARALLEL);
    assert_true(letters_next(a->l) <= 1 + LETTERS_RETRY_MS);
    while (deliver(a, b, 1 + LETTERS_RETRY_MS))
        ;
    assert_int_equal(waiting(a), 0);
    arena_done(&m);
    box_free(a);
    box_free(b);
}

static void forgetting_a_thread(void **state)
{
    (void)state;
    box *a = box_new("a");
    store_txn *t;
    uint64_t count;
    uint8_t thread[LETTER_ID_BYTES] = "t1";
    post(a, "t1", "b", "x", 1);
    post(a, "t1", "c", "x", 1);
    post(a, "t2", "b", "y", 1);
    assert_int_equal(store_write(a->keep, &t), OK);
    assert_int_equal(letters_forget(a->l, t, thread, &count), OK);
    assert_int_equal(store_commit(t), OK);
    assert_int_equal(count, 2);
    assert_int_equal(waiting(a), 1);
    box_free(a);
}

static uint32_t dice(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

// Both ends are killed at any moment; letters and receipts are lost, doubled, delayed: each arrives once, in order.
static void through_everything(void **state)
{
    (void)state;
    enum { THREADS = 5, EACH = 30, LATE = 64 };
    for (uint32_t seed = 1; seed <= 8; seed++) {
        uint32_t roll = seed;
        box *a = box_new("a"), *b = box_new("b");
        letters_item late[LATE];
        size_t late_count = 0;
        int posted[THREADS] = {0};
        time_ms now = 1;
        arena m;
        arena_init(&m, 0);
        for (int step = 0; step < 1200; step++) {
            uint32_t what = dice(&roll) % 16;
            int th = (int)(dice(&roll) % THREADS);
            char thread[8], text[24];
            letters_item *list;
            now += 200;
            if (what == 0 && posted[th] < EACH) {
                snprintf(thread, sizeof thread, "t%d", th);
                snprintf(text, sizeof text, "%d %d", th, posted[th]++);
                post(a, thread, "b", text, now);
            } else if (what == 1) {
                box_stop(a);
                box_start(a);
            } else if (what == 2) {
                box_stop(b);
                box_start(b);
            } else if (what == 3 && late_count) {
                take(b, &late[dice(&roll) % late_count].l, now, true); // an old copy comes by
            } else {
                size_t count = due(a, now, &m, &list);
                for (size_t i = 0; i < count; i++) {
                    uint32_t fate = dice(&roll) % 8;
                    if (late_count < LATE)
                        late[late_count++] = list[i];
                    err status = fate ? take(b, &list[i].l, now, fate != 1) : ERR_INTERNAL;
                    bool heard = fate > 2; // 0: lost; 1: killed before the commit; 2: the receipt is lost
                    outcome(a, &list[i], heard, heard ? status : ERR_DEADLINE, now);
                }
            }
        }
        for (int step = 0; step < 2000 && waiting(a); step++)
            deliver(a, b, now += 60000);
        assert_int_equal(waiting(a), 0);
        int next[THREADS] = {0};
        for (size_t i = 0; i < b->seen_count; i++) {
            int th, no;
            assert_int_equal(sscanf(b->seen[i], "%d %d", &th, &no), 2);
            assert_int_equal(no, next[th]);
            next[th]++;
        }
        for (int th = 0; th < THREADS; th++)
            assert_int_equal(next[th], posted[th]);
        arena_done(&m);
        box_free(a);
        box_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_and_once),
        cmocka_unit_test(early_ones_are_held),
        cmocka_unit_test(holding_is_bounded),
        cmocka_unit_test(a_long_letter_waits_at_its_sender),
        cmocka_unit_test(a_refusal_is_final_and_told),
        cmocka_unit_test(a_node_that_is_away),
        cmocka_unit_test(one_letter_that_nobody_passes_on_stops_no_other),
        cmocka_unit_test(forgetting_a_thread),
        cmocka_unit_test(through_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
