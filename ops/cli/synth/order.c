// SPDX-License-Identifier: Apache-2.0
// Prescriptions (OMP-01), injections (OMP-02) and the problem list (PPR-01).
#include <stdio.h>
#include <string.h>

#include "ops/cli/synth/chart.h"

static void oral(chart *c, const visit *v, const filing *f, const drug *d, unsigned nth, int days,
                 const char *control)
{
    const usage *u = &catalog_usages[d->usage];
    unsigned daily = (unsigned)d->dose * u->times;
    char group[40], start[18];
    snprintf(group, sizeof group, "%s_%02u_001", f->order, nth);
    // The day it is for: on a late order that is before the day it is filed under.
    stamp_cut(v->on, v->ms, 8, start);
    seg_orc(c, v, control, f->order, group, f->clinical, f->sent_ms);
    buf_printf(&c->text,
               "RXE||%s^%s^HOT9|%u||%s^%s^MR9P|||||%u|%s^%s^MR9P||||%s||||%u^%s&%s&MR9P||"
               "OHP^外来処方^MR9P~OHI^院内処方^MR9P\r",
               d->hot9, d->name, d->dose, d->unit, d->unit_name, daily * (unsigned)days, d->unit,
               d->unit_name, f->order, daily, d->unit, d->unit_name);
    buf_printf(&c->text, "TQ1|1||%s&%s&JAMISDP01|||%d^d|%s\rRXR|PO^口^HL70162\r", u->code, u->name, days,
               start);
}

// Nobody is given what the chart says they cannot take.
static drug_id tolerated(const chart *c, drug_id d)
{
    bool penicillin = c->allergies & ALLERGY_PENICILLIN, nsaid = c->allergies & ALLERGY_NSAID;
    if (penicillin && (d == AMOXICILLIN || d == AMPICILLIN_SB))
        return d == AMOXICILLIN ? LEVOFLOXACIN : CEFTRIAXONE;
    return nsaid && (d == LOXOPROFEN || d == ASPIRIN) ? (d == ASPIRIN ? CLOPIDOGREL : ACETAMINOPHEN) : d;
}

static bool treated_here(const chart *c, const visit *v, size_t nth)
{
    const problem *p = c->problems[nth];
    return nth == 0 || p == v->problem || p->department == v->problem->department;
}

static err prescribe(chart *c, const visit *v, const filing *f, int days, const char *control)
{
    seg_msh(c, f, "RDE^O11^RDE_O11");
    seg_pid(c);
    seg_pv1(c, v);
    seg_al1(c);
    unsigned nth = 0;
    uint64_t given = 1; // NO_DRUG counts as given
    for (size_t p = 0; p < c->problem_count; p++)
        for (size_t i = 0; i < 4; i++) {
            drug_id d = tolerated(c, (drug_id)c->problems[p]->drugs[i]);
            if (given >> d & 1 || !treated_here(c, v, p))
                continue;
            given |= (uint64_t)1 << d;
            oral(c, v, f, &catalog_drugs[d], ++nth, days, control);
        }
    if (draw_percent(&c->story, 20) && !(given >> ACETAMINOPHEN & 1))
        oral(c, v, f, &catalog_drugs[ACETAMINOPHEN], ++nth, 5, control);
    return chart_file(c, f);
}

err order_prescription(chart *c, const visit *v)
{
    static const int lengths[] = {14, 28, 28, 56, 90};
    char order[CHART_ORDER];
    chart_new_order(c, order);
    filing f = {.type = "OMP-01",
                .order = order,
                .department = v->department,
                .clinical = v->on,
                .sent = v->on,
                .sent_ms = v->ms + HOUR_MS + draw_below(&c->story, HOUR_MS),
                .flag = '1',
                .must = v->must};
    int days = lengths[draw_below(&c->story, 5)];
    unsigned fate = draw_below(&c->story, 100);
    err e = OK;
    if (fate < 6) { // changed before it was dispensed
        filing old = f;
        old.flag = '2';
        old.sent_ms -= 20 * MINUTE_MS;
        e = prescribe(c, v, &old, days / 2, "NW");
    } else if (fate < 9 && !v->must) { // cancelled
        f.flag = '0';
        e = prescribe(c, v, &f, days, "NW");
        f.sent_ms += 25 * MINUTE_MS;
        return e ? e : prescribe(c, v, &f, days, "CA");
    } else if (fate < 12 && !v->must && v->on + 2 <= c->options->until) { // entered two days late
        f.clinical = f.sent = v->on + 2;
    }
    return e ? e : prescribe(c, v, &f, days, fate < 6 ? "XO" : "NW");
}

static const drug_id *course_of(const problem *p)
{
    static const drug_id infection[] = {SALINE, CEFTRIAXONE}, heart[] = {SALINE, FUROSEMIDE_INJ},
                         tumour[] = {MAINTENANCE, OXALIPLATIN}, clot[] = {MAINTENANCE, HEPARIN},
                         plain[] = {MAINTENANCE, AMPICILLIN_SB};
    if (p->department == DEPT_LUNG || p->department == DEPT_CHILD)
        return infection;
    if (p->icd10[0] == 'C')
        return tumour;
    if (p->department == DEPT_HEART)
        return heart;
    return p->department == DEPT_BRAIN ? clot : plain;
}

err order_injection(chart *c, const visit *v)
{
    const drug_id *course = course_of(v->problem);
    const drug *base = &catalog_drugs[course[0]], *add = &catalog_drugs[tolerated(c, course[1])];
    char order[CHART_ORDER], group[40], start[18], end[18];
    chart_new_order(c, order);
    filing f = {.type = "OMP-02",
                .order = order,
                .department = v->department,
                .clinical = v->on,
                .sent = v->on,
                .sent_ms = v->ms,
                .flag = '1',
                .must = v->must};
    snprintf(group, sizeof group, "%s_01_001", order);
    stamp_cut(v->on, v->ms + HOUR_MS, 12, start);
    stamp_cut(v->on, v->ms + 3 * HOUR_MS, 12, end);
    seg_msh(c, &f, "RDE^O11^RDE_O11");
    seg_pid(c);
    seg_pv1(c, v);
    seg_al1(c);
    seg_orc(c, v, "NW", order, group, v->on, v->ms);
    buf_printf(&c->text,
               "RXE||00^一般^99I02|%u||ML^ミリリットル^MR9P|INJ^注射剤^MR9P||||||||%s||||||IHP^入院処方^MR9P\r",
               base->dose, order);
    buf_printf(&c->text, "TQ1|1||||||%s|%s\rRXR|IV^静脈内^HL70162||IVP^点滴ポンプ^HL70164\r", start, end);
    buf_printf(&c->text, "RXC|B|%s^%s^HOT9|%u|%s^%s^MR9P\rRXC|A|%s^%s^HOT9|%u|%s^%s^MR9P\r", base->hot9,
               base->name, base->dose, base->unit, base->unit_name, add->hot9, add->name, add->dose,
               add->unit, add->unit_name);
    return chart_file(c, &f);
}

static err problems_at(chart *c, size_t count, day sent, char flag)
{
    filing f = {.type = "PPR-01", .order = ORDER_NONE, .department = "-", .clinical = DAY_NONE, .sent = sent,
                .sent_ms = 12 * HOUR_MS + draw_below(&c->story, 4 * HOUR_MS), .flag = flag, .must = c->kept};
    seg_msh(c, &f, "PPR^ZD1^PPR_ZD1");
    seg_pid(c);
    for (size_t i = 0; i < count; i++) {
        const problem *p = c->problems[i];
        char began[9], id[CHART_ORDER], acted[18];
        visit v;
        chart_visit(c, sent, f.sent_ms, p, &v);
        chart_new_order(c, id);
        tree_day(c->options->until - draw_between(&c->story, 740, 2600), began);
        stamp_cut(sent, f.sent_ms, 8, acted);
        buf_printf(&c->text,
                   "PRB|AD|%s|%s^%s^MDCDX2|%s|||%s||%s|%s^^I10^O^外来時^JHSD0004||||N^回復せず^HL70241|%s|%s|"
                   "%s|%s\r",
                   acted, p->code, p->name, id, began, began, p->icd10, began, began, p->name,
                   i == 0 ? "1^主診断^JHSD0007" : "");
        buf_printf(&c->text, "ZPR||%s^%s^MDCDX2\r", p->code, p->name);
        seg_orc(c, &v, "NW", id, "", sent, f.sent_ms);
    }
    return chart_file(c, &f);
}

err order_problems(chart *c)
{
    err e = OK;
    if (c->problem_count > 1)
        e = problems_at(c, c->problem_count - 1, c->last - draw_between(&c->story, 30, 400), '2');
    return e ? e : problems_at(c, c->problem_count, c->last, '1');
}
