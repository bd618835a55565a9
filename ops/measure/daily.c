// SPDX-License-Identifier: Apache-2.0
// The day's work at a node that keeps much: every consent and every request is looked at; each day some of them end,
// some are told of beforehand, and some papers are purged. Each round is another day.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/charts/consent.h"
#include "node/flow/flow.h"
#include "ops/measure/bare_node.h"
#include "ops/measure/raw.h"

enum { DAY_MS = 86400000, SPREAD = 1000, MOST_MS = 20, MOST_S = 60 };
static time_ms begins;

// Ends spread over a thousand days, and what is over became so in as many.
static bool over(uint64_t i)
{
    return i % 4 == 0;
}

static time_ms over_at(const bare_node *b, uint64_t i)
{
    int kept = policy_flow(b->n.book_now->r->p).retention_months;
    day edge = day_minus_months(day_of_time(begins), kept);
    return begins - (time_ms)(day_of_time(begins) - edge - (day)(i / 4 % SPREAD)) * DAY_MS;
}

static day until_of(uint64_t i)
{
    return day_of_time(begins) + (day)(i % SPREAD);
}

static void consent_made(bare_node *b, store_txn *t, uint64_t i)
{
    consent c = {.by = "bench"};
    uint64_t dice[4] = {mix64(i), mix64(i + 1), mix64(i + 2), mix64(i + 3)};
    snprintf(c.chart, sizeof c.chart, "%010llu", (unsigned long long)(5000000000u + i));
    memcpy(c.card.who.at + 1, dice, sizeof dice);
    c.card.who.at[0] = 1;
    c.card.facility = BARE_FACILITY;
    c.card.registered_on = day_of_time(begins) - 400;
    consent_scope *s = &c.card.scope;
    memcpy(s->id, dice, sizeof s->id);
    s->revision = 1 + i;
    s->from = c.card.registered_on;
    s->until = until_of(i);
    s->withdrawn = over(i);
    s->at = over(i) ? over_at(b, i) : begins - (time_ms)400 * DAY_MS;
    s->grantee_count = 1;
    s->grantees[0] = (grantee){.kind = GRANTEE_FACILITY, .facility = BARE_OTHER};
    s->categories = 1;
    must(consent_put(t, &c), "consent_put");
}

static void request_made(bare_node *b, store_txn *t, uint64_t i)
{
    const requests q = flow_reading();
    request r = TSUNAGU__REQUEST_RECORD__INIT;
    Tsunagu__RequestBody body = TSUNAGU__REQUEST_BODY__INIT;
    Tsunagu__Person who = TSUNAGU__PERSON__INIT;
    Tsunagu__ConsentTerms terms = TSUNAGU__CONSENT_TERMS__INIT;
    uint64_t dice[5] = {mix64(~i), mix64(i + 1), mix64(i + 2), mix64(i + 3), 0};
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)i);
    who.kana_family = (char *)"ヤマダ";
    who.kana_given = (char *)"ハナコ";
    who.kanji_family = (char *)"山田";
    who.kanji_given = (char *)"花子";
    who.address = (char *)"札幌市手稲区前田六条十三丁目";
    who.birth_day = day_of(1954, 3, 26);
    body.pseudonym = wire_bytes(span_of(dice, PSEUDONYM_BYTES));
    body.person = &who;
    body.consent = &terms;
    body.number = number;
    r.id = wire_bytes(span_of(dice, REQUEST_ID_BYTES));
    r.side = REQUEST_CLINIC;
    r.own = BARE_FACILITY;
    r.other = BARE_OTHER;
    r.other_node = (char *)"elsewhere";
    r.body = &body;
    must(requests_add(&q, t, &r, begins - (time_ms)400 * DAY_MS), "requests_add");
    r.state = over(i) ? REQUEST_ENDED : REQUEST_COMPLETED;
    r.until_day = until_of(i);
    r.since_ms = over(i) ? over_at(b, i) : r.made_ms;
    must(requests_keep(&q, t, &r), "requests_keep");
}

typedef struct timed {
    double all, longest; // seconds; the longest that one slice ran, its commit not counted
    double busy;         // the most of any on the processor: what waited for others is not our work
    size_t slices;
    samples holds;       // microseconds
} timed;

static double processor(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// As the writer does with a batch of this one job.
static bool slice_run(bare_node *b, time_ms now, timed *k)
{
    job j = {.n = &b->n, .rules = b->n.book_now, .now = now};
    bool more = false;
    store_txn *t;
    arena_init(&j.memory, 4 << 20);
    accesslog_aborted(&b->n.log);
    must(store_write(b->n.keep, &t), "store_write");
    uint64_t start = now_ns();
    double busy = processor();
    must(daily_step(&j, t, &daily_usual, &more), "daily_step");
    double took = since(start);
    busy = processor() - busy;
    must(accesslog_seal(&b->n.log, t), "accesslog_seal");
    must(store_commit(t), "store_commit");
    accesslog_committed(&b->n.log);
    arena_done(&j.memory);
    k->longest = took > k->longest ? took : k->longest;
    k->busy = busy > k->busy ? busy : k->busy;
    k->slices++;
    samples_add(&k->holds, took * 1e6);
    return more;
}

static void day_run(bare_node *b, time_ms now, timed *k)
{
    uint64_t start = now_ns();
    while (slice_run(b, now, k))
        ;
    k->all = since(start);
}

static double walk_run(const bare_node *b)
{
    uint64_t sum = 0, rows = 0;
    uint64_t start = now_ns();
    static const char *const TABLES[] = {"consent", "request"};
    for (int i = 0; i < 2; i++) {
        raw *r = raw_open(b->dir, true, TABLES[i]);
        rows += raw_walk(r, &sum);
        raw_close(r);
    }
    if (!rows || !sum)
        die("nothing to walk over");
    return since(start);
}

static void rows_report(const bench *b, uint64_t rows, timed *k, samples *all, samples *longest,
                        samples *walks)
{
    result whole = {.name = "daily", .unit = "s", .value = samples_at(all, 0.5),
                    .beside = "a raw LMDB walk of the same rows", .beside_value = samples_at(walks, 0.5),
                    .at_most = true, .of_value = true, .aim = MOST_S};
    snprintf(whole.note, sizeof whole.note, "%llu consents and %llu requests, a day's share told, ended and "
             "purged; %zu slices, a commit each", (unsigned long long)rows, (unsigned long long)rows,
             k->slices / (size_t)b->rounds);
    report(&whole);
    result hold = {.name = "daily_hold", .unit = "ms", .value = samples_at(longest, 0.5) * 1e3,
                   .beside = "that walk", .beside_value = samples_at(walks, 0.5) * 1e3, .at_most = true,
                   .of_value = true, .aim = MOST_MS, .p50 = samples_at(&k->holds, 0.5),
                   .p99 = samples_at(&k->holds, 0.99)};
    snprintf(hold.note, sizeof hold.note, "the longest that a slice held the writer, its commit not counted "
             "(%.1f ms on the processor); limit: %zu rows looked at, %zu acted on", k->busy * 1e3,
             daily_usual.looks, daily_usual.acts);
    report(&hold);
}

void daily_bench(const bench *b)
{
    bare_node n;
    timed k = {.all = 0};
    samples all = {0}, longest = {0}, walks = {0};
    uint64_t rows = b->quick ? 20000 : 100000, start = now_ns();
    begins = clock_now_ms();
    bare_node_open(b, "daily", &n);
    bare_node_fill(&n, rows, consent_made);
    bare_node_fill(&n, rows, request_made);
    say("%llu consents and as many requests, %.1f s", (unsigned long long)rows, since(start));
    for (int i = 0; i < b->rounds; i++) {
        k.longest = 0;
        day_run(&n, begins + (time_ms)(i + 1) * DAY_MS, &k);
        samples_add(&all, k.all);
        samples_add(&longest, k.longest);
        samples_add(&walks, walk_run(&n));
    }
    rows_report(b, rows, &k, &all, &longest, &walks);
    bare_node_close(&n);
    samples_done(&k.holds);
    samples_done(&all);
    samples_done(&longest);
    samples_done(&walks);
}
