// SPDX-License-Identifier: Apache-2.0
// The same of a node: over a storage, with 10^5 consents whose cards it publishes to a real
// hub by itself. The consents are put into its stopped store by the node's own functions:
// a person confirms one at a time, and 10^5 of them would take the bench an hour.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/charts/consent.h"
#include "node/line/outbox.h"
#include "ops/measure/memory.h"
#include "ops/measure/place.h"
#include "ops/cli/synth/synth.h"
#include "proto/link/ipc.h"

enum { FILL_BATCH = 20000, PATIENTS = 300, WAIT_S = 300 };

static void consents_fill(const char *data, const crowd *who)
{
    store_options o = {.dir = data, .tables = node_tables};
    store *s;
    store_txn *t = NULL;
    buf bytes = {0};
    must(store_open(&o, &s), data);
    for (uint64_t i = 0; i < who->count; i++) {
        consent c = {.by = "bench"};
        sent now = {.seq = 0};
        if (!t)
            must(store_write(s, &t), "store_write");
        buf_clear(&bytes);
        crowd_card(who, i, 0, &bytes);
        must(card_unpack(buf_span(&bytes), &c.card), "a card");
        snprintf(c.chart, sizeof c.chart, "%010llu", (unsigned long long)(5000000000u + i));
        must(consent_put(t, &c), "consent_put");
        must(outbox_put(t, buf_span(&bytes), &now.seq), "outbox_put");
        sha256(buf_span(&bytes), &now.card);
        must(sent_put(t, span_str(c.chart), &now), "sent_put");
        if ((i + 1) % FILL_BATCH == 0 || i + 1 == who->count) {
            must(store_commit(t), "store_commit");
            t = NULL;
        }
    }
    store_close(s);
    buf_done(&bytes);
}

static void node_configure(const place *p, const hub_proc *h, char config[static 1300])
{
    const place_node *n = &p->nodes[p->discloser[0]];
    snprintf(config, 1300, "%s/node.yaml", p->dir);
    FILE *f = fopen(config, "we");
    if (!f)
        die("%s: cannot be written", config);
    fprintf(
        f,
        "node: %s\nfacility: \"%010llu\"\nhub: {address: \"%s\", host: %s}\nrules: rules.bundle\ndata: "
        "node.data\n"
        "socket: node.sock\nlog_level: warn\n"
        "tls: {ca: ca/ca.pem, crl: ca/crl.pem, cert: %s.pem, key: %s.key}\n"
        "keys: {sign: %s-sign.key, seal: [%s-seal.key], secret: %s-secret.hex, federation: federation.hex}\n"
        "storages: [storage/standard]\n",
        n->name, (unsigned long long)n->discloses, h->address, PLACE_HUB_HOST, n->name, n->name, n->name,
        n->name, n->name);
    fclose(f);
}

// A number of the node's status, or -1 while it does not answer.
static long long node_status(const place *p, const char *command, const char *key)
{
    char socket[1200];
    Tsunagu__ControlRequest q = TSUNAGU__CONTROL_REQUEST__INIT;
    Tsunagu__ControlReply *r;
    buf request = {0}, reply = {0};
    arena a;
    long long found = -1;
    snprintf(socket, sizeof socket, "%s/node.sock", p->dir);
    arena_init(&a, 0);
    q.version = WIRE_VERSION;
    q.command = (char *)command;
    must(wire_encode((const ProtobufCMessage *)&q, &request), "a control request");
    if (ipc_call(socket, buf_span(&request), 10000, &reply) == OK &&
        wire_decode(buf_span(&reply), &tsunagu__control_reply__descriptor, WIRE_CONTROL_MAX, &a,
                    (ProtobufCMessage **)&r) == OK)
        for (size_t i = 0; i < r->n_records; i++)
            for (size_t k = 0; k < r->records[i]->n_fields; k++)
                if (strcmp(r->records[i]->fields[k]->key, key) == 0)
                    found = strcmp(r->records[i]->fields[k]->value, "yes") == 0
                                ? 1
                                : atoll(r->records[i]->fields[k]->value);
    arena_done(&a);
    buf_done(&request);
    buf_done(&reply);
    return found;
}

// Until all cards are at the hub and no scan runs.
static bool node_settled(const place *p)
{
    uint64_t start = now_ns();
    while (since(start) < WAIT_S) {
        struct timespec pause = {0, 200000000};
        nanosleep(&pause, NULL);
        if (node_status(p, "status", "pending") == 0 && node_status(p, "scan.progress", "running") == 0)
            return true;
    }
    return false;
}

static synth_counts storage_make(const place *p)
{
    char dir[1200];
    synth_counts counts;
    snprintf(dir, sizeof dir, "%s/storage", p->dir);
    folder_make(dir);
    synth_options o = {.out_dir = dir,
                       .facility_code = "0119900017",
                       .facility_name = "見本病院",
                       .seed = 2,
                       .patients = PATIENTS,
                       .until = day_of_time(clock_now_ms())};
    must(synth_write(&o, &counts), dir);
    return counts;
}

void rss_node_bench(const bench *b)
{
    place p;
    hub_proc h;
    char program[1200], config[1300], log[1300], data[1200], note[160];
    snprintf(program, sizeof program, "%s/tsunagu-node", b->bin);
    if (access(program, X_OK)) {
        report_missing("rss_node", "tsunagu-node is not built");
        return;
    }
    place_make(b, "rss-node", &p);
    crowd who = place_crowd(&p, b->quick ? 10000 : 100000);
    synth_counts counts = storage_make(&p);
    hub_make(&p, "hub", &h);
    node_configure(&p, &h, config);
    snprintf(data, sizeof data, "%s/node.data", p.dir);
    snprintf(log, sizeof log, "%s/node.log", p.dir);
    consents_fill(data, &who);
    hub_start(&p, &h);
    const char *argv[] = {program, "--config", config, NULL};
    pid_t pid = process_start(argv, log, NULL);
    uint64_t start = now_ns();
    if (!node_settled(&p))
        die("the node did not come to rest; see %s", log);
    say("%llu cards published by the node, %.1f s", (unsigned long long)who.count, since(start));
    memory_rest();
    snprintf(note, sizeof note,
             "%llu consents put into its store, their cards published by it; %llu files of %llu patients "
             "scanned; %d s idle",
             (unsigned long long)who.count, (unsigned long long)counts.files,
             (unsigned long long)counts.patients, MEMORY_REST_S);
    memory_weigh("rss_node", pid, note);
    process_end(pid);
    hub_stop(&h);
    place_done(&p);
}
