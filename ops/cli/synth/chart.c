// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/chart.h"

#include <stdio.h>
#include <string.h>

#include "ops/cli/synth/names.h"

#define ORDERS_A_CHART 1000000u
#define DOCTORS 4

void chart_new_order(chart *c, char out[static CHART_ORDER])
{
    uint64_t n = c->ordinal * ORDERS_A_CHART + c->orders++;
    snprintf(out, CHART_ORDER, "%015llu", (unsigned long long)(n % 1000000000000000u));
}

// Four doctors a department, invented from the same names.
static void doctor_of(chart *c, unsigned dept, char out[static CHART_DOCTOR])
{
    uint32_t which = draw_below(&c->story, DOCTORS);
    draw d = draw_of(c->options->seed, DRAW_DOCTOR, c->options->hospital, dept * DOCTORS + which);
    const synth_name *family = &names_family[draw_below(&d, (uint32_t)names_family_count)];
    bool woman = draw_percent(&d, 30);
    const synth_name *given = woman ? &names_female[draw_below(&d, (uint32_t)names_female_count)]
                                    : &names_male[draw_below(&d, (uint32_t)names_male_count)];
    snprintf(out, CHART_DOCTOR, "D%05u^仮%s^%s^^^^^^^L^^^^^I", draw_below(&d, 100000), family->kanji,
             given->kanji);
}

void chart_visit(chart *c, day on, uint32_t ms, const problem *p, visit *ret)
{
    visit v = {.on = on, .ms = ms, .problem = p};
    const department *d = &catalog_departments[p->department];
    bool fine = c->house->subdivisions && draw_percent(&c->story, 60);
    snprintf(v.department, sizeof v.department, "%s", fine ? d->fine : d->code);
    v.department_name = fine ? d->fine_name : d->name;
    doctor_of(c, p->department, v.doctor);
    *ret = v;
}

err chart_file(chart *c, const filing *f)
{
    const synth_options *o = c->options;
    bool damaged = false;
    unsigned kind = (unsigned)(c->counts->damaged % DAMAGE_KINDS);
    if (o->damage_percent && !f->must) {
        draw d = draw_of(o->seed, DRAW_DAMAGE, (uint64_t)o->hospital << 32 | c->ordinal, c->counts->files);
        damaged = draw_percent(&d, o->damage_percent);
    }
    if (damaged)
        damage_message(kind, c);
    // Every parsable sample of the guideline's authors ends so.
    buf_put_u8(&c->text, 0x1c);
    if (c->text.sticky)
        return c->text.sticky;
    buf_clear(&c->bytes);
    err e = jis_encode(c->jis, buf_span(&c->text), &c->bytes);
    if (e)
        return e;
    if (damaged)
        damage_bytes(kind, c);
    tree_name n = {.chart = c->number,
                   .clinical = f->clinical,
                   .type = f->type,
                   .order = f->order,
                   .sent = f->sent,
                   .sent_ms = f->sent_ms,
                   .department = f->department,
                   .flag = f->flag};
    e = c->bytes.sticky ? c->bytes.sticky : tree_put(c->standard, &n, buf_span(&c->bytes));
    if (e)
        return e;
    c->counts->files++;
    c->counts->bytes += c->bytes.len;
    c->counts->history += f->flag == '2';
    c->counts->deleted += f->flag == '0';
    c->counts->damaged += damaged;
    return OK;
}

void chart_done(chart *c)
{
    buf_done(&c->pid);
    buf_done(&c->text);
    buf_done(&c->bytes);
}
