// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// Every letter about a request against a record in every state, at either end: what the machine's table allows
// moves it there, everything else is refused and leaves store and history as they were. The same letters from
// another facility, another node, about another thread, cut off, twice, too early.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/node_kit.h"
#include "tests/unit/request_kit.h"

enum { NO = 0x21, OTHER_NO = 0x5a };

static const struct { letter_kind kind; bool held; request_event event; } letters_known[] = {
    {LETTER_MAY_HOLD, true, REQUEST_HELD},       {LETTER_MAY_HOLD, false, REQUEST_NONE_HELD},
    {LETTER_RECEIVED, 0, REQUEST_RECEIVE},       {LETTER_ASK_BACK, 0, REQUEST_ASK_BACK},
    {LETTER_REPLY, 0, REQUEST_REPLY},            {LETTER_ACCEPTED, 0, REQUEST_COMPLETE},
    {LETTER_REJECTED, 0, REQUEST_REJECT},        {LETTER_CANCELLED, 0, REQUEST_CANCEL},
    {LETTER_CHANGE, 0, REQUEST_CHANGE},          {LETTER_WITHDRAWAL, 0, REQUEST_WITHDRAW},
    {LETTER_OBJECTION, 0, REQUEST_OBJECT},       {LETTER_ENDED, 0, REQUEST_END},
};
enum { KNOWN = sizeof letters_known / sizeof letters_known[0] };

static request_side other_of(request_side s)
{
    return s == REQUEST_CLINIC ? REQUEST_HOSPITAL : REQUEST_CLINIC;
}

// All that a letter could have written: the record, byte by byte, and how much there is of everything else.
typedef struct picture {
    buf record;
    uint64_t counts[5];
} picture;

static picture picture_of(store_txn *t, uint8_t no)
{
    static const int tables[5] = {TABLE_REQUEST, TABLE_REQUEST_PAST, TABLE_LETTER_OUT, TABLE_OUTBOX, TABLE_CONSENT};
    picture p = {.record = {0}};
    uint8_t id[REQUEST_ID_BYTES];
    span value;
    memset(id, no, sizeof id);
    if (store_get(t, TABLE_REQUEST, span_of(id, sizeof id), &value) == OK)
        assert_int_equal(buf_put_span(&p.record, value), OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(store_count(t, tables[i], &p.counts[i]), OK);
    return p;
}

static void picture_same(picture *a, picture *b)
{
    assert_true(span_eq(buf_span(&a->record), buf_span(&b->record)));
    assert_memory_equal(a->counts, b->counts, sizeof a->counts);
    buf_done(&a->record);
    buf_done(&b->record);
}

static uint32_t state_of(stage *s, uint8_t no)
{
    const requests q = flow_reading();
    uint8_t id[REQUEST_ID_BYTES];
    request *r;
    memset(id, no, sizeof id);
    assert_int_equal(requests_get(&q, s->t, id, &s->j.memory, &r), OK);
    return r->state;
}

// One letter to a record in that state; nothing of it is kept. It must be refused so, and have written nothing.
static void refused(ends *k, const path *p, int from, const letter *l, err why)
{
    stage *s = stage_open(k->w);
    record_make(k, s->t, p, from, NO);
    picture before = picture_of(s->t, NO);
    assert_int_equal(taker_of((letter_kind)l->kind)(&s->j, s->t, l), why);
    picture after = picture_of(s->t, NO);
    picture_same(&before, &after);
    stage_close(s, false);
}

static void each_letter_in_each_state(ends *k)
{
    path p = path_of(k->side);
    int moved = 0;
    for (int from = 0; from < REQUEST_STATES; from++)
        for (size_t i = 0; p.there[from] && i < KNOWN; i++) {
            buf body = {0};
            request_event e = letters_known[i].event;
            request_state next;
            if (e == REQUEST_REJECT && from == REQUEST_CHANGED)
                e = REQUEST_KEEP; // what is refused is the change
            err expected = request_step(k->side, (request_state)from, e, other_of(k->side), &next);
            body_make(k, letters_known[i].kind, letters_known[i].held, &body);
            letter l = letter_of(k, letters_known[i].kind, NO, buf_span(&body));
            if (expected) {
                refused(k, &p, from, &l, expected);
            } else {
                stage *s = stage_open(k->w);
                record_make(k, s->t, &p, from, NO);
                uint64_t waiting, after;
                assert_int_equal(store_count(s->t, TABLE_LETTER_OUT, &waiting), OK);
                assert_int_equal(taker_of(letters_known[i].kind)(&s->j, s->t, &l), OK);
                assert_int_equal(state_of(s, NO), next);
                assert_int_equal(store_count(s->t, TABLE_LETTER_OUT, &after), OK);
                if (request_over((request_state)from)) // it only crossed: nobody is answered
                    assert_int_equal(after, waiting);
                stage_close(s, false);
                moved++;
            }
            buf_done(&body);
        }
    assert_true(moved > 20);
}

static void the_table_holds_at_the_hospital(void **state)
{
    (void)state;
    ends *k = ends_open(REQUEST_HOSPITAL);
    each_letter_in_each_state(k);
    ends_close(k);
}

static void the_table_holds_at_the_clinic(void **state)
{
    (void)state;
    ends *k = ends_open(REQUEST_CLINIC);
    each_letter_in_each_state(k);
    ends_close(k);
}

// What the other side may raise has a letter, and no letter raises what only this side or the clock may.
static void every_event_of_the_other_side_has_a_letter(void **state)
{
    (void)state;
    for (int i = 0; i < request_row_count(); i++) {
        request_row r = request_row_at(i);
        bool has = r.event == REQUEST_KEEP; // REJECTED of a change
        for (size_t n = 0; n < KNOWN; n++)
            has = has || letters_known[n].event == r.event;
        if (r.by == other_of(r.record))
            assert_true(has);
    }
    for (size_t n = 0; n < KNOWN; n++)
        assert_non_null(taker_of(letters_known[n].kind));
}

// Every state, every kind: from another facility, by another node, to another facility, about another thread, cut.
static void whoever_it_does_not_concern_is_refused(void **state)
{
    (void)state;
    for (int side = REQUEST_CLINIC; side <= REQUEST_HOSPITAL; side++) {
        ends *k = ends_open((request_side)side);
        path p = path_of(k->side);
        for (int from = 0; from < REQUEST_STATES; from++)
            for (size_t i = 0; p.there[from] && i < KNOWN; i++) {
                buf body = {0};
                body_make(k, letters_known[i].kind, letters_known[i].held, &body);
                letter good = letter_of(k, letters_known[i].kind, NO, buf_span(&body)), l = good;
                l.from = 1319999999;
                refused(k, &p, from, &l, ERR_DENIED);
                l = good;
                l.from_node = k->wrong_node; // of the same union, but not whose request it is
                refused(k, &p, from, &l, ERR_DENIED);
                l = good;
                l.to = 1319999999;
                refused(k, &p, from, &l, ERR_DENIED);
                l = good;
                memset(l.thread, OTHER_NO, sizeof l.thread);
                refused(k, &p, from, &l, ERR_NOT_FOUND);
                l.kind = LETTER_RECEIVED;
                memset(l.thread, NO ^ 0x80, sizeof l.thread); // no more than a bit beside it
                refused(k, &p, from, &l, ERR_NOT_FOUND);
                buf_done(&body);
            }
        ends_close(k);
    }
}

// In every state where the event is possible: cut off at each byte, or garbage, it is none.
static void what_is_no_letter_moves_nothing(void **state)
{
    (void)state;
    static const uint8_t garbage[] = {0xff, 0xff, 0xff, 0xff, 0x0a, 0x02, 0xc3, 0x28};
    for (int side = REQUEST_CLINIC; side <= REQUEST_HOSPITAL; side++) {
        ends *k = ends_open((request_side)side);
        path p = path_of(k->side);
        for (int from = 0; from < REQUEST_STATES; from++)
            for (size_t i = 0; p.there[from] && !request_over((request_state)from) && i < KNOWN; i++) {
                buf body = {0};
                request_state next;
                request_event e = letters_known[i].event == REQUEST_REJECT && from == REQUEST_CHANGED
                                      ? REQUEST_KEEP : letters_known[i].event;
                if (request_step(k->side, (request_state)from, e, other_of(k->side), &next) != OK)
                    continue;
                letter l = letter_of(k, letters_known[i].kind, NO, span_of(garbage, sizeof garbage));
                refused(k, &p, from, &l, ERR_FORMAT);
                if (l.kind == LETTER_CHANGE || l.kind == LETTER_ACCEPTED) { // the others say little that must be there
                    body_make(k, letters_known[i].kind, false, &body);
                    for (size_t cut = 0; l.kind == LETTER_CHANGE && side == REQUEST_HOSPITAL && cut < body.len; cut++) {
                        l.body = span_cut(buf_span(&body), 0, cut);
                        refused(k, &p, from, &l, ERR_FORMAT);
                    }
                    l.body = (span){0};
                    if (l.kind == LETTER_ACCEPTED || side == REQUEST_HOSPITAL)
                        refused(k, &p, from, &l, ERR_FORMAT);
                    buf_done(&body);
                }
            }
        ends_close(k);
    }
}

// A second form under the first's thread takes nobody's place.
static void a_request_comes_once(void **state)
{
    (void)state;
    ends *k = ends_open(REQUEST_HOSPITAL);
    path p = path_of(k->side);
    buf body = {0};
    body_make(k, LETTER_REQUEST, false, &body);
    for (int from = 0; from < REQUEST_STATES; from++)
        if (p.there[from]) {
            letter l = letter_of(k, LETTER_REQUEST, NO, buf_span(&body));
            refused(k, &p, from, &l, ERR_CONFLICT);
            l.from = 119900041; // of a union without an agreement with us
            refused(k, &p, from, &l, ERR_DENIED);
            l = letter_of(k, LETTER_REQUEST, OTHER_NO, span_cut(buf_span(&body), 0, body.len - 1));
            refused(k, &p, from, &l, ERR_FORMAT);
        }
    buf_done(&body);
    ends_close(k);
    k = ends_open(REQUEST_CLINIC); // and to a node that discloses for nobody not at all
    p = path_of(k->side);
    body_make(k, LETTER_REQUEST, false, &body);
    letter l = letter_of(k, LETTER_REQUEST, OTHER_NO, buf_span(&body));
    refused(k, &p, REQUEST_SENT, &l, ERR_DENIED);
    buf_clear(&body);
    body_make(k, LETTER_ENQUIRY, false, &body);
    l = letter_of(k, LETTER_ENQUIRY, OTHER_NO, buf_span(&body));
    refused(k, &p, REQUEST_SENT, &l, ERR_DENIED);
    buf_done(&body);
    ends_close(k);
}

// ---- twice, and out of order: by the boxes that every letter passes ------------------------------

static stage *taking;

static err arrived(void *ctx, store_txn *t, const letter *l, time_ms now)
{
    (void)ctx, (void)now;
    return taker_of((letter_kind)l->kind)(&taking->j, t, l);
}

static err box_take(letters *boxes, stage *s, const letter *l)
{
    err status;
    taking = s;
    assert_int_equal(letters_take(boxes, s->t, l, NOW, &status), OK);
    return status;
}

// Does it change anything to say it again?
static void again(letters *boxes, stage *s, const letter *l, err answer)
{
    picture before = picture_of(s->t, NO);
    assert_int_equal(box_take(boxes, s, l), answer);
    picture after = picture_of(s->t, NO);
    picture_same(&before, &after);
}

static void pair_of_letters(ends *k, letters *boxes, size_t one, size_t two)
{
    path p = path_of(k->side);
    buf first = {0}, second = {0};
    stage *s = stage_open(k->w);
    record_make(k, s->t, &p, REQUEST_SENT, NO);
    body_make(k, letters_known[one].kind, letters_known[one].held, &first);
    body_make(k, letters_known[two].kind, letters_known[two].held, &second);
    letter a = letter_of(k, letters_known[one].kind, NO, buf_span(&first)),
           b = letter_of(k, letters_known[two].kind, NO, buf_span(&second));
    b.seq = 2;
    memset(a.id, 1, sizeof a.id);
    memset(b.id, 2, sizeof b.id);
    again(boxes, s, &b, ERR_BUSY); // too early: kept, and not acted on
    err said = box_take(boxes, s, &a);
    again(boxes, s, &a, said); // the answer of the first
    again(boxes, s, &b, box_take(boxes, s, &b)); // it had its turn behind the first
    letter forged = a; // another under a number that was used
    memset(forged.id, 3, sizeof forged.id);
    again(boxes, s, &forged, ERR_CONFLICT);
    stage_close(s, false);
    buf_done(&first);
    buf_done(&second);
}

static void twice_is_once_and_early_waits(void **state)
{
    (void)state;
    for (int side = REQUEST_CLINIC; side <= REQUEST_HOSPITAL; side++) {
        ends *k = ends_open((request_side)side);
        const letters_options o = {TABLE_LETTER_OUT, TABLE_LETTER_STREAM, TABLE_LETTER_IN, TABLE_LETTER_HELD,
                                   k->own_node, arrived, NULL, NULL};
        for (size_t i = 0; i < KNOWN; i++)
            for (size_t n = 0; n < KNOWN; n++) {
                letters *boxes;
                assert_int_equal(letters_open(&o, &boxes), OK);
                pair_of_letters(k, boxes, i, n);
                letters_close(boxes);
            }
        ends_close(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_holds_at_the_hospital),
        cmocka_unit_test(the_table_holds_at_the_clinic),
        cmocka_unit_test(every_event_of_the_other_side_has_a_letter),
        cmocka_unit_test(whoever_it_does_not_concern_is_refused),
        cmocka_unit_test(what_is_no_letter_moves_nothing),
        cmocka_unit_test(a_request_comes_once),
        cmocka_unit_test(twice_is_once_and_early_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
