// SPDX-License-Identifier: Apache-2.0
// rooms: store wire
// Records and their lists: every step through the machine, order of the inbox, history, deadlines; nothing is
// written where it is refused, and the store reopened says the same.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node/requests/requests.h"
#include "tests/unit/store_place.h"

enum { HOUR = 3600000, HERE = 110000001, THERE = 110000002 };
static const char *const tables[] = {"request", "list", "past", NULL};
static place at;
static store *keep;
static int told_count;
static uint32_t told_event;

static request_term term(void *ctx, request_side record, request_state s, time_ms now)
{
    (void)ctx, (void)record;
    return s == REQUEST_RECEIVED ? (request_term){now + 10 * HOUR, now + HOUR} : (request_term){0};
}

static err told(void *ctx, store_txn *t, const request *r, const request_past *step)
{
    (void)ctx, (void)t, (void)r;
    told_count++;
    told_event = step->event;
    return OK;
}

static const requests q = {0, 1, 2, term, told, NULL};

static void open_store(void)
{
    store_options so = {.dir = at.dir, .tables = tables, .map_bytes = 64 << 20};
    assert_int_equal(store_open(&so, &keep), OK);
}

static int begin(void **state)
{
    (void)state;
    at = place_new();
    open_store();
    return 0;
}

static int end(void **state)
{
    (void)state;
    store_close(keep);
    place_remove(&at);
    return 0;
}

typedef struct made {
    request r;
    Tsunagu__RequestBody body;
    Tsunagu__Person person;
    Tsunagu__ConsentTerms consent;
    uint8_t id[REQUEST_ID_BYTES];
} made;

static made *make(uint32_t id, request_side side, const char *number, uint32_t urgency)
{
    made *m = calloc(1, sizeof *m);
    tsunagu__request_record__init(&m->r);
    tsunagu__request_body__init(&m->body);
    tsunagu__person__init(&m->person);
    tsunagu__consent_terms__init(&m->consent);
    be32_put(m->id, id);
    m->r.id = wire_bytes(span_of(m->id, sizeof m->id));
    m->r.side = side;
    m->r.own = HERE;
    m->r.other = THERE;
    m->r.body = &m->body;
    m->body.person = &m->person;
    m->body.consent = &m->consent;
    m->body.number = (char *)number;
    m->body.urgency = urgency;
    return m;
}

static store_txn *writing(void)
{
    store_txn *t;
    assert_int_equal(store_write(keep, &t), OK);
    return t;
}

static void add(made *m, time_ms now)
{
    store_txn *t = writing();
    assert_int_equal(requests_add(&q, t, &m->r, now), OK);
    assert_int_equal(store_commit(t), OK);
}

static err step(made *m, request_event e, request_side by, const char *who, time_ms now)
{
    store_txn *t = writing();
    err x = requests_step(&q, t, &m->r, e, by, who, "said", now);
    assert_int_equal(store_commit(t), OK);
    return x;
}

typedef struct names { char text[400]; } names;
static err name_one(void *ctx, const request *r)
{
    names *n = ctx;
    size_t len = strlen(n->text);
    snprintf(n->text + len, sizeof n->text - len, "%s%s", len ? " " : "", r->body->number);
    return OK;
}

static err step_one(void *ctx, const request_past *s)
{
    names *n = ctx;
    size_t len = strlen(n->text);
    snprintf(n->text + len, sizeof n->text - len, "%s%s:%s", len ? " " : "", request_event_name(s->event), s->who);
    return OK;
}

#define LIST(want, call)                       \
    do {                                       \
        names n = {""};                        \
        store_txn *t;                          \
        assert_int_equal(store_read(keep, &t), OK); \
        assert_int_equal(call, OK);            \
        store_end(t);                          \
        assert_string_equal(n.text, want);     \
    } while (0)

static void the_inbox_is_in_order(void **state)
{
    (void)state;
    made *a = make(1, REQUEST_HOSPITAL, "a", 0), *b = make(2, REQUEST_HOSPITAL, "b", 2),
         *c = make(3, REQUEST_HOSPITAL, "c", 0), *d = make(4, REQUEST_CLINIC, "d", 2);
    add(a, 1000);
    add(c, 3000);
    add(b, 4000);
    add(d, 500);
    LIST("b a c", requests_inbox(&q, t, HERE, name_one, &n));
    LIST("", requests_inbox(&q, t, THERE, name_one, &n));
    LIST("d a c b", requests_all(&q, t, HERE, name_one, &n));
    LIST("d a c b", requests_all(&q, t, 0, name_one, &n));
    LIST("d", requests_of(&q, t, REQUEST_CLINIC, HERE, "d", name_one, &n));
    LIST("", requests_of(&q, t, REQUEST_CLINIC, HERE, "", name_one, &n));
    assert_int_equal(step(a, REQUEST_RECEIVE, REQUEST_HOSPITAL, "", 5000), OK);
    a->r.reason = (char *)"not-found";
    assert_int_equal(step(a, REQUEST_REJECT, REQUEST_HOSPITAL, "li", 6000), OK);
    LIST("b c", requests_inbox(&q, t, HERE, name_one, &n)); // what is over waits for nobody
    LIST("a", requests_in(&q, t, REQUEST_HOSPITAL, REQUEST_REJECTED, name_one, &n));
    b->r.chart = (char *)"77";
    assert_int_equal(step(b, REQUEST_RECEIVE, REQUEST_HOSPITAL, "", 5000), OK);
    LIST("b", requests_of(&q, t, REQUEST_HOSPITAL, HERE, "77", name_one, &n));
    store_close(keep);
    open_store();
    LIST("b c", requests_inbox(&q, t, HERE, name_one, &n));
    free(a), free(b), free(c), free(d);
}

static void a_refused_step_writes_nothing(void **state)
{
    (void)state;
    made *m = make(10, REQUEST_HOSPITAL, "m", 0);
    add(m, 1000);
    assert_int_equal(step(m, REQUEST_RECEIVE, REQUEST_HOSPITAL, "", 2000), OK);
    int before = told_count;
    assert_int_equal(step(m, REQUEST_PUBLISH, REQUEST_HOSPITAL, "x", 3000), ERR_CONFLICT);
    assert_int_equal(step(m, REQUEST_ACCEPT, REQUEST_CLINIC, "x", 3000), ERR_DENIED);
    assert_int_equal(m->r.state, REQUEST_RECEIVED);
    store_txn *x = writing();
    char *huge = calloc(1, REQUEST_TEXT_MAX + 2);
    memset(huge, 'x', REQUEST_TEXT_MAX + 1);
    assert_int_equal(requests_step(&q, x, &m->r, REQUEST_REJECT, REQUEST_HOSPITAL, "", huge, 1), ERR_LIMIT);
    m->r.said = (char *)"\xff\xfe"; // no UTF-8: it could not be read back
    assert_int_equal(requests_step(&q, x, &m->r, REQUEST_REJECT, REQUEST_HOSPITAL, "", "", 1), ERR_FORMAT);
    assert_int_equal(m->r.state, REQUEST_RECEIVED);
    assert_int_equal(requests_add(&q, x, &m->r, 1), ERR_EXISTS);
    assert_int_equal(store_commit(x), OK);
    free(huge);
    assert_int_equal(told_count, before);
    LIST("receive:", requests_history(&q, t, m->id, step_one, &n));
    m->r.said = (char *)"";
    assert_int_equal(step(m, REQUEST_ASK_BACK, REQUEST_HOSPITAL, "li", 4000), OK);
    assert_int_equal(told_event, REQUEST_ASK_BACK);
    assert_int_equal(step(m, REQUEST_REPLY, REQUEST_CLINIC, "", 5000), OK);
    LIST("receive: ask-back:li reply:", requests_history(&q, t, m->id, step_one, &n));
    // What is over stays as it is, and what crossed is on record.
    assert_int_equal(step(m, REQUEST_REJECT, REQUEST_HOSPITAL, "li", 6000), OK);
    assert_int_equal(step(m, REQUEST_CANCEL, REQUEST_CLINIC, "", 7000), OK);
    assert_int_equal(m->r.state, REQUEST_REJECTED);
    assert_true(m->r.since_ms == 6000);
    LIST("receive: ask-back:li reply: reject:li cancel:", requests_history(&q, t, m->id, step_one, &n));
    free(m);
}

static void deadlines_come_in_order(void **state)
{
    (void)state;
    made *a = make(20, REQUEST_HOSPITAL, "late", 0), *b = make(21, REQUEST_HOSPITAL, "later", 0);
    time_ms t0 = (time_ms)1000 * HOUR;
    add(a, t0);
    add(b, t0);
    assert_int_equal(step(b, REQUEST_RECEIVE, REQUEST_HOSPITAL, "", t0 + 2 * HOUR), OK);
    assert_int_equal(step(a, REQUEST_RECEIVE, REQUEST_HOSPITAL, "", t0), OK);
    names all = {""};
    store_txn *t;
    assert_int_equal(store_read(keep, &t), OK);
    assert_int_equal(requests_due(&q, t, t0 + HOUR - 1, name_one, &all), OK);
    assert_null(strstr(all.text, "late"));
    store_end(t);
    t = writing();
    assert_int_equal(requests_due(&q, t, t0 + HOUR, name_one, &all), OK);
    assert_non_null(strstr(all.text, "late"));
    assert_null(strstr(all.text, "later"));
    a->r.remind_ms = t0 + 20 * HOUR; // reminded
    assert_int_equal(requests_keep(&q, t, &a->r), OK);
    assert_int_equal(store_commit(t), OK);
    all.text[0] = '\0';
    assert_int_equal(store_read(keep, &t), OK);
    assert_int_equal(requests_due(&q, t, t0 + HOUR, name_one, &all), OK);
    assert_null(strstr(all.text, "late")); // until its deadline
    assert_int_equal(requests_due(&q, t, t0 + 10 * HOUR, name_one, &all), OK);
    assert_non_null(strstr(all.text, "later late"));
    store_end(t);
    free(a), free(b);
}

static void found_by_a_part_of_the_id(void **state)
{
    (void)state;
    made *a = make(0xabcd0001, REQUEST_HOSPITAL, "x", 0), *b = make(0xabcd0102, REQUEST_HOSPITAL, "y", 0);
    add(a, 1);
    add(b, 1);
    arena m;
    request *r;
    store_txn *t;
    arena_init(&m, 0);
    assert_int_equal(store_read(keep, &t), OK);
    assert_int_equal(requests_find(&q, t, "abcd", &m, &r), ERR_CONFLICT);
    assert_int_equal(requests_find(&q, t, "abcd000", &m, &r), OK);
    assert_string_equal(r->body->number, "x");
    assert_int_equal(requests_find(&q, t, "ABCD01", &m, &r), OK);
    assert_string_equal(r->body->number, "y");
    assert_int_equal(requests_find(&q, t, "abce", &m, &r), ERR_NOT_FOUND);
    assert_int_equal(requests_find(&q, t, "ab", &m, &r), ERR_NOT_FOUND);
    assert_int_equal(requests_find(&q, t, "zzzz", &m, &r), ERR_NOT_FOUND);
    assert_int_equal(requests_find(&q, t, "abcd0001000000000000000000000000ff", &m, &r), ERR_NOT_FOUND);
    store_end(t);
    arena_done(&m);
    free(a), free(b);
}

static void a_person_there_and_back(void **state)
{
    (void)state;
    identity i = {.birth = 1000, .sex = 'F', .kana_family = "ヤマダ", .kana_given = "ハナ", .branch = "01"}, k;
    Tsunagu__Person p;
    char sex[2];
    request_person(&i, &p, sex);
    assert_int_equal(request_identity(&p, &k), OK);
    assert_string_equal(k.kana_family, i.kana_family);
    assert_string_equal(k.branch, "01");
    assert_true(k.birth == i.birth && k.sex == 'F');
    char longer[IDENTITY_TEXT + 10];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    p.kana_family = longer;
    assert_int_equal(request_identity(&p, &k), ERR_FORMAT);
    p.kana_family = (char *)"";
    p.sex = (char *)"X";
    assert_int_equal(request_identity(&p, &k), ERR_FORMAT);
    p.sex = (char *)"MF";
    assert_int_equal(request_identity(&p, &k), ERR_FORMAT);
}

// ---- a patient's list against going through all -----------------------------------------------

enum { PATIENTS = 7, MANY = 90 };

static void who_put(made *m, uint8_t patient)
{
    static uint8_t all[PATIENTS + 1][PSEUDONYM_BYTES];
    memset(all[patient], patient + 1, PSEUDONYM_BYTES);
    // The last one's pseudonym is none: such a record belongs to nobody.
    m->body.pseudonym = wire_bytes(span_of(all[patient], patient == PATIENTS ? 5 : PSEUDONYM_BYTES));
}

typedef struct brute {
    const pseudonym *who;
    time_ms made[MANY]; // each was made at a time of its own
    size_t count;
} brute;

static err brute_one(void *ctx, const request *r)
{
    brute *b = ctx;
    pseudonym p;
    if (pseudonym_parse(wire_span(r->body->pseudonym), &p) == OK && pseudonym_same(&p, b->who))
        b->made[b->count++] = r->made_ms;
    return OK;
}

static err listed_one(void *ctx, const request *r)
{
    brute *b = ctx;
    b->made[b->count++] = r->made_ms;
    return OK;
}

static int by_time(const void *a, const void *b)
{
    return (*(const time_ms *)a > *(const time_ms *)b) - (*(const time_ms *)a < *(const time_ms *)b);
}

static size_t lists_agree(void)
{
    size_t found = 0;
    store_txn *t;
    assert_int_equal(store_read(keep, &t), OK);
    for (uint8_t i = 0; i < PATIENTS; i++) {
        pseudonym who;
        memset(who.at, i + 1, sizeof who.at);
        brute want = {.who = &who}, have = {.who = &who};
        assert_int_equal(requests_behind(&q, t, (span){0}, brute_one, &want), OK);
        assert_int_equal(requests_whose(&q, t, &who, listed_one, &have), OK);
        qsort(want.made, want.count, sizeof want.made[0], by_time);
        assert_int_equal(have.count, want.count);
        assert_memory_equal(have.made, want.made, want.count * sizeof want.made[0]);
        found += have.count;
    }
    store_end(t);
    return found;
}

static err key_gather(void *ctx, span key, span value)
{
    buf *b = ctx;
    (void)value;
    if (key.at[0] != 'P' && key.at[0] != 'V')
        return OK;
    buf_put_u8(b, (uint8_t)key.len);
    return buf_put_span(b, key);
}

// As a store was before there was that list.
static void patients_drop(void)
{
    buf keys = {0};
    store_txn *t = writing();
    assert_int_equal(store_walk(t, q.table_list, (span){0}, (span){0}, key_gather, &keys), OK);
    for (size_t i = 0; i < keys.len; i += 1u + keys.at[i])
        assert_int_equal(store_delete(t, q.table_list, span_of(keys.at + i + 1, keys.at[i])), OK);
    assert_int_equal(store_commit(t), OK);
    buf_done(&keys);
}

static void a_patients_list_is_what_all_would_say(void **state)
{
    (void)state;
    made *m[MANY];
    uint32_t dice = 20260401;
    time_ms now = 1000000;
    size_t theirs = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        dice = dice * 1664525 + 1013904223;
        m[i] = make(0x50000000 + (dice >> 4), dice >> 30 ? REQUEST_HOSPITAL : REQUEST_CLINIC, "p", 0);
        m[i]->r.own = HERE + (dice >> 20) % 3;
        who_put(m[i], (uint8_t)((dice >> 8) % (PATIENTS + 1)));
        theirs += (dice >> 8) % (PATIENTS + 1) != PATIENTS;
        add(m[i], now++);
    }
    assert_int_equal(lists_agree(), theirs);
    // Corrected, moved on, forgotten; and a store that had no such list, opened twice.
    for (uint32_t i = 0; i < 6 * MANY; i++) {
        dice = dice * 1664525 + 1013904223;
        made *one = m[(dice >> 8) % MANY];
        if (!one)
            continue;
        store_txn *t = writing();
        if (dice >> 28 < 9) {
            who_put(one, (uint8_t)((dice >> 16) % (PATIENTS + 1)));
            assert_int_equal(requests_keep(&q, t, &one->r), OK);
        } else if (dice >> 28 < 12) {
            request_event e = one->r.side == REQUEST_HOSPITAL ? REQUEST_RECEIVE : REQUEST_CANCEL;
            err x = requests_step(&q, t, &one->r, e, (request_side)one->r.side, "", "", now);
            assert_true(x == OK || x == ERR_CONFLICT);
        } else if (dice >> 28 < 13) {
            assert_int_equal(requests_forget(&q, t, &one->r), OK);
            m[(dice >> 8) % MANY] = NULL;
            free(one);
        }
        assert_int_equal(store_commit(t), OK);
        if (i % 60 == 0) {
            size_t before = lists_agree();
            patients_drop();
            assert_int_equal(requests_fill(&q, keep), OK);
            assert_int_equal(lists_agree(), before);
        }
    }
    lists_agree();
    for (uint32_t i = 0; i < MANY; i++)
        free(m[i]);
}

static void a_store_of_before_is_filled_whole(void **state)
{
    (void)state;
    enum { PAST_A_STEP = 1203 };
    pseudonym who;
    brute none = {.who = &who};
    store_txn *t = writing();
    made *one = make(0, REQUEST_CLINIC, "p", 0);
    memset(who.at, PATIENTS, sizeof who.at);
    who_put(one, PATIENTS - 1);
    uint64_t before, after;
    for (uint32_t i = 0; i < PAST_A_STEP; i++) {
        be32_put(one->id, 0x70000000 + i * 2654435);
        one->r.steps = 0;
        assert_int_equal(requests_add(&q, t, &one->r, 5000 + (time_ms)i), OK);
    }
    assert_int_equal(store_commit(t), OK);
    assert_int_equal(requests_fill(&q, keep), OK);
    assert_int_equal(store_read(keep, &t), OK);
    assert_int_equal(store_count(t, q.table_list, &before), OK);
    store_end(t);
    patients_drop();
    assert_int_equal(store_read(keep, &t), OK);
    assert_int_equal(requests_whose(&q, t, &who, listed_one, &none), OK);
    assert_int_equal(none.count, 0);
    store_end(t);
    assert_int_equal(requests_fill(&q, keep), OK);
    assert_int_equal(store_read(keep, &t), OK);
    assert_int_equal(store_count(t, q.table_list, &after), OK);
    store_end(t);
    assert_int_equal(after, before); // each key is there again, and the mark
    free(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_inbox_is_in_order),     cmocka_unit_test(a_refused_step_writes_nothing),
        cmocka_unit_test(deadlines_come_in_order),   cmocka_unit_test(found_by_a_part_of_the_id),
        cmocka_unit_test(a_person_there_and_back),   cmocka_unit_test(a_patients_list_is_what_all_would_say),
        cmocka_unit_test(a_store_of_before_is_filled_whole),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
