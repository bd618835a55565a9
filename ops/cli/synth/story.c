// SPDX-License-Identifier: Apache-2.0
// What happens to one patient in 24 months. Two visits are promised to
// everybody: one in the last five months and one more than fourteen months
// ago, each with a prescription and a laboratory result that are live and
// undamaged, so that windows of six and twelve months have both sides.
#include "ops/cli/synth/chart.h"

#define VISITS_MAX 16
#define REACH 725         // a few days short of 24 months
#define RECENT 300        // most happens in the last ten months
#define PROMISED_NEAR 140 // days: under five months
#define PROMISED_FAR 440  // days: over fourteen months

static int age_on(day birth, day on)
{
    int by, bm, bd, y, m, d;
    day_split(birth, &by, &bm, &bd);
    day_split(on, &y, &m, &d);
    return y - by - (m < bm || (m == bm && d < bd));
}

static bool suits(const chart *c, const problem *p, int age)
{
    if (age < p->age_from || age > p->age_to || (p->sex && p->sex != c->who.sex))
        return false;
    for (size_t i = 0; i < c->problem_count; i++) // one disease of a kind
        if (c->problems[i]->icd10[0] == p->icd10[0])
            return false;
    return true;
}

static void fall_ill(chart *c)
{
    int age = c->who.birth == DAY_NONE ? 60 : age_on(c->who.birth, c->options->until);
    int want = age >= 65 ? 3 : age >= 40 ? 2 : 1;
    for (int tries = 0; tries < 200 && (int)c->problem_count < want; tries++) {
        const problem *p = &catalog_problems[draw_below(&c->story, (uint32_t)catalog_problem_count)];
        if (suits(c, p, age))
            c->problems[c->problem_count++] = p;
    }
    if (!c->problem_count) // a cold is for every age
        c->problems[c->problem_count++] = &catalog_problems[catalog_problem_count - 1];
    if (draw_percent(&c->story, 35))
        c->allergies = 1u << draw_below(&c->story, 6);
    if (c->allergies && draw_percent(&c->story, 25))
        c->allergies |= 1u << draw_below(&c->story, 6);
}

// A working day: hospitals are shut on Sunday. 1970-01-04 was one.
static day open_day(day d)
{
    return (d - 3) % 7 == 0 ? d - 1 : d;
}

static day some_day(chart *c)
{
    int back = draw_percent(&c->story, 72) ? draw_between(&c->story, 0, RECENT)
                                           : draw_between(&c->story, RECENT, REACH);
    return open_day(c->options->until - back);
}

static err examine(chart *c, const visit *v)
{
    err e = OK;
    for (unsigned bit = 1; !e && bit <= EXAM_BONE; bit <<= 1)
        if (v->problem->exams & bit && draw_percent(&c->story, 22))
            e = exam_done(c, v, bit);
    return e;
}

static err come(chart *c, day on, bool must)
{
    visit v;
    const problem *p = c->problems[draw_below(&c->story, (uint32_t)c->problem_count)];
    chart_visit(c, on, 8 * HOUR_MS + 30 * MINUTE_MS + draw_below(&c->story, 3 * HOUR_MS), p, &v);
    v.must = must;
    if (on > c->last)
        c->last = on;
    err e = adt_reception(c, &v);
    if (!e && (must || draw_percent(&c->story, 70)))
        e = lab_result(c, &v);
    if (!e && (must || draw_percent(&c->story, 85)))
        e = order_prescription(c, &v);
    e = e ? e : examine(c, &v);
    if (!e && must && c->kept) // somebody for every category
        e = exam_done(c, &v, EXAM_CT);
    if (!e && ((must && c->kept) || draw_percent(&c->story, 12)))
        e = document_referral(c, &v);
    if (!e && draw_percent(&c->story, 8))
        e = document_memo(c, &v);
    return e;
}

static err stays(chart *c)
{
    if (!c->kept && !draw_percent(&c->story, 30))
        return OK;
    int nights = draw_between(&c->story, 3, 12);
    day admitted = c->options->until - nights -
                   draw_between(&c->story, 1, draw_percent(&c->story, 70) ? 150 : REACH - 20);
    if (draw_percent(&c->story, 12)) {
        visit v;
        chart_visit(c, admitted - 1, 14 * HOUR_MS, c->problems[0], &v);
        v.inpatient = true;
        v.place[0] = '3';
        err e = adt_admission_deleted(c, &v);
        if (e)
            return e;
    }
    if (admitted + nights > c->last)
        c->last = admitted + nights;
    return stay_write(c, admitted, nights);
}

static void sort_days(day *d, int n)
{
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && d[k - 1] > d[k]; k--) {
            day t = d[k];
            d[k] = d[k - 1];
            d[k - 1] = t;
        }
}

err story_write(chart *c, uint64_t files_wanted)
{
    fall_ill(c);
    day days[VISITS_MAX], until = c->options->until;
    c->last = DAY_NONE;
    day near = open_day(until - draw_between(&c->story, 3, PROMISED_NEAR));
    day far = open_day(until - draw_between(&c->story, PROMISED_FAR, REACH));
    int n = draw_between(&c->story, 2, 8);
    for (int i = 0; i < n; i++)
        days[i] = some_day(c);
    sort_days(days, n);
    err e = come(c, far, true);
    for (int i = 0; !e && i < n; i++)
        e = come(c, days[i], false);
    e = e ? e : come(c, near, true);
    e = e ? e : stays(c);
    while (!e && c->counts->files + 3 < files_wanted) // about three are still to come
        e = come(c, some_day(c), false);
    e = e ? e : adt_allergies(c);
    e = e ? e : order_problems(c);
    return e ? e : adt_basic(c);
}
