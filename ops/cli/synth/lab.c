// SPDX-License-Identifier: Apache-2.0
// Laboratory results (OML-11): what a patient's problems move stays moved, so
// that values of one patient belong together over the months.
#include <stdio.h>
#include <string.h>

#include "ops/cli/synth/chart.h"

static unsigned panels_of(const chart *c, const visit *v)
{
    unsigned panels = PANEL_CBC | PANEL_CHEM | v->problem->panels;
    for (size_t i = 0; i < c->problem_count; i++)
        panels |= c->problems[i]->panels;
    return v->inpatient ? panels | PANEL_INFLAMED : panels;
}

static double centre_of(const chart *c, lab_id id, double *spread)
{
    const lab *l = &catalog_labs[id];
    draw own = draw_of(c->options->seed, DRAW_PERSON, c->ordinal, 100 + (unsigned)id);
    for (size_t i = 0; i < c->problem_count; i++)
        for (size_t k = 0; k < 4; k++)
            if (c->problems[i]->shifts[k].mean != 0 && c->problems[i]->shifts[k].lab == id) {
                double mean = c->problems[i]->shifts[k].mean;
                *spread = mean * 0.07;
                return mean * (1 + draw_bell(&own) * 0.08);
            }
    *spread = l->spread * 0.5;
    return l->mean + draw_bell(&own) * l->spread * 0.6;
}

static void value_put(chart *c, unsigned nth, lab_id id, const char *taken)
{
    const lab *l = &catalog_labs[id];
    double spread, mean = centre_of(c, id, &spread), v = mean + draw_bell(&c->story) * spread;
    if (v < 0)
        v = -v / 4;
    char value[24], range[48];
    snprintf(value, sizeof value, "%.*f", l->decimals, v);
    snprintf(range, sizeof range, "%.*f-%.*f", l->decimals + (l->high < 1), l->low,
             l->decimals + (l->high < 1), l->high);
    const char *flag = v > l->high ? "H" : v < l->low ? "L" : "";
    buf_printf(&c->text, "OBX|%u|NM|%s^%s^JC10||%s|", nth, l->jlac10, l->name, value);
    if (l->unit[0])
        buf_printf(&c->text, "%s^%s^99XYZ", l->unit, l->unit);
    buf_printf(&c->text, "|%s|%s|||F|||%s\r", range, flag, taken);
}

static bool wanted(const chart *c, lab_id id, unsigned panels, unsigned specimen)
{
    const lab *l = &catalog_labs[id];
    if (id == LAB_PSA && c->who.sex != 'M')
        return false;
    return l->specimen == specimen && l->panel & panels;
}

// One specimen with its battery: SPM OBR ORC OBX...
static void specimen_put(chart *c, const visit *v, const filing *f, unsigned specimen, unsigned panels,
                         unsigned *nth)
{
    char taken[18], done[18], sample[CHART_ORDER];
    bool any = false;
    for (unsigned id = 0; id < LAB_COUNT; id++)
        any |= wanted(c, (lab_id)id, panels, specimen);
    if (!any)
        return;
    chart_new_order(c, sample);
    stamp_cut(v->on, v->ms + 20 * MINUTE_MS, 12, taken);
    stamp_cut(f->sent, f->sent_ms, 14, done);
    buf_printf(&c->text, "SPM|%u|%s||%s^JC10|||||||||||||%s\r", ++*nth, sample, catalog_specimens[specimen],
               taken);
    buf_printf(&c->text, "OBR|1|%s|%s|%s^JC10|||%s|%s||||||||%s||||||%s|||F\r", f->order, sample,
               catalog_groups[specimen], taken, taken, v->doctor, done);
    seg_orc(c, v, "SC", f->order, "", f->sent, f->sent_ms);
    unsigned row = 0;
    for (unsigned id = 0; id < LAB_COUNT; id++)
        if (wanted(c, (lab_id)id, panels, specimen))
            value_put(c, ++row, (lab_id)id, taken);
}

static err result_at(chart *c, const visit *v, const filing *f, unsigned panels)
{
    unsigned nth = 0;
    seg_msh(c, f, "OUL^R22^OUL_R22");
    seg_pid(c);
    seg_pv1(c, v);
    for (unsigned s = 0; s < SPECIMENS; s++)
        specimen_put(c, v, f, s, panels, &nth);
    return chart_file(c, f);
}

err lab_result(chart *c, const visit *v)
{
    char order[CHART_ORDER];
    chart_new_order(c, order);
    filing f = {.type = "OML-11",
                .order = order,
                .department = v->department,
                .clinical = v->on,
                .sent = v->on,
                .sent_ms = v->ms + 90 * MINUTE_MS + draw_below(&c->story, HOUR_MS),
                .flag = '1',
                .must = v->must};
    unsigned panels = panels_of(c, v), fate = draw_below(&c->story, 100);
    err e = OK;
    if (fate < 8) { // first the quick values, later all of them
        filing old = f;
        old.flag = '2';
        old.sent_ms -= 50 * MINUTE_MS;
        e = result_at(c, v, &old, PANEL_CBC);
    } else if (fate < 10 && !v->must) {
        f.flag = '0';
        e = result_at(c, v, &f, panels);
        f.sent_ms += 15 * MINUTE_MS;
        return e ? e : result_at(c, v, &f, 0); // cancelled: the frame without results
    } else if (fate < 15) { // a slow test: sent days later, filed under the day it was taken
        f.sent += draw_between(&c->story, 2, 6);
    }
    return e ? e : result_at(c, v, &f, panels);
}
