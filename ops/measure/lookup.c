// SPDX-License-Identifier: Apache-2.0
#include "ops/measure/lookup.h"

#include <stdio.h>
#include <string.h>

#include "ops/measure/echo.h"
#include "ops/measure/publish.h"
#include "proto/pact/ticket.h"

enum { CHECK_EVERY = 512 }; // decoding every answer would measure ourselves

void asker_init(const place *p, const crowd *who, line *const *lines, int count, asker *ret)
{
    *ret = (asker){.p = p, .who = who, .seed = 1};
    for (int i = 0; i < count; i++)
        ret->name_at[i] = line_lookup(lines[i], &ret->request[i]);
}

void asker_done(asker *a)
{
    for (int i = 0; i < PLACE_NODES; i++)
        buf_done(&a->request[i]);
}

void asker_make(void *ctx, int line_no, uint64_t n, buf *out)
{
    const asker *a = ctx;
    pseudonym name;
    crowd_who(a->who, mix64(a->seed + n) % a->who->count, &name);
    buf_put_span(out, buf_span(&a->request[line_no]));
    if (!out->sticky)
        memcpy(out->at + a->name_at[line_no], name.at, sizeof name.at);
}

bool asker_inspect(const asker *a, span body)
{
    Tsunagu__LookupReply *r;
    arena m;
    bool good = true;
    arena_init(&m, 0);
    if (WIRE_DECODE(body, LookupReply, tsunagu__lookup_reply__descriptor, WIRE_BODY_MAX, &m, &r) != OK ||
        r->n_facilities != 2) {
        good = false;
        say("an answer without its two hospitals");
    }
    for (size_t i = 0; good && i < r->n_facilities; i++) {
        const Tsunagu__FacilityAnswer *f = r->facilities[i];
        ticket k;
        err e = f->status ? (err)f->status
                          : ticket_open(wire_span(f->ticket), a->p->rules->hub_keys,
                                        a->p->rules->hub_key_count, clock_now_ms(), &k);
        if (e || k.source != f->facility || !f->granted) {
            good = false;
            say("no good ticket for %llu: %s", (unsigned long long)f->facility, err_text(e));
        }
    }
    arena_done(&m);
    return good;
}

bool asker_check(void *ctx, int line_no, uint64_t n, uint32_t status, span body)
{
    asker *a = ctx;
    (void)line_no;
    if (status != OK || body.len < 400) // two tickets are more
        return false;
    if (n % CHECK_EVERY)
        return true;
    a->checked++;
    return asker_inspect(a, body);
}

static void echo_make(void *ctx, int line_no, uint64_t n, buf *out)
{
    asker_make(ctx, line_no, n, out);
}

static bool echo_check(void *ctx, int line_no, uint64_t n, uint32_t status, span body)
{
    (void)ctx, (void)line_no, (void)n, (void)body;
    return status == OK;
}

typedef struct shape {
    const char *name;
    int lines, outstanding;
    double aim;
} shape;

typedef struct side {
    line *lines[PLACE_NODES];
    asker ask;
    pid_t pid;  // who answers
    double cpu; // what it spent on it, seconds
    uint64_t calls;
} side;

// Rates of alternating rounds.
typedef struct duel {
    samples rate, times, other;
} duel;

static void duel_done(duel *d)
{
    samples_done(&d->rate);
    samples_done(&d->times);
    samples_done(&d->other);
}

static load load_of(const bench *b, const shape *s, side *x)
{
    x->ask.seed += 1000000007; // other patients each round
    return (load){.lines = x->lines,
                  .line_count = s->lines,
                  .outstanding = s->outstanding,
                  .method = METHOD_LOOKUP,
                  .make = asker_make,
                  .check = asker_check,
                  .ctx = &x->ask,
                  .seconds = b->seconds};
}

static void side_run(side *x, const load *o, load_result *r)
{
    double before = process_cpu(x->pid);
    load_run(o, r);
    x->cpu += process_cpu(x->pid) - before;
    x->calls += r->calls;
}

static double cpu_us(side *x)
{
    return x->calls ? x->cpu / (double)x->calls * 1e6 : 0;
}

static double run_lookups(const bench *b, const shape *s, side *x, samples *times, uint32_t *ret_size)
{
    load o = load_of(b, s, x);
    load_result r = {0};
    side_run(x, &o, &r);
    if (r.wrong)
        die("%s: %llu of %llu answers were wrong", s->name, (unsigned long long)r.wrong,
            (unsigned long long)r.calls);
    if (times)
        samples_join(times, &r.times);
    if (ret_size)
        *ret_size = r.calls ? (uint32_t)(r.bytes / r.calls) : 0;
    samples_done(&r.times);
    return load_rate(&r);
}

static double run_echo(const bench *b, const shape *s, side *x, uint32_t size)
{
    load o = load_of(b, s, x);
    load_result r = {0};
    o.method = ECHO_METHOD + size;
    o.make = echo_make;
    o.check = echo_check;
    side_run(x, &o, &r);
    if (r.wrong)
        die("the echo went wrong");
    samples_done(&r.times);
    return load_rate(&r);
}

static void beside_echo(const bench *b, const shape *s, side *hub, side *bare)
{
    duel d = {0};
    uint32_t size = 0, request = (uint32_t)hub->ask.request[0].len;
    run_lookups(b, s, hub, NULL, &size); // a warm-up, and how long the answers are in such batches
    run_echo(b, s, bare, size);
    hub->cpu = bare->cpu = 0;
    hub->calls = bare->calls = 0;
    for (int i = 0; i < b->rounds; i++) {
        samples_add(&d.rate, run_lookups(b, s, hub, &d.times, NULL));
        samples_add(&d.other, run_echo(b, s, bare, size));
    }
    result out = {.name = s->name,
                  .unit = "lookups/s",
                  .value = samples_at(&d.rate, 0.5),
                  .beside = "bare echo",
                  .beside_value = samples_at(&d.other, 0.5),
                  .aim = s->aim,
                  .p50 = samples_at(&d.times, 0.5),
                  .p99 = samples_at(&d.times, 0.99)};
    snprintf(
        out.note, sizeof out.note,
        "%d x %d outstanding, request %u bytes, answer %u; processor time a call: hub %.1f us, echo %.1f us",
        s->lines, s->outstanding, request, size, cpu_us(hub), cpu_us(bare));
    report(&out);
    duel_done(&d);
}

static void side_open(const place *p, const crowd *who, const char *address, pid_t pid, bool hub, side *ret)
{
    ret->pid = pid;
    // The third union's node comes first, so that one line alone is a stranger to both hospitals.
    for (int i = 0; i < PLACE_NODES; i++) {
        int node = (i + 2) % PLACE_NODES;
        ret->lines[i] = hub ? line_open(p, node, address) : line_dial(p, node, address);
    }
    asker_init(p, who, ret->lines, PLACE_NODES, &ret->ask);
}

static void side_close(side *x)
{
    for (int i = 0; i < PLACE_NODES; i++)
        line_close(x->lines[i]);
    asker_done(&x->ask);
}

void lookup_bench(const bench *b)
{
    static const shape shapes[] = {
        {"lookup", 1, 32, 0.2}, {"lookup_1", 1, 1, 0.2}, {"lookup_8x16", 8, 16, 0.2}};
    place p;
    hub_proc h;
    echo bare;
    side hub = {0}, other = {0};
    place_make(b, "lookup", &p);
    crowd who = place_crowd(&p, b->quick ? 10000 : 100000);
    hub_make(&p, "hub", &h);
    hub_start(&p, &h);
    echo_start(&p, &bare);
    side_open(&p, &who, h.address, h.pid, true, &hub);
    side_open(&p, &who, bare.address, bare.pid, false, &other);
    line *const disclosers[2] = {hub.lines[PLACE_NODES - 2], hub.lines[PLACE_NODES - 1]};
    publish_all(disclosers, &who);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (!b->only || strcmp(b->only, shapes[i].name) == 0)
            beside_echo(b, &shapes[i], &hub, &other);
    say("%llu answers were decoded and their tickets verified", (unsigned long long)hub.ask.checked);
    side_close(&hub);
    side_close(&other);
    echo_stop(&bare);
    hub_stop(&h);
    place_done(&p);
}

void lookup_1e7_bench(const bench *b)
{
    static const shape one = {"lookup_1e7", 1, 32, 0.8};
    place p;
    hub_proc big, small;
    side at_big = {0}, at_small = {0};
    duel d = {0};
    place_make(b, "lookup-1e7", &p);
    crowd many = place_crowd(&p, b->quick ? 500000 : 5000000), few = place_crowd(&p, 50000);
    hub_make(&p, "big", &big);
    hub_make(&p, "small", &small);
    hub_fill(&big, &many);
    hub_fill(&small, &few);
    hub_start(&p, &big);
    hub_start(&p, &small);
    side_open(&p, &many, big.address, big.pid, true, &at_big);
    side_open(&p, &few, small.address, small.pid, true, &at_small);
    run_lookups(b, &one, &at_big, NULL, NULL);
    run_lookups(b, &one, &at_small, NULL, NULL);
    for (int i = 0; i < b->rounds; i++) {
        samples_add(&d.rate, run_lookups(b, &one, &at_big, &d.times, NULL));
        samples_add(&d.other, run_lookups(b, &one, &at_small, NULL, NULL));
    }
    result out = {.name = "lookup_1e7",
                  .unit = "lookups/s",
                  .value = samples_at(&d.rate, 0.5),
                  .beside = "itself at 10^5 cards",
                  .beside_value = samples_at(&d.other, 0.5),
                  .aim = 0.8,
                  .p50 = samples_at(&d.times, 0.5),
                  .p99 = samples_at(&d.times, 0.99)};
    snprintf(out.note, sizeof out.note,
             "%llu cards, put in through proto/store beforehand; 1 x 32 outstanding",
             (unsigned long long)many.count * 2);
    report(&out);
    side_close(&at_big);
    side_close(&at_small);
    hub_stop(&big);
    hub_stop(&small);
    duel_done(&d);
    place_done(&p);
}
