// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/accuracy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/trait/trait.h"

enum { SHOWN_MAX = 100, A_WRITE = 20000 };
static const uint8_t SECRET[32] = "accuracy";

typedef struct index_place {
    char base[160], dir[168];
    store *keep;
} index_place;

static void place_remove(index_place *p)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "owner.lock"};
    char path[200];
    store_close(p->keep);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", p->dir, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(p->dir);
    (void)rmdir(p->base);
}

static err place_make(index_place *p)
{
    static const char *const tables[] = {"traits", NULL};
    const char *below = getenv("TMPDIR");
    snprintf(p->base, sizeof p->base, "%.100s/tsunagu-matching-XXXXXX", below && below[0] ? below : "/tmp");
    if (!mkdtemp(p->base))
        return ERR_IO;
    snprintf(p->dir, sizeof p->dir, "%s/store", p->base);
    store_options o = {.dir = p->dir, .tables = tables};
    return store_open(&o, &p->keep);
}

static err people_index(const index_place *p, const accuracy_options *o)
{
    store_txn *t = NULL;
    err e = OK;
    for (uint32_t i = 0; e == OK && i < o->people; i++) {
        identity who;
        traits keys;
        char chart[TRAIT_CHART_MAX];
        if (!t && (e = store_write(p->keep, &t)) != OK)
            return e;
        slip_person(o->seed, i, &who);
        traits_of(SECRET, &who, &keys);
        snprintf(chart, sizeof chart, "%u", i);
        e = traits_put(t, 0, &keys, chart);
        if (e == OK && (i % A_WRITE == A_WRITE - 1 || i + 1 == o->people)) {
            e = store_commit(t);
            t = NULL;
        }
    }
    if (t)
        store_end(t);
    return e;
}

static err ask(store_txn *t, const accuracy_options *o, uint32_t index, const identity *form, accuracy_row *row)
{
    trait_hit hits[SHOWN_MAX];
    traits keys;
    size_t count = 0;
    traits_asked(SECRET, form, &keys);
    err e = traits_search(t, 0, &keys, hits, SHOWN_MAX, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        identity who;
        identity_match m;
        uint32_t at = (uint32_t)strtoul(hits[i].chart, NULL, 10);
        slip_person(o->seed, at, &who);
        identity_compare(form, &who, &m);
        row->compared++;
        row->found += at == index;
        for (int s = MATCH_WEAK; s <= (int)m.strength; s++) {
            row->shown[s]++;
            row->right[s] += at == index;
        }
    }
    row->forms++;
    return e;
}

static err kind_measure(const index_place *p, const accuracy_options *o, slip_kind kind, accuracy_row *row)
{
    store_txn *t;
    err e = store_read(p->keep, &t);
    if (e)
        return e;
    row->kind = kind;
    // Spread over all, by a step that has no divisor in common with neighbourhoods of ten.
    for (uint64_t n = 0; e == OK && n < o->people && row->forms < o->forms; n++) {
        uint32_t index = (uint32_t)((n * 7919 + (uint64_t)kind * 101) % o->people);
        identity form;
        if (kind == SLIP_STRANGER)
            index += o->people;
        if (!slip_form(o->seed, index, kind, &form))
            continue;
        if (o->form)
            o->form(o->ctx, kind, index, &form);
        e = ask(t, o, index, &form, row);
    }
    store_end(t);
    return e;
}

err accuracy_measure(const accuracy_options *o, accuracy_row *rows)
{
    index_place p = {.keep = NULL};
    if (!o->people || o->people > ACCURACY_PEOPLE_MAX)
        return ERR_LIMIT;
    err e = place_make(&p);
    if (e == OK)
        e = people_index(&p, o);
    for (int k = 0; e == OK && k < SLIP_COUNT; k++)
        if (o->only == SLIP_COUNT || (int)o->only == k)
            e = kind_measure(&p, o, (slip_kind)k, &rows[k]);
    place_remove(&p);
    return e;
}
