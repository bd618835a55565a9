// SPDX-License-Identifier: Apache-2.0
// Candidates for a request form among 10^6 patients of one hospital: the index of traits that a node
// keeps, filled with invented people; beside as many bare reads of LMDB at random keys.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/trait/trait.h"
#include "ops/cli/synth/slips.h"
#include "ops/measure/bench.h"
#include "ops/measure/raw.h"

enum { PEOPLE = 1000000, QUICK = 100000, A_WRITE = 20000, SHOWN = 100, WARM = 50 };
static const uint8_t SECRET[32] = "candidates";
static const char *const tables[] = {"traits", NULL};

typedef struct hospital {
    uint32_t people;
    store *keep;
    raw *bare;
    char dir[1100], bare_dir[1200];
} hospital;

static void folders(const bench *b, hospital *h)
{
    h->people = b->quick ? QUICK : PEOPLE;
    snprintf(h->dir, sizeof h->dir, "%s/candidates-%u-v%d", b->data, h->people, TRAIT_VERSION);
    snprintf(h->bare_dir, sizeof h->bare_dir, "%s-raw", h->dir);
}

// Written as a first scan writes: chart by chart, many to a commit. The bare table gets a row a person.
static void fill(hospital *h)
{
    store_txn *t = NULL;
    h->bare = raw_open(h->bare_dir, false, "rows");
    for (uint32_t i = 0; i < h->people; i++) {
        identity who;
        traits keys;
        char chart[16];
        uint8_t key[8];
        if (!t) {
            must(store_write(h->keep, &t), "write");
            raw_begin(h->bare);
        }
        slip_person(1, i, &who);
        traits_of(SECRET, &who, &keys);
        snprintf(chart, sizeof chart, "%08u", i);
        must(traits_put(t, 0, &keys, chart), "traits");
        be64_put(key, mix64(i));
        raw_put(h->bare, span_of(key, sizeof key), span_of(keys.at[0], sizeof keys.at[0]));
        if (i % A_WRITE == A_WRITE - 1 || i + 1 == h->people) {
            must(store_commit(t), "commit");
            raw_commit(h->bare);
            t = NULL;
            if (i % (10 * A_WRITE) == 10 * A_WRITE - 1)
                say("candidates: %u of %u patients indexed", i + 1, h->people);
        }
    }
    raw_close(h->bare);
}

// Kept between runs: whole only if the last person is in it.
static bool whole(const hospital *h)
{
    store_txn *t;
    traits keys;
    identity who;
    trait_hit hits[SHOWN];
    size_t count = 0;
    char chart[16];
    bool found = false;
    must(store_read(h->keep, &t), "read");
    slip_person(1, h->people - 1, &who);
    traits_of(SECRET, &who, &keys);
    must(traits_search(t, 0, &keys, hits, SHOWN, &count), "search");
    store_end(t);
    snprintf(chart, sizeof chart, "%08u", h->people - 1);
    for (size_t i = 0; i < count; i++)
        found = found || strcmp(hits[i].chart, chart) == 0;
    return found;
}

static void open_up(const bench *b, hospital *h)
{
    folders(b, h);
    store_options o = {.dir = h->dir, .tables = tables};
    folder_make(h->dir);
    must(store_open(&o, &h->keep), h->dir);
    if (!whole(h)) {
        uint64_t start = now_ns();
        store_close(h->keep);
        folder_remove(h->dir);
        folder_remove(h->bare_dir);
        must(store_open(&o, &h->keep), h->dir);
        fill(h);
        double took = since(start), rate = h->people / took;
        report(&(result){.name = "candidates_index", .unit = "patients/s", .value = rate, .aim = NAN,
                         .note = "reading ADT-00 not counted; durable, 20000 patients a commit"});
        say("candidates: indexed in %.0f s", took);
    }
    h->bare = raw_open(h->bare_dir, true, "rows");
}

typedef struct told {
    samples found, bare;
    uint64_t rows, forms, right;
} told;

// One form as the node answers it, but for the files of those found: search, then compare each.
static void ask(const hospital *h, store_txn *t, uint64_t n, told *ret, size_t *ret_rows)
{
    slip_kind kind = (slip_kind)(n % SLIP_TWIN);
    uint32_t index = (uint32_t)(mix64(n) % h->people);
    identity form, people[SHOWN];
    trait_hit hits[SHOWN];
    traits keys;
    size_t count = 0, best = 0;
    identity_match m, top = {.strength = MATCH_NONE};
    if (!slip_form(1, index, kind, &form))
        slip_person(1, index, &form);
    uint64_t start = now_ns();
    traits_asked(SECRET, &form, &keys);
    must(traits_search(t, 0, &keys, hits, SHOWN, &count), "search");
    uint64_t searched = now_ns() - start;
    for (size_t i = 0; i < count; i++)
        slip_person(1, (uint32_t)strtoul(hits[i].chart, NULL, 10), &people[i]);
    start = now_ns();
    for (size_t i = 0; i < count; i++) {
        identity_compare(&form, &people[i], &m);
        if (m.strength > top.strength) {
            top = m;
            best = i;
        }
    }
    samples_add(&ret->found, (double)(searched + now_ns() - start) / 1e3);
    ret->rows += count;
    ret->forms++;
    ret->right += count && strtoul(hits[best].chart, NULL, 10) == index;
    *ret_rows = count;
}

static void bare(const hospital *h, uint64_t n, size_t rows, told *ret)
{
    uint64_t start = now_ns();
    for (size_t i = 0; i < rows; i++) {
        uint8_t key[8];
        size_t len;
        be64_put(key, mix64(mix64(n * SHOWN + i) % h->people));
        if (!raw_get(h->bare, span_of(key, sizeof key), &len))
            die("a row is missing");
    }
    samples_add(&ret->bare, (double)(now_ns() - start) / 1e3);
}

void candidates_bench(const bench *b)
{
    hospital h;
    told all = {0}, warm = {0};
    uint64_t n = 0;
    open_up(b, &h);
    store_txn *t;
    size_t rows;
    must(store_read(h.keep, &t), "read");
    for (; n < WARM; n++)
        ask(&h, t, n, &warm, &rows);
    for (int round = 0; round < b->rounds; round++) {
        uint64_t until = now_ns() + (uint64_t)(b->seconds * 1e9);
        while (now_ns() < until) {
            ask(&h, t, ++n, &all, &rows);
            bare(&h, n, rows, &all);
        }
    }
    store_end(t);
    result r = {.name = "candidates", .unit = "ms", .value = samples_at(&all.found, 0.5) / 1e3, .beside = "bare reads",
                .beside_value = samples_at(&all.bare, 0.5) / 1e3, .of_value = true, .at_most = true, .aim = 10,
                .p50 = samples_at(&all.found, 0.5), .p99 = samples_at(&all.found, 0.99)};
    size_t used = 0, map = 0;
    must(store_sizes(h.keep, &used, &map), "sizes");
    snprintf(r.note, sizeof r.note, "%u patients, %.0f MB; %.1f rows a form; right one first: %.1f %% of %" PRIu64 " dirty forms",
             h.people, (double)used / 1e6, (double)all.rows / (double)all.forms,
             100.0 * (double)all.right / (double)all.forms, all.forms);
    report(&r);
    samples_done(&all.found);
    samples_done(&all.bare);
    samples_done(&warm.found);
    raw_close(h.bare);
    store_close(h.keep);
}
