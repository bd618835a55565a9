// SPDX-License-Identifier: Apache-2.0
// ADT: who the patient is, when they came, lay and left.
#include <stdio.h>
#include <string.h>

#include "ops/cli/synth/chart.h"

static void body_values(chart *c)
{
    static const char *const abo[] = {"A", "O", "B", "AB"};
    draw d = draw_of(c->options->seed, DRAW_PERSON, c->ordinal, 9);
    bool man = c->who.sex == 'M';
    double height = (man ? 168 : 155) + draw_bell(&d) * 6, weight = (man ? 66 : 53) + draw_bell(&d) * 8;
    const char *type = abo[draw_below(&d, 4)];
    buf_printf(&c->text, "OBX|1|NM|9N001000000000001^身長^JC10||%.1f|cm^cm^ISO+|||||F\r", height);
    buf_printf(&c->text, "OBX|2|NM|9N006000000000001^体重^JC10||%.1f|kg^kg^ISO+|||||F\r", weight);
    buf_printf(&c->text, "OBX|3|CWE|5H010000001999911^血液型-ABO式^JC10||%s^%s^JSHR002||||||F\r", type, type);
    buf_printf(&c->text, "OBX|4|CWE|5H020000001999911^血液型-Rh式^JC10||Rh+^+^JSHR002||||||F\r");
}

static err basic_at(chart *c, day sent, char flag)
{
    filing f = {.type = "ADT-00", .order = ORDER_NONE, .department = "-", .clinical = DAY_NONE, .sent = sent,
                .sent_ms = 17 * HOUR_MS + draw_below(&c->story, HOUR_MS), .flag = flag, .must = c->kept};
    visit v;
    chart_visit(c, sent, f.sent_ms, c->problems[0], &v);
    seg_msh(c, &f, "ADT^A08^ADT_A01");
    seg_evn(c, sent, f.sent_ms - 5 * MINUTE_MS);
    char updated[18];
    stamp_cut(sent, f.sent_ms - 9 * MINUTE_MS, 14, updated);
    buf_put_span(&c->text, buf_span(&c->pid));
    buf_printf(&c->text, "|||||||||||||||||||%s\r", updated); // PID-33
    const identity *w = &c->who;
    buf_printf(
        &c->text, "NK1|1|%s^%s^^^^^L^I~%s^%s^^^^^L^P|SEL^本人^HL70063|^^^^%s^JPN^H^%s|^PRN^PH^^^^^^^^^%s\r",
        w->kanji_family, w->kanji_given, w->kana_family, w->kana_given, w->postal, w->address, w->telephone);
    seg_pv1(c, &v);
    buf_put_str(&c->text, "DB1|1|PT||N\r");
    body_values(c);
    seg_al1(c);
    seg_in1(c, sent);
    return chart_file(c, &f);
}

// A chart that was corrected once keeps the version before as history.
err adt_basic(chart *c)
{
    err e = OK;
    if (draw_percent(&c->story, 30))
        e = basic_at(c, c->last - draw_between(&c->story, 20, 300), '2');
    return e ? e : basic_at(c, c->last, '1');
}

err adt_allergies(chart *c)
{
    if (!c->allergies)
        return OK;
    day sent = c->last - draw_between(&c->story, 0, 200);
    filing f = {.type = "ADT-61",
                .order = ORDER_NONE,
                .department = "-",
                .clinical = DAY_NONE,
                .sent = sent,
                .sent_ms = 11 * HOUR_MS + draw_below(&c->story, HOUR_MS),
                .flag = '1'};
    seg_msh(c, &f, "ADT^A60^ADT_A60");
    seg_evn(c, f.sent, f.sent_ms);
    seg_pid(c);
    seg_iam(c);
    return chart_file(c, &f);
}

err adt_reception(chart *c, const visit *v)
{
    char order[CHART_ORDER], in[18];
    chart_new_order(c, order);
    filing f = {.type = "ADT-12",
                .order = order,
                .department = v->department,
                .clinical = v->on,
                .sent = v->on,
                .sent_ms = v->ms + draw_below(&c->story, 5 * MINUTE_MS),
                .flag = '1'};
    seg_msh(c, &f, "ADT^A04^ADT_A01");
    seg_evn(c, v->on, v->ms);
    seg_pid(c);
    stamp_cut(v->on, v->ms, 14, in);
    seg_pv1_times(c, v, in, NULL);
    return chart_file(c, &f);
}

static err admission(chart *c, const visit *v, const char *message, const char *order, uint32_t later,
                     char flag)
{
    char in[18];
    filing f = {.type = "ADT-22",
                .order = order,
                .department = v->department,
                .clinical = v->on,
                .sent = v->on,
                .sent_ms = v->ms + later + draw_below(&c->story, 5 * MINUTE_MS),
                .flag = flag,
                .must = v->must};
    seg_msh(c, &f, message);
    seg_evn(c, v->on, v->ms);
    seg_pid(c);
    stamp_cut(v->on, v->ms, 12, in);
    seg_pv1_times(c, v, in, NULL);
    return chart_file(c, &f);
}

err adt_admission(chart *c, const visit *v)
{
    char order[CHART_ORDER];
    chart_new_order(c, order);
    return admission(c, v, "ADT^A01^ADT_A01", order, 0, '1');
}

// Entered by mistake: the message and its cancellation, both marked deleted.
err adt_admission_deleted(chart *c, const visit *v)
{
    char order[CHART_ORDER];
    chart_new_order(c, order);
    err e = admission(c, v, "ADT^A01^ADT_A01", order, 0, '0');
    return e ? e : admission(c, v, "ADT^A11^ADT_A09", order, 40 * MINUTE_MS, '0');
}

err adt_discharge(chart *c, const visit *v, day admitted)
{
    char order[CHART_ORDER], in[18], out[18];
    chart_new_order(c, order);
    filing f = {.type = "ADT-52",
                .order = order,
                .department = v->department,
                .clinical = v->on,
                .sent = v->on,
                .sent_ms = v->ms + draw_below(&c->story, 30 * MINUTE_MS),
                .flag = '1',
                .must = v->must};
    seg_msh(c, &f, "ADT^A03^ADT_A03");
    seg_evn(c, v->on, v->ms);
    seg_pid(c);
    stamp_cut(admitted, 10 * HOUR_MS, 12, in);
    stamp_cut(v->on, v->ms, 12, out);
    seg_pv1_times(c, v, in, out);
    return chart_file(c, &f);
}
