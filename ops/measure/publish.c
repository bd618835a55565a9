// SPDX-License-Identifier: Apache-2.0
#include "ops/measure/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/measure/load.h"
#include "ops/measure/raw.h"

typedef struct range {
    const crowd *who;
    int hospital;
    uint64_t from, until, first_seq;
    buf cards; // of all of them, made before the clock starts
    size_t *starts;
} range;

static void range_make(range *r)
{
    size_t count = (size_t)(r->until - r->from);
    r->starts = malloc((count + 1) * sizeof *r->starts);
    if (!r->starts)
        die("out of memory");
    r->cards.max = SIZE_MAX / 2;
    for (size_t i = 0; i < count; i++) {
        r->starts[i] = r->cards.len;
        crowd_card(r->who, crowd_shuffled(r->who, r->from + i), r->hospital, &r->cards);
    }
    r->starts[count] = r->cards.len;
}

static void range_done(range *r)
{
    buf_done(&r->cards);
    free(r->starts);
}

static span range_card(const range *r, size_t i)
{
    return span_of(r->cards.at + r->starts[i], r->starts[i + 1] - r->starts[i]);
}

static uint64_t range_batches(const range *r)
{
    return (r->until - r->from + WIRE_CARDS_MAX - 1) / WIRE_CARDS_MAX;
}

static size_t batch_end(const range *r, uint64_t n)
{
    uint64_t end = (n + 1) * WIRE_CARDS_MAX, all = r->until - r->from;
    return (size_t)(end < all ? end : all);
}

static void publish_make(void *ctx, int line_no, uint64_t n, buf *out)
{
    const range *r = ctx;
    ProtobufCBinaryData cards[WIRE_CARDS_MAX];
    Tsunagu__PublishRequest q = TSUNAGU__PUBLISH_REQUEST__INIT;
    size_t from = (size_t)n * WIRE_CARDS_MAX, until = batch_end(r, n);
    (void)line_no;
    for (size_t i = from; i < until; i++)
        cards[q.n_cards++] = wire_bytes(range_card(r, i));
    q.first_seq = r->first_seq + from;
    q.cards = cards;
    must(wire_encode((const ProtobufCMessage *)&q, out), "PUBLISH");
}

static bool publish_check(void *ctx, int line_no, uint64_t n, uint32_t status, span body)
{
    const range *r = ctx;
    Tsunagu__PublishReply *reply;
    arena a;
    (void)line_no;
    arena_init(&a, 0);
    bool good = status == OK &&
                WIRE_DECODE(body, PublishReply, tsunagu__publish_reply__descriptor, WIRE_BODY_MAX, &a,
                            &reply) == OK &&
                reply->n_refused_seq == 0 && reply->publish_seq >= r->first_seq + batch_end(r, n) - 1;
    arena_done(&a);
    return good;
}

static double publish_timed(line *l, range *r, int window)
{
    load_result got = {0};
    line *lines[] = {l};
    r->first_seq = l->publish_seq + 1;
    load o = {.lines = lines,
              .line_count = 1,
              .outstanding = window,
              .method = METHOD_PUBLISH,
              .make = publish_make,
              .check = publish_check,
              .ctx = r,
              .calls = range_batches(r)};
    load_run(&o, &got);
    if (got.wrong)
        die("%llu publications were refused", (unsigned long long)got.wrong);
    l->publish_seq += r->until - r->from;
    samples_done(&got.times);
    return got.seconds;
}

void publish_range(line *l, const crowd *who, int hospital, uint64_t from, uint64_t until, int window)
{
    range r = {.who = who, .hospital = hospital, .from = from, .until = until};
    range_make(&r);
    publish_timed(l, &r, window);
    range_done(&r);
}

void publish_all(line *const lines[2], const crowd *who)
{
    uint64_t start = now_ns(), step = 50000;
    for (int k = 0; k < 2; k++)
        for (uint64_t at = 0; at < who->count; at += step)
            publish_range(lines[k], who, k, at, at + step < who->count ? at + step : who->count, 8);
    say("%llu cards published, %.1f s", (unsigned long long)who->count * 2, since(start));
}

static double raw_timed(raw *db, const range *r)
{
    uint64_t start = now_ns();
    for (uint64_t n = 0; n < range_batches(r); n++) {
        raw_begin(db);
        for (size_t i = (size_t)n * WIRE_CARDS_MAX; i < batch_end(r, n); i++) {
            uint8_t key[CARD_KEY_BYTES];
            pseudonym name;
            crowd_who(r->who, crowd_shuffled(r->who, r->from + i), &name);
            card_key(&name, r->who->hospital[r->hospital], key);
            raw_put(db, span_of(key, sizeof key), range_card(r, i));
        }
        raw_commit(db);
    }
    return since(start);
}

static void publish_report(const char *name, samples *hub, samples *db, double aim, const char *note)
{
    result out = {.name = name,
                  .unit = "cards/s",
                  .value = samples_at(hub, 0.5),
                  .beside = "raw LMDB batch insert",
                  .beside_value = samples_at(db, 0.5),
                  .aim = aim};
    snprintf(out.note, sizeof out.note, "%s", note);
    report(&out);
}

void publish_bench(const bench *b)
{
    place p;
    hub_proc h;
    char raw_dir[1300];
    samples one = {0}, four = {0}, db_rates = {0};
    place_make(b, "publish", &p);
    hub_make(&p, "hub", &h);
    hub_start(&p, &h);
    line *l = line_open(&p, p.discloser[0], h.address);
    snprintf(raw_dir, sizeof raw_dir, "%s/raw", p.dir);
    raw *db = raw_open(raw_dir, false, "card");
    uint64_t step = b->quick ? 16 * WIRE_CARDS_MAX : 64 * WIRE_CARDS_MAX, at = 0;
    crowd who = place_crowd(&p, step * 2 * (uint64_t)b->rounds);
    for (int i = 0; i < b->rounds * 2; i++, at += step) {
        // Alternating: the tables of both grow alike.
        range r = {.who = &who, .from = at, .until = at + step};
        range_make(&r);
        bool wide = i & 1;
        double hub_time = publish_timed(l, &r, wide ? 4 : 1), db_time = raw_timed(db, &r);
        samples_add(wide ? &four : &one, (double)step / hub_time);
        samples_add(&db_rates, (double)step / db_time);
        range_done(&r);
    }
    char note[160];
    snprintf(note, sizeof note, "one publication of %d cards outstanding, a commit each, as the raw insert",
             WIRE_CARDS_MAX);
    publish_report("publish", &one, &db_rates, 0.3, note);
    publish_report("publish_4", &four, &db_rates, NAN,
                   "four publications outstanding; the hub may commit them together");
    raw_close(db);
    line_close(l);
    hub_stop(&h);
    samples_done(&one);
    samples_done(&four);
    samples_done(&db_rates);
    place_done(&p);
}
