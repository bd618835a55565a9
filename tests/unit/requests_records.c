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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_inbox_is_in_order),     cmocka_unit_test(a_refused_step_writes_nothing),
        cmocka_unit_test(deadlines_come_in_order),   cmocka_unit_test(found_by_a_part_of_the_id),
        cmocka_unit_test(a_person_there_and_back),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
