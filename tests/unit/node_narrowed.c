// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// The patient's newest word at the clinic's own node, before the hospital or the hub has heard it: what a change
// leaves of an answer, and what a withdrawal ends.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "node/charts/withdrawn.h"
#include "node/viewing/narrowed.h"
#include "node/viewing/viewer.h"
#include "tests/unit/node_kit.h"
#include "tests/unit/request_kit.h"

enum { NO = 0x21 };

static void changed(ends *k, Tsunagu__RequestBody *wanted)
{
    const requests q = {TABLE_REQUEST, TABLE_REQUEST_LIST, TABLE_REQUEST_PAST, NULL, NULL, NULL};
    path p = path_of(REQUEST_CLINIC);
    uint8_t id[REQUEST_ID_BYTES];
    request *r;
    stage *s = stage_open(k->w);
    memset(id, NO, sizeof id);
    err e = requests_get(&q, s->t, id, &s->j.memory, &r);
    if (e == ERR_NOT_FOUND) {
        record_make(k, s->t, &p, REQUEST_COMPLETED, NO);
        e = requests_get(&q, s->t, id, &s->j.memory, &r);
    }
    assert_int_equal(e, OK);
    if (r->state == REQUEST_CHANGED) {
        r->proposed = NULL;
        assert_int_equal(requests_step(&q, s->t, r, REQUEST_KEEP, REQUEST_HOSPITAL, "", "", NOW), OK);
    }
    r->proposed = wanted;
    if (wanted)
        assert_int_equal(requests_step(&q, s->t, r, REQUEST_CHANGE, REQUEST_CLINIC, "", "", NOW), OK);
    stage_close(s, true);
}

static uint32_t left(ends *k, uint64_t facility, const pseudonym *who, uint64_t source, bool emergency)
{
    narrowed n;
    store_txn *t;
    assert_int_equal(store_read(k->w->n.keep, &t), OK);
    assert_int_equal(narrowed_get(t, k->w->n.book_now->r->p, facility, who, emergency, TODAY, &n), OK);
    store_end(t);
    return narrowed_to(&n, source);
}

static void a_change_holds_before_the_hospital_has_it(void **state)
{
    (void)state;
    ends *k = ends_open(REQUEST_CLINIC);
    const policy *p = k->w->n.book_now->r->p;
    Tsunagu__RequestBody wanted = k->form;
    Tsunagu__ConsentTerms terms = k->terms;
    char *basics[] = {(char *)"basics", (char *)"no-such-category"}, *others[] = {(char *)"facility:1319999999"},
         *unions[] = {(char *)"union:b"};
    uint32_t bit = 1u << policy_category(p, "basics");
    pseudonym stranger = kit_who(0x42);
    wanted.consent = &terms;
    changed(k, NULL);
    assert_int_equal(left(k, VIEWER, &k->patient, SOURCE, false), UINT32_MAX);
    terms.categories = basics;
    terms.n_categories = 2;
    changed(k, &wanted);
    assert_int_equal(left(k, VIEWER, &k->patient, SOURCE, false), bit);
    assert_int_equal(left(k, VIEWER, &k->patient, SOURCE, true), 0); // a form without emergencies is a word against
    assert_int_equal(left(k, VIEWER, &k->patient, 119900017, false), UINT32_MAX); // another hospital's request
    assert_int_equal(left(k, VIEWER, &stranger, SOURCE, false), UINT32_MAX);
    assert_int_equal(left(k, 1319999999, &k->patient, SOURCE, false), UINT32_MAX);
    terms.emergency = true;
    terms.to = unions; // we are of that union
    changed(k, &wanted);
    assert_int_equal(left(k, VIEWER, &k->patient, SOURCE, true), bit);
    terms.to = others;
    changed(k, &wanted);
    assert_int_equal(left(k, VIEWER, &k->patient, SOURCE, false), 0);
    terms.to = unions;
    terms.until_day = TODAY - 1;
    changed(k, &wanted);
    assert_int_equal(left(k, VIEWER, &k->patient, SOURCE, false), 0);
    terms.until_day = DAY_FOREVER;
    terms.n_categories = 0; // all: what it widens is the hospital's to open
    changed(k, &wanted);
    assert_int_equal(left(k, VIEWER, &k->patient, SOURCE, false), UINT32_MAX);
    ends_close(k);
}

static void a_withdrawal_ends_what_is_held(void **state)
{
    (void)state;
    ends *k = ends_open(REQUEST_CLINIC);
    node *n = &k->w->n;
    const policy *p = n->book_now->r->p;
    withdrawn w = {.facility = VIEWER, .who = k->patient, .at = NOW, .role = "clerk", .staff = "clerk"}, got;
    pseudonym stranger = kit_who(0x42);
    bool waits = true;
    assert_int_equal(viewer_new(n, &n->view), OK);
    assert_int_equal(viewer_lets(n, p, VIEWER, &k->patient, INT64_MAX, false), OK);
    time_ms earlier = clock_mono_ms();
    viewer_change(n->view, VIEWER, &k->patient);
    assert_int_equal(viewer_lets(n, p, VIEWER, &k->patient, earlier, false), OK); // changed, not ended
    assert_true(viewer_changed(n->view, VIEWER, &k->patient, earlier));
    assert_false(viewer_changed(n->view, VIEWER, &stranger, earlier));
    assert_false(viewer_changed(n->view, VIEWER, &k->patient, INT64_MAX));
    assert_false(viewer_changed(n->view, 1319999999, &k->patient, earlier));
    stage *s = stage_open(k->w);
    assert_int_equal(withdrawn_put(s->t, &w), OK);
    w.at = NOW + 5; // said again: one row, the later time
    assert_int_equal(withdrawn_put(s->t, &w), OK);
    assert_int_equal(withdrawn_get(s->t, VIEWER, &k->patient, &got), OK);
    assert_int_equal(got.at, NOW + 5);
    assert_string_equal(got.staff, "clerk");
    assert_int_equal(withdrawn_waits(s->t, VIEWER, &k->patient, NOW + 6, &waits), OK);
    assert_false(waits); // agreed to since
    assert_int_equal(stop_covers(s->t, &k->patient, VIEWER, NOW + 5, &waits), OK);
    assert_true(waits); // this node's own gate heeds it, too
    stage_close(s, true);
    assert_int_equal(viewer_lets(n, p, VIEWER, &k->patient, INT64_MAX, false), ERR_WITHDRAWN);
    assert_int_equal(viewer_lets(n, p, VIEWER, &k->patient, INT64_MAX, true), ERR_WITHDRAWN); // nothing opens against it
    assert_int_equal(viewer_lets(n, p, VIEWER, &stranger, INT64_MAX, false), OK);
    assert_int_equal(viewer_lets(n, p, 1319999999, &k->patient, INT64_MAX, false), OK);
    // The hub has it: what was held before stays closed, what is asked for now is the hub's to answer.
    time_ms before = clock_mono_ms();
    viewer_end(n->view, VIEWER, &k->patient);
    s = stage_open(k->w);
    assert_int_equal(withdrawn_delete(s->t, &w), OK);
    stage_close(s, true);
    assert_int_equal(viewer_lets(n, p, VIEWER, &k->patient, before, false), ERR_WITHDRAWN);
    assert_int_equal(viewer_lets(n, p, VIEWER, &k->patient, INT64_MAX, false), OK);
    assert_int_equal(viewer_lets(n, p, VIEWER, &stranger, before, false), OK);
    viewer_free(n->view);
    n->view = NULL;
    ends_close(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_holds_before_the_hospital_has_it),
        cmocka_unit_test(a_withdrawal_ends_what_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
