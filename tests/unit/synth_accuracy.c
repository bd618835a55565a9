// SPDX-License-Identifier: Apache-2.0
// Who is found whatever became of their data: floors under recall and precision, by kind of dirt.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "ops/cli/synth/accuracy.h"

enum { PEOPLE = 3000, FORMS = 100 };

static accuracy_row rows[SLIP_COUNT];

static int measured(void **state)
{
    (void)state;
    accuracy_options o = {.seed = 7, .people = PEOPLE, .forms = FORMS, .only = SLIP_COUNT};
    return accuracy_measure(&o, rows);
}

// Percent of forms whose patient is shown at `least` strength or stronger.
static const struct { slip_kind kind; match_strength least; unsigned percent; } FLOORS[] = {
    {SLIP_CLEAN, MATCH_STRONG, 100},         {SLIP_SMALL_KANA, MATCH_STRONG, 100},
    {SLIP_HALF_WIDTH, MATCH_STRONG, 100},    {SLIP_HIRAGANA, MATCH_STRONG, 100},
    {SLIP_LONG_VOWEL, MATCH_LIKELY, 100},    {SLIP_SOUND_MARK, MATCH_LIKELY, 100},
    {SLIP_KANA_SLIP, MATCH_LIKELY, 95},      {SLIP_MISREAD, MATCH_LIKELY, 100},
    {SLIP_NO_KANA, MATCH_LIKELY, 100},       {SLIP_OLD_CHARACTER, MATCH_STRONG, 100},
    {SLIP_GAIJI, MATCH_STRONG, 100},         {SLIP_MARRIED, MATCH_POSSIBLE, 100},
    {SLIP_MOVED, MATCH_STRONG, 100},         {SLIP_INSURANCE, MATCH_LIKELY, 100},
    {SLIP_NO_INSURANCE, MATCH_LIKELY, 100},  {SLIP_NO_BRANCH, MATCH_STRONG, 100},
    {SLIP_CARD_CUT, MATCH_LIKELY, 100},      {SLIP_CARD_DIGIT, MATCH_LIKELY, 100},
    {SLIP_NO_POSTAL, MATCH_STRONG, 100},     {SLIP_BIRTH_SWAPPED, MATCH_LIKELY, 100},
    {SLIP_BIRTH_DIGIT, MATCH_LIKELY, 85},    {SLIP_ADDRESS, MATCH_LIKELY, 100},
    {SLIP_ERA, MATCH_LIKELY, 95},            {SLIP_IN1, MATCH_STRONG, 100},
    {SLIP_TWO, MATCH_POSSIBLE, 75},
    {SLIP_THREE, MATCH_WEAK, 75},            {SLIP_TWIN, MATCH_STRONG, 100},
    {SLIP_FAMILY, MATCH_STRONG, 100},        {SLIP_NAMESAKE, MATCH_STRONG, 100},
};

static void floors_under_recall(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof FLOORS / sizeof *FLOORS; i++) {
        const accuracy_row *r = &rows[FLOORS[i].kind];
        assert_int_equal(r->forms, FORMS);
        assert_true(r->found <= r->forms && r->right[MATCH_WEAK] <= r->found);
        if (r->right[FLOORS[i].least] * 100 < r->forms * FLOORS[i].percent)
            fail_msg("%s: %u of %u at %s", slip_name(FLOORS[i].kind), (unsigned)r->right[FLOORS[i].least],
                     (unsigned)r->forms, match_strength_name(FLOORS[i].least));
    }
}

// Nobody else is ever shown as strong; as likely, one in a hundred at most; a twin never.
static void floors_under_precision(void **state)
{
    (void)state;
    for (int k = 0; k < SLIP_COUNT; k++) {
        const accuracy_row *r = &rows[k];
        for (int s = MATCH_WEAK; s < MATCH_STRONG; s++)
            assert_true(r->shown[s] >= r->shown[s + 1] && r->right[s] >= r->right[s + 1]);
        uint64_t strong = r->shown[MATCH_STRONG] - r->right[MATCH_STRONG];
        uint64_t likely = r->shown[MATCH_LIKELY] - r->right[MATCH_LIKELY];
        if (strong || likely > r->forms / 100)
            fail_msg("%s: %u others strong, %u likely", slip_name((slip_kind)k), (unsigned)strong, (unsigned)likely);
    }
    assert_int_equal(rows[SLIP_STRANGER].right[MATCH_WEAK], 0);
    assert_int_equal(rows[SLIP_STRANGER].shown[MATCH_LIKELY], 0);
    assert_int_equal(rows[SLIP_TWIN].shown[MATCH_LIKELY], rows[SLIP_TWIN].right[MATCH_LIKELY]);
}

static bool alike(const identity *a, const identity *b)
{
    return strcmp(a->kanji_family, b->kanji_family) == 0 && strcmp(a->kanji_given, b->kanji_given) == 0 &&
           strcmp(a->kana_family, b->kana_family) == 0 && strcmp(a->kana_given, b->kana_given) == 0 &&
           a->birth == b->birth && a->sex == b->sex && strcmp(a->postal, b->postal) == 0 &&
           strcmp(a->telephone, b->telephone) == 0 && strcmp(a->address, b->address) == 0 && strcmp(a->insurer, b->insurer) == 0 &&
           strcmp(a->symbol, b->symbol) == 0 && strcmp(a->number, b->number) == 0 && strcmp(a->branch, b->branch) == 0;
}

typedef struct memory {
    uint64_t sum;
    unsigned forms;
} memory;

static void remember(void *ctx, slip_kind kind, uint32_t index, const identity *form)
{
    memory *m = ctx;
    identity again;
    memset(&again, 0, sizeof again);
    assert_true(slip_form(7, index, kind, &again));
    assert_true(alike(&again, form));
    m->forms++;
    m->sum = m->sum * 31 + index + (uint64_t)kind;
}

static void the_same_every_time(void **state)
{
    (void)state;
    accuracy_row one[SLIP_COUNT] = {0}, two[SLIP_COUNT] = {0};
    memory m = {0}, n = {0};
    accuracy_options o = {.seed = 7, .people = 500, .forms = 20, .only = SLIP_MARRIED, .form = remember, .ctx = &m};
    assert_int_equal(accuracy_measure(&o, one), OK);
    o.ctx = &n;
    assert_int_equal(accuracy_measure(&o, two), OK);
    assert_memory_equal(one, two, sizeof one);
    assert_int_equal(m.forms, 20);
    assert_true(m.sum == n.sum);
    assert_int_equal(one[SLIP_CLEAN].forms, 0);
    o.people = 0;
    assert_int_equal(accuracy_measure(&o, one), ERR_LIMIT);
}

static void every_kind_changes_something(void **state)
{
    (void)state;
    for (int k = SLIP_CLEAN + 1; k < SLIP_TWIN; k++) {
        unsigned touched = 0;
        for (uint32_t i = 0; i < 2000 && touched < 20; i++) {
            identity clean, form;
            slip_person(7, i, &clean);
            if (!slip_form(7, i, (slip_kind)k, &form))
                continue;
            touched += !alike(&clean, &form);
        }
        if (touched < 20)
            fail_msg("%s: %u", slip_name((slip_kind)k), touched);
        assert_int_equal(slip_find(slip_name((slip_kind)k)), k);
    }
    assert_int_equal(slip_find("rain"), SLIP_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floors_under_recall),
        cmocka_unit_test(floors_under_precision),
        cmocka_unit_test(the_same_every_time),
        cmocka_unit_test(every_kind_changes_something),
    };
    return cmocka_run_group_tests(tests, measured, NULL);
}
