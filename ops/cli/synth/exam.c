// SPDX-License-Identifier: Apache-2.0
// Radiology (OMG-11), endoscopy (OMG-12) and the electrocardiogram (OMG-13),
// with the report that goes to the extended storage.
#include <stdio.h>
#include <string.h>

#include "ops/cli/synth/chart.h"

typedef struct exam {
    unsigned bit;
    const char *type, *modality, *code, *system, *name;
    const char *findings[3];
} exam;

static const exam exams[] = {
    {EXAM_CHEST, "OMG-11", "CR", "1000000000200000200000000000000R", "JJ1017", "Ｘ線単純撮影.胸部.正面(P→A)",
     {"肺野に明らかな異常陰影を認めません。心胸郭比４８％。", "右下肺野に浸潤影を認めます。肺炎像として矛盾しません。",
      "心拡大（心胸郭比５８％）、両側に少量の胸水を認めます。"}},
    {EXAM_CT, "OMG-11", "CT", "6000000000250000000000000000000N", "JJ1017", "Ｘ線ＣＴ検査.胸腹部.単純",
     {"明らかな腫瘤性病変、リンパ節腫大を認めません。", "肝Ｓ６に径１２ｍｍの低吸収域を認めます。嚢胞と考えます。",
      "右肺下葉に径８ｍｍの結節を認めます。３か月後の再検を勧めます。"}},
    {EXAM_MRI, "OMG-11", "MR", "7000000000100000000000000000000N", "JJ1017", "ＭＲＩ検査.頭部.単純",
     {"拡散強調像で新鮮梗塞を認めません。", "左放線冠に陳旧性ラクナ梗塞を認めます。", "海馬の萎縮を軽度認めます。"}},
    {EXAM_ECHO, "OMG-11", "US", "99A00000000000000000000000000000", "JJ1017", "経皮的超音波検査.腹部",
     {"胆嚢に結石を認めません。肝実質エコーは均一です。", "脂肪肝を認めます。", "左腎に径１５ｍｍの嚢胞を認めます。"}},
    {EXAM_BONE, "OMG-11", "CR", "1000000000450000200000000000000R", "JJ1017", "Ｘ線単純撮影.腰椎.正面側面",
     {"Ｌ４／５の椎間腔の狭小化を認めます。", "明らかな骨折を認めません。", "第１２胸椎に陳旧性圧迫骨折を認めます。"}},
    {EXAM_EGD, "OMG-12", "ES", "11000001000", "LENDO", "検査.上部.-.-.上部通常内視鏡.-",
     {"萎縮性胃炎（Ｃ－２）を認めます。", "胃角に活動期の潰瘍（Ａ１）を認めます。生検施行。", "食道裂孔ヘルニアを認めます。"}},
    {EXAM_COLON, "OMG-12", "ES", "12000001000", "LENDO", "検査.下部.-.-.下部通常内視鏡.-",
     {"Ｓ状結腸に径５ｍｍのポリープを認め、切除しました。", "回腸末端まで観察し異常を認めません。",
      "上行結腸に憩室を認めます。"}},
};

static err electrocardiogram(chart *c, const visit *v)
{
    char order[CHART_ORDER], taken[18];
    static const char *const findings[] = {"正常範囲", "心筋虚血疑い", "心房細動", "左室肥大疑い"};
    chart_new_order(c, order);
    filing f = {.type = "OMG-13",
                .order = order,
                .department = v->department,
                .clinical = v->on,
                .sent = v->on,
                .sent_ms = v->ms + 50 * MINUTE_MS + draw_below(&c->story, HOUR_MS),
                .flag = '1'};
    stamp_cut(v->on, v->ms + 40 * MINUTE_MS, 12, taken);
    seg_msh(c, &f, "ORU^R01^ORU_R01");
    seg_pid(c);
    seg_pv1(c, v);
    buf_printf(&c->text, "OBR|1|%s||9A110^標準１２誘導心電図^JC10|||%s|||||||||%s||||||%s|||F\r", order,
               taken, v->doctor, taken);
    buf_printf(&c->text, "OBX|1|TX|9A100&IMP^心電図所見^JC10|1|%s||||||F\r", findings[draw_below(&c->story, 4)]);
    buf_printf(&c->text, "OBX|2|NM|32769^心拍数^99MFR|2|%d|bpm|||||F\r", draw_between(&c->story, 52, 98));
    buf_printf(&c->text, "OBX|3|NM|32770^PQ 時間^99MFR|2|%d|msec|||||F\r", draw_between(&c->story, 130, 198));
    buf_printf(&c->text, "OBX|4|NM|58240^QRS 幅^99MFR|2|%d|msec|||||F\r", draw_between(&c->story, 80, 118));
    buf_printf(&c->text, "OBX|5|NM|59136^QTc 時間&Bazzet^99MFR|2|%d|msec|||||F\r",
               draw_between(&c->story, 390, 455));
    return chart_file(c, &f);
}

static void picture_key(chart *c, const exam *x, const char *order)
{
    buf_printf(&c->text, "IPC|A%s|P%s|1.2.392.999999.%u.%llu.%s||%s^^DCM\r", order, c->number,
               c->options->hospital + 1, (unsigned long long)(c->ordinal + 1), order + strspn(order, "0"),
               x->modality);
}

static err performed(chart *c, const visit *v, const exam *x, filing *f)
{
    char taken[18];
    stamp_cut(f->clinical, v->ms + 60 * MINUTE_MS, 12, taken);
    seg_msh(c, f, "OMI^Z23^OMI_Z23");
    seg_pid(c);
    seg_pv1(c, v);
    seg_orc(c, v, f->flag == '0' ? "CA" : "PA", f->order, "", f->sent, f->sent_ms);
    buf_put_str(&c->text, "TQ1|1||||||||R^^HL70485\r");
    buf_printf(&c->text, "OBR||%s||%s^%s^%s|||%s|||||||||%s||||||%s|||F\r", f->order, x->code, x->name,
               x->system, taken, v->doctor, taken);
    if (!strcmp(x->type, "OMG-12"))
        buf_printf(&c->text, "OBX|1|TX|MS3-34^臨床病名^JSHR||%s||||||F\r", v->problem->name);
    buf_printf(&c->text, "ZE1|1|RS|%s^%s^%s|||DR-02^EM-01|%s\r", x->code, x->name, x->system, v->doctor);
    picture_key(c, x, f->order);
    return chart_file(c, f);
}

static err picture(chart *c, const visit *v, const exam *x)
{
    char order[CHART_ORDER];
    chart_new_order(c, order);
    filing f = {.type = x->type,
                .order = order,
                .department = v->department,
                .clinical = v->on,
                .sent = v->on,
                .sent_ms = v->ms + 2 * HOUR_MS + draw_below(&c->story, HOUR_MS),
                .flag = '1',
                .must = v->must};
    const char *finding = x->findings[draw_below(&c->story, 3)];
    unsigned fate = draw_below(&c->story, 100);
    err e = OK;
    if (fate < 4) {
        filing old = f;
        old.flag = '2';
        old.sent_ms -= 30 * MINUTE_MS;
        e = performed(c, v, x, &old);
    } else if (fate < 6 && !v->must) { // the patient did not come
        f.flag = '0';
        return performed(c, v, x, &f);
    }
    e = e ? e : performed(c, v, x, &f);
    if (e)
        return e;
    return strcmp(x->type, "OMG-12") ? document_report(c, v, x->name, finding)
                                     : document_endoscopy(c, v, x->name, finding);
}

err exam_done(chart *c, const visit *v, unsigned exam_bit)
{
    if (exam_bit == EXAM_ECG)
        return electrocardiogram(c, v);
    for (size_t i = 0; i < sizeof exams / sizeof *exams; i++)
        if (exams[i].bit == exam_bit)
            return picture(c, v, &exams[i]);
    return OK;
}
