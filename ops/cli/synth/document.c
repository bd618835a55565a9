// SPDX-License-Identifier: Apache-2.0
// The extended storage: reports, letters and summaries in folders named by
// document code (field-facts §1.1, 1.3). UTF-8 inside, as CDA is.
#include <stdio.h>
#include <string.h>

#include "ops/cli/synth/chart.h"

typedef struct kind {
    const char *folder, *code, *title, *loinc_name;
} kind;

static const kind report = {"^画像診断レポート^^18748-4^画像診断報告書^LN", "18748-4", "画像診断報告書",
                            "Diagnostic imaging study"};
static const kind endoscopy = {"^内視鏡レポート^^18751-8^上部消化管内視鏡検査報告書^LN", "18751-8", "内視鏡検査報告書",
                               "Upper GI endoscopy study"};
static const kind referral = {"^紹介状^^57133-1^診療情報提供書^LN", "57133-1", "診療情報提供書", "Referral note"};
static const kind nursing = {"^看護要約^^34746-8^看護サマリ^LN", "34746-8", "看護サマリ", "Nurse Note"};
static const kind discharge = {"^退院要約^^18842-5^退院時サマリ^LN", "18842-5", "退院時サマリ", "Discharge summary"};
static const kind memo = {"L01^院内メモ^99LOCAL^^^", "L01", "院内メモ", ""};
static const kind picture = {"^画像^^72170-4^写真画像^LN", "72170-4", "写真画像", "Photographic image"};

// A folder of the same second would be the same folder: the key is an order number.
typedef struct place {
    tree_name name;
    char key[CHART_ORDER];
} place;

static void place_of(chart *c, const visit *v, const kind *k, uint32_t later, place *ret)
{
    chart_new_order(c, ret->key);
    ret->name = (tree_name){.chart = c->number,
                            .clinical = v->on,
                            .type = k->folder,
                            .code = k->code,
                            .order = ret->key,
                            .sent = v->on,
                            .sent_ms = v->ms + later,
                            .department = v->department,
                            .flag = '1'};
}

static err put(chart *c, const place *p, const char *file, span bytes, bool first)
{
    err e = tree_put_in(c->extended, &p->name, file, bytes);
    if (e)
        return e;
    c->counts->documents += first;
    c->counts->document_bytes += bytes.len;
    return OK;
}

static void cda_head(chart *c, const visit *v, const kind *k, const char *key)
{
    char at[18], birth[9];
    const identity *w = &c->who;
    stamp_cut(v->on, v->ms, 14, at);
    tree_day(w->birth, birth);
    buf_clear(&c->text);
    buf_put_str(&c->text,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\">\n"
                "<typeId root=\"2.16.840.1.113883.1.3\" extension=\"POCD_HD000040\"/>\n");
    buf_printf(&c->text, "<id root=\"1.2.392.999999.1\" extension=\"%s\"/>\n", key);
    buf_printf(&c->text, "<code code=\"%s\" codeSystem=\"2.16.840.1.113883.6.1\" displayName=\"%s\"/>\n",
               k->code, k->loinc_name);
    buf_printf(&c->text,
               "<title>%s</title>\n<effectiveTime value=\"%s+0900\"/>\n<languageCode code=\"ja-JP\"/>\n",
               k->title, at);
    buf_printf(&c->text,
               "<recordTarget><patientRole><id root=\"1.2.392.100495.20.3.51.1%s\" extension=\"%s\"/>"
               "<patient><name use=\"IDE\"><family>%s</family><given>%s</given></name>"
               "<name use=\"SYL\"><family>%s</family><given>%s</given></name>"
               "<administrativeGenderCode code=\"%c\"/><birthTime "
               "value=\"%s\"/></patient></patientRole></recordTarget>\n",
               c->options->facility_code, c->number, w->kanji_family, w->kanji_given, w->kana_family,
               w->kana_given, w->sex, birth);
    buf_printf(
        &c->text,
        "<custodian><assignedCustodian><representedCustodianOrganization>"
        "<id root=\"1.2.392.100495.20.3.21\" extension=\"%s\"/><name>%s</name>"
        "</representedCustodianOrganization></assignedCustodian></custodian>\n<component><structuredBody>\n",
        c->options->facility_code, c->options->facility_name);
}

static void section(chart *c, const char *title, const char *text)
{
    buf_printf(&c->text, "<component><section><title>%s</title><text>%s</text></section></component>\n",
               title, text);
}

static void cda_tail(chart *c)
{
    buf_put_str(&c->text, "</structuredBody></component>\n</ClinicalDocument>\n");
}

static err put_text(chart *c, const place *p, const char *file, bool first)
{
    return c->text.sticky ? c->text.sticky : put(c, p, file, buf_span(&c->text), first);
}

static err exam_report(chart *c, const visit *v, const kind *k, const char *exam, const char *finding)
{
    place p;
    if (!c->extended)
        return OK;
    place_of(c, v, k, 4 * HOUR_MS, &p);
    if (!v->must && draw_percent(&c->story, 30)) { // some departments send plain text
        buf_clear(&c->text);
        buf_printf(&c->text, "%s\n検査: %s\n診断: %s\n所見: %s\n", k->title, exam, v->problem->name, finding);
        return put_text(c, &p, "report.txt", true);
    }
    cda_head(c, v, k, p.key);
    section(c, "検査", exam);
    section(c, "臨床診断", v->problem->name);
    section(c, "所見", finding);
    cda_tail(c);
    return put_text(c, &p, "report.xml", true);
}

err document_report(chart *c, const visit *v, const char *exam, const char *finding)
{
    return exam_report(c, v, &report, exam, finding);
}

err document_endoscopy(chart *c, const visit *v, const char *exam, const char *finding)
{
    return exam_report(c, v, &endoscopy, exam, finding);
}

// Letters go as a PDF, and from the better systems as XML beside it.
err document_referral(chart *c, const visit *v)
{
    place p;
    char number[64], date[9], code[64], facility[64];
    if (!c->extended)
        return OK;
    place_of(c, v, &referral, 3 * HOUR_MS, &p);
    tree_day(v->on, date);
    snprintf(number, sizeof number, "Chart number: %s", c->number);
    snprintf(code, sizeof code, "Diagnosis (ICD-10): %s", v->problem->icd10);
    snprintf(facility, sizeof facility, "From facility: %s  Date: %s", c->options->facility_code, date);
    const char *lines[] = {facility, number, code, "Thank you for seeing this patient. (Synthetic data.)"};
    buf_clear(&c->text);
    pdf_page(&c->text, "REFERRAL LETTER 57133-1", lines, sizeof lines / sizeof *lines);
    err e = put_text(c, &p, "referral.pdf", true);
    if (e || (!v->must && draw_percent(&c->story, 50)))
        return e;
    cda_head(c, v, &referral, p.key);
    section(c, "紹介目的", "精査加療のお願い");
    section(c, "傷病名", v->problem->name);
    section(c, "症状経過", "外来で経過をみておりましたが、御高診をお願いいたします。");
    cda_tail(c);
    return put_text(c, &p, "referral.xml", false);
}

err document_nursing(chart *c, const visit *v, day admitted)
{
    place p;
    char in[11], out[11];
    if (!c->extended)
        return OK;
    place_of(c, v, &nursing, 20 * MINUTE_MS, &p);
    day_format(admitted, in);
    day_format(v->on, out);
    if (draw_percent(&c->story, 50)) {
        buf_clear(&c->text);
        buf_printf(&c->text, "看護サマリ\n入院 %s\n退院 %s\n病名 %s\n移動 自立\n食事 自立\n排泄 一部介助\n継続する課題 服薬の見守り\n",
                   in, out, v->problem->name);
        return put_text(c, &p, "summary.txt", true);
    }
    cda_head(c, v, &nursing, p.key);
    section(c, "入院期間", in);
    section(c, "日常生活動作", "移動は自立、排泄は一部介助。");
    section(c, "継続する課題", "服薬の見守りと栄養指導。");
    cda_tail(c);
    return put_text(c, &p, "summary.xml", true);
}

// Outside the eight categories: a node must not show it by default.
err document_discharge(chart *c, const visit *v, day admitted)
{
    place p;
    char in[11];
    if (!c->extended)
        return OK;
    place_of(c, v, &discharge, 50 * MINUTE_MS, &p);
    day_format(admitted, in);
    cda_head(c, v, &discharge, p.key);
    section(c, "入院日", in);
    section(c, "退院時診断", v->problem->name);
    section(c, "入院経過", "点滴加療により軽快し、退院となりました。");
    cda_tail(c);
    return put_text(c, &p, "discharge.xml", true);
}

// A local code only: denied by default, whatever stands in it.
err document_memo(chart *c, const visit *v)
{
    place p;
    if (!c->extended)
        return OK;
    place_of(c, v, &memo, 10 * MINUTE_MS, &p);
    buf_clear(&c->text);
    buf_printf(&c->text, "院内メモ（院外秘）\n%s\n次回診察時に家族へ連絡すること。\n", v->problem->name);
    return put_text(c, &p, "memo.txt", true);
}

// A JPEG by its first and last bytes, and noise between: it cannot be compressed.
err document_large(chart *c, uint64_t bytes)
{
    static const uint8_t head[] = {0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F',
                                   0,    1,    1,    0,    0, 1,  0,   1,   0,   0};
    static const uint8_t tail[] = {0xff, 0xd9};
    if (!c->extended || !bytes)
        return OK;
    place p;
    visit v;
    chart_visit(c, c->last, 15 * HOUR_MS, c->problems[0], &v);
    place_of(c, &v, &picture, 0, &p);
    buf big = {.max = bytes + 64};
    draw d = draw_of(c->options->seed, DRAW_LARGE, c->options->hospital, bytes);
    err e = buf_reserve(&big, bytes + 16);
    buf_put(&big, head, sizeof head);
    while (!e && big.len + sizeof tail < bytes)
        e = buf_put_u64(&big, draw_u64(&d));
    if (!e) {
        big.len = bytes > sizeof tail ? bytes - sizeof tail : 0;
        buf_put(&big, tail, sizeof tail);
        e = big.sticky ? big.sticky : put(c, &p, "image.jpg", buf_span(&big), true);
    }
    buf_done(&big);
    return e;
}
