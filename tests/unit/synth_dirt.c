// SPDX-License-Identifier: Apache-2.0
// rooms: ssmix
// Dirty people in storages: what an ADT-00 says there is what was told, who they are is unchanged, and a
// comparison of two hospitals' own files still finds nearly all of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/ssmix/patient.h"
#include "ops/cli/synth/synth.h"

enum { PEOPLE = 28, KEPT = 400, SEED = 11 };

typedef struct told {
    uint32_t index;
    char chart[SYNTH_CHART];
    slip_kind dirt;
    identity truth, written, read;
    bool found;
} told;

typedef struct hospital {
    told people[KEPT];
    size_t count;
} hospital;

static char base[64];
static hospital *first, *second;
static hospital *reading;

static void keep(void *arg, const synth_told *p)
{
    hospital *h = arg;
    assert_true(h->count < KEPT);
    told *t = &h->people[h->count++];
    t->index = p->index;
    t->dirt = p->dirt;
    t->truth = *p->truth;
    t->written = *p->written;
    snprintf(t->chart, sizeof t->chart, "%s", p->chart);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)at;
    size_t len = strlen(path);
    if (type != FTW_F || !strstr(path, "_ADT-00_") || strcmp(path + len - 2, "_1") != 0)
        return 0;
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = malloc((size_t)st->st_size);
    hl7 *m;
    hl7_dirt dirt;
    identity who;
    char chart[SYNTH_CHART];
    assert_non_null(f);
    assert_int_equal(fread(bytes, 1, (size_t)st->st_size, f), st->st_size);
    fclose(f);
    assert_int_equal(hl7_read(span_of(bytes, (size_t)st->st_size), &m, &dirt), OK);
    assert_int_equal(dirt.bad_characters, 0);
    assert_int_equal(patient_of(m, &who, chart, sizeof chart), OK);
    hl7_free(m);
    free(bytes);
    for (size_t i = 0; i < reading->count; i++)
        if (!strcmp(reading->people[i].chart, chart)) {
            reading->people[i].read = who;
            reading->people[i].found = true;
        }
    return 0;
}

static hospital *press(uint32_t number, bool dirt, slip_kind only)
{
    static unsigned folders;
    char dir[96];
    synth_counts c;
    hospital *h = calloc(1, sizeof *h);
    snprintf(dir, sizeof dir, "%s/%u", base, folders++);
    synth_options o = {.out_dir = dir, .facility_code = "0110000004", .facility_name = "仮想病院", .seed = SEED,
                       .hospital = number, .patients = 1, .shared = PEOPLE, .until = day_of(2026, 4, 1),
                       .dirt = dirt, .only = only, .told = keep, .told_arg = h};
    assert_int_equal(synth_write(&o, &c), OK);
    reading = h;
    assert_int_equal(nftw(dir, visit, 16, FTW_PHYS), 0);
    size_t dirty = 0;
    for (size_t i = 0; i < h->count; i++) {
        assert_true(h->people[i].found);
        dirty += h->people[i].dirt != SLIP_CLEAN;
    }
    assert_int_equal(h->count, c.patients);
    assert_int_equal(dirty, c.dirty);
    return h;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static int setup(void **state)
{
    (void)state;
    snprintf(base, sizeof base, "/tmp/synth_dirt_XXXXXX");
    assert_non_null(mkdtemp(base));
    first = press(0, true, SLIP_COUNT);
    second = press(4, true, SLIP_COUNT);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(first);
    free(second);
    return nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

// ■ comes back as itself; what a layout has no place for is not there.
static void assert_alike(const told *t)
{
    const identity *w = &t->written, *r = &t->read;
    assert_string_equal(w->kana_family, r->kana_family);
    assert_string_equal(w->kana_given, r->kana_given);
    assert_string_equal(w->kanji_family, r->kanji_family);
    assert_string_equal(w->kanji_given, r->kanji_given);
    assert_int_equal(w->birth, r->birth);
    assert_int_equal(w->sex, r->sex);
    assert_string_equal(w->postal, r->postal);
    assert_string_equal(w->address, r->address);
    assert_string_equal(w->telephone, r->telephone);
    assert_string_equal(w->insurer, r->insurer);
    assert_string_equal(w->symbol, r->symbol);
    assert_string_equal(w->number, r->number);
    assert_true(!r->branch[0] || !strcmp(w->branch, r->branch));
}

static void the_files_say_what_was_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < first->count; i++)
        assert_alike(&first->people[i]);
    for (size_t i = 0; i < second->count; i++)
        assert_alike(&second->people[i]);
}

static void the_truth_is_the_seed_s(void **state)
{
    (void)state;
    unsigned dirty = 0, kinds = 0, seen[SLIP_COUNT] = {0};
    for (size_t i = 0; i < second->count; i++) {
        const told *t = &second->people[i];
        identity who;
        synth_person(SEED, t->index, &who);
        assert_memory_equal(&who, &t->truth, sizeof who);
        bool before = false;
        for (uint32_t h = 0; h < 4; h++)
            before = before || synth_known(SEED, PEOPLE, t->index, h);
        assert_int_equal(t->dirt != SLIP_CLEAN, before && t->index < PEOPLE);
        assert_memory_equal(t->written.kanji_family, "仮", 3);
        dirty += t->dirt != SLIP_CLEAN;
        kinds += seen[t->dirt]++ == 0;
    }
    assert_true(dirty > 6 && kinds > 4);
    assert_int_equal(seen[SLIP_TWIN] + seen[SLIP_STRANGER], 0);
    for (size_t i = 0; i < first->count; i++) // nobody is known before the first hospital
        assert_int_equal(first->people[i].dirt, SLIP_CLEAN);
}

static void most_are_found_between_two_hospitals(void **state)
{
    (void)state;
    unsigned both = 0, possible = 0;
    for (size_t i = 0; i < first->count; i++)
        for (size_t k = 0; k < second->count; k++) {
            identity_match m;
            const told *a = &first->people[i], *c = &second->people[k];
            identity_compare(&a->read, &c->read, &m);
            if (a->index != c->index) {
                assert_true(m.strength < MATCH_STRONG);
                continue;
            }
            both++;
            possible += m.strength >= MATCH_POSSIBLE;
        }
    assert_true(both >= 4);
    assert_true(possible + 1 >= both);
}

static void one_kind_only_and_nobody_else_changes(void **state)
{
    (void)state;
    hospital *a = press(4, true, SLIP_IN1), *clean = press(4, false, SLIP_COUNT);
    unsigned split = 0;
    assert_int_equal(a->count, clean->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_true(a->people[i].dirt == SLIP_CLEAN || a->people[i].dirt == SLIP_IN1);
        assert_memory_equal(&a->people[i].truth, &clean->people[i].truth, sizeof(identity));
        assert_string_equal(a->people[i].chart, clean->people[i].chart);
        // This hospital sends the branch; the other layout cannot.
        split += clean->people[i].read.branch[0] && !a->people[i].read.branch[0];
        assert_int_equal(clean->people[i].dirt, SLIP_CLEAN);
    }
    assert_true(split > 1);
    free(a);
    free(clean);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_say_what_was_told),
        cmocka_unit_test(the_truth_is_the_seed_s),
        cmocka_unit_test(most_are_found_between_two_hospitals),
        cmocka_unit_test(one_kind_only_and_nobody_else_changes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
