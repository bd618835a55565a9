// SPDX-License-Identifier: Apache-2.0
// One stay in hospital: admission, drips and bloods by day, discharge with its
// summaries.
#include <stdio.h>

#include "ops/cli/synth/chart.h"

static void lie_down(visit *v, const char *place)
{
    v->inpatient = true;
    snprintf(v->place, sizeof v->place, "%s", place);
}

static err one_day(chart *c, visit *v, int nth)
{
    err e = order_injection(c, v);
    if (!e && nth % 2 == 0)
        e = lab_result(c, v);
    if (!e && nth == 1)
        e = exam_done(c, v, draw_percent(&c->story, 50) ? EXAM_CT : EXAM_CHEST);
    return e;
}

err stay_write(chart *c, day admitted, int nights)
{
    char place[24];
    visit v;
    const problem *p = c->problems[draw_below(&c->story, (uint32_t)c->problem_count)];
    int floor = draw_between(&c->story, 3, 11);
    char wing = draw_percent(&c->story, 50) ? 'A' : 'B';
    int room = draw_between(&c->story, 1, 20);
    int bed = draw_between(&c->story, 1, 4);
    snprintf(place, sizeof place, "%d%c^%d^%d", floor, wing, room, bed);
    chart_visit(c, admitted, 10 * HOUR_MS, p, &v);
    lie_down(&v, place);
    if (draw_percent(&c->story, 20)) { // came by ambulance
        const department *d = &catalog_departments[DEPT_EMERGENCY];
        snprintf(v.department, sizeof v.department, "%s", c->house->subdivisions ? d->fine : d->code);
        v.department_name = c->house->subdivisions ? d->fine_name : d->name;
    }
    err e = adt_admission(c, &v);
    for (int n = 0; !e && n < nights; n++) {
        v.on = admitted + n;
        v.ms = 11 * HOUR_MS + draw_below(&c->story, 4 * HOUR_MS);
        e = one_day(c, &v, n);
    }
    v.on = admitted + nights;
    v.ms = 10 * HOUR_MS + draw_below(&c->story, HOUR_MS);
    e = e ? e : adt_discharge(c, &v, admitted);
    e = e ? e : document_nursing(c, &v, admitted);
    return e ? e : document_discharge(c, &v, admitted);
}
