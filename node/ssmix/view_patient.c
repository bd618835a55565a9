// SPDX-License-Identifier: Apache-2.0
// Who it is about: shown above every document, so that a wrong patient is seen at once; ADT-00; stays.
#include <stdio.h>
#include <string.h>
#include "node/ssmix/page.h"
#include "node/ssmix/patient.h"

static void put_join(buf *b, const char *x, const char *y)
{
    page_clean(b, span_str(x));
    if (x[0] && y[0])
        buf_put_u8(b, ' ');
    page_clean(b, span_str(y));
}

static const char *sex_word(const page *p, char sex)
{
    switch (sex) {
    case 'M': return page_word(p, "男", "male");
    case 'F': return page_word(p, "女", "female");
    case 'O': return page_word(p, "その他", "other");
    case 'A': return page_word(p, "不定", "ambiguous");
    case 'N': return page_word(p, "該当なし", "not applicable");
    default: return "";
    }
}

// NK1-3 and IN1-17 often carry the bare code (HL70063).
static void line_relation(page *p, size_t seg, int field)
{
    static const struct { const char *code, *ja, *en; } words[] = {
        {"SEL", "本人", "self"}, {"SPO", "配偶者", "spouse"}, {"CHD", "子", "child"}, {"FTH", "父", "father"},
        {"MTH", "母", "mother"}, {"PAR", "親", "parent"}, {"SIB", "兄弟姉妹", "sibling"},
        {"BRO", "兄弟", "brother"}, {"SIS", "姉妹", "sister"}, {"GRP", "祖父母", "grandparent"},
        {"GCH", "孫", "grandchild"}, {"FND", "友人", "friend"}, {"GRD", "後見人", "guardian"},
        {"EXF", "親族", "family"}, {"OTH", "その他", "other"}};
    span code = hl7_field(p->m, seg, field, 0, 1, 0);
    if (hl7_field(p->m, seg, field, 0, 2, 0).len == 0)
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (span_eq(code, span_str(words[i].code))) {
                page_line(p, "続柄", "Relation", span_str(page_word(p, words[i].ja, words[i].en)));
                return;
            }
    line_coded(p, "続柄", "Relation", seg, field);
}

static void line_str(page *p, const char *ja, const char *en, const char *s)
{
    buf b = {0};
    page_clean(&b, span_str(s));
    page_line(p, ja, en, buf_span(&b));
    buf_wipe(&b);
}

void view_patient(page *p)
{
    identity who;
    char chart[128];
    if (patient_of(p->m, &who, chart, sizeof chart) != OK)
        return;
    buf name = {0};
    put_join(&name, who.kanji_family, who.kanji_given);
    if (who.kana_family[0] || who.kana_given[0]) {
        buf_put_str(&name, name.len ? " (" : "");
        bool open = name.len > 0;
        put_join(&name, who.kana_family, who.kana_given);
        buf_put_str(&name, open ? ")" : "");
    }
    page_line(p, "患者", "Patient", buf_span(&name));
    buf_wipe(&name);
    char birth[11] = "";
    if (who.birth != DAY_NONE)
        day_format(who.birth, birth);
    line_str(p, "生年月日", "Born", birth);
    line_str(p, "性別", "Sex", sex_word(p, who.sex));
    line_str(p, "患者番号", "Chart number", chart);
    identity_wipe(&who);
}

void view_allergies(page *p)
{
    table t;
    buf b = {0};
    size_t rows = 0;
    table_init(&t, 3);
    table_cell_str(&t, page_word(p, "区分", "Kind"));
    table_cell_str(&t, page_word(p, "アレルゲン", "Allergen"));
    table_cell_str(&t, page_word(p, "反応", "Reaction"));
    for (size_t s = hl7_find(p->m, "AL1", 0); s != SIZE_MAX; s = hl7_find(p->m, "AL1", s + 1)) {
        static const int fields[] = {2, 3, 5};
        for (size_t i = 0; i < 3; i++) {
            buf_clear(&b);
            (void)value_coded(p, s, fields[i], 0, &b);
            table_cell(&t, buf_span(&b));
        }
        rows++;
    }
    if (rows) {
        page_heading(p, "アレルギー", "Allergies");
        table_put(p, &t);
    }
    buf_wipe(&b);
    table_done(&t);
}

// OBX of ADT-00: height, weight, blood groups.
static void view_body(page *p)
{
    table t;
    buf b = {0};
    size_t rows = 0;
    table_init(&t, 2);
    table_cell_str(&t, page_word(p, "項目", "Item"));
    table_cell_str(&t, page_word(p, "値", "Value"));
    for (size_t s = hl7_find(p->m, "OBX", 0); s != SIZE_MAX; s = hl7_find(p->m, "OBX", s + 1)) {
        buf_clear(&b);
        (void)value_coded(p, s, 3, 0, &b);
        table_cell(&t, buf_span(&b));
        buf_clear(&b);
        (void)value_coded(p, s, 5, 0, &b);
        buf_put_u8(&b, ' ');
        (void)value_coded(p, s, 6, 0, &b);
        table_cell(&t, buf_span(&b));
        rows++;
    }
    if (rows) {
        page_heading(p, "身体情報", "Measurements");
        table_put(p, &t);
    }
    buf_wipe(&b);
    table_done(&t);
}

static void view_insurance(page *p, const identity *who)
{
    for (size_t s = hl7_find(p->m, "IN1", 0); s != SIZE_MAX; s = hl7_find(p->m, "IN1", s + 1)) {
        page_heading(p, "保険", "Insurance");
        line_coded(p, "種別", "Plan", s, 2);
        line_text(p, "保険者番号", "Insurer", s, 3, 1);
        line_text(p, "保険者", "Insurer's name", s, 4, 1);
        if (s == hl7_find(p->m, "IN1", 0)) {
            line_str(p, "記号", "Symbol", who->symbol);
            line_str(p, "番号", "Number", who->number);
            line_str(p, "枝番", "Branch", who->branch);
        }
        line_time(p, "有効開始", "Valid from", s, 12);
        line_time(p, "有効終了", "Valid until", s, 13);
        line_relation(p, s, 17);
    }
}

bool view_basics(page *p)
{
    identity who;
    char chart[128];
    if (patient_of(p->m, &who, chart, sizeof chart) != OK)
        return false;
    line_str(p, "郵便番号", "Postal code", who.postal);
    line_str(p, "住所", "Address", who.address);
    line_str(p, "電話", "Telephone", who.telephone);
    size_t pid = hl7_find(p->m, "PID", 0);
    line_time(p, "更新日時", "Updated", pid, 33);
    for (size_t s = hl7_find(p->m, "NK1", 0); s != SIZE_MAX; s = hl7_find(p->m, "NK1", s + 1)) {
        page_heading(p, "連絡先", "Contact");
        buf b = {0};
        (void)value_text(p, s, 2, 0, 1, 1, &b);
        buf_put_u8(&b, ' ');
        (void)value_text(p, s, 2, 0, 2, 0, &b);
        page_line(p, "氏名", "Name", buf_span(&b));
        buf_wipe(&b);
        line_relation(p, s, 3);
        line_text(p, "住所", "Address", s, 4, 8);
        line_text(p, "電話", "Telephone", s, 5, hl7_field(p->m, s, 5, 0, 12, 0).len ? 12 : 1);
    }
    view_allergies(p);
    view_body(p);
    view_insurance(p, &who);
    identity_wipe(&who);
    return true;
}

static void line_department(page *p, size_t pv1)
{
    size_t orc = hl7_find(p->m, "ORC", 0);
    if (orc != SIZE_MAX && hl7_field(p->m, orc, 17, 0, 0, 0).len)
        line_coded(p, "診療科", "Department", orc, 17);
    else
        line_text(p, "診療科", "Department", pv1, 10, 1);
}

bool view_stay(page *p, bool discharge)
{
    size_t pv1 = hl7_find(p->m, "PV1", 0), pv2 = hl7_find(p->m, "PV2", 0), evn = hl7_find(p->m, "EVN", 0);
    if (pv1 == SIZE_MAX)
        return false;
    page_heading(p, discharge ? "退院" : "入院", discharge ? "Discharge" : "Admission");
    line_time(p, "入院日時", "Admitted", pv1, 44);
    line_time(p, "退院日時", "Discharged", pv1, 45);
    line_place(p, "場所", "Place", pv1, 3);
    line_place(p, "前の場所", "Previous place", pv1, 6);
    line_department(p, pv1);
    line_person(p, "主治医", "Attending doctor", pv1, 7);
    line_person(p, "紹介医", "Referring doctor", pv1, 8);
    line_person(p, "入院決定医", "Admitting doctor", pv1, 17);
    line_coded(p, "入院経路", "Admitted from", pv1, 14);
    line_coded(p, "転帰", "Disposition", pv1, 36);
    line_coded(p, "退院先", "Discharged to", pv1, 37);
    if (pv2 != SIZE_MAX) {
        line_coded(p, "入院理由", "Reason", pv2, 3);
        line_time(p, "退院予定日", "Expected discharge", pv2, 9);
    }
    if (evn != SIZE_MAX)
        line_time(p, "記録日時", "Recorded", evn, 2);
    for (size_t s = hl7_find(p->m, "DG1", 0); s != SIZE_MAX; s = hl7_find(p->m, "DG1", s + 1))
        line_coded(p, "診断", "Diagnosis", s, 3);
    view_allergies(p);
    return true;
}
