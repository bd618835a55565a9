// SPDX-License-Identifier: Apache-2.0
// What the measurements share: options, results, and numbers made from samples.
// Each figure is measured beside something in the same run, in alternating rounds,
// and medians are told: machines are noisy, ratios less so.
// Owner: each says. Thread: the main one, but where said. Fails: a measurement
// that cannot be made ends the program with a sentence (die).
#ifndef TSUNAGU_BENCH_H
#define TSUNAGU_BENCH_H

#include <math.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "proto/base/span.h"

typedef struct bench {
    bool quick, json;
    int rounds;
    double seconds;    // of one round
    const char *only;  // of a measurement's figures; NULL: all
    char source[1024]; // the checkout: policies/sapporo
    char bin[1024];    // the built programs
    char data[1024];   // build/bench-data: what is kept between runs
} bench;

typedef struct result {
    const char *name, *unit;
    double value;
    const char *beside; // what it is held against; NULL: nothing
    double beside_value;
    const char *beside_unit; // NULL: as the value's
    bool of_value;           // the aim speaks of the value, not of the ratio
    bool at_most;            // the aim is a ceiling
    double aim;              // NAN: none
    double p50, p99;         // of the calls' times, microseconds; 0: not such a figure
    char note[160];
} result;
void report_open(const bench *b);
void report(const result *r); // prints it at once
void report_missing(const char *name, const char *why);

noreturn void die(const char *fmt, ...) PRINTF_LIKE(1, 2);
void must(err e, const char *what);               // dies
void say(const char *fmt, ...) PRINTF_LIKE(1, 2); // progress, on standard error

uint64_t now_ns(void);
double since(uint64_t start_ns); // seconds

// Numbers, in the order they came; asked for their middle.
typedef struct samples {
    double *at;
    size_t count, cap;
} samples;
void samples_add(samples *s, double v);
void samples_join(samples *s, const samples *more);
double samples_at(samples *s, double share); // sorts; 0.5: the median. 0 if empty
void samples_done(samples *s);

// Seeded, small and fast.
uint64_t mix64(uint64_t x);

// Removes a folder and all below it, if it is there. Only below the data folder or /tmp.
void folder_remove(const char *path);
void folder_make(const char *path); // with its parents
uint64_t file_bytes(const char *path);

// One measurement. `data` of it below b->data is its own to clean up.
typedef struct bench_row {
    const char *name;
    void (*run)(const bench *b);
} bench_row;
void lookup_bench(const bench *b);
void lookup_1e7_bench(const bench *b);
void publish_bench(const bench *b);
void restart_bench(const bench *b);
void rss_hub_bench(const bench *b);
void rss_node_bench(const bench *b);
void document_bench(const bench *b);
void scan_bench(const bench *b);
void candidates_bench(const bench *b);
void decision_bench(const bench *b);
void check_bench(const bench *b);
void compile_bench(const bench *b);
void impact_bench(const bench *b);
void daily_bench(const bench *b);
void told_bench(const bench *b);

#endif
