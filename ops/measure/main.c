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

// help.txt says what each is.
static const bench_row rows[] = {
    {"lookup", lookup_bench},       {"lookup_1e7", lookup_1e7_bench}, {"publish", publish_bench},
    {"scan", scan_bench},           {"rss_hub", rss_hub_bench},       {"rss_node", rss_node_bench},
    {"restart", restart_bench},     {"candidates", candidates_bench}, {"document", document_bench},
    {"decision", decision_bench},   {"check", check_bench},           {"compile", compile_bench},
    {"impact", impact_bench},       {"daily", daily_bench},           {"told", told_bench},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

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
                                            {"echo", required_argument, 0, 'e'},
                                            {"only", required_argument, 0, 'o'},
                                            {0}};
    bench b = {0};
    const char *source = NULL, *data = NULL;
    for (int o; (o = getopt_long(argc, argv, "jqr:s:d:", options, NULL)) != -1;) {
        switch (o) {
        case 'j': b.json = true; break;
        case 'q': b.quick = true; break;
        case 'r': b.rounds = atoi(optarg); break;
        case 's': source = optarg; break;
        case 'd': data = optarg; break;
        case 'e': return echo_main(optarg); // the other side of the comparison, started by ourselves
        case 'o': b.only = optarg; break;
        default: fprintf(stderr, "ops/bench --help tells how\n"); return 2;
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
        say("%s", rows[i].name);
        rows[i].run(&b);
    }
    return 0;
}
