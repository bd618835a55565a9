// SPDX-License-Identifier: Apache-2.0
// A letter EMERGENCY_TOLD at a node with many own patients: from the look that finds it to the job that settles it,
// through the node's own pool and writer. Beside as many bare SHA-256 of as many bytes.
#include "node/disclosing/told.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "node/charts/own.h"
#include "node/disclosing/emergency.h"
#include "ops/measure/bare_node.h"

enum { HASHED = 20 + LETTER_ID_BYTES + PSEUDONYM_BYTES, WAIT_S = 60, LIMIT_MS = 1000 };

static void patient_of(uint64_t i, pseudonym *ret)
{
    uint64_t dice[4] = {mix64(i), mix64(i + 1), mix64(i + 2), mix64(i + 3)};
    ret->at[0] = 1;
    memcpy(ret->at + 1, dice, sizeof dice);
}

static void own_row(bare_node *b, store_txn *t, uint64_t i)
{
    pseudonym who;
    char number[24];
    (void)b;
    patient_of(i, &who);
    snprintf(number, sizeof number, "%llu", (unsigned long long)i);
    must(own_link(t, BARE_FACILITY, number, &who), "own_link");
}

// The patient it means is one of ours, in the middle.
static void letter_put(bare_node *b, uint64_t patient, uint8_t no)
{
    Tsunagu__EmergencyTold m = TSUNAGU__EMERGENCY_TOLD__INIT;
    letter l = {.kind = LETTER_EMERGENCY_TOLD};
    pseudonym who;
    hash32 mark;
    buf body = {0};
    store_txn *t;
    memset(l.thread, no, sizeof l.thread);
    patient_of(patient, &who);
    emergency_mark(l.thread, who.at, &mark);
    m.facility = BARE_OTHER;
    m.source = BARE_OTHER;
    m.at_ms = clock_now_ms();
    m.mark = wire_bytes(span_of(mark.at, HASH_BYTES));
    must(wire_encode((const ProtobufCMessage *)&m, &body), "a letter");
    l.body = buf_span(&body);
    must(store_write(b->n.keep, &t), "store_write");
    must(told_put(t, &l), "told_put");
    must(store_commit(t), "store_commit");
    buf_done(&body);
}

static uint64_t waiting(bare_node *b)
{
    store_txn *t;
    uint64_t count = 0;
    must(store_read(b->n.keep, &t), "store_read");
    must(store_count(t, TABLE_TOLD, &count), "store_count");
    store_end(t);
    return count;
}

// The writer runs only here: between, rows are put without it.
static double told_run(bare_node *b, uint64_t count, uint8_t no)
{
    writer_options wo = {.before = node_before_commit, .after = node_after_commit, .ctx = &b->n};
    letter_put(b, count / 2, no);
    must(writer_start(b->n.keep, &wo, &b->n.write), "writer_start");
    b->n.told_at = 0;
    uint64_t start = now_ns();
    told_tick(&b->n, clock_now_ms());
    while (__atomic_load_n(&b->n.telling, __ATOMIC_ACQUIRE)) {
        struct timespec pause = {0, 100000};
        nanosleep(&pause, NULL);
        if (since(start) > WAIT_S)
            die("an emergency elsewhere was not looked up within %d s", WAIT_S);
    }
    double took = since(start);
    writer_stop(b->n.write);
    if (waiting(b))
        die("an emergency elsewhere was not settled");
    return took;
}

static double hash_run(uint64_t count)
{
    uint8_t bytes[HASHED] = {0};
    hash32 h = {{0}};
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < count; i++) {
        memcpy(bytes, &i, sizeof i);
        bytes[HASHED - 1] = h.at[0]; // each waits for the one before: none is left out
        sha256(span_of(bytes, sizeof bytes), &h);
    }
    return since(start);
}

void told_bench(const bench *b)
{
    bare_node n;
    samples ours = {0}, bare = {0};
    uint64_t count = b->quick ? 20000 : 100000;
    bare_node_open(b, "told", &n);
    must(pool_start(2, &n.n.hands), "pool_start");
    bare_node_fill(&n, count, own_row);
    for (int i = 0; i < b->rounds; i++) {
        samples_add(&ours, told_run(&n, count, (uint8_t)(i + 1)) * 1e3);
        samples_add(&bare, hash_run(count) * 1e3);
    }
    result r = {.name = "told", .unit = "ms", .value = samples_at(&ours, 0.5), .beside = "as many bare SHA-256",
                .beside_value = samples_at(&bare, 0.5), .at_most = true, .of_value = true, .aim = LIMIT_MS};
    snprintf(r.note, sizeof r.note, "one letter, %llu own patients, on a thread of the pool in slices; the "
             "writer only notes whom it found", (unsigned long long)count);
    report(&r);
    pool_stop(n.n.hands);
    bare_node_close(&n);
    samples_done(&ours);
    samples_done(&bare);
}
