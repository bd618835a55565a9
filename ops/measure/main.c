// SPDX-License-Identifier: Apache-2.0
// tsunagu-bench: what the system can carry, held against what carries it.
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops/measure/bench.h"
#include "ops/measure/echo.h"

static const bench_row rows[] = {
    {"lookup", "audited look-ups a second over mutual TLS; beside a bare echo through the same line",
     lookup_bench},
    {"lookup_1e7", "the same over 10^7 cards; beside itself over 10^5", lookup_1e7_bench},
    {"publish", "cards published a second, durable; beside raw LMDB", publish_bench},
    {"scan", "a storage scanned (scan, rescan); beside find -type f and the full scan", scan_bench},
    {"rss_hub", "resident memory of an idle hub with 10^5 cards, the map not counted", rss_hub_bench},
    {"rss_node", "the same of a node", rss_node_bench},
    {"restart", "from exec to the first answer over 10^6 cards; beside a raw LMDB open and get",
     restart_bench},
    {"candidates", "candidates for a dirty form among 10^6 patients; beside as many bare LMDB reads",
     candidates_bench},
    {"document", "64 MiB through the hub, and how far it grows; beside the bare line", document_bench},
    {"decision", "one decision, eight categories; beside the rules read line by line", decision_bench},
    {"check", "the council's files checked at 10 to 10,000 facilities; beside parsing them", check_bench},
    {"compile", "the same compiled", compile_bench},
    {"impact", "a year of 10^6 look-ups replayed under two rules; beside wc -l", impact_bench},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void help(void)
{
    printf("Usage: ops/bench [--json] [--quick] [--rounds N] [NAME...]\n\n"
           "Measures the system, each figure beside something else in the same run, in alternating\n"
           "rounds; medians are told. Never a test: the exit code says only whether it could measure.\n\n"
           "  --json       one object a line\n"
           "  --quick      smaller and shorter (under three minutes)\n"
           "  --rounds N   alternating rounds a figure (5; quick: 3)\n"
           "  --only NAME  of look-ups: one of lookup, lookup_1, lookup_8x16\n"
           "  --source DIR the checkout, for policies/sapporo\n"
           "  --data DIR   what is kept between runs (bench-data beside bin); may be removed at any time\n\n"
           "Without a NAME all are run:\n");
    for (size_t i = 0; i < ROWS; i++)
        printf("  %-12s %s\n", rows[i].name, rows[i].what);
    printf(
        "\nMemory is read from /proc/PID/smaps of a daemon that is not dumpable: run as root for rss_*.\n");
}

static const bench_row *row_find(const char *name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0 ||
            (strcmp(name, "rescan") == 0 && strcmp(rows[i].name, "scan") == 0))
            return &rows[i];
    return NULL;
}

static void places(bench *b, const char *source, const char *data)
{
    char self[900] = "";
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        die("/proc/self/exe cannot be read");
    *strrchr(self, '/') = '\0';
    snprintf(b->bin, sizeof b->bin, "%s", self);
    snprintf(b->source, sizeof b->source, "%s", source ? source : ".");
    if (data)
        snprintf(b->data, sizeof b->data, "%s", data);
    else
        snprintf(b->data, sizeof b->data, "%.*s/bench-data", (int)(strrchr(self, '/') - self), self);
    folder_make(b->data);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, 0, 'j'},
                                            {"quick", no_argument, 0, 'q'},
                                            {"rounds", required_argument, 0, 'r'},
                                            {"source", required_argument, 0, 's'},
                                            {"data", required_argument, 0, 'd'},
                                            {"help", no_argument, 0, 'h'},
                                            {"echo", required_argument, 0, 'e'},
                                            {"only", required_argument, 0, 'o'},
                                            {0}};
    bench b = {0};
    const char *source = NULL, *data = NULL;
    for (int o; (o = getopt_long(argc, argv, "jqr:s:d:h", options, NULL)) != -1;) {
        switch (o) {
        case 'j': b.json = true; break;
        case 'q': b.quick = true; break;
        case 'r': b.rounds = atoi(optarg); break;
        case 's': source = optarg; break;
        case 'd': data = optarg; break;
        case 'e': return echo_main(optarg); // the other side of the comparison, started by ourselves
        case 'o': b.only = optarg; break;
        case 'h': help(); return 0;
        default: fprintf(stderr, "ops/measure/run --help tells how\n"); return 2;
        }
    }
    for (int i = optind; i < argc; i++)
        if (!row_find(argv[i])) {
            fprintf(stderr, "there is no measurement \"%s\"; ops/bench --help lists them\n", argv[i]);
            return 2;
        }
    signal(SIGPIPE, SIG_IGN);
    if (b.rounds < 1)
        b.rounds = b.quick ? 3 : 5;
    b.seconds = b.quick ? 0.5 : 2;
    places(&b, source, data);
    report_open(&b);
    for (size_t i = 0; i < ROWS; i++) {
        bool wanted = optind == argc;
        for (int k = optind; k < argc; k++)
            wanted = wanted || row_find(argv[k]) == &rows[i];
        if (!wanted)
            continue;
        say("%s: %s", rows[i].name, rows[i].what);
        rows[i].run(&b);
    }
    return 0;
}
