// SPDX-License-Identifier: Apache-2.0
// What daemons weigh when they have worked and rest: resident pages of every mapping
// but the store's file, which is the page cache's.
#include <stdio.h>
#include <time.h>

#include "ops/measure/lookup.h"
#include "ops/measure/memory.h"
#include "ops/measure/publish.h"

void memory_rest(void)
{
    struct timespec t = {MEMORY_REST_S, 0};
    nanosleep(&t, NULL);
}

void memory_weigh(const char *name, pid_t pid, const char *note)
{
    double mib = process_rss(pid);
    if (mib < 0) {
        report_missing(name, "its smaps may not be read (run as root)");
        return;
    }
    result out = {.name = name, .unit = "MiB", .value = mib, .of_value = true, .at_most = true, .aim = 40};
    snprintf(out.note, sizeof out.note, "%s", note);
    report(&out);
}

void rss_hub_bench(const bench *b)
{
    place p;
    hub_proc h;
    char note[160];
    place_make(b, "rss-hub", &p);
    crowd who = place_crowd(&p, b->quick ? 10000 : 50000);
    hub_make(&p, "hub", &h);
    hub_start(&p, &h);
    line *lines[] = {line_open(&p, 2, h.address), line_open(&p, 0, h.address), line_open(&p, 1, h.address)};
    publish_all(lines + 1, &who);
    // After work, not fresh from the start: what was grown for it must have been given back.
    asker ask;
    load_result r = {0};
    asker_init(&p, &who, lines, 1, &ask);
    load o = {.lines = lines,
              .line_count = 1,
              .outstanding = 64,
              .method = METHOD_LOOKUP,
              .make = asker_make,
              .check = asker_check,
              .ctx = &ask,
              .calls = 20000};
    load_run(&o, &r);
    memory_rest();
    snprintf(note, sizeof note,
             "%llu cards published through the line, 3 nodes connected, 20,000 look-ups, then %d s idle",
             (unsigned long long)who.count * 2, MEMORY_REST_S);
    memory_weigh("rss_hub", h.pid, note);
    samples_done(&r.times);
    asker_done(&ask);
    for (int i = 0; i < 3; i++)
        line_close(lines[i]);
    hub_stop(&h);
    place_done(&p);
}
