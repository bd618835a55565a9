// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// The day's work in slices: whatever the slices, the kills between and within them, and the clock that goes on
// meanwhile, consents and papers come to what one slice over all would have made of them; each notice is told once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "node/flow/flow.h"
#include "node/post_rows.h"
#include "tests/unit/node_kit.h"

#define DAY_LONG 86400000ll
enum { CONSENTS = 90, REQUESTS = 90, NOTICES = 600, RUNS = 4, MONTHS_KEPT = 60, NOTICE_DAYS = 30 };

typedef struct notice_row { uint64_t facility; int event; uint8_t reference[16]; } notice_row;
static notice_row notices[NOTICES];
static size_t notice_count;

static err notice_note(job *j, store_txn *t, uint64_t facility, int event, const uint8_t *reference)
{
    (void)j, (void)t;
    assert_true(notice_count < NOTICES);
    notices[notice_count].facility = facility;
    notices[notice_count].event = event;
    memcpy(notices[notice_count++].reference, reference, 16);
    return OK;
}

static world *scene(void)
{
    world *w = world_open();
    policy_files f = kit_rules();
    kit_put(&f, "requests.yaml", "refusals:\n  - {id: other, ja: その他, en: other}\nsecond_check: [weak]\n"
                                 "relations:\n  - {id: spouse, ja: 配偶者, en: spouse}\nretention: 5年\nnotice_days: 30\n"
                                 "told:\n  expiring: [asking, disclosing]\n  ended: [asking, disclosing]\n");
    kit_node_yaml(&f, "na", "a", "discloses: [\"0110113719\"]\n", 0x10);
    kit_node_yaml(&f, "nb", "b", "", 0x20);
    buf bytes = kit_compile(&f);
    policy_files_done(&f);
    policy_free(w->n.book_now->r->p);
    assert_int_equal(policy_open(buf_span(&bytes), &w->n.book_now->r->p), OK);
    buf_done(&bytes);
    w->n.notice = notice_note;
    notice_count = 0;
    assert_int_equal(post_open(&w->n, post_rows, post_row_count, &w->n.mail), OK);
    return w;
}

static void scene_end(world *w)
{
    post_free(w->n.mail);
    world_close(w);
}

// As after a kill: what is in memory is gone.
static void reopen(world *w)
{
    char dir[96];
    snprintf(dir, sizeof dir, "%s/store", w->base);
    store_options o = {.dir = dir, .tables = node_tables, .map_bytes = (size_t)64 << 20};
    post_free(w->n.mail);
    accesslog_done(&w->n.log);
    store_close(w->n.keep);
    assert_int_equal(store_open(&o, &w->n.keep), OK);
    assert_int_equal(accesslog_open(w->n.keep, TABLE_LOG, &w->n.log), OK);
    assert_int_equal(post_open(&w->n, post_rows, post_row_count, &w->n.mail), OK);
}

// ---- rows of every kind --------------------------------------------------------------------------

static uint32_t roll(uint32_t *dice, uint32_t below)
{
    *dice = *dice * 1664525 + 1013904223;
    return (*dice >> 8) % below;
}

// Around every edge that a day can fall on.
static day any_until(uint32_t *dice)
{
    static const day AROUND[] = {-3, -1, 0, 1, 9, 13, 28, 29, 30, 31, 32, 38, 39, 40, 43, 44, 52, 53, 60, 90};
    uint32_t n = roll(dice, sizeof AROUND / sizeof AROUND[0] + 1);
    return n == sizeof AROUND / sizeof AROUND[0] ? DAY_FOREVER : TODAY + AROUND[n];
}

static time_ms any_over(uint32_t *dice)
{
    day edge = day_minus_months(TODAY, MONTHS_KEPT);
    return NOW + ((int64_t)edge - TODAY + roll(dice, 80) - 20) * DAY_LONG;
}

static void id_of(uint8_t kind, uint32_t i, uint8_t ret[static 16])
{
    memset(ret, kind, 16);
    be32_put(ret, i * 2654435761u);
}

static void consents_make(stage *s, uint32_t *dice)
{
    for (uint32_t i = 0; i < CONSENTS; i++) {
        consent c = {.by = "desk"};
        snprintf(c.chart, sizeof c.chart, "%08u", (unsigned)(i * 7919u));
        c.card.who = kit_who((uint8_t)i);
        c.card.facility = SOURCE;
        c.card.registered_on = TODAY - 400;
        consent_scope *k = &c.card.scope;
        id_of('c', i, k->id);
        k->revision = 1 + i;
        k->from = TODAY - 400;
        k->until = any_until(dice);
        k->withdrawn = roll(dice, 3) == 0;
        k->at = k->withdrawn ? any_over(dice) : NOW - (time_ms)roll(dice, 40) * DAY_LONG;
        k->grantee_count = 1;
        k->grantees[0] = (grantee){.kind = GRANTEE_FACILITY, .facility = VIEWER};
        k->categories = 1;
        assert_int_equal(consent_put(s->t, &c), OK);
    }
}

static void requests_make(stage *s, uint32_t *dice)
{
    static const request_state STATES[] = {REQUEST_COMPLETED, REQUEST_CHANGED, REQUEST_WITHDRAWN, REQUEST_ENDED,
                                           REQUEST_SENT};
    const requests q = flow_reading();
    for (uint32_t i = 0; i < REQUESTS; i++) {
        request r = TSUNAGU__REQUEST_RECORD__INIT;
        Tsunagu__RequestBody body = TSUNAGU__REQUEST_BODY__INIT;
        Tsunagu__Person human = TSUNAGU__PERSON__INIT;
        Tsunagu__ConsentTerms terms = TSUNAGU__CONSENT_TERMS__INIT;
        uint8_t id[16];
        pseudonym who = kit_who((uint8_t)i);
        id_of('r', i, id);
        human.birth_day = day_of(1965, 4, 15);
        body.pseudonym = wire_bytes(span_of(who.at, PSEUDONYM_BYTES));
        body.person = &human;
        body.consent = &terms;
        body.number = (char *)"C-1";
        r.id = wire_bytes(span_of(id, 16));
        r.side = roll(dice, 3) ? REQUEST_CLINIC : REQUEST_HOSPITAL;
        r.own = VIEWER;
        r.other = SOURCE;
        r.other_node = (char *)"nb";
        r.body = &body;
        assert_int_equal(requests_add(&q, s->t, &r, NOW - 400 * DAY_LONG), OK);
        r.state = STATES[roll(dice, sizeof STATES / sizeof STATES[0])];
        r.until_day = any_until(dice);
        r.since_ms = request_over((request_state)r.state) ? any_over(dice) : NOW - (time_ms)roll(dice, 40) * DAY_LONG;
        assert_int_equal(requests_keep(&q, s->t, &r), OK);
    }
}

static world *filled(uint32_t seed)
{
    world *w = scene();
    stage *s = stage_open(w);
    uint32_t dice = seed;
    consents_make(s, &dice);
    requests_make(s, &dice);
    stage_close(s, true);
    return w;
}

// ---- what became of them ------------------------------------------------------------------------

typedef struct outcome {
    buf rows;
    notice_row told[NOTICES];
    size_t count;
    uint64_t letters;
} outcome;

static err consent_say(void *ctx, const consent *c)
{
    return buf_printf(ctx, "%s %d %d\n", c->chart, (int)c->card.scope.withdrawn, (int)c->card.scope.until);
}

static err request_say(void *ctx, const request *r)
{
    return buf_printf(ctx, "%08x %u %u\n", (unsigned)be32_get(r->id.data), (unsigned)r->state, (unsigned)r->steps);
}

static int by_row(const void *a, const void *b)
{
    const notice_row *x = a, *y = b;
    int order = (x->event > y->event) - (x->event < y->event);
    return order ? order : memcmp(x->reference, y->reference, sizeof x->reference);
}

static void outcome_take(world *w, outcome *ret)
{
    const requests q = flow_reading();
    store_txn *t;
    memset(ret, 0, sizeof *ret);
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(consent_walk(t, (span){0}, consent_say, &ret->rows), OK);
    assert_int_equal(requests_behind(&q, t, (span){0}, request_say, &ret->rows), OK);
    assert_int_equal(store_count(t, TABLE_LETTER_OUT, &ret->letters), OK);
    store_end(t);
    memcpy(ret->told, notices, sizeof notices);
    ret->count = notice_count;
    qsort(ret->told, ret->count, sizeof ret->told[0], by_row);
}

static bool step(world *w, const daily_slice *most, bool kept)
{
    bool more = true;
    size_t told = notice_count;
    stage *s = stage_open(w);
    assert_int_equal(daily_step(&s->j, s->t, most, &more), OK);
    assert_true(notice_count - told <= most->acts);
    stage_close(s, kept);
    if (kept)
        return more;
    notice_count = told; // nothing of it came to be
    return true;
}

static const int AFTER[RUNS] = {0, 9, 14, 30}; // days from the one before

static void whole(uint32_t seed, outcome *ret)
{
    const daily_slice all = {.looks = 10000, .acts = 200};
    world *w = filled(seed);
    for (int i = 0; i < RUNS; i++) {
        w->now += AFTER[i] * DAY_LONG;
        assert_false(step(w, &all, true));
    }
    outcome_take(w, ret);
    scene_end(w);
}

static void sliced(uint32_t seed, outcome *ret)
{
    world *w = filled(seed);
    uint32_t dice = ~seed;
    for (int i = 0; i < RUNS; i++) {
        time_ms begins = w->now += AFTER[i] * DAY_LONG;
        for (bool more = true; more;) {
            const daily_slice most = {.looks = 1 + roll(&dice, 20), .acts = 1 + roll(&dice, 5)};
            uint32_t fate = roll(&dice, 8);
            more = step(w, &most, fate != 0);
            if (fate == 1)
                reopen(w);
            w->now += (time_ms)roll(&dice, 1000) - 300; // and set back now and then
        }
        w->now = begins;
    }
    outcome_take(w, ret);
    scene_end(w);
}

static void slices_do_what_one_did(void **state)
{
    (void)state;
    static outcome one, many;
    for (uint32_t seed = 1; seed <= 3; seed++) {
        whole(seed, &one);
        sliced(seed, &many);
        assert_true(one.count > 20);
        assert_int_equal(many.count, one.count);
        for (size_t i = 0; i < one.count; i++)
            assert_memory_equal(&many.told[i], &one.told[i], sizeof one.told[0]);
        assert_int_equal(many.letters, one.letters);
        assert_int_equal(many.rows.len, one.rows.len);
        assert_memory_equal(many.rows.at, one.rows.at, one.rows.len);
        buf_done(&one.rows);
        buf_done(&many.rows);
    }
}

// ---- and what one does is what the calendar says ---------------------------------------------------

typedef struct calendar {
    size_t soon, ended, gone;
} calendar;

// Day by day, of a row that was as it is since `at`.
static void lives(calendar *c, bool over, bool open, day until, time_ms at)
{
    day today = TODAY, last = TODAY - 1;
    for (int i = 0; i < RUNS; i++) {
        today += AFTER[i];
        if (over && day_minus_months(day_of_time(at), -MONTHS_KEPT) <= today) {
            c->gone++;
            return;
        }
        if (open && until < today) {
            c->ended++;
            return;
        }
        for (day d = last + 1; open && d <= today; d++) {
            day due = until == DAY_FOREVER ? DAY_FOREVER : until - NOTICE_DAYS;
            due = due < day_of_time(at) + 1 ? day_of_time(at) + 1 : due;
            c->soon += until != DAY_FOREVER && d == due;
        }
        last = today;
    }
}

static err consent_lives(void *ctx, const consent *k)
{
    const consent_scope *s = &k->card.scope;
    lives(ctx, s->withdrawn, !s->withdrawn, s->until, s->at);
    return OK;
}

static err request_lives(void *ctx, const request *r)
{
    bool open = r->side == REQUEST_CLINIC && (r->state == REQUEST_COMPLETED || r->state == REQUEST_CHANGED);
    lives(ctx, request_over((request_state)r->state), open, r->until_day, r->since_ms);
    return OK;
}

static size_t told(int event)
{
    size_t n = 0;
    for (size_t i = 0; i < notice_count; i++)
        n += notices[i].event == event;
    return n;
}

static void each_day_as_the_calendar_says(void **state)
{
    (void)state;
    static outcome one;
    const requests q = flow_reading();
    for (uint32_t seed = 11; seed <= 12; seed++) {
        calendar want = {0};
        store_txn *t;
        world *w = filled(seed);
        assert_int_equal(store_read(w->n.keep, &t), OK);
        assert_int_equal(consent_walk(t, (span){0}, consent_lives, &want), OK);
        assert_int_equal(requests_behind(&q, t, (span){0}, request_lives, &want), OK);
        store_end(t);
        scene_end(w);
        sliced(seed, &one);
        assert_true(want.soon && want.ended && want.gone);
        assert_int_equal(told(FLOW_EVENT_EXPIRING), want.soon);
        assert_int_equal(told(FLOW_EVENT_ENDED), want.ended);
        size_t left = 0;
        for (size_t i = 0; i < one.rows.len; i++)
            left += one.rows.at[i] == '\n';
        assert_int_equal(CONSENTS + REQUESTS - left, want.gone);
        buf_done(&one.rows);
    }
}

// A day that begins while another's work is under way has its own work, behind it.
static void midnight_comes_between(void **state)
{
    (void)state;
    static outcome one, two;
    const daily_slice all = {.looks = 10000, .acts = 200}, few = {.looks = 7, .acts = 2};
    world *w = filled(5);
    assert_false(step(w, &all, true));
    w->now += DAY_LONG;
    assert_false(step(w, &all, true));
    outcome_take(w, &one);
    scene_end(w);
    w = filled(5);
    for (int i = 0; i < 4; i++)
        assert_true(step(w, &few, true));
    w->now += DAY_LONG;
    size_t slices = 0;
    while (step(w, &few, true))
        slices++;
    assert_true(slices > 20);
    outcome_take(w, &two);
    scene_end(w);
    assert_int_equal(two.count, one.count);
    for (size_t i = 0; i < one.count; i++)
        assert_memory_equal(&two.told[i], &one.told[i], sizeof one.told[0]);
    assert_int_equal(two.rows.len, one.rows.len);
    assert_memory_equal(two.rows.at, one.rows.at, one.rows.len);
    buf_done(&one.rows);
    buf_done(&two.rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_do_what_one_did),
        cmocka_unit_test(each_day_as_the_calendar_says),
        cmocka_unit_test(midnight_comes_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
