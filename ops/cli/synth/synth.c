// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/synth.h"

#include <stdio.h>
#include <string.h>

#include "ops/cli/synth/chart.h"
#include "ops/cli/synth/dirt.h"
#include "ops/cli/synth/extras.h"
#include "proto/base/luhn.h"

#define NAME_MAX_BYTES 60
#define LARGE_MAX (1ull << 30)
#define FILES_MAX 200000000ull

typedef struct press {
    const synth_options *options;
    extras extras;
    tree standard, extended;
    jis *jis;
    synth_counts counts;
    uint64_t people; // in all
} press;

static err check(const synth_options *o)
{
    uint64_t code;
    if (!o->out_dir || !o->facility_code || !o->facility_name ||
        institution_parse(span_str(o->facility_code), &code))
        return ERR_USAGE;
    if (strlen(o->facility_name) > NAME_MAX_BYTES || !extras_text_ok(span_str(o->facility_name)))
        return ERR_USAGE;
    if (o->hospital >= SYNTH_HOSPITALS || o->damage_percent > 50 || (o->large_bytes && !o->extended))
        return ERR_USAGE;
    if (o->until < day_of(1995, 1, 1) || o->until > day_of(2200, 1, 1)) // records need two years before
        return ERR_USAGE;
    if (o->patients > SYNTH_PATIENTS_MAX || o->shared > SYNTH_PATIENTS_MAX || o->files_target > FILES_MAX ||
        o->large_bytes > LARGE_MAX)
        return ERR_LIMIT;
    return OK;
}

// The files that should stand when this patient is done, so that the sum comes out.
static uint64_t wanted(const press *p)
{
    return p->options->files_target * (p->counts.patients + 1) / p->people;
}

static err one(press *p, chart *c)
{
    const synth_options *o = p->options;
    seg_pid_build(c);
    err e = c->pid.sticky ? c->pid.sticky : story_write(c, wanted(p));
    if (!e && !p->counts.patients)
        e = document_large(c, o->large_bytes);
    chart_done(c);
    identity_wipe(&c->who);
    if (e)
        return e;
    p->counts.patients++;
    if (o->progress)
        o->progress(o->progress_arg, &p->counts);
    return OK;
}

static chart chart_of(press *p, uint64_t ordinal)
{
    const synth_options *o = p->options;
    return (chart){.options = o, .house = house_of(o->hospital), .jis = p->jis, .standard = &p->standard,
                   .extended = o->extended ? &p->extended : NULL, .counts = &p->counts, .ordinal = ordinal,
                   .story = draw_of(o->seed, DRAW_STORY, o->hospital, ordinal)};
}

static err one_told(press *p, chart *c, uint32_t index, slip_kind dirt, const identity *truth)
{
    const synth_options *o = p->options;
    synth_told told = {.index = index, .chart = c->number, .dirt = dirt, .truth = truth, .written = &c->who};
    p->counts.dirty += dirt != SLIP_CLEAN;
    if (o->told)
        o->told(o->told_arg, &told);
    return one(p, c);
}

static err one_of_seed(press *p, uint32_t index)
{
    const synth_options *o = p->options;
    chart c = chart_of(p, index);
    house other = *c.house;
    identity truth;
    slip_kind dirt = SLIP_CLEAN;
    c.kept = index < o->shared;
    p->counts.shared += c.kept;
    synth_person(o->seed, index, &truth);
    c.who = truth;
    if (o->dirt)
        dirt = dirt_person(o, index, &c.who);
    if (dirt == SLIP_IN1) {
        other.split_in1 = !other.split_in1;
        c.house = &other;
    }
    house_spell(c.house, &c.who);
    synth_chart(o->seed, index, o->hospital, c.number);
    return one_told(p, &c, index, dirt, &truth);
}

static err one_of_extras(press *p, uint32_t line)
{
    const synth_options *o = p->options;
    const extra *l = &p->extras.lines[line];
    chart c = chart_of(p, (uint64_t)house_of(o->hospital)->modulus - 1 - line);
    c.kept = true;
    c.who = l->who;
    house_spell(c.house, &c.who);
    if (l->chart[0])
        memcpy(c.number, l->chart, sizeof c.number);
    else
        synth_extra_chart(o->seed, line, o->hospital, c.number);
    return one_told(p, &c, UINT32_MAX, SLIP_CLEAN, &l->who);
}

static uint64_t shared_here(const synth_options *o)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < o->shared; i++)
        n += synth_known(o->seed, o->shared, i, o->hospital);
    return n;
}

static err everyone(press *p)
{
    const synth_options *o = p->options;
    uint64_t must = shared_here(o) + p->extras.count;
    p->people = must > o->patients ? must : o->patients;
    err e = OK;
    for (uint32_t i = 0; !e && i < o->shared; i++)
        if (synth_known(o->seed, o->shared, i, o->hospital))
            e = one_of_seed(p, i);
    for (uint32_t i = 0; !e && i < p->extras.count; i++)
        e = one_of_extras(p, i);
    for (uint32_t i = o->shared; !e && p->counts.patients < p->people; i++)
        if (synth_known(o->seed, o->shared, i, o->hospital))
            e = one_of_seed(p, i);
    return e;
}

err synth_write(const synth_options *options, synth_counts *ret)
{
    press p = {
        .options = options, .standard = {.root = -1, .patient = -1}, .extended = {.root = -1, .patient = -1}};
    err e = check(options);
    e = e ? e : extras_read(options->people_path, &p.extras);
    e = e ? e : jis_new(&p.jis);
    e = e ? e : tree_open(options->out_dir, "standard", &p.standard);
    if (!e && options->extended)
        e = tree_open(options->out_dir, "extended", &p.extended);
    e = e ? e : everyone(&p);
    tree_close(&p.standard);
    tree_close(&p.extended);
    jis_free(p.jis);
    extras_done(&p.extras);
    if (!e)
        *ret = p.counts;
    return e;
}
