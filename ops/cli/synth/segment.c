// SPDX-License-Identifier: Apache-2.0
// The segments that messages are made of (field-facts §1.4). Fields stand
// where the guideline's samples have them.
#include <stdio.h>
#include <string.h>

#include "ops/cli/synth/chart.h"

void stamp_cut(day d, uint32_t ms, size_t len, char out[static 18])
{
    tree_stamp(d, ms, out);
    if (len < 17)
        out[len] = '\0';
}

void seg_msh(chart *c, const filing *f, const char *message)
{
    char at[18];
    tree_stamp(f->sent, f->sent_ms, at);
    buf_clear(&c->text);
    buf_printf(&c->text,
               "MSH|^~\\&|%s|SEND|GW|RCV|%.14s.%.2s||%s|%s%05u|P|2.5||||||~ISO IR87||%s|"
               "SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO\r",
               c->house->maker, at, at + 14, message, c->number, c->orders % 100000, c->house->msh20);
}

void seg_evn(chart *c, day d, uint32_t ms)
{
    char at[18];
    stamp_cut(d, ms, 14, at);
    buf_printf(&c->text, "EVN||%s|||||SEND001\r", at);
}

void seg_pid_build(chart *c)
{
    const identity *w = &c->who;
    char birth[9];
    tree_day(w->birth, birth);
    buf_clear(&c->pid);
    buf_printf(
        &c->pid,
        "PID|0001||%s%s||%s^%s^^^^^L^I~%s^%s^^^^^L^P||%s|%c|||^^^^%s^JPN^H^%s||^PRN^PH^^^^^^^^^%s|^WPN^PH",
        c->number, c->house->id_type ? "^^^^PI" : "", w->kanji_family, w->kanji_given, w->kana_family,
        w->kana_given, birth, w->sex, w->postal, w->address, w->telephone);
}

void seg_pid(chart *c)
{
    buf_put_span(&c->text, buf_span(&c->pid));
    buf_put_u8(&c->text, '\r');
}

static void pv1_head(chart *c, const visit *v)
{
    if (v->inpatient)
        buf_printf(&c->text, "PV1|0001|I|%s^^^N||||%s|||%s", v->place, v->doctor, v->department);
    else
        buf_printf(&c->text, "PV1|0001|O|%s^^^^^C||||%s|||%s", v->department, v->doctor, v->department);
}

void seg_pv1(chart *c, const visit *v)
{
    pv1_head(c, v);
    buf_put_u8(&c->text, '\r');
}

static void bars(buf *b, int n)
{
    while (n-- > 0)
        buf_put_u8(b, '|');
}

void seg_pv1_times(chart *c, const visit *v, const char *in, const char *out)
{
    pv1_head(c, v); // ends in field 10
    if (out) {
        bars(&c->text, 7);
        buf_put_str(&c->text, v->doctor); // 17, who admitted
        bars(&c->text, 19);
        buf_put_str(&c->text, "01"); // 36, disposition
        bars(&c->text, 8);
    } else {
        bars(&c->text, 34);
    }
    buf_put_str(&c->text, in);
    if (out)
        buf_printf(&c->text, "|%s", out);
    buf_put_u8(&c->text, '\r');
}

typedef struct allergy {
    const char *kind, *what, *severity, *reaction;
} allergy;

static const allergy allergies[] = {
    {"DA^薬剤アレルギー", "1^ペニシリン系^99XYZ", "MO^中等度", "皮疹"},
    {"DA^薬剤アレルギー", "100983801^ロキソプロフェン^HOT9", "MO^中等度", "喘息発作"},
    {"FA^食物アレルギー", "J9FC11020000^ソバ^J-FAGY", "SV^重度", "呼吸困難"},
    {"FA^食物アレルギー", "J9FD12010000^エビ^J-FAGY", "MI^軽度", "湿疹"},
    {"LA^花粉アレルギー", "J9NK13020000^シラカンバ^J-FAGY", "MI^軽度", "鼻汁"},
    {"MA^その他", "9^ヨード造影剤^99XYZ", "MO^中等度", "蕁麻疹"},
};
#define ALLERGIES (sizeof allergies / sizeof *allergies)

void seg_al1(chart *c)
{
    unsigned n = 0;
    for (size_t i = 0; i < ALLERGIES; i++)
        if (c->allergies >> i & 1)
            buf_printf(&c->text, "AL1|%u|%s^HL70127|%s\r", ++n, allergies[i].kind, allergies[i].what);
}

void seg_iam(chart *c)
{
    unsigned n = 0;
    for (size_t i = 0; i < ALLERGIES; i++)
        if (c->allergies >> i & 1)
            buf_printf(&c->text, "IAM|%u|%s^HL70127|%s|%s^HL70128|%s|A^追加^HL70323\r", ++n, allergies[i].kind,
                       allergies[i].what, allergies[i].severity, allergies[i].reaction);
}

static const char *plan_of(const char *insurer)
{
    if (strlen(insurer) == 6)
        return "C0^国民健康保険^JHSD0001";
    if (!strncmp(insurer, "39", 2))
        return "39^後期高齢者医療^JHSD0001";
    if (!strncmp(insurer, "01", 2))
        return "01^全国健康保険協会管掌健康保険^JHSD0001";
    return "06^組合管掌健康保険^JHSD0001";
}

void seg_in1(chart *c, day from)
{
    const identity *w = &c->who;
    char start[9], end[9], member[224];
    if (!w->insurer[0])
        return;
    tree_day(month_first(month_of(from)), start);
    tree_day(month_first(month_of(from) + 12) - 1, end);
    // The two layouts that senders use: 記号 and 番号 in one field, or in two.
    if (c->house->split_in1)
        snprintf(member, sizeof member, "%s|%s", w->symbol, w->number);
    else if (w->branch[0])
        snprintf(member, sizeof member, "%s~%s~%s|", w->symbol, w->number, w->branch);
    else
        snprintf(member, sizeof member, "%s~%s|", w->symbol, w->number);
    bool self = !strcmp(w->branch, "01") || !w->branch[0];
    buf_printf(&c->text, "IN1|1|%s|%s|仮保険者||||||%s|%s|%s||||%s^HL70063\r", plan_of(w->insurer),
               w->insurer, member, start, end, self ? "SEL^本人" : "EME^家族");
}

void seg_orc(chart *c, const visit *v, const char *control, const char *order, const char *group, day d,
             uint32_t ms)
{
    char at[18];
    stamp_cut(d, ms, 14, at);
    buf_printf(&c->text,
               "ORC|%s|%s||%s|%s||||%s|%s||%s|%s%s||||%s^%s^HL70069||||%s||||||||%s^HL70482\r", control,
               order, group, strcmp(control, "SC") ? "" : "CM", at, v->doctor, v->doctor,
               v->inpatient ? v->place : v->department, v->inpatient ? "^^^N" : "^^^^^C", v->department,
               v->department_name,
               c->options->facility_name, v->inpatient ? "I^入院患者オーダ" : "O^外来患者オーダ");
}
