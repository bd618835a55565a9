// SPDX-License-Identifier: Apache-2.0
// A large document through the hub: a real ticket, a real relay, two nodes of the bench at
// its ends. What is sealed is of no concern to the hub, so zeros stand for it.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "ops/measure/echo.h"
#include "ops/measure/lookup.h"
#include "ops/measure/publish.h"
#include "ops/measure/stream.h"

enum { DOCUMENT_BYTES = 64 << 20, POLL_NS = 5000000 };

typedef struct watch {
    pid_t pid;
    atomic_bool over;
    double most;
} watch;

static void *watch_run(void *arg)
{
    watch *w = arg;
    struct timespec pause = {0, POLL_NS};
    while (!atomic_load(&w->over)) {
        double now = process_rss(w->pid);
        if (now > w->most)
            w->most = now;
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void on_release(void *ctx, link_in *call)
{
    (void)ctx;
    if (link_in_method(call) == METHOD_RELEASE)
        stream_serve(call, DOCUMENT_BYTES);
    else
        link_reply(call, ERR_UNSUPPORTED, (span){0}, NULL);
}

// Looks a patient up and makes the fetch of the first granted hospital.
static void fetch_make(line *l, const crowd *who, buf *out)
{
    static const uint8_t sealed[256];
    buf request = {0}, back = {0};
    arena a;
    pseudonym name;
    Tsunagu__LookupReply *r;
    Tsunagu__FetchRequest q = TSUNAGU__FETCH_REQUEST__INIT;
    size_t at = line_lookup(l, &request);
    crowd_who(who, 0, &name);
    for (size_t i = 0; i < sizeof name.at; i++)
        request.at[at + i] = name.at[i];
    must(line_ask(l, METHOD_LOOKUP, buf_span(&request), &back), "LOOKUP");
    arena_init(&a, 0);
    must(WIRE_DECODE(buf_span(&back), LookupReply, tsunagu__lookup_reply__descriptor, WIRE_BODY_MAX, &a, &r),
         "LOOKUP");
    if (r->n_facilities == 0 || r->facilities[0]->ticket.len == 0)
        die("no ticket for the document");
    q.ticket = r->facilities[0]->ticket;
    q.sealed = wire_bytes(span_of(sealed, sizeof sealed));
    must(wire_encode((const ProtobufCMessage *)&q, out), "FETCH");
    arena_done(&a);
    buf_done(&request);
    buf_done(&back);
}

static double take_timed(line *l, uint32_t method, span body)
{
    uint64_t start = now_ns(), got = stream_take(l, method, body);
    double took = since(start);
    if (got != DOCUMENT_BYTES)
        die("%llu bytes came of %d", (unsigned long long)got, DOCUMENT_BYTES);
    return DOCUMENT_BYTES / took / (1 << 20);
}

void document_bench(const bench *b)
{
    place p;
    hub_proc h;
    echo bare;
    samples relay = {0}, direct = {0};
    buf fetch = {0};
    pthread_t watcher;
    place_make(b, "document", &p);
    crowd who = place_crowd(&p, 1000);
    hub_make(&p, "hub", &h);
    hub_start(&p, &h);
    echo_start(&p, &bare);
    line *disclosers[2] = {line_open(&p, 0, h.address), line_open(&p, 1, h.address)};
    line *clinic = line_open(&p, 2, h.address), *other = line_dial(&p, 2, bare.address);
    disclosers[0]->serve = disclosers[1]->serve = on_release;
    publish_all(disclosers, &who);
    watch w = {.pid = h.pid};
    double before = process_rss(h.pid);
    pthread_create(&watcher, NULL, watch_run, &w);
    for (int i = 0; i < b->rounds; i++) {
        buf_clear(&fetch);
        fetch_make(clinic, &who, &fetch);
        samples_add(&relay, take_timed(clinic, METHOD_FETCH, buf_span(&fetch)));
        samples_add(&direct, take_timed(other, ECHO_STREAM + DOCUMENT_BYTES, (span){0}));
    }
    atomic_store(&w.over, true);
    pthread_join(watcher, NULL);
    result speed = {.name = "document",
                    .unit = "MiB/s",
                    .value = samples_at(&relay, 0.5),
                    .beside = "one line without relay",
                    .beside_value = samples_at(&direct, 0.5),
                    .aim = NAN,
                    .note = "64 MiB through the hub: twice the TLS, three processes on the machine's cores"};
    report(&speed);
    if (before < 0)
        report_missing("document_rss", "the hub's smaps may not be read (run as root)");
    else {
        result grown = {.name = "document_rss",
                        .unit = "MiB",
                        .value = w.most - before,
                        .of_value = true,
                        .at_most = true,
                        .aim = 8,
                        .note = "how far the hub grew at most while documents passed"};
        report(&grown);
    }
    for (int i = 0; i < 2; i++)
        line_close(disclosers[i]);
    line_close(clinic);
    line_close(other);
    echo_stop(&bare);
    hub_stop(&h);
    buf_done(&fetch);
    samples_done(&relay);
    samples_done(&direct);
    place_done(&p);
}
